"""Rows that a network is judged on, and not trained on."""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.model_selection import train_test_split

from ._core.batches import Rows
from ._core.losses import LossLike
from ._core.network import Network
from ._core.stopping import Validation
from ._core.training import TrainingState
from ._messages import warn
from ._predict import block_size, joined, row_blocks
from ._targets import Targets


class Data(NamedTuple):
    """What fit was given, validated; y is as the user has it, not encoded."""

    X: np.ndarray  # (n, n_features), or a CSR matrix
    y: np.ndarray  # (n,) or (n, n_outputs); a CSR matrix where it is X itself
    sample_weight: np.ndarray | None  # (n,)

    def take(self, rows: np.ndarray) -> Data:
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        return Data(self.X[rows], self.y[rows], weight)

    def drop_zero_weight_rows(self) -> Data:
        """Only the rows that count."""
        if self.sample_weight is None or self.sample_weight.all():
            return self
        return self.take(np.flatnonzero(self.sample_weight))

    def mask_zero_weight_rows(self) -> Data:
        """All rows, so that batches stay what they are, but none that does not count can harm.

        Zero times what overflows would not be zero.
        """
        if self.sample_weight is None or self.sample_weight.all():
            return self
        counts = self.sample_weight > 0
        y = self.y[np.where(counts, np.arange(len(counts)), counts.argmax())]
        if issparse(self.X):
            X = self.X.copy()
            X.data[~counts.repeat(np.diff(X.indptr))] = 0
        else:
            X = np.where(counts[:, np.newaxis], self.X, self.X.dtype.type(0))
        return Data(X, y, self.sample_weight)

    def fingerprint(self, targets: Targets) -> bytes:
        """The same for equal data, and no other; y is taken as ``targets`` take it."""
        parts = [self.X.data, self.X.indices, self.X.indptr] if issparse(self.X) else [self.X]
        parts += targets.identity(self.y, self.X.dtype)
        if self.sample_weight is not None:
            parts.append(self.sample_weight)
        digest = hashlib.blake2b()
        for part in parts:
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part))
        return digest.digest()


class Split(NamedTuple):
    """Rows that train and rows that are watched."""

    train: np.ndarray
    validation: np.ndarray


def split(params, data: Data, targets: Targets, state: TrainingState) -> Split | None:
    """Hold rows out for early stopping, the same ones at every call; None if they are too few."""
    n_rows = data.X.shape[0]
    counts = np.ones(n_rows, bool) if data.sample_weight is None else data.sample_weight > 0
    among = candidates(state.drawn_among, counts)
    first = state.split_state is None
    random_state = copy.deepcopy(state.random_state if first else state.split_state)
    rows = draw(
        params.validation_fraction,
        targets.strata(data.y),
        counts,
        among,
        state.random_state if first else random_state,
    )
    if rows is not None:
        state.drawn_among = among
        state.split_state = random_state if first else state.split_state
    return rows


def candidates(drawn_among: np.ndarray | None, counts: np.ndarray) -> np.ndarray:
    """Which rows to draw the held-out ones among, (n_rows,): those that count at the first call.

    Later calls with as many rows draw among the same ones, whatever the weights are by then. So
    rows that were trained on never get into those that are watched.
    """
    known = drawn_among is not None and len(drawn_among) == len(counts)
    return drawn_among if known else counts


def draw(
    fraction: float,
    labels: np.ndarray | None,
    counts: np.ndarray,
    among: np.ndarray,
    random_state: int | np.random.RandomState,
) -> Split | None:
    """Split this fraction off the rows in ``among``; None, with a warning, if they are too few.

    The other rows are trained on. ``counts`` says which rows have any weight, ``labels`` whose
    proportions to keep; all are (n_rows,).
    """
    rows = np.flatnonzero(among)
    n_validation = math.ceil(fraction * len(rows))
    if n_validation < 2 or n_validation == len(rows):
        what = "rows" if among.all() else "rows with a weight above 0"
        reason = f"validation_fraction={fraction} of {len(rows)} {what} is too few to hold out"
    else:
        labels = None if labels is None else labels[rows]
        train, validation = train_test_split(
            rows,
            test_size=fraction,
            random_state=random_state,
            stratify=_possible_strata(labels, len(rows), n_validation),
        )
        if not among.all():
            train = np.setdiff1d(np.arange(len(among)), validation)
        if np.count_nonzero(counts[validation]) >= 2 and counts[train].any():
            return Split(train, validation)
        reason = "too few of the rows held out, or of the others, still have a weight above 0"
    warn(f"early_stopping watches the training loss, because {reason}.")
    return None


def _possible_strata(
    labels: np.ndarray | None, n_rows: int, n_validation: int
) -> np.ndarray | None:
    """``labels`` if each class can be on both sides of a split, else None with a warning."""
    if labels is None:
        return None
    counts = np.unique(labels, return_counts=True)[1]
    if counts.min() >= 2 and min(n_validation, n_rows - n_validation) >= len(counts):
        return labels
    warn(
        "the validation rows of early_stopping are not stratified: y has too few rows of some "
        "class, or validation_fraction is too small, or too large, for the number of classes."
    )
    return None


@dataclass
class Validator:
    """Judges a network, as it is, on data of its own."""

    network: Network
    loss: LossLike
    data: Data
    encoded: Rows  # y as the loss wants it
    decode: Callable[[np.ndarray], Any] | None  # what makes predictions of raw scores, if asked for
    score: Callable[[Any, float], float] | None  # of predictions and loss

    def __call__(self) -> Validation:
        values, predictions = [], []
        start, rows = 0, block_size(self.network)
        buffer = self.encoded.buffer(min(rows, len(self.encoded)))
        for block in row_blocks(self.data.X, rows):
            scores = self.network.infer(block, self.network.parameters)  # (n, n_outputs)
            y = self.encoded.slice(start, start + len(scores), buffer)
            start += len(scores)
            values.append(self.loss.values_and_gradient(scores.copy(), y))  # (n,)
            if self.decode is not None:
                predictions.append(self.decode(scores))
        loss = float(np.average(np.concatenate(values), weights=self.data.sample_weight))
        predicted = joined(predictions) if predictions else None
        return Validation(loss, None if self.score is None else self.score(predicted, loss))
