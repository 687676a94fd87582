"""Whether what a network predicts is finite."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from scipy.sparse import issparse

from ._core.activations import ActivationLike
from ._core.network import Network
from ._predict import block_size, row_blocks


class FiniteOutputs:
    """Judges whether a network, as it is, has finite outputs for all rows that it was given.

    Those of hidden layers count too: ``transform`` and ``hidden_activations`` return them.
    A bound from the norms of the rows and of the weights nearly always settles that, at the price
    of one pass over the weights. Only where it does not, the rows go through the network.
    """

    def __init__(
        self, network: Network, output_activation: ActivationLike, data: Sequence[Any]
    ) -> None:
        self._network = network
        self._output_activation = output_activation
        self._data = data  # arrays or CSR matrices (n, n_features)
        self._largest_row = max(map(_largest_norm, data))

    def __call__(self) -> bool:
        bound = self._network.largest_output(self._largest_row)
        if self._finite(np.full((1, 1), bound, self._network.theta.dtype)):
            return True
        rows = block_size(self._network)
        blocks = chain.from_iterable(row_blocks(X, rows) for X in self._data)
        return all(map(self._finite_throughout, blocks))

    def _finite_throughout(self, x: Any) -> bool:
        for layer, own in zip(self._network.layers, self._network.parameters, strict=True):
            x = layer.infer(x, own)
            if not (issparse(x) or np.isfinite(x).all()):
                return False
        return self._finite(x)

    def _finite(self, scores: np.ndarray) -> bool:
        """Whether predictions from these scores (n, n_outputs), which it may overwrite, are."""
        if not spread_is_finite(scores):
            return False
        self._output_activation.forward(scores)
        return math.isfinite(scores.max())


def spread_is_finite(scores: np.ndarray) -> bool:
    """Whether scores, and their differences too, are finite: probabilities are made of those."""
    return math.isfinite(scores.max() - scores.min())


def _largest_norm(X: Any) -> float:
    """Upper bound of the Euclidean norm of the rows."""
    if issparse(X):
        largest = max(X.data.max(initial=0), -X.data.min(initial=0))
        return float(largest) * math.sqrt(np.diff(X.indptr).max())
    return math.sqrt(np.einsum("ij,ij->i", X, X).max())
