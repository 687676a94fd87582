"""Optimizers that scale each parameter's step by its squared gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..types import Array, Stride
from .base import Optimizer


@dataclass
class RMSprop(Optimizer):
    """``v ← β₂ v + (1-β₂) g²``, ``w ← w - η g / (√v + ε)``.

    Tieleman & Hinton (2012), lecture 6.5 of their course "Neural networks for machine learning".
    """

    n_moments: ClassVar[int] = 1
    beta_2: float
    epsilon: float

    def step(self, theta: Array, gradient: Array, rate: float) -> Stride:
        self.state.n_steps += 1
        for eta, (weights, slope, scratch, square) in self.in_blocks(theta, gradient, rate):
            np.multiply(slope, slope, out=scratch)
            scratch *= 1 - self.beta_2
            square *= self.beta_2
            square += scratch
            stride = _stride(square, eta, self.epsilon, scratch)
            slope *= stride
            weights -= slope
            if self.strides:
                slope[...] = stride
        return Stride(gradient, 1.0)


@dataclass
class Adagrad(Optimizer):
    """``v ← v + g²``, ``w ← w - η g / (√v + ε)``.

    Duchi, Hazan & Singer (2011), "Adaptive subgradient methods for online learning and
    stochastic optimization".
    """

    n_moments: ClassVar[int] = 1
    epsilon: float

    def step(self, theta: Array, gradient: Array, rate: float) -> Stride:
        self.state.n_steps += 1
        for eta, (weights, slope, scratch, square) in self.in_blocks(theta, gradient, rate):
            np.multiply(slope, slope, out=scratch)
            square += scratch
            stride = _stride(square, eta, self.epsilon, scratch)
            slope *= stride
            weights -= slope
            if self.strides:
                slope[...] = stride
        return Stride(gradient, 1.0)


def _stride(square: Array, rate: float, epsilon: float, out: Array) -> Array:
    """``η / (√v + ε)``, in ``out``."""
    np.sqrt(square, out=out)
    out += epsilon
    return np.divide(rate, out, out=out)
