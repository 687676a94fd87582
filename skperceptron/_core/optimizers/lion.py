"""Lion: steps of one length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..types import Array, StepSize
from .base import Optimizer


@dataclass
class Lion(Optimizer):
    """``c = β₁ m + (1-β₁) g``, ``w ← (1 - η λ) w - η sign(c)``, ``m ← β₂ m + (1-β₂) g``.

    Chen et al. (2023), "Symbolic discovery of optimization algorithms". Only weights decay.
    """

    n_moments = 1
    beta_1: float
    beta_2: float
    weight_decay: float | None

    def step(self, theta: Array, gradient: Array, rate: float) -> StepSize:
        self.decay_weights(theta, rate, self.weight_decay)
        self.state.n_steps += 1
        for eta, (weights, grad, scratch, mean) in self.in_blocks(theta, gradient, rate):
            direction = np.multiply(mean, self.beta_1, out=scratch)
            grad *= 1 - self.beta_1
            direction += grad
            grad *= (1 - self.beta_2) / (1 - self.beta_1)
            mean *= self.beta_2
            mean += grad
            np.sign(direction, out=grad)
            grad *= eta
            weights -= grad
            if self.step_sizes:
                # η sign(c) is (η / |c|) c, and unbounded where c is 0.
                np.abs(direction, out=direction)
                np.maximum(direction, np.finfo(direction.dtype).tiny, out=direction)
                np.divide(eta, direction, out=grad)
        # Twice the step: it must be able to turn back a weight that a small c moves outwards.
        gain = 1 - self.beta_1 * self.beta_2 ** (self.state.n_steps - 1)
        longest = self.constant_step_size(2 * rate)[: self._n_weights]
        return StepSize(gradient, gain, longest)
