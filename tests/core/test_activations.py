from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import erf, expit, softmax

from helpers.marks import every_dtype
from skperceptron._core.activations import HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS

ACTIVATIONS = HIDDEN_ACTIVATIONS | OUTPUT_ACTIVATIONS
every_activation = pytest.mark.parametrize("name", ACTIVATIONS)


def forward(name, z):
    a = z.copy()
    ACTIVATIONS[name]().forward(a)
    return a


def backward(name, z, delta):
    saved = z.copy() if ACTIVATIONS[name].saves == "input" else forward(name, z)
    delta = delta.copy()
    ACTIVATIONS[name]().backward(saved, delta)
    return delta


def smooth_points():
    """Rows of points at least 0.05 away from the kinks that activations have: 0, ±1, ±3."""
    z = np.linspace(-3.5, 3.5, 36)
    assert np.abs(np.abs(z)[:, np.newaxis] - [0, 1, 3]).min() > 0.05
    return np.random.default_rng(0).permutation(z).reshape(9, 4)


@every_activation
def test_backward_is_the_vector_jacobian_product(name, rng, numerical_gradient):
    z = smooth_points()
    delta = rng.normal(size=z.shape)
    expected = numerical_gradient(lambda z: np.sum(delta * forward(name, z)), z)
    assert_allclose(backward(name, z, delta), expected, rtol=1e-8, atol=1e-11)


@every_activation
@every_dtype
def test_large_scores_stay_finite(name, dtype, largest_score):
    z = np.array([[1, -1, 0], [-1, -1, -1], [1, 1, 1]], dtype) * dtype(largest_score(name))
    assert np.isfinite(forward(name, z)).all()
    assert np.isfinite(backward(name, z, np.ones_like(z))).all()


@pytest.mark.parametrize("name", HIDDEN_ACTIVATIONS)
@every_dtype
def test_nothing_overflows_on_the_way(name, dtype):
    largest = np.finfo(dtype).max / 10
    z = np.array([[largest, -largest], [np.sqrt(largest), -np.sqrt(largest)]], dtype)
    with np.errstate(over="raise", invalid="raise"):
        assert np.isfinite(forward(name, z)).all()
        slope = backward(name, z, np.ones_like(z))
    # All are straight lines far from 0, and none is steeper than this.
    assert np.abs(slope).max() <= 1.06


@every_activation
def test_single_precision_agrees_with_double(name, rng):
    z = smooth_points().astype(np.float32)
    delta = rng.normal(size=z.shape).astype(np.float32)
    wide_z, wide_delta = z.astype(float), delta.astype(float)
    assert_allclose(forward(name, z), forward(name, wide_z), rtol=1e-5, atol=1e-7)
    assert_allclose(backward(name, z, delta), backward(name, wide_z, wide_delta), atol=2e-6)


@every_activation
def test_both_ways_work_in_place_on_part_of_a_buffer(name, rng):
    # A short last batch is the head of a buffer: what lies behind it is not the layer's.
    z, delta = smooth_points(), rng.normal(size=(9, 4))
    z_buffer, delta_buffer = np.full((2, 12, 4), np.nan)
    z_buffer[:9], delta_buffer[:9] = z, delta
    activation = ACTIVATIONS[name]()

    activation.forward(z_buffer[:9])
    assert_array_equal(z_buffer[:9], forward(name, z))
    if activation.saves == "input":
        z_buffer[:9] = z
    activation.backward(z_buffer[:9], delta_buffer[:9])
    assert_array_equal(delta_buffer[:9], backward(name, z, delta))
    assert np.isnan([z_buffer[9:], delta_buffer[9:]]).all()


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("identity", lambda z: z),
        ("logistic", expit),
        ("sigmoid", expit),
        ("tanh", np.tanh),
        ("relu", lambda z: np.where(z > 0, z, 0)),
        ("leaky_relu", lambda z: np.where(z > 0, z, z / 100)),
        ("elu", lambda z: np.where(z > 0, z, np.exp(z) - 1)),
        (
            "selu",
            lambda z: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * (np.exp(z) - 1)),
        ),
        ("gelu", lambda z: z * (1 + erf(z / np.sqrt(2))) / 2),
        ("silu", lambda z: z * expit(z)),
        ("mish", lambda z: z * np.tanh(np.log(1 + np.exp(z)))),
        ("softplus", lambda z: np.log(1 + np.exp(z))),
        ("hard_tanh", lambda z: np.where(z > 1, 1, np.where(z < -1, -1, z))),
        ("exp", np.exp),
        ("softmax", lambda z: softmax(z, axis=1)),
    ],
)
def test_values(name, formula):
    z = smooth_points()
    assert_allclose(forward(name, z), formula(z), rtol=2e-14, atol=1e-16)


def test_relu_has_no_slope_at_its_kink():
    assert_array_equal(backward("relu", np.zeros((1, 2)), np.ones((1, 2))), [[0, 0]])
