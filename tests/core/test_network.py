from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skperceptron._core.activations import HIDDEN_ACTIVATIONS
from skperceptron._core.layers import ActivationLayer, BatchNorm, Dense, Dropout
from skperceptron._core.layers.dense import DenseProducts
from skperceptron._core.network import Network
from skperceptron._core.objective import Objective, Regularisation
from skperceptron._core.penalties import L2

N_ROWS, N_INPUTS, N_OUTPUTS = 5, 4, 3


def make_network(hidden, activation="tanh", rate=0.0, generator=None, *, batch_norm=False):
    """Network with dropout before every dense layer, if the rate is above 0."""
    layers = []
    units = (N_INPUTS, *hidden, N_OUTPUTS)
    for depth, (fan_in, fan_out) in enumerate(itertools.pairwise(units)):
        if rate > 0:
            layers.append(Dropout(rate, generator))
        layers.append(Dense(fan_in, fan_out, DenseProducts()))
        if depth < len(hidden):
            if batch_norm:
                layers.append(BatchNorm(fan_out))
            layers.append(ActivationLayer(HIDDEN_ACTIVATIONS[activation]()))
    return Network(layers)


def prepared(hidden, rng, **kwargs):
    network = make_network(hidden, **kwargs)
    network.allocate(0.7 * rng.normal(size=network.layout.size), N_ROWS, N_INPUTS)
    for variance in network.layout.group("variance", network.theta):
        variance[:] = 1
    return network


def distance_from_kinks(network, X, restart, weight=None):
    """Least distance of a hidden pre-activation from 0, ±1 and ±3, where some have a kink."""
    restart()
    x, distance = X, np.inf
    for layer in network.layers:
        if isinstance(layer, ActivationLayer):
            distance = min(distance, np.abs(np.abs(x)[..., np.newaxis] - [0, 1, 3]).min())
        x = layer.forward(x, weight)
    return distance


def smooth_point(rng, batch, hidden, activation, rate, generator, restart, **others):
    X, _, *weight = batch
    while True:
        network = prepared(
            hidden, rng, activation=activation, rate=rate, generator=generator, **others
        )
        # The differences move a weight by 0.002, an input is below 3, and weights are near 1.
        smooth = distance_from_kinks(network, X, restart, *weight) > 0.015
        # Nor must exp make the function too steep for the differences.
        if smooth and np.abs(network.forward(X, *weight)).max() < 3:
            return network


def check_gradient(activation, loss_case, hidden, rng, numerical_gradient, **others):
    rate, weighted = others.pop("rate", 0.0), others.pop("weighted", True)
    generator = np.random.default_rng(1)
    state = generator.bit_generator.state

    def restart():
        generator.bit_generator.state = state

    X = rng.uniform(-2, 2, (N_ROWS, N_INPUTS))
    batch = [X, loss_case.draw_targets(rng, N_ROWS, N_OUTPUTS)]
    if weighted:
        batch.append(rng.uniform(0.1, 3, N_ROWS))
    while True:
        network = smooth_point(rng, batch, hidden, activation, rate, generator, restart, **others)
        restart()
        scores = network.forward(X, *batch[2:])
        if loss_case.distance_from_kinks(scores, batch[1]) > 0.03:
            break
    regularisation = Regularisation(penalties=[L2(strength=0.1)])
    objective = Objective(network, loss_case.make(), regularisation, mean_weight=1.3)

    def value_at(theta):
        network.theta[:] = theta
        restart()
        return objective.value_and_gradient(*batch)

    theta = network.theta.copy()
    trainable = network.layout.trainable
    network.gradient[trainable] = np.nan
    value_at(theta)
    gradient = network.gradient[trainable].copy()
    expected = numerical_gradient(value_at, theta)[trainable]
    size = np.abs(expected).max()
    assert_allclose(gradient, expected, rtol=2e-7, atol=1e-9 * max(size, 1))


