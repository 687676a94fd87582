"""The choice among the weights of all epochs, and the accuracy of weights."""

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
        """Consider the units after an epoch."""

    @abstractmethod
    def selected(self, units: Units) -> tuple[Array, Array]:
        """Return weights (n_features, n_units) and intercepts (n_units,), given the last units."""


class Last(WeightSelector):
    """Selects the last weights, or their mean if the units have moments."""

    def update(self, units: Units) -> None:
        pass

    def selected(self, units: Units) -> tuple[Array, Array]:
        return units.means()


class Pocket(WeightSelector):
    """Selects the weights with the lowest total weight of misclassified rows, over all classes."""

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
    """Return the weighted share of rows that each learner gets right, (n_learners,)."""
    right = np.zeros(rule.n_learners)
    for run, scores in data.scored(rows, units):
        right += data.weights[run] @ rule.right(scores, data.codes[run])
    shares: Array = right / data.weights[rows].sum()
    return shares
