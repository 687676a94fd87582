"""What training minimises: mean loss plus penalties, within constraints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .batches import Batches
from .compiled.tape import Tape
from .losses import LossLike
from .network import Network
from .penalties import Constraint, Penalty, ProximalPenalty
from .types import Array, StepSize


class Regularisation(NamedTuple):
    """What keeps the weights small; an empty sequence costs nothing."""

    penalties: Sequence[Penalty] = ()
    proximal: Sequence[ProximalPenalty] = ()
    constraints: Sequence[Constraint] = ()


class Objective:
    """``(Σᵢ wᵢ lossᵢ + Σ penalties) / (n · w̄)`` over the n rows of a batch.

    w̄ is the mean sample weight of the whole data, not of the batch, so that the weight of
    a row does not depend on the company it is in.
    """

    def __init__(
        self,
        network: Network,
        loss: LossLike,
        regularisation: Regularisation,
        mean_weight: float,
    ) -> None:
        self.network = network
        self._loss = loss
        self._penalties, self._proximal, self._constraints = regularisation
        self._mean_weight = mean_weight
        place = network.layout.weights
        self._weights, self._weights_gradient = network.theta[place], network.gradient[place]
        self._layer_weights = network.layout.group("weight", network.theta)
        self._scratch = np.empty_like(self._weights)  # (n_weights,)

    @property
    def is_proximal(self) -> bool:
        """Whether ``project`` reads the step size."""
        return len(self._proximal) > 0

    def value_and_gradient(self, X: Array, y: Array, sample_weight: Array | None = None) -> float:
        """Objective of a batch; overwrites ``network.gradient``.

        X is (n, n_features), y (n, n_outputs), sample_weight (n,) or None for ones. Proximal
        penalties are in the value only: ``project`` is their share of the step.
        """
        scores = self.network.forward(X, sample_weight)  # (n, n_outputs)
        values = self._loss.values_and_gradient(scores, y)  # (n,); scores is now the gradient
        scale: float = 1.0 / (X.shape[0] * self._mean_weight)
        self._scale = scale
        if sample_weight is None:
            value = scale * float(np.add.reduce(values))
            scores *= scale
        else:
            value = scale * float(np.dot(values, sample_weight))
            scores *= (scale * sample_weight)[:, np.newaxis]
        self.network.backward(scores)
        for penalty in self._penalties:
            value += penalty.add_gradient(
                self._weights, self._weights_gradient, scale, self._scratch
            )
        for nonsmooth in self._proximal:
            value += nonsmooth.value(self._weights, scale, self._scratch)
        return value

    def n_elements(self, batches: Batches) -> int:
        """Elements of parameters and of outputs that an epoch works on."""
        return batches.n_steps * self.network.theta.size + batches.n_rows * self.network.n_units

    def record(self, tape: Tape, X: Array, y: Array, sample_weight: Array | None = None) -> None:
        """Put ``value_and_gradient`` on the tape."""
        tape.require(not self._proximal and not self._constraints)
        scores = self.network.record(tape, X)
        values = tape.form(self._loss, "record")(tape, scores, y)
        scale = self._scale = 1.0 / (tape.n_rows * self._mean_weight)
        total = tape.series(1)
        if sample_weight is None:
            tape.total(values, total)
            tape.call(np.multiply, scores, scale, scores)
        else:
            tape.dot(values, sample_weight, total)
            factors = tape.empty(tape.n_rows)
            tape.call(np.multiply, sample_weight, scale, factors)
            tape.run(_multiply_rows, scores, factors)
        tape.terms.append((scale, total.values))
        self.network.record_backward(tape, scores)
        for penalty in self._penalties:
            tape.form(penalty, "record")(
                tape, self._weights, self._weights_gradient, scale, self._scratch
            )

    def project(self, step_size: StepSize) -> None:
        """Complete the step just taken: proximal penalties, then constraints.

        ``step_size`` is that of the step, and is used up.
        """
        for nonsmooth in self._proximal:
            nonsmooth.shrink(self._weights, step_size, self._scale, self._scratch)
        for constraint in self._constraints:
            for weight in self._layer_weights:
                constraint.project(weight)


def _multiply_rows(arrays: Any, sizes: Any, integers: Any, _: Any) -> None:
    rows, factors, n = arrays[0], arrays[1], sizes[1]
    for i in range(sizes[0]):
        factor = factors[i]
        for j in range(n):
            rows[i * n + j] *= factor
