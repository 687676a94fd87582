"""The fully connected layer, and the two products it needs, by the kind of input."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernels import Kernel
from ..parameters import Parameter
from ..sparse import CSR
from ..types import Array, in_range, norm
from .base import Layer

if TYPE_CHECKING:
    from ..compiled.tape import Tape

Fill = Callable[[Array, Array, np.random.RandomState], None]


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

    def record(self, tape: Tape, x: Array, weight: Array, out: Array) -> None:
        tape.product(x, weight, out)

    def record_gradient(self, tape: Tape, x: Array, delta: Array, out: Array) -> None:
        tape.product(x.T, delta, out)


class SparseProducts(Products):
    """For CSR matrices."""

    def forward(self, x: Any, weight: Array, out: Array) -> None:
        out[...] = 0
        CSR.of(x).add_product(weight, out)

    def gradient(self, x: Any, delta: Array, out: Array) -> None:
        out[...] = 0
        CSR.of(x).add_transposed_product(delta, out)


class Dense(Layer):
    """``z = x W + b``."""

    def __init__(
        self, fan_in: int, fan_out: int, products: Products, fill: Fill | None = None
    ) -> None:
        self.fan_in = fan_in
        self.fan_out = fan_out
        self._products = products
        self._fill = fill  # what gives weight and intercept their first values

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (
            Parameter("weight", (self.fan_in, self.fan_out), penalised=True),
            Parameter("intercept", (self.fan_out,)),
        )

    def initialise(self, parameters: Sequence[Array], random_state: np.random.RandomState) -> None:
        weight, intercept = parameters
        assert self._fill is not None
        self._fill(weight, intercept, random_state)

    def infer(self, x: Array, parameters: Sequence[Array]) -> Array:
        weight, intercept = parameters
        z: Array = x.dot(weight)  # (n, fan_out), never x itself; @ takes longer for few rows
        # NumPy adds arrays of one shape in half the time that it takes where one is repeated.
        rows = z[0] if len(z) == 1 else z
        rows += intercept
        return z

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
        self._weight, self._intercept = parameters  # (fan_in, fan_out), (fan_out,)
        self._weight_gradient, self._intercept_gradient = gradients
        self._output = np.empty((n_rows, self.fan_out), dtype)
        self._ones = np.ones(n_rows, dtype)
        # The first inputs may be sparse, and a dense array of their size too large.
        self._input_delta = np.empty((0 if is_first else n_rows, self.fan_in), dtype)
        return self.fan_out

    def largest_output(self, largest_input: float) -> float:
        bound = largest_input * norm(self._weight) + norm(self._intercept)
        return in_range(bound, self._weight.dtype)

    def forward(self, x: Array, sample_weight: Array | None = None) -> Array:
        self._input = x
        z = self._output[: x.shape[0]]
        self._products.forward(x, self._weight, z)
        _add_to_rows.run(z, self._intercept)
        return z

    def backward(self, delta: Array, *, need_input: bool) -> Array | None:
        self._products.gradient(self._input, delta, self._weight_gradient)
        np.dot(self._ones[: len(delta)], delta, out=self._intercept_gradient)  # sum over rows
        if not need_input:
            return None
        return np.dot(delta, self._weight.T, out=self._input_delta[: len(delta)])

    def record(self, tape: Tape, x: Array) -> Array:
        self._input = x
        z = self._output[: len(x)]
        tape.form(self._products, "record")(tape, x, self._weight, z)
        tape.run(_add_to_rows, z, self._intercept)
        return z

    def record_backward(self, tape: Tape, delta: Array, *, need_input: bool) -> Array | None:
        products = self._products
        tape.form(products, "record_gradient")(tape, self._input, delta, self._weight_gradient)
        ones = self._ones[: len(delta)].reshape(1, -1)
        tape.product(ones, delta, self._intercept_gradient.reshape(1, -1))
        if not need_input:
            return None
        input_delta = self._input_delta[: len(delta)]
        tape.product(delta, self._weight.T, input_delta)
        return input_delta


def _add_to_rows_numpy(rows: Array, values: Array) -> None:
    rows += values


def _add_to_rows_loop(arrays: Any, sizes: Any, integers: Any, _: Any) -> None:
    rows, values, n = arrays[0], arrays[1], sizes[1]
    for i in range(sizes[0]):
        for j in range(n):
            rows[i * n + j] += values[j]


_add_to_rows = Kernel(_add_to_rows_numpy, _add_to_rows_loop, dimensions=(2, 1))
