"""What holds for the estimators of every table, on tables made up by hypothesis."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skperceptron.tabular import TabularMLPClassifier, TabularMLPRegressor

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

cells = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_infinity=False), st.text(max_size=2)
)
finite = st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTED = [
    "n_estimators=.* needs a row for each fold",
    "sample_weight gives every row zero weight",
    "sample_weight .* adds up to",
]
EXPECTED = "validation_fraction=|coverage="


@st.composite
def cases(draw, targets):
    """A table, its targets, their weights or None, and hyperparameters."""
    n_rows, n_columns = draw(st.integers(1, 25)), draw(st.integers(1, 3))

    def column(of):
        return draw(st.lists(of, min_size=n_rows, max_size=n_rows))

    X = np.empty((n_rows, n_columns), object)
    for j in range(n_columns):
        X[:, j] = column(cells)
    weight = draw(st.none() | st.just(column(st.sampled_from([0, 1e-3, 1, 2, 1e3]))))
    parameters = {
        "hidden_layer_sizes": draw(st.sampled_from([(), (3,), (4, 3)])),
        "n_estimators": draw(st.sampled_from([1, 1, 2, 3])),
        "max_iter": draw(st.integers(1, 3)),
        "max_categories": draw(st.sampled_from([1, 3, None])),
        "n_bins": draw(st.sampled_from([None, 4])),
        "random_state": 0,
    }
    table = pd.DataFrame(X).infer_objects() if draw(st.booleans()) else X
    return table, np.array(column(targets)), weight, parameters


def fit(model, X, y, weight):
    """The fitted model; None if it refuses the data for a documented reason."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", EXPECTED)
        try:
            return model.fit(X, y, weight)
        except ValueError as error:
            with pytest.raises(ValueError, match="|".join(DOCUMENTED)):
                raise error
    return None


def check(model, X, y, weight, predict):
    before = dict(vars(model))
    fitted = fit(model, X, y, weight)
    if fitted is None:
        assert vars(model) == before
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", EXPECTED)
        expected = predict(fitted, X)
        assert len(expected) == len(y)
        assert np.isfinite(expected).all()
        assert_array_equal(predict(pickle.loads(pickle.dumps(fitted)), X), expected)
        assert_array_equal(predict(fit(clone(model), X, y, weight), X), expected)


@settings(max_examples=200, deadline=None)
@given(cases(st.integers(0, 3)))
def test_classifier(case):
    X, y, weight, parameters = case
    model = TabularMLPClassifier(**parameters)
    check(model, X, y, weight, lambda fitted, X: fitted.predict_proba(X))
    if hasattr(model, "classes_"):
        assert_array_equal(model.classes_, np.unique(y))


@settings(max_examples=200, deadline=None)
@given(cases(finite), st.sampled_from([{}, {"quantiles": (0.1, 0.6)}, {"loss": "gaussian"}]))
def test_regressor(case, kind):
    X, y, weight, parameters = case

    def predict(fitted, X):
        predictions = [fitted.predict(X)]
        if fitted._calibration is not None:
            low, high = fitted.predict_interval(X).T
            assert (low <= high).all()
            predictions += [low, high]
        return np.column_stack(predictions)

    check(TabularMLPRegressor(**parameters, **kind), X, y, weight, predict)
