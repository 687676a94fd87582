"""One timeline of epochs, and every way of walking it gives the same numbers, bit for bit."""

import copy
import math
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.neural_network import MLPClassifier as ScikitLearnClassifier

from helpers.marks import dense_and_csr, every_dtype
from helpers.processes import run_python
from helpers.tasks import tasks
from helpers.weights import assert_same_fit
from skperceptron import MLPClassifier
from skperceptron._core.optimizers import OPTIMIZERS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_EPOCHS = 20
rng = np.random.default_rng(0)
X = rng.normal(size=(97, 6))
SCORES = X @ rng.normal(size=(6, 3)) + 0.5 * rng.normal(size=(97, 3))
TASKS = tasks(SCORES)
SOLVERS = ["sgd", "adam"]
SCHEDULES = ["constant", "invscaling", "adaptive"]
# All that leaves a trace in the training state, and all that acts after the step.
TOOLBOX = {
    "batch_norm": True,
    "l1_ratio": 0.5,
    "alpha": 0.1,
    "max_norm": 1.5,
    "clip_norm": 0.5,
    "warmup_epochs": 3,
    "schedule_epochs": N_EPOCHS,
}
every_solver = pytest.mark.parametrize("solver", SOLVERS)
every_target = pytest.mark.parametrize("target", TASKS)


def make(target, **parameters):
    """Everything on that has a state: momentum, shuffles, dropout, plateaus, a short last batch."""
    estimator, _, y = TASKS[target]
    defaults = {
        "hidden_layer_sizes": (8, 5),
        "dropout": 0.3,
        "input_dropout": 0.1,
        "batch_size": 20,
        "learning_rate_init": 0.05,
        "tol": 0.01,
        "n_iter_no_change": 2 if parameters.get("learning_rate") == "adaptive" else 100,
        "random_state": 0,
    }
    return estimator(**defaults | parameters), y


def by_partial_fits(model, X, y):
    classes = {"classes": np.unique(y)} if isinstance(model, MLPClassifier) else {}
    for _ in range(N_EPOCHS):
        model.partial_fit(X, y, **classes)
    return model


def by_warm_fits(model, X, y, n_epochs=N_EPOCHS):
    model.set_params(warm_start=True, max_iter=1)
    for _ in range(n_epochs):
        model.fit(X, y)
    return model


@every_target
@every_solver
@pytest.mark.parametrize("learning_rate", SCHEDULES)
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.one_of_each
def test_one_fit_many_partial_fits_and_many_warm_fits(target, solver, learning_rate, shuffle):
    parameters = {"solver": solver, "learning_rate": learning_rate, "shuffle": shuffle}
    model, y = make(target, max_iter=N_EPOCHS, **parameters)
    at_once = model.fit(X, y)
    assert at_once.n_iter_ == len(at_once.loss_curve_) == N_EPOCHS
    for walk in (by_partial_fits, by_warm_fits):
        walked = walk(clone(model), X, y)
        assert_same_fit(walked, at_once)
        assert walked.n_iter_ == 1


@pytest.mark.slow
@pytest.mark.parametrize("target", ["multiclass", "regression"])
@pytest.mark.parametrize("solver", OPTIMIZERS)
@pytest.mark.parametrize("learning_rate", ["cosine", "one_cycle", "linear", "exponential", "step"])
def test_with_the_whole_toolbox(target, solver, learning_rate):
    parameters = {"solver": solver, "learning_rate": learning_rate, **TOOLBOX}
    model, y = make(target, max_iter=N_EPOCHS, **parameters)
    at_once = model.fit(X, y)
    for walk in (by_partial_fits, by_warm_fits):
        walked = walk(clone(model), X, y)
        assert_same_fit(walked, at_once)
        for ours, theirs in zip(walked.batch_norm_mean_, at_once.batch_norm_mean_, strict=True):
            assert_array_equal(ours, theirs)


