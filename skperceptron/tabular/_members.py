"""The members of an ensemble: a network each, with preprocessing and scaled targets of its own."""

from __future__ import annotations

import copy
import math
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._base import BaseMLP
from .._blas_threads import on_one_thread
from .._compat import (
    effective_n_jobs,
    run_in_parallel,
    take_rows,
    without_callbacks,
)
from .._messages import INTERRUPTED, own_warnings_into, warn
from .._publish import CURVES
from ._columns import Columns
from ._preprocessor import TabularPreprocessor
from ._quantiles import Floats

FAR = 1e15  # standard deviations
SMALLEST_BATCH = 64


def rows_in_batch(n_rows: int, *, largest: int, fewest: int) -> int:
    """``largest``, or a half or a quarter of it where an epoch has fewer batches than asked."""
    size = largest
    while size > SMALLEST_BATCH and math.ceil(n_rows / size) < fewest:
        size //= 2
    return min(size, n_rows)


class Rows(NamedTuple):
    """Rows of a table, with targets and weights."""

    X: Any
    y: NDArray[Any]
    sample_weight: Floats | None


class Scaling(NamedTuple):
    """Mean, scale, minimum and maximum of the targets, each (n_outputs,)."""

    mean: Floats
    scale: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, y: Floats, weight: Floats | None) -> Scaling:
        """Those of targets (n,) or (n, n_outputs); the scale of constant ones is 1."""
        y = y.reshape(len(y), -1)
        low, high = y.min(axis=0), y.max(axis=0)
        # A power of 2 changes no digit, and no sum of squares overflows or vanishes.
        unit = np.exp2(np.frexp(np.abs(y).max(axis=0))[1].astype(np.float64) - 1)
        small = y / unit
        mean = np.average(small, axis=0, weights=weight)
        scale = np.sqrt(np.average((small - mean) ** 2, axis=0, weights=weight))
        scale = np.where((low < high) & (scale > 0), scale * unit, 1.0)
        return cls(mean * unit, scale, low, high)

    def standardise(self, y: Floats) -> Floats:
        """Targets of mean 0 and standard deviation 1, if these are the training targets.

        Others are bounded, so that no square overflows in float32.
        """
        standardised: Floats = (y.reshape(len(y), -1) - self.mean) / self.scale
        return np.clip(standardised, -FAR, FAR).reshape(y.shape)

    def bound(self, outputs: NDArray[np.floating]) -> Floats:
        """Outputs (n, n_outputs) within the range of the standardised training targets."""
        low, high = ((end - self.mean) / self.scale for end in (self.low, self.high))
        bounded: Floats = np.clip(outputs, low, high)
        return bounded

    def restore(self, outputs: NDArray[np.floating]) -> Floats:
        """Outputs (n, n_outputs) in units of y, within the range of the training targets."""
        restored: Floats = np.clip(outputs * self.scale + self.mean, self.low, self.high)
        return restored


@dataclass
class Member:
    """A network to train: what it is made of and, after ``fit``, what came of it."""

    kind: str  # its name among KINDS
    split: int  # place of the split that says which rows are trained on
    preprocessor: TabularPreprocessor
    network: BaseMLP
    train: Rows
    validation: Rows | None
    has_labels: bool  # whether y is one label a row
    scaled: bool  # whether y is to be standardised
    keeps_scores: bool  # of the validation rows
    rows_in_batch: Callable[[int], int]  # of a number of training rows, where that is "auto"
    one_thread: bool
    scaling: Scaling | None = None
    scores: NDArray[np.floating] | None = None  # of the validation rows, (n, n_scores)
    judged_by: Rows | None = None  # the validation rows themselves, without X
    interrupted: bool = False
    messages: list[Warning] = field(default_factory=list)

    def fit(self, callbacks: Any = None) -> Member:
        """Fit preprocessing and network, and let go of the rows."""
        work = partial(self._fit, nullcontext() if callbacks is None else callbacks(self.network))
        with _warnings_into(self.messages):
            # In parallel or in series each of several members has one thread: the bits are equal.
            on_one_thread(work) if self.one_thread else work()
        self.interrupted = any(str(message) == INTERRUPTED for message in self.messages)
        return self

    def _fit(self, callbacks: Any) -> None:
        matrix = self.preprocessor.fit_transform(*self.train)
        _, y, weight = self.train
        self.train = self.train._replace(X=None)  # its memory is free for the other rows
        if self.scaled:
            self.scaling = Scaling.of(y, weight)
            y = self.scaling.standardise(y)
        network, held_out = self.network, self.validation
        if held_out is not None and self.has_labels:
            held_out = _known_only(held_out, y)
        given = {}
        if held_out is None:
            network.set_params(early_stopping=False, scoring=None)
        else:
            y_val = held_out.y
            given = {
                "X_val": self.preprocessor._transform(Columns(held_out.X)),
                "y_val": y_val if self.scaling is None else self.scaling.standardise(y_val),
                "sample_weight_val": held_out.sample_weight,
            }
        if network.batch_size == "auto":
            network.batch_size = self.rows_in_batch(len(matrix))
        with callbacks:
            network.fit(matrix, y, weight, **given)
        if self.keeps_scores and held_out is not None:
            read = in_float64(network)
            self.scores = read._predict(given["X_val"], lambda targets, scores: scores)
            self.judged_by = held_out._replace(X=None)
        curves = {name: getattr(network, name) for name in CURVES}
        without_callbacks(network.drop_training_state())
        for name, curve in curves.items():
            setattr(network, name, curve)
        self.train = self.validation = None  # type: ignore[assignment]  # no longer needed


