"""Where a call of fit begins: weights that are drawn, set by the user, or left by earlier calls."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from functools import partial
from typing import Any, ClassVar

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state

from ._architecture import Architecture, check_same_architecture, initial_parameters
from ._attributes import PARAMETERS, Groups, published_parameters
from ._compat import validate_parameters
from ._core.training import Solver, TrainingState, clone_random_state
from ._data import Data
from ._given import complete, ends, given_parameters, take_over
from ._predict import check_finite, predictor
from ._publish import CURVES
from ._targets import Targets
from ._transfer import Source, source_of


class Start(ABC):
    """Interface. ``state`` comes after ``prepare``."""

    resumes: ClassVar[bool]  # the timeline of an earlier call
    drawn: bool  # whether weights are drawn at random
    takes_classes: bool  # that were set before the first fit

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator

    @property
    def targets(self) -> Targets | None:
        """Those of the earlier call."""
        return None

    @property
    def dtype(self) -> Any:
        """What X is to be, one or several."""
        return self._estimator.dtype or (np.float64, np.float32)

    @abstractmethod
    def prepare(self, architecture: Architecture, targets: Targets, data: Data) -> None:
        """Refuse weights that do not go with this network, or these rows."""

    @abstractmethod
    def state(
        self,
        architecture: Architecture,
        solver: Solver,
        sample_weight: np.ndarray | None,
    ) -> TrainingState:
        """The position to train from."""


class DrawnWeights(Start):
    """The beginning of a timeline, with weights drawn at random."""

    resumes = False
    drawn = True

    def __init__(self, estimator: Any, *, incremental: bool) -> None:
        super().__init__(estimator)
        self.takes_classes = incremental

    def prepare(self, architecture: Architecture, targets: Targets, data: Data) -> None:
        pass

    def state(
        self,
        architecture: Architecture,
        solver: Solver,
        sample_weight: np.ndarray | None,
    ) -> TrainingState:
        return _first_state(self._estimator, architecture, solver, sample_weight)


class TransferredWeights(DrawnWeights):
    """The beginning of a timeline, with the weights of ``init`` in the first layers."""

    def __init__(self, estimator: Any, source: Source, *, incremental: bool) -> None:
        super().__init__(estimator, incremental=incremental)
        self._source = source

    def prepare(self, architecture: Architecture, targets: Targets, data: Data) -> None:
        names = getattr(self._estimator, "feature_names_in_", None)
        self._source.check(architecture, names)
        self.drawn = not self._source.is_whole(architecture)

    def state(
        self,
        architecture: Architecture,
        solver: Solver,
        sample_weight: np.ndarray | None,
    ) -> TrainingState:
        # All layers are drawn, so that those above have the weights they have without ``init``.
        state = super().state(architecture, solver, sample_weight)
        self._source.fill(architecture, state.theta)
        return state


class GivenWeights(Start):
    """The beginning of a timeline, with weights that the user has set."""

    resumes = False
    drawn = False
    takes_classes = True

    def __init__(self, estimator: Any, groups: Groups) -> None:
        super().__init__(estimator)
        self._groups = groups

    @property
    def dtype(self) -> Any:
        weights = self._groups["weight"]
        return weights[0].dtype if weights else super().dtype

    def prepare(self, architecture: Architecture, targets: Targets, data: Data) -> None:
        estimator = self._estimator
        take_over(estimator, complete(self._groups, architecture), targets, architecture)
        X = data.drop_zero_weight_rows().X
        name = "X, or coefs_ or intercepts_ to start from,"
        network = predictor(architecture)
        network(estimator, X, lambda scores: check_finite(scores, name)[:0], validated=True)

    def state(
        self,
        architecture: Architecture,
        solver: Solver,
        sample_weight: np.ndarray | None,
    ) -> TrainingState:
        theta = _published_weights(self._estimator, architecture)
        return _first_state(self._estimator, architecture, solver, sample_weight, theta)


class EarlierWeights(Start):
    """Where the last call ended, with what the user has edited since."""

    resumes = True
    drawn = False
    takes_classes = False

    @property
    def targets(self) -> Targets | None:
        targets: Targets = self._estimator._targets
        return targets

    @property
    def dtype(self) -> Any:
        return self._estimator.dtype or self._estimator._architecture.dtype

    def prepare(self, architecture: Architecture, targets: Targets, data: Data) -> None:
        check_same_architecture(self._estimator._architecture, architecture)
        self._one_row = data.X.shape[0] == 1

    def state(
        self,
        architecture: Architecture,
        solver: Solver,
        sample_weight: np.ndarray | None,
    ) -> TrainingState:
        estimator = self._estimator
        theta = _published_weights(estimator, architecture)
        if estimator._training_state is None:
            return _first_state(estimator, architecture, solver, sample_weight, theta)
        # One row has one order, and nothing is drawn for it.
        shuffles = not self._one_row or estimator.early_stopping
        state: TrainingState = estimator._training_state.copy(shuffles=shuffles)
        before = estimator._architecture
        same_layers = before.n_frozen == architecture.n_frozen
        if not same_layers:
            state.rearrange(partial(architecture.layout.rearranged, layout=before.layout))
        # A callback may have kept an epoch's own weights, though they were not the best.
        if all((theta != weights).any() for weights in (state.published, state.theta)):
            state.move(theta)
        if state.solver != estimator.solver or not same_layers:
            state.solver = estimator.solver
            state.optimizer = solver.initial_state(architecture.layout, theta.dtype)
        return state


def start_of(estimator: Any, *, incremental: bool) -> Start:
    """Where this call begins: ``partial_fit`` and warm starts go on from the weights there are."""
    if estimator.warm_start or incremental:
        if hasattr(estimator, "_architecture"):
            return EarlierWeights(estimator)
        groups = given_parameters(estimator)
        if groups is not None:
            return GivenWeights(estimator, groups)
    source = source_of(estimator)
    if source is None:
        return DrawnWeights(estimator, incremental=incremental)
    return TransferredWeights(estimator, source, incremental=incremental)


def is_given(estimator: Any) -> bool:
    """Whether the user has set all that prediction needs."""
    return all(hasattr(estimator, name) for name in _needed(estimator))


def as_fitted(estimator: Any) -> Any:
    """A copy of an estimator before its first fit that predicts with the weights set on it."""
    if not is_given(estimator):
        raise NotFittedError(
            f"This {type(estimator).__name__} instance is not fitted yet. Call 'fit' with "
            f"appropriate arguments, or set {', '.join(_needed(estimator))}, before "
            "using this estimator."
        )
    validate_parameters(estimator)
    groups = given_parameters(estimator)
    assert groups is not None
    n_features, n_outputs = ends(groups)
    if getattr(estimator, "n_features_in_", n_features) != n_features:
        raise ValueError(
            f"coefs_ are for {n_features} features, but n_features_in_ is "
            f"{estimator.n_features_in_}."
        )
    estimator = copy.copy(estimator)
    task = estimator._task()
    targets = task.targets_of_weights(n_features, n_outputs)
    vars(estimator).update(task.attributes(targets))
    X = np.empty((0, n_features), groups["weight"][0].dtype)
    architecture = estimator._wanted_architecture(X, task, targets)
    take_over(estimator, complete(groups, architecture), targets, architecture)
    estimator.n_features_in_ = n_features
    estimator.n_layers_, estimator.n_outputs_ = len(architecture.layer_units), targets.n_outputs
    estimator.out_activation_ = architecture.output_activation
    estimator.n_iter_ = estimator.t_ = 0
    for attribute in (*CURVES, "loss_", "best_loss_", "best_validation_score_"):
        setattr(estimator, attribute, None)
    estimator.loss_curve_ = []
    return estimator


def _needed(estimator: Any) -> tuple[str, ...]:
    """The attributes that prediction without a fit needs."""
    return (*PARAMETERS.values(), *estimator._task().needed_attributes)


def _published_weights(estimator: Any, architecture: Architecture) -> np.ndarray:
    """theta (n_parameters,) of the attributes."""
    layout = architecture.layout
    theta = layout.pack(published_parameters(estimator, layout), architecture.dtype)
    if not np.isfinite(theta).all():
        raise ValueError("coefs_ and intercepts_ must be finite, to go on from them.")
    return theta


def _first_state(
    estimator: Any,
    architecture: Architecture,
    solver: Solver,
    sample_weight: np.ndarray | None,
    theta: np.ndarray | None = None,
) -> TrainingState:
    """The beginning of a timeline, with weights drawn if none are given."""
    random_state = check_random_state(estimator.random_state)
    generator = spawn_generator(random_state)
    if theta is None:
        theta = initial_parameters(estimator, architecture, random_state)
    return TrainingState(
        theta=theta,
        solver=estimator.solver,
        optimizer=solver.initial_state(architecture.layout, architecture.dtype),
        random_state=random_state,
        generator=generator,
        mean_weight=1.0 if sample_weight is None else float(sample_weight.mean()),
    )


def spawn_generator(random_state: np.random.RandomState) -> np.random.Generator:
    """A second stream, seeded by the first without drawing from it.

    What scikit-learn has no draws for comes from here, so that the numbers both have
    stay the same whether those features are on or off.
    """
    seed = clone_random_state(random_state).randint(0, 2**32, size=4, dtype=np.uint32)
    return np.random.default_rng(seed)
