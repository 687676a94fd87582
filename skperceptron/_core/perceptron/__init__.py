"""The perceptron: exact, mistake-driven updates."""

from . import compiled
from .blocks import Blocks
from .penalised import Penalised, Penalty
from .rows import DenseRows, Rows, SparseRows
from .rules import Joint, OneVsRest, Rule, predicted_codes
from .trainer import Trainer, TrainingData
from .units import EpochStats, Patience, Units
from .weight_selectors import Last, Pocket, WeightSelector, accuracies

__all__ = [
    "Blocks",
    "DenseRows",
    "EpochStats",
    "Joint",
    "Last",
    "OneVsRest",
    "Patience",
    "Penalised",
    "Penalty",
    "Pocket",
    "Rows",
    "Rule",
    "SparseRows",
    "Trainer",
    "TrainingData",
    "Units",
    "WeightSelector",
    "accuracies",
    "compiled",
    "predicted_codes",
]
