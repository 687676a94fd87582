"""A weight counts like as many repetitions of its row."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import make_scorer, max_error

from helpers.marks import dense_and_csr
from helpers.weights import assert_close_weights, assert_same_weights
from skperceptron import MLPClassifier, MLPRegressor, PerceptronClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(50, 4))
WEIGHT = rng.integers(0, 4, 50)
TARGETS = {
    "two classes": (MLPClassifier, X[:, 0] > 0),
    "three classes": (MLPClassifier, X[:, :3].argmax(axis=1)),
    "labels": (MLPClassifier, (X[:, :3] > 0).astype(int)),
    "numbers": (MLPRegressor, X[:, 0]),
    "outputs": (MLPRegressor, X[:, :2]),
}


def make(target, **parameters):
    estimator, y = TARGETS[target]
    parameters = {"max_iter": 20, "random_state": 0, "alpha": 0.5} | parameters
    return estimator((6,), "tanh", **parameters), y


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.one_of_each
def test_weight_is_repetition(solver, target):
    full_batch = {} if solver == "lbfgs" else {"shuffle": False, "batch_size": 50}
    weighted, y = make(target, solver=solver, **full_batch)
    weighted.fit(X, y, WEIGHT)
    full_batch = {} if solver == "lbfgs" else {"shuffle": False, "batch_size": int(WEIGHT.sum())}
    repeated, _ = make(target, solver=solver, **full_batch)
    repeated.fit(np.repeat(X, WEIGHT, axis=0), np.repeat(y, WEIGHT, axis=0))
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-6)
    assert_close_weights(weighted, repeated, rtol=1e-6, atol=1e-9)


def test_weights_of_one_are_no_weights():
    with_weights, y = make("three classes")
    without, _ = make("three classes")
    with_weights.fit(X, y, np.ones(50))
    without.fit(X, y)
    assert_allclose(with_weights.coefs_[0], without.coefs_[0], rtol=1e-12)


def test_the_scale_of_all_weights_is_the_inverse_scale_of_the_penalty():
    # (Σ wᵢ lossᵢ + penalty) / (n w̄): ten times the weights is a tenth of the penalty.
    heavy, y = make("numbers", alpha=0.5)
    light, _ = make("numbers", alpha=0.05)
    heavy.fit(X, y, np.full(50, 10.0))
    light.fit(X, y)
    assert_allclose(heavy.coefs_[0], light.coefs_[0], rtol=1e-9)


def test_batches_of_one_row_heed_weights():
    # Normalised batch by batch, as in scikit-learn, the weights would drop out.
    model, y = make("numbers", batch_size=1, max_iter=3)
    weighted = model.fit(X, y, 1 + WEIGHT).coefs_[0]
    assert np.abs(weighted - model.fit(X, y).coefs_[0]).max() > 1e-3


def test_a_batch_without_weight_changes_no_output():
    model, y = make("numbers", alpha=0.0, shuffle=False, batch_size=25, solver="sgd", momentum=0.0)
    weight = np.repeat([1.0, 0.0], 25)
    by_half = model.fit(X, y, weight).coefs_[0]
    # The weight of half the rows is then twice the mean weight, and doubles the step.
    model.set_params(learning_rate_init=2e-3)
    assert_allclose(by_half, model.fit(X[:25], y[:25]).coefs_[0], rtol=1e-12)


def test_the_mean_weight_is_that_of_the_first_call():
    once, y = make("numbers", alpha=0.0, solver="sgd", momentum=0.0, max_iter=1)
    once.partial_fit(X, y, np.full(50, 2.0))
    before = [coef.copy() for coef in once.coefs_]
    once.set_params(learning_rate_init=0.5e-3).partial_fit(X, y, np.full(50, 4.0))
    again, _ = make("numbers", alpha=0.0, solver="sgd", momentum=0.0, max_iter=1)
    again.partial_fit(X, y)
    assert_allclose(again.coefs_[0], before[0], rtol=1e-12)
    again.partial_fit(X, y)
    assert_allclose(again.coefs_[0], once.coefs_[0], rtol=1e-12)


def test_lists_are_weights_too():
    model, y = make("three classes")
    by_list = model.fit(X, y, WEIGHT.tolist()).coefs_[0]
    assert_array_equal(by_list, model.fit(X, y, WEIGHT).coefs_[0])


def test_the_weight_of_a_perceptrons_row_scales_its_update():
    model = PerceptronClassifier(shuffle=False, max_iter=1, tol=None)
    model.fit([[1.0, 2.0], [3.0, 1.0]], [1, 0], sample_weight=[0.5, 1.0])
    # The first row is a mistake of zero weights: w = 0.5 x, b = 0.5; then so is the second.
    assert_array_equal(model.coef_, [[0.5 - 3.0, 1.0 - 1.0]])
    assert_array_equal(model.intercept_, [0.5 - 1.0])


@dense_and_csr
@pytest.mark.parametrize(
    "parameters", [{"solver": "sgd"}, {"batch_norm": True}, {"solver": "lbfgs"}], ids=str
)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.one_of_each
def test_what_is_in_a_row_of_weight_zero_does_not_matter(target, parameters, convert):
    model, y = make(
        target, **{"batch_size": 20} if "solver" not in parameters else {}, **parameters
    )
    weight = np.where(np.arange(50) % 10 == 3, 0.0, 1.5)
    expected = clone(model).fit(convert(X), y, weight)
    wild, wild_y = np.where(weight[:, None] == 0, 1e300, X), y
    if isinstance(model, MLPRegressor):
        wild_y = np.where((weight == 0).reshape(-1, *[1] * (y.ndim - 1)), 1e300, y)
    before = wild.copy(), wild_y.copy()
    model.fit(convert(wild), wild_y, weight)
    assert_array_equal(model.loss_curve_, expected.loss_curve_)
    assert_same_weights(model, expected)
    assert_array_equal(wild, before[0])
    assert_array_equal(wild_y, before[1])


@pytest.mark.parametrize("own", [True, False], ids=["own", "split off"])
@pytest.mark.parametrize("scoring", [None, "loss", make_scorer(max_error)])
def test_nor_among_the_rows_that_are_watched(own, scoring):
    model, y = make("numbers", early_stopping=True, scoring=scoring, validation_fraction=0.4)
    weight = np.where(np.arange(50) % 4 == 3, 0.0, 1.5)
    wild, wild_y = np.where(weight[:, None] == 0, 1e300, X), np.where(weight == 0, 1e300, y)

    def scores(X_val, y_val):
        if own:
            data = {"X_val": X_val, "y_val": y_val, "sample_weight_val": weight}
            return clone(model).fit(X, y, **data).validation_scores_
        return clone(model).fit(X_val, y_val, weight).validation_scores_

    assert np.isfinite(scores(X, y)).all()
    assert scores(wild, wild_y) == scores(X, y)
