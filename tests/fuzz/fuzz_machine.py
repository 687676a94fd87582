"""What must hold after every call, whatever the parameters, the data and the calls before it."""

from __future__ import annotations

import copy
import pickle
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.exceptions import (
    ConvergenceWarning,
    DataConversionWarning,
    NotFittedError,
    UndefinedMetricWarning,
)
from sklearn.utils.validation import check_is_fitted

from fuzz_cases import (
    HARMFUL_TARGETS,
    VALIDATION,
    Call,
    Case,
    Interrupt,
    Table,
    make_weight,
    make_X,
    make_y,
)

# What a call may warn of. Anything else, NumPy's RuntimeWarning above all, is a fault.
DOCUMENTED_WARNINGS = {UserWarning, ConvergenceWarning, DataConversionWarning}

# Methods that are absent where a hyperparameter rules them out.
OPTIONAL_METHODS = {"partial_fit", "predict_proba", "predict_log_proba"}

# What an error may be about, beside the hyperparameters.
ARGUMENTS = {
    *("X", "y", "sample_weight", "X_val", "y_val", "sample_weight_val", "classes", "layer"),
    *("coefs_", "intercepts_", "coef_", "intercept_"),
    *(f"batch_norm_{group}_" for group in ("scale", "shift", "mean", "variance")),
}

# Reasons of scikit-learn's own that name no argument, and that its check_estimator asks for.
SAYINGS = re.compile("number of classes has to be greater than one")


@dataclass
class Outcome:
    """What came of a call."""

    value: object = None
    error: Exception | None = None
    warnings: tuple = ()

    @property
    def worked(self) -> bool:
        return self.error is None

    def warned(self, pattern: str) -> bool:
        return any(re.search(pattern, str(w.message)) for w in self.warnings)


def content(given):
    """Equal for data that are equal to the last bit, in whatever container; whatever its caches."""
    if sparse.issparse(given):
        parts = (
            given.data,
            *((given.row, given.col) if given.format == "coo" else (given.indices, given.indptr)),
        )
        return (given.format, given.shape, *map(content, parts))
    if isinstance(given, pd.DataFrame | pd.Series):
        columns = given.columns if isinstance(given, pd.DataFrame) else [given.name]
        return (*map(str, columns), *map(str, given.index), content(given.to_numpy()))
    if isinstance(given, np.ndarray) and given.dtype != object:
        return str(given.dtype), given.shape, given.flags.writeable, given.tobytes()
    return pickle.dumps(given)


