"""Rows of a CSR matrix, with products that add to an array in place.

scipy's public products allocate what they return, and its slices check what they hold; the
kernels below are what they call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scipy.sparse._sparsetools import csc_matvecs, csr_matvec, csr_matvecs

from .types import Array


@dataclass(frozen=True, slots=True)
class CSR:
    """The arrays of a CSR matrix (n, width), or of a run of its rows."""

    data: Array  # (nnz,)
    indices: Array  # (nnz,)
    indptr: Array  # (n + 1,)
    width: int

    @classmethod
    def of(cls, matrix: Any) -> CSR:
        return cls(matrix.data, matrix.indices, matrix.indptr, matrix.shape[1])

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def rows(self, start: int, stop: int) -> CSR:
        """Rows start to stop, without a copy."""
        return CSR(self.data, self.indices, self.indptr[start : stop + 1], self.width)

    def row(self, index: int) -> tuple[Array, Array]:
        """Columns and values of one row."""
        place = slice(self.indptr[index], self.indptr[index + 1])
        return self.indices[place], self.data[place]

    def add_product(self, dense: Array, out: Array) -> None:
        """Add ``A dense`` to ``out``: dense is (width, k), out (n, k), both in C order."""
        arrays = self.indptr, self.indices, self.data
        n_columns = dense.shape[1]
        csr_matvecs(len(self), self.width, n_columns, *arrays, dense.reshape(-1), out.reshape(-1))

    def add_product_with_vector(self, vector: Array, out: Array) -> None:
        """Add ``A vector`` to ``out``: vector is (width,), out (n,)."""
        csr_matvec(len(self), self.width, self.indptr, self.indices, self.data, vector, out)

    def add_transposed_product(self, dense: Array, out: Array) -> None:
        """Add ``Aᵀ dense`` to ``out``, row after row of A: dense is (n, k), out (width, k)."""
        # The arrays of A in CSR are those of its transpose in CSC.
        arrays = self.indptr, self.indices, self.data
        n_columns = dense.shape[1]
        csc_matvecs(self.width, len(self), n_columns, *arrays, dense.reshape(-1), out.reshape(-1))
