"""Stochastic gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..types import Array, Stride
from .base import Optimizer


@dataclass
class SGD(Optimizer):
    """Gradient descent with classical (Polyak) or Nesterov momentum.

    ``v ← μ v - η g``; then ``w ← w + v``, or with Nesterov ``w ← w + μ v - η g``.
    The rate is inside the velocity, as in Sutskever et al. (2013), "On the importance of
    initialization and momentum in deep learning", and in scikit-learn.
    """

    n_moments: ClassVar[int] = 1
    momentum: float
    nesterovs_momentum: bool

    def step(self, theta: Array, gradient: Array, rate: float) -> Stride:
        self.state.n_steps += 1
        for weights, slope, scratch, velocity in self.in_blocks(theta, gradient):
            slope *= rate
            velocity *= self.momentum
            velocity -= slope
            if self.nesterovs_momentum:
                np.multiply(velocity, self.momentum, out=scratch)
                weights += scratch
                weights -= slope
            else:
                weights += velocity
        return self._stride(rate)

    def _stride(self, rate: float) -> Stride:
        """The velocity, or what Nesterov's step makes of it, with the gradients left out."""
        length = self.momentum * self.state.accumulated_rate + rate
        self.state.accumulated_rate = length
        if self.nesterovs_momentum:
            length = self.momentum * length + rate
        self._rate[:] = length
        return Stride(self._rate, gain=1.0)
