"""The training loop: one generator, one record per epoch."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from .batches import Batches
from .objective import Objective
from .optimizers import Optimizer, OptimizerState
from .schedules import Schedule
from .stopping import Stopping, Validation
from .types import Array


@dataclass
class TrainingState:
    """All that continuing needs: a position on the one timeline of epochs.

    Walking the timeline in one call, in many, or in another process gives the same
    numbers because nothing else is carried from epoch to epoch.
    """

    theta: Array  # (n_parameters,) the last weights, not the best ones
    solver: str  # whose moments these are:
    optimizer: OptimizerState
    random_state: np.random.RandomState  # initial weights, validation split, shuffles
    generator: np.random.Generator  # all that scikit-learn draws nothing for: dropout
    mean_weight: float  # w̄, mean sample weight of the first call
    n_epochs: int = 0
    n_samples_seen: int = 0
    n_plateaus: int = 0
    permutation: Array | None = None  # (n_rows,) current order of the rows
    split_state: np.random.RandomState | None = None  # from before the validation split
    drawn_among: Array | None = None  # (n_rows,) whether a row could get into that split
    watched: object = None  # what score, of which rows; None: the training loss
    objective: object = None  # what the training loss is of, where that is watched
    best: float = math.inf  # lowest loss, or negative score, so far
    best_theta: Array | None = None  # weights of the best score
    n_no_improvement: int = 0

    @property
    def published(self) -> Array:
        """The weights that prediction uses."""
        return self.theta if self.best_theta is None else self.best_theta

    def copy(self) -> TrainingState:
        """A copy to go on with: it shares only what training replaces and never changes."""
        return replace(
            self,
            theta=self.theta.copy(),
            optimizer=self.optimizer.copy(),
            random_state=clone_random_state(self.random_state),
            generator=copy.deepcopy(self.generator),
        )

    def position(self, *, own_weights: bool) -> TrainingState:
        """Where training is, to ``go_back_to``; after the next steps too if it has own weights.

        Between two epochs only weights, moments and streams change in place. All else is replaced.
        """
        return replace(self, theta=self.theta.copy() if own_weights else self.theta)

    def go_back_to(self, position: TrainingState) -> None:
        """Forget what came after an earlier ``position``."""
        self.theta[...] = position.theta
        vars(self).update(vars(position) | {"theta": self.theta})

    def watch(self, what: object, objective: object) -> None:
        """Start a new record if something else is watched, or trained on, than so far."""
        if (what, objective) != (self.watched, self.objective):
            self.watched, self.objective = what, objective
            self.start_record()

    def move(self, theta: Array) -> None:
        """Go on from other weights, with which nothing watched so far has to do."""
        self.theta[...] = theta
        self.start_record()

    def start_record(self) -> None:
        """Forget what was best so far."""
        self.best, self.best_theta, self.n_no_improvement = math.inf, None, 0


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to."""

    loss: float
    validation: Validation
    rate: float | None  # learning rate of the last step; L-BFGS has none
    plateau: bool
    stop: bool


class DivergenceError(ArithmeticError):
    """The loss, a weight or an output is no longer finite."""

    def __init__(self, epoch: int, rate: float | None) -> None:
        super().__init__(epoch, rate)
        self.epoch = epoch
        self.rate = rate


def train(
    objective: Objective,
    optimizer: Optimizer,
    schedule: Schedule,
    batches: Batches,
    stopping: Stopping,
    outputs_are_finite: Callable[[], bool],
    validate: Callable[[], Validation],
    state: TrainingState,
    *,
    shuffle: bool,
    max_epochs: int,
) -> Iterator[Epoch]:
    """Train for at most ``max_epochs`` epochs, and yield a record after each.

    ``state`` is changed in place and is complete at every yield. After each epoch
    ``outputs_are_finite`` and then ``validate`` judge the network as it is.
    """
    network = objective.network
    theta = network.theta[network.layout.trainable]  # (n_trainable,)
    gradient = network.gradient[network.layout.trainable]
    for _ in range(max_epochs):
        order = _shuffled(state, batches.n_rows) if shuffle else None
        total, seen = 0.0, 0
        for batch in batches.epoch(order):
            n = batch[0].shape[0]
            total += n * objective.value_and_gradient(*batch)  # overwrites gradient
            rate = schedule.rate(state.n_epochs + seen / batches.n_rows, state)
            step_size = optimizer.step(theta, gradient, rate)
            objective.project(step_size)
            seen += n
        loss = total / seen
        if not (math.isfinite(loss) and outputs_are_finite()):
            raise DivergenceError(state.n_epochs + 1, rate)

        validation = validate()
        state.n_epochs += 1
        state.n_samples_seen += seen
        plateau = stopping.watch(loss, validation.score, state)
        stop = plateau and rate <= schedule.floor
        state.n_plateaus += plateau and not stop
        yield Epoch(loss, validation, rate, plateau, stop)
        if stop:
            return


def _shuffled(state: TrainingState, n_rows: int) -> Array:
    """Shuffle the shuffled, as scikit-learn does; a new number of rows starts in order."""
    if state.permutation is None or len(state.permutation) != n_rows:
        state.permutation = np.arange(n_rows)
    order = np.arange(n_rows)
    state.random_state.shuffle(order)
    state.permutation = state.permutation[order]
    return state.permutation


def clone_random_state(stream: np.random.RandomState) -> np.random.RandomState:
    """A stream that will go on as this one does."""
    position = stream.get_state(legacy=False)
    if position["bit_generator"] != "MT19937":
        return copy.deepcopy(stream)
    # Two thirds of the time of deepcopy, which partial_fit of a few rows takes note of.
    other = np.random.RandomState(0)
    other.set_state(position)
    return other
