"""Fits that are compared: by their weights, and by all that they publish."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

CURVES = (
    "loss_curve_",
    "learning_rate_curve_",
    "validation_loss_curve_",
    "validation_scores_",
    "mistakes_curve_",
)


def weights(model):
    """Return all weights and intercepts of a network or of a perceptron, as a list of arrays."""
    if hasattr(model, "coefs_"):
        return [*model.coefs_, *model.intercepts_]
    return [model.coef_, model.intercept_]


def flat_weights(model):
    """Return all weights and intercepts in one vector."""
    return np.concatenate([array.ravel() for array in weights(model)])


def assert_same_weights(one, other):
    """Two models have the same weights, bit for bit."""
    for ours, theirs in zip(weights(one), weights(other), strict=True):
        assert_array_equal(ours, theirs)


def assert_close_weights(one, other, rtol=1e-7, atol=0.0):
    """Two models, ours or scikit-learn's, have the same weights within tolerances."""
    for ours, theirs in zip(weights(one), weights(other), strict=True):
        assert_allclose(ours, theirs, rtol=rtol, atol=atol)


def assert_same_fit(one, other):
    """Two models have the same weights and curves, and are as far, bit for bit."""
    assert_same_weights(one, other)
    for name in CURVES:
        assert getattr(one, name, None) == getattr(other, name, None), name
    assert one.t_ == other.t_
