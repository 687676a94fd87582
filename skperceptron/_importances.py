"""Importances of features, from a fitted network alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._core.activations import Identity
from ._core.types import Array
from ._gradients import Chain
from ._lowered import dense_steps, lower
from ._predict import quietly

# Rows at which gradients are computed, fewer where they would take more than so many numbers.
ROWS = 256
FEWEST_ROWS = 16
MOST_NUMBERS = 2**22


@quietly
def feature_importances(estimator: Any) -> Array:
    """Mean absolute gradient of the scores at rows of standard normal numbers.

    (n_features,) in the dtype of the network: sums over all scores, which add up to 1, or are all
    0. The rows are always the same, so the importances depend on the weights alone. Raises
    AttributeError where there is nothing to compute them from, as attributes do.
    """
    check_is_fitted(estimator)
    fitted = estimator._as_fitted()
    dtype = fitted._architecture.dtype
    try:
        steps = dense_steps(lower(fitted), "feature_importances_")
    except ValueError as error:
        raise AttributeError(str(error)) from error
    chain = Chain(steps, Identity(), dtype)
    n_rows = max(FEWEST_ROWS, min(ROWS, MOST_NUMBERS // chain.n_features))
    rows = np.random.RandomState(0).standard_normal((n_rows, chain.n_features)).astype(dtype)
    total = np.zeros(chain.n_features)
    if fitted._targets.learns:  # else the scores are constant, as those of a single class are
        for gradients in chain.of_each_score(rows):
            total += np.abs(gradients).mean(axis=0, dtype=np.float64)
    if not np.isfinite(total).all():
        raise AttributeError(
            "feature_importances_ can't be computed: the weights are not finite, or so large that "
            "gradients overflow. Check coefs_ and intercepts_."
        )
    total /= total.max() or 1.0  # so that no sum overflows
    importances: Array = total / (total.sum() or 1.0)
    return importances.astype(dtype)
