"""Kernels: both implementations do the same, and Numba's replaces NumPy's when it pays."""

import math
import signal
import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from helpers.marks import every_dtype
from helpers.processes import run_python
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
    weights, grad, scratch, exp_avg, exp_avg_sq = (numbers(rng, size, dtype) for _ in range(5))
    constants = np.array([0.9, 0.999, 1e-7, 0.03], dtype)
    return weights, grad, scratch, exp_avg, np.abs(exp_avg_sq), constants


def of_l2(rng, size, dtype):
    total, values, scratch = (numbers(rng, size, dtype) for _ in range(3))
    return total, values, np.array([0.3], dtype), scratch


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
    """What makes a function of Numba's implementation."""
    if request.param == "compiled":
        pytest.importorskip("numba")
        return kernels.compiled
    return lambda loop, dimensions: loop


@pytest.mark.parametrize("name", KERNELS)
@every_dtype
def test_both_implementations_are_equal_to_the_last_bit(name, dtype, form, monkeypatch):
    kernel, arguments, spent = KERNELS[name]
    monkeypatch.setattr(kernels, "compiled", form)
    loop = kernel.compiled()
    for seed, size in enumerate(SIZES):
        ours, theirs = (arguments(np.random.default_rng(seed), size, dtype) for _ in range(2))
        with np.errstate(all="ignore"):
            kernel.numpy_impl(*ours)
            loop(*theirs)
        for i, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            if i not in spent:
                assert one.dtype == other.dtype
                # Zeros by their signs too; of a NaN the sign means nothing.
                assert_array_equal(one, other)
                number = ~np.isnan(one)
                assert_array_equal(np.signbit(one)[number], np.signbit(other)[number])


class Log(list):
    """Who did the work of a kernel."""

    def numpy_impl(self, *arrays):
        self.append("NumPy")

    def loop(self, *arguments):
        self.append("Numba")

    def kernel(self):
        return kernels.Kernel(self.numpy_impl, self.loop, (1, 1))


@pytest.fixture
def log(monkeypatch):
    """One for kernels that wait for 10 elements, where nothing needs compiling."""
    monkeypatch.setattr(kernels, "available", lambda: True)
    monkeypatch.setattr(kernels, "compiled", lambda loop, dimensions: loop)
    monkeypatch.setattr(kernels, "n_elements_left", 10)
    monkeypatch.setattr(kernels, "n_steps_left", math.inf)
    monkeypatch.setattr(kernels, "_failures", [])
    monkeypatch.setattr(kernels, "_told", [])
    monkeypatch.setattr(kernels.Kernel, "all", [])
    return Log()


def work(*some_kernels, size):
    for kernel in some_kernels:
        kernel.run(np.empty(size), np.empty(size))
    kernels.count(size)


def test_numba_follows_when_it_pays(log):
    one, other = log.kernel(), log.kernel()
    work(one, other, size=6)
    work(one, other, size=4)
    work(one, other, size=1)
    assert log == ["NumPy"] * 4 + ["Numba"] * 2


def test_they_are_compiled_once(log, monkeypatch):
    seen = []
    monkeypatch.setattr(kernels, "compiled", lambda loop, dimensions: seen.append(1) or loop)
    kernel = log.kernel()
    for _ in range(3):
        work(kernel, size=11)
    assert seen == [1]


def failing(error):
    def fail(*args):
        raise error

    return fail


@pytest.mark.parametrize(
    ("owner", "name", "replacement"),
    [
        pytest.param(kernels, "available", lambda: False, id="no Numba"),
        pytest.param(kernels, "compiled", failing(OSError("no space left")), id="no space"),
        pytest.param(
            threading.Thread, "start", failing(RuntimeError("can't start")), id="no thread"
        ),
    ],
)
def test_if_nothing_can_follow_numpy_goes_on(owner, name, replacement, log, monkeypatch):
    monkeypatch.setattr(owner, name, replacement)
    kernel = log.kernel()
    work(kernel, size=11)
    work(kernel, size=11)
    assert log == ["NumPy", "NumPy"]


def test_a_signal_while_it_compiles_is_no_failure_to_compile(log, monkeypatch):
    class OutOfTime(Exception):
        pass

    def out_of_time(*args):
        raise OutOfTime

    def interrupted(function, dimensions):
        assert threading.current_thread() is not threading.main_thread()
        signal.raise_signal(signal.SIGINT)
        return function

    monkeypatch.setattr(kernels, "compiled", interrupted)
    before = signal.signal(signal.SIGINT, out_of_time)
    try:
        with pytest.raises(OutOfTime):
            work(log.kernel(), size=11)
    finally:
        signal.signal(signal.SIGINT, before)


def test_numba_can_be_told_not_to_compile():
    pytest.importorskip("numba")
    code = "from skperceptron._core import kernels; print(kernels.available())"
    assert run_python(code, NUMBA_DISABLE_JIT="1") == "False"
    assert run_python(code, NUMBA_DISABLE_JIT="0") == "True"


def test_a_cache_that_is_broken_does_not_matter(tmp_path):
    pytest.importorskip("numba")
    code = """
import numpy as np
from skperceptron._core import activations
kernel = activations._keep_where_positive
kernel.use_compiled()
values = np.full((1, 2), 3.0)
kernel.run(values, np.array([[-1.0, 1.0]]))
print(kernel.run is not kernel.numpy_impl, values.tolist())
"""
    for _ in range(2):
        assert run_python(code, NUMBA_CACHE_DIR=str(tmp_path)) == "True [[0.0, 3.0]]"
        for index in tmp_path.rglob("*.nbi"):
            index.write_bytes(b"")


def test_without_a_place_for_a_cache_it_still_compiles(monkeypatch):
    numba = pytest.importorskip("numba")

    def njit(signatures, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", njit)
    assert kernels.compiled.__wrapped__(work, (1, 1)) is work
