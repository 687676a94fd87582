"""Adam: adaptive moment estimation."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

from ..types import Array
from .base import Optimizer


@dataclass
class Adam(Optimizer):
    """``m ← β₁ m + (1-β₁) g``, ``v ← β₂ v + (1-β₂) g²``, ``w ← w - ηₜ m / (√v + ε)``.

    With ``ηₜ = η √(1-β₂ᵗ) / (1-β₁ᵗ)``: Kingma & Ba (2015), the form at the end of their
    section 2, which adds ε to the uncorrected √v. scikit-learn does the same.
    """

    n_moments: ClassVar[int] = 2
    beta_1: float
    beta_2: float
    epsilon: float

    def step(self, theta: Array, gradient: Array, rate: float) -> None:
        self.state.n_steps += 1
        t = self.state.n_steps
        rate = rate * sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        for weights, slope, scratch, mean, square in self._in_blocks(theta, gradient):
            np.multiply(slope, 1 - self.beta_1, out=scratch)
            mean *= self.beta_1
            mean += scratch
            slope *= slope
            slope *= 1 - self.beta_2
            square *= self.beta_2
            square += slope
            np.sqrt(square, out=scratch)
            scratch += self.epsilon
            np.divide(mean, scratch, out=scratch)
            scratch *= rate
            weights -= scratch
