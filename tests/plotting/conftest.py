import warnings

import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning

from skperceptron import MLPClassifier


@pytest.fixture(autouse=True)
def training_need_not_converge():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@pytest.fixture(scope="session")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="session")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


@pytest.fixture(scope="session")
def sparse_network(digits):
    """A network in which L1 has zeroed weights, and some units died."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return MLPClassifier(
            (20, 10), alpha=1.0, l1_ratio=1.0, learning_rate_init=0.01, max_iter=30, random_state=0
        ).fit(*digits)
