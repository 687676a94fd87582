"""The only module that touches scikit-learn's private or version-dependent parts."""

from __future__ import annotations

import copy
import math
import sys
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from html import escape
from inspect import signature
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import sklearn
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
    make_constraint,
)
from sklearn.utils._pprint import _EstimatorPrettyPrinter
from sklearn.utils.metaestimators import available_if as _available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import (
    _assert_all_finite,
    _check_feature_names_in,
    _check_sample_weight,
    _check_y,
    _get_feature_names,
    validate_data,
)

from ._inputs import as_numbers, is_ready, is_surely_numbers, refuse_dates
from ._messages import error_context, warn
from ._restored import EPOCH_LISTS
from ._summary import PACKAGE, documentation_url
from ._types import Array, ArrayLike, Context, DTypeLike, Matrix, MatrixLike

try:
    from sklearn.callback import AutoPropagatedCallback, CallbackSupportMixin, with_callbacks
except ModuleNotFoundError:  # below 1.9
    AutoPropagatedCallback, CallbackSupportMixin, with_callbacks = None, object, None

if TYPE_CHECKING:  # what ``super()`` is in a mixin of estimators
    from sklearn.base import BaseEstimator as MixinBase
else:
    MixinBase = object

Method = TypeVar("Method", bound=Callable[..., Any])

__all__ = [
    "NO_CALLBACKS",
    "CallbackSupport",
    "Diagram",
    "HasMethods",
    "Interval",
    "Options",
    "Persistent",
    "StrOptions",
    "accepts_sample_weight",
    "as_finite",
    "as_fitted",
    "available_if",
    "bare_clone",
    "check_sample_weight",
    "check_y",
    "cross_fitting",
    "effective_n_jobs",
    "input_names",
    "is_first_partial_fit",
    "is_multilabel",
    "is_sparse_multilabel",
    "is_valid_parameter",
    "kind_of_target",
    "last_random_state",
    "managing_callbacks",
    "member_callbacks",
    "n_callbacks",
    "not_shared",
    "optimizer_state",
    "path_of",
    "patience_count",
    "run_in_parallel",
    "take_rows",
    "validate_X",
    "validate_parameters",
    "validate_table",
    "without_callbacks",
    "without_false_alarms",
]


def validate_parameters(estimator: BaseEstimator) -> None:
    """Check the hyperparameters against ``_parameter_constraints``; all must fit into floats.

    Values that are no objects are checked once: partial_fit of one row would take twice as long.
    """
    key = _parameter_key(estimator)
    if key is None or key not in _valid_parameters:
        _check_parameters(estimator)
    if key is not None:
        if len(_valid_parameters) >= MOST_KEYS:
            _valid_parameters.clear()
        _valid_parameters[key] = None


MOST_KEYS = 256
_valid_parameters: dict[tuple[Any, ...], None] = {}  # classes with values that have been checked
_PLAIN = frozenset([str, int, float, bool, type(None)])


def _parameter_key(estimator: BaseEstimator) -> tuple[Any, ...] | None:
    """What the checks depend on; None if there are objects, which change while they stay equal."""
    constraints = type(estimator)._parameter_constraints
    key: list[Any] = [type(estimator), id(constraints)]
    for name in constraints:
        value: Any = getattr(estimator, name, None)
        key.append(type(value))
        if type(value) is tuple or type(value) is list:
            types = tuple(map(type, value))
            if not _PLAIN.issuperset(types):
                return None
            key.append(types)
            value = tuple(value)
        elif type(value) not in _PLAIN:
            return None
        key.append(value)
    return tuple(key)


def _check_parameters(estimator: BaseEstimator) -> None:
    for name in estimator._parameter_constraints:
        value = getattr(estimator, name, None)
        if not isinstance(value, Real):
            continue
        if not _fits_into_a_float(value):
            raise ValueError(f"{name} is beyond the numbers that a float can hold, around 1.8e308.")
        if not isinstance(value, Integral | float | np.generic):
            kind = type(value).__name__
            raise ValueError(f"{name} must not be a {kind}: pass float({value}).")
    estimator._validate_params()


