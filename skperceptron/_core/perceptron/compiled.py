"""The rule without a penalty as a loop that Numba compiles, row after row.

It changes no result: ``blocks`` computes the same weights, to the last bit. It is an optional
extra, for data with many mistakes in short rows, where a round of Python costs more than a row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from ..types import Array
from .engine import Engine, Lecture
from .rules import OneVsRest
from .units import Tally, Units


class Compiled(Engine):
    """Units that learn one against the rest, on dense or CSR rows."""

    rule: OneVsRest

    def __init__(self, units: Units, rule: OneVsRest) -> None:
        self.units, self.rule = units, rule

    def run_epoch(self, data: Lecture, order: Array) -> Tally:
        units, rule = self.units, self.rule
        tally = Tally.empty(rule.n_learners)
        # In C order a row's products run along the units, and every sum along the features.
        weights = np.ascontiguousarray(units.weights)
        timed = np.zeros_like(weights if units.moment is not None else weights[:0])
        timed_intercept = np.zeros(rule.n_units)
        _compiled()(
            *data.X.arrays,
            order,
            data.codes,
            data.weights,
            rule.signs,
            rule.class_weight,
            rule.rate,
            data.intercept_rate,
            weights,
            units.intercept,
            tally.mistakes,
            tally.losses,
            units.n_shown,
            timed,
            timed_intercept,
        )
        units.weights[...] = weights
        if units.moment is not None and units.moment_intercept is not None:
            units.moment += timed
            units.moment_intercept += timed_intercept
        units.n_shown += len(order)
        return tally

    def restricted(self, learners: Array) -> Compiled:
        return Compiled(self.units.only(learners), self.rule.restricted(learners))


@cache
def _compiled() -> Callable[..., None]:
    from numba import njit

    compiled: Callable[..., None] = njit(cache=True, nogil=True)(_show)
    return compiled


def _show(
    values: Array,
    columns: Array,
    starts: Array,
    order: Array,
    codes: Array,
    row_weights: Array,
    signs: Array,
    class_weight: Array,
    rate: float,
    intercept_rate: float,
    weights: Array,
    intercept: Array,
    mistakes: Array,
    losses: Array,
    n_shown: Array,
    timed: Array,
    timed_intercept: Array,
) -> None:
    """Rosenblatt's rule; ``values`` are dense rows, or those of CSR rows with ``columns``."""
    n_units = weights.shape[1]
    scores = np.empty(n_units)
    for position in range(order.size):
        row = order[position]
        scores[:] = 0
        # Numba decides about dimensions when it compiles.
        if values.ndim == 2:
            x = values[row]
            if n_units == 1:
                # In a register: a loop over one unit would go to memory at every feature.
                score, own = 0.0, weights[:, 0]
                for j in range(x.size):
                    score += own[j] * x[j]
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
            sign = signs[codes[row], unit]
            margin = sign * (scores[unit] + intercept[unit])
            if margin > 0:
                continue
            mistakes[unit] += 1
            losses[unit] -= margin
            step = class_weight[codes[row], unit] * row_weights[row] * sign * rate
            time = n_shown[unit] + position
            intercept[unit] += step * intercept_rate
            timed_intercept[unit] += time * step * intercept_rate
            for j in range(x.size):
                feature = j if values.ndim == 2 else features[j]
                weights[feature, unit] += x[j] * step
                if timed.shape[0] > 0:
                    timed[feature, unit] += time * (x[j] * step)
