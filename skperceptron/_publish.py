"""What a call of fit leaves on the estimator, and what is read back from there."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any

from scipy.sparse import issparse
from sklearn.utils import check_random_state

from ._architecture import Architecture
from ._attributes import publish_parameters
from ._blas_threads import largest_product
from ._core.training import Epoch, Solver, TrainingState, clone_random_state
from ._core.types import Array
from ._data import Data
from ._targets import Targets
from ._tasks import Task

# The attributes of a network that have an entry for each epoch.
CURVES = ("loss_curve_", "learning_rate_curve_", "validation_loss_curve_", "validation_scores_")


@dataclass(frozen=True)
class FitRun:
    """What one call of fit goes through, from the data to the epochs that came of them."""

    task: Task
    solver: Solver
    data: Data
    rows: Array | None  # that are trained on; None for all
    held_out: Data | None  # to judge each epoch by
    targets: Targets
    architecture: Architecture
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
    def largest_product(self) -> int:
        """Floating-point operations of the largest product in a step."""
        batch_size = self.solver.batch_size(self.n_rows)
        units, sparse = self.architecture.layer_units, issparse(self.data.X)
        return largest_product(batch_size, units, sparse=sparse)

    @property
    def n_iter(self) -> int:
        """How many epochs this call has come to."""
        return self.state.n_epochs - self.n_epochs_before


def publish(estimator: Any, run: FitRun) -> None:
    """Set the fitted attributes. Arrays are copies, which nothing else refers to."""
    targets, architecture, state = run.targets, run.architecture, run.state
    publish_network(estimator, targets, architecture, state.published)
    estimator.n_layers_ = len(architecture.layer_units)
    estimator.n_outputs_ = targets.n_outputs
    estimator.out_activation_ = architecture.output_activation
    estimator.t_ = state.n_samples_seen
    scored = state.watched is not None
    # There is no best one yet if training was interrupted, or no score was a number.
    best = state.best if math.isfinite(state.best) else None
    estimator.best_validation_score_ = -best if scored and best is not None else None
    estimator.best_loss_ = None if scored else best
    given = estimator.random_state
    if not isinstance(given, Integral) and state.random_state is check_random_state(given):
        # It is the user's, or everybody's: it must not move on when this estimator does.
        state.random_state = clone_random_state(state.random_state)
    estimator._training_state = state
    estimator.n_iter_ = run.n_iter
    _publish_curves(estimator, run)


def _publish_curves(estimator: Any, run: FitRun) -> None:
    """Go on with the curves, in place as scikit-learn does: a copy would take longer each time."""
    epochs, judged, scored = run.epochs, run.held_out is not None, run.state.watched is not None
    curves = (
        [epoch.loss for epoch in epochs],
        [epoch.rate for epoch in epochs] if run.solver.has_rate else None,
        [epoch.validation.loss for epoch in epochs] if judged else None,
        [epoch.validation.score for epoch in epochs] if scored else None,
    )
    for attribute, values in zip(CURVES, curves, strict=True):
        curve = (run.resumes and getattr(estimator, attribute)) or []
        # There is none where the last call has no values for it.
        setattr(estimator, attribute, None if values is None else curve)
        curve.extend(values or ())
    estimator.loss_ = estimator.loss_curve_[-1] if estimator.loss_curve_ else None


def publish_network(
    estimator: Any, targets: Targets, architecture: Architecture, theta: Array
) -> None:
    """Set all that prediction reads."""
    estimator._targets, estimator._architecture = targets, architecture
    publish_parameters(estimator, architecture.layout, theta)


def fitted_so_far(estimator: Any, run: FitRun, *, ended: bool) -> dict[str, Any]:
    """The attributes if training ended here, detached.

    While it has not ``ended``, the weights are those of this epoch, even if early stopping
    had better ones before.
    """
    estimator, state = copy.copy(estimator), run.state.copy()
    publish(estimator, replace(run, state=state))
    if not ended:
        publish_network(estimator, run.targets, run.architecture, state.theta)
    attributes: dict[str, Any] = vars(estimator)
    return attributes
