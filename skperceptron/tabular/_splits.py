"""Which rows each member of an ensemble is trained and validated on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._messages import error_context, warn

Rows = NDArray[np.intp]


class Split(NamedTuple):
    """Rows to train on, and rows to validate on; None where there are none."""

    train: Rows
    validation: Rows | None


def one_split(
    rows: Rows, codes: NDArray[np.intp] | None, fraction: float, random: np.random.RandomState
) -> Split:
    """Hold out a fraction of the rows, of each class alike.

    A row that is the only one of its class is trained on. ``codes`` are the classes of the rows.
    """
    order = _in_order(len(rows), codes, random)
    share = random.uniform()
    if codes is not None:
        order = order[np.bincount(codes)[codes[order]] > 1]
    # One place in 1 / fraction, evenly spaced, so that each class has its part.
    ticks = np.floor((np.arange(len(order) + 1) + share) * fraction)
    held_out = np.sort(order[np.diff(ticks) > 0])
    n_train = len(rows) - len(held_out)
    if len(held_out) < 2 or n_train < 1:
        warn(
            f"validation_fraction={fraction} of {len(rows)} rows is too few to hold out: the "
            "weights of the last epoch are kept. Pass X_val and y_val to choose them by their loss."
        )
        return Split(rows, None)
    return Split(np.delete(rows, held_out), rows[held_out])


def folds(
    rows: Rows, codes: NDArray[np.intp] | None, n_folds: int, random: np.random.RandomState
) -> list[Split]:
    """Deal the rows out to folds of like size, each class alike; each fold is held out once."""
    if len(rows) < n_folds:
        raise ValueError(
            f"n_estimators={n_folds} needs a row for each fold, got {len(rows)} sample(s) "
            "with a weight above 0: pass more rows, or fewer n_estimators."
        )
    fold = np.empty(len(rows), np.intp)
    fold[_in_order(len(rows), codes, random)] = np.arange(len(rows)) % n_folds
    return [Split(rows[fold != k], rows[fold == k]) for k in range(n_folds)]


def given_splits(
    cv: Any, n_estimators: int, X: Any, y: Any, groups: Any, counts: NDArray[np.bool_]
) -> list[Split]:
    """The splits of a splitter or a list, without rows that do not count; the last, if for one."""
    with error_context("cv"):
        pairs = list(cv if isinstance(cv, list) else cv.split(X, y, groups))
    if n_estimators == 1:
        pairs = pairs[-1:]
    if len(pairs) != n_estimators:
        raise ValueError(
            f"cv has {len(pairs)} splits, but n_estimators={n_estimators} needs one for each "
            "network."
        )
    places = np.arange(len(counts))
    splits = []
    for pair in pairs:
        try:
            train, validation = (
                places[np.asarray(part)] if len(part) else places[:0] for part in pair
            )
        except (TypeError, ValueError, IndexError) as error:
            raise ValueError(
                "cv must be a splitter, or a list of pairs of arrays with the indices of training "
                f"and validation rows, below {len(counts)}: {error}"
            ) from error
        split = Split(train[counts[train]], validation[counts[validation]])
        if not len(split.train) or split.validation is None or not len(split.validation):
            raise ValueError(
                "cv has a split without training rows, or without validation rows, of a weight "
                "above 0."
            )
        splits.append(split)
    return splits


def _in_order(
    n_rows: int, codes: NDArray[np.intp] | None, random: np.random.RandomState
) -> NDArray[np.intp]:
    """Places of rows at random, class after class."""
    order = random.permutation(n_rows)
    return order if codes is None else order[np.argsort(codes[order], kind="stable")]
