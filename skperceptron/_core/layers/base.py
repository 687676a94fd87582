"""What every layer is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..parameters import Parameter
from ..types import Array


class Layer(ABC):
    """Interface. A layer maps (n, n_inputs) to (n, n_units), for up to ``n_rows`` rows.

    ``infer`` is all that prediction needs: a pure function of the inputs and of the layer's own
    parameter arrays, so any number of threads may call it on one layer. Training calls
    ``allocate`` once, then ``forward`` and ``backward``, which work in buffers of the layer. A
    layer made of other layers calls theirs.
    """

    @property
    @abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameter arrays the layer asks for."""

    def initialise(  # noqa: B027 - a layer without parameters has none to fill
        self, parameters: Sequence[Array], random_state: np.random.RandomState
    ) -> None:
        """Give the arrays asked for their first values, which may be drawn."""

    @abstractmethod
    def infer(self, x: Array, parameters: Sequence[Array]) -> Array:
        """Output at prediction, with the arrays asked for.

        May overwrite and return ``x`` unless the layer is the first.
        """

    @abstractmethod
    def allocate(
        self,
        parameters: Sequence[Array],
        gradients: Sequence[Array],
        n_rows: int,
        n_inputs: int,
        dtype: Any,
        *,
        is_first: bool,
    ) -> int:
        """Take the arrays asked for, and as many gradient arrays, to train; return n_units.

        Buffers are allocated for ``n_rows`` rows. Only ``forward`` writes to a parameter array: to
        running statistics. ``is_first`` says that nobody will need the gradient of the inputs.
        """

    @abstractmethod
    def largest_output(self, largest_input: float) -> float:
        """Upper bound of the Euclidean norm of an output row at prediction, in training.

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
    def backward(self, delta: Array, *, need_input: bool) -> Array | None:
        """Overwrite the gradient arrays, given d loss / d output, which may be overwritten.

        Return d loss / d input, which may lie in ``delta``, or None if nobody needs it.
        """
