"""What the site says of the code is complete and true; that it builds is for .ci/run to see."""

import ast
import importlib
import pkgutil
import re
import tomllib

import pytest
from guides import GUIDES
from names import others_names, own_names

import skperceptron
from helpers.paths import ROOT
from skperceptron._core.activations import HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS
from skperceptron._core.initializers import INITIALIZERS
from skperceptron._core.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from skperceptron._core.optimizers import OPTIMIZERS
from skperceptron._core.penalties import NORM_CONSTRAINTS
from skperceptron._core.schedules import SGD_SCHEDULES

# Modules that only newer versions of scikit-learn have.
NEWER = {"sklearn.callback"}

MATHEMATICS = (ROOT / "docs/mathematics.md").read_text("utf-8")


def public_names():
    names = set()
    modules = pkgutil.walk_packages(skperceptron.__path__, "skperceptron.")
    for name in ["skperceptron", *(module.name for module in modules)]:
        if not any(part.startswith("_") for part in name.split(".")):
            module = importlib.import_module(name)
            names |= {f"{name}.{public}" for public in getattr(module, "__all__", ())}
    return names


def test_the_index_of_examples_has_every_example_once_in_a_section_and_in_the_contents():
    text = (ROOT / "examples/index.rst").read_text("utf-8")
    examples = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
    assert sorted(re.findall(r"^   \.\./examples/(\w+)\.py$", text, re.MULTILINE)) == examples
    assert sorted(re.findall(r"^   (\w+)$", text, re.MULTILINE)) == examples


def test_every_public_name_leads_to_pages_of_the_guide_that_mention_it():
    assert sorted(GUIDES) == sorted(public_names())
    for name, pages in GUIDES.items():
        texts = [(ROOT / f"docs/guide/{page}.md").read_text("utf-8") for page in pages]
        short = name.rpartition(".")[2]
        assert any(re.search(rf"\b{short}\b", text) for text in texts), name


@pytest.mark.parametrize(("name", "kind", "page"), others_names(), ids=lambda part: part)
def test_names_of_others_that_pages_lead_to_are_there(name, kind, page):
    module, _, short = name.rpartition(".")
    if module in NEWER:
        pytest.importorskip(module)
    if module == "sklearn.model_selection":
        importlib.import_module("sklearn.experimental.enable_halving_search_cv")
    found = getattr(importlib.import_module(module), short)
    assert isinstance(found, type) == (kind == "class")
    assert short in page or page.endswith("legacy.html")


def test_the_api_page_has_every_public_name_once():
    assert sorted(own_names()) == sorted(public_names())


@pytest.mark.parametrize(
    "components",
    [
        HIDDEN_ACTIVATIONS.values(),
        OUTPUT_ACTIVATIONS.values(),
        CLASSIFICATION_LOSSES.values(),
        REGRESSION_LOSSES.values(),
        OPTIMIZERS.values(),
        SGD_SCHEDULES.values(),
        map(type, INITIALIZERS.values()),
        NORM_CONSTRAINTS.values(),
    ],
)
def test_the_mathematics_show_the_code_of_every_component(components):
    shown = re.findall(r":pyobject: (\w+)", MATHEMATICS)
    assert {component.__name__ for component in components} <= set(shown)


def test_every_source_cited_in_the_mathematics_is_listed_and_no_other():
    text, references = MATHEMATICS.split("## References")
    cited = {
        (re.split(r" et al|[,&]| \d", source)[0].strip(), re.search(r"\d{4}", source)[0])
        for source in re.findall(r"\[([^\]]*\d{4})\]\(#references\)", text)
    }
    listed = set(re.findall(r"^- ([^,]+),.*?\((\d{4})\)", references, re.MULTILINE))
    assert cited == listed


def test_badges_say_what_the_package_requires():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (oldest,) = (d.split(">=")[1] for d in project["dependencies"] if "scikit-learn" in d)
    true = {
        "python": project["requires-python"].replace(">=", "≥ "),
        "scikit-learn": f"≥ {oldest}",
        "license": project["license"],
    }
    for name, value in true.items():
        assert f"{name}: {value}" in (ROOT / f"docs/images/badge-{name}.svg").read_text("utf-8")


def included(page):
    """File and name of each piece of code that a page includes."""
    for block in re.finditer(r"```\{literalinclude\} (\S+)\n((?::.*\n)*)", page.read_text("utf-8")):
        name = re.search(r":pyobject: (\S+)", block[2])
        yield page.parent / block[1], name and name[1]


def test_the_code_that_pages_include_is_there():
    pieces = [piece for page in sorted((ROOT / "docs").rglob("*.md")) for piece in included(page)]
    assert len(pieces) > 50
    for path, name in pieces:
        within = ast.parse(path.read_text("utf-8"))
        for part in name.split(".") if name else ():
            named = {getattr(node, "name", None): node for node in within.body}
            assert part in named, f"{path} has no {name}"
            within = named[part]
