"""Learning-rate schedules: functions of the position on the training timeline."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
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
    """``learning_rate_init / (1 + rows seen)^power_t``, as scikit-learn counts for sgd."""

    learning_rate_init: float
    power_t: float

    def rate(self, progress: float, timeline: Timeline) -> float:
        return self.learning_rate_init / math.pow(1.0 + timeline.n_samples_seen, self.power_t)


@dataclass(frozen=True)
class InverseScalingByEpochs(Schedule):
    """``learning_rate_init / (1 + epochs done)^power_t``."""

    learning_rate_init: float
    power_t: float

    def rate(self, progress: float, timeline: Timeline) -> float:
        return self.learning_rate_init / math.pow(1.0 + timeline.n_epochs, self.power_t)


@dataclass(frozen=True)
class Adaptive(Schedule):
    """``learning_rate_init``, divided by 5 at each plateau until it is 1e-6 or less."""

    floor: ClassVar[float] = 1e-6
    learning_rate_init: float

    def rate(self, progress: float, timeline: Timeline) -> float:
        return self.learning_rate_init / 5.0**timeline.n_plateaus


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "invscaling": InverseScalingByEpochs,
    "adaptive": Adaptive,
}

# Plain sgd counts rows instead of epochs, for scikit-learn's numbers.
SGD_SCHEDULES = SCHEDULES | {"invscaling": InverseScalingBySamples}
