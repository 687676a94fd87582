"""The rows that a call of fit works on."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from ._targets import Targets


class Data(NamedTuple):
    """Validated rows; y is as the user has it, not encoded."""

    X: Any  # (n, n_features), an array or a CSR matrix
    y: Any  # (n,) or (n, n_outputs); a CSR matrix of indicators, or where it is X itself
    sample_weight: np.ndarray | None  # (n,)

    def take(self, rows: np.ndarray) -> Data:
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        return Data(self.X[rows], self.y[rows], weight)

    def drop_zero_weight_rows(self) -> Data:
        """Only the rows that count."""
        if self.sample_weight is None or self.sample_weight.all():
            return self
        return self.take(np.flatnonzero(self.sample_weight))

    def mask_zero_weight_rows(self) -> Data:
        """All rows, so that batches stay what they are, but none that does not count can harm.

        Zero times what overflows would not be zero.
        """
        if self.sample_weight is None or self.sample_weight.all():
            return self
        counts = self.sample_weight > 0
        y = self.y[np.where(counts, np.arange(len(counts)), counts.argmax())]
        if issparse(self.X):
            X = self.X.copy()
            X.data[~counts.repeat(np.diff(X.indptr))] = 0
        else:
            X = np.where(counts[:, np.newaxis], self.X, self.X.dtype.type(0))
        return Data(X, y, self.sample_weight)

    def fingerprint(self, targets: Targets) -> bytes:
        """The same for equal data, and no other; y is taken as ``targets`` take it."""
        parts = [self.X.data, self.X.indices, self.X.indptr] if issparse(self.X) else [self.X]
        parts += targets.identity(self.y, self.X.dtype)
        if self.sample_weight is not None:
            parts.append(self.sample_weight)
        digest = hashlib.blake2b()
        for part in parts:
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).data)
        return digest.digest()
