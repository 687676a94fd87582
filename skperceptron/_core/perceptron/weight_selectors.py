"""Which of the weights on the way a fit keeps, and how well weights do."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np

from ..types import Array
from .rules import Rule, predicted_codes
from .trainer import TrainingData
from .units import Units


class WeightSelector(ABC):
    """Interface: chooses among the weights at the ends of the epochs of one fit."""

    @abstractmethod
    def update(self, units: Units) -> None:
        """Look at the units after an epoch."""

    @abstractmethod
    def selected(self, units: Units) -> tuple[Array, Array]:
        """Weights (n_features, n_units) and intercepts (n_units,); ``units`` are the last ones."""


class Last(WeightSelector):
    """The last weights, or their mean if the units keep one."""

    def update(self, units: Units) -> None:
        pass

    def selected(self, units: Units) -> tuple[Array, Array]:
        return units.means()


class Pocket(WeightSelector):
    """Those with the fewest errors on some rows, by weight, all classes together."""

    def __init__(self, data: TrainingData, rows: Array) -> None:
        self._data, self._rows = data, rows
        self._fewest_errors = math.inf
        self._best: tuple[Array, Array] | None = None

    def update(self, units: Units) -> None:
        errors = 0.0
        for run, scores in self._data.scored(self._rows, units):
            errors += self._data.weights[run][
                predicted_codes(scores) != self._data.codes[run]
            ].sum()
        if errors < self._fewest_errors:
            self._fewest_errors = errors
            self._best = units.weights.copy(), units.intercept.copy()

    def selected(self, units: Units) -> tuple[Array, Array]:
        return units.means() if self._best is None else self._best


def accuracies(data: TrainingData, rule: Rule, rows: Array, units: Units) -> Array:
    """Share, by weight, of the rows that each learner gets right, (n_learners,)."""
    right = np.zeros(rule.n_learners)
    for run, scores in data.scored(rows, units):
        right += data.weights[run] @ rule.right(scores, data.codes[run])
    shares: Array = right / data.weights[rows].sum()
    return shares
