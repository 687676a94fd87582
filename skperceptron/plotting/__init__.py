"""Pictures of networks and of their training, by scikit-learn's convention for displays.

matplotlib is needed to draw, not to import this package.
"""

from ._decision_boundary import DecisionBoundaryAnimation
from ._histograms import ActivationHistogramDisplay, WeightHistogramDisplay
from ._learning_rate import LearningRateDisplay
from ._loss_curve import LossCurveDisplay
from ._loss_surface import LossSurfaceDisplay
from ._network import NetworkDisplay
from ._weight_images import WeightImagesDisplay
from .base import training_path

__all__ = [
    "ActivationHistogramDisplay",
    "DecisionBoundaryAnimation",
    "LearningRateDisplay",
    "LossCurveDisplay",
    "LossSurfaceDisplay",
    "NetworkDisplay",
    "WeightHistogramDisplay",
    "WeightImagesDisplay",
    "training_path",
]
