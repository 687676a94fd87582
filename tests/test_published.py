"""The programs that compute published results again, and the page with their tables."""

import importlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from helpers import paths

FOLDER = paths.TESTS / "benchmarks" / "published"
PAGE = paths.ROOT / "docs" / "development" / "published.md"
ROWS = [path.stem for path in sorted(FOLDER.glob("[a-z]*.py")) if path.stem != "run"]

rng = np.random.default_rng(0)


@pytest.fixture
def run(monkeypatch):
    """The module run.py."""
    monkeypatch.syspath_prepend(FOLDER.parent)
    monkeypatch.syspath_prepend(FOLDER)
    spec = importlib.util.spec_from_file_location("run_published", FOLDER / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def one_case(score=1.0, **fields):
    """A row with one case of two seeds, whose run does nothing."""
    row = importlib.import_module("_row")
    case = row.Case("a case", lambda data, seed: {"score": score + seed}, 2.0, n_seeds=2)
    words = {"title": "t", "source": "s", "read": "seen", "protocol": "p", "score": "x"}
    return row.Row(**words, cases=(case,), **fields)


def test_each_module_is_a_row(run):
    assert set(ROWS) == set(run.ROWS)
    assert len(set(run.ROWS.values())) == len(run.ROWS)


@pytest.mark.parametrize("name", ROWS)
class TestRow:
    def test_it_says_where_its_figures_are_from(self, run, name):
        row = run.load(name)
        assert row.read.startswith(("seen", "recalled"))
        assert all([row.title, row.source, row.protocol, row.score])

    def test_a_reduced_number_of_runs_is_explained(self, run, name):
        row = run.load(name)
        if any(case.n_seeds < 3 for case in row.cases):
            assert row.budget

    def test_names_are_of_one_case_and_contestant(self, run, name):
        row = run.load(name)
        names = [(case.name, case.contestant) for case in row.cases]
        assert len(set(names)) == len(names)
        assert {each for order in row.order for each in order} <= {name for name, _ in names}

    def test_results_are_of_its_cases_and_seeds_once_each(self, run, name):
        row = run.load(name)
        seeds = {(case.name, case.contestant): case.n_seeds for case in row.cases}
        lines = run.read(run.RESULTS / f"{name}.jsonl")
        keys = [(line["case"], line["contestant"], line["seed"]) for line in lines]
        assert len(set(keys)) == len(keys)
        assert all(seed < seeds[case, contestant] for case, contestant, seed in keys)
        assert all("dirty" not in line["revision"] and line["versions"] for line in lines)


def test_the_page_has_what_the_results_give(run, tmp_path, capsys):
    copy = tmp_path / "page.md"
    text = PAGE.read_text("utf-8")
    copy.write_text(text, "utf-8")
    run.main(["--report", "--page", str(copy)])
    assert copy.read_text("utf-8") == text
    assert all(str(run.ROWS[name]) in capsys.readouterr().out for name in ROWS[:1])


def test_an_unknown_row_is_named(run, capsys):
    with pytest.raises(SystemExit):
        run.main(["--report", "nielsen", "nilsen"])
    error = capsys.readouterr().err
    assert "no such row: nilsen" in error
    assert "nielsen" in error.partition("rows:")[2]


def test_a_page_without_a_place_is_refused(run, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A page\n", "utf-8")
    with pytest.raises(ValueError, match="no place for the results of nielsen"):
        run.put_on_page(page, "nielsen", "text")


class TestLines:
    def test_a_cut_last_line_is_left_out_and_replaced(self, run, tmp_path):
        file = tmp_path / "row.jsonl"
        file.write_text('{"seed": 0}\n{"see', "utf-8")
        assert run.read(file) == [{"seed": 0}]
        run.append(file, [{"seed": 1}])
        assert file.read_text("utf-8") == '{"seed": 0}\n{"seed": 1}\n'
        assert list(tmp_path.iterdir()) == [file]

    def test_a_cut_line_elsewhere_is_an_error(self, run, tmp_path):
        file = tmp_path / "row.jsonl"
        file.write_text('{"see\n{"seed": 1}\n', "utf-8")
        with pytest.raises(json.JSONDecodeError):
            run.read(file)

    def test_the_first_seeds_are_missing_first(self, run):
        row = one_case()
        row = replace(row, cases=(row.cases[0], replace(row.cases[0], name="another", n_seeds=1)))
        lines = [{"case": "a case", "contestant": "skperceptron", "seed": 0}]
        assert [(case.name, seed) for case, seed in run.missing(row, [])] == [
            ("a case", 0),
            ("another", 0),
            ("a case", 1),
        ]
        assert len(run.missing(row, lines)) == 2
        assert len(run.missing(row, lines, n_seeds=1)) == 1
        assert not run.missing(row, [], contestants=["scikit-learn"])
        assert len(run.missing(row, [], cases=["another"])) == 1


class TestVerdicts:
    @pytest.mark.parametrize(
        ("scores", "verdict"),
        [
            ([], "not computed"),
            ([2.00004], "within noise"),
            ([2.5], "one run, better"),
            ([1.5], "one run, worse"),
            ([1.5, 2.4, 2.0], "within noise"),
            ([2.5, 2.6, 2.5], "better"),
            ([1.5, 1.6, 1.5], "worse"),
        ],
    )
    def test_a_published_figure_is_one_more_run(self, run, scores, verdict):
        verdicts = importlib.import_module("_verdicts")
        lines = [{"case": "a case", "contestant": "skperceptron", "score": s} for s in scores]
        assert verdicts.judged(one_case(), lines) == {"a case": verdict}
        for line in lines:
            line["score"] = 4 - line["score"]
        smaller = one_case(greater_is_better=False)
        assert verdicts.judged(smaller, lines) == {"a case": verdict}

    @pytest.mark.parametrize(
        ("scores", "verdict"),
        [
            ([1.9, 3.9, 5.9], "better"),  # each by 0.1, though the splits differ by 2
            ([2.1, 4.1, 6.1], "worse"),
            ([1.9, 4.1, 5.9], "within noise"),
            ([1.9], "one run, better"),
        ],
    )
    def test_figures_of_the_same_splits_are_compared_split_by_split(self, run, scores, verdict):
        verdicts = importlib.import_module("_verdicts")
        row = one_case(greater_is_better=False)
        case = replace(row.cases[0], by_seed=(2.0, 4.0, 6.0), published=4.0)
        row = replace(row, cases=(case,))
        lines = [
            {"case": case.name, "contestant": case.contestant, "score": score, "seed": seed}
            for seed, score in enumerate(scores)
        ]
        assert verdicts.judged(row, lines) == {case.name: verdict}
        last = run.table(row, lines).rows[0][-1]
        mean = np.mean(np.subtract(scores, case.by_seed[: len(scores)]))
        assert last.startswith(f"{mean:+.4f}")

    def test_orders_are_compared_by_neighbours(self, run):
        verdicts = importlib.import_module("_verdicts")
        row = one_case(order=(("a", "b", "c"),))
        row = replace(row, cases=tuple(replace(row.cases[0], name=name) for name in "bca"))
        lines = [
            {"case": name, "contestant": "skperceptron", "score": score}
            for name, score in {"a": 3, "b": 1, "c": 2}.items()
        ]
        assert verdicts.in_order(row, lines) == [("a", "b", True), ("b", "c", False)]
        text = str(verdicts.summary({1: (row, lines)}))
        assert "order as published in 1 of 2 pairs |" in text
        assert "1 of 1 pairs, not all computed yet |" in str(
            verdicts.summary({1: (row, lines[:2])})
        )


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = {folders!r}
import run
from _row import Case, Row

def compute(data, seed):
    with open({log!r}, "a") as file:
        file.write(f"{{seed}}\\n")
    return {{"score": seed}}

words = dict(title="t", source="s", read="seen", protocol="p", score="x")
run.load = lambda name: Row(**words, cases=(Case("a case", compute, n_seeds=3),))
run.ROWS = {{"a_row": 1}}
left = {writes}

def dying(function, after):
    def call(*arguments, **keywords):
        global left
        left -= 1
        if left < 0:
            if after == "half":
                with open(arguments[0], "w") as file:
                    file.write(arguments[1][: len(arguments[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **keywords)
    return call

if {where!r} == "write":
    Path.write_text = dying(Path.write_text, "half")
elif {where!r} == "replace":
    os.replace = dying(os.replace, None)
run.main(["--results", {results!r}, "--data-dir", "nowhere"])
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this platform")
@pytest.mark.parametrize(("writes", "where"), [(0, "write"), (1, "replace"), (2, "write")])
def test_a_killed_run_goes_on(where, writes, tmp_path):
    pytest.importorskip("rich")
    log, results = tmp_path / "log", tmp_path / "results"
    file = results / "a_row.jsonl"

    def started(where):
        folders = [str(FOLDER), str(FOLDER.parent)]
        program = KILLED.format(
            folders=folders, log=str(log), results=str(results), where=where, writes=writes
        )
        return subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": str(paths.ROOT)},
            capture_output=True,
            timeout=120,
            check=False,
        )

    assert started(where).returncode == -signal.SIGKILL
    before = file.read_text("utf-8") if file.exists() else ""
    assert before.count("\n") == writes
    assert started("nowhere").returncode == 0
    after = file.read_text("utf-8")
    assert after.startswith(before)
    assert [json.loads(line)["seed"] for line in after.splitlines()] == [0, 1, 2]
    # The fit whose result was not written is the only one that is computed again.
    assert log.read_text("utf-8").split() == [
        *map(str, range(writes + 1)),
        *map(str, range(writes, 3)),
    ]
    assert not list(results.glob("*.tmp"))
    assert started("nowhere").returncode == 0
    assert file.read_text("utf-8") == after


@pytest.fixture(scope="module")
def small_data(tmp_path_factory):
    """Files as those of the real data, with few rows."""
    folder = tmp_path_factory.mktemp("data")
    X, y = load_digits(return_X_y=True)
    pixels = np.zeros((180, 784), np.uint8)
    pixels[:, :64] = 15 * X[:180]
    halves = {"X_train": pixels[:120], "y_train": y[:120]}
    halves |= {"X_test": pixels[120:], "y_test": y[120:180]}
    for name in ("mnist", "fashion_mnist"):
        np.savez(folder / f"{name}.npz", **halves)
    X = rng.integers(0, 100, (15500, 54))
    np.savez(folder / "covtype.npz", X=X.astype(np.int16), y=1 + X[:, 0] % 7)
    return folder


# Rows of tables, and those that choose settings, run in tests of their own, on other stand-ins.
ELSEWHERE = {"geron", "uci_backprop", "uci_dropout", "gorishniy", "gorishniy_adult"}
ELSEWHERE |= {name for name in ROWS if name.startswith("best_")}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in ROWS if name not in ELSEWHERE])
def test_each_case_runs_on_few_rows(name, run, small_data, tmp_path, monkeypatch):
    row, data = run.load(name), importlib.import_module("_data").Data(small_data)
    data.results = tmp_path  # where rows that choose read what they have computed
    module = sys.modules[name]
    for constant, value in {"N_EPOCHS": 2, "N_IMAGES": 60}.items():  # of 120 images
        if hasattr(module, constant):
            monkeypatch.setattr(module, constant, value)
    for case in row.cases:
        line = run.compute(case, 0, data)
        assert np.isfinite(line["score"]), case.name
        assert json.loads(json.dumps(line)) == line
        run.append(tmp_path / f"{name}.jsonl", [line])
