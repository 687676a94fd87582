"""Losses of raw scores, by name and by the output activation that turns scores into predictions.

A pair with a class of its own is fused. The gradient of a loss with its natural output activation
is ``prediction - y``: it is shorter than the chain rule, and stable where the output activation
saturates. ``ComposedLoss`` combines a loss of predictions (output activation "identity") with any
other output activation, by the chain rule.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np
from scipy.special import expit, log_softmax, xlogy

from .activations import ActivationLike, softplus
from .types import Array

if TYPE_CHECKING:
    from .compiled.tape import Tape


@runtime_checkable
class LossLike(Protocol):
    """What a loss has, one of the user's included."""

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        """Return the loss of each row, (n,); overwrite ``scores`` with the gradient.

        ``scores`` and ``y`` are (n, n_outputs), and ``y`` is left as it is.
        """


class TargetInterval(NamedTuple):
    """The targets for which a loss is defined. Targets are finite, so an infinite bound is none."""

    low: float = -math.inf
    high: float = math.inf
    low_included: bool = True
    high_included: bool = True

    def includes(self, y: float) -> bool:
        above = y >= self.low if self.low_included else y > self.low
        below = y <= self.high if self.high_included else y < self.high
        return above and below

    def condition(self, name: str) -> str:
        """What targets of this name must fulfil, for a message."""
        above = f"{name} {'>=' if self.low_included else '>'} {self.low:g}"
        below = f"{name} {'<=' if self.high_included else '<'} {self.high:g}"
        bounds = ((self.low, above), (self.high, below))
        return " and ".join(text for bound, text in bounds if math.isfinite(bound))


class Loss(ABC):
    """Interface: the loss of each row, and its gradient, from raw scores."""

    target_interval: ClassVar[TargetInterval] = TargetInterval()
    probabilistic: ClassVar[bool] = True  # whether scores become probabilities
    nonsmooth: ClassVar[bool] = False  # whether the gradient jumps
    # Whether the expected loss of an output is lowest at the mean of its targets.
    minimised_by_mean: ClassVar[bool] = True

    @property
    def scores_per_output(self) -> int:
        """Scores that the network has for each output.

        The first of each output are the predictions, and come before all others: (n, n_outputs ·
        scores_per_output).
        """
        return 1

    @abstractmethod
    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        """Return the loss of each row, (n,); overwrite ``scores`` with the gradient.

        ``y`` is (n, n_outputs) and left as it is, ``scores`` are as many for each output as the
        loss has, and the loss of a row is the sum over its outputs.
        """


@dataclass(frozen=True)
class ComposedLoss(Loss):
    """A loss of predictions ``output_activation(scores)``, by the chain rule."""

    loss: LossLike
    output_activation: ActivationLike

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        self.output_activation.forward(scores)
        predictions = scores.copy()  # (n, n_outputs)
        values = self.loss.values_and_gradient(scores, y)
        self.output_activation.backward(predictions, scores)
        return values


class BinaryLogLoss(Loss):
    """Cross-entropy of independent outputs, ``Σₖ log(1 + exp(sₖ)) - yₖ sₖ``."""

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        # Term by term, none of which is negative: their sums would cancel less exactly.
        terms: Array = np.logaddexp(0, scores)  # (n, n_outputs)
        terms -= scores * y
        expit(scores, out=scores)
        scores -= y
        values: Array = terms.dot(_ones(scores.shape[1], scores.dtype))  # (n,)
        return values

    def record(self, tape: Tape, scores: Array, y: Array) -> Array:
        terms, products = tape.empty(*scores.shape), tape.empty(*scores.shape)
        values = tape.empty(len(scores))
        tape.call(np.logaddexp, 0.0, scores, terms)
        tape.call(np.multiply, scores, y, products)
        tape.call(np.subtract, terms, products, terms)
        tape.call(expit, scores, scores)
        tape.call(np.subtract, scores, y, scores)
        tape.row_totals(terms, values)
        return values


class MulticlassLogLoss(Loss):
    """Cross-entropy of exclusive classes, ``log Σⱼ exp(sⱼ) - Σₖ yₖ sₖ`` where Σₖ yₖ = 1."""

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        # NumPy reduces a long axis faster than many short ones, and BLAS sums faster than either.
        highest = np.maximum.reduce(scores.T.copy(), axis=0)  # (n,)
        scores -= highest[:, np.newaxis]
        values: Array = (scores * y).dot(_ones(scores.shape[1], scores.dtype))  # (n,)
        np.exp(scores, out=scores)
        normaliser = scores.dot(_ones(scores.shape[1], scores.dtype))  # (n,)
        scores /= normaliser[:, np.newaxis]
        scores -= y
        np.subtract(np.log(normaliser), values, out=values)
        return values

    def record(self, tape: Tape, scores: Array, y: Array) -> Array:
        products = tape.empty(*scores.shape)
        values, normaliser = tape.empty(len(scores)), tape.empty(len(scores))
        tape.run(_subtract_highest_loop, scores)
        tape.call(np.multiply, scores, y, products)
        tape.row_totals(products, values)
        tape.call(np.exp, scores, scores)
        tape.row_totals(scores, normaliser)
        tape.run(_divide_and_subtract_loop, scores, normaliser, y)
        tape.call(np.log, normaliser, normaliser)
        tape.call(np.subtract, normaliser, values, values)
        return values


