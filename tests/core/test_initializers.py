from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neural_network import MLPRegressor

from helpers.marks import every_dtype
from skperceptron._core.activations import HIDDEN_ACTIVATIONS
from skperceptron._core.initializers import INITIALIZERS


def fill(name, shape, activation, random_state, dtype=np.float64):
    weight, intercept = np.full(shape, np.nan, dtype), np.full(shape[1], np.nan, dtype)
    logistic = activation in ("logistic", "sigmoid")
    INITIALIZERS[name].fill(weight, intercept, random_state, logistic=logistic)
    return weight, intercept


@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_value_is_filled_from_the_random_state_alone(name, activation):
    first = fill(name, (5, 4), activation, np.random.RandomState(0))
    again = fill(name, (5, 4), activation, np.random.RandomState(0))
    for array, same in zip(first, again, strict=True):
        assert np.isfinite(array).all()
        assert_array_equal(array, same)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_single_precision_rounds_the_same_draws(name):
    double = fill(name, (5, 4), "relu", np.random.RandomState(0))
    single = fill(name, (5, 4), "relu", np.random.RandomState(0), np.float32)
    for array, rounded in zip(double, single, strict=True):
        assert_array_equal(array.astype(np.float32), rounded)


@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
def test_auto_fills_its_interval(activation):
    factor = 2 if activation in ("logistic", "sigmoid") else 6
    bound = np.sqrt(factor / (300 + 100))
    weight, intercept = fill("auto", (300, 100), activation, np.random.RandomState(0))
    for array in (weight, intercept):
        assert np.abs(array).max() <= bound
        # 100 draws leave the outer tenth of the interval empty once in 40 000 times.
        assert np.abs(array).max() > 0.9 * bound
    assert abs(weight.mean()) < 5 * bound / np.sqrt(3 * weight.size)


@every_dtype
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_auto_draws_what_scikit_learn_draws(activation, dtype):
    units = (4, 6, 5, 2)
    X, y = np.zeros((3, 4), dtype), np.zeros((3, 2), dtype)
    # A step this small is lost in rounding, so these are the starting weights.
    theirs = MLPRegressor(
        hidden_layer_sizes=units[1:-1],
        activation=activation,
        solver="sgd",
        learning_rate_init=1e-35,
        random_state=7,
    ).partial_fit(X, y)

    random_state = np.random.RandomState(7)
    for depth, shape in enumerate(itertools.pairwise(units)):
        weight, intercept = fill("auto", shape, activation, random_state, dtype)
        assert theirs.coefs_[depth].dtype == dtype
        assert_array_equal(weight, theirs.coefs_[depth])
        assert_array_equal(intercept, theirs.intercepts_[depth])


VARIANCES = {"glorot": 2 / (300 + 100), "he": 2 / 300, "lecun": 1 / 300}


@pytest.mark.parametrize("kind", ["uniform", "normal"])
@pytest.mark.parametrize("name", VARIANCES)
def test_variance_is_the_documented_one(name, kind):
    weight, intercept = fill(f"{name}_{kind}", (300, 100), "relu", np.random.RandomState(0))
    deviation = np.sqrt(VARIANCES[name])
    # The standard error of a variance from n draws is below its √(2 / n) for both kinds.
    assert abs(weight.var() / deviation**2 - 1) < 5 * np.sqrt(2 / weight.size)
    assert abs(weight.mean()) < 5 * deviation / np.sqrt(weight.size)
    beyond = np.abs(weight).max() / deviation
    assert beyond <= np.sqrt(3) if kind == "uniform" else beyond > 3
    assert not intercept.any()


@pytest.mark.parametrize("shape", [(5, 5), (7, 4), (4, 7), (1, 3)])
def test_orthogonal(shape):
    weight, intercept = fill("orthogonal", shape, "relu", np.random.RandomState(0))
    product = weight.T @ weight if shape[0] >= shape[1] else weight @ weight.T
    assert_allclose(product, np.eye(min(shape)), atol=1e-14)
    assert not intercept.any()


def test_orthogonal_is_uniform_over_rotations():
    # Without the signs a diagonal element of Q would be negative far more often than not.
    random_state = np.random.RandomState(0)
    diagonal = [np.diag(fill("orthogonal", (3, 3), "relu", random_state)[0]) for _ in range(500)]
    assert abs(np.mean(np.array(diagonal) > 0) - 0.5) < 5 * 0.5 / np.sqrt(1500)


def test_zeros():
    weight, intercept = fill("zeros", (3, 2), "relu", np.random.RandomState(0))
    assert not weight.any()
    assert not intercept.any()
