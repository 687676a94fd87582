"""Turn every page of the course into a notebook.

``python docs/course/make_notebooks.py DIRECTORY`` writes DIRECTORY/en/*.ipynb and
DIRECTORY/es/*.ipynb. With ``--browser`` each begins with a cell that, in Pyodide only, installs
skperceptron from the site that serves the notebook.

Solutions stay folded: their prose in a ``<details>`` element, their code in a cell whose source is
hidden. The figures are left out, since the code draws them, and links that lead out of the course
become plain text.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from pages import COURSE, LANGUAGES, Code, pieces

INSTALL = """import sys

if sys.platform == "emscripten":
    %pip install -q skperceptron matplotlib
"""

_SOLUTION = re.compile(r"<details>\n(<summary>.*?</summary>)\n(.*?)</details>", re.DOTALL)


def notebook(page: Path, install: str = "") -> dict:
    """The notebook of a page, in the format of Jupyter, version 4.5."""
    body, solution, after = _split_at_solution(page.read_text("utf-8"))
    cells = [_code_cell(install)] if install else []
    cells += _cells(body)
    if solution:
        summary, hidden = solution
        cells += _cells(hidden, summary)
    cells += _cells(after)
    return {
        "cells": [{"id": f"{page.stem[:40]}-{n}", **cell} for n, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _split_at_solution(markdown: str):
    found = _SOLUTION.search(markdown)
    if not found:
        return markdown, None, ""
    return markdown[: found.start()], found.groups(), markdown[found.end() :]


def _cells(markdown: str, summary: str = "") -> list[dict]:
    """Cells of prose and code, folded below ``summary`` if there is one."""
    cells = []
    for piece in pieces(markdown):
        if isinstance(piece, Code):
            cells.append(_code_cell(piece.source, folded=bool(summary)))
        elif text := _for_notebooks(piece.text).strip():
            folded = f"<details>\n{summary}\n\n{text}\n\n</details>"
            cells.append(
                {"cell_type": "markdown", "metadata": {}, "source": folded if summary else text}
            )
    return cells


def _code_cell(source: str, folded: bool = False) -> dict:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"jupyter": {"source_hidden": True}} if folded else {},
        "outputs": [],
        "source": source.rstrip("\n"),
    }


def _for_notebooks(text: str) -> str:
    without_figures = re.sub(r"^!\[[^\]]*\]\([^)]*\)\n", "", text, flags=re.MULTILINE)
    return re.sub(r"\[([^\]]*)\]\(([^)]*)\)", _link, without_figures)


def _link(link: re.Match) -> str:
    words, target = link.groups()
    inside = re.fullmatch(r"((?:\.\./(?:en|es)/)?[\w-]+)\.md", target)
    return f"[{words}]({inside[1]}.ipynb)" if inside else words


def main():
    """Write the notebooks of all pages."""
    parser = argparse.ArgumentParser(description="Turn every page of the course into a notebook.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--browser", action="store_true", help="install skperceptron in Pyodide")
    arguments = parser.parse_args()
    for language in LANGUAGES:
        folder = arguments.directory / language
        folder.mkdir(parents=True, exist_ok=True)
        for page in sorted((COURSE / language).glob("*.md")):
            install = INSTALL if arguments.browser and page.stem != "index" else ""
            text = json.dumps(notebook(page, install), ensure_ascii=False, indent=1)
            (folder / f"{page.stem}.ipynb").write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
