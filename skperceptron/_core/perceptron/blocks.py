"""An epoch of the perceptron: exact, mistake-driven updates, computed block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..types import Array
from .rows import BLOCK, Products, RowBatch, is_integral
from .rules import Outcome, Rule, UpdateResolver
from .trainer import Trainer, TrainingData
from .units import EpochStats, Units

# Scores closer to a tie than this, relative to |w|·|x| + |b|, are summed again, term after term.
TIE_TOLERANCE = 1e-9
# The same holds for scores so close to a tie that their terms may have lost digits to underflow.
SMALLEST_TIE_TOLERANCE = 1e-290

LARGEST_EXACT = 2.0**53  # up to here every whole number is a float

# Number of updates to find in the rows that are scored together. An update costs as much as
# scoring these rows does.
FEW_UPDATES = range(4, 12)


class Blocks(Trainer):
    """The rule without a penalty: weights change only at mistakes.

    The scores of many rows are therefore one product, which is valid up to the first mistake. A
    mistake changes the scores of the rows after it by a multiple of their products with its row.
    These products are enough to find the next mistake (see ``rules``).

    A product of matrices adds its terms in another order than a loop over rows does. At a tie the
    rounding of the sum decides. A row near a tie is therefore processed by itself, and its sums are
    computed in the order of the loop.
    """

    def __init__(self, units: Units, rule: Rule) -> None:
        self.units, self.rule = units, rule
        self._ahead = BLOCK  # number of rows to score together

    def run_epoch(self, data: TrainingData, order: Array) -> EpochStats:
        stats = EpochStats.empty(self.rule.n_learners)
        for rows in data.runs(order, self.rule.n_units):
            weights = data.weights[rows]
            resolver = self.rule.resolver(data.codes[rows], weights)
            run = Run(self.units, data.X.batch(rows), resolver, data.intercept_rate, self._ahead)
            tie_tolerance = self._tie_tolerance(data, weights)
            # Sums that are never rounded are exact in any order.
            run.exact_losses = self.rule.independent and tie_tolerance > 0
            stats.count(run.show(tie_tolerance, self.rule.n_learners))
            self.units.n_shown += len(rows)
            self._ahead = run.ahead
        return stats

    def subset(self, learners: Array) -> Blocks:
        units = self.units.gather(self.rule.units(learners))
        return Blocks(units, self.rule.subset(learners))

    def _tie_tolerance(self, data: TrainingData, row_weights: Array) -> float:
        """Distance from a tie below which rounding may decide, for rows of these weights."""
        units, steps = self.units, self.rule.steps
        largest_score = score_bound(units, self.rule, data.X.radius, row_weights)
        if (
            largest_score < LARGEST_EXACT
            and data.X.is_integral
            and is_integral(np.append(row_weights, data.intercept_rate))
            and all(map(is_integral, (steps, units.weights, units.intercept)))
        ):
            return 0.0  # no sum of these is ever rounded
        return tie_tolerance(largest_score)


def score_bound(
    units: Units, rule: Rule, radius: float, row_weights: Array, scale: float = 1.0
) -> float:
    """No score gets larger in rows of these weights, for weights that are ``scale`` · v."""
    reach = float(rule.steps.max()) * float(row_weights.sum())  # of all updates together
    norm = scale * float(np.linalg.norm(units.weights)) + reach * radius
    return norm * radius + float(np.abs(units.intercept).max()) + reach


def tie_tolerance(largest_score: float) -> float:
    """Distance from a tie below which rounding may decide."""
    return TIE_TOLERANCE * largest_score + SMALLEST_TIE_TOLERANCE


class Scales(NamedTuple):
    """Weights that shrink at each row of a batch are ``scale · v``; both are (n,)."""

    before: Array  # of the score of the row
    after: Array  # of its update


class _ScaledProducts:
    """Products between the rows of a block, by what an update changes scores of shrunk weights."""

    def __init__(self, products: Products, scales: Scales, intercept_rate: float) -> None:
        self._products, self._scales, self._intercept_rate = products, scales, intercept_rate

    def __getitem__(self, row: int) -> Array:
        scaled: Array = self._products[row] * (self._scales.before / self._scales.after[row])
        scaled[row + 1 :] += self._intercept_rate
        return scaled


@dataclass
class Run:
    """The rows of a batch, one after the other.

    With ``scales`` the weights of the units are v, and their intercepts do not shrink.
    """

    units: Units
    X: RowBatch
    resolver: UpdateResolver
    intercept_rate: float
    ahead: int
    exact_losses: bool = False  # whether the loop over rows decides the last bit of losses too
    scales: Scales | None = None
    # To append to: |v|² over the features of the row after each mistake, as row, unit and value.
    squares: list[tuple[int, int, float]] | None = None

    def show(
        self, tie_tolerance: float, n_learners: int, start: int = 0, end: int | None = None
    ) -> Array:
        """Return the margins (n, n_learners) at each row's turn; 1 for sure non-mistakes."""
        end = len(self.X) if end is None else end
        margins, first_row = np.ones((end - start, n_learners)), start
        while start < end:
            stop = min(start + self.ahead, end)
            scores = self.X.scores(self.units.weights, start, stop)
            if self.scales is not None:
                scores *= self.scales.before[start:stop, np.newaxis]
            scores += self.units.intercept
            to_resolve = self.resolver.margins(scores, start) <= tie_tolerance
            place = int(to_resolve.argmax())
            if not to_resolve.item(place):
                start, self.ahead = stop, 2 * self.ahead
                continue
            first = place // n_learners
            start += first
            resolved, n_updates, stopped_at_tie = self._resolve(
                scores[first:], start, tie_tolerance
            )
            margins[start - first_row :][: len(resolved)] = resolved
            start += len(resolved)
            if stopped_at_tie:
                # Scores beyond the next tie are of no use, and every other row may be a tie.
                self.ahead = 2 * (first + len(resolved))
            elif n_updates < FEW_UPDATES.start:
                self.ahead *= 2
            elif n_updates > FEW_UPDATES.stop:
                self.ahead = max(min(BLOCK, self.ahead), self.ahead // 2)
        return margins

    def _resolve(self, scores: Array, start: int, tie_tolerance: float) -> tuple[Array, int, bool]:
        """Process rows up to the first one near a tie, given their scores before the first row.

        The row near a tie is processed by itself, with exact scores. Return the margins, the number
        of updates, and whether there was a row near a tie.
        """
        outcome = self._outcome(scores, start)
        near_ties = np.flatnonzero((outcome.clearance < tie_tolerance).any(axis=1))
        if near_ties.size == 0:
            self._add(outcome, start)
            return outcome.margins, int(np.count_nonzero(outcome.updates)), False
        row = int(near_ties[0])
        sure = outcome.before(row)
        self._add(sure, start)
        scores = self.X.exact_scores(self.units.weights, start + row)
        if self.scales is not None:
            scores = self.scales.before[start + row] * scores
        scores = scores + self.units.intercept
        exact = self._outcome(scores, start + row)
        self._add(exact, start + row)
        return np.vstack([sure.margins, exact.margins]), 0, True

    def _outcome(self, scores: Array, start: int) -> Outcome:
        stop = start + len(scores)
        products: Products
        if self.scales is None:
            products = self.X.products(start, stop, self.intercept_rate)
        else:
            scales = Scales(*(values[start:stop] for values in self.scales))
            products = _ScaledProducts(
                self.X.products(start, stop, 0.0), scales, self.intercept_rate
            )
        return self.resolver.resolve(scores, start, products)

    def _add(self, outcome: Outcome, start: int) -> None:
        """Add the updates of the rows from ``start`` on.

        With exact losses the margins of mistakes are overwritten with those of the loop over rows.
        """
        wrong = outcome.margins <= 0
        if not wrong.any():
            return
        units, updates = self.units, outcome.updates
        intercepts = _totals(units.intercept, updates * self.intercept_rate)
        if self.exact_losses:
            rows, steps = slice(start, start + len(updates)), updates
            if self.scales is not None:
                steps = updates / self.scales.after[rows, np.newaxis]
            scores = self.X.add_and_score(steps, wrong, start, units.weights, self.squares)
            if self.scales is not None:
                scores *= self.scales.before[rows, np.newaxis]
            scores += intercepts[:-1]
            exact_margins = self.resolver.margins(scores, start)
            np.copyto(outcome.margins, exact_margins, where=wrong)
        else:
            self.X.add(updates, start, units.weights)
        units.intercept[:] = intercepts[-1]
        if units.moments is not None:
            rows_before = np.arange(start, start + len(updates))[:, np.newaxis] + units.n_shown
            timed = updates * rows_before
            self.X.add(timed, start, units.moments.weights)
            own = units.moments.intercept
            own[:] = _totals(own, timed * self.intercept_rate)[-1]


def _totals(first: Array, terms: Array) -> Array:
    """Return ``first`` before and after each term is added: (n + 1, n_units) for (n, n_units)."""
    totals: Array = np.vstack([first, terms]).cumsum(axis=0)
    return totals
