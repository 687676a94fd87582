"""What is said where training went wrong: what happened, and what to do about it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.sparse import issparse

from . import _build
from ._architecture import nonsmooth_activations
from ._core.optimizers import OPTIMIZERS
from ._core.training import Cause, DivergenceError, Unfinished
from ._held_out import watches_loss
from ._messages import warn
from ._parameters import fields_of
from ._publish import FitRun

OUT_OF_EPOCHS = (
    "Stochastic Optimizer: Maximum iterations ({max_iter}) reached and the optimization hasn't "
    "converged yet."
)
NOT_CONVERGED = "lbfgs failed to converge after {n_iter} iteration(s): {problem}. {remedy}"
SCALE_DATA = "Scale the data: the largest absolute value is {largest}."
NONSMOOTH_LOSS = (
    "It assumes a gradient that does not jump, and that of loss={loss!r} does: solver='adam' with "
    "batch_size=n_samples and learning_rate='cosine' comes closer to the minimum."
)
NONSMOOTH_ACTIVATION = (
    "It assumes a gradient that does not jump, and that of activation={name!r} does: choose a "
    "smooth activation such as 'tanh' or 'silu', or another solver."
)
UNMOVED = (
    "early_stopping watched a score that was {score:.6g} in each of {n_epochs} epochs, so it could "
    "not tell which epoch was the best. {remedy}"
)

# Divergence is blamed on weights of rows from so many times their mean on, and on X or y from such
# absolute values on; from FAR_TOO_LARGE on, on these alone.
HEAVY, LARGE, FAR_TOO_LARGE = 100, 10, 1e10


def convergence_message(params: Any, run: FitRun, unfinished: Unfinished) -> str:
    """Why training has not converged, and what to do about it."""
    if unfinished.cause is Cause.EPOCHS:
        return OUT_OF_EPOCHS.format(max_iter=params.max_iter)
    return NOT_CONVERGED.format(
        n_iter=run.n_iter,
        problem=unfinished.problem,
        remedy=_remedy(params, run, unfinished.cause),
    )


def _remedy(params: Any, run: FitRun, cause: Cause) -> str:
    """What to do about a descent that did not converge."""
    scale_data = SCALE_DATA.format(largest=_scale(run))
    if cause is Cause.SCALE:
        return scale_data
    if cause is Cause.TOL:
        return f"Lower tol, or s{scale_data[1:]}"
    if _build.is_nonsmooth(params):
        return NONSMOOTH_LOSS.format(loss=params.loss)
    if cause is Cause.LIMIT:
        return "Increase max_iter or max_fun, or scale the data."
    nonsmooth = nonsmooth_activations(run.architecture)
    return NONSMOOTH_ACTIVATION.format(name=nonsmooth[0]) if nonsmooth else scale_data


def check_score_moved(estimator: Any, run: FitRun) -> None:
    """Warn if early stopping waited for a score that has been the same in every epoch."""
    scores: list[Any] = [epoch.validation.score for epoch in run.epochs]
    if len(scores) <= estimator.n_iter_no_change or scores[0] is None:
        return
    by_loss = watches_loss(estimator, run.task)
    scores = ((run.resumes and estimator.validation_scores_) or []) + scores
    perfect = abs(scores[0] if by_loss else scores[0] - 1) < 1e-6
    if perfect or not np.array_equal(scores[1:], scores[:-1], equal_nan=True):
        return
    assert run.held_out is not None
    y = run.held_out.y
    other = "" if by_loss else ", or watch scoring='loss', which shows small changes"
    remedy = f"Raise learning_rate_init, or scale the data{other}."
    if not math.isfinite(scores[0]):
        remedy = "Check the scoring, and the rows that it is computed on."
    elif not issparse(y) and (y == y[0]).all():
        remedy = "All targets that it is computed on are equal: pass others as y_val."
    warn(UNMOVED.format(score=scores[0], n_epochs=len(scores), remedy=remedy))


def divergence_message(params: Any, run: FitRun, divergence: DivergenceError) -> str:
    """That training has diverged, and what to do about it."""
    rate = "" if divergence.rate is None else f", at learning rate {divergence.rate:.3g}"
    return (
        f"Training diverged in epoch {divergence.epoch}{rate}: the loss, a weight or an output "
        f"is no longer finite. {_blame(params, run, divergence.rate)}"
    )


def _blame(params: Any, run: FitRun, rate: float | None) -> str:
    """What to do about divergence, by what is out of proportion."""
    weight, mean_weight, scale = run.data.sample_weight, run.state.mean_weight, _scale(run)
    largest = max(run.task.sizes(run.data).values())
    heaviest = 1.0 if weight is None else float(weight.max()) / mean_weight
    if run.solver.has_rate and heaviest > HEAVY:
        first = " of the first call" if run.resumes else ""
        return (
            f"A row weighs {heaviest:.3g} times the mean weight{first}, and so its steps are "
            "longer by as much: make sample_weight and class_weight more even."
        )
    if largest > FAR_TOO_LARGE:
        return SCALE_DATA.format(largest=scale)
    too_strong = _too_strong(params, run, rate)
    if too_strong:
        weights = "" if weight is None else ", or give sample_weight a mean near 1"
        return f"Lower {' or '.join(too_strong)}{weights}."
    if not run.solver.has_rate:
        return SCALE_DATA.format(largest=scale)
    if largest > LARGE:
        return (
            f"Lower learning_rate_init, or scale the data: the largest absolute value is {scale}."
        )
    return f"Lower learning_rate_init. The largest absolute value is {scale}."


def _too_strong(params: Any, run: FitRun, rate: float | None) -> list[str]:
    """Hyperparameters that are out of proportion, whatever the learning rate and the data are."""
    optimizer = OPTIMIZERS.get(params.solver)
    decays = optimizer is not None and "weight_decay" in fields_of([optimizer])
    limits = {
        # The penalty then weighs more than the rows of a batch do.
        "alpha": run.solver.batch_size(run.n_rows) * run.state.mean_weight,
        "weight_decay": 1 / (rate or params.learning_rate_init) if decays else math.inf,
        "focal_gamma": 1e3 if _build.loss_key(params)[0] == "focal" else math.inf,
    }
    return [name for name, limit in limits.items() if (getattr(params, name, None) or 0) > limit]


def _scale(run: FitRun) -> str:
    """The largest absolute values in X and, where they are numbers, in y."""
    sizes = run.task.sizes(run.data)
    return " and ".join(f"{size:.3g} in {name}" for name, size in sizes.items())
