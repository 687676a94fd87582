"""What several test files share: differences, targets, components from their defaults."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from skperceptron import MLPClassifier


def _one_hot(rng, n, k):
    return np.eye(k)[rng.permutation(np.arange(n) % k)]


# What a loss is trained on, by the output activation it is fused with.
TARGETS = {
    "identity": lambda rng, n, k: rng.normal(size=(n, k)),
    "logistic": lambda rng, n, k: rng.integers(0, 2, (n, k)).astype(float),
    "softmax": _one_hot,
    "exp": lambda rng, n, k: rng.poisson(2.0, (n, k)).astype(float),
}

# How far scores may go: exp itself is beyond single precision at 89.
LARGEST_SCORES = {"exp": 80.0}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def draw_targets():
    """Targets (n, k) that suit a link: draw_targets(link, rng, n, k)."""
    return lambda link, rng, n, k: TARGETS[link](rng, n, k)


@pytest.fixture(scope="session")
def largest_score():
    """How large a score of a link must be endured."""
    return lambda link: LARGEST_SCORES.get(link, 1e3)


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
    defaults = MLPClassifier().get_params()

    def make(component, **others):
        known = defaults | others
        return component(**{field.name: known[field.name] for field in fields(component)})

    return make
