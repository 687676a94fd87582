"""The one path of fit and partial_fit: validate → build → run epochs → publish."""

from __future__ import annotations

import copy
import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from . import _build
from ._compat import check_sample_weight, validate_parameters
from ._core.batches import ArrayRows, Batches
from ._core.network import Network
from ._core.objective import Objective
from ._core.schedules import Schedule
from ._core.stopping import Stopping
from ._core.training import Divergence, Epoch, TrainingState, train
from ._targets import Targets

# Rows that prediction works on at a time, so that its memory does not grow with the data.
PREDICTION_BLOCK = 4096


class Data(NamedTuple):
    """What fit was given, validated; y is as the user has it, not encoded."""

    X: np.ndarray  # (n, n_features)
    y: np.ndarray  # (n,) or (n, n_outputs)
    sample_weight: np.ndarray | None  # (n,)


class Split(NamedTuple):
    """Rows that train and rows that are watched; None stands for all and for none."""

    train: np.ndarray | None
    validation: np.ndarray | None


class BaseMLP(BaseEstimator, ABC):
    """What the classifier and the regressor share: everything but their targets."""

    def _fit(self, X, y, sample_weight, *, incremental=False, classes=None):
        # NumPy need not warn: what is not finite is found, and reported as what it is.
        with restored_on_error(self), np.errstate(all="ignore"):
            resume = hasattr(self, "coefs_") and (self.warm_start or incremental)
            self._check_parameters(incremental)
            data = self._validate(X, y, sample_weight, resume)
            targets, data = self._choose_targets(data, classes, resume, incremental)
            shape = _build.architecture(self, data.X, targets.n_outputs)
            state = self._resume(shape) if resume else self._start(shape, data.sample_weight)
            split = self._split(data, targets, state)
            epochs = self._train(data, targets, shape, state, split, incremental)
            self._publish(targets, shape, state, epochs, resume)
        return self

    # Validate ----------------------------------------------------------------------------

    def _check_parameters(self, incremental):
        validate_parameters(self)
        _build.dropout_rates(self)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")

    def _validate(self, X, y, sample_weight, resume) -> Data:
        dtype = self.dtype or (self._architecture.dtype if resume else (np.float64, np.float32))
        X, y = validate_data(
            self,
            X,
            y,
            dtype=dtype,
            order="C",
            multi_output=True,
            y_numeric=self._numeric_target,
            reset=not resume,
        )
        return Data(X, y, check_sample_weight(sample_weight, X))

    @abstractmethod
    def _choose_targets(self, data, classes, resume, incremental) -> tuple[Targets, Data]:
        """The kind of targets, checked against an earlier call's; and data with y in order."""

    # Build -------------------------------------------------------------------------------

    def _start(self, shape, sample_weight) -> TrainingState:
        """The state at the beginning of a timeline."""
        random_state = check_random_state(self.random_state)
        generator = _side_stream(random_state)
        theta = _build.initial_weights(shape, random_state)
        return TrainingState(
            theta=theta,
            solver=self.solver,
            optimizer=_build.optimizer_state(self, theta),
            random_state=random_state,
            generator=generator,
            mean_weight=1.0 if sample_weight is None else float(sample_weight.mean()),
        )

    def _resume(self, shape) -> TrainingState:
        """A copy of the state that the last call left, with what the user edited since."""
        _build.check_same_architecture(self._architecture, shape)
        state = copy.deepcopy(self._training_state)
        layout = _build.inference_network(shape).layout
        current = layout.pack({"weight": self.coefs_, "intercept": self.intercepts_}, shape.dtype)
        np.copyto(state.theta, current, where=current != state.published)
        if state.solver != self.solver:
            state.solver, state.optimizer = self.solver, _build.optimizer_state(self, state.theta)
        return state

    def _split(self, data, targets, state) -> Split:
        """Hold rows out for early stopping: the same ones at every call."""
        n_rows = len(data.X)
        n_validation = math.ceil(self.validation_fraction * n_rows)
        too_small = n_validation < 2 or n_validation == n_rows
        if self.early_stopping and too_small:
            warnings.warn(
                "early_stopping watches the training loss, because validation_fraction="
                f"{self.validation_fraction} of {n_rows} rows is too few to hold out.",
                stacklevel=4,
            )
        if too_small or not self.early_stopping:
            state.watch("loss")
            return Split(None, None)
        state.watch("score")
        random_state = copy.deepcopy(state.split_state)
        if random_state is None:
            state.split_state = copy.deepcopy(state.random_state)
            random_state = state.random_state
        train_rows, validation_rows = train_test_split(
            np.arange(n_rows),
            test_size=self.validation_fraction,
            random_state=random_state,
            stratify=_possible_strata(targets.strata(data.y), n_validation),
        )
        return Split(train_rows, validation_rows)

    def _batch_size(self, n_rows):
        if self.batch_size == "auto":
            return min(200, n_rows)
        if self.batch_size > n_rows:
            warnings.warn(
                f"Got `batch_size` {self.batch_size}, larger than the sample size {n_rows}. "
                "It is going to be clipped.",
                stacklevel=5,
            )
        return min(int(self.batch_size), n_rows)

    # Run epochs --------------------------------------------------------------------------

    def _train(self, data, targets, shape, state, split, incremental) -> list[Epoch]:
        """Build the core objects and walk the timeline from ``state``, changing it in place."""
        n_rows = len(data.X) if split.train is None else len(split.train)
        batches = Batches(
            ArrayRows(data.X),
            targets.encode(data.y, shape.dtype),
            None if data.sample_weight is None else ArrayRows(data.sample_weight),
            split.train,
            self._batch_size(n_rows),
        )
        network = _build.training_network(self, shape, state.generator)
        network.prepare(state.theta, batches.batch_size, shape.layer_units[0])
        loss = _build.loss(self, targets.output_activation)
        objective = Objective(network, loss, _build.penalties(self), state.mean_weight)
        optimizer, schedule = _build.optimizer(self), _build.schedule(self)
        optimizer.resume(state.optimizer)
        score = self._scorer(network, data, targets, split.validation)
        stopping = Stopping(self.tol, self.n_iter_no_change, score)
        walk = train(
            objective,
            optimizer,
            schedule,
            batches,
            stopping,
            state,
            shuffle=self.shuffle,
            max_epochs=1 if incremental else self.max_iter,
        )

        epochs: list[Epoch] = []
        try:
            for epoch in walk:
                epochs.append(epoch)
                if self.verbose:
                    self._report(epoch, len(epochs), schedule)
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
        except Divergence as divergence:
            self._recover(divergence, state, data)
        else:
            if not (incremental or epochs[-1].stop):
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and "
                    "the optimization hasn't converged yet.",
                    ConvergenceWarning,
                    stacklevel=4,
                )
        return epochs

    def _scorer(self, network, data, targets, rows) -> Callable[[], float] | None:
        """What early stopping watches: the score of the network as it is, on held-out rows."""
        if rows is None:
            return None
        X, y = data.X[rows], data.y[rows]
        weight = None if data.sample_weight is None else data.sample_weight[rows]
        return lambda: self._metric(y, targets.decode(_infer(network, X)), sample_weight=weight)

    def _report(self, epoch: Epoch, number: int, schedule: Schedule) -> None:
        """Print what scikit-learn prints."""
        print(f"Iteration {number}, loss = {epoch.loss:.8f}")
        if epoch.score is not None:
            print(f"Validation score: {epoch.score:f}")
        if epoch.plateau:
            what = "Training loss" if epoch.score is None else "Validation score"
            if not epoch.stop:
                action = f"Setting learning rate to {epoch.next_rate:f}"
            elif math.isfinite(schedule.floor):
                action = "Learning rate too small. Stopping."
            else:
                action = "Stopping."
            print(
                f"{what} did not improve more than tol={self.tol:f} for "
                f"{self.n_iter_no_change} consecutive epochs. {action}"
            )

    def _recover(self, divergence: Divergence, state: TrainingState, data: Data) -> None:
        """Fall back on the best weights if there are any; else say what went wrong."""
        message = (
            f"Training diverged in epoch {divergence.epoch}, at learning rate "
            f"{divergence.rate:.3g}: the loss or the weights are no longer finite. Lower "
            "learning_rate_init, or scale the data: the largest absolute value is "
            f"{np.abs(data.X).max():.3g} in X{self._describe_scale(data.y)}."
        )
        if state.best_theta is None:
            raise ValueError(message) from divergence
        warnings.warn(f"{message} The best weights so far are kept.", stacklevel=5)
        state.theta[...] = state.best_theta
        state.optimizer = _build.optimizer_state(self, state.theta)

    # Publish -----------------------------------------------------------------------------

    def _publish(self, targets, shape, state, epochs, resume) -> None:
        """Set the fitted attributes. Arrays are copies, which nothing else refers to."""
        layout = _build.inference_network(shape).layout
        self.coefs_ = [view.copy() for view in layout.group("weight", state.published)]
        self.intercepts_ = [view.copy() for view in layout.group("intercept", state.published)]
        self.n_layers_ = len(shape.layer_units)
        self.n_outputs_ = targets.n_outputs
        self.out_activation_ = targets.output_activation
        self.n_iter_ = len(epochs)
        self.t_ = state.n_samples_seen
        earlier = list(self.loss_curve_) if resume else []
        self.loss_curve_ = earlier + [epoch.loss for epoch in epochs]
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else None
        scored = state.watched == "score"
        earlier = (resume and self.validation_scores_) or []
        self.validation_scores_ = earlier + [e.score for e in epochs] if scored else None
        self.best_validation_score_ = -state.best if scored else None
        self.best_loss_ = None if scored else state.best
        self._targets, self._architecture = targets, shape
        # A RandomState of the user's must not move on when this estimator does.
        state.random_state = copy.deepcopy(state.random_state)
        self._training_state = state

    # Predict -----------------------------------------------------------------------------

    def _predict(self, X, read: Callable[[Targets, np.ndarray], np.ndarray]) -> np.ndarray:
        """What ``read`` makes of the raw scores, (n, n_outputs), of the published weights."""
        check_is_fitted(self)
        with np.errstate(all="ignore"):
            X = validate_data(self, X, dtype=self._architecture.dtype, order="C", reset=False)
            network = _build.inference_network(self._architecture)
            network.bind(list(chain.from_iterable(zip(self.coefs_, self.intercepts_, strict=True))))
            return read(self._targets, _infer(network, X))


