"""The units of a perceptron, the statistics of an epoch, and when learners stop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..types import Array


@dataclass
class Moments:
    """Sums of ``t Δw`` and ``t Δb``, for the change Δ of the weights after t rows.

    ``w - moment / T`` is the mean of the weights after each of T rows. An average therefore costs
    only a second update at each mistake.
    """

    weights: Array  # (n_features, n_units), in the order in memory of the weights
    intercept: Array  # (n_units,)


@dataclass
class Units:
    """Linear scores ``w·x + b``, one for each unit."""

    weights: Array  # (n_features, n_units), in C order for CSR rows
    intercept: Array  # (n_units,)
    n_shown: Array  # (n_units,), number of rows so far, T
    moments: Moments | None = None  # None unless the weights are averaged

    @classmethod
    def zeros(cls, weights: Array, *, averaged: bool) -> Units:
        """Return units at the start of training, for ``weights`` of zeros."""
        n_units = weights.shape[1]
        moments = Moments(np.zeros_like(weights), np.zeros(n_units)) if averaged else None
        return cls(weights, np.zeros(n_units), np.zeros(n_units, np.intp), moments)

    def means(self) -> tuple[Array, Array]:
        """Return weights and intercept, averaged over all rows so far if there are moments."""
        if self.moments is None:
            return self.weights, self.intercept
        n_shown = np.maximum(self.n_shown, 1)
        return (
            self.weights - self.moments.weights / n_shown,
            self.intercept - self.moments.intercept / n_shown,
        )

    def go_on_from(self, last: Units) -> None:
        """Copy the weights of ``last``, and its moments if both have moments."""
        np.copyto(self.weights, last.weights)
        np.copyto(self.intercept, last.intercept)
        if self.moments is not None and last.moments is not None:
            np.copyto(self.moments.weights, last.moments.weights)
            np.copyto(self.moments.intercept, last.moments.intercept)
            np.copyto(self.n_shown, last.n_shown)

    def set_weights(self, weights: Array, where: Array | bool = True) -> None:
        """Overwrite weights from outside. Their mean so far becomes the new value."""
        np.copyto(self.weights, weights, where=where)
        if self.moments is not None:
            np.copyto(self.moments.weights, 0.0, where=where)

    def set_intercept(self, intercept: Array, where: Array | bool = True) -> None:
        """Overwrite intercepts from outside."""
        np.copyto(self.intercept, intercept, where=where)
        if self.moments is not None:
            np.copyto(self.moments.intercept, 0.0, where=where)

    def copy(self) -> Units:
        """Return a copy that shares no memory with these units."""
        moments = self.moments
        return Units(
            self.weights.copy("K"),
            self.intercept.copy(),
            self.n_shown.copy(),
            moments and Moments(moments.weights.copy("K"), moments.intercept.copy()),
        )

    def gather(self, units: Array) -> Units:
        """Return copies of some units, by index."""
        order: Literal["C", "F"] = "C" if self.weights.flags.c_contiguous else "F"
        moments = self.moments
        return Units(
            np.array(self.weights[:, units], order=order),
            self.intercept[units],
            self.n_shown[units],
            moments
            and Moments(np.array(moments.weights[:, units], order=order), moments.intercept[units]),
        )

    def scatter(self, units: Array, changed: Units) -> None:
        """Write back what ``gather`` returned, after changes."""
        self.weights[:, units] = changed.weights
        self.intercept[units] = changed.intercept
        self.n_shown[units] = changed.n_shown
        if self.moments is not None and changed.moments is not None:
            self.moments.weights[:, units] = changed.moments.weights
            self.moments.intercept[units] = changed.moments.intercept


@dataclass
class EpochStats:
    """Statistics of an epoch for each learner. The loss of a mistake is minus its margin."""

    mistakes: Array  # (n_learners,)
    losses: Array  # (n_learners,)

    @classmethod
    def empty(cls, n_learners: int) -> EpochStats:
        return cls(np.zeros(n_learners, np.intp), np.zeros(n_learners))

    def count(self, margins: Array, penalties: Array | float = 0.0) -> None:
        """Count mistakes and losses of rows by their margins (n, n_learners).

        ``penalties``, if any, are added to the losses of the rows, before those of mistakes.
        """
        wrong = margins <= 0
        self.mistakes += wrong.sum(axis=0)
        # One row after the other, as a loop over the rows adds them.
        losses = np.vstack([self.losses, penalties + np.where(wrong, -margins, 0.0)])
        self.losses[:] = losses.cumsum(axis=0)[-1]


class Patience:
    """Stops a learner after ``n_epochs`` in a row without an improvement by ``tolerance``."""

    def __init__(self, n_learners: int, tolerance: float, n_epochs: int) -> None:
        self._tolerance, self._n_epochs = tolerance, n_epochs
        self._best = np.full(n_learners, math.inf)
        self._n_no_improvement = np.zeros(n_learners, np.intp)

    def watch(self, learners: Array, values: Array) -> Array:
        """Return the learners, by index, that continue. Lower ``values`` are better."""
        best = self._best[learners]
        improved = values <= best - self._tolerance
        count = np.where(improved, 0, self._n_no_improvement[learners] + 1)
        self._best[learners] = np.minimum(best, values)
        self._n_no_improvement[learners] = count
        going_on: Array = learners[count < self._n_epochs]
        return going_on
