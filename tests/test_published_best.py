"""The rows of the published results that choose a network on validation images."""

import importlib
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent / "benchmarks" / "published"
ROWS = {"best_fashion": "fashion_mnist", "best_mnist": "mnist"}
SMALL = {"hidden_layer_sizes": (8,), "max_iter": 2}


@pytest.fixture(autouse=True)
def path(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.syspath_prepend(FOLDER.parent)


class StandIn:
    """Images of noise with a bright quarter, its class; reading test images that are None fails."""

    def __init__(self, test=None):
        rng = np.random.default_rng(0)
        y = np.arange(240) % 4
        bright = np.arange(16) // 4 == y[:, np.newaxis]
        X = (rng.random((240, 16), np.float32) + bright) / 2
        self.fashion_mnist = self.mnist = X.astype(np.float32), y
        self._test = test

    def _raw(self):
        if self._test is None:
            raise AssertionError("the test images were read")
        return (*self.mnist, *self._test)

    raw_mnist = raw_fashion_mnist = property(_raw)


def small(run):
    return partial(run.func, **run.keywords | {"settings": run.keywords["settings"] | SMALL})


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_candidates_do_not_read_the_test_images(name):
    row = importlib.import_module(name).ROW
    *candidates, final = row.cases
    for case in candidates:
        found = small(case.run)(StandIn(), 0)
        assert found["n_rows"] == 200
        assert np.isfinite(found["score"])
    with pytest.raises(AssertionError, match="were read"):
        small(final.run)(StandIn(), 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_the_test_images_are_scaled_like_the_others(name):
    """Test images that are the training images in pixels have the training accuracy."""
    row = importlib.import_module(name).ROW
    X, y = StandIn().mnist
    data = StandIn((X * 255, y))
    settings = {"hidden_layer_sizes": (16,), "max_iter": 50, "learning_rate_init": 0.01}
    run = row.cases[-1].run
    found = run.func(data, 0, **run.keywords | {"settings": settings})
    assert found["score"] == (1 if row.greater_is_better else 0)


@pytest.mark.parametrize("name", ROWS)
def test_the_chosen_settings_have_the_best_validation_score(name):
    module = importlib.import_module(name)
    lines = (FOLDER / "results" / f"{name}.jsonl").read_text("utf-8").splitlines()
    scores = {
        line["case"]: line["score"]
        for line in map(json.loads, lines)
        if line["case"].startswith("choice: ")
    }
    assert set(scores) == {f"choice: {candidate}" for candidate in module.CANDIDATES}
    best = max if module.ROW.greater_is_better else min
    assert best(scores, key=scores.get) == f"choice: {module.CHOSEN}"
