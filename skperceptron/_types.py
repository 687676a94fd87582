"""The types of what is given to estimators and of what they return, by the field's names."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from scipy.sparse import sparray, spmatrix

from ._core.types import Array

__all__ = [
    "Array",
    "ArrayLike",
    "ClassWeight",
    "Context",
    "DTypeLike",
    "Matrix",
    "MatrixLike",
    "RandomState",
    "Record",
]

# What NumPy makes an array of: arrays, nested sequences, data frames. Or a sparse matrix or array.
MatrixLike: TypeAlias = ArrayLike | spmatrix | sparray

# An array or a CSR matrix, once validated: nothing tells type checkers which.
Matrix: TypeAlias = Any

# What a hyperparameter ``random_state`` can be.
RandomState: TypeAlias = int | np.random.RandomState | None

# Weights by label, or 'balanced'.
ClassWeight: TypeAlias = dict[Any, Any] | str | None

# What there is to tell of an epoch, by name; None is what does not apply.
Record: TypeAlias = dict[str, Any]

# scikit-learn's context of a task, which callbacks are given.
Context: TypeAlias = Any
