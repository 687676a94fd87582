"""Prediction intervals that cover as often as asked, by the errors on validation rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .._messages import warn
from ._quantiles import Floats

# Numbers that are kept of validation rows, 64 KB in float32.
MOST_KEPT = 2**14

LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class Quantiles:
    """Quantiles of each row at some levels, ascending: (n, n_levels)."""

    levels: tuple[float, ...]

    def interval(self, values: Floats, coverage: float) -> tuple[Floats, Floats]:
        """Lower and upper end, (n,) each, between equally likely tails."""
        tail = (1 - coverage) / 2
        return self._at(values, tail), self._at(values, 1 - tail)

    def _at(self, values: Floats, level: float) -> Floats:
        """Quantiles at a level, interpolated as if normal; those beyond are the outermost."""
        z = np.interp(ndtri(level), ndtri(self.levels), np.arange(len(self.levels)))
        below = int(z)
        above = min(below + 1, len(self.levels) - 1)
        share = z - below
        between: Floats = (1 - share) * values[:, below] + share * values[:, above]
        return between


@dataclass(frozen=True)
class Normal:
    """Mean and standard deviation of each row: (n, 2)."""

    def interval(self, values: Floats, coverage: float) -> tuple[Floats, Floats]:
        """Lower and upper end, (n,) each, between equally likely tails."""
        mean, deviation = values.T
        reach = ndtri((1 + coverage) / 2) * deviation
        return mean - reach, mean + reach


@dataclass(frozen=True)
class Calibration:
    """What was predicted for validation rows, and their targets.

    Romano, Patterson & Candès (2019), "Conformalized quantile regression".
    """

    distribution: Quantiles | Normal
    centre: float  # which is subtracted from what is kept, before it is divided by the unit
    unit: float
    values: NDArray[np.float32]  # of the distribution, (n, n_values)
    y: NDArray[np.float32]  # (n,)
    weight: NDArray[np.float32] | None  # (n,)

    def interval(self, values: Floats, coverage: float) -> Floats:
        """Lower and upper ends, (n, 2), of the predicted ``values`` of rows."""
        with np.errstate(over="ignore"):
            correction = np.clip(self.unit * self._correction(coverage), -LARGEST, LARGEST)
            low, high = np.clip(self.distribution.interval(values, coverage), -LARGEST, LARGEST)
            low, high = np.clip([low - correction, high + correction], -LARGEST, LARGEST)
        middle = low / 2 + high / 2
        # A correction that is negative may turn short intervals round.
        return np.column_stack([np.minimum(low, middle), np.maximum(high, middle)])

    def _correction(self, coverage: float) -> float:
        """How far intervals are to be widened for this share of the validation rows.

        That is for this share of these rows and of one more, which counts as not covered.
        """
        low, high = self.distribution.interval(self.values.astype(np.float64), coverage)
        y = self.y.astype(np.float64)
        errors = np.maximum(low - y, y - high)
        weight = np.ones(len(y)) if self.weight is None else self.weight.astype(np.float64)
        order = np.argsort(errors, kind="stable")
        covered = np.cumsum(weight[order])
        wanted = coverage * (covered[-1] + weight.mean())
        place = int(np.searchsorted(covered, wanted * (1 - 1e-12)))
        if place == len(errors):
            warn(
                f"coverage={coverage} needs more than the {len(errors)} validation rows that there "
                "are: the largest of their errors is used, and intervals may cover less."
            )
            place -= 1
        return float(errors[order[place]])


def calibration(
    distribution: Quantiles | Normal,
    values: Floats,
    y: Floats,
    weight: Floats | None,
    centre: float,
    unit: float,
) -> Calibration:
    """Keep what is needed of validation rows: of very many a random part."""
    most = MOST_KEPT // (values.shape[1] + 1)
    rows = np.arange(len(y))
    if len(y) > most:
        rows = np.sort(np.random.RandomState(0).permutation(len(y))[:most])
    scaled = values[rows] / unit - centre / unit
    if isinstance(distribution, Normal):
        scaled[:, 1] = values[rows, 1] / unit  # a deviation is a difference already
    return Calibration(
        distribution,
        centre,
        unit,
        _in_float32(scaled),
        _in_float32(y[rows] / unit - centre / unit),
        None if weight is None else (weight[rows] / weight.mean()).astype(np.float32),
    )


def _in_float32(values: Floats) -> NDArray[np.float32]:
    most = np.finfo(np.float32).max
    return np.clip(values, -most, most).astype(np.float32)
