"""What training minimises: mean loss plus penalties."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .losses import Loss
from .network import Network
from .penalties import Penalty
from .types import Array


class Objective:
    """``(Σᵢ wᵢ lossᵢ + Σ penalties) / (n · w̄)`` over the n rows of a batch.

    w̄ is the mean sample weight of the whole data, not of the batch, so that the weight of
    a row does not depend on the company it is in.
    """

    def __init__(
        self, network: Network, loss: Loss, penalties: Sequence[Penalty], mean_weight: float
    ) -> None:
        self.network = network
        self._loss = loss
        self._penalties = penalties
        self._mean_weight = mean_weight
        place = network.layout.weights
        self._weights, self._weights_gradient = network.theta[place], network.gradient[place]
        self._scratch = np.empty_like(self._weights)  # (n_weights,)

    def value_and_gradient(self, X: Array, y: Array, sample_weight: Array | None = None) -> float:
        """Objective of a batch; overwrites ``network.gradient``.

        X is (n, n_features), y (n, n_outputs), sample_weight (n,) or None for ones.
        """
        scores = self.network.forward(X)  # (n, n_outputs)
        values = self._loss.values_and_gradient(scores, y)  # (n,); scores is now the gradient
        scale: float = 1.0 / (X.shape[0] * self._mean_weight)
        if sample_weight is None:
            value = scale * float(values.sum())
            scores *= scale
        else:
            value = scale * float(np.dot(values, sample_weight))
            scores *= (scale * sample_weight)[:, np.newaxis]
        self.network.backward(scores)
        for penalty in self._penalties:
            value += penalty.add_gradient(
                self._weights, self._weights_gradient, scale, self._scratch
            )
        return value
