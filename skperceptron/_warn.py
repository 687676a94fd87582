"""Warnings that point at the line that called into the package."""

from __future__ import annotations

import sys
import warnings

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
