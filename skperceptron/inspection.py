"""Explanations of predictions: gradients with respect to inputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from . import _gradients
from ._autoencoder import MLPAutoencoder
from ._base import BaseMLP
from ._classifier import MLPClassifier
from ._compat import validate_X
from ._core.activations import OUTPUT_ACTIVATIONS, ActivationLike
from ._gradients import Chain, Selection
from ._inputs import plain_labels, refuse_dates
from ._lowered import DenseStep, dense_steps, lower
from ._messages import error_context
from ._perceptron import PerceptronClassifier
from ._predict import quietly
from ._regressor import MLPRegressor
from ._targets import (
    BinaryTargets,
    ClassificationTargets,
    MultilabelTargets,
    Targets,
    classification_targets,
    is_known,
)
from ._types import Array, ArrayLike, Matrix, MatrixLike
from .tabular import TabularMLPClassifier, TabularMLPRegressor
from .tabular._attributions import Explain, Restored, table_attributions
from .tabular._intervals import Normal, Quantiles

__all__ = ["input_gradients", "integrated_gradients"]

Network = MLPClassifier | MLPRegressor | MLPAutoencoder | PerceptronClassifier
TableEstimator = TabularMLPClassifier | TabularMLPRegressor

# What can be explained, by the class of the estimator; the first is what "auto" stands for.
RESPONSES: dict[type[Any], tuple[str, ...]] = {
    MLPClassifier: ("decision_function", "predict_proba"),
    MLPRegressor: ("predict",),
    MLPAutoencoder: ("transform", "inverse_transform"),
    PerceptronClassifier: ("decision_function",),
    TabularMLPClassifier: ("predict_proba",),
    TabularMLPRegressor: ("predict", "predict_quantiles"),
}

MOST_STEPS = 1000  # nodes of the quadrature, whose computation takes time and memory


def input_gradients(
    estimator: Network,
    X: MatrixLike,
    *,
    target: ArrayLike | None = None,
    response_method: str = "auto",
) -> Array:
    r"""Compute the gradient of an output with respect to the inputs, row by row.

    The gradient says how fast the output :math:`f` changes if one input changes by a little:

    .. math:: g_i(x) = \frac{\partial f(x)}{\partial x_i}.

    Its absolute values, drawn as an image, are a saliency map [1]_. The gradient is exact: it is
    computed by backpropagation through the fitted network, without dropout, and with the running
    statistics of batch normalisation.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor, MLPAutoencoder or PerceptronClassifier
        A fitted network.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Input data, as ``predict`` takes them.

    target : label, int or array-like of shape (n_samples,), default=None
        The output whose gradient is computed: one for all rows, or one for each row. For a
        classifier it is a label, as in ``classes_``. Otherwise it is the index of a column: of a
        label in an indicator matrix, of an output of the regressor, of a unit of the code, or of a
        feature that is reconstructed. None is the only output. Of two classes, None is the second
        class, which ``decision_function`` scores. Of more classes, None is the predicted class of
        each row.

    response_method : str, default='auto'
        The method of the estimator whose output is differentiated:

        - 'decision_function': scores of a classifier;
        - 'predict_proba': probabilities of an MLPClassifier;
        - 'predict': predictions of a regressor;
        - 'transform': codes of an autoencoder;
        - 'inverse_transform': reconstructions of X by an autoencoder, from the codes of X.

        'auto' is 'decision_function', 'predict' or 'transform'. Scores suit most questions.
        Gradients of probabilities vanish where the classifier is certain.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        Gradients, in units of the output per unit of the feature. The array is dense, also if X is
        sparse.

    Raises
    ------
    TypeError
        If ``estimator`` is not one of these classes.
    ValueError
        If an argument is not as documented (the message names it).

    See Also
    --------
    integrated_gradients : Shares of the output that add up, which the gradient's are not.
    sklearn.inspection.permutation_importance : Importance of features by their effect on a score.

    Notes
    -----
    At the kink of 'relu', 'leaky_relu', 'selu' and 'hard_tanh' the derivative is the one that
    training uses, for 'relu' 0.

    References
    ----------
    .. [1] Simonyan, K., Vedaldi, A. and Zisserman, A. (2013). Deep inside convolutional networks:
       Visualising image classification models and saliency maps. arXiv:1312.6034.

    Examples
    --------
    >>> import numpy as np
    >>> from skperceptron import MLPRegressor
    >>> from skperceptron.inspection import input_gradients
    >>> X = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.sin(3 * X[:, 0])
    >>> model = MLPRegressor((50,), "tanh", solver="lbfgs", max_iter=500, random_state=0)
    >>> gradients = input_gradients(model.fit(X, y), [[0.0]])
    >>> gradients.round(1)  # the derivative of sin(3x) at 0 is 3
    array([[3.]])
    """
    if isinstance(estimator, TableEstimator):
        raise TypeError(
            "estimator must be a network for input_gradients: the categories of a table have no "
            f"gradient. Use integrated_gradients, which takes {type(estimator).__name__}."
        )
    response = _response(estimator, response_method)
    output = _output(estimator, response)
    X = _rows(output, X)
    gradients: Array = _gradients.input_gradients(
        output.chain, X, output.select(target, X.shape[0])
    )
    return gradients


def integrated_gradients(
    estimator: Network | TableEstimator,
    X: Any,
    *,
    baseline: Any = None,
    target: ArrayLike | None = None,
    response_method: str = "auto",
    n_steps: int = 50,
) -> Any:
    r"""Share the difference between the outputs of each row and of a baseline among the features.

    Integrated gradients [1]_ multiply the difference between the row :math:`x` and the baseline
    :math:`x'` by the mean gradient of the output :math:`f` on the line between them:

    .. math:: a_i(x) = (x_i - x'_i) \int_0^1 \frac{\partial f}{\partial x_i}
        \bigl(x' + t (x - x')\bigr) \, dt.

    The attributions of a row add up to :math:`f(x) - f(x')`. The integral is computed by the
    Gauss-Legendre rule with ``n_steps`` nodes, so the sum is exact up to the error of the rule.

    Parameters
    ----------
    estimator : estimator of skperceptron
        A fitted MLPClassifier, MLPRegressor, MLPAutoencoder, PerceptronClassifier,
        TabularMLPClassifier or TabularMLPRegressor.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Input data, as ``predict`` takes them. For the estimators of tables a table.

    baseline : array-like of shape (n_features,) or (n_samples, n_features), default=None
        Where the line starts: one row for all rows, or one for each row. Choose a row that stands
        for "nothing is known", such as the mean row or a black image. None is a row of zeros, which
        is the mean row if X has been standardised. A data frame or a series must have the columns
        of X, in their order. For the estimators of tables ``baseline`` is required, as a table with
        one row or with as many rows as X.

    target : label, int or array-like of shape (n_samples,), default=None
        The output that is explained: one for all rows, or one for each row. For a classifier it is
        a label, as in ``classes_``. Otherwise it is the index of a column: of a label in an
        indicator matrix, of an output of the regressor, of a unit of the code, of a feature that
        is reconstructed, or of a quantile. None is the only output. Of two classes, None is the
        second class. Of more classes, None is the predicted class of each row.

    response_method : str, default='auto'
        The method of the estimator whose output is explained:

        - 'decision_function': scores of MLPClassifier and PerceptronClassifier;
        - 'predict_proba': probabilities of MLPClassifier and TabularMLPClassifier;
        - 'predict': predictions of MLPRegressor and TabularMLPRegressor;
        - 'predict_quantiles': quantiles of TabularMLPRegressor;
        - 'transform': codes of an autoencoder;
        - 'inverse_transform': reconstructions of X by an autoencoder, from the codes of X.

        'auto' is 'decision_function' for the classifiers that have this method, otherwise
        'predict_proba', 'predict' or 'transform'.

    n_steps : int, default=50
        Number of nodes of the rule. More nodes make the integral more accurate, and take
        proportionally longer. The integral of a smooth network converges within few nodes; 'relu'
        needs more. From 1 to 1000.

    Returns
    -------
    {ndarray, sparse matrix} of shape (n_samples, n_features)
        Attributions, in units of the output. The matrix is sparse if X is sparse and ``baseline``
        is None: features that are 0 have the attribution 0. For the estimators of tables there is
        one column for each column of the table.

    Raises
    ------
    TypeError
        If ``estimator`` is not one of these classes.
    ValueError
        If an argument is not as documented (the message names it).

    See Also
    --------
    input_gradients : The gradient at the row itself.
    sklearn.inspection.permutation_importance : Importance of features by their effect on a score.

    Notes
    -----
    For the estimators of tables, the line goes through encoded rows, from the encoded baseline to
    the encoded row: scaled numbers, indicators of missing values, bins and one-hot categories. The
    attributions of all encoded columns of a column of the table are added, and the mean over the
    networks is taken with their weights. Attributions add up there too.

    The attributions of a linear model are :math:`w_i (x_i - x'_i)`, which are its Shapley values if
    :math:`x'` is the mean row and the features are independent.

    References
    ----------
    .. [1] Sundararajan, M., Taly, A. and Yan, Q. (2017). Axiomatic attribution for deep networks.
       International Conference on Machine Learning.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.inspection import integrated_gradients
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((8,), "tanh", max_iter=20, learning_rate_init=0.03, tol=None,
    ...                       random_state=0).fit(X, y)
    >>> baseline = X.mean(axis=0)
    >>> attributions = integrated_gradients(model, X, baseline=baseline, target=2)
    >>> attributions.shape
    (150, 4)
    >>> difference = model.decision_function(X) - model.decision_function([baseline])
    >>> bool(abs(attributions.sum(axis=1) - difference[:, 2]).max() < 1e-6)
    True
    """
    response = _response(estimator, response_method)
    is_count = isinstance(n_steps, Integral) and not isinstance(n_steps, bool)
    if not is_count or not 1 <= n_steps <= MOST_STEPS:
        raise ValueError(f"n_steps must be an int from 1 to {MOST_STEPS}, got {n_steps!r}.")
    if isinstance(estimator, TableEstimator):
        return _of_table(estimator, X, baseline, target, response, int(n_steps))
    output = _output(estimator, response)
    X = _rows(output, X)
    selection = output.select(target, X.shape[0])
    origin = None if baseline is None else _baseline(output, baseline, X)
    return _gradients.integrated_gradients(output.chain, X, origin, selection, int(n_steps))


# What is explained -----------------------------------------------------------------------------


class Output(NamedTuple):
    """What a network computes, and how to select one output of each row."""

    estimator: Any  # that validates X
    chain: Chain
    dtype: np.dtype[Any]
    select: Callable[[ArrayLike | None, int], Selection]


def _response(estimator: Any, response_method: Any) -> str:
    """The method to explain, of an estimator that has it and is fitted."""
    known = next((names for kind, names in RESPONSES.items() if isinstance(estimator, kind)), None)
    if known is None:
        kinds = ", ".join(kind.__name__ for kind in RESPONSES)
        raise TypeError(
            f"estimator must be one of {kinds}, got {type(estimator).__name__}. Of a pipeline pass "
            "the last step, pipeline[-1], and X as the other steps transform it, "
            "pipeline[:-1].transform(X); of a search pass best_estimator_."
        )
    check_is_fitted(estimator)
    if isinstance(response_method, str) and response_method == "auto":
        return known[0]
    names = [name for name in known if hasattr(estimator, name)]
    if not isinstance(response_method, str) or response_method not in names:
        raise ValueError(
            f"response_method must be 'auto' or one of {names} for this "
            f"{type(estimator).__name__}, got {response_method!r}."
        )
    return response_method


def _output(estimator: Network, response: str) -> Output:
    if isinstance(estimator, PerceptronClassifier):
        return _of_perceptron(estimator)
    if not isinstance(estimator, BaseMLP):  # only for type checkers
        raise TypeError
    fitted = estimator._as_fitted()
    architecture, targets = fitted._architecture, fitted._targets
    if response == "transform":
        steps = _steps(fitted, n_layers=fitted.bottleneck_ + 1)
        activation = _gradients.activation_of(steps[-1].activation)
        select = partial(_select_column, steps[-1].weight.shape[1])
    else:
        steps = _steps(fitted)
        activation = _output_activation(targets, response)
        select = partial(_select, targets)
    return Output(fitted, Chain(steps, activation, architecture.dtype), architecture.dtype, select)


def _steps(fitted: BaseMLP, n_layers: int | None = None) -> list[DenseStep]:
    with error_context("estimator"):
        return dense_steps(lower(fitted, n_layers=n_layers), "skperceptron.inspection")


def _of_perceptron(estimator: PerceptronClassifier) -> Output:
    """The scores of the units, which are linear."""
    coef, intercept = estimator._predictable()
    chain = Chain(
        [DenseStep(None, coef.T, intercept)], OUTPUT_ACTIVATIONS["identity"](), coef.dtype
    )
    targets = classification_targets(estimator.classes_, np.asarray(estimator.classes_))
    return Output(estimator, chain, coef.dtype, partial(_select, targets))


def _output_activation(targets: Targets, response: str) -> ActivationLike:
    """The activation that turns raw scores into what the method returns."""
    if response == "decision_function":
        return OUTPUT_ACTIVATIONS["identity"]()
    # Probabilities follow from the targets, whatever the output activation of the loss is.
    return OUTPUT_ACTIVATIONS[targets.output_activation]()


@quietly
def _rows(output: Output, X: Any) -> Matrix:
    X = validate_X(
        output.estimator, X, "X", reset=False, dtype=output.dtype, order="C", accept_sparse="csr"
    )
    if X.shape[1] != output.chain.n_features:  # weights that were set without a fit
        raise ValueError(
            f"X has {X.shape[1]} features, but the weights are for {output.chain.n_features}."
        )
    return X


def _baseline(output: Output, baseline: Any, X: Matrix) -> Array:
    """The baseline as rows (1, n_features) or (n_samples, n_features)."""
    refuse_dates(baseline, "baseline")
    _check_names(getattr(output.estimator, "feature_names_in_", None), baseline)
    with error_context("baseline"):
        dense = baseline.toarray() if issparse(baseline) else baseline
        rows = np.atleast_2d(np.asarray(dense, X.dtype))
    if rows.ndim != 2 or rows.shape[1] != X.shape[1] or len(rows) not in (1, X.shape[0]):
        raise ValueError(
            f"baseline must have the shape ({X.shape[1]},) or {X.shape}, as X has, got "
            f"{np.shape(dense)}."
        )
    if not np.isfinite(rows).all():
        raise ValueError("baseline must be finite: it has NaN or infinity.")
    return rows


def _check_names(known: Array | None, baseline: Any) -> None:
    """Refuse a data frame or a series whose columns are others than those that were fitted."""
    names = getattr(baseline, "columns", getattr(baseline, "index", None))
    if known is None or names is None or callable(names):  # lists have a method of this name
        return
    given = list(names)
    if all(isinstance(name, str) for name in given) and given != known.tolist():
        raise ValueError(
            "baseline must have the columns that the estimator was fitted to, in the same order: "
            f"{known.tolist()}, got {given}."
        )


# Targets ---------------------------------------------------------------------------------------


def _select(targets: Targets, target: Any, n_rows: int) -> Selection:
    """The output of a network with these targets."""
    if isinstance(targets, MultilabelTargets) or not isinstance(targets, ClassificationTargets):
        return _select_column(targets.n_outputs, target, n_rows)
    labels = None if target is None else _labels(target, targets.classes, n_rows)
    return _select_class(targets, labels)


def _select_class(targets: ClassificationTargets, labels: Array | None) -> Selection:
    """The score or the probability of labels, one for all rows or one for each.

    Labels that the targets do not have are scored by a constant, as a single class is.
    """
    if isinstance(targets, BinaryTargets):
        labels = targets.classes[1:] if labels is None else labels
        # One score stands for both classes.
        signs = 1.0 * (labels == targets.classes[1]) - (labels == targets.classes[0])
        return Selection(np.zeros(1, np.intp), signs)
    if labels is None:
        return Selection(None, np.full(1, float(targets.learns)))
    known = np.isin(labels, targets.classes)
    places = np.searchsorted(targets.classes, labels)
    return Selection(np.where(known, places, 0), 1.0 * (known & targets.learns))


def _labels(target: Any, classes: Array, n_rows: int) -> Array:
    """Labels (1,) or (n_rows,) that are among the classes."""
    labels = np.asarray(plain_labels(_listed(target), "target"))
    _check_length(labels, target, n_rows)
    unknown = labels[~is_known(labels, classes)]
    if len(unknown):
        raise ValueError(f"target must be among classes_, {classes}, got {unknown.tolist()[0]!r}.")
    return labels


def _select_column(n_columns: int, target: Any, n_rows: int) -> Selection:
    """The output at an index, one for all rows or one for each."""
    if target is None and n_columns > 1:
        raise ValueError(
            f"target must be given, because there are {n_columns} outputs: pass the index of one, "
            f"from 0 to {n_columns - 1}, or an index for each row."
        )
    with error_context("target"):
        columns = np.asarray(_listed(0 if target is None else target))
    _check_length(columns, target, n_rows)
    if columns.dtype.kind not in "iu" or (columns < 0).any() or (columns >= n_columns).any():
        raise ValueError(
            f"target must be an int from 0 to {n_columns - 1}, the index of an output, or one for "
            f"each row; got {target!r}."
        )
    return Selection(columns.astype(np.intp), np.ones(1))


def _listed(target: Any) -> Any:
    if isinstance(target, np.ndarray) and target.ndim == 0:
        target = target[()]
    return [target] if np.ndim(target) == 0 else target


def _check_length(given: Array, target: Any, n_rows: int) -> None:
    if given.ndim != 1 or (len(given) != n_rows and np.ndim(target) > 0):
        raise ValueError(
            f"target must be one for all rows, or have one for each of the {n_rows} rows of X; got "
            f"an array of shape {given.shape}."
        )


# Tables ----------------------------------------------------------------------------------------


def _of_table(
    estimator: TableEstimator, X: Any, baseline: Any, target: Any, response: str, n_steps: int
) -> Array:
    name = type(estimator).__name__
    if baseline is None:
        raise ValueError(
            f"baseline must be given for a {name}: pass a table with one row, such as the medians "
            "and the most frequent categories, or with as many rows as X."
        )
    table = estimator._validate_table(X, "X", reset=False)
    origin = estimator._validate_table(baseline, "baseline", reset=False)
    n_rows = table.shape[0]
    if origin.shape[0] not in (1, n_rows):
        raise ValueError(
            f"baseline must have one row, or {n_rows} rows as X has, got {origin.shape[0]}."
        )
    if isinstance(estimator, TabularMLPClassifier):
        explain = _classes_of_table(estimator, table, target)
    else:
        explain = _numbers_of_table(estimator, target, n_rows, response)
    with np.errstate(all="ignore"):
        return table_attributions(estimator, table, origin, explain, n_steps)


def _classes_of_table(estimator: TabularMLPClassifier, table: Any, target: Any) -> Explain:
    """Explain the probability of labels by each network, which may lack some of them."""
    n_rows, labels = table.shape[0], None
    if not estimator._is_multilabel:
        classes = estimator.classes_
        if target is not None:
            labels = _labels(target, classes, n_rows)
        elif len(classes) == 2:
            labels = classes[1:]
        else:
            labels = estimator.predict(table)

    def explain(_: int, network: Any) -> tuple[ActivationLike, Selection]:
        targets = network._targets
        if labels is None:
            selection = _select_column(targets.n_outputs, target, n_rows)
        else:
            selection = _select_class(targets, labels)
        return _output_activation(targets, "predict_proba"), selection

    return explain


def _numbers_of_table(
    estimator: TabularMLPRegressor, target: Any, n_rows: int, response: str
) -> Explain:
    """Explain predictions, or quantiles, of each network in units of y."""
    distribution = estimator._distribution
    if response == "predict_quantiles":
        if not isinstance(distribution, Quantiles):
            raise ValueError(
                "response_method='predict_quantiles' needs quantiles in fit: fit anew with them."
            )
        selection = _select_column(len(distribution.levels), target, n_rows)
        assert selection.columns is not None
        columns = estimator._given_order[selection.columns]
        selection = Selection(columns, selection.signs)
    elif distribution is not None:
        selection = _select_column(1, target, n_rows)
        if isinstance(distribution, Quantiles):
            middle = int(np.abs(np.array(distribution.levels) - 0.5).argmin())
            selection = Selection(np.array([middle]), selection.signs)
    else:
        selection = _select_column(len(estimator.y_mean_[0]), target, n_rows)
    sort = isinstance(distribution, Quantiles)
    n_outputs = 1 if isinstance(distribution, Normal) else None

    def explain(place: int, _: Any) -> tuple[ActivationLike, Selection]:
        return Restored(estimator._scalings[place], sort=sort, n_outputs=n_outputs), selection

    return explain
