"""Training: its state, its loop, and what solvers have in common."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.random.bit_generator import ISeedSequence

from .batches import Batches
from .compiled.steps import Steps
from .network import Network
from .objective import Objective
from .optimizers import GradientNormRecorder, Optimizer, OptimizerState
from .parameters import Layout
from .schedules import Schedule
from .steps import NumPySteps
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

    def copy(self, *, shuffles: bool = True) -> TrainingState:
        """A copy to go on with: it shares only what training replaces and never changes.

        A call that draws no order of rows does not change the stream of these draws.
        """
        state = copy.copy(self)
        state.theta, state.optimizer = self.theta.copy(), self.optimizer.copy()
        if shuffles:
            state.random_state = clone_random_state(self.random_state)
        state.generator = _clone_generator(self.generator)
        return state

    def position(self, *, own_weights: bool) -> TrainingState:
        """Where training is, to ``go_back_to``; after the next steps too if it has own weights.

        Between two epochs only weights, moments and streams change in place. All else is replaced.
        """
        position = copy.copy(self)
        if own_weights:
            position.theta = self.theta.copy()
        return position

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

    def rearrange(self, rearranged: Callable[[Array], Array]) -> None:
        """Have other parameters trained from now on, which lie where ``rearranged`` puts them.

        The penalties of others count in the training loss, so its record starts anew.
        """
        self.theta = rearranged(self.theta)
        if self.best_theta is not None:
            self.best_theta = rearranged(self.best_theta)
        if self.watched is None:
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


class Cause(Enum):
    """Why a solver ended without having converged."""

    EPOCHS = auto()  # all that it was allowed are done
    LIMIT = auto()  # of iterations or evaluations
    NONSMOOTH = auto()  # the gradient jumps, or is large in spite of a failed line search
    TOL = auto()  # weights that were drawn at random are good enough for ``tol``
    SCALE = auto()  # the objective is so large that steps are lost in rounding, or go astray


class Unfinished(NamedTuple):
    """A solver's end without convergence."""

    cause: Cause
    problem: str


class Solver(ABC):
    """Interface of what minimises an objective. Each call of fit makes its own."""

    step_name: ClassVar[str]  # what one record is of
    has_rate: ClassVar[bool]  # whether there is a learning rate to record
    restores_weights: ClassVar[bool]  # whether an interruption goes back to the last record's
    supports: ClassVar[frozenset[str]]  # of the features that not every solver can serve
    uses_scipy: ClassVar[bool]  # whose BLAS is another library than NumPy's

    @abstractmethod
    def batch_size(self, n_rows: int) -> int:
        """Rows of a batch, of as many as there are."""

    @abstractmethod
    def initial_state(self, layout: Layout, dtype: Any) -> OptimizerState:
        """The state before the first step on parameters that lie as ``layout`` says."""

    @abstractmethod
    def bytes_needed(self, n_parameters: int, itemsize: int) -> int:
        """Memory that it works in, beside the parameters and their gradient."""

    @abstractmethod
    def record_gradient_norm(self, network: Network) -> Callable[[], float]:
        """What tells the norm of the gradient in the epoch that has ended, to call after each."""

    @abstractmethod
    def run(
        self,
        objective: Objective,
        batches: Batches,
        state: TrainingState,
        on_epoch: Callable[[Epoch], bool],
        outputs_are_finite: Callable[[], bool],
        validate: Callable[[], Validation],
        *,
        max_epochs: int,
        drawn: bool,
    ) -> Unfinished | None:
        """Minimise from ``state`` on, changing it in place; say why it did not converge, if so.

        ``on_epoch`` is called after each epoch, and returns whether to stop there, which is no
        lack of convergence. After each epoch ``outputs_are_finite`` and then ``validate`` judge
        the network as it is. ``drawn`` says whether the weights were drawn at random.
        """


class Stochastic(Solver):
    """Steps of an optimizer, batch by batch, epoch by epoch."""

    step_name = "epoch"
    has_rate = True
    restores_weights = False  # training goes on from where it is
    uses_scipy = False
    supports = frozenset(
        [
            "batch_norm",
            "dropout",
            "early_stopping",
            "input_dropout",
            "max_norm",
            "partial_fit",
            "proximal",
        ]
    )

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: Schedule,
        stopping: Stopping,
        *,
        batch_size: int,
        shuffle: bool,
    ) -> None:
        self.schedule = schedule
        self._optimizer, self._stopping = optimizer, stopping
        self._batch_size, self._shuffle = batch_size, shuffle

    def batch_size(self, n_rows: int) -> int:
        return min(n_rows, self._batch_size)

    def initial_state(self, layout: Layout, dtype: Any) -> OptimizerState:
        return self._optimizer.init(layout, dtype)

    def bytes_needed(self, n_parameters: int, itemsize: int) -> int:
        return self._optimizer.n_moments * n_parameters * itemsize

    def record_gradient_norm(self, network: Network) -> Callable[[], float]:
        """The mean norm over the steps of an epoch."""
        self._optimizer = recorder = GradientNormRecorder(self._optimizer)
        return recorder.mean_norm

    def run(
        self,
        objective: Objective,
        batches: Batches,
        state: TrainingState,
        on_epoch: Callable[[Epoch], bool],
        outputs_are_finite: Callable[[], bool],
        validate: Callable[[], Validation],
        *,
        max_epochs: int,
        drawn: bool,
    ) -> Unfinished | None:
        layout = objective.network.layout
        self._optimizer.resume(state.optimizer, layout, step_sizes=objective.is_proximal)
        for epoch in train(
            objective,
            self._optimizer,
            self.schedule,
            batches,
            self._stopping,
            outputs_are_finite,
            validate,
            state,
            shuffle=self._shuffle,
            max_epochs=max_epochs,
        ):
            if on_epoch(epoch) or epoch.stop:
                return None
        return Unfinished(Cause.EPOCHS, "")


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
    steps = Steps(NumPySteps(objective, optimizer, schedule, batches), max_epochs)
    for _ in range(max_epochs):
        order = _shuffled(state, batches.n_rows) if shuffle else None
        total, rate = steps.run(order, state)
        loss = total / batches.n_rows
        if not (math.isfinite(loss) and outputs_are_finite()):
            raise DivergenceError(state.n_epochs + 1, rate)

        validation = validate()
        state.n_epochs += 1
        state.n_samples_seen += batches.n_rows
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
    # A third of the time of deepcopy, which partial_fit of a few rows takes note of.
    bits = np.random.MT19937(_NoSeed())  # type: ignore[arg-type]  # NumPy takes the interface
    other = np.random.RandomState(bits)
    other.set_state(position)
    return other


def _clone_generator(stream: np.random.Generator) -> np.random.Generator:
    """A stream that will go on as this one does."""
    if type(stream.bit_generator) is not np.random.PCG64:
        return copy.deepcopy(stream)
    seed: Any = stream.bit_generator.seed_seq
    bits = np.random.PCG64(seed)
    bits.state = stream.bit_generator.state
    return np.random.Generator(bits)


class _NoSeed(ISeedSequence):
    """For a stream whose state is set at once: drawing it from a seed takes longer than all else.

    In pickles it is a seed as any other.
    """

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Array:
        return np.ones(n_words, dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return np.random.SeedSequence, (0,)
