"""Adagrad: steps divided by the root of the sum of squared gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..types import Array, StepSize
from .base import Optimizer, adaptive_step_size


@dataclass
class Adagrad(Optimizer):
    """``v ← v + g²``, ``w ← w - η g / (√v + ε)``.

    Duchi, Hazan & Singer (2011), "Adaptive subgradient methods for online learning and
    stochastic optimization".
    """

    n_moments = 1
    epsilon: float

    def step(self, theta: Array, gradient: Array, rate: float) -> StepSize:
        self.state.n_steps += 1
        for eta, (weights, grad, scratch, exp_avg_sq) in self.in_blocks(theta, gradient, rate):
            np.multiply(grad, grad, out=scratch)
            exp_avg_sq += scratch
            step_size = adaptive_step_size(exp_avg_sq, eta, self.epsilon, scratch)
            grad *= step_size
            weights -= grad
            if self.step_sizes:
                grad[...] = step_size
        return StepSize(gradient, 1.0)
