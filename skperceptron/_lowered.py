"""What a fitted network computes at prediction, as a list of simple steps.

Conversion, plotting and export read these steps and nothing else of the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ._attributes import published_parameters
from ._core.activations import ActivationLike
from ._core.types import Array


@dataclass(frozen=True, eq=False)
class Step:
    """One step from (n, n_inputs) to (n, n_outputs), and the activation of its result.

    The activation is a name, an object of the user's, or None where there is no activation. A step
    of this class itself has nothing before the activation.
    """

    activation: str | ActivationLike | None


@dataclass(frozen=True, eq=False)
class Normalisation:
    """Batch normalisation at prediction: ``γ (z - mean) / √(variance + ε) + β``, unit by unit."""

    scale: Array  # (n_units,), as the others are
    shift: Array
    mean: Array
    variance: Array
    epsilon: float


@dataclass(frozen=True, eq=False)
class DenseStep(Step):
    """``z = x W + b``, then batch normalisation of z unless that is folded in."""

    weight: Array  # (n_inputs, n_outputs)
    intercept: Array  # (n_outputs,)
    normalisation: Normalisation | None = None

    def folded(self) -> DenseStep:
        """The same step with batch normalisation in the weight and the intercept."""
        norm = self.normalisation
        if norm is None:
            return self
        factor = norm.scale / np.sqrt(norm.variance + norm.epsilon)  # (n_outputs,)
        return DenseStep(
            activation=self.activation,
            weight=self.weight * factor,
            intercept=(self.intercept - norm.mean) * factor + norm.shift,
        )


@dataclass(frozen=True, eq=False)
class OtherStep(Step):
    """A layer that only its own class can compute. Readers refuse it, by its name."""

    name: str
    parameters: tuple[Array, ...]


def lower(estimator: Any, *, fold: bool = True, n_layers: int | None = None) -> tuple[Step, ...]:
    """The steps of a fitted network, from its inputs to the output activation.

    With ``n_layers`` only those of so many hidden layers, the first ones. The arrays are those of
    the attributes, not copies, unless batch normalisation is folded in.
    Arrays of integers become floats. Without ``fold`` dense steps have their weights as trained,
    and batch normalisation beside the weights.
    """
    architecture = estimator._architecture
    layout = architecture.layout
    arrays = [
        _floats(array, architecture.dtype)
        for array in layout.arrange(published_parameters(estimator, layout))
    ]
    steps: list[Step] = []
    own = architecture.by_spec(arrays)
    for spec, parameters in list(zip(architecture.specs, own, strict=True))[:n_layers]:
        steps += spec.lower(parameters)
    if n_layers is None:
        output = steps.pop() if steps and steps[-1].activation is None else Step(None)
        steps.append(replace(output, activation=architecture.output_activation))
    if fold:
        steps = [step.folded() if isinstance(step, DenseStep) else step for step in steps]
    return tuple(steps)


def dense_steps(steps: Sequence[Step], reader: str) -> list[DenseStep]:
    """The steps, if all are dense; ``reader`` says who can't read any other."""
    others = dict.fromkeys(_name(step) for step in steps if not isinstance(step, DenseStep))
    if others:
        raise ValueError(
            f"{reader} is for networks of dense layers; this network has layers of another kind: "
            f"{', '.join(others)}."
        )
    return [step for step in steps if isinstance(step, DenseStep)]


def _name(step: Step) -> str:
    return step.name if isinstance(step, OtherStep) else "Activation"


def _floats(given: Any, dtype: np.dtype[Any]) -> Array:
    array = np.asarray(given)
    return array if array.dtype.kind == "f" else array.astype(np.result_type(array.dtype, dtype))
