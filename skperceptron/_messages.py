"""What the user is told: warnings at the line that called, errors that name the argument."""

from __future__ import annotations

import re
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ._core import kernels

# Between the user's line and ours there may be lines of scikit-learn, as in a pipeline or a search,
# of joblib, which runs these, and of NumPy, whose decorators some of our functions have.
INSIDE = (__name__.rpartition(".")[0], "sklearn", "joblib", "numpy")

# The warning of a call that Ctrl-C has ended early. Other text may follow.
INTERRUPTED = "Training interrupted by user."


_this_thread = threading.local()


def warn(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost line outside the package, however deep inside it this is called.

    A message that is a warning has its own category.
    """
    collected: list[Warning] | None = getattr(_this_thread, "collected", None)
    if collected is not None:
        collected.append(message if isinstance(message, Warning) else category(message))
        return
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and _is_inside(frame):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


@contextmanager
def own_warnings_into(messages: list[Warning]) -> Iterator[None]:
    """Put what this package warns of in this thread into a list, instead of showing it.

    ``warnings.catch_warnings`` would catch the warnings of all threads.
    """
    before = getattr(_this_thread, "collected", None)
    _this_thread.collected = messages
    try:
        yield
    finally:
        _this_thread.collected = before


@contextmanager
def interruptions_raised() -> Iterator[None]:
    """Raise ``KeyboardInterrupt`` where a fit in this thread has been interrupted by Ctrl-C.

    A fit that Ctrl-C ends returns a network that is trained in part, with a warning. That is wrong
    where the result is taken for that of a whole training. The other warnings are shown at the end.
    """
    messages: list[Warning] = []
    try:
        with own_warnings_into(messages):
            yield
    finally:
        for message in messages:
            if not str(message).startswith(INTERRUPTED):
                warn(message, type(message))
    if any(str(message).startswith(INTERRUPTED) for message in messages):
        raise KeyboardInterrupt


def warn_of_failed_compilation() -> None:
    """Warn if loops could not be compiled since this was last asked."""
    for failure in kernels.take_failures():
        warn(
            f"Numba is installed, and could not compile the loops of training: {failure}. "
            "Training goes on with NumPy, with the same results. Set the environment variable "
            "NUMBA_DISABLE_JIT=1 to keep skperceptron from using Numba.",
            RuntimeWarning,
        )


def _is_inside(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__", "")
    return any(name == package or name.startswith(f"{package}.") for package in INSIDE)


def print_details(details: dict[str, float], seconds: float) -> None:
    """Print an epoch's numbers, by what they are called, on a line below what verbose=1 prints."""
    numbers = [f"{name} = {value:.4g}" for name, value in details.items()]
    print(f"  {', '.join([*numbers, f'time = {seconds:.4g} s'])}")


@contextmanager
def error_context(argument: str) -> Iterator[None]:
    """Have errors from elsewhere say which argument they are about, if they do not."""
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        overflow = isinstance(error, OverflowError)  # an integer that no float can hold
        if re.search(rf"\b{argument}\b", str(error)) and not overflow:
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{argument}: {error}") from error
