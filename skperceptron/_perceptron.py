"""PerceptronClassifier."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from numbers import Integral, Real
from time import perf_counter
from typing import Any, Self, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted

from ._blas_threads import with_few_threads
from ._callback_runner import CallbackData, callback_runner
from ._compat import (
    CallbackSupport,
    Diagram,
    Interval,
    Persistent,
    StrOptions,
    check_sample_weight,
    check_y,
    is_first_partial_fit,
    managing_callbacks,
    validate_parameters,
    validate_X,
    without_callbacks,
)
from ._convert import to_sklearn_perceptron
from ._core.perceptron import (
    Blocks,
    DenseRows,
    Joint,
    Last,
    OneVsRest,
    Patience,
    Penalised,
    Penalty,
    Pocket,
    Rows,
    Rule,
    SparseRows,
    Trainer,
    TrainingData,
    Units,
    WeightSelector,
    accuracies,
    compiled,
    predicted_codes,
)
from ._core.perceptron.rows import BLOCK, GATHERED
from ._core.training import clone_random_state
from ._data import Data
from ._held_out import candidates, draw
from ._inputs import plain_labels, refuse_dates, require_y
from ._messages import (
    INTERRUPTED,
    error_context,
    print_details,
    warn,
    warn_of_failed_compilation,
)
from ._parameters import (
    ABOVE_0,
    AT_LEAST_0,
    COUNT,
    FROM_0_TO_1,
    parameter,
    parameter_group,
    with_parameters,
)
from ._predict import check_finite, joined, row_blocks, rows_per_block
from ._restored import restored_on_error
from ._targets import (
    PlainScoreMixin,
    column,
    is_known,
    labels,
    labels_in_order,
    weights_by_class,
)
from ._types import Array, ArrayLike, Matrix, MatrixLike

# What an update adds to an intercept of sparse data, relative to its size: they are mostly 0, and a
# 1 in every row would weigh too much. As in scikit-learn's SGD.
SPARSE_INTERCEPT_RATE = 0.01

NOT_FITTED = (
    "This %(name)s instance is not fitted yet. Call 'fit' with appropriate arguments, or set "
    "coef_, intercept_ and classes_, before using this estimator."
)

MAX_SEED = np.iinfo(np.int32).max

# Share of L1 in each penalty; that of "elasticnet" is ``l1_ratio``.
PENALTIES: dict[str, float | None] = {"l2": 0.0, "l1": 1.0, "elasticnet": None}


# coef_ and intercept_, both of one dtype.
Weights: TypeAlias = tuple[Array, Array]


@dataclass
class _State:
    """What continuing needs: the last weights, whatever was published of them."""

    units: Units
    random_state: np.random.RandomState  # draws the shuffles
    split_seed: int  # draws the validation rows, the same at every call
    coef: Array  # as published, to see what the user edited since
    intercept: Array
    drawn_among: Array | None = None  # (n_rows,) whether a row could be held out
    classes_fixed: bool = False  # before the first fit, so that y may lack some at any fit

    def position(self) -> tuple[Units, dict[str, Any]]:
        """Copies of what an epoch changes in place: a new stream would take most of a short one."""
        return self.units.copy(), self.random_state.get_state(legacy=False)

    def at(self, position: tuple[Units, dict[str, Any]]) -> _State:
        """The state as it was in an earlier ``position``."""
        units, stream = position
        self.random_state.set_state(stream)
        return replace(self, units=units)


@dataclass(frozen=True)
class _Epoch:
    """What one epoch came to."""

    mistakes: int
    loss: float  # per row, of all units that were trained
    validation_score: float | None  # mean accuracy of the learners on the rows held out
    n_learners: int
    last: bool


@parameter_group
class PerceptronParameters:
    """The hyperparameters of PerceptronClassifier."""

    algorithm: str = parameter(
        default="rosenblatt", accepts=[StrOptions({"rosenblatt", "averaged", "pocket"})]
    )
    multi_class: str = parameter(default="ovr", accepts=[StrOptions({"ovr", "joint"})])
    penalty: str | None = parameter(default=None, accepts=[StrOptions(set(PENALTIES)), None])
    alpha: float = parameter(default=0.0001, accepts=[AT_LEAST_0])
    l1_ratio: float = parameter(default=0.15, accepts=[FROM_0_TO_1])
    fit_intercept: bool = parameter(default=True, accepts=["boolean"])
    max_iter: int = parameter(default=1000, accepts=[COUNT])
    tol: float | None = parameter(default=1e-3, accepts=[AT_LEAST_0, None])
    shuffle: bool = parameter(default=True, accepts=["boolean"])
    verbose: bool | int = parameter(default=0, accepts=["verbose"])
    eta0: float = parameter(default=1.0, accepts=[ABOVE_0])
    n_jobs: int | None = parameter(default=None, accepts=[Integral, None])
    random_state: int | np.random.RandomState | None = parameter(
        default=0, accepts=["random_state"]
    )
    early_stopping: bool = parameter(default=False, accepts=["boolean"])
    validation_fraction: float = parameter(
        default=0.1, accepts=[Interval(Real, 0, 1, closed="neither")]
    )
    n_iter_no_change: int = parameter(default=5, accepts=[COUNT])
    class_weight: dict[Any, Any] | str | None = parameter(
        default=None, accepts=[dict, StrOptions({"balanced"}), None]
    )
    warm_start: bool = parameter(default=False, accepts=["boolean"])


@with_parameters
class PerceptronClassifier(
    PlainScoreMixin, PerceptronParameters, CallbackSupport, Diagram, Persistent, BaseEstimator
):
    r"""Rosenblatt's perceptron: a linear classifier that learns from its mistakes.

    Use this classifier to learn how perceptrons work, or for a fast linear model of large, sparse
    data.
    :class:`sklearn.linear_model.LogisticRegression` also gives probabilities.

    Two classes have one threshold unit, three or more classes have one unit each. Training shows
    the rows one after another. A row :math:`x` with label :math:`y = \pm 1` changes the unit only
    if the unit makes a mistake, :math:`y (w \cdot x + b) \le 0` [1]_:

    .. math:: w \leftarrow w + \eta_0 y x, \qquad b \leftarrow b + \eta_0 y.

    Parameters
    ----------
    algorithm : {'rosenblatt', 'averaged', 'pocket'}, default='rosenblatt'
        Which weights training keeps. 'averaged' and 'pocket' usually predict better than
        'rosenblatt' where no plane separates the classes:

        - 'rosenblatt': the last weights;
        - 'averaged': the mean of the weights after each row that was shown [3]_;
        - 'pocket': among the weights at the end of each epoch of ``fit``, those with the fewest
          errors on the training rows, weighted by ``sample_weight`` [4]_.

    multi_class : {'ovr', 'joint'}, default='ovr'
        How three or more classes are trained. 'ovr' trains one unit for each class against the
        other classes (one-vs-rest). 'joint' makes one decision with all units: where the highest
        score is not the score of the row's class, :math:`\eta_0 x` is added to the weights of the
        row's class, and subtracted from the weights of the other class with the highest score [5]_.

    penalty : {'l2', 'l1', 'elasticnet'} or None, default=None
        Penalty on the weights, :math:`\alpha (\rho \lVert w \rVert_1 + \frac{1 - \rho}{2} \lVert w
        \rVert^2)`, which is part of the loss of each row: :math:`\rho` is 0 for 'l2', 1 for 'l1',
        and ``l1_ratio`` for 'elasticnet'. 'l1' makes weights exactly 0. In a sparse row, the L1
        part acts only on the features that are stored, when the row is shown [6]_.

    alpha : float, default=0.0001
        Strength :math:`\alpha` of the penalty; without effect if ``penalty`` is None. A larger
        value gives smaller weights. Usual values are 1e-6 to 0.01. At least 0.

    l1_ratio : float, default=0.15
        Share of the L1 norm in the penalty 'elasticnet'. A larger value makes more weights exactly
        0. In [0, 1].

    fit_intercept : bool, default=True
        Whether to learn the intercept :math:`b`. Otherwise the intercept stays 0, which suits data
        that are centred. Updates of the intercept are a hundred times smaller for sparse X.

    max_iter : int, default=1000
        Maximum number of epochs (passes over the data) in one call of ``fit``. At least 1.

    tol : float or None, default=1e-3
        Smallest decrease of the loss per row that counts as an improvement (see
        ``n_iter_no_change``). The loss of a mistake is :math:`-y (w \cdot x + b)`, and the loss of
        other rows is 0. A larger value stops training earlier. With None, training runs for all
        ``max_iter`` epochs. At least 0.

    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.

    verbose : bool or int, default=0
        Whether to print the number of mistakes of each epoch. 2 also prints the loss per row, the
        accuracy on the validation rows, the number of units that are still trained, and the time
        since the start of the call.

    eta0 : float, default=1.0
        Size :math:`\eta_0` of an update. With weights that start at 0 and no penalty, the size
        scales the scores and changes no prediction. Greater than 0.

    n_jobs : int or None, default=None
        Ignored: all units are trained together, by the same matrix products.

    random_state : int, RandomState instance or None, default=0
        Determines the order of the rows in each epoch, and the validation split.

    early_stopping : bool, default=False
        Whether to hold rows out, in the proportions of the classes, and to stop when the accuracy
        on these rows does not improve any more, instead of the training loss. With 'ovr' the
        accuracy of each unit is watched, with 'joint' the accuracy of the decision.

    validation_fraction : float, default=0.1
        Fraction of the rows that ``early_stopping`` holds out. In (0, 1).

    n_iter_no_change : int, default=5
        Patience: a unit stops after this many epochs in a row without an improvement by ``tol``.
        With 'joint' all units stop together. A larger value trains longer. At least 1.

    class_weight : dict, 'balanced' or None, default=None
        Factor of the updates by class, to make mistakes on rare or costly classes count more:
        {label: weight}, with weight 1 for labels that are absent from the dict. 'balanced' is
        ``n_samples / (n_classes * n_rows_of_the_class)``. With three or more classes and 'ovr',
        each unit applies the weight of its own class only, as in scikit-learn.

    warm_start : bool, default=False
        Whether ``fit`` continues from the weights and the shuffles of the last call. Several short
        calls compute the same as one long call if ``tol`` is None and the penalty has no L1 part:
        the record of the L1 shrinkage starts anew at each call. The first ``fit`` starts from
        ``coef_`` and ``intercept_`` if you set them before.

    Attributes
    ----------
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Weights of each unit.

    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercept of each unit.

    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.

    n_features_in_ : int
        Number of features seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, defined only if X has names that are all strings.

    n_iter_ : int
        Number of epochs of the last call, until the last unit stopped.

    t_ : float
        Number of rows that training has seen since the first call, plus 1, as in scikit-learn.

    mistakes_curve_ : list of int
        Number of mistakes in each epoch since the first call. With 'ovr' the mistakes of all units
        that are still trained are added; with 'joint' a mistake is a row whose decision is wrong.

    See Also
    --------
    MLPClassifier : A network with hidden layers, for classes that no plane separates.
    sklearn.linear_model.LogisticRegression : A linear classifier with probabilities.

    Notes
    -----
    If a plane separates the classes with margin :math:`\gamma`, a unit that starts at zero weights
    and has no penalty makes at most :math:`(R / \gamma)^2` mistakes in total [2]_. :math:`R` is the
    largest norm of a row with a 1 appended (0.1 for sparse rows). If no plane separates the
    classes, the weights never stop changing.

    A sample weight scales the update of its row, as in scikit-learn. A weight of 2 is not the same
    as repeating the row: the repeated row is shown again, and changes the unit again only if it is
    still a mistake.

    With ``shuffle=False``, weights equal those of :class:`sklearn.linear_model.Perceptron`, and
    for 'averaged' those of ``SGDClassifier(loss="perceptron", average=True,
    learning_rate="constant")`` without an L1 part.

    References
    ----------
    .. [1] Rosenblatt, F. (1958). The perceptron: a probabilistic model for information
       storage and organization in the brain. Psychological Review 65.
    .. [2] Novikoff, A. (1962). On convergence proofs on perceptrons. Symposium on the
       Mathematical Theory of Automata.
    .. [3] Freund, Y. and Schapire, R. (1999). Large margin classification using the perceptron
       algorithm. Machine Learning 37.
    .. [4] Gallant, S. (1990). Perceptron-based learning algorithms. IEEE Transactions on Neural
       Networks 1.
    .. [5] Duda, R. and Hart, P. (1973). Pattern Classification and Scene Analysis, section 5.12.
       Wiley.
    .. [6] Tsuruoka, Y., Tsujii, J. and Ananiadou, S. (2009). Stochastic gradient descent training
       for L1-regularized log-linear models with cumulative penalty. ACL.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skperceptron import PerceptronClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> setosa = y == 0
    >>> model = PerceptronClassifier().fit(X, setosa)
    >>> model.score(X, setosa), model.mistakes_curve_[-1]
    (1.0, 0)
    """

    coef_: Matrix
    intercept_: Array
    classes_: Array
    n_features_in_: int
    feature_names_in_: Array
    n_iter_: int
    t_: float
    mistakes_curve_: list[int]
    _state: Any  # _State, or None after drop_training_state

    def fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        coef_init: ArrayLike | None = None,
        intercept_init: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train on X and y, from zero weights or, with ``warm_start``, from the last weights.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,)
            Class labels, all numbers or all strings.

        coef_init : array-like of shape (1, n_features) or (n_classes, n_features), default=None
            Weights to start from. None is zero, or the last weights with ``warm_start``.

        intercept_init : array-like of shape (1,) or (n_classes,), default=None
            Intercepts to start from. None is zero, or the last intercepts with ``warm_start``.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; None is 1 for all. The update of a row is multiplied by
            its weight.

        Returns
        -------
        self : PerceptronClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it), or if
            the weights overflow. The estimator is then as it was before the call.
        """
        with restored_on_error(self), np.errstate(all="ignore"):
            self._fit(X, y, coef_init, intercept_init, sample_weight)
        return self

    def partial_fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train one epoch on X and y, continuing from the last call if there was one.

        Use this method for data that arrive in parts or do not fit into memory. n calls on the same
        data compute the same as one ``fit`` of n epochs with ``tol=None``, except with an L1 part
        in the penalty or with 'pocket'.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,)
            Class labels, all numbers or all strings.

        classes : array-like of shape (n_classes,), default=None
            All the labels that any call will see. Required at the first call, optional
            after it; y need not contain them all.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; None is 1 for all. The update of a row is multiplied by
            its weight.

        Returns
        -------
        self : PerceptronClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it), or if
            the weights overflow. The estimator is then as it was before the call.
        """
        with restored_on_error(self), np.errstate(all="ignore"):
            self._partial_fit(X, y, classes, sample_weight)
        return self

    def decision_function(self, X: MatrixLike) -> Array:
        r"""Compute the score :math:`w \cdot x + b` of each unit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            One column for each class. For two classes, the score of the second class, which is
            positive where this class is predicted.
        """
        scores = self._predict(X, lambda scores: scores)
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: MatrixLike) -> Array:
        """Predict the class of the highest score.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples,)
            Predicted labels, as in ``classes_``.
        """
        check_is_fitted(self, msg=NOT_FITTED)
        classes = self.classes_ if hasattr(self, "_state") else labels_in_order(self.classes_)
        return self._predict(X, lambda scores: classes[predicted_codes(scores)])

    def _predict(self, X: MatrixLike, read: Callable[[Array], Array]) -> Array:
        """What ``read`` makes of the scores (n, n_units), block of rows by block of rows."""
        check_is_fitted(self, msg=NOT_FITTED)
        fitted = hasattr(self, "_state")
        coef, intercept, _ = self._published()
        with np.errstate(all="ignore"):
            X = validate_X(
                self, X, "X", reset=False, dtype=(np.float64, np.float32), accept_sparse="csr"
            )
            coef = coef if issparse(coef) else _numeric("coef_", coef)
            intercept = _numeric("intercept_", intercept)
            if fitted:  # and edited since
                n_units = 1 if len(self.classes_) == 2 else len(self.classes_)
                _check_shapes(coef, intercept, (n_units, X.shape[1]))
            if coef.shape[1] != X.shape[1]:
                raise ValueError(f"X has {X.shape[1]} features, but coef_ has {coef.shape[1]}.")
            weights = coef.T

            def of_rows(X: Matrix) -> Array:
                scores = safe_sparse_dot(X, weights, dense_output=True) + intercept
                return read(check_finite(scores, "X"))

            size = rows_per_block(coef.shape[0])
            predictions: Array = joined([of_rows(block) for block in row_blocks(X, size)])
            return predictions

    def _published(self) -> tuple[Any, Any, Array]:
        """The weights, the intercepts and the labels of a fit, or those that were set without."""
        if hasattr(self, "_state"):
            return self.coef_, self.intercept_, self.classes_
        return *self._predictable(), labels_in_order(self.classes_)

    def _predictable(self) -> Weights:
        """The weights that were set without a fit, if there is a row for each of the classes."""
        coef, intercept = self._weights()
        n_classes = len(labels_in_order(self.classes_))
        if n_classes < 2:
            raise ValueError(f"classes_ must have 2 labels or more, got {n_classes}.")
        n_units = 1 if n_classes == 2 else n_classes
        _check_shapes(coef, intercept, (n_units, *coef.shape[-1:]))
        return coef, intercept

    @property
    def _can_resume(self) -> bool:
        """Whether there is a position in training to go on from."""
        return getattr(self, "_state", None) is not None

    def __sklearn_is_fitted__(self) -> bool:
        needed = ["coef_", "classes_"] + ["intercept_"] * bool(self.fit_intercept)
        return hasattr(self, "_state") or all(hasattr(self, name) for name in needed)

    def to_sklearn(self) -> Any:
        """Convert to scikit-learn's own Perceptron.

        Returns
        -------
        sklearn.linear_model.Perceptron
            Fitted, with copies of the weights and so the same predictions. What it has no
            parameter for (``algorithm``, ``multi_class``) is left behind; it plays no part in
            prediction.
        """
        check_is_fitted(self, msg=NOT_FITTED)
        return to_sklearn_perceptron(self, *self._published())

    def drop_training_state(self) -> Self:
        """Forget how the weights came about and all that only continuing needs.

        Predictions stay the same, and a pickle holds little more than the weights.
        ``mistakes_curve_`` is emptied; the other attributes keep their values. A later warm start
        or ``partial_fit`` goes on from the weights, with everything else new: the curve and ``t_``
        begin there. Callbacks are taken off, which may hold more than all that.

        Returns
        -------
        self : object
            The estimator.
        """
        check_is_fitted(self, msg=NOT_FITTED)
        without_callbacks(self)
        if hasattr(self, "_state"):
            self._state = None
            self.mistakes_curve_ = []
        return self

    def sparsify(self) -> Self:
        """Turn ``coef_`` into a CSR matrix, to save memory if an L1 penalty made many weights 0.

        Returns
        -------
        self : PerceptronClassifier
            The estimator. Training continues from a sparse ``coef_`` too.
        """
        check_is_fitted(self)
        self.coef_ = csr_matrix(self.coef_)
        return self

    def densify(self) -> Self:
        """Turn a sparse ``coef_`` back into an array.

        Returns
        -------
        self : PerceptronClassifier
            The estimator.
        """
        check_is_fitted(self)
        self.coef_ = self.coef_.toarray() if issparse(self.coef_) else self.coef_
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # Fit ---------------------------------------------------------------------------------

    @managing_callbacks
    def _fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        coef_init: ArrayLike | None,
        intercept_init: ArrayLike | None,
        sample_weight: ArrayLike | None,
    ) -> None:
        resume = self.warm_start and self._can_resume
        given = self._given_weights() if self.warm_start and not resume else None
        data = self._validate(X, y, sample_weight, resume, given)
        classes = np.unique(data.y)
        known = given is not None and hasattr(self, "classes_")
        fixed = self._state.classes_fixed if resume else known
        if fixed:
            classes = labels_in_order(self.classes_)
        elif resume and set(classes) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the "
                f"previous call to fit. Previously got {self.classes_}, `y` has {classes}"
            )
        self.classes_ = classes
        self._train(
            data, X, resume, self.max_iter, self.tol, coef_init, intercept_init, given, task="fit"
        )
        self._state.classes_fixed = fixed
        warn_of_failed_compilation()
        if self.tol is not None and self.n_iter_ == self.max_iter:
            warn(
                "Maximum number of iteration reached before convergence. Consider increasing "
                "max_iter to improve the fit.",
                ConvergenceWarning,
            )

    @managing_callbacks
    def _partial_fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        classes: ArrayLike | None,
        sample_weight: ArrayLike | None,
    ) -> None:
        resume = self._can_resume
        given = None if resume else self._given_weights()
        data = self._validate(X, y, sample_weight, resume, given, known=True)
        if not resume and hasattr(self, "classes_"):
            self.classes_ = labels_in_order(self.classes_)
        with error_context("classes"):
            is_first_partial_fit(self, plain_labels(classes, "classes"))
        if self.early_stopping:
            raise ValueError("early_stopping should be False with partial_fit")
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all the data, so partial_fit does not support "
                "it: pass the weights that compute_class_weight gives for the whole y."
            )
        self._train(data, X, resume, 1, None, given=given, task="partial_fit")

    # Validate ----------------------------------------------------------------------------

    def _validate(
        self,
        X: MatrixLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        resume: bool,
        given: Weights | None,
        *,
        known: bool = False,
    ) -> Data:
        validate_parameters(self)
        require_y(self, y)
        dtype = (np.float64, np.float32)
        if resume:
            dtype = self._state.coef.dtype
        elif given is not None:
            dtype = given[0].dtype
        X = validate_X(
            self,
            X,
            "X",
            reset=not resume,
            dtype=dtype,
            order="C",
            accept_sparse="csr",
        )
        with error_context("y"):
            plain: Array = column(check_y(plain_labels(y, "y"), numeric=False, estimator=self))
        with error_context("X and y"):
            check_consistent_length(X, plain)
        if issparse(X) and not X.has_canonical_format:
            X = X.copy()
            X.sum_duplicates()
        plain = labels(plain, known=known or resume)
        with error_context("sample_weight"):
            return Data(X, plain, check_sample_weight(sample_weight, X))

    def _given_weights(self) -> Weights | None:
        """The weights that were set before the first fit; None if there are none."""
        if not (hasattr(self, "coef_") or hasattr(self, "intercept_")):
            return None
        return self._weights()

    def _weights(self) -> Weights:
        """``coef_`` and ``intercept_`` as arrays of one dtype, float32 or float64."""
        if not (hasattr(self, "coef_") and (hasattr(self, "intercept_") or not self.fit_intercept)):
            raise ValueError("coef_ and intercept_ must be set together, to start from them.")
        coef = _numbers("coef_", self.coef_)
        zeros = np.zeros(coef.shape[:1], np.float32)
        intercept = _numbers("intercept_", getattr(self, "intercept_", zeros))
        single = coef.dtype == intercept.dtype == np.float32
        dtype = np.float32 if single else np.float64
        return coef.astype(dtype, copy=False), intercept.astype(dtype, copy=False)

    def _codes(self, y: Array) -> Array:
        """Index of each label in ``classes_``, (n,)."""
        if len(self.classes_) < 2:
            raise ValueError(
                f"The number of classes has to be greater than one; got {len(self.classes_)} class"
            )
        present = np.unique(y)
        if not is_known(present, self.classes_).all():
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'y' has {present}."
            )
        return np.searchsorted(self.classes_, y)

    # Build -------------------------------------------------------------------------------

    def _rule(self, y: Array) -> Rule:
        """What the units learn, of as many classes as there are."""
        weight = self._weight_of_classes(y)  # (n_classes,)
        rate = float(self.eta0)
        if len(weight) == 2:
            return OneVsRest(np.array([1]), weight[1:], weight[:1], rate)
        if self.multi_class == "joint":
            return Joint(weight, rate)
        return OneVsRest(np.arange(len(weight)), weight, np.ones(len(weight)), rate)

    def _weight_of_classes(self, y: Array) -> Array:
        if self.class_weight is None:
            return np.ones(len(self.classes_))
        try:
            if isinstance(self.class_weight, dict):
                weight = weights_by_class(self.class_weight, self.classes_)
            else:
                present = np.unique(y)  # others have no rows to be weighed
                weight = np.ones(len(self.classes_))
                weight[np.searchsorted(self.classes_, present)] = compute_class_weight(
                    self.class_weight, classes=present, y=y
                )
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(
                f"class_weight={self.class_weight!r} does not fit y: {error}"
            ) from error
        if not (np.isfinite(weight).all() and (weight >= 0).all()):
            raise ValueError(f"class_weight={self.class_weight!r} must be finite and at least 0.")
        return weight

    def _trainer(self, units: Units, rule: Rule) -> Trainer:
        if self.penalty is not None and self.alpha > 0:
            share = PENALTIES[self.penalty]
            penalty = Penalty(float(self.alpha), float(self.l1_ratio if share is None else share))
            return Penalised(units, rule, penalty, float(self.eta0))
        if rule.independent:
            return compiled.Compiled(units, rule)
        return Blocks(units, rule)

    def _selector(self, data: TrainingData, rows: Array) -> WeightSelector:
        return Pocket(data, rows) if self.algorithm == "pocket" else Last()

    def _units(self, rows: Rows, rule: Rule) -> Units:
        return Units.zeros(rows.weights(rule.n_units), averaged=self.algorithm == "averaged")

    def _start(self, rows: Rows, rule: Rule) -> _State:
        units = self._units(rows, rule)
        # A stream of its own, so that a RandomState of the user's moves no further later.
        given = check_random_state(self.random_state)
        random_state = np.random.RandomState(given.randint(MAX_SEED))
        # With an integer the rows that scikit-learn would draw.
        seed = self.random_state
        split_seed = int(seed) if isinstance(seed, Integral) else given.randint(MAX_SEED)
        coef, intercept = units.weights.T.copy(), units.intercept.copy()
        return _State(units, random_state, split_seed, coef, intercept)

    def _resume(self, rows: Rows, rule: Rule, n_rows: int) -> _State:
        """A copy of where the last call ended, with what the user edited since."""
        state: _State = self._state
        coef, intercept = self._weights()
        units = self._units(rows, rule)
        _check_shapes(coef, intercept, units.weights.T.shape)
        units.go_on_from(state.units)
        units.set_weights(coef.T, where=(coef != state.coef).T)
        units.set_intercept(intercept, where=intercept != state.intercept)
        # One row has one order, and nothing is drawn for it.
        stream = state.random_state if n_rows == 1 else clone_random_state(state.random_state)
        return replace(state, units=units, random_state=stream)

    # Run epochs --------------------------------------------------------------------------

    def _train(self, called: Data, *args: Any, **kwargs: Any) -> None:
        """Show the rows, with one BLAS thread where their products are small."""
        n_units = 1 if len(self.classes_) == 2 else len(self.classes_)
        flops = _largest_product(called.X, n_units)
        with_few_threads(partial(self._show, called, *args, **kwargs), flops)

    def _show(
        self,
        called: Data,
        X_given: Any,  # as the user has it
        resume: bool,
        max_epochs: int,
        tol: float | None,
        coef_init: ArrayLike | None = None,
        intercept_init: ArrayLike | None = None,
        given: Weights | None = None,
        *,
        task: str,
    ) -> None:
        """Show the rows epoch by epoch, and publish what that came to."""
        X, y, sample_weight = called
        codes, rule = self._codes(y), self._rule(y)
        try:
            rows = SparseRows(X) if issparse(X) else DenseRows(X)
            state = self._resume(rows, rule, len(codes)) if resume else self._start(rows, rule)
        except MemoryError as error:
            raise ValueError(
                f"X has {X.shape[1]} columns: there is no memory for a coef_ of "
                f"{rule.n_units} times as many numbers ({error})."
            ) from error
        if given is not None:
            coef, intercept = given
            _check_shapes(coef, intercept, state.units.weights.T.shape)
            state.units.set_weights(coef.T)
            state.units.set_intercept(intercept)
        if coef_init is not None:
            shape = state.units.weights.T.shape
            state.units.set_weights(_initial("coef_init", coef_init, shape).T)
        if intercept_init is not None:
            shape = state.units.intercept.shape
            state.units.set_intercept(_initial("intercept_init", intercept_init, shape))
        data = TrainingData(
            rows,
            codes,
            np.ones(len(codes)) if sample_weight is None else sample_weight.astype(np.float64),
            self.fit_intercept * (SPARSE_INTERCEPT_RATE if issparse(X) else 1.0),
        )
        training, validation = self._split(y, data.weights, state)
        selector = self._selector(data, training)
        mistakes: list[int] = []

        def publish(
            estimator: PerceptronClassifier, state: _State, selector: WeightSelector
        ) -> None:
            selected = selector.selected(state.units)
            estimator._publish(state, *selected, rows, X.dtype, mistakes, len(codes), resume)

        def fitted_so_far(*, ended: bool) -> dict[str, Any]:
            estimator = copy.copy(self)
            publish(estimator, copy.deepcopy(state), selector)
            return estimator.__dict__

        named = hasattr(self, "feature_names_in_")
        callbacks = callback_runner(
            self,
            CallbackData(
                called._replace(X=X_given) if named else called,
                None if validation is None else training,
                given=None,
            ),
            fitted_so_far,
            task=task,
            step="epoch",
            n_steps=max_epochs,
        )
        n_before = len(self.mistakes_curve_) if resume else 0
        trainer = self._trainer(state.units, rule)
        # Where an interruption goes back to: the last complete epoch.
        last_epoch = 0, state.position(), copy.copy(selector)
        start = perf_counter()
        try:
            for epoch in self._epochs(trainer, data, training, validation, state, max_epochs, tol):
                mistakes.append(epoch.mistakes)
                selector.update(state.units)
                # From this assignment on, the epoch counts.
                last_epoch = len(mistakes), state.position(), copy.copy(selector)
                seconds = perf_counter() - start
                if self.verbose:
                    self._report(epoch, len(mistakes), seconds)
                record = {
                    "epoch": n_before + len(mistakes),
                    "mistakes": epoch.mistakes,
                    "loss": epoch.loss,
                    "validation_score": epoch.validation_score,
                    "time": seconds,
                }
                stop_requests = [read(record, epoch.last) for read in callbacks.listeners]
                if any(stop_requests):
                    break
        except KeyboardInterrupt:
            n_epochs, position, selector = last_epoch
            state = state.at(position)
            del mistakes[n_epochs:]
            warn(INTERRUPTED)
        publish(self, state, selector)
        try:
            callbacks.close()
        except KeyboardInterrupt:
            warn(INTERRUPTED)

    def _report(self, epoch: _Epoch, number: int, seconds: float) -> None:
        print(f"Epoch {number}: {epoch.mistakes} mistakes")
        if self.verbose >= 2:
            score = epoch.validation_score
            watched = {} if score is None else {"validation score": score}
            counts = {"units in training": epoch.n_learners}
            print_details({"loss": epoch.loss} | watched | counts, seconds)

    def _epochs(
        self,
        trainer: Trainer,
        data: TrainingData,
        training: Array,
        validation: Array | None,
        state: _State,
        max_epochs: int,
        tol: float | None,
    ) -> Iterator[_Epoch]:
        """Yield what each epoch came to, until every learner has stopped."""
        rule, units = trainer.rule, trainer.units
        learners = np.arange(rule.n_learners)
        patience = Patience(
            rule.n_learners, -math.inf if tol is None else tol, self.n_iter_no_change
        )
        for _ in range(max_epochs):
            order = training
            if self.shuffle:
                order = training[state.random_state.permutation(len(training))]
            try:
                stats = trainer.run_epoch(data, order)
            finally:
                if trainer.units is not units:
                    units.scatter(rule.units(learners), trainer.units)
            _check_finite(units.weights, units.intercept, data.X)
            values, score = stats.losses / len(order), None
            loss = float(values.sum())
            if validation is not None:
                values = -accuracies(data, rule, validation, units)[learners]
                score = -float(values.mean())
            going_on = patience.watch(learners, values)
            last = going_on.size == 0
            yield _Epoch(int(stats.mistakes.sum()), loss, score, learners.size, last)
            if last:
                return
            if going_on.size < learners.size:
                trainer = trainer.subset(np.searchsorted(learners, going_on))
                learners = going_on

    def _split(self, y: Array, weights: Array, state: _State) -> tuple[Array, Array | None]:
        """Rows to train on and rows to watch; None for none of these."""
        if self.early_stopping:
            counts = weights > 0
            among = candidates(state.drawn_among, counts)
            rows = draw(self.validation_fraction, y, counts, among, state.split_seed)
            if rows is not None:
                state.drawn_among = among
                validation = rows.validation[counts[rows.validation]]
                return np.sort(rows.train), np.sort(validation)
        return np.arange(len(y)), None

    # Publish -----------------------------------------------------------------------------

    def _publish(
        self,
        state: _State,
        weights: Array,
        intercept: Array,
        rows: Rows,
        dtype: np.dtype[Any],
        mistakes: list[int],
        n_rows: int,
        resume: bool,
    ) -> None:
        """Set the fitted attributes. Arrays are copies, which nothing else refers to."""
        self.coef_ = np.array(weights.T, dtype, order="C")
        self.intercept_ = np.array(intercept, dtype)
        _check_finite(self.coef_, self.intercept_, rows)
        self.n_iter_ = len(mistakes)
        self.t_ = (self.t_ if resume else 1.0) + len(mistakes) * n_rows
        if not resume:
            self.mistakes_curve_ = []
        self.mistakes_curve_.extend(mistakes)  # in place: a copy would take longer each time
        state.coef, state.intercept = self.coef_.copy(), self.intercept_.copy()
        self._state = state


def _largest_product(X: Matrix, n_units: int) -> int:
    """Operations of the largest product that BLAS computes: rows with units, or with each other."""
    if issparse(X):
        return 0
    n_rows, n_features = X.shape
    run = min(n_rows, max(BLOCK, GATHERED // n_features))
    block = min(n_rows, BLOCK)
    return int(2 * n_features * max(run * n_units, block * block))


def _numbers(name: str, given: Any) -> Array:
    """What the user has set as an attribute, as finite numbers."""
    values = _numeric(name, given)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite.")
    return values


def _numeric(name: str, given: Any) -> Array:
    """What the user has set as an attribute, as an array of numbers."""
    try:
        values = np.asarray(given.toarray() if issparse(given) else given)
    except ValueError as error:
        raise ValueError(f"{name} must be an array of numbers: {error}") from error
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be an array of numbers, got the dtype {values.dtype}.")
    return values


def _check_shapes(coef: Array, intercept: Array, shape: tuple[int, ...]) -> None:
    """Refuse weights of another shape than the classes and the features have."""
    for name, values, wanted in (("coef_", coef, shape), ("intercept_", intercept, shape[:1])):
        if values.shape != wanted:
            raise ValueError(
                f"{name} must have the shape {wanted}, by the classes and the columns of X, got "
                f"{values.shape}: set it, or fit anew with warm_start=False."
            )


def _initial(name: str, given: ArrayLike, shape: tuple[int, ...]) -> Array:
    """What the user gave to start from, in float64 and this shape."""
    refuse_dates(given, name)
    try:
        values = np.asarray(given, np.float64).reshape(shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"{name} must be an array of numbers of shape {shape}, got the shape {np.shape(given)}."
        ) from error
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite.")
    return values


def _check_finite(weights: Array, intercept: Array, rows: Rows) -> None:
    """Raise unless the scores of these rows are all sure to be finite."""
    largest_score = np.abs(weights).max() * rows.radius * math.sqrt(max(weights.shape))
    if not np.isfinite(largest_score + np.abs(intercept).max()):
        raise ValueError(
            "The scores of the perceptron are no longer finite: scale X, whose entries go up to "
            f"{rows.largest:.3g}, or lower eta0 or the weights of the rows."
        )
