import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skperceptron._core.perceptron import EpochStats, Patience, Units


def units(averaged=True, order="F"):
    result = Units.zeros(np.zeros((4, 3), order=order), averaged=averaged)
    result.weights[...] = np.arange(12).reshape(4, 3)
    result.intercept[...] = [1, 2, 3]
    result.n_shown[...] = 4
    if averaged:
        result.moments.weights[...] = 4.0
        result.moments.intercept[...] = 8.0
    return result


def test_means():
    weights, intercept = units().means()
    assert_array_equal(weights, np.arange(12).reshape(4, 3) - 1)
    assert_array_equal(intercept, [-1, 0, 1])
    last = units(averaged=False)
    assert last.means() == (last.weights, last.intercept)
    assert_array_equal(Units.zeros(np.zeros((4, 3)), averaged=True).means()[0], np.zeros((4, 3)))


@pytest.mark.parametrize("averaged", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
def test_some_of_them_are_copies_until_put_back(averaged, order):
    own = units(averaged, order)
    some = own.gather(np.array([0, 2]))
    assert some.weights.flags[f"{order}_CONTIGUOUS"]
    some.weights[...] = 7
    some.n_shown += 1
    assert_array_equal(own.weights, units().weights)
    own.scatter(np.array([0, 2]), some)
    assert_array_equal(own.weights[:, [0, 2]], np.full((4, 2), 7.0))
    assert_array_equal(own.weights[:, 1], units().weights[:, 1])
    assert_array_equal(own.n_shown, [5, 4, 5])


def test_what_is_set_from_outside_is_its_own_mean():
    own = units()
    where = np.zeros((4, 3), bool)
    where[1, 2] = True
    own.set_weights(np.full((4, 3), 50.0), where)
    expected = np.arange(12).reshape(4, 3) - 1
    expected[1, 2] = 50
    assert_array_equal(own.means()[0], expected)
    own.set_intercept(np.full(3, 9.0))
    assert_array_equal(own.means()[1], np.full(3, 9))


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("after", [False, True])
def test_a_mean_goes_on_if_there_was_one(before, after):
    own = Units.zeros(np.zeros((4, 3)), averaged=after)
    own.go_on_from(units(before))
    assert_array_equal(own.weights, units().weights)
    expected = units().means()[0] if before and after else units().weights
    assert_array_equal(own.means()[0], expected)


def test_a_tally_of_margins():
    stats = EpochStats.empty(2)
    stats.count(np.array([[1.0, -2.0], [0.0, -3.0]]))
    stats.count(np.array([[np.nan, 5.0]]))  # a score that overflowed is no mistake
    assert_array_equal(stats.mistakes, [1, 2])


@pytest.mark.parametrize(("tolerance", "n_epochs"), [(0.0, 1), (0.05, 3), (0.3, 5), (-math.inf, 5)])
def test_patience_is_that_of_scikit_learns_sgd(tolerance, n_epochs, rng):
    curves = np.exp(-np.arange(60) / 20)[:, np.newaxis] + 0.1 * rng.normal(size=(60, 3))
    patience, learners = Patience(3, tolerance, n_epochs), np.arange(3)
    best, count, stopped = [math.inf] * 3, [0] * 3, set()
    for losses in curves:
        learners = patience.watch(learners, losses[learners])
        for k in set(range(3)) - stopped:
            count[k] = count[k] + 1 if losses[k] > best[k] - tolerance else 0
            best[k] = min(best[k], losses[k])
            if count[k] >= n_epochs:
                stopped.add(k)
        assert set(learners) == set(range(3)) - stopped
        if not learners.size:
            break
    assert len(stopped) == (3 if tolerance > -math.inf else 0)
