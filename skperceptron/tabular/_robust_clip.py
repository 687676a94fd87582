"""RobustClipScaler: columns of like size, whatever their outliers."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from .._compat import (
    Diagram,
    Interval,
    Persistent,
    check_sample_weight,
    validate_parameters,
    validate_X,
)
from .._inputs import as_numbers
from .._messages import error_context
from .._restored import restored_on_error
from ._quantiles import FLOATS, HUGE, Floats, blocks, frequencies, quantiles

# Of the rows, below the quantiles that a column is scaled by.
SHARES = (0, 0.25, 0.5, 0.75, 1)

# Where 1 + t² is t² in all digits, and no square overflows, in float32 and in float64.
FAR = 1e15


class RobustClipScaler(OneToOneFeatureMixin, TransformerMixin, Diagram, Persistent, BaseEstimator):
    r"""Scale each column by its quartiles, and bound outliers smoothly.

    Use this scaler before a network, instead of :class:`sklearn.preprocessing.StandardScaler`, if
    columns have outliers.

    A value :math:`x` of a column with the quartiles :math:`q_{25}`, :math:`q_{50}` and
    :math:`q_{75}` becomes

    .. math::

        \frac{z}{\sqrt{1 + (z / b)^2}},
        \qquad z = \frac{x - q_{50}}{q_{75} - q_{25}}

    with the bound :math:`b = 3` [1]_. Values near the median are scaled only, as by
    :class:`sklearn.preprocessing.RobustScaler`. Outliers come close to :math:`\pm b` and keep
    their order.

    If both quartiles are equal, the divisor is half the range of the column. A constant column
    becomes 0. NaN are ignored by ``fit`` and kept by ``transform``.

    Parameters
    ----------
    max_absolute_value : float, default=3.0
        Bound :math:`b` of the absolute values in the output. A smaller value compresses outliers
        more. Usual values are 2 to 10. Must be positive.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
        Median of each column, NaN if all values are missing.

    scale_ : ndarray of shape (n_features,)
        Divisor of each column: the interquartile range, half the range, or 0 for a constant
        column.

    n_features_in_ : int
        Number of columns.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, if X in ``fit`` has names that are all strings.

    See Also
    --------
    TabularPreprocessor : Applies this to tables with numbers, categories and missing values.
    sklearn.preprocessing.RobustScaler : Divides by the interquartile range, without a bound.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn and I. Steinwart (2024). Better by default: Strong
       pre-tuned MLPs and boosted trees on tabular data. Advances in Neural Information
       Processing Systems 37.

    Examples
    --------
    >>> from skperceptron.tabular import RobustClipScaler
    >>> X = [[1.0], [2.0], [3.0], [4.0], [1000.0]]
    >>> RobustClipScaler().fit_transform(X).round(2)
    array([[-0.95],
           [-0.49],
           [ 0.  ],
           [ 0.49],
           [ 3.  ]])
    """

    _parameter_constraints = {"max_absolute_value": [Interval(Real, 0, None, closed="neither")]}

    center_: Floats
    scale_: Floats
    n_features_in_: int

    def __init__(self, max_absolute_value: float = 3.0) -> None:
        self.max_absolute_value = max_absolute_value

    def fit(
        self, X: Any, y: object = None, sample_weight: ArrayLike | None = None
    ) -> RobustClipScaler:
        """Compute the median and the divisor of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers; NaN are ignored.

        y : Ignored
            There for scikit-learn's convention.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0. A weight of 2 counts like two equal rows, and a weight
            of 0 like no row. Weights below 1 are first divided by the smallest positive weight.

        Returns
        -------
        self : RobustClipScaler
            The fitted transformer.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it). The
            transformer is then as it was before the call.
        """
        with restored_on_error(self), np.errstate(all="ignore"):
            validate_parameters(self)
            X = self._validate(X, reset=True)
            weight = check_sample_weight(sample_weight, X)
            if weight is not None:
                X, weight = X[weight > 0], weight[weight > 0]
            self._fit_columns(X, frequencies(weight))
        return self

    def _fit_columns(self, X: NDArray[np.floating], counts: Floats | None) -> RobustClipScaler:
        """Fit to an array that has been checked, with numbers of rows instead of weights."""
        found = [quantiles(column.astype(np.float64), SHARES, counts) for column in X.T]
        return self._set_quantiles(np.array(found))

    def _set_quantiles(self, found: Floats) -> RobustClipScaler:
        """Scale by the quantiles of each column at ``SHARES``, (n_columns, n_shares)."""
        low, first, median, third, high = found.T
        with np.errstate(over="ignore"):
            spread = third - first
        spread = np.where(spread > 0, spread, high / 2 - low / 2)
        self.center_ = median
        self.scale_ = np.nan_to_num(spread)  # an infinite one becomes the largest float
        return self

    def transform(self, X: Any) -> NDArray[np.floating]:
        """Scale and bound the values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers; NaN are kept.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Values between -``max_absolute_value`` and ``max_absolute_value``, float32 if X is
            float32, otherwise float64.
        """
        check_is_fitted(self)
        validate_parameters(self)
        X = self._validate(X, reset=False)
        out: NDArray[np.floating] = np.empty(X.shape, X.dtype)
        for rows in blocks(*X.shape):
            out[rows] = self._clip(X[rows])
        return out

    def _clip(self, values: NDArray[np.floating]) -> Floats:
        """Scale and bound a block of rows, in float64."""
        # Half of the values can be subtracted without overflow. Any number divided by inf is 0.
        constant = self.scale_ == 0
        halved = constant | (np.abs(self.center_) > HUGE) | (self.scale_ > HUGE)
        unit = np.where(halved, 0.5, 1.0)
        with np.errstate(all="ignore"):
            t = values * unit
            t -= self.center_ * unit
            t /= np.where(constant, np.inf, self.scale_ * unit)
            # The median of a column without values is no number.
            t[:, np.isnan(self.center_)] = values[:, np.isnan(self.center_)] * 0
            t /= self.max_absolute_value
            np.clip(t, -FAR, FAR, out=t)
            clipped: Floats = self.max_absolute_value * (t / np.sqrt(1 + t * t))
        return clipped

    def inverse_transform(self, X: Any) -> NDArray[np.floating]:
        """Compute the values that ``transform`` scales to X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Scaled values; NaN are kept. Values at the bound or beyond stand for infinitely many
            values, and become the closest to the median of them.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Values in units of the columns: the median for constant columns.
        """
        check_is_fitted(self)
        validate_parameters(self)
        with error_context("X"), np.errstate(all="ignore"):
            X = as_numbers(X, "X")
            X = check_array(
                X, dtype=FLOATS, ensure_all_finite="allow-nan", estimator=self, input_name="X"
            )
        if X.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {X.shape[1]} columns, but {type(self).__name__} was fitted to "
                f"{self.n_features_in_} features."
            )
        out: NDArray[np.floating] = np.empty(X.shape, X.dtype)
        most = np.finfo(X.dtype).max
        nearly_one = float(np.nextafter(X.dtype.type(1), X.dtype.type(0)))
        for rows in blocks(*X.shape):
            with np.errstate(over="ignore", invalid="ignore"):
                t = X[rows].astype(np.float64) / self.max_absolute_value
                np.clip(t, -nearly_one, nearly_one, out=t)
                t *= self.max_absolute_value / np.sqrt((1 - t) * (1 + t))
                t = t * self.scale_ + self.center_
            out[rows] = np.clip(t, -most, most)
        return out

    def _validate(self, X: Any, *, reset: bool) -> NDArray[np.floating]:
        with np.errstate(all="ignore"):  # the sum that tells what is finite may overflow
            validated: NDArray[np.floating] = validate_X(
                self, X, "X", reset=reset, dtype=FLOATS, ensure_all_finite="allow-nan"
            )
        return validated

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
