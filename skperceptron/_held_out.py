"""Rows that a network is judged on, and not trained on."""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse, vstack
from sklearn.model_selection import train_test_split

from ._core.batches import Rows
from ._core.losses import LossLike
from ._core.network import Network
from ._core.stopping import Validation
from ._core.training import TrainingState
from ._messages import warn
from ._targets import Targets

# Rows that prediction works on at a time, so that its memory does not grow with the data: fewer
# where a layer has so many units that this many outputs do not have room for them.
PREDICTION_BLOCK = 4096
LARGEST_BLOCK = 4096 * 1024
FEWEST_ROWS = 64

# How often a CSC matrix is read at most, to take rows of it.
CSC_PASSES = 64


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


def infer(
    network: Network,
    parameters: Sequence[Sequence[np.ndarray]],
    X,
    convert: Callable[[Any], Any] = lambda block: block,
    read: Callable[[np.ndarray], Any] = lambda scores: scores,
):
    """What ``read`` makes of the raw scores (n, n_outputs), block of rows by block of rows.

    ``parameters`` are those of each layer, and ``convert`` makes arrays or CSR matrices of the
    network's dtype of the blocks.
    """
    if X.shape[0] <= min(FEWEST_ROWS, PREDICTION_BLOCK):
        return read(network.infer(convert(X), parameters))
    blocks = row_blocks(X, block_size(network))
    return joined([read(network.infer(convert(block), parameters)) for block in blocks])


def block_size(network: Network) -> int:
    """How many rows to work on at a time."""
    shapes = [parameter.shape for parameter in network.layout.parameters]
    return rows_per_block(max((shape[-1] for shape in shapes if shape), default=1))


def rows_per_block(n_units: int) -> int:
    """The same for a layer of so many units."""
    return min(PREDICTION_BLOCK, max(FEWEST_ROWS, LARGEST_BLOCK // n_units))


def joined(blocks: list):
    """The results of all blocks in one."""
    if len(blocks) == 1:
        return blocks[0]
    return vstack(blocks, format="csr") if issparse(blocks[0]) else np.concatenate(blocks)


def row_blocks(X, rows: int) -> Iterator[Any]:
    """Cut X into blocks of so many rows."""
    n_rows = X.shape[0]
    if issparse(X) and X.format == "csc":
        # Rows are found by a pass over the whole matrix, so there are not to be many.
        size = max(rows, math.ceil(n_rows / CSC_PASSES))
        for start in range(0, n_rows, size):
            yield from row_blocks(X[start : start + size].tocsr(), rows)
    else:
        for start in range(0, n_rows, rows):
            yield X[start : start + rows]
