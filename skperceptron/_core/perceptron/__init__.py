"""The perceptron: exact, mistake-driven updates."""

from .blocks import Blocks
from .engine import Engine, Lecture
from .penalised import Penalised, Penalty
from .rows import DenseRows, Rows, SparseRows
from .rules import Joint, OneVsRest, Rule
from .units import Patience, Tally, Units

__all__ = [
    "Blocks",
    "DenseRows",
    "Engine",
    "Joint",
    "Lecture",
    "OneVsRest",
    "Patience",
    "Penalised",
    "Penalty",
    "Rows",
    "Rule",
    "SparseRows",
    "Tally",
    "Units",
]
