"""What shows rows to units, epoch by epoch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from ..types import Array
from .rows import BLOCK, Rows
from .rules import Rule
from .units import EpochStats, Units

# Scores of a run that there is memory for: with more units runs are shorter, but for a block.
SCORED = 1024 * 1024


@dataclass(frozen=True)
class TrainingData:
    """The rows with their classes, as codes, and weights; both (n,)."""

    X: Rows
    codes: Array
    weights: Array
    intercept_rate: float  # what an update adds to an intercept, relative to its size

    def runs(self, rows: Array, n_units: int) -> Iterator[Array]:
        """Cut these rows, by index, into runs that go together."""
        length = min(self.X.run, max(BLOCK, SCORED // n_units))
        for start in range(0, len(rows), length):
            yield rows[start : start + length]

    def scored(self, rows: Array, units: Units) -> Iterator[tuple[Array, Array]]:
        """Yield the scores (m, n_units) of these rows after their indices (m,), run by run."""
        for run in self.runs(rows, len(units.intercept)):
            scores = self.X.batch(run).scores(units.weights, 0, len(run))
            yield run, scores + units.intercept


class Trainer(ABC):
    """Interface: changes ``units`` by ``rule``, for the epochs of one call of fit."""

    units: Units
    rule: Rule

    @abstractmethod
    def run_epoch(self, data: TrainingData, order: Array) -> EpochStats:
        """Show the rows in ``order`` once, and change the units after each mistake."""

    @abstractmethod
    def subset(self, learners: Array) -> Trainer:
        """A trainer for copies of the units of these learners alone, to go on with."""
