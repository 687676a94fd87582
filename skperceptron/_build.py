"""Hyperparameters → core objects. Names are resolved here, once, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, fields
from numbers import Real

import numpy as np

from ._core.activations import HIDDEN_ACTIVATIONS
from ._core.initializers import INITIALIZERS
from ._core.layers import Activated, Dense, Dropout, Layer, SparseDropout
from ._core.layers.dense import DenseProducts, SparseProducts
from ._core.losses import LOSSES, Loss
from ._core.network import Network
from ._core.optimizers import OPTIMIZERS, Optimizer, OptimizerState
from ._core.penalties import PENALTIES, Penalty
from ._core.schedules import SCHEDULES, SGD_SCHEDULES, Schedule

# What only solvers that go batch by batch, epoch by epoch, can use.
STOCHASTIC_PARAMETERS = {
    "batch_size",
    "early_stopping",
    "learning_rate",
    "learning_rate_init",
    "n_iter_no_change",
    "power_t",
    "shuffle",
    "validation_fraction",
}


@dataclass(frozen=True)
class Architecture:
    """What a fitted network keeps for life: its shape, its activations, its dtype."""

    layer_units: tuple[int, ...]  # features, hidden layers, outputs
    activation: str
    output_activation: str
    dtype: np.dtype

    @property
    def n_hidden(self) -> int:
        return len(self.layer_units) - 2


def architecture(params, X, targets) -> Architecture:
    """Shape of the network that the hyperparameters ask for on these data."""
    units = (X.shape[1], *hidden_layer_sizes(params), targets.n_outputs)
    return Architecture(units, params.activation, targets.output_activation, X.dtype)


def check_same_architecture(fitted: Architecture, wanted: Architecture) -> None:
    """Refuse to continue a network as another one."""
    for field in fields(fitted):
        before, now = getattr(fitted, field.name), getattr(wanted, field.name)
        if before != now:
            raise ValueError(
                f"training can't continue with another architecture: {field.name} was {before} "
                f"at the previous call and is {now} now. Set it back, or fit anew with "
                "warm_start=False."
            )


def hidden_layer_sizes(params) -> tuple[int, ...]:
    """``params.hidden_layer_sizes`` as a tuple of positive ints."""
    sizes = np.atleast_1d(np.asarray(params.hidden_layer_sizes))
    if sizes.size == 0:
        return ()
    if sizes.ndim > 1 or not np.issubdtype(sizes.dtype, np.integer):
        raise ValueError(
            "hidden_layer_sizes must be an int or a sequence of ints, got "
            f"{params.hidden_layer_sizes!r}."
        )
    if (sizes <= 0).any():
        raise ValueError(f"hidden_layer_sizes must be > 0, got {params.hidden_layer_sizes!r}.")
    return tuple(sizes.tolist())


def dropout_rates(params) -> tuple[float, ...]:
    """Dropout rate of the inputs, then of each hidden layer."""
    n_hidden = len(hidden_layer_sizes(params))
    rates = params.dropout
    rates = (rates,) * n_hidden if isinstance(rates, Real) else tuple(rates)
    if len(rates) != n_hidden or not all(isinstance(p, Real) and 0 <= p < 1 for p in rates):
        raise ValueError(
            "dropout must be a float, or a sequence with one float for each of the "
            f"{n_hidden} hidden layers, at least 0 and less than 1; got {params.dropout!r}."
        )
    return tuple(float(rate) for rate in (params.input_dropout, *rates))


def inference_network(shape: Architecture) -> Network:
    """The layers that prediction runs through, still to be bound to weights."""
    return Network(_layers(shape, rates=(0.0,) * (shape.n_hidden + 1), generator=None))


def training_network(
    params, shape: Architecture, generator: np.random.Generator, *, sparse: bool
) -> Network:
    """The layers that training runs through: dropout draws from ``generator``."""
    return Network(_layers(shape, dropout_rates(params), generator, sparse=sparse))


def _layers(shape: Architecture, rates, generator, *, sparse: bool = False) -> list[Layer]:
    """The chain of layers; ``sparse`` says whether CSR matrices come in at its bottom."""
    layers: list[Layer] = []
    for depth, rate in enumerate(rates):
        sparse_input = sparse and depth == 0
        if rate > 0:
            layers.append((SparseDropout if sparse_input else Dropout)(rate, generator))
        products = SparseProducts() if sparse_input else DenseProducts()
        layers.append(Dense(*shape.layer_units[depth : depth + 2], products))
        if depth < shape.n_hidden:
            layers.append(Activated(HIDDEN_ACTIVATIONS[shape.activation]()))
    return layers


def initial_weights(shape: Architecture, random_state: np.random.RandomState) -> np.ndarray:
    """A first theta (n_parameters,), drawn layer by layer from the legacy RandomState."""
    layout = inference_network(shape).layout
    theta = np.empty(layout.size, shape.dtype)
    initializer = INITIALIZERS["auto"]()
    for weight, intercept in zip(
        layout.group("weight", theta), layout.group("intercept", theta), strict=True
    ):
        initializer.fill(weight, intercept, shape.activation, random_state)
    return theta


def natural_link(loss: str) -> str:
    """Output activation of a regression loss: the first it is listed with."""
    return next(link for name, link in LOSSES if name == loss)


def loss(params, output_activation: str) -> Loss:
    return LOSSES[params.loss, output_activation]()


def penalties(params) -> list[Penalty]:
    """Those that do something."""
    return [_from_hyperparameters(PENALTIES["l2"], params)] if params.alpha > 0 else []


def optimizer(params) -> Optimizer:
    return _from_hyperparameters(OPTIMIZERS[params.solver], params)


def optimizer_state(params, theta: np.ndarray) -> OptimizerState:
    """State of the solver before its first step."""
    # L-BFGS starts anew at each call.
    n_moments = 0 if params.solver == "lbfgs" else OPTIMIZERS[params.solver].n_moments
    return OptimizerState(np.zeros((n_moments, theta.size), theta.dtype))


def schedule(params) -> Schedule:
    known = SGD_SCHEDULES if params.solver == "sgd" else SCHEDULES
    return _from_hyperparameters(known[params.learning_rate], params)


def unused_parameters(params) -> list[str]:
    """Hyperparameters that were set although the solver has no use for them."""
    known = {field.name for solver in OPTIMIZERS.values() for field in fields(solver)}
    if params.solver == "lbfgs":
        unused = known | STOCHASTIC_PARAMETERS
    else:
        unused = known - {field.name for field in fields(OPTIMIZERS[params.solver])} | {"max_fun"}
    defaults = type(params)().get_params()
    return sorted(name for name in unused if getattr(params, name) != defaults[name])


def _from_hyperparameters(component, params):
    """Make a component whose fields carry the names of the hyperparameters that fill them."""
    values = {field.name: getattr(params, field.name) for field in fields(component)}
    # A NumPy scalar, as a grid over np.logspace has them, would turn float32 into float64.
    plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in values.items()}
    return component(**plain)
