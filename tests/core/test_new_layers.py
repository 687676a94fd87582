"""Kinds of layers that the package does not have: each is one class, and the rest of it serves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skperceptron._core.activations import Tanh
from skperceptron._core.batches import ArrayRows, Batches
from skperceptron._core.initializers import INITIALIZERS
from skperceptron._core.layers import ActivationLayer, Dense, Layer
from skperceptron._core.layers.dense import DenseProducts
from skperceptron._core.losses import SquaredError
from skperceptron._core.network import Network
from skperceptron._core.objective import Objective, Regularisation
from skperceptron._core.optimizers import OPTIMIZERS
from skperceptron._core.parameters import Parameter
from skperceptron._core.penalties import L2
from skperceptron._core.schedules import Constant
from skperceptron._core.stopping import Stopping, Validation
from skperceptron._core.training import TrainingState, train

N_ROWS = 12


class Scale(Layer):
    """``y = s x``, a factor for each feature, which learns ten times as fast as weights do."""

    def __init__(self, n_features):
        self.n_features = n_features

    @property
    def parameters(self):
        return (Parameter("factor", (self.n_features,), rate_factor=10.0),)

    def initialise(self, parameters, random_state):
        parameters[0][...] = 1

    def infer(self, x, parameters):
        return x * parameters[0]

    def allocate(self, parameters, gradients, n_rows, n_inputs, dtype, *, is_first):
        (self._factor,), (self._gradient,) = parameters, gradients
        return n_inputs

    def largest_output(self, largest_input):
        return largest_input * np.abs(self._factor).max()

    def forward(self, x, sample_weight=None):
        self._input = x
        return x * self._factor

    def backward(self, delta, *, need_input):
        np.einsum("ij,ij->j", delta, self._input, out=self._gradient)
        return delta * self._factor if need_input else None


class Residual(Layer):
    """``y = x + f(x)``, f a chain of layers."""

    def __init__(self, *layers):
        self.inner = Network(layers)

    @property
    def parameters(self):
        return self.inner.layout.parameters

    def initialise(self, parameters, random_state):
        for layer, own in zip(self.inner.layers, self.inner.by_layer(parameters), strict=True):
            layer.initialise(own, random_state)

    def infer(self, x, parameters):
        return x + self.inner.infer(x.copy(), self.inner.by_layer(parameters))

    def allocate(self, parameters, gradients, n_rows, n_inputs, dtype, *, is_first):
        width, both = n_inputs, (self.inner.by_layer(parameters), self.inner.by_layer(gradients))
        for layer, own, slopes in zip(self.inner.layers, *both, strict=True):
            width = layer.allocate(own, slopes, n_rows, width, dtype, is_first=False)
        return width

    def largest_output(self, largest_input):
        return largest_input + self.inner.largest_output(largest_input)

    def forward(self, x, sample_weight=None):
        return x + self.inner.forward(x.copy(), sample_weight)

    def backward(self, delta, *, need_input):
        inner = delta.copy()
        for layer in reversed(self.inner.layers):
            inner = layer.backward(inner, need_input=True)
        return delta + inner


class Embedding(Layer):
    """A row of a table for each integer code: (n, 1) of codes to (n, n_units)."""

    def __init__(self, n_codes, n_units):
        self.n_codes, self.n_units = n_codes, n_units

    @property
    def parameters(self):
        return (Parameter("table", (self.n_codes, self.n_units), penalised=True),)

    def initialise(self, parameters, random_state):
        parameters[0][...] = random_state.normal(size=parameters[0].shape)

    def infer(self, x, parameters):
        return parameters[0][x[:, 0].astype(np.intp)]

    def allocate(self, parameters, gradients, n_rows, n_inputs, dtype, *, is_first):
        (self._table,), (self._gradient,) = parameters, gradients
        return self.n_units

    def largest_output(self, largest_input):
        return np.linalg.norm(self._table, axis=1).max()

    def forward(self, x, sample_weight=None):
        self._codes = x[:, 0].astype(np.intp)
        return self._table[self._codes]

    def backward(self, delta, *, need_input):
        self._gradient[...] = 0
        np.add.at(self._gradient, self._codes, delta)


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
