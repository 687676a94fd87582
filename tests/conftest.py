"""What all tests share: figures are closed, nothing compiles unasked, Ctrl-C interrupts.

And what a test changes for the whole process is as before.
"""

import gc
import math
import os
import signal
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from helpers.grids import one_of_each
from skperceptron._core import kernels

os.environ.setdefault("MPLBACKEND", "agg")

# Their doctests set callbacks, which older versions of scikit-learn do not have.
WITH_CALLBACKS = ("skperceptron.callbacks.",)

collect_ignore = ["typing"]  # programs for type checkers, which nobody runs

# So that what a test runs does not depend on the tests before it.
kernels.n_elements_left = kernels.n_steps_left = math.inf


@pytest.hookimpl(tryfirst=True)  # before those that -m leaves out are left out
def pytest_collection_modifyitems(items):
    """Mark the cases as slow that a test with the mark ``one_of_each`` can do without."""
    if find_spec("sklearn.callback") is None:
        for item in items:
            if item.name.startswith(WITH_CALLBACKS):
                item.add_marker(pytest.mark.skip(reason="needs scikit-learn 1.9"))
    grids = {}
    for item in items:
        if item.get_closest_marker("one_of_each") and not item.get_closest_marker("slow"):
            grids.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for cases in grids.values():
        # The cases of a grid share its values, so identity tells them apart, hashable or not.
        values = [{(k, id(v)) for k, v in case.callspec.params.items()} for case in cases]
        units = set(one_of_each(values))
        for i, case in enumerate(cases):
            if i not in units:
                case.add_marker("slow")


def pytest_collection_finish():
    """Have the garbage collector look through thousands of collected tests less often.

    They are not frozen: hypothesis asks the collector who refers to an object of its own.
    """
    gc.collect()
    gc.set_threshold(50_000, 50, 50)


@pytest.fixture(autouse=True)
def the_same_numbers_each_time():
    """Without a random_state estimators draw from NumPy's global stream: begin it anew."""
    np.random.seed(0)  # noqa: NPY002  # this stream and no other


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    """Close what the test has drawn."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(autouse=True)
def traces_as_before():
    """See that a test that traces lines puts back what has traced them: coverage does."""
    before = sys.gettrace()
    yield
    assert sys.gettrace() is before, "whatever measures coverage counts nothing from here on"


@pytest.fixture(autouse=True)
def ctrl_c_interrupts():
    """Have SIGINT raise KeyboardInterrupt, here and in processes that the test starts.

    A shell starts what runs in its background, and what ``nohup`` runs, with SIGINT ignored.
    Processes inherit that, and Python then installs no handler.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    # None stands for a handler that was not installed by Python, and can't be put back.
    signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
