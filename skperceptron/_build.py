"""Hyperparameters → core objects. Names are resolved here, once, and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from ._core.activations import OUTPUT_ACTIVATIONS
from ._core.lbfgs import LBFGS
from ._core.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES, ComposedLoss, Loss, LossLike
from ._core.objective import Regularisation
from ._core.optimizers import OPTIMIZERS, ClipByGlobalNorm, Optimizer
from ._core.penalties import L1, L2, NORM_CONSTRAINTS, Penalty, ProximalPenalty
from ._core.schedules import SCHEDULES, SGD_SCHEDULES, FromCallable, Schedule, WarmUp
from ._core.stopping import Stopping
from ._core.training import Solver, Stochastic
from ._parameters import LOSSES, OF_LOSSES

Losses = Mapping[tuple[str, str], type[Loss]]  # by name and output activation


def check_loss(params: Any) -> None:
    """Refuse a class: it has the method of a loss, but wants making."""
    if isinstance(params.loss, type):
        raise ValueError(
            f"loss must be a name or an object with values_and_gradient(scores, y), got the class "
            f"{params.loss.__name__}: make an object of it."
        )


def classifier_output_activation(params: Any, natural: str) -> str:
    """Output activation of a classifier, where ``natural`` makes probabilities of scores."""
    return natural if is_probabilistic(params) else "identity"


def is_probabilistic(params: Any) -> bool:
    """Whether the scores of a classifier trained with this loss stand for probabilities."""
    return all(kind.probabilistic for kind in _loss_classes(CLASSIFICATION_LOSSES, params).values())


def is_nonsmooth(params: Any) -> bool:
    """Whether the gradient of the loss jumps; of an object of the user's, nobody knows."""
    kinds = _loss_classes(LOSSES, params).values()
    return any(kind.nonsmooth for kind in kinds)


def is_minimised_by_mean(params: Any) -> bool:
    """Whether a regressor trained with this loss predicts means; of the user's own nobody knows."""
    kinds = _loss_classes(REGRESSION_LOSSES, params).values()
    return bool(kinds) and all(kind.minimised_by_mean for kind in kinds)


# The hyperparameters that say what the loss is, and those that say what is added to it.
LOSS_PARAMETERS = tuple(sorted(OF_LOSSES))
PENALTY_PARAMETERS = ("alpha", "l1_ratio", "label_smoothing")


def loss_key(params: Any) -> tuple[object, ...]:
    """Tells losses apart: equal only where their values can be compared.

    Objects of the user's are taken for equal, since those of another process never are.
    """
    named = params.loss if isinstance(params.loss, str) else None
    return (named, *(getattr(params, name, None) for name in LOSS_PARAMETERS))


def objective_key(params: Any) -> tuple[object, ...]:
    """Tells what is minimised apart, as ``loss_key`` does."""
    return (*loss_key(params), *(getattr(params, name, None) for name in PENALTY_PARAMETERS))


def stopping(params: Any, schedule: Schedule) -> Stopping:
    """When to stop: without ``tol`` never."""
    if params.tol is None:
        return Stopping(0.0, math.inf)
    return Stopping(params.tol, params.n_iter_no_change, schedule.n_rising_epochs)


def regressor_output_activation(params: Any) -> str:
    """Output activation of a regressor: as asked for, or the loss's own."""
    known = list(_loss_classes(REGRESSION_LOSSES, params)) or ["identity"]
    if params.output_activation == "auto":
        return known[0]
    if params.output_activation not in known and "identity" not in known:
        raise ValueError(
            f"output_activation={params.output_activation!r} has no meaning with "
            f"loss={params.loss!r}: it must be 'auto' or one of {sorted(known)}."
        )
    return str(params.output_activation)


def check_target_range(params: Any, y: np.ndarray, name: str) -> None:
    """Refuse regression targets that the loss is not defined for."""
    for loss in _loss_classes(REGRESSION_LOSSES, params).values():
        for extreme in (y.min(), y.max()):
            if not loss.target_interval.includes(extreme):
                condition = loss.target_interval.condition(name)
                raise ValueError(f"loss={params.loss!r} requires {condition}, got {extreme:.6g}.")


def classification_loss(params: Any, output_activation: str) -> LossLike:
    return _loss(CLASSIFICATION_LOSSES, params, output_activation, takes_scores=True)


def regression_loss(params: Any, output_activation: str) -> LossLike:
    takes_scores = output_activation == "identity"
    return _loss(REGRESSION_LOSSES, params, output_activation, takes_scores=takes_scores)


