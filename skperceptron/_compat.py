"""The only module that touches scikit-learn's private or version-dependent parts."""

from __future__ import annotations

from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from threading import Lock

import numpy as np
import scipy
import sklearn
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
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
from sklearn.utils.multiclass import _check_partial_fit_first_call
from sklearn.utils.parallel import _get_threadpool_controller
from sklearn.utils.validation import _assert_all_finite, _check_sample_weight, _check_y

from ._summary import PACKAGE, documentation_url

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ModuleNotFoundError:  # below 1.9
    CallbackSupportMixin, with_callbacks = object, None

__all__ = [
    "NO_CALLBACKS",
    "CallbackSupport",
    "Diagram",
    "HasMethods",
    "Interval",
    "Options",
    "StrOptions",
    "accepts_sample_weight",
    "as_finite",
    "as_fitted",
    "check_sample_weight",
    "check_y",
    "is_first_partial_fit",
    "is_multilabel",
    "is_sparse_multilabel",
    "is_valid_parameter",
    "last_random_state",
    "managing_callbacks",
    "n_callbacks",
    "optimizer_state",
    "path_of",
    "patience_count",
    "scipy_on_one_thread",
    "take_rows",
    "transport",
    "validate_parameters",
    "without_callbacks",
]


def validate_parameters(estimator: BaseEstimator) -> None:
    """Check the hyperparameters against ``_parameter_constraints``."""
    estimator._validate_params()


def is_valid_parameter(cls: type, name: str, value) -> bool:
    """Whether a scikit-learn estimator takes this value of a hyperparameter."""
    constraints = map(make_constraint, cls._parameter_constraints.get(name, []))
    return any(constraint.is_satisfied_by(value) for constraint in constraints)


def is_first_partial_fit(estimator: BaseEstimator, classes) -> bool:
    """Check ``classes``, set ``classes_`` at the first call, and say whether it is the first."""
    return _check_partial_fit_first_call(estimator, classes)


def check_y(y, *, numeric: bool, estimator: BaseEstimator):
    """Return y as an array or CSR matrix, finite; ``numeric`` makes numbers of objects."""
    return _check_y(y, multi_output=True, y_numeric=numeric, estimator=estimator)


def as_finite(X, dtype, name: str, estimator: BaseEstimator):
    """Return an array or CSR matrix in this dtype and in C order, refused if it is not finite."""
    if issparse(X):
        X = X.astype(dtype, copy=False)
        numbers = X.data
    else:
        X = numbers = np.ascontiguousarray(X, dtype)
    _assert_all_finite(numbers, estimator_name=type(estimator).__name__, input_name=name)
    return X


def check_sample_weight(
    sample_weight, X: np.ndarray, name: str = "sample_weight"
) -> np.ndarray | None:
    """Return sample_weight (n,) in the dtype of X, None if it is None.

    The keyword that forbids negative weights changed its name, so that check is ours.
    """
    if sample_weight is None:
        return None
    try:
        sample_weight = _check_sample_weight(sample_weight, X, dtype=X.dtype)
    except ValueError as error:
        message = str(error).replace("sample_weight", name)
        raise ValueError(message if name in message else f"{name}: {message}") from error
    if (sample_weight < 0).any():
        raise ValueError(f"Negative values in data passed to `{name}`.")
    if not sample_weight.any():
        raise ValueError(f"All values in `{name}` are zero: there is nothing to fit.")
    return sample_weight


def accepts_sample_weight(scorer) -> bool:
    """Whether a scorer, or the metric that one of scikit-learn's own wraps, takes weights."""
    function = getattr(scorer, "_score_func", scorer)
    return "sample_weight" in signature(function).parameters


def take_rows(values, rows: np.ndarray):
    """Rows of an array, a sparse matrix or a data frame, by index."""
    return _safe_indexing(values, rows)


# Threads ---------------------------------------------------------------------------------------

_lock = Lock()
_n_on_one_thread = 0
_limit = None


@contextmanager
def scipy_on_one_thread():
    """Have the BLAS that comes with scipy use one thread, if it is not the one that NumPy uses.

    The threads of both wait for work by spinning: on cores that they have to share, a program that
    goes from one to the other takes two to three times as long. The limit holds for the process,
    as long as anybody is in here.
    """
    global _n_on_one_thread, _limit
    with _lock:
        if _n_on_one_thread == 0:
            _limit = _blas_of_scipy().limit(limits=1)
        _n_on_one_thread += 1
    try:
        yield
    finally:
        with _lock:
            _n_on_one_thread -= 1
            if _n_on_one_thread == 0:
                _limit.restore_original_limits()


