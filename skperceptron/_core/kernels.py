"""Elementwise work that one walk through memory is enough for.

NumPy takes a walk per operation. Numba, an optional extra, compiles a loop that takes one for all
of them and rounds the same, so that work may change from one to the other at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from threading import Thread
from typing import Any, ClassVar, TypeVar

from .forks import lock_across_forks

T = TypeVar("T")
Function = Callable[..., None]

# Elements that NumPy is still to work on before loops are compiled, 200 million in all: a second
# or two of training. Importing Numba and compiling take about one, and gain it in a few more.
n_left = 200_000_000.0

# A child that is forked in the middle of an import or of a compilation would wait for the other
# half for ever: forking waits for the end instead.
_working = lock_across_forks()


class Kernel:
    """``run`` is NumPy's ``calls`` or, where there is Numba and enough to do, the ``loop``.

    Both are functions of the same arrays, C-contiguous and of one dtype, and leave the same in
    them to the last bit. ``dimensions`` are how many each has: a number has none.
    """

    all: ClassVar[list[Kernel]] = []

    def __init__(self, calls: Function, loop: Function, dimensions: tuple[int, ...]) -> None:
        self.calls, self.loop, self.dimensions = calls, loop, dimensions
        self.run = calls
        self.all.append(self)

    def settle(self) -> None:
        """Run the loop from now on if it can be compiled."""
        self.run = (undisturbed(self._compile) if available() else None) or self.calls

    def _compile(self) -> Function | None:
        try:
            return compiled(self.loop, self.dimensions)
        except Exception:
            return None


def count(n_elements: int) -> None:
    """Take note of how many elements kernels have worked on; after enough of them, all settle."""
    global n_left
    if n_left > 0:
        left = n_left - n_elements
        if left <= 0:
            for kernel in Kernel.all:
                kernel.settle()
        n_left = left  # only now: if a signal has ended the compilation, the next call tries again


@cache
def available() -> bool:
    """Whether Numba is there, goes with the rest of what is installed, and is to compile."""
    return find_spec("numba") is not None and bool(undisturbed(_is_available))


def _is_available() -> bool:
    try:
        import numba
    except Exception:  # an ImportError, but not from every pair of versions that don't go together
        return False
    config: Any = numba.config
    return not config.DISABLE_JIT


@cache
def compiled(loop: Function, dimensions: tuple[int, ...] | None = None) -> Function:
    """The loop, compiled or read where an earlier process kept it.

    For arrays of so many dimensions in both precisions, at once; or for whatever it will be given.
    """
    from numba import njit

    signatures = None if dimensions is None else _signatures(dimensions)
    result: Function
    # Division as NumPy has it, without a branch for 0, can run in vector registers.
    try:
        result = njit(signatures, cache=True, nogil=True, error_model="numpy")(loop)
    except Exception:  # there is nowhere to keep it, or what is kept there is broken
        result = njit(signatures, nogil=True, error_model="numpy")(loop)
    return result


def _signatures(dimensions: tuple[int, ...]) -> list[Any]:
    from numba import types

    return [
        types.void(*(types.Array(number, n, "C") if n else number for n in dimensions))
        for number in (types.float32, types.float64)
    ]


def undisturbed(work: Callable[[], T | None]) -> T | None:
    """What comes of the work, done in a thread of its own; None if there can be none.

    A signal, Ctrl-C or an alarm, cuts short what the main thread does. Half an import of Numba
    would stay for good, and who tries to compile could not tell a signal from a failure.
    """
    results: list[T | None] = []

    def do() -> None:
        with _working:
            results.append(work())

    thread = Thread(target=do)
    try:
        thread.start()
    except RuntimeError:
        return None
    thread.join()
    return results[0] if results else None
