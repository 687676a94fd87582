"""What the user is told: warnings at the line that called, errors that name the argument."""

from __future__ import annotations

import re
import sys
import warnings
from contextlib import contextmanager

PACKAGE = __name__.rpartition(".")[0]


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost line outside the package, however deep inside it this is called."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and _is_inside(frame):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _is_inside(frame) -> bool:
    name = frame.f_globals.get("__name__", "")
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


@contextmanager
def naming(argument: str):
    """Have errors from elsewhere say which argument they are about, if they do not."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if re.search(rf"\b{argument}\b", str(error)):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{argument}: {error}") from error
