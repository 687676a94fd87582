"""RMSprop: steps divided by the root of a running mean of squared gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..types import Array, StepSize
from .base import Optimizer, adaptive_step_size


@dataclass
class RMSprop(Optimizer):
    """``v ← β₂ v + (1-β₂) g²``, ``w ← w - η g / (√v + ε)``.

    Tieleman & Hinton (2012), lecture 6.5 of their course "Neural networks for machine learning".
    """

    n_moments = 1
    beta_2: float
    epsilon: float

    def step(self, theta: Array, gradient: Array, rate: float) -> StepSize:
        self.state.n_steps += 1
        for eta, (weights, grad, scratch, exp_avg_sq) in self.in_blocks(theta, gradient, rate):
            np.multiply(grad, grad, out=scratch)
            scratch *= 1 - self.beta_2
            exp_avg_sq *= self.beta_2
            exp_avg_sq += scratch
            step_size = adaptive_step_size(exp_avg_sq, eta, self.epsilon, scratch)
            grad *= step_size
            weights -= grad
            if self.step_sizes:
                grad[...] = step_size
        return StepSize(gradient, 1.0)
