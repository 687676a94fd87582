"""CachedEstimator: stored fits, so that a search continues after its process was killed."""

from __future__ import annotations

import os
from typing import Any, Self

from sklearn import get_config
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import check_is_fitted, check_memory

from .._compat import available_if, bare_clone, not_shared, without_callbacks
from .._messages import interruptions_raised
from .._types import Array, ArrayLike, MatrixLike
from ._code import digest_of_code


def _has(name: str) -> Any:
    def check(estimator: Any) -> bool:
        # An AttributeError of the estimator's own says why it has no such method.
        getattr(getattr(estimator, "estimator_", estimator.estimator), name)
        return True

    return check


def _fit(
    key: Any,
    code: str,
    configuration: str,
    unfitted: Any,
    own: list[BaseEstimator],
    X: Any,
    y: Any,
    fit_params: dict[str, Any],
) -> Any:
    """Fit; stored under all arguments but ``unfitted`` and ``own``, for which ``key`` stands.

    ``own`` are the estimators in ``unfitted`` that nobody else has. Their callbacks have done what
    they were for, and need not be picklable.
    """
    with interruptions_raised():
        fitted = unfitted.fit(X, y, **fit_params)
    for each in own:
        without_callbacks(each)
    return fitted


class CachedEstimator(MetaEstimatorMixin, BaseEstimator):
    """Meta-estimator that stores each fit in a folder, and loads a fit instead of repeating it.

    Use this meta-estimator to continue a search, such as ``RandomizedSearchCV`` or
    ``HalvingGridSearchCV``, after its process was killed: run the same program again. Fits that
    had ended are loaded, all others are trained. Scores and best hyperparameters are those of a
    search that was not interrupted.

    A fit is loaded if the estimator, its hyperparameters, X, y, all other arguments of ``fit`` and
    the versions of scikit-learn and skperceptron are the same. Give the estimator, the splitter and
    the search an int as ``random_state``, so that these are the same in each run. If the code
    of a function or class of your own in the estimator changes, its fits are trained anew. Global
    variables and functions that this code uses are not compared: use another folder when you change
    those. A fit that is loaded gives no warnings, and calls no callbacks. No fitted estimator keeps
    callbacks.

    Parameters
    ----------
    estimator : estimator
        Estimator to fit, such as a network or a pipeline. Its hyperparameters are set as
        ``estimator__<name>``.

    memory : str, path-like or joblib.Memory
        Folder of the stored fits, as in ``sklearn.pipeline.Pipeline``. The folder grows by one
        fitted estimator for each fit: remove it after the search. Loading executes pickles, so use
        only folders that you trust.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.

    classes_ : ndarray of shape (n_classes,)
        Class labels, if the estimator is a classifier.

    n_features_in_ : int
        Number of features, if the estimator knows it.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if the estimator knows them.

    See Also
    --------
    search_space : Distributions for a search, with the prefixes of this class.
    skperceptron.callbacks.ModelCheckpoint : Continues a single long fit.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import RandomizedSearchCV
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.model_selection import CachedEstimator, search_space
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier(max_iter=5, tol=None, random_state=0)
    >>> with TemporaryDirectory() as folder:
    ...     model = CachedEstimator(network, folder)
    ...     search = RandomizedSearchCV(model, search_space(model), n_iter=2, random_state=0)
    ...     search = search.fit(X, y)
    >>> sorted(search.best_params_)
    ['estimator__alpha', 'estimator__hidden_layer_sizes', 'estimator__learning_rate_init']
    """

    def __init__(self, estimator: Any, memory: Any) -> None:
        self.estimator = estimator
        self.memory = memory

    def fit(self, X: MatrixLike, y: ArrayLike | None = None, **fit_params: Any) -> Self:
        """Fit the estimator, or load its fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets.

        **fit_params : dict
            Passed to ``fit`` of the estimator.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        TypeError
            If ``memory`` is not a str, a path-like or a joblib.Memory.

        KeyboardInterrupt
            If Ctrl-C interrupts the fit, which is not stored then. A network alone would return,
            trained in part.
        """
        fit = _memory(self.memory).cache(_fit, ignore=["unfitted", "own"])
        key, unfitted = bare_clone(self.estimator), clone(self.estimator)
        configuration = get_config()["transform_output"]  # by which steps pass on names of columns
        own = not_shared(unfitted, self.estimator)
        code = digest_of_code(key)
        self.estimator_ = fit(key, code, configuration, unfitted, own, X, y, fit_params)
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self) -> Any:
        return get_tags(self.estimator)

    def get_metadata_routing(self) -> Any:
        """Return the routing of the estimator, to which all metadata is passed on.

        Returns
        -------
        MetadataRequest or MetadataRouter
            What the estimator requests.
        """
        return get_routing_for_object(self.estimator)

    def _fitted(self) -> Any:
        check_is_fitted(self)
        return self.estimator_

    @property
    def classes_(self) -> Array:
        """Class labels."""
        return self.estimator_.classes_  # type: ignore[no-any-return]  # of an untyped estimator

    @property
    def n_features_in_(self) -> int:
        """Number of features."""
        return self.estimator_.n_features_in_  # type: ignore[no-any-return]  # as above

    @property
    def feature_names_in_(self) -> Array:
        """Names of the features."""
        return self.estimator_.feature_names_in_  # type: ignore[no-any-return]  # as above

    @available_if(_has("predict"))
    def predict(self, X: MatrixLike) -> Any:
        """Predict with the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions.
        """
        return self._fitted().predict(X)

    @available_if(_has("predict_proba"))
    def predict_proba(self, X: MatrixLike) -> Any:
        """Predict probabilities with the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities of the classes.
        """
        return self._fitted().predict_proba(X)

    @available_if(_has("predict_log_proba"))
    def predict_log_proba(self, X: MatrixLike) -> Any:
        """Predict logarithms of probabilities with the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Logarithms of the probabilities of the classes.
        """
        return self._fitted().predict_log_proba(X)

    @available_if(_has("decision_function"))
    def decision_function(self, X: MatrixLike) -> Any:
        """Return the scores of the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Scores, as the estimator defines them.
        """
        return self._fitted().decision_function(X)

    @available_if(_has("transform"))
    def transform(self, X: MatrixLike) -> Any:
        """Transform with the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        {ndarray, sparse matrix} of shape (n_samples, n_outputs)
            Transformed data.
        """
        return self._fitted().transform(X)

    @available_if(_has("score"))
    def score(self, X: MatrixLike, y: ArrayLike | None = None, **score_params: Any) -> float:
        """Score the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets.

        **score_params : dict
            Passed to ``score`` of the estimator.

        Returns
        -------
        float
            Score, as the estimator defines it.
        """
        return float(self._fitted().score(X, y, **score_params))


def _memory(given: Any) -> Any:
    if isinstance(given, os.PathLike):
        given = os.fspath(given)
    if not (isinstance(given, str) or hasattr(given, "cache")):
        raise TypeError(f"memory must be a str, a path-like or a joblib.Memory, got {given!r}.")
    return check_memory(given)
