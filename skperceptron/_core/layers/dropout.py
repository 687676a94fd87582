"""Dropout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..parameters import Parameter
from ..types import Array
from .base import Layer

if TYPE_CHECKING:
    from ..compiled.tape import Tape


class Dropout(Layer):
    """Zero each value with probability ``rate``, divide the others by ``1 - rate``.

    Inverted dropout: the mean is kept in training, so prediction does nothing.
    Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from
    overfitting". The generator is shared by the layers and lives in the training state.
    """

    def __init__(self, rate: float, generator: np.random.Generator) -> None:
        self.keep = 1.0 - rate
        self._generator = generator

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return ()

    def infer(self, x: Array, parameters: Sequence[Array]) -> Array:
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
        # Single precision is plenty for a coin toss, and halves the price of the draws.
        self._uniform = np.empty((n_rows, n_inputs), np.float32)
        self._mask = np.empty((n_rows, n_inputs), dtype)
        self._output = np.empty((n_rows, n_inputs), dtype)
        return n_inputs

    def largest_output(self, largest_input: float) -> float:
        return largest_input

    def forward(self, x: Array, sample_weight: Array | None = None) -> Array:
        n = len(x)
        uniform, self._current = self._uniform[:n], self._mask[:n]
        self._generator.random(out=uniform, dtype=np.float32)
        np.multiply(uniform < self.keep, 1.0 / self.keep, out=self._current)
        # An output of its own: the layer below still needs x for its derivative.
        return np.multiply(x, self._current, out=self._output[:n])

    def backward(self, delta: Array, *, need_input: bool) -> Array:
        delta *= self._current
        return delta

    def record(self, tape: Tape, x: Array) -> Array:
        uniform, masks = tape.draw(*x.shape), tape.series(*x.shape)

        def draw_masks(rates: Array) -> None:
            n = len(rates)
            np.multiply(uniform[:n] < self.keep, 1.0 / self.keep, out=masks.values[:n])

        tape.before.append(draw_masks)
        self._masks = masks
        output = self._output[: len(x)]
        tape.call(np.multiply, x, masks, output)
        return output

    def record_backward(self, tape: Tape, delta: Array, *, need_input: bool) -> Array:
        tape.call(np.multiply, delta, self._masks, delta)
        return delta


class SparseDropout(Layer):
    """Dropout on CSR inputs: what is zero anyway needs no coin."""

    def __init__(self, rate: float, generator: np.random.Generator) -> None:
        self.keep = 1.0 - rate
        self._generator = generator

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return ()

    def infer(self, x: Any, parameters: Sequence[Array]) -> Any:
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
        return n_inputs

    def largest_output(self, largest_input: float) -> float:
        return largest_input

    def forward(self, x: Any, sample_weight: Array | None = None) -> Any:
        kept = self._generator.random(x.nnz, dtype=np.float32) < self.keep  # (nnz,)
        data = np.multiply(x.data, kept, dtype=x.dtype)
        data /= self.keep
        return type(x)((data, x.indices, x.indptr), shape=x.shape)

    def backward(self, delta: Array, *, need_input: bool) -> None:
        """Return None: CSR matrices are inputs of the network, which nobody differentiates."""
