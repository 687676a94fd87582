"""L-BFGS: the same objective, on all rows at once, through scipy."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import Bounds, OptimizeResult, minimize

from .batches import Batches
from .objective import Objective
from .stopping import Validation
from .training import DivergenceError, Epoch, TrainingState
from .types import Array

# Relative change of the objective if one coordinate became 0 and the gradient stayed constant.
# A point with a larger change is no minimum, however little scipy's last iteration has gained.
STEEP = 0.1

# A number of iterations, and a multiple of ``tol`` (or of 1e-4 if that is larger). If the gradient
# is larger than this multiple after so few iterations, L-BFGS has failed, as with y of 1e20.
FEW, FAR_FROM_FLAT = 2, 1000

# scipy's status where it has reached a limit, and where its line search has failed.
LIMIT, ABNORMAL = 1, 2


class Cause(Enum):
    """Why L-BFGS did not converge."""

    LIMIT = auto()  # of iterations or evaluations
    KINKS = auto()  # the gradient jumps, or is steep where the line search has failed
    TOL = auto()  # the gradient at the random initial weights is below ``tol`` already
    SCALE = auto()  # the objective is so large that rounding makes the steps useless


class Unfinished(NamedTuple):
    """A descent that did not converge."""

    cause: Cause
    problem: str


class Coordinates(ABC):
    """Interface: maps theta (n_parameters,) to the vector x that scipy moves, in float64."""

    lower: Array | float = -math.inf  # bound of x
    bounds: Bounds | None = None  # for scipy, which is slow with infinite bounds

    @abstractmethod
    def x(self, theta: Array) -> Array: ...

    @abstractmethod
    def theta(self, x: Array) -> Array: ...

    @abstractmethod
    def value_and_gradient(self, x: Array, value: float, gradient: Array) -> tuple[float, Array]:
        """Return both for the whole objective at x, given both for its smooth part at theta."""


class Identity(Coordinates):
    """``x = theta``."""

    def x(self, theta: Array) -> Array:
        return theta.astype(np.float64)

    def theta(self, x: Array) -> Array:
        return x

    def value_and_gradient(self, x: Array, value: float, gradient: Array) -> tuple[float, Array]:
        return value, gradient.astype(np.float64)


@dataclass
class PositiveNegativeSplit(Coordinates):
    """``w = w⁺ - w⁻`` with both at least 0, so that ``l1 · ‖w‖₁`` is ``l1 · Σ (w⁺ + w⁻)``.

    The objective is then smooth, and a weight is 0 where both bounds hold. x is [w⁺ | w⁻ | others].
    """

    n_weights: int
    n_parameters: int
    l1: float

    def __post_init__(self) -> None:
        self.lower = np.full(self.n_parameters + self.n_weights, -np.inf)
        self.lower[: 2 * self.n_weights] = 0
        self.bounds = Bounds(self.lower, np.inf)

    def x(self, theta: Array) -> Array:
        w = theta[: self.n_weights].astype(np.float64)
        return np.concatenate([np.maximum(w, 0), np.maximum(-w, 0), theta[self.n_weights :]])

    def theta(self, x: Array) -> Array:
        n = self.n_weights
        return np.concatenate([x[:n] - x[n : 2 * n], x[2 * n :]])

    def value_and_gradient(self, x: Array, value: float, gradient: Array) -> tuple[float, Array]:
        n = self.n_weights
        grad = gradient[:n].astype(np.float64)
        parts = [self.l1 + grad, self.l1 - grad, gradient[n:]]
        return value + self.l1 * float(x[: 2 * n].sum()), np.concatenate(parts)


def train(
    objective: Objective,
    batches: Batches,
    state: TrainingState,
    on_epoch: Callable[[Epoch], bool],
    outputs_are_finite: Callable[[], bool],
    validate: Callable[[], Validation],
    *,
    l1: float,
    nonsmooth: bool,
    max_iter: int,
    max_fun: int,
    tol: float,
    drawn: bool,
) -> Unfinished | None:
    """Minimise from ``state.theta`` on. Return why L-BFGS did not converge, or None if it did.

    An iteration of L-BFGS (Byrd, Lu, Nocedal & Zhu 1995) is an epoch. ``on_epoch`` is called after
    each epoch, or once if no iteration was needed. It returns whether to stop; a requested stop
    counts as convergence. At the end, also after an interruption, ``state.theta`` holds the
    weights of the last iteration.

    ``tol`` bounds the largest element of the gradient, projected on the bounds if there are any.
    ``l1 · ‖weights‖₁`` is added to the objective. ``nonsmooth`` says whether the gradient of the
    objective itself jumps. ``drawn`` says whether the weights were drawn at random.
    """
    (batch,) = batches.epoch(None)
    theta = state.theta  # (n_parameters,), which the network reads
    accepted = theta.copy()
    n_epochs = state.n_epochs
    n_weights = objective.network.layout.weights.stop
    coordinates = PositiveNegativeSplit(n_weights, theta.size, l1) if l1 > 0 else Identity()
    # A bound or a kink may cut any step short. A small gain is then no reason to stop.
    thorough = l1 > 0 or nonsmooth
    stopped, failure = False, None

    def value_and_gradient(x: Array) -> tuple[float, Array]:
        theta[...] = coordinates.theta(x)
        value = objective.value_and_gradient(*batch)
        return coordinates.value_and_gradient(x, value, objective.network.gradient)

    def end_of_iteration(intermediate_result: OptimizeResult) -> None:
        nonlocal stopped, failure
        theta[...] = accepted[...] = coordinates.theta(intermediate_result.x)
        try:
            if not outputs_are_finite():
                raise DivergenceError(state.n_epochs + 1, None)
            record = _record(state, float(intermediate_result.fun), validate())
            state.n_epochs += 1
            stopped = on_epoch(record)
        except StopIteration as error:  # an error of the user's code, no request to stop
            failure = error
        if stopped or failure is not None:
            raise StopIteration  # scipy takes it as a request to stop

    def descend(n_iterations: int, n_evaluations: int) -> Any:
        return minimize(
            value_and_gradient,
            coordinates.x(accepted),
            method="L-BFGS-B",
            jac=True,
            bounds=coordinates.bounds,
            callback=end_of_iteration,
            options={
                "maxiter": n_iterations,
                "maxfun": n_evaluations,
                "gtol": tol,
                "ftol": 0.0 if thorough else _least_gain(tol),
            },
        )

    lowest, rounding = math.inf, float(np.finfo(theta.dtype).eps)
    try:
        for result in _within(max_iter, max_fun, descend):
            if failure is not None:
                raise failure
            if stopped:
                return None
            projected = np.minimum(result.jac, result.x - coordinates.lower)
            flat = np.abs(projected).max() <= tol
            steep = np.abs(projected * result.x).max() > STEEP * abs(result.fun)
            finished = flat or not (thorough or steep or result.status == ABNORMAL)
            # A new descent forgets the curvature of the last one, and may find a step that helps.
            if finished or not lowest - result.fun > rounding * abs(result.fun):
                break
            lowest = result.fun
    finally:
        theta[...] = accepted
    if not (math.isfinite(result.fun) and outputs_are_finite()):
        raise DivergenceError(state.n_epochs + 1, None)
    if state.n_epochs == n_epochs:
        on_epoch(_record(state, float(result.fun), validate()))
    if result.status == LIMIT:
        return Unfinished(Cause.LIMIT, str(result.message))
    n_iter, largest = state.n_epochs - n_epochs, float(np.abs(projected).max())
    if flat and drawn and n_iter == 0 and largest > 0:
        return Unfinished(Cause.TOL, f"the gradient, at most {largest:.3g}, is below tol already")
    if flat:
        return None
    # After a warm start few iterations may be enough. The gradient then promises almost no gain.
    promise = math.inf if drawn else largest**2 / abs(result.fun)
    far = largest > FAR_FROM_FLAT * max(tol, 1e-4) and promise > 1e-3
    if far and n_iter <= FEW:
        return Unfinished(Cause.SCALE, f"the gradient is still as large as {largest:.3g}")
    failed = "no step lowers the objective"
    return Unfinished(Cause.KINKS, failed) if nonsmooth or steep else None


def _least_gain(tol: float) -> float:
    """Return the relative gain of an iteration below which the descent stops.

    At the default ``tol`` it is scipy's default, where scikit-learn stops too.
    """
    return 2.220446049250313e-09 * min(tol / 1e-4, 1.0)


def _within(
    max_iter: int, max_fun: int, descend: Callable[[int, int], OptimizeResult]
) -> Iterator[Any]:
    """Yield the results of descents that start where the last one ended, within common limits."""
    n_iter = n_fun = 0
    while n_iter < max_iter and n_fun < max_fun:
        result: Any = descend(max_iter - n_iter, max_fun - n_fun)
        n_iter += result.nit
        n_fun += result.nfev
        yield result


def _record(state: TrainingState, loss: float, validation: Validation) -> Epoch:
    state.best = min(state.best, loss)
    return Epoch(loss, validation, rate=None, plateau=False, stop=False)
