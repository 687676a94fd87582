"""The same parameters give scikit-learn's numbers."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import neural_network
from sklearn.utils.fixes import parse_version

import skperceptron

pytestmark = [
    pytest.mark.skipif(
        parse_version(sklearn.__version__) < parse_version("1.9"),
        reason="the numbers are those of scikit-learn 1.9",
    ),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:solver='adam' has no use for:UserWarning"),
]

rng = np.random.default_rng(0)
X = rng.normal(size=(130, 7)) * (rng.random((130, 7)) < 0.7)
SCORES = X @ rng.normal(size=(7, 3)) + 0.5 * rng.normal(size=(130, 3))
TARGETS = {
    "binary": ("MLPClassifier", {}, SCORES[:, 0] > 0),
    "multiclass": ("MLPClassifier", {}, np.array(["a", "b", "c"])[SCORES.argmax(axis=1)]),
    "multilabel": ("MLPClassifier", {}, (SCORES > 0).astype(int)),
    "regression": ("MLPRegressor", {}, SCORES[:, 0]),
    "poisson": ("MLPRegressor", {"loss": "poisson"}, rng.poisson(np.exp(SCORES[:, 0] / 2))),
}
MOMENTA = {
    "none": {"momentum": 0.0},
    "classical": {"momentum": 0.9, "nesterovs_momentum": False},
    "nesterov": {"momentum": 0.9},
}
SOLVERS = {
    f"sgd-{schedule}-{momentum}": {"solver": "sgd", "learning_rate": schedule, **MOMENTA[momentum]}
    for schedule in ("constant", "invscaling", "adaptive")
    for momentum in MOMENTA
} | {"adam": {"solver": "adam"}, "lbfgs": {"solver": "lbfgs"}}

every_activation = pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
every_target = pytest.mark.parametrize("target", TARGETS)


def fit_both(target, solver, X=X, **parameters):
    name, loss, y = TARGETS[target]
    common = {"hidden_layer_sizes": (9, 5), "max_iter": 20, "random_state": 1}
    if solver != "lbfgs":
        # Patience runs out at 20 epochs for many, so that rates fall and training stops.
        common |= {"learning_rate_init": 0.02, "tol": 0.02, "n_iter_no_change": 3, "batch_size": 40}
    parameters = common | SOLVERS[solver] | loss | parameters
    theirs = getattr(neural_network, name)(**parameters).fit(X, y)
    ours = getattr(skperceptron, name)(**parameters).fit(X, y)
    return theirs, ours


def assert_same(theirs, ours, X=X):
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.t_ == theirs.t_
    assert_allclose(ours.loss_, theirs.loss_, rtol=1e-6)
    # scikit-learn has no loss curve for lbfgs.
    theirs_curve = getattr(theirs, "loss_curve_", None)
    if theirs_curve is not None:
        assert_allclose(ours.loss_curve_, theirs_curve, rtol=1e-6)
    for one, other in zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        assert_allclose(one, other, rtol=1e-6, atol=1e-6)
    if hasattr(theirs, "predict_proba"):
        assert_array_equal(ours.predict(X), theirs.predict(X))
        assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-6, atol=1e-6)
    else:
        assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6, atol=1e-6)


@every_activation
@pytest.mark.parametrize(
    ("solver", "shuffle"),
    [(name, True) for name in SOLVERS] + [(name, False) for name in SOLVERS if name != "lbfgs"],
)
@every_target
def test_training(activation, solver, target, shuffle):
    theirs, ours = fit_both(target, solver, activation=activation, shuffle=shuffle)
    assert_same(theirs, ours)


@pytest.mark.parametrize("convert", [sparse.csr_array, sparse.csr_matrix, sparse.csc_array])
@pytest.mark.parametrize("solver", ["sgd-constant-nesterov", "adam", "lbfgs"])
@every_target
def test_sparse_input(convert, solver, target):
    assert_same(*fit_both(target, solver, convert(X)), convert(X))


@every_activation
@pytest.mark.parametrize("solver", [name for name in SOLVERS if name != "lbfgs"])
@pytest.mark.parametrize("target", ["binary", "regression", "poisson"])
def test_early_stopping(activation, solver, target):
    theirs, ours = fit_both(target, solver, activation=activation, early_stopping=True)
    assert_same(theirs, ours)
    assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=1e-6, atol=1e-9)
    assert_allclose(ours.best_validation_score_, theirs.best_validation_score_, rtol=1e-6)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["sgd-constant-nesterov", "sgd-adaptive-nesterov", "adam"])
def test_training_does_stop_within_these_epochs(solver, early_stopping):
    theirs, ours = fit_both("binary", solver, early_stopping=early_stopping, max_iter=300)
    assert theirs.n_iter_ < 300
    assert_same(theirs, ours)


@pytest.mark.parametrize("solver", ["sgd-constant-nesterov", "adam"])
def test_several_outputs_but_for_the_mean_in_the_loss(solver):
    parameters = SOLVERS[solver] | {"alpha": 0.0, "max_iter": 20, "tol": 0.0, "random_state": 1}
    theirs = neural_network.MLPRegressor(**parameters).fit(X, SCORES)
    ours = skperceptron.MLPRegressor(**parameters).fit(X, SCORES)
    for one, other in zip(ours.coefs_, theirs.coefs_, strict=True):
        assert_allclose(one, other, rtol=1e-6, atol=1e-9)
    assert_allclose(ours.loss_, 3 * theirs.loss_, rtol=1e-9)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["sgd-constant-none", "sgd-adaptive-nesterov", "adam"])
def test_what_verbose_prints(solver, early_stopping, capsys):
    name, loss, y = TARGETS["binary"]
    parameters = SOLVERS[solver] | loss | {"early_stopping": early_stopping, "max_iter": 200}
    parameters |= {"tol": 0.05, "n_iter_no_change": 2, "random_state": 1, "verbose": True}
    parameters["learning_rate_init"] = 0.05
    getattr(neural_network, name)(**parameters).fit(X, y)
    theirs = capsys.readouterr().out
    getattr(skperceptron, name)(**parameters).fit(X, y)
    assert capsys.readouterr().out == theirs
    assert theirs.endswith("Stopping.\n")
