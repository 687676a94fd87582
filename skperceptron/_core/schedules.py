"""Learning-rate schedules: functions of the position on the training timeline."""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import ClassVar, Protocol


class Timeline(Protocol):
    """What a schedule may read of the training state."""

    n_epochs: int  # epochs done
    n_samples_seen: int  # rows of those epochs
    n_plateaus: int  # plateaus answered by a lower rate


class Schedule(ABC):
    """Interface. ``floor`` is the rate at or below which a plateau ends training.

    Above it the plateau is counted in ``n_plateaus`` and training goes on, so a schedule
    that does not answer plateaus keeps the default, infinity.
    """

    floor: ClassVar[float] = math.inf

    @property
    def n_rising_epochs(self) -> int:
        """Epochs at the start of the timeline in which the rate goes up: patience waits for it."""
        return 0

    @abstractmethod
    def rate(self, progress: float, timeline: Timeline) -> float:
        """Learning rate at ``progress``: epochs done plus the fraction of the current one."""


@dataclass(frozen=True)
class Constant(Schedule):
    """``learning_rate_init`` throughout."""

    learning_rate_init: float

    def rate(self, progress: float, timeline: Timeline) -> float:
        return self.learning_rate_init


@dataclass(frozen=True)
class InverseScalingBySamples(Schedule):
    """``learning_rate_init / (1 + rows seen)^power_t``, as scikit-learn counts for sgd.

    Robbins & Monro (1951), "A stochastic approximation method".
    """

    learning_rate_init: float
    power_t: float

    def rate(self, progress: float, timeline: Timeline) -> float:
        return self.learning_rate_init / power(1.0 + timeline.n_samples_seen, self.power_t)


@dataclass(frozen=True)
class InverseScalingByEpochs(Schedule):
    """``learning_rate_init / (1 + epochs done)^power_t``."""

    learning_rate_init: float
    power_t: float

    def rate(self, progress: float, timeline: Timeline) -> float:
        return self.learning_rate_init / power(1.0 + timeline.n_epochs, self.power_t)


@dataclass(frozen=True)
class Adaptive(Schedule):
    """``learning_rate_init``, divided by 5 at each plateau until it is 1e-6 or less."""

    floor: ClassVar[float] = 1e-6
    learning_rate_init: float

    def rate(self, progress: float, timeline: Timeline) -> float:
        return self.learning_rate_init / 5.0**timeline.n_plateaus


@dataclass(frozen=True)
class Exponential(Schedule):
    """``learning_rate_init · learning_rate_decay^(epochs done)`` (Senior et al. 2013)."""

    learning_rate_init: float
    learning_rate_decay: float

    def rate(self, progress: float, timeline: Timeline) -> float:
        return self.learning_rate_init * self.learning_rate_decay**timeline.n_epochs


@dataclass(frozen=True)
class Step(Schedule):
    """``learning_rate_init``, times ``learning_rate_decay`` every ``learning_rate_step`` epochs."""

    learning_rate_init: float
    learning_rate_decay: float
    learning_rate_step: int

    def rate(self, progress: float, timeline: Timeline) -> float:
        n_decays = timeline.n_epochs // self.learning_rate_step
        return self.learning_rate_init * self.learning_rate_decay**n_decays


@dataclass(frozen=True)
class Linear(Schedule):
    """From ``learning_rate_init`` to ``learning_rate_min`` along a line, batch by batch.

    Goodfellow, Bengio & Courville (2016), "Deep learning", section 8.3.
    """

    learning_rate_init: float
    learning_rate_min: float
    schedule_epochs: int

    def rate(self, progress: float, timeline: Timeline) -> float:
        done = min(progress / self.schedule_epochs, 1.0)
        return self.learning_rate_init + (self.learning_rate_min - self.learning_rate_init) * done


@dataclass(frozen=True)
class Cosine(Schedule):
    """From ``learning_rate_init`` to ``learning_rate_min`` along half a cosine, batch by batch.

    Loshchilov & Hutter (2017), "SGDR: stochastic gradient descent with warm restarts", without
    restarts.
    """

    learning_rate_init: float
    learning_rate_min: float
    schedule_epochs: int

    def rate(self, progress: float, timeline: Timeline) -> float:
        done = progress / self.schedule_epochs
        return half_cosine(self.learning_rate_init, self.learning_rate_min, done)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up from rate/25 to the rate in the first 30 %, then down to rate/10⁴, by half cosines.

    Smith & Topin (2019), "Super-convergence: very fast training of neural networks using large
    learning rates".
    """

    rising_share: ClassVar[float] = 0.3
    learning_rate_init: float
    schedule_epochs: int

    @property
    def n_rising_epochs(self) -> int:
        return math.ceil(self.rising_share * self.schedule_epochs)

    def rate(self, progress: float, timeline: Timeline) -> float:
        peak, done = self.learning_rate_init, progress / self.schedule_epochs
        rising = self.rising_share
        if done < rising:
            return half_cosine(peak / 25, peak, done / rising)
        return half_cosine(peak, peak / 1e4, (done - rising) / (1 - rising))


@dataclass(frozen=True)
class FromCallable(Schedule):
    """What a function of the user's returns for the position in epochs."""

    learning_rate: Callable[[float], float]

    def rate(self, progress: float, timeline: Timeline) -> float:
        rate = self.learning_rate(progress)
        if not (isinstance(rate, Real) and 0 <= rate <= sys.float_info.max):
            raise ValueError(
                "learning_rate, a callable, must return a finite number of at least 0, got "
                f"{rate!r} at epoch {progress:g}."
            )
        return float(rate)


@dataclass(frozen=True)
class WarmUp(Schedule):
    """The rate of another schedule, along a line from 1/(n + 1) of it up to all of it.

    n is ``warmup_epochs``, and the factor rises batch by batch. Goyal et al. (2017), "Accurate,
    large minibatch SGD: training ImageNet in 1 hour".
    """

    inner: Schedule
    warmup_epochs: int

    @property
    def floor(self) -> float:  # type: ignore[override] # a field in the others, derived here
        return self.inner.floor

    @property
    def n_rising_epochs(self) -> int:
        return max(self.warmup_epochs, self.inner.n_rising_epochs)

    def rate(self, progress: float, timeline: Timeline) -> float:
        share = min((progress + 1) / (self.warmup_epochs + 1), 1.0)
        return share * self.inner.rate(progress, timeline)


def power(base: float, exponent: float) -> float:
    """``base ** exponent``, infinity where that is too large for a float."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf


def half_cosine(start: float, end: float, done: float) -> float:
    """From ``start`` at 0 to ``end`` at 1 and beyond, level at both ends."""
    return end + (start - end) * (1 + math.cos(math.pi * min(done, 1.0))) / 2


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "invscaling": InverseScalingByEpochs,
    "adaptive": Adaptive,
    "exponential": Exponential,
    "step": Step,
    "linear": Linear,
    "cosine": Cosine,
    "one_cycle": OneCycle,
}

# Plain sgd counts rows instead of epochs, for scikit-learn's numbers.
SGD_SCHEDULES = SCHEDULES | {"invscaling": InverseScalingBySamples}
