"""The updates that a perceptron makes: Rosenblatt's rule, for two classes or more."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from ..types import Array
from .rows import Products

# NumPy takes an array without dimensions faster than a Python number.
_ZERO = np.zeros(())


class Outcome(NamedTuple):
    """The result of processing rows one after the other."""

    updates: Array  # (n, n_units), multiple of the row added to each unit's weights
    margins: Array  # (n, n_learners), at the row's turn; a mistake is a margin <= 0
    clearance: Array  # (n, k), distances from the ties that would change this result

    def before(self, row: int) -> Outcome:
        return Outcome(*(values[:row] for values in self))


class UpdateResolver(ABC):
    """Interface: resolves the updates of a run of rows from the scores of the units.

    A learner is what makes mistakes and stops: a single unit, or all units together.
    """

    @abstractmethod
    def margins(self, scores: Array, start: int) -> Array:
        """Return margins (n, n_learners) for scores (n, n_units) of the rows from ``start`` on."""

    @abstractmethod
    def resolve(self, scores: Array, start: int, products: Products) -> Outcome:
        """Process the rows from ``start`` on, one after the other.

        ``scores`` (n, n_units) are the scores of all rows before the first update. ``products``
        say how the updates of a row change the scores of the rows after it.
        """


class Rule(ABC):
    """Interface: the number of units, and the update that a row of each class asks for."""

    n_units: int
    n_learners: int
    independent: bool  # whether each unit is a learner, whatever the others do
    steps: Array  # sizes of the updates of a row of weight 1, by class

    @abstractmethod
    def resolver(self, codes: Array, weights: Array) -> UpdateResolver:
        """Return the UpdateResolver of rows with these class codes (n,) and weights (n,)."""

    @abstractmethod
    def right(self, scores: Array, codes: Array) -> Array:
        """Return whether each learner is right, (n, n_learners), for scores (n, n_units)."""

    @abstractmethod
    def units(self, learners: Array) -> Array:
        """Return the indices of the units that these learners, by index, change."""

    @abstractmethod
    def subset(self, learners: Array) -> Rule:
        """Return the rule for these learners alone."""


class OneVsRest(Rule):
    """One unit for each class against the rest, or one for two classes.

    ``y (w·x + b) ≤ 0`` is a mistake, and adds ``η y x`` to w (Rosenblatt 1958). A row's y is 1 for
    the unit whose ``own`` class is the row's, else -1. ``own_weight`` scales the ``rate`` η for the
    rows of the class, ``other_weight`` for those of the rest; all three are (n_units,).
    """

    independent = True

    def __init__(self, own: Array, own_weight: Array, other_weight: Array, rate: float) -> None:
        self.own, self.own_weight, self.other_weight, self.rate = (
            own, own_weight, other_weight, rate,
        )  # fmt: skip
        self.n_units = self.n_learners = len(own)
        self.steps = rate * np.concatenate([own_weight, other_weight])

    def resolver(self, codes: Array, weights: Array) -> UpdateResolver:
        return _OneVsRestResolver(self, self._is_own(codes), weights)

    def right(self, scores: Array, codes: Array) -> Array:
        right: Array = (scores > 0) == self._is_own(codes)
        return right

    def units(self, learners: Array) -> Array:
        return learners

    def subset(self, learners: Array) -> OneVsRest:
        own, others = self.own_weight[learners], self.other_weight[learners]
        return OneVsRest(self.own[learners], own, others, self.rate)

    def _is_own(self, codes: Array) -> Array:
        """Return whether a row's class is the unit's own class, (n, n_units)."""
        is_own: Array = codes[:, np.newaxis] == self.own
        return is_own


class _OneVsRestResolver(UpdateResolver):
    """Units learn independently: they are processed one by one, from mistake to mistake."""

    def __init__(self, rule: OneVsRest, is_own: Array, weights: Array) -> None:
        self._rule, self._is_own, self._weights = rule, is_own, weights
        self._signs = np.where(is_own, 1.0, -1.0)  # (n, n_units)

    def margins(self, scores: Array, start: int) -> Array:
        margins: Array = scores * self._signs[start : start + len(scores)]
        return margins

    def resolve(self, scores: Array, start: int, products: Products) -> Outcome:
        rows = slice(start, start + len(scores))
        signs, rule = self._signs[rows], self._rule
        steps = np.where(self._is_own[rows], rule.own_weight, rule.other_weight)  # (n, n_units)
        steps *= self._weights[rows, np.newaxis]
        steps *= signs
        steps *= rule.rate
        margins = scores * signs
        updates = np.zeros(margins.shape)
        for unit in np.flatnonzero((margins <= 0).any(axis=0)):
            own_steps = steps[:, unit]
            own, wrong = _learn(margins[:, unit], signs[:, unit], own_steps, products)
            margins[:, unit] = own
            updates[wrong, unit] = own_steps[wrong]
        return Outcome(updates, margins, np.abs(margins))


def _learn(
    margins: Array, signs: Array, steps: Array, products: Products
) -> tuple[Array, list[int]]:
    """Return each row's margin at its turn, (n,), and the indices of the mistakes."""
    margins, wrong = margins.copy(), np.empty(len(margins), bool)
    effect = np.empty(len(margins))
    steps = steps[:, np.newaxis]
    mistakes: list[int] = []
    their_margins: list[float] = []
    while True:
        np.less_equal(margins, _ZERO, wrong)
        row = int(wrong.argmax())
        if not wrong[row]:
            margins[mistakes] = their_margins
            return margins, mistakes
        mistakes.append(row)
        their_margins.append(margins[row])
        margins[row] = np.inf
        np.multiply(products[row], signs, effect)
        np.multiply(effect, steps[row], effect)
        np.add(margins, effect, margins)