@pytest.mark.parametrize("solver", OPTIMIZERS)
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.one_of_each
def test_with_the_whole_toolbox_through_a_pickle(solver, early_stopping):
    parameters = {"solver": solver, "early_stopping": early_stopping, **TOOLBOX}
    watching = {"scoring": "loss"} if early_stopping else {}
    model, y = make("multiclass", max_iter=N_EPOCHS, **watching, **parameters)
    at_once = clone(model).fit(X, y)
    first_part = pickle.dumps(model.set_params(warm_start=True, max_iter=8).fit(X, y))
    assert_same_fit(pickle.loads(first_part).set_params(max_iter=12).fit(X, y), at_once)


@every_solver
def test_plateaus_lower_the_adaptive_rate_in_the_tests_above(solver):
    model, y = make("binary", solver=solver, learning_rate="adaptive", max_iter=N_EPOCHS)
    constant, _ = make("binary", solver=solver, max_iter=N_EPOCHS)
    assert model.fit(X, y).loss_curve_ != constant.fit(X, y).loss_curve_


@every_dtype
@dense_and_csr
def test_any_precision_and_any_input(dtype, convert):
    model, y = make("multiclass", max_iter=N_EPOCHS)
    data = convert(X.astype(dtype))
    assert_same_fit(by_partial_fits(clone(model), data, y), model.fit(data, y))


CONTINUE = """
import pickle, sys, warnings
warnings.simplefilter("ignore")
with open(sys.argv[1], "rb") as file:
    calls = pickle.load(file)
with open(sys.argv[1], "wb") as file:
    pickle.dump({name: model.fit(*data, **more) for name, (model, data, more) in calls.items()},
                file)
"""


WEIGHTS = np.random.default_rng(5).integers(0, 4, 97).astype(float)
OWN_ROWS = {"X_val": X[:30], "y_val": TASKS["multiclass"].y[:30]}
# Parameters, and what goes to fit besides X and y.
HALVES = {
    f"{solver}, {'early' if early_stopping else 'no early'} stopping": (
        {"solver": solver, "early_stopping": early_stopping},
        {},
    )
    for solver in OPTIMIZERS
    for early_stopping in (False, True)
} | {
    "toolbox": (TOOLBOX | {"solver": "lion", "learning_rate": "one_cycle"}, {}),
    "sample weights": ({}, {"sample_weight": WEIGHTS}),
    "sample weights, split": ({"early_stopping": True}, {"sample_weight": WEIGHTS}),
    "class weights": ({"class_weight": {"a": 1, "b": 5, "c": 0.5}}, {}),
    "class weights, split": ({"class_weight": "balanced", "early_stopping": True}, {}),
    "own rows": ({"early_stopping": True}, OWN_ROWS),
    "own rows, weighted": (
        {"early_stopping": True, "scoring": "loss"},
        OWN_ROWS | {"sample_weight_val": WEIGHTS[:30] + 1},
    ),
    "own rows, recorded": ({}, OWN_ROWS),
    "scorer": ({"early_stopping": True, "scoring": "balanced_accuracy"}, {}),
    # By reference from a module that the other process can import.
    "callable": ({"early_stopping": True, "scoring": get_scorer("f1_macro")}, {}),
}


@pytest.mark.slow
def test_pickled_and_continued_in_another_process(tmp_path):
    at_once, calls = {}, {}
    for name, (parameters, more) in HALVES.items():
        model, y = make("multiclass", max_iter=N_EPOCHS, **parameters)
        at_once[name] = clone(model).fit(X, y, **more)
        first_part = model.set_params(warm_start=True, max_iter=8).fit(X, y, **more)
        assert at_once[name].n_iter_ == N_EPOCHS
        calls[name] = (first_part.set_params(max_iter=12), (X, y), more)
    instances = [np.random.RandomState(7) for _ in range(2)]
    model, y = make("multiclass", max_iter=N_EPOCHS, random_state=instances[0])
    at_once["instance"] = model.fit(X, y)
    model, y = make("multiclass", max_iter=8, random_state=instances[1], warm_start=True)
    calls["instance"] = (model.fit(X, y).set_params(max_iter=12), (X, y), {})

    path = tmp_path / "models.pickle"
    path.write_bytes(pickle.dumps(calls))
    run_python(CONTINUE, path)
    for name, continued in pickle.loads(path.read_bytes()).items():
        assert_same_fit(continued, at_once[name])


