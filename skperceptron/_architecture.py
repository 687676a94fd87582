"""What a network is made of: the specs of its layers, and the core layers that they stand for.

A new kind of layer is a class of the core and a spec here. The layout of the parameters, the
attributes that hold them, summary and conversion follow from the specs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, pairwise
from numbers import Integral, Real
from typing import Any, ClassVar, TypeVar

import numpy as np

from ._core.activations import HIDDEN_ACTIVATIONS, ActivationLike
from ._core.initializers import INITIALIZERS
from ._core.layers import ActivationLayer, BatchNorm, Dense, Dropout, Layer, SparseDropout
from ._core.layers.dense import DenseProducts, Fill, SparseProducts
from ._core.network import Network
from ._core.parameters import Layout, Parameter
from ._core.types import Array
from ._lowered import DenseStep, Normalisation, OtherStep, Step

T = TypeVar("T")

WHOLE = slice(None)  # of a network

# What the parameters of batch normalisation are at the start.
BATCH_NORM_START = {"scale": 1, "shift": 0, "mean": 0, "variance": 1}
MOST_LAYERS = 10_000


# Specs ---------------------------------------------------------------------------------------


class LayerSpec(ABC):
    """Interface of the description of one layer, as a user counts layers.

    Subclasses are frozen dataclasses. Two specs are the same if their fields are, and specs whose
    fields have a hash share one network for prediction. A spec says nothing of the data, of
    training or of dropout, and holds no arrays of parameters.
    """

    n_inputs: int
    n_outputs: int
    activation: str | ActivationLike | None = None  # that the layer ends in, if it has one
    batch_norm: bool = False

    @abstractmethod
    def layers(self, *, sparse: bool = False, fill: Fill | None = None) -> list[Layer]:
        """New core layers, which together map (n, n_inputs) to (n, n_outputs).

        ``sparse`` says that CSR matrices come in: raise ValueError if the layers can't take them.
        ``fill`` gives the weight and the intercept of a dense layer their first values, and is
        given where ``initialise`` is to be called.
        """

    def lower(self, parameters: Sequence[Array]) -> tuple[Step, ...]:
        """What the layer computes at prediction, given its arrays in the order of ``parameters``.

        A layer that is no chain of known steps is one step that readers refuse by its name.
        """
        return (OtherStep(activation=None, name=self.name, parameters=tuple(parameters)),)

    @property
    def name(self) -> str:
        """What to call this kind of layer."""
        return type(self).__name__.removesuffix("Spec")

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameter arrays that the layers ask for, in their order."""
        return tuple(chain.from_iterable(layer.parameters for layer in self.layers()))


@dataclass(frozen=True)
class DenseSpec(LayerSpec):
    """A fully connected layer, with batch normalisation or without, and its activation."""

    n_inputs: int
    n_outputs: int
    activation: str | ActivationLike | None = None  # None for the output layer: raw scores
    batch_norm: bool = False

    def layers(self, *, sparse: bool = False, fill: Fill | None = None) -> list[Layer]:
        products = SparseProducts() if sparse else DenseProducts()
        layers: list[Layer] = [Dense(self.n_inputs, self.n_outputs, products, fill)]
        if self.batch_norm:
            layers.append(BatchNorm(self.n_outputs))
        if self.activation is not None:
            layers.append(ActivationLayer(_activation(self.activation)))
        return layers

    def lower(self, parameters: Sequence[Array]) -> tuple[Step, ...]:
        weight, intercept, *rest = parameters
        normalisation = None
        if self.batch_norm:
            scale, shift, mean, variance = rest
            normalisation = Normalisation(scale, shift, mean, variance, BatchNorm.epsilon)
        return (DenseStep(self.activation, weight, intercept, normalisation),)


def dense_specs(
    layer_units: Sequence[int],
    activations: Sequence[str | ActivationLike],
    *,
    batch_norm: bool = False,
) -> tuple[DenseSpec, ...]:
    """Specs of dense layers: ``layer_units`` are features, hidden layers and scores."""
    *hidden, output = pairwise(layer_units)
    return (
        *(
            DenseSpec(fan_in, fan_out, activation, batch_norm)
            for (fan_in, fan_out), activation in zip(hidden, activations, strict=True)
        ),
        DenseSpec(*output),
    )


