"""Losses of raw scores. Each names the output activation (link) that it is fused with.

Fused, because the gradient of a loss through its natural link is ``prediction - y``:
shorter, and stable where the link itself saturates.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from scipy.special import expit, xlogy

from .types import Array


class Loss(ABC):
    """Interface: the loss of each row, and its gradient, from raw scores."""

    smallest_target: ClassVar[float] = -math.inf

    @abstractmethod
    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        """Return the loss of each row, (n,); overwrite ``scores`` with the gradient.

        ``scores`` and ``y`` are (n, n_outputs), and the loss of a row is the sum over
        its outputs. ``y`` is left as it is.
        """


class BinaryLogLoss(Loss):
    """Cross-entropy of independent outputs, ``Σₖ log(1 + exp(sₖ)) - yₖ sₖ``."""

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        # Term by term, none of which is negative: their sums would cancel less exactly.
        terms: Array = np.logaddexp(0, scores)  # (n, n_outputs)
        terms -= scores * y
        expit(scores, out=scores)
        scores -= y
        values: Array = terms.sum(axis=1)  # (n,)
        return values


class MulticlassLogLoss(Loss):
    """Cross-entropy of exclusive classes, ``log Σⱼ exp(sⱼ) - Σₖ yₖ sₖ`` where Σₖ yₖ = 1."""

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        scores -= scores.max(axis=1, keepdims=True)
        values: Array = np.einsum("ij,ij->i", scores, y)  # (n,)
        np.exp(scores, out=scores)
        normaliser = scores.sum(axis=1)  # (n,)
        scores /= normaliser[:, np.newaxis]
        scores -= y
        np.subtract(np.log(normaliser), values, out=values)
        return values


class SquaredError(Loss):
    """``½ Σₖ (sₖ - yₖ)²``."""

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        scores -= y
        values: Array = np.einsum("ij,ij->i", scores, scores)  # (n,)
        values *= 0.5
        return values


class PoissonDeviance(Loss):
    """Half the deviance with prediction exp(s), ``Σₖ yₖ log yₖ - yₖ sₖ - yₖ + exp(sₖ)``."""

    smallest_target: ClassVar[float] = 0.0

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        values: Array = (xlogy(y, y) - y).sum(axis=1)  # (n,)
        values -= np.einsum("ij,ij->i", scores, y)
        np.exp(scores, out=scores)
        values += scores.sum(axis=1)
        scores -= y
        return values


LOSSES: dict[tuple[str, str], type[Loss]] = {
    ("log_loss", "logistic"): BinaryLogLoss,
    ("log_loss", "softmax"): MulticlassLogLoss,
    ("squared_error", "identity"): SquaredError,
    ("poisson", "exp"): PoissonDeviance,
}
