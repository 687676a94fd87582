"""A layer of units: one activation applied to every pre-activation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..activations import Activation, ActivationLike
from ..parameters import Parameter
from ..types import Array
from .base import Layer

if TYPE_CHECKING:
    from ..compiled.tape import Tape


class ActivationLayer(Layer):
    """``a = f(z)``, written over ``z``."""

    def __init__(self, activation: ActivationLike) -> None:
        self.activation = activation

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return ()

    def infer(self, x: Array, parameters: Sequence[Array]) -> Array:
        self.activation.forward(x)
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
        self._saves_input = self.activation.saves == "input"
        self._input = np.empty((n_rows if self._saves_input else 0, n_inputs), dtype)
        # No bound is known of an object of the user's.
        linear, constant = math.inf, 0.0
        if isinstance(self.activation, Activation):
            linear, constant = self.activation.linear_bound, self.activation.constant_bound
        self._linear_bound, self._constant_bound = linear, constant * math.sqrt(n_inputs)
        return n_inputs

    def largest_output(self, largest_input: float) -> float:
        return self._linear_bound * largest_input + self._constant_bound

    def forward(self, x: Array, sample_weight: Array | None = None) -> Array:
        self._saved = x
        if self._saves_input:
            self._saved = self._input[: len(x)]
            self._saved[...] = x
        self.activation.forward(x)
        return x

    def backward(self, delta: Array, *, need_input: bool) -> Array:
        # The layer above has used the output for its own gradient, so it may be overwritten.
        self.activation.backward(self._saved, delta)
        return delta

    def record(self, tape: Tape, x: Array) -> Array:
        self._saved = x
        if self._saves_input:
            self._saved = self._input[: len(x)]
            tape.call(np.positive, x, self._saved)
        tape.form(self.activation, "record")(tape, x)
        return x

    def record_backward(self, tape: Tape, delta: Array, *, need_input: bool) -> Array:
        tape.form(self.activation, "record_backward")(tape, self._saved, delta)
        return delta