def fit_members(
    members: Sequence[Callable[[], Member]],
    callbacks: Sequence[Any],
    n_jobs: int | None,
    *,
    verbose: bool,
) -> list[Member]:
    """Fit the members that ``members`` make, one after the other or in parallel.

    Where the user interrupts, those that are done are returned, with a warning. If none is, this
    is the one that was interrupted, with the epochs that it has come to.
    """
    n = len(members)
    tasks = (
        partial(_fit_one, make(), own, f"Network {i + 1} of {n}" if verbose and n > 1 else None)
        for i, (make, own) in enumerate(zip(members, callbacks, strict=True))
    )
    done: list[Member] = []
    interrupted = None
    in_series = n == 1 or effective_n_jobs(n_jobs) == 1
    running = (task() for task in tasks) if in_series else run_in_parallel(tasks, n_jobs)
    try:
        for member in running:
            if member.interrupted:
                interrupted = member
                break
            done.append(member)
    except KeyboardInterrupt:
        if not done:
            raise
        interrupted = done[-1]
    finally:
        running.close()
    if interrupted is not None and not done:
        done = [interrupted]
    seen = set()
    for member in done:
        for message in member.messages:
            key = (type(message), str(message))
            if key not in seen and key[1] != INTERRUPTED:
                warn(message)
            seen.add(key)
    if interrupted is not None:
        what = f" {len(done)} of {n} networks are kept." if n > 1 else ""
        warn(INTERRUPTED + what)
    return done


def take(rows: Rows, places: NDArray[np.intp]) -> Rows:
    """Rows by their places."""
    X, y, weight = rows
    return Rows(take_rows(X, places), y[places], None if weight is None else weight[places])


def in_float64(network: BaseMLP) -> Any:
    """A network that computes in float64 with the weights of another.

    In float32 the last bits of a prediction would depend on the rows that are predicted with it.
    """
    exact: Any = copy.copy(network)
    exact._architecture = replace(exact._architecture, dtype=np.dtype(np.float64))
    return exact


def _known_only(held_out: Rows, labels: NDArray[Any]) -> Rows | None:
    """The rows whose class is among the labels of the training rows."""
    known = np.isin(held_out.y, labels)
    if known.all():
        return held_out
    return take(held_out, np.flatnonzero(known)) if known.any() else None


def _fit_one(member: Member, callbacks: Any, title: str | None) -> Member:
    if title is not None:
        print(title)
    return member.fit(callbacks)


@contextmanager
def _warnings_into(messages: list[Warning]) -> Iterator[None]:
    """Collect the warnings of a member, so that those of all members are shown once.

    In another thread than the main one, as in a worker of a Dask cluster, these are the warnings of
    this package. Others are shown at once: what collects them is shared by all threads.
    """
    if threading.current_thread() is not threading.main_thread():
        with own_warnings_into(messages):
            yield
        return
    with own_warnings_into(messages), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            for each in caught:
                message = each.message
                messages.append(message if isinstance(message, Warning) else UserWarning(message))
