"""Work that Numba compiles where it is there: NumPy does it here, unless a contestant asks."""

import math

from skperceptron._core import kernels

COMPILED = "skperceptron, compiled"


def use(*, loops):
    """Have the compiled loops do it from now on, or NumPy."""
    kernels.available = lambda: loops
    kernels.n_steps_left = -1 if loops else math.inf
    for kernel in kernels.Kernel.all:
        kernel.use_compiled()


def compiled(function):
    """The same function, with compiled loops."""

    def call():
        use(loops=True)
        try:
            return function()
        finally:
            use(loops=False)

    return call
