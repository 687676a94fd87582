"""Hyperparameters → core objects. Names are resolved here, once, and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache, partial
from itertools import chain
from numbers import Integral, Real
from typing import Any

import numpy as np

from ._core.activations import HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS, ActivationLike
from ._core.initializers import INITIALIZERS
from ._core.layers import ActivationLayer, BatchNorm, Dense, Dropout, Layer, SparseDropout
from ._core.layers.dense import DenseProducts, SparseProducts
from ._core.lbfgs import LBFGS
from ._core.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES, ComposedLoss, Loss, LossLike
from ._core.network import Network
from ._core.objective import Regularisation
from ._core.optimizers import OPTIMIZERS, ClipByGlobalNorm, Optimizer
from ._core.parameters import Layout
from ._core.penalties import L1, L2, NORM_CONSTRAINTS, Penalty, ProximalPenalty
from ._core.schedules import SCHEDULES, SGD_SCHEDULES, FromCallable, Schedule, WarmUp
from ._core.stopping import Stopping
from ._core.training import Solver, Stochastic
from ._parameters import LOSSES, OF_LOSSES

Losses = Mapping[tuple[str, str], type[Loss]]  # by name and output activation

WHOLE = slice(None)  # of a network

# What the parameters of batch normalisation are at the start.
BATCH_NORM_START = {"scale": 1, "shift": 0, "mean": 0, "variance": 1}
MOST_LAYERS = 10_000


@dataclass(frozen=True)
class Architecture:
    """What a fitted network keeps for life: its shape, its activations, its dtype."""

    layer_units: tuple[int, ...]  # features, hidden layers, outputs
    activations: tuple[str | ActivationLike, ...]  # of the hidden layers
    output_activation: str
    batch_norm: bool
    dtype: np.dtype

    @property
    def n_hidden(self) -> int:
        return len(self.layer_units) - 2


def architecture(
    params, X, activations: tuple[str | ActivationLike, ...], n_outputs: int, output_activation: str
) -> Architecture:
    """Shape of the network that the hyperparameters ask for on these data."""
    return Architecture(
        layer_units=(X.shape[1], *hidden_layer_sizes(params), n_outputs),
        activations=activations,
        output_activation=output_activation,
        batch_norm=params.batch_norm,
        dtype=X.dtype,
    )


def check_same_architecture(fitted: Architecture, wanted: Architecture) -> None:
    """Refuse to continue a network as another one."""
    for field in fields(fitted):
        before, now = getattr(fitted, field.name), getattr(wanted, field.name)
        if not _alike(before, now):
            raise ValueError(
                f"training can't continue with another architecture: {field.name} was "
                f"{name_of(before)} at the previous call and is {name_of(now)} now. Set it back, "
                "or fit anew with warm_start=False."
            )


def _alike(one, other) -> bool:
    """Whether two fields of an architecture are equal; objects of the user's, by their contents."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if type(one) is type(other) and hasattr(one, "__dict__") and isinstance(one, ActivationLike):
        ours, theirs = vars(one), vars(other)
        return ours.keys() == theirs.keys() and all(_alike(ours[k], theirs[k]) for k in ours)
    return one == other


def name_of(given) -> str:
    """How to call a name or number, a function, an object of the user's, or several of them."""
    if isinstance(given, tuple):
        return f"({', '.join(map(name_of, given))})"
    if isinstance(given, ActivationLike):
        return type(given).__name__
    return str(given)


def hidden_layer_sizes(params: Any) -> tuple[int, ...]:
    """``params.hidden_layer_sizes`` as a tuple of positive ints."""
    if _is_endless(params.hidden_layer_sizes):
        raise ValueError(
            f"hidden_layer_sizes must have at most {MOST_LAYERS} layers, got "
            f"{len(params.hidden_layer_sizes)}."
        )
    try:
        # As objects, since integers beyond 64 bits would become floats beside smaller ones.
        sizes = np.atleast_1d(np.asarray(params.hidden_layer_sizes, dtype=object))
    except ValueError:  # sequences in it, of different lengths
        sizes = np.array(["ragged"])
    if sizes.size == 0:
        return ()
    integral = all(isinstance(size, Integral) and not isinstance(size, bool) for size in sizes.flat)
    if sizes.ndim > 1 or not integral:
        raise ValueError(
            "hidden_layer_sizes must be an int or a sequence of ints, got "
            f"{params.hidden_layer_sizes!r}."
        )
    if (sizes <= 0).any():
        raise ValueError(f"hidden_layer_sizes must be > 0, got {params.hidden_layer_sizes!r}.")
    return tuple(map(int, sizes.tolist()))


def activations(params: Any, linear: int | None = None) -> tuple[str | ActivationLike, ...]:
    """Activation of each hidden layer: a name, or an object of the user's.

    ``linear`` is the layer that one activation for all leaves out, if there is such.
    """
    n_hidden = len(hidden_layer_sizes(params))
    given = params.activation
    if isinstance(given, str) or _is_activation(given) or not np.iterable(given):
        chosen = tuple("identity" if layer == linear else given for layer in range(n_hidden))
    else:
        chosen = _in_order(given)
    if len(chosen) != n_hidden:
        raise ValueError(
            "activation must be one for all hidden layers, or a sequence with one for each of "
            f"the {n_hidden} hidden layers; got {given!r}."
        )
    for activation in chosen:
        known = isinstance(activation, str) and activation in HIDDEN_ACTIVATIONS
        if not (known or _is_activation(activation)):
            raise ValueError(
                f"activation must be one of {sorted(HIDDEN_ACTIVATIONS)}, or an object with "
                "saves ('output' or 'input'), forward(z) and backward(saved, delta), got "
                f"{activation!r}."
            )
    return tuple(str(a) if isinstance(a, str) else a for a in chosen)


