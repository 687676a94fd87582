from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, logit

from helpers.marks import every_dtype
from skperceptron import MLPClassifier, MLPRegressor
from skperceptron._core.layers import Dense
from skperceptron._core.layers.dense import DenseProducts
from skperceptron._core.losses import TargetInterval
from skperceptron._core.network import Network
from skperceptron._core.objective import Objective, Regularisation
from skperceptron._core.penalties import L2


def sigma(s):
    return 1 / (1 + math.exp(-s))


def probabilities(output_activation, scores):
    """What a row of scores predicts, without NumPy."""
    if output_activation == "softmax":
        total = sum(map(math.exp, scores))
        return [math.exp(s) / total for s in scores]
    functions = {
        "identity": lambda s: s,
        "logistic": sigma,
        "exp": math.exp,
        "softplus": lambda s: math.log(1 + math.exp(s)),
    }
    return [functions[output_activation](s) for s in scores]


def cross_entropy(output_activation, p, y, weight):
    """Of one output; through softmax only what is true counts."""
    loss = -y * weight(1 - p) * math.log(p)
    return loss if output_activation == "softmax" else loss - (1 - y) * weight(p) * math.log(1 - p)


# The loss of one output, from its definition: p is the prediction, s the score.
DEFINITIONS = {
    "log_loss": lambda output_activation, s, p, y: cross_entropy(
        output_activation, p, y, lambda rest: 1
    ),
    "focal": lambda output_activation, s, p, y: cross_entropy(
        output_activation, p, y, lambda rest: rest**2
    ),
    "squared_error": lambda output_activation, s, p, y: (p - y) ** 2 / 2,
    "hinge": lambda output_activation, s, p, y: max(0, 1 - (1 if y else -1) * s),
    "squared_hinge": lambda output_activation, s, p, y: max(0, 1 - (1 if y else -1) * s) ** 2,
    "absolute_error": lambda output_activation, s, p, y: abs(p - y),
    "huber": lambda output_activation, s, p, y: (
        (p - y) ** 2 / 2 if abs(p - y) <= 1.35 else 1.35 * abs(p - y) - 1.35**2 / 2
    ),
    "quantile": lambda output_activation, s, p, y: 0.5 * max(y - p, 0) + 0.5 * max(p - y, 0),
    "log_cosh": lambda output_activation, s, p, y: math.log(math.cosh(p - y)),
    "poisson": lambda output_activation, s, p, y: (y * math.log(y / p) if y else 0) - y + p,
    "gamma": lambda output_activation, s, p, y: y / p - math.log(y / p) - 1,
}


def values_and_gradient(loss, scores, y):
    gradient = scores.copy()
    return loss.values_and_gradient(gradient, y), gradient


def total(loss, scores, y):
    return values_and_gradient(loss, scores, y)[0].sum()


def test_values_follow_from_the_definition(loss_case, rng):
    scores, y = 2 * rng.normal(size=(8, 3)), loss_case.draw_targets(rng, 8, 3)
    definition, output_activation = DEFINITIONS[loss_case.name], loss_case.output_activation
    expected = [
        sum(
            definition(output_activation, *output)
            for output in zip(row, probabilities(output_activation, row), targets, strict=True)
        )
        for row, targets in zip(scores.tolist(), y.tolist(), strict=True)
    ]
    values, _ = values_and_gradient(loss_case.make(), scores, y)
    assert_allclose(values, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("estimator", "parameters", "output_activation"),
    [
        (MLPClassifier, {"loss": "focal", "focal_gamma": 0.0}, "softmax"),
        (MLPClassifier, {"loss": "focal", "focal_gamma": 0.0}, "logistic"),
    ],
)
def test_focal_without_gamma_is_the_log_loss(
    estimator, parameters, output_activation, rng, loss_of
):
    scores, y = 2 * rng.normal(size=(8, 3)), np.eye(3)[rng.integers(0, 3, 8)]
    focal = values_and_gradient(loss_of(estimator(**parameters), output_activation), scores, y)
    plain = values_and_gradient(loss_of(estimator(), output_activation), scores, y)
    for one, other in zip(focal, plain, strict=True):
        assert_allclose(one, other, rtol=1e-12)


