"""Hyperparameters → core objects. Names are resolved here, once, and nowhere else."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from functools import lru_cache
from inspect import signature
from itertools import chain

import numpy as np

from ._architecture import Architecture
from ._core.activations import OUTPUT_ACTIVATIONS
from ._core.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES, ComposedLoss, Loss, LossLike
from ._core.objective import Regularisation
from ._core.optimizers import OPTIMIZERS, ClipByGlobalNorm, Optimizer, OptimizerState
from ._core.penalties import L1, L2, NORM_CONSTRAINTS, Penalty, ProximalPenalty
from ._core.schedules import SCHEDULES, SGD_SCHEDULES, FromCallable, Schedule, WarmUp
from ._core.stopping import Stopping

# What only solvers that go batch by batch, epoch by epoch, can use.
STOCHASTIC_PARAMETERS = {
    "batch_size",
    "clip_norm",
    "early_stopping",
    "learning_rate",
    "learning_rate_decay",
    "learning_rate_init",
    "learning_rate_min",
    "learning_rate_step",
    "n_iter_no_change",
    "power_t",
    "schedule_epochs",
    "scoring",
    "shuffle",
    "validation_fraction",
    "warmup_epochs",
}


def _fields_of(components) -> set[str]:
    """The hyperparameters that fill components of these classes."""
    return {field.name for kind in components if is_dataclass(kind) for field in fields(kind)}


OF_SOLVERS = _fields_of(OPTIMIZERS.values())
OF_LOSSES = _fields_of([*CLASSIFICATION_LOSSES.values(), *REGRESSION_LOSSES.values()])

# What tunes single schedules. Not in it: power_t, which scikit-learn has too, and schedule_epochs,
# which loops of partial_fit may set whatever the schedule.
OF_SCHEDULES = {"learning_rate_decay", "learning_rate_min", "learning_rate_step"}


def check_loss(params) -> None:
    """Refuse a class: it has the method of a loss, but wants making."""
    if isinstance(params.loss, type):
        raise ValueError(
            f"loss must be a name or an object with values_and_gradient(scores, y), got the class "
            f"{params.loss.__name__}: make an object of it."
        )


def classification_link(params, natural: str) -> str:
    """Output activation of a classifier, where ``natural`` makes probabilities of scores."""
    return natural if is_probabilistic(params) else "identity"


def is_probabilistic(params) -> bool:
    """Whether the scores of a classifier trained with this loss stand for probabilities."""
    return all(kind.probabilistic for kind in _links(CLASSIFICATION_LOSSES, params).values())


def is_nonsmooth(params) -> bool:
    """Whether the gradient of the loss jumps; of an object of the user's, nobody knows."""
    kinds = _links(CLASSIFICATION_LOSSES | REGRESSION_LOSSES, params).values()
    return any(kind.nonsmooth for kind in kinds)


def is_minimised_by_mean(params) -> bool:
    """Whether a regressor trained with this loss predicts means; of the user's own nobody knows."""
    kinds = _links(REGRESSION_LOSSES, params).values()
    return bool(kinds) and all(kind.minimised_by_mean for kind in kinds)


# The hyperparameters that say what the loss is, and those that say what is added to it.
LOSS_PARAMETERS = ("quantile", "huber_epsilon", "focal_gamma")
PENALTY_PARAMETERS = ("alpha", "l1_ratio", "label_smoothing")


def loss_key(params) -> tuple:
    """Tells losses apart: equal only where their values can be compared.

    Objects of the user's are taken for equal, since those of another process never are.
    """
    named = params.loss if isinstance(params.loss, str) else None
    return (named, *(getattr(params, name, None) for name in LOSS_PARAMETERS))


def objective_key(params) -> tuple:
    """Tells what is minimised apart, as ``loss_key`` does."""
    return (*loss_key(params), *(getattr(params, name, None) for name in PENALTY_PARAMETERS))


def stopping(params, schedule: Schedule) -> Stopping:
    """When to stop: without ``tol`` never."""
    if params.tol is None:
        return Stopping(0.0, math.inf)
    return Stopping(params.tol, params.n_iter_no_change, schedule.n_rising_epochs)


