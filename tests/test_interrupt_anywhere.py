"""Ctrl-C at any bytecode of a fit: nothing has changed, or complete epochs alone count."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

import skperceptron
from skperceptron import (
    MLPAutoencoder,
    MLPClassifier,
    MLPRegressor,
    PerceptronClassifier,
    _blas_threads,
)
from skperceptron._core import kernels

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PACKAGE = str(Path(skperceptron.__file__).parent)

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 2))
Y = np.tile([0, 1], 6)
N_EPOCHS = 3
LOCKS = [kernels._counting, kernels._working, _blas_threads._lock]
MLP = {"hidden_layer_sizes": (2,), "batch_size": 6, "max_iter": N_EPOCHS, "random_state": 0}

ESTIMATORS = {
    "adam": MLPClassifier(**MLP),
    "sgd": MLPRegressor(solver="sgd", learning_rate="adaptive", **MLP),
    "early stopping": MLPClassifier(early_stopping=True, validation_fraction=0.2, **MLP),
    "lbfgs": MLPClassifier(solver="lbfgs", **MLP | {"batch_size": "auto"}),
    "autoencoder": MLPAutoencoder(**MLP),
    "averaged": PerceptronClassifier(algorithm="averaged", max_iter=N_EPOCHS, tol=None),
    "pocket": PerceptronClassifier(algorithm="pocket", max_iter=N_EPOCHS, tol=None),
    "penalised": PerceptronClassifier(penalty="l1", max_iter=N_EPOCHS, tol=None),
}


class Interrupting:
    """Runs a function, and raises KeyboardInterrupt before its n-th bytecode in the package."""

    def __init__(self, at=None, everywhere=False):
        self.at, self.everywhere, self.n_seen = at, everywhere, 0
        self.places = {}  # the first and the last time that each was seen

    def __call__(self, function):
        before = sys.gettrace()
        sys.settrace(self.trace)
        try:
            # Where a block ends, a trace comes before __exit__, which a signal does not. So what
            # is put back there stays, until the end of this block.
            with np.errstate():
                return function()
        finally:
            sys.settrace(before)
            held = [lock for lock in LOCKS if lock._is_owned()]
            assert not held, "other threads would wait for ever"

    def trace(self, frame, event, argument):
        if not (self.everywhere or frame.f_code.co_filename.startswith(PACKAGE)):
            return self.trace
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.n_seen += 1
            first, _ = self.places.get((frame.f_code, frame.f_lasti), (self.n_seen, None))
            self.places[frame.f_code, frame.f_lasti] = first, self.n_seen
            if self.n_seen == self.at:
                raise KeyboardInterrupt
        return self.trace


def call(model, how):
    if isinstance(model, MLPAutoencoder):
        return model.partial_fit(X) if how == "partial_fit" else model.fit(X)
    if how != "partial_fit":
        return model.fit(X, Y)
    if isinstance(model, MLPRegressor):
        return model.partial_fit(X, Y)
    return model.partial_fit(X, Y, classes=[0, 1])


def curve(model):
    return getattr(model, "loss_curve_", None) or getattr(model, "mistakes_curve_", [])


def position(model):
    """What says how far a fit has come, apart from weights, moments and streams."""
    names = "n_iter_ t_ loss_curve_ learning_rate_curve_ validation_scores_ mistakes_curve_ "
    names += "best_loss_ best_validation_score_"
    told = {name: getattr(model, name, None) for name in names.split()}
    if isinstance(model, PerceptronClassifier):
        return told
    state = model._training_state
    counts = ("n_epochs", "n_samples_seen", "n_plateaus", "n_no_improvement", "best")
    order = None if state.permutation is None else state.permutation.tolist()
    return told | {name: getattr(state, name) for name in counts} | {"permutation": order}


def exact_weights(model):
    """The weights that are those of the last complete epoch."""
    if isinstance(model, PerceptronClassifier):
        return [model.coef_, model.intercept_]
    whole = model.solver == "lbfgs" or (model.early_stopping and model.n_iter_ > 0)
    return model.coefs_ + model.intercepts_ if whole else []


class Case:
    """A call that goes on from an earlier one, or not, and what k epochs of it come to."""

    def __init__(self, name, how):
        self.model, self.how = clone(ESTIMATORS[name]), how
        if how != "fit":
            self.model.set_params(warm_start=True)
            call(self.model, "fit" if how == "warm fit" else how)
        self.expected = {0: None} if how == "fit" else {}
        for k in range(1, N_EPOCHS + 1):
            model = self.copy()
            if how != "partial_fit":
                model.set_params(max_iter=k)
            call(model, how)
            self.expected[model.n_iter_] = model

    def copy(self):
        model = clone(self.model)
        vars(model).update(vars(self.model))
        return model

    def places(self, n, **where):
        """So many of the times when an interruption may come: first and last of each place."""
        for _ in range(2):  # the first call may find caches empty
            interrupting = Interrupting(**where)
            interrupting(lambda: call(self.copy(), self.how))
        times = sorted({time for both in interrupting.places.values() for time in both})
        assert len(times) > 500
        return [times[i] for i in np.linspace(0, len(times) - 1, min(n, len(times))).astype(int)]

    def check(self, at, **where):
        model = self.copy()
        before = dict(vars(model))
        raised = False
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            interrupting = Interrupting(at, **where)
            try:
                interrupting(lambda: call(model, self.how))
            except KeyboardInterrupt:
                raised = True
        if interrupting.n_seen < at:  # calls differ by a few: a cache is filled, garbage collected
            return
        told = any("interrupted by user" in str(each.message) for each in caught)
        after = vars(model)
        if raised and after.keys() == before.keys() and all(after[k] is before[k] for k in before):
            return
        # At the very end all is done, and somebody else may have raised it.
        assert told or raised, at
        n_iter = model.n_iter_
        assert not raised or n_iter == max(self.expected), at
        if n_iter == 0:
            assert len(curve(model)) == (len(curve(self.model)) if self.how != "fit" else 0), at
        else:
            assert position(model) == position(self.expected[n_iter]), at
            for one, other in zip(
                exact_weights(model), exact_weights(self.expected[n_iter]), strict=True
            ):
                assert_array_equal(one, other)
        use = model.transform if isinstance(model, MLPAutoencoder) else model.predict
        assert np.isfinite(use(X)).all()
        n_before = len(curve(model))
        call(model.set_params(warm_start=True, max_iter=1), self.how)
        assert len(curve(model)) == n_before + 1


CASES = [
    (name, how)
    for name, estimator in ESTIMATORS.items()
    for how in ("fit", "warm fit", "partial_fit")
    if how != "partial_fit" or name not in ("lbfgs", "early stopping")
]
every_case = pytest.mark.parametrize(("name", "how"), CASES)


@every_case
def test_some_bytecodes(name, how):
    case = Case(name, how)
    for at in case.places(5):
        case.check(at)


@every_case
@pytest.mark.slow
def test_bytecodes_of_the_package(name, how):
    case = Case(name, how)
    for at in case.places(100):
        case.check(at)


@every_case
@pytest.mark.slow
def test_bytecodes_of_others_too(name, how):
    case = Case(name, how)
    for at in case.places(40, everywhere=True):
        case.check(at, everywhere=True)
