"""Hyperparameters: each is declared once, with its type, default, constraint and solvers.

A group is a class that declares hyperparameters. An estimator's signature lists those of its
groups, from the last base class to the first, as that of a dataclass does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, fields, is_dataclass, make_dataclass, replace
from functools import lru_cache
from inspect import get_annotations, signature
from itertools import chain
from numbers import Integral, Real
from typing import Any, TypeAlias, TypeVar, dataclass_transform

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer_names

from ._compat import HasMethods, Interval, Options, StrOptions
from ._core.activations import HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS, ActivationLike
from ._core.initializers import INITIALIZERS
from ._core.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES, LossLike
from ._core.optimizers import OPTIMIZERS
from ._core.penalties import NORM_CONSTRAINTS
from ._core.schedules import SCHEDULES

T = TypeVar("T")
Class = TypeVar("Class", bound=type)

# What weights to start from can be: a fitted network, or its coefs_ and intercepts_.
Init: TypeAlias = BaseEstimator | tuple[Any, Any] | None

DECLARED = "_declared_parameters"  # where a class has its own

# The solvers that go batch by batch and epoch by epoch, and the one that does not.
STOCHASTIC = frozenset(OPTIMIZERS)
LBFGS = frozenset({"lbfgs"})

AT_LEAST_0 = Interval(Real, 0, None, closed="left")
ABOVE_0 = Interval(Real, 0, None, closed="neither")
FROM_0_TO_1 = Interval(Real, 0, 1, closed="both")
FROM_0_BELOW_1 = Interval(Real, 0, 1, closed="left")
COUNT = Interval(Integral, 1, None, closed="left")
COUNT_OR_0 = Interval(Integral, 0, None, closed="left")


@dataclass(frozen=True)
class Parameter:
    """What is known of a hyperparameter."""

    default: Any
    accepts: list[Any]  # what scikit-learn's validation takes
    solvers: frozenset[str] | None  # that use it
    needs: str | None  # the hyperparameter without which it has no effect
    kw_only: bool
    type: Any = None


def parameter(
    *,
    default: T,
    accepts: list[Any],
    solvers: frozenset[str] | None = None,
    needs: str | None = None,
    kw_only: bool = True,
) -> T:
    """Declare a hyperparameter, in the body of a ``parameter_group``.

    ``accepts`` are scikit-learn's constraints, one of which a value must satisfy. ``solvers`` are
    those that use it. Without them they are the solvers whose class has a field of its name, and
    all if none has. While the hyperparameter ``needs`` has its default, this one has no effect.
    """
    return Parameter(default, accepts, solvers, needs, kw_only)  # type: ignore[return-value]


@dataclass_transform(kw_only_default=True, field_specifiers=(parameter,))
def parameter_group(group: Class) -> Class:
    """Have a class declare the hyperparameters in its body.

    They are taken off the class, so that instances have them only, as if ``__init__`` was written
    out.
    """
    types = get_annotations(group, eval_str=True)
    declared = {}
    for name, p in list(vars(group).items()):
        if isinstance(p, Parameter):
            declared[name] = replace(p, type=types[name])
            delattr(group, name)
    setattr(group, DECLARED, declared)
    return group


@lru_cache(16)  # few, since it keeps them alive
def hyperparameters(estimator: type) -> Mapping[str, Parameter]:
    """What a class and its bases declare, in the order of the signature."""
    groups = [vars(cls).get(DECLARED, {}) for cls in reversed(estimator.__mro__)]
    return {name: p for declared in groups for name, p in declared.items()}


def _with_parameters(estimator: Class) -> Class:
    """Give an estimator the ``__init__`` and the constraints that its groups declare.

    The estimator is no dataclass. Libraries that cache by the fields of a dataclass would take two
    fits with the same hyperparameters for one.
    """
    declared = hyperparameters(estimator)
    columns = [
        (n, p.type, field(default=p.default, kw_only=p.kw_only)) for n, p in declared.items()
    ]
    init = vars(make_dataclass(estimator.__name__, columns))["__init__"]
    init.__module__ = estimator.__module__
    attributes = {
        "__init__": init,
        "_parameter_constraints": {name: p.accepts for name, p in declared.items()},
    }
    for name, value in attributes.items():
        setattr(estimator, name, value)
    return estimator


MYPY = False  # mypy takes it for True
if MYPY:
    # mypy would accept any argument for a class that is transformed and has an untyped base class,
    # as all of scikit-learn's are. So for mypy an estimator inherits the __init__ of its groups.
    with_parameters = _with_parameters
else:

    @dataclass_transform(kw_only_default=True, field_specifiers=(parameter,))
    def with_parameters(estimator: Class) -> Class:
        """Give an estimator the ``__init__`` and the constraints that its groups declare."""
        return _with_parameters(estimator)


# The networks' ---------------------------------------------------------------------------------


@parameter_group
class LayerParameters:
    """The sizes and the activations of the hidden layers."""

    hidden_layer_sizes: int | Sequence[int] | np.ndarray = parameter(
        default=(100,), accepts=["array-like", COUNT], kw_only=False
    )
    activation: str | ActivationLike | Sequence[str | ActivationLike] = parameter(
        default="relu",
        accepts=[
            StrOptions(set(HIDDEN_ACTIVATIONS)),
            HasMethods(["forward", "backward"]),
            "array-like",
        ],
        kw_only=False,
    )


@parameter_group
class SolverParameter:
    """The solver that minimises the objective."""

    solver: str = parameter(default="adam", accepts=[StrOptions({*STOCHASTIC, *LBFGS})])


@parameter_group
class WeightParameters:
    """Penalties, weight decay, dropout, batch normalisation and the norm constraint."""

    alpha: float = parameter(default=0.0001, accepts=[AT_LEAST_0])
    l1_ratio: float = parameter(default=0.0, accepts=[FROM_0_TO_1])
    weight_decay: float | None = parameter(default=None, accepts=[AT_LEAST_0, None])
    dropout: float | Sequence[float] | np.ndarray = parameter(
        default=0.0, accepts=[FROM_0_BELOW_1, "array-like"]
    )
    input_dropout: float = parameter(default=0.0, accepts=[FROM_0_BELOW_1])
    batch_norm: bool = parameter(default=False, accepts=["boolean"])
    max_norm: float | None = parameter(default=None, accepts=[ABOVE_0, None])
    max_norm_order: int = parameter(
        default=2, accepts=[Options(Integral, set(NORM_CONSTRAINTS))], needs="max_norm"
    )


@parameter_group
class TrainingParameters:
    """Initial weights, learning rate, stopping, and the settings of the solvers."""

    weight_init: str = parameter(default="auto", accepts=[StrOptions(set(INITIALIZERS))])
    init: Init = parameter(default=None, accepts=[HasMethods(["fit", "get_params"]), tuple, None])
    n_frozen_layers: int = parameter(default=0, accepts=[COUNT_OR_0])
    batch_size: int | str = parameter(
        default="auto", accepts=[StrOptions({"auto"}), COUNT], solvers=STOCHASTIC
    )
    learning_rate: str | Callable[[float], float] = parameter(
        default="constant", accepts=[StrOptions(set(SCHEDULES)), callable], solvers=STOCHASTIC
    )
    learning_rate_init: float = parameter(default=0.001, accepts=[ABOVE_0], solvers=STOCHASTIC)
    power_t: float = parameter(default=0.5, accepts=[AT_LEAST_0], solvers=STOCHASTIC)
    warmup_epochs: int = parameter(default=0, accepts=[COUNT_OR_0], solvers=STOCHASTIC)
    learning_rate_decay: float = parameter(
        default=0.95, accepts=[Interval(Real, 0, 1, closed="right")], solvers=STOCHASTIC
    )
    learning_rate_step: int = parameter(default=10, accepts=[COUNT], solvers=STOCHASTIC)
    learning_rate_min: float = parameter(default=0.0, accepts=[AT_LEAST_0], solvers=STOCHASTIC)
    schedule_epochs: int | None = parameter(default=None, accepts=[COUNT, None], solvers=STOCHASTIC)
    clip_norm: float | None = parameter(default=None, accepts=[ABOVE_0, None], solvers=STOCHASTIC)
    max_iter: int = parameter(default=200, accepts=[COUNT])
    shuffle: bool = parameter(default=True, accepts=["boolean"], solvers=STOCHASTIC)
    random_state: int | np.random.RandomState | None = parameter(
        default=None, accepts=["random_state"]
    )
    tol: float | None = parameter(default=0.0001, accepts=[AT_LEAST_0, None])
    verbose: bool | int = parameter(default=False, accepts=["verbose"])
    warm_start: bool = parameter(default=False, accepts=["boolean"])
    momentum: float = parameter(default=0.9, accepts=[FROM_0_TO_1])
    nesterovs_momentum: bool = parameter(default=True, accepts=["boolean"])
    early_stopping: bool = parameter(default=False, accepts=["boolean"], solvers=STOCHASTIC)
    validation_fraction: float = parameter(
        default=0.1, accepts=[FROM_0_BELOW_1], solvers=STOCHASTIC
    )
    scoring: str | Callable[..., float] | None = parameter(
        default=None,
        accepts=[StrOptions({"loss", *get_scorer_names()}), callable, None],
        solvers=STOCHASTIC,
        needs="early_stopping",
    )
    beta_1: float = parameter(default=0.9, accepts=[FROM_0_BELOW_1])
    beta_2: float = parameter(default=0.999, accepts=[FROM_0_BELOW_1])
    epsilon: float = parameter(default=1e-8, accepts=[ABOVE_0])
    n_iter_no_change: int | float = parameter(
        default=10, accepts=[COUNT, Options(Real, {math.inf})], solvers=STOCHASTIC
    )
    max_fun: int = parameter(default=15000, accepts=[COUNT], solvers=LBFGS)
    dtype: str | None = parameter(default=None, accepts=[StrOptions({"float32", "float64"}), None])


@parameter_group
class ClassificationLoss:
    """The loss of a classifier."""

    loss: str | LossLike = parameter(
        default="log_loss",
        accepts=[
            StrOptions({name for name, _ in CLASSIFICATION_LOSSES}),
            HasMethods("values_and_gradient"),
        ],
    )


@parameter_group
class RegressionLoss:
    """The loss of a regressor."""

    loss: str | LossLike = parameter(
        default="squared_error",
        accepts=[
            StrOptions({name for name, _ in REGRESSION_LOSSES}),
            HasMethods("values_and_gradient"),
        ],
    )


@parameter_group
class ClassParameters:
    """How classes and their weights enter the loss."""

    label_smoothing: float = parameter(default=0.0, accepts=[FROM_0_BELOW_1])
    focal_gamma: float = parameter(default=2.0, accepts=[AT_LEAST_0])
    class_weight: dict[Any, Any] | list[dict[Any, Any]] | str | None = parameter(
        default=None, accepts=[dict, list, StrOptions({"balanced"}), None]
    )


@parameter_group
class OutputParameters:
    """The output activation of a regressor, and the settings of its losses."""

    output_activation: str = parameter(
        default="auto", accepts=[StrOptions({"auto", *OUTPUT_ACTIVATIONS} - {"softmax"})]
    )
    huber_epsilon: float = parameter(default=1.35, accepts=[ABOVE_0])
    quantile: float = parameter(default=0.5, accepts=[Interval(Real, 0, 1, closed="neither")])


@parameter_group
class BottleneckParameters:
    """The bottleneck, and the output activation of reconstructions."""

    bottleneck: int | None = parameter(default=None, accepts=[Integral, None])
    output_activation: str = parameter(
        default="identity", accepts=[StrOptions(set(OUTPUT_ACTIVATIONS) - {"softmax"})]
    )


@parameter_group
class ClassifierParameters(
    TrainingParameters,
    ClassParameters,
    WeightParameters,
    ClassificationLoss,
    SolverParameter,
    LayerParameters,
):
    """The hyperparameters of MLPClassifier."""


@parameter_group
class RegressorParameters(
    TrainingParameters,
    OutputParameters,
    WeightParameters,
    RegressionLoss,
    SolverParameter,
    LayerParameters,
):
    """The hyperparameters of MLPRegressor."""


@parameter_group
class AutoencoderParameters(
    TrainingParameters,
    WeightParameters,
    SolverParameter,
    BottleneckParameters,
    LayerParameters,
):
    """The hyperparameters of MLPAutoencoder, two of which have other values than elsewhere."""

    hidden_layer_sizes: int | Sequence[int] | np.ndarray = parameter(
        default=(64, 2, 64), accepts=["array-like", COUNT], kw_only=False
    )
    # Scorers with a name compare with what predict returns.
    scoring: str | Callable[..., float] | None = parameter(
        default=None,
        accepts=[StrOptions({"loss"}), callable, None],
        solvers=STOCHASTIC,
        needs="early_stopping",
    )


# What others leave without effect --------------------------------------------------------------


def fields_of(components: Iterable[object]) -> set[str]:
    """The hyperparameters that fill components of these classes."""
    kinds = [kind for kind in components if isinstance(kind, type) and is_dataclass(kind)]
    return {field.name for kind in kinds for field in fields(kind)}


LOSSES = CLASSIFICATION_LOSSES | REGRESSION_LOSSES
OF_LOSSES = fields_of(LOSSES.values())

# What tunes single schedules. Not in it: power_t, which scikit-learn has too, and schedule_epochs,
# which loops of partial_fit may set whatever the schedule.
OF_SCHEDULES = fields_of(SCHEDULES.values()) - {"learning_rate_init", "power_t", "schedule_epochs"}


@lru_cache(64)
def unused_by(solver: str, estimator: type) -> frozenset[str]:
    """The hyperparameters of such an estimator that the solver leaves without effect."""
    own = {solver: fields_of([kind]) for solver, kind in OPTIMIZERS.items()}
    used_by = {
        name: p.solvers or {solver for solver, names in own.items() if name in names}
        for name, p in hyperparameters(estimator).items()
    }
    return frozenset(name for name, solvers in used_by.items() if solvers and solver not in solvers)


def unused_parameters(params: Any) -> dict[str, list[str]]:
    """Hyperparameters that were set although others leave them without effect, by the reason.

    Those that scikit-learn has too are in it where the solver ignores them, as it does itself.
    """
    loss, schedule = params.loss, params.learning_rate
    losses = [kind for (name, _), kind in LOSSES.items() if isinstance(loss, str) and name == loss]
    schedules = [SCHEDULES[schedule]] if isinstance(schedule, str) else []
    unused: dict[str, Set[str]] = {
        f"solver={params.solver!r}": unused_by(params.solver, params.__class__),
        f"loss={_shown(loss)}": OF_LOSSES - fields_of(losses),
        f"learning_rate={_shown(schedule)}": OF_SCHEDULES - fields_of(schedules),
    }
    if getattr(params, "n_frozen_layers", 0):  # their inputs have no dropout
        unused[f"n_frozen_layers={params.n_frozen_layers}"] = {"input_dropout"}
    kind: Any = type(params)
    declared = hyperparameters(kind)
    for name, p in declared.items():
        if p.needs is not None:
            absent = declared[p.needs].default
            if not _differs(getattr(params, p.needs), absent):
                reason = f"{p.needs}={absent!r}"
                unused[reason] = unused.get(reason, frozenset()) | {name}
    return _that_were_set(params, unused)


def _that_were_set(params: Any, unused: Mapping[str, Set[str]]) -> dict[str, list[str]]:
    """The names whose values are no defaults, each with the first reason that there is."""
    defaults, seen, found = defaults_of(params.__class__), set[str](), {}
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


def _differs(value: object, default: object) -> bool:
    """Whether a hyperparameter is not its default, whatever object it is."""
    try:
        return value is not default and bool(value != default)
    except Exception:  # an array, or an object that does not compare
        return True


def _shown(given: object) -> str:
    """A name as it was given; of anything else the kind."""
    return repr(given) if isinstance(given, str) else f"<{type(given).__name__}>"


@lru_cache(16)  # few, since it keeps them alive
def defaults_of(estimator: type) -> dict[str, Any]:
    """Defaults of the hyperparameters: a subclass may have changed some and left others out."""
    own = [vars(cls).get("__init__") for cls in reversed(estimator.__mro__)]
    parameters = chain.from_iterable(signature(init).parameters.values() for init in own if init)
    return {p.name: p.default for p in parameters if p.default is not p.empty}
