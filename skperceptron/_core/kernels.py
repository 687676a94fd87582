"""Elementwise work that needs one pass through memory.

NumPy makes a pass for each operation. Numba, an optional extra, compiles a loop that makes one pass
for all operations. Both round in the same way, so a kernel may change from NumPy to Numba at any
time.
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

# Elements that NumPy works on before the loops are compiled: 200 million are one or two seconds of
# training. Importing Numba and compiling take about one second, which a few more seconds regain.
n_elements_left = 200_000_000.0

# A child that is forked in the middle of an import or of a compilation would wait for the other
# half for ever: forking waits for the end instead.
_working = lock_across_forks()


class Kernel:
    """Runs ``numpy_impl`` or, where there is Numba and enough to do, ``numba_impl``, compiled.

    Both are functions of the same arrays, C-contiguous and of one dtype, and leave the same values
    in them to the last bit. ``numba_impl`` is a loop in Python for Numba to compile. ``dimensions``
    has the number of dimensions of each argument: 0 for a number.
    """

    all: ClassVar[list[Kernel]] = []

    def __init__(
        self, numpy_impl: Function, numba_impl: Function, dimensions: tuple[int, ...]
    ) -> None:
        self.numpy_impl, self.numba_impl, self.dimensions = numpy_impl, numba_impl, dimensions
        self.run = numpy_impl
        self.all.append(self)

    def use_compiled(self) -> None:
        """Run ``numba_impl`` from now on if it can be compiled."""
        self.run = (undisturbed(self._compile) if available() else None) or self.numpy_impl

    def _compile(self) -> Function | None:
        try:
            return compiled(self.numba_impl, self.dimensions)
        except Exception:
            return None


def count(n_elements: int) -> None:
    """Count the elements that kernels have worked on. After enough, compile every kernel."""
    global n_elements_left
    if n_elements_left > 0:
        left = n_elements_left - n_elements
        if left <= 0:
            for kernel in Kernel.all:
                kernel.use_compiled()
        # Only now: if a signal has ended the compilation, the next call tries again.
        n_elements_left = left


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
def compiled(function: Function, dimensions: tuple[int, ...] | None = None) -> Function:
    """Return the function compiled, or read from the cache of an earlier process.

    With ``dimensions`` it is compiled at once, for arrays of both precisions; without them it is
    compiled for the arguments of each call.
    """
    from numba import njit

    signatures = None if dimensions is None else _signatures(dimensions)
    result: Function
    # Division as NumPy has it, without a branch for 0, can run in vector registers.
    try:
        result = njit(signatures, cache=True, nogil=True, error_model="numpy")(function)
    except Exception:  # there is nowhere to keep it, or what is kept there is broken
        result = njit(signatures, nogil=True, error_model="numpy")(function)
    return result


def _signatures(dimensions: tuple[int, ...]) -> list[Any]:
    from numba import types

    return [
        types.void(*(types.Array(number, n, "C") if n else number for n in dimensions))
        for number in (types.float32, types.float64)
    ]


def undisturbed(work: Callable[[], T | None]) -> T | None:
    """Return the result of the work in a thread of its own; None if no thread can be started.

    A signal (Ctrl-C or an alarm) interrupts the main thread. There it would leave Numba imported in
    part, and an interrupted compilation could not be told from a failed one.
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
