"""Kinds of layers that the package does not have: each is one class, and the rest of it serves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from helpers.new_layers import Embedding, Residual, Scale
from skperceptron._core.activations import Tanh
from skperceptron._core.batches import ArrayRows, Batches
from skperceptron._core.initializers import INITIALIZERS
from skperceptron._core.layers import ActivationLayer, Dense
from skperceptron._core.layers.dense import DenseProducts
from skperceptron._core.losses import SquaredError
from skperceptron._core.network import Network
from skperceptron._core.objective import Objective, Regularisation
from skperceptron._core.optimizers import OPTIMIZERS
from skperceptron._core.penalties import L2
from skperceptron._core.schedules import Constant
from skperceptron._core.stopping import Stopping, Validation
from skperceptron._core.training import TrainingState, train

N_ROWS = 12


def dense(fan_in, fan_out):
    initializer = INITIALIZERS["auto"]
    fill = lambda weight, intercept, stream: initializer.fill(  # noqa: E731
        weight, intercept, stream, logistic=False
    )
    return Dense(fan_in, fan_out, DenseProducts(), fill)


def numbers(rng):
    return rng.normal(size=(N_ROWS, 3))


def codes(rng):
    return rng.integers(0, 5, size=(N_ROWS, 1)).astype(float)


# What comes in, and the layers.
NETWORKS = {
    "scale": (numbers, lambda: [Scale(3), dense(3, 4), ActivationLayer(Tanh()), dense(4, 2)]),
    "scale within": (
        numbers,
        lambda: [dense(3, 4), Scale(4), ActivationLayer(Tanh()), dense(4, 2)],
    ),
    "residual": (
        numbers,
        lambda: [
            dense(3, 4),
            Residual(ActivationLayer(Tanh()), dense(4, 6), ActivationLayer(Tanh()), dense(6, 4)),
            dense(4, 2),
        ],
    ),
    "residual at the inputs": (
        numbers,
        lambda: [Residual(dense(3, 3), ActivationLayer(Tanh())), dense(3, 2)],
    ),
    "a residual in a residual": (
        numbers,
        lambda: [dense(3, 4), Residual(dense(4, 4), Residual(Scale(4), dense(4, 4))), dense(4, 2)],
    ),
    "embedding": (codes, lambda: [Embedding(5, 4), ActivationLayer(Tanh()), dense(4, 2)]),
    "all": (
        codes,
        lambda: [
            Embedding(5, 4),
            Residual(Scale(4), dense(4, 4), ActivationLayer(Tanh())),
            dense(4, 2),
        ],
    ),
}
every_network = pytest.mark.parametrize("name", NETWORKS)


def prepared(name, rng):
    draw, layers = NETWORKS[name]
    network, X = Network(layers()), draw(rng)
    theta = network.initial(np.random.RandomState(0), float)
    network.allocate(theta, N_ROWS, X.shape[1])
    return network, X, rng.normal(size=(N_ROWS, 2))


@every_network
def test_gradients_against_differences(name, rng, numerical_gradient):
    network, X, y = prepared(name, rng)
    network.theta += 0.1 * rng.normal(size=network.theta.size)
    objective = Objective(network, SquaredError(), Regularisation([L2(0.3)]), 1.0)

    def value_at(theta):
        network.theta[:] = theta
        return objective.value_and_gradient(X, y)

    theta = network.theta.copy()
    network.gradient[:] = np.nan
    value_at(theta)
    gradient = network.gradient.copy()
    assert_allclose(gradient, numerical_gradient(value_at, theta), rtol=1e-7, atol=1e-9)


@every_network
def test_inference_is_the_forward_pass_and_stays_within_the_bound(name, rng):
    network, X, _ = prepared(name, rng)
    before = X.copy()
    scores = network.infer(X, network.parameters)
    assert_array_equal(X, before)
    assert_allclose(scores, network.forward(X), rtol=1e-13)
    bound = network.largest_output(np.linalg.norm(X, axis=1).max())
    assert np.linalg.norm(scores, axis=1).max() <= bound < math.inf


@every_network
@pytest.mark.parametrize("solver", OPTIMIZERS)
@pytest.mark.one_of_each
def test_a_whole_training(name, solver, rng, from_defaults):
    network, X, y = prepared(name, rng)
    optimizer = from_defaults(OPTIMIZERS[solver])
    state = TrainingState(
        theta=network.theta,
        solver=solver,
        optimizer=optimizer.init(network.layout, float),
        random_state=np.random.RandomState(0),
        generator=np.random.default_rng(0),
        mean_weight=1.0,
    )
    optimizer.resume(state.optimizer, network.layout, step_sizes=False)
    epochs = train(
        Objective(network, SquaredError(), Regularisation([L2(1e-3)]), 1.0),
        optimizer,
        Constant(0.1 if solver == "adagrad" else 0.005),
        Batches(ArrayRows(X), ArrayRows(y), None, None, 5),
        Stopping(0.0, math.inf),
        lambda: bool(np.isfinite(network.theta).all()),
        Validation,
        state,
        shuffle=True,
        max_epochs=150,
    )
    losses = [epoch.loss for epoch in epochs]
    # The best that can be had of codes is the mean of y where they are equal.
    rows = [y[X[:, 0] == code] for code in np.unique(X[:, 0])]
    floor = sum(((own - own.mean(axis=0)) ** 2).sum() for own in rows) / (2 * N_ROWS)
    assert losses[-1] - floor < 0.7 * (losses[0] - floor)
