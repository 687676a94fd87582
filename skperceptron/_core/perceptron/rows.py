"""The rows that a perceptron is trained on, dense or CSR, and the products of rows."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from ..sparse import CSR
from ..types import Array

# Up to this many rows, all products between rows are computed at once. Above it, the products of a
# row are computed when they are needed. An iteration of Python costs more than a product of
# matrices this small.
BLOCK = 64
_LATER = ~np.tri(BLOCK, dtype=bool)  # True where the column's row comes after the row's

# Number of elements of X that are copied at a time, so that they stay in the cache.
GATHERED = 262144


class Products(Protocol):
    """``xᵢ·xⱼ + intercept_rate`` between the n rows of a block."""

    def __getitem__(self, row: int) -> Array:
        """Return the products of one row, (n,): 0 for rows that do not come later."""


class RowBatch(ABC):
    """Interface: a run of rows, in the order of training."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def scores(self, weights: Array, start: int, stop: int) -> Array:
        """Return ``w·x`` of these rows, (n, n_units), for weights (n_features, n_units)."""

    @abstractmethod
    def exact_scores(self, weights: Array, row: int) -> Array:
        """Return the scores of one row, (1, n_units), with terms added one after the other."""

    @abstractmethod
    def row(self, row: int) -> tuple[Any, Array]:
        """Return the index of one row's features (all, or the stored ones) and their values."""

    @abstractmethod
    def products(self, start: int, stop: int, intercept_rate: float) -> Products:
        """Return the products between these rows."""

    @abstractmethod
    def add(self, updates: Array, start: int, weights: Array) -> None:
        """Add ``cᵢ xᵢ`` to ``weights``, row after row, for the updates c of the rows from start."""

    @abstractmethod
    def add_and_score(
        self,
        updates: Array,
        wrong: Array,
        start: int,
        weights: Array,
        squares: list[tuple[int, int, float]] | None = None,
    ) -> Array:
        """Add updates, all of which are of rows that are ``wrong``, and return exact scores.

        The scores (n, n_units) are those before each row's update, where the row is ``wrong``. To
        ``squares`` row, unit, and the squared norm of the weights after the update are appended,
        over the features of the row, where there is an update.
        """


class Rows(ABC):
    """Interface: all rows of the data. Weights are float64, whatever the rows are."""

    run: int  # number of rows in one run
    # Values, columns and starts of rows of a CSR matrix. For dense rows: X and two empty arrays.
    arrays: tuple[Array, Array, Array]
    largest: float  # largest absolute value of an entry
    radius: float  # no row has a larger Euclidean norm; finite unless ``largest`` is huge

    @cached_property
    @abstractmethod
    def is_integral(self) -> bool:
        """Whether all entries are whole numbers."""

    @abstractmethod
    def weights(self, n_units: int) -> Array:
        """Return zeros (n_features, n_units), in the memory order that suits the products."""

    @abstractmethod
    def batch(self, rows: Array) -> RowBatch:
        """Return a run of rows, by index, in this order."""


