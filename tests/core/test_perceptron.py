from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skperceptron._core import perceptron
from skperceptron._core.perceptron import ThresholdUnit


def one_epoch(w, b, X, y, steps, order, fit_intercept):
    """Rosenblatt's rule, one row at a time, in plain Python; w (a list) changes in place."""
    mistakes, loss = 0, 0.0
    for i in order:
        margin = 0.0
        for w_j, x_j in zip(w, X[i], strict=True):
            margin += w_j * x_j
        margin = y[i] * (margin + b)
        if margin <= 0:
            mistakes += 1
            loss -= margin
            for j, x_j in enumerate(X[i]):
                w[j] += steps[i] * x_j
            b += steps[i] if fit_intercept else 0.0
    return b, mistakes, loss


def assert_follows_the_rule(X, y, order=None, steps=None, fit_intercept=True, n_epochs=4):
    steps = y if steps is None else steps
    unit = ThresholdUnit(np.zeros(X.shape[1], X.dtype), 0.0)
    w, b = [0.0] * X.shape[1], 0.0
    rows = range(len(y)) if order is None else order.tolist()
    total = 0
    for _ in range(n_epochs):
        b, mistakes, loss = one_epoch(
            w, b, X.tolist(), y.tolist(), steps.tolist(), rows, fit_intercept
        )
        n_mistakes, sum_of_losses = unit.run_epoch(X, y, steps, order, fit_intercept)
        assert n_mistakes == mistakes
        assert_allclose(sum_of_losses, loss, rtol=1e-12, atol=1e-12)
        assert_array_equal(unit.weights, w)
        assert unit.intercept == b
        total += mistakes
    assert total > 0


def random_data(rng, n=300, n_features=6, noise=0.5):
    X = rng.normal(size=(n, n_features))
    y = np.where(X @ rng.normal(size=n_features) + noise * rng.normal(size=n) > 0, 1.0, -1.0)
    return X, y


def integer_data(rng, n=300, n_features=6):
    """Where margins of exactly zero are common."""
    X = rng.integers(-2, 3, (n, n_features)).astype(float)
    return X, np.where(X.sum(axis=1) > 0, 1.0, -1.0)


every_kind_of_data = pytest.mark.parametrize("draw", [integer_data, random_data])


@every_kind_of_data
@pytest.mark.parametrize("shuffled", [False, True], ids=["in order", "shuffled"])
@pytest.mark.parametrize("fit_intercept", [True, False], ids=["intercept", "no intercept"])
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
def test_updates_are_those_of_one_row_at_a_time(draw, shuffled, fit_intercept, weighted, rng):
    X, y = draw(rng)
    order = rng.permutation(len(y)) if shuffled else None
    steps = 0.5 * y * rng.integers(0, 4, len(y)) if weighted else 0.5 * y
    assert_follows_the_rule(X, y, order, steps, fit_intercept)


@every_kind_of_data
@pytest.mark.parametrize(("smallest", "largest"), [(1, 1), (1, 4), (3, 50), (1000, 1000)])
def test_blocks_make_no_difference(draw, smallest, largest, rng, monkeypatch):
    monkeypatch.setattr(perceptron, "SMALLEST_BLOCK", smallest)
    monkeypatch.setattr(perceptron, "LARGEST_BLOCK", largest)
    X, y = draw(rng)
    assert_follows_the_rule(X, y)
    assert_follows_the_rule(X, y, rng.permutation(len(y)))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("data", ["one-hot", "counts"])
def test_rounding_decides_ties_as_sequential_sums_do(data, seed):
    # Sums of 0.1 that cancel leave ±1e-17 or 0, by the order in which they are summed.
    rng = np.random.default_rng(seed)
    if data == "one-hot":
        X = np.concatenate([np.eye(k)[rng.integers(0, k, 400)] for k in (3, 4, 5)], axis=1)
    else:
        X = rng.poisson(1.0, (400, 12)).astype(float)
    y = np.where(rng.random(400) < 0.5, 1.0, -1.0)
    assert_follows_the_rule(X, y, steps=0.1 * y)


def test_a_margin_of_zero_is_a_mistake():
    unit = ThresholdUnit(np.zeros(2), 0.0)
    X, y = np.array([[1.0, 2.0]]), np.array([-1.0])
    assert unit.run_epoch(X, y, 0.5 * y, None, True) == (1, 0.0)
    assert_array_equal(unit.weights, [-0.5, -1.0])
    assert unit.intercept == -0.5


def test_an_epoch_without_mistakes_changes_nothing(rng):
    X = rng.normal(size=(50, 3))
    unit = ThresholdUnit(np.array([1.0, 2.0, 3.0]), 0.5)
    y = np.sign(X @ unit.weights + unit.intercept)
    assert unit.run_epoch(X, y, y, None, True) == (0, 0.0)
    assert_array_equal(unit.weights, [1, 2, 3])
    assert unit.intercept == 0.5


@pytest.mark.parametrize("seed", range(20))
def test_mistakes_stay_under_the_novikoff_bound(seed):
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=5)
    direction /= np.linalg.norm(direction)
    X = rng.normal(size=(400, 4))
    with_one = np.column_stack([X, np.ones(400)])
    margins = with_one @ direction
    kept = np.abs(margins) > rng.uniform(0.05, 0.3)
    X, y, margins = X[kept], np.sign(margins[kept]), np.abs(margins[kept])
    bound = (np.linalg.norm(with_one[kept], axis=1).max() / margins.min()) ** 2

    unit, total = ThresholdUnit(np.zeros(4), 0.0), 0
    while total <= bound:
        mistakes, _ = unit.run_epoch(X, y, y, rng.permutation(len(y)), True)
        if mistakes == 0:
            break
        total += mistakes
    assert 0 < total <= bound
    assert (y * (X @ unit.weights + unit.intercept) > 0).all()


@pytest.mark.parametrize(("tolerance", "patience"), [(0.0, 1), (0.05, 3), (0.3, 5), (-math.inf, 5)])
def test_watch_stops_as_scikit_learns_sgd_does(tolerance, patience, rng):
    losses = (np.exp(-np.arange(60) / 20) + 0.1 * rng.normal(size=60)).tolist()
    unit = ThresholdUnit(np.zeros(1), 0.0)
    best, count = math.inf, 0
    for loss in losses:
        count = count + 1 if loss > best - tolerance else 0
        best = min(best, loss)
        unit.watch(loss, tolerance, patience)
        assert unit.stopped == (count >= patience)
        assert unit.best_loss == best
        if unit.stopped:
            break
    assert unit.stopped == (tolerance > -math.inf)
