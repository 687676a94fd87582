"""The page of the league has the numbers of the results in the repository."""

import subprocess
import sys

import pytest

from helpers import paths

pytest.importorskip("pandas")
LEAGUE = paths.TESTS / "benchmarks" / "tables"
PAGE = paths.ROOT / "docs" / "development" / "league.md"


def report(results, page):
    command = [sys.executable, LEAGUE / "league.py", "--report", "--results", results]
    return subprocess.run(
        [*command, "--page", page],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout


@pytest.mark.slow
def test_tables_on_the_page_are_those_of_the_results(tmp_path):
    page = tmp_path / "league.md"
    page.write_text(PAGE.read_text("utf-8"), "utf-8")
    page.write_text(page.read_text("utf-8").replace("| chile |", "| another |"), "utf-8")
    report(LEAGUE / "results.jsonl", page)
    assert page.read_text("utf-8") == PAGE.read_text("utf-8")