class DenseRows(Rows):
    """The rows of an array (n, n_features)."""

    def __init__(self, X: Array) -> None:
        self._X = X
        self.run = max(BLOCK, GATHERED // X.shape[1])
        none = np.empty(0, np.intp)
        self.arrays = X, none, none
        self.largest = _largest(X)
        self.radius = self.largest * math.sqrt(X.shape[1])

    @cached_property
    def is_integral(self) -> bool:
        return is_integral(self._X)

    def weights(self, n_units: int) -> Array:
        return np.zeros((self._X.shape[1], n_units), order="F")

    def batch(self, rows: Array) -> RowBatch:
        return _DenseRowBatch(np.asarray(self._X[_as_slice(rows)], np.float64))


class _DenseRowBatch(RowBatch):
    def __init__(self, X: Array) -> None:
        self._X = X  # (n, n_features)

    def __len__(self) -> int:
        return len(self._X)

    def scores(self, weights: Array, start: int, stop: int) -> Array:
        scores: Array = self._X[start:stop].dot(weights)
        return scores

    def exact_scores(self, weights: Array, row: int) -> Array:
        terms = np.multiply(weights, self._X[row][:, np.newaxis], order="C")
        return sequential_sum(terms)[np.newaxis]

    def row(self, row: int) -> tuple[Any, Array]:
        return slice(None), self._X[row]

    def products(self, start: int, stop: int, intercept_rate: float) -> Products:
        X = self._X[start:stop]
        if len(X) > BLOCK:
            return _OnDemand(lambda row: self._with_later(X, row, intercept_rate))
        products: Array = X.dot(X.T)  # (n, n)
        products += intercept_rate
        products *= _LATER[: len(X), : len(X)]
        return products

    @staticmethod
    def _with_later(X: Array, row: int, intercept_rate: float) -> Array:
        products = np.zeros(len(X))
        later = products[row + 1 :]
        np.dot(X[row + 1 :], X[row], out=later)
        later += intercept_rate
        return products

    def add(self, updates: Array, start: int, weights: Array) -> None:
        X = self._X[start : start + len(updates)]
        for steps, own_weights in zip(updates.T, weights.T, strict=True):
            changing = steps.nonzero()[0]
            if changing.size:
                terms = np.empty((changing.size + 1, len(weights)))
                terms[0] = own_weights
                np.multiply(X[changing], steps[changing, np.newaxis], out=terms[1:])
                own_weights[:] = sequential_sum(terms)

    def add_and_score(
        self,
        updates: Array,
        wrong: Array,
        start: int,
        weights: Array,
        squares: list[tuple[int, int, float]] | None = None,
    ) -> Array:
        scores = np.zeros(wrong.shape)
        for unit in np.flatnonzero(wrong.any(axis=0)):
            rows = wrong[:, unit].nonzero()[0]
            X = self._X[start + rows]
            totals = np.empty((rows.size + 1, len(weights)))  # of the weights, before each row
            totals[0] = weights[:, unit]
            np.multiply(X, updates[rows, unit][:, np.newaxis], out=totals[1:])
            _accumulate(totals)
            weights[:, unit] = totals[-1]
            X *= totals[:-1]
            scores[rows, unit] = X.cumsum(axis=1)[:, -1]
            if squares is not None:
                for row, own in zip(rows.tolist(), totals[1:], strict=True):
                    if updates[row, unit]:
                        squares.append((start + row, int(unit), float(np.dot(own, own))))
        return scores


class SparseRows(Rows):
    """The rows of a CSR matrix (n, n_features) without duplicate entries."""

    run = GATHERED // BLOCK

    def __init__(self, X: Any) -> None:
        self._X = X
        self._scratch = np.zeros(X.shape[1])  # all zeros between two uses
        self.arrays = X.data, X.indices, X.indptr
        self.largest = _largest(X.data)
        self.radius = self.largest * math.sqrt(np.diff(X.indptr).max())

    @cached_property
    def is_integral(self) -> bool:
        return is_integral(self._X.data)

    def weights(self, n_units: int) -> Array:
        return np.zeros((self._X.shape[1], n_units))

    def batch(self, rows: Array) -> RowBatch:
        X = self._X[_as_slice(rows)]
        return _SparseRowBatch(CSR.of(X.astype(np.float64, copy=False)), self._scratch)


class _SparseRowBatch(RowBatch):
    def __init__(self, X: CSR, scratch: Array) -> None:
        self._X, self._scratch = X, scratch

    def __len__(self) -> int:
        return len(self._X)

    def scores(self, weights: Array, start: int, stop: int) -> Array:
        scores = np.zeros((stop - start, weights.shape[1]))
        self._X.rows(start, stop).add_product(weights, scores)
        return scores

    def exact_scores(self, weights: Array, row: int) -> Array:
        columns, values = self._X.row(row)
        terms = np.zeros((1 + len(columns), weights.shape[1]))
        np.multiply(weights[columns], values[:, np.newaxis], out=terms[1:])
        return sequential_sum(terms)[np.newaxis]

    def row(self, row: int) -> tuple[Any, Array]:
        return self._X.row(row)

    def products(self, start: int, stop: int, intercept_rate: float) -> Products:
        X = self._X.rows(start, stop)
        return _OnDemand(lambda row: self._with_later(X, row, intercept_rate))

    def _with_later(self, X: CSR, row: int, intercept_rate: float) -> Array:
        products = np.zeros(len(X))
        later = products[row + 1 :]
        later += intercept_rate
        columns, values = X.row(row)
        self._scratch[columns] = values
        X.rows(row + 1, len(X)).add_product_with_vector(self._scratch, later)
        self._scratch[columns] = 0
        return products

    def add(self, updates: Array, start: int, weights: Array) -> None:
        self._X.rows(start, start + len(updates)).add_transposed_product(updates, weights)

    def add_and_score(
        self,
        updates: Array,
        wrong: Array,
        start: int,
        weights: Array,
        squares: list[tuple[int, int, float]] | None = None,
    ) -> Array:
        scores = np.zeros(wrong.shape)
        for row, unit in zip(*wrong.nonzero(), strict=True):
            columns, values = self._X.row(start + row)
            own = weights[columns, unit]
            scores[row, unit] = (own * values).cumsum()[-1] if len(own) else 0.0
            own += values * updates[row, unit]
            weights[columns, unit] = own
            if squares is not None and updates[row, unit]:
                squares.append((start + int(row), int(unit), float(np.dot(own, own))))
        return scores


class _OnDemand(dict[int, Array]):
    """Products of a row, computed on first use, which is when the row is a mistake."""

    def __init__(self, of_row: Callable[[int], Array]) -> None:
        self._of_row = of_row

    def __missing__(self, row: int) -> Array:
        self[row] = products = self._of_row(row)
        return products


def is_integral(values: Array) -> bool:
    """Return whether all of these values are whole numbers."""
    # In parts, since the first part settles most cases.
    parts = np.array_split(values, max(1, values.size // GATHERED))
    return all(bool((np.rint(part) == part).all()) for part in parts)


def _largest(values: Array) -> float:
    """Return the largest absolute value, 0 for an empty array."""
    return float(max(values.max(initial=0), -values.min(initial=0)))


def _as_slice(rows: Array) -> Array | slice:
    """Return consecutive rows as a slice, which needs no copy, and other rows as they are."""
    first, last = int(rows[0]), int(rows[-1])
    in_order = last - first == len(rows) - 1 and bool((np.diff(rows) == 1).all())
    return slice(first, last + 1) if in_order else rows


def _accumulate(terms: Array) -> None:
    """Overwrite an array (n, k) in C order with the sums of its first rows, row after row."""
    if terms.shape[1] < 20 * len(terms):
        np.add.accumulate(terms, axis=0, out=terms)
        return
    # NumPy goes through the columns one by one, which takes longer where they are short and many.
    total, *others = terms
    for row in others:
        total = np.add(total, row, out=row)


def sequential_sum(terms: Array) -> Array:
    """Sum an array (n, k) in C order over its rows, from the first to the last; n is at least 1."""
    # NumPy adds pairwise along a contiguous axis, and row by row along any other axis.
    total: Array
    total = terms.cumsum(axis=0)[-1] if terms.shape[1] == 1 else np.add.reduce(terms, axis=0)
    return total
