"""What shows rows to units, epoch by epoch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from ..types import Array
from .rows import Rows
from .rules import Rule
from .units import Tally, Units


@dataclass(frozen=True)
class Lecture:
    """The rows with their classes, as codes, and weights; both (n,)."""

    X: Rows
    codes: Array
    weights: Array
    intercept_rate: float  # what an update adds to an intercept, relative to its size

    def scored(self, rows: Array, units: Units) -> Iterator[tuple[Array, Array]]:
        """Yield the scores (m, n_units) of these rows after their indices (m,), run by run."""
        for start in range(0, len(rows), self.X.run):
            run = rows[start : start + self.X.run]
            scores = self.X.shown(run).scores(units.weights, 0, len(run))
            yield run, scores + units.intercept


class Engine(ABC):
    """Interface: changes ``units`` by ``rule``, for the epochs of one call of fit."""

    units: Units
    rule: Rule

    @abstractmethod
    def run_epoch(self, data: Lecture, order: Array) -> Tally:
        """Show the rows in ``order`` once, and change the units after each mistake."""

    @abstractmethod
    def restricted(self, learners: Array) -> Engine:
        """An engine for copies of the units of these learners alone, to go on with."""
