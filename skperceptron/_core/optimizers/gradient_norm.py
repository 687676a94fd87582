"""The norms of the gradients that an optimizer is given."""

from __future__ import annotations

import math

import numpy as np

from ..types import Array, StepSize
from .base import Optimizer, OptimizerWrapper


class GradientNormRecorder(OptimizerWrapper):
    """Records the norm of each gradient, then lets ``inner`` step, which uses the gradient up."""

    def __init__(self, inner: Optimizer) -> None:
        self.inner, self.n_moments = inner, inner.n_moments
        self._total, self._n_steps = 0.0, 0

    def step(self, theta: Array, gradient: Array, rate: float) -> StepSize:
        self._total += math.sqrt(np.dot(gradient, gradient))
        self._n_steps += 1
        return self.inner.step(theta, gradient, rate)

    def mean_norm(self) -> float:
        """Mean over the steps since this was last asked; there must have been one."""
        mean = self._total / self._n_steps
        self._total, self._n_steps = 0.0, 0
        return mean
