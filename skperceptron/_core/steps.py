"""The steps of an epoch, taken with NumPy."""

from __future__ import annotations

from typing import Any

from .batches import Batches
from .objective import Objective
from .optimizers import Optimizer
from .schedules import Schedule
from .types import Array


class NumPySteps:
    """Steps batch by batch, each a few dozen calls of NumPy."""

    def __init__(
        self, objective: Objective, optimizer: Optimizer, schedule: Schedule, batches: Batches
    ) -> None:
        self.objective, self.optimizer = objective, optimizer
        self.schedule, self.batches = schedule, batches
        network = objective.network
        self.theta = network.theta[network.layout.trainable]  # (n_trainable,)
        self.gradient = network.gradient[network.layout.trainable]
        self.n_elements = objective.n_elements(batches)

    def run(self, order: Array | None, state: Any) -> tuple[float, float]:
        """Take the steps of an epoch. Return the sum of the rows' losses, and the last rate."""
        total, seen = 0.0, 0
        for batch in self.batches.epoch(order):
            n = batch[0].shape[0]
            rate = self.schedule.rate(state.n_epochs + seen / self.batches.n_rows, state)
            total += n * self.step(batch, rate)
            seen += n
        return total, rate

    def step(self, batch: tuple[Array, ...], rate: float) -> float:
        """Take one step, and return the objective before it."""
        value = self.objective.value_and_gradient(*batch)  # overwrites gradient
        step_size = self.optimizer.step(self.theta, self.gradient, rate)
        self.objective.project(step_size)
        return value
