"""What all tests share: no figure goes to a screen or stays open, and nothing compiles unasked."""

import math
import os
import sys

import pytest

from skperceptron._core import kernels

os.environ.setdefault("MPLBACKEND", "agg")

# So that what a test runs does not depend on the tests before it.
kernels.n_left = math.inf


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    """Close what the test has drawn."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
