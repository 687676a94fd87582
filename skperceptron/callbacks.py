"""Ready-made callbacks, to set on a network by ``set_callbacks`` (scikit-learn 1.9 or newer)."""

from __future__ import annotations

import math
import os
import pickle
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple
from uuid import uuid4

from ._base import BaseMLP
from ._compat import path_of, transport
from ._perceptron import PerceptronClassifier
from ._watching import Metadata

__all__ = ["Checkpoint", "FitHistory", "History", "Metadata", "ModelCheckpoint"]

# What is monitored if nothing else is asked for: the first of these that there is.
MONITORED = ("validation_score", "validation_loss", "loss")

FIELDS = {"epoch", "fit", "value"}


class _Key(NamedTuple):
    """Tells a call of fit from others, and sorts them in the order they were meant in."""

    start: str  # of the outermost fit
    run: str
    task_ids: tuple[int, ...]  # from the outermost task down to this fit

    @classmethod
    def of(cls, contexts) -> _Key:
        outermost = contexts[0]
        ids = tuple(context.task_id for context in contexts)
        return cls(outermost.init_time.isoformat(), outermost.root_uuid.hex, ids)

    @property
    def name(self) -> str:
        """One for files, which no other fit has."""
        return "-".join([self.run[:8], *map(str, self.task_ids)])


def _describe(contexts) -> str:
    """Where a fit is among the tasks of meta-estimators."""
    steps = []
    for context in contexts:
        name = context.source_task_name or context.task_name
        owner = context.source_estimator_name or context.estimator_name
        steps.append(f"{owner} {name} {context.task_id}")
    return " / ".join(steps)


def _check_network(callback, estimator) -> None:
    if not isinstance(estimator, (BaseMLP, PerceptronClassifier)):
        raise TypeError(
            f"{type(callback).__name__} watches the epochs of a network: set it on the network "
            f"itself, not on the {type(estimator).__name__} around it."
        )


