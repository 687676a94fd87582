"""What every stochastic optimizer is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from ..parameters import Layout
from ..types import BLOCK, Array, StepSize, blocks

# Decoupled decay of the weights where none is given; Loshchilov & Hutter's code, and torch.
DEFAULT_WEIGHT_DECAY = 0.01


@dataclass
class OptimizerState:
    """What an optimizer needs to continue: part of the training state."""

    moments: Array  # (n_moments, n_parameters), zeros at the start
    n_steps: int = 0

    def copy(self) -> Self:
        return replace(self, moments=self.moments.copy())


class Optimizer(ABC):
    """Interface. Fields carry the names of the hyperparameters that fill them."""

    n_moments: int
    State: ClassVar[type[OptimizerState]] = OptimizerState

    def init(self, layout: Layout, dtype: Any) -> OptimizerState:
        """The state before the first step on parameters that lie as ``layout`` says."""
        return self.State(np.zeros((self.n_moments, layout.trainable.stop), dtype))

    def resume(self, state: Any, layout: Layout, *, step_sizes: bool) -> None:
        """Go on from ``state``, one of ``init``, which every step changes in place.

        ``step_sizes`` says whether anybody wants to know the step sizes.
        """
        self.state = state
        self.step_sizes = step_sizes
        self._n_weights = layout.weights.stop
        self._factors = _factors(layout, state.moments.dtype)
        self._rates = np.empty_like(self._factors)
        longest = max((place.stop - place.start for place, _ in layout.steps), default=0)
        scratch = np.empty(min(longest, BLOCK), state.moments.dtype)
        self._blocks = [
            (place, factor, scratch[: place.stop - place.start], *(m[place] for m in state.moments))
            for stretch, factor in layout.steps
            for place in blocks(stretch.start, stretch.stop)
        ]
        # Where weights lie that decay, if weights are to.
        self._decays = [
            (slice(place.start, min(place.stop, layout.weights.stop)), factor)
            for place, factor in layout.steps
            if place.start < layout.weights.stop
        ]

    @abstractmethod
    def step(self, theta: Array, gradient: Array, rate: float) -> StepSize:
        """Move ``theta`` in place; both arrays are (n_parameters,), ``gradient`` is used up.

        Each array moves by the rate times its own factor. The step size may lie in ``gradient``,
        and its length is anything if nobody wants it.
        """

    def in_blocks(
        self, theta: Array, gradient: Array, rate: float
    ) -> Iterator[tuple[float, tuple[Array, ...]]]:
        """Walk over rates and (theta, gradient, scratch, *moments), block by block."""
        for place, factor, *others in self._blocks:
            yield rate * factor, (theta[place], gradient[place], *others)

    def constant_step_size(self, length: float) -> Array:
        """``length`` times the factor of each parameter, (1,) where that is 1 for all."""
        return np.multiply(self._factors, length, out=self._rates)

    def decay_weights(self, theta: Array, rate: float, weight_decay: float | None) -> None:
        """``w ← (1 - η λ) w``."""
        share = DEFAULT_WEIGHT_DECAY if weight_decay is None else weight_decay
        if share > 0:
            for place, factor in self._decays:
                theta[place] *= 1 - rate * factor * share


class OptimizerWrapper(Optimizer):
    """Interface of what reads or changes the gradient before ``inner`` steps."""

    inner: Optimizer

    def init(self, layout: Layout, dtype: Any) -> OptimizerState:
        return self.inner.init(layout, dtype)

    def resume(self, state: Any, layout: Layout, *, step_sizes: bool) -> None:
        self.inner.resume(state, layout, step_sizes=step_sizes)


def _factors(layout: Layout, dtype: Any) -> Array:
    """The factor of each parameter's rate, (n_parameters,), or (1,) if they are 1."""
    if all(factor == 1 for _, factor in layout.steps):
        return np.ones(1, dtype)
    factors = np.empty(layout.trainable.stop, dtype)
    for place, factor in layout.steps:
        factors[place] = factor
    return factors


def adaptive_step_size(exp_avg_sq: Array, rate: float, epsilon: float, out: Array) -> Array:
    """``η / (√v + ε)``, in ``out``."""
    np.sqrt(exp_avg_sq, out=out)
    out += epsilon
    return np.divide(rate, out, out=out)
