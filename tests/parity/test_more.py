"""scikit-learn's numbers in the corners that the grid of test_sklearn.py leaves out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import neural_network
from sklearn.base import is_classifier
from sklearn.datasets import make_blobs
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler
from sklearn.utils.class_weight import compute_sample_weight

import skperceptron
from helpers.marks import has_numbers_of_1_9, unconverged
from helpers.tasks import tasks
from helpers.weights import assert_close_weights

pytestmark = [
    has_numbers_of_1_9,
    unconverged,
]

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 6)) * (rng.random((90, 6)) < 0.5)
SCORES = X @ rng.normal(size=(6, 3)) + 0.5 * rng.normal(size=(90, 3))
COUNTS = rng.poisson(np.exp(SCORES / 2))
TASKS = tasks(SCORES, COUNTS[:, 0])
del TASKS["outputs"]  # difference 1
SOLVERS = {
    "sgd": {"solver": "sgd", "learning_rate_init": 0.05},
    "sgd-invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1},
    "sgd-adaptive": {
        "solver": "sgd",
        "learning_rate": "adaptive",
        "learning_rate_init": 0.05,
        "tol": 0.02,
        "n_iter_no_change": 2,
    },
    "adam": {"solver": "adam", "learning_rate_init": 0.02},
    "lbfgs": {"solver": "lbfgs"},
}
SPARSE = [sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.csc_matrix]

every_target = pytest.mark.parametrize("target", TASKS)
every_solver = pytest.mark.parametrize("solver", SOLVERS)
every_format = pytest.mark.parametrize("convert", SPARSE, ids=lambda c: c.__name__)


def make_both(target, solver, **parameters):
    estimator, loss, _ = TASKS[target]
    parameters = (
        {"hidden_layer_sizes": (8, 5), "max_iter": 20, "random_state": 1}
        | SOLVERS[solver]
        | loss
        | parameters
    )
    return getattr(neural_network, estimator.__name__)(**parameters), estimator(**parameters)


def fit_both(target, solver, X=X, y=None, **parameters):
    y = TASKS[target].y if y is None else y
    theirs, ours = make_both(target, solver, **parameters)
    return theirs.fit(X, y), ours.fit(X, y)


def raw(model, X):
    return model.predict_proba(X) if is_classifier(model) else model.predict(X)


def assert_same(theirs, ours, X=X, tolerance=1e-6):
    assert ours.n_iter_ == theirs.n_iter_
    assert_allclose(ours.loss_, theirs.loss_, rtol=tolerance)
    if hasattr(theirs, "loss_curve_"):
        assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=tolerance)
    assert_close_weights(ours, theirs, rtol=tolerance, atol=tolerance)
    assert_allclose(raw(ours, X), raw(theirs, X), rtol=tolerance, atol=tolerance)


@pytest.mark.slow
@every_format
@every_solver
@every_target
def test_every_sparse_format_is_theirs_and_our_dense(convert, solver, target):
    theirs, ours = fit_both(target, solver, convert(X))
    assert_same(theirs, ours, convert(X))
    _, dense = fit_both(target, solver)
    assert_same(dense, ours)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.one_of_each
def test_sparse_batches_with_every_activation_in_any_order(activation, shuffle, solver):
    parameters = {"activation": activation, "shuffle": shuffle, "batch_size": 25}
    theirs, ours = fit_both("multiclass", solver, sparse.csr_array(X), **parameters)
    assert_same(theirs, ours)


@every_format
@every_target
@pytest.mark.one_of_each
def test_predictions_from_sparse_rows_are_those_from_dense_rows(convert, target):
    _, ours = fit_both(target, "adam")
    assert_allclose(raw(ours, convert(X)), raw(ours, X), rtol=1e-12)
    if is_classifier(ours):
        assert_array_equal(ours.predict(convert(X)), ours.predict(X))


@every_target
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_the_first_partial_fit(target, solver):
    y = TASKS[target].y
    theirs, ours = make_both(target, solver)
    classes = np.arange(3) if target == "multilabel" else np.unique(y)
    for model in (theirs, ours):
        model.partial_fit(X, y, **({"classes": classes} if is_classifier(model) else {}))
    assert_same(theirs, ours)


@every_solver
def test_without_hidden_layers(solver):
    assert_same(*fit_both("multiclass", solver, hidden_layer_sizes=()))


@every_solver
@pytest.mark.parametrize("alpha", [0.0, 10.0])
def test_without_and_with_much_penalty(solver, alpha):
    assert_same(*fit_both("regression", solver, alpha=alpha))


@pytest.mark.parametrize("batch_size", [1, 7, 90])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.one_of_each
def test_batches_of_any_size(batch_size, solver):
    parameters = {"batch_size": batch_size, "learning_rate_init": 0.005}
    assert_same(*fit_both("binary", solver, **parameters))


@pytest.mark.parametrize(("loss", "divisor"), [("squared_error", 3), ("poisson", 1)])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_several_outputs_but_for_the_mean_in_the_squared_loss(loss, divisor, solver):
    theirs, ours = fit_both("regression", solver, y=COUNTS, loss=loss, alpha=0.0, tol=0.0)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6)
    assert_allclose(ours.loss_curve_, divisor * np.array(theirs.loss_curve_), rtol=1e-6)


@every_target
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_float32(target, solver):
    theirs, ours = fit_both(target, solver, X.astype(np.float32), max_iter=5)
    assert (
        {w.dtype for w in ours.coefs_} == {w.dtype for w in theirs.coefs_} == {np.dtype(np.float32)}
    )
    # Single precision has seven digits, some of which five epochs of rounding use up.
    assert_same(theirs, ours, X.astype(np.float32), tolerance=1e-4)


@pytest.mark.parametrize("n_iter_no_change", [1, np.inf])
def test_least_and_endless_patience(n_iter_no_change):
    parameters = {"n_iter_no_change": n_iter_no_change, "tol": 10.0, "max_iter": 20}
    theirs, ours = fit_both("binary", "adam", **parameters)
    assert_same(theirs, ours)
    assert ours.n_iter_ == (20 if n_iter_no_change == np.inf else 3)


@every_target
def test_lbfgs_that_has_nothing_to_do(target):
    assert_same(*fit_both(target, "lbfgs", tol=1e3))
    theirs, ours = make_both(target, "lbfgs", hidden_layer_sizes=(), alpha=1.0, warm_start=True)
    for _ in range(2):
        for model in (theirs, ours):
            model.set_params(max_iter=2000).fit(X, TASKS[target].y)
        assert ours.n_iter_ == theirs.n_iter_
    assert_same(theirs, ours)


class TestWhatTheCheckOfClassWeightsSees:
    """``check_class_weight_classifiers``: what it finds here it would find in scikit-learn.

    There is one batch of all rows, where weights mean the same in both, so an implementation
    that passes with the settings below either has other numbers than scikit-learn or counts
    weights otherwise than as repeated rows.
    """

    PARAMETERS = {"max_iter": 1000, "n_iter_no_change": 20, "random_state": 0}

    def fit_both(self, n_classes, **parameters):
        X, y = make_blobs(centers=n_classes, random_state=0, cluster_std=20)
        X, X_test, y, _ = train_test_split(X, y, test_size=0.5, random_state=0)
        class_weight = dict.fromkeys(range(n_classes), 0.0001) | {0: 1000}
        parameters = self.PARAMETERS | parameters
        ours = skperceptron.MLPClassifier(class_weight=class_weight, **parameters).fit(X, y)
        parameters.pop("scoring", None)
        theirs = neural_network.MLPClassifier(**parameters)
        theirs.fit(X, y, compute_sample_weight(class_weight, y))
        return theirs, ours, X_test

    @pytest.mark.parametrize(
        ("parameters", "n_given"),
        [
            ({}, 50),
            ({"activation": "tanh"}, 43),  # the check wants 44
            ({"activation": "tanh", "tol": 1e-6}, 49),
            ({"activation": "tanh", "learning_rate_init": 0.01}, 50),
        ],
    )
    def test_three_classes(self, parameters, n_given):
        theirs, ours, X_test = self.fit_both(3, **parameters)
        assert_same(theirs, ours, X_test)
        assert (ours.predict(X_test) == 0).sum() == n_given

    def test_two_classes_with_early_stopping(self):
        theirs, ours, X_test = self.fit_both(2, early_stopping=True)
        # The mean weight is that of all rows here, and of those that train there: difference 5.
        assert (theirs.predict(X_test) == 0).sum() == (ours.predict(X_test) == 0).sum() == 45

    def test_three_classes_with_early_stopping(self):
        theirs, ours, X_test = self.fit_both(3, early_stopping=True)
        # Neither passes; other rows are held out, by difference 2.
        assert (theirs.predict(X_test) == 0).sum() < 44
        assert (ours.predict(X_test) == 0).sum() < 44
        assert max(ours.validation_scores_[:16]) == max(ours.validation_scores_)
        _, by_loss, X_test = self.fit_both(3, early_stopping=True, scoring="loss")
        assert (by_loss.predict(X_test) == 0).all()


def test_a_grid_search_comes_to_the_same_scores_and_the_same_choice():
    y = TASKS["multiclass"].y
    grid = {"mlp__alpha": [1e-4, 10.0], "mlp__activation": ["tanh", "relu"]}
    searches = []
    for network in make_both("multiclass", "adam"):
        pipeline = Pipeline([("scale", MaxAbsScaler()), ("mlp", network)])
        searches.append(GridSearchCV(pipeline, grid, cv=3).fit(X, y))
    theirs, ours = searches
    assert ours.best_params_ == theirs.best_params_
    assert_array_equal(ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"])
