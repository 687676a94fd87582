"""Elementwise work that one walk through memory is enough for.

NumPy takes a walk per operation. Numba, an optional extra, compiles a loop that takes one for all
of them and rounds the same, so that work may change from one to the other at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import ClassVar

from .types import Array

# Elements that NumPy is given, by all kernels, before loops are compiled: a second or two of
# training. Importing Numba and compiling take less, and gain that much in a few seconds more.
PATIENCE = 200_000_000


class Kernel:
    """``run`` is NumPy's ``calls`` or, where there is Numba and enough to do, the ``loop``.

    Both are functions of the same arrays, and leave the same in them to the last bit. The first
    array has as many elements as there is work.
    """

    all: ClassVar[list[Kernel]] = []
    n_elements: ClassVar[int] = 0  # that NumPy's calls were given

    def __init__(self, calls: Callable[..., None], loop: Callable[..., None]) -> None:
        self.calls, self.loop = calls, loop
        self.run: Callable[..., None] = self._wait
        self.all.append(self)

    def settle(self) -> None:
        """Wait no longer."""
        self.run = compiled(self.loop) if available() else self.calls

    def _wait(self, first: Array, *others: Array) -> None:
        Kernel.n_elements += first.size
        if Kernel.n_elements > PATIENCE:
            self.settle()
            try:
                self.run(first, *others)
                return
            except Exception:
                # It can't compile: the disk is full, say. Nothing has changed, and NumPy goes on.
                self.run = self.calls
        self.calls(first, *others)


@cache
def available() -> bool:
    """Whether Numba is there, and goes with the rest of what is installed."""
    try:
        import numba  # noqa: F401
    except Exception:  # ImportError, but some pairs of versions know no better than others
        return False
    return True


@cache
def compiled(loop: Callable[..., None]) -> Callable[..., None]:
    """The loop, to be compiled at its first call, or read where an earlier process kept it."""
    from numba import njit

    result: Callable[..., None]
    # Division as NumPy has it, without a branch for 0, can run in vector registers.
    try:
        result = njit(cache=True, nogil=True, error_model="numpy")(loop)
    except RuntimeError:  # there is nowhere to write a cache
        result = njit(nogil=True, error_model="numpy")(loop)
    return result
