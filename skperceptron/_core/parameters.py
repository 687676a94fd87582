"""One flat vector, and the named, shaped views that layers hold of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, TypeVar

import numpy as np

from .types import Array

T = TypeVar("T")


@dataclass(frozen=True)
class Parameter:
    """One parameter array that a layer asks for."""

    name: str
    shape: tuple[int, ...]
    penalised: bool = False  # whether penalties and weight decay act on it
    trainable: bool = True  # else it is a running statistic, which has no gradient
    rate_factor: float = 1.0  # of the learning rate, for this array

    @property
    def role(self) -> int:
        """Where it lies in the vector: penalised, otherwise trained, not trained."""
        return 2 if not self.trainable else 0 if self.penalised else 1


class Layout:
    """Where each parameter lies: [penalised | otherwise trained | running statistics | frozen].

    Penalties act on a slice at the head of the vector, and optimizers on all but the tail.
    Running statistics lie there so that they go wherever the weights go. Parameters of one name
    lie together. The first ``n_frozen`` parameters are not trained and lie behind all others, which
    lie as in a layout of their own.
    """

    def __init__(self, parameters: Sequence[Parameter], n_frozen: int = 0) -> None:
        self.parameters = tuple(parameters)
        names = [parameter.name for parameter in self.parameters]
        self.names = tuple(dict.fromkeys(names))
        frozen, trained = range(n_frozen), range(n_frozen, len(names))
        order = [*self._order(trained), *self._order(frozen)]
        self._places: list[slice] = [slice(0)] * len(names)
        ends = [0, 0, 0]
        offset = 0
        for index in order:
            parameter = self.parameters[index]
            self._places[index] = slice(offset, offset + prod(parameter.shape))
            offset = self._places[index].stop
            if index >= n_frozen:
                ends[parameter.role :] = [offset] * (3 - parameter.role)
        self.weights, self.trainable = slice(0, ends[0]), slice(0, ends[1])
        self.size = offset
        self.steps = self._steps(order[: len(trained)])

    def _order(self, indices: range) -> list[int]:
        """Some of the parameters in the order in which they lie: by role, name and layer."""
        names = [self.parameters[i].name for i in indices]
        first = {name: names.index(name) for name in names}
        return sorted(
            indices, key=lambda i: (self.parameters[i].role, first[self.parameters[i].name], i)
        )

    def _steps(self, order: Sequence[int]) -> tuple[tuple[slice, float], ...]:
        """Where one learning rate holds, and its factor: neighbours of equal factor together."""
        steps: list[tuple[slice, float]] = []
        for index in order:
            parameter, place = self.parameters[index], self._places[index]
            if not parameter.trainable or place.start == place.stop:
                continue
            if steps and steps[-1][1] == parameter.rate_factor:
                steps[-1] = slice(steps[-1][0].start, place.stop), parameter.rate_factor
            else:
                steps.append((place, parameter.rate_factor))
        return tuple(steps)

    def views(self, vector: Array) -> list[Array]:
        """Views of ``vector`` (size,), one for each parameter, in the layers' order."""
        return [
            vector[place].reshape(parameter.shape)
            for place, parameter in zip(self._places, self.parameters, strict=True)
        ]

    def group(self, name: str, vector: Array) -> list[Array]:
        """The views of one name, in the layers' order."""
        return [
            vector[place].reshape(parameter.shape)
            for place, parameter in zip(self._places, self.parameters, strict=True)
            if parameter.name == name
        ]

    def rearranged(self, vector: Array, layout: Layout) -> Array:
        """A new vector (size,) with the numbers of one that lies as ``layout`` says."""
        result = np.empty_like(vector)
        for new, old in zip(self.views(result), layout.views(vector), strict=True):
            new[...] = old
        return result

    def shapes(self, name: str) -> list[tuple[int, ...]]:
        """Those of the parameters of one name, in the layers' order."""
        return [parameter.shape for parameter in self.parameters if parameter.name == name]

    def arrange(self, groups: Mapping[str, Sequence[T]]) -> list[T]:
        """Arrays, or what stands for them, given by name, in the layers' order of parameters."""
        remaining = {name: iter(arrays) for name, arrays in groups.items()}
        return [next(remaining[parameter.name]) for parameter in self.parameters]

    def pack(self, groups: dict[str, Sequence[Array]], dtype: Any) -> Array:
        """A new vector (size,) that holds these arrays, by name, in the layers' order."""
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
