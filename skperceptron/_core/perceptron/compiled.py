"""The rule without a penalty as a loop over the rows, which Numba compiles.

The loop changes no result: ``blocks`` computes the same weights to the last bit, and runs until
compiling pays. Numba is an optional extra. It helps on data with many mistakes in short rows, where
an iteration in Python costs more than the arithmetic of a row.
"""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..types import Array
from .blocks import Blocks
from .rules import OneVsRest, Rule
from .trainer import Trainer, TrainingData
from .units import EpochStats, Moments, Units

# Number of rows in one call of the loop, and of entries of rows times units: each takes about a
# nanosecond. Python handles Ctrl-C only between two calls.
RUN, MAX_ENTRIES = 16384, 50_000_000

# Mistakes that take ``blocks`` as long as calling NumPy in a step of a network does.
MISTAKES = 8


class Compiled(Trainer):
    """Trains units of one class against the rest, on dense or CSR rows."""

    rule: OneVsRest

    def __init__(self, units: Units, rule: Rule) -> None:
        assert isinstance(rule, OneVsRest)  # the only one with independent units
        self.units, self.rule = units, rule
        self._blocks = Blocks(units, rule)

    def run_epoch(self, data: TrainingData, order: Array) -> EpochStats:
        units, rule = self.units, self.rule
        stats = EpochStats.empty(rule.n_learners)
        # In C order the loop over units is contiguous, and each sum runs over the features.
        weights = np.ascontiguousarray(units.weights)
        moments = units.moments or Moments(weights[:0], units.intercept[:0])
        moment = np.ascontiguousarray(moments.weights)
        others = (
            data.codes,
            data.weights,
            rule.own,
            rule.own_weight,
            rule.other_weight,
            rule.rate,
            data.intercept_rate,
            weights,
            units.intercept,
            units.n_shown,
            moment,
            moments.intercept,
            stats.mistakes,
            stats.losses,
        )
        show = kernels.compiled_for(_show, (*data.X.arrays, order, *others))
        if show is None:
            stats = self._blocks.run_epoch(data, order)
            kernels.count_steps(float(stats.mistakes.sum()) / MISTAKES)
            return stats
        values = data.X.arrays[0]
        entries_per_row = values.size / len(data.codes) * len(rule.own)
        run = max(1, min(RUN, int(MAX_ENTRIES / max(1.0, entries_per_row))))
        try:
            for start in range(0, len(order), run):
                show(*data.X.arrays, order[start : start + run], *others)
        finally:
            units.weights[...] = weights
            moments.weights[...] = moment
        return stats

    def subset(self, learners: Array) -> Compiled:
        return Compiled(self.units.gather(learners), self.rule.subset(learners))


def _show(
    values: Array,
    columns: Array,
    starts: Array,
    order: Array,
    codes: Array,
    row_weights: Array,
    own: Array,
    own_weight: Array,
    other_weight: Array,
    rate: float,
    intercept_rate: float,
    weights: Array,
    intercept: Array,
    n_shown: Array,
    moment: Array,
    moment_intercept: Array,
    mistakes: Array,
    losses: Array,
) -> None:
    """Rosenblatt's rule. ``values`` are dense rows, or the values of CSR rows with ``columns``.

    The arrays from ``weights`` on change in place. Moments without rows are not computed.
    """
    n_units = weights.shape[1]
    averaged = moment.shape[0] > 0
    scores = np.empty(n_units)
    for row in order:
        scores[:] = 0
        # Numba resolves this branch when it compiles.
        if values.ndim == 2:
            x = values[row]
            if n_units == 1:
                # The score stays in a register. A loop over one unit would use memory instead.
                score, of_unit = 0.0, weights[:, 0]
                for j in range(x.size):
                    score += of_unit[j] * x[j]
                scores[0] = score
            else:
                for j in range(x.size):
                    for unit in range(n_units):
                        scores[unit] += weights[j, unit] * x[j]
        else:
            x = values[starts[row] : starts[row + 1]]
            features = columns[starts[row] : starts[row + 1]]
            for j in range(x.size):
                of_feature = weights[features[j]]
                for unit in range(n_units):
                    scores[unit] += of_feature[unit] * x[j]
        for unit in range(n_units):
            is_own = codes[row] == own[unit]
            sign = 1.0 if is_own else -1.0
            margin = sign * (scores[unit] + intercept[unit])
            if margin <= 0:
                mistakes[unit] += 1
                losses[unit] -= margin
                class_weight = own_weight[unit] if is_own else other_weight[unit]
                step = class_weight * row_weights[row] * sign * rate
                intercept[unit] += step * intercept_rate
                for j in range(x.size):
                    weights[j if values.ndim == 2 else features[j], unit] += x[j] * step
                if averaged:
                    timed = step * n_shown[unit]
                    moment_intercept[unit] += timed * intercept_rate
                    for j in range(x.size):
                        moment[j if values.ndim == 2 else features[j], unit] += x[j] * timed
            n_shown[unit] += 1
