"""Batches of rows, gathered into buffers that live as long as the call of fit."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .compiled.tape import Series, Tape
from .types import Array


class Rows(ABC):
    """Interface of something with one row per sample."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def buffer(self, n_rows: int) -> Array:
        """An empty array for up to ``n_rows`` rows."""

    @abstractmethod
    def take(self, rows: Array, out: Array) -> Array:
        """Gather the rows (n,) into the first n of ``out``, and return those."""

    @abstractmethod
    def slice(self, start: int, stop: int, out: Array) -> Array:
        """Rows start to stop: a view if it can be, else gathered into ``out``."""


def _take_loop(arrays: Any, sizes: Any, integers: Any, _: Any) -> None:
    """Rows of values; the last of the integers are the strides of these, in elements."""
    out, values, rows, strides = arrays[0], arrays[1], integers[2], integers[3]
    n, stride = sizes[1], strides[1]
    for i in range(sizes[0]):
        start = rows[i] * strides[0]
        if stride == 1:  # values side by side are copied several at a time
            for j in range(n):
                out[i * n + j] = values[start + j]
        else:
            for j in range(n):
                out[i * n + j] = values[start + j * stride]


class ArrayRows(Rows):
    """The rows of an array, (n,) or (n, k)."""

    def __init__(self, values: Array) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def buffer(self, n_rows: int) -> Array:
        return np.empty((n_rows, *self._values.shape[1:]), self._values.dtype)

    def take(self, rows: Array, out: Array) -> Array:
        # mode="clip" lets NumPy write to `out` without a copy; the rows are in range anyway.
        return self._values.take(rows, 0, out[: len(rows)], "clip")

    def slice(self, start: int, stop: int, out: Array) -> Array:
        return self._values[start:stop]

    def record(self, tape: Tape, rows: Series, out: Array) -> Array:
        values = self._values if self._values.ndim == 2 else self._values[:, np.newaxis]
        tape.gather(_take_loop, values, rows, out)
        return out


class CodedRows(Rows):
    """Rows of a small table, chosen by code: one-hot targets that are never built whole.

    A few rows are looked up in less time than ``OneHotRows`` writes them.
    """

    def __init__(self, codes: Array, table: Array) -> None:
        self._codes = codes  # (n,) of intp
        self._table = table  # (n_codes, k)

    def __len__(self) -> int:
        return len(self._codes)

    def buffer(self, n_rows: int) -> Array:
        return np.empty((n_rows, self._table.shape[1]), self._table.dtype)

    def take(self, rows: Array, out: Array) -> Array:
        return self._look_up(self._codes[rows], out)

    def slice(self, start: int, stop: int, out: Array) -> Array:
        return self._look_up(self._codes[start:stop], out)

    def _look_up(self, codes: Array, out: Array) -> Array:
        return self._table.take(codes, 0, out[: len(codes)], "clip")

    def record(self, tape: Tape, rows: Series, out: Array) -> Array:
        table = np.ascontiguousarray(self._table)
        codes = np.ascontiguousarray(self._codes, np.intp)
        tape.run(_look_up_loop, out, table, rows, codes)
        return out


def _look_up_loop(arrays: Any, sizes: Any, integers: Any, _: Any) -> None:
    out, table, rows, codes = arrays[0], arrays[1], integers[2], integers[3]
    n = sizes[1]
    for i in range(sizes[0]):
        start = codes[rows[i]] * n
        for j in range(n):
            out[i * n + j] = table[start + j]


class OneHotRows(Rows):
    """Rows with one value at the place of their code and another one elsewhere.

    What ``CodedRows`` looks up, for so many codes that the table would be large.
    """

    def __init__(self, codes: Array, n_codes: int, absent: Any, present: Any) -> None:
        self._codes, self._n_codes = codes, n_codes  # (n,) of intp
        self._absent, self._present = absent, present  # scalars of one dtype

    def __len__(self) -> int:
        return len(self._codes)

    def buffer(self, n_rows: int) -> Array:
        return np.empty((n_rows, self._n_codes), self._present.dtype)

    def take(self, rows: Array, out: Array) -> Array:
        return self._write(self._codes[rows], out)

    def slice(self, start: int, stop: int, out: Array) -> Array:
        return self._write(self._codes[start:stop], out)

    def _write(self, codes: Array, out: Array) -> Array:
        out = out[: len(codes)]
        out.fill(self._absent)
        out[np.arange(len(codes)), codes] = self._present
        return out

    def record(self, tape: Tape, rows: Series, out: Array) -> Array:
        values = np.array([self._absent, self._present])
        codes = np.ascontiguousarray(self._codes, np.intp)
        tape.run(_one_hot_loop, out, values, rows, codes)
        return out


