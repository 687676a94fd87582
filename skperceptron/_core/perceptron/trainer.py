"""The interface of trainers, which run the epochs of a perceptron, and their data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from ..types import Array
from .rows import BLOCK, Rows
from .rules import Rule
from .units import EpochStats, Units

# Maximum number of scores in one run. With more units a run has fewer rows, but at least BLOCK.
SCORED = 1024 * 1024


@dataclass(frozen=True)
class TrainingData:
    """The rows, with the code of each row's class and its weight; both are (n,)."""

    X: Rows
    codes: Array
    weights: Array
    intercept_rate: float  # what an update of size 1 adds to an intercept

    def runs(self, rows: Array, n_units: int) -> Iterator[Array]:
        """Cut these rows, by index, into runs that are computed together."""
        length = min(self.X.run, max(BLOCK, SCORED // n_units))
        for start in range(0, len(rows), length):
            yield rows[start : start + length]

    def scored(self, rows: Array, units: Units) -> Iterator[tuple[Array, Array]]:
        """Yield the indices (m,) and the scores (m, n_units) of these rows, run by run."""
        for run in self.runs(rows, len(units.intercept)):
            scores = self.X.batch(run).scores(units.weights, 0, len(run))
            yield run, scores + units.intercept


class Trainer(ABC):
    """Interface: trains ``units`` by ``rule``, for the epochs of one call of fit."""

    units: Units
    rule: Rule

    @abstractmethod
    def run_epoch(self, data: TrainingData, order: Array) -> EpochStats:
        """Process the rows in ``order`` once, and change the units after each mistake."""

    @abstractmethod
    def subset(self, learners: Array) -> Trainer:
        """Return a trainer that continues with copies of the units of these learners alone."""
