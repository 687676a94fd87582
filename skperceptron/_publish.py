"""What a call of fit leaves on the estimator, and what is read back from there."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any

import numpy as np

from . import _build
from ._core.parameters import Layout
from ._core.training import Epoch, Solver, TrainingState, clone_random_state
from ._data import Data
from ._given import BATCH_NORM_PARAMETERS, PARAMETERS, Groups
from ._targets import Targets
from ._tasks import Task

# The attributes that have an entry for each epoch.
CURVES = ("loss_curve_", "learning_rate_curve_", "validation_loss_curve_", "validation_scores_")


@dataclass(frozen=True)
class FitRun:
    """What one call of fit goes through, from the data to the epochs that came of them."""

    task: Task
    solver: Solver
    data: Data
    rows: np.ndarray | None  # that are trained on; None for all
    held_out: Data | None  # to judge each epoch by
    targets: Targets
    architecture: _build.Architecture
    state: TrainingState
    resumes: bool  # the timeline of an earlier call
    drawn: bool  # whether the weights at the start were drawn at random
    incremental: bool
    max_epochs: int
    n_epochs_before: int
    epochs: list[Epoch] = field(default_factory=list)

    @property
    def n_rows(self) -> int:
        """How many rows are trained on."""
        return self.data.X.shape[0] if self.rows is None else len(self.rows)

    @property
    def n_iter(self) -> int:
        """How many epochs this call has come to."""
        return self.state.n_epochs - self.n_epochs_before


def publish(estimator: Any, run: FitRun) -> None:
    """Set the fitted attributes. Arrays are copies, which nothing else refers to."""
    targets, architecture, state = run.targets, run.architecture, run.state
    publish_parameters(estimator, targets, architecture, state.published)
    estimator.n_layers_ = len(architecture.layer_units)
    estimator.n_outputs_ = targets.n_outputs
    estimator.out_activation_ = architecture.output_activation
    estimator.t_ = state.n_samples_seen
    scored = state.watched is not None
    # There is no best one yet if training was interrupted, or no score was a number.
    best = state.best if math.isfinite(state.best) else None
    estimator.best_validation_score_ = -best if scored and best is not None else None
    estimator.best_loss_ = None if scored else best
    if not isinstance(estimator.random_state, Integral):
        # It is the user's, or everybody's: it must not move on when this estimator does.
        state.random_state = clone_random_state(state.random_state)
    estimator._training_state = state
    estimator.n_iter_ = run.n_iter
    _publish_curves(estimator, run)


def _publish_curves(estimator: Any, run: FitRun) -> None:
    """Go on with the curves."""
    epochs, judged, scored = run.epochs, run.held_out is not None, run.state.watched is not None
    curves = (
        [epoch.loss for epoch in epochs],
        [epoch.rate for epoch in epochs] if run.solver.has_rate else None,
        [epoch.validation.loss for epoch in epochs] if judged else None,
        [epoch.validation.score for epoch in epochs] if scored else None,
    )
    for attribute, values in zip(CURVES, curves, strict=True):
        earlier = (run.resumes and getattr(estimator, attribute)) or []
        # There is none where the last call has no values for it.
        setattr(estimator, attribute, None if values is None else earlier + values)
    estimator.loss_ = estimator.loss_curve_[-1] if estimator.loss_curve_ else None


def publish_parameters(
    estimator: Any, targets: Targets, architecture: _build.Architecture, theta: np.ndarray
) -> None:
    """Set all that prediction reads."""
    estimator._targets, estimator._architecture = targets, architecture
    layout = _build.layout_of(architecture)
    for group, attribute in (PARAMETERS | BATCH_NORM_PARAMETERS).items():
        setattr(estimator, attribute, [view.copy() for view in layout.group(group, theta)])
    if not architecture.batch_norm:
        for attribute in BATCH_NORM_PARAMETERS.values():
            setattr(estimator, attribute, None)


def published_parameters(estimator: Any, layout: Layout) -> Groups:
    """The attributes that hold the parameters, by group, if their shapes are right."""
    groups = {}
    for group, attribute in (PARAMETERS | BATCH_NORM_PARAMETERS).items():
        arrays = getattr(estimator, attribute)
        groups[group] = [] if arrays is None else arrays
        given, wanted = [np.shape(array) for array in groups[group]], layout.shapes(group)
        if given != wanted:
            raise ValueError(f"{attribute} must have arrays of shapes {wanted}, got {given}.")
    return groups


def fitted_so_far(estimator: Any, run: FitRun, *, ended: bool) -> dict[str, Any]:
    """The attributes if training ended here, detached.

    While it has not ``ended``, the weights are those of this epoch, even if early stopping
    had better ones before.
    """
    estimator, state = copy.copy(estimator), run.state.copy()
    publish(estimator, replace(run, state=state))
    if not ended:
        publish_parameters(estimator, run.targets, run.architecture, state.theta)
    return vars(estimator)