def regression_link(params) -> str:
    """Output activation of a regressor: as asked for, or the loss's own."""
    known = list(_links(REGRESSION_LOSSES, params)) or ["identity"]
    if params.output_activation == "auto":
        return known[0]
    if params.output_activation not in known and "identity" not in known:
        raise ValueError(
            f"output_activation={params.output_activation!r} has no meaning with "
            f"loss={params.loss!r}: it must be 'auto' or one of {sorted(known)}."
        )
    return params.output_activation


def check_target_range(params, y, name: str) -> None:
    """Refuse regression targets that the loss is not defined for."""
    for loss in _links(REGRESSION_LOSSES, params).values():
        smallest = loss.smallest_target
        if y.min() < smallest or (loss.smallest_excluded and y.min() == smallest):
            sign = ">" if loss.smallest_excluded else ">="
            raise ValueError(
                f"loss={params.loss!r} requires {name} {sign} {smallest:g}, got {y.min():.6g}."
            )


def classification_loss(params, link: str) -> LossLike:
    return _loss(CLASSIFICATION_LOSSES, params, link, takes_scores=True)


def regression_loss(params, link: str) -> LossLike:
    return _loss(REGRESSION_LOSSES, params, link, takes_scores=link == "identity")


def _loss(losses, params, link: str, *, takes_scores: bool) -> LossLike:
    """The loss of raw scores; ``takes_scores`` says whether an object of the user's is one."""
    if not isinstance(params.loss, str):
        return (
            params.loss if takes_scores else ComposedLoss(params.loss, OUTPUT_ACTIVATIONS[link]())
        )
    known = _links(losses, params)
    if link in known:
        return _from_hyperparameters(known[link], params)
    of_predictions = _from_hyperparameters(known["identity"], params)
    return ComposedLoss(of_predictions, OUTPUT_ACTIVATIONS[link]())


def _links(losses, params) -> dict:
    """The links that the loss has a class for; none for an object of the user's."""
    if not isinstance(params.loss, str):
        return {}
    return {link: kind for (name, link), kind in losses.items() if name == params.loss}


def scores_per_output(loss: LossLike) -> int:
    """How many scores the loss reads for each output: 1 of an object of the user's."""
    return loss.scores_per_output if isinstance(loss, Loss) else 1


def regularisation(params) -> Regularisation:
    """What keeps the weights small, without what does nothing."""
    smooth, nonsmooth = _penalties(params)
    radius = params.max_norm
    constraints = [] if radius is None else [NORM_CONSTRAINTS[params.max_norm_order](float(radius))]
    # L-BFGS has a way of its own with L1.
    return Regularisation(smooth, [] if params.solver == "lbfgs" else nonsmooth, constraints)


def penalties(params) -> list[Penalty | ProximalPenalty]:
    """All penalties that do something, whatever it is that minimises them."""
    smooth, nonsmooth = _penalties(params)
    return [*smooth, *nonsmooth]


def _penalties(params) -> tuple[list[Penalty], list[ProximalPenalty]]:
    l1, l2 = l1_strength(params), float(params.alpha) * (1 - float(params.l1_ratio))
    return [L2(l2)] if l2 > 0 else [], [L1(l1)] if l1 > 0 else []


def l1_strength(params) -> float:
    return float(params.alpha) * float(params.l1_ratio)


def optimizer(params) -> Optimizer:
    chosen = _from_hyperparameters(OPTIMIZERS[params.solver], params)
    return chosen if params.clip_norm is None else ClipByGlobalNorm(chosen, float(params.clip_norm))


def optimizer_state(params, architecture: Architecture) -> OptimizerState:
    """State of the solver before its first step."""
    layout = architecture.layout
    if params.solver == "lbfgs":  # it starts anew at each call
        return OptimizerState(np.zeros((0, layout.trainable.stop), architecture.dtype))
    return OPTIMIZERS[params.solver].init(layout, architecture.dtype)


def n_moments(params) -> int:
    """Vectors that the solver keeps from step to step: L-BFGS starts anew at each call."""
    return 0 if params.solver == "lbfgs" else OPTIMIZERS[params.solver].n_moments


def batch_size(params, n_rows: int) -> int:
    """Rows of a batch, of as many as there are."""
    return min(n_rows, 200 if params.batch_size == "auto" else int(params.batch_size))


