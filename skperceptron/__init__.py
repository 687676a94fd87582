"""scikit-learn compatible neural networks in NumPy."""

from ._autoencoder import MLPAutoencoder
from ._mlp import MLPClassifier, MLPRegressor
from ._perceptron import PerceptronClassifier

__all__ = ["MLPAutoencoder", "MLPClassifier", "MLPRegressor", "PerceptronClassifier"]
__version__ = "0.1.0"
