"""What several rows need to train networks as their sources did."""

from itertools import pairwise

import numpy as np
from sklearn.base import clone


def normal_weights(sizes, seed, *, deviations, intercept_deviation=0.0):
    """Weights and intercepts for ``init``, drawn from normal distributions of mean 0."""
    rng = np.random.default_rng(seed)
    coefs = [
        rng.normal(0, deviation, shape)
        for deviation, shape in zip(deviations, pairwise(sizes), strict=True)
    ]
    return coefs, [rng.normal(0, intercept_deviation, size) for size in sizes[1:]]


def torch_weights(sizes, seed):
    """Weights and intercepts as torch draws those of ``Linear``: uniform up to 1 / sqrt(fan_in)."""
    rng = np.random.default_rng(seed)
    bounds = [1 / np.sqrt(size) for size in sizes[:-1]]
    coefs = [
        rng.uniform(-bound, bound, shape)
        for bound, shape in zip(bounds, pairwise(sizes), strict=True)
    ]
    return coefs, [
        rng.uniform(-bound, bound, size) for bound, size in zip(bounds, sizes[1:], strict=True)
    ]


def by_epoch(model, X, y, n_epochs, measure):
    """Train epoch by epoch, and return the fitted model and ``measure`` of it after each epoch."""
    model = clone(model).set_params(warm_start=True, max_iter=1, tol=None)
    return model, [measure(model.fit(X, y)) for _ in range(n_epochs)]
