"""Layers: what a network is a chain of."""

from .activation import Activated
from .base import Layer
from .dense import Dense
from .dropout import Dropout, SparseDropout
from .products import DenseProducts, SparseProducts

__all__ = [
    "Activated",
    "Dense",
    "DenseProducts",
    "Dropout",
    "Layer",
    "SparseDropout",
    "SparseProducts",
]