def _fits_into_a_float(value: Real) -> bool:
    try:
        return not math.isinf(float(value)) or value in (math.inf, -math.inf)
    except OverflowError:
        return False


def is_valid_parameter(cls: type[BaseEstimator], name: str, value: object) -> bool:
    """Whether a scikit-learn estimator takes this value of a hyperparameter."""
    constraints = map(make_constraint, cls._parameter_constraints.get(name, []))
    return any(constraint.is_satisfied_by(value) for constraint in constraints)


def is_first_partial_fit(estimator: BaseEstimator, classes: ArrayLike | None) -> bool:
    """Check ``classes``, set ``classes_`` at the first call, and say whether it is the first."""
    with without_false_alarms():
        return bool(_check_partial_fit_first_call(estimator, classes))


def kind_of_target(y: MatrixLike) -> str:
    """scikit-learn's name for what y looks like."""
    with without_false_alarms():
        return str(type_of_target(y))


@contextmanager
def without_false_alarms() -> Iterator[None]:
    """Have scikit-learn not take labels for real numbers because there are many of them.

    Before 1.9 it warns in every function that looks at labels, wherever these come from.
    """
    if with_callbacks is not None:
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%")
        yield


def validate_X(  # noqa: N802
    estimator: BaseEstimator, X: MatrixLike, name: str, *, reset: bool, **checks: Any
) -> Matrix:
    """Return X as an array or a sparse matrix, checked by scikit-learn; errors go by ``name``.

    Dates and the like are refused, and warnings point at the caller's line.
    """
    if not reset and is_ready(X, estimator, checks.get("dtype")):
        return X
    with error_context(name):
        X = as_numbers(X, name)
        if hasattr(X, "columns") and not len(X.columns):
            raise ValueError(
                f"Found a table with 0 feature(s) (shape={X.shape}) while a minimum of 1 is "
                f"required by {type(estimator).__name__}."
            )
        if not reset:
            estimator = _expecting_the_names(estimator, X)
        return validate_data(estimator, X, reset=reset, **checks)


def _expecting_the_names(estimator: BaseEstimator, X: MatrixLike) -> BaseEstimator:
    """The estimator, or after a warning a copy of it, that does not mind if X has names or not."""
    known = getattr(estimator, "feature_names_in_", None)
    names = None if type(X) is np.ndarray else _get_feature_names(X)
    if (names is None) == (known is None):
        return estimator
    kind = type(estimator).__name__
    if names is None:
        warn(f"X does not have valid feature names, but {kind} was fitted with feature names")
    else:
        warn(f"X has feature names, but {kind} was fitted without feature names")
    estimator = copy.copy(estimator)
    vars(estimator).pop("feature_names_in_", None)
    if names is not None:
        estimator.feature_names_in_ = names
    return estimator


def validate_table(estimator: BaseEstimator, X: Any, *, reset: bool) -> Any:
    """Return a data frame as it is, or X as an array of what it holds; names and shape checked.

    Warnings point at the caller's line.
    """
    with error_context("X"):
        is_frame = hasattr(X, "columns") and hasattr(type(X), "dtypes")
        if is_frame and len(set(X.columns)) < len(X.columns):  # refused by scikit-learn from 1.9 on
            raise ValueError(f"Expected unique column names, got {list(X.columns)}.")
        known = getattr(estimator, "feature_names_in_", None)
        if not reset and is_frame and known is not None and known.tolist() == list(X.columns):
            return X  # as scikit-learn would, but sooner
        if not reset:
            estimator = _expecting_the_names(estimator, X)
        if is_frame:
            return validate_data(estimator, X, reset=reset, skip_check_array=True)
        return validate_data(estimator, X, reset=reset, dtype=None, ensure_all_finite=False)


