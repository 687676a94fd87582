from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.neural_network import MLPRegressor

from skperceptron._core.activations import HIDDEN_ACTIVATIONS
from skperceptron._core.initializers import INITIALIZERS

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def fill(name, shape, activation, random_state, dtype=np.float64):
    weight, intercept = np.full(shape, np.nan, dtype), np.full(shape[1], np.nan, dtype)
    INITIALIZERS[name]().fill(weight, intercept, activation, random_state)
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
