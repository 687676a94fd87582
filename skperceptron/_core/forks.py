"""Locks in a process that may be forked at any time."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

T = TypeVar("T")


def lock_across_forks() -> Any:
    """A lock that no other thread of this process holds while a child is forked.

    A child has a copy of every lock and of no thread but its own. A lock that another thread held
    at that moment would stay locked in the child, and what it guards might be half changed. So the
    thread that forks takes the lock first, and both processes release it afterwards. The thread may
    hold it already: a signal handler can fork at any time.
    """
    lock = RLock()
    if hasattr(os, "register_at_fork"):  # there is no fork on Windows
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )
    return lock


def under(lock: Any, work: Callable[[], T]) -> T:
    """Return the result of short work under a lock across forks, which Ctrl-C does not leave held.

    Ctrl-C may come before any bytecode, that of the lock's release as well. A lock that stays held
    would stop every other thread.
    """
    nested = lock._is_owned()  # in a signal handler, which runs between any two steps
    try:
        with lock:
            return work()
    finally:
        while not nested and lock._is_owned():
            lock.release()
