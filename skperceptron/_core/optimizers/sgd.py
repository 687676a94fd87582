"""Stochastic gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..types import Array, StepSize
from .base import Optimizer, OptimizerState

if TYPE_CHECKING:
    from ..compiled.tape import Series, Tape


@dataclass
class SGDState(OptimizerState):
    """Of ``SGD``."""

    accumulated_rate: float = 0.0  # of the rates that are in the velocity


@dataclass
class SGD(Optimizer):
    """Gradient descent with classical (Polyak) or Nesterov momentum.

    ``v ← μ v - η g``; then ``w ← w + v``, or with Nesterov ``w ← w + μ v - η g``.
    The rate is inside the velocity, as in Sutskever et al. (2013), "On the importance of
    initialization and momentum in deep learning", and in scikit-learn.
    """

    n_moments = 1
    State: ClassVar[type[OptimizerState]] = SGDState
    momentum: float
    nesterovs_momentum: bool

    def step(self, theta: Array, gradient: Array, rate: float) -> StepSize:
        self.state.n_steps += 1
        for eta, (weights, grad, scratch, velocity) in self.in_blocks(theta, gradient, rate):
            grad *= eta
            velocity *= self.momentum
            velocity -= grad
            if self.nesterovs_momentum:
                np.multiply(velocity, self.momentum, out=scratch)
                weights += scratch
                weights -= grad
            else:
                weights += velocity
        return self._step_size(rate)

    def record(self, tape: Tape, theta: Array, gradient: Array) -> None:
        etas: dict[float, Series] = {}
        for place, factor, scratch, velocity in self._blocks:
            weights, grad = theta[place], gradient[place]
            eta = etas.setdefault(factor, tape.series(1))
            tape.call(np.multiply, grad, eta, grad)
            tape.call(np.multiply, velocity, self.momentum, velocity)
            tape.call(np.subtract, velocity, grad, velocity)
            if self.nesterovs_momentum:
                tape.call(np.multiply, velocity, self.momentum, scratch)
                tape.call(np.add, weights, scratch, weights)
                tape.call(np.subtract, weights, grad, weights)
            else:
                tape.call(np.add, weights, velocity, weights)

        def prepare(rates: Array) -> None:
            for factor, eta in etas.items():
                eta.values[: len(rates), 0] = rates * factor
            self.state.n_steps += len(rates)
            for rate in rates.tolist():
                self._step_size(rate)

        tape.before.append(prepare)

    def _step_size(self, rate: float) -> StepSize:
        """The velocity, or what Nesterov's step makes of it, with the gradients left out."""
        length = self.momentum * self.state.accumulated_rate + rate
        self.state.accumulated_rate = length
        if self.nesterovs_momentum:
            length = self.momentum * length + rate
        return StepSize(self.constant_step_size(length), gain=1.0)
