"""TabularPreprocessor: a table as it comes, as a matrix that a network learns well from."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from itertools import pairwise
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import OneHotEncoder, TargetEncoder
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from .._compat import (
    Diagram,
    Interval,
    Persistent,
    StrOptions,
    check_sample_weight,
    check_y,
    cross_fitting,
    input_names,
    kind_of_target,
    validate_parameters,
    validate_table,
)
from .._inputs import plain_labels, refuse_dates
from .._messages import error_context
from .._restored import restored_on_error
from ._columns import Columns, Levels, as_table
from ._piecewise import PiecewiseLinearEncoder, shares_below
from ._quantiles import HUGE, Floats, blocks, empty, frequencies, quantiles
from ._robust_clip import SHARES, RobustClipScaler

Codes = NDArray[np.int32]

N_FOLDS = 5  # of the target encoder
PIECEWISE_RANGE = (-0.125, 0.125)  # (c - 1/2) / 4 for c between 0 and 1
INDICATOR = np.array([[0.0], [1.0]])
MISSING, INFREQUENT = "missing", "infrequent"  # in names of the output


class OneHot(NamedTuple):
    """The levels of a column, by their codes, and what they become before they are scaled."""

    codes: Codes  # (n_levels,), ascending
    table: Floats  # (n_levels, n_outputs)
    infrequent: Codes | None  # those that share an output
    outputs: list[str]  # the code of each output's level, or a name that is no code


class TabularPreprocessor(TransformerMixin, Diagram, Persistent, BaseEstimator):
    r"""Convert a table with numbers, categories and missing values to a matrix for a network.

    Use this transformer in a pipeline before a :class:`skperceptron.MLPClassifier`, or before any
    other estimator that needs scaled numbers. :class:`TabularMLPClassifier` and
    :class:`TabularMLPRegressor` apply it by themselves.

    The output has these columns, in this order:

    1. Numbers: missing values become the mean of the column.
    2. An indicator for each column of numbers with missing values in ``fit``.
    3. Categories: one-hot columns. Missing values are a level of their own. Levels in fewer than
       ``min_frequency`` rows share one column. If two levels remain, one column tells them apart. A
       column with more than ``max_categories`` levels is encoded by
       :class:`sklearn.preprocessing.TargetEncoder` instead: each level becomes a mean of the
       target.
    4. The columns of numbers once more, if they have more than one bin, as
       :class:`PiecewiseLinearEncoder` encodes them, with the numbers
       :math:`\frac14 (c_t - \frac12)`.

    All columns of the first three kinds are scaled and bounded as by :class:`RobustClipScaler`.
    This is the preprocessing of Holzmüller et al. [1]_, with indicators, target encoding and the
    piecewise linear encoding of Gorishniy et al. [2]_.

    X may be a data frame of pandas or polars, with nullable and Arrow types, or an array of
    numbers, strings or objects. NaN, None, NA and NaT are missing values. A level that ``fit`` has
    not seen is encoded like a missing value. Where ``fit`` has seen no missing value either, both
    are encoded like infrequent levels; without these they are 0 in all one-hot columns, or the
    mean of a single column, or the mean of the target.

    Parameters
    ----------
    categorical_features : array-like of {bool, int, str}, 'from_dtype' or None, \
