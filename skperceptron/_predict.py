"""Prediction: rows are validated, run through the network, and checked on the way out.

Nothing here is kept in an estimator, and nothing of an estimator is kept here: every call reads
the weights from the attributes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial, wraps
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar, cast
from weakref import ref

import numpy as np
from scipy.sparse import issparse, vstack

from ._architecture import WHOLE, Architecture, inference_network
from ._attributes import ATTRIBUTES, group_names, published_group
from ._compat import as_finite, validate_X
from ._core.network import Network
from ._core.types import Array
from ._inputs import is_ready, is_surely_finite

# Rows that prediction works on at a time, so that its memory does not grow with the data: fewer
# where a layer has so many units that this many outputs do not have room for them.
PREDICTION_BLOCK = 4096
LARGEST_BLOCK = 4096 * 1024
FEWEST_ROWS = 64

KINDS = ("csr", "csc")  # of sparse matrices that rows are taken of

# How often a CSC matrix is read at most, to take rows of it.
CSC_PASSES = 64

published = attrgetter(*ATTRIBUTES.values())  # of an estimator, all lists of arrays in one call
kind_of = attrgetter("shape", "dtype")
ARRAYS = {np.ndarray}  # and no subclass of it, which may multiply in another way

Read = Callable[[Array], Any]  # what makes a result of a network's outputs, (n, n_units)
Convert = Callable[[Any], Any]  # what makes arrays or CSR matrices of the network's dtype of rows


F = TypeVar("F", bound=Callable[..., Any])


def _in_a_block(function: F) -> F:
    @wraps(function)
    def quiet(*args: Any, **kwargs: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)

    return cast(F, quiet)


# Has NumPy not warn while a function runs: what is not finite is found, and reported as what it is.
# NumPy's own decorator takes half as long, but before NumPy 2 it was not made for threads.
quietly: Callable[[F], F]
quietly = _in_a_block if np.__version__.startswith("1.") else np.errstate(all="ignore")


def predict(estimator: Any, X: Any, read: Callable[[Any, Array], Any]) -> Any:
    """What ``read`` makes of a fitted estimator's targets and raw scores, (n, n_outputs).

    Scores, or results, that are not finite raise an error.
    """
    targets = estimator._targets

    def checked(scores: Array) -> Any:
        result = read(targets, check_finite(scores, "X"))
        return check_finite(result, "X") if result.dtype.kind == "f" else result

    return predictor(estimator._architecture)(estimator, X, checked)


def hidden_activations(estimator: Any, X: Any, layer: int) -> Any:
    """Outputs (n, n_units) of a hidden layer of a fitted estimator, counted from 0."""
    layers = predictor(estimator._architecture, slice(layer + 1))
    return layers(estimator, X, lambda outputs: check_finite(outputs, "X"))


def check_finite(values: Array, name: str) -> Array:
    """Return what a network puts out, refused by the name of what was put in if it overflows."""
    if is_surely_finite(values) or np.isfinite(values).all():
        return values
    raise ValueError(
        f"{name} has values so large that the outputs of the network overflow {values.dtype}: "
        "check them, and scale X as the training data were. Check weights too, if you set them."
    )


def _as_it_is(block: Any) -> Any:
    return block


class Predictor:
    """Runs rows through the network of an architecture, or through some of its hidden layers.

    It keeps only what follows from the architecture, which does not change: the layers, and where
    the weights of each are to be found. The weights are read from the attributes at each call,
    whoever has replaced a list, an array in a list, or numbers in an array since. So nothing can be
    out of date, any number of estimators and threads may share one, and there is nothing to pickle
    or to copy.
    """

    def __init__(self, architecture: Architecture, part: slice = WHOLE) -> None:
        self._dtype = architecture.dtype
        self._network = inference_network(architecture, part)
        layout = inference_network(architecture).layout
        shapes = {group: layout.shapes(group) for group in group_names(layout)}
        self._shapes, dtype = shapes, architecture.dtype
        self._wanted = [[(shape, dtype) for shape in shapes[group]] for group in ATTRIBUTES]
        self._others = [(group, shapes[group]) for group in shapes if group not in ATTRIBUTES]
        places: dict[str, range] = {}  # of each group among the arrays of all groups
        n_arrays = 0
        for group, wanted in shapes.items():
            places[group] = range(n_arrays, n_arrays + len(wanted))
            n_arrays += len(wanted)
        by_spec = architecture.by_spec(layout.arrange(places))
        self._places = self._network.by_layer(list(chain.from_iterable(by_spec[part])))

    @quietly
    def __call__(self, estimator: Any, X: Any, read: Read, *, validated: bool = False) -> Any:
        """What ``read`` makes of the outputs (n, n_units), block of rows by block of rows.

        X is as the user gave it unless it is ``validated``. An array that is as it should be in
        every way is not asked twice: for one row scikit-learn's validation takes several times as
        long as the network.
        """
        convert: Convert = _as_it_is
        if not (validated or is_ready(X, estimator, self._dtype)):
            X = validate_X(
                estimator, X, "X", reset=False, accept_sparse=KINDS, ensure_all_finite=False
            )
            convert = partial(as_finite, dtype=self._dtype, name="X", estimator=estimator)
        infer, parameters = self._network.infer, self._parameters(estimator)
        if X.shape[0] <= FEWEST_ROWS <= PREDICTION_BLOCK:
            return read(infer(convert(X), parameters))
        blocks = row_blocks(X, block_size(self._network))
        return joined([read(infer(convert(block), parameters)) for block in blocks])

    def _parameters(self, estimator: Any) -> list[list[Array]]:
        """The arrays in the attributes, layer by layer, if their shapes are right."""
        arrays: list[Array] = []
        for kinds, found, group in zip(self._wanted, published(estimator), ATTRIBUTES, strict=True):
            if found is None and not kinds:
                continue
            try:
                fit = list(map(kind_of, found)) == kinds and {*map(type, found)} <= ARRAYS
            except (AttributeError, TypeError):  # lists of numbers, or no list
                fit = False
            if fit:
                arrays.extend(found)
            else:
                arrays.extend(published_group(estimator, group, self._shapes[group]))
        for group, wanted in self._others:
            arrays.extend(published_group(estimator, group, wanted))
        return [[arrays[place] for place in places] for places in self._places]


def predictor(architecture: Architecture, part: slice = WHOLE) -> Predictor:
    """The predictor of this very architecture, made at the first call and kept as long as it."""
    key = id(architecture), part.start, part.stop
    known = _known.get(key)
    if known is None or known[0]() is not architecture:
        known = ref(architecture, lambda _: _known.pop(key, None)), Predictor(architecture, part)
        _known[key] = known
    return known[1]


# By identity, since comparing two architectures takes longer than all else here. Whatever becomes
# of them, they are never stored with estimators, and every process has its own.
_known: dict[tuple[int, int | None, int | None], tuple[ref[Architecture], Predictor]] = {}


# Blocks of rows --------------------------------------------------------------------------------


def block_size(network: Network) -> int:
    """How many rows to work on at a time."""
    shapes = [parameter.shape for parameter in network.layout.parameters]
    return rows_per_block(max((shape[-1] for shape in shapes if shape), default=1))


def rows_per_block(n_units: int) -> int:
    """The same for a layer of so many units."""
    return min(PREDICTION_BLOCK, max(FEWEST_ROWS, LARGEST_BLOCK // n_units))


def joined(blocks: list[Any]) -> Any:
    """The results of all blocks in one."""
    if len(blocks) == 1:
        return blocks[0]
    return vstack(blocks, format="csr") if issparse(blocks[0]) else np.concatenate(blocks)


def row_blocks(X: Any, rows: int) -> Iterator[Any]:
    """Cut X into blocks of so many rows."""
    n_rows = X.shape[0]
    if issparse(X) and X.format == "csc":
        # Rows are found by a pass over the whole matrix, so there are not to be many.
        size = max(rows, math.ceil(n_rows / CSC_PASSES))
        for start in range(0, n_rows, size):
            yield from row_blocks(X[start : start + size].tocsr(), rows)
    else:
        for start in range(0, n_rows, rows):
            yield X[start : start + rows]
