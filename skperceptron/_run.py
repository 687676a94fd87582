"""Run the epochs of one call of fit: build the core objects, train, tell of each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from scipy.sparse import issparse
from sklearn.exceptions import ConvergenceWarning

from . import _build
from ._architecture import training_network
from ._core.activations import OUTPUT_ACTIVATIONS
from ._core.batches import ArrayRows, Batches, SparseRows
from ._core.epoch_metrics import Entry, EpochMetrics
from ._core.objective import Objective
from ._core.training import Cause, DivergenceError, Epoch, TrainingState
from ._diagnosis import check_score_moved, convergence_message, divergence_message
from ._finite import FiniteOutputs
from ._frozen import FrozenLayers
from ._held_out import validator
from ._messages import INTERRUPTED, print_details, warn, warn_of_failed_compilation
from ._publish import FitRun

# What hears of each epoch, and whether it was the last; it returns whether to stop there.
Listener = Callable[[Entry, bool], bool]

# What ``verbose=2`` calls the metrics of an epoch that are not in scikit-learn's lines: these, and
# the time.
DETAILS = {
    "learning_rate": "learning rate",
    "penalty": "penalty",
    "gradient_norm": "gradient norm",
    "validation_loss": "validation loss",
}


def run_epochs(estimator: Any, run: FitRun, listeners: Sequence[Listener]) -> None:
    """Train from ``run.state`` on, changing it in place, and record the epochs in ``run``."""
    X, y, weight = run.data.mask_zero_weight_rows()
    architecture, state, solver = run.architecture, run.state, run.solver
    frozen = FrozenLayers(architecture, state.theta)
    X = frozen(X)
    X_held_out = None if run.held_out is None else frozen(run.held_out.X)
    sparse = issparse(X)
    batches = Batches(
        SparseRows(X) if sparse else ArrayRows(X),
        run.targets.encode(y, architecture.dtype, run.task.smoothing),
        None if weight is None else ArrayRows(weight),
        run.rows,
        _batch_size(estimator, run),
    )
    network = training_network(estimator, architecture, state.generator, sparse=sparse)
    # The parameters that are trained lie before all others.
    network.allocate(state.theta[: network.layout.size], batches.batch_size, X.shape[1])
    loss = run.task.loss(architecture.output_activation)
    objective = Objective(network, loss, _build.regularisation(estimator), state.mean_weight)
    outputs_are_finite = FiniteOutputs(
        network,
        OUTPUT_ACTIVATIONS[architecture.output_activation](),
        [X] if X_held_out is None or run.rows is not None else [X, X_held_out],
    )
    validate = validator(estimator, run, network, loss, X_held_out)
    if estimator.verbose >= 2:
        listeners = (_print_details, *listeners)
    epoch_metrics = None
    if listeners:
        gradient_norm = solver.record_gradient_norm(network)
        penalties = _build.penalties(estimator)
        epoch_metrics = EpochMetrics(network, batches, penalties, gradient_norm, state)

    # Where an interruption goes back to. The weights of a stochastic solver go on from where
    # they are; those of L-BFGS are the last iteration's.
    position = partial(state.position, own_weights=solver.restores_weights)
    last_epoch = position()

    def on_epoch(epoch: Epoch) -> bool:
        nonlocal last_epoch
        run.epochs.append(epoch)
        last_epoch = position()  # from this assignment on, the epoch counts
        if estimator.verbose:
            _print_epoch(estimator, epoch, run.n_iter, state)
        if epoch_metrics is None:
            return False
        entry = epoch_metrics.entry(epoch)
        stop_requests = [listen(entry, epoch.stop) for listen in listeners]  # all are to know
        return any(stop_requests)

    try:
        unfinished = solver.run(
            objective,
            batches,
            state,
            on_epoch,
            outputs_are_finite,
            validate,
            max_epochs=run.max_epochs,
            drawn=run.drawn and run.targets.learns,
        )
    except KeyboardInterrupt:
        state.go_back_to(last_epoch)
        del run.epochs[run.n_iter :]
        if outputs_are_finite():
            warn(INTERRUPTED)
        else:
            _recover(estimator, run, DivergenceError(state.n_epochs + 1, None))
    except DivergenceError as divergence:
        _recover(estimator, run, divergence)
    else:
        used_up = run.incremental and unfinished is not None and unfinished.cause is Cause.EPOCHS
        if unfinished is not None and estimator.tol is not None and not used_up:
            warn(convergence_message(estimator, run, unfinished), ConvergenceWarning)
        check_score_moved(estimator, run)
    warn_of_failed_compilation()


def _batch_size(estimator: Any, run: FitRun) -> int:
    size = run.solver.batch_size(run.n_rows)
    asked = estimator.batch_size
    if asked != "auto" and asked > run.n_rows and run.solver.has_rate:
        warn("Got `batch_size` less than 1 or larger than sample size. It is going to be clipped.")
    return size


def _recover(estimator: Any, run: FitRun, divergence: DivergenceError) -> None:
    """Fall back on the best weights if there are any; else say what went wrong."""
    state, message = run.state, divergence_message(estimator, run, divergence)
    if state.best_theta is None:
        raise ValueError(message) from divergence
    warn(f"{message} The best weights so far are kept.")
    state.theta[...] = state.best_theta
    layout = run.architecture.layout
    state.optimizer = run.solver.initial_state(layout, run.architecture.dtype)


def _print_epoch(params: Any, epoch: Epoch, number: int, state: TrainingState) -> None:
    """Print what scikit-learn prints."""
    print(f"Iteration {number}, loss = {epoch.loss:.8f}")
    if epoch.validation.score is not None:
        print(f"Validation score: {epoch.validation.score:f}")
    if epoch.plateau:
        what = "Training loss" if epoch.validation.score is None else "Validation score"
        schedule = _build.schedule(params)
        if not epoch.stop:
            rate = schedule.rate(state.n_epochs, state)
            action = f"Setting learning rate to {rate:f}"
        elif math.isfinite(schedule.floor):
            action = "Learning rate too small. Stopping."
        else:
            action = "Stopping."
        print(
            f"{what} did not improve more than tol={params.tol:f} for "
            f"{params.n_iter_no_change} consecutive epochs. {action}"
        )


def _print_details(entry: Entry, last: bool) -> bool:
    """Print what ``verbose=2`` adds to scikit-learn's lines; this asks for no stop."""
    known = {name: value for name, value in entry.items() if value is not None}
    details = {DETAILS[name]: known[name] for name in DETAILS if name in known}
    print_details(details, known["time"])
    return False
