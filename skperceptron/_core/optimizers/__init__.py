"""Stochastic optimizers, by the name that the ``solver`` parameter gives them."""

from .adagrad import Adagrad
from .adam import Adam, AdamW, Nadam
from .base import Optimizer, OptimizerState
from .clipping import ClipByGlobalNorm
from .gradient_norm import GradientNormRecorder
from .lion import Lion
from .rmsprop import RMSprop
from .sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "nadam": Nadam,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
    "lion": Lion,
}

__all__ = ["OPTIMIZERS", "ClipByGlobalNorm", "GradientNormRecorder", "Optimizer", "OptimizerState"]
