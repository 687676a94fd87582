"""A chain of layers over one flat parameter vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .layers import Layer
from .parameters import Layout
from .types import Array

if TYPE_CHECKING:
    from .compiled.tape import Tape

T = TypeVar("T")


class Network:
    """Layers in a row, from the inputs to the raw scores.

    For prediction ``infer``. For training call ``allocate``: ``theta`` and ``gradient`` are then
    two flat vectors, every layer works on views of them, and a step allocates nothing of their
    size.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = tuple(layers)
        self.layout = Layout([p for layer in self.layers for p in layer.parameters])
        # Nothing below the first layer with parameters has a use for its gradient.
        self._first = next((i for i, layer in enumerate(layers) if layer.parameters), 0)

    @property
    def n_units(self) -> int:
        """Number of units of all layers: of the parameters that no penalty acts on."""
        return self.layout.trainable.stop - self.layout.weights.stop

    def infer(self, x: Array, parameters: Sequence[Sequence[Array]]) -> Array:
        """Raw scores (n, n_outputs) at prediction, with each layer's own parameters.

        A pure function: safe in any number of threads.
        """
        for layer, own in zip(self.layers, parameters, strict=True):
            x = layer.infer(x, own)
        return x

    def by_layer(self, arrays: Sequence[T]) -> list[list[T]]:
        """Parameter arrays, or what stands for them, in the layers' order, layer by layer."""
        remaining = iter(arrays)
        return [[next(remaining) for _ in layer.parameters] for layer in self.layers]

    def initial(self, random_state: np.random.RandomState, dtype: Any) -> Array:
        """A first theta (layout.size,), layer by layer."""
        theta = np.empty(self.layout.size, dtype)
        own = self.by_layer(self.layout.views(theta))
        for layer, parameters in zip(self.layers, own, strict=True):
            layer.initialise(parameters, random_state)
        return theta

    def allocate(self, theta: Array, n_rows: int, n_inputs: int) -> None:
        """Train on ``theta`` (layout.size,), with batches of at most ``n_rows`` rows."""
        self.theta = theta
        self.gradient = np.zeros_like(theta)
        self.parameters = self.by_layer(self.layout.views(theta))
        gradients = self.by_layer(self.layout.views(self.gradient))
        width = n_inputs
        for i, layer in enumerate(self.layers):
            width = layer.allocate(
                self.parameters[i],
                gradients[i],
                n_rows,
                width,
                theta.dtype,
                is_first=i <= self._first,
            )
        self._above_first = self.layers[: self._first : -1]

    def largest_output(self, largest_input: float) -> float:
        """Upper bound of the Euclidean norm of the raw scores of a row, given one of the rows."""
        for layer in self.layers:
            largest_input = layer.largest_output(largest_input)
        return largest_input

    def forward(self, x: Array, sample_weight: Array | None = None) -> Array:
        """Raw scores (n, n_outputs) in training: a buffer that the caller may overwrite."""
        for layer in self.layers:
            x = layer.forward(x, sample_weight)
        return x

    def record(self, tape: Tape, x: Array) -> Array:
        """Put ``forward`` on the tape; return the raw scores."""
        for layer in self.layers:
            x = tape.form(layer, "record")(tape, x)
        return x

    def record_backward(self, tape: Tape, delta: Array) -> None:
        """Put ``backward`` on the tape."""
        for layer in self._above_first:
            delta = tape.form(layer, "record_backward")(tape, delta, need_input=True)
        tape.form(self.layers[self._first], "record_backward")(tape, delta, need_input=False)

    def backward(self, delta: Array) -> None:
        """Overwrite ``gradient``, given d loss / d scores (n, n_outputs): the chain rule."""
        below: Array | None = delta
        for layer in self._above_first:
            assert below is not None
            below = layer.backward(below, need_input=True)
        assert below is not None
        self.layers[self._first].backward(below, need_input=False)
