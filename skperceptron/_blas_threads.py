"""How many threads BLAS has while a model trains.

OpenBLAS starts threads that wait for work by spinning, and the products of a small network end
before a second thread has begun to help. On cores with other work, threads that wait take the time
of those that compute. So training whose products are small has one thread, and other training has
no more than cores. What the user has set is back when the training ends.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise, product
from pathlib import Path
from threading import current_thread, get_ident, main_thread
from threading import enumerate as enumerate_threads
from typing import Any, TypeVar
from weakref import WeakSet

import scipy
from joblib import cpu_count
from threadpoolctl import ThreadpoolController

from ._core.forks import lock_across_forks

T = TypeVar("T")

# From so many floating-point operations on, a product is worth several threads. At any size below,
# one thread takes at most 12 % longer on cores that are idle.
SMALL = 25_000_000

# Whose threads, of classes of their own, start processes and wait for them.
MANAGERS = ("joblib.", "concurrent.futures.")

# Everything below that changes, and every library, changes only while this lock is held.
_lock: Any = lock_across_forks()
_libraries: tuple[Library, ...] | None = None


def with_few_threads(work: Callable[[], T], flops: int, *, scipy: bool = False) -> T:
    """Train by ``work``, whose largest product takes ``flops`` operations; return what it does.

    If that is fewer than ``SMALL``, all libraries have one thread, where it is safe. Else they have
    no more than there are cores for this process, where it is safe. That of scipy has one with
    ``scipy``, where NumPy comes with another library: scipy's routine goes from its vectors to our
    products and back, and the threads of both spin on the same cores.
    """
    is_safe = _is_the_users_only_thread()
    if scipy and not (is_safe and flops < SMALL):
        work = partial(Limit(1, of=lambda library: library.of_scipy).hold_during, work)
    if not is_safe:
        return work()
    # The quota of a container and the affinity of the process count, of which BLAS knows one.
    n_threads = 1 if flops < SMALL else cpu_count()
    return Limit(n_threads, of=lambda library: True).hold_during(work)


def on_one_thread(work: Callable[[], T]) -> T:
    """Run ``work``, with one thread in all libraries where it is safe; return what it does."""
    return with_few_threads(work, 0)


def _is_the_users_only_thread() -> bool:
    """Whether this is the main thread, and no other could have to do with numbers of threads.

    A number of threads is one for the whole process. Other threads of the user's may multiply large
    matrices meanwhile, or begin a limit that notes our number, and puts it back later. Daemons, as
    those of notebooks are, and threads that manage processes are not taken for such.
    """
    own = current_thread()
    return own is main_thread() and not any(
        each is not own and not each.daemon and not type(each).__module__.startswith(MANAGERS)
        for each in enumerate_threads()
    )


def largest_product(n_rows: int, layer_units: Sequence[int], *, sparse: bool) -> int:
    """Operations of the largest product that BLAS computes for a batch of so many rows.

    ``layer_units`` are the features, the hidden layers and the outputs. Products with ``sparse``
    inputs are scipy's, without BLAS. Nothing but shapes decides, so that every run does the same.
    """
    weights = list(pairwise(layer_units))[1 if sparse else 0 :]
    return max((2 * n_rows * fan_in * fan_out for fan_in, fan_out in weights), default=0)


class Limit:
    """At most so many threads in the libraries that ``of`` chooses, as long as it is held."""

    def __init__(self, n_threads: int, of: Callable[[Library], bool]) -> None:
        self.n_threads = n_threads
        self.python_thread = get_ident()
        self._of = of

    def hold_during(self, work: Callable[[], T]) -> T:
        """Run ``work`` under the limit, which ends whatever happens, Ctrl-C at any time included.

        What interrupts the first end is followed by the second, which completes it, and what
        interrupts the second finds nothing left to do. (A with statement could be interrupted
        between its limit and its body.) At last, the lock is let go if an interruption has come
        before its own release.
        """
        nested = _lock._is_owned()  # in a signal handler, which runs between any two steps
        try:
            try:
                try:
                    self.begin()
                    return work()
                finally:
                    self.end()
            finally:
                self.end()
        finally:
            while not nested and _lock._is_owned():
                _lock.release()

    def begin(self) -> None:
        """Lower the numbers of threads that are higher."""
        for library in libraries():
            if self._of(library):
                with _lock:
                    library.add(self)

    def end(self) -> None:
        """Put back what nobody limits any longer; if that is done already, do nothing."""
        for library in libraries():
            with _lock:
                library.remove(self)


class _Lowering:
    """One time that a number of threads was lowered, and the limits that keep it low."""

    def __init__(self, before: int, left: int) -> None:
        self.before = before
        # What the number is unless somebody else has set it; two numbers while it changes.
        self.left: tuple[int, ...] = (left,)
        self.limits: WeakSet[Limit] = WeakSet()  # one that was interrupted twice goes by itself


class Library:
    """A BLAS whose number of threads can be set at any time, for all threads of Python at once.

    A number that is no longer as we left it was set by the user, and we neither change it nor put
    anything back. Limits that begin then lower it once more, on top: each lowering puts back what
    it has found.
    """

    def __init__(self, controller: Any) -> None:
        self.path = Path(controller.filepath)
        self.of_scipy = not _FOLDERS_OF_SCIPY.isdisjoint(self.path.parents)
        self._get: Callable[[], int] = _function(controller, "get")
        self._set: Callable[[int], object] = _function(controller, "set")
        self._lowerings: list[_Lowering] = []  # the last one on top

    @property
    def n_threads(self) -> int:
        """How many there are now."""
        return self._get()

    @property
    def limits(self) -> list[Limit]:
        """Those in force."""
        return [limit for lowering in self._lowerings for limit in lowering.limits]

    def add(self, limit: Limit) -> None:
        """Have at most as many threads as the limit says."""
        n_threads = self._get()
        if self._lowerings and n_threads in self._lowerings[-1].left:
            self._lowerings[-1].limits.add(limit)
            self._settle()
        elif n_threads > limit.n_threads:
            lowering = _Lowering(n_threads, limit.n_threads)
            lowering.limits.add(limit)
            self._lowerings.append(lowering)
            self._set(limit.n_threads)

    def remove(self, limit: Limit) -> None:
        """Have as many threads as the other limits say, or as before the first."""
        if self._lowerings:
            for lowering in self._lowerings:
                lowering.limits.discard(limit)
            self._settle()

    def forget_other_threads(self) -> None:
        """Drop the limits of threads of Python that are not there."""
        for limit in self.limits:
            if limit.python_thread != get_ident():
                self.remove(limit)

    def _settle(self) -> None:
        """Bring the number in line with the limits. Interrupted, this can be done again."""
        while self._lowerings:
            top, n_threads = self._lowerings[-1], self._get()
            as_left, limits = n_threads in top.left, list(top.limits)
            if limits:
                if as_left:
                    wanted = min([top.before, *(limit.n_threads for limit in limits)])
                    if wanted != n_threads:
                        top.left = n_threads, wanted
                        self._set(wanted)
                    top.left = (wanted,)
                return
            if as_left:
                self._set(top.before)
            self._lowerings.pop()


def libraries() -> tuple[Library, ...]:
    """Those of this process, as far as they can be set.

    The search takes milliseconds, and one is enough: whoever can train has imported NumPy and
    scipy, and the products of training are theirs.
    """
    global _libraries
    if _libraries is None:
        with _lock:
            if _libraries is None:
                _libraries = tuple(map(Library, _controllers()))
    return _libraries


def _controllers() -> list[Any]:
    """Of every OpenBLAS with a pool of threads of its own, which is one for the process.

    MKL and builds upon OpenMP have a number for each thread of Python, which another thread can't
    put back; they are left alone.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the libraries of others
            found = ThreadpoolController().lib_controllers
    except Exception:  # where libraries can't be listed, none is limited
        return []
    return [
        controller
        for controller in found
        if controller.internal_api == "openblas" and controller.threading_layer == "pthreads"
    ]


def _function(controller: Any, verb: str) -> Any:
    """What gets or sets the number of threads.

    It is OpenBLAS's own function: from 3.8 on threadpoolctl sets nothing in one thread of Python
    while another one has set something, so that a limit could end without any effect. threadpoolctl
    3.1, which calls the library by another name, sets it in any thread.
    """
    library = getattr(controller, "dynlib", None)
    for prefix, suffix in product(("", "scipy_"), ("", "64_", "_64")):
        name = f"{prefix}openblas_{verb}_num_threads{suffix}"
        if hasattr(library, name):
            return getattr(library, name)
    return getattr(controller, f"{verb}_num_threads")


def _folders_of_scipy() -> set[Path]:
    package = Path(scipy.__file__).resolve().parent
    return {package, package.with_name("scipy.libs")}


_FOLDERS_OF_SCIPY = _folders_of_scipy()


def _forget_other_threads() -> None:
    """In a forked child there is one thread of Python, and no other wants a limit any more.

    The limits of that one stay: it is in the middle of the training, and so is its child.
    """
    for library in _libraries or ():
        library.forget_other_threads()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_other_threads)
