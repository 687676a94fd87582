"""Rows that a network is judged on, and not trained on."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import check_scoring
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from . import _build
from ._compat import accepts_sample_weight
from ._core.batches import Rows
from ._core.losses import LossLike
from ._core.network import Network
from ._core.stopping import Validation
from ._core.training import Solver, TrainingState
from ._data import Data
from ._messages import warn
from ._predict import block_size, joined, row_blocks
from ._publish import FitRun, publish_network
from ._targets import MultilabelTargets, Targets
from ._tasks import Task


class Split(NamedTuple):
    """Rows that train and rows that are watched."""

    train: np.ndarray
    validation: np.ndarray


def choose_rows(
    params: Any,
    task: Task,
    solver: Solver,
    data: Data,
    given: Data | None,
    targets: Targets,
    state: TrainingState,
) -> tuple[np.ndarray | None, Data | None]:
    """The rows to train on, None for all; and the data to watch.

    Rows are split off if early stopping has none of its own to watch.
    """
    rows, held_out = None, given
    watches = params.early_stopping and "early_stopping" in solver.supports
    if watches and held_out is None:
        parts = split(params, data, targets, state)
        if parts is not None:
            rows, held_out = parts.train, data.take(parts.validation)
    if held_out is not None:
        held_out = held_out.drop_zero_weight_rows()
    if not watches or held_out is None:
        state.watch(None, _build.objective_key(params))
    else:
        _check_scorable(params, task, held_out)
        score = _build.loss_key(params) if watches_loss(params, task) else params.scoring
        state.watch((score, held_out.fingerprint(targets)), None)
    return rows, held_out


def watches_loss(params: Any, task: Task) -> bool:
    """Whether early stopping watches the loss: what is watched is then what is trained."""
    if params.scoring is None:
        return not task.has_metric
    return isinstance(params.scoring, str) and params.scoring == "loss"


def _check_scorable(params: Any, task: Task, held_out: Data) -> None:
    """Refuse rows to watch that are too few for the default score."""
    too_few = held_out.X.shape[0] < task.fewest_rows_scored
    if params.scoring is None and not watches_loss(params, task) and too_few:
        raise ValueError(
            f"early_stopping can't watch R² on X_val, or on the rows split off, with fewer "
            f"than {task.fewest_rows_scored} rows of a weight above 0: give it more, or "
            "scoring='loss'."
        )


def split(params: Any, data: Data, targets: Targets, state: TrainingState) -> Split | None:
    """Hold rows out for early stopping, the same ones at every call; None if they are too few."""
    n_rows = data.X.shape[0]
    counts = np.ones(n_rows, bool) if data.sample_weight is None else data.sample_weight > 0
    among = candidates(state.drawn_among, counts)
    # The first split moves the stream on; later ones are drawn anew from where that began.
    before = copy.deepcopy(state.random_state if state.split_state is None else state.split_state)
    stream = state.random_state if state.split_state is None else copy.deepcopy(before)
    strata = targets.strata(data.y)
    rows = draw(params.validation_fraction, strata, counts, among, stream)
    if rows is not None:
        state.drawn_among, state.split_state = among, before
    return rows


def candidates(drawn_among: np.ndarray | None, counts: np.ndarray) -> np.ndarray:
    """Which rows to draw the held-out ones among, (n_rows,): those that count at the first call.

    Later calls with as many rows draw among the same ones, whatever the weights are by then. So
    rows that were trained on never get into those that are watched.
    """
    if drawn_among is not None and len(drawn_among) == len(counts):
        return drawn_among
    return counts


def draw(
    fraction: float,
    labels: np.ndarray | None,
    counts: np.ndarray,
    among: np.ndarray,
    random_state: int | np.random.RandomState,
) -> Split | None:
    """Split this fraction off the rows in ``among``; None, with a warning, if they are too few.

    The other rows are trained on. ``counts`` says which rows have any weight, ``labels`` whose
    proportions to keep; all are (n_rows,).
    """
    rows = np.flatnonzero(among)
    n_validation = math.ceil(fraction * len(rows))
    if n_validation < 2 or n_validation == len(rows):
        what = "rows" if among.all() else "rows with a weight above 0"
        reason = f"validation_fraction={fraction} of {len(rows)} {what} is too few to hold out"
    else:
        labels = None if labels is None else labels[rows]
        train, validation = train_test_split(
            rows,
            test_size=fraction,
            random_state=random_state,
            stratify=_possible_strata(labels, len(rows), n_validation),
        )
        if not among.all():
            train = np.setdiff1d(np.arange(len(among)), validation)
        if np.count_nonzero(counts[validation]) >= 2 and counts[train].any():
            return Split(train, validation)
        reason = "too few of the rows held out, or of the others, still have a weight above 0"
    warn(f"early_stopping watches the training loss, because {reason}.")
    return None


def _possible_strata(
    labels: np.ndarray | None, n_rows: int, n_validation: int
) -> np.ndarray | None:
    """``labels`` if each class can be on both sides of a split, else None with a warning."""
    if labels is None:
        return None
    counts = np.unique(labels, return_counts=True)[1]
    if counts.min() >= 2 and min(n_validation, n_rows - n_validation) >= len(counts):
        return labels
    warn(
        "the validation rows of early_stopping are not stratified: y has too few rows of some "
        "class, or validation_fraction is too small, or too large, for the number of classes."
    )
    return None


@dataclass
class Validator:
    """Judges a network, as it is, on data of its own."""

    network: Network
    loss: LossLike
    data: Data
    encoded: Rows  # y as the loss wants it
    decode: Callable[[np.ndarray], Any] | None  # what makes predictions of raw scores, if asked for
    score: Callable[[Any, float], float] | None  # of predictions and loss

    def __call__(self) -> Validation:
        values, predictions = [], []
        start, rows = 0, block_size(self.network)
        buffer = self.encoded.buffer(min(rows, len(self.encoded)))
        for block in row_blocks(self.data.X, rows):
            scores = self.network.infer(block, self.network.parameters)  # (n, n_outputs)
            y = self.encoded.slice(start, start + len(scores), buffer)
            start += len(scores)
            values.append(self.loss.values_and_gradient(scores.copy(), y))  # (n,)
            if self.decode is not None:
                predictions.append(self.decode(scores))
        loss = float(np.average(np.concatenate(values), weights=self.data.sample_weight))
        predicted = joined(predictions) if predictions else None
        return Validation(loss, None if self.score is None else self.score(predicted, loss))


def validator(
    estimator: Any, run: FitRun, network: Network, loss: LossLike, X: Any
) -> Callable[[], Validation]:
    """What judges the network as it is after each epoch; no data, no judgement.

    X is what the network takes of the rows that are held out.
    """
    if run.held_out is None:
        return Validation
    targets = run.targets
    encoded = targets.encode(run.held_out.y, run.architecture.dtype, smoothing=0.0)
    score = None if run.state.watched is None else _scorer(estimator, run)
    by_loss = watches_loss(estimator, run.task)
    by_metric = score is not None and estimator.scoring is None and not by_loss
    decode = targets.decode if by_metric else None
    data = run.held_out._replace(X=X)
    return Validator(network, loss, data, encoded, decode, score)


def _scorer(estimator: Any, run: FitRun) -> Callable[[Any, float], float]:
    """What early stopping watches, from predictions (None where unused) and the loss."""
    assert run.held_out is not None
    X, y, weight = run.held_out
    if isinstance(run.targets, MultilabelTargets) and issparse(y) and estimator.scoring is not None:
        y = y.toarray()  # few metrics take sparse ones
    if watches_loss(estimator, run.task):
        return lambda predictions, loss: -loss
    if estimator.scoring is None:
        return lambda predictions, loss: run.task.metric(y, predictions, weight)
    scorer = check_scoring(estimator, estimator.scoring)
    if weight is not None and accepts_sample_weight(scorer):
        scorer = partial(scorer, sample_weight=weight)

    def of_copy(predictions: None, loss: float) -> float:
        fitted = copy.copy(estimator)
        # X is an array by now: it has no names to compare with.
        vars(fitted).pop("feature_names_in_", None)
        publish_network(fitted, run.targets, run.architecture, run.state.theta)
        score = scorer(fitted, X, y)
        try:
            return float(score) if isinstance(score, Real) else float("no number")
        except (OverflowError, ValueError) as error:
            raise ValueError(
                f"scoring must return a number, got {score!r} from {scorer}."
            ) from error

    return of_copy


def check_scoring_works(estimator: Any, run: FitRun) -> None:
    """Refuse a scoring that can't be served: score the network once, as it is before work.

    What it draws from NumPy's global stream is put back.
    """
    if run.state.watched is None or estimator.scoring is None:
        return
    if watches_loss(estimator, run.task):
        return
    stream = check_random_state(None)
    position = stream.get_state(legacy=False)
    scoring = estimator.scoring
    name = f"scoring={scoring!r}" if isinstance(scoring, str) else "scoring"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a network that knows nothing is ill-defined
            score = _scorer(estimator, run)(None, math.nan)
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
