"""The columns of a table, whatever holds it: numbers in float64, or a list of Python's values."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._inputs import is_dates, is_missing, refuse_dates
from ._quantiles import Floats, blocks

NUMBERS = "iuf"

# Types of polars that NumPy has too; decimals and integers of 128 bits are none.
NUMBERS_OF_POLARS = {f"{kind}Int{bits}" for kind in ("", "U") for bits in (8, 16, 32, 64)}
NUMBERS_OF_POLARS |= {"Float32", "Float64"}


def as_table(X: Any) -> Any:
    """Return X, lists as an array whose numbers are not strings for the strings beside them."""
    if type(X).__name__ == "LazyFrame":
        raise TypeError("X must be an array or a data frame, got a LazyFrame: pass X.collect().")
    if not isinstance(X, Sequence) or hasattr(X, "dtype"):
        return X
    try:
        array = np.asarray(X)
        return np.asarray(X, dtype=object) if array.dtype.kind in "SU" else array
    except (TypeError, ValueError):
        return X  # which scikit-learn refuses


class Columns:
    """The columns of a data frame, of pandas or polars, or of an array."""

    labels: list[Hashable]

    def __init__(self, table: Any) -> None:
        self._table = table
        self._array: NDArray[Any] | None = None
        self.shape: tuple[int, int] = table.shape
        if isinstance(table, np.ndarray):
            self._array = table
            self._columns: list[Any] = list(table.T)
            self.labels = list(range(table.shape[1]))
        else:
            self.labels = list(table.columns)
            self._columns = _columns_of(table)

    def is_category(self, place: int) -> bool:
        """Whether the type of a column says that it holds categories.

        The type of an array of objects says nothing about a column: then its values tell.
        """
        column = self._columns[place]
        if self._array is not None and column.dtype.kind == "O":
            return not all(
                issubclass(kind, Number) and not issubclass(kind, bool | np.bool_)
                for kind in _present_types(column.tolist())
            )
        return not _is_number(column.dtype)

    def values(self, place: int) -> list[Any]:
        """Return the values of a column."""
        column = self._columns[place]
        if is_dates(column.dtype):
            refuse_dates(self._table, "X", categories=True)
        listed: list[Any] = column.to_list() if hasattr(column, "to_list") else column.tolist()
        return listed

    def numbers(self, places: NDArray[np.intp]) -> Floats:
        """Return columns of numbers, with NaN where they are missing; infinity is refused.

        It may be the table itself, and so is not to be written to.
        """
        if self._array is not None and self._array.dtype.kind in NUMBERS + "b":
            all_columns = len(places) == self.shape[1]
            numbers = self._array if all_columns else self._array[:, places]
            numbers = numbers.astype(np.float64, copy=False)
        else:
            numbers = np.empty((self.shape[0], len(places)), order="F")
            for j, place in enumerate(places.tolist()):
                numbers[:, j] = self._numbers(place)
        infinite = [np.isinf(numbers[rows]).any(axis=0) for rows in blocks(*numbers.shape)]
        found = np.flatnonzero(np.any(infinite, axis=0))
        if len(found):
            label = self.labels[places[found[0]]]
            raise ValueError(
                f"Input X contains infinity or a value too large for float64 in column {label!r}: "
                "replace such values, for example by NaN, which stands for a missing value."
            )
        return numbers

    def _numbers(self, place: int) -> Any:
        column = self._columns[place]
        dtype = column.dtype
        if isinstance(dtype, np.dtype) and dtype.kind in NUMBERS + "b":
            return column if self._array is not None else column.to_numpy()
        if hasattr(column, "iloc") and dtype.kind in NUMBERS + "b":
            return column.to_numpy(dtype="float64", na_value=np.nan)
        if str(dtype) in NUMBERS_OF_POLARS:
            return column.to_numpy()
        values = self.values(place)
        for kind in _present_types(values):
            if not issubclass(kind, Number) or issubclass(kind, complex | np.complexfloating):
                refuse_dates(self._table, "X", categories=True)
                raise ValueError(
                    f"X must have numbers in column {self.labels[place]!r}, got a value of type "
                    f"{kind.__name__}: make numbers of its values, or name the column in "
                    "categorical_features if they are categories."
                )
        try:
            return [np.nan if is_missing(value) else float(value) for value in values]
        except OverflowError as error:
            label = self.labels[place]
            raise ValueError(
                f"X has a number too large for float64 in column {label!r}."
            ) from error


def _columns_of(frame: Any) -> list[Any]:
    if hasattr(frame, "items"):  # pandas
        return [column for _, column in frame.items()]
    if hasattr(frame, "get_columns"):  # polars
        return list(frame.get_columns())
    raise TypeError(
        f"X must be an array, or a data frame of pandas or polars; got {type(frame).__name__}."
    )


def _is_number(dtype: Any) -> bool:
    if getattr(dtype, "is_numeric", bool)():  # of polars
        return True
    return getattr(dtype, "kind", "O") in NUMBERS or str(dtype).startswith("decimal")


def _present_types(values: Iterable[Any]) -> list[type]:
    kinds = {type(value) for value in values if not is_missing(value)}
    return sorted(kinds, key=lambda kind: kind.__name__)


class Levels:
    """The levels of a categorical column, as codes."""

    def __init__(self, values: list[Any], label: Hashable) -> None:
        try:
            found = [value for value in set(values) if not is_missing(value)]
        except TypeError as error:
            raise TypeError(
                "X must have categories that can be compared: argument must be a string or a "
                f"number in column {label!r} ({error})."
            ) from error
        try:
            found.sort()
        except TypeError:
            found.sort(key=lambda value: (type(value).__name__, repr(value)))
        self.index: dict[Any, int] = {value: code for code, value in enumerate(found)}

    def __getstate__(self) -> dict[str, list[Any]]:
        # Not all files keep the types of keys: skops makes True of both bools.
        return {"values": list(self.index)}

    def __setstate__(self, state: dict[str, list[Any]]) -> None:
        self.index = {value: code for code, value in enumerate(state["values"])}

    @property
    def missing(self) -> int:
        """The code of missing values, and of those that there is no code for."""
        return len(self.index)

    def codes(self, values: list[Any]) -> NDArray[np.int32]:
        """Return the code of each value."""
        find, missing = self.index.get, self.missing
        try:
            return np.array([find(value, missing) for value in values], np.int32)
        except TypeError:  # a list, or something else that can't be looked up, is no level
            return np.array(
                [find(value, missing) if _is_hashable(value) else missing for value in values],
                np.int32,
            )


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
