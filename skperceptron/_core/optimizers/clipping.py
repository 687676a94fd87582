"""Clipping of the gradient's norm, before any optimizer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..types import Array, StepSize
from .base import Optimizer, OptimizerWrapper


@dataclass
class ClipByGlobalNorm(OptimizerWrapper):
    """Scales a gradient of norm above ``clip_norm`` down to it, then lets ``inner`` step.

    Pascanu, Mikolov & Bengio (2013), "On the difficulty of training recurrent neural networks".
    """

    inner: Optimizer
    clip_norm: float

    def __post_init__(self) -> None:
        self.n_moments = self.inner.n_moments

    def step(self, theta: Array, gradient: Array, rate: float) -> StepSize:
        norm = math.sqrt(np.dot(gradient, gradient))
        if math.isinf(norm):
            # The squares overflow, but not what they come from.
            largest = float(np.abs(gradient).max())
            gradient /= largest
            gradient *= min(largest, self.clip_norm / math.sqrt(np.dot(gradient, gradient)))
        elif norm > self.clip_norm:
            gradient *= self.clip_norm / norm
        return self.inner.step(theta, gradient, rate)
