"""What an exported prediction is made of: the operations that every target language has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from .._core.activations import HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS, ActivationLike
from .._core.formulas import Call, Constant, Formula
from .._core.types import Array
from .._lowered import DenseStep, OtherStep, Step


class Value(Formula):
    """Something that has been computed: ``width`` numbers for each row."""

    width: int


class Writer(ABC):
    """Interface of what writes a prediction down, operation by operation.

    A value is made for each row. Operations do not change the values that they take.
    """

    reader: ClassVar[str]  # whom errors name

    @abstractmethod
    def compute(self, formula: Formula) -> Value:
        """The value of a formula whose values and constants have one width, or the width 1."""

    @abstractmethod
    def dense(self, x: Value, weight: Array, intercept: Array) -> Value:
        """``x W + b``, with arrays of shapes (x.width, n) and (n,)."""

    @abstractmethod
    def join(self, values: Sequence[Value]) -> Value:
        """The numbers of one value after those of the other."""

    @abstractmethod
    def take(self, x: Value, places: Sequence[int]) -> Value:
        """The numbers at some places."""

    @abstractmethod
    def ascending(self, x: Value) -> Value:
        """The numbers in ascending order."""

    @abstractmethod
    def highest(self, x: Value) -> Value:
        """Place of the highest number, the first of several: a whole number."""

    @abstractmethod
    def above(self, x: Value, bound: float) -> Value:
        """1 for each number above a bound and 0 for the others: whole numbers."""

    @abstractmethod
    def code(self, x: Value, place: int, levels: Sequence[Any]) -> Value:
        """Place of a category, in a column of a table, among its levels: a whole number.

        A category that is missing, or none of the levels, has the place after the last.
        """

    @abstractmethod
    def rows_of(self, table: Array, code: Value) -> Value:
        """The row of a table at the place that a whole number says."""

    @abstractmethod
    def exact(self, x: Value) -> Value:
        """The same numbers, from here on in double precision if the language has a choice."""

    @abstractmethod
    def rounded(self, x: Value) -> Value:
        """The same numbers, from here on in the precision of networks."""


Kind = Literal["numbers", "class", "labels"]


@dataclass(frozen=True)
class Function:
    """A function of rows, by the name of the estimator's method that computes the same.

    ``of`` names the function whose result the body takes; None stands for the rows of X. The kinds
    are numbers, the place of a class (a whole number), and a 1 or 0 for each label.
    """

    name: str
    n_inputs: int
    n_outputs: int
    body: Callable[[Writer, Value], Value]
    of: str | None = None
    kind: Kind = "numbers"
    takes_rows: bool = True  # whether the method does, and not what ``of`` returns
    internal: bool = False  # whether the estimator has no such method


@dataclass(frozen=True)
class Description:
    """All that is exported of an estimator."""

    functions: tuple[Function, ...]  # each after those that it takes the result of
    dtype: np.dtype[Any]  # of the weights
    classes: Array | None = None
    # Of a table the levels of each column of categories, by its place; None if X is a matrix.
    levels: Mapping[int, Sequence[Any]] | None = None
    exact: bool = False  # whether functions begin in double precision

    def function(self, name: str) -> Function:
        """The function of this name."""
        return next(function for function in self.functions if function.name == name)

    @property
    def is_table(self) -> bool:
        """Whether X may have categories and missing values."""
        return self.levels is not None

    def has(self, name: str) -> bool:
        """Whether there is a function of this name."""
        return any(function.name == name for function in self.functions)


def width_of(formula: Formula) -> int:
    """How many numbers a formula has for each row."""
    if isinstance(formula, Value):
        return formula.width
    if isinstance(formula, Constant):
        return int(np.size(formula.value))
    assert isinstance(formula, Call)
    return max(map(width_of, formula.operands))


def run_steps(writer: Writer, steps: Iterable[Step], x: Value) -> Value:
    """What the steps of a network compute."""
    for step in steps:
        if isinstance(step, DenseStep):
            x = writer.dense(x, step.weight, step.intercept)
        x = activated(writer, step.activation, x)
    return x


def activated(writer: Writer, activation: str | ActivationLike | None, x: Value) -> Value:
    """What an activation makes of a value."""
    if activation is None:
        return x
    assert isinstance(activation, str)  # others are refused by check_steps
    known = HIDDEN_ACTIVATIONS | OUTPUT_ACTIVATIONS
    formula = known[activation]().formula(x)
    return x if formula is x else writer.compute(formula)


def check_steps(steps: Iterable[Step], reader: str) -> None:
    """Refuse what there is no other form of than its own class: it is named."""
    for step in steps:
        if isinstance(step, OtherStep) or type(step) not in (Step, DenseStep):
            name = step.name if isinstance(step, OtherStep) else type(step).__name__
            raise ValueError(
                f"{reader} can't export the layer {name}: it knows dense layers, activations and "
                "batch normalisation. A layer of your own is exported if its spec lowers it to "
                "these."
            )
        if not isinstance(step.activation, str | None):
            raise ValueError(
                f"{reader} can't export the activation {type(step.activation).__name__}, an object "
                f"of your own: activation must be one of {sorted(HIDDEN_ACTIVATIONS)} in fit."
            )
