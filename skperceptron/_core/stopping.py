"""When to stop: patience, and the best weights so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from .types import Array


class Patience(Protocol):
    """What stopping keeps in the training state."""

    theta: Array
    best_theta: Array | None  # where the score was best; None while no score is watched
    best: float  # lowest watched value so far
    n_no_improvement: int


class Validation(NamedTuple):
    """How the network does on rows that it is not trained on; None where nobody asked."""

    loss: float | None = None
    score: float | None = None  # higher is better


@dataclass(frozen=True)
class Stopping:
    """Counts the epochs without an improvement of at least ``tol``.

    Watches the training loss or, where there is one, the negative of the validation score:
    then the weights of the best epoch are kept too.
    """

    tol: float
    n_iter_no_change: float

    def watch(self, loss: float, score: float | None, state: Patience) -> bool:
        """Take note of an epoch. Return whether patience has run out."""
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
        return exhausted
