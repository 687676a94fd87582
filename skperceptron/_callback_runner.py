"""What callbacks see of a call of fit, and what they answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator

from ._compat import NO_CALLBACKS, n_callbacks, take_rows
from ._data import Data
from ._types import Array, Context, Record


class Metadata(dict[str, Any]):
    """Argument ``metadata`` of callbacks, with the record of the epoch and the validation rows.

    Read this object in a callback of your own, in ``on_fit_task_end``. The class is a dict because
    scikit-learn's callbacks pass ``metadata`` to scorers as keywords: the key ``sample_weight`` is
    there if ``fit`` was given weights.

    Attributes
    ----------
    record : dict or None
        Record of the epoch that has ended, with the entries of
        :class:`skperceptron.callbacks.History`; None if no epoch has ended.

    validation : Data or None
        Named tuple (X, y, sample_weight) of the rows that are not trained on: ``X_val`` and
        ``y_val``, or the rows that early stopping holds out. None if there are no such rows.
    """

    record: Record | None = None
    validation: Data | None = None


@dataclass
class CallbackData:
    """The data that callbacks are given, taken apart when one of them asks."""

    data: Data
    rows: Array | None  # that are trained on; None for all
    given: Data | None  # to validate on, instead of the other rows

    @cached_property
    def training(self) -> Data:
        return self.data if self.rows is None else _take(self.data, self.rows)

    @cached_property
    def validation(self) -> Data | None:
        if self.given is not None or self.rows is None:
            return self.given
        return _take(self.data, np.setdiff1d(np.arange(self.data.y.shape[0]), self.rows))

    def metadata(self, record: Record | None) -> Metadata:
        weight = self.training.sample_weight
        metadata = Metadata({} if weight is None else {"sample_weight": weight})
        metadata.record, metadata.validation = record, self.validation
        return metadata


def _take(data: Data, rows: Array) -> Data:
    weight = data.sample_weight
    return Data(take_rows(data.X, rows), data.y[rows], None if weight is None else weight[rows])


# Reads the record of an epoch, and whether it is the last; returns whether training is to stop.
Listener: TypeAlias = Callable[[Record, bool], bool]


class NullCallbackRunner:
    """Stands for a CallbackRunner where there are no callbacks, and costs nothing."""

    listeners: tuple[Listener, ...] = ()

    def close(self) -> None:
        pass


class CallbackRunner:
    """Calls the callbacks of an estimator in a call of fit: one task, with one below it per epoch.

    What they are shown is made when one of them asks. ``fitted`` makes the attributes of the
    estimator as it is now: between two epochs, or when training has ``ended``.
    """

    def __init__(
        self,
        estimator: BaseEstimator,
        data: CallbackData,
        fitted: Callable[..., dict[str, Any]],
        *,
        task: str,
        step: str,
        n_steps: int,
    ) -> None:
        self._estimator, self._data, self._fitted = estimator, data, fitted
        self._step_name, self._n_left = step, n_steps
        self.listeners: tuple[Listener, ...] = (self.see,)
        self._step: Context = None
        self._root: Context = estimator._init_callback_context(task_name=task, max_subtasks=n_steps)
        self._root.call_on_fit_task_begin(**self._shown())
        self._begin_step()

    def see(self, record: Record, last: bool) -> bool:
        """Show the end of an epoch; return whether any callback wants to stop."""
        step, self._step = self._step, None
        stop: bool = step.call_on_fit_task_end(**self._shown(record))
        if not (stop or last) and self._n_left > 0:
            self._begin_step()
        return stop

    def close(self) -> None:
        """Show the fitted estimator."""
        if self._step is not None:  # an epoch that was interrupted
            self._step.call_on_fit_task_end(estimator=self._estimator)
        self._root.call_on_fit_task_end(**self._shown(ended=True))

    def _begin_step(self) -> None:
        self._n_left -= 1
        self._step = self._root.subcontext(task_name=self._step_name)
        self._step.call_on_fit_task_begin(**self._shown())

    def _shown(self, record: Record | None = None, *, ended: bool = False) -> dict[str, Any]:
        return {
            "estimator": self._estimator,
            "X": lambda: self._data.training.X,
            "y": lambda: self._data.training.y,
            "metadata": lambda: self._data.metadata(record),
            # Callbacks are not to be called, or pickled, by a copy that was made for them.
            "reconstruction_attributes": lambda: self._fitted(ended=ended) | NO_CALLBACKS,
        }


def callback_runner(
    estimator: BaseEstimator,
    data: CallbackData,
    fitted: Callable[..., dict[str, Any]],
    *,
    task: str,
    step: str,
    n_steps: int,
) -> CallbackRunner | NullCallbackRunner:
    """What calls the callbacks of an estimator in a call of fit."""
    if n_callbacks(estimator):
        return CallbackRunner(estimator, data, fitted, task=task, step=step, n_steps=n_steps)
    return NullCallbackRunner()
