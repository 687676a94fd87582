"""A record of the loops that a step of training runs, which can be replayed without Python.

A step calls the same loops on the same buffers each time. Components put these calls on a tape, in
the order in which their NumPy forms run them: ``record`` stands beside ``forward``, ``step`` and so
on. Most of the loops are NumPy's own, which its ufuncs call. Numba compiles the others, which are
ours (see ``kernels``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..kernels import Function, Kernel, outer
from ..types import Array


class Operand(NamedTuple):
    """An array of a call: the one of the first step, and bytes from one step's to the next's."""

    first: Array
    increment: int = 0


class Series(NamedTuple):
    """An array for each step, ``values`` (n_steps, ...): rates, rows of the batch, results."""

    values: Array


Place = Array | Series
Loop = np.ufunc | Function


class NoForm(Exception):
    """A component has no compiled form."""


class Call(NamedTuple):
    """One call of a loop: the arrays, their sizes, and the strides if the loop is NumPy's."""

    loop: Loop
    arrays: list[Operand]
    sizes: Array
    strides: Array


class Tape:
    """What a step on ``n_rows`` rows runs. ``n_steps`` of them can be replayed at a time."""

    def __init__(self, n_rows: int, n_steps: int, dtype: np.dtype[Any]) -> None:
        self.n_rows, self.n_steps, self.dtype = n_rows, n_steps, dtype
        self.rows = Series(np.zeros((n_steps, n_rows), np.intp))  # of the batch of each step
        self.calls: list[Call] = []
        self.before: list[Callable[[Array], None]] = []  # to call with the rates (n,) of the steps
        self.after: list[Callable[[int], None]] = []  # to call with the number of steps
        self.terms: list[tuple[float, Array]] = []  # of the objective: factors, and (n_steps, 1)
        self.draws: list[Array] = []  # of one stream: (n_steps, ...) of uniform numbers

    def form(self, component: Any, name: str) -> Any:
        """A method of the component. Subclasses don't inherit it: they may do something else."""
        self.require(name in vars(type(component)))
        return getattr(component, name)

    def require(self, possible: bool) -> None:
        """Raise NoForm where something is not as our loops take it."""
        if not possible:
            raise NoForm

    def empty(self, *shape: int) -> Array:
        """A buffer."""
        return np.empty(shape, self.dtype)

    def series(self, *shape: int) -> Series:
        """A buffer for each step."""
        return Series(np.zeros((self.n_steps, *shape), self.dtype))

    def call(self, ufunc: np.ufunc, *operands: Place | float) -> None:
        """``ufunc(*inputs, out=out)``; the operands are of one size, but for numbers."""
        arrays = [
            each if isinstance(each, np.ndarray | Series) else np.array([each], self.dtype)
            for each in operands
        ]
        self.require(all(_operand(array).first.flags.c_contiguous for array in arrays))
        sizes = [_operand(array).first.size for array in arrays]
        self.require(all(size in (1, sizes[-1]) for size in sizes))
        strides = [self.dtype.itemsize * (size == sizes[-1]) for size in sizes]
        self._add(ufunc, arrays, sizes[-1:], strides)

    def total(self, values: Place, out: Series) -> None:
        """``np.add.reduce(values)``: loops of reductions read and write the result at each step."""
        self.before.append(lambda rates: out.values.fill(0))
        sizes, strides = _operand(values).first.shape, [0, self.dtype.itemsize, 0]
        self._add(np.add, [out, values, out], sizes, strides)

    def product(self, a: Array, b: Array, out: Place) -> None:
        """``np.dot(a, b, out=out)``. All are (n, k), and ``a`` and ``b`` may be transposed."""
        (n, inner), m = a.shape, b.shape[1]
        if inner == 1 and n > 1 and m > 1:
            self.run(outer, out, a.reshape(-1), b.reshape(-1))
            return
        matrices = a, b, _operand(out).first.reshape(n, m)
        strides = [stride for matrix in matrices for stride in matrix.strides]
        self._add(np.matmul, [a, b, out], [1, n, inner, m], [0, 0, 0, *strides])

    def dot(self, a: Array, b: Array, out: Series) -> None:
        """``np.dot(a, b)`` of vectors."""
        self.product(a.reshape(1, -1), b.reshape(-1, 1), out)

    def row_totals(self, values: Array, out: Array) -> None:
        """``values.dot(ones)``: the sum of each row."""
        ones = np.ones((values.shape[1], 1), self.dtype)
        self.product(values, ones, out.reshape(-1, 1))

    def run(self, loop: Kernel | Function, *arrays: Place) -> None:
        """One of our own loops. ``sizes`` are the shape of the first array."""
        self.require(all(_operand(array).first.flags.c_contiguous for array in arrays))
        function = loop.loop if isinstance(loop, Kernel) else loop
        self._add(function, arrays, _operand(arrays[0]).first.shape)

    def gather(self, loop: Function, values: Array, rows: Series, out: Array) -> None:
        """One of our own loops that gets the strides of ``values``, in elements."""
        strides, remainders = np.divmod(np.array(values.strides, np.intp), values.itemsize)
        self.require(not remainders.any())
        self._add(loop, [out, values, rows, strides], (len(out), values.shape[1]))

    def _add(self, loop: Loop, arrays: Sequence[Place], sizes: Any, strides: Any = ()) -> None:
        operands = [_operand(array) for array in arrays]
        types = (self.dtype,) if isinstance(loop, np.ufunc) else (self.dtype, np.intp)
        self.require(all(a.dtype in types and a.flags.aligned for a, _ in operands))
        sizes, strides = np.array(sizes, np.intp), np.array(strides, np.intp)
        self.calls.append(Call(loop, operands, sizes, strides))

    def draw(self, *shape: int) -> Array:
        """Uniform numbers for each step, (n_steps, *shape), from the stream of dropout."""
        numbers = np.empty((self.n_steps, *shape), np.float32)
        self.draws.append(numbers)
        return numbers


def _operand(array: Place) -> Operand:
    if isinstance(array, Series):
        return Operand(array.values[0], array.values.strides[0])
    return Operand(array)
