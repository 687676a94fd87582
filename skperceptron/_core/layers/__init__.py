"""Layers: what a network is a chain of."""

from .activation import ActivationLayer
from .base import Layer
from .batch_norm import BatchNorm
from .dense import Dense
from .dropout import Dropout, SparseDropout

__all__ = [
    "ActivationLayer",
    "BatchNorm",
    "Dense",
    "Dropout",
    "Layer",
    "SparseDropout",
]
