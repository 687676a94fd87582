"""The page of the league has the numbers of the results in the repository."""

import subprocess
import sys

import pytest

from helpers import paths

pytest.importorskip("pandas")
LEAGUE = paths.TESTS / "benchmarks" / "tables"
PAGE = paths.ROOT / "docs" / "development" / "league.md"


def report(results, page, *options):
    command = [sys.executable, LEAGUE / "league.py", "--report", "--results", results, *options]
    return subprocess.run(
        [*command, "--page", page],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout


@pytest.mark.slow
@pytest.mark.parametrize(("section", "options"), [("defaults", ()), ("tuned", ("--tuned",))])
def test_tables_on_the_page_are_those_of_the_results(tmp_path, section, options):
    text, page = PAGE.read_text("utf-8"), tmp_path / "league.md"
    before, begin, rest = text.partition(f"<!-- tables of {section} -->")
    page.write_text(before + begin + rest.replace("| chile |", "| another |", 1), "utf-8")
    report(LEAGUE / "results.jsonl", page, *options)
    assert page.read_text("utf-8") == text
