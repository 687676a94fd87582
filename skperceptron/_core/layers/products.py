"""The two products of a dense layer, by the kind of array that comes in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from ..types import Array


class Products(ABC):
    """Interface; x is (n, fan_in), dense or CSR, everything else is dense."""

    @abstractmethod
    def forward(self, x: Any, weight: Array, out: Array) -> None:
        """Write ``x W``, (n, fan_out), to ``out``."""

    @abstractmethod
    def gradient(self, x: Any, delta: Array, out: Array) -> None:
        """Write ``xᵀ delta``, (fan_in, fan_out), to ``out``."""


class DenseProducts(Products):
    """For arrays."""

    def forward(self, x: Any, weight: Array, out: Array) -> None:
        np.dot(x, weight, out=out)

    def gradient(self, x: Any, delta: Array, out: Array) -> None:
        np.dot(x.T, delta, out=out)


class SparseProducts(Products):
    """For CSR matrices: their products allocate their result."""

    def forward(self, x: Any, weight: Array, out: Array) -> None:
        out[...] = x @ weight

    def gradient(self, x: Any, delta: Array, out: Array) -> None:
        out[...] = x.T @ delta