default='from_dtype'
        The columns that hold categories: their names, their indices, or a mask with a bool for
        each column. All other columns must hold numbers. 'from_dtype' takes the columns of a data
        frame that do not have a type of numbers: strings, categories, booleans and objects. Of
        an array of objects, 'from_dtype' takes the columns that hold anything but numbers. None
        means that all columns hold numbers.

    max_categories : int or None, default=30
        Maximum number of levels, missing values included, of a column that is encoded one-hot.
        None means no limit. Where ``fit`` has no y, a column with more levels has one-hot columns
        for the most frequent ones: at most this many, with the one that all other levels share.

    min_frequency : int, default=5
        Levels in fewer rows than this share one column. A larger value gives fewer columns, and
        ignores rare levels.

    n_bins : int or None, default=16
        Maximum number of bins of the piecewise linear encoding. More bins give a finer encoding and
        more columns. None, or 1, leaves the encoding out.

    target_type : {'auto', 'continuous', 'binary', 'multiclass'}, default='auto'
        Kind of y for the target encoding. 'auto' looks at y: whole numbers and strings are
        classes, other numbers are continuous. Pass 'continuous' for regression on whole numbers.

    dtype : {'float32', 'float64'}, default='float32'
        Type of the output.

    random_state : int, RandomState instance or None, default=None
        Determines the folds of the target encoding.

    Attributes
    ----------
    is_categorical_ : ndarray of shape (n_features,)
        Mask of the columns that hold categories.

    categories_ : list of ndarray
        Levels of each categorical column, without missing values.

    is_target_encoded_ : ndarray of shape (n_features,)
        Mask of the categorical columns that are encoded by means of the target.

    mean_ : ndarray of shape (n_numbers,)
        Mean of each column of numbers, which replaces missing values; 0 if all are missing.

    scaler_ : RobustClipScaler or None
        Scaler of the columns of numbers. None if there are none.

    piecewise_ : PiecewiseLinearEncoder or None
        Encoder of the columns of numbers with more than one bin. None if there are none.

    n_features_in_ : int
        Number of columns in ``fit``.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, if X in ``fit`` has names that are all strings.

    See Also
    --------
    RobustClipScaler : Scales numbers and bounds outliers.
    PiecewiseLinearEncoder : Encodes numbers by quantile bins.

    Notes
    -----
    ``fit_transform`` computes the target encoding of each row from the targets of other rows, in
    five folds, so that a network does not learn from a row's own target. ``transform`` uses the
    targets of all rows in ``fit``. In all other columns both compute the same.

    With ``sample_weight``, quantiles and means are weighted. Levels are counted, and targets are
    averaged, over the rows with positive weight, whatever it is.

    Beside its output, ``transform`` needs 8 bytes for each number in X and 4 for each category.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn and I. Steinwart (2024). Better by default: Strong
       pre-tuned MLPs and boosted trees on tabular data. Advances in Neural Information
       Processing Systems 37.

    .. [2] Y. Gorishniy, I. Rubachev and A. Babenko (2022). On embeddings for numerical features
       in tabular deep learning. Advances in Neural Information Processing Systems 35.

    Examples
    --------
    >>> from skperceptron.tabular import TabularPreprocessor
    >>> X = [[20.0, "red"], [None, "red"], [40.0, "blue"], [60.0, None]]
    >>> preprocessor = TabularPreprocessor(min_frequency=1, n_bins=2).fit(X)
    >>> preprocessor.get_feature_names_out().tolist()
    ['x0', 'missingindicator_x0', 'x1_blue', 'x1_red', 'x1_missing', 'x0_bin0', 'x0_bin1']
    >>> preprocessor.transform([[50.0, "green"]]).round(3)
    array([[ 0.949,  0.   ,  0.   , -0.493,  2.4  ,  0.125,  0.   ]],
          dtype=float32)
    """

    _parameter_constraints = {
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
        "max_categories": [Interval(Integral, 1, None, closed="left"), None],
        "min_frequency": [Interval(Integral, 1, None, closed="left")],
        "n_bins": [Interval(Integral, 1, None, closed="left"), None],
        "target_type": [StrOptions({"auto", "continuous", "binary", "multiclass"})],
        "dtype": [StrOptions({"float32", "float64"})],
        "random_state": ["random_state"],
    }

    is_categorical_: NDArray[np.bool_]
    is_target_encoded_: NDArray[np.bool_]
    categories_: list[NDArray[np.object_]]
    mean_: Floats
    scaler_: RobustClipScaler | None
    piecewise_: PiecewiseLinearEncoder | None
    n_features_in_: int

    def __init__(
        self,
        *,
        categorical_features: ArrayLike | None = "from_dtype",
        max_categories: int | None = 30,
        min_frequency: int = 5,
        n_bins: int | None = 16,
        target_type: str = "auto",
        dtype: str = "float32",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.categorical_features = categorical_features
        self.max_categories = max_categories
        self.min_frequency = min_frequency
        self.n_bins = n_bins
        self.target_type = target_type
        self.dtype = dtype
        self.random_state = random_state

    # Fit ---------------------------------------------------------------------------------

    def fit(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> TabularPreprocessor:
        """Learn the levels, means, quantiles and encodings of the columns.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets. They are used for columns with more than ``max_categories`` levels only.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0. Rows of weight 0 are left out.

        Returns
        -------
        self : TabularPreprocessor
            The fitted transformer.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it). The
            transformer is then as it was before the call.
        """
        with restored_on_error(self), np.errstate(all="ignore"):
            self._fit(X, y, sample_weight)
        return self

    def fit_transform(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> NDArray[np.floating]:
        """Fit to a table and transform it, with cross-fitted target encodings.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets. They are used for columns with more than ``max_categories`` levels only.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0. Rows of weight 0 are left out in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            The encoded training rows, in ``dtype`` and in C order.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it). The
            transformer is then as it was before the call.
        """
        with restored_on_error(self), np.errstate(all="ignore"):
            numbers, codes, rows, fitted = self._fit(X, y, sample_weight)
            out = self._assemble(numbers, codes)
            widths = [table.shape[1] for table in self._tables]
            starts = np.cumsum([numbers.shape[1] + len(self._with_gaps), *widths])
            for j, values in fitted.items():
                out[rows, starts[j] : starts[j + 1]] = values
        return out

    def _fit(
        self, X: Any, y: Any, sample_weight: ArrayLike | None
    ) -> tuple[Floats, list[Codes], NDArray[np.intp], dict[int, Floats]]:
        """Fit, and return all numbers and codes, the rows in use, and their target encodings."""
        validate_parameters(self)
        X = as_table(X)
        refuse_dates(X, "X", categories=True)
        X = validate_table(self, X, reset=True)
        columns = Columns(X)
        _check_rows(columns)
        n_rows = columns.shape[0]
        if y is not None:
            with error_context("y"):
                check_consistent_length(X, y)
        weight = check_sample_weight(sample_weight, np.broadcast_to(0.0, (n_rows, 1)))
        rows = np.arange(n_rows) if weight is None else np.flatnonzero(weight)
        counts = None if weight is None else frequencies(weight[rows])
        self.is_categorical_ = self._find_categories(columns)
        categorical = np.flatnonzero(self.is_categorical_).tolist()
        numbers = columns.numbers(np.flatnonzero(~self.is_categorical_))
        self._fit_numbers(numbers, None if weight is None else rows, counts)

        self._levels: list[Levels] = []
        codes = []
        for place in categorical:
            values = columns.values(place)
            used = values if weight is None else [values[row] for row in rows]
            self._levels.append(Levels(used, columns.labels[place]))
            codes.append(self._levels[-1].codes(values))
        self.categories_ = [_as_objects(levels.index) for levels in self._levels]
        fitted = self._fit_categories([column[rows] for column in codes], y, rows, counts)
        return numbers, codes, rows, fitted

    def _find_categories(self, columns: Columns) -> NDArray[np.bool_]:
        given, n_columns = self.categorical_features, columns.shape[1]
        if isinstance(given, str):  # 'from_dtype'
            return np.array([columns.is_category(place) for place in range(n_columns)])
        mask = np.zeros(n_columns, bool)
        if given is None:
            return mask
        with error_context("categorical_features"):
            listed = np.asarray(given)
        if not listed.size:
            return mask
        if listed.dtype.kind == "O":
            listed = np.array(listed.tolist())
        if listed.ndim != 1 or listed.dtype.kind not in "biuUT":
            raise ValueError(
                "categorical_features must be a list of names, of indices, or of one bool for each "
                f"column; got {given!r}."
            )
        if listed.dtype.kind == "b":
            if len(listed) != n_columns:
                raise ValueError(
                    f"categorical_features must have a bool for each of {n_columns} columns, got "
                    f"{len(listed)}."
                )
            return listed
        if listed.dtype.kind in "UT":
            names = getattr(self, "feature_names_in_", None)
            if names is None:
                raise ValueError(
                    "categorical_features must be indices or a mask, because X has no names: got "
                    f"{given!r}."
                )
            places = {name: place for place, name in enumerate(names.tolist())}
            unknown = [name for name in listed.tolist() if name not in places]
            if unknown:
                raise ValueError(
                    f"categorical_features has {unknown[0]!r}, which is not a column of X."
                )
            listed = np.array([places[name] for name in listed.tolist()])
        if (listed < -n_columns).any() or (listed >= n_columns).any():
            raise ValueError(
                f"categorical_features must be indices below {n_columns}, the number of columns; "
                f"got {given!r}."
            )
        mask[listed] = True
        return mask

    def _fit_numbers(
        self, numbers: Floats, rows: NDArray[np.intp] | None, counts: Floats | None
    ) -> None:
        """Fit the columns of numbers in some rows, with the mean in place of what is missing."""
        n_bins = 1 if self.n_bins is None else self.n_bins
        shares = np.concatenate([SHARES, shares_below(n_bins)])
        means, gaps, indicators, found = [], [], [], []
        for j in range(numbers.shape[1]):
            column = numbers[:, j].copy() if rows is None else numbers[rows, j]
            missing = np.isnan(column)
            means.append(_mean(column, counts))
            if missing.any():
                gaps.append(j)
                n_of_each = np.bincount(missing.astype(np.intp), counts, minlength=2).astype(float)
                indicators.append(_scale_levels(INDICATOR, n_of_each))
                column[missing] = means[j]
            found.append(quantiles(column, shares, counts))
        self.mean_ = np.array(means)
        self._with_gaps = np.array(gaps, np.intp)
        self._indicators = np.hstack([np.empty((2, 0)), *indicators])
        self.scaler_ = self.piecewise_ = None
        self._binned = np.zeros(0, np.intp)
        if not found:
            return
        quartiles, ends = np.split(np.array(found), [len(SHARES)], axis=1)
        self.scaler_ = RobustClipScaler()._set_quantiles(quartiles)
        self.scaler_.n_features_in_ = len(found)
        edges = [np.unique(column) for column in ends]
        self._binned = np.array([j for j, some in enumerate(edges) if len(some) > 2], np.intp)
        if len(self._binned):
            encoder = PiecewiseLinearEncoder(
                n_bins, feature_range=PIECEWISE_RANGE, dtype=self.dtype
            )
            self.piecewise_ = encoder._set_edges([edges[j] for j in self._binned])

    def _fit_categories(
        self,
        codes: list[Codes],
        y: Any,
        rows: NDArray[np.intp],
        counts: Floats | None,
    ) -> dict[int, Floats]:
        """Make a table of each categorical column: scaled numbers for each code.

        The last row of a table is for missing values. Return the cross-fitted, scaled target
        encodings of the rows.
        """
        most = np.inf if self.max_categories is None else self.max_categories
        many = [j for j, column in enumerate(codes) if len(np.unique(column)) > most]
        targets = [] if y is None or not many else self._find_targets(y, rows)
        self._tables: list[NDArray[np.floating]] = []
        self._suffixes: list[list[str]] = []  # of the columns' names, in the output
        fitted: dict[int, Floats] = {}
        known: dict[Any, OneHot] = {}
        seed = self.random_state if targets else 0
        if not isinstance(seed, Integral):
            seed = check_random_state(seed).randint(2**31 - 1)
        for j, column in enumerate(codes):
            if targets and j in many:
                table, suffixes, fitted[j] = self._encode_targets(
                    j, column, targets, counts, int(seed)
                )
            else:
                limit = self.max_categories if j in many else None
                one_hot = self._one_hot(column, limit, known)
                table, suffixes = self._encode_one_hot(j, column, one_hot, counts)
            self._tables.append(table.astype(self.dtype))
            self._suffixes.append(suffixes)
        self.is_target_encoded_ = np.zeros_like(self.is_categorical_)
        self.is_target_encoded_[np.flatnonzero(self.is_categorical_)[list(fitted)]] = True
        return fitted

    def _encode_one_hot(
        self, j: int, codes: Codes, one_hot: OneHot, counts: Floats | None
    ) -> tuple[Floats, list[str]]:
        known, table, infrequent, shown = one_hot
        n_of_each = np.bincount(codes, counts).astype(np.float64)[known]
        if known[-1] == self._levels[j].missing:
            unknown = np.empty((0, table.shape[1]))  # it is the last row already
        elif infrequent is not None:
            unknown = table[known == infrequent[0]]
        elif table.shape[1] == 1:
            unknown = np.average(table, axis=0, weights=n_of_each)[None]
        else:
            unknown = np.zeros((1, table.shape[1]))
        names = [*map(str, self._levels[j].index), MISSING]
        suffixes = [f"_{names[int(code)] if code.isdigit() else INFREQUENT}" for code in shown]
        return _scale_levels(table, n_of_each, unknown), suffixes

    def _one_hot(self, codes: Codes, limit: int | None, known: dict[Any, OneHot]) -> OneHot:
        """Encode the levels of a column, or look up those of a column with as frequent levels.

        Of thousands of columns with two levels few are different.
        """
        levels, n_of_each = np.unique(codes, return_counts=True)
        key = levels.tobytes(), (n_of_each >= self.min_frequency).tobytes()
        if limit is None and key in known:
            return known[key]
        encoder = OneHotEncoder(
            drop="if_binary",
            min_frequency=self.min_frequency,
            max_categories=limit,
            sparse_output=False,
        )
        encoder.set_output(transform="default").fit(codes[:, None])
        (infrequent,) = encoder.infrequent_categories_
        names = [name.partition("_")[2] for name in encoder.get_feature_names_out(["x"])]
        one_hot = OneHot(levels, encoder.transform(levels[:, None]), infrequent, names)
        if limit is None:
            known[key] = one_hot
        return one_hot

    def _encode_targets(
        self,
        j: int,
        codes: Codes,
        targets: list[tuple[str, NDArray[Any]]],
        counts: Floats | None,
        seed: int,
    ) -> tuple[Floats, list[str], Floats]:
        """Return the table, the suffixes, and the cross-fitted encodings, both scaled."""
        cross_fitted, tables = [], []
        suffixes: list[Any] = []
        for kind, y in targets:
            n_splits = min(N_FOLDS, _most_rows(kind, y))
            folds = cross_fitting(n_splits, of_classes=kind != "continuous", random_state=seed)
            encoder = TargetEncoder(target_type=kind, **folds).set_output(transform="default")
            with warnings.catch_warnings():
                # Rare classes need not be in all folds.
                warnings.filterwarnings("ignore", "The least populated class")
                cross_fitted.append(encoder.fit_transform(codes[:, None], y))
            table = np.column_stack(encoder.encodings_)
            if len(table) == self._levels[j].missing:  # no value is missing
                table = np.vstack([table, np.atleast_1d(encoder.target_mean_)])
            tables.append(table)
            suffixes += encoder.classes_.tolist() if kind == "multiclass" else [len(tables) - 1]
        fitted = np.hstack(cross_fitted)
        scaler = RobustClipScaler()._fit_columns(fitted, counts)
        names = [f"_{suffix}" for suffix in suffixes] if len(suffixes) > 1 else [""]
        return scaler._clip(np.hstack(tables)), names, scaler._clip(fitted)

    def _find_targets(self, y: Any, rows: NDArray[np.intp]) -> list[tuple[str, NDArray[Any]]]:
        """Return the kind of each output, and its values in these rows.

        There are none if no class has two rows, because then no row can tell of another.
        """
        refuse_dates(y, "y")
        with error_context("y"):
            dense = np.asarray(plain_labels(y.toarray() if issparse(y) else y, "y"))
            kind = self.target_type
            if kind == "auto":
                kind = _kind_of_output(kind_of_target(dense))
            if kind == "continuous":
                dense = check_y(dense, numeric=True, estimator=self).astype(np.float64)
                # A power of 2 changes no digit, and squares neither overflow nor vanish.
                dense = np.ldexp(dense, -np.frexp(np.abs(dense).max())[1])
        dense = dense[rows]
        outputs = [dense] if dense.ndim == 1 else list(dense.T)
        targets = [(_kind_of_classes(kind, output), output) for output in outputs]
        return targets if all(_most_rows(*target) > 1 for target in targets) else []

    # Transform ---------------------------------------------------------------------------

    def transform(self, X: Any) -> NDArray[np.floating]:
        """Convert a table to a matrix.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the same columns as the table in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            The matrix, in ``dtype`` and in C order.
        """
        check_is_fitted(self)
        validate_parameters(self)
        return self._transform(Columns(validate_table(self, as_table(X), reset=False)))

    def _transform(self, columns: Columns) -> NDArray[np.floating]:
        """Make a matrix of columns whose names and number have been checked."""
        _check_rows(columns)
        numbers = columns.numbers(np.flatnonzero(~self.is_categorical_))
        places = np.flatnonzero(self.is_categorical_).tolist()
        codes = [
            levels.codes(columns.values(place))
            for levels, place in zip(self._levels, places, strict=True)
        ]
        return self._assemble(numbers, codes)

    def _assemble(self, numbers: Floats, codes: list[Codes]) -> NDArray[np.floating]:
        """Write the output, each column of X where it belongs, with the mean for missing numbers.

        Only blocks of rows are in memory beside the output and what it is made of.
        """
        n_rows, n_numbers = numbers.shape
        n_binned = 0 if self.piecewise_ is None else int(self.piecewise_.n_bins_.sum())
        widths = [n_numbers, len(self._with_gaps), *(table.shape[1] for table in self._tables)]
        stops = np.cumsum([0, *widths, n_binned]).tolist()
        out: NDArray[np.floating] = empty((n_rows, stops[-1]), self.dtype)
        if self.scaler_ is not None:
            for rows in blocks(n_rows, n_numbers):
                missing = np.isnan(numbers[rows])
                block, encoded = np.where(missing, self.mean_, numbers[rows]), out[rows]
                encoded[:, :n_numbers] = self.scaler_._clip(block)
                gaps = missing[:, self._with_gaps]
                encoded[:, n_numbers : stops[2]] = np.where(gaps, *self._indicators[::-1])
                if self.piecewise_ is not None:
                    self.piecewise_._encode(block, self._binned, encoded[:, stops[-2] :])
        for table, column, ends in zip(self._tables, codes, pairwise(stops[2:-1]), strict=True):
            for rows in blocks(n_rows, table.shape[1]):
                out[rows, slice(*ends)] = table[column[rows]]
        return out

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return the names of the columns of the output.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns. None is the names in ``fit``, or x0, x1 and so on.

        Returns
        -------
        ndarray of str
            Names such as age, missingindicator_age, colour_red, colour_infrequent, colour_missing
            and age_bin0. A number is added to names that occur twice.
        """
        check_is_fitted(self)
        given = input_names(self, input_features)
        numbers = given[~self.is_categorical_]
        names = [*numbers, *(f"missingindicator_{name}" for name in numbers[self._with_gaps])]
        for name, suffixes in zip(given[self.is_categorical_], self._suffixes, strict=True):
            names += [f"{name}{suffix}" for suffix in suffixes]
        if self.piecewise_ is not None:
            names += self.piecewise_.get_feature_names_out(numbers[self._binned]).tolist()
        return _as_objects(_distinct(names))

    def _origins(self) -> NDArray[np.intp]:
        """The column of the table that each column of the output is made of."""
        numbers = np.flatnonzero(~self.is_categorical_)
        categorical = np.flatnonzero(self.is_categorical_)
        widths = np.array([table.shape[1] for table in self._tables], np.intp)
        n_bins = self._binned if self.piecewise_ is None else self.piecewise_.n_bins_
        return np.concatenate(
            [
                numbers,
                numbers[self._with_gaps],
                np.repeat(categorical, widths),
                np.repeat(numbers[self._binned], n_bins),
            ]
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = [self.dtype]
        return tags


def _check_rows(columns: Columns) -> None:
    n_rows, n_columns = columns.shape
    if n_rows == 0 or n_columns == 0:
        what = "sample(s)" if n_rows == 0 else "feature(s)"
        raise ValueError(
            f"X: Found a table with 0 {what} (shape={columns.shape}) while a minimum of 1 is "
            "required by TabularPreprocessor."
        )


def _mean(column: Floats, counts: Floats | None) -> float:
    """Return the mean of what is not missing, 0 if all is."""
    present = ~np.isnan(column)
    values, weights = column[present], None if counts is None else counts[present]
    if not len(values):
        return 0.0
    unit = 2.0**-60 if np.abs(values).max() > HUGE / len(values) else 1.0  # no overflow
    return float(np.average(values * unit, weights=weights) / unit)


def _scale_levels(table: Floats, n_of_each: Floats, unknown: Floats | None = None) -> Floats:
    """Scale a table as a column is with so many rows of each level; append unknown ones."""
    seen = n_of_each > 0
    scaler = RobustClipScaler()._fit_columns(table[seen], n_of_each[seen])
    return scaler._clip(table if unknown is None else np.vstack([table, unknown]))


def _kind_of_output(target: str) -> str:
    """What each column of y is, by scikit-learn's name for y."""
    if target in ("binary", "multiclass"):
        return target
    if target == "multilabel-indicator":
        return "binary"
    if target in ("continuous", "continuous-multioutput", "multiclass-multioutput"):
        return "continuous"
    raise ValueError(f"y must be classes, numbers or several columns of numbers; got {target!r}.")


def _kind_of_classes(kind: str, y: NDArray[Any]) -> str:
    if kind == "continuous":
        return kind
    n_classes = len(np.unique(y))
    if kind == "binary" and n_classes > 2:
        raise ValueError(f"target_type is 'binary', but y has {n_classes} classes.")
    return "binary" if n_classes <= 2 else "multiclass"


def _most_rows(kind: str, y: NDArray[Any]) -> int:
    """The number of rows, or of those in the largest class: so many folds can be made."""
    return len(y) if kind == "continuous" else int(np.unique(y, return_counts=True)[1].max())


def _as_objects(values: Iterable[Any]) -> NDArray[np.object_]:
    listed = list(values)
    array = np.empty(len(listed), object)
    array[:] = listed
    return array


def _distinct(names: list[str]) -> list[str]:
    """Return the names, with numbers behind those that have been there."""
    taken = set(names)
    seen: set[str] = set()
    distinct = []
    for name in names:
        other, number = name, 2
        while other in seen or (other != name and other in taken):
            other, number = f"{name}_{number}", number + 1
        seen.add(other)
        distinct.append(other)
    return distinct
