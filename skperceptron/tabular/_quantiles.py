"""Quantiles of columns whose rows have weights, and arrays of rows in blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# Types that arrays keep; all others become the first.
FLOATS = [np.float64, np.float32]

# Beyond these a sum or a difference of two numbers may overflow.
HUGE = 1e300

# Counts of rows up to here are exact, and so are their sums.
MOST_ROWS = 2.0**50

# Numbers in a block: a few of such blocks fit into the cache of a core.
BLOCK = 2**16


# Bytes from which on NumPy asks for huge pages.
HUGE_PAGES = 2**22


def empty(shape: tuple[int, int], dtype: str) -> NDArray[Any]:
    """Return an array to write to, in pages of the usual size.

    NumPy asks Linux for huge pages. A virtual machine may have to get them from its host first,
    which takes 2 seconds for a gigabyte: longer than it takes to encode as many numbers.
    """
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if n_bytes < HUGE_PAGES:
        return np.empty(shape, dtype)
    return np.ndarray(shape, dtype, buffer=bytearray(n_bytes))


def blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Yield slices of rows that have about ``BLOCK`` numbers each."""
    step = max(BLOCK // max(n_columns, 1), 1)
    for start in range(0, n_rows, step):
        yield slice(start, start + step)


def frequencies(weight: NDArray[np.floating] | None) -> Floats | None:
    """Return positive weights as numbers of rows, at least 1 each; None if all are 1.

    A weight of k stands for k equal rows. Weights below 1 are no number of rows: all weights are
    then divided by the smallest.
    """
    if weight is None:
        return None
    exact = weight.astype(np.float64)
    with np.errstate(over="ignore"):
        counts = exact / min(exact.min(), 1.0)
    if counts.max() > MOST_ROWS:
        counts = exact / exact.max() * MOST_ROWS
    return None if (counts == 1).all() else counts


def quantiles(column: Floats, shares: ArrayLike, counts: Floats | None = None) -> Floats:
    """Compute quantiles as :func:`numpy.quantile` does, of rows that occur ``counts`` times.

    NaN are left out; of a column that has nothing else all quantiles are NaN.
    """
    shares = np.asarray(shares, np.float64)
    n_present = len(column) - int(np.isnan(column).sum())
    if not n_present:
        return np.full(shares.shape, np.nan)
    if counts is None:
        place = shares * (n_present - 1)
        lower = place.astype(np.intp)
        upper = np.minimum(lower + 1, n_present - 1)
        ordered = np.partition(column, np.union1d(lower, upper))
        return between(ordered[lower], ordered[upper], place - lower)
    ordered_rows = np.argsort(column, kind="stable")[:n_present]  # NaN are the last
    ordered, last = column[ordered_rows], np.cumsum(counts[ordered_rows])
    # Value i has the places from last[i - 1] up to last[i] - 1 among the repeated rows.
    place = shares * (last[-1] - 1)
    lower = np.minimum(np.searchsorted(last, place, side="right"), n_present - 1)
    upper = np.minimum(lower + 1, n_present - 1)
    return between(ordered[lower], ordered[upper], np.clip(place - (last[lower] - 1), 0, 1))


def between(start: Floats, end: Floats, share: Floats) -> Floats:
    """Interpolate, never beyond the ends and without overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        values = start + (end - start) * share
        far = ~np.isfinite(end - start)
        values = np.where(far, start * (1 - share) + end * share, values)
    return np.clip(values, start, end)