def _subtract_highest_loop(arrays: Any, sizes: Any, integers: Any, _: Any) -> None:
    scores, n = arrays[0], sizes[1]
    for i in range(sizes[0]):
        start = i * n
        highest = scores[start]
        for j in range(1, n):
            # Not a number as soon as one of them is not.
            if not highest >= scores[start + j] and highest == highest:
                highest = scores[start + j]
        for j in range(n):
            scores[start + j] -= highest


def _divide_and_subtract_loop(arrays: Any, sizes: Any, integers: Any, _: Any) -> None:
    rows, divisors, subtrahends, n = arrays[0], arrays[1], arrays[2], sizes[1]
    for i in range(sizes[0]):
        divisor = divisors[i]
        for j in range(i * n, (i + 1) * n):
            rows[j] = rows[j] / divisor - subtrahends[j]


class SquaredError(Loss):
    """``½ Σₖ (sₖ - yₖ)²`` (Legendre 1805); of probabilities the Brier score (Brier 1950)."""

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        scores -= y
        values: Array = (scores * scores).dot(_ones(scores.shape[1], scores.dtype))  # (n,)
        values *= 0.5
        return values

    def record(self, tape: Tape, scores: Array, y: Array) -> Array:
        squares, values = tape.empty(*scores.shape), tape.empty(len(scores))
        tape.call(np.subtract, scores, y, scores)
        tape.call(np.multiply, scores, scores, squares)
        tape.row_totals(squares, values)
        tape.call(np.multiply, values, 0.5, values)
        return values


class PoissonDeviance(Loss):
    """Half the deviance with prediction exp(s), ``Σₖ yₖ log yₖ - yₖ sₖ - yₖ + exp(sₖ)``.

    McCullagh & Nelder (1989), "Generalized linear models".
    """

    target_interval: ClassVar[TargetInterval] = TargetInterval(0.0)

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        values: Array = (xlogy(y, y) - y).sum(axis=1)  # (n,)
        values -= np.einsum("ij,ij->i", scores, y)
        np.exp(scores, out=scores)
        values += scores.sum(axis=1)
        scores -= y
        return values


class PoissonDevianceSoftplus(Loss):
    """Half the Poisson deviance with prediction ``μ = log(1 + exp(s))``."""

    target_interval: ClassVar[TargetInterval] = TargetInterval(0.0)

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        mean, log_mean, slope = _softplus_and_logarithm(scores)
        terms = xlogy(y, y) - y - y * log_mean + mean
        np.multiply(slope, mean - y, out=scores)
        values: Array = terms.sum(axis=1)  # (n,)
        return values


class GammaDeviance(Loss):
    """Half the deviance with prediction exp(s), ``Σₖ sₖ - log yₖ + yₖ exp(-sₖ) - 1``.

    McCullagh & Nelder (1989), "Generalized linear models".
    """

    target_interval: ClassVar[TargetInterval] = TargetInterval(0.0, low_included=False)

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        # exp(log y - s) overflows no sooner than the loss itself.
        log_ratio = np.log(y) - scores  # (n, n_outputs)
        np.exp(log_ratio, out=scores)
        values: Array = (scores - log_ratio - 1).sum(axis=1)  # (n,)
        np.subtract(1, scores, out=scores)
        return values


class GammaDevianceSoftplus(Loss):
    """Half the gamma deviance with prediction ``μ = log(1 + exp(s))``."""

    target_interval: ClassVar[TargetInterval] = TargetInterval(0.0, low_included=False)

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        _, log_mean, slope = _softplus_and_logarithm(scores)
        log_ratio = np.log(y) - log_mean  # (n, n_outputs)
        ratio = np.exp(log_ratio)
        np.multiply(slope, 1 - ratio, out=scores)
        values: Array = (ratio - log_ratio - 1).sum(axis=1)  # (n,)
        return values


class AbsoluteError(Loss):
    """``Σₖ |sₖ - yₖ|``; the gradient at 0 is 0."""

    nonsmooth: ClassVar[bool] = True
    minimised_by_mean: ClassVar[bool] = False

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        scores -= y
        values: Array = np.abs(scores).sum(axis=1)  # (n,)
        np.sign(scores, out=scores)
        return values