class Joint(Rule):
    """One unit for each of three classes or more: the unit of the row's class must score highest.

    A mistake adds ``η x`` to the unit of the row's class, and subtracts it from the highest of the
    other units. This is Kesler's construction (Duda & Hart 1973, section 5.12), for which
    Novikoff's theorem holds too.
    """

    n_learners = 1
    independent = False

    def __init__(self, class_weight: Array, rate: float) -> None:
        self._class_weight, self._rate = class_weight, rate  # (n_classes,)
        self.n_units = len(class_weight)
        self.steps = rate * class_weight

    def resolver(self, codes: Array, weights: Array) -> UpdateResolver:
        return _JointResolver(codes, self._rate * (self._class_weight[codes] * weights))

    def right(self, scores: Array, codes: Array) -> Array:
        right: Array = scores.argmax(axis=1) == codes
        return right[:, np.newaxis]

    def units(self, learners: Array) -> Array:
        return np.arange(self.n_units)

    def subset(self, learners: Array) -> Rule:
        return self


class _JointResolver(UpdateResolver):
    def __init__(self, codes: Array, steps: Array) -> None:
        self._codes, self._steps = codes, steps  # (n,)

    def margins(self, scores: Array, start: int) -> Array:
        own, rivals = self._own_and_rivals(scores, start)
        margins: Array = own - rivals.max(axis=1, keepdims=True)  # (n, 1)
        return margins

    def resolve(self, scores: Array, start: int, products: Products) -> Outcome:
        scores, updates = scores.copy(), np.zeros_like(scores)
        row = 0
        while row < len(scores):
            wrong = self.margins(scores[row:], start + row)[:, 0] <= 0
            if not wrong.any():
                break
            row += int(wrong.argmax())
            _, rivals = self._own_and_rivals(scores[row : row + 1], start + row)
            step = self._steps[start + row]
            updates[row, self._codes[start + row]] = step
            updates[row, rivals.argmax()] = -step
            scores += np.multiply.outer(products[row], updates[row])
            row += 1
        own, rivals = self._own_and_rivals(scores, start)
        highest = np.partition(rivals, -2, axis=1)[:, -2:]  # (n, 2)
        margins = own - highest[:, 1:]
        ties = np.hstack([np.abs(margins), highest[:, 1:] - highest[:, :1]])
        return Outcome(updates, margins, ties)

    def _own_and_rivals(self, scores: Array, start: int) -> tuple[Array, Array]:
        """Return the score of each row's class, (n, 1), and of the other classes, (n, n_units)."""
        place = np.arange(len(scores)), self._codes[start : start + len(scores)]
        rivals = scores.copy()
        rivals[place] = -np.inf
        return scores[place][:, np.newaxis], rivals


def predicted_codes(scores: Array) -> Array:
    """Return the class codes (n,) that scores (n, n_units) predict."""
    codes: Array = scores[:, 0] > 0 if scores.shape[1] == 1 else scores.argmax(axis=1)
    return codes.astype(np.intp)
