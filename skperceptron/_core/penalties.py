"""Penalties on the weights (never on intercepts)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from .types import Array


class Penalty(ABC):
    """Interface of a differentiable penalty P of the flat vector of weights."""

    @abstractmethod
    def add_gradient(self, weights: Array, gradient: Array, scale: float, scratch: Array) -> float:
        """Add ``scale · dP/dw`` to ``gradient``; return ``scale · P(w)``.

        All three arrays are (n_weights,); ``scratch`` holds nothing of value.
        """


@dataclass(frozen=True)
class L2(Penalty):
    """``alpha/2 · ‖w‖²``."""

    alpha: float

    def add_gradient(self, weights: Array, gradient: Array, scale: float, scratch: Array) -> float:
        np.multiply(weights, scale * self.alpha, out=scratch)
        gradient += scratch
        return 0.5 * float(np.dot(scratch, weights))


PENALTIES: dict[str, type[Penalty]] = {"l2": L2}
