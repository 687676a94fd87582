"""An epoch of the perceptron: exact, mistake-driven updates, computed block by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..types import Array
from .engine import Engine, Lecture
from .rows import BLOCK, Shown, sequential_sum
from .rules import Lessons, Outcome, Rule
from .units import Tally, Units

# Scores closer to a tie than this, relative to |w|·|x| + |b|, are summed anew, term after term.
DOUBT = 1e-9
# So are scores so close to it that their terms may have lost digits to underflow.
LEAST_DOUBT = 1e-290

# How many updates to find in the rows looked at together: each costs as much as they do.
FEW_UPDATES = range(4, 12)


class Blocks(Engine):
    """The rule without a penalty: between two mistakes nothing changes.

    So the scores of many rows are one product, good up to the first mistake among them; and the
    effect of a mistake on the scores of the rows after it is a multiple of their products with
    its row. Nothing else is needed to find the next one (see ``rules``).
    """

    def __init__(self, units: Units, rule: Rule) -> None:
        self.units, self.rule = units, rule
        self._ahead = BLOCK  # rows to look at together

    def run_epoch(self, data: Lecture, order: Array) -> Tally:
        tally = Tally.empty(self.rule.n_learners)
        for start in range(0, len(order), data.X.run):
            rows = order[start : start + data.X.run]
            weights = data.weights[rows]
            lessons = self.rule.lessons(data.codes[rows], weights)
            run = _Run(self.units, data.X.shown(rows), lessons, data.intercept_rate, self._ahead)
            reach = self.rule.longest_step * float(weights.sum())
            tally.count(run.show(self._doubt(data.X.radius, reach), self.rule.n_learners))
            self.units.n_shown += len(rows)
            self._ahead = run.ahead
        return tally

    def restricted(self, learners: Array) -> Blocks:
        units = self.units.only(self.rule.units(learners))
        return Blocks(units, self.rule.restricted(learners))

    def _doubt(self, radius: float, reach: float) -> float:
        """How close to a tie is too close, until updates have made ``reach`` steps in all."""
        norm = float(np.linalg.norm(self.units.weights)) + reach * radius
        intercept = float(np.abs(self.units.intercept).max()) + reach
        return DOUBT * (norm * radius + intercept) + LEAST_DOUBT


@dataclass
class _Run:
    """Rows shown one after the other; what that does to the units is done to ``units``."""

    units: Units
    X: Shown
    lessons: Lessons
    intercept_rate: float
    ahead: int

    def show(self, doubt: float, n_learners: int) -> Array:
        """Return the margins (n, n_learners) that matter, at each row's turn; 1 elsewhere."""
        margins = np.ones((len(self.X), n_learners))
        start = 0
        while start < len(self.X):
            stop = min(start + self.ahead, len(self.X))
            scores = self.X.scores(self.units.weights, start, stop)
            scores += self.units.intercept
            suspicious = self.lessons.margins(scores, start) <= doubt
            place = int(suspicious.argmax())
            if not suspicious.item(place):
                start, self.ahead = stop, 2 * self.ahead
                continue
            first = place // n_learners
            start += first
            outcome = self._resolve(scores[first:], start, doubt)
            stop = start + len(outcome.margins)
            margins[start:stop] = outcome.margins
            start = stop
            n_updates = np.count_nonzero(outcome.updates)
            if n_updates < FEW_UPDATES.start:
                self.ahead *= 2
            elif n_updates > FEW_UPDATES.stop:
                self.ahead = max(BLOCK, self.ahead // 2)
        return margins

    def _resolve(self, scores: Array, start: int, doubt: float) -> Outcome:
        """Show a block of rows by its scores at its start, at least the first of them."""
        outcome = self._outcome(scores, start)
        if outcome.clearance.min() <= doubt:
            row = int((outcome.clearance <= doubt).any(axis=1).argmax())
            if row > 0:
                outcome = outcome.before(row)
            else:
                scores = self.X.exact_scores(self.units.weights, start) + self.units.intercept
                outcome = self._outcome(scores, start)
        self._add(outcome.updates, start)
        return outcome

    def _outcome(self, scores: Array, start: int) -> Outcome:
        products = self.X.products(start, start + len(scores), self.intercept_rate)
        return self.lessons.resolve(scores, start, products)

    def _add(self, updates: Array, start: int) -> None:
        """Add the updates (n, n_units) of the rows from ``start`` on."""
        units = self.units
        self.X.add(updates, start, units.weights)
        _add_in_order(units.intercept, updates * self.intercept_rate)
        if units.moments is not None:
            rows_before = np.arange(start, start + len(updates))[:, np.newaxis] + units.n_shown
            timed = updates * rows_before
            self.X.add(timed, start, units.moments.weights)
            _add_in_order(units.moments.intercept, timed * self.intercept_rate)


def _add_in_order(total: Array, terms: Array) -> None:
    """Add terms (n, n_units) to ``total`` in place, from the first to the last."""
    total[:] = sequential_sum(np.vstack([total, terms]))
