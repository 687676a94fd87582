"""What every stochastic optimizer is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..types import Array, Stride, blocks

# Decoupled decay of the weights where none is given; Loshchilov & Hutter's code, and torch.
DEFAULT_WEIGHT_DECAY = 0.01


@dataclass
class OptimizerState:
    """What an optimizer needs to continue: part of the training state."""

    moments: Array  # (n_moments, n_parameters), zeros at the start
    n_steps: int = 0
    momentum_product: float = 1.0  # Nadam's, of the momenta of all steps
    accumulated_rate: float = 0.0  # SGD's, of the rates that are in its velocity

    def copy(self) -> OptimizerState:
        return replace(self, moments=self.moments.copy())


class Optimizer(ABC):
    """Interface. Fields carry the names of the hyperparameters that fill them."""

    n_moments: ClassVar[int]

    def resume(self, state: OptimizerState, n_weights: int, *, strides: bool) -> None:
        """Go on from ``state``, which every step changes in place.

        The first ``n_weights`` parameters are weights, the others intercepts and the like.
        ``strides`` says whether anybody wants to know the strides.
        """
        self.state = state
        self.n_weights = n_weights
        self.strides = strides
        size = state.moments.shape[1]
        self._rate = np.empty(1, state.moments.dtype)  # for strides that are all the same
        places = blocks(size)
        scratch = np.empty(places[0].stop, state.moments.dtype)
        self._blocks = [
            (place, scratch[: place.stop - place.start], *(m[place] for m in state.moments))
            for place in places
        ]

    @abstractmethod
    def step(self, theta: Array, gradient: Array, rate: float) -> Stride:
        """Move ``theta`` in place; both arrays are (n_parameters,), ``gradient`` is used up.

        The stride may lie in ``gradient``, and its length is anything if nobody wants it.
        """

    def in_blocks(self, theta: Array, gradient: Array) -> Iterator[tuple[Array, ...]]:
        """Walk over (theta, gradient, scratch, *moments), block by block."""
        for place, *others in self._blocks:
            yield theta[place], gradient[place], *others


def decay_weights(weights: Array, rate: float, weight_decay: float | None) -> None:
    """``w ← (1 - η λ) w``."""
    share = DEFAULT_WEIGHT_DECAY if weight_decay is None else weight_decay
    if share > 0:
        weights *= 1 - rate * share
