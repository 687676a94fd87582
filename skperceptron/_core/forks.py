"""Locks in a process that may be forked at any time."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from threading import RLock
from typing import Any


def lock_across_forks() -> AbstractContextManager[Any]:
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