class _Mailbox:
    """Messages from here, and from copies of this in the processes that it was sent to."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self._listener: Any = None  # where copies send to: here
        self._home: Any = None  # where this sends to, as a copy

    def put(self, message) -> None:
        self.messages.append(message)
        if self._home is not None:
            try:
                transport().send(self._home, message)
            except OSError:  # it has ended since, and this goes on by itself
                self._home = None

    def __getstate__(self) -> dict:
        # Opened here, so that one that is never sent anywhere needs neither thread nor socket.
        if self._listener is None:
            self._listener = transport().open_listener(self.messages.append, owner=self)
        return {"messages": list(self.messages), "_home": self._listener}

    def __setstate__(self, state: dict) -> None:
        self.messages, self._listener = state["messages"], None
        home = state["_home"]
        self._home = home if transport().can_reuse_listener(home) else None


@dataclass
class FitHistory:
    """The epochs of one call of ``fit`` or ``partial_fit``.

    Attributes
    ----------
    task : str
        Where the fit is among the tasks of meta-estimators, from the outermost one.

    parameters : dict
        Hyperparameters of the network.

    epochs : list of dict
        A record for each epoch.
    """

    task: str
    parameters: dict
    epochs: list[dict]

    def as_dict(self) -> dict[str, list]:
        """Return the columns by name, each with an entry for every epoch."""
        return {name: [record[name] for record in self.epochs] for name in self.epochs[0]}


class History:
    """Records what there is to tell of each epoch.

    Set it on a network, alone or inside a pipeline or a search, in as many processes as it takes:
    clones share it. Each record has

    - 'epoch', counted on from earlier calls if training goes on from them;
    - 'loss', the training loss;
    - 'learning_rate', of the last step;
    - 'penalty', the share of the loss that is penalty, with the weights at the end of the epoch;
    - 'gradient_norm', the mean Euclidean norm of the gradients of its batches;
    - 'validation_loss' and 'validation_score', on the rows that are not trained on;
    - 'time', seconds since the fit began.

    What does not apply is None. A perceptron has 'epoch', 'mistakes', 'loss', 'validation_score'
    and 'time'.

    Attributes
    ----------
    fits : list of FitHistory
        Every fit with an epoch, in order: a search's candidates as in its ``cv_results_``, split
        by split, and then the refit.

    Examples
    --------
    >>> from skperceptron.callbacks import History
    >>> history = History()
    >>> history.fits
    []
    """

    def __init__(self):
        self._mailbox = _Mailbox()

    @property
    def fits(self) -> list[FitHistory]:
        """Every fit with an epoch, in order."""
        fits: dict[_Key, FitHistory] = {}
        records: list[tuple] = []
        for key, *message in list(self._mailbox.messages):
            if len(message) == 2:
                fits[key] = FitHistory(*message, epochs=[])
            else:
                records.append((key, *message))
        for key, record in records:
            fits[key].epochs.append(record)
        return [fits[key] for key in sorted(fits) if fits[key].epochs]

    def as_dict(self) -> dict[str, list]:
        """Return the columns of the latest fit, in a search that of the refit.

        Returns
        -------
        dict of str to list
            For each column an entry for every epoch.

        Raises
        ------
        ValueError
            If nothing has been recorded.
        """
        return self._recorded()[-1].as_dict()

    def to_frame(self, parameters=()):
        """Return all epochs of all fits as a data frame.

        Parameters
        ----------
        parameters : sequence of str, default=()
            Hyperparameters of the network to add as columns.

        Returns
        -------
        pandas.DataFrame
            One row for each epoch. The column 'fit' counts the fits, as in ``fits``, and 'task'
            says where each is among the tasks of meta-estimators.

        Raises
        ------
        ImportError
            If pandas is not installed.
        ValueError
            If nothing has been recorded, or the network has no such parameter.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError(
                "History.to_frame needs pandas: install it, or use as_dict() or fits."
            ) from error
        rows = []
        for number, fit in enumerate(self._recorded()):
            unknown = set(parameters) - fit.parameters.keys()
            if unknown:
                raise ValueError(f"parameters: the network has no {', '.join(sorted(unknown))}.")
            chosen = {name: fit.parameters[name] for name in parameters}
            rows += [{"fit": number, "task": fit.task} | chosen | record for record in fit.epochs]
        return pd.DataFrame(rows)

    def _recorded(self) -> list[FitHistory]:
        fits = self.fits
        if not fits:
            raise ValueError("Nothing has been recorded yet: set it on a network, and fit that.")
        return fits

    def setup(self, estimator, context):
        """Begin to record a fit."""
        _check_network(self, estimator)
        contexts = path_of(context)
        message = (_describe(contexts), estimator.get_params(deep=False))
        self._mailbox.put((_Key.of(contexts), *message))

    def teardown(self, estimator, context):
        """Do nothing."""

    def on_fit_task_begin(self, estimator, context):
        """Do nothing."""

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        """Record an epoch."""
        if metadata is not None and metadata.record is not None:
            self._mailbox.put((_Key.of(path_of(context)[:-1]), metadata.record))


@dataclass
class Checkpoint:
    """A network as it was after some epoch.

    Attributes
    ----------
    task : str
        Where its fit is among the tasks of meta-estimators.

    epoch : int
        Number of the epoch.

    value : float
        The value monitored, as it was in this epoch.

    path : str or None
        The file it is in.

    network : estimator or None
        The fitted network, if it is kept in memory.
    """

    task: str
    epoch: int
    value: float
    path: str | None
    network: Any

    def load(self):
        """Return the fitted network, read from its file if it is in one."""
        if self.path is None:
            return self.network
        with open(self.path, "rb") as file:
            return pickle.load(file)


