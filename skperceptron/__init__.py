"""scikit-learn compatible neural networks in NumPy."""

# First, and from here: the deeper in the stack all that it imports is made ready, the more often
# CPython takes memory for a few frames and gives it back. From _autoencoder it takes 0.1 s longer.
import sklearn  # noqa: F401

from ._autoencoder import MLPAutoencoder
from ._classifier import MLPClassifier
from ._perceptron import PerceptronClassifier
from ._regressor import MLPRegressor

__all__ = ["MLPAutoencoder", "MLPClassifier", "MLPRegressor", "PerceptronClassifier"]
__version__ = "0.1.0"
