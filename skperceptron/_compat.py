"""The only module that touches scikit-learn's private or version-dependent parts."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.multiclass import _check_partial_fit_first_call
from sklearn.utils.validation import _check_sample_weight

__all__ = [
    "Interval",
    "Options",
    "StrOptions",
    "check_sample_weight",
    "is_first_partial_fit",
    "validate_parameters",
]


def validate_parameters(estimator: BaseEstimator) -> None:
    """Check the hyperparameters against ``_parameter_constraints``."""
    estimator._validate_params()


def is_first_partial_fit(estimator: BaseEstimator, classes) -> bool:
    """Check ``classes``, set ``classes_`` at the first call, and say whether it is the first."""
    return _check_partial_fit_first_call(estimator, classes)


def check_sample_weight(sample_weight, X: np.ndarray) -> np.ndarray | None:
    """Return sample_weight (n,) in the dtype of X, None if it is None.

    The keyword that forbids negative weights changed its name, so that check is ours.
    """
    if sample_weight is None:
        return None
    sample_weight = _check_sample_weight(sample_weight, X, dtype=X.dtype)
    if (sample_weight < 0).any():
        raise ValueError("Negative values in data passed to `sample_weight`.")
    if not sample_weight.any():
        raise ValueError("All values in `sample_weight` are zero: there is nothing to fit.")
    return sample_weight
