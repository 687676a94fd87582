"""The perceptron: exact, mistake-driven updates."""

from . import compiled
from .blocks import Blocks
from .engine import Engine, Lecture
from .keepers import Keeper, Last, Pocket, accuracies
from .penalised import Penalised, Penalty
from .rows import DenseRows, Rows, SparseRows
from .rules import Joint, OneVsRest, Rule, winners
from .units import Patience, Tally, Units

__all__ = [
    "Blocks",
    "DenseRows",
    "Engine",
    "Joint",
    "Keeper",
    "Last",
    "Lecture",
    "OneVsRest",
    "Patience",
    "Penalised",
    "Penalty",
    "Pocket",
    "Rows",
    "Rule",
    "SparseRows",
    "Tally",
    "Units",
    "accuracies",
    "compiled",
    "winners",
]
