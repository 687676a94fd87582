"""Networks on tables: what makes a matrix of numbers, categories and missing values."""

from ._classifier import TabularMLPClassifier
from ._piecewise import PiecewiseLinearEncoder
from ._preprocessor import TabularPreprocessor
from ._regressor import TabularMLPRegressor
from ._robust_clip import RobustClipScaler

__all__ = [
    "PiecewiseLinearEncoder",
    "RobustClipScaler",
    "TabularMLPClassifier",
    "TabularMLPRegressor",
    "TabularPreprocessor",
]
