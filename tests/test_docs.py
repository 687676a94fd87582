"""The Python blocks of README.md and docs/ run as pasted, and print what the page says."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from sklearn.utils.fixes import parse_version

from helpers.marks import SCIKIT_LEARN
from helpers.paths import ROOT
from pages import FRAMEWORKS, Code, Prose, agrees, code_blocks, images, installed, pieces

# Pages about what only newer versions of scikit-learn have, by the module that has it.
NEWER = {"callbacks.md": "sklearn.callback"}

# What a page says that needs more than the package itself.
NEEDS_PANDAS = re.compile(r"\bneeds? pandas\b", re.IGNORECASE)

# Trees of scikit-learn differ between its versions: pages that show what they give show 1.9's.
TREES = re.compile(r"HistGradientBoosting|RandomForest")

# Pages whose blocks train many networks, or draw many figures.
TAKE_LONG = {
    "autoencoder.md",
    "callbacks.md",
    "explaining.md",
    "faq.md",
    "getting_started.md",
    "imbalanced.md",
    "large-data.md",
    "perceptron.md",
    "plotting.md",
    "regularisation.md",
    "searching.md",
    "tables.md",
    "transfer.md",
    "troubleshooting.md",
    "uncertainty.md",
    "when-not.md",
}

BUILT = ROOT / "docs" / "_build"
PAGES = [
    ROOT / "README.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if not p.is_relative_to(BUILT)),
]


def takes_long(page: Path) -> bool:
    """Whether the blocks of a page train many networks, or draw many figures."""
    course = ROOT / "docs" / "course"
    return page.is_relative_to(course) or page.name in TAKE_LONG


def run_in_order(parts: list[Code | Prose], capsys, compared=True):
    """Run the blocks of a page, each of which shows what it prints and draws."""
    namespace = {"__name__": "__main__"}
    capsys.readouterr()
    for part, after in zip(parts, [*parts[1:], Prose("")], strict=True):
        if isinstance(part, Prose):
            continue
        if not installed(part.source, FRAMEWORKS):
            assert part.output or "print(" not in part.source
            continue
        exec(part.source, namespace)
        printed = capsys.readouterr().out
        if not compared:
            assert bool(part.output) == bool(printed)
        else:
            assert agrees(part.output, printed), f"the page shows\n{part.output}and not\n{printed}"
        if drawn_figures():
            assert images(after.text), f"no image below\n{part.source}"


def drawn_figures():
    """Numbers of the figures that are open, which are closed."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    numbers = pyplot.get_fignums() if pyplot else []
    if numbers:
        pyplot.close("all")
    return numbers


# Keras 3.15 on torch, with NumPy 2
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")
# SHAP 0.51 with matplotlib 3.11
@pytest.mark.filterwarnings(
    "ignore:The set_.* function will be deprecated:PendingDeprecationWarning"
)
@pytest.mark.parametrize(
    "page",
    [pytest.param(p, marks=[pytest.mark.slow] * takes_long(p)) for p in PAGES if code_blocks(p)],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_python_blocks_run_in_order(page, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where what they save is no matter
    shutil.copytree(ROOT / "examples" / "data", tmp_path / "examples" / "data")  # which they read
    if page.name in NEWER:
        pytest.importorskip(NEWER[page.name])
    if NEEDS_PANDAS.search(page.read_text("utf-8")):
        pytest.importorskip("pandas")
    compared = parse_version("1.9") <= SCIKIT_LEARN or not TREES.search(page.read_text("utf-8"))
    run_in_order(pieces(page.read_text("utf-8")), capsys, compared)


@pytest.mark.parametrize(
    "parts",
    [
        [Code("print(1)\n", "2\n")],
        [Code("print(1)\n", "")],
        [Code("1\n", "1\n")],
        [Code("import torch\nprint(1)\n", "")],
        [Code("import matplotlib.pyplot as plt\nplt.plot([1])\n", ""), Prose("No image.")],
    ],
)
def test_a_block_that_shows_something_else_is_found(parts, capsys):
    with pytest.raises(AssertionError):
        run_in_order(parts, capsys)


def test_a_block_may_draw_the_image_below_it(capsys):
    drawn = Code("import matplotlib.pyplot as plt\nplt.plot([1])\n", "")
    run_in_order([drawn, Prose("\n![A line](line.png)\n")], capsys)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("", ""),
        ("0.97\n", "0.9722222\n"),
        ("0.97", "0.9600001"),  # the last digit may differ by one
        ("-0.00", "0.001"),
        ("[0.1 0.25]", "[0.1  0.2456]"),
        ("1.5e-3", "1.53e-03"),
        ("20 epochs in ... s", "20 epochs in 0.31 s"),
        ("a b", "a   b"),
    ],
)
def test_an_output_may_have_fewer_digits(written, printed):
    assert agrees(written, printed)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("", "1"),
        ("1", "2"),
        ("10", "11"),  # whole numbers are exact
        ("0.97", "0.9801"),
        ("0.97", "nan"),
        ("0.97 and 1", "0.97 and 2"),
        ("1.2.3", "1.2.4"),
        ("... s", "1 s\n2 s"),  # within a line
        ("a b", "ab"),
        ("a\nb", "a"),
    ],
)
def test_an_output_may_not_say_anything_else(written, printed):
    assert not agrees(written, printed)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_relative_links_and_images_lead_somewhere(page):
    text = page.read_text("utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'(?:src|href)="([^"#]+)', text)
    for target in targets:
        if re.match(r"[a-z]+:", target):  # elsewhere
            continue
        assert (page.parent / target).exists(), f"{page} links to {target}"
