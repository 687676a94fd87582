"""Formulas: what an activation computes, written down for whoever computes it in another language.

A formula is made of numbers, of what its reader puts in, and of calls of the functions below. It
is computed number by number, but for ``softmax``, which is along each row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


class Formula:
    """Something to compute. Arithmetic with formulas makes formulas."""

    __array_ufunc__ = None  # an array leaves arithmetic with a formula to the formula

    def __add__(self, other: Operand) -> Formula:
        return call("add", self, other)

    def __radd__(self, other: Operand) -> Formula:
        return call("add", other, self)

    def __sub__(self, other: Operand) -> Formula:
        return call("subtract", self, other)

    def __rsub__(self, other: Operand) -> Formula:
        return call("subtract", other, self)

    def __mul__(self, other: Operand) -> Formula:
        return call("multiply", self, other)

    def __rmul__(self, other: Operand) -> Formula:
        return call("multiply", other, self)

    def __truediv__(self, other: Operand) -> Formula:
        return call("divide", self, other)

    def __rtruediv__(self, other: Operand) -> Formula:
        return call("divide", other, self)

    def __neg__(self) -> Formula:
        return call("multiply", self, -1.0)


@dataclass(frozen=True, eq=False)
class Constant(Formula):
    """A number, or an array with a number for each column."""

    value: Any


@dataclass(frozen=True, eq=False)
class Call(Formula):
    """A function of other formulas, by its name."""

    function: str
    operands: tuple[Formula, ...]


Operand: TypeAlias = Any  # a formula, a number or an array


def call(function: str, *operands: Operand) -> Call:
    """A function of formulas and constants."""
    return Call(
        function,
        tuple(
            operand if isinstance(operand, Formula) else Constant(operand) for operand in operands
        ),
    )


def maximum(one: Operand, other: Operand) -> Formula:
    """The larger of two."""
    return call("maximum", one, other)


def minimum(one: Operand, other: Operand) -> Formula:
    """The smaller of two."""
    return call("minimum", one, other)


def exp(z: Operand) -> Formula:
    """``exp(z)``."""
    return call("exp", z)


def expm1(z: Operand) -> Formula:
    """``exp(z) - 1``."""
    return call("expm1", z)


def sqrt(z: Operand) -> Formula:
    """The square root."""
    return call("sqrt", z)


def tanh(z: Operand) -> Formula:
    """The hyperbolic tangent."""
    return call("tanh", z)


def logistic(z: Operand) -> Formula:
    """``1 / (1 + exp(-z))``."""
    return call("logistic", z)


def softplus(z: Operand) -> Formula:
    """``log(1 + exp(z))``."""
    return call("softplus", z)


def normal_cdf(z: Operand) -> Formula:
    """The standard normal distribution function."""
    return call("normal_cdf", z)


def softmax(z: Operand) -> Formula:
    """``exp(zₖ) / Σⱼ exp(zⱼ)`` along each row."""
    return call("softmax", z)


def is_missing(z: Operand) -> Formula:
    """Whether a number is NaN."""
    return call("is_missing", z)


def where(condition: Formula, one: Operand, other: Operand) -> Formula:
    """The one where the condition holds, the other elsewhere."""
    return call("where", condition, one, other)
