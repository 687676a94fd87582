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
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from . import _build
from ._compat import check_sample_weight, validate_parameters
from ._core import lbfgs
from ._core.batches import ArrayRows, Batches, SparseRows
from ._core.network import Network
from ._core.objective import Objective
from ._core.stopping import Stopping
from ._core.training import Divergence, Epoch, TrainingState, train
from ._targets import Targets

# Rows that prediction works on at a time, so that its memory does not grow with the data.
PREDICTION_BLOCK = 4096

OUT_OF_EPOCHS = (
    "Stochastic Optimizer: Maximum iterations ({max_iter}) reached and the optimization hasn't "
    "converged yet."
)
NOT_CONVERGED = (
    "lbfgs failed to converge after {n_iter} iteration(s). Increase max_iter or max_fun, or scale "
    "the data. scipy says:"
)


class Data(NamedTuple):
    """What fit was given, validated; y is as the user has it, not encoded."""

    X: np.ndarray  # (n, n_features), or a CSR matrix
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
            shape = _build.architecture(self, data.X, targets)
            state = (self._resume if resume else self._start)(shape, data.sample_weight)
            split = self._split(data, targets, state)
            epochs = self._train(data, targets, shape, state, split, incremental)
            self._publish(targets, shape, state, epochs, resume)
        return self

    # Validate ----------------------------------------------------------------------------

    def _check_parameters(self, incremental):
        validate_parameters(self)
        rates = _build.dropout_rates(self)
        if self.solver == "lbfgs" and any(rates):
            raise ValueError(
                "dropout and input_dropout need a stochastic solver: solver='lbfgs' minimises "
                "one fixed function."
            )
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        unused = _build.unused_parameters(self)
        if unused:
            warnings.warn(
                f"solver={self.solver!r} has no use for {', '.join(unused)}.", stacklevel=4
            )

    def _validate(self, X, y, sample_weight, resume) -> Data:
        dtype = self.dtype or (self._architecture.dtype if resume else (np.float64, np.float32))
        X, y = validate_data(
            self,
            X,
            y,
            dtype=dtype,
            order="C",
            accept_sparse="csr",
            multi_output=True,
            y_numeric=self._numeric_target,
            reset=not resume,
        )
        return Data(X, y, check_sample_weight(sample_weight, X))

    @abstractmethod
    def _choose_targets(self, data, classes, resume, incremental) -> tuple[Targets, Data]:
        """The kind of targets, checked against an earlier call's; and data with y in order."""

    # Build -------------------------------------------------------------------------------

    def _start(self, shape, sample_weight, theta=None) -> TrainingState:
        """The state at the beginning of a timeline, with weights drawn or given."""
        random_state = check_random_state(self.random_state)
        generator = side_stream(random_state)
        if theta is None:
            theta = _build.initial_weights(shape, random_state)
        return TrainingState(
            theta=theta,
            solver=self.solver,
            optimizer=_build.optimizer_state(self, theta),
            random_state=random_state,
            generator=generator,
            mean_weight=1.0 if sample_weight is None else float(sample_weight.mean()),
        )

    def _resume(self, shape, sample_weight) -> TrainingState:
        """A copy of the state that the last call left, with what the user edited since."""
        _build.check_same_architecture(self._architecture, shape)
        layout = _build.inference_network(shape).layout
        current = layout.pack({"weight": self.coefs_, "intercept": self.intercepts_}, shape.dtype)
        if self._training_state is None:
            return self._start(shape, sample_weight, theta=current)
        state = copy.deepcopy(self._training_state)
        np.copyto(state.theta, current, where=current != state.published)
        if state.solver != self.solver:
            state.solver, state.optimizer = self.solver, _build.optimizer_state(self, state.theta)
        return state

    def _split(self, data, targets, state) -> Split:
        """Hold rows out for early stopping: the same ones at every call."""
        n_rows = data.X.shape[0]
        n_validation = math.ceil(self.validation_fraction * n_rows)
        too_small = n_validation < 2 or n_validation == n_rows
        wanted = self.early_stopping and self.solver != "lbfgs"
        if wanted and too_small:
            warnings.warn(
                "early_stopping watches the training loss, because validation_fraction="
                f"{self.validation_fraction} of {n_rows} rows is too few to hold out.",
                stacklevel=4,
            )
        if too_small or not wanted:
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
        sparse = issparse(data.X)
        n_rows = data.X.shape[0] if split.train is None else len(split.train)
        batches = Batches(
            SparseRows(data.X) if sparse else ArrayRows(data.X),
            targets.encode(data.y, shape.dtype),
            None if data.sample_weight is None else ArrayRows(data.sample_weight),
            split.train,
            n_rows if self.solver == "lbfgs" else self._batch_size(n_rows),
        )
        network = _build.training_network(self, shape, state.generator, sparse=sparse)
        network.prepare(state.theta, batches.batch_size, shape.layer_units[0])
        loss = _build.loss(self, targets.output_activation)
        objective = Objective(network, loss, _build.penalties(self), state.mean_weight)
        epochs: list[Epoch] = []

        def take_note(epoch: Epoch) -> None:
            epochs.append(epoch)
            if self.verbose:
                self._report(epoch, len(epochs))

        try:
            if self.solver == "lbfgs":
                complaint = self._descend(objective, batches, state, take_note)
            else:
                score = self._scorer(network, data, targets, split.validation)
                max_epochs = 1 if incremental else self.max_iter
                self._walk(objective, batches, state, take_note, score, max_epochs)
                complaint = None if incremental or epochs[-1].stop else OUT_OF_EPOCHS
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
        except Divergence as divergence:
            self._recover(divergence, state, data)
        else:
            if complaint is not None:
                message = complaint.format(n_iter=len(epochs), max_iter=self.max_iter)
                warnings.warn(message, ConvergenceWarning, stacklevel=4)
        return epochs

    def _walk(self, objective, batches, state, take_note, score, max_epochs) -> None:
        """Train epoch by epoch, with a stochastic solver."""
        optimizer, schedule = _build.optimizer(self), _build.schedule(self)
        optimizer.resume(state.optimizer)
        stopping = Stopping(self.tol, self.n_iter_no_change, score)
        for epoch in train(
            objective,
            optimizer,
            schedule,
            batches,
            stopping,
            state,
            shuffle=self.shuffle,
            max_epochs=max_epochs,
        ):
            take_note(epoch)

    def _descend(self, objective, batches, state, take_note) -> str | None:
        """Train by L-BFGS; return a complaint if it did not converge."""
        problem = lbfgs.train(
            objective,
            batches,
            state,
            take_note,
            max_iter=self.max_iter,
            max_fun=self.max_fun,
            tol=self.tol,
        )
        return None if problem is None else f"{NOT_CONVERGED} {problem}."

    def _scorer(self, network, data, targets, rows) -> Callable[[], float] | None:
        """What early stopping watches: the score of the network as it is, on held-out rows."""
        if rows is None:
            return None
        X, y = data.X[rows], data.y[rows]
        weight = None if data.sample_weight is None else data.sample_weight[rows]
        return lambda: self._metric(y, targets.decode(_infer(network, X)), sample_weight=weight)

    def _report(self, epoch: Epoch, number: int) -> None:
        """Print what scikit-learn prints."""
        print(f"Iteration {number}, loss = {epoch.loss:.8f}")
        if epoch.score is not None:
            print(f"Validation score: {epoch.score:f}")
        if epoch.plateau:
            what = "Training loss" if epoch.score is None else "Validation score"
            if not epoch.stop:
                action = f"Setting learning rate to {epoch.next_rate:f}"
            elif math.isfinite(_build.schedule(self).floor):
                action = "Learning rate too small. Stopping."
            else:
                action = "Stopping."
            print(
                f"{what} did not improve more than tol={self.tol:f} for "
                f"{self.n_iter_no_change} consecutive epochs. {action}"
            )

    def _recover(self, divergence: Divergence, state: TrainingState, data: Data) -> None:
        """Fall back on the best weights if there are any; else say what went wrong."""
        rate, remedy = "", "Scale"
        if divergence.rate is not None:
            rate = f", at learning rate {divergence.rate:.3g}"
            remedy = "Lower learning_rate_init, or scale"
        message = (
            f"Training diverged in epoch {divergence.epoch}{rate}: the loss or the weights are "
            f"no longer finite. {remedy} the data: the largest absolute value is "
            f"{abs(data.X).max():.3g} in X{self._describe_scale(data.y)}."
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

    def drop_training_state(self):
        """Forget all that only continuing needs, as for deployment.

        Predictions stay the same, and a pickle holds little more than the weights. A later
        warm start or ``partial_fit`` goes on from the weights, with everything else new.

        Returns
        -------
        self : object
            The estimator.
        """
        check_is_fitted(self)
        self._training_state = None
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # Predict -----------------------------------------------------------------------------

    def hidden_activations(self, X, layer=-1):
        """Compute the outputs of a hidden layer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        layer : int, default=-1
            Which hidden layer, counted from the inputs or, if negative, from the output.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            Activations, as at prediction.

        Raises
        ------
        ValueError
            If there is no such hidden layer.
        """
        check_is_fitted(self)
        n_hidden = self._architecture.n_hidden
        if not -n_hidden <= layer < n_hidden:
            raise ValueError(f"layer={layer} is not one of the {n_hidden} hidden layers.")
        with np.errstate(all="ignore"):
            X, network = self._inference(X)
            # A dense layer and its activation for each hidden layer.
            return _infer(Network(network.layers[: 2 * (layer % n_hidden + 1)]), X)

    def summary(self) -> str:
        """Return a table of layers, their units and their parameter counts.

        Returns
        -------
        str
            One line per layer, from the inputs to the output.
        """
        check_is_fitted(self)
        units, hidden = self._architecture.layer_units, self._architecture.activation
        names = [hidden] * self._architecture.n_hidden + [self.out_activation_]
        lines = [f"{'layer':<10}{'activation':<12}{'units':>8}{'parameters':>12}"]
        lines.append(f"{'inputs':<10}{'':<12}{units[0]:>8}{0:>12}")
        total = 0
        for depth, (activation, fan_in, fan_out) in enumerate(
            zip(names, units[:-1], units[1:], strict=True), start=1
        ):
            name = "output" if depth == len(names) else f"hidden {depth}"
            count = (fan_in + 1) * fan_out
            total += count
            lines.append(f"{name:<10}{activation:<12}{fan_out:>8}{count:>12}")
        return "\n".join([*lines, f"{'total':<30}{total:>12}"])

    def _predict(self, X, read: Callable[[Targets, np.ndarray], np.ndarray]) -> np.ndarray:
        """What ``read`` makes of the raw scores, (n, n_outputs), of the published weights."""
        with np.errstate(all="ignore"):
            X, network = self._inference(X)
            return read(self._targets, _infer(network, X))

    def _inference(self, X) -> tuple[np.ndarray, Network]:
        """X, validated, and a network that reads the published weights."""
        check_is_fitted(self)
        X = validate_data(
            self, X, dtype=self._architecture.dtype, order="C", accept_sparse="csr", reset=False
        )
        network = _build.inference_network(self._architecture)
        network.bind(list(chain.from_iterable(zip(self.coefs_, self.intercepts_, strict=True))))
        return X, network


def has_epochs(estimator: BaseMLP) -> bool:
    """Whether partial_fit is there: raise AttributeError with the reason if not."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        )
    return True


def _infer(network: Network, X) -> np.ndarray:
    """Raw scores (n, n_outputs), block of rows by block of rows."""
    starts = range(0, X.shape[0], PREDICTION_BLOCK)
    return np.concatenate([network.infer(X[i : i + PREDICTION_BLOCK]) for i in starts])


def side_stream(random_state: np.random.RandomState) -> np.random.Generator:
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