@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
@pytest.mark.one_of_each
def test_gradient_against_differences(activation, loss_case, rng, numerical_gradient):
    check_gradient(activation, loss_case, (4, 3), rng, numerical_gradient)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.0, 0.3], ids=["plain", "dropout"])
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("batch_norm", [False, True], ids=["", "batch norm"])
@pytest.mark.parametrize("hidden", [(), (5,), (4, 3)], ids=str)
def test_gradient_of_every_architecture(
    hidden, batch_norm, weighted, rate, loss_case, rng, numerical_gradient
):
    check_gradient(
        "tanh",
        loss_case,
        hidden,
        rng,
        numerical_gradient,
        rate=rate,
        weighted=weighted,
        batch_norm=batch_norm,
    )


@pytest.mark.parametrize("hidden", [(), (5,), (4, 3)], ids=str)
def test_inference_is_the_forward_pass_without_dropout(hidden, rng):
    network = prepared(hidden, rng)
    X = rng.normal(size=(N_ROWS, N_INPUTS))
    scores = network.infer(X, network.parameters)
    assert_array_equal(scores, network.forward(X))

    with_dropout = make_network(hidden, rate=0.5, generator=None)
    parameters = with_dropout.by_layer(network.layout.views(network.theta))
    assert_array_equal(with_dropout.infer(X, parameters), scores)


def test_inference_between_forward_and_backward_changes_nothing(rng):
    network = prepared((4, 3), rng)
    X, delta = rng.normal(size=(N_ROWS, N_INPUTS)), rng.normal(size=(N_ROWS, N_OUTPUTS))
    X_before, theta_before = X.copy(), network.theta.copy()

    network.forward(X)
    network.backward(delta.copy())
    gradient = network.gradient.copy()

    scores = network.forward(X)
    scores_before = scores.copy()
    network.infer(-X, network.parameters)
    network.infer(X, network.parameters)
    assert_array_equal(scores, scores_before)
    network.backward(delta.copy())
    assert_array_equal(network.gradient, gradient)
    assert_array_equal(network.theta, theta_before)
    assert_array_equal(X, X_before)


def test_inference_leaves_no_trace_in_the_network(rng):
    network = make_network((4, 3), rate=0.5)
    parameters = network.by_layer(network.layout.views(rng.normal(size=network.layout.size)))
    parts = [network, *network.layers]
    before = [dict(vars(part)) for part in parts]
    network.infer(rng.normal(size=(N_ROWS, N_INPUTS)), parameters)
    for part, attributes in zip(parts, before, strict=True):
        assert vars(part).keys() == attributes.keys()
        assert all(vars(part)[name] is value for name, value in attributes.items())


def test_threads_may_infer_at_once(rng):
    network = make_network((50, 40), activation="relu")
    networks = [
        network.by_layer(network.layout.views(rng.normal(size=network.layout.size)))
        for _ in range(200)
    ]
    inputs = [rng.normal(size=(n, N_INPUTS)) for n in range(300, 500)]
    expected = list(map(network.infer, inputs, networks))
    with ThreadPoolExecutor(8) as pool:
        for scores, alone in zip(pool.map(network.infer, inputs, networks), expected, strict=True):
            assert_array_equal(scores, alone)


def test_layers_work_on_views_of_theta_and_gradient(rng):
    network = prepared((5,), rng)
    X, ones = rng.normal(size=(N_ROWS, N_INPUTS)), np.ones((N_ROWS, N_OUTPUTS))
    theta, gradient = network.theta, network.gradient
    network.forward(X)
    network.backward(ones.copy())
    assert network.gradient is gradient
    # The last three are the intercepts of the outputs.
    assert_array_equal(gradient[-N_OUTPUTS:], [N_ROWS] * N_OUTPUTS)
    before = network.forward(X).copy()
    theta[-N_OUTPUTS:] += 1
    assert_allclose(network.forward(X), before + 1, rtol=1e-13)


def test_a_short_batch_after_a_full_one_is_a_batch_of_its_own(rng):
    network = prepared((4, 3), rng)
    alone = make_network((4, 3))
    alone.allocate(network.theta.copy(), 2, N_INPUTS)
    X, delta = rng.normal(size=(N_ROWS, N_INPUTS)), rng.normal(size=(2, N_OUTPUTS))
    network.forward(X)
    network.backward(np.ones((N_ROWS, N_OUTPUTS)))
    assert_array_equal(network.forward(X[:2]), alone.forward(X[:2]))
    network.backward(delta.copy())
    alone.backward(delta.copy())
    assert_array_equal(network.gradient, alone.gradient)
