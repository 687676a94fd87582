"""PerceptronClassifier against scikit-learn's, and against the theory."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Perceptron

from skperceptron import PerceptronClassifier
from skperceptron._core.perceptron import Patience

DATA = {
    "two classes": load_breast_cancer(return_X_y=True),
    "three classes": load_iris(return_X_y=True),
    "ten classes": tuple(part[:400] for part in load_digits(return_X_y=True)),
}
every_data = pytest.mark.parametrize("data", DATA)
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def assert_same(ours, theirs):
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10, atol=1e-10)
    assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-10, atol=1e-10)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.t_ == theirs.t_


@quiet
@every_data
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"fit_intercept": False},
        {"tol": None, "max_iter": 7},
        {"eta0": 0.1},
        {"tol": 0.1, "n_iter_no_change": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("weighted", [False, True])
def test_weights_are_scikit_learns(data, parameters, weighted):
    X, y = DATA[data]
    weight = np.random.default_rng(0).uniform(0, 2, len(y)) if weighted else None
    ours = PerceptronClassifier(shuffle=False, **parameters).fit(X, y, sample_weight=weight)
    theirs = Perceptron(shuffle=False, **parameters).fit(X, y, sample_weight=weight)
    assert_same(ours, theirs)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), rtol=1e-9, atol=1e-9)


@every_data
def test_partial_fit_is_scikit_learns(data):
    X, y = DATA[data]
    ours, theirs = PerceptronClassifier(shuffle=False), Perceptron(shuffle=False)
    for rows in np.array_split(np.random.default_rng(0).permutation(len(y)), 5):
        for model in (ours, theirs):
            model.partial_fit(X[rows], y[rows], classes=np.unique(y))
    assert_same(ours, theirs)


@quiet
@every_data
def test_warm_start_is_scikit_learns(data):
    X, y = DATA[data]
    parameters = {"shuffle": False, "warm_start": True, "max_iter": 3, "tol": None}
    ours, theirs = PerceptronClassifier(**parameters), Perceptron(**parameters)
    for n_fits in range(1, 4):
        assert_allclose(ours.fit(X, y).coef_, theirs.fit(X, y).coef_, rtol=1e-10, atol=1e-10)
        # scikit-learn's t_ starts again with each fit.
        assert ours.t_ == 1 + 3 * n_fits * len(X)


@every_data
def test_a_fit_is_as_many_partial_fits(data):
    X, y = DATA[data]
    at_once = PerceptronClassifier(max_iter=6, tol=None).fit(X, y)
    by_parts = PerceptronClassifier()
    for _ in range(6):
        by_parts.partial_fit(X, y, classes=np.unique(y))
    assert_array_equal(by_parts.coef_, at_once.coef_)
    assert by_parts.mistakes_curve_ == at_once.mistakes_curve_


def test_separable_classes_end_without_mistakes():
    X, y = load_iris(return_X_y=True)
    model = PerceptronClassifier(tol=None, max_iter=30).fit(X, y == 0)
    assert model.mistakes_curve_[-1] == 0
    assert model.score(X, y == 0) == 1


def test_xor_never_ends():
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    model = PerceptronClassifier(max_iter=200, tol=None).fit(X, [0, 1, 1, 0])
    assert min(model.mistakes_curve_) > 0
    with pytest.warns(ConvergenceWarning, match="Maximum number of iteration reached"):
        PerceptronClassifier(max_iter=3).fit(X, [0, 1, 1, 0])


@pytest.mark.parametrize("seed", range(10))
def test_mistakes_stay_under_novikoffs_bound(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(300, 4))
    direction = rng.normal(size=5)
    direction /= np.linalg.norm(direction)
    with_one = np.column_stack([X, np.ones(300)])
    far = np.abs(with_one @ direction) > 0.2
    X, with_one = X[far], with_one[far]
    y = with_one @ direction > 0
    radius = np.linalg.norm(with_one, axis=1).max()
    margin = np.abs(with_one @ direction).min()
    model = PerceptronClassifier(tol=None, max_iter=200, random_state=seed).fit(X, y)
    assert 0 < sum(model.mistakes_curve_) <= (radius / margin) ** 2
    assert model.mistakes_curve_[-1] == 0


@quiet
def test_the_order_of_the_rows_is_drawn_from_random_state():
    X, y = DATA["ten classes"]
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
    X, y = DATA["two classes"]
    watch, seen = Patience.watch, []

    def interrupting(self, *args):
        seen.append(1)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return watch(self, *args)

    monkeypatch.setattr(Patience, "watch", interrupting)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model = PerceptronClassifier().fit(X, y)
    assert model.n_iter_ == len(model.mistakes_curve_) == 3
    assert model.predict(X).shape == y.shape


def test_a_warm_start_wants_all_the_classes_again():
    X, y = np.eye(3), np.arange(3)
    model = PerceptronClassifier(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="same classes as in the previous call"):
        model.fit(X[:2], y[:2])
