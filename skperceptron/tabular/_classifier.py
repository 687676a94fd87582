"""TabularMLPClassifier: its signature, and what it predicts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from .. import _build
from .._base import BaseMLP
from .._classifier import MLPClassifier
from .._core.losses import LossLike
from .._parameters import with_parameters
from .._targets import (
    BinaryTargets,
    ClassificationTargets,
    MultilabelTargets,
    PlainScoreMixin,
    Targets,
    classification_targets,
)
from ._base import BaseTabularMLP, Judged, mean_of
from ._members import Member
from ._parameters import TabularClassifierParameters
from ._quantiles import Floats


@with_parameters
class TabularMLPClassifier(PlainScoreMixin, TabularClassifierParameters, BaseTabularMLP):
    r"""Classifier for tables with numbers, categories and missing values.

    Use this classifier on a data frame without preprocessing of your own, as you would use gradient
    boosting. A :class:`TabularPreprocessor` converts the table to a matrix, and a
    :class:`skperceptron.MLPClassifier` with three hidden layers learns from the matrix. Part of the
    rows is held out, and the weights of the epoch with the lowest loss on these rows are kept.

    X may be a data frame of pandas or polars, or an array of numbers, strings or objects. NaN,
    None, NA and NaT are missing values.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(128, 128, 128)
        Number of units of each hidden layer. Wider layers take longer and fit more complicated
        functions. Usual are 2 to 4 layers of 64 to 512 units.

    activation : str, object, or sequence of them, default='auto'
        Activation of the hidden units, as in :class:`skperceptron.MLPClassifier`. 'auto' is
        'selu'.

    n_estimators : int, default=1
        Number of networks of each kind. With 1, part of the rows is held out for validation. With
        more, the rows are divided into as many folds; each network is validated on one fold and
        trained on the others, and predictions are means over the networks. 5 networks are usually
        more accurate than one, and take about 6 times as long.

    effort : {'fast', 'balanced', 'thorough'}, default='fast'
        How many kinds of networks are trained: 1, 2 or 4, with ``n_estimators`` networks of each.
        The time of ``fit`` and the number of networks are 1, 2 or 4 times as large. The weights of
        the kinds are chosen by the loss on the validation rows: those of all folds together, if
        there are several. See the notes.

    max_iter : int, default=40
        Number of epochs of each network. More epochs take longer, and can fit more complicated
        functions: the learning rate falls to 0 over this number of epochs. Usual values are 20 to
        200.

    learning_rate_init : float or 'auto', default='auto'
        Highest learning rate: the rate rises linearly in the first 3 epochs, and then falls to 0
        along a cosine. A rate that is too low makes training slow, a rate that is too high makes
        the loss jump or diverge. Usual values are 0.0005 to 0.01. Greater than 0. 'auto' is 0.0025.

    dropout : float, sequence of float or 'auto', default='auto'
        Probability that the output of a hidden unit is set to 0 for a row during training. A larger
        value reduces overfitting, which helps on tables with few rows. Usual values are 0.0 to 0.5.
        One value for all hidden layers, or one for each. In [0, 1). 'auto' is 0.2 for one network,
        and 0.1 for several.

    batch_size : int or 'auto', default='auto'
        Number of rows in each training step. Smaller batches make more steps per epoch, and take
        longer. Usual values are 32 to 1024. 'auto' is 256 for one network and 64 for several, or
        all training rows if they are fewer.

    categorical_features : sequence of {bool, int, str}, 'from_dtype' or None, default='from_dtype'
        The columns that hold categories, as in :class:`TabularPreprocessor`: names, indices, or a
        mask. 'from_dtype' takes the columns of strings, categories, booleans and objects. None
        means that all columns hold numbers.

    max_categories : int or None, default=30
        Maximum number of levels of a column that is encoded one-hot. Columns with more levels are
        encoded by means of the target. A larger value gives more columns in the encoded matrix.
        None means no limit.

    n_bins : int, 'auto' or None, default='auto'
        Maximum number of bins of the piecewise linear encoding of a column of numbers, by which
        networks learn steep functions of the column more easily. More bins give a finer encoding
        and a larger network. None, or 1, leaves the encoding out. 'auto' is 16.

    validation_fraction : float, default=0.2
        Fraction of the rows that one network holds out. In (0, 1). Each class has the same
        fraction. A row that is the only one of its class is trained on.

    cv : object, list or None, default=None
        How the rows are divided, instead of ``validation_fraction`` and folds: one of
        scikit-learn's splitters, such as :class:`~sklearn.model_selection.GroupKFold`, or a list of
        pairs with the indices of training rows and of validation rows. Use ``cv`` for rows that
        belong to groups or are ordered by time. There must be ``n_estimators`` pairs. With one
        network the last pair is used. It has the latest rows if rows are ordered by time, as with
        :class:`~sklearn.model_selection.TimeSeriesSplit`.

    scoring : str or callable, default='loss'
        Value that is computed on the validation rows after each epoch. The weights of the epoch
        with the best value are kept. 'loss' is the loss, weighted as in training. Other values are
        names of scorers, or a callable ``scorer(network, matrix, y)``: scorers get the network, the
        encoded rows and the targets.

    network_params : dict or None, default=None
        Other hyperparameters of the networks by name, such as ``{"alpha": 0.0001}``. See
        :class:`skperceptron.MLPClassifier`.

    n_jobs : int or None, default=None
        Number of networks that are trained at a time. None is 1, -1 uses all processors.
        Predictions are the same for each value, bit for bit.

    random_state : int, RandomState instance or None, default=None
        Determines which rows are held out, the initial weights, the order of the rows in each
        epoch, dropout, and the folds of target encodings.

    verbose : bool or int, default=False
        Whether to print the loss of each epoch of each network. 2 prints more, as in
        :class:`skperceptron.MLPClassifier`.

    class_weight : dict, list of dict, 'balanced' or None, default=None
        Weight of each class, multiplied with ``sample_weight``: by label, or 'balanced' for
        :math:`n / (K n_k)`, with :math:`n` rows, :math:`K` classes and :math:`n_k` rows of class
        :math:`k`. A list has a dict for each label of an indicator matrix. None is 1 for all. Rows
        of ``X_val`` have the weights ``sample_weight_val`` alone.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted; for an indicator matrix the indices of its columns.

    estimators_ : list of MLPClassifier
        The fitted networks, with their curves ``loss_curve_`` and ``validation_loss_curve_``.

    kinds_ : list of str
        Kind of each network, as in the notes: all networks of the first kind, then those of the
        second, and so on. With ``effort='fast'`` all are of the kind 'recipe'.

    weights_ : ndarray of shape (n_networks,)
        Weight of each network in the predictions. They sum to 1, and are equal for networks of one
        kind. Networks of weight 0 are kept, and take no time in predictions.

    preprocessors_ : list of TabularPreprocessor
        The preprocessing of each network, fitted to its training rows.

    preprocessor_ : TabularPreprocessor
        The preprocessing of the network. This attribute does not exist if there are several
        networks.

    n_iter_ : int
        Number of epochs of the longest training.

    n_features_in_ : int
        Number of columns in ``fit``.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, if X in ``fit`` has names that are all strings.

    See Also
    --------
    TabularMLPRegressor : The same estimator for numbers as targets.
    TabularPreprocessor : The preprocessing alone.
    skperceptron.MLPClassifier : The network alone.
    sklearn.ensemble.HistGradientBoostingClassifier : Boosted trees, which also take tables.

    Notes
    -----
    The networks are trained by Adam with :math:`\beta_2 = 0.95`, dropout and the learning rates
    above, in float32, from LeCun-normal weights. The preprocessing and most of the hyperparameters
    are those of Holzmüller et al. [1]_, without their embeddings, label smoothing and weight decay.

    The preprocessing is fitted to training rows only. So the loss on validation rows is biased only
    by the choice of the best epoch, and of the weights of the kinds.

    A class that the training rows of a network lack has the probability 0 in its predictions. This
    happens with several networks, or ``cv``, and few rows of the class.

    The kinds of networks are

    - 'recipe': as described above, with ``effort='fast'`` the only one;
    - 'mish-no-bins': the activation is 'mish' and ``n_bins`` is None;
    - 'silu': the activation is 'silu', with He-normal initial weights;
    - 'silu-no-bins': the same, and ``n_bins`` is None.

    'balanced' has the first two, and 'thorough' has all. A kind replaces the hyperparameters that
    are 'auto', and no others: a value that you set applies to all kinds. The initial weights of a
    kind apply if its activation does, and ``network_params`` override both. Kinds that do not
    differ after this are trained once. The first kind is the kind of ``effort='fast'``, with the
    same random numbers.

    The weights of the kinds are chosen by ensemble selection [2]_: a kind is picked 12 times, each
    time the kind that gives the mean of all picks the lowest loss, and its weight is its share of
    the picks. The loss is the training loss on validation rows, whatever ``scoring`` is. The
    predictions for each row are those of the networks that were not trained on the row. If no rows
    are held out, the kinds have equal weights.

    Memory: beside X, each network that is trained at the same time needs its encoded matrix, with
    4 bytes for each entry.

    If Ctrl-C interrupts training, the networks that are finished are kept, with a warning. If none
    is finished, the first network is kept as it is.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn and I. Steinwart (2024). Better by default: Strong
       pre-tuned MLPs and boosted trees on tabular data. Advances in Neural Information
       Processing Systems 37.

    .. [2] R. Caruana, A. Niculescu-Mizil, G. Crew and A. Ksikes (2004). Ensemble selection from
       libraries of models. International Conference on Machine Learning.

    Examples
    --------
    >>> import numpy as np
    >>> from skperceptron.tabular import TabularMLPClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = np.empty((300, 2), dtype=object)
    >>> X[:, 0] = rng.normal(size=300)
    >>> X[:, 1] = rng.choice(["red", "green", None], size=300)
    >>> y = np.where((X[:, 0] > 0) == (X[:, 1] == "red"), "yes", "no")
    >>> model = TabularMLPClassifier(random_state=0).fit(X[:200], y[:200])
    >>> bool(model.score(X[200:], y[200:]) > 0.9)
    True
    >>> model.predict([[2.0, "red"], [2.0, None]]).tolist()
    ['yes', 'no']
    """

    classes_: NDArray[Any]

    network_class: ClassVar[type[BaseMLP]] = MLPClassifier
    target_type: ClassVar[str] = "auto"
    fewest_batches = 1
    automatic = MappingProxyType({"activation": "selu", "learning_rate_init": 0.0025, "n_bins": 16})

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: ArrayLike | None = None,
        groups: Any = None,
    ) -> TabularMLPClassifier:
        """Fit the preprocessing and the networks to a table.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, all numbers or all strings, or an indicator matrix of several labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; None is 1 for all. Weights count in preprocessing, in
            the loss and in validation. Rows of weight 0 are left out.

        X_val : data frame or array-like of shape (n_val, n_features), default=None
            Rows to validate on. No row of X is held out then: all networks are trained on all rows
            of X, and differ by their initial weights, dropout and batches.

        y_val : array-like of shape (n_val,) or (n_val, n_labels), default=None
            Targets of ``X_val``.

        sample_weight_val : array-like of shape (n_val,), default=None
            Weight of each row of ``X_val``, at least 0; None is 1 for all.

        groups : array-like of shape (n_samples,), default=None
            Group of each row, passed to ``cv.split``.

        Returns
        -------
        self : TabularMLPClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it), or if
            training diverges. The estimator is then as it was before the call.
        """
        return self._fit(
            X,
            y,
            sample_weight,
            X_val=X_val,
            y_val=y_val,
            sample_weight_val=sample_weight_val,
            groups=groups,
        )

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the class with the highest probability, or each label above one half.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the same columns as the table in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels, as in ``classes_``, or indicators.
        """
        probabilities = self.predict_proba(X)
        if self._is_multilabel:
            return (probabilities > 0.5).astype(int)
        labels: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def predict_proba(self, X: Any) -> Floats:
        """Predict the probability of each class: the weighted mean over the networks.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the same columns as the table in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``. Rows sum to 1, except for multilabel targets.
        """

        def read(i: int, network: Any, rows: NDArray[np.floating]) -> NDArray[Any]:
            return self._of_all_classes(network, network.predict_proba(rows), 0.0)

        return self._combine(X, read, mean_of)

    def predict_log_proba(self, X: Any) -> Floats:
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the same columns as the table in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``. The logarithms are computed from the scores, so
            they are finite where a probability underflows to 0. The logarithm is -inf for a class
            that is in the training rows of no network.
        """

        def read(i: int, network: Any, rows: NDArray[np.floating]) -> NDArray[Any]:
            return self._of_all_classes(network, network.predict_log_proba(rows), -np.inf)

        def log_mean(members: list[NDArray[Any]], weights: Floats | None) -> Floats:
            w = np.ones(len(members)) if weights is None else weights
            members = [each + np.log(share) for share, each in zip(w, members, strict=True)]
            total: Floats = logsumexp(np.array(members), axis=0) - np.log(w.sum())
            return total

        return self._combine(X, read, log_mean)

    def _of_all_classes(self, network: Any, columns: NDArray[Any], other: float) -> NDArray[Any]:
        return _of_classes(self.classes_, network, columns, other)

    def _loss(self) -> Any:
        return "log_loss"

    def _network(self, settings: Mapping[str, Any]) -> BaseMLP:
        network = super()._network(settings)
        if isinstance(network.loss, str) and not _build.is_probabilistic(network):
            raise ValueError(
                f"network_params has loss={network.loss!r}, whose scores are no probabilities: "
                "choose 'log_loss' or 'focal'."
            )
        return network

    def _codes(self, y: NDArray[Any], targets: Targets) -> NDArray[np.intp] | None:
        if isinstance(targets, MultilabelTargets):
            return None
        assert isinstance(targets, ClassificationTargets)
        return np.searchsorted(targets.classes, y)

    def _has_labels(self, targets: Targets) -> bool:
        return not isinstance(targets, MultilabelTargets)

    def _values(self, member: Member, targets: Targets) -> Floats:
        """Probabilities, (n, n_classes)."""
        assert isinstance(targets, ClassificationTargets)
        assert member.scores is not None
        network: Any = member.network
        if not isinstance(targets, MultilabelTargets):
            own = classification_targets(network.classes_, network.classes_)
            probabilities = own.probabilities(member.scores.astype(np.float64))
            return _of_classes(targets.classes, network, probabilities, 0.0)
        return targets.probabilities(member.scores.astype(np.float64))

    def _losses(
        self, values: Floats, member: Member, y: NDArray[Any], loss: LossLike, targets: Targets
    ) -> Floats:
        rows = targets.encode(y, np.float64, smoothing=0.0)
        encoded = rows.slice(0, len(rows), rows.buffer(len(rows)))
        losses: Floats = loss.values_and_gradient(_scores_of(values, targets), encoded)
        return losses

    def _publish(self, members: list[Member], judged: list[Judged], targets: Targets) -> None:
        assert isinstance(targets, ClassificationTargets)
        self.classes_ = targets.classes
        self._is_multilabel = isinstance(targets, MultilabelTargets)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _of_classes(
    classes: NDArray[Any], network: Any, columns: NDArray[Any], other: float
) -> NDArray[Any]:
    """The columns of a network, and others for classes that it has not seen."""
    if len(network.classes_) == len(classes):
        return columns
    all_columns = np.full((len(columns), len(classes)), other)
    all_columns[:, np.searchsorted(classes, network.classes_)] = columns
    return all_columns


def _scores_of(probabilities: Floats, targets: Targets) -> Floats:
    """Scores of a network, (n, n_outputs), that stand for these probabilities."""
    with np.errstate(divide="ignore"):
        log = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))
        if isinstance(targets, MultilabelTargets):
            others = np.maximum(1 - probabilities, np.finfo(np.float64).tiny)
            return np.asarray(log - np.log(others))
    return log[:, 1:] - log[:, :1] if isinstance(targets, BinaryTargets) else log
