"""The perceptron with a penalty. The penalty changes the weights at every row, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..types import Array
from .blocks import Run, Scales, score_bound, tie_tolerance
from .rows import BLOCK, RowBatch
from .rules import Rule, UpdateResolver
from .trainer import Trainer, TrainingData
from .units import EpochStats, Moments, Units

SMALLEST_SCALE = 1e-9  # scikit-learn's
# Factor by which the scale may shrink within a stretch: C·v - early loses as many digits.
STRETCH = 1e-2

_ALONE = np.zeros((1, 1))  # products of a row with the rows after it, where no rows follow


@dataclass(frozen=True)
class Penalty:
    """``alpha · (l1_ratio · ‖w‖₁ + (1 - l1_ratio)/2 · ‖w‖²)``, part of the loss of each row."""

    alpha: float
    l1_ratio: float


class Penalised(Trainer):
    """The rule with a penalty.

    Before a row's update, the L2 part shrinks all weights. After the update, the L1 part moves the
    weights of the row's features towards 0, by the total that it has asked of all rows so far minus
    what these weights have moved already. This is the cumulative penalty of Tsuruoka, Tsujii &
    Ananiadou (2009), "Stochastic gradient descent training for L1-regularized log-linear models
    with cumulative penalty". The operations, and so the numbers, are those of scikit-learn's
    SGDClassifier.

    Within an epoch the weights are ``scale · v``, with v in ``units.weights``, so that shrinking
    them is cheap. For the mean of the weights, Σ scale·v over a stretch of rows is C·v - ``early``.
    C is the sum of the scales so far. ``early`` is the sum over the changes of v of the change
    times the value that C had at that moment. A row therefore costs as much as it has features.
    """

    def __init__(self, units: Units, rule: Rule, penalty: Penalty, rate: float) -> None:
        self.units, self.rule = units, rule
        self._penalty, self._rate = penalty, rate
        self._shrinkage = max(0.0, 1.0 - (1.0 - penalty.l1_ratio) * rate * penalty.alpha)
        self._scale = 1.0
        self._first_scale = 1.0  # at the start of the stretch
        self._sum_of_scales = 0.0  # C, since the start of the stretch
        self._early = np.zeros_like(_ALONE if units.moments is None else units.weights)
        self._asked = 0.0  # total that the L1 part has asked of each weight so far
        self._drawn = np.zeros_like(units.weights)  # how far each weight has moved for it, signed
        # Of v, over the features of each unit's last mistake, as in scikit-learn.
        self._square_norm = np.einsum("ij,ij->j", units.weights, units.weights)  # (n_units,)
        self._absolute_norm = np.abs(units.weights).sum(axis=0)  # (n_units,)
        self._ahead = BLOCK  # number of rows to score together

    def run_epoch(self, data: TrainingData, order: Array) -> EpochStats:
        """Process the rows in ``order`` once; losses include the penalty."""
        stats = EpochStats.empty(self.rule.n_learners)
        self._start_stretch()
        try:
            for rows in data.runs(order, self.rule.n_units):
                weights = data.weights[rows]
                resolver = self.rule.resolver(data.codes[rows], weights)
                X, row = data.X.batch(rows), 0
                while row < len(X):
                    scales = self._next_scales(len(X) - row)
                    if len(scales.after):
                        self._show_block(data, weights, X, resolver, row, scales, stats)
                        row += len(scales.after)
                    else:
                        stats.losses += self._value().reshape(len(stats.losses), -1).sum(axis=1)
                        stats.count(self._show(X, resolver, row, data.intercept_rate))
                        row += 1
        finally:
            self._apply_scale()
        return stats

    def _next_scales(self, n_rows: int) -> Scales:
        """Those of as many of the next rows as can be processed together, before any of them.

        None of them can with an L1 part or an average, which look at each change of the weights, or
        if one unit's rows depend on what other units do. Where the scale gets too small, the row
        that it is settled at is processed by itself.
        """
        if (
            self._penalty.l1_ratio > 0
            or self.units.moments is not None
            or not self.rule.independent
        ):
            n_rows = 0
        factors = np.full(n_rows + 1, self._shrinkage)
        factors[0] = self._scale
        scales = np.multiply.accumulate(factors)
        n_rows = min(n_rows, int(np.count_nonzero(scales[1:] >= SMALLEST_SCALE)))
        return Scales(scales[:n_rows], scales[1 : n_rows + 1])

    def _show_block(
        self,
        data: TrainingData,
        row_weights: Array,
        X: RowBatch,
        resolver: UpdateResolver,
        start: int,
        scales: Scales,
        stats: EpochStats,
    ) -> None:
        """Process the rows from ``start`` on, as many as there are scales."""
        units, end = self.units, start + len(scales.after)
        of_batch = Scales(*(np.concatenate([np.ones(start), values]) for values in scales))
        squares: list[tuple[int, int, float]] = []
        run = Run(units, X, resolver, data.intercept_rate, self._ahead, True, of_batch, squares)
        bound = score_bound(units, self.rule, data.X.radius, row_weights, self._scale)
        margins = run.show(tie_tolerance(bound), self.rule.n_learners, start, end)
        self._ahead, self._scale = run.ahead, float(scales.after[-1])
        units.n_shown += end - start
        square_norms = np.tile(self._square_norm, (end - start, 1))  # before each row
        for row, unit, square_norm in squares:
            square_norms[row - start + 1 :, unit] = square_norm
            self._square_norm[unit] = square_norm
        values = 0.5 * self._penalty.alpha * square_norms * (scales.before**2)[:, np.newaxis]
        stats.count(margins, values)

    def subset(self, learners: Array) -> Penalised:
        columns = self.rule.units(learners)
        units, rule = self.units.gather(columns), self.rule.subset(learners)
        trainer = Penalised(units, rule, self._penalty, self._rate)
        trainer._asked, trainer._drawn = self._asked, self._drawn[:, columns]
        trainer._square_norm = self._square_norm[columns]
        trainer._absolute_norm = self._absolute_norm[columns]
        return trainer

    def _value(self) -> Array:
        """The penalty of each unit, (n_units,)."""
        alpha, l1_ratio = self._penalty.alpha, self._penalty.l1_ratio
        value: Array = 0.5 * alpha * (1 - l1_ratio) * self._square_norm * self._scale**2
        value += alpha * l1_ratio * self._absolute_norm * self._scale
        return value

    def _show(
        self, X: RowBatch, resolver: UpdateResolver, row: int, intercept_rate: float
    ) -> Array:
        """Process one row, and return its margins (1, n_learners)."""
        units = self.units
        scores = self._scale * X.exact_scores(units.weights, row) + units.intercept
        updates, margins, _ = resolver.resolve(scores, row, _ALONE)
        self._shrink()
        columns, values = X.row(row)
        before = units.weights[columns].copy()
        for unit in updates[0].nonzero()[0]:
            self._add(columns, values, unit, updates[0, unit])
        units.intercept += intercept_rate * updates[0]
        if self._penalty.l1_ratio > 0:
            self._draw(columns)
        if units.moments is not None:
            self._early[columns] += self._sum_of_scales * (units.weights[columns] - before)
            self._sum_of_scales += self._scale
            units.moments.intercept += units.n_shown * (intercept_rate * updates[0])
        units.n_shown += 1
        return margins

    def _shrink(self) -> None:
        self._scale *= self._shrinkage
        if self._scale < SMALLEST_SCALE:
            self._apply_scale()
        elif self.units.moments is not None and self._scale < STRETCH * self._first_scale:
            self._finish_stretch(self.units.moments)

    def _apply_scale(self) -> None:
        """Multiply the weights by the scale, which is 1 afterwards, and update the moments."""
        if self.units.moments is not None:
            self._finish_stretch(self.units.moments)
        self.units.weights *= self._scale
        self._square_norm *= self._scale**2
        self._absolute_norm *= self._scale
        self._scale = self._first_scale = 1.0

    def _start_stretch(self) -> None:
        if self.units.moments is not None:
            self._first = self._scale * self.units.weights
            self._first_shown = self.units.n_shown.copy()
            self._first_scale = self._scale
            self._sum_of_scales = 0.0
            self._early[...] = 0

    def _finish_stretch(self, moments: Moments) -> None:
        units = self.units
        # Σ t Δw, by summation by parts
        ends = units.n_shown * (self._scale * units.weights) - self._first_shown * self._first
        moments.weights += ends - (self._sum_of_scales * units.weights - self._early)
        self._start_stretch()

    def _add(self, columns: Any, values: Array, unit: int, update: float) -> None:
        weights = self.units.weights
        own = weights[columns, unit] + values * (update / self._scale)
        weights[columns, unit] = own
        self._square_norm[unit] = np.dot(own, own)
        self._absolute_norm[unit] = np.abs(own).sum()

    def _draw(self, columns: Any) -> None:
        self._asked += self._penalty.l1_ratio * self._rate * self._penalty.alpha
        weights, drawn = self.units.weights, self._drawn[columns]  # (n_columns, n_units)
        before = weights[columns].copy()
        lowered = np.maximum(0, before - (self._asked + drawn) / self._scale)
        raised = np.minimum(0, before + (self._asked - drawn) / self._scale)
        after = np.where(before > 0, lowered, np.where(before < 0, raised, before))
        weights[columns] = after
        self._drawn[columns] = drawn + self._scale * (after - before)
