"""What all tests share: no figure stays open, nothing compiles unasked, Ctrl-C interrupts."""

import math
import os
import signal
import sys

import pytest

from skperceptron._core import kernels

os.environ.setdefault("MPLBACKEND", "agg")

# So that a comparison that fails in there shows its values, too.
pytest.register_assert_rewrite("helpers")

# So that what a test runs does not depend on the tests before it.
kernels.n_left = math.inf


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    """Close what the test has drawn."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


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
