"""The same parameters give scikit-learn's numbers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import neural_network

import skperceptron
from helpers.marks import has_numbers_of_1_9, unconverged
from helpers.tasks import tasks
from helpers.weights import assert_close_weights

pytestmark = [
    has_numbers_of_1_9,
    unconverged,
    pytest.mark.filterwarnings("ignore:early_stopping watched a score:UserWarning"),
    pytest.mark.filterwarnings("ignore:.* ignored with solver='adam':UserWarning"),
]

rng = np.random.default_rng(0)
X = rng.normal(size=(130, 7)) * (rng.random((130, 7)) < 0.7)
SCORES = X @ rng.normal(size=(7, 3)) + 0.5 * rng.normal(size=(130, 3))
TASKS = tasks(SCORES, rng.poisson(np.exp(SCORES[:, 0] / 2)))
del TASKS["outputs"]  # difference 1
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
every_target = pytest.mark.parametrize("target", TASKS)


def fit_both(target, solver, X=X, **parameters):
    estimator, loss, y = TASKS[target]
    common = {"hidden_layer_sizes": (9, 5), "max_iter": 20, "random_state": 1}
    if solver != "lbfgs":
        # Patience runs out at 20 epochs for many, so that rates fall and training stops.
        common |= {"learning_rate_init": 0.02, "tol": 0.02, "n_iter_no_change": 3, "batch_size": 40}
    parameters = common | SOLVERS[solver] | loss | parameters
    theirs = getattr(neural_network, estimator.__name__)(**parameters).fit(X, y)
    ours = estimator(**parameters).fit(X, y)
    return theirs, ours


def assert_same(theirs, ours, X=X):
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.t_ == theirs.t_
    assert_allclose(ours.loss_, theirs.loss_, rtol=1e-6)
    # scikit-learn has no loss curve for lbfgs.
    theirs_curve = getattr(theirs, "loss_curve_", None)
    if theirs_curve is not None:
        assert_allclose(ours.loss_curve_, theirs_curve, rtol=1e-6)
    assert_close_weights(ours, theirs, rtol=1e-6, atol=1e-6)
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
@pytest.mark.one_of_each
def test_training(activation, solver, target, shuffle):
    theirs, ours = fit_both(target, solver, activation=activation, shuffle=shuffle)
    assert_same(theirs, ours)


@pytest.mark.parametrize("convert", [sparse.csr_array, sparse.csr_matrix, sparse.csc_array])
@pytest.mark.parametrize("solver", ["sgd-constant-nesterov", "adam", "lbfgs"])
@every_target
@pytest.mark.one_of_each
def test_sparse_input(convert, solver, target):
    assert_same(*fit_both(target, solver, convert(X)), convert(X))


@every_activation
@pytest.mark.parametrize("solver", [name for name in SOLVERS if name != "lbfgs"])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("target", ["multiclass", "poisson"])
@pytest.mark.one_of_each
def test_sparse_input_with_every_schedule_and_momentum(activation, solver, shuffle, target):
    data = sparse.csr_array(X)
    parameters = {"activation": activation, "shuffle": shuffle, "max_iter": 8}
    assert_same(*fit_both(target, solver, data, **parameters), data)


@pytest.mark.parametrize("convert", [sparse.csr_array, sparse.csc_array])
@pytest.mark.parametrize("solver", [name for name in SOLVERS if name != "lbfgs"])
@pytest.mark.parametrize("target", ["binary", "multilabel", "regression", "poisson"])
@pytest.mark.one_of_each
def test_sparse_input_with_early_stopping(convert, solver, target):
    theirs, ours = fit_both(target, solver, convert(X), early_stopping=True)
    assert_same(theirs, ours, convert(X))
    assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=1e-6, atol=1e-9)


@every_activation
@pytest.mark.parametrize("solver", [name for name in SOLVERS if name != "lbfgs"])
@pytest.mark.parametrize("target", ["binary", "regression", "poisson"])
@pytest.mark.one_of_each
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
    assert_close_weights(ours, theirs, rtol=1e-6, atol=1e-9)
    assert_allclose(ours.loss_, 3 * theirs.loss_, rtol=1e-9)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["sgd-constant-none", "sgd-adaptive-nesterov", "adam"])
def test_what_verbose_prints(solver, early_stopping, capsys):
    estimator, loss, y = TASKS["binary"]
    parameters = SOLVERS[solver] | loss | {"early_stopping": early_stopping, "max_iter": 200}
    parameters |= {"tol": 0.05, "n_iter_no_change": 2, "random_state": 1, "verbose": True}
    parameters["learning_rate_init"] = 0.05
    getattr(neural_network, estimator.__name__)(**parameters).fit(X, y)
    theirs = capsys.readouterr().out
    estimator(**parameters).fit(X, y)
    assert capsys.readouterr().out == theirs
    assert theirs.endswith("Stopping.\n")


VERBOSE = {"tol": 0.05, "n_iter_no_change": 2, "random_state": 1, "verbose": True, "max_iter": 60}


@pytest.mark.parametrize("target", ["regression", "poisson", "multilabel"])
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["sgd-adaptive-nesterov", "adam"])
@pytest.mark.one_of_each
def test_what_verbose_prints_for_other_targets(target, early_stopping, solver, capsys):
    estimator, loss, y = TASKS[target]
    parameters = SOLVERS[solver] | loss | VERBOSE | {"early_stopping": early_stopping}
    parameters["learning_rate_init"] = 0.02
    printed = []
    for package in (neural_network, skperceptron):
        getattr(package, estimator.__name__)(**parameters).fit(X, y)
        printed.append(capsys.readouterr().out)
    assert printed[1] == printed[0]
    assert "did not improve" in printed[0]


@pytest.mark.parametrize("target", ["binary", "regression"])
@pytest.mark.parametrize("solver", ["sgd-constant-none", "adam"])
def test_what_verbose_prints_for_partial_fit(target, solver, capsys):
    estimator, loss, y = TASKS[target]
    # One batch in its own order, and patience not used up: see the differences.
    parameters = SOLVERS[solver] | loss | VERBOSE | {"n_iter_no_change": 100}
    parameters |= {"shuffle": False, "batch_size": 130}
    printed = []
    for package in (neural_network, skperceptron):
        model = getattr(package, estimator.__name__)(**parameters)
        for _ in range(5):
            classes = {"classes": [False, True]} if target == "binary" else {}
            model.partial_fit(X, y, **classes)
        printed.append(capsys.readouterr().out)
    assert printed[1] == printed[0]
    assert printed[0].count("Iteration 1, loss = ") == 5


def test_what_verbose_prints_for_warm_starts(capsys):
    # Plain gradient descent has no moments to lose: difference 16.
    parameters = SOLVERS["sgd-constant-none"] | VERBOSE | {"n_iter_no_change": 100, "max_iter": 3}
    parameters |= {"shuffle": False, "batch_size": 130, "warm_start": True}
    printed = []
    for package in (neural_network, skperceptron):
        model = package.MLPClassifier(**parameters)
        for _ in range(3):
            model.fit(X, SCORES[:, 0] > 0)
        printed.append(capsys.readouterr().out)
    assert printed[1] == printed[0]
    assert printed[0].count("Iteration 1, loss = ") == 3


# Values that are wrong for each parameter that both have.
WRONG = {
    "loss": ["hinge loss", 3],
    "activation": ["rel", None],
    "solver": ["newton", None],
    "alpha": [-1, "a", None],
    "batch_size": [0, -1, "all", 2.5],
    "learning_rate": ["fast", None],
    "learning_rate_init": [0, -1.0, "a"],
    "power_t": [-1, "a"],
    "max_iter": [0, 2.5, "a"],
    "shuffle": ["yes", 2.0],
    "random_state": ["seed", -1],
    "tol": [-1e-4],
    "verbose": ["loud", -1],
    "warm_start": ["on", None],
    "momentum": [1.1, -0.1, None],
    "nesterovs_momentum": ["no", 3],
    "early_stopping": ["no", None],
    "validation_fraction": [1.0, -0.1, None],
    "beta_1": [1.0, -0.1],
    "beta_2": [1.0, -0.1],
    "epsilon": [0.0, -1],
    "n_iter_no_change": [0, 2.5],
    "max_fun": [0, 2.5],
    "hidden_layer_sizes": [0, (5, -1), "100"],
}


class TestMessagesForWrongValues:
    # We accept more, and say so: the first words are the same, up to what is accepted.
    OWN_CHOICES = ("loss", "activation", "solver", "learning_rate", "hidden_layer_sizes", "tol")

    @pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
    def test_every_parameter_is_here(self, name):
        assert set(getattr(neural_network, name)().get_params()) <= set(WRONG)

    @pytest.mark.parametrize(
        ("name", "parameter", "value"),
        [
            (name, parameter, value)
            for name in ("MLPClassifier", "MLPRegressor")
            for parameter, values in WRONG.items()
            if parameter in getattr(neural_network, name)().get_params()
            for value in values
        ],
    )
    def test_are_theirs(self, name, parameter, value):
        y = TASKS["binary" if name == "MLPClassifier" else "regression"].y
        messages, kinds = [], []
        for package in (neural_network, skperceptron):
            with pytest.raises(ValueError, match=f"(?s).*{parameter}|1-dimensional|seed") as error:
                getattr(package, name)(**{"max_iter": 2, parameter: value}).fit(X, y)
            messages.append(str(error.value))
            kinds.append(error.type)
        if parameter in self.OWN_CHOICES:
            begin = f"The '{parameter}' parameter of {name} must be"
            for message in messages:
                assert message.startswith((begin, "hidden_layer_sizes must be")), messages
        else:
            assert messages[1] == messages[0]
            assert kinds[1] is kinds[0]