def _blas_of_scipy():
    """What controls the threads of the BLAS in scipy's own folders, if there is one."""
    controller = _get_threadpool_controller()
    package = Path(scipy.__file__).resolve().parent
    folders = (package, package.with_name("scipy.libs"))
    paths = [library.filepath for library in controller.lib_controllers]
    own = [path for path in paths if not set(folders).isdisjoint(Path(path).parents)]
    return controller.select(filepath=own)


# Notebooks -------------------------------------------------------------------------------------


class Diagram:
    """Mixin of an estimator that says more of itself in notebooks than scikit-learn's diagram.

    Its label links to the page of its class, if the package says where its documentation is.
    """

    _doc_link_module = PACKAGE

    @property
    def _doc_link_template(self):
        url = documentation_url()
        return url and url + "/api/generated/{estimator_module}.{estimator_name}.html"

    def _below_diagram(self) -> str:
        """HTML to put there."""
        return ""

    def _repr_html_inner(self):
        return super()._repr_html_inner() + self._below_diagram()

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += self._below_diagram()
        return bundle


# Callbacks, from scikit-learn 1.9 on -----------------------------------------------------------

# Where an estimator keeps its callbacks, and what there is during a fit only.
CALLBACKS = "_skl_callbacks"
IN_FLIGHT = ("_callback_fit_ctx", "_skl_callbacks_to_teardown", "_parent_callback_ctx")

# Attributes of an estimator that has none.
NO_CALLBACKS: dict = {CALLBACKS: []}


class CallbackSupport(CallbackSupportMixin):
    """Mixin of an estimator that callbacks can be set on."""

    if with_callbacks is None:

        def set_callbacks(self, *callbacks):
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

    def __getstate__(self):
        """Copies and pickles made during a fit, by a callback, are not in it themselves."""
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name not in IN_FLIGHT}


def managing_callbacks(method):
    """Have callbacks that were set up in a method torn down at its end, whatever the end."""
    return method if with_callbacks is None else with_callbacks(method)


def n_callbacks(estimator: BaseEstimator) -> int:
    """How many there are, its own and those that a meta-estimator has handed down."""
    return len(getattr(estimator, CALLBACKS, ()))


def without_callbacks(estimator: BaseEstimator) -> BaseEstimator:
    """Take the callbacks off, which ``clone`` carries over."""
    vars(estimator).pop(CALLBACKS, None)
    return estimator


def path_of(context) -> list:
    """The contexts of a task, from the outermost task to itself."""
    path = [context]
    while path[0].parent is not None:
        path.insert(0, path[0].parent)
    return path


def transport():
    """scikit-learn's module that takes a callback's messages from process to process."""
    from sklearn.callback import _transport

    return _transport


# What scikit-learn's MLPs keep in private attributes ------------------------------------------


def is_multilabel(estimator) -> bool:
    """Whether a fitted scikit-learn MLPClassifier was fitted on an indicator matrix."""
    return estimator._label_binarizer.y_type_.startswith("multilabel")


def is_sparse_multilabel(estimator) -> bool:
    """Whether that matrix was sparse, and predictions are too."""
    return estimator._label_binarizer.sparse_input_


def optimizer_state(estimator) -> tuple[list[list[np.ndarray]], int, float] | None:
    """Moments (by moment, then weights before intercepts), steps and learning rate.

    Those of Adam are sums here and means there.
    """
    optimizer = getattr(estimator, "_optimizer", None)
    if isinstance(optimizer, SGDOptimizer):
        return [optimizer.velocities], 0, optimizer.learning_rate
    if isinstance(optimizer, AdamOptimizer):
        sums = [m / (1 - optimizer.beta_1) for m in optimizer.ms]
        squares = [v / (1 - optimizer.beta_2) for v in optimizer.vs]
        return [sums, squares], optimizer.t, optimizer.learning_rate_init
    return None


def last_random_state(estimator) -> np.random.RandomState:
    """The generator that the last call drew from, where it left it; a new one if converted."""
    return getattr(estimator, "_random_state", check_random_state(estimator.random_state))


def patience_count(estimator) -> int:
    """Epochs without an improvement since the last one; 0 after a stop."""
    count = getattr(estimator, "_no_improvement_count", 0)
    return count if count <= estimator.n_iter_no_change else 0


def as_fitted(estimator, attributes: dict, y_for_binarizer) -> BaseEstimator:
    """Make an unfitted scikit-learn MLP a fitted one, able to predict and to continue."""
    vars(estimator).update(attributes)
    estimator._best_coefs = [coef.copy() for coef in estimator.coefs_]
    estimator._best_intercepts = [intercept.copy() for intercept in estimator.intercepts_]
    estimator._no_improvement_count = 0
    if y_for_binarizer is not None:
        estimator._label_binarizer = LabelBinarizer().fit(y_for_binarizer)
    return estimator