def input_names(estimator: BaseEstimator, names: Any) -> Any:
    """The names of the columns that an estimator was fitted to, checked against those given."""
    return _check_feature_names_in(estimator, names)


def cross_fitting(n_splits: int, *, of_classes: bool, random_state: int) -> dict[str, Any]:
    """The parameters of a TargetEncoder that shuffles the rows before it splits them.

    Those that do it below 1.9 are deprecated from then on.
    """
    if with_callbacks is None:
        return {"cv": n_splits, "shuffle": True, "random_state": random_state}
    splitter = StratifiedKFold if of_classes else KFold
    return {"cv": splitter(n_splits, shuffle=True, random_state=random_state)}


def check_y(y: MatrixLike, *, numeric: bool, estimator: BaseEstimator) -> Matrix:
    """Return y as an array or CSR matrix, finite; ``numeric`` makes numbers of objects."""
    if type(y) is np.ndarray and y.ndim == 1 and len(y) and is_surely_numbers(y):
        return y
    return _check_y(y, multi_output=True, y_numeric=numeric, estimator=estimator)


def as_finite(X: Matrix, dtype: DTypeLike, name: str, estimator: BaseEstimator) -> Matrix:
    """Return an array or CSR matrix in this dtype and in C order, refused if it is not finite."""
    if issparse(X):
        X = X.astype(dtype, copy=False)
        numbers = X.data
    else:
        with error_context(name):
            X = numbers = np.ascontiguousarray(X, dtype)
    _assert_all_finite(numbers, estimator_name=type(estimator).__name__, input_name=name)
    return X


# What scikit-learn says from 1.8 on where it refuses weights of zero, and what is said here.
_ALL_WEIGHTS_ZERO = "Sample weights must contain at least one non-zero number."
_EVERY_ROW_ZERO = "sample_weight gives every row zero weight."


