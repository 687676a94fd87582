"""Ready-made callbacks, to set on a network by ``set_callbacks`` (scikit-learn 1.9 or newer)."""

from __future__ import annotations

import math
import os
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from string import Formatter
from threading import current_thread, get_ident
from time import time_ns
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ReferenceType, WeakValueDictionary, ref

from ._base import BaseMLP
from ._callback_runner import Metadata
from ._compat import path_of
from ._files import digest, make_directory, write_whole
from ._perceptron import PerceptronClassifier
from ._types import Context, Record

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Checkpoint", "FitHistory", "History", "Metadata", "ModelCheckpoint", "OptunaPruning"]

# What is monitored if nothing else is asked for: the first of these that there is.
MONITORED = ("validation_score", "validation_loss", "loss")

# Fields of a path, each with the extremes that it is tried with.
FIELDS = {"epoch": (1, 10**9), "fit": ("0123456789ab-0", "0123456789ab-7-10"), "value": (0.5, -1e9)}

# The thread in which a Dask cluster has its scheduler, if that is in the process of the client. The
# scheduler unpickles what it sends on to the workers.
DASK_SCHEDULER = "IO loop"

LENGTH = 8  # bytes that tell the length of a message in a file


class _Key(NamedTuple):
    """Tells a call of fit from others, and sorts them in the order they were meant in."""

    start: str  # of the outermost fit
    run: str
    task_ids: tuple[int, ...]  # from the outermost task down to this fit

    @classmethod
    def of(cls, contexts: Sequence[Context]) -> _Key:
        outermost = contexts[0]
        ids = tuple(context.task_id for context in contexts)
        return cls(outermost.init_time.isoformat(), outermost.root_uuid.hex, ids)

    @property
    def name(self) -> str:
        """One for files, which no other fit has."""
        return "-".join([self.run[:12], *map(str, self.task_ids)])


def _describe(contexts: Sequence[Context]) -> str:
    """Where a fit is among the tasks of meta-estimators."""
    steps = []
    for context in contexts:
        name = context.source_task_name or context.task_name
        owner = context.source_estimator_name or context.estimator_name
        steps.append(f"{owner} {name} {context.task_id}")
    return " / ".join(steps)


def _check_network(callback: object, estimator: object) -> None:
    if not isinstance(estimator, (BaseMLP, PerceptronClassifier)):
        raise TypeError(
            f"{type(callback).__name__} watches the epochs of a network: set it on the network "
            f"itself, not on the {type(estimator).__name__} around it."
        )


class _Mailbox:
    """Messages from this object, and from its copies in other processes.

    The copies write their messages to a directory, which exists from the first copy on until the
    original is deleted. The original reads them when ``messages`` is read, so no thread waits.
    """

    def __init__(self) -> None:
        self._own: list[Any] = []
        self._received: dict[str, tuple[int, list[Any]]] = {}  # how much was read, by file
        self._directory: str | None = None  # where copies in other processes write to
        self._home: tuple[int, str] | None = None  # as a copy: the original's process and directory
        self._on_its_way: tuple[int, str] | None = None  # the same, of a copy for another process

    @property
    def is_away(self) -> bool:
        """Whether this is a copy, in another process than the original."""
        return self._home is not None

    @property
    def messages(self) -> list[Any]:
        """Those from here, and then those that have arrived, sender by sender."""
        if self._directory is not None:
            self._receive(self._directory)
        return self._own + [m for _, messages in self._received.values() for m in messages]

    def put(self, message: tuple[Any, ...]) -> None:
        self._own.append(message)
        if self._home is not None:
            _, directory = self._home
            content = pickle.dumps(message)
            # Every thread has a file of its own.
            path = Path(directory, f"{os.getpid()}-{get_ident()}-{id(self)}")
            try:
                with open(path, "ab") as file:
                    file.write(len(content).to_bytes(LENGTH, "big") + content)
            except OSError:  # the original has ended since, and this goes on by itself
                self._home = None

    def _receive(self, directory: str) -> None:
        for path in sorted(Path(directory).glob("[0-9]*")):
            n_read, messages = self._received.get(path.name, (0, []))
            with open(path, "rb") as file:
                file.seek(n_read)
                content = file.read()
            start = 0
            while start + LENGTH <= len(content):
                length = int.from_bytes(content[start : start + LENGTH], "big")
                if start + LENGTH + length > len(content):
                    break  # the rest of it is still to come
                message = pickle.loads(content[start + LENGTH : start + LENGTH + length])
                start, messages = start + LENGTH + length, [*messages, message]
            # In one assignment, so that threads that ask at the same time agree.
            self._received[path.name] = (n_read + start, messages)

    def __getstate__(self) -> dict[str, Any]:
        home = self._home or self._on_its_way
        if home is None and self._directory is None:
            self._directory = make_directory(self)
        if home is None and self._directory is not None:
            home = (os.getpid(), self._directory)
        return {"messages": self.messages, "home": home}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc] # on an instance of this very class
        self._own = state["messages"]
        home = state["home"]
        # A copy in the process of the original is one for itself, and so is one that outlives it.
        if home is not None and Path(home[1]).is_dir():
            if home[0] != os.getpid():
                self._home = home
            elif current_thread().name == DASK_SCHEDULER:
                self._on_its_way = home


