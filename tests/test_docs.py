"""The Python blocks of README.md and docs/ run as pasted, and print what the page says."""

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from helpers.paths import ROOT
from pages import Code, code_blocks

# Pages about what only newer versions of scikit-learn have, by the module that has it.
NEWER = {"callbacks.md": "sklearn.callback"}

# What is compared with, and need not be installed: blocks that import it are left out then.
FRAMEWORK = re.compile(r"^import (torch|keras)$", re.MULTILINE)

BUILT = ROOT / "docs" / "_build"
PAGES = [
    ROOT / "README.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if not p.is_relative_to(BUILT)),
]


def takes_long(page: Path) -> bool:
    """Whether the blocks of a page train many networks, or draw many figures."""
    course = ROOT / "docs" / "course"
    return page.is_relative_to(course) or page.name in ("plotting.md", "troubleshooting.md")


def run_in_order(blocks: list[Code], capsys):
    namespace = {"__name__": "__main__"}
    capsys.readouterr()
    for block in blocks:
        if any(find_spec(name) is None for name in FRAMEWORK.findall(block.source)):
            continue
        exec(block.source, namespace)
        printed = capsys.readouterr().out
        assert block.output in ("", printed)


# Keras 3.15 on torch, with NumPy 2
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")
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
    run_in_order(code_blocks(page), capsys)


def test_a_block_that_prints_something_else_is_found(capsys):
    with pytest.raises(AssertionError):
        run_in_order([Code("print(1)\n", "2\n")], capsys)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_relative_links_and_images_lead_somewhere(page):
    text = page.read_text("utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'(?:src|href)="([^"#]+)', text)
    for target in targets:
        if re.match(r"[a-z]+:", target):  # elsewhere
            continue
        assert (page.parent / target).exists(), f"{page} links to {target}"
