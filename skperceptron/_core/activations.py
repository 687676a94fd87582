"""Activations: functions of a layer's pre-activation, with their derivative."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from scipy.special import expit

from .types import Array


class Activation(ABC):
    """Interface of an activation ``a = f(z)``; every array is (n_rows, n_units).

    Both methods work in place, so that a layer owns one buffer only. The derivative
    is therefore written in terms of the output ``a``.
    """

    @abstractmethod
    def forward(self, z: Array) -> None:
        """Replace ``z`` by ``f(z)``."""

    @abstractmethod
    def backward(self, a: Array, delta: Array) -> None:
        """Turn ``delta`` from d loss / d a into d loss / d z; ``a`` may be overwritten."""


class Identity(Activation):
    """``a = z``."""

    def forward(self, z: Array) -> None:
        pass

    def backward(self, a: Array, delta: Array) -> None:
        pass


class Logistic(Activation):
    """``a = 1 / (1 + exp(-z))``, ``da/dz = a (1 - a)``."""

    def forward(self, z: Array) -> None:
        expit(z, out=z)

    def backward(self, a: Array, delta: Array) -> None:
        delta *= a
        np.subtract(1, a, out=a)
        delta *= a


class Tanh(Activation):
    """``a = tanh(z)``, ``da/dz = 1 - a²``."""

    def forward(self, z: Array) -> None:
        np.tanh(z, out=z)

    def backward(self, a: Array, delta: Array) -> None:
        a *= a
        np.subtract(1, a, out=a)
        delta *= a


class Relu(Activation):
    """``a = max(z, 0)``; ``da/dz`` is 1 where a > 0, else 0 (0 at the kink)."""

    def forward(self, z: Array) -> None:
        np.maximum(z, 0, out=z)

    def backward(self, a: Array, delta: Array) -> None:
        np.sign(a, out=a)
        delta *= a


class Exp(Activation):
    """``a = exp(z)``, ``da/dz = a``: an output only."""

    def forward(self, z: Array) -> None:
        np.exp(z, out=z)

    def backward(self, a: Array, delta: Array) -> None:
        delta *= a


class Softmax(Activation):
    """``aₖ = exp(zₖ) / Σⱼ exp(zⱼ)`` along each row: an output only."""

    def forward(self, z: Array) -> None:
        z -= z.max(axis=1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(axis=1, keepdims=True)

    def backward(self, a: Array, delta: Array) -> None:
        # The Jacobian is diag(a) - a aᵀ.
        delta -= np.einsum("ij,ij->i", a, delta)[:, np.newaxis]
        delta *= a


HIDDEN_ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "logistic": Logistic,
    "sigmoid": Logistic,
    "tanh": Tanh,
    "relu": Relu,
}

OUTPUT_ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "logistic": Logistic,
    "softmax": Softmax,
    "exp": Exp,
}
