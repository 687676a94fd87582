"""A chain of layers over one flat parameter vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .layers import Layer
from .parameters import Layout
from .types import Array


class Network:
    """Layers in a row, from the inputs to the raw scores.

    For prediction ``bind`` the parameter arrays and ``infer``. For training call
    ``prepare``: ``theta`` and ``gradient`` are then two flat vectors, every layer works on
    views of them, and a step allocates nothing of their size.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = tuple(layers)
        self.layout = Layout([p for layer in self.layers for p in layer.parameters])

    def bind(self, parameters: Sequence[Array]) -> None:
        """Give each layer its parameter arrays, in the layers' order."""
        for layer, own in zip(self.layers, self._by_layer(parameters), strict=True):
            layer.bind(own)

    def prepare(self, theta: Array, n_rows: int, n_inputs: int) -> None:
        """Train on ``theta`` (layout.size,), with batches of at most ``n_rows`` rows."""
        self.theta = theta
        self.gradient = np.zeros_like(theta)
        self.bind(self.layout.views(theta))
        gradients = self._by_layer(self.layout.views(self.gradient))
        # Nothing below the first layer with parameters has a use for its gradient.
        first = next(i for i, layer in enumerate(self.layers) if layer.parameters)
        width = n_inputs
        for i, (layer, own) in enumerate(zip(self.layers, gradients, strict=True)):
            width = layer.prepare(own, n_rows, width, theta.dtype, bottom=i <= first)
        self._first, self._above_first = self.layers[first], self.layers[:first:-1]

    def infer(self, x: Array) -> Array:
        """Raw scores (n, n_outputs) at prediction; safe in any number of threads."""
        for layer in self.layers:
            x = layer.infer(x)
        return x

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

    def backward(self, delta: Array) -> None:
        """Overwrite ``gradient``, given d loss / d scores (n, n_outputs): the chain rule."""
        for layer in self._above_first:
            layer.write_gradient(delta)
            delta = layer.backward(delta)
        self._first.write_gradient(delta)

    def _by_layer(self, arrays: Sequence[Array]) -> list[list[Array]]:
        remaining = iter(arrays)
        return [[next(remaining) for _ in layer.parameters] for layer in self.layers]
