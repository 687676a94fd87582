"""What every stochastic optimizer is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..types import Array

# Parameters a pass works on at a time: a few such blocks stay in the cache together.
BLOCK = 32768


@dataclass
class OptimizerState:
    """What an optimizer needs to continue: part of the training state."""

    moments: Array  # (n_moments, n_parameters), zeros at the start
    n_steps: int = 0


class Optimizer(ABC):
    """Interface. Fields carry the names of the hyperparameters that fill them."""

    n_moments: ClassVar[int]

    def resume(self, state: OptimizerState) -> None:
        """Go on from ``state``, which every step changes in place."""
        self.state = state
        size = state.moments.shape[1]
        block = min(BLOCK, size)
        self._scratch = np.empty(block, state.moments.dtype)  # (block,)
        self._blocks = [slice(i, min(i + block, size)) for i in range(0, size, block)]

    @abstractmethod
    def step(self, theta: Array, gradient: Array, rate: float) -> None:
        """Move ``theta`` in place; both arrays are (n_parameters,), ``gradient`` is used up."""

    def _in_blocks(self, theta: Array, gradient: Array) -> Iterator[tuple[Array, ...]]:
        """Walk over (theta, gradient, scratch, *moments), block by block."""
        for block in self._blocks:
            scratch = self._scratch[: block.stop - block.start]
            moments = (moment[block] for moment in self.state.moments)
            yield theta[block], gradient[block], scratch, *moments
