"""One flat vector, and the named, shaped views that layers hold of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from .types import Array

# The order of the vector. Penalties act on a slice at its head, and optimizers on all but the
# running statistics at its tail, which lie here so that they go wherever the weights go.
TRAINABLE = ("weight", "intercept", "scale", "shift")
GROUPS = (*TRAINABLE, "mean", "variance")


@dataclass(frozen=True)
class Parameter:
    """One parameter array that a layer asks for."""

    group: str
    shape: tuple[int, ...]


class Layout:
    """Where each parameter lies: [weights | intercepts | scale, shift | mean, variance]."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.parameters = tuple(parameters)
        self._places: list[slice] = [slice(0)] * len(self.parameters)
        ends: dict[str, int] = {}
        offset = 0
        for group in GROUPS:
            for index, parameter in enumerate(self.parameters):
                if parameter.group == group:
                    place = slice(offset, offset + prod(parameter.shape))
                    self._places[index] = place
                    offset = place.stop
            ends[group] = offset
        self.size = offset
        self.weights = slice(0, ends["weight"])
        self.trainable = slice(0, ends[TRAINABLE[-1]])

    def views(self, vector: Array) -> list[Array]:
        """Views of ``vector`` (size,), one for each parameter, in the layers' order."""
        return [
            vector[place].reshape(parameter.shape)
            for place, parameter in zip(self._places, self.parameters, strict=True)
        ]

    def group(self, name: str, vector: Array) -> list[Array]:
        """The views that belong to one group, in the layers' order."""
        return [
            view
            for view, parameter in zip(self.views(vector), self.parameters, strict=True)
            if parameter.group == name
        ]

    def shapes(self, name: str) -> list[tuple[int, ...]]:
        """Those of the parameters of one group, in the layers' order."""
        return [parameter.shape for parameter in self.parameters if parameter.group == name]

    def arrange(self, groups: dict[str, Sequence[Array]]) -> list[Array]:
        """Arrays given by group, in the layers' order of parameters."""
        remaining = {name: iter(arrays) for name, arrays in groups.items()}
        return [next(remaining[parameter.group]) for parameter in self.parameters]

    def pack(self, groups: dict[str, Sequence[Array]], dtype: Any) -> Array:
        """A new vector (size,) that holds these arrays, by group, in the layers' order."""
        vector = np.empty(self.size, dtype)
        for name, arrays in groups.items():
            shapes = [np.shape(array) for array in arrays]
            if shapes != self.shapes(name):
                raise ValueError(
                    f"the {name} arrays must have shapes {self.shapes(name)}, got {shapes}."
                )
            for view, array in zip(self.group(name, vector), arrays, strict=True):
                view[...] = array
        return vector