class ModelCheckpoint:
    """Keeps a fitted copy of the network at its best epoch, or at every k-th.

    It does not matter whether the network stops early, or what that watches: a copy has the
    weights of its own epoch. It has no callbacks, and all that continuing needs:
    with ``warm_start``, training goes on from it bit for bit, or with 'lbfgs' from its weights.

    Parameters
    ----------
    path : str, path-like or None, default=None
        File to write to, as a pickle that :func:`pickle.load` and ``joblib.load`` read; None keeps
        the copy in memory. Fields are filled in: ``{epoch}``, ``{value}``, and ``{fit}``, a name
        that no other fit has, which a cross-validation or a search needs. A file appears whole, or
        not at all, and takes the place of an earlier one of the same name; that of a fit's best
        epoch so far takes the place of the one before it, whatever their names.

    monitor : str, default='auto'
        What is monitored: the name of an entry in the records of :class:`History`. 'auto' is the
        validation score, else the validation loss, else the training loss, whichever there is.
        Of a score the highest is best, of anything else the lowest.

    every : int or None, default=None
        None keeps the best epoch of each fit, a number every so many epochs, whatever their value.

    Attributes
    ----------
    kept : list of Checkpoint
        Those of all fits, by fit and epoch. What is in memory arrives when its fit ends.

    Examples
    --------
    >>> from skperceptron.callbacks import ModelCheckpoint
    >>> ModelCheckpoint("checkpoints/{fit}-{epoch:04d}.pkl", every=10).kept
    []
    """

    def __init__(self, path=None, *, monitor="auto", every=None):
        if every is not None and not (isinstance(every, Integral) and every >= 1):
            raise ValueError(f"every must be an int of at least 1, or None, got {every!r}.")
        self.path = None if path is None else os.fspath(path)
        self.monitor = monitor
        self.every = every
        self._fields = set()
        if self.path is not None:
            self._fields = {name for _, name, _, _ in Formatter().parse(self.path) if name}
            if not self._fields <= FIELDS:
                raise ValueError(
                    f"path can have the fields {sorted(FIELDS)}, got {sorted(self._fields)}."
                )
        self._mailbox = _Mailbox()
        self._open: dict[_Key, list[Checkpoint]] = {}  # by fits that go on

    def __getstate__(self):
        return vars(self) | {"_open": {}}

    @property
    def kept(self) -> list[Checkpoint]:
        """Those of all fits, by fit and epoch."""
        latest = dict(list(self._mailbox.messages))
        return [checkpoint for key in sorted(latest) for checkpoint in latest[key]]

    @property
    def last(self) -> Checkpoint:
        """The last one of the latest fit, which is the best if the best is kept."""
        kept = self.kept
        if not kept:
            raise ValueError("Nothing has been kept yet: set it on a network, and fit that.")
        return kept[-1]

    def setup(self, estimator, context):
        """Begin with a fit."""
        _check_network(self, estimator)
        contexts = path_of(context)
        one_of_many = any(not outer.sequential_subtasks for outer in contexts[:-1])
        if self.path is not None and one_of_many and "fit" not in self._fields:
            raise ValueError(
                f"path must have the field {{fit}}, since this is one of several fits of a "
                f"{contexts[0].estimator_name}; got {self.path!r}."
            )
        self._open[_Key.of(contexts)] = []

    def teardown(self, estimator, context):
        """Hand over what was kept, even if the fit has failed."""
        key = _Key.of(path_of(context))
        self._mailbox.put((key, self._open.pop(key, [])))

    def on_fit_task_begin(self, estimator, context):
        """Do nothing."""

    def on_fit_task_end(self, estimator, context, *, metadata=None, fitted_estimator=None):
        """Keep the network if it is to be kept."""
        if metadata is None or metadata.record is None:
            return
        contexts = path_of(context)[:-1]
        key, record = _Key.of(contexts), metadata.record
        name = self._monitored(record)
        value, kept = record[name], self._open[key]
        if self.every is not None:
            wanted = record["epoch"] % self.every == 0
        else:
            sign = -1 if name.endswith("score") else 1
            better = not kept or sign * value < sign * kept[-1].value
            wanted = better and not math.isnan(value)
        if not wanted:
            return
        checkpoint = Checkpoint(_describe(contexts), record["epoch"], value, None, fitted_estimator)
        if self.path is not None:
            checkpoint.path = self.path.format(epoch=checkpoint.epoch, value=value, fit=key.name)
            _write(fitted_estimator, checkpoint.path)
            checkpoint.network = None
        if self.every is None:
            for beaten in kept:
                if beaten.path != checkpoint.path:
                    Path(beaten.path).unlink(missing_ok=True)
            kept.clear()
        kept.append(checkpoint)

    def _monitored(self, record: dict) -> str:
        known = [name for name, value in record.items() if value is not None]
        candidates = MONITORED if self.monitor == "auto" else (self.monitor,)
        for name in candidates:
            if name in known:
                return name
        raise ValueError(f"monitor={self.monitor!r} is not recorded in this fit: {known} are.")


def _write(estimator, path: str) -> None:
    """Pickle to a file that is there whole, or not at all."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    temporary = f"{path}.{uuid4().hex}.part"
    try:
        with open(temporary, "xb") as file:
            pickle.dump(estimator, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