@dataclass(frozen=True)
class Huber(Loss):
    """``Σₖ r²/2`` where ``|r| ≤ ε``, else ``ε |r| - ε²/2``; r is the residual, in units of y.

    Huber (1964), "Robust estimation of a location parameter".
    """

    minimised_by_mean: ClassVar[bool] = False
    huber_epsilon: float

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        scores -= y
        clipped = np.clip(scores, -self.huber_epsilon, self.huber_epsilon)
        values: Array = np.einsum("ij,ij->i", clipped, scores - 0.5 * clipped)  # (n,)
        scores[...] = clipped
        return values


@dataclass(frozen=True)
class Quantile(Loss):
    """``Σₖ q max(r, 0) + (1 - q) max(-r, 0)``, r = y - s (Koenker & Bassett 1978).

    The gradient at 0 is the mean of those on either side.
    """

    nonsmooth: ClassVar[bool] = True
    minimised_by_mean: ClassVar[bool] = False
    quantile: float

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        scores -= y
        # max(a r, b r) is the pinball for a < 0 < b.
        values: Array = np.maximum(-self.quantile * scores, (1 - self.quantile) * scores).sum(
            axis=1
        )  # (n,)
        np.sign(scores, out=scores)
        scores *= 0.5
        scores += 0.5 - self.quantile
        return values


@dataclass(frozen=True)
class Quantiles(Loss):
    """``Σₖ Σⱼ qⱼ max(r, 0) + (1 - qⱼ) max(-r, 0)``, r = y - s, for several quantiles qⱼ.

    The scores are those of the first quantile for all outputs, then those of the second, and so
    on. They may cross. The gradient at 0 is the mean of those on either side.
    """

    nonsmooth: ClassVar[bool] = True
    minimised_by_mean: ClassVar[bool] = False
    quantiles: tuple[float, ...]

    @property
    def scores_per_output(self) -> int:
        return len(self.quantiles)

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        values: Array = np.zeros(len(scores), scores.dtype)
        parts = np.split(scores, len(self.quantiles), axis=1)  # views, (n, n_outputs) each
        for part, quantile in zip(parts, self.quantiles, strict=True):
            values += Quantile(quantile).values_and_gradient(part, y)
        return values


class Gaussian(Loss):
    """``Σₖ ½ (log vₖ + (yₖ - sₖ)² / vₖ)``, minus the log-likelihood up to a constant.

    There are two scores for each output: the mean s and t, with the variance ``v = exp(B tanh(t /
    B))``. The bound B = 10 keeps the standard deviation between 1/148 and 148, in units of y, so
    that no residual of 0 makes the likelihood infinite. Nix & Weigend (1994), "Estimating the mean
    and variance of the target probability distribution".
    """

    bound: ClassVar[float] = 10.0

    @property
    def scores_per_output(self) -> int:
        return 2

    @classmethod
    def log_variance(cls, scores: Array) -> Array:
        """Return log v of the second scores."""
        log_variance: Array = cls.bound * np.tanh(scores / cls.bound)
        return log_variance

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        mean, spread = np.split(scores, 2, axis=1)  # views, (n, n_outputs) each
        log_variance = self.log_variance(spread)
        precision = np.exp(-log_variance)
        residual = mean - y
        squares = residual**2 * precision
        values: Array = 0.5 * (log_variance + squares).sum(axis=1)  # (n,)
        np.multiply(residual, precision, out=mean)
        slope = 1 - (log_variance / self.bound) ** 2
        np.multiply(0.5 * (1 - squares), slope, out=spread)
        return values


class LogCosh(Loss):
    """``Σₖ log cosh(sₖ - yₖ)``, quadratic near 0 and linear far from it (Green 1990)."""

    minimised_by_mean: ClassVar[bool] = False

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        scores -= y
        size = np.abs(scores)
        terms = size + np.log1p(np.expm1(-2 * size) / 2)
        np.tanh(scores, out=scores)
        values: Array = terms.sum(axis=1)  # (n,)
        return values


class Hinge(Loss):
    """``Σₖ max(0, 1 - tₖ sₖ)`` with t = ±1 for y = 1, 0: one against the rest.

    Cortes & Vapnik (1995), "Support-vector networks".
    """

    probabilistic: ClassVar[bool] = False
    nonsmooth: ClassVar[bool] = True

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        side = 2 * y - 1  # (n, n_outputs)
        shortfall = _shortfall(scores, side)
        np.sign(shortfall, out=scores)
        scores *= -side
        values: Array = shortfall.sum(axis=1)  # (n,)
        return values


