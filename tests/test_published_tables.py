"""The rows of published results on tables, with files of few rows in the place of the real ones."""

import importlib
from functools import partial

import numpy as np
import pandas as pd
import pytest

from helpers import paths

FOLDER = paths.TESTS / "benchmarks" / "published"
SHORT = {"hidden_layer_sizes": (4,), "max_iter": 2}


@pytest.fixture(scope="module", autouse=True)
def path():
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(FOLDER)
        patched.syspath_prepend(FOLDER.parent)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory, path):
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = 10 + 5 * X[:, 0] + rng.normal(size=200)
    np.savez(folder / "california_housing.npz", X=X, y=y)
    (folder / "uci_regression").mkdir()
    masks = np.zeros((20, 200), bool)
    masks[np.arange(20), :20] = True
    for name in importlib.import_module("_regression").UCI.values():
        np.savez(folder / "uci_regression" / f"{name}.npz", X=X, y=y, test_masks=masks)
    jobs = rng.choice(["clerk", "nurse", "?"], size=200)
    income = np.where((jobs == "nurse") ^ (X[:, 0] > 0), ">50K", "<=50K")
    frame = pd.DataFrame({"age": X[:, 0], "hours": X[:, 1], "job": jobs, "income": income})
    frame[:160].to_csv(folder / "adult_train.csv.gz", index=False)
    frame[160:].to_csv(folder / "adult_test.csv.gz", index=False)
    return folder


@pytest.fixture
def data(folder):
    return importlib.import_module("_data").Data(folder)


class Guarded:
    """Data of which the targets of the test rows are not a number, so that no fit can read them."""

    def __init__(self, data):
        self._data = data

    def uci_regression(self, name):
        X, y, masks = self._data.uci_regression(name)
        return X, np.where(masks[0], np.nan, y), masks


def few_epochs(monkeypatch, module):
    """Networks of a module with few units and epochs, whatever its settings say."""
    for name in ("MLPRegressor", "MLPClassifier", "TabularMLPRegressor", "TabularMLPClassifier"):
        if kind := getattr(module, name, None):
            monkeypatch.setattr(module, name, partial(short, kind))


def short(kind, *sizes, **settings):
    return kind(**{**settings, **SHORT})


ROWS = ["geron", "uci_backprop", "uci_dropout", "gorishniy", "gorishniy_adult"]
ROWS += ["best_uci", "best_california", "best_adult"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ROWS)
def test_each_case_runs_on_few_rows(name, data, monkeypatch):
    module = importlib.import_module(name)
    for each in (module, importlib.import_module("gorishniy")):
        few_epochs(monkeypatch, each)
    for case in module.ROW.cases:
        if case.contestant == "scikit-learn":
            continue
        found = case.run(data, 0)
        assert np.isfinite(found["score"])
        if name.startswith("best") and "validation" in found:
            losses = found["validation"]
            assert losses[found["setting"]] == min(losses.values())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["uci_backprop", "uci_dropout", "best_uci"])
def test_nothing_is_chosen_or_fitted_by_test_rows(name, data, monkeypatch):
    """With other targets of the test rows the predictions are the same, and only the score not."""
    module = importlib.import_module(name)
    few_epochs(monkeypatch, module)
    seen = []
    monkeypatch.setattr(module, "rmse", lambda model, X, y: seen.append((model.predict(X), y)) or 0)
    case = next(case for case in module.ROW.cases if case.name.startswith("boston"))
    found = case.run(data, 0)
    guarded = case.run(Guarded(data), 0)
    (before, _), (after, y) = seen
    assert np.isnan(y).all()
    np.testing.assert_array_equal(after, before)
    assert guarded == found


def test_the_test_rows_are_those_of_the_mask(data):
    regression = importlib.import_module("_regression")
    X, y, X_test, y_test = regression.uci_split(data, "boston", 0)
    whole, targets, masks = data.uci_regression("bostonHousing")
    np.testing.assert_array_equal(X_test, whole[masks[0]])
    np.testing.assert_array_equal(np.sort([*y, *y_test]), np.sort(targets))
    assert (len(X), len(X_test)) == (180, 20)


@pytest.mark.parametrize("module", ["gorishniy", "geron"])
def test_rows_to_train_validate_and_test_are_apart(module, data):
    if module == "gorishniy":
        parts, sizes = importlib.import_module(module).california_split(data, 0), (128, 32, 40)
    else:
        parts, sizes = importlib.import_module(module).splits(data), (112, 38, 50)
    assert tuple(len(X) for X, _ in parts) == sizes
    assert len(np.unique(np.concatenate([y for _, y in parts]))) == 200


def test_a_diverged_setting_is_the_worst(data):
    regression = importlib.import_module("_regression")
    X, y, _, _ = regression.uci_split(data, "boston", 0)
    make = partial(importlib.import_module("uci_backprop")._network, n_units=5, seed=0)
    losses = regression.on_validation(make, (0.01, 1e6), X, y, 0)
    assert losses[0] < losses[1] == np.inf
    assert regression.chosen(losses) == 0


def test_validation_rows_are_not_trained_on():
    regression = importlib.import_module("_regression")
    X = np.arange(50.0)[:, None]

    class Model:
        def fit(self, X, y):
            self.seen = set(X.ravel())
            return self

    def loss(model, X, y):
        assert not model.seen & set(X.ravel())
        return len(model.seen)

    assert regression.on_validation(
        lambda *_: Model(), [0, 1], X, X.ravel(), 0, n_rows=30, loss=loss
    ) == [30, 30]


def test_the_mean_over_masks_is_that_of_all_units_without_dropout(data):
    dropout = importlib.import_module("uci_dropout")
    X, y, X_test, _ = importlib.import_module("_regression").uci_split(data, "boston", 0)
    model = dropout._network(0.1, len(X), n_units=5, n_epochs=2, seed=0).fit(X, y)
    np.testing.assert_allclose(
        dropout.mean_over_masks(model, X_test, 0.0, 1, 0), model.predict(X_test), rtol=1e-5
    )
    # A linear network would have the same mean with dropout; a relu one has nearly the same.
    many = dropout.mean_over_masks(model, X_test, 0.01, 400, 0)
    assert np.abs(many - model.predict(X_test)).max() < 0.3 * y.std()
    assert np.abs(many - model.predict(X_test)).max() > 0


def test_quantiles_are_normal():
    X = np.random.default_rng(0).exponential(size=(3000, 2))
    Z = importlib.import_module("gorishniy").quantiles(X, 0).transform(X)
    assert np.abs(Z.mean(axis=0)).max() < 0.05
    assert np.abs(Z.std(axis=0) - 1).max() < 0.05