def check_sample_weight(
    sample_weight: ArrayLike | None, X: Matrix, name: str = "sample_weight"
) -> Array | None:
    """Return sample_weight (n,) in the dtype of X, None if it is None.

    The keyword that forbids negative weights changed its name, so that check is ours.
    """
    if sample_weight is None:
        return None
    refuse_dates(sample_weight, name)
    try:
        weight: Array = _check_sample_weight(sample_weight, X, dtype=X.dtype)
    except (TypeError, ValueError, OverflowError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        with error_context(name):
            message = str(error).replace(_ALL_WEIGHTS_ZERO, _EVERY_ROW_ZERO)
            raise kind(message.replace("sample_weight", name)) from error
    if (weight < 0).any():
        raise ValueError(f"Negative values in data passed to `{name}`.")
    if not weight.any():
        raise ValueError(_EVERY_ROW_ZERO.replace("sample_weight", name))
    return weight


def accepts_sample_weight(scorer: Callable[..., Any]) -> bool:
    """Whether a scorer, or the metric that one of scikit-learn's own wraps, takes weights."""
    function = getattr(scorer, "_score_func", scorer)
    return "sample_weight" in signature(function).parameters


def take_rows(values: Any, rows: Array) -> Any:
    """Rows of an array, a sparse matrix or a data frame, by index."""
    return _safe_indexing(values, rows)


def available_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
    """scikit-learn's decorator of the same name; the method keeps its type."""
    decorator: Callable[[Method], Method] = _available_if(check)
    return decorator


# Networks side by side ---------------------------------------------------------------------------


def effective_n_jobs(n_jobs: int | None) -> int:
    """How many tasks run at a time, with scikit-learn's meaning of n_jobs."""
    return int(Parallel(n_jobs=n_jobs)._effective_n_jobs())


def _parallel(n_jobs: int | None) -> Any:
    """One that yields results as they come, if joblib and its backend can."""
    if "return_as" in signature(Parallel).parameters:
        with suppress(ValueError):  # some backends return all results at once
            return Parallel(n_jobs=n_jobs, return_as="generator")
    return Parallel(n_jobs=n_jobs)


def run_in_parallel(
    tasks: Iterable[Callable[[], Any]], n_jobs: int | None
) -> Generator[Any, None, None]:
    """Yield what the tasks return, in their order, as soon as each is done."""
    parallel = _parallel(n_jobs)
    results = parallel(delayed(task)() for task in tasks)
    try:
        for result in results:  # noqa: UP028  # "yield from" would close them before "finally"
            yield result
    finally:
        if hasattr(results, "close"):
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", ".*still being processed by the workers")
                results.close()


# Notebooks -------------------------------------------------------------------------------------


class Diagram(MixinBase):
    """Mixin of an estimator that says more of itself in notebooks than scikit-learn's diagram.

    Its label links to the page of its class, if the package says where its documentation is.
    """

    _doc_link_module = PACKAGE

    @property
    def _doc_link_template(self) -> str | None:
        url = documentation_url()
        return url and url + "/api/generated/{estimator_module}.{estimator_name}.html"

    def _below_diagram(self) -> str:
        """HTML to put there."""
        return ""

    def _shown(self) -> Diagram:
        """The estimator, or a copy whose hyperparameters are shown in place of its own."""
        return self

    def __repr__(self, **kwargs: Any) -> str:
        try:
            return str(super(Diagram, self._shown()).__repr__(**kwargs))
        except Exception:  # whatever the hyperparameters are, and raise
            return _repr_by_parameter(self)

    def _repr_html_inner(self) -> str:
        try:
            diagram: str = super()._repr_html_inner()
        except Exception:
            diagram = f"<pre>{escape(repr(self))}</pre>"
        return diagram + self._below_diagram()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle = {"text/plain": repr(self)}
        if sklearn.get_config()["display"] == "diagram":
            bundle["text/html"] = self._repr_html_inner()
        return bundle


# Where one of these is inside another estimator, both are shown in lines of the same kind.
_EstimatorPrettyPrinter._dispatch[Diagram.__repr__] = _EstimatorPrettyPrinter._pprint_estimator


def _repr_by_parameter(estimator: BaseEstimator) -> str:
    """All hyperparameters in a line, of those that can't be shown the type only."""
    shown = []
    for name, value in vars(estimator).items():
        if name in estimator._get_param_names():
            try:
                text = repr(value)
            except Exception:
                text = f"<{type(value).__name__}>"
            shown.append(f"{name}={text}")
    return f"{type(estimator).__name__}({', '.join(shown)})"


# Pickles ---------------------------------------------------------------------------------------

VERSION = "_skperceptron_version"  # where a pickle has the version that made it


class VersionWarning(InconsistentVersionWarning):
    """Issued when an estimator is unpickled that another version of the package has pickled."""

    def __str__(self) -> str:
        return (
            f"Trying to unpickle estimator {self.estimator_name} from version "
            f"{self.original_sklearn_version} when using version {self.current_sklearn_version} of "
            f"{PACKAGE}. This might lead to breaking code or invalid results: fit the estimator "
            "again, or load it with the version that pickled it."
        )


class Persistent(MixinBase):
    """Mixin of an estimator that knows which version of the package has pickled it."""

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        # Copies and pickles that a callback makes during a fit are not in that fit themselves.
        own = {name: value for name, value in state.items() if name not in IN_FLIGHT}
        # A shallow copy has curves of its own, since training appends to them.
        own |= {name: list(own[name]) for name in EPOCH_LISTS if isinstance(own.get(name), list)}
        return own | {VERSION: sys.modules[PACKAGE].__version__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        current = sys.modules[PACKAGE].__version__
        original = state.get(VERSION, "unknown")
        if original != current:
            warn(
                VersionWarning(
                    estimator_name=type(self).__name__,
                    current_sklearn_version=current,
                    original_sklearn_version=original,
                )
            )
        super().__setstate__({name: state[name] for name in state if name != VERSION})


# Callbacks, from scikit-learn 1.9 on -----------------------------------------------------------

# Where an estimator keeps its callbacks, and what there is during a fit only.
CALLBACKS = "_skl_callbacks"
IN_FLIGHT = ("_callback_fit_ctx", "_skl_callbacks_to_teardown", "_parent_callback_ctx")

# Attributes of an estimator that has none.
NO_CALLBACKS: dict[str, Any] = {CALLBACKS: []}


class CallbackSupport(CallbackSupportMixin):
    """Mixin of an estimator that callbacks can be set on."""

    if with_callbacks is None:

        def set_callbacks(self, *callbacks: object) -> Self:
            """Raise an error: scikit-learn is too old.

            Parameters
            ----------
            *callbacks : callback instances
                The callbacks to set.

            Raises
            ------
            ImportError
                Always, below scikit-learn 1.9.
            """
            raise ImportError(
                "set_callbacks needs scikit-learn 1.9 or newer, which calls the callbacks; this is "
                f"{sklearn.__version__}. verbose=1, or 2 for more, prints each epoch in every "
                "version."
            )


def managing_callbacks(method: Method) -> Method:
    """Have callbacks that were set up in a method torn down at its end, whatever the end."""
    managed: Method = method if with_callbacks is None else with_callbacks(method)
    return managed


def n_callbacks(estimator: BaseEstimator) -> int:
    """How many there are, its own and those that a meta-estimator has handed down."""
    return len(getattr(estimator, CALLBACKS, ()))


def without_callbacks(estimator: BaseEstimator) -> BaseEstimator:
    """Take the callbacks off, which ``clone`` carries over."""
    vars(estimator).pop(CALLBACKS, None)
    return estimator


def bare_clone(estimator: Any) -> Any:
    """A clone without callbacks, on itself and on what is inside: no fit depends on them.

    A fitted estimator that all clones share, as ``init`` has, keeps its own.
    """
    bare = clone(estimator)
    callbacks = [vars(each)[CALLBACKS] for each in _inside(bare) if CALLBACKS in vars(each)]
    if callbacks:
        bare = copy.deepcopy(bare, {id(each): [] for each in callbacks})  # with empty lists
        for each in _inside(bare):
            without_callbacks(each)
    return bare


def _inside(estimator: BaseEstimator) -> list[BaseEstimator]:
    """The estimator, and all others that it has among its parameters, and those have."""
    found = {id(estimator): estimator}
    remaining = [estimator]
    while remaining:
        for each in remaining.pop().get_params(deep=True).values():
            if isinstance(each, BaseEstimator) and id(each) not in found:
                found[id(each)] = each
                remaining.append(each)
    return list(found.values())


def not_shared(cloned: Any, original: Any) -> list[BaseEstimator]:
    """A clone and the estimators in it, without those that ``clone`` shares with the original."""
    shared = {id(each) for each in _inside(original)}
    return [each for each in _inside(cloned) if id(each) not in shared]


class MemberCallbacks:
    """The callbacks of an ensemble, for one of its members.

    Those that scikit-learn propagates see all members in one tree of tasks. All others watch the
    epochs of a network: each member has them as its own.
    """

    def __init__(self, context: Context, others: list[Any]) -> None:
        self._context, self._others = context, others

    def __call__(self, member: BaseEstimator) -> AbstractContextManager[Any]:
        member.set_callbacks(*self._others)
        propagating: AbstractContextManager[Any] = self._context.propagate_callback_context(member)
        return propagating


@contextmanager
def member_callbacks(estimator: BaseEstimator, n: int) -> Iterator[list[MemberCallbacks | None]]:
    """Show the fit of an ensemble to its callbacks; yield what each of ``n`` members needs."""
    if not n_callbacks(estimator):
        yield [None] * n
        return
    callbacks = getattr(estimator, CALLBACKS)
    propagated = [each for each in callbacks if isinstance(each, AutoPropagatedCallback)]
    others = [each for each in callbacks if not isinstance(each, AutoPropagatedCallback)]
    try:
        setattr(estimator, CALLBACKS, propagated)
        root = estimator._init_callback_context(
            task_name="fit", max_subtasks=n, sequential_subtasks=False
        )
    finally:
        setattr(estimator, CALLBACKS, callbacks)
    root.call_on_fit_task_begin(estimator=estimator)
    tasks = [root.subcontext(task_name="network", task_id=i) for i in range(n)]
    yield [MemberCallbacks(task, others) for task in tasks]
    root.call_on_fit_task_end(estimator=estimator)


def path_of(context: Context) -> list[Context]:
    """The contexts of a task, from the outermost task to itself."""
    path = [context]
    while path[0].parent is not None:
        path.insert(0, path[0].parent)
    return path


# What scikit-learn's MLPs keep in private attributes ------------------------------------------


def is_multilabel(estimator: BaseEstimator) -> bool:
    """Whether a fitted scikit-learn MLPClassifier was fitted on an indicator matrix."""
    return bool(estimator._label_binarizer.y_type_.startswith("multilabel"))


def is_sparse_multilabel(estimator: BaseEstimator) -> bool:
    """Whether that matrix was sparse, and predictions are too."""
    return bool(estimator._label_binarizer.sparse_input_)


def optimizer_state(estimator: BaseEstimator) -> tuple[list[list[Array]], int, int] | None:
    """Moments (by moment, then weights before intercepts), steps, and plateaus so far.

    Those of Adam are sums here and means there. None where there are none, or none of these weights
    and this solver: both may have changed since.
    """
    optimizer = getattr(estimator, "_optimizer", None)
    if estimator.solver == "sgd" and isinstance(optimizer, SGDOptimizer):
        moments, n_steps = [optimizer.velocities], 0
    elif estimator.solver == "adam" and isinstance(optimizer, AdamOptimizer):
        sums = [m / (1 - optimizer.beta_1) for m in optimizer.ms]
        squares = [v / (1 - optimizer.beta_2) for v in optimizer.vs]
        moments, n_steps = [sums, squares], optimizer.t
    else:
        return None
    shapes = [np.shape(array) for array in [*estimator.coefs_, *estimator.intercepts_]]
    if any([np.shape(array) for array in moment] != shapes for moment in moments):
        return None
    return moments, n_steps, _n_plateaus(optimizer)


def _n_plateaus(optimizer: SGDOptimizer | AdamOptimizer) -> int:
    """How often an adaptive learning rate has been divided by 5."""
    if getattr(optimizer, "lr_schedule", None) != "adaptive":
        return 0
    return round(math.log(optimizer.learning_rate_init / optimizer.learning_rate, 5))


def last_random_state(estimator: BaseEstimator) -> np.random.RandomState:
    """The generator that the last call drew from, where it left it; a new one if converted."""
    random_state: np.random.RandomState = getattr(
        estimator, "_random_state", check_random_state(estimator.random_state)
    )
    return random_state


def patience_count(estimator: BaseEstimator) -> int:
    """Epochs without an improvement since the last one; 0 after a stop."""
    count = getattr(estimator, "_no_improvement_count", 0)
    return count if count <= estimator.n_iter_no_change else 0


def as_fitted(
    estimator: BaseEstimator, attributes: dict[str, Any], y_for_binarizer: ArrayLike | None
) -> BaseEstimator:
    """Make an unfitted scikit-learn MLP a fitted one, able to predict and to continue."""
    vars(estimator).update(attributes)
    if estimator.best_loss_ is None and estimator.best_validation_score_ is None:
        estimator.best_loss_ = math.inf
    estimator._best_coefs = [coef.copy() for coef in estimator.coefs_]
    estimator._best_intercepts = [intercept.copy() for intercept in estimator.intercepts_]
    estimator._no_improvement_count = 0
    if y_for_binarizer is not None:
        estimator._label_binarizer = LabelBinarizer().fit(y_for_binarizer)
    return estimator
