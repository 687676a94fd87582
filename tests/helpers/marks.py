"""Marks and parametrisations that many test files use."""

import signal

import numpy as np
import pytest
import sklearn
from scipy import sparse
from sklearn.utils.fixes import parse_version

SCIKIT_LEARN = parse_version(sklearn.__version__)

unconverged = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
has_numbers_of_1_9 = pytest.mark.skipif(
    parse_version("1.9") > SCIKIT_LEARN, reason="the numbers are those of scikit-learn 1.9"
)
HAS_CALLBACKS = parse_version("1.9") <= SCIKIT_LEARN
needs_callbacks = pytest.mark.skipif(
    not HAS_CALLBACKS, reason="scikit-learn has callbacks from 1.9 on"
)

# Where there is no SIGALRM, the timeout of a test is a thread of its own, and while the user has
# threads, fits leave the numbers of BLAS threads alone.
without_other_threads = pytest.mark.timeout(300 if hasattr(signal, "SIGALRM") else 0)

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
dense_and_csr = pytest.mark.parametrize(
    "convert", [np.asarray, sparse.csr_array], ids=["dense", "csr"]
)


def every(name, estimators):
    """Parametrise by estimators, which are named by their classes."""
    return pytest.mark.parametrize(name, estimators, ids=lambda each: type(each).__name__)
