"""TabularMLPRegressor: its signature, and what it predicts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from types import MappingProxyType
from typing import Any, ClassVar, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from .._base import BaseMLP
from .._compat import available_if
from .._core import losses
from .._core.losses import Gaussian, LossLike
from .._messages import error_context
from .._parameters import with_parameters
from .._regressor import MLPRegressor
from .._targets import Targets
from ._base import BaseTabularMLP, Judged, mean_of, used
from ._intervals import LARGEST, Calibration, Normal, Quantiles, calibration
from ._members import Member, Scaling
from ._parameters import TabularRegressorParameters
from ._quantiles import Floats

# Of standardised targets: below that of a network, which no mean of several is.
LEAST_VARIANCE = math.exp(-Gaussian.bound)


def has_distribution(estimator: Any) -> bool:
    """Whether the networks have learnt more of y than one number."""
    return estimator.quantiles is not None or estimator.loss == "gaussian"


def has_quantiles(estimator: Any) -> bool:
    """Whether predict_quantiles is there: raise AttributeError with the reason if not."""
    if estimator.quantiles is None:
        raise AttributeError("predict_quantiles requires quantiles, such as (0.05, 0.5, 0.95).")
    return True


def has_intervals(estimator: Any) -> bool:
    """Whether predict_interval is there: raise AttributeError with the reason if not."""
    if not has_distribution(estimator):
        raise AttributeError(
            "predict_interval requires quantiles, such as (0.05, 0.5, 0.95), or loss='gaussian'."
        )
    return True


@with_parameters
class TabularMLPRegressor(RegressorMixin, TabularRegressorParameters, BaseTabularMLP):
    r"""Regressor for tables with numbers, categories and missing values.

    Use this regressor on a data frame without preprocessing of your own, as you would use gradient
    boosting. A :class:`TabularPreprocessor` converts the table to a matrix, and a
    :class:`skperceptron.MLPRegressor` with three hidden layers learns from the matrix. Part of the
    rows is held out, and the weights of the epoch with the lowest loss on these rows are kept.
    Targets are standardised, so they may have any unit.

    X may be a data frame of pandas or polars, or an array of numbers, strings or objects. NaN,
    None, NA and NaT are missing values.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(128, 128, 128)
        Number of units of each hidden layer. Wider layers take longer and fit more complicated
        functions. Usual are 2 to 4 layers of 64 to 512 units.

    activation : str, object, or sequence of them, default='auto'
        Activation of the hidden units, as in :class:`skperceptron.MLPRegressor`. 'auto' is
        'mish'.

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
        the loss jump or diverge. Usual values are 0.0005 to 0.01. Greater than 0. 'auto' is 0.0044.

    dropout : float, sequence of float or 'auto', default='auto'
        Probability that the output of a hidden unit is set to 0 for a row during training. A larger
        value reduces overfitting, which helps on tables with few rows. Usual values are 0.0 to 0.5.
        One value for all hidden layers, or one for each. In [0, 1). 'auto' is 0.2 for one network,
        and 0.1 for several.

    batch_size : int or 'auto', default='auto'
        Number of rows in each training step. Smaller batches make more steps per epoch, and take
        longer. Usual values are 32 to 1024. 'auto' is 64 for several networks, and 256 for one
        network, or 128 or 64 where an epoch would have fewer than 8 batches. All training rows are
        one batch if they are fewer.

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
        and a larger network. None, or 1, leaves the encoding out. 'auto' is 32.

    validation_fraction : float, default=0.2
        Fraction of the rows that one network holds out. In (0, 1).

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
        encoded rows and the standardised targets.

    network_params : dict or None, default=None
        Other hyperparameters of the networks by name, such as ``{"alpha": 0.0001}``. See
        :class:`skperceptron.MLPRegressor`.

    n_jobs : int or None, default=None
        Number of networks that are trained at a time. None is 1, -1 uses all processors.
        Predictions are the same for each value, bit for bit.

    random_state : int, RandomState instance or None, default=None
        Determines which rows are held out, the initial weights, the order of the rows in each
        epoch, dropout, and the folds of target encodings.

    verbose : bool or int, default=False
        Whether to print the loss of each epoch of each network. 2 prints more, as in
        :class:`skperceptron.MLPRegressor`.

    loss : str, default='squared_error'
        Loss of the standardised targets: 'squared_error', 'absolute_error', 'huber', 'log_cosh' or
        'gaussian'. The first four are losses of :class:`skperceptron.MLPRegressor`. Use
        'absolute_error', 'huber' or 'log_cosh' if y has outliers. With 'gaussian' the networks
        learn a mean and a standard deviation for each row, by the likelihood of the normal
        distribution [2]_: pass ``return_std=True`` to ``predict``.

    quantiles : sequence of float or None, default=None
        Quantiles that the networks learn, all in one network, each in (0, 1). Use them for
        prediction intervals, for example ``(0.05, 0.5, 0.95)``. The loss is the sum of the quantile
        losses [3]_. ``predict`` returns the quantile closest to 0.5, and ``predict_quantiles``
        returns all.

    Attributes
    ----------
    estimators_ : list of MLPRegressor
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

    y_mean_, y_scale_ : ndarray of shape (n_networks, n_outputs)
        Mean and standard deviation of the training targets of each network, which learns
        ``(y - y_mean_) / y_scale_``. The scale of constant targets is 1.

    n_iter_ : int
        Number of epochs of the longest training.

    n_features_in_ : int
        Number of columns in ``fit``.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, if X in ``fit`` has names that are all strings.

    See Also
    --------
    TabularMLPClassifier : The same estimator for classes as targets.
    TabularPreprocessor : The preprocessing alone.
    skperceptron.MLPRegressor : The network alone.
    sklearn.ensemble.HistGradientBoostingRegressor : Boosted trees, which also take tables.

    Notes
    -----
    The networks are trained by Adam with :math:`\beta_2 = 0.95`, dropout and the learning rates
    above, in float32, from LeCun-normal weights. The preprocessing and most of the hyperparameters
    are those of Holzmüller et al. [1]_, without their embeddings, label smoothing and weight decay.

    The preprocessing is fitted to training rows only. So the loss on validation rows is biased only
    by the choice of the best epoch, and of the weights of the kinds.

    Predictions, and the quantiles, are within the range of the training targets.

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

    The weights of the kinds are chosen by ensemble selection [4]_: a kind is picked 12 times, each
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

    .. [2] D. Nix and A. Weigend (1994). Estimating the mean and variance of the target probability
       distribution. IEEE International Conference on Neural Networks.

    .. [3] R. Koenker and G. Bassett (1978). Regression quantiles. Econometrica 46.

    .. [4] R. Caruana, A. Niculescu-Mizil, G. Crew and A. Ksikes (2004). Ensemble selection from
       libraries of models. International Conference on Machine Learning.

    Examples
    --------
    >>> import numpy as np
    >>> from skperceptron.tabular import TabularMLPRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = np.empty((500, 2), dtype=object)
    >>> X[:, 0] = rng.uniform(-1, 1, size=500)
    >>> X[:, 1] = rng.choice(["red", "green", None], size=500)
    >>> y = 100 * np.where(X[:, 1] == "red", X[:, 0], 0.5).astype(float)
    >>> y += rng.normal(size=500)
    >>> model = TabularMLPRegressor(quantiles=(0.05, 0.5, 0.95), random_state=0)
    >>> bool(model.fit(X[:400], y[:400]).score(X[400:], y[400:]) > 0.95)
    True
    >>> model.predict_interval(X[400:], coverage=0.8).shape
    (100, 2)
    """

    network_class: ClassVar[type[BaseMLP]] = MLPRegressor
    target_type: ClassVar[str] = "continuous"
    # In a few steps a regressor does not come near the targets. Classifiers gain nothing from more.
    fewest_batches = 8
    automatic = MappingProxyType({"activation": "mish", "learning_rate_init": 0.0044, "n_bins": 32})
    _scales_targets: ClassVar[bool] = True

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
    ) -> TabularMLPRegressor:
        """Fit the preprocessing and the networks to a table.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Real-valued targets: one column with ``quantiles`` or ``loss='gaussian'``.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; None is 1 for all. Weights count in preprocessing, in
            the loss and in validation. Rows of weight 0 are left out.

        X_val : data frame or array-like of shape (n_val, n_features), default=None
            Rows to validate on. No row of X is held out then: all networks are trained on all rows
            of X, and differ by their initial weights, dropout and batches.

        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Targets of ``X_val``.

        sample_weight_val : array-like of shape (n_val,), default=None
            Weight of each row of ``X_val``, at least 0; None is 1 for all.

        groups : array-like of shape (n_samples,), default=None
            Group of each row, passed to ``cv.split``.

        Returns
        -------
        self : TabularMLPRegressor
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

    @overload
    def predict(self, X: Any, return_std: Literal[False] = False) -> Floats: ...

    @overload
    def predict(self, X: Any, return_std: Literal[True]) -> tuple[Floats, Floats]: ...

    def predict(self, X: Any, return_std: bool = False) -> Floats | tuple[Floats, Floats]:
        """Predict the targets: means, or with ``quantiles`` the quantile closest to 0.5.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the same columns as the table in ``fit``.

        return_std : bool, default=False
            Whether to return standard deviations too. Requires ``loss='gaussian'``.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, in units of y.

        ndarray of shape (n_samples,)
            Only with ``return_std``: standard deviation of the target of each row, in units of y.
            With several networks it is that of the mixture of their normal distributions.
        """
        check_is_fitted(self)
        if isinstance(self._distribution, Normal):
            mean, deviation = self._moments(X).T
            return (mean, deviation) if return_std else mean
        if return_std:
            raise ValueError(
                f"return_std=True requires loss='gaussian' in fit, got loss={self.loss!r}."
            )
        if isinstance(self._distribution, Quantiles):
            middle = int(np.abs(np.array(self._distribution.levels) - 0.5).argmin())
            return self._heads(X)[:, middle]
        predictions = self._combine(X, self._outputs, mean_of)
        return predictions[:, 0] if predictions.shape[1] == 1 else predictions

    @available_if(has_quantiles)
    def predict_quantiles(self, X: Any) -> Floats:
        """Predict the quantiles: weighted means over the networks. Quantiles never cross.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the same columns as the table in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_quantiles)
            Columns in the order of ``quantiles``, in units of y.
        """
        check_is_fitted(self)
        if not isinstance(self._distribution, Quantiles):
            raise ValueError("predict_quantiles needs quantiles in fit: fit anew with them.")
        return self._heads(X)[:, self._given_order]

    @available_if(has_intervals)
    def predict_interval(self, X: Any, coverage: float = 0.9) -> Floats:
        """Predict intervals that cover the target with a given probability.

        The interval between the predicted quantiles is widened, or narrowed, so that intervals have
        this coverage on the validation rows: conformalised quantile regression [1]_. The coverage
        is an average over new rows that are distributed like the rows in ``fit``. The coverage of a
        subset of the rows may be lower or higher. With several networks, the prediction for each
        validation row is that of the networks that were not trained on the row. The mean of all
        networks is more accurate, so intervals cover a little more often than ``coverage``.

        If no pair of ``quantiles`` has this coverage, the ends are interpolated before the
        correction, at most up to the outermost quantiles.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the same columns as the table in ``fit``.

        coverage : float, default=0.9
            Probability of covering the target, in (0, 1).

        Returns
        -------
        ndarray of shape (n_samples, 2)
            Lower and upper end of each interval, in units of y.

        References
        ----------
        .. [1] Y. Romano, E. Patterson and E. Candès (2019). Conformalized quantile regression.
           Advances in Neural Information Processing Systems 32.
        """
        check_is_fitted(self)
        if not isinstance(coverage, Real) or not 0 < coverage < 1:
            raise ValueError(f"coverage must be a number between 0 and 1, got {coverage!r}.")
        if self._distribution is None:
            raise ValueError(
                "predict_interval needs quantiles, or loss='gaussian', in fit: fit anew with them."
            )
        if self._calibration is None:
            raise ValueError(
                "predict_interval needs validation rows, and fit had too few rows to hold some "
                "out: give it more, or X_val and y_val."
            )
        is_normal = isinstance(self._distribution, Normal)
        values = self._moments(X) if is_normal else self._heads(X)
        return self._calibration.interval(values, float(coverage))

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """Compute the coefficient of determination R² of the predictions.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the same columns as the table in ``fit``.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; None is 1 for all.

        Returns
        -------
        float
            1 for perfect predictions, 0 for the mean of y. With several outputs, the mean of their
            R².
        """
        with np.errstate(all="ignore"):
            return float(super().score(X, y, sample_weight))

    # What networks have learnt, in units of y ----------------------------------------------

    def _outputs(self, i: int, network: Any, rows: NDArray[np.floating]) -> Floats:
        """Predictions, (n, n_outputs)."""
        return self._scalings[i].restore(_scores(network, rows))

    def _heads(self, X: Any) -> Floats:
        """Quantiles, (n, n_quantiles), ascending."""
        return self._combine(
            X,
            lambda i, network, rows: _heads(self._scalings[i], _scores(network, rows)),
            mean_of,
        )

    def _moments(self, X: Any) -> Floats:
        """Mean and standard deviation, (n, 2)."""
        return self._combine(
            X,
            lambda i, network, rows: _moments(self._scalings[i], _scores(network, rows)),
            _mixture,
        )

    # Fit -----------------------------------------------------------------------------------

    def _network(self, settings: Mapping[str, Any]) -> BaseMLP:
        if self.quantiles is not None:
            self._check_quantiles()
        return super()._network(settings)

    def _check_quantiles(self) -> None:
        if self.loss != "squared_error":
            raise ValueError(
                f"quantiles have a loss of their own: leave loss at 'squared_error', its default, "
                f"got loss={self.loss!r}."
            )
        if not (isinstance(self.scoring, str) and self.scoring == "loss"):
            raise ValueError(
                f"scoring must be 'loss' with quantiles, got scoring={self.scoring!r}."
            )
        with error_context("quantiles"):
            levels = np.asarray(self.quantiles, np.float64)
        if levels.ndim != 1 or not levels.size or not ((levels > 0) & (levels < 1)).all():
            raise ValueError(
                f"quantiles must be numbers between 0 and 1, such as (0.05, 0.5, 0.95), got "
                f"{self.quantiles!r}."
            )
        if len(np.unique(levels)) < len(levels):
            raise ValueError(f"quantiles must differ from one another, got {self.quantiles!r}.")

    def _loss(self) -> Any:
        learnt = self._learnt()
        if isinstance(learnt, Quantiles):
            return losses.Quantiles(learnt.levels)
        return self.loss if learnt is None else Gaussian()

    def _codes(self, y: NDArray[Any], targets: Targets) -> NDArray[np.intp] | None:
        return None

    def _check_targets(self, targets: Targets) -> None:
        if targets.n_outputs > 1 and has_distribution(self):
            what = "quantiles" if self.quantiles is not None else "loss='gaussian'"
            raise ValueError(
                f"y must have one column with {what}, got {targets.n_outputs}: wrap the regressor "
                "in sklearn.multioutput.MultiOutputRegressor."
            )

    @property
    def _keeps_scores(self) -> bool:
        return self._learnt() is not None

    def _values(self, member: Member, targets: Targets) -> Floats:
        """Standardised predictions or quantiles, or first and second moments, (n, n_values)."""
        (scaling, scores), learnt = _scaled_scores(member), self._learnt()
        if isinstance(learnt, Normal):
            mean = scaling.bound(scores[:, :1])
            return np.hstack([mean, mean**2 + np.exp(Gaussian.log_variance(scores[:, 1:]))])
        return scaling.bound(np.sort(scores, axis=1) if learnt is not None else scores)

    def _losses(
        self, values: Floats, member: Member, y: NDArray[Any], loss: LossLike, targets: Targets
    ) -> Floats:
        assert member.scaling is not None
        encoded = member.scaling.standardise(y).reshape(len(y), -1)
        if isinstance(self._learnt(), Normal):
            mean, square = np.split(values, 2, axis=1)
            variance = np.maximum(square - mean**2, LEAST_VARIANCE)
            return 0.5 * (np.log(variance) + (encoded - mean) ** 2 / variance)[:, 0]
        losses: Floats = loss.values_and_gradient(values.copy(), encoded)
        return losses

    def _publish(self, members: list[Member], judged: list[Judged], targets: Targets) -> None:
        self._scalings = [member.scaling for member in members if member.scaling is not None]
        self.y_mean_ = np.array([scaling.mean for scaling in self._scalings])
        self.y_scale_ = np.array([scaling.scale for scaling in self._scalings])
        self._distribution, self._calibration = self._learnt(), None
        if isinstance(self._distribution, Quantiles):
            self._given_order = np.argsort(np.argsort(np.asarray(self.quantiles, np.float64)))
        if self._distribution is not None:
            self._calibration = self._calibrate(members, judged, self._distribution)

    def _learnt(self) -> Quantiles | Normal | None:
        """What the networks learn of the distribution of y, but for a mean."""
        if self.quantiles is not None:
            return Quantiles(tuple(sorted(map(float, self.quantiles))))
        return Normal() if self.loss == "gaussian" else None

    def _calibrate(
        self, members: list[Member], judged: list[Judged], distribution: Quantiles | Normal
    ) -> Calibration | None:
        """Compare what was predicted for validation rows with their targets.

        Each fold is judged by the networks that have not seen it, with their weights. All networks
        have seen the same rows if ``X_val`` was given: then it is judged by all of them together.
        """
        read, combine = (
            (_moments, _mixture) if isinstance(distribution, Normal) else (_heads, mean_of)
        )
        weight_of = dict(zip(map(id, members), self.weights_, strict=True))
        values, rows = [], []
        for each in judged:
            places, weights = used(np.array([weight_of[id(member)] for member in each.members]))
            if not places:
                continue
            of_members = [read(*_scaled_scores(each.members[i])) for i in places]
            values.append(combine(of_members, weights))
            rows.append(each.rows)
        if not values:
            return None
        known = [row.sample_weight for row in rows if row.sample_weight is not None]
        return calibration(
            distribution,
            np.vstack(values),
            np.concatenate([row.y for row in rows]).astype(np.float64),
            np.concatenate(known) if known else None,
            float(self.y_mean_[0, 0]),
            float(self.y_scale_[0, 0]),
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _scores(network: Any, rows: NDArray[np.floating]) -> Floats:
    """Raw scores of a network, (n, n_scores)."""
    scores: Floats = network._predict(rows, lambda targets, scores: scores)
    return scores


def _scaled_scores(member: Member) -> tuple[Scaling, Floats]:
    """The scaling of a member, and its raw scores of validation rows."""
    assert member.scaling is not None
    assert member.scores is not None
    return member.scaling, member.scores.astype(np.float64)


def _heads(scaling: Scaling, scores: Floats) -> Floats:
    """Quantiles, (n, n_quantiles), ascending."""
    return scaling.restore(np.sort(scores, axis=1))


def _moments(scaling: Scaling, scores: Floats) -> Floats:
    """Mean and standard deviation, (n, 2)."""
    mean = scaling.restore(scores[:, :1])
    deviation = scaling.scale * np.exp(Gaussian.log_variance(scores[:, 1:]) / 2)
    return np.hstack([mean, np.minimum(deviation, LARGEST)])


def _mixture(moments: list[NDArray[Any]], weights: Floats | None = None) -> Floats:
    """Mean and deviation, (n, 2), of the mixture of normal distributions with these weights."""
    if len(moments) == 1:
        return moments[0]
    means, deviations = np.array(moments).transpose(2, 0, 1)
    unit = np.abs(moments).max() or 1.0  # so that no square overflows
    small, spreads = means / unit, deviations / unit
    if weights is None:
        centre = small.mean(axis=0)
        variance = np.mean(spreads**2, axis=0) + np.var(small, axis=0)
    else:
        centre = np.average(small, axis=0, weights=weights)
        variance = np.average(spreads**2 + (small - centre) ** 2, axis=0, weights=weights)
    mixed = unit * np.column_stack([centre, np.sqrt(variance)])
    return np.clip(mixed, -LARGEST, LARGEST)
