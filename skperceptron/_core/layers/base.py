"""What every layer is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from ..parameters import Parameter
from ..types import Array


class Layer(ABC):
    """Interface. A layer maps (n, n_inputs) to (n, n_units), for up to ``n_rows`` rows.

    ``bind`` and ``infer`` are all that prediction needs: they change nothing but what
    ``bind`` gives, so any number of threads may infer. Training calls ``prepare`` once,
    then ``forward``, ``write_gradient`` and ``backward``, which work in buffers of the layer.
    """

    @property
    @abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameter arrays the layer asks for."""

    @abstractmethod
    def bind(self, parameters: Sequence[Array]) -> None:
        """Take the arrays asked for. Only ``forward`` writes to any: to running statistics."""

    @abstractmethod
    def prepare(
        self, gradients: Sequence[Array], n_rows: int, n_inputs: int, dtype: Any, *, bottom: bool
    ) -> int:
        """Take the gradient arrays, allocate buffers for ``n_rows`` rows; return n_units.

        ``backward`` is not called on a layer at the ``bottom``.
        """

    @abstractmethod
    def infer(self, x: Array) -> Array:
        """Output at prediction; may overwrite and return ``x`` unless the layer is the first."""

    @abstractmethod
    def largest_output(self, largest_input: float) -> float:
        """Upper bound of the Euclidean norm of an output row at prediction.

        ``largest_input`` is one of the rows that come in. The bound is infinite or NaN where the
        parameters are, and where none is known.
        """

    @abstractmethod
    def forward(self, x: Array, sample_weight: Array | None = None) -> Array:
        """Output in training. What ``backward`` needs is remembered.

        May overwrite and return ``x`` unless the layer is the first. ``sample_weight`` is (n,),
        or None for ones; it matters where rows are averaged.
        """

    @abstractmethod
    def write_gradient(self, delta: Array) -> None:
        """Overwrite the gradient arrays, given d loss / d output."""

    @abstractmethod
    def backward(self, delta: Array) -> Array:
        """d loss / d input from d loss / d output; may overwrite and return ``delta``."""