def test_parameters_of_the_losses(rng, loss_of):
    residual = np.array([[-3.0], [-0.5], [0.5], [3.0]])
    y = rng.normal(size=(4, 1))

    def values(**parameters):
        loss = loss_of(MLPRegressor(**parameters), "identity")
        return values_and_gradient(loss, y - residual, y)[0]

    assert_allclose(values(loss="quantile", quantile=0.9), [0.3, 0.05, 0.45, 2.7], rtol=1e-12)
    assert_allclose(values(loss="huber", huber_epsilon=2.0), [4, 0.125, 0.125, 4], rtol=1e-12)


def test_gradient_against_differences(loss_case, rng, numerical_gradient):
    loss = loss_case.make()
    scores, y = 1.5 * rng.normal(size=(8, 3)), loss_case.draw_targets(rng, 8, 3)
    while loss_case.distance_from_kinks(scores, y) < 0.01:
        scores = 1.5 * rng.normal(size=(8, 3))
    expected = numerical_gradient(lambda s: total(loss, s, y), scores)
    _, gradient = values_and_gradient(loss, scores, y)
    assert_allclose(gradient, expected, rtol=1e-8, atol=1e-9)


@every_dtype
def test_large_scores_stay_finite(loss_case, dtype, rng, largest_score):
    y = loss_case.draw_targets(rng, 9, 3).astype(dtype)
    largest = largest_score(loss_case.output_activation)
    if loss_case.name == "gamma":
        largest = 80.0  # the loss of a prediction of exp(-s) is y exp(s) itself
    elif loss_case.output_activation == "exp" and loss_case.name != "poisson":
        largest = 40.0  # these square exp(s), or its residual
    scores = largest * np.array([[1, -1, 0], [-1, -1, -1], [1, 1, 1]] * 3, dtype)
    values, gradient = values_and_gradient(loss_case.make(), scores, y)
    assert np.isfinite(values).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("output_activation", ["logistic", "softmax"])
def test_confident_log_loss_is_the_margin(output_activation, loss_of):
    # What a probability clipped at eps would get wrong.
    loss = loss_of(MLPClassifier(), output_activation)
    y = np.array([[1.0, 0.0]])
    scores = np.array([[1e3, -1e3]])
    n_wrong_outputs = {"logistic": 2, "softmax": 1}[output_activation]
    margin = {"logistic": 1e3, "softmax": 2e3}[output_activation]
    assert total(loss, scores, y) == 0
    assert total(loss, -scores, y) == n_wrong_outputs * margin


@pytest.mark.parametrize("output_activation", ["logistic", "softmax"])
@every_dtype
def test_log_loss_is_never_negative(output_activation, dtype, rng, loss_of):
    # Right and confident to every degree: large terms of the sum nearly cancel.
    scores = (30 * rng.normal(size=(5000, 5))).astype(dtype)
    right = {"logistic": scores > 0, "softmax": scores == scores.max(axis=1, keepdims=True)}
    loss = loss_of(MLPClassifier(), output_activation)
    values, _ = values_and_gradient(loss, scores, right[output_activation].astype(dtype))
    assert values.min() >= 0


@pytest.mark.parametrize("name", ["poisson", "gamma"])
def test_softplus_far_below_zero_is_exp(name, loss_of):
    # Where log(1 + exp(s)) is exp(s) to the last digit, and long before it underflows.
    y, scores = np.full((3, 1), 1e-30), np.array([[-40.0], [-60.0], [-80.0]])
    model = MLPRegressor(loss=name)
    exp = values_and_gradient(loss_of(model, "exp"), scores, y)
    softplus = values_and_gradient(loss_of(model, "softplus"), scores, y)
    for one, other in zip(exp, softplus, strict=True):
        assert_allclose(one, other, rtol=1e-12)


@every_dtype
def test_dtype_is_kept_and_y_left_alone(loss_case, dtype, rng):
    y = loss_case.draw_targets(rng, 8, 3).astype(dtype)
    before = y.copy()
    scores = rng.normal(size=(8, 3)).astype(dtype)
    values, gradient = values_and_gradient(loss_case.make(), scores, y)
    assert values.dtype == gradient.dtype == dtype
    assert values.shape == (8,)
    assert_array_equal(y, before)


