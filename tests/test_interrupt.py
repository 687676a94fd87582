"""Ctrl-C: usable weights, attributes that say what there is, and training that goes on."""

import math
import pickle
import signal
import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from helpers.interrupts import interrupt_call, interrupted
from helpers.processes import run_python
from helpers.unchanged import unchanged
from helpers.weights import assert_same_weights
from skperceptron import (
    MLPAutoencoder,
    MLPClassifier,
    MLPRegressor,
    PerceptronClassifier,
    _base,
    _perceptron,
    _run,
)
from skperceptron._core.losses import SquaredError
from skperceptron._core.objective import Objective

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 4))
Y = (X[:, 0] > 0).astype(int)
CURVES = {"loss_curve_", "learning_rate_curve_", "validation_loss_curve_", "validation_scores_"}
every_estimator = pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
early_or_not = pytest.mark.parametrize("early_stopping", [False, True])


class CtrlC:
    """A constant learning rate; the key is hit once, when it is asked for at some epoch."""

    def __init__(self, epoch, rate=0.01):
        self.epoch, self.rate, self.hit = epoch, rate, False

    def __call__(self, progress):
        if progress >= self.epoch and not self.hit:
            self.hit = True
            signal.raise_signal(signal.SIGINT)
        return self.rate


def assert_usable(model):
    assert all(np.isfinite(w).all() for w in model.coefs_ + model.intercepts_)
    assert np.isfinite(model.predict(X)).all()
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


class TestSignal:
    @every_estimator
    @early_or_not
    def test_in_an_epoch_leaves_the_epochs_before_it(self, estimator, early_stopping):
        parameters = {"early_stopping": early_stopping, "batch_size": 20, "random_state": 0}
        model = estimator(learning_rate=CtrlC(3.3), warm_start=True, **parameters)
        with interrupted:
            model.fit(X, Y)
        assert model.n_iter_ == len(model.loss_curve_) == 3
        assert model.t_ == 3 * (108 if early_stopping else 120)
        assert_usable(model)
        undisturbed = estimator(learning_rate=CtrlC(math.inf), max_iter=3, **parameters).fit(X, Y)
        assert model.loss_curve_ == undisturbed.loss_curve_
        assert model.validation_scores_ == undisturbed.validation_scores_
        if early_stopping:  # the best weights are those of an epoch's end
            assert_array_equal(model.coefs_[0], undisturbed.coefs_[0])
        model.set_params(max_iter=2).fit(X, Y)
        assert len(model.loss_curve_) == 5

    @every_estimator
    def test_at_any_time(self, estimator):
        """From another thread, as the operating system does: wherever training happens to be."""
        for delay in (0.001, 0.02, 0.05):
            model = estimator((30,), max_iter=10**6, tol=0, n_iter_no_change=math.inf)
            timer = threading.Timer(delay, signal.raise_signal, [signal.SIGINT])
            first_epoch = CtrlC(math.inf)
            model.set_params(learning_rate=lambda p, e=first_epoch, t=timer: start(t) or e(p))
            try:
                with interrupted:
                    model.fit(X, Y)
            finally:
                timer.cancel()  # or it would interrupt another test
                timer.join()
            assert abs(model.n_iter_ - len(model.loss_curve_)) <= 1
            assert all(np.isfinite(w).all() for w in model.coefs_ + model.intercepts_)


def start(timer):
    """Start a timer that has not been."""
    if timer.ident is None:
        timer.start()


class TestLbfgs:
    def interrupt_at(self, evaluation, monkeypatch):
        ctrl_c = lambda: signal.raise_signal(signal.SIGINT)  # noqa: E731
        interrupt_call(monkeypatch, Objective, "value_and_gradient", evaluation, ctrl_c)

    @every_estimator
    @pytest.mark.parametrize("evaluation", [1, 2, 9])
    def test_leaves_the_last_iteration(self, estimator, evaluation, monkeypatch):
        model = estimator((5,), solver="lbfgs", random_state=0, warm_start=True)
        with monkeypatch.context() as patch, interrupted:
            self.interrupt_at(evaluation, patch)
            model.fit(X, Y, X_val=X[:9], y_val=Y[:9])
        n_iter = model.n_iter_
        assert n_iter == len(model.loss_curve_) == len(model.validation_loss_curve_) < evaluation
        assert_usable(model)
        if n_iter:
            undisturbed = clone(model).set_params(max_iter=n_iter).fit(X, Y)
            assert_array_equal(model.coefs_[0], undisturbed.coefs_[0])
        model.fit(X, Y)
        assert len(model.loss_curve_) == n_iter + model.n_iter_


class TestBeforeTheFirstEpochEnds:
    @every_estimator
    @early_or_not
    @pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
    def test_there_are_no_numbers_yet(self, estimator, early_stopping, solver, monkeypatch):
        interrupt_call(monkeypatch, Objective, "value_and_gradient", 1)
        early_stopping = early_stopping and solver != "lbfgs"
        with interrupted:
            model = estimator(solver=solver, early_stopping=early_stopping).fit(X, Y)
        assert_usable(model)
        assert (model.n_iter_, model.t_) == (0, 0)
        assert (model.loss_, model.best_loss_, model.best_validation_score_) == (None,) * 3
        empty = {"loss_curve_"}
        if solver == "sgd":
            empty |= {"learning_rate_curve_"}
        if early_stopping:
            empty |= {"validation_loss_curve_", "validation_scores_"}
        for name in CURVES:
            assert getattr(model, name) == ([] if name in empty else None), name


