"""What X and y are made of, looked at before scikit-learn makes numbers of everything it can."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.sparse import issparse

from ._core.types import Array

# What a float can't stand for: NumPy makes nanoseconds, or another unit, of some of these.
DATES = (datetime.date, datetime.time, np.datetime64)
DURATIONS = (datetime.timedelta, np.timedelta64)
WHAT = {"M": "dates", "m": "timedeltas", "c": "complex numbers"}
ADVICE = {
    "M": "pass numbers made of them, such as the days since a first date, "
    "(dates - start) / np.timedelta64(1, 'D')",
    "m": "pass numbers made of them, such as the days, timedeltas / np.timedelta64(1, 'D')",
    "c": "pass their real and imaginary parts as columns",
}

NAT = "NaTType"  # of pandas, which need not be there

# dtype.kind of what is a number; of what has to be looked at, one by one.
NUMBERS, OBJECTS = "biuf", "OT"
STRINGS = "UST"

NAMES_SHOWN = 5


def as_numbers(X: Any, name: str) -> Any:
    """Return X, strings in an array as numbers; refuse, by ``name``, columns of no numbers.

    scikit-learn's own conversion takes such strings in some calls and not in others.
    """
    refuse_dates(X, name)
    if _is_frame(X):
        _refuse_wide_integers(X, name)
    if _is_numbers(X) or issparse(X) or _is_frame(X):
        return X
    array = _as_array(X)
    if array is None or array.ndim != 2:
        return X  # which scikit-learn refuses
    if array.dtype.kind == "V":
        raise ValueError(f"{name} must be numbers, got an array of dtype {array.dtype}.")
    return array.astype(np.float64) if array.dtype.kind in STRINGS else X


def _refuse_wide_integers(frame: Any, name: str) -> None:
    """Refuse columns of polars that NumPy has no type for."""
    for label, dtype in zip(frame.columns, frame.dtypes, strict=True):
        if hasattr(dtype, "is_numeric") and str(dtype) in ("Int128", "UInt128"):
            raise ValueError(
                f"{name} has integers of 128 bits in column {label!r}: cast the column to Float64."
            )


def require_y(estimator: object, y: object) -> None:
    """Refuse None for targets, in scikit-learn's words."""
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target "
            "y is None."
        )


def refuse_dates(values: Any, name: str, *, categories: bool = False) -> None:
    """Raise an error that says where dates, timedeltas or complex numbers are, if there are any.

    Arrays of numbers cost nothing. Among objects that may be categories NaT is a missing value.
    """
    if _is_numbers(values):
        return
    found = [(label, *what) for label, what in _traits(values) if what is not None]
    if categories:
        found = [what for what in found if what[2] != NAT]
    if not found:
        return
    _, kind, type_name = found[0]
    labels = [repr(label) for label, *what in found if what[0] == kind and label is not None]
    where = ""
    if labels:
        shown = ", ".join(labels[:NAMES_SHOWN])
        more = f" and {len(labels) - NAMES_SHOWN} more" if len(labels) > NAMES_SHOWN else ""
        where = f" in {'column' if len(labels) == 1 else 'columns'} {shown}{more}"
    what = f"{WHAT[kind]} of type {type_name}{where}"
    if kind == "c":
        raise ValueError(f"{name}: Complex data not supported: got {what}; {ADVICE[kind]}.")
    wanted = "numbers or categories" if categories else "numbers"
    raise ValueError(f"{name} must be {wanted}, got {what}: {ADVICE[kind]}.")


def _is_numbers(values: Any) -> bool:
    return isinstance(values, np.ndarray) and values.dtype.kind in NUMBERS


def is_surely_numbers(values: Array) -> bool:
    """Whether an array is of finite numbers of a common type; False if that is not sure."""
    kind = values.dtype.kind
    if kind != "f":
        return kind in "biu"
    with np.errstate(over="ignore"):
        return is_surely_finite(values)


def is_surely_finite(values: Array) -> bool:
    """False if any value is NaN or infinite, or if the sum of the squares overflows.

    Squares do not cancel, and this is the fastest pass over an array that NumPy has.
    """
    flat = values.ravel()
    return math.isfinite(flat.dot(flat))


def is_ready(X: Any, estimator: Any, dtype: Any) -> bool:
    """Whether X is an array as a fitted estimator takes it, in every way.

    scikit-learn's validation would return it as it is, and takes several times as long for one row.
    """
    return (
        type(X) is np.ndarray
        and isinstance(dtype, np.dtype | str)  # one, and not several to choose from
        and X.dtype == dtype
        and X.ndim == 2
        and X.shape[0] > 0
        and X.shape[1] == estimator.n_features_in_
        and X.flags.c_contiguous
        and not hasattr(estimator, "feature_names_in_")
        and is_surely_finite(X)
    )


def _is_frame(values: Any) -> bool:
    return hasattr(values, "columns") and hasattr(values, "dtypes")


def _as_array(values: Any) -> Array | None:
    """The values as NumPy sees them, objects where they have no type in common; None if ragged."""
    try:
        return np.asarray(values)
    except TypeError:
        pass
    except (ValueError, OverflowError):
        return None
    try:
        return np.asarray(values, dtype=object)
    except (TypeError, ValueError):
        return None