def too_strong(params, rate: float | None, n_rows: int, mean_weight: float) -> list[str]:
    """Hyperparameters that are out of proportion, whatever the learning rate and the data are."""
    solver = OPTIMIZERS.get(params.solver)  # None for L-BFGS
    decays = solver is not None and "weight_decay" in _fields_of([solver])
    limits = {
        # The penalty then weighs more than the rows of a batch do.
        "alpha": batch_size(params, n_rows) * mean_weight,
        "weight_decay": 1 / (rate or params.learning_rate_init) if decays else math.inf,
        "focal_gamma": 1e3 if loss_key(params)[0] == "focal" else math.inf,
    }
    return [name for name, limit in limits.items() if (getattr(params, name, None) or 0) > limit]


def schedule(params) -> Schedule:
    if callable(params.learning_rate):
        chosen: Schedule = FromCallable(params.learning_rate)
    else:
        known = SGD_SCHEDULES if params.solver == "sgd" else SCHEDULES
        horizon = params.max_iter if params.schedule_epochs is None else params.schedule_epochs
        chosen = _from_hyperparameters(
            known[params.learning_rate], params, schedule_epochs=int(horizon)
        )
    return WarmUp(chosen, int(params.warmup_epochs)) if params.warmup_epochs else chosen


def unused_parameters(params) -> dict[str, list[str]]:
    """Hyperparameters that were set although others leave them without effect, by the reason.

    Those that scikit-learn has too are in it where the solver ignores them, as it does itself.
    """
    if params.solver == "lbfgs":
        by_solver = OF_SOLVERS | STOCHASTIC_PARAMETERS
    else:
        by_solver = OF_SOLVERS - _fields_of([OPTIMIZERS[params.solver]]) | {"max_fun"}
    losses = _links(CLASSIFICATION_LOSSES | REGRESSION_LOSSES, params)
    named = isinstance(params.learning_rate, str)
    schedules = [SCHEDULES[params.learning_rate]] if named else []
    unused = {
        f"solver={params.solver!r}": by_solver,
        f"loss={_shown(params.loss)}": OF_LOSSES - _fields_of(losses.values()),
        f"learning_rate={_shown(params.learning_rate)}": OF_SCHEDULES - _fields_of(schedules),
    }
    if not params.early_stopping:
        unused["early_stopping=False"] = {"scoring"}
    if params.max_norm is None:
        unused["max_norm=None"] = {"max_norm_order"}
    return _that_were_set(params, unused)


def _that_were_set(params, unused: dict[str, set[str]]) -> dict[str, list[str]]:
    """The names whose values are no defaults, each with the first reason that there is."""
    defaults, seen, found = _defaults(type(params)), set(), {}
    for reason, names in unused.items():
        changed = {
            name
            for name in names - seen
            if name in defaults and _differs(getattr(params, name), defaults[name])
        }
        seen |= changed
        if changed:
            found[reason] = sorted(changed)
    return found


def _differs(value, default) -> bool:
    """Whether a hyperparameter is not its default, whatever object it is."""
    try:
        return value is not default and bool(value != default)
    except Exception:  # an array, or an object that does not compare
        return True


def _shown(given) -> str:
    """A name as it was given; of anything else the kind."""
    return repr(given) if isinstance(given, str) else f"<{type(given).__name__}>"


@lru_cache(16)  # few, since it keeps them alive
def _defaults(estimator: type) -> dict:
    """Defaults of the hyperparameters: a subclass may have changed some and left others out."""
    owners = [cls for cls in reversed(estimator.__mro__) if "__init__" in vars(cls)]
    parameters = chain.from_iterable(signature(cls.__init__).parameters.values() for cls in owners)
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _from_hyperparameters(component, params, **resolved):
    """Make a component whose fields carry the names of the hyperparameters that fill them."""
    names = [field.name for field in fields(component)] if is_dataclass(component) else []
    values = {name: resolved.get(name, getattr(params, name)) for name in names}
    return component(**{name: plain(value) for name, value in values.items()})


def plain(value):
    """Return a hyperparameter so that arithmetic with arrays leaves these their dtype.

    A NumPy scalar, as a grid over np.logspace has them, would turn float32 into float64, and an
    integer beyond 64 bits into objects.
    """
    value = value.item() if isinstance(value, np.generic) else value
    large = isinstance(value, int) and 2**63 <= value < 2**1023
    return float(value) if large or isinstance(value, np.longdouble) else value
