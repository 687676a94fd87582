"""The units of a perceptron, what an epoch did to them, and when they stop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..types import Array


@dataclass
class Units:
    """Linear scores ``w·x + b``, one for each unit.

    ``moment`` and ``moment_intercept`` sum up ``t Δw`` and ``t Δb``, where Δw is the change of
    the weights after t rows: ``w - moment / T`` is the mean of the weights after each of T rows.
    They are None unless that is asked for.
    """

    weights: Array  # (n_features, n_units), in C order for CSR rows
    intercept: Array  # (n_units,)
    n_shown: Array  # (n_units,), T
    moment: Array | None = None  # (n_features, n_units)
    moment_intercept: Array | None = None  # (n_units,)

    @classmethod
    def zeros(cls, weights: Array, *, averaged: bool) -> Units:
        """Units at the start, for ``weights`` of zeros."""
        intercept = np.zeros(weights.shape[1])
        moments = (np.zeros_like(weights), intercept.copy()) if averaged else (None, None)
        return cls(weights, intercept, np.zeros(weights.shape[1], np.intp), *moments)

    def means(self) -> tuple[Array, Array]:
        """Weights and intercept, averaged over all rows shown if their moments are kept."""
        if self.moment is None or self.moment_intercept is None:
            return self.weights, self.intercept
        n_shown = np.maximum(self.n_shown, 1)
        return (
            self.weights - self.moment / n_shown,
            self.intercept - self.moment_intercept / n_shown,
        )

    def only(self, units: Array) -> Units:
        """Copies of some of them, by index."""
        order: Literal["C", "F"] = "C" if self.weights.flags.c_contiguous else "F"

        def copy(values: Array | None) -> Array | None:
            return None if values is None else np.array(values[..., units], order=order)

        return Units(
            np.array(self.weights[:, units], order=order),
            self.intercept[units],
            self.n_shown[units],
            copy(self.moment),
            copy(self.moment_intercept),
        )

    def put(self, units: Array, changed: Units) -> None:
        """Take back what ``only`` gave."""
        for own, values in zip(self._arrays(), changed._arrays(), strict=True):
            if own is not None:
                own[..., units] = values

    def _arrays(self) -> tuple[Array | None, ...]:
        return self.weights, self.intercept, self.n_shown, self.moment, self.moment_intercept


@dataclass
class Tally:
    """What an epoch came to, learner by learner; the loss of a mistake is minus its margin."""

    mistakes: Array  # (n_learners,)
    losses: Array  # (n_learners,)

    @classmethod
    def empty(cls, n_learners: int) -> Tally:
        return cls(np.zeros(n_learners, np.intp), np.zeros(n_learners))

    def count(self, margins: Array) -> None:
        """Take note of rows by their margins (n, n_learners)."""
        wrong = margins <= 0
        self.mistakes += wrong.sum(axis=0)
        self.losses -= np.einsum("ij,ij->j", margins, wrong)


class Patience:
    """Stops a learner after so many epochs in a row without an improvement by ``tolerance``."""

    def __init__(self, n_learners: int, tolerance: float, n_epochs: int) -> None:
        self._tolerance, self._n_epochs = tolerance, n_epochs
        self._best = np.full(n_learners, math.inf)
        self._n_no_improvement = np.zeros(n_learners, np.intp)

    def watch(self, learners: Array, values: Array) -> Array:
        """Return those learners, by index, that go on; ``values`` are better if lower."""
        best = self._best[learners]
        improved = values <= best - self._tolerance
        count = np.where(improved, 0, self._n_no_improvement[learners] + 1)
        self._best[learners] = np.minimum(best, values)
        self._n_no_improvement[learners] = count
        going_on: Array = learners[count < self._n_epochs]
        return going_on
