"""Layers: what a network is a chain of."""

from .activation import Activated
from .base import Layer
from .dense import Dense
from .dropout import Dropout, SparseDropout

__all__ = [
    "Activated",
    "Dense",
    "Dropout",
    "Layer",
    "SparseDropout",
]
