"""The one path of fit and partial_fit: validate → build → run epochs → publish."""

from __future__ import annotations

import copy
import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Integral, Real

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import check_scoring
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from . import _build
from ._callback_runner import CallbackData, CallbackRunner, NullCallbackRunner, callback_runner
from ._compat import (
    CallbackSupport,
    Diagram,
    Persistent,
    accepts_sample_weight,
    as_finite,
    check_sample_weight,
    check_y,
    managing_callbacks,
    scipy_on_one_thread,
    validate_parameters,
    validate_X,
    without_callbacks,
)
from ._core import kernels, lbfgs
from ._core.activations import OUTPUT_ACTIVATIONS
from ._core.batches import ArrayRows, Batches, SparseRows
from ._core.epoch_metrics import Entry, EpochMetrics
from ._core.losses import LossLike
from ._core.network import Network
from ._core.objective import Objective
from ._core.optimizers import GradientNormRecorder, Optimizer
from ._core.stopping import Validation
from ._core.training import DivergenceError, Epoch, TrainingState, clone_random_state, train
from ._finite import FiniteOutputs, check_finite
from ._given import BATCH_NORM_PARAMETERS, PARAMETERS, Groups, complete, ends, given_parameters
from ._held_out import Data, Validator, infer, split
from ._inputs import plain_labels, refuse_dates
from ._memory import check_memory, memory_error_context
from ._messages import error_context, print_details, warn
from ._summary import Layer, Summary, html, layers
from ._targets import MultilabelTargets, SingleClassTargets, Targets, check_total_weight

# The attributes that have an entry for each epoch.
CURVES = ("loss_curve_", "learning_rate_curve_", "validation_loss_curve_", "validation_scores_")

OUT_OF_EPOCHS = (
    "Stochastic Optimizer: Maximum iterations ({max_iter}) reached and the optimization hasn't "
    "converged yet."
)
NOT_CONVERGED = "lbfgs failed to converge after {{n_iter}} iteration(s): {problem}. {remedy}"
SCALE_DATA = "Scale the data: the largest absolute value is {largest}."
NONSMOOTH_LOSS = (
    "It assumes a gradient that does not jump, and that of loss={loss!r} does: solver='adam' with "
    "batch_size=n_samples and learning_rate='cosine' comes closer to the minimum."
)
NONSMOOTH_ACTIVATION = (
    "It assumes a gradient that does not jump, and that of activation={name!r} does: choose a "
    "smooth activation such as 'tanh' or 'silu', or another solver."
)
UNMOVED = (
    "early_stopping watched a score that was {score:.6g} in each of {n_epochs} epochs, so it could "
    "not tell which epoch was the best. {remedy}"
)

# Divergence is blamed on weights of rows from so many times their mean on, and on X or y from such
# absolute values on; from FAR_TOO_LARGE on, on these alone.
HEAVY, LARGE, FAR_TOO_LARGE = 100, 10, 1e10

# What ``verbose=2`` calls the metrics of an epoch that are not in scikit-learn's lines: these, and
# the time.
DETAILS = {
    "learning_rate": "learning rate",
    "penalty": "penalty",
    "gradient_norm": "gradient norm",
    "validation_loss": "validation loss",
}


@dataclass(frozen=True)
class FitRun:
    """What one call of fit goes through, from the data to the epochs that came of them."""

    data: Data
    rows: np.ndarray | None  # that are trained on; None for all
    held_out: Data | None  # to judge each epoch by
    targets: Targets
    shape: _build.Architecture
    state: TrainingState
    resume: bool
    drawn: bool  # whether the weights at the start were drawn at random
    max_epochs: int
    n_epochs_before: int
    epochs: list[Epoch] = field(default_factory=list)


