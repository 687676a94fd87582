from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skperceptron._core.activations import Tanh
from skperceptron._core.layers import ActivationLayer, Dense
from skperceptron._core.layers.dense import DenseProducts
from skperceptron._core.losses import SquaredError
from skperceptron._core.network import Network
from skperceptron._core.objective import Objective, Regularisation
from skperceptron._core.penalties import L2, Constraint, ProximalPenalty
from skperceptron._core.types import StepSize

N_ROWS = 6


@pytest.fixture
def network(rng):
    network = Network(
        [Dense(3, 4, DenseProducts()), ActivationLayer(Tanh()), Dense(4, 2, DenseProducts())]
    )
    network.allocate(rng.normal(size=network.layout.size), n_rows=20, n_inputs=3)
    return network


@pytest.fixture
def data(rng):
    return rng.normal(size=(N_ROWS, 3)), rng.normal(size=(N_ROWS, 2))


def evaluate(network, batch, alphas=(0.3,), mean_weight=1.0):
    objective = Objective(
        network, SquaredError(), Regularisation([L2(a) for a in alphas]), mean_weight
    )
    return objective.value_and_gradient(*batch), network.gradient.copy()


@pytest.mark.parametrize("alphas", [(), (0.3,), (0.3, 0.5)])
@pytest.mark.parametrize("mean_weight", [1.0, 2.5])
@pytest.mark.parametrize("weighted", [False, True])
def test_value_is_the_documented_formula(network, data, rng, alphas, mean_weight, weighted):
    X, y = data
    weights = rng.uniform(0.5, 2, N_ROWS) if weighted else np.ones(N_ROWS)
    losses = [
        sum((s - t) ** 2 for s, t in zip(scores, row, strict=True)) / 2
        for scores, row in zip(
            network.infer(X, network.parameters).tolist(), y.tolist(), strict=True
        )
    ]
    weighted_losses = sum(w * loss for w, loss in zip(weights, losses, strict=True))
    coefficients = [w for w in network.layout.group("weight", network.theta) for w in w.ravel()]
    penalties = sum(alpha / 2 * sum(c * c for c in coefficients) for alpha in alphas)
    # w̄ is given: it is not the mean of this batch.
    expected = (weighted_losses + penalties) / (N_ROWS * mean_weight)

    batch = (X, y, weights) if weighted else (X, y)
    value, _ = evaluate(network, batch, alphas, mean_weight)
    assert type(value) is float
    assert_allclose(value, expected, rtol=1e-13)


def test_penalties_leave_intercepts_alone(network, data):
    _, with_penalty = evaluate(network, data, alphas=(0.3,))
    _, without = evaluate(network, data, alphas=())
    place = network.layout.weights
    expected = without[place] + 0.3 * network.theta[place] / N_ROWS
    assert_allclose(with_penalty[place], expected, rtol=1e-13)
    assert_array_equal(with_penalty[place.stop :], without[place.stop :])


def test_a_weight_is_a_number_of_rows(network, data):
    X, y = data
    counts = np.array([0, 1, 3, 2, 1, 4])
    value, gradient = evaluate(network, (X, y, counts.astype(float)), mean_weight=counts.mean())
    repeated = evaluate(network, (X.repeat(counts, axis=0), y.repeat(counts, axis=0)))
    assert_allclose(value, repeated[0], rtol=1e-13)
    assert_allclose(gradient, repeated[1], rtol=1e-12, atol=1e-15)


def test_scaling_all_weights_scales_only_the_penalty(network, data, rng):
    weights = rng.uniform(0.5, 2, N_ROWS)
    small = evaluate(network, (*data, weights), (0.3,), weights.mean())
    large = evaluate(network, (*data, 4 * weights), (4 * 0.3,), 4 * weights.mean())
    assert_allclose(small[0], large[0], rtol=1e-13)
    assert_allclose(small[1], large[1], rtol=1e-12, atol=1e-15)


def test_batch_is_left_alone(network, data, rng):
    batch = (*data, rng.uniform(size=N_ROWS))
    before = [array.copy() for array in batch]
    evaluate(network, batch)
    for array, untouched in zip(batch, before, strict=True):
        assert_array_equal(array, untouched)


@pytest.mark.parametrize("weighted", [False, True])
def test_single_precision_agrees_with_double(network, data, rng, weighted):
    batch = [array.astype(np.float32) for array in data]
    if weighted:
        batch.append(rng.uniform(size=N_ROWS).astype(np.float32))
    narrow = Network(network.layers)
    theta = network.theta.astype(np.float32)
    value, gradient = evaluate(network, [array.astype(float) for array in batch])
    narrow.allocate(theta, n_rows=20, n_inputs=3)
    narrow_value, narrow_gradient = evaluate(narrow, batch)
    assert narrow_gradient.dtype == np.float32
    assert_allclose(narrow_value, value, rtol=1e-5)
    assert_allclose(narrow_gradient, gradient, rtol=1e-4, atol=1e-5)


class Recorder(ProximalPenalty, Constraint):
    def __init__(self, calls):
        self.calls = calls

    def value(self, weights, scale, scratch):
        return scale * 7.0

    def shrink(self, weights, step_size, scale, scratch):
        self.calls.append(("shrink", weights.shape, scale))

    def project(self, weight):
        self.calls.append(("project", weight.shape))


def test_project_shrinks_and_then_projects_each_layer(network, data):
    calls = []
    regularisation = Regularisation(proximal=[Recorder(calls)], constraints=[Recorder(calls)])
    objective = Objective(network, SquaredError(), regularisation, mean_weight=2.0)
    plain = Objective(network, SquaredError(), Regularisation(), mean_weight=2.0)
    value = objective.value_and_gradient(*data)
    gradient = network.gradient.copy()
    assert_allclose(value, plain.value_and_gradient(*data) + 7 / (2 * N_ROWS), rtol=1e-14)
    assert_array_equal(network.gradient, gradient)
    objective.project(StepSize(np.ones(1), 1.0))
    assert calls == [
        ("shrink", (3 * 4 + 4 * 2,), 1 / (2 * N_ROWS)),
        ("project", (3, 4)),
        ("project", (4, 2)),
    ]


def test_project_does_nothing_without_anything_to_do(network, data):
    objective = Objective(network, SquaredError(), Regularisation(), mean_weight=1.0)
    objective.value_and_gradient(*data)
    before = network.theta.copy()
    objective.project(StepSize(np.ones(1), 1.0))
    assert_array_equal(network.theta, before)
