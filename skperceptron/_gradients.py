"""Gradients of what a fitted network predicts, with respect to its inputs.

Training computes the gradients of the weights in buffers of its own. Explanations differentiate
the fitted network as prediction computes it, from its lowered steps: batch normalisation is folded
into the weights, and dropout is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.sparse import issparse

from ._core.activations import HIDDEN_ACTIVATIONS, ActivationLike
from ._core.types import Array
from ._lowered import DenseStep
from ._predict import check_finite, joined, quietly, row_blocks, rows_per_block
from ._types import Matrix


@dataclass(frozen=True, eq=False)
class Selection:
    """Which output of each row is explained, and with which sign: 0 for an output that is constant.

    Both arrays have one number for all rows, or one for each row. Columns that are None stand for
    the highest output of each row.
    """

    columns: Array | None
    signs: Array

    def part(self, rows: slice) -> Selection:
        """The selection of some of the rows."""
        columns = None if self.columns is None else _part(self.columns, rows)
        return Selection(columns, _part(self.signs, rows))

    def gradient(self, outputs: Array) -> Array:
        """Gradient of the selected outputs with respect to all outputs (n, n_outputs)."""
        delta = np.zeros_like(outputs)
        columns = outputs.argmax(axis=1) if self.columns is None else self.columns
        delta[np.arange(len(outputs)), columns] = self.signs
        return delta


class Chain:
    """Dense layers and their activations, from inputs (n, n_features) to outputs (n, n_outputs).

    The pre-activations of the first layer are linear in the inputs. So everything but the first
    product works on arrays (n, n_units), whether the inputs are dense or sparse.
    """

    def __init__(
        self, steps: Sequence[DenseStep], output_activation: ActivationLike, dtype: np.dtype[Any]
    ) -> None:
        self._weights = [np.ascontiguousarray(step.weight, dtype) for step in steps]
        self._intercepts = [np.ascontiguousarray(step.intercept, dtype) for step in steps]
        hidden = [activation_of(step.activation) for step in steps[:-1]]
        self._activations = [*hidden, output_activation]
        self.block_size = rows_per_block(max(max(weight.shape) for weight in self._weights))

    @property
    def n_features(self) -> int:
        """Number of inputs."""
        return int(self._weights[0].shape[0])

    def first(self, x: Matrix) -> Array:
        """Pre-activations (n, n_units) of the first layer."""
        z: Array = x.dot(self._weights[0])
        z += self._intercepts[0]
        return z

    def inputs(self, delta: Array) -> Array:
        """Gradient with respect to the inputs, given the gradient with respect to ``first``."""
        gradients: Array = delta @ self._weights[0].T
        return gradients

    def gradient(self, z: Array, selection: Selection) -> Array:
        """Gradient (n, n_units) with respect to z, the pre-activations of the first layer."""
        saved, outputs = self._forward(z.copy())
        return self._backward(saved, selection.gradient(outputs))

    def of_each_score(self, x: Array) -> Iterator[Array]:
        """Gradients with respect to the inputs (n, n_features) of one score after the other.

        Scores are the outputs before their activation. Their gradient with respect to the last
        hidden layer is a column of weights, whose cost does not depend on the number of scores.
        """
        saved, _ = self._forward(self.first(x))
        for column in self._weights[-1].T:
            delta = np.tile(column, (len(x), 1))
            hidden = [kept.copy() for kept in saved[:-1]]
            yield self.inputs(self._backward(hidden, delta)) if hidden else delta

    def mean_gradient(self, start: Array, end: Array, selection: Selection, n_steps: int) -> Array:
        """Mean of the same gradient along the line from ``start`` to ``end``, by quadrature.

        The highest outputs are those at the end.
        """
        _, outputs = self._forward(end.copy())
        delta = selection.gradient(outputs)
        mean, line = np.zeros_like(end), end - start
        for node, weight in quadrature(n_steps):
            saved, _ = self._forward(start + node * line)
            mean += weight * self._backward(saved, delta.copy())
        return mean

    def _forward(self, z: Array) -> tuple[list[Array], Array]:
        """What each activation saves, and the outputs; z is overwritten."""
        saved = []
        for layer, activation in enumerate(self._activations):
            if layer > 0:
                z = z @ self._weights[layer] + self._intercepts[layer]
            kept = z.copy() if activation.saves == "input" else z
            activation.forward(z)
            saved.append(kept)
        return saved, z

    def _backward(self, saved: list[Array], delta: Array) -> Array:
        """Gradient with respect to ``first``; both arguments are overwritten.

        ``delta`` is the gradient with respect to what the last activation that has saved returned.
        """
        for layer in reversed(range(len(saved))):
            self._activations[layer].backward(saved[layer], delta)
            if layer > 0:
                delta = delta @ self._weights[layer].T
        return delta


@quietly
def input_gradients(chain: Chain, X: Matrix, selection: Selection) -> Array:
    """Gradient (n, n_features) of the selected output of each row with respect to the row."""
    blocks = [
        chain.inputs(chain.gradient(chain.first(x), selection.part(rows)))
        for x, rows in _blocks(X, chain.block_size)
    ]
    gradients: Array = check_finite(joined(blocks), "X")
    return gradients


@quietly
def integrated_gradients(
    chain: Chain, X: Matrix, baseline: Array | None, selection: Selection, n_steps: int
) -> Matrix:
    """Integrated gradients (n, n_features) along the lines from the baseline to the rows.

    The baseline is (1, n_features) or (n, n_features). Without one it is zero, and the integrated
    gradients of a CSR matrix are a CSR matrix with the same entries.
    """
    blocks = []
    for x, rows in _blocks(X, chain.block_size):
        end = chain.first(x)
        origin = None if baseline is None else _part(baseline, rows)
        start = chain.first(np.zeros((1, x.shape[1]), end.dtype) if origin is None else origin)
        mean = chain.inputs(chain.mean_gradient(start, end, selection.part(rows), n_steps))
        if not issparse(x):
            blocks.append(check_finite((x if origin is None else x - origin) * mean, "X"))
        elif origin is None:
            stored = np.repeat(np.arange(x.shape[0]), np.diff(x.indptr)), x.indices
            block = x.copy()
            block.data = check_finite(x.data * mean[stored], "X")
            blocks.append(block)
        else:
            blocks.append(check_finite((x.toarray() - origin) * mean, "X"))
    return joined(blocks)


@lru_cache(16)
def quadrature(n_steps: int) -> list[tuple[float, float]]:
    """Nodes in [0, 1] and weights of the Gauss-Legendre rule, which add up to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    return list(zip(((nodes + 1) / 2).tolist(), (weights / 2).tolist(), strict=True))


def activation_of(given: str | ActivationLike | None) -> ActivationLike:
    """The activation by its name, or the object of the user's; None is the identity."""
    if given is None:
        return HIDDEN_ACTIVATIONS["identity"]()
    return HIDDEN_ACTIVATIONS[given]() if isinstance(given, str) else given


def _blocks(X: Matrix, size: int) -> Iterator[tuple[Matrix, slice]]:
    """Blocks of rows, and where they are."""
    start = 0
    for block in row_blocks(X, size):
        yield block, slice(start, start + block.shape[0])
        start += block.shape[0]


def _part(values: Array, rows: slice) -> Array:
    """The values of some rows, where one row stands for all."""
    return values if len(values) == 1 else values[rows]