def _one_hot_loop(arrays: Any, sizes: Any, integers: Any, _: Any) -> None:
    out, values, rows, codes = arrays[0], arrays[1], integers[2], integers[3]
    n, absent, present = sizes[1], values[0], values[1]
    for i in range(sizes[0]):
        for j in range(n):
            out[i * n + j] = absent
        out[i * n + codes[rows[i]]] = present


class SparseRows(Rows):
    """The rows of a CSR matrix; they stay sparse, so there is nothing to put in a buffer."""

    def __init__(self, matrix: Any) -> None:
        self._matrix = matrix

    def __len__(self) -> int:
        return int(self._matrix.shape[0])

    def buffer(self, n_rows: int) -> Array:
        return np.empty(0)

    def take(self, rows: Array, out: Array) -> Any:
        return self._matrix[rows]

    def slice(self, start: int, stop: int, out: Array) -> Any:
        return self._matrix[start:stop]


class DensifiedRows(Rows):
    """The rows of a CSR matrix as arrays, batch by batch: sparse targets, changed if need be."""

    def __init__(self, matrix: Any, change: Callable[[Array], Array] = lambda rows: rows) -> None:
        self._matrix, self._change = matrix, change

    def __len__(self) -> int:
        return int(self._matrix.shape[0])

    def buffer(self, n_rows: int) -> Array:
        return np.empty((n_rows, self._matrix.shape[1]), self._matrix.dtype)

    def take(self, rows: Array, out: Array) -> Array:
        return self._write(self._matrix[rows], out)

    def slice(self, start: int, stop: int, out: Array) -> Array:
        return self._write(self._matrix[start:stop], out)

    def _write(self, rows: Any, out: Array) -> Array:
        return self._change(rows.toarray(out=out[: rows.shape[0]]))


class Batches:
    """Walks X, y and the sample weights in batches of at most ``batch_size`` rows.

    ``rows`` are the rows to walk over (None: all of them), and the permutation given to
    ``epoch`` orders them. With neither, batches of X are views of it.
    """

    def __init__(
        self, X: Rows, y: Rows, sample_weight: Rows | None, rows: Array | None, batch_size: int
    ) -> None:
        self._rows = rows
        self.n_rows = len(X) if rows is None else len(rows)
        self.batch_size = min(batch_size, self.n_rows)
        self.n_steps = math.ceil(self.n_rows / self.batch_size)
        columns = (X, y) if sample_weight is None else (X, y, sample_weight)
        self._columns = [(column, column.buffer(self.batch_size)) for column in columns]

    def epoch(self, permutation: Array | None) -> Iterator[tuple[Array, ...]]:
        """Yield (X, y) or (X, y, sample_weight); the arrays hold until the next batch."""
        order = self._order(permutation)
        for start in range(0, self.n_rows, self.batch_size):
            stop = min(start + self.batch_size, self.n_rows)
            if order is None:
                yield tuple(column.slice(start, stop, out) for column, out in self._columns)
            else:
                rows = order[start:stop]
                yield tuple(column.take(rows, out) for column, out in self._columns)

    def take(self, rows: Array) -> tuple[Array, ...]:
        """The batch of these rows."""
        return tuple(column.take(rows, out) for column, out in self._columns)

    def record(self, tape: Tape) -> list[Array]:
        """What ``epoch`` yields, for the batch with the rows ``tape.rows``."""
        return [
            tape.form(column, "record")(tape, tape.rows, out[: tape.n_rows])
            for column, out in self._columns
        ]

    def rows(self, permutation: Array | None) -> Array:
        """The rows that ``epoch`` walks over, in its order."""
        order = self._order(permutation)
        return np.arange(self.n_rows) if order is None else order

    def _order(self, permutation: Array | None) -> Array | None:
        if self._rows is None or permutation is None:
            return self._rows if permutation is None else permutation
        return self._rows[permutation]