class SquaredHinge(Loss):
    """``Σₖ max(0, 1 - tₖ sₖ)²`` with t = ±1 for y = 1, 0: one against the rest.

    Chang, Hsieh & Lin (2008), "Coordinate descent method for large-scale L2-loss linear support
    vector machines".
    """

    probabilistic: ClassVar[bool] = False

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        side = 2 * y - 1  # (n, n_outputs)
        shortfall = _shortfall(scores, side)
        np.multiply(shortfall, -2 * side, out=scores)
        values: Array = np.einsum("ij,ij->i", shortfall, shortfall)  # (n,)
        return values


@dataclass(frozen=True)
class BinaryFocal(Loss):
    """``-Σₖ yₖ (1-pₖ)^γ log pₖ + (1-yₖ) pₖ^γ log(1-pₖ)``, p = 1 / (1 + exp(-s)).

    Lin, Goyal, Girshick, He & Dollár (2017), "Focal loss for dense object detection".
    """

    focal_gamma: float

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        present, its_slope = _focal_term(scores, self.focal_gamma)
        absent, other_slope = _focal_term(-scores, self.focal_gamma)
        np.subtract(y * its_slope, (1 - y) * other_slope, out=scores)
        values: Array = (y * present + (1 - y) * absent).sum(axis=1)  # (n,)
        return values


@dataclass(frozen=True)
class MulticlassFocal(Loss):
    """``-Σₖ yₖ (1-pₖ)^γ log pₖ``, p the softmax of the scores (Lin et al. 2017)."""

    focal_gamma: float

    def values_and_gradient(self, scores: Array, y: Array) -> Array:
        log_p = log_softmax(scores, axis=1)  # (n, n_outputs)
        p, rest = np.exp(log_p), -np.expm1(log_p)
        weight = y * rest**self.focal_gamma
        values: Array = -np.einsum("ij,ij->i", weight, log_p)  # (n,)
        # d/d(log p), then through the log-softmax. p log p / (1-p) tends to -1 where p does to 1.
        quotient = np.divide(p * log_p, rest, out=np.full_like(p, -1), where=rest > 0)
        weight *= self.focal_gamma * quotient - 1
        np.multiply(p, weight.sum(axis=1, keepdims=True), out=scores)
        np.subtract(weight, scores, out=scores)
        return values


@cache
def _ones(n: int, dtype: np.dtype[Any]) -> Array:
    return np.ones(n, dtype)


def _softplus_and_logarithm(scores: Array) -> tuple[Array, Array, Array]:
    """``μ = log(1 + exp(s))``, ``log μ``, and ``d log μ / ds``; all (n, n_outputs).

    Far below zero μ is exp(s) to all digits, and would underflow before its logarithm.
    """
    mean = softplus(scores)
    above = np.maximum(scores, -30)
    log_mean = np.where(scores > -30, np.log(softplus(above)), scores)
    slope = np.where(scores > -30, expit(above) / softplus(above), scores.dtype.type(1))
    return mean, log_mean, slope


def _shortfall(scores: Array, side: Array) -> Array:
    """How far each score falls short of the margin of 1 on its side."""
    margin = scores * side
    np.subtract(1, margin, out=margin)
    shortfall: Array = np.maximum(margin, 0, out=margin)
    return shortfall


def _focal_term(scores: Array, gamma: float) -> tuple[Array, Array]:
    """``-(1-p)^γ log p`` and its slope ``(1-p)^γ (γ p log p - (1-p))``, p = σ(s)."""
    negative_log_p = softplus(-scores)
    p, rest = expit(scores), expit(-scores)
    weight = rest**gamma
    return weight * negative_log_p, weight * (-gamma * p * negative_log_p - rest)


CLASSIFICATION_LOSSES: dict[tuple[str, str], type[Loss]] = {
    ("log_loss", "logistic"): BinaryLogLoss,
    ("log_loss", "softmax"): MulticlassLogLoss,
    ("squared_error", "identity"): SquaredError,
    ("focal", "logistic"): BinaryFocal,
    ("focal", "softmax"): MulticlassFocal,
    ("hinge", "identity"): Hinge,
    ("squared_hinge", "identity"): SquaredHinge,
}

# The first output activation that a loss is listed with is its own.
REGRESSION_LOSSES: dict[tuple[str, str], type[Loss]] = {
    ("squared_error", "identity"): SquaredError,
    ("absolute_error", "identity"): AbsoluteError,
    ("huber", "identity"): Huber,
    ("quantile", "identity"): Quantile,
    ("log_cosh", "identity"): LogCosh,
    ("poisson", "exp"): PoissonDeviance,
    ("poisson", "softplus"): PoissonDevianceSoftplus,
    ("gamma", "exp"): GammaDeviance,
    ("gamma", "softplus"): GammaDevianceSoftplus,
}
