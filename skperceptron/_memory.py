"""Networks that no memory holds: refused before anything is allocated."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ._architecture import Architecture
from ._core.training import Solver

# Below this many bytes nobody asks how much memory there is.
SURE_TO_FIT = 64 * 2**20

# Bytes that a process can address: 2**64, or 2**32 in the Python of a browser.
ADDRESS_SPACE = 2 * (sys.maxsize + 1)

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")


def bytes_needed(params: Any, solver: Solver, architecture: Architecture, n_rows: int) -> int:
    """The least that training on ``n_rows`` takes for the parameters and for one batch."""
    units, itemsize = architecture.layer_units, architecture.dtype.itemsize
    layout = architecture.layout
    # The parameters, their gradient, and in the end the attributes, beside what the solver has.
    weights = 3 * layout.size * itemsize + solver.bytes_needed(layout.trainable.stop, itemsize)
    if params.early_stopping and "early_stopping" in solver.supports:
        n_rows = int(n_rows * (1 - params.validation_fraction))
    n_frozen = architecture.n_frozen
    codes = n_rows * units[n_frozen] * itemsize if n_frozen else 0  # of all rows at once
    n_units = sum(units[n_frozen + 1 :])
    return weights + codes + solver.batch_size(n_rows) * n_units * itemsize


def check_memory(params: Any, solver: Solver, architecture: Architecture, n_rows: int) -> None:
    """Refuse a network that needs more memory than there is."""
    needed = bytes_needed(params, solver, architecture, n_rows)
    if needed <= SURE_TO_FIT:
        return
    limit = memory_limit()
    if needed > limit:
        raise ValueError(f"{_too_large(params, architecture, needed)} {in_bytes(limit)} in all.")


@contextmanager
def memory_error_context(
    params: Any, solver: Solver, architecture: Architecture, n_rows: int
) -> Iterator[None]:
    """Have a MemoryError say how large the network is."""
    try:
        yield
    except MemoryError as error:
        needed = bytes_needed(params, solver, architecture, n_rows)
        too_large = _too_large(params, architecture, needed)
        reason = f"{too_large} less: {error or 'an allocation was refused'}"
        raise ValueError(f"{reason.rstrip('.')}.") from error


def _too_large(params: Any, architecture: Architecture, needed: int) -> str:
    first, *hidden, last = map(in_digits, architecture.layer_units)
    return (
        f"hidden_layer_sizes=({', '.join(hidden)}{',' * (len(hidden) == 1)}) with {first} features "
        f"and {last} output units needs at least {in_bytes(needed)} of memory with "
        f"solver={params.solver!r} and batches of this size, and there are"
    )


def in_digits(number: int) -> str:
    """An integer, rounded if it is beyond all that is countable."""
    return str(number) if number < 10**18 else f"about 10**{_exponent(number)}"


def in_bytes(number: int) -> str:
    """Bytes, and the same in a unit that can be read."""
    if number >= 10**18:
        return f"about 10**{_exponent(number)} bytes"
    power = max(0, min(4, (number.bit_length() - 1) // 10))
    unit = ("bytes", "KiB", "MiB", "GiB", "TiB")[power]
    return f"{number} bytes ({number / 2 ** (10 * power):.3g} {unit})"


def _exponent(number: int) -> int:
    """log10 of a large integer, rounded down or nearly so: it need not have a float."""
    return int((number.bit_length() - 1) * 0.30102999566398119521)


# How much there is ------------------------------------------------------------------------------


def memory_limit() -> int:
    """Bytes that this process may come to: of the machine with its swap, or less in a container.

    All that it can address where the system does not tell.
    """
    known = [limit for limit in (_machine(), *_cgroup_limits()) if limit is not None]
    return min(known, default=ADDRESS_SPACE)


def _machine() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") + _swap()
    except (AttributeError, OSError, ValueError):  # Windows, and browsers
        return None


def _swap() -> int:
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("SwapTotal:"):
            return int(line.split()[1]) * 1024
    return 0


def _cgroup_limits() -> list[int]:
    """The limits of the control groups that this process is in, of both versions of them.

    A container shows its own group as the root, or else under the path that the host has for it.
    """
    limits = []
    for line in _lines(OWN_CGROUPS):
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "memory" not in controllers.split(","):
            continue
        unified = not controllers
        root = CGROUPS if unified else CGROUPS / "memory"
        own = Path(path.strip().lstrip("/"))
        for group in (own, *own.parents):
            limits += _limit_of(root / group, unified=unified)
    return limits


def _limit_of(folder: Path, *, unified: bool) -> list[int]:
    """What one group may take, swap included; nothing where there is no limit."""
    if unified:
        memory, swap = _number(folder / "memory.max"), _number(folder / "memory.swap.max")
        return [] if memory is None else [memory + (_swap() if swap is None else swap)]
    # The second counts memory and swap together, and is there only where swap is counted.
    memory = _number(folder / "memory.limit_in_bytes")
    both = _number(folder / "memory.memsw.limit_in_bytes")
    if memory is None:
        return []
    return [memory + _swap() if both is None else both]


def _number(path: Path) -> int | None:
    lines = _lines(path)
    text = lines[0].strip() if lines else ""
    return int(text) if text.isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, ValueError):
        return []
