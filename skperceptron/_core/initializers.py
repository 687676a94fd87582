"""Starting weights. Draws come from the legacy RandomState, in scikit-learn's order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import sqrt

import numpy as np

from .types import Array


class Initializer(ABC):
    """Interface: fill one dense layer, whose weight is (fan_in, fan_out).

    ``logistic`` says whether its units are logistic ones.
    """

    @abstractmethod
    def fill(
        self,
        weight: Array,
        intercept: Array,
        random_state: np.random.RandomState,
        *,
        logistic: bool,
    ) -> None:
        """Fill ``weight`` (fan_in, fan_out) and ``intercept`` (fan_out,) in place."""


class Auto(Initializer):
    """Uniform on ±√(6 / (fan_in + fan_out)), √(2 / …) for logistic units; intercepts too.

    Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward
    neural networks", with scikit-learn's factors and its draws for the intercepts.
    """

    def fill(
        self,
        weight: Array,
        intercept: Array,
        random_state: np.random.RandomState,
        *,
        logistic: bool,
    ) -> None:
        bound = sqrt((2.0 if logistic else 6.0) / sum(weight.shape))
        weight[...] = random_state.uniform(-bound, bound, weight.shape)
        intercept[...] = random_state.uniform(-bound, bound, intercept.shape)


@dataclass(frozen=True)
class VarianceScaling(Initializer):
    """Mean 0 and variance ``gain / fan``; intercepts 0.

    ``fan`` is fan_in, or the mean of fan_in and fan_out. Glorot & Bengio (2010): gain 1, mean
    fan; He, Zhang, Ren & Sun (2015): 2, fan_in; LeCun, Bottou, Orr & Müller (1998): 1, fan_in.
    """

    gain: float
    mean_fan: bool
    normal: bool

    def fill(
        self,
        weight: Array,
        intercept: Array,
        random_state: np.random.RandomState,
        *,
        logistic: bool,
    ) -> None:
        fan = sum(weight.shape) / 2 if self.mean_fan else weight.shape[0]
        deviation = sqrt(self.gain / fan)
        if self.normal:
            weight[...] = random_state.normal(0, deviation, weight.shape)
        else:
            bound = sqrt(3) * deviation
            weight[...] = random_state.uniform(-bound, bound, weight.shape)
        intercept[...] = 0


class Orthogonal(Initializer):
    """A random orthogonal matrix, or as many rows or columns of one; intercepts 0.

    Saxe, McClelland & Ganguli (2014), "Exact solutions to the nonlinear dynamics of learning
    in deep linear neural networks". The signs of R's diagonal make it uniform (Mezzadri 2007).
    """

    def fill(
        self,
        weight: Array,
        intercept: Array,
        random_state: np.random.RandomState,
        *,
        logistic: bool,
    ) -> None:
        fan_in, fan_out = weight.shape
        tall = random_state.normal(size=(max(fan_in, fan_out), min(fan_in, fan_out)))
        q, r = np.linalg.qr(tall)
        q *= np.where(np.diag(r) < 0, -1, 1)
        weight[...] = q if fan_in >= fan_out else q.T
        intercept[...] = 0


class Zeros(Initializer):
    """All 0. Hidden units then stay alike, so this suits networks without any."""

    def fill(
        self,
        weight: Array,
        intercept: Array,
        random_state: np.random.RandomState,
        *,
        logistic: bool,
    ) -> None:
        weight[...] = 0
        intercept[...] = 0


INITIALIZERS: dict[str, Initializer] = {
    "auto": Auto(),
    "glorot_uniform": VarianceScaling(gain=1, mean_fan=True, normal=False),
    "glorot_normal": VarianceScaling(gain=1, mean_fan=True, normal=True),
    "he_uniform": VarianceScaling(gain=2, mean_fan=False, normal=False),
    "he_normal": VarianceScaling(gain=2, mean_fan=False, normal=True),
    "lecun_uniform": VarianceScaling(gain=1, mean_fan=False, normal=False),
    "lecun_normal": VarianceScaling(gain=1, mean_fan=False, normal=True),
    "orthogonal": Orthogonal(),
    "zeros": Zeros(),
}
