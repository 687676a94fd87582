"""Adam, and its kin that average gradient and squared gradient too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..types import Array, Stride
from .base import Optimizer, decay_weights


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

    def step(self, theta: Array, gradient: Array, rate: float) -> Stride:
        self.state.n_steps += 1
        t = self.state.n_steps
        gain = 1 - self.beta_1**t
        rate = rate * math.sqrt(1 - self.beta_2**t) / gain
        for weights, slope, scratch, mean, square in self._in_blocks(theta, gradient):
            _average(slope, scratch, mean, square, self.beta_1, self.beta_2)
            np.sqrt(square, out=scratch)
            scratch += self.epsilon
            np.divide(rate, scratch, out=slope)  # the stride
            np.multiply(mean, slope, out=scratch)
            weights -= scratch
        return Stride(gradient, gain)


@dataclass
class AdamW(Optimizer):
    """``w ← (1 - η λ) w`` for the weights, then Adam with ε added to the corrected √v.

    Loshchilov & Hutter (2019), "Decoupled weight decay regularization"; ε as in torch.
    """

    n_moments: ClassVar[int] = 2
    beta_1: float
    beta_2: float
    epsilon: float
    weight_decay: float | None

    def step(self, theta: Array, gradient: Array, rate: float) -> Stride:
        decay_weights(theta[: self.n_weights], rate, self.weight_decay)
        self.state.n_steps += 1
        t = self.state.n_steps
        gain = 1 - self.beta_1**t
        correction = 1 / math.sqrt(1 - self.beta_2**t)
        for weights, slope, scratch, mean, square in self._in_blocks(theta, gradient):
            _average(slope, scratch, mean, square, self.beta_1, self.beta_2)
            np.sqrt(square, out=scratch)
            scratch *= correction
            scratch += self.epsilon
            np.divide(rate / gain, scratch, out=slope)  # the stride
            np.multiply(mean, slope, out=scratch)
            weights -= scratch
        return Stride(gradient, gain)


@dataclass
class Nadam(Optimizer):
    """Adam that looks ahead: ``w ← w - η (μₜ₊₁ m / (1 - Π μ) + (1-μₜ) g / (1 - Π' μ)) / (√v̂ + ε)``.

    With ``μₜ = β₁ (1 - 0.96^(t/250) / 2)``, the products over the steps so far, the first
    with one step more. Dozat (2016), "Incorporating Nesterov momentum into Adam"; ε, added to
    the corrected √v̂, and the schedule of μ as in torch.
    """

    n_moments: ClassVar[int] = 2
    beta_1: float
    beta_2: float
    epsilon: float

    def step(self, theta: Array, gradient: Array, rate: float) -> Stride:
        self.state.n_steps += 1
        t = self.state.n_steps
        now, ahead = self._momentum(t), self._momentum(t + 1)
        self.state.momentum_product *= now
        of_gradient = (1 - now) / (1 - self.state.momentum_product)
        of_mean = ahead / (1 - self.state.momentum_product * ahead)
        correction = 1 / math.sqrt(1 - self.beta_2**t)
        for weights, slope, scratch, mean, square in self._in_blocks(theta, gradient):
            np.multiply(slope, 1 - self.beta_1, out=scratch)
            mean *= self.beta_1
            mean += scratch
            np.multiply(slope, slope, out=scratch)
            scratch *= 1 - self.beta_2
            square *= self.beta_2
            square += scratch
            slope *= of_gradient
            np.multiply(mean, of_mean, out=scratch)
            slope += scratch
            np.sqrt(square, out=scratch)
            scratch *= correction
            scratch += self.epsilon
            stride = np.divide(rate, scratch, out=scratch)
            slope *= stride
            weights -= slope
            if self.strides:
                slope[...] = stride
        return Stride(gradient, of_gradient + of_mean * (1 - self.beta_1**t))

    def _momentum(self, t: int) -> float:
        return self.beta_1 * (1 - 0.5 * math.pow(0.96, t / 250))


def _average(
    slope: Array, scratch: Array, mean: Array, square: Array, beta_1: float, beta_2: float
) -> None:
    """Take the gradient, which is used up, into its running mean and that of its square."""
    np.multiply(slope, 1 - beta_1, out=scratch)
    mean *= beta_1
    mean += scratch
    slope *= slope
    slope *= 1 - beta_2
    square *= beta_2
    square += slope
