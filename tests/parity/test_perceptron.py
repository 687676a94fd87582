"""PerceptronClassifier against scikit-learn's Perceptron and averaged SGDClassifier, unshuffled."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.linear_model import Perceptron, SGDClassifier
from sklearn.model_selection import StratifiedShuffleSplit

from helpers.marks import has_numbers_of_1_9, unconverged
from skperceptron import PerceptronClassifier

pytestmark = [
    has_numbers_of_1_9,
    unconverged,
]


def one_hot(n_classes):
    rng = np.random.default_rng(0)
    X = np.hstack([np.eye(k)[rng.integers(0, k, 100)] for k in (3, 4, 5)])
    return X, rng.integers(0, n_classes, 100)


def counts(n_classes):
    rng = np.random.default_rng(1)
    return rng.poisson(1.0, (100, 12)).astype(float), rng.integers(0, n_classes, 100)


DATA = {
    "breast cancer": tuple(part[::5] for part in load_breast_cancer(return_X_y=True)),
    "iris": tuple(part[::2] for part in load_iris(return_X_y=True)),
    "digits": tuple(part[:80] for part in load_digits(return_X_y=True)),
    "one-hot": one_hot(2),
    "counts": counts(3),
}
every_data = pytest.mark.parametrize("data", DATA)
every_penalty = pytest.mark.parametrize("penalty", [None, "l2", "l1", "elasticnet"])
dense_and_sparse = pytest.mark.parametrize("convert", [np.asarray, sparse.csr_matrix])

PARAMETERS = [
    {},
    {"eta0": 0.1},
    {"fit_intercept": False},
    {"tol": None, "max_iter": 5, "eta0": 0.1, "alpha": 0.01},
    {"class_weight": "balanced", "eta0": 0.1},
]


def assert_same(ours, theirs):
    scale = max(1.0, np.abs(theirs.coef_).max())
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10, atol=1e-10 * scale)
    assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-10, atol=1e-10 * scale)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.t_ == theirs.t_


def weights(y, weighted):
    return np.random.default_rng(2).uniform(0, 2, len(y)) if weighted else None


@every_data
@every_penalty
@dense_and_sparse
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
@pytest.mark.one_of_each
def test_rosenblatt_is_their_perceptron(data, penalty, convert, parameters):
    X, y = convert(DATA[data][0]), DATA[data][1]
    common = {"max_iter": 10, "shuffle": False, "penalty": penalty} | parameters
    ours, theirs = PerceptronClassifier(**common).fit(X, y), Perceptron(**common).fit(X, y)
    assert_same(ours, theirs)
    assert_array_equal(ours.predict(X), theirs.predict(X))


@every_data
@every_penalty
@dense_and_sparse
@pytest.mark.one_of_each
def test_with_sample_weights(data, penalty, convert):
    X, y = convert(DATA[data][0]), DATA[data][1]
    common = {"max_iter": 6, "shuffle": False, "penalty": penalty, "class_weight": {1: 3.0}}
    weight = weights(y, weighted=True)
    ours = PerceptronClassifier(**common).fit(X, y, sample_weight=weight)
    assert_same(ours, Perceptron(**common).fit(X, y, sample_weight=weight))


@every_data
@pytest.mark.parametrize("penalty", [None, "l2"])
@dense_and_sparse
@pytest.mark.parametrize("parameters", [*PARAMETERS, {"weighted": True}], ids=str)
@pytest.mark.one_of_each
def test_averaged_is_their_averaged_sgd(data, penalty, convert, parameters):
    X, y = convert(DATA[data][0]), DATA[data][1]
    common = {"max_iter": 6, "shuffle": False, "penalty": penalty, "eta0": 1.0} | parameters
    weight = weights(y, common.pop("weighted", False))
    ours = PerceptronClassifier(algorithm="averaged", **common)
    theirs = SGDClassifier("perceptron", average=True, learning_rate="constant", **common)
    for model in (ours, theirs):
        model.fit(X, y, sample_weight=weight)
    assert_same(ours, theirs)


@every_data
@dense_and_sparse
# With an L2 part scikit-learn scores the held-out rows with weights it has yet to scale: below.
@pytest.mark.parametrize("penalty", [None, "l1"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.one_of_each
def test_early_stopping_holds_out_the_same_rows(data, convert, penalty, weighted):
    X, y = convert(DATA[data][0]), DATA[data][1]
    common = {"early_stopping": True, "penalty": penalty, "max_iter": 20, "shuffle": False}
    common |= {"validation_fraction": 0.3, "random_state": 3, "n_iter_no_change": 3}
    ours, theirs = PerceptronClassifier(**common), Perceptron(**common)
    for model in (ours, theirs):
        model.fit(X, y, sample_weight=weights(y, weighted))
    assert_same(ours, theirs)


@every_data
@dense_and_sparse
@every_penalty
@pytest.mark.one_of_each
def test_partial_fit(data, convert, penalty):
    X, y = DATA[data]
    ours, theirs = (
        kind(shuffle=False, penalty=penalty, eta0=0.1)
        for kind in (PerceptronClassifier, Perceptron)
    )
    for rows in np.array_split(np.random.default_rng(0).permutation(len(y)), 4):
        for model in (ours, theirs):
            model.partial_fit(convert(X[rows]), y[rows], classes=np.unique(y))
    assert_same(ours, theirs)


@every_data
@every_penalty
@pytest.mark.one_of_each
def test_warm_start(data, penalty):
    X, y = DATA[data]
    parameters = {"warm_start": True, "max_iter": 3, "tol": None, "shuffle": False}
    ours, theirs = (
        kind(penalty=penalty, **parameters) for kind in (PerceptronClassifier, Perceptron)
    )
    for n_fits in range(1, 4):
        assert_allclose(ours.fit(X, y).coef_, theirs.fit(X, y).coef_, rtol=1e-10, atol=1e-10)
        # scikit-learn's t_ starts again with each fit.
        assert ours.t_ == 1 + 3 * n_fits * len(X)


@pytest.mark.parametrize(
    "names", [("coef_init",), ("intercept_init",), ("coef_init", "intercept_init")]
)
@pytest.mark.parametrize("n_fits_before", [0, 1])
def test_weights_to_start_from(names, n_fits_before):
    X, y = DATA["iris"]
    rng = np.random.default_rng(0)
    both = {"coef_init": rng.normal(size=(3, 4)), "intercept_init": rng.normal(size=3)}
    given = {name: both[name] for name in names}
    parameters = {"warm_start": True, "max_iter": 3, "tol": None, "shuffle": False}
    ours, theirs = PerceptronClassifier(**parameters), Perceptron(**parameters)
    for model in (ours, theirs):
        for _ in range(n_fits_before):
            model.fit(X, y)
        model.fit(X, y, **given)
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10, atol=1e-10)
    assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-10, atol=1e-10)


class TestDifferences:
    """Lines on the perceptron in docs/guide/differences.md."""

    def test_validation_scores_under_an_l2_penalty(self):
        X, y = counts(2)
        common = {"penalty": "l2", "alpha": 0.01, "early_stopping": True, "shuffle": False}
        common |= {"validation_fraction": 0.3, "random_state": 0}
        splitter = StratifiedShuffleSplit(test_size=0.3, random_state=0)
        _, validation = next(splitter.split(X, y))
        best, n_bad, n_epochs = -np.inf, 0, 0
        while n_bad < 5:
            n_epochs += 1
            # Both get the same weights after as many epochs, and these are their scores.
            ours, theirs = (
                kind(tol=None, max_iter=n_epochs, **common).fit(X, y)
                for kind in (PerceptronClassifier, Perceptron)
            )
            assert_same(ours, theirs)
            score = ours.score(X[validation], y[validation])
            n_bad = n_bad + 1 if score < best + 1e-3 else 0
            best = max(best, score)
        assert PerceptronClassifier(**common).fit(X, y).n_iter_ == n_epochs
        assert Perceptron(**common).fit(X, y).n_iter_ != n_epochs

    def test_the_average_under_an_l1_penalty_is_the_mean_of_the_iterates(self):
        X, y = counts(2)
        # A fit needs both classes, and weights stay 0 after a row of zeros.
        X, y = np.vstack([np.zeros(12), X]), np.append(1 - y[0], y)
        common = {"penalty": "l1", "alpha": 0.001, "shuffle": False, "tol": None, "max_iter": 1}
        model = PerceptronClassifier(**common)
        iterates = [model.fit(X[:n], y[:n]).coef_ for n in range(2, len(y) + 1)]
        mean = np.sum(iterates, axis=0) / len(y)
        averaged = PerceptronClassifier(algorithm="averaged", **common).fit(X, y)
        assert_allclose(averaged.coef_, mean, rtol=1e-10, atol=1e-12)
        theirs = SGDClassifier("perceptron", average=True, learning_rate="constant", eta0=1.0)
        assert np.abs(theirs.set_params(**common).fit(X, y).coef_ - mean).max() > 0.01

    def test_a_warm_start_of_an_average_goes_on_from_the_last_weights(self):
        X, y = counts(2)
        common = {"shuffle": False, "tol": None, "warm_start": True}
        once = PerceptronClassifier(algorithm="averaged", max_iter=4, **common).fit(X, y)
        theirs = SGDClassifier(
            "perceptron", average=True, learning_rate="constant", eta0=1.0, max_iter=2, **common
        )
        ours = PerceptronClassifier(algorithm="averaged", max_iter=2, **common)
        for model in (ours, theirs):
            model.fit(X, y).fit(X, y)
        assert_array_equal(ours.coef_, once.coef_)
        assert np.abs(theirs.coef_ - once.coef_).max() > 0.01

    def test_float32_is_summed_in_float64(self):
        X, y = DATA["breast cancer"]
        X = X.astype(np.float32)
        common = {"shuffle": False, "max_iter": 5, "tol": None}
        exact = Perceptron(**common).fit(X.astype(np.float64), y).coef_
        ours, theirs = (
            kind(**common).fit(X, y).coef_ for kind in (PerceptronClassifier, Perceptron)
        )
        assert ours.dtype == theirs.dtype == np.float32
        assert_allclose(ours, exact, rtol=1e-6)
        assert np.abs(theirs - exact).max() > np.abs(ours - exact).max()
