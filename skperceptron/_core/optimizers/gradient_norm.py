"""The norms of the gradients that an optimizer is given."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..types import Array, StepSize
from .base import Optimizer, OptimizerWrapper

if TYPE_CHECKING:
    from ..compiled.tape import Tape


class GradientNormRecorder(OptimizerWrapper):
    """Records the norm of each gradient, then lets ``inner`` step, which uses the gradient up."""

    def __init__(self, inner: Optimizer) -> None:
        self.inner, self.n_moments = inner, inner.n_moments
        self._total, self._n_steps = 0.0, 0

    def step(self, theta: Array, gradient: Array, rate: float) -> StepSize:
        self._total += math.sqrt(np.dot(gradient, gradient))
        self._n_steps += 1
        return self.inner.step(theta, gradient, rate)

    def record(self, tape: Tape, theta: Array, gradient: Array) -> None:
        squares = tape.series(1)
        tape.dot(gradient, gradient, squares)

        def add(n_steps: int) -> None:
            for square in squares.values[:n_steps, 0].tolist():
                self._total += math.sqrt(square)
            self._n_steps += n_steps

        tape.after.append(add)
        tape.form(self.inner, "record")(tape, theta, gradient)

    def mean_norm(self) -> float:
        """Mean over the steps since this was last asked; there must have been one."""
        mean = self._total / self._n_steps
        self._total, self._n_steps = 0.0, 0
        return mean
