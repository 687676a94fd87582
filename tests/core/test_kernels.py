"""Kernels: NumPy's calls and the loop do the same, and one follows the other when it pays."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skperceptron._core import activations, kernels, penalties
from skperceptron._core.layers import dense
from skperceptron._core.optimizers import adam

SIZES = [1, 7, 1000]
# Numbers that go wrong first.
ODD = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 1e38, -1e38])


def numbers(rng, shape, dtype):
    """Random ones of all magnitudes, and some odd ones where there is room."""
    values = (rng.normal(size=shape) * 10.0 ** rng.integers(-12, 12, shape)).astype(dtype)
    odd = ODD.astype(dtype)[: values.size // 10]
    values.flat[rng.permutation(values.size)[: odd.size]] = odd
    return values


def of_adam(rng, size, dtype):
    weights, slope, scratch, total, squares = (numbers(rng, size, dtype) for _ in range(5))
    constants = np.array([0.9, 0.999, 1e-7, 0.03], dtype)
    return weights, slope, scratch, total, np.abs(squares), constants


def of_l2(rng, size, dtype):
    total, values, scratch = (numbers(rng, size, dtype) for _ in range(3))
    return total, values, dtype(0.3), scratch


def of_relu(rng, size, dtype):
    return numbers(rng, (size, 3), dtype), numbers(rng, (size, 3), dtype)


def of_intercepts(rng, size, dtype):
    return numbers(rng, (size, 3), dtype), numbers(rng, 3, dtype)


KERNELS = {
    "Adam": (adam._move, of_adam, {2}),  # and the arguments that hold nothing afterwards
    "L2": (penalties._add_multiple, of_l2, {3}),
    "intercepts": (dense._add_to_rows, of_intercepts, set()),
    "relu": (activations._keep_where_positive, of_relu, set()),
}


def test_each_is_tested():
    assert {kernel for kernel, *_ in KERNELS.values()} == set(kernels.Kernel.all)


@pytest.fixture(params=["as Python", "compiled"])
def form(request):
    """What makes a function of the loop."""
    if request.param == "compiled":
        pytest.importorskip("numba")
        return kernels.compiled
    return lambda loop: loop


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_loop_is_equal_to_the_calls_to_the_last_bit(name, dtype, form):
    kernel, arguments, spent = KERNELS[name]
    loop = form(kernel.loop)
    for seed, size in enumerate(SIZES):
        ours, theirs = (arguments(np.random.default_rng(seed), size, dtype) for _ in range(2))
        with np.errstate(all="ignore"):
            kernel.calls(*ours)
            loop(*theirs)
        for i, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            if i not in spent:
                assert one.dtype == other.dtype
                # Zeros by their signs too; of a NaN the sign means nothing.
                assert_array_equal(one, other)
                number = ~np.isnan(one)
                assert_array_equal(np.signbit(one)[number], np.signbit(other)[number])


@pytest.fixture
def counted(monkeypatch):
    """A kernel, and who did its work."""
    log = []
    monkeypatch.setattr(kernels, "compiled", lambda loop: loop)
    monkeypatch.setattr(kernels, "PATIENCE", 10)
    monkeypatch.setattr(kernels.Kernel, "n_elements", 0)
    monkeypatch.setattr(kernels.Kernel, "all", [])
    kernel = kernels.Kernel(lambda a, b: log.append("calls"), lambda a, b: log.append("loop"))
    return kernel, log


def work(kernel, *sizes):
    for size in sizes:
        kernel.run(np.empty(size), np.empty(size))


def test_the_loop_follows_when_it_pays(counted, monkeypatch):
    monkeypatch.setattr(kernels, "available", lambda: True)
    kernel, log = counted
    work(kernel, 6, 4, 1, 1)
    assert log == ["calls", "calls", "loop", "loop"]


def test_they_wait_together(counted, monkeypatch):
    monkeypatch.setattr(kernels, "available", lambda: True)
    kernel, log = counted
    other = kernels.Kernel(kernel.calls, kernel.loop)
    work(kernel, 10)
    work(other, 1)
    work(kernel, 1)
    assert log == ["calls", "loop", "loop"]


def test_without_numba_nothing_follows(counted, monkeypatch):
    monkeypatch.setattr(kernels, "available", lambda: False)
    kernel, log = counted
    work(kernel, 11, 11)
    assert log == ["calls", "calls"]
    assert kernel.run == kernel.calls  # and nothing is counted any more


def test_if_it_cannot_compile_numpy_goes_on(counted, monkeypatch):
    def fails(*arrays):
        raise OSError("no space left")

    monkeypatch.setattr(kernels, "available", lambda: True)
    monkeypatch.setattr(kernels, "compiled", lambda loop: fails)
    kernel, log = counted
    work(kernel, 11, 11)
    assert log == ["calls", "calls"]


def test_without_a_place_for_a_cache_it_still_compiles(monkeypatch):
    numba = pytest.importorskip("numba")

    def njit(cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", njit)
    assert kernels.compiled.__wrapped__(work) is work
