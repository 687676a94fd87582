"""The ground floor: what every other module speaks of."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

# Elements that a pass over long vectors works on at a time: a few such blocks stay in the cache.
BLOCK = 65536

# Largest bounds, by type, that leave room for the rounding of sums of so large numbers.
RANGES = {dtype: float(np.finfo(dtype).max) / 4 for dtype in ("f", "d")}


@lru_cache
def blocks(start: int, stop: int) -> tuple[slice, ...]:
    """Slices that cut the elements from ``start`` to ``stop`` into blocks."""
    return tuple(slice(i, min(i + BLOCK, stop)) for i in range(start, stop, BLOCK))


def norm(values: Array) -> float:
    """Euclidean norm of an array, in one pass that allocates nothing.

    Infinite where the squares overflow.
    """
    flat = values.reshape(-1)
    return math.sqrt(np.dot(flat, flat))


def in_range(bound: float, dtype: np.dtype[Any]) -> float:
    """``bound``, infinity where sums of such numbers could overflow."""
    return bound if bound <= RANGES[dtype.char] else math.inf


class StepSize(NamedTuple):
    """How far an optimizer's step went, for what must keep pace with it: the proximal step.

    A gradient that never changes would have moved the weights by ``length · gain`` times it.
    """

    length: Array  # of each parameter's step (n_parameters,), or (1,) for all
    gain: float  # sum of the weights that momentum has given to past gradients
    longest: Array | float = math.inf  # the proximal step moves no weight further