def test_a_deep_copy_goes_its_own_way():
    model, y = make("binary", warm_start=True, max_iter=3)
    copied = copy.deepcopy(model.fit(X, y))
    before = copy.deepcopy(model.coefs_)
    copied.fit(X, y)
    assert_array_equal(model.coefs_[0], before[0])
    assert_same_fit(model.fit(X, y), copied)


@pytest.mark.parametrize("target", ["binary", "multiclass", "regression"])
@every_solver
def test_early_stopping_by_warm_fits_up_to_the_stop(target, solver):
    model, y = make(target, solver=solver, early_stopping=True, n_iter_no_change=3, max_iter=100)
    at_once = clone(model).fit(X, y)
    assert 4 <= at_once.n_iter_ < 100
    assert_same_fit(by_warm_fits(model, X, y, at_once.n_iter_), at_once)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_fit_after_a_stop_starts_a_new_count(early_stopping):
    model, y = make("binary", early_stopping=early_stopping, n_iter_no_change=3, tol=10.0)
    model.set_params(warm_start=True).fit(X, y)
    # The first epoch is an improvement on nothing; then 3 without one are endured.
    assert model.n_iter_ == 5
    assert model.fit(X, y).n_iter_ == 4
    assert len(model.loss_curve_) == 9


def test_user_edits_of_the_weights_are_where_training_goes_on():
    model, y = make("binary", max_iter=2, warm_start=True, alpha=0.0, learning_rate_init=1e-12)
    model.fit(X, y)
    model.coefs_[0][:2] = 7.0
    model.intercepts_[1] = np.arange(5.0)
    for _ in range(2):
        model.partial_fit(X, y)
    np.testing.assert_allclose(model.coefs_[0][:2], 7.0)
    np.testing.assert_allclose(model.intercepts_[1], np.arange(5.0), atol=1e-9)


class TestEditsUnderEarlyStopping:
    @pytest.fixture
    def stopped(self):
        """Some epochs past its best, whose weights are published."""
        model, y = make("binary", early_stopping=True, warm_start=True, dropout=0.0, max_iter=60)
        model.fit(X, y).set_params(max_iter=1, learning_rate_init=1e-12)
        assert np.argmax(model.validation_scores_) < model.n_iter_ - 1
        return model, y

    def test_training_goes_on_from_what_the_user_saw_and_changed(self, stopped):
        model, y = stopped
        seen = copy.deepcopy(model.coefs_)
        model.set_params(solver="sgd", momentum=0.0).coefs_[0][0] = 3.0
        seen[0][0] = 3.0
        model.fit(X, y)
        # Nothing moves at this rate: neither back to the best weights nor to the last ones.
        for one, other in zip(model.coefs_, seen, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-9)

    def test_the_scores_of_other_weights_are_no_record_to_beat(self, stopped):
        model, y = stopped
        before = model.best_validation_score_
        for weight in model.coefs_ + model.intercepts_:
            weight[...] = 0
        model.fit(X, y)
        assert np.abs(model.coefs_[0]).max() < 1e-9
        assert model.best_validation_score_ == model.validation_scores_[-1] < before

    def test_patience_starts_anew(self, stopped):
        model, y = stopped
        model.set_params(max_iter=100, n_iter_no_change=4, tol=10.0)
        model.coefs_[0][0] = 3.0
        assert model.fit(X, y).n_iter_ == 6  # the first is an improvement on nothing

    def test_without_early_stopping_the_loss_is_a_new_record_too(self):
        model, y = make("binary", warm_start=True, max_iter=30)
        lowest = model.fit(X, y).best_loss_
        model.coefs_[0][...] = 5.0
        model.set_params(max_iter=1).fit(X, y)
        assert model.best_loss_ == model.loss_ > lowest


def test_weights_edited_to_what_is_no_number_are_refused_by_name():
    model, y = make("binary", max_iter=2)
    model.fit(X, y).coefs_[1][0, 0] = np.nan
    with pytest.raises(ValueError, match=r"coefs_ .*finite"):
        model.partial_fit(X, y)