def _traits(values: Any) -> Iterator[tuple[Any, tuple[str, str] | None]]:
    """The label of each column, None if there is but one, and what is no number in it."""
    if issparse(values):
        if values.dtype.kind == "O":
            entries = values.tocoo()
            for column in np.unique(entries.col).tolist():
                yield column, _odd_type(entries.data[entries.col == column])
        return
    if _is_frame(values):
        for place, (label, dtype) in enumerate(zip(values.columns, values.dtypes, strict=True)):
            yield label, _odd_dtype(dtype) or _odd_column(values, place, dtype)
        return
    array = _as_array(values)
    if array is None or array.dtype.kind in NUMBERS:
        return
    if array.dtype.kind in STRINGS and not isinstance(values, np.ndarray):
        array = np.asarray(values, dtype=object)  # NumPy has made strings of some of them
    columns = [(None, array)] if array.ndim != 2 else list(enumerate(array.T))
    for label, column in columns:
        yield (
            label,
            _odd_dtype(array.dtype) or (_odd_type(column) if array.dtype.kind == "O" else None),
        )


def _odd_dtype(dtype: Any) -> tuple[str, str] | None:
    """Whether a dtype of NumPy, pandas or polars is one of dates: its kind, and its name."""
    if getattr(dtype, "is_temporal", bool)():  # of polars
        return "m" if "Duration" in str(dtype) else "M", str(dtype)
    kind = getattr(dtype, "kind", "O")
    return (kind, str(dtype)) if kind in WHAT else None


def is_dates(dtype: Any) -> bool:
    """Whether a dtype is one of dates, timedeltas or complex numbers."""
    return _odd_dtype(dtype) is not None


def _odd_column(frame: Any, place: int, dtype: Any) -> tuple[str, str] | None:
    """The same by the objects in a column whose dtype does not tell."""
    if getattr(dtype, "kind", "O") in NUMBERS or getattr(dtype, "is_numeric", bool)():
        return None
    column = frame.iloc[:, place] if hasattr(frame, "iloc") else frame[:, place]
    return _odd_type(np.asarray(column, dtype=object))


def _odd_type(objects: Array) -> tuple[str, str] | None:
    """The first type among objects that is no number, by its kind and name."""
    kinds = set(map(type, objects.ravel().tolist()))
    for kind in sorted(kinds, key=lambda kind: (kind.__name__ == NAT, kind.__name__)):
        if issubclass(kind, DURATIONS):
            return "m", kind.__name__
        # A period of pandas, which need not be there, is no date to Python.
        if issubclass(kind, DATES) or kind.__name__ == "Period":
            return "M", kind.__name__
        if issubclass(kind, (complex, np.complexfloating)):
            return "c", kind.__name__
    return None


# Labels ----------------------------------------------------------------------------------------

MIXED = (
    "{name} has labels of mixed types ({types}): make them all numbers or all strings, for example "
    "by [str(label) for label in labels]."
)


def plain_labels(y: Any, name: str) -> Any:
    """Return labels that come as objects as bools, ints, floats or strings; others as they are.

    Mixed types, missing labels and integers beyond 64 bits are refused.
    """
    if issparse(y) or (isinstance(y, np.ndarray) and y.dtype.kind not in OBJECTS):
        return y
    array = _as_array(y)
    if array is None or array.ndim not in (1, 2):
        return y  # which scikit-learn refuses
    listed = not hasattr(y, "dtype") and not hasattr(y, "dtypes")
    if array.dtype.kind == "T":
        array = array.astype(object)
    elif listed and array.dtype.kind in STRINGS:
        array = np.asarray(y, dtype=object)  # NumPy has made strings of some of them
    if array.dtype.kind != "O":
        return array if array.ndim == 1 else y
    values = array.ravel().tolist()
    types = set(map(type, values))
    if any(map(is_missing, values)):
        raise ValueError(f"{name} has missing labels (None, NaN or NA): drop these rows.")
    kinds = {_label_kind(kind) for kind in types}
    if kinds == {"bool", "int"} and array.ndim == 2 and array.shape[1] > 1:
        kinds = {"int"}  # columns of indicators, some of them bool
    if kinds == {"int", "float"}:
        kinds = {"float"}
    if len(kinds) > 1:
        names = ", ".join(sorted({kind.__name__ for kind in types}))
        raise ValueError(MIXED.format(name=name, types=names))
    make = MAKE.get(kinds.pop()) if kinds else None
    if make is None:
        return array  # which scikit-learn refuses, by its type
    plain = np.array([make(value) for value in values])
    if plain.dtype.kind == "O":
        raise ValueError(f"{name} has integers beyond 64 bits: make strings of the labels.")
    return plain.reshape(array.shape)


# What makes a plain label of an object, so that a member of an Enum is what it stands for.
MAKE: dict[str, Callable[[Any], Any]] = {
    "bool": bool,
    "int": int,
    "float": float,
    "str": str.__str__,
}


def _label_kind(kind: type) -> str:
    if issubclass(kind, (bool, np.bool_)):
        return "bool"
    if issubclass(kind, Integral):
        return "int"
    if issubclass(kind, Real):
        return "float"
    return "str" if issubclass(kind, str) else kind.__name__


def is_missing(value: object) -> bool:
    if isinstance(value, float | np.floating):
        return bool(value != value)
    return value is None or type(value).__name__ in ("NAType", NAT)
