"""Stochastic optimizers, by the name that the ``solver`` parameter gives them."""

from .adam import Adam
from .base import Optimizer, OptimizerState
from .sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "adam": Adam}

__all__ = ["OPTIMIZERS", "SGD", "Adam", "Optimizer", "OptimizerState"]
