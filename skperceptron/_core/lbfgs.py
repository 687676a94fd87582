"""L-BFGS: the same objective, on all rows at once, through scipy."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, OptimizeResult, minimize

from . import kernels
from .batches import Batches
from .network import Network
from .objective import Objective
from .optimizers import OptimizerState
from .parameters import Layout
from .stopping import Validation
from .training import Cause, DivergenceError, Epoch, Solver, TrainingState, Unfinished
from .types import Array

# Relative change of the objective if one coordinate became 0 and the gradient stayed constant.
# A point with a larger change is no minimum, however little scipy's last iteration has gained.
STEEP = 0.1

# A number of iterations, and a multiple of ``tol`` (or of 1e-4 if that is larger). If the gradient
# is larger than this multiple after so few iterations, L-BFGS has failed, as with y of 1e20.
FEW, FAR_FROM_FLAT = 2, 1000

# Vectors of 64-bit floats that scipy works with: ten pairs of steps and gradients, and 5.
N_VECTORS = 25

# scipy's status where it has reached a limit, and where its line search has failed.
LIMIT, ABNORMAL = 1, 2


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


@dataclass
class LBFGS(Solver):
    """L-BFGS (Byrd, Lu, Nocedal & Zhu 1995), an iteration of which is an epoch here.

    The objective is minimised plus ``l1 / (n · w̄) · ‖weights‖₁``, and ``nonsmooth`` says whether
    its gradient jumps otherwise. ``tol`` bounds the largest element of the gradient, projected on
    the bounds if there are any.
    """

    l1: float
    nonsmooth: bool
    max_fun: int
    tol: float

    step_name = "iteration"
    has_rate = False
    restores_weights = True  # from a step that was only tried
    uses_scipy = True
    supports = frozenset()

    def batch_size(self, n_rows: int) -> int:
        return n_rows

    def initial_state(self, layout: Layout, dtype: Any) -> OptimizerState:
        """No moments: the curvature is learned anew at each call."""
        return OptimizerState(np.zeros((0, layout.trainable.stop), dtype))

    def bytes_needed(self, n_parameters: int, itemsize: int) -> int:
        return N_VECTORS * n_parameters * 8

    def record_gradient_norm(self, network: Network) -> Callable[[], float]:
        gradient = network.gradient[network.layout.trainable]
        return lambda: float(np.linalg.norm(gradient))

    def run(
        self,
        objective: Objective,
        batches: Batches,
        state: TrainingState,
        on_epoch: Callable[[Epoch], bool],
        outputs_are_finite: Callable[[], bool],
        validate: Callable[[], Validation],
        *,
        max_epochs: int,
        drawn: bool,
    ) -> Unfinished | None:
        """Minimise from ``state.theta`` on; return why it did not converge, or None if it did.

        ``on_epoch`` is called after each iteration, or once if none was needed. ``state.theta``
        holds the last iteration in the end, an interruption included.
        """
        (batch,) = batches.epoch(None)
        l1 = self.l1 / (batches.n_rows * state.mean_weight)
        nonsmooth, tol = self.nonsmooth, self.tol
        theta = objective.network.theta  # (n_parameters,), which lies in state.theta
        accepted = theta.copy()
        n_epochs = state.n_epochs
        n_weights = objective.network.layout.weights.stop
        coordinates = PositiveNegativeSplit(n_weights, theta.size, l1) if l1 > 0 else Identity()
        # A step cut short by a bound or by a kink gains little anywhere: little is then no reason
        # to stop.
        thorough = l1 > 0 or nonsmooth
        stopped, failure = False, None

        def value_and_gradient(x: Array) -> tuple[float, Array]:
            theta[...] = coordinates.theta(x)
            value = objective.value_and_gradient(*batch)
            return coordinates.value_and_gradient(x, value, objective.network.gradient)

        n_elements = objective.n_elements(batches)

        def end_of_iteration(intermediate_result: OptimizeResult) -> None:
            nonlocal stopped, failure
            theta[...] = accepted[...] = coordinates.theta(intermediate_result.x)
            try:
                if not outputs_are_finite():
                    raise DivergenceError(state.n_epochs + 1, None)
                record = _record(state, float(intermediate_result.fun), validate())
                state.n_epochs += 1
                kernels.count(n_elements)
                stopped = on_epoch(record)
            except StopIteration as error:  # somebody's own, and no request
                failure = error
            if stopped or failure is not None:
                raise StopIteration  # which scipy takes as a request to stop

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
            for result in _within(max_epochs, self.max_fun, descend):
                if failure is not None:
                    raise failure
                if stopped:
                    return None
                projected = np.minimum(result.jac, result.x - coordinates.lower)
                flat = np.abs(projected).max() <= tol
                steep = np.abs(projected * result.x).max() > STEEP * abs(result.fun)
                finished = flat or not (thorough or steep or result.status == ABNORMAL)
                # A new descent forgets the curvature, and may find a step that helps.
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
            return Unfinished(
                Cause.TOL, f"the gradient, at most {largest:.3g}, is below tol already"
            )
        if flat:
            return None
        # After a warm start few iterations may be enough: the gradient promises almost no gain.
        promising = drawn or largest**2 > 1e-3 * abs(result.fun)
        far = largest > FAR_FROM_FLAT * max(tol, 1e-4) and promising
        if far and n_iter <= FEW:
            return Unfinished(Cause.SCALE, f"the gradient is still as large as {largest:.3g}")
        failed = "no step lowers the objective"
        return Unfinished(Cause.NONSMOOTH, failed) if nonsmooth or steep else None


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