# Architectures -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Architecture:
    """What a fitted network keeps for life: its layers, its output activation, its dtype."""

    specs: tuple[LayerSpec, ...]  # of the hidden layers and, last, of the output
    output_activation: str
    dtype: np.dtype[Any]
    n_frozen: int = 0  # of the hidden layers, the first ones: they are not trained

    # What errors about another architecture name, in this order: the first that differs.
    facets: ClassVar[tuple[str, ...]] = (
        "layer_units",
        "activations",
        "output_activation",
        "batch_norm",
        "dtype",
        "specs",
    )

    def __post_init__(self) -> None:
        for lower, upper in pairwise(self.specs):
            if lower.n_outputs != upper.n_inputs:
                raise ValueError(
                    f"{upper} must take as many inputs as {lower} before it has outputs."
                )

    @property
    def layer_units(self) -> tuple[int, ...]:
        """Features, hidden layers, outputs."""
        return (self.specs[0].n_inputs, *(spec.n_outputs for spec in self.specs))

    @property
    def activations(self) -> tuple[str | ActivationLike | None, ...]:
        """Of the hidden layers."""
        return tuple(spec.activation for spec in self.specs[:-1])

    @property
    def batch_norm(self) -> bool:
        """Whether a layer has batch normalisation."""
        return any(spec.batch_norm for spec in self.specs)

    @property
    def n_hidden(self) -> int:
        return len(self.specs) - 1

    @property
    def layout(self) -> Layout:
        """Where the parameters of such a network lie."""
        layout = inference_network(self).layout
        if self.n_frozen == 0:
            return layout
        frozen = chain.from_iterable(spec.parameters for spec in self.specs[: self.n_frozen])
        return Layout(layout.parameters, len(list(frozen)))

    def by_spec(self, arrays: Iterable[T]) -> list[list[T]]:
        """Parameter arrays, or what stands for them, in the layers' order, spec by spec."""
        remaining = iter(arrays)
        return [[next(remaining) for _ in spec.parameters] for spec in self.specs]


def architecture(
    specs: tuple[LayerSpec, ...],
    n_features: int,
    n_scores: int,
    output_activation: str,
    dtype: np.dtype[Any],
    n_frozen: int = 0,
) -> Architecture:
    """The architecture of these layers, if they are for such data."""
    ends = specs[0].n_inputs, specs[-1].n_outputs
    if ends != (n_features, n_scores):
        raise ValueError(
            f"the layers take {ends[0]} features and return {ends[1]} scores, and the data have "
            f"{n_features} features and need {n_scores} scores."
        )
    return Architecture(specs, output_activation, dtype, n_frozen)


def check_same_architecture(fitted: Architecture, wanted: Architecture) -> None:
    """Refuse to continue a network as another one."""
    for name in Architecture.facets:
        before, now = getattr(fitted, name), getattr(wanted, name)
        if not alike(before, now):
            raise ValueError(
                f"training can't continue with another architecture: {name} was "
                f"{name_of(before)} at the previous call and is {name_of(now)} now. Set it back, "
                "or fit anew with warm_start=False."
            )


