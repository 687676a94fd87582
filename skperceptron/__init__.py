"""scikit-learn compatible neural networks in NumPy."""

from ._mlp import MLPClassifier, MLPRegressor
from ._perceptron import PerceptronClassifier

__all__ = ["MLPClassifier", "MLPRegressor", "PerceptronClassifier"]
__version__ = "0.1.0"
