"""Replaying tapes: the addresses of loops, and the one function that calls them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..kernels import address, cached
from .tape import Tape

LIBRARIES = {"numpy", "scipy", "numpy.libs", "scipy.libs"}  # folders


class Program:
    """A tape with the addresses of everything on it."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self._replay = _replay()
        arrays = [array for call in tape.calls for array in call.arrays]
        self._starts = np.array([array.first.ctypes.data for array in arrays], np.int64)
        self._increments = np.array([array.increment for array in arrays], np.int64)
        self._places = self._starts.copy()  # of the step that is run
        # Where a call finds its arrays. Loops may change these addresses, so they are copies.
        self._arrays = np.empty(max(len(call.arrays) for call in tape.calls), np.int64)
        self._calls = np.empty((len(tape.calls), 5), np.int64)
        for row, call in zip(self._calls, tape.calls, strict=True):
            strides, data = self._arrays.ctypes.data, 0
            if isinstance(call.loop, np.ufunc):
                loop, data = inner_loop(call.loop, tape.dtype)
                strides = call.strides.ctypes.data
            else:
                loop = address(call.loop, tape.dtype.char)
            row[:] = len(call.arrays), loop, call.sizes.ctypes.data, strides, data

    def run(self, rows: Any, rates: Sequence[float], generator: np.random.Generator) -> list[float]:
        """Take a step on each batch of ``rows`` (n_steps, n); return the objective before each."""
        tape, n_steps = self.tape, len(rows)
        tape.rows.values[:n_steps] = rows
        if tape.draws:
            # In the order in which one step after the other draws them.
            sizes = [draw[0].size for draw in tape.draws]
            numbers = generator.random((n_steps, sum(sizes)), np.float32)
            parts = np.split(numbers, np.cumsum(sizes)[:-1], axis=1)
            for draw, part in zip(tape.draws, parts, strict=True):
                draw[:n_steps] = part.reshape(n_steps, *draw.shape[1:])
        for prepare in tape.before:
            prepare(np.array(rates, np.float64))
        self._places[:] = self._starts
        self._replay(n_steps, self._calls, self._places, self._increments, self._arrays)
        for finish in tape.after:
            finish(n_steps)
        value = np.zeros(n_steps)
        for factor, numbers in tape.terms:
            value += factor * numbers[:n_steps, 0].astype(np.float64)
        values: list[float] = value.tolist()
        return values


@cache
def inner_loop(ufunc: np.ufunc, dtype: np.dtype[Any]) -> tuple[int, int]:
    """The address of the loop that a ufunc runs over arrays of one dtype, and of its data.

    They are fields of ``PyUFuncObject``, which is part of the interface that NumPy offers to C.
    What they would be elsewhere is not followed: the counts beside them must be those that Python
    has, and the address one of NumPy's or SciPy's code.
    """
    import ctypes

    class UFunc(ctypes.Structure):
        _fields_ = (
            *((name, ctypes.c_int) for name in ("nin", "nout", "nargs", "identity")),
            *((name, ctypes.POINTER(ctypes.c_void_p)) for name in ("functions", "data")),
            ("ntypes", ctypes.c_int),
        )

    fields = UFunc.from_address(id(ufunc) + object.__basicsize__)
    stated = ufunc.nin, ufunc.nout, ufunc.nargs, ufunc.ntypes
    if stated != (fields.nin, fields.nout, fields.nargs, fields.ntypes):
        raise RuntimeError(f"{ufunc} is not as NumPy documents it.")
    signature = f"{dtype.char * ufunc.nin}->{dtype.char * ufunc.nout}"
    index = ufunc.types.index(signature)
    data = fields.data[index] if fields.data else None
    function = fields.functions[index]
    if function is None or not is_code(function):
        raise RuntimeError(f"{ufunc} has no loop for {signature}.")
    return function, data or 0


def is_code(address: int) -> bool:
    """Whether there is code at the address that comes from a library of NumPy or SciPy."""
    lines = Path("/proc/self/maps").read_text("utf-8", "replace").splitlines()
    for line in lines:  # start-end permissions offset device inode path
        fields = line.split(maxsplit=5)
        start, end = (int(number, 16) for number in fields[0].split("-"))
        if start <= address < end:
            return "x" in fields[1] and not LIBRARIES.isdisjoint(Path(fields[-1]).parts)
    return False


@cache
def _replay() -> Any:
    """The function that replays steps, compiled."""
    from llvmlite import ir
    from numba import njit, types
    from numba.extending import intrinsic

    def call(typing: Any, loop: Any, arrays: Any, sizes: Any, strides: Any, data: Any) -> Any:
        """Call the function of C at the address ``loop``."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments[1:]])
            function = builder.inttoptr(arguments[0], kind.as_pointer())
            builder.call(function, arguments[1:])
            return context.get_dummy_value()

        return types.void(*[types.intp] * 5), generate

    call_at: Any = intrinsic(call)

    def replay(n_steps: Any, calls: Any, places: Any, increments: Any, arrays: Any) -> None:
        for _ in range(n_steps):
            first = 0
            for i in range(calls.shape[0]):
                for j in range(calls[i, 0]):
                    arrays[j] = places[first + j]
                call_at(calls[i, 1], arrays.ctypes.data, calls[i, 2], calls[i, 3], calls[i, 4])
                first += calls[i, 0]
            for j in range(places.size):
                places[j] += increments[j]

    vector = types.Array(types.int64, 1, "C")
    table = types.Array(types.int64, 2, "C")
    return cached(njit, replay, types.void(types.int64, table, vector, vector, vector))
