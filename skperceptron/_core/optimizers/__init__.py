"""Stochastic optimizers, by the name that the ``solver`` parameter gives them."""

from .adam import Adam, AdamW, Nadam
from .base import Optimizer, OptimizerState
from .clipping import Clipped
from .lion import Lion
from .metered import Metered
from .sgd import SGD
from .squares import Adagrad, RMSprop

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "nadam": Nadam,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
    "lion": Lion,
}

__all__ = ["OPTIMIZERS", "Clipped", "Metered", "Optimizer", "OptimizerState"]
