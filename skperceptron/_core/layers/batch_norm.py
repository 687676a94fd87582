"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ..parameters import Parameter
from ..types import Array, in_range, norm
from .base import Layer


class BatchNorm(Layer):
    """``y = γ (z - mean) / √(variance + ε) + β``, unit by unit.

    Ioffe & Szegedy (2015), "Batch normalization: accelerating deep network training by
    reducing internal covariate shift". In training mean and variance are the batch's, each row
    counted by its weight. At prediction they are the running ones, which follow the batches',
    the variance times n / (n - 1). A batch of fewer than two rows, whatever their weight, has no
    variance: it is normalised as at prediction, and changes nothing.
    """

    epsilon: ClassVar[float] = 1e-5
    momentum: ClassVar[float] = 0.1

    def __init__(self, n_units: int) -> None:
        self.n_units = n_units

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        shape = (self.n_units,)
        return (
            Parameter("scale", shape),
            Parameter("shift", shape),
            Parameter("mean", shape, trainable=False),
            Parameter("variance", shape, trainable=False),
        )

    def initialise(self, parameters: Sequence[Array], random_state: np.random.RandomState) -> None:
        for parameter, value in zip(parameters, (1, 0, 0, 1), strict=True):
            parameter[...] = value

    def infer(self, x: Array, parameters: Sequence[Array]) -> Array:
        scale, shift, mean, variance = parameters
        x -= mean
        x *= scale / np.sqrt(variance + self.epsilon)
        x += shift
        return x

    def allocate(
        self,
        parameters: Sequence[Array],
        gradients: Sequence[Array],
        n_rows: int,
        n_inputs: int,
        dtype: Any,
        *,
        is_first: bool,
    ) -> int:
        self._scale, self._shift, self._mean, self._variance = parameters  # (n_units,) each
        self._scale_gradient, self._shift_gradient, *_ = gradients  # statistics have none
        self._normalised = np.empty((n_rows, self.n_units), dtype)
        self._product = np.empty((n_rows, self.n_units), dtype)
        return self.n_units

    def largest_output(self, largest_input: float) -> float:
        factor = self._scale / np.sqrt(self._variance + self.epsilon)
        bound = (largest_input + norm(self._mean)) * norm(factor) + norm(self._shift)
        return in_range(bound, factor.dtype)

    def forward(self, x: Array, sample_weight: Array | None = None) -> Array:
        self._shares, n_with_weight, n = _shares(len(x), sample_weight, x.dtype)
        self._from_batch = n_with_weight >= 2
        normalised = self._normalised[: len(x)]
        if not self._from_batch:
            np.subtract(x, self._mean, out=normalised)
            variance = self._variance
        else:
            mean = self._shares @ x  # (n_units,)
            np.subtract(x, mean, out=normalised)
            squares = np.multiply(normalised, normalised, out=self._product[: len(x)])
            variance = self._shares @ squares  # (n_units,)
            self._mean += self.momentum * (mean - self._mean)
            self._variance += self.momentum * (n / (n - 1) * variance - self._variance)
        self._inverse_deviation = 1 / np.sqrt(variance + self.epsilon)  # (n_units,)
        normalised *= self._inverse_deviation
        np.multiply(normalised, self._scale, out=x)
        x += self._shift
        return x

    def backward(self, delta: Array, *, need_input: bool) -> Array | None:
        n = len(delta)
        product = np.multiply(delta, self._normalised[:n], out=self._product[:n])
        np.sum(product, axis=0, out=self._scale_gradient)
        np.sum(delta, axis=0, out=self._shift_gradient)
        if not need_input:
            return None
        # The batch's own mean and variance move with z, the running ones do not.
        if self._from_batch:
            shares = self._shares[:, np.newaxis]
            np.multiply(self._normalised[:n], self._scale_gradient, out=product)
            product += self._shift_gradient
            product *= shares
            delta -= product
        delta *= self._scale * self._inverse_deviation
        return delta


def _shares(n_rows: int, sample_weight: Array | None, dtype: Any) -> tuple[Array, int, float]:
    """Share of each row in the batch's mean, how many have any, and how many they stand for.

    A row of weight k is k rows; weights below 1 do not make a batch smaller than it is.
    """
    if sample_weight is None:
        return np.full(n_rows, 1 / n_rows, dtype), n_rows, n_rows
    total = float(sample_weight.sum())
    n_with_weight = int(np.count_nonzero(sample_weight))
    return sample_weight / (total or 1.0), n_with_weight, max(total, n_with_weight)
