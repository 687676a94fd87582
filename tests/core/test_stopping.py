from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skperceptron._core.stopping import Stopping


def fresh_state():
    return SimpleNamespace(
        theta=np.zeros(2), best_theta=None, best=math.inf, n_no_improvement=0, n_epochs=1
    )


def plateaus(losses, tol, patience):
    """Epochs at which scikit-learn's rule runs out of patience; it then counts anew."""
    best, count, found = math.inf, 0, []
    for epoch, loss in enumerate(losses):
        count = count + 1 if loss > best - tol else 0
        best = min(best, loss)
        if count > patience:
            found.append(epoch)
            count = 0
    return found


@pytest.mark.parametrize("watch_score", [False, True], ids=["loss", "score"])
@pytest.mark.parametrize("tol", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("patience", [0, 1, 3, math.inf])
def test_patience_is_scikit_learns(watch_score, tol, patience, rng):
    losses = (np.exp(-np.arange(60) / 20) + 0.1 * rng.normal(size=60)).tolist()
    expected = plateaus(losses, tol, patience)
    assert bool(expected) == (patience < math.inf)

    stopping, state = Stopping(tol, patience), fresh_state()
    # The training loss is not what is watched when there is a score.
    results = [
        stopping.watch(0.0, -loss, state) if watch_score else stopping.watch(loss, None, state)
        for loss in losses
    ]
    assert [epoch for epoch, exhausted in enumerate(results) if exhausted] == expected
    assert state.best == min(losses)


def test_an_improvement_of_exactly_tol_counts():
    state = fresh_state()
    stopping = Stopping(tol=0.5, n_iter_no_change=0)
    assert [stopping.watch(loss, None, state) for loss in (2.0, 1.5, 1.25, 0.75)] == [
        False,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("watch_score", [False, True], ids=["loss", "score"])
def test_nan_is_no_improvement(watch_score):
    state = fresh_state()
    stopping, score = Stopping(0.0, 2), math.nan if watch_score else None
    exhausted = [stopping.watch(math.nan, score, state) for _ in range(6)]
    assert exhausted == [False, False, True, False, False, True]
    assert state.best == math.inf
    assert state.best_theta is None


def test_best_weights_are_a_copy_of_the_epoch_with_the_best_score():
    stopping, state = Stopping(tol=0.0, n_iter_no_change=10), fresh_state()
    for epoch, score in enumerate([1.0, 3.0, 3.0, 2.0]):
        state.theta[:] = epoch
        stopping.watch(0.0, score, state)
    assert_array_equal(state.best_theta, [1, 1])
    assert not np.shares_memory(state.best_theta, state.theta)


def test_best_weights_follow_gains_smaller_than_tol():
    stopping, state = Stopping(tol=0.5, n_iter_no_change=10), fresh_state()
    for epoch, score in enumerate([1.0, 1.1]):
        state.theta[:] = epoch
        stopping.watch(0.0, score, state)
    assert_array_equal(state.best_theta, [1, 1])
    assert state.n_no_improvement == 1


def test_without_a_score_no_weights_are_kept():
    state = fresh_state()
    Stopping(tol=0.0, n_iter_no_change=1).watch(1.0, None, state)
    assert state.best_theta is None


@pytest.mark.parametrize("score", [math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_never_the_best(score):
    stopping, state = Stopping(0.0, 2), fresh_state()
    exhausted = [stopping.watch(1.0, each, state) for each in (0.5, score, score, score)]
    assert exhausted == [False, False, False, True]
    assert state.best == -0.5


@pytest.mark.parametrize("watch_score", [False, True], ids=["loss", "score"])
def test_patience_waits_for_the_rate_to_rise(watch_score):
    stopping, state = Stopping(0.0, 1, n_rising_epochs=4), fresh_state()
    exhausted = []
    for state.n_epochs in range(1, 8):
        state.theta[:] = state.n_epochs
        worse = float(state.n_epochs)
        exhausted.append(stopping.watch(worse, -worse if watch_score else None, state))
    assert exhausted == [False] * 5 + [True, False]


def test_the_best_weights_may_be_those_of_a_rising_epoch():
    stopping, state = Stopping(0.0, 1, n_rising_epochs=2), fresh_state()
    for state.n_epochs, score in enumerate([1.0, 3.0, 2.0], start=1):
        state.theta[:] = state.n_epochs
        stopping.watch(0.0, score, state)
    assert_array_equal(state.best_theta, [2, 2])