def _infer(network: Network, X: np.ndarray) -> np.ndarray:
    """Raw scores (n, n_outputs), block of rows by block of rows."""
    starts = range(0, len(X), PREDICTION_BLOCK)
    return np.concatenate([network.infer(X[i : i + PREDICTION_BLOCK]) for i in starts])


def _side_stream(random_state: np.random.RandomState) -> np.random.Generator:
    """A second stream, seeded by the first without drawing from it.

    What scikit-learn has no draws for comes from here, so that the numbers both have
    stay the same whether those features are on or off.
    """
    seed = copy.deepcopy(random_state).randint(0, 2**32, size=4, dtype=np.uint32)
    return np.random.default_rng(seed)


def _possible_strata(labels: np.ndarray | None, n_validation: int) -> np.ndarray | None:
    """``labels`` if each class can be on both sides of a split, else None with a warning."""
    if labels is None:
        return None
    counts = np.unique(labels, return_counts=True)[1]
    if counts.min() >= 2 and n_validation >= len(counts):
        return labels
    warnings.warn(
        "the validation rows of early_stopping are not stratified: y has too few rows of some "
        "class, or validation_fraction is too small for the number of classes.",
        stacklevel=5,
    )
    return None


@contextmanager
def restored_on_error(estimator: BaseEstimator):
    """Leave the estimator as it was if anything goes wrong."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
