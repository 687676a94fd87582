"""Search spaces, searches that continue after a kill, and a learning rate found by one training."""

from ._cached import CachedEstimator
from ._learning_rate import LearningRateTest, find_learning_rate
from ._spaces import LayerSizes, search_space, suggest

__all__ = [
    "CachedEstimator",
    "LayerSizes",
    "LearningRateTest",
    "find_learning_rate",
    "search_space",
    "suggest",
]
