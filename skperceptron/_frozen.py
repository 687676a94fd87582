"""Hidden layers that are not trained: what they make of rows is computed once per call of fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._architecture import Architecture, inference_network
from ._core.types import Array
from ._predict import block_size, check_finite, row_blocks


class FrozenLayers:
    """The first hidden layers, as they are at prediction: without dropout or batch statistics.

    The layers above are a network of their own, and training knows of no others.
    """

    def __init__(self, architecture: Architecture, theta: Array) -> None:
        n_frozen = architecture.n_frozen
        self._n_units, self._dtype = architecture.layer_units[n_frozen], architecture.dtype
        self._network = inference_network(architecture, slice(n_frozen))
        self._parameters = self._network.by_layer(architecture.layout.views(theta))

    def __call__(self, X: Any) -> Any:
        """The outputs of the last of the layers (n, n_units), or X itself if there are none."""
        if not self._network.layers:
            return X
        outputs, start = np.empty((X.shape[0], self._n_units), self._dtype), 0
        for block in row_blocks(X, block_size(self._network)):
            stop = start + block.shape[0]
            outputs[start:stop] = self._network.infer(block, self._parameters)
            start = stop
        return check_finite(outputs, "X, or the weights of the frozen layers,")
