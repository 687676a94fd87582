"""PerceptronClassifier: what it draws, says and refuses."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_breast_cancer, load_iris

from helpers.interrupts import interrupt_call, interrupted
from skperceptron import PerceptronClassifier
from skperceptron._core.perceptron import Patience

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@quiet
def test_the_order_of_the_rows_is_drawn_from_random_state():
    X, y = load_breast_cancer(return_X_y=True)
    coefs = [
        PerceptronClassifier(max_iter=3, random_state=seed).fit(X, y).coef_ for seed in (0, 0, 1)
    ]
    assert_array_equal(coefs[0], coefs[1])
    assert (coefs[0] != coefs[2]).any()


def test_verbose_tells_the_mistakes_of_each_epoch(capsys):
    X, y = load_iris(return_X_y=True)
    model = PerceptronClassifier(tol=None, max_iter=2, verbose=1).fit(X, y)
    first, second = model.mistakes_curve_
    assert capsys.readouterr().out == f"Epoch 1: {first} mistakes\nEpoch 2: {second} mistakes\n"


def test_an_interruption_leaves_usable_weights(monkeypatch):
    X, y = load_breast_cancer(return_X_y=True)
    interrupt_call(monkeypatch, Patience, "watch", 3)
    with interrupted:
        model = PerceptronClassifier().fit(X, y)
    assert (
        model.n_iter_ == len(model.mistakes_curve_) == 2
    )  # an epoch counts when it has been judged
    assert model.predict(X).shape == y.shape


def test_a_warm_start_wants_all_the_classes_again():
    X, y = np.eye(3), np.arange(3)
    model = PerceptronClassifier(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="same classes as in the previous call"):
        model.fit(X[:2], y[:2])