class Session:
    """An estimator and its calls, one after another."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.estimator = case.make()
        self.edited = False  # weights are no longer those that a fit has judged
        self.n_epochs: int | None = 0  # on the timeline; None if nobody knows

    def run(self) -> None:
        for call in self.case.calls:
            getattr(self, f"do_{call.what}")(call)

    # Calls -------------------------------------------------------------------------------

    def attempt(self, method: str, *arguments, names: bool = True, **more) -> Outcome:
        """Call a method, and check all that holds for any call.

        ``names`` says whether an error must name an argument.
        """
        estimator = self.estimator
        before, data = pickle.dumps(vars(estimator)), [*map(content, (*arguments, *more.values()))]
        parameters = pickle.dumps(estimator.get_params())
        outcome = attempt(estimator, method, arguments, more)
        unexpected = [w for w in outcome.warnings if w.category not in self.expected(method)]
        if method == "score" and not outcome.worked:
            unexpected = []  # scikit-learn's own, which computes with a y of NaN before refusing it
        assert not unexpected, f"{method} warns of {[str(w) for w in unexpected]}"
        after = [*map(content, (*arguments, *more.values()))]
        assert after == data, f"{method} changed its data"
        assert pickle.dumps(estimator.get_params()) == parameters, f"{method} changed parameters"
        if outcome.error is not None:
            if names:
                self.check_error(outcome.error, method)
            assert pickle.dumps(vars(estimator)) == before, f"{method} failed and left a trace"
        elif method not in ("fit", "partial_fit", "drop_training_state"):
            assert pickle.dumps(vars(estimator)) == before, f"{method} changed the estimator"
        return outcome

    def expected(self, method: str) -> set:
        return DOCUMENTED_WARNINGS | ({UndefinedMetricWarning} if method == "score" else set())

    def check_error(self, error: Exception, method: str) -> None:
        if isinstance(error, NotFittedError):
            assert not self.fitted
            return
        assert isinstance(error, ValueError | TypeError), f"{method}: {error!r}"
        known = {*ARGUMENTS, *self.estimator.get_params()}
        named = known.intersection(re.findall(r"\w+", str(error)))
        assert named or SAYINGS.search(str(error)), f"{method} names no argument: {error!r}"

    @property
    def fitted(self) -> bool:
        try:
            check_is_fitted(self.estimator)
        except NotFittedError:
            return False
        return True

    @property
    def is_network(self) -> bool:
        return self.case.estimator != "PerceptronClassifier"

    def training_arguments(self, table: Table, method: str) -> tuple[tuple, dict]:
        X, y, weight = self.data(table)
        more: dict = {"sample_weight": weight}
        if method == "partial_fit":
            if is_classifier(self.estimator) and table.target not in ("labels", "labels csr"):
                more["classes"] = np.unique(y)
        elif self.is_network and VALIDATION[table.validation]:
            plain = make_X(table, plain=True)[:4]
            with np.errstate(over="ignore"):
                X_val, y_val, weight_val = VALIDATION[table.validation](
                    plain, None if y is None else y[:4], weight
                )
            more |= {"X_val": X_val, "sample_weight_val": weight_val}
            if self.case.estimator != "MLPAutoencoder":
                more["y_val"] = y_val
        return ((X,) if self.case.estimator == "MLPAutoencoder" else (X, y)), more

    def data(self, table: Table):
        return make_X(table), make_y(table, self.case.estimator), make_weight(table)

    def do_fit(self, call: Call) -> Outcome:
        return self.train("fit", self.case.tables[call.table])

    def do_partial_fit(self, call: Call) -> Outcome:
        if not hasattr(self.estimator, "partial_fit"):
            return Outcome()
        return self.train("partial_fit", self.case.tables[call.table])

    def train(self, method: str, table: Table) -> Outcome:
        goes_on = self.fitted and (method == "partial_fit" or bool(self.estimator.warm_start))
        try:
            arguments, more = self.training_arguments(table, method)
        except (IndexError, TypeError, ValueError):  # no such table can be made
            return Outcome()
        outcome = self.attempt(method, *arguments, **more)
        if outcome.worked:
            assert outcome.value is self.estimator
            self.edited = False
            before = self.n_epochs if goes_on else 0
            self.n_epochs = None if before is None else before + self.estimator.n_iter_
            self.check_fitted(table, outcome)
        return outcome

    def do_predict(self, call: Call) -> None:
        X = make_X(self.case.tables[call.table])
        methods = ["predict", "decision_function", "predict_proba", "predict_log_proba"]
        outputs = {}
        for method in [*methods, "transform"]:
            if not hasattr(self.estimator, method):
                # Absent, but for the reason that it says.
                assert (
                    method not in OPTIONAL_METHODS
                    or not is_classifier(self.estimator)
                    or (not self.is_network or "hinge" in str(self.estimator.loss))
                )
                continue
            outcome = self.attempt(method, X)
            assert outcome.worked or method == "predict" or "predict" not in outputs
            if outcome.worked:
                outputs[method] = outcome.value
        self.check_outputs(outputs)
        if "transform" in outputs:
            self.attempt("inverse_transform", outputs["transform"])

    def do_score(self, call: Call) -> None:
        X, y, weight = self.data(self.case.tables[call.table])
        if y is None and self.case.estimator != "MLPAutoencoder":
            return
        self.attempt("score", X, y, sample_weight=weight, names=False)

    def do_hidden(self, call: Call) -> None:
        if self.is_network:
            X = make_X(self.case.tables[call.table])
            for layer in (-1, 0, 5):
                self.attempt("hidden_activations", X, layer)

    def do_show(self, call: Call) -> None:
        assert repr(self.estimator)
        assert self.attempt("_repr_mimebundle_").worked
        if self.is_network and self.fitted:
            # Weights that a user has set are read, and what they can't be is named.
            assert self.attempt("summary").worked or self.edited

    def do_convert(self, call: Call) -> None:
        """To scikit-learn's own and back."""
        if not (hasattr(self.estimator, "to_sklearn") and self.fitted) or self.edited:
            return
        outcome = self.attempt("to_sklearn")
        if not outcome.worked or not self.is_network:  # perceptrons have no way back
            return
        X = make_X(self.case.tables[call.table])
        ours = self.attempt("predict", X)
        if not ours.worked:
            return
        back = type(self.estimator).from_sklearn(outcome.value)
        if not is_classifier(self.estimator):
            with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                others = (outcome.value.predict(X), back.predict(X))
            for other in others:
                assert_allclose(np.ravel(other), np.ravel(ours.value), rtol=1e-3, atol=1e-6)
        elif hasattr(self.estimator, "predict_proba") and not self.estimator.batch_norm:
            # Not the labels: a tie of scores is decided by the last bit.
            assert_allclose(
                attempt(back, "predict_proba", (X,)).value,
                attempt(self.estimator, "predict_proba", (X,)).value,
                rtol=1e-3,
                atol=1e-6,
            )

    def do_set_params(self, call: Call) -> None:
        self.estimator.set_params(**call.arguments)
        if call.arguments.get("solver") == "lbfgs":
            self.n_epochs = None

    def do_drop_training_state(self, call: Call) -> None:
        if self.is_network and self.fitted:
            assert self.attempt("drop_training_state").value is self.estimator
            self.n_epochs = 0 if self.estimator.solver != "lbfgs" else None

    def do_pickle(self, call: Call) -> None:
        self.replace(pickle.loads(pickle.dumps(self.estimator)))

    def do_deepcopy(self, call: Call) -> None:
        self.replace(copy.deepcopy(self.estimator))

    def do_clone(self, call: Call) -> None:
        self.estimator = clone(self.estimator)
        self.edited, self.n_epochs = False, 0

    def replace(self, replacement) -> None:
        """Go on with a copy, once it has turned out to be the same."""
        for table in self.case.tables:
            X = make_X(table)
            for method in ("predict", "decision_function", "predict_proba", "transform"):
                if hasattr(self.estimator, method):
                    one, other = (attempt(e, method, (X,)) for e in (self.estimator, replacement))
                    assert str(one.error) == str(other.error)
                    assert content(one.value) == content(other.value), f"{method} of a copy"
        self.estimator = replacement

    def do_edit(self, call: Call) -> None:
        """Write to the weights, as users do."""
        if not self.fitted:
            return
        name = "coefs_" if self.is_network else "coef_"
        weights = getattr(self.estimator, name)
        first = np.asarray(weights[0] if self.is_network else weights)
        edited = {
            "zeros": lambda: np.zeros_like(first),
            "half": lambda: first / 2,
            "huge": lambda: np.full(first.shape, 1e30),
            "nan": lambda: np.full(first.shape, np.nan),
            "shape": lambda: first[:, :1].repeat(7, axis=1),
            "list": lambda: first.tolist(),
            "integers": lambda: np.ones(first.shape, int),
        }[call.arguments["how"]]()
        setattr(self.estimator, name, [edited, *weights[1:]] if self.is_network else edited)
        self.edited = True

    def do_transplant(self, call: Call) -> None:
        """Give the weights to an estimator that was never fitted, and go on with that."""
        if not self.fitted or self.edited:
            return
        names = ("coefs_", "intercepts_") if self.is_network else ("coef_", "intercept_")
        heir = clone(self.estimator)
        for name in (*names, "classes_"):
            if hasattr(self.estimator, name):
                setattr(heir, name, copy.deepcopy(getattr(self.estimator, name)))
        self.estimator, self.n_epochs, self.edited = heir, 0, True

    def do_interrupt(self, call: Call) -> None:
        """Ctrl-C somewhere in an epoch."""
        if not self.is_network:
            return
        rate = self.estimator.learning_rate
        self.estimator.set_params(learning_rate=Interrupt(call.arguments["position"]))
        self.do_fit(call)
        self.estimator.set_params(learning_rate=rate)

    # Checks ------------------------------------------------------------------------------

    def check_fitted(self, table: Table, outcome: Outcome) -> None:
        """After a fit that has succeeded."""
        estimator = self.estimator
        names = ["coefs_", "intercepts_"] if self.is_network else ["coef_", "intercept_"]
        for name in names:
            arrays = getattr(estimator, name) if self.is_network else [getattr(estimator, name)]
            for array in arrays:
                assert np.isfinite(array).all(), f"{name} is not finite"
        assert estimator.n_features_in_ == table.columns
        assert 0 <= estimator.n_iter_ <= max(1, estimator.max_iter)
        if self.is_network:
            self.check_curves()
        else:
            assert len(estimator.mistakes_curve_) == self.n_epochs
        if not outcome.warned("interrupted"):
            self.check_finite_outputs(table)

    def check_curves(self) -> None:
        estimator = self.estimator
        if self.n_epochs is not None and estimator.solver != "lbfgs":
            assert len(estimator.loss_curve_) == self.n_epochs
        for name in ("learning_rate_curve_", "validation_loss_curve_", "validation_scores_"):
            curve = getattr(estimator, name)
            if curve is not None and estimator.solver != "lbfgs":
                assert estimator.n_iter_ <= len(curve) <= len(estimator.loss_curve_), name
        assert np.isfinite(estimator.loss_curve_).all()
        assert estimator.loss_ == (estimator.loss_curve_[-1] if estimator.loss_curve_ else None)
        watched = estimator.early_stopping and estimator.validation_scores_ is not None
        if watched and estimator.solver != "lbfgs":
            assert estimator.best_loss_ is None

    def check_finite_outputs(self, table: Table) -> None:
        X, weight = make_X(table), make_weight(table)
        counts = slice(None) if weight is None else np.broadcast_to(weight, table.rows) > 0
        for method in ("predict", "decision_function", "predict_proba", "transform"):
            if not hasattr(self.estimator, method):
                continue
            outcome = attempt(self.estimator, method, (X,))
            assert outcome.worked, f"{method} of the rows trained on: {outcome.error!r}"
            value = outcome.value
            if method == "transform":
                value = self.estimator.inverse_transform(value)
            value = value.toarray() if sparse.issparse(value) else value
            if value.dtype.kind == "f":
                assert np.isfinite(value[counts]).all(), f"{method} is not finite"

    def check_outputs(self, outputs: dict) -> None:
        """Those of one X, by method."""
        if self.edited or not is_classifier(self.estimator) or "predict" not in outputs:
            return
        predicted = outputs["predict"]
        if "predict_proba" not in outputs:
            return
        proba, log_proba = outputs["predict_proba"], outputs["predict_log_proba"]
        assert not np.isnan(proba).any()
        assert not np.isnan(log_proba).any()
        assert ((proba >= 0) & (proba <= 1)).all()
        assert (log_proba <= 0).all()
        places = 1e-5 if proba.dtype == np.float32 else 1e-12
        assert_allclose(np.exp(log_proba), proba, atol=places)
        if np.ndim(predicted) == 1:
            assert_allclose(proba.sum(axis=1), 1, atol=places)
            codes = np.searchsorted(self.estimator.classes_, predicted)
            assert_array_equal(self.estimator.classes_[codes], predicted)
            chosen = proba[np.arange(len(proba)), codes]
            assert (chosen >= proba.max(axis=1, initial=0) - places).all()


