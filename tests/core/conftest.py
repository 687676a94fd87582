"""What several test files share: differences, targets, components from their defaults."""

from __future__ import annotations

from dataclasses import fields
from typing import NamedTuple

import numpy as np
import pytest

from skperceptron import MLPClassifier, MLPRegressor, _build
from skperceptron._core.activations import OUTPUT_ACTIVATIONS
from skperceptron._core.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES


def _one_hot(rng, n, k):
    return np.eye(k)[rng.permutation(np.arange(n) % k)]


def _positive(rng, n, k):
    return rng.gamma(2.0, size=(n, k)) + 0.1


# What a loss is trained on: by its name, or else by the output activation it goes through.
TARGETS = {
    "identity": lambda rng, n, k: rng.normal(size=(n, k)),
    "logistic": lambda rng, n, k: rng.integers(0, 2, (n, k)).astype(float),
    "softmax": _one_hot,
    "exp": _positive,
    "softplus": _positive,
    "hinge": _one_hot,
    "squared_hinge": _one_hot,
    "poisson": lambda rng, n, k: rng.poisson(2.0, (n, k)).astype(float),
}


def _loss_of(estimator, output_activation):
    if isinstance(estimator, MLPClassifier):
        return _build.classification_loss(estimator, output_activation)
    return _build.regression_loss(estimator, output_activation)


class LossCase(NamedTuple):
    """A loss, and the output activation that it goes through."""

    estimator: type
    name: str
    output_activation: str

    def __str__(self):
        return f"{self.name}-{self.output_activation}"

    def make(self):
        return _loss_of(self.estimator(loss=self.name), self.output_activation)

    def draw_targets(self, rng, n, k):
        """Targets (n, k) that suit it."""
        return TARGETS[self.name if self.name in TARGETS else self.output_activation](rng, n, k)

    def distance_from_kinks(self, scores, y):
        """Least distance of a score from where the loss has a kink."""
        predictions = scores.copy()
        OUTPUT_ACTIVATIONS[self.output_activation]().forward(predictions)
        residual = np.abs(predictions - y)
        kinks = {
            "absolute_error": residual,
            "quantile": residual,
            "huber": np.abs(residual - 1.35),
            "hinge": np.abs(1 - (2 * y - 1) * scores),
            "squared_hinge": np.abs(1 - (2 * y - 1) * scores),
        }
        return kinks.get(self.name, np.array([np.inf])).min()


def _loss_cases():
    for name, output_activation in CLASSIFICATION_LOSSES:
        kind = CLASSIFICATION_LOSSES[name, output_activation]
        through = (
            ("logistic", "softmax")
            if output_activation == "identity" and kind.probabilistic
            else (output_activation,)
        )
        yield from (LossCase(MLPClassifier, name, each) for each in through)
    for name, output_activation in REGRESSION_LOSSES:
        through = (
            ("identity", "exp", "softplus", "logistic")
            if output_activation == "identity"
            else (output_activation,)
        )
        yield from (LossCase(MLPRegressor, name, each) for each in through)


def pytest_generate_tests(metafunc):
    if "loss_case" in metafunc.fixturenames:
        metafunc.parametrize("loss_case", list(_loss_cases()), ids=str)


# How far scores may go: exp itself is beyond single precision at 89.
LARGEST_SCORES = {"exp": 80.0}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def loss_of():
    """The loss that an estimator's hyperparameters ask for, through an output activation."""
    return _loss_of


@pytest.fixture(scope="session")
def largest_score():
    """How large a score of an output activation must be endured."""
    return lambda output_activation: LARGEST_SCORES.get(output_activation, 1e3)


@pytest.fixture(scope="session")
def numerical_gradient():
    """Gradient of a function by central differences of fourth order.

    With this step both the truncation (step⁴) and the rounding (1e-16 / step) are near
    1e-13. The function gets an array of its own at each call.
    """
    step = 1e-3

    def gradient(function, x):
        def at(index, shift):
            moved = x.copy()
            moved[index] += shift
            return float(function(moved))

        result = np.empty_like(x)
        for i in np.ndindex(x.shape):
            near = at(i, step) - at(i, -step)
            far = at(i, 2 * step) - at(i, -2 * step)
            result[i] = (8 * near - far) / (12 * step)
        return result

    return gradient


@pytest.fixture(scope="session")
def from_defaults():
    """Make a component from the defaults of the hyperparameters that fill its fields."""
    defaults = MLPClassifier().get_params() | {"schedule_epochs": 200}

    def make(component, **others):
        known = defaults | others
        return component(**{field.name: known[field.name] for field in fields(component)})

    return make
