"""Starting weights. Draws come from the legacy RandomState, in scikit-learn's order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import sqrt

import numpy as np

from .types import Array


class Initializer(ABC):
    """Interface: fill one dense layer."""

    @abstractmethod
    def fill(
        self, weight: Array, intercept: Array, activation: str, random_state: np.random.RandomState
    ) -> None:
        """Fill ``weight`` (fan_in, fan_out) and ``intercept`` (fan_out,) in place."""


class Auto(Initializer):
    """Uniform on ±√(6 / (fan_in + fan_out)), √(2 / …) for logistic units; intercepts too.

    Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward
    neural networks", with scikit-learn's factors and its draws for the intercepts.
    """

    def fill(
        self, weight: Array, intercept: Array, activation: str, random_state: np.random.RandomState
    ) -> None:
        factor = 2.0 if activation in ("logistic", "sigmoid") else 6.0
        bound = sqrt(factor / sum(weight.shape))
        weight[...] = random_state.uniform(-bound, bound, weight.shape)
        intercept[...] = random_state.uniform(-bound, bound, intercept.shape)


INITIALIZERS: dict[str, type[Initializer]] = {"auto": Auto}
