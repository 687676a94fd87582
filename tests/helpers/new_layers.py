"""Kinds of layers that the package does not have: each is one class of the core and one spec."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skperceptron._architecture import LayerSpec
from skperceptron._core.activations import HIDDEN_ACTIVATIONS
from skperceptron._core.layers import ActivationLayer, Dense, Layer
from skperceptron._core.layers.dense import DenseProducts
from skperceptron._core.network import Network
from skperceptron._core.parameters import Parameter


class Scale(Layer):
    """``y = s x``, a factor for each feature, which learns ten times as fast as weights do."""

    def __init__(self, n_features):
        self.n_features = n_features

    @property
    def parameters(self):
        return (Parameter("factor", (self.n_features,), rate_factor=10.0),)

    def initialise(self, parameters, random_state):
        parameters[0][...] = 1

    def infer(self, x, parameters):
        return x * parameters[0]

    def allocate(self, parameters, gradients, n_rows, n_inputs, dtype, *, is_first):
        (self._factor,), (self._gradient,) = parameters, gradients
        return n_inputs

    def largest_output(self, largest_input):
        return largest_input * np.abs(self._factor).max()

    def forward(self, x, sample_weight=None):
        self._input = x
        return x * self._factor

    def backward(self, delta, *, need_input):
        np.einsum("ij,ij->j", delta, self._input, out=self._gradient)
        return delta * self._factor if need_input else None


class Residual(Layer):
    """``y = x + f(x)``, f a chain of layers."""

    def __init__(self, *layers):
        self.inner = Network(layers)

    @property
    def parameters(self):
        return self.inner.layout.parameters

    def initialise(self, parameters, random_state):
        for layer, own in zip(self.inner.layers, self.inner.by_layer(parameters), strict=True):
            layer.initialise(own, random_state)

    def infer(self, x, parameters):
        return x + self.inner.infer(x.copy(), self.inner.by_layer(parameters))

    def allocate(self, parameters, gradients, n_rows, n_inputs, dtype, *, is_first):
        width, both = n_inputs, (self.inner.by_layer(parameters), self.inner.by_layer(gradients))
        for layer, own, slopes in zip(self.inner.layers, *both, strict=True):
            width = layer.allocate(own, slopes, n_rows, width, dtype, is_first=False)
        return width

    def largest_output(self, largest_input):
        return largest_input + self.inner.largest_output(largest_input)

    def forward(self, x, sample_weight=None):
        return x + self.inner.forward(x.copy(), sample_weight)

    def backward(self, delta, *, need_input):
        inner = delta.copy()
        for layer in reversed(self.inner.layers):
            inner = layer.backward(inner, need_input=True)
        return delta + inner


class Embedding(Layer):
    """A row of a table for each integer code: (n, 1) of codes to (n, n_units)."""

    def __init__(self, n_codes, n_units):
        self.n_codes, self.n_units = n_codes, n_units

    @property
    def parameters(self):
        return (Parameter("table", (self.n_codes, self.n_units), penalised=True),)

    def initialise(self, parameters, random_state):
        parameters[0][...] = random_state.normal(size=parameters[0].shape)

    def infer(self, x, parameters):
        return parameters[0][x[:, 0].astype(np.intp)]

    def allocate(self, parameters, gradients, n_rows, n_inputs, dtype, *, is_first):
        (self._table,), (self._gradient,) = parameters, gradients
        return self.n_units

    def largest_output(self, largest_input):
        return np.linalg.norm(self._table, axis=1).max()

    def forward(self, x, sample_weight=None):
        self._codes = x[:, 0].astype(np.intp)
        return self._table[self._codes]

    def backward(self, delta, *, need_input):
        self._gradient[...] = 0
        np.add.at(self._gradient, self._codes, delta)


@dataclass(frozen=True)
class ScaleSpec(LayerSpec):
    """A factor for each feature."""

    n_inputs: int

    @property
    def n_outputs(self):
        return self.n_inputs

    def layers(self, *, sparse=False, fill=None):
        if sparse:
            raise ValueError("X must be an array for a network with a scale layer.")
        return [Scale(self.n_inputs)]


@dataclass(frozen=True)
class ResidualSpec(LayerSpec):
    """Two dense layers, whose output is added to their input."""

    n_inputs: int
    n_units: int
    activation: str

    @property
    def n_outputs(self):
        return self.n_inputs

    def layers(self, *, sparse=False, fill=None):
        outer, inner, products = self.n_inputs, self.n_units, DenseProducts()
        return [
            Residual(
                Dense(outer, inner, products, fill),
                ActivationLayer(HIDDEN_ACTIVATIONS[self.activation]()),
                Dense(inner, outer, products, fill),
            )
        ]


@dataclass(frozen=True)
class EmbeddingSpec(LayerSpec):
    """A row of a table for each integer code, in one column of X."""

    n_codes: int
    n_outputs: int

    n_inputs = 1

    def layers(self, *, sparse=False, fill=None):
        if sparse:
            raise ValueError("X must be an array for a network with an embedding.")
        return [Embedding(self.n_codes, self.n_outputs)]
