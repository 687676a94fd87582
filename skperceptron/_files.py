"""Files that appear whole, and that processes which are killed do not leave more and more of."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from io import BufferedIOBase, BufferedRandom
from itertools import count
from pathlib import Path
from typing import BinaryIO, Literal
from uuid import uuid4
from weakref import finalize

# Whether a file can be locked until its process ends, however that ends.
LOCKS = hasattr(os, "lockf")

# Names of a directory whose owner has locked the file in it, and of one that is not locked yet.
LOCKED, NEW = "skperceptron-messages-", "skperceptron-new-"
OWNER = ".owner"  # the file

# What this process has locked, by real path: from itself no lock keeps it.
_ours: dict[str, object] = {}


def digest(file: BufferedIOBase) -> str:
    """SHA-256 of the rest of a file."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: str, write: Callable[[BinaryIO], object]) -> str:
    """Write to a file that is there whole, or not at all; return its digest.

    What is written goes to ``<path>.0.part``, and then takes the place of ``path``. If the process
    is killed in between, the next one that writes to ``path`` uses that part again.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    part = _part(path)
    try:
        part.truncate(0)
        write(part)
        part.flush()
        os.fsync(part.fileno())
        part.seek(0)
        written = digest(part)
        if not LOCKS:  # nor, on Windows, can an open file be moved
            part.close()
        os.replace(part.name, path)  # while it is locked, so that nobody else writes to it
    except BaseException:
        if not LOCKS:
            part.close()
        Path(part.name).unlink(missing_ok=True)
        raise
    finally:
        _release(part)
    return written


def _part(path: str) -> BufferedRandom:
    """The first part that nobody else is writing to, open and locked."""
    if LOCKS:
        with suppress(OSError):  # the folder has no locks, or an old part is another user's
            for number in count():
                part = _claim(f"{path}.{number}.part", "a+b")
                if part is not None:
                    return part
    return open(f"{path}.{uuid4().hex}.part", "x+b")


def _claim(path: str, mode: Literal["a+b", "r+b"]) -> BufferedRandom | None:
    """Open and lock a file; None if somebody else has it locked, or has moved it away."""
    name, claim, is_ours = os.path.realpath(path), object(), False
    if _ours.setdefault(name, claim) is not claim:
        return None
    try:
        file = open(path, mode)  # noqa: SIM115 (it is locked as long as it is open)
        try:
            file.seek(0)
            os.lockf(file.fileno(), os.F_TLOCK, 0)
            is_ours = os.path.samestat(os.fstat(file.fileno()), os.stat(path))
        finally:
            if not is_ours:
                file.close()
    except (BlockingIOError, FileNotFoundError):
        pass
    finally:
        if not is_ours:
            _ours.pop(name, None)
    return file if is_ours else None


def _release(file: BinaryIO) -> None:
    file.close()
    _ours.pop(os.path.realpath(file.name), None)


def make_directory(owner: object) -> str | None:
    """An empty temporary directory that lives as long as its owner; None if there can be none.

    Those of processes that were killed are removed.
    """
    try:
        directory, lock = Path(tempfile.mkdtemp(prefix=NEW)), None
        if LOCKS:
            _remove_ownerless(directory.parent)
            lock = open(directory / OWNER, "x+b")  # noqa: SIM115 (it is locked as long as it is open)
            os.lockf(lock.fileno(), os.F_TLOCK, 0)
            # Others look for this name only, which the directory has once it is locked.
            directory = directory.with_name(directory.name.replace(NEW, LOCKED))
            _ours[os.path.realpath(directory / OWNER)] = lock
            os.rename(lock.name.removesuffix(OWNER), directory)
    except OSError:
        return None
    finalize(owner, _remove, directory, os.getpid(), lock)
    return str(directory)


def _remove_ownerless(folder: Path) -> None:
    for directory in folder.glob(f"{LOCKED}*"):
        with suppress(OSError):  # another user's
            lock = _claim(str(directory / OWNER), "r+b")
            if lock is not None:
                shutil.rmtree(directory, ignore_errors=True)
                _release(lock)


def _remove(directory: Path, process: int, lock: BinaryIO | None) -> None:
    """Remove an owner's directory, but not when a forked child ends, which has a copy of it."""
    if os.getpid() == process:
        shutil.rmtree(directory, ignore_errors=True)
    if lock is not None:
        lock.close()
    _ours.pop(os.path.realpath(directory / OWNER), None)
