"""Replaying tapes: the addresses of loops, and the one function that calls them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ..kernels import address, cached
from ..ufuncs import inner_loop
from .tape import Tape


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
