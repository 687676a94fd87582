"""The main job has what it needs, and the table that comes with the examples is what it says."""

import ast
import csv
import gzip
import re
import sys
import tomllib
from fnmatch import fnmatch

import pandas as pd
import pytest

from helpers.paths import ROOT

DATA = ROOT / "examples" / "data"
TABLE = DATA / "rodents.csv"
ABOUT = (DATA / "rodents.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]

# Modules by what is installed, where the names differ or it comes with another.
PACKAGES = {"sklearn": "scikit-learn", "mpl_toolkits": "matplotlib"}


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(TABLE)


class TestTable:
    def test_has_categories_and_missing_values(self, table):
        assert len(table) == 2400
        kinds = table.dtypes.map(pd.api.types.is_numeric_dtype)
        assert kinds.index[kinds].tolist() == ["year", "month", "weight", "hindfoot_length"]
        assert table.columns[~kinds].tolist() == ["plot", "plot_type", "sex", "species"]
        assert table["species"].nunique() == 12
        assert table["species"].value_counts().min() >= 5 * 5  # in each of five folds
        missing = table.isna().sum()
        assert missing.index[missing > 0].tolist() == ["sex", "weight", "hindfoot_length"]

    def test_is_described_column_by_column(self, table):
        rows = re.findall(r"^\| (`.+?) \| .+ \| *(.*?) *\|$", ABOUT, re.MULTILINE)
        described = {name: share for names, share in rows for name in re.findall(r"`(\w+)`", names)}
        assert list(described) == table.columns.tolist()
        for name, share in described.items():
            missing = table[name].isna().mean()
            assert share == (f"{100 * missing:.1f} %" if missing else "")

    def test_is_small(self):
        assert len(gzip.compress(TABLE.read_bytes())) < 150_000

    def test_has_a_licence_and_a_source_beside_it(self):
        assert re.search(r"^\*\*Licence\.\*\* CC0 1\.0", ABOUT, re.MULTILINE)
        assert re.search(r"^\*\*Source\.\*\* .+", ABOUT, re.MULTILINE)

    def test_every_file_of_data_is_described(self):
        files = [path.name for path in DATA.iterdir() if path.suffix == ".csv"]
        assert files
        assert re.findall(r"^## (\S+)$", ABOUT, re.MULTILINE) == sorted(files)

    def test_is_in_the_source_distribution(self):
        """Which has what hatchling is told to include, but for what git ignores."""
        assert "/examples" in PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
        assert "exclude" not in PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]
        lines = (ROOT / ".gitignore").read_text("utf-8").split()
        ignored = [line.strip("/") for line in lines if not line.startswith("!")]
        for path in [TABLE, DATA / "rodents.md"]:
            relative = path.relative_to(ROOT)
            names = [*relative.parts, relative.as_posix(), relative.parent.as_posix()]
            assert not any(fnmatch(name, pattern) for name in names for pattern in ignored)

    def test_reads_without_pandas(self):
        with TABLE.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert sum(row["weight"] == "" for row in rows) == 83


def test_the_main_job_installs_what_it_imports():
    """README's first command, which starts from a Python without any package."""
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = re.findall(r"^python3 -m venv .+", readme, re.MULTILINE)
    assert len(commands) == 2
    extras = re.search(r'"\.\[(.+?)\]"', commands[0])[1].split(",")
    script = ROOT / re.search(r"\S+\.py", commands[0])[0]
    wanted = [d for extra in extras for d in EXTRAS[extra]] + PROJECT["project"]["dependencies"]
    installed = {re.match(r"[\w-]+", requirement)[0] for requirement in wanted}
    imports = set()
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imports |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imports.add(node.module.split(".")[0])
    imports -= {*sys.stdlib_module_names, "skperceptron"}
    assert {"numpy", "sklearn"} < imports
    assert {PACKAGES.get(name, name) for name in imports} <= installed


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_examples_say_whether_they_need_pandas(path):
    text = path.read_text("utf-8")
    uses = re.search(r"^\s*(import|from) pandas|as_frame=True|set_output\(", text, re.MULTILINE)
    assert bool(re.search(r"\bneeds? pandas\b", text, re.IGNORECASE)) == bool(uses)
