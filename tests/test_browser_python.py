"""The script that runs the course in Pyodide: what it pins, when it passes, and that it can fail.

.ci/run runs it.
"""

import hashlib
import json
import re
import subprocess
import sys

import pytest

from helpers.paths import ROOT

FOLDER = ROOT / ".ci" / "pyodide"


def test_all_that_it_downloads_is_pinned_by_version_and_hash():
    wanted = json.loads((FOLDER / "package.json").read_text("utf-8"))["dependencies"]
    packages = json.loads((FOLDER / "package-lock.json").read_text("utf-8"))["packages"]
    assert packages.pop("")["dependencies"] == wanted
    assert packages["node_modules/pyodide"]["version"] == wanted["pyodide"]
    for package in packages.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package  # no host is named
    requirement = r"[\w-]+==[\w.]+ --hash=sha256:[0-9a-f]{64}\n"
    listed = (FOLDER / "packages.txt").read_text("utf-8")
    assert re.fullmatch(rf"(?:#.*\n)*{requirement}", listed)


def test_without_node_it_says_loudly_that_nothing_was_run(tmp_path):
    done = subprocess.run(
        [sys.executable, FOLDER / "run.py", "a.whl"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "!!! there is no node: THE COURSE WAS NOT RUN IN THE BROWSER'S PYTHON !!!" in done.stdout


@pytest.mark.slow  # imports Matplotlib
@pytest.mark.parametrize(
    ("code", "output", "passes", "said"),
    [
        ("print(1.04)", "1.04", True, "1 outputs identical, 0 equal but"),
        ("print(1.04)", "1.0", True, "0 outputs identical, 1 equal but"),
        ("print(1.04)", "1.2", False, "1 different"),
        ("1 / 0", "1", False, "ZeroDivisionError"),
        ("import warnings\nwarnings.warn('no')", "1", False, "UserWarning: no"),
    ],
)
def test_a_page_that_does_something_else_fails(
    code, output, passes, said, tmp_path, monkeypatch, capsys
):
    pytest.importorskip("matplotlib")
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.chdir(tmp_path)
    from pages_here import run

    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n```python\n{code}\n```\n\n```text\n{output}\n```\n", "utf-8")
    assert run([page]) == (not passes)
    printed = capsys.readouterr().out
    assert said in printed
    assert f"{int(passes)} of 1 pages passed" in printed


@pytest.mark.parametrize("listed", ["the wheel", "another"])
def test_the_site_must_serve_the_very_wheel_that_was_given(listed, tmp_path):
    from build_site import check_site

    wheel, site = tmp_path / "skperceptron-1-py3-none-any.whl", tmp_path / "site"
    wheel.write_text("the wheel", "utf-8")
    (site / "pypi").mkdir(parents=True)
    (site / "pypi" / wheel.name).write_text(listed, "utf-8")
    for language in ("en", "es"):
        (tmp_path / "notebooks" / language).mkdir(parents=True)
        contents = site / "api" / "contents" / language
        contents.mkdir(parents=True)
        (contents / "all.json").write_text('{"content": []}', "utf-8")
    digests = {"sha256": hashlib.sha256(listed.encode()).hexdigest()}
    index = {"skperceptron": {"releases": {"1": [{"filename": wheel.name, "digests": digests}]}}}
    (site / "pypi" / "all.json").write_text(json.dumps(index), "utf-8")
    if listed == "the wheel":
        check_site(site, wheel, tmp_path / "notebooks")
    else:
        with pytest.raises(SystemExit, match="the index for piplite has"):
            check_site(site, wheel, tmp_path / "notebooks")
