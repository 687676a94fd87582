"""Weights that ``init`` gives to the first layers of a network: a fitted network's, or arrays."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from ._architecture import Architecture, alike, name_of
from ._attributes import PARAMETERS, as_arrays, finite_arrays, published_parameters
from ._core.types import Array

PLACES = {"weight": "coefs of init", "intercept": "intercepts of init"}


class Source(ABC):
    """Interface of what the weights of the first layers are taken from."""

    @abstractmethod
    def check(self, architecture: Architecture, feature_names: Array | None) -> None:
        """Refuse a network whose first layers are others, by the names of hyperparameters.

        ``feature_names`` are those of the columns of X, None where the columns have no names.
        """

    @abstractmethod
    def fill(self, architecture: Architecture, theta: Array) -> None:
        """Overwrite the parameters in ``theta`` (n_parameters,) that the source has."""

    @abstractmethod
    def is_whole(self, architecture: Architecture) -> bool:
        """Whether no layer of such a network is left to be drawn."""


class FittedNetwork(Source):
    """The hidden layers of a fitted network, or the encoder of an autoencoder."""

    def __init__(self, network: Any) -> None:
        self._network, self._architecture = network, network._architecture
        self._specs = self._architecture.specs[: network._n_encoding_layers]

    def check(self, architecture: Architecture, feature_names: Array | None) -> None:
        name = f"the {type(self._network).__name__} in init"
        n_layers = len(self._specs)
        if n_layers == 0:
            raise ValueError(
                f"{name} has no hidden layers, and its output layer is not taken over: pass a "
                "network with hidden layers, a tuple (coefs, intercepts), or None."
            )
        sizes, hidden = tuple(s.n_outputs for s in self._specs), architecture.layer_units[1:-1]
        if hidden[:n_layers] != sizes:
            raise ValueError(
                f"hidden_layer_sizes must begin with {sizes}, as {name} does, got {hidden}."
            )
        n_features, given = self._specs[0].n_inputs, architecture.layer_units[0]
        if given != n_features:
            raise ValueError(
                f"{name} was fitted to {n_features} features, but X has {given} features."
            )
        self._check_names(name, feature_names)
        activations = tuple(spec.activation for spec in self._specs)
        if not alike(activations, architecture.activations[:n_layers]):
            asked = (*activations, *architecture.activations[n_layers:])
            raise ValueError(
                f"activation must begin with {_shown(activations)}, as {name} does, got "
                f"{_shown(architecture.activations)}: pass activation={_shown(asked)}."
            )
        specs = architecture.specs[:n_layers]
        batch_norm = any(spec.batch_norm for spec in self._specs)
        if batch_norm != any(spec.batch_norm for spec in specs):
            raise ValueError(f"batch_norm must be {batch_norm}, as in {name}.")
        if not alike(self._specs, specs):
            raise ValueError(
                f"the first layers must be those of {name}, {_shown(self._specs)}, got "
                f"{_shown(specs)}."
            )
        for arrays in self._arrays():
            finite_arrays(arrays, architecture.dtype, f"the weights of {name}")

    def fill(self, architecture: Architecture, theta: Array) -> None:
        views = architecture.by_spec(architecture.layout.views(theta))
        for own, places in zip(self._arrays(), views, strict=False):
            for array, place in zip(own, places, strict=True):
                place[...] = array

    def is_whole(self, architecture: Architecture) -> bool:
        return False  # the output layer is drawn

    def _check_names(self, name: str, feature_names: Array | None) -> None:
        """Refuse columns of other names: the weights are for the columns by their places."""
        known = getattr(self._network, "feature_names_in_", None)
        if known is None or feature_names is None or np.array_equal(known, feature_names):
            return
        place = int(np.argmax(known != feature_names))
        raise ValueError(
            f"X must have the columns that {name} was fitted to, in the same order: the column at "
            f"index {place} was {known[place]!r} and is {feature_names[place]!r}. If the columns "
            "are the same under other names, pass X as an array."
        )

    def _arrays(self) -> list[list[Array]]:
        """The parameters of each layer."""
        layout = self._architecture.layout
        arrays = layout.arrange(published_parameters(self._network, layout))
        by_layer: list[list[Array]] = self._architecture.by_spec(arrays)
        return by_layer[: len(self._specs)]


class Arrays(Source):
    """Weights and intercepts of the first layers, in the order of ``coefs_``."""

    def __init__(self, groups: Mapping[str, Sequence[Array]]) -> None:
        self._groups = groups

    def check(self, architecture: Architecture, feature_names: Array | None) -> None:
        for group, arrays in self._groups.items():
            wanted, given = architecture.layout.shapes(group), [array.shape for array in arrays]
            if given != wanted[: len(given)]:
                raise ValueError(
                    f"the {PLACES[group]} must have the shapes {wanted}, or the first of them, by "
                    "the columns of X, hidden_layer_sizes, and the outputs or classes of y, got "
                    f"{given}."
                )
            finite_arrays(arrays, architecture.dtype, f"the {PLACES[group]}")

    def fill(self, architecture: Architecture, theta: Array) -> None:
        for group, arrays in self._groups.items():
            places = architecture.layout.group(group, theta)
            for array, place in zip(arrays, places, strict=False):
                place[...] = array

    def is_whole(self, architecture: Architecture) -> bool:
        return len(self._groups["weight"]) == len(architecture.layout.shapes("weight"))


def source_of(params: Any) -> Source | None:
    """What ``params.init`` gives, refused by its name if nothing can start from it."""
    given = params.init
    if given is None:
        return None
    if isinstance(given, tuple):
        return _arrays(given)
    network = given.estimator if isinstance(given, FrozenEstimator) else given
    if network is params:
        raise ValueError(
            "init must be another network than the one that is fitted: pass a fitted copy of it, "
            "or set warm_start=True to continue from its own weights."
        )
    if not hasattr(type(network), "_n_encoding_layers"):
        raise ValueError(
            "init must be a fitted MLPAutoencoder, MLPClassifier or MLPRegressor, a tuple (coefs, "
            f"intercepts), or None, got {_kind(network)}. Of a pipeline pass the last step."
        )
    try:
        return FittedNetwork(network._as_fitted())
    except NotFittedError as error:
        raise ValueError(
            f"init must be a fitted network, and this {_kind(network)} is not fitted: call "
            "its fit first. In the param_grid of a search, which clones what it tries, pass "
            "sklearn.frozen.FrozenEstimator(network)."
        ) from error


def _arrays(given: tuple[Any, ...]) -> Arrays:
    if len(given) != len(PARAMETERS):
        raise ValueError(
            "init must be a tuple (coefs, intercepts) of two lists of arrays, got a tuple of "
            f"{len(given)}."
        )
    groups = {
        group: as_arrays(arrays, f"the {PLACES[group]}")
        for group, arrays in zip(PARAMETERS, given, strict=True)
    }
    n_coefs, n_intercepts = map(len, groups.values())
    if n_coefs != n_intercepts:
        raise ValueError(
            "init must have coefs and intercepts of as many layers, got "
            f"{n_coefs} and {n_intercepts}."
        )
    return Arrays(groups)


class ClassOf:
    """What is shown of a network: its class alone."""

    def __init__(self, network: Any) -> None:
        self._name = type(network).__name__

    def __repr__(self) -> str:
        return f"{self._name}(...)"


def shown_init(init: Any) -> Any:
    """What to show of ``init``: of the network before the network in ``init`` the class alone.

    To print an estimator takes scikit-learn twice as long for each network in another one.
    """
    network = init.estimator if isinstance(init, FrozenEstimator) else init
    if not hasattr(getattr(network, "init", None), "get_params"):
        return init
    shown = copy.copy(network)
    shown.init = ClassOf(network.init)
    return FrozenEstimator(shown) if isinstance(init, FrozenEstimator) else shown


def _kind(given: Any) -> str:
    return f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__


def _shown(given: tuple[Any, ...]) -> str:
    """A tuple as Python writes it if it has names only."""
    return repr(given) if all(isinstance(each, str) for each in given) else name_of(given)