class InterruptedWhileDiverging:
    """A loss that the key is hit in after some batches, when the weights are no numbers."""

    def __init__(self, batch):
        self.batch = batch

    def values_and_gradient(self, scores, y):
        self.batch -= 1
        if self.batch == 0:
            raise KeyboardInterrupt
        return SquaredError().values_and_gradient(scores, y)


class TestWhileTrainingDiverges:
    PARAMETERS = {"solver": "sgd", "batch_size": 10, "random_state": 0}

    def test_is_divergence_and_leaves_the_estimator_as_it_was(self):
        model = MLPRegressor((4,), loss=InterruptedWhileDiverging(9), **self.PARAMETERS)
        with pytest.raises(ValueError, match=r"diverged in epoch 1: .*Lower learning_rate_init"):
            model.set_params(learning_rate_init=1e200).fit(X, X[:, 0])
        assert not hasattr(model, "coefs_")

    def test_keeps_the_best_weights_under_early_stopping(self):
        model = MLPRegressor((4,), early_stopping=True, warm_start=True, **self.PARAMETERS)
        model.set_params(max_iter=2, scoring="r2").fit(X, X[:, 0])
        best = [w.copy() for w in model.coefs_]
        model.set_params(loss=InterruptedWhileDiverging(9), learning_rate_init=1e200)
        with pytest.warns(UserWarning, match="diverged in epoch 3.* best weights so far are kept"):
            model.fit(X, X[:, 0])
        assert_array_equal(model.coefs_[0], best[0])
        assert_usable(model)


class CtrlCInACallback:
    """The key is hit in one of the methods; at the end of the fit, not of an epoch."""

    def __init__(self, where):
        self.where = where

    def hit(self, where):
        if where == self.where:
            raise KeyboardInterrupt

    def setup(self, estimator, context):
        self.hit("setup")

    def teardown(self, estimator, context):
        self.hit("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.hit("begin")

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        if metadata.record is None:
            self.hit("end")


@pytest.mark.parametrize(
    "model",
    [
        MLPClassifier((3,), max_iter=2, random_state=0),
        MLPRegressor((3,), max_iter=2, random_state=0, solver="lbfgs"),
        MLPAutoencoder((3,), max_iter=2, random_state=0),
        PerceptronClassifier(max_iter=2),
    ],
    ids=lambda model: type(model).__name__,
)
class TestOutsideOfTraining:
    """Before it starts there is nothing to keep; when it has ended there is."""

    def fit(self, model):
        return model.fit(X) if isinstance(model, MLPAutoencoder) else model.fit(X, Y)

    def assert_unchanged(self, model):
        for fitted in (False, True):
            if fitted:
                callbacks = model.__dict__.pop("_skl_callbacks", None)
                self.fit(model)
                if callbacks:
                    model.set_callbacks(*callbacks)
            with unchanged(model), pytest.raises(KeyboardInterrupt):
                self.fit(model)

    @pytest.mark.parametrize("where", ["setup", "begin", "teardown"])
    def test_in_a_callback(self, model, where):
        pytest.importorskip("sklearn.callback")
        self.assert_unchanged(clone(model).set_callbacks(CtrlCInACallback(where)))

    @pytest.mark.parametrize("name", ["check_weights", "callback_runner", "build", "publish"])
    def test_in_fit_itself(self, model, name, monkeypatch):
        owner = _perceptron if isinstance(model, PerceptronClassifier) else _base
        owner, name = {
            (_base, "check_weights"): (_base, "check_total_weight"),
            (_perceptron, "check_weights"): (_perceptron, "check_sample_weight"),
            (_base, "build"): (_run, "training_network"),
            (_perceptron, "build"): (PerceptronClassifier, "_trainer"),
            (_perceptron, "publish"): (PerceptronClassifier, "_publish"),
        }.get((owner, name), (owner, name))
        original, armed = getattr(owner, name), True

        def hit(*args, **kwargs):
            if armed:
                raise KeyboardInterrupt
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, hit)
        model = clone(model)
        with pytest.raises(KeyboardInterrupt):
            self.fit(model)
        assert vars(model) == vars(clone(model))
        armed = False
        self.fit(model)
        armed = True
        with unchanged(model), pytest.raises(KeyboardInterrupt):
            self.fit(model)

    def test_at_the_end_of_the_fit(self, model):
        pytest.importorskip("sklearn.callback")
        expected = self.fit(clone(model))
        model = clone(model).set_callbacks(CtrlCInACallback("end"))
        with interrupted:
            self.fit(model)
        assert_same_weights(model, expected)
        assert model.n_iter_ == expected.n_iter_


class TestWhereTheParentIgnoresCtrlC:
    """As a shell has it for what runs in its background."""

    def test_tests_do_not(self):
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_nor_do_processes_that_tests_start(self):
        code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
        assert run_python(code) == "True"