def alike(one: Any, other: Any) -> bool:
    """Whether two parts of an architecture are equal; specs and objects by their contents."""
    if one is other or type(one) in (str, int, bool, float):  # what nearly all of them are
        return bool(one is other or one == other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    by_contents = isinstance(one, LayerSpec | ActivationLike) and hasattr(one, "__dict__")
    if by_contents and type(one) is type(other):
        ours, theirs = vars(one), vars(other)
        return ours.keys() == theirs.keys() and all(alike(ours[k], theirs[k]) for k in ours)
    return bool(one == other)


def name_of(given: Any) -> str:
    """How to call a name or number, a function, an object of the user's, or several of them."""
    if isinstance(given, tuple):
        return f"({', '.join(map(name_of, given))})"
    if isinstance(given, ActivationLike):
        return type(given).__name__
    return str(given)


# From hyperparameters ------------------------------------------------------------------------


def hidden_layer_sizes(params: Any) -> tuple[int, ...]:
    """``params.hidden_layer_sizes`` as a tuple of positive ints."""
    given = params.hidden_layer_sizes
    if _is_endless(given):
        raise ValueError(
            f"hidden_layer_sizes must have at most {MOST_LAYERS} layers, got {len(given)}."
        )
    if type(given) is tuple and all(type(size) is int and size > 0 for size in given):
        return tuple(given)  # what it nearly always is
    try:
        # As objects, since integers beyond 64 bits would become floats beside smaller ones.
        sizes = np.atleast_1d(np.asarray(given, dtype=object))
    except ValueError:  # sequences in it, of different lengths
        sizes = np.array(["ragged"])
    if sizes.size == 0:
        return ()
    integral = all(isinstance(size, Integral) and not isinstance(size, bool) for size in sizes.flat)
    if sizes.ndim > 1 or not integral:
        raise ValueError(f"hidden_layer_sizes must be an int or a sequence of ints, got {given!r}.")
    if (sizes <= 0).any():
        raise ValueError(f"hidden_layer_sizes must be > 0, got {given!r}.")
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


def _is_activation(given: Any) -> bool:
    """Whether it is an object to use as it is; a class has the same members, but wants making."""
    if isinstance(given, type) or not isinstance(given, ActivationLike):
        return False
    return given.saves in ("input", "output")


def _in_order(given: Any) -> tuple[Any, ...]:
    """The elements of a sequence, none of what has no order or is no sequence."""
    unordered = isinstance(given, (Mapping, Set)) or not np.iterable(given)
    return () if unordered or _is_endless(given) else tuple(given)


def _is_endless(given: Any) -> bool:
    """Whether it has more elements than networks have layers, as ``range(10**9)`` has."""
    return hasattr(type(given), "__len__") and len(given) > MOST_LAYERS


def dropout_rates(params: Any, n_hidden: int | None = None) -> tuple[float, ...]:
    """Dropout rate of the inputs, then of each hidden layer: by default as many as have a size."""
    n_hidden = len(hidden_layer_sizes(params)) if n_hidden is None else n_hidden
    rates = params.dropout
    rates = (rates,) * n_hidden if isinstance(rates, Real) else _in_order(rates)
    if len(rates) != n_hidden or not all(map(_is_rate, rates)):
        raise ValueError(
            "dropout must be a float, or a sequence with one float for each of the "
            f"{n_hidden} hidden layers, at least 0 and less than 1; got {params.dropout!r}."
        )
    return tuple(float(rate) for rate in (params.input_dropout, *rates))


def n_frozen_layers(params: Any, n_hidden: int) -> int:
    """``params.n_frozen_layers``, if there are as many hidden layers: the output is trained."""
    n_frozen = int(params.n_frozen_layers)
    if n_frozen > n_hidden:
        raise ValueError(
            f"n_frozen_layers={n_frozen} is more than the {n_hidden} hidden layers of "
            f"hidden_layer_sizes={params.hidden_layer_sizes!r}: only hidden layers can be frozen."
        )
    return n_frozen


def _is_rate(given: Any) -> bool:
    return isinstance(given, Real) and not isinstance(given, bool) and 0 <= float(given) < 1


# Networks ------------------------------------------------------------------------------------


def inference_network(architecture: Architecture, part: slice = WHOLE) -> Network:
    """The layers that prediction runs through, which keep nothing and so serve everybody.

    With ``part`` only some of the hidden layers and the output, which count from 0.
    """
    try:
        return _known_network(architecture, part.start, part.stop)
    except TypeError:  # an activation of the user's that has no hash
        return _inference_network(architecture, part)


@lru_cache(64)
def _known_network(architecture: Architecture, start: int | None, stop: int | None) -> Network:
    return _inference_network(architecture, slice(start, stop))


def _inference_network(architecture: Architecture, part: slice) -> Network:
    return _network(spec.layers() for spec in architecture.specs[part])


def _network(blocks: Iterable[Sequence[Layer]]) -> Network:
    return Network(list(chain.from_iterable(blocks)))


def training_network(
    params: Any, architecture: Architecture, generator: np.random.Generator, *, sparse: bool
) -> Network:
    """The layers that training runs through: dropout draws from ``generator``.

    They take what the frozen layers put out. ``sparse`` says whether CSR matrices come in.
    """
    n_frozen = architecture.n_frozen
    rates = dropout_rates(params, architecture.n_hidden)[n_frozen:]
    layers: list[Layer] = []
    for depth, (spec, rate) in enumerate(zip(architecture.specs[n_frozen:], rates, strict=True)):
        sparse_input = sparse and depth == 0
        if rate > 0:
            layers.append((SparseDropout if sparse_input else Dropout)(rate, generator))
        layers += spec.layers(sparse=sparse_input)
    return Network(layers)


def _activation(given: str | ActivationLike) -> ActivationLike:
    return HIDDEN_ACTIVATIONS[given]() if isinstance(given, str) else given


def initial_parameters(
    params: Any, architecture: Architecture, random_state: np.random.RandomState
) -> Array:
    """A first theta (n_parameters,), drawn layer by layer from the legacy RandomState."""
    # scikit-learn draws the output layer by the hidden layers' rule.
    hidden = architecture.activations
    rules = (*hidden, hidden[-1] if hidden else params.activation)
    initializer = INITIALIZERS[params.weight_init]
    fills = [partial(initializer.fill, logistic=_is_logistic(rule)) for rule in rules]
    network = _network(
        spec.layers(fill=fill) for spec, fill in zip(architecture.specs, fills, strict=True)
    )
    theta = network.initial(random_state, architecture.dtype)
    return architecture.layout.rearranged(theta, network.layout)


def _is_logistic(given: Any) -> bool:
    return isinstance(given, str) and given in ("logistic", "sigmoid")


def nonsmooth_activations(architecture: Architecture) -> list[str]:
    """Those of the trained hidden layers whose derivative jumps, by name."""
    trained = architecture.activations[architecture.n_frozen :]
    names = [name for name in trained if isinstance(name, str)]
    return [name for name in names if HIDDEN_ACTIVATIONS[name].nonsmooth]
