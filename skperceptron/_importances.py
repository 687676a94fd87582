"""Importances of features, from the weights of a fitted network alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._core.types import Array
from ._lowered import dense_steps, lower


def feature_importances(estimator: Any) -> Array:
    """Sum over all paths from a feature to the outputs of the product of the absolute weights.

    (n_features,) in the dtype of the network. They add up to 1, or are all 0. Batch normalisation
    is part of the weights. Raises AttributeError where there is nothing to compute them from, as
    attributes do.
    """
    check_is_fitted(estimator)
    fitted = estimator._as_fitted()
    try:
        steps = dense_steps(lower(fitted), "feature_importances_")
    except ValueError as error:
        raise AttributeError(str(error)) from error
    strengths = np.ones(steps[-1].weight.shape[1])
    with np.errstate(all="ignore"):
        for step in reversed(steps):
            strengths = np.abs(step.weight).astype(np.float64) @ strengths
            strengths /= strengths.max() or 1.0  # so that deep networks do not overflow
        importances: Array = strengths / (strengths.sum() or 1.0)
    return importances.astype(fitted._architecture.dtype)