def attempt(estimator, method: str, arguments: tuple, more: dict | None = None) -> Outcome:
    """Call a method and return what comes of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value, error = getattr(estimator, method)(*arguments, **more or {}), None
        except Exception as raised:
            value, error = None, raised
    return Outcome(value, error, tuple(caught))


# The one timeline ------------------------------------------------------------------------------

N_EPOCHS = 3
# Containers of the same numbers, of which a fit makes the same.
SAME_NUMBERS = {"fortran", "strided", "read-only", "list", "object", "frame"}
STATE = [
    *("coefs_", "intercepts_", "coef_", "intercept_", "batch_norm_scale_", "batch_norm_shift_"),
    *("batch_norm_mean_", "batch_norm_variance_", "loss_curve_", "learning_rate_curve_"),
    *("validation_loss_curve_", "validation_scores_", "mistakes_curve_", "t_", "best_loss_"),
    *("best_validation_score_", "loss_"),
]


def state_of(estimator) -> dict:
    return {name: pickle.dumps(getattr(estimator, name, None)) for name in STATE}


def has_timeline(estimator) -> bool:
    """Whether the one timeline is promised: see docs/guide/promises.md."""
    if hasattr(estimator, "solver"):
        return isinstance(estimator.solver, str) and estimator.solver != "lbfgs"
    return estimator.penalty in (None, "l2") and estimator.algorithm != "pocket"


def compare_walks(case: Case) -> None:
    """Train in one go, and in several ways of many: the same numbers, or the same error."""
    session = Session(case)
    estimator = session.estimator
    parameters = {"max_iter": N_EPOCHS, "warm_start": False}
    if session.is_network:
        parameters |= {"schedule_epochs": N_EPOCHS}
    else:
        parameters |= {"tol": None}
    if estimator.random_state is None:  # everybody's, and so another one at each call
        parameters["random_state"] = 0
    estimator.set_params(**parameters)
    table = case.tables[0]
    try:
        arguments, more = session.training_arguments(table, "fit")
    except (IndexError, TypeError, ValueError):
        return
    at_once = attempt(clone(estimator), "fit", arguments, more)
    compare_containers(estimator, at_once, session, table)
    if not has_timeline(estimator):
        return
    n_epochs = at_once.value.n_iter_ if at_once.worked else N_EPOCHS
    walked = Outcome(clone(estimator).set_params(warm_start=True, max_iter=1))
    for _ in range(n_epochs):
        walked = attempt(pickle.loads(pickle.dumps(walked.value)), "fit", arguments, more)
        if not walked.worked:
            break
    assert_same_end(at_once, walked)
    if at_once.worked and not estimator.early_stopping and hasattr(estimator, "partial_fit"):
        compare_partial_fits(estimator, at_once, session, table)


def compare_partial_fits(estimator, at_once: Outcome, session: Session, table: Table) -> None:
    arguments, more = session.training_arguments(table, "partial_fit")
    if getattr(estimator, "class_weight", None) == "balanced":
        return
    walked = Outcome(clone(estimator))
    for _ in range(at_once.value.n_iter_):
        walked = attempt(walked.value, "partial_fit", arguments, more)
    if session.is_network:  # partial_fit records no curve of them
        walked.value.validation_loss_curve_ = at_once.value.validation_loss_curve_
    assert_same_end(at_once, walked)


def compare_containers(estimator, at_once: Outcome, session: Session, table: Table) -> None:
    """The numbers count, not what they come in."""
    if (
        table.form not in SAME_NUMBERS
        or table.target in HARMFUL_TARGETS
        or table.validation != "none"
    ):
        return
    _, y, weight = session.data(table)
    X = make_X(table, plain=True)
    arguments = (X,) if session.case.estimator == "MLPAutoencoder" else (X, y)
    other = attempt(clone(estimator), "fit", arguments, {"sample_weight": weight})
    assert_same_end(at_once, other)


def assert_same_end(one: Outcome, other: Outcome) -> None:
    assert str(one.error) == str(other.error)
    if one.worked:
        ours, theirs = state_of(one.value), state_of(other.value)
        differing = [name for name in STATE if ours[name] != theirs[name]]
        assert not differing, f"{differing} differ"


@contextmanager
def of_case(case: Case):
    """Have failures say how to repeat them."""
    try:
        yield
    except BaseException as error:
        module = "fuzz_cases" if type(case) is Case else "fuzz_tables"
        error.add_note(f"from {module} import *\n{case!r}")
        raise
