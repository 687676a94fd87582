"""What a release consists of: files at the root, versions, groups, change fragments, workflows."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import skperceptron
from helpers.paths import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT, GROUPS = PYPROJECT["project"], PYPROJECT["dependency-groups"]
CHANGES = ROOT / "docs" / "changes"
KINDS = [kind["directory"] for kind in PYPROJECT["tool"]["towncrier"]["type"]]
FRAGMENTS = [path for kind in KINDS for path in CHANGES.glob(f"*.{kind}.md")]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PYTHONS = [
    name.rpartition(" ")[2]
    for name in PROJECT["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", name)
]

# Written so that the expression does not match itself.
HOSTS = re.compile(
    rb"pypi[.]org|pythonhosted[.]org|anaconda[.]org|npmjs[.](?:org|com)|deb[.]debian[.]org"
    rb"|download[.]pytorch[.]org"
)

# Folders of files that are made, or that say nothing but numbers.
LEFT_OUT = {"__pycache__", "_build", "auto_examples", "backreferences", "generated", "golden"}
NUMBERS = {".csv", ".pickle", ".png", ".pyc"}


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def requirements() -> list[Requirement]:
    """All of them, of the package, its extras and its groups, but for extras of its own."""
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values(), *GROUPS.values()]
    flat = [Requirement(each) for some in lists for each in some if isinstance(each, str)]
    return [each for each in flat if each.name != PROJECT["name"]]


def files(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.suffix not in NUMBERS
        and LEFT_OUT.isdisjoint(path.relative_to(ROOT).parts)
        and path.is_file()
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("CHANGELOG.md", "CITATION.cff", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "LICENSE"),
        *("README.md", "RELEASE.md", "SECURITY.md"),
    ],
)
def test_the_root_and_the_sdist_have(name):
    assert (ROOT / name).stat().st_size > 150
    included = PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert f"/{name}" in included or name in ("LICENSE", "README.md")  # which hatchling includes


def test_the_version_is_the_same_everywhere():
    version = skperceptron.__version__
    assert re.search(r"^version: (.+)$", text("CITATION.cff"), re.MULTILINE)[1] == version
    assert re.search(r"^  version: (\d.+)$", text(".ci/conda/recipe.yaml"), re.M)[1] == version
    assert f"version = {{{version}}}" in text("README.md")
    released = re.findall(r"^## (\S+) \(", text("CHANGELOG.md"), re.MULTILINE)
    if FRAGMENTS:
        assert version not in released, "changes that no release has need a version of their own"
    else:
        assert released[0] == version


def test_every_package_has_the_same_bounds_wherever_it_is_named():
    seen = {}
    for requirement in requirements():
        name = canonicalize_name(requirement.name)
        assert seen.setdefault(name, requirement.specifier) == requirement.specifier, name
    assert {"bench", "dev", "docs", "release", "torch"} <= GROUPS.keys()
    assert GROUPS.keys().isdisjoint(PROJECT["optional-dependencies"])


@pytest.mark.parametrize("python", PYTHONS)
def test_each_python_has_oldest_versions_of_the_same_packages(python):
    lines = [line for line in text(".ci/oldest.txt").splitlines() if not line.startswith("#")]
    pins = [
        requirement
        for requirement in map(Requirement, lines)
        if requirement.marker is None or requirement.marker.evaluate({"python_version": python})
    ]
    names = [pin.name for pin in pins]
    assert sorted(names) == sorted({Requirement(line).name for line in lines})
    lowest = {each.name: each.specifier for each in requirements()}
    for pin in pins:
        if pin.name in lowest:
            assert lowest[pin.name].contains(str(pin.specifier).removeprefix("==")), pin


def test_no_file_names_the_host_of_an_index():
    folders = (".ci", ".github", "docs", "examples", "skperceptron", "tests")
    texts = [path for path in ROOT.glob("*.*") if path.is_file()]
    texts += [path for folder in folders for path in files(ROOT / folder)]
    assert len(texts) > 300
    assert [path for path in texts if HOSTS.search(path.read_bytes())] == []


def test_every_change_fragment_is_of_a_kind_that_towncrier_gathers():
    others = {CHANGES / "index.md", CHANGES / "template.jinja"}
    assert {*CHANGES.iterdir()} - {*FRAGMENTS} == others
    shown = re.search(r"^KINDS = \((.+)\)$", text("docs/_ext/forge_pages.py"), re.MULTILINE)[1]
    assert re.findall(r"\w+", shown) == KINDS


def test_links_of_the_changes_lead_somewhere():
    links = [
        (path.parent, link)
        for path in [*FRAGMENTS, ROOT / "CHANGELOG.md"]
        for link in re.findall(r"\]\(([^)#]+)", path.read_text("utf-8"))
        if not link.startswith("https:")
    ]
    assert links
    for folder, link in links:
        assert (folder / link).exists(), link
        # The template makes paths from the root of those that begin so.
        assert folder == ROOT or link.startswith("../"), link


def test_workflows_run_steps_that_there_are():
    steps = set(re.findall(r"^(\w+)\(\) \{", text(".ci/run"), re.MULTILINE))
    named = set()
    for path in WORKFLOWS:
        workflow = path.read_text("utf-8")
        named.update(re.findall(r"bash \.ci/run (\w+)", workflow))
        assert all(re.search(r"@v\d", uses) for uses in re.findall(r"uses: ([^.\s]\S+)", workflow))
    (versions,) = re.findall(r"versions: \[(.+)\]", text(".github/workflows/tests.yml"))
    named.update(versions.split(", "))
    assert {"newest", "oldest", "pre_releases", "free_threaded"} <= named <= steps


def test_the_workflow_tests_every_python_on_three_systems():
    workflow = text(".github/workflows/tests.yml")
    (pythons,) = re.findall(r"python: \[(.+)\]", workflow)
    assert re.findall(r'"(.+?)"', pythons) == PYTHONS
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    systems = re.findall(r"system: \[(.+)\]", workflow)
    assert systems
    assert all(each == "ubuntu-latest, macos-latest, windows-latest" for each in systems)


def test_the_conda_recipe_asks_for_what_the_package_asks_for():
    _, _, run = text(".ci/conda/recipe.yaml").partition("  run:\n")
    asked = re.findall(r"^    - (.+)$", run.partition("\n\n")[0], re.MULTILINE)
    wanted = [f"python{PROJECT['requires-python']}", *PROJECT["dependencies"]]
    assert [each.replace(" ", "") for each in asked] == wanted
