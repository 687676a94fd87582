"""Calls that fail leave an estimator as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

# Fitted attributes with an entry for each epoch, which training appends to.
EPOCH_LISTS = (
    "loss_curve_",
    "learning_rate_curve_",
    "validation_loss_curve_",
    "validation_scores_",
    "mistakes_curve_",
)


@contextmanager
def restored_on_error(estimator: BaseEstimator) -> Iterator[None]:
    """Leave the estimator, and a RandomState it was given, as they were if anything goes wrong."""
    before = dict(vars(estimator))
    curves = [curve for name in EPOCH_LISTS if isinstance(curve := before.get(name), list)]
    lengths = list(map(len, curves))
    given: Any = getattr(estimator, "random_state", None)
    position = given.get_state(legacy=False) if isinstance(given, np.random.RandomState) else None
    try:
        yield
    except BaseException:
        estimator.__dict__ = before  # in one step, which nothing can interrupt
        for values, length in zip(curves, lengths, strict=True):
            del values[length:]
        if position is not None:
            given.set_state(position)
        raise
