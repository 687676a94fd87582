"""Rosenblatt's perceptron: exact, mistake-driven updates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .types import Array

SMALLEST_BLOCK, LARGEST_BLOCK = 8, 1024


@dataclass
class ThresholdUnit:
    """One linear score ``w·x + b``, whose sign is the prediction, and its patience."""

    weights: Array  # (n_features,)
    intercept: float
    best_loss: float = math.inf
    n_no_improvement: int = 0
    stopped: bool = False

    def run_epoch(
        self, X: Array, y: Array, steps: Array, order: Array | None, fit_intercept: bool
    ) -> tuple[int, float]:
        """Show every row once; return the number of mistakes and the sum of their losses.

        X is (n, n_features), y (n,) of ±1, ``steps`` (n,) the signed size s = η y of the
        update of each row, times its weight, ``order`` the rows in the order shown. A row is a
        mistake where ``y (w·x + b) ≤ 0``; then ``w ← w + s x`` and ``b ← b + s``, before
        the next row is looked at (Rosenblatt 1958). Between two mistakes nothing changes,
        so the margins of a block of rows are one product, good up to its first mistake.
        """
        n, start, block = len(y), 0, SMALLEST_BLOCK
        n_mistakes, loss = 0, 0.0
        largest = float(max(X.max(), -X.min()))
        while start < n:
            rows = slice(start, start + block) if order is None else order[start : start + block]
            margins = np.dot(X[rows], self.weights)  # (block,)
            margins += self.intercept
            margins *= y[rows]
            first = self._first_mistake(margins, X[rows], y[rows], largest)
            if first is None:
                start += block
                block = min(2 * block, LARGEST_BLOCK)
                continue
            wrong = start + first if order is None else order[start + first]
            self.weights += steps[wrong] * X[wrong]
            if fit_intercept:
                self.intercept += float(steps[wrong])
            n_mistakes += 1
            loss -= float(margins[first])
            start += first + 1
            # The next mistake is likely about as far away as this one was.
            block = min(max(2 * (first + 1), SMALLEST_BLOCK), LARGEST_BLOCK)
        return n_mistakes, loss

    def _first_mistake(self, margins: Array, X: Array, y: Array, largest: float) -> int | None:
        """Index of the first margin that is not positive; close ones are made exact.

        A product of matrices adds in an order of its own. Where that could change the sign,
        which data full of ties make common, the margin is summed anew term after term.
        """
        n_features = X.shape[1]
        bound = n_features * float(np.abs(self.weights).max()) * largest + abs(self.intercept)
        doubt = max(1e-9, 2 * n_features * float(np.finfo(X.dtype).eps)) * bound
        for index in np.flatnonzero(margins <= doubt):
            if margins[index] >= -doubt:
                terms = self.weights * X[index]  # (n_features,)
                margins[index] = y[index] * (np.add.accumulate(terms)[-1] + self.intercept)
            if margins[index] <= 0:
                return int(index)
        return None

    def watch(self, loss: float, tolerance: float, patience: int) -> None:
        """Stop after ``patience`` epochs in a row without an improvement by ``tolerance``."""
        improved = loss <= self.best_loss - tolerance
        self.n_no_improvement = 0 if improved else self.n_no_improvement + 1
        self.best_loss = min(loss, self.best_loss)
        self.stopped = self.n_no_improvement >= patience
