"""The rows of the published results that choose a network on validation images."""

import importlib
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent / "benchmarks" / "published"
ROWS = {"best_fashion": max, "best_mnist": min}
SMALL = {"hidden_layer_sizes": (16,), "max_iter": 50, "learning_rate_init": 0.01}


@pytest.fixture(autouse=True)
def import_path(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.syspath_prepend(FOLDER.parent)


class StandIn:
    """Images of noise with a bright quarter, which is their class."""

    def __init__(self, results=None, *, readable_test):
        rng = np.random.default_rng(0)
        y = np.arange(240) % 4
        bright = np.arange(16) // 4 == y[:, np.newaxis]
        X = ((rng.random((240, 16)) + bright) / 2).astype(np.float32)
        self.fashion_mnist = self.mnist = X, y
        self.results = results
        self._readable_test = readable_test

    def _raw(self):
        if not self._readable_test:
            raise AssertionError("the test images were read")
        X, y = self.mnist
        return X * 255, y, X * 255, y

    raw_mnist = raw_fashion_mnist = property(_raw)


def small(run):
    return partial(run.func, **run.keywords | {"settings": run.keywords["settings"] | SMALL})


def write_scores(path, scores):
    lines = [{"case": f"choice: {name}", "score": score} for name, score in scores.items()]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_candidates_are_compared_without_the_test_images(name):
    row = importlib.import_module(name).ROW
    *candidates, _, _ = row.cases
    for case in candidates:
        found = small(case.run)(StandIn(readable_test=False), 0)
        assert found["n_rows"] == 200
        assert np.isfinite(found["score"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_the_best_candidate_is_tested(name, tmp_path):
    from _best import cases, error

    candidates = {"a": SMALL, "b": SMALL | {"max_iter": 40}, "c": SMALL | {"max_iter": 60}}
    write_scores(tmp_path / f"{name}.jsonl", {"a": 1.5, "b": 1.4, "c": 1.6})
    row = cases(name, "mnist", candidates, {}, 1.6, best=ROWS[name], measure=error)
    _, _, _, validation, test = row
    expected = {"best_fashion": "c", "best_mnist": "b"}[name]
    found = validation.run(StandIn(tmp_path, readable_test=False), 0)
    assert found["chosen"] == expected
    assert found["n_rows"] == 200
    found = test.run(StandIn(tmp_path, readable_test=True), 0)
    assert found["chosen"] == expected
    assert found["score"] == 0  # the pixels of the test images are divided by 255 too


@pytest.mark.parametrize("name", ROWS)
def test_nothing_is_tested_before_all_candidates_are_compared(name, tmp_path):
    module = importlib.import_module(name)
    data = StandIn(tmp_path, readable_test=True)
    *_, test = module.ROW.cases
    with pytest.raises(ValueError, match="compute these cases first"):
        test.run(data, 0)
    first, *_ = module.CANDIDATES
    write_scores(tmp_path / f"{name}.jsonl", {first: 0.5})
    with pytest.raises(ValueError, match="'base'") as raised:
        test.run(data, 0)
    assert first not in str(raised.value)


@pytest.mark.parametrize("name", ROWS)
def test_kept_results_are_those_of_the_best_candidate(name):
    """Every kept candidate is one of the module's, and what was tested has the best score."""
    module = importlib.import_module(name)
    lines = (FOLDER / "results" / f"{name}.jsonl").read_text("utf-8").splitlines()
    lines = [json.loads(line) for line in lines]
    scores = {line["case"]: line["score"] for line in lines if "chosen" not in line}
    names = {f"choice: {candidate}" for candidate in module.CANDIDATES}
    assert scores.keys() <= names
    tested = {f"choice: {line['chosen']}" for line in lines if "chosen" in line}
    if tested:
        assert scores.keys() == names
        assert tested == {ROWS[name](scores, key=scores.get)}