def test_hyperparameters_may_change_between_calls():
    model, y = make("binary", max_iter=3, warm_start=True, dropout=0.0, alpha=0.0)
    model.fit(X, y)
    before = copy.deepcopy(model.coefs_)
    model.set_params(learning_rate_init=1e-14).fit(X, y)
    np.testing.assert_allclose(model.coefs_[0], before[0], atol=1e-10)
    model.set_params(learning_rate_init=0.05, solver="sgd").fit(X, y)
    assert np.abs(model.coefs_[0] - before[0]).max() > 1e-3


def interrupt(estimator, X, y):
    raise ZeroDivisionError


class TestRandomState:
    def test_dropout_changes_neither_initial_weights_nor_shuffles(self):
        y = TASKS["binary"].y
        instances = [np.random.RandomState(3) for _ in range(3)]
        parameters = {"hidden_layer_sizes": (8,), "max_iter": 4, "learning_rate_init": 1e-14}
        ScikitLearnClassifier(random_state=instances[0], **parameters).fit(X, y)
        models = [
            MLPClassifier(random_state=instance, dropout=rate, **parameters).fit(X, y)
            for instance, rate in zip(instances[1:], (0.0, 0.5), strict=True)
        ]
        np.testing.assert_allclose(models[0].coefs_[0], models[1].coefs_[0], atol=1e-12)
        # A RandomState is drawn from as far as scikit-learn draws.
        draws = {instance.randint(2**31) for instance in instances}
        assert len(draws) == 1

    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_an_instance_ends_where_scikit_learn_leaves_it(self, early_stopping):
        y = TASKS["binary"].y
        instances = [np.random.RandomState(3) for _ in range(2)]
        for estimator, instance in zip(
            (ScikitLearnClassifier, MLPClassifier), instances, strict=True
        ):
            estimator(random_state=instance, early_stopping=early_stopping, max_iter=4, tol=0).fit(
                X, y
            )
        assert instances[0].randint(2**31) == instances[1].randint(2**31)

    @pytest.mark.parametrize(
        ("parameters", "call"),
        [
            ({"solver": "sgd", "learning_rate_init": 1e200}, lambda m, y: m.fit(X, y)),
            ({"learning_rate": lambda progress: math.nan}, lambda m, y: m.fit(X, y)),
            (
                {"learning_rate": lambda progress: math.nan},
                lambda m, y: m.partial_fit(X, y, classes=[False, True]),
            ),
            (
                {"early_stopping": True, "scoring": lambda estimator, X, y: "high"},
                lambda m, y: m.fit(X, y),
            ),
            ({}, lambda m, y: m.fit(np.full_like(X, np.nan), y)),
            ({"early_stopping": True, "scoring": interrupt}, lambda m, y: m.fit(X, y)),
        ],
        ids=[
            *("divergence", "learning rate", "partial_fit", "scoring", "data", "something else"),
        ],
    )
    def test_a_call_that_fails_draws_nothing_from_an_instance(self, parameters, call):
        instance = np.random.RandomState(3)
        before = instance.get_state()
        model, y = make("binary", random_state=instance, dropout=0.0, **parameters)
        with pytest.raises((ValueError, ZeroDivisionError)):
            call(model, y)
        after = instance.get_state()
        assert_array_equal(after[1], before[1])
        assert after[2:] == before[2:]

    def test_continuing_draws_from_a_copy(self):
        instance = np.random.RandomState(3)
        model, y = make("binary", random_state=instance, warm_start=True, max_iter=3)
        model.fit(X, y)
        state = instance.get_state()[1].copy()
        model.fit(X, y)
        assert_array_equal(instance.get_state()[1], state)

    def test_an_instance_over_another_bit_generator(self):
        first, second = (np.random.RandomState(np.random.PCG64(3)) for _ in range(2))
        straight, y = make("binary", random_state=first, max_iter=4)
        parts, _ = make("binary", random_state=second, max_iter=2, warm_start=True)
        straight.fit(X, y)
        parts.fit(X, y).fit(X, y)
        assert_array_equal(parts.coefs_[0], straight.coefs_[0])

    def test_numpy_seed_decides_where_random_state_is_none(self):
        losses = []
        for _ in range(2):
            np.random.seed(5)  # noqa: NPY002
            model, y = make("binary", random_state=None, max_iter=3)
            losses.append(model.fit(X, y).loss_)
        assert losses[0] == losses[1]
