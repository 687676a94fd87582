"""Weights that the user sets on a network before its first fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._architecture import BATCH_NORM_START, Architecture
from ._attributes import (
    ATTRIBUTES,
    OTHER_PARAMETERS,
    PARAMETERS,
    Groups,
    as_arrays,
    finite_arrays,
    group_names,
    place_of,
    take_over_parameters,
)
from ._targets import Targets


def given_parameters(estimator: Any) -> Groups | None:
    """The arrays that were set, by group and in one dtype, None if there are none.

    They are copies only where their dtype is another. None is modified.
    """
    given = [hasattr(estimator, attribute) for attribute in PARAMETERS.values()]
    if not any(given):
        return None
    if not all(given):
        raise ValueError("coefs_ and intercepts_ must be set together, to start from them.")
    others = getattr(estimator, OTHER_PARAMETERS, {})
    if not isinstance(others, dict):
        raise ValueError(
            f"{OTHER_PARAMETERS} must be a dictionary of lists of arrays, got {others!r}."
        )
    of_attributes = {group: getattr(estimator, name, None) for group, name in ATTRIBUTES.items()}
    groups = {
        group: as_arrays(arrays, place_of(group))
        for group, arrays in (others | of_attributes).items()
        if arrays is not None or group in PARAMETERS
    }
    dtypes = {array.dtype for arrays in groups.values() for array in arrays}
    dtype = estimator.dtype or (np.float32 if dtypes == {np.dtype(np.float32)} else np.float64)
    groups = {group: finite_arrays(each, dtype, place_of(group)) for group, each in groups.items()}
    if any((array < 0).any() for array in groups.get("variance", [])):
        raise ValueError("batch_norm_variance_ must be at least 0.")
    return groups


def ends(groups: Groups) -> tuple[int, int]:
    """Numbers of features and of outputs that the weights are for."""
    weights = groups["weight"]
    if not weights or any(weight.ndim != 2 for weight in weights):
        raise ValueError(
            "coefs_ must be a list of arrays of shape (fan_in, fan_out), one for each layer, got "
            f"the shapes {[weight.shape for weight in weights]}."
        )
    return weights[0].shape[0], weights[-1].shape[1]


def take_over(estimator: Any, groups: Groups, targets: Targets, architecture: Architecture) -> None:
    """Take weights that were set before the first fit for those of an earlier call."""
    estimator._targets, estimator._architecture = targets, architecture
    estimator._training_state = None
    take_over_parameters(estimator, groups)


def complete(groups: Groups, architecture: Architecture) -> Groups:
    """The arrays of all groups, if their shapes are right; batch normalisation may be at start."""
    layout = architecture.layout
    completed = {}
    for group in dict.fromkeys([*group_names(layout), *groups]):
        wanted = layout.shapes(group)
        arrays = groups.get(group)
        if arrays is None and group in BATCH_NORM_START:
            start = BATCH_NORM_START[group]
            arrays = [np.full(size, start, architecture.dtype) for size in wanted]
        given = [array.shape for array in arrays or []]
        if given != wanted:
            raise ValueError(
                f"{place_of(group)} must have arrays of shapes {wanted}, by hidden_layer_sizes, "
                "the columns of X, and the outputs or classes of y (or classes_), got "
                f"{given}."
            )
        completed[group] = arrays or []
    return completed
