"""Penalties and constraints on the weights (never on intercepts)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .kernels import Kernel
from .types import Array, StepSize, blocks

if TYPE_CHECKING:
    from .compiled.tape import Tape


class Penalty(ABC):
    """Interface of a differentiable penalty P of the flat vector of weights."""

    @abstractmethod
    def value(self, weights: Array, scale: float, scratch: Array) -> float:
        """``scale · P(w)``."""

    @abstractmethod
    def add_gradient(self, weights: Array, gradient: Array, scale: float, scratch: Array) -> float:
        """Add ``scale · dP/dw`` to ``gradient``; return ``scale · P(w)``.

        All three arrays are (n_weights,); ``scratch`` holds nothing of value.
        """


class ProximalPenalty(ABC):
    """Interface of a penalty P with kinks: it acts after the step, by its proximal operator."""

    @abstractmethod
    def value(self, weights: Array, scale: float, scratch: Array) -> float:
        """``scale · P(w)``."""

    @abstractmethod
    def shrink(self, weights: Array, step_size: StepSize, scale: float, scratch: Array) -> None:
        """Replace w by ``argmin_u scale · P(u) + Σ (u - w)² / (2 · step_size)``, in place.

        ``step_size.length`` is used up, and ``scratch`` (n_weights,) holds nothing of value.
        """


class Constraint(ABC):
    """Interface of a convex set that holds each unit's incoming weights."""

    @abstractmethod
    def project(self, weight: Array) -> None:
        """Move each column of ``weight`` (fan_in, fan_out) to the nearest point of the set."""


@dataclass(frozen=True)
class L2(Penalty):
    """``strength/2 · ‖w‖²``."""

    strength: float

    def value(self, weights: Array, scale: float, scratch: Array) -> float:
        return 0.5 * scale * self.strength * float(np.dot(weights, weights))

    def add_gradient(self, weights: Array, gradient: Array, scale: float, scratch: Array) -> float:
        factor = np.array([scale * self.strength], weights.dtype)
        _add_multiple.run(gradient, weights, factor, scratch)
        return self.value(weights, scale, scratch)

    def record(
        self, tape: Tape, weights: Array, gradient: Array, scale: float, scratch: Array
    ) -> None:
        factor, square = np.array([scale * self.strength], weights.dtype), tape.series(1)
        tape.run(_add_multiple, gradient, weights, factor, scratch)
        tape.dot(weights, weights, square)
        tape.terms.append((0.5 * scale * self.strength, square.values))


def _add_multiple_numpy(total: Array, values: Array, factor: Array, scratch: Array) -> None:
    for part in blocks(0, len(values)):
        product = np.multiply(values[part], factor, out=scratch[: part.stop - part.start])
        total[part] += product


def _add_multiple_loop(arrays: Any, sizes: Any, integers: Any, _: Any) -> None:
    total, values, factor = arrays[0], arrays[1], arrays[2][0]
    for i in range(sizes[0]):
        total[i] += values[i] * factor


_add_multiple = Kernel(_add_multiple_numpy, _add_multiple_loop, dimensions=(1, 1, 1, 1))


@dataclass(frozen=True)
class L1(ProximalPenalty):
    """``strength · ‖w‖₁``. Its proximal operator is the soft threshold."""

    strength: float

    def value(self, weights: Array, scale: float, scratch: Array) -> float:
        return scale * self.strength * float(np.abs(weights, out=scratch).sum())

    def shrink(self, weights: Array, step_size: StepSize, scale: float, scratch: Array) -> None:
        threshold = step_size.length[: len(weights)]
        threshold *= scale * self.strength * step_size.gain
        np.minimum(threshold, step_size.longest, out=threshold)
        # w - clip(w, -threshold, threshold), which is exactly 0 within.
        np.minimum(weights, threshold, out=scratch)
        np.negative(threshold, out=threshold)
        np.maximum(scratch, threshold, out=scratch)
        weights -= scratch


@dataclass(frozen=True)
class Ball1(Constraint):
    """``‖w‖₁ ≤ radius``: soft thresholds, found by sorting.

    Duchi, Shalev-Shwartz, Singer & Chandra (2008), "Efficient projections onto the
    l1-ball for learning in high dimensions".
    """

    radius: float

    def project(self, weight: Array) -> None:
        outside = np.flatnonzero(np.abs(weight).sum(axis=0) > self.radius)
        if outside.size == 0:
            return
        columns = weight[:, outside]  # (fan_in, n_outside)
        # Distances from the largest, whose size may dwarf the radius: smallest first.
        magnitude = np.abs(columns)
        below_top = magnitude.max(axis=0) - magnitude
        distances = np.sort(below_top, axis=0)
        totals = np.cumsum(distances, axis=0)
        rank = np.arange(1, len(weight) + 1, dtype=weight.dtype)[:, np.newaxis]
        n_kept = np.count_nonzero(rank * distances - totals < self.radius, axis=0)  # (n_outside,)
        last = np.maximum(n_kept, 1) - 1
        top = (totals[last, np.arange(outside.size)] + self.radius) / rank[last, 0]
        shrunk = np.maximum(top - below_top, 0)
        weight[:, outside] = np.copysign(shrunk, columns)


@dataclass(frozen=True)
class Ball2(Constraint):
    """``‖w‖₂ ≤ radius``: longer vectors are scaled down."""

    radius: float

    def project(self, weight: Array) -> None:
        norm = _lengths(weight)  # (fan_out,)
        if (norm <= self.radius).all():  # which may be out of the range of the weights' type
            return
        factor = np.minimum(1, self.radius / np.maximum(norm, self.radius))
        huge = np.isinf(norm)
        if huge.any():
            # The squares overflow, but not what they come from.
            largest = np.abs(weight[:, huge]).max(axis=0)
            weight[:, huge] /= largest
            factor[huge] = np.minimum(largest, self.radius / _lengths(weight[:, huge]))
        weight *= factor


def _lengths(weight: Array) -> Array:
    lengths: Array = np.sqrt(np.einsum("ij,ij->j", weight, weight))
    return lengths


NORM_CONSTRAINTS: dict[int, type[Constraint]] = {1: Ball1, 2: Ball2}