@dataclass
class FitHistory:
    """The epochs of one call of ``fit`` or ``partial_fit``.

    Attributes
    ----------
    task : str
        Place of the fit among the tasks of meta-estimators, from the outermost task down.

    parameters : dict
        Hyperparameters of the network.

    epochs : list of dict
        A record for each epoch.
    """

    task: str
    parameters: dict[str, Any]
    epochs: list[Record]

    def as_dict(self) -> dict[str, list[Any]]:
        """Return the records as a dict of lists, with one entry for each epoch.

        Returns
        -------
        dict of str to list
            One list for each entry of the records.
        """
        return {name: [record[name] for record in self.epochs] for name in self.epochs[0]}


class History:
    """Callback that records losses, scores and times of each epoch.

    Use this callback to see how training went in every fit of a grid search, a cross-validation or
    a pipeline. Set it on a network by ``set_callbacks``, which needs scikit-learn 1.9 or newer.
    Clones of the network share the history, in other processes too. The record of an epoch is a
    dict with these entries:

    - 'epoch': number of the epoch, counted from the first call if training continues from there;
    - 'loss': training loss, penalty included;
    - 'learning_rate': learning rate of the last step;
    - 'penalty': part of the loss that is penalty, with the weights at the end of the epoch;
    - 'gradient_norm': mean Euclidean norm of the gradients of the batches;
    - 'validation_loss' and 'validation_score': loss and score on the rows that are not trained on;
    - 'time': seconds since the fit began.

    Entries that do not apply are None. A perceptron records 'epoch', 'mistakes', 'loss',
    'validation_score' and 'time'.

    Attributes
    ----------
    fits : list of FitHistory
        All fits with at least one epoch, in order. In a search: the candidates in the order of
        ``cv_results_``, each split by split, and then the refit.

    See Also
    --------
    ModelCheckpoint : Keeps fitted copies of the network.
    skperceptron.plotting.LossCurveDisplay : Draws the curves of a fitted network.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.callbacks import History
    >>> X, y = load_iris(return_X_y=True)
    >>> history = History()
    >>> network = MLPClassifier(max_iter=3, tol=None, random_state=0)
    >>> network = network.set_callbacks(history).fit(X, y)
    >>> history.as_dict()["epoch"]
    [1, 2, 3]
    """

    def __init__(self) -> None:
        self._mailbox = _Mailbox()

    @property
    def fits(self) -> list[FitHistory]:
        """All fits with at least one epoch, in order."""
        attempts: dict[_Key, FitHistory] = {}
        # A cluster fits again what a worker was fitting when it died: the later attempt counts.
        latest: dict[_Key, tuple[int, FitHistory]] = {}
        for key, *message in list(self._mailbox.messages):
            if len(message) == 1:  # of the attempt that the sender has begun last
                attempts[key].epochs.append(message[0])
                continue
            task, parameters, began = message
            attempts[key] = FitHistory(task, parameters, epochs=[])
            if key not in latest or began >= latest[key][0]:
                latest[key] = (began, attempts[key])
        return [latest[key][1] for key in sorted(latest) if latest[key][1].epochs]

    def as_dict(self) -> dict[str, list[Any]]:
        """Return the records of the latest fit as a dict of lists. In a search this is the refit.

        Returns
        -------
        dict of str to list
            One list for each entry of the records, with one value for each epoch.

        Raises
        ------
        ValueError
            If nothing has been recorded.
        """
        return self._recorded()[-1].as_dict()

    def to_frame(self, parameters: Sequence[str] = ()) -> DataFrame:
        """Return all epochs of all fits as a data frame.

        Parameters
        ----------
        parameters : sequence of str, default=()
            Hyperparameters of the network to add as columns.

        Returns
        -------
        pandas.DataFrame
            One row for each epoch. The column 'fit' is the index of the fit in ``fits``, and 'task'
            is its place among the tasks of meta-estimators.

        Raises
        ------
        ImportError
            If pandas is not installed.
        ValueError
            If nothing has been recorded, or the network does not have one of ``parameters``.
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

    def setup(self, estimator: Any, context: Context) -> None:
        """Start to record a fit; called by scikit-learn."""
        _check_network(self, estimator)
        contexts = path_of(context)
        message = (_describe(contexts), estimator.get_params(deep=False), time_ns())
        self._mailbox.put((_Key.of(contexts), *message))

    def teardown(self, estimator: Any, context: Context) -> None:
        """Do nothing; called by scikit-learn."""

    def on_fit_task_begin(self, estimator: Any, context: Context) -> None:
        """Do nothing; called by scikit-learn."""

    def on_fit_task_end(
        self, estimator: Any, context: Context, *, metadata: Metadata | None = None
    ) -> None:
        """Record an epoch; called by scikit-learn."""
        if metadata is not None and metadata.record is not None:
            self._mailbox.put((_Key.of(path_of(context)[:-1]), metadata.record))


@dataclass
class Checkpoint:
    """A fitted copy of a network after one epoch, as :class:`ModelCheckpoint` keeps it.

    Attributes
    ----------
    task : str
        Place of the fit among the tasks of meta-estimators.

    epoch : int
        Number of the epoch.

    value : float
        Value of the monitored entry in this epoch.

    path : str or None
        File with the network; None if the network is kept in memory.

    network : estimator or None
        The fitted network if it is kept in memory, otherwise None.

    digest : str or None
        SHA-256 of the file, by which ``load`` checks that the file has not changed.
    """

    task: str
    epoch: int
    value: float
    path: str | None
    network: Any
    digest: str | None = field(default=None, repr=False)

    def load(self) -> Any:
        """Return the fitted network, read from its file if it is in one.

        Returns
        -------
        estimator
            The network, as it was after this epoch.

        Raises
        ------
        FileNotFoundError
            If the file does not exist any more.
        ValueError
            If the file has changed since the checkpoint was written.
        """
        if self.path is None:
            return self.network
        with open(self.path, "rb") as file:
            if self.digest is not None and digest(file) != self.digest:
                raise ValueError(
                    f"{self.path} has changed since this checkpoint was written to it, perhaps by "
                    "another fit: put the field {fit} into the path of ModelCheckpoint, which "
                    "gives each fit a file of its own."
                )
            file.seek(0)
            return pickle.load(file)


@dataclass
class _Watch:
    """What a ``ModelCheckpoint`` has to know of a fit that goes on."""

    suffix: str  # of its files' names
    kept: list[Checkpoint] = field(default_factory=list)
    written: set[str] = field(default_factory=set)  # paths


class ModelCheckpoint:
    """Callback that keeps a fitted copy of the network at its best epoch, or at every k-th epoch.

    Use this callback to keep the best network of a long training in a file, or to compare epochs
    afterwards. Set it on a network by ``set_callbacks``, which needs scikit-learn 1.9 or newer.

    A copy has the weights of its own epoch, whether the network stops early or not. It has no
    callbacks, and it can be trained further: with ``warm_start``, training continues from the copy
    bit for bit, or with 'lbfgs' from its weights.

    Parameters
    ----------
    path : str, path-like or None, default=None
        File to write to, as a pickle that :func:`pickle.load` and ``joblib.load`` read. None keeps
        the copy in memory. The path may have the fields ``{epoch}``, ``{value}`` and ``{fit}``.
        ``{fit}`` is a name that is unique for each fit, which a search needs. Files are written
        completely or not at all, and replace earlier files of the same name. The file of the best
        epoch of a fit so far also replaces the file of the best epoch before, whatever their names.

        Without ``{fit}``, the first network that is fitted with this callback writes to the path,
        in later fits too. For every other network, such as the clones of a cross-validation or of
        bagging, the name of the network's first fit is added before the extension
        (``best-3f0c5d1e9a2b-0.pkl``). The same holds for all files that are written in another
        process.

    monitor : str, default='auto'
        Name of the entry in the records of :class:`History` that decides which epoch is best.
        'auto' is the first of 'validation_score', 'validation_loss' and 'loss' that is recorded.
        The highest score is best; of all other entries, the lowest value is best.

    every : int or None, default=None
        None keeps the best epoch of each fit. A number k keeps every k-th epoch of each fit.

    Attributes
    ----------
    kept : list of Checkpoint
        Checkpoints of all fits that have ended, sorted by fit and epoch. Checkpoints whose file was
        replaced by a later fit are left out.

    last : Checkpoint
        Last checkpoint of the latest fit: its best epoch, or with ``every`` the last epoch kept.

    Raises
    ------
    TypeError
        If ``path`` is not a str, a path-like or None.
    ValueError
        If ``path`` is not a valid name of a file, or ``every`` is not an int of at least 1.

    See Also
    --------
    History : Records losses, scores and times of each epoch.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.callbacks import ModelCheckpoint
    >>> X, y = load_iris(return_X_y=True)
    >>> checkpoint = ModelCheckpoint(every=10)
    >>> network = MLPClassifier(max_iter=30, tol=None, random_state=0)
    >>> network = network.set_callbacks(checkpoint).fit(X, y)
    >>> [each.epoch for each in checkpoint.kept]
    [10, 20, 30]
    >>> checkpoint.last.load().predict(X[:1])
    array([0])
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        monitor: str = "auto",
        every: int | None = None,
    ) -> None:
        if every is not None and not (isinstance(every, Integral) and every >= 1):
            raise ValueError(f"every must be an int of at least 1, or None, got {every!r}.")
        self.path = None if path is None else _checked_template(path)
        self.monitor = monitor
        self.every = every
        self._mailbox = _Mailbox()
        self._forget_fits()

    def _forget_fits(self) -> None:
        """What is of no use to a copy."""
        self._open: dict[_Key, _Watch] = {}  # by fits that go on
        self._networks: WeakValueDictionary[str, Any] = WeakValueDictionary()  # by their suffix

    def __getstate__(self) -> dict[str, Any]:
        ours = {"_open", "_networks", "_first"}
        return {name: value for name, value in vars(self).items() if name not in ours}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._forget_fits()

    @property
    def kept(self) -> list[Checkpoint]:
        """Checkpoints of all fits that have ended, whose files no later fit has replaced."""
        kept: dict[_Key, list[Checkpoint]] = {}
        written_later: set[str] = set()
        # A cluster fits again what a worker was fitting when it died: the later attempt counts.
        attempts: dict[_Key, Any] = {}
        for key, *attempt in self._mailbox.messages:
            attempts[key] = max(attempts.get(key, attempt), attempt, key=lambda each: each[-1])
        for key, (checkpoints, written, _) in reversed(attempts.items()):
            kept[key] = [each for each in checkpoints if each.path not in written_later]
            written_later |= written
        return [checkpoint for key in sorted(kept) for checkpoint in kept[key]]

    @property
    def last(self) -> Checkpoint:
        """Last checkpoint of the latest fit, the best epoch unless ``every`` is set."""
        kept = self.kept
        if not kept:
            raise ValueError("Nothing has been kept yet: set it on a network, and fit that.")
        return kept[-1]

    def setup(self, estimator: Any, context: Context) -> None:
        """Start to watch a fit; called by scikit-learn."""
        _check_network(self, estimator)
        contexts = path_of(context)
        one_of_many = any(not outer.sequential_subtasks for outer in contexts[:-1])
        if self.path is not None and one_of_many and "fit" not in _fields(self.path):
            raise ValueError(
                f"path must have the field {{fit}}, since this is one of several fits of a "
                f"{contexts[0].estimator_name}; got {self.path!r}."
            )
        key = _Key.of(contexts)
        self._open[key] = _Watch(self._suffix(estimator, key))

    def _suffix(self, estimator: Any, key: _Key) -> str:
        """What names of files have before their extension, the same for all fits of a network."""
        if self.path is None or "fit" in _fields(self.path):
            return ""
        for suffix, network in list(self._networks.items()):
            if network is estimator:
                return suffix
        first = vars(self).setdefault("_first", key)  # in one step, if threads fit at once
        suffix = "" if first == key and not self._mailbox.is_away else f"-{key.name}"
        self._networks[suffix] = estimator
        return suffix

    def teardown(self, estimator: Any, context: Context) -> None:
        """Publish the copies of a fit, failed or not; called by scikit-learn."""
        key = _Key.of(path_of(context))
        watch = self._open.pop(key, None)
        if watch is not None:
            self._mailbox.put((key, watch.kept, watch.written, time_ns()))

    def on_fit_task_begin(self, estimator: Any, context: Context) -> None:
        """Do nothing; called by scikit-learn."""

    def on_fit_task_end(
        self,
        estimator: Any,
        context: Context,
        *,
        metadata: Metadata | None = None,
        fitted_estimator: Any = None,
    ) -> None:
        """Keep a copy of the network if this epoch is wanted; called by scikit-learn."""
        if metadata is None or metadata.record is None:
            return
        contexts = path_of(context)[:-1]
        key, record = _Key.of(contexts), metadata.record
        name = self._monitored(record)
        value, watch = record[name], self._open[key]
        kept = watch.kept
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
            name = self.path.format(epoch=checkpoint.epoch, value=float(value), fit=key.name)
            root, extension = os.path.splitext(name)
            path = checkpoint.path = f"{root}{watch.suffix}{extension}"
            watch.written.add(path)
            checkpoint.digest = write_whole(path, lambda file: pickle.dump(fitted_estimator, file))
            checkpoint.network = None
            beaten = [each for each in kept if self.every is None or each.path == path]
            for each in beaten:
                kept.remove(each)
                if each.path is not None and each.path != path:
                    Path(each.path).unlink(missing_ok=True)
        elif self.every is None:
            kept.clear()
        kept.append(checkpoint)

    def _monitored(self, record: Record) -> str:
        return _monitored(self.monitor, record)


