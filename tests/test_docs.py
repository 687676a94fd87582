"""The Python blocks of README.md and docs/ run as pasted."""

import re
from pathlib import Path

import pytest

# Pages about what only newer versions of scikit-learn have, by the module that has it.
NEWER = {"callbacks.md": "sklearn.callback"}
ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def python_blocks(page):
    return re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "page", [p for p in PAGES if python_blocks(p)], ids=lambda p: str(p.relative_to(ROOT))
)
def test_python_blocks_run_in_order(page):
    if page.name in NEWER:
        pytest.importorskip(NEWER[page.name])
    exec("\n".join(python_blocks(page)), {"__name__": "__main__"})


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page} links to {target}"
