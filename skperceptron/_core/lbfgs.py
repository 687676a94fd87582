"""L-BFGS: the same objective, on all rows at once, through scipy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from .batches import Batches
from .objective import Objective
from .training import Divergence, Epoch, TrainingState
from .types import Array


def train(
    objective: Objective,
    batches: Batches,
    state: TrainingState,
    take_note: Callable[[Epoch], None],
    *,
    max_iter: int,
    max_fun: int,
    tol: float,
) -> str | None:
    """Minimise from ``state.theta`` on; return why it did not converge, or None if it did.

    An iteration of L-BFGS (Byrd, Lu, Nocedal & Zhu 1995) is an epoch here, and ``take_note``
    is called after each. ``state.theta`` holds the last complete iteration in the end, an
    interruption included. ``tol`` bounds the largest element of the gradient.
    """
    (batch,) = batches.epoch(None)
    theta = state.theta  # (n_parameters,), which the network reads
    accepted = theta.copy()

    def value_and_gradient(x: Array) -> tuple[float, Array]:
        theta[...] = x
        value = objective.value_and_gradient(*batch)
        # scipy works in double precision, and keeps the array.
        return value, objective.network.gradient.astype(np.float64)

    def end_of_iteration(intermediate_result: OptimizeResult) -> None:
        accepted[...] = intermediate_result.x
        take_note(_record(state, float(intermediate_result.fun)))

    try:
        result: Any = minimize(
            value_and_gradient,
            theta.astype(np.float64),
            method="L-BFGS-B",
            jac=True,
            callback=end_of_iteration,
            options={"maxiter": max_iter, "maxfun": max_fun, "gtol": tol},
        )
    finally:
        theta[...] = accepted
    if not (math.isfinite(result.fun) and np.isfinite(theta).all()):
        raise Divergence(state.n_epochs + 1, None)
    if result.nit == 0:
        take_note(_record(state, float(result.fun)))
    return None if result.status == 0 else str(result.message)


def _record(state: TrainingState, loss: float) -> Epoch:
    state.n_epochs += 1
    state.best = min(state.best, loss)
    return Epoch(loss, score=None, rate=None, next_rate=None, plateau=False, stop=False)