class BaseMLP(CallbackSupport, Diagram, Persistent, BaseEstimator, ABC):
    """What the networks share: everything but their targets."""

    def _fit(self, *args, **kwargs):
        # NumPy need not warn: what is not finite is found, and reported as what it is.
        with restored_on_error(self), np.errstate(all="ignore"):
            self._fit_before_callbacks(*args, **kwargs)
        return self

    @managing_callbacks
    def _fit_before_callbacks(
        self,
        X,
        y,
        sample_weight,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        incremental=False,
        classes=None,
    ):
        goes_on = self.warm_start or incremental
        resume = goes_on and hasattr(self, "_architecture")
        self._check_parameters(incremental)
        given_weights = given_parameters(self) if goes_on and not resume else None
        if not resume and (incremental or given_weights is not None):
            classes = self._known_classes(classes)
        data = self._validate(X, y, sample_weight, resume, given_weights)
        targets, data = self._choose_targets(data, classes, resume, incremental)
        check_total_weight(data.sample_weight, "sample_weight")
        given = self._validate_held_out(X_val, y_val, sample_weight_val, data, targets)
        shape = self._shape(data.X, targets)
        if resume:
            _build.check_same_architecture(self._architecture, shape)
        elif given_weights is not None:
            self._take_over(complete(given_weights, shape), targets, shape)
            self._check_weights_to_start_from(data)
        drawn = not resume and given_weights is None
        starts = self._start if drawn else self._resume
        check_memory(self, shape, data.X.shape[0])
        with memory_error_context(self, shape, data.X.shape[0]):
            state = starts(shape, data.sample_weight)
        rows, held_out = self._choose_rows(data, given, targets, state)
        if state.watched is not None:
            self._check_scoring(held_out, targets, shape, state)
        max_epochs = 1 if incremental else self.max_iter
        run = FitRun(
            data, rows, held_out, targets, shape, state, resume, drawn, max_epochs, state.n_epochs
        )
        if hasattr(self, "feature_names_in_"):
            data = data._replace(X=X)
            given = given and given._replace(X=X_val)
        callbacks = callback_runner(
            self,
            CallbackData(data, rows, given),
            partial(self._fitted_so_far, run),
            task="partial_fit" if incremental else "fit",
            step="iteration" if self.solver == "lbfgs" else "epoch",
            n_steps=max_epochs,
        )
        one_thread = scipy_on_one_thread() if self.solver == "lbfgs" else nullcontext()
        with memory_error_context(self, shape, data.X.shape[0]), one_thread:
            self._train(run, callbacks, incremental)
        self._publish(run)
        try:
            callbacks.close()
        except KeyboardInterrupt:
            warn("Training interrupted by user.")

    # Validate ----------------------------------------------------------------------------

    def _check_parameters(self, incremental):
        validate_parameters(self)
        _build.check_loss(self)
        uses = {
            "dropout": any(_build.dropout_rates(self)[1:]),
            "input_dropout": self.input_dropout > 0,
            "batch_norm": self.batch_norm,
            "max_norm": self.max_norm is not None,
        }
        if self.solver == "lbfgs" and any(uses.values()):
            names = ", ".join(name for name, used in uses.items() if used)
            raise ValueError(
                f"{names} can't be used with solver='lbfgs', which minimises one fixed function "
                "without constraints: choose a stochastic solver."
            )
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        for reason, names in _build.unused_parameters(self).items():
            warn(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} ignored with {reason}.")

    def _validate(self, X, y, sample_weight, resume, given_weights: Groups | None) -> Data:
        dtype = self.dtype or (self._architecture.dtype if resume else (np.float64, np.float32))
        if given_weights is not None:
            dtype = given_weights["weight"][0].dtype if given_weights["weight"] else dtype
        X, y = self._validate_arrays(X, y, "X", "y", dtype=dtype, reset=not resume)
        with error_context("sample_weight"):
            return Data(X, y, check_sample_weight(sample_weight, X))

    def _validate_arrays(self, X, y, X_name, y_name, *, dtype, reset):
        """X and y as arrays, or CSR matrices; errors go by the names."""
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target "
                "y is None."
            )
        X = self._validate_inputs(X, X_name, dtype=dtype, reset=reset)
        with error_context(y_name):
            if self._numeric_target:
                refuse_dates(y, y_name)
            else:
                y = plain_labels(y, y_name)
            y = check_y(y, numeric=self._numeric_target, estimator=self)
        with error_context(f"{X_name} and {y_name}"):
            check_consistent_length(X, y)
        return X, y

    def _validate_inputs(self, X, name, *, dtype, reset):
        """X as an array, or a CSR matrix."""
        return validate_X(self, X, name, reset=reset, dtype=dtype, order="C", accept_sparse="csr")

    def _validate_held_out(self, X_val, y_val, sample_weight_val, data, targets) -> Data | None:
        if X_val is None and y_val is None and sample_weight_val is None:
            return None
        if X_val is None or y_val is None:
            raise ValueError(
                "X_val and y_val must be given together, and sample_weight_val with them only."
            )
        X_val, y_val = self._validate_arrays(
            X_val, y_val, "X_val", "y_val", dtype=data.X.dtype, reset=False
        )
        y_val = self._check_targets(y_val, targets, data.X.dtype, name="y_val")
        weight = check_sample_weight(sample_weight_val, X_val, name="sample_weight_val")
        check_total_weight(weight, "sample_weight_val")
        return Data(X_val, y_val, weight)

    @abstractmethod
    def _choose_targets(self, data, classes, resume, incremental) -> tuple[Targets, Data]:
        """The kind of targets, checked against an earlier call's; and data with y in order."""

    @abstractmethod
    def _check_targets(self, y, targets, dtype, *, name) -> np.ndarray:
        """Return y in order; refuse it, by ``name``, if it does not go with ``targets``."""

    @abstractmethod
    def _link(self, targets) -> str:
        """Output activation of the network."""

    @abstractmethod
    def _loss(self, link) -> LossLike:
        """The loss of raw scores."""

    # Build -------------------------------------------------------------------------------

    def _shape(self, X, targets) -> _build.Architecture:
        """What the network is to be on these data."""
        link = self._link(targets)
        n_scores = targets.n_outputs * _build.scores_per_output(self._loss(link))
        return _build.architecture(self, X, self._activations(), n_scores, link)

    def _activations(self):
        """Activation of each hidden layer."""
        return _build.activations(self)

    def _start(self, shape, sample_weight, theta=None) -> TrainingState:
        """The state at the beginning of a timeline, with weights drawn or given."""
        random_state = check_random_state(self.random_state)
        generator = spawn_generator(random_state)
        if theta is None:
            theta = _build.initial_parameters(self, shape, random_state)
        return TrainingState(
            theta=theta,
            solver=self.solver,
            optimizer=_build.optimizer_state(self, shape),
            random_state=random_state,
            generator=generator,
            mean_weight=1.0 if sample_weight is None else float(sample_weight.mean()),
        )

    def _resume(self, shape, sample_weight) -> TrainingState:
        """A copy of the state that the last call left, with what the user edited since."""
        layout = _build.layout_of(shape)
        current = layout.pack(self._published_parameters(layout), shape.dtype)
        if not np.isfinite(current).all():
            raise ValueError("coefs_ and intercepts_ must be finite, to go on from them.")
        if self._training_state is None:
            return self._start(shape, sample_weight, theta=current)
        state = self._training_state.copy()
        # A callback may have kept an epoch's own weights, though they were not the best.
        if all((current != weights).any() for weights in (state.published, state.theta)):
            state.move(current)
        if state.solver != self.solver:
            state.solver, state.optimizer = self.solver, _build.optimizer_state(self, shape)
        return state

    def _choose_rows(self, data, held_out, targets, state) -> tuple[np.ndarray | None, Data | None]:
        """The rows to train on, None for all; and the data to watch.

        Rows are split off if early stopping has none of its own to watch.
        """
        rows, watches = None, self.early_stopping and self.solver != "lbfgs"
        if watches and held_out is None:
            parts = split(self, data, targets, state)
            if parts is not None:
                rows, held_out = parts.train, data.take(parts.validation)
        if held_out is not None:
            held_out = held_out.drop_zero_weight_rows()
        if not watches or held_out is None:
            state.watch(None, _build.objective_key(self))
        else:
            self._check_scorable(held_out)
            score = _build.loss_key(self) if self._watches_loss else self.scoring
            state.watch((score, held_out.fingerprint(targets)), None)
        return rows, held_out

    @property
    def _watches_loss(self) -> bool:
        """Whether early stopping watches the loss: what is watched is then what is trained."""
        if self.scoring is None:
            return not self._has_metric
        return isinstance(self.scoring, str) and self.scoring == "loss"

    _has_metric = True  # whether the default score goes with the loss

    def _check_scorable(self, held_out: Data) -> None:
        """Refuse rows to watch that are too few for the default score."""
        too_few = held_out.X.shape[0] < self._fewest_rows_scored
        if self.scoring is None and not self._watches_loss and too_few:
            raise ValueError(
                f"early_stopping can't watch R² on X_val, or on the rows split off, with fewer "
                f"than {self._fewest_rows_scored} rows of a weight above 0: give it more, or "
                "scoring='loss'."
            )

    def _batch_size(self, n_rows):
        if self.batch_size != "auto" and self.batch_size > n_rows:
            warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be "
                "clipped."
            )
        return _build.batch_size(self, n_rows)

    # Run epochs --------------------------------------------------------------------------

    def _train(
        self, run: FitRun, callbacks: CallbackRunner | NullCallbackRunner, incremental: bool
    ) -> None:
        """Build the core objects and walk the timeline from its state, changing it in place."""
        data, rows, targets = run.data, run.rows, run.targets
        shape, state, epochs = run.shape, run.state, run.epochs
        sparse = issparse(data.X)
        n_rows = data.X.shape[0] if rows is None else len(rows)
        X, y, weight = data.mask_zero_weight_rows()
        batches = Batches(
            SparseRows(X) if sparse else ArrayRows(X),
            targets.encode(y, shape.dtype, self._smoothing),
            None if weight is None else ArrayRows(weight),
            rows,
            n_rows if self.solver == "lbfgs" else self._batch_size(n_rows),
        )
        network = _build.training_network(self, shape, state.generator, sparse=sparse)
        network.allocate(state.theta, batches.batch_size, shape.layer_units[0])
        finite = FiniteOutputs(
            network,
            OUTPUT_ACTIVATIONS[shape.output_activation](),
            [X] if run.held_out is None or rows is not None else [X, run.held_out.X],
        )
        loss = self._loss(shape.output_activation)
        objective = Objective(network, loss, _build.regularisation(self), state.mean_weight)
        validate = self._validator(network, loss, run.held_out, targets, shape, state)
        listeners = (*((_print_details,) if self.verbose >= 2 else ()), *callbacks.listeners)
        optimizer, gradient_norm = self._optimizer(network, metered=bool(listeners))
        epoch_metrics = EpochMetrics(network, batches, _build.penalties(self), gradient_norm, state)
        n_elements = batches.n_steps * state.theta.size + n_rows * sum(shape.layer_units[1:])

        # Where an interruption goes back to. The weights of a stochastic solver go on from where
        # they are; those of L-BFGS are the last iteration's.
        position = partial(state.position, own_weights=optimizer is None)
        last_epoch = position()

        def on_epoch(epoch: Epoch) -> bool:
            nonlocal last_epoch
            epochs.append(epoch)
            last_epoch = position()  # from this assignment on, the epoch counts
            kernels.count(n_elements)
            if self.verbose:
                self._report(epoch, state.n_epochs - run.n_epochs_before, state)
            if not listeners:
                return False
            entry = epoch_metrics.entry(epoch)
            stop_requests = [read(entry, epoch.stop) for read in listeners]  # all are to know
            return any(stop_requests)

        try:
            if optimizer is None:
                convergence_message = self._descend(
                    objective, batches, run, on_epoch, finite, validate
                )
            else:
                ended = self._walk(objective, batches, run, on_epoch, finite, validate, optimizer)
                convergence_message = None if incremental or ended else OUT_OF_EPOCHS
        except KeyboardInterrupt:
            state.go_back_to(last_epoch)
            del epochs[state.n_epochs - run.n_epochs_before :]
            if finite():
                warn("Training interrupted by user.")
            else:
                self._recover(DivergenceError(state.n_epochs + 1, None), run)
        except DivergenceError as divergence:
            self._recover(divergence, run)
        else:
            if convergence_message is not None and self.tol is not None:
                n_iter = state.n_epochs - run.n_epochs_before
                message = convergence_message.format(n_iter=n_iter, max_iter=self.max_iter)
                warn(message, ConvergenceWarning)
            self._check_score_moved(run)

    def _optimizer(self, network, *, metered: bool) -> tuple[Optimizer | None, Callable[[], float]]:
        """The optimizer, None for L-BFGS, and what tells the gradient's norm in an epoch.

        That of a stochastic solver is the mean over its steps, known only if it is ``metered``.
        """
        if self.solver == "lbfgs":
            gradient = network.gradient[network.layout.trainable]
            return None, lambda: float(np.linalg.norm(gradient))
        optimizer = GradientNormRecorder(_build.optimizer(self))
        return optimizer if metered else optimizer.inner, optimizer.mean_norm

    def _walk(self, objective, batches, run, on_epoch, finite, validate, optimizer) -> bool:
        """Train epoch by epoch, with a stochastic solver; return whether it stopped of itself.

        Or because somebody has asked for it.
        """
        state = run.state
        layout = objective.network.layout
        optimizer.resume(state.optimizer, layout, step_sizes=objective.is_proximal)
        schedule = _build.schedule(self)
        for epoch in train(
            objective,
            optimizer,
            schedule,
            batches,
            _build.stopping(self, schedule),
            finite,
            validate,
            state,
            shuffle=self.shuffle,
            max_epochs=run.max_epochs,
        ):
            if on_epoch(epoch) or epoch.stop:
                return True
        return False

    def _descend(self, objective, batches, run, on_epoch, finite, validate) -> str | None:
        """Train by L-BFGS; return why it did not converge, None if it did."""
        nonsmooth, state = _build.is_nonsmooth(self), run.state
        unfinished = lbfgs.train(
            objective,
            batches,
            state,
            on_epoch,
            finite,
            validate,
            l1=_build.l1_strength(self) / (batches.n_rows * state.mean_weight),
            nonsmooth=nonsmooth,
            max_iter=self.max_iter,
            max_fun=self.max_fun,
            tol=self.tol or 0.0,
            drawn=run.drawn and not isinstance(run.targets, SingleClassTargets),
        )
        if unfinished is None:
            return None
        return NOT_CONVERGED.format(
            problem=unfinished.problem, remedy=self._remedy(unfinished.cause, run)
        )

    def _remedy(self, cause: lbfgs.Cause, run: FitRun) -> str:
        """What to do about a descent that did not converge."""
        scale_data = SCALE_DATA.format(largest=self._describe_scale(run.data))
        if cause is lbfgs.Cause.SCALE:
            return scale_data
        if cause is lbfgs.Cause.TOL:
            return f"Lower tol, or s{scale_data[1:]}"
        if _build.is_nonsmooth(self):
            return NONSMOOTH_LOSS.format(loss=self.loss)
        if cause is lbfgs.Cause.LIMIT:
            return "Increase max_iter or max_fun, or scale the data."
        nonsmooth = _build.nonsmooth_activations(run.shape)
        return NONSMOOTH_ACTIVATION.format(name=nonsmooth[0]) if nonsmooth else scale_data

    def _validator(
        self, network, loss, held_out, targets, shape, state
    ) -> Callable[[], Validation]:
        """What judges the network as it is after each epoch; no data, no judgement."""
        if held_out is None:
            return Validation
        encoded = targets.encode(held_out.y, shape.dtype, smoothing=0.0)
        score = None
        if state.watched is not None:
            score = self._validation_score(held_out, targets, shape, state)
        by_metric = score is not None and self.scoring is None and not self._watches_loss
        decode = targets.decode if by_metric else None
        return Validator(network, loss, held_out, encoded, decode, score)

    def _validation_score(
        self, held_out, targets, shape, state
    ) -> Callable[[np.ndarray | None, float], float]:
        """What early stopping watches, from predictions (None where unused) and the loss."""
        X, y, weight = held_out
        if isinstance(targets, MultilabelTargets) and issparse(y) and self.scoring is not None:
            y = y.toarray()  # few metrics take sparse ones
        if self._watches_loss:
            return lambda predictions, loss: -loss
        if self.scoring is None:
            return lambda predictions, loss: self._metric(y, predictions, weight)
        scorer = check_scoring(self, self.scoring)
        if weight is not None and accepts_sample_weight(scorer):
            scorer = partial(scorer, sample_weight=weight)

        def of_copy(predictions: None, loss: float) -> float:
            estimator = copy.copy(self)
            # X is an array by now: it has no names to compare with.
            vars(estimator).pop("feature_names_in_", None)
            estimator._publish_parameters(targets, shape, state.theta)
            score = scorer(estimator, X, y)
            try:
                return float(score) if isinstance(score, Real) else float("no number")
            except (OverflowError, ValueError) as error:
                raise ValueError(
                    f"scoring must return a number, got {score!r} from {scorer}."
                ) from error

        return of_copy

    def _check_scoring(self, held_out, targets, shape, state) -> None:
        """Refuse a scoring that can't be served: score the network once, as it is before work.

        What it draws from NumPy's global stream is put back.
        """
        if self.scoring is None or self._watches_loss:
            return
        stream = check_random_state(None)
        position = stream.get_state(legacy=False)
        name = f"scoring={self.scoring!r}" if isinstance(self.scoring, str) else "scoring"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a network that knows nothing is ill-defined
                score = self._validation_score(held_out, targets, shape, state)(None, None)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ValueError(
                f"{name} can't be served, as a first try before training shows: {error}"
            ) from error
        finally:
            stream.set_state(position)
        if math.isnan(score):
            raise ValueError(
                f"{name} has no value (NaN) on the rows that early_stopping watches, as a first "
                "try before training shows: pass other rows as X_val and y_val, with all classes "
                "in them, or choose another scoring."
            )

    def _report(self, epoch: Epoch, number: int, state: TrainingState) -> None:
        """Print what scikit-learn prints."""
        print(f"Iteration {number}, loss = {epoch.loss:.8f}")
        if epoch.validation.score is not None:
            print(f"Validation score: {epoch.validation.score:f}")
        if epoch.plateau:
            what = "Training loss" if epoch.validation.score is None else "Validation score"
            schedule = _build.schedule(self)
            if not epoch.stop:
                rate = schedule.rate(state.n_epochs, state)
                action = f"Setting learning rate to {rate:f}"
            elif math.isfinite(schedule.floor):
                action = "Learning rate too small. Stopping."
            else:
                action = "Stopping."
            print(
                f"{what} did not improve more than tol={self.tol:f} for "
                f"{self.n_iter_no_change} consecutive epochs. {action}"
            )

    def _check_score_moved(self, run: FitRun) -> None:
        """Warn if early stopping waited for a score that has been the same in every epoch."""
        scores = [epoch.validation.score for epoch in run.epochs]
        if len(scores) <= self.n_iter_no_change or scores[0] is None:
            return
        scores = ((run.resume and self.validation_scores_) or []) + scores
        perfect = abs(scores[0] if self._watches_loss else scores[0] - 1) < 1e-6
        if perfect or not np.array_equal(scores[1:], scores[:-1], equal_nan=True):
            return
        y = run.held_out.y
        other = "" if self._watches_loss else ", or watch scoring='loss', which shows small changes"
        remedy = f"Raise learning_rate_init, or scale the data{other}."
        if not math.isfinite(scores[0]):
            remedy = "Check the scoring, and the rows that it is computed on."
        elif not issparse(y) and (y == y[0]).all():
            remedy = "All targets that it is computed on are equal: pass others as y_val."
        warn(UNMOVED.format(score=scores[0], n_epochs=len(scores), remedy=remedy))

    def _recover(self, divergence: DivergenceError, run: FitRun) -> None:
        """Fall back on the best weights if there are any; else say what went wrong."""
        state = run.state
        rate = "" if divergence.rate is None else f", at learning rate {divergence.rate:.3g}"
        message = (
            f"Training diverged in epoch {divergence.epoch}{rate}: the loss, a weight or an output "
            f"is no longer finite. {self._blame(divergence, run)}"
        )
        if state.best_theta is None:
            raise ValueError(message) from divergence
        warn(f"{message} The best weights so far are kept.")
        state.theta[...] = state.best_theta
        state.optimizer = _build.optimizer_state(self, run.shape)

    def _blame(self, divergence: DivergenceError, run: FitRun) -> str:
        """What to do about divergence, by what is out of proportion."""
        data, weight = run.data, run.data.sample_weight
        sizes = self._sizes(data)
        largest, scale = max(sizes.values()), self._describe_scale(data)
        stochastic = self.solver != "lbfgs"
        heaviest = 1.0 if weight is None else float(weight.max()) / run.state.mean_weight
        if stochastic and heaviest > HEAVY:
            first = " of the first call" if run.resume else ""
            return (
                f"A row weighs {heaviest:.3g} times the mean weight{first}, and so its steps are "
                "longer by as much: make sample_weight and class_weight more even."
            )
        if largest > FAR_TOO_LARGE:
            return SCALE_DATA.format(largest=scale)
        n_rows = data.X.shape[0] if run.rows is None else len(run.rows)
        too_strong = _build.too_strong(self, divergence.rate, n_rows, run.state.mean_weight)
        if too_strong:
            weights = "" if weight is None else ", or give sample_weight a mean near 1"
            return f"Lower {' or '.join(too_strong)}{weights}."
        if not stochastic:
            return SCALE_DATA.format(largest=scale)
        if largest > LARGE:
            return (
                "Lower learning_rate_init, or scale the data: the largest absolute value is "
                f"{scale}."
            )
        return f"Lower learning_rate_init. The largest absolute value is {scale}."

    def _describe_scale(self, data: Data) -> str:
        """The largest absolute values in X and, where they are numbers, in y."""
        return " and ".join(f"{size:.3g} in {name}" for name, size in self._sizes(data).items())

    def _sizes(self, data: Data) -> dict[str, float]:
        """The largest absolute value in X and, where they are numbers, in y."""
        return {"X": _largest(data.X)}

    # Publish -----------------------------------------------------------------------------

    def _fitted_so_far(self, run: FitRun, *, ended: bool) -> dict:
        """The attributes if training ended here, detached.

        While it has not ``ended``, the weights are those of this epoch, even if early stopping
        had better ones before.
        """
        estimator, state = copy.copy(self), run.state.copy()
        estimator._publish(replace(run, state=state))
        if not ended:
            estimator._publish_parameters(run.targets, run.shape, state.theta)
        return vars(estimator)

    def _publish(self, run: FitRun) -> None:
        """Set the fitted attributes. Arrays are copies, which nothing else refers to."""
        targets, shape, state = run.targets, run.shape, run.state
        self._publish_parameters(targets, shape, state.published)
        self.n_layers_ = len(shape.layer_units)
        self.n_outputs_ = targets.n_outputs
        self.out_activation_ = shape.output_activation
        self.t_ = state.n_samples_seen
        scored = state.watched is not None
        # There is no best one yet if training was interrupted, or no score was a number.
        best = state.best if math.isfinite(state.best) else None
        self.best_validation_score_ = -best if scored and best is not None else None
        self.best_loss_ = None if scored else best
        if not isinstance(self.random_state, Integral):
            # It is the user's, or everybody's: it must not move on when this estimator does.
            state.random_state = clone_random_state(state.random_state)
        self._training_state = state
        self.n_iter_ = state.n_epochs - run.n_epochs_before
        self._publish_progress(run)

    def _publish_progress(self, run: FitRun) -> None:
        """Go on with the curves."""
        epochs, judged = run.epochs, run.held_out is not None
        scored, stochastic = run.state.watched is not None, self.solver != "lbfgs"
        curves = (
            [epoch.loss for epoch in epochs],
            [epoch.rate for epoch in epochs] if stochastic else None,
            [epoch.validation.loss for epoch in epochs] if judged else None,
            [epoch.validation.score for epoch in epochs] if scored else None,
        )
        for attribute, values in zip(CURVES, curves, strict=True):
            earlier = (run.resume and getattr(self, attribute)) or []
            # There is none where the last call has no values for it.
            setattr(self, attribute, None if values is None else earlier + values)
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else None

    def _publish_parameters(self, targets, shape, theta) -> None:
        """Set all that prediction reads."""
        self._targets, self._architecture = targets, shape
        layout = _build.layout_of(shape)
        for group, attribute in (PARAMETERS | BATCH_NORM_PARAMETERS).items():
            setattr(self, attribute, [view.copy() for view in layout.group(group, theta)])
        if not shape.batch_norm:
            for attribute in BATCH_NORM_PARAMETERS.values():
                setattr(self, attribute, None)

    def _published_parameters(self, layout) -> dict[str, list[np.ndarray]]:
        """The attributes that hold the parameters, by group, if their shapes are right."""
        groups = {}
        for group, attribute in (PARAMETERS | BATCH_NORM_PARAMETERS).items():
            arrays = getattr(self, attribute)
            groups[group] = [] if arrays is None else arrays
            given, wanted = [np.shape(array) for array in groups[group]], layout.shapes(group)
            if given != wanted:
                raise ValueError(f"{attribute} must have arrays of shapes {wanted}, got {given}.")
        return groups

    def _take_over(self, groups: Groups, targets, shape) -> None:
        """Take weights that were set before the first fit for those of an earlier call."""
        self._targets, self._architecture, self._training_state = targets, shape, None
        for group, attribute in (PARAMETERS | BATCH_NORM_PARAMETERS).items():
            arrays = groups[group]
            setattr(self, attribute, arrays if arrays or group in PARAMETERS else None)

    def _check_weights_to_start_from(self, data: Data) -> None:
        """Refuse weights from outside with which the outputs for these rows overflow."""
        X = data.drop_zero_weight_rows().X
        network = self._published_network(_build.WHOLE)
        name = "X, or coefs_ or intercepts_ to start from,"
        infer(*network, X, read=lambda scores: check_finite(scores, name)[:0])

    def _as_fitted(self):
        """The estimator if it is fitted, else a copy that has taken over the weights set on it."""
        if hasattr(self, "_architecture"):
            return self
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with "
                f"appropriate arguments, or set {', '.join(self._needed_for_prediction)}, before "
                "using this estimator."
            )
        validate_parameters(self)
        groups = given_parameters(self)
        n_features, n_outputs = ends(groups)
        if getattr(self, "n_features_in_", n_features) != n_features:
            raise ValueError(
                f"coefs_ are for {n_features} features, but n_features_in_ is "
                f"{self.n_features_in_}."
            )
        estimator = copy.copy(self)
        targets = estimator._targets_of_weights(n_features, n_outputs)
        X = np.empty((0, n_features), groups["weight"][0].dtype)
        shape = estimator._shape(X, targets)
        estimator._take_over(complete(groups, shape), targets, shape)
        estimator.n_features_in_ = n_features
        estimator.n_layers_, estimator.n_outputs_ = len(shape.layer_units), targets.n_outputs
        estimator.out_activation_ = shape.output_activation
        estimator.n_iter_ = estimator.t_ = 0
        for attribute in (*CURVES, "loss_", "best_loss_", "best_validation_score_"):
            setattr(estimator, attribute, None)
        estimator.loss_curve_ = []
        return estimator

    # What must be set to predict without a fit.
    _needed_for_prediction: tuple[str, ...] = tuple(PARAMETERS.values())

    def _known_classes(self, classes):
        """The labels that y may have, if they are known in advance: given, or set as classes_."""
        return classes

    @abstractmethod
    def _targets_of_weights(self, n_features: int, n_outputs: int) -> Targets:
        """The kind of targets of weights that were set before the first fit."""

    def drop_training_state(self):
        """Forget how the weights came about and all that only continuing needs.

        Predictions stay the same, and a pickle holds little more than the weights. The curves are
        emptied, which grow with the number of epochs; the other attributes keep their values. A
        later warm start or ``partial_fit`` goes on from the weights, with everything else new: the
        curves and ``t_`` begin there. Callbacks are taken off, which may hold more than all that.

        Returns
        -------
        self : object
            The estimator.
        """
        check_is_fitted(self)
        self._training_state = None
        without_callbacks(self)
        for attribute in CURVES:
            if getattr(self, attribute, None) is not None:
                setattr(self, attribute, [])
        return self

    def __sklearn_is_fitted__(self):
        needed = self._needed_for_prediction
        return hasattr(self, "_architecture") or all(hasattr(self, name) for name in needed)

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
        TypeError
            If ``layer`` is no integer.
        """
        estimator = self._as_fitted()
        n_hidden = estimator._architecture.n_hidden
        if not isinstance(layer, Integral):
            raise TypeError(f"layer must be an int, got {layer!r}.")
        if not -n_hidden <= layer < n_hidden:
            raise ValueError(f"layer={layer} is not one of the {n_hidden} hidden layers.")
        with np.errstate(all="ignore"):
            X, convert = estimator._validate_for_prediction(X)
            first_layers = estimator._published_network(slice(layer % n_hidden + 1))
            return infer(*first_layers, X, convert, lambda outputs: check_finite(outputs, "X"))

    def summary(self) -> Summary:
        """Return a table of layers, their units and their parameter counts.

        Returns
        -------
        str
            One line per layer, from the inputs to the output. Parameters are those that are
            trained: batch normalisation has two for each hidden unit. Notebooks show it as an
            HTML table, with the shapes of the weights.
        """
        return Summary(self._as_fitted()._layers())

    def _layers(self) -> list[Layer]:
        """The lines of the table, of a fitted network or of one that is to be."""
        if self.__sklearn_is_fitted__():
            shape = self._as_fitted()._architecture
            units, batch_norm = shape.layer_units, shape.batch_norm
            activations = (*shape.activations, shape.output_activation)
        else:
            units = (None, *_build.hidden_layer_sizes(self), None)
            activations, batch_norm = (*self._activations(), ""), self.batch_norm
        return layers(units, [_build.name_of(a) for a in activations], batch_norm=batch_norm)

    def _below_diagram(self):
        try:
            return html(self._layers())
        except Exception:  # hyperparameters that fit will refuse, whatever they raise
            return ""

    def _predict(self, X, read: Callable[[Targets, np.ndarray], np.ndarray]) -> np.ndarray:
        """What ``read`` makes of the raw scores, (n, n_outputs), of the published weights."""
        estimator = self._as_fitted()
        with np.errstate(all="ignore"):
            X, convert = estimator._validate_for_prediction(X)
            targets = estimator._targets

            def checked(scores: np.ndarray) -> np.ndarray:
                result = read(targets, check_finite(scores, "X"))
                return check_finite(result, "X") if result.dtype.kind == "f" else result

            return infer(*estimator._published_network(_build.WHOLE), X, convert, checked)

    def _published_network(self, part: slice) -> tuple[Network, list[list[np.ndarray]]]:
        """The layers that prediction runs through, or part of them, and their parameters."""
        network = _build.inference_network(self._architecture)
        parameters = self._published_parameters(network.layout)
        if part != _build.WHOLE:
            network = _build.inference_network(self._architecture, part)
            parameters = {group: arrays[part] for group, arrays in parameters.items()}
        return network, network.by_layer(network.layout.arrange(parameters))

    def _validate_for_prediction(self, X) -> tuple[np.ndarray, Callable]:
        """X, and what converts and checks a block of its rows.

        An array that is as it should be in every way is not asked twice: for one row
        scikit-learn's validation takes several times as long as the network.
        """
        dtype = self._architecture.dtype
        ready = (
            type(X) is np.ndarray
            and X.dtype == dtype
            and X.ndim == 2
            and X.shape[0] > 0
            and X.shape[1] == self.n_features_in_
            and X.flags.c_contiguous
            and not hasattr(self, "feature_names_in_")
            and math.isfinite(X.sum())
        )
        if ready:
            return X, lambda block: block
        X = validate_X(
            self, X, "X", reset=False, accept_sparse=("csr", "csc"), ensure_all_finite=False
        )
        return X, partial(as_finite, dtype=dtype, name="X", estimator=self)


def has_epochs(estimator: BaseMLP) -> bool:
    """Whether partial_fit is there: raise AttributeError with the reason if not."""
    if isinstance(estimator.solver, str) and estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        )
    return True


def _print_details(entry: Entry, last: bool) -> bool:
    """Print what ``verbose=2`` adds to scikit-learn's lines; this asks for no stop."""
    known = {name: value for name, value in entry.items() if value is not None}
    details = {DETAILS[name]: known[name] for name in DETAILS if name in known}
    print_details(details, entry["time"])
    return False


def _largest(X) -> float:
    """The largest absolute value; abs() would add up a sparse matrix's duplicates in place."""
    return float(np.abs(X.data if issparse(X) else X).max(initial=0))


def spawn_generator(random_state: np.random.RandomState) -> np.random.Generator:
    """A second stream, seeded by the first without drawing from it.

    What scikit-learn has no draws for comes from here, so that the numbers both have
    stay the same whether those features are on or off.
    """
    seed = clone_random_state(random_state).randint(0, 2**32, size=4, dtype=np.uint32)
    return np.random.default_rng(seed)


@contextmanager
def restored_on_error(estimator: BaseEstimator):
    """Leave the estimator, and a RandomState it was given, as they were if anything goes wrong."""
    before = dict(vars(estimator))
    given = getattr(estimator, "random_state", None)
    position = given.get_state(legacy=False) if isinstance(given, np.random.RandomState) else None
    try:
        yield
    except BaseException:
        estimator.__dict__ = before  # in one step, which nothing can interrupt
        if position is not None:
            given.set_state(position)
        raise
