"""Helpers on which it depends what the other tests show."""

import itertools

import numpy as np
import pytest

from helpers.grids import one_of_each
from helpers.unchanged import unchanged
from skperceptron import MLPClassifier


@pytest.mark.parametrize("sizes", [(3,), (4, 5), (2, 3, 4), (11, 2, 5, 4)])
def test_one_of_each_shows_every_value_in_as_few_cases_as_there_can_be(sizes):
    axes = [[(axis, value) for value in range(size)] for axis, size in enumerate(sizes)]
    cases = [set(case) for case in itertools.product(*axes)]
    chosen = [cases[i] for i in one_of_each(cases)]
    assert set().union(*chosen) == set().union(*cases)
    assert len(chosen) == max(sizes)


def test_one_of_each_takes_what_there_is_of_a_grid_with_holes():
    cases = ["ax", "ay", "by", "az"]
    assert {cases[i] for i in one_of_each(cases)} == {"ax", "by", "az"}


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.set_params(alpha=2.0),
        lambda model: setattr(model, "coefs_", [coef.copy() for coef in model.coefs_]),
        lambda model: model.coefs_[0].fill(0.0),
        lambda model: model.loss_curve_.append(0.1),
        lambda model: model._training_state.theta.fill(0.0),
        lambda model: model.random_state.random_sample(),
        lambda model: delattr(model, "t_"),
    ],
    ids=["parameter", "copy", "array", "list", "state", "stream", "attribute"],
)
def test_a_change_is_seen(change):
    X = np.arange(20.0).reshape(10, 2)
    model = MLPClassifier((2,), solver="lbfgs", max_iter=1, random_state=np.random.RandomState(0))
    with pytest.warns(match="lbfgs failed to converge"):
        model.fit(X, X[:, 0] > 9)
    with unchanged(model):
        model.predict(X)
    with pytest.raises(AssertionError), unchanged(model):
        change(model)
