"""Weights that the user sets on a network before its first fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _build
from ._messages import error_context
from ._targets import Targets

# The attributes that hold a network's parameters, by group: all that prediction reads.
PARAMETERS = {"weight": "coefs_", "intercept": "intercepts_"}
BATCH_NORM_PARAMETERS = {
    group: f"batch_norm_{group}_" for group in ("scale", "shift", "mean", "variance")
}

Groups = dict[str, list[np.ndarray]]


def given_parameters(estimator) -> Groups | None:
    """The arrays that were set, by group and in one dtype, None if there are none.

    They are copies only where their dtype is another. None is modified.
    """
    given = [hasattr(estimator, attribute) for attribute in PARAMETERS.values()]
    if not any(given):
        return None
    if not all(given):
        raise ValueError("coefs_ and intercepts_ must be set together, to start from them.")
    groups = {}
    for group, attribute in (PARAMETERS | BATCH_NORM_PARAMETERS).items():
        arrays = getattr(estimator, attribute, None)
        if arrays is not None or group in PARAMETERS:
            groups[group] = _numbers(arrays, attribute)
    dtypes = {array.dtype for arrays in groups.values() for array in arrays}
    dtype = estimator.dtype or (np.float32 if dtypes == {np.dtype(np.float32)} else np.float64)
    with np.errstate(over="ignore"):
        groups = {
            group: [array.astype(dtype, copy=False) for array in arrays]
            for group, arrays in groups.items()
        }
    for group, attribute in (PARAMETERS | BATCH_NORM_PARAMETERS).items():
        if not all(np.isfinite(array).all() for array in groups.get(group, [])):
            raise ValueError(f"{attribute} must be finite numbers of {np.dtype(dtype)}.")
    if any((array < 0).any() for array in groups.get("variance", [])):
        raise ValueError("batch_norm_variance_ must be at least 0.")
    return groups


def _numbers(given, attribute: str) -> list[np.ndarray]:
    with error_context(attribute):
        arrays = [np.asarray(array) for array in given]
    if any(array.dtype.kind not in "biuf" for array in arrays):
        kinds = sorted({str(array.dtype) for array in arrays})
        raise ValueError(f"{attribute} must be a list of arrays of numbers, got {kinds}.")
    return arrays


def ends(groups: Groups) -> tuple[int, int]:
    """Numbers of features and of outputs that the weights are for."""
    weights = groups["weight"]
    if not weights or any(weight.ndim != 2 for weight in weights):
        raise ValueError(
            "coefs_ must be a list of arrays of shape (fan_in, fan_out), one for each layer, got "
            f"the shapes {[weight.shape for weight in weights]}."
        )
    return weights[0].shape[0], weights[-1].shape[1]


def take_over(estimator: Any, groups: Groups, targets: Targets, architecture: Any) -> None:
    """Take weights that were set before the first fit for those of an earlier call."""
    estimator._targets, estimator._architecture = targets, architecture
    estimator._training_state = None
    for group, attribute in (PARAMETERS | BATCH_NORM_PARAMETERS).items():
        arrays = groups[group]
        setattr(estimator, attribute, arrays if arrays or group in PARAMETERS else None)


def complete(groups: Groups, shape: _build.Architecture) -> Groups:
    """The arrays of all groups, if they are of this shape; batch normalisation may be at start."""
    layout = _build.layout_of(shape)
    completed = {}
    for group, attribute in (PARAMETERS | BATCH_NORM_PARAMETERS).items():
        wanted = layout.shapes(group)
        start = _build.BATCH_NORM_START.get(group)
        arrays = groups.get(group)
        if arrays is None:
            arrays = [np.full(size, start, shape.dtype) for size in wanted]
        given = [array.shape for array in arrays]
        if given != wanted:
            raise ValueError(
                f"{attribute} must have arrays of shapes {wanted}, by hidden_layer_sizes, the "
                f"columns of X, and the outputs or classes of y (or classes_), got {given}."
            )
        completed[group] = arrays
    return completed
