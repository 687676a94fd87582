"""The addresses of the loops that NumPy's and SciPy's ufuncs run."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

LIBRARIES = {"numpy", "scipy", "numpy.libs", "scipy.libs"}  # folders


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
