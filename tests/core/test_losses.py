from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logit

from skperceptron._core.layers import Dense
from skperceptron._core.layers.dense import DenseProducts
from skperceptron._core.losses import LOSSES
from skperceptron._core.network import Network
from skperceptron._core.objective import Objective
from skperceptron._core.penalties import L2

every_loss = pytest.mark.parametrize("pair", LOSSES, ids="-".join)

# The loss of one row, from its definition: no stable form, no NumPy.
REFERENCES = {
    ("log_loss", "logistic"): lambda s, y: (
        -sum(
            math.log(1 / (1 + math.exp(-sk))) if yk else math.log(1 / (1 + math.exp(sk)))
            for sk, yk in zip(s, y, strict=True)
        )
    ),
    ("log_loss", "softmax"): lambda s, y: (
        -math.log(
            sum(yk * math.exp(sk) for sk, yk in zip(s, y, strict=True)) / sum(map(math.exp, s))
        )
    ),
    ("squared_error", "identity"): lambda s, y: (
        sum((sk - yk) ** 2 for sk, yk in zip(s, y, strict=True)) / 2
    ),
    # Half of sklearn.metrics' Poisson deviance, with prediction exp(s).
    ("poisson", "exp"): lambda s, y: sum(
        (yk * (math.log(yk) - sk) if yk else 0) - yk + math.exp(sk)
        for sk, yk in zip(s, y, strict=True)
    ),
}

# The score at which an output predicts its argument.
INVERSE_LINKS = {"identity": lambda p: p, "logistic": logit, "softmax": np.log, "exp": np.log}


def values_and_gradient(pair, scores, y):
    gradient = scores.copy()
    return LOSSES[pair]().values_and_gradient(gradient, y), gradient


def total(pair, scores, y):
    return values_and_gradient(pair, scores, y)[0].sum()


@every_loss
def test_values_follow_from_the_definition(pair, rng, draw_targets):
    scores, y = 2 * rng.normal(size=(8, 3)), draw_targets(pair[1], rng, 8, 3)
    expected = [REFERENCES[pair](*row) for row in zip(scores.tolist(), y.tolist(), strict=True)]
    values, _ = values_and_gradient(pair, scores, y)
    assert_allclose(values, expected, rtol=1e-13)


@every_loss
def test_gradient_against_differences(pair, rng, draw_targets, numerical_gradient):
    scores, y = 2 * rng.normal(size=(8, 3)), draw_targets(pair[1], rng, 8, 3)
    expected = numerical_gradient(lambda s: total(pair, s, y), scores)
    _, gradient = values_and_gradient(pair, scores, y)
    assert_allclose(gradient, expected, rtol=1e-8, atol=1e-10)


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_scores_stay_finite(pair, dtype, rng, draw_targets, largest_score):
    y = draw_targets(pair[1], rng, 9, 3).astype(dtype)
    scores = largest_score(pair[1]) * np.array([[1, -1, 0], [-1, -1, -1], [1, 1, 1]] * 3, dtype)
    values, gradient = values_and_gradient(pair, scores, y)
    assert np.isfinite(values).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("link", ["logistic", "softmax"])
def test_confident_log_loss_is_the_margin(link):
    # What a probability clipped at eps would get wrong.
    y = np.array([[1.0, 0.0]])
    scores = np.array([[1e3, -1e3]])
    n_wrong_outputs = {"logistic": 2, "softmax": 1}[link]
    margin = {"logistic": 1e3, "softmax": 2e3}[link]
    assert total(("log_loss", link), scores, y) == 0
    assert total(("log_loss", link), -scores, y) == n_wrong_outputs * margin


@pytest.mark.parametrize("link", ["logistic", "softmax"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_log_loss_is_never_negative(link, dtype, rng):
    # Right and confident to every degree: large terms of the sum nearly cancel.
    scores = (30 * rng.normal(size=(5000, 5))).astype(dtype)
    right = {"logistic": scores > 0, "softmax": scores == scores.max(axis=1, keepdims=True)}
    values, _ = values_and_gradient(("log_loss", link), scores, right[link].astype(dtype))
    assert values.min() >= 0


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_y_left_alone(pair, dtype, rng, draw_targets):
    y = draw_targets(pair[1], rng, 8, 3).astype(dtype)
    before = y.copy()
    scores = rng.normal(size=(8, 3)).astype(dtype)
    values, gradient = values_and_gradient(pair, scores, y)
    assert values.dtype == gradient.dtype == dtype
    assert values.shape == (8,)
    assert_array_equal(y, before)


@every_loss
def test_minimum_is_at_the_truth(pair, rng, draw_targets):
    # The best constant prediction is the mean of y.
    y = draw_targets(pair[1], rng, 30, 3)
    truth = np.tile(INVERSE_LINKS[pair[1]](y.mean(axis=0)), (30, 1))
    _, gradient = values_and_gradient(pair, truth, y)
    assert_allclose(gradient.sum(axis=0), 0, atol=1e-13)
    for shift in rng.normal(size=(20, 3)):
        assert total(pair, truth + shift, y) > total(pair, truth, y)


@every_loss
def test_weight_is_repetition(pair, rng, draw_targets):
    network = Network([Dense(4, 3, DenseProducts())])
    network.prepare(rng.normal(size=network.layout.size), n_rows=20, n_inputs=4)
    X, y = rng.normal(size=(6, 4)), draw_targets(pair[1], rng, 6, 3)
    counts = np.array([2, 0, 1, 5, 1, 3])

    def value_and_gradient(mean_weight, *batch):
        objective = Objective(network, LOSSES[pair](), [L2(alpha=0.1)], mean_weight)
        return objective.value_and_gradient(*batch), network.gradient.copy()

    value, gradient = value_and_gradient(counts.mean(), X, y, counts.astype(float))
    repeated = value_and_gradient(1.0, X.repeat(counts, axis=0), y.repeat(counts, axis=0))
    assert_allclose(value, repeated[0], rtol=1e-13)
    assert_allclose(gradient, repeated[1], rtol=1e-12, atol=1e-14)