def _is_activation(given) -> bool:
    """Whether it is an object to use as it is; a class has the same members, but wants making."""
    if isinstance(given, type) or not isinstance(given, ActivationLike):
        return False
    return given.saves in ("input", "output")


def _in_order(given) -> tuple:
    """The elements of a sequence, none of what has no order or is no sequence."""
    unordered = isinstance(given, (Mapping, Set)) or not np.iterable(given)
    return () if unordered or _is_endless(given) else tuple(given)


def _is_endless(given) -> bool:
    """Whether it has more elements than networks have layers, as ``range(10**9)`` has."""
    return hasattr(type(given), "__len__") and len(given) > MOST_LAYERS


def dropout_rates(params: Any) -> tuple[float, ...]:
    """Dropout rate of the inputs, then of each hidden layer."""
    n_hidden = len(hidden_layer_sizes(params))
    rates = params.dropout
    rates = (rates,) * n_hidden if isinstance(rates, Real) else _in_order(rates)
    if len(rates) != n_hidden or not all(map(_is_rate, rates)):
        raise ValueError(
            "dropout must be a float, or a sequence with one float for each of the "
            f"{n_hidden} hidden layers, at least 0 and less than 1; got {params.dropout!r}."
        )
    return tuple(float(rate) for rate in (params.input_dropout, *rates))


def _is_rate(given) -> bool:
    return isinstance(given, Real) and not isinstance(given, bool) and 0 <= given < 1


def inference_network(shape: Architecture, part: slice = WHOLE) -> Network:
    """The layers that prediction runs through, which keep nothing and so serve everybody.

    With ``part`` only some of the hidden layers and the output, which count from 0.
    """
    try:
        return _known_network(shape, part.start, part.stop)
    except TypeError:  # an activation of the user's that has no hash
        return _inference_network(shape, part)


@lru_cache(64)
def _known_network(shape: Architecture, start: int | None, stop: int | None) -> Network:
    return _inference_network(shape, slice(start, stop))


def _inference_network(shape: Architecture, part: slice) -> Network:
    blocks = _blocks(shape, rates=(0.0,) * (shape.n_hidden + 1), generator=None)
    return Network(list(chain.from_iterable(blocks[part])))


def layout_of(shape: Architecture) -> Layout:
    """Where the parameters of such a network lie."""
    return _layout(shape.layer_units, shape.batch_norm)


@lru_cache
def _layout(layer_units: tuple[int, ...], batch_norm: bool) -> Layout:
    activations = ("identity",) * (len(layer_units) - 2)
    shape = Architecture(layer_units, activations, "identity", batch_norm, np.dtype(float))
    return inference_network(shape).layout


def training_network(
    params, shape: Architecture, generator: np.random.Generator, *, sparse: bool
) -> Network:
    """The layers that training runs through: dropout draws from ``generator``."""
    blocks = _blocks(shape, dropout_rates(params), generator, sparse=sparse)
    return Network(list(chain.from_iterable(blocks)))


def _blocks(
    shape: Architecture, rates, generator, *, fills=None, sparse: bool = False
) -> list[list[Layer]]:
    """The chain of layers: a list for each hidden layer, and one for the output.

    ``fills`` are what gives dense layers their first values, where that is wanted, and ``sparse``
    says whether CSR matrices come in.
    """
    blocks = []
    fills = [None] * len(rates) if fills is None else fills
    for depth, (rate, fill) in enumerate(zip(rates, fills, strict=True)):
        sparse_input = sparse and depth == 0
        block: list[Layer] = []
        if rate > 0:
            block.append((SparseDropout if sparse_input else Dropout)(rate, generator))
        products = SparseProducts() if sparse_input else DenseProducts()
        fan_in, fan_out = shape.layer_units[depth : depth + 2]
        block.append(Dense(fan_in, fan_out, products, fill))
        if depth < shape.n_hidden:
            if shape.batch_norm:
                block.append(BatchNorm(fan_out))
            block.append(ActivationLayer(_activation(shape.activations[depth])))
        blocks.append(block)
    return blocks


def _activation(given: str | ActivationLike) -> ActivationLike:
    return HIDDEN_ACTIVATIONS[given]() if isinstance(given, str) else given


def initial_parameters(
    params, shape: Architecture, random_state: np.random.RandomState
) -> np.ndarray:
    """A first theta (n_parameters,), drawn layer by layer from the legacy RandomState."""
    # scikit-learn draws the output layer by the hidden layers' rule.
    rules = (*shape.activations, shape.activations[-1] if shape.n_hidden else params.activation)
    initializer = INITIALIZERS[params.weight_init]
    fills = [partial(initializer.fill, logistic=_is_logistic(rule)) for rule in rules]
    blocks = _blocks(shape, rates=(0.0,) * len(rules), generator=None, fills=fills)
    return Network(list(chain.from_iterable(blocks))).initial(random_state, shape.dtype)


def _is_logistic(given: str | ActivationLike) -> bool:
    return isinstance(given, str) and given in ("logistic", "sigmoid")


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


def nonsmooth_activations(shape: Architecture) -> list[str]:
    """Those whose derivative jumps, by name."""
    names = [name for name in shape.activations if isinstance(name, str)]
    return [name for name in names if HIDDEN_ACTIVATIONS[name].nonsmooth]


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
    radius = params.max_norm
    constraints = [] if radius is None else [NORM_CONSTRAINTS[params.max_norm_order](float(radius))]
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


def l1_strength(params) -> float:
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
