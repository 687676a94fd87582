from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skperceptron._core.penalties import L2, PENALTIES

every_penalty = pytest.mark.parametrize("kind", PENALTIES.values())


def value_and_gradient(penalty, weights, scale=1.0):
    gradient, scratch = np.zeros_like(weights), np.full_like(weights, np.nan)
    return penalty.add_gradient(weights, gradient, scale, scratch), gradient


@pytest.fixture
def penalty(kind, from_defaults):
    return from_defaults(kind, alpha=0.3)


@every_penalty
def test_gradient_against_differences(penalty, rng, numerical_gradient):
    weights = rng.normal(size=7)
    _, gradient = value_and_gradient(penalty, weights)
    expected = numerical_gradient(lambda w: value_and_gradient(penalty, w)[0], weights)
    assert_allclose(gradient, expected, rtol=1e-8, atol=1e-11)


@every_penalty
def test_scale_multiplies_value_and_gradient(penalty, rng):
    weights = rng.normal(size=7)
    value, gradient = value_and_gradient(penalty, weights)
    scaled_value, scaled_gradient = value_and_gradient(penalty, weights, scale=0.25)
    assert value > 0
    assert_allclose(scaled_value, 0.25 * value, rtol=1e-15)
    assert_allclose(scaled_gradient, 0.25 * gradient, rtol=1e-15)


@every_penalty
def test_gradient_is_added_and_weights_left_alone(penalty, rng):
    weights, gradient = rng.normal(size=(2, 7))
    weights_before, gradient_before = weights.copy(), gradient.copy()
    penalty.add_gradient(weights, gradient, 1.0, np.empty(7))
    _, own = value_and_gradient(penalty, weights)
    assert_array_equal(gradient, gradient_before + own)
    assert_array_equal(weights, weights_before)


@every_penalty
def test_single_precision_agrees_with_double(penalty, rng):
    weights = rng.normal(size=7).astype(np.float32)
    value, gradient = value_and_gradient(penalty, weights)
    wide_value, wide_gradient = value_and_gradient(penalty, weights.astype(float))
    assert type(value) is float
    assert_allclose(value, wide_value, rtol=1e-6)
    assert_allclose(gradient, wide_gradient, rtol=1e-6)


def test_l2_is_half_alpha_times_the_squared_norm():
    value, gradient = value_and_gradient(L2(alpha=0.5), np.array([3.0, -4.0]))
    assert value == 0.25 * 25
    assert_array_equal(gradient, [1.5, -2.0])
