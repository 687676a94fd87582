"""The rules' own methods; what they learn is tested through the trainers."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skperceptron._core.perceptron import Joint, OneVsRest, predicted_codes

SCORES = np.array([[1.0, 3.0, 2.0], [-1.0, -2.0, -3.0], [0.0, 0.0, 0.0]])
CODES = np.array([1, 2, 0])


def one_vs_rest(n_classes=3):
    return OneVsRest(np.arange(n_classes), np.ones(n_classes), np.ones(n_classes), 1.0)


def test_winners():
    assert_array_equal(predicted_codes(SCORES), [1, 0, 0])
    # As scikit-learn predicts: for two classes a score of 0 is the first.
    assert_array_equal(predicted_codes(np.array([[0.1], [0.0], [-1.0]])), [1, 0, 0])


def test_each_unit_is_right_or_wrong_by_itself():
    expected = [[False, True, False], [True, True, False], [False, True, True]]
    assert_array_equal(one_vs_rest().right(SCORES, CODES), expected)


def test_the_joint_decision_is_right_or_wrong():
    assert_array_equal(Joint(np.ones(3), 1.0).right(SCORES, CODES), [[True], [False], [True]])


@pytest.mark.parametrize("rule", [one_vs_rest(), Joint(np.ones(3), 1.0)])
def test_lessons_are_of_the_rows_from_start_on(rule):
    resolver = rule.resolver(CODES, np.ones(3))
    whole = resolver.margins(SCORES, 0)
    assert_array_equal(resolver.margins(SCORES[1:], 1), whole[1:])


def test_joint_margins_are_from_the_highest_other():
    resolver = Joint(np.ones(3), 1.0).resolver(CODES, np.ones(3))
    assert_array_equal(resolver.margins(SCORES, 0), [[1.0], [-2.0], [0.0]])


def test_a_rule_for_some_learners():
    rule = OneVsRest(np.arange(3), np.arange(3.0), np.arange(3.0, 6.0), 0.5)
    some = rule.subset(np.array([2]))
    assert (some.own, some.own_weight, some.other_weight) == (2, 2.0, 5.0)
    assert_array_equal(some.steps, [1.0, 2.5])
    assert_array_equal(some.right(SCORES[:, [2]], CODES), rule.right(SCORES, CODES)[:, [2]])
    joint = Joint(np.ones(3), 1.0)
    assert joint.subset(np.array([0])) is joint
    assert_array_equal(joint.units(np.array([0])), [0, 1, 2])
