"""Adam, and its kin that average gradient and squared gradient too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..kernels import Kernel
from ..types import Array, StepSize
from .base import Optimizer, OptimizerState

if TYPE_CHECKING:
    from ..compiled.tape import Series, Tape


@dataclass
class Adam(Optimizer):
    """``m ← β₁ m + (1-β₁) g``, ``v ← β₂ v + (1-β₂) g²``, ``w ← w - ηₜ m / (√v + ε)``.

    With ``ηₜ = η √(1-β₂ᵗ) / (1-β₁ᵗ)``: Kingma & Ba (2015), the form at the end of their
    section 2, which adds ε to the uncorrected √v. scikit-learn does the same.
    """

    n_moments = 2
    beta_1: float
    beta_2: float
    epsilon: float

    def step(self, theta: Array, gradient: Array, rate: float) -> StepSize:
        self.state.n_steps += 1
        t = self.state.n_steps
        return _step(self, theta, gradient, rate * math.sqrt(1 - self.beta_2**t), self.epsilon)

    def record(self, tape: Tape, theta: Array, gradient: Array) -> None:
        root = math.sqrt(1 - self.beta_2)
        rates_of: dict[float, Series] = {}
        for place, factor, *others in self._blocks:
            numbers = rates_of.setdefault(factor, tape.series(4))
            tape.run(_move, theta[place], gradient[place], *others, numbers)

        def prepare(rates: Array) -> None:
            decay, decay_of_squares = self._powers(len(rates))
            gains = (1 - decay) / (1 - self.beta_1)
            rates = rates * np.sqrt(1 - decay_of_squares)
            for factor, numbers in rates_of.items():
                numbers.values[: len(rates), :3] = self.beta_1, self.beta_2, self.epsilon / root
                numbers.values[: len(rates), 3] = rates * factor / (root * gains)
            self.state.n_steps += len(rates)

        tape.before.append(prepare)

    def _powers(self, n_steps: int) -> tuple[Array, Array]:
        """``β₁ᵗ`` and ``β₂ᵗ`` at the next steps, (n_steps,) each, as Python computes them."""
        steps = range(self.state.n_steps + 1, self.state.n_steps + n_steps + 1)
        return (
            np.array([self.beta_1**t for t in steps]),
            np.array([self.beta_2**t for t in steps]),
        )


@dataclass
class AdamW(Optimizer):
    """``w ← (1 - η λ) w`` for the weights, then Adam with ε added to the corrected √v.

    Loshchilov & Hutter (2019), "Decoupled weight decay regularization"; ε as in torch.
    """

    n_moments = 2
    beta_1: float
    beta_2: float
    epsilon: float
    weight_decay: float | None

    def step(self, theta: Array, gradient: Array, rate: float) -> StepSize:
        self.decay_weights(theta, rate, self.weight_decay)
        self.state.n_steps += 1
        correction = math.sqrt(1 - self.beta_2**self.state.n_steps)
        return _step(self, theta, gradient, rate * correction, self.epsilon * correction)


@dataclass
class NadamState(OptimizerState):
    """Of ``Nadam``."""

    momentum_product: float = 1.0  # of the momenta of all steps


@dataclass
class Nadam(Optimizer):
    """Adam that looks ahead: ``w ← w - η (μₜ₊₁ m / (1 - Π μ) + (1-μₜ) g / (1 - Π' μ)) / (√v̂ + ε)``.

    With ``μₜ = β₁ (1 - 0.96^(t/250) / 2)``, the products over the steps so far, the first
    with one step more. Dozat (2016), "Incorporating Nesterov momentum into Adam"; ε, added to
    the corrected √v̂, and the schedule of μ as in torch.
    """

    n_moments = 2
    State: ClassVar[type[OptimizerState]] = NadamState
    beta_1: float
    beta_2: float
    epsilon: float

    def step(self, theta: Array, gradient: Array, rate: float) -> StepSize:
        self.state.n_steps += 1
        t = self.state.n_steps
        now, ahead = self._momentum(t), self._momentum(t + 1)
        self.state.momentum_product *= now
        of_gradient = (1 - now) / (1 - self.state.momentum_product)
        of_sum = (1 - self.beta_1) * ahead / (1 - self.state.momentum_product * ahead)
        correction = math.sqrt((1 - self.beta_2) / (1 - self.beta_2**t))
        for eta, (weights, grad, scratch, exp_avg, exp_avg_sq) in self.in_blocks(
            theta, gradient, rate
        ):
            accumulate(grad, scratch, exp_avg, exp_avg_sq, self.beta_1, self.beta_2)
            grad *= of_gradient
            np.multiply(exp_avg, of_sum, out=scratch)
            grad += scratch
            np.sqrt(exp_avg_sq, out=scratch)
            scratch *= correction
            scratch += self.epsilon
            step_size = np.divide(eta, scratch, out=scratch)
            grad *= step_size
            weights -= grad
            if self.step_sizes:
                grad[...] = step_size
        gain_of_sum = (1 - self.beta_1**t) / (1 - self.beta_1)
        return StepSize(gradient, of_gradient + of_sum * gain_of_sum)

    def _momentum(self, t: int) -> float:
        return self.beta_1 * (1 - 0.5 * math.pow(0.96, t / 250))


def _step(
    optimizer: Adam | AdamW, theta: Array, gradient: Array, rate: float, epsilon: float
) -> StepSize:
    """``w ← w - η m / ((1-β₁ᵗ) (√v + ε))``, with the sums that m and v are multiples of."""
    beta_1, beta_2 = optimizer.beta_1, optimizer.beta_2
    gain = (1 - beta_1**optimizer.state.n_steps) / (1 - beta_1)  # of the sum of gradients
    root = math.sqrt(1 - beta_2)  # √v is so much of the root of the sum of squares
    numbers = np.array([beta_1, beta_2, epsilon / root, 0], theta.dtype)
    for eta, block in optimizer.in_blocks(theta, gradient, rate):
        numbers[3] = eta / (root * gain)
        _move.run(*block, numbers)
    return StepSize(gradient, gain)


def _move_numpy(
    weights: Array, grad: Array, scratch: Array, exp_avg: Array, exp_avg_sq: Array, numbers: Array
) -> None:
    # As arrays without dimensions, which NumPy takes faster than numbers of Python's.
    decay, decay_of_squares = numbers[0, ...], numbers[1, ...]
    floor, length = numbers[2, ...], numbers[3, ...]
    accumulate(grad, scratch, exp_avg, exp_avg_sq, decay, decay_of_squares)
    np.sqrt(exp_avg_sq, out=scratch)
    scratch += floor
    np.divide(length, scratch, out=grad)  # the step size
    np.multiply(exp_avg, grad, out=scratch)
    weights -= scratch


def _move_loop(arrays: Any, sizes: Any, integers: Any, _: Any) -> None:
    weights, grad, exp_avg, exp_avg_sq = arrays[0], arrays[1], arrays[3], arrays[4]
    numbers = arrays[5]
    decay, decay_of_squares, floor, length = numbers[0], numbers[1], numbers[2], numbers[3]
    for i in range(sizes[0]):
        exp_avg[i] = exp_avg[i] * decay + grad[i]
        exp_avg_sq[i] = exp_avg_sq[i] * decay_of_squares + grad[i] * grad[i]
        grad[i] = length / (np.sqrt(exp_avg_sq[i]) + floor)
        weights[i] -= exp_avg[i] * grad[i]


_move = Kernel(_move_numpy, _move_loop, dimensions=(1,) * 6)


def accumulate(
    grad: Array,
    scratch: Array,
    exp_avg: Array,
    exp_avg_sq: Array,
    beta_1: float | Array,
    beta_2: float | Array,
) -> None:
    """Add the gradient to the decaying sum of gradients, its square to that of the squares.

    Running means are ``1 - β`` times these sums; a factor costs less once than in each element.
    """
    exp_avg *= beta_1
    exp_avg += grad
    np.multiply(grad, grad, out=scratch)
    exp_avg_sq *= beta_2
    exp_avg_sq += scratch