def test_single_precision_agrees_with_double(loss_case, rng):
    y = loss_case.draw_targets(rng, 8, 3).astype(np.float32)
    scores = rng.normal(size=(8, 3)).astype(np.float32)
    narrow = values_and_gradient(loss_case.make(), scores, y)
    wide = values_and_gradient(loss_case.make(), scores.astype(float), y.astype(float))
    for one, other in zip(narrow, wide, strict=True):
        assert_allclose(one, other, rtol=2e-5, atol=2e-5)


# The best constant prediction: a mean, unless the loss is about something else.
CENTRES = {"absolute_error": np.median, "quantile": np.median}

# The score at which an output predicts its argument.
INVERSES = {
    "identity": lambda p: p,
    "logistic": logit,
    "softmax": np.log,
    "exp": np.log,
    "softplus": lambda p: np.log(np.expm1(p)),
}


def test_minimum_is_at_the_truth(loss_case, rng):
    name, output_activation = loss_case.name, loss_case.output_activation
    if name in ("focal", "hinge", "squared_hinge", "huber", "log_cosh"):
        pytest.skip("its best constant has no closed form")
    if name in CENTRES and output_activation == "logistic":
        pytest.skip("the median of labels is 0 or 1, out of the output activation's reach")
    y = loss_case.draw_targets(rng, 31, 3)
    loss = loss_case.make()
    truth = np.tile(INVERSES[output_activation](CENTRES.get(name, np.mean)(y, axis=0)), (31, 1))
    for shift in 0.3 * rng.normal(size=(20, 3)):
        assert total(loss, truth + shift, y) > total(loss, truth, y)


def test_weight_is_repetition(loss_case, rng):
    network = Network([Dense(4, 3, DenseProducts())])
    network.allocate(rng.normal(size=network.layout.size), n_rows=20, n_inputs=4)
    X, y = rng.normal(size=(6, 4)), loss_case.draw_targets(rng, 6, 3)
    counts = np.array([2, 0, 1, 5, 1, 3])

    def value_and_gradient(mean_weight, *batch):
        regularisation = Regularisation(penalties=[L2(strength=0.1)])
        objective = Objective(network, loss_case.make(), regularisation, mean_weight)
        return objective.value_and_gradient(*batch), network.gradient.copy()

    value, gradient = value_and_gradient(counts.mean(), X, y, counts.astype(float))
    repeated = value_and_gradient(1.0, X.repeat(counts, axis=0), y.repeat(counts, axis=0))
    assert_allclose(value, repeated[0], rtol=1e-13)
    assert_allclose(gradient, repeated[1], rtol=1e-12, atol=1e-13)


def test_calibrated_probabilities_minimise_the_brier_score(rng, loss_of):
    loss = loss_of(MLPClassifier(loss="squared_error"), "logistic")
    y = (rng.uniform(size=(1000, 1)) < 0.3).astype(float)
    scores = np.linspace(-3, 3, 601)
    best = scores[np.argmin([total(loss, np.full((1000, 1), s), y) for s in scores])]
    assert abs(expit(best) - y.mean()) < 0.005


@pytest.mark.parametrize(
    ("interval", "inside", "outside", "condition"),
    [
        (TargetInterval(), [-1e300, 0, 1e300], [], ""),
        (TargetInterval(0.0), [0, 5], [-1e-9], "y >= 0"),
        (TargetInterval(0.0, low_included=False), [1e-9], [0, -1], "y > 0"),
        (TargetInterval(0.0, 1.0, high_included=False), [0, 0.5], [-1, 1], "y >= 0 and y < 1"),
        (TargetInterval(high=2.5), [2.5, -9], [2.6], "y <= 2.5"),
    ],
)
def test_target_interval(interval, inside, outside, condition):
    assert all(map(interval.includes, inside))
    assert not any(map(interval.includes, outside))
    assert interval.condition("y") == condition
