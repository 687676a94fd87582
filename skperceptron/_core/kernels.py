"""Elementwise work that needs one pass through memory.

NumPy makes a pass for each operation. Numba, an optional extra, compiles a loop that makes one pass
for all operations. Both round in the same way, so a kernel may change from NumPy to Numba at any
time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from threading import Thread
from typing import Any, ClassVar, TypeVar

from .forks import lock_across_forks, under

T = TypeVar("T")
Function = Callable[..., None]

# Elements that NumPy works on before the loops are compiled: 200 million are one or two seconds of
# training. Importing Numba and compiling take about one second, which a few more seconds regain.
n_elements_left = 200_000_000.0

# A child that is forked in the middle of an import or of a compilation would wait for the other
# half for ever: forking waits for the end instead.
_working = lock_across_forks()


# What whole epochs of steps (see ``compiled``) wait for in the same way. A step saves 15 to 25 µs.
n_steps_left = 20_000.0

_counting = lock_across_forks()
_failures: list[str] = []
_told: list[str] = []  # of these failures, the one that there was a warning of


class Kernel:
    """Runs ``numpy_impl`` or, where there is Numba and enough to do, ``loop``, compiled.

    Both do the same to the last bit. ``numpy_impl`` is a function of arrays, C-contiguous and of
    one dtype. ``loop`` gets them as ``arrays``, flat, with the shape of the first one as ``sizes``.
    ``dimensions`` has the number of dimensions of each array. ``loop`` ignores its other two
    arguments (see ``address``).
    """

    all: ClassVar[list[Kernel]] = []

    def __init__(self, numpy_impl: Function, loop: Function, dimensions: tuple[int, ...]) -> None:
        self.numpy_impl, self.loop, self.dimensions = numpy_impl, loop, dimensions
        self.run = numpy_impl
        self.all.append(self)

    def use_compiled(self) -> None:
        """Run ``loop`` from now on if it can be compiled."""
        self.run = (unless_it_fails(self.compiled) if available() else None) or self.numpy_impl

    def compiled(self) -> Function:
        """A function of the arrays that runs ``loop``, compiled for both precisions."""
        loop = compiled(self.loop, self.dimensions)
        if max(self.dimensions) == 1:
            return lambda *arrays: loop(arrays, arrays[0].shape, 0, 0)
        return lambda *arrays: loop(
            tuple([array.reshape(-1) for array in arrays]), arrays[0].shape, 0, 0
        )


def count(n_elements: int) -> None:
    """Count the elements that kernels have worked on. After enough, compile every kernel."""
    global n_elements_left

    def is_due() -> bool:
        global n_elements_left
        n_elements_left -= n_elements
        return -math.inf < n_elements_left <= 0

    if under(_counting, is_due):
        for kernel in Kernel.all:
            kernel.use_compiled()
        # Only now: if a signal has ended the compilation, the next call tries again.
        n_elements_left = -math.inf


def count_steps(n_steps: float) -> None:
    """Count steps that NumPy has taken and that could have been compiled."""

    def take() -> None:
        global n_steps_left
        n_steps_left -= n_steps

    under(_counting, take)


def take_failures() -> list[str]:
    """Return why compiling failed, once in a process: what failed next failed for that reason."""

    def take() -> list[str]:
        news = [] if _told else _failures[:1]
        _told.extend(news)
        return news

    return under(_counting, take)


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
def compiled(loop: Function, dimensions: tuple[int, ...]) -> Function:
    """Return the loop of a kernel compiled, or read from the cache of an earlier process."""
    from numba import njit, types

    signatures = [
        types.void(
            types.UniTuple(types.Array(number, 1, "C"), len(dimensions)),
            types.UniTuple(types.intp, dimensions[0]),
            types.intp,
            types.intp,
        )
        for number in (types.float32, types.float64)
    ]
    result: Function = cached(njit, loop, signatures)
    return result


def compiled_for(function: Function, arguments: tuple[Any, ...]) -> Function | None:
    """Return the function compiled for such arguments; None if that fails or does not pay yet."""
    if n_steps_left > 0 or not available():
        return None
    from numba import njit, typeof, types

    key = function, tuple(typeof(argument) for argument in arguments)
    if key not in _compiled:
        signature = types.void(*key[1])
        _compiled[key] = unless_it_fails(lambda: cached(njit, function, signature))
    return _compiled[key]


_compiled: dict[tuple[Function, tuple[Any, ...]], Function | None] = {}


@cache
def address(loop: Function, precision: str) -> int:
    """Return the address of the loop, compiled as a function of C for arrays of this precision.

    It takes what NumPy's own inner loops take: the addresses of ``arrays``, their ``sizes``, and
    two arguments more. The first of these is the same addresses once more, for arrays of integers.
    The second is nothing.
    """
    from numba import cfunc, types

    number = {"f": types.float32, "d": types.float64}[precision]
    arrays, sizes, integers = (
        types.CPointer(types.CPointer(number)),
        types.CPointer(types.intp),
        types.CPointer(types.CPointer(types.intp)),
    )
    function = cached(cfunc, loop, types.void(arrays, sizes, integers, types.intp))
    _kept.append(function)
    place: int = function.address
    return place


_kept: list[Any] = []  # what has an address that is in use


def cached(compiler: Any, function: Function, signature: Any, **options: Any) -> Any:
    """Compile the function for the signature at once, or read it from the cache on disk."""
    # Division as NumPy has it, without a branch for 0, can run in vector registers.
    options = {"error_model": "numpy"} | options
    if compiler.__name__ != "cfunc":
        options["nogil"] = True
    try:
        return compiler(signature, cache=True, **options)(function)
    except Exception:  # there is nowhere to keep it, or what is kept there is broken
        return compiler(signature, **options)(function)


def unless_it_fails(work: Callable[[], T]) -> T | None:
    """Return the result of the work, undisturbed. Remember why it failed, if it did."""

    def attempt() -> T | None:
        global n_steps_left
        try:
            return work()
        except Exception as error:
            with _counting:  # in a thread of its own, which no signal reaches
                _failures.append(f"{type(error).__name__}: {error}")
                n_steps_left = math.inf  # another attempt would fail too
            return None

    return undisturbed(attempt)


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


def outer(arrays: Any, sizes: Any, integers: Any, _: Any) -> None:
    """The product of a column and a row; NumPy's own loop for it takes ten times as long."""
    out, column, row, n = arrays[0], arrays[1], arrays[2], sizes[1]
    for i in range(sizes[0]):
        factor = column[i]
        for j in range(n):
            out[i * n + j] = factor * row[j]
