"""The attributes that hold a network's parameters: all that prediction reads.

Each group of parameter arrays, by its name in the layout, has a list of arrays. The groups of dense
layers and of batch normalisation have an attribute each. All other groups are in the dictionary
``parameters_``, which a network without such groups does not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import issparse

from ._core.parameters import Layout
from ._core.types import Array

PARAMETERS = {"weight": "coefs_", "intercept": "intercepts_"}
BATCH_NORM_PARAMETERS = {
    group: f"batch_norm_{group}_" for group in ("scale", "shift", "mean", "variance")
}
ATTRIBUTES = PARAMETERS | BATCH_NORM_PARAMETERS
OTHER_PARAMETERS = "parameters_"

Groups = dict[str, list[Array]]


def place_of(group: str) -> str:
    """What to call the place of a group of parameters in an error."""
    return ATTRIBUTES.get(group, f"{OTHER_PARAMETERS}[{group!r}]")


def group_names(layout: Layout) -> list[str]:
    """The groups that have an attribute, and then the others that a network has."""
    return [*ATTRIBUTES, *(name for name in layout.names if name not in ATTRIBUTES)]


def set_parameters(estimator: Any, groups: Mapping[str, Sequence[Array] | None]) -> None:
    """Set the arrays of some groups, and leave the other groups as they are."""
    others = {group: arrays for group, arrays in groups.items() if group not in ATTRIBUTES}
    for group in groups.keys() & ATTRIBUTES.keys():
        setattr(estimator, ATTRIBUTES[group], groups[group])
    if others:
        setattr(estimator, OTHER_PARAMETERS, getattr(estimator, OTHER_PARAMETERS, {}) | others)


def publish_parameters(estimator: Any, layout: Layout, theta: Array) -> None:
    """Set the attributes to copies of what the flat vector holds, and remove those of no use."""
    groups: dict[str, list[Array] | None] = {
        group: [view.copy() for view in layout.group(group, theta)] for group in group_names(layout)
    }
    if not estimator.batch_norm:
        groups |= {group: groups[group] or None for group in BATCH_NORM_PARAMETERS}
    vars(estimator).pop(OTHER_PARAMETERS, None)
    set_parameters(estimator, groups)


def published_parameters(estimator: Any, layout: Layout) -> dict[str, Sequence[Array]]:
    """The arrays that the attributes hold, by group, if their shapes are right."""
    return {
        group: published_group(estimator, group, layout.shapes(group))
        for group in group_names(layout)
    }


def published_group(estimator: Any, group: str, wanted: list[tuple[int, ...]]) -> Sequence[Array]:
    """The arrays of one group, if they have the shapes that are wanted; None stands for none."""
    attribute = ATTRIBUTES.get(group)
    if attribute is None:
        arrays = getattr(estimator, OTHER_PARAMETERS, {}).get(group)
    else:
        arrays = getattr(estimator, attribute)
    arrays = as_arrays(() if arrays is None else arrays, place_of(group))
    given = [array.shape for array in arrays]
    if given != wanted:
        raise ValueError(f"{place_of(group)} must have arrays of shapes {wanted}, got {given}.")
    return arrays


def as_arrays(given: Any, place: str) -> list[Array]:
    """The arrays of a group, refused by their place where they are not dense arrays of numbers."""
    try:
        arrays = [np.asarray(array) for array in given]
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{place} must be a list of arrays of numbers, got {type(given).__name__}: {error}"
        ) from error
    if any(array.dtype.kind not in "biuf" for array in arrays):
        if any(map(issparse, given)):
            raise ValueError(
                f"{place} must be a list of dense arrays, got a sparse one: pass its toarray()."
            )
        kinds = sorted({str(array.dtype) for array in arrays})
        raise ValueError(f"{place} must be a list of arrays of numbers, got {kinds}.")
    return arrays


def finite_arrays(arrays: Sequence[Array], dtype: Any, place: str) -> list[Array]:
    """The arrays in a dtype, refused by their place where a number is not finite in it."""
    with np.errstate(over="ignore"):
        converted = [array.astype(dtype, copy=False) for array in arrays]
    if not all(np.isfinite(array).all() for array in converted):
        raise ValueError(f"{place} must be finite numbers of {np.dtype(dtype)}.")
    return converted


def take_over_parameters(estimator: Any, groups: Groups) -> None:
    """Set the attributes to arrays that were set before the first fit."""
    known = {
        group: arrays if arrays or group not in BATCH_NORM_PARAMETERS else None
        for group, arrays in groups.items()
    }
    vars(estimator).pop(OTHER_PARAMETERS, None)
    set_parameters(estimator, known)
