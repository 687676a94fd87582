import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skperceptron._core.perceptron import Last, Pocket, accuracies


@pytest.fixture
def case(problem):
    return problem("normal", 3, weighted=True)


def drawn(case, rng):
    units = case.units()
    units.weights[...] = rng.normal(size=units.weights.shape)
    return units


def errors(case, rows, units):
    predicted_codes = (case.X[rows] @ units.weights + units.intercept).argmax(axis=1)
    return case.weights[rows][predicted_codes != case.codes[rows]].sum()


@pytest.mark.parametrize("run", [None, 7])
def test_the_pocket_holds_the_weights_with_the_fewest_errors(case, rng, run):
    rows = np.arange(0, 200, 2)
    pocket, seen = Pocket(case.training_data(run), rows), []
    units = case.units()
    assert_array_equal(pocket.selected(units)[0], units.weights)  # before it has seen any
    for _ in range(20):
        units.weights[...] = rng.normal(size=units.weights.shape)
        pocket.update(units)
        seen.append((errors(case, rows, units), units.weights.copy()))
    fewest, best = min(seen, key=lambda pair: pair[0])
    assert fewest < max(seen, key=lambda pair: pair[0])[0]
    assert_array_equal(pocket.selected(units)[0], best)


def test_the_last_ones_or_their_mean(case, rng):
    units = drawn(case, rng)
    units.n_shown[...] = 2
    units.moments.weights[...] = 1
    assert_array_equal(Last().selected(units)[0], units.weights - 0.5)
    units.moments = None
    assert_array_equal(Last().selected(units)[0], units.weights)


@pytest.mark.parametrize("run", [None, 7])
def test_accuracies_of_each_learner_by_weight(case, plain, rng, run):
    rows, units = np.arange(50, 150), drawn(case, rng)
    scores = case.X[rows] @ units.weights + units.intercept
    right = (scores > 0) == (case.codes[rows, np.newaxis] == np.arange(3))
    expected = np.average(right, axis=0, weights=case.weights[rows])
    rule = case.rule(plain.one_vs_rest)
    assert_allclose(accuracies(case.training_data(run), rule, rows, units), expected)
    rule = case.rule(plain.joint)
    expected = np.average(scores.argmax(axis=1) == case.codes[rows], weights=case.weights[rows])
    assert_allclose(accuracies(case.training_data(run), rule, rows, units), [expected])
