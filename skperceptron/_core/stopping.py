"""When to stop: patience, and the best weights so far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from .types import Array


class Patience(Protocol):
    """What stopping keeps in the training state."""

    theta: Array
    best_theta: Array | None  # where the score was best; None while no score is watched
    best: float  # lowest watched value so far
    n_no_improvement: int
    n_epochs: int  # done, this one included


class Validation(NamedTuple):
    """How the network does on rows that it is not trained on; None where nobody asked."""

    loss: float | None = None
    score: float | None = None  # higher is better


@dataclass(frozen=True)
class Stopping:
    """Counts the epochs without an improvement of at least ``tol``.

    Watches the training loss or, where there is one, the negative of the validation score:
    then the weights of the best epoch are kept too. The first ``n_rising_epochs`` of the timeline
    do not count: with a learning rate that has yet to rise, a network hardly changes.
    """

    tol: float
    n_iter_no_change: float
    n_rising_epochs: int = 0

    def watch(self, loss: float, score: float | None, state: Patience) -> bool:
        """Record an epoch. Return whether patience has run out."""
        watched = loss if score is None else -score
        # Written so that what is not finite counts as no improvement.
        finite = math.isfinite(watched)
        improved = finite and watched <= state.best - self.tol
        rising = state.n_epochs <= self.n_rising_epochs
        state.n_no_improvement = 0 if improved or rising else state.n_no_improvement + 1
        if finite and watched < state.best:
            state.best = watched
            if score is not None:
                state.best_theta = state.theta.copy()
        exhausted = state.n_no_improvement > self.n_iter_no_change
        if exhausted:
            state.n_no_improvement = 0
        return exhausted