def _loss(losses: Losses, params: Any, output_activation: str, *, takes_scores: bool) -> LossLike:
    """The loss of raw scores; ``takes_scores`` says whether an object of the user's is one."""
    known = _loss_classes(losses, params)
    if output_activation in known:
        loss: LossLike = _from_hyperparameters(known[output_activation], params)
        return loss
    named = isinstance(params.loss, str)
    of_outputs: LossLike = (
        _from_hyperparameters(known["identity"], params) if named else params.loss
    )
    if takes_scores and not named:
        return of_outputs
    return ComposedLoss(of_outputs, OUTPUT_ACTIVATIONS[output_activation]())


def _loss_classes(losses: Losses, params: Any) -> dict[str, type[Loss]]:
    """The classes of the loss, by output activation; none for an object of the user's."""
    if not isinstance(params.loss, str):
        return {}
    return {output: kind for (name, output), kind in losses.items() if name == params.loss}


def scores_per_output(loss: LossLike) -> int:
    """How many scores the loss reads for each output: 1 of an object of the user's."""
    return loss.scores_per_output if isinstance(loss, Loss) else 1


def regularisation(params: Any) -> Regularisation:
    """What keeps the weights small, without what does nothing."""
    smooth, nonsmooth = _penalties(params)
    kind: Any = NORM_CONSTRAINTS[params.max_norm_order]
    constraints = [] if params.max_norm is None else [kind(float(params.max_norm))]
    # A solver that takes no proximal steps has a way of its own with L1.
    proximal = nonsmooth if "proximal" in SOLVERS[params.solver].supports else []
    return Regularisation(smooth, proximal, constraints)


def penalties(params: Any) -> list[Penalty | ProximalPenalty]:
    """All penalties that do something, whatever it is that minimises them."""
    smooth, nonsmooth = _penalties(params)
    return [*smooth, *nonsmooth]


def _penalties(params: Any) -> tuple[list[Penalty], list[ProximalPenalty]]:
    l1, l2 = l1_strength(params), float(params.alpha) * (1 - float(params.l1_ratio))
    return [L2(l2)] if l2 > 0 else [], [L1(l1)] if l1 > 0 else []


def l1_strength(params: Any) -> float:
    return float(params.alpha) * float(params.l1_ratio)


def optimizer(params: Any) -> Optimizer:
    chosen = _from_hyperparameters(OPTIMIZERS[params.solver], params)
    return chosen if params.clip_norm is None else ClipByGlobalNorm(chosen, float(params.clip_norm))


SOLVERS: dict[str, type[Solver]] = {**dict.fromkeys(OPTIMIZERS, Stochastic), "lbfgs": LBFGS}


def solver(params: Any) -> Solver:
    """What minimises, anew for each call of fit."""
    return _stochastic(params) if SOLVERS[params.solver] is Stochastic else _lbfgs(params)


def _stochastic(params: Any) -> Stochastic:
    planned = schedule(params)
    batch_size = 200 if params.batch_size == "auto" else int(params.batch_size)
    return Stochastic(
        optimizer(params),
        planned,
        stopping(params, planned),
        batch_size=batch_size,
        shuffle=params.shuffle,
    )


def _lbfgs(params: Any) -> LBFGS:
    return LBFGS(
        l1_strength(params), is_nonsmooth(params), max_fun=params.max_fun, tol=params.tol or 0.0
    )


def schedule(params: Any) -> Schedule:
    if callable(params.learning_rate):
        chosen: Schedule = FromCallable(params.learning_rate)
    else:
        known = SGD_SCHEDULES if params.solver == "sgd" else SCHEDULES
        horizon = params.max_iter if params.schedule_epochs is None else params.schedule_epochs
        chosen = _from_hyperparameters(
            known[params.learning_rate], params, schedule_epochs=int(horizon)
        )
    return WarmUp(chosen, int(params.warmup_epochs)) if params.warmup_epochs else chosen


def _from_hyperparameters(component: Any, params: Any, **resolved: Any) -> Any:
    """Make a component whose fields carry the names of the hyperparameters that fill them."""
    names = [field.name for field in fields(component)] if is_dataclass(component) else []
    values = {name: resolved.get(name, getattr(params, name)) for name in names}
    return component(**{name: plain(value) for name, value in values.items()})


def plain(value: Any) -> Any:
    """Return a hyperparameter so that arithmetic with arrays leaves these their dtype.

    A NumPy scalar, as a grid over np.logspace has them, would turn float32 into float64, and an
    integer beyond 64 bits into objects.
    """
    value = value.item() if isinstance(value, np.generic) else value
    large = isinstance(value, int) and 2**63 <= value < 2**1023
    return float(value) if large or isinstance(value, np.longdouble) else value
