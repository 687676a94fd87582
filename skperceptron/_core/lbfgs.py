"""L-BFGS: the same objective, on all rows at once, through scipy."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, OptimizeResult, minimize

from .batches import Batches
from .objective import Objective
from .stopping import Validation
from .training import Divergence, Epoch, TrainingState
from .types import Array


class Coordinates(ABC):
    """Interface: what scipy moves, x, against theta (n_parameters,). scipy's are float64."""

    bounds: Bounds | None = None

    @abstractmethod
    def x(self, theta: Array) -> Array: ...

    @abstractmethod
    def theta(self, x: Array) -> Array: ...

    @abstractmethod
    def value_and_gradient(self, x: Array, value: float, gradient: Array) -> tuple[float, Array]:
        """Of the whole objective at x, from those of its smooth part at theta."""


class Plain(Coordinates):
    """``x = theta``."""

    def x(self, theta: Array) -> Array:
        return theta.astype(np.float64)

    def theta(self, x: Array) -> Array:
        return x

    def value_and_gradient(self, x: Array, value: float, gradient: Array) -> tuple[float, Array]:
        return value, gradient.astype(np.float64)


@dataclass
class Split(Coordinates):
    """``w = w⁺ - w⁻`` with both at least 0, so that ``l1 · ‖w‖₁`` is ``l1 · Σ (w⁺ + w⁻)``.

    The objective is then smooth, and zeros are where the bounds hold. x is [w⁺ | w⁻ | others].
    """

    n_weights: int
    n_parameters: int
    l1: float

    def __post_init__(self) -> None:
        lower = np.full(self.n_parameters + self.n_weights, -np.inf)
        lower[: 2 * self.n_weights] = 0
        self.bounds = Bounds(lower, np.inf)

    def x(self, theta: Array) -> Array:
        w = theta[: self.n_weights].astype(np.float64)
        return np.concatenate([np.maximum(w, 0), np.maximum(-w, 0), theta[self.n_weights :]])

    def theta(self, x: Array) -> Array:
        n = self.n_weights
        return np.concatenate([x[:n] - x[n : 2 * n], x[2 * n :]])

    def value_and_gradient(self, x: Array, value: float, gradient: Array) -> tuple[float, Array]:
        n = self.n_weights
        slope = gradient[:n].astype(np.float64)
        slopes = [self.l1 + slope, self.l1 - slope, gradient[n:]]
        return value + self.l1 * float(x[: 2 * n].sum()), np.concatenate(slopes)


def train(
    objective: Objective,
    batches: Batches,
    state: TrainingState,
    take_note: Callable[[Epoch], None],
    validate: Callable[[], Validation],
    *,
    l1: float,
    max_iter: int,
    max_fun: int,
    tol: float,
) -> str | None:
    """Minimise from ``state.theta`` on; return why it did not converge, or None if it did.

    An iteration of L-BFGS (Byrd, Lu, Nocedal & Zhu 1995) is an epoch here, and ``take_note``
    is called after each, or once if none was needed. ``state.theta`` holds the last complete
    iteration in the end, an interruption included. ``tol`` bounds the largest element of the
    gradient, projected on the bounds if there are any. The objective is minimised plus
    ``l1 · ‖weights‖₁``.
    """
    (batch,) = batches.epoch(None)
    theta = state.theta  # (n_parameters,), which the network reads
    accepted = theta.copy()
    n_weights = objective.network.layout.weights.stop
    coordinates = Split(n_weights, theta.size, l1) if l1 > 0 else Plain()

    def value_and_gradient(x: Array) -> tuple[float, Array]:
        theta[...] = coordinates.theta(x)
        value = objective.value_and_gradient(*batch)
        return coordinates.value_and_gradient(x, value, objective.network.gradient)

    def end_of_iteration(intermediate_result: OptimizeResult) -> None:
        theta[...] = accepted[...] = coordinates.theta(intermediate_result.x)
        record = _record(state, float(intermediate_result.fun), validate())
        state.n_epochs += 1
        take_note(record)

    try:
        result: Any = minimize(
            value_and_gradient,
            coordinates.x(theta),
            method="L-BFGS-B",
            jac=True,
            bounds=coordinates.bounds,
            callback=end_of_iteration,
            options={"maxiter": max_iter, "maxfun": max_fun, "gtol": tol},
        )
    finally:
        theta[...] = accepted
    if not (math.isfinite(result.fun) and np.isfinite(theta).all()):
        raise Divergence(state.n_epochs + 1, None)
    if result.nit == 0:
        take_note(_record(state, float(result.fun), validate()))
    return None if result.status == 0 else str(result.message)


def _record(state: TrainingState, loss: float, validation: Validation) -> Epoch:
    state.best = min(state.best, loss)
    return Epoch(loss, validation, rate=None, next_rate=None, plateau=False, stop=False)