class OptunaPruning:
    """Callback that reports each epoch to a trial of Optuna, and ends trials that are pruned.

    Use this callback in the objective of a study, so that the study's pruner, such as
    ``optuna.pruners.MedianPruner``, ends trials that are worse than the others. Set it on the
    network by ``set_callbacks``, which needs scikit-learn 1.9 or newer. ``pip install
    "skperceptron[optuna]"`` installs Optuna.

    After each epoch the callback reports the monitored entry, with the number of the epoch as the
    step. If the pruner wants to end the trial, the callback raises ``optuna.TrialPruned``: ``fit``
    ends, the network is as it was before the call, and Optuna records the trial as pruned.

    One trial watches one network: if other networks are fitted in the same trial, such as those of
    the later splits of a cross-validation, or if the same network is fitted anew, they are trained
    in full and not reported. Training that continues, by ``warm_start`` or ``partial_fit``, is
    reported. The functions of scikit-learn that fit several networks turn errors into scores,
    unless ``error_score="raise"`` is set.

    Parameters
    ----------
    trial : optuna.trial.Trial
        The trial. A finished trial, such as ``study.best_trial``, is never pruned, so the objective
        can be called again with it.

    monitor : str, default='auto'
        Name of the entry in the records of :class:`History` to report. 'auto' is the first of
        'validation_score', 'validation_loss' and 'loss' that is recorded. Scores are reported as
        they are in a study that maximises, and with the opposite sign in a study that minimises.
        For all other entries it is the other way round.

    Raises
    ------
    ImportError
        If Optuna is not installed.
    TypeError
        If ``trial`` has no methods ``report`` and ``should_prune``.
    ValueError
        If the study of ``trial`` has several directions.

    See Also
    --------
    skperceptron.model_selection.suggest : Draws hyperparameters in a trial.

    Examples
    --------
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.callbacks import OptunaPruning
    >>> def objective(trial):
    ...     alpha = trial.suggest_float("alpha", 1e-3, 10, log=True)
    ...     network = MLPClassifier(alpha=alpha, random_state=0)
    ...     network.set_callbacks(OptunaPruning(trial))
    ...     network.fit(X_train, y_train, X_val=X_val, y_val=y_val)
    ...     return network.score(X_val, y_val)
    """

    def __init__(self, trial: Any, *, monitor: str = "auto") -> None:
        self._pruned = _trial_pruned()
        if not (hasattr(trial, "report") and hasattr(trial, "should_prune")):
            raise TypeError(f"trial must be a trial of Optuna, got {trial!r}.")
        self.trial = trial
        self.monitor = monitor
        self._maximises = _maximises(trial)
        self._network: ReferenceType[Any] | None = None  # that the trial watches
        self._last_epoch = 0  # that was reported
        self._continues: bool | None = None  # whether this fit does, from its first epoch on

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError(
            "OptunaPruning belongs to a running trial, and can't be pickled or sent to another "
            "process: fit with n_jobs=1, and call network.set_callbacks() before pickling."
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> OptunaPruning:
        return self  # of the same trial

    def setup(self, estimator: Any, context: Context) -> None:
        """Start to watch a fit; called by scikit-learn."""
        _check_network(self, estimator)
        if self._network is None:
            self._network = ref(estimator)
        if self._network() is estimator:
            self._continues = None

    def teardown(self, estimator: Any, context: Context) -> None:
        """Do nothing; called by scikit-learn."""

    def on_fit_task_begin(self, estimator: Any, context: Context) -> None:
        """Do nothing; called by scikit-learn."""

    def on_fit_task_end(
        self, estimator: Any, context: Context, *, metadata: Metadata | None = None
    ) -> None:
        """Report an epoch, and raise TrialPruned if the trial is to end; called by scikit-learn."""
        is_watched = self._network is not None and self._network() is estimator
        if metadata is None or metadata.record is None or not is_watched:
            return
        record = metadata.record
        if self._continues is None:  # or else the network is trained anew, as on another split
            self._continues = self._last_epoch in (0, record["epoch"] - 1)
        if not self._continues:
            return
        self._last_epoch = record["epoch"]
        name = _monitored(self.monitor, record)
        sign = 1 if self._maximises == name.endswith("score") else -1
        self.trial.report(sign * float(record[name]), step=record["epoch"])
        if self.trial.should_prune():
            raise self._pruned(f"pruned after epoch {record['epoch']}, {name}={record[name]:.4g}")


def _trial_pruned() -> Any:
    """What Optuna takes as the end of a trial."""
    try:
        from optuna import TrialPruned
    except ImportError as error:
        raise ImportError(
            'OptunaPruning needs Optuna: pip install "skperceptron[optuna]".'
        ) from error
    return TrialPruned


def _maximises(trial: Any) -> bool:
    """Whether the study of a trial does; a finished or fixed trial has no study."""
    study = getattr(trial, "study", None)
    try:
        return study is not None and study.direction.name == "MAXIMIZE"
    except RuntimeError as error:
        raise ValueError(
            "trial belongs to a study with several directions, whose trials Optuna does not prune."
        ) from error


def _monitored(monitor: str, record: Record) -> str:
    """The entry to monitor, of those that are recorded."""
    known = [name for name, value in record.items() if value is not None]
    candidates = MONITORED if monitor == "auto" else (monitor,)
    for name in candidates:
        if name in known:
            return name
    raise ValueError(f"monitor={monitor!r} is not recorded in this fit: {known} are.")


def _fields(path: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(path) if name is not None}


def _checked_template(path: Any) -> str:
    """The path as a string, if names of files can be made of it."""
    try:
        template = os.fspath(path)
    except TypeError:
        template = path
    if not isinstance(template, str):
        raise TypeError(f"path must be a str, a path-like of str, or None, got {path!r}.")
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"path is no template, {error}; got {template!r}.") from error
    if not _fields(template) <= FIELDS.keys():
        raise ValueError(
            f"path can have the fields {sorted(FIELDS)}, got {sorted(_fields(template))}."
        )
    if any("{" in (specification or "") for _, _, specification, _ in parts):
        raise ValueError(f"path can't have a field within the format of another: {template!r}.")
    for epoch, fit, value in zip(*FIELDS.values(), strict=True):
        try:
            name = template.format(epoch=epoch, fit=fit, value=value)
        except (ValueError, OverflowError) as error:
            raise ValueError(
                f"path has a format that does not suit its field, {error}: epoch is an int, value "
                f"a float, and fit a str; got {template!r}."
            ) from error
        if "fit" in _fields(template) and fit not in name:
            raise ValueError(f"path must have all of {{fit}}, got {template!r}.")
        is_folder = os.path.basename(name) in ("", os.curdir, os.pardir) or os.path.isdir(name)
        if is_folder or "\0" in name:
            raise ValueError(f"path must be the name of a file, got {template!r}.")
    return template
