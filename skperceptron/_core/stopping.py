"""When to stop: patience, and the best weights so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .types import Array


class Patience(Protocol):
    """What stopping keeps in the training state."""

    theta: Array
    best_theta: Array | None  # where the score was best; None while no score is watched
    best: float  # lowest watched value so far
    n_no_improvement: int


@dataclass(frozen=True)
class Stopping:
    """Counts the epochs without an improvement of at least ``tol``.

    Watches the training loss, or with ``score`` its negative on held-out rows: then the
    weights of the best epoch are kept too.
    """

    tol: float
    n_iter_no_change: float
    score: Callable[[], float] | None = None

    def watch(self, loss: float, state: Patience) -> tuple[float | None, bool]:
        """Take note of an epoch. Return its score, and whether patience has run out."""
        score = None if self.score is None else self.score()
        watched = loss if score is None else -score
        # Written so that a NaN counts as no improvement.
        improved = watched <= state.best - self.tol
        state.n_no_improvement = 0 if improved else state.n_no_improvement + 1
        if watched < state.best:
            state.best = watched
            if score is not None:
                state.best_theta = state.theta.copy()
        exhausted = state.n_no_improvement > self.n_iter_no_change
        if exhausted:
            state.n_no_improvement = 0
        return score, exhausted
