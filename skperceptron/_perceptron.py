"""PerceptronClassifier."""

from __future__ import annotations

import copy
import math
import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from ._base import restored_on_error
from ._compat import (
    Interval,
    check_sample_weight,
    is_first_partial_fit,
    validate_parameters,
)
from ._core.perceptron import ThresholdUnit


class PerceptronClassifier(ClassifierMixin, BaseEstimator):
    r"""Rosenblatt's perceptron.

    One threshold unit for two classes, one per class against the rest for more. Each row
    :math:`x` with label :math:`y = \pm 1` is looked at in turn, and only a mistake,
    :math:`y (w \cdot x + b) \le 0`, changes the unit [1]_:

    .. math:: w \leftarrow w + \eta_0 y x, \qquad b \leftarrow b + \eta_0 y.

    Parameters
    ----------
    fit_intercept : bool, default=True
        Whether to learn the intercept :math:`b`; it stays 0 otherwise.

    max_iter : int, default=1000
        Most epochs (passes over the data) that one call of ``fit`` makes.

    tol : float or None, default=1e-3
        Least improvement, in loss per row, that counts as one; the loss of a mistake is
        :math:`-y (w \cdot x + b)`. None runs all ``max_iter`` epochs. At least 0.

    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.

    verbose : bool or int, default=0
        Whether to print the number of mistakes of each epoch.

    eta0 : float, default=1.0
        Size :math:`\eta_0` of an update. Starting from zero weights it scales the scores and
        changes no prediction. Greater than 0.

    random_state : int, RandomState instance or None, default=0
        Decides the shuffles.

    n_iter_no_change : int, default=5
        Patience: a unit stops after this many epochs in a row without an improvement by
        ``tol``.

    warm_start : bool, default=False
        Whether ``fit`` goes on from the weights and shuffles of the last call.

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

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, defined only if X has names that are all strings.

    n_iter_ : int
        Epochs of the last call, until the last unit stopped.

    t_ : float
        Rows shown since the first call, plus 1.

    mistakes_curve_ : list of int
        Mistakes of all units in each epoch since the first call.

    See Also
    --------
    MLPClassifier : A network with hidden layers, for classes that no plane separates.

    Notes
    -----
    If some plane separates the classes with margin :math:`\gamma`, a unit makes at most
    :math:`(R / \gamma)^2` mistakes in all, with :math:`R` the largest norm of a row with a 1
    appended (for ``eta0=1``, from zero weights) [2]_. If none does, it never stops changing.

    A sample weight scales the update of its row, as in scikit-learn. It is not the same as
    repeating the row: a repeated row is looked at again, and changes the unit again only if
    it is still a mistake; and what any row does depends on the rows shown before it, while
    an equivalence with repetition would have to hold in any order of the rows.

    With ``shuffle=False``, weights equal those of :class:`sklearn.linear_model.Perceptron`.

    References
    ----------
    .. [1] Rosenblatt, F. (1958). The perceptron: a probabilistic model for information
       storage and organization in the brain. Psychological Review 65.
    .. [2] Novikoff, A. (1962). On convergence proofs on perceptrons. Symposium on the
       Mathematical Theory of Automata.

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

    _parameter_constraints: dict = {
        "fit_intercept": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left"), None],
        "shuffle": ["boolean"],
        "verbose": ["verbose"],
        "eta0": [Interval(Real, 0, None, closed="neither")],
        "random_state": ["random_state"],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "warm_start": ["boolean"],
    }

    def __init__(
        self,
        *,
        fit_intercept=True,
        max_iter=1000,
        tol=1e-3,
        shuffle=True,
        verbose=0,
        eta0=1.0,
        random_state=0,
        n_iter_no_change=5,
        warm_start=False,
    ):
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.shuffle = shuffle
        self.verbose = verbose
        self.eta0 = eta0
        self.random_state = random_state
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start

    def fit(self, X, y, sample_weight=None):
        """Fit to X and y, from zero weights or, with ``warm_start``, from the last ones.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,)
            Class labels of any type that sorts.

        sample_weight : array-like of shape (n_samples,), default=None
            Size of the update of each row, times ``eta0``; at least 0, None is 1 for all.

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
            resume = self.warm_start and hasattr(self, "coef_")
            X, y, sample_weight = self._validate(X, y, sample_weight, resume)
            classes = np.unique(y)
            if resume and set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the "
                    f"previous call to fit. Previously got {self.classes_}, `y` has {classes}"
                )
            self._train(X, y, sample_weight, classes, resume, self.max_iter, self.tol)
            if self.tol is not None and self.n_iter_ == self.max_iter:
                warnings.warn(
                    "Maximum number of iteration reached before convergence. Consider increasing "
                    "max_iter to improve the fit.",
                    ConvergenceWarning,
                    stacklevel=2,
                )
        return self

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Make one pass over X and y, going on from the last call if there was one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,)
            Class labels of any type that sorts.

        classes : array-like of shape (n_classes,), default=None
            All the labels that any call will see. Required at the first call, optional
            after it; y need not contain them all.

        sample_weight : array-like of shape (n_samples,), default=None
            Size of the update of each row, times ``eta0``; at least 0, None is 1 for all.

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
            is_first_partial_fit(self, classes)
            resume = hasattr(self, "coef_")
            X, y, sample_weight = self._validate(X, y, sample_weight, resume)
            self._train(X, y, sample_weight, self.classes_, resume, max_epochs=1, tol=None)
        return self

    def decision_function(self, X):
        r"""Compute the score :math:`w \cdot x + b` of each unit.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes, positive where the second is predicted.
        """
        check_is_fitted(self)
        with np.errstate(all="ignore"):
            X = validate_data(self, X, dtype=self.coef_.dtype, reset=False)
            scores = X @ self.coef_.T + self.intercept_  # (n, n_units)
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X):
        """Predict the class of the highest score.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples,)
            Predicted labels, as in ``classes_``.
        """
        scores = self.decision_function(X)
        winners = scores > 0 if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[winners.astype(np.intp)]

    def _validate(self, X, y, sample_weight, resume):
        validate_parameters(self)
        dtype = self.coef_.dtype if resume else (np.float64, np.float32)
        X, y = validate_data(self, X, y, dtype=dtype, order="C", reset=not resume)
        check_classification_targets(y)
        return X, y, check_sample_weight(sample_weight, X)

    def _train(self, X, y, sample_weight, classes, resume, max_epochs, tol):
        """Show the rows epoch by epoch to one unit per class, or to one for two classes."""
        if len(classes) < 2:
            raise ValueError(
                f"The number of classes has to be greater than one; got {len(classes)} class"
            )
        if not np.isin(y, classes).all():
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {classes}. "
                f"'y' has {np.unique(y)}."
            )
        positives = classes[1:] if len(classes) == 2 else classes
        if resume:
            pairs = zip(self.coef_, self.intercept_, strict=True)
            units = [ThresholdUnit(weights.copy(), float(b)) for weights, b in pairs]
            # A stream of its own, so that a call that fails leaves the old one where it was.
            random_state = copy.deepcopy(self._random_state)
        else:
            units = [ThresholdUnit(np.zeros(X.shape[1], X.dtype), 0.0) for _ in positives]
            random_state = check_random_state(self.random_state)

        signs = [np.where(y == positive, 1, -1).astype(X.dtype) for positive in positives]
        mistakes: list[int] = []
        try:
            walk = self._epochs(units, X, signs, sample_weight, random_state, max_epochs, tol)
            for count in walk:
                mistakes.append(count)
                if self.verbose:
                    print(f"Epoch {len(mistakes)}: {count} mistakes")
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=3)
        self._publish(units, X, classes, mistakes, resume, random_state)

    def _epochs(self, units, X, signs, sample_weight, random_state, max_epochs, tol):
        """Yield the mistakes of each epoch, until every unit has stopped."""
        tolerance = -math.inf if tol is None else tol * len(X)
        size = X.dtype.type(self.eta0) if sample_weight is None else self.eta0 * sample_weight
        steps = [size * sign for sign in signs]
        for _ in range(max_epochs):
            order = random_state.permutation(len(X)) if self.shuffle else None
            count = 0
            for unit, sign, step in zip(units, signs, steps, strict=True):
                if not unit.stopped:
                    n_mistakes, loss = unit.run_epoch(X, sign, step, order, self.fit_intercept)
                    unit.watch(loss, tolerance, self.n_iter_no_change)
                    count += n_mistakes
            yield count
            if all(unit.stopped for unit in units):
                return

    def _publish(self, units, X, classes, mistakes, resume, random_state):
        coef = np.array([unit.weights for unit in units])
        intercept = np.array([unit.intercept for unit in units], coef.dtype)
        if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
            raise ValueError(
                "The weights of the perceptron are no longer finite: scale X, whose largest "
                f"absolute value is {np.abs(X).max():.3g}, or lower eta0."
            )
        self.coef_, self.intercept_, self.classes_ = coef, intercept, classes
        self.n_iter_ = len(mistakes)
        self.t_ = (self.t_ if resume else 1.0) + len(mistakes) * len(X)
        self.mistakes_curve_ = (self.mistakes_curve_ if resume else []) + mistakes
        # A RandomState of the user's must not move on when this estimator does.
        self._random_state = copy.deepcopy(random_state)
