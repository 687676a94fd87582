"""PiecewiseLinearEncoder: a column as its shares of bins."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from .._compat import (
    Diagram,
    Interval,
    Persistent,
    StrOptions,
    check_sample_weight,
    input_names,
    validate_parameters,
    validate_X,
)
from .._inputs import as_numbers
from .._messages import error_context
from .._restored import restored_on_error
from ._quantiles import FLOATS, HUGE, Floats, blocks, frequencies, quantiles


class PiecewiseLinearEncoder(TransformerMixin, Diagram, Persistent, BaseEstimator):
    r"""Encode each column of numbers piecewise linearly, by quantile bins.

    Use this encoder before a network or a linear model, to fit steep and irregular functions of
    single columns.

    The bins of a column lie between its quantiles :math:`e_0 < e_1 < \dots < e_T`. A value
    :math:`x` becomes :math:`T` numbers, one for each bin [1]_:

    .. math::

        c_t = \min\left(\max\left(\frac{x - e_{t-1}}{e_t - e_{t-1}}, 0\right), 1\right),
        \qquad t = 1, \dots, T.

    :math:`c_t` is 1 for the bins below the value, 0 for the bins above the value, and between 0 and
    1 for the bin that contains the value. A linear model of these numbers is a piecewise linear
    function of the column.

    Values below or above all values in ``fit`` are encoded like the smallest or the largest.
    Equal quantiles are one edge, so columns with few values have fewer than ``n_bins`` bins. A
    constant column has no bin, and no column in the output.

    Parameters
    ----------
    n_bins : int, default=16
        Maximum number of bins of a column. More bins give a finer encoding, and more columns.
        Usual values are 8 to 64.

    feature_range : tuple of two floats, default=(0.0, 1.0)
        Output for values below and above a bin, instead of 0 and 1.

    dtype : {'float32', 'float64'} or None, default=None
        Type of the output. None is float32 if X is float32, else float64.

    Attributes
    ----------
    bin_edges_ : list of ndarray of shape (n_edges,)
        Edges of the bins of each column, ascending.

    n_bins_ : ndarray of shape (n_features,)
        Number of bins of each column, 0 if it is constant.

    n_features_in_ : int
        Number of columns.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, if X in ``fit`` has names that are all strings.

    See Also
    --------
    TabularPreprocessor : Applies this to the numbers of a table.
    sklearn.preprocessing.KBinsDiscretizer : Encodes by the bin alone.
    sklearn.preprocessing.SplineTransformer : Encodes by splines, which are smooth.

    References
    ----------
    .. [1] Y. Gorishniy, I. Rubachev and A. Babenko (2022). On embeddings for numerical features
       in tabular deep learning. Advances in Neural Information Processing Systems 35.

    Examples
    --------
    >>> from skperceptron.tabular import PiecewiseLinearEncoder
    >>> encoder = PiecewiseLinearEncoder(n_bins=2).fit([[0.0], [1.0], [5.0]])
    >>> encoder.bin_edges_
    [array([0., 1., 5.])]
    >>> encoder.transform([[0.5], [2.0], [9.0]])
    array([[0.5 , 0.  ],
           [1.  , 0.25],
           [1.  , 1.  ]])
    """

    _parameter_constraints = {
        "n_bins": [Interval(Integral, 1, None, closed="left")],
        "feature_range": [tuple, list],
        "dtype": [StrOptions({"float32", "float64"}), None],
    }

    bin_edges_: list[Floats]
    n_bins_: NDArray[np.intp]
    n_features_in_: int

    def __init__(
        self,
        n_bins: int = 16,
        *,
        feature_range: Sequence[float] = (0.0, 1.0),
        dtype: str | None = None,
    ) -> None:
        self.n_bins = n_bins
        self.feature_range = feature_range
        self.dtype = dtype

    def fit(
        self, X: Any, y: object = None, sample_weight: ArrayLike | None = None
    ) -> PiecewiseLinearEncoder:
        """Compute the bins of each column from its quantiles.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers, none of them missing.

        y : Ignored
            There for scikit-learn's convention.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0. A weight of 2 counts like two equal rows, and a weight
            of 0 like no row. Weights below 1 are first divided by the smallest positive weight.

        Returns
        -------
        self : PiecewiseLinearEncoder
            The fitted transformer.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it). The
            transformer is then as it was before the call.
        """
        with restored_on_error(self), np.errstate(all="ignore"):
            validate_parameters(self)
            self._ends()
            X = self._validate(X, reset=True)
            weight = check_sample_weight(sample_weight, X)
            if weight is not None:
                X, weight = X[weight > 0], weight[weight > 0]
            counts = frequencies(weight)
            shares = shares_below(self.n_bins)
            self._set_edges(
                [np.unique(quantiles(c.astype(np.float64), shares, counts)) for c in X.T]
            )
        return self

    def _set_edges(self, edges: list[Floats]) -> PiecewiseLinearEncoder:
        self.bin_edges_ = edges
        self.n_bins_ = np.array([len(ends) - 1 for ends in edges])
        self.n_features_in_ = len(edges)
        return self

    def transform(self, X: Any) -> NDArray[np.floating]:
        """Encode the columns: the output has the bins of the first column, then of the second, etc.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers, none of them missing.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            The encoded columns. Beside this array and a copy of X in another type, if X needs one,
            only blocks of rows are in memory.
        """
        check_is_fitted(self)
        validate_parameters(self)
        X = self._validate(X, reset=False)
        n_outputs = int(self.n_bins_.sum())
        out: NDArray[np.floating] = np.empty((len(X), n_outputs), self.dtype or X.dtype)
        self._encode(X, np.arange(X.shape[1]), out)
        return out

    def _encode(
        self, values: NDArray[np.floating], places: NDArray[np.intp], out: NDArray[np.floating]
    ) -> None:
        """Encode the columns at these places into an array, some rows at a time, in float64."""
        low, high = self._ends()
        if not out.shape[1]:
            return
        # Each bin of each column. Half of huge numbers can be subtracted without overflow.
        place = np.repeat(places, self.n_bins_)
        left = np.concatenate([edges[:-1] for edges in self.bin_edges_])
        right = np.concatenate([edges[1:] for edges in self.bin_edges_])
        huge = np.maximum(np.abs(left), np.abs(right)) > HUGE
        unit = np.where(huge, 0.5, 1.0)
        left, width = left * unit, right * unit - left * unit
        for rows in blocks(*out.shape):
            shares = values[rows].take(place, axis=1).astype(np.float64, copy=False)
            if huge.any():
                shares *= unit
            with np.errstate(over="ignore"):
                shares -= left
                shares /= width
            np.clip(shares, 0, 1, out=shares)
            if (low, high) != (0, 1):
                shares *= high - low
                shares += low
            out[rows] = shares

    def inverse_transform(self, X: Any) -> NDArray[np.floating]:
        """Compute the values that ``transform`` encodes as X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_outputs)
            Encoded values. For rows that ``transform`` never returns, each bin adds its share of
            its width.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Values in units of the columns. Values that were beyond the first or the last edge
            become that edge.
        """
        check_is_fitted(self)
        validate_parameters(self)
        with error_context("X"), np.errstate(all="ignore"):
            X = check_array(
                as_numbers(X, "X"),
                dtype=FLOATS,
                ensure_min_features=0,
                estimator=self,
                input_name="X",
            )
        n_outputs = int(self.n_bins_.sum())
        if X.shape[1] != n_outputs:
            raise ValueError(
                f"X must have {n_outputs} columns, one for each bin; got {X.shape[1]}."
            )
        low, high = self._ends()
        out: NDArray[np.floating] = np.empty((len(X), self.n_features_in_), X.dtype)
        most = np.finfo(X.dtype).max
        stop = 0
        for j, edges in enumerate(self.bin_edges_):
            start, stop = stop, stop + len(edges) - 1
            shares = (X[:, start:stop].astype(np.float64) - low) / (high - low)
            # From the end of the last full bin on, so that far bins cost no digits.
            n_full = (shares >= 1).sum(axis=1)
            shares -= np.arange(stop - start) < n_full[:, None]
            unit = 0.5 if np.abs(edges).max() > HUGE else 1.0  # half of such widths don't overflow
            with np.errstate(over="ignore"):
                values = (edges[n_full] * unit + shares @ np.diff(edges * unit)) / unit
            out[:, j] = np.clip(values, -most, most)
        return out

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return the names of the output's columns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns. None is the names in ``fit``, or x0, x1 and so on.

        Returns
        -------
        ndarray of str
            The name of the column and the number of the bin: age_bin0, age_bin1 and so on.
        """
        check_is_fitted(self)
        names = input_names(self, input_features)
        listed = [
            f"{name}_bin{t}"
            for name, n_bins in zip(names, self.n_bins_, strict=True)
            for t in range(n_bins)
        ]
        return np.array(listed, dtype=object)

    def _validate(self, X: Any, *, reset: bool) -> NDArray[np.floating]:
        with np.errstate(all="ignore"):  # the sum that tells what is finite may overflow
            validated: NDArray[np.floating] = validate_X(self, X, "X", reset=reset, dtype=FLOATS)
        return validated

    def _ends(self) -> tuple[float, float]:
        """Check and return ``feature_range``."""
        try:
            low, high = map(float, self.feature_range)
        except (TypeError, ValueError):
            low = high = np.nan
        if not (low < high and np.isfinite(high - low)):
            raise ValueError(
                "feature_range must be two finite numbers, the smaller one first; got "
                f"{self.feature_range!r}."
            )
        return low, high

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        both = ["float64", "float32"]
        tags.transformer_tags.preserves_dtype = both if self.dtype is None else [self.dtype]
        return tags


def shares_below(n_bins: int) -> Floats:
    """Return the shares of the rows below the edges of bins that have as many rows each."""
    shares: Floats = np.arange(n_bins + 1) / n_bins
    return shares
