"""The order of a fit of both estimators of tables, and how they predict."""

from __future__ import annotations

import math
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from .._base import BaseMLP
from .._compat import (
    CallbackSupport,
    Diagram,
    Persistent,
    check_sample_weight,
    managing_callbacks,
    member_callbacks,
    take_rows,
    validate_parameters,
    validate_table,
)
from .._data import Data
from .._inputs import refuse_dates, require_y
from .._messages import error_context
from .._parameters import STOCHASTIC, hyperparameters, unused_by
from .._restored import restored_on_error
from .._targets import Targets, check_total_weight
from .._tasks import Task
from .._validation import check_parameters
from ._columns import Columns, Levels, as_table
from ._members import Member, Rows, fit_members, in_float64, take
from ._preprocessor import TabularPreprocessor
from ._quantiles import Floats
from ._splits import Split, folds, given_splits, one_split

# Hyperparameters of the networks that the estimators do not have; network_params may change them.
NETWORK: Mapping[str, Any] = MappingProxyType(
    {
        "alpha": 0.0,
        "beta_2": 0.95,
        "dtype": "float32",
        "learning_rate": "cosine",
        "n_iter_no_change": math.inf,
        "tol": None,
        "warmup_epochs": 3,
        "weight_init": "lecun_normal",
    }
)

# What "auto" stands for in one network, and in those of an ensemble: their mean is best if they
# differ more than one network is to differ from itself in another fit.
ONE: Mapping[str, Any] = MappingProxyType({"dropout": 0.2, "batch_size": 256})
SEVERAL: Mapping[str, Any] = MappingProxyType({"dropout": 0.1, "batch_size": 64})

# Hyperparameters of the networks that the estimators set by themselves.
SET_BY_US = ("early_stopping", "warm_start")

MOST_ENCODED = 2**22  # numbers in a block of encoded rows, at prediction
FEWEST_ROWS = 1024  # in such a block


class BaseTabularMLP(CallbackSupport, Diagram, Persistent, BaseEstimator, ABC):
    """What the estimators of tables share.

    A subclass says what its networks are, and what it makes of their outputs.
    """

    preprocessor_: TabularPreprocessor
    preprocessors_: list[TabularPreprocessor]
    estimators_: list[Any]
    n_features_in_: int
    n_iter_: int

    network_class: ClassVar[type[BaseMLP]]
    target_type: ClassVar[str]  # of the preprocessing
    automatic: ClassVar[Mapping[str, Any]]  # what "auto" stands for, in one network or several

    @abstractmethod
    def _loss(self) -> Any:
        """The loss of the networks."""

    @abstractmethod
    def _codes(self, y: NDArray[Any], targets: Targets) -> NDArray[np.intp] | None:
        """Classes of rows whose proportions splits keep, or None."""

    @abstractmethod
    def _publish(self, members: list[Member], targets: Targets, given: bool) -> None:
        """Set the attributes of this estimator alone; ``given`` says whether X_val was."""

    # Fit ---------------------------------------------------------------------------------

    def _fit(self, *args: Any, **kwargs: Any) -> Self:
        with restored_on_error(self), np.errstate(all="ignore"):
            self._fit_before_callbacks(*args, **kwargs)
        return self

    @managing_callbacks
    def _fit_before_callbacks(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None,
        *,
        X_val: Any,
        y_val: Any,
        sample_weight_val: ArrayLike | None,
        groups: Any,
    ) -> None:
        validate_parameters(self)
        if self.n_jobs == 0:
            raise ValueError("n_jobs must not be 0: pass 1, or -1 for all processors.")
        network = self._network()
        task = network._task()
        with warnings.catch_warnings(), _network_params_named(self.network_params or {}):
            warnings.simplefilter("ignore")  # each network will say it again
            check_parameters(network, task, incremental=False)
        table = self._validate_table(X, "X", reset=True)
        data = self._validate_targets(task, table, y, sample_weight, ("X", "y", "sample_weight"))
        targets, data = task.choose_targets(data, None, None, incremental=False)
        check_total_weight(data.sample_weight, "sample_weight")
        self._check_targets(targets)
        if hasattr(network, "class_weight"):
            network.class_weight = None  # it is in the weights of the rows by now
        given = self._validate_held_out(task, targets, X_val, y_val, sample_weight_val)
        random = check_random_state(self.random_state)
        splits = self._splits(table, data, targets, given, groups, random)
        seeds = random.randint(2**31 - 1, size=(self.n_estimators, 2)).tolist()
        preprocessor = self._preprocessor(table, str(network.dtype))
        rows = Rows(table, data.y, data.sample_weight)
        members = [
            partial(self._member, network, preprocessor, rows, split, given, targets, seed)
            for split, seed in zip(splits, seeds, strict=True)
        ]
        with member_callbacks(self, self.n_estimators) as callbacks:
            done = fit_members(members, callbacks, self.n_jobs, verbose=self.verbose > 0)
        self.preprocessors_ = [member.preprocessor for member in done]
        self.estimators_ = [member.network for member in done]
        if hasattr(self, "preprocessor_"):
            del self.preprocessor_
        if self.n_estimators == 1:
            self.preprocessor_ = self.preprocessors_[0]
        self.n_iter_ = max(estimator.n_iter_ for estimator in self.estimators_)
        self._publish(done, targets, given is not None)

    def _network(self) -> BaseMLP:
        """A network, not fitted, with the hyperparameters that all have."""
        given = dict(self.network_params or {})
        known = hyperparameters(self.network_class)
        for name in given:
            if name in hyperparameters(type(self)) or name in SET_BY_US:
                what = (
                    "set by fit" if name in SET_BY_US else f"a parameter of {type(self).__name__}"
                )
                raise ValueError(f"network_params must not have {name!r}, which is {what}.")
            if name not in known:
                raise ValueError(
                    f"network_params has {name!r}, which is not a parameter of "
                    f"{self.network_class.__name__}."
                )
        chosen = {
            name: getattr(self, name) for name in hyperparameters(type(self)) if name in known
        }
        dropout = {"dropout": self._recipe["dropout"]}
        for name, value in {**self.automatic, **dropout}.items():
            if isinstance(chosen[name], str) and chosen[name] == "auto":
                chosen[name] = value
        solver = given.get("solver", known["solver"].default)
        if not isinstance(solver, str) or solver not in STOCHASTIC:
            raise ValueError(
                f"network_params has solver={solver!r}, which does not train in epochs: choose one "
                f"of {sorted(STOCHASTIC)}."
            )
        unused = unused_by(solver, self.network_class)
        ours = {name: value for name, value in NETWORK.items() if name not in unused}
        network = self.network_class(**{**ours, **chosen, **given, "early_stopping": True})
        network.loss = given.get("loss", self._loss())
        if network.dtype is None:
            network.dtype = "float32"
        return network

    @property
    def _recipe(self) -> Mapping[str, Any]:
        return ONE if self.n_estimators == 1 else SEVERAL

    def _preprocessor(self, table: Any, dtype: str) -> TabularPreprocessor:
        """The preprocessing, not fitted; which columns are categories is known from all rows."""
        preprocessor = TabularPreprocessor(
            categorical_features=self.categorical_features,
            max_categories=self.max_categories,
            n_bins=self.n_bins,
            target_type=self.target_type,
            dtype=dtype,
        )
        if hasattr(self, "feature_names_in_"):
            preprocessor.feature_names_in_ = self.feature_names_in_
        columns = Columns(table)
        mask = preprocessor._find_categories(columns)
        for place in np.flatnonzero(mask).tolist():
            Levels(columns.values(place), columns.labels[place])  # refuses what is no level
        preprocessor.categorical_features = mask
        return preprocessor

    def _validate_table(self, X: Any, name: str, *, reset: bool) -> Any:
        """X as an array or a data frame, with rows, and columns as those in ``fit``."""
        with error_context(name):
            X = as_table(X)
            refuse_dates(X, name, categories=True)
            table = validate_table(self, X, reset=reset)
            n_rows, n_columns = table.shape
            if n_rows == 0 or n_columns == 0:
                what = "sample(s)" if n_rows == 0 else "feature(s)"
                raise ValueError(
                    f"{name}: Found a table with 0 {what} (shape={table.shape}) while a minimum of "
                    f"1 is required by {type(self).__name__}."
                )
        return table

    def _validate_targets(
        self, task: Task, table: Any, y: Any, sample_weight: Any, names: tuple[str, str, str]
    ) -> Data:
        """Targets and weights of the rows of a table, checked; in place of X there are zeros."""
        X_name, y_name, weight_name = names
        require_y(self, y)
        zeros = np.broadcast_to(0.0, (table.shape[0], 1))
        y = task.validate_y(y, zeros, X_name, y_name)
        with error_context(weight_name):
            weight = check_sample_weight(sample_weight, zeros, name=weight_name)
        return Data(zeros, y, weight)

    def _validate_held_out(
        self, task: Task, targets: Targets, X: Any, y: Any, sample_weight: Any
    ) -> Rows | None:
        """The user's own validation rows, those that count; None if there are none."""
        if X is None and y is None and sample_weight is None:
            return None
        if X is None or y is None:
            raise ValueError(task.incomplete_held_out)
        table = self._validate_table(X, "X_val", reset=False)
        names = ("X_val", "y_val", "sample_weight_val")
        data = self._validate_targets(task, table, y, sample_weight, names)
        y = task.check_targets(data.y, targets, np.dtype(np.float64), name="y_val")
        check_total_weight(data.sample_weight, "sample_weight_val")
        rows = Rows(table, y, data.sample_weight)
        counts = data.sample_weight
        return rows if counts is None else take(rows, np.flatnonzero(counts))

    def _splits(
        self,
        table: Any,
        data: Data,
        targets: Targets,
        given: Rows | None,
        groups: Any,
        random: np.random.RandomState,
    ) -> list[Split]:
        n_rows = table.shape[0]
        weight = data.sample_weight
        counts = np.ones(n_rows, bool) if weight is None else weight > 0
        rows = np.flatnonzero(counts)
        if groups is not None:
            with error_context("groups"):
                check_consistent_length(table, groups)
            if self.cv is None or isinstance(self.cv, list):
                raise ValueError("groups are used by cv only: pass a splitter such as GroupKFold.")
        if given is not None:
            if self.cv is not None:
                raise ValueError("X_val and cv both say what to validate on: pass one of them.")
            return [Split(rows, None)] * self.n_estimators
        if self.cv is not None:
            return given_splits(self.cv, self.n_estimators, table, data.y, groups, counts)
        codes = self._codes(data.y, targets)
        codes = None if codes is None else codes[rows]
        if self.n_estimators == 1:
            return [one_split(rows, codes, self.validation_fraction, random)]
        return folds(rows, codes, self.n_estimators, random)

    def _member(
        self,
        network: BaseMLP,
        preprocessor: TabularPreprocessor,
        rows: Rows,
        split: Split,
        given: Rows | None,
        targets: Targets,
        seeds: list[int],
    ) -> Member:
        """What one network is made of."""
        held_out = given
        if given is None and split.validation is not None:
            held_out = take(rows, split.validation)
        return Member(
            clone(preprocessor).set_params(random_state=seeds[0]),
            clone(network).set_params(random_state=seeds[1]),
            take(rows, split.train),
            held_out,
            has_labels=self._has_labels(targets),
            scaled=self._scales_targets,
            keeps_scores=self._keeps_scores,
            largest_batch=self._recipe["batch_size"],
            one_thread=self.n_estimators > 1,
        )

    _scales_targets: ClassVar[bool] = False

    @property
    def _keeps_scores(self) -> bool:
        """Whether ``_publish`` reads the scores of validation rows."""
        return False

    def _check_targets(self, targets: Targets) -> None:
        """Refuse targets that do not go with the hyperparameters."""

    def _has_labels(self, targets: Targets) -> bool:
        """Whether y is one label a row, some of which the rows of a member may lack."""
        return False

    # Predict -----------------------------------------------------------------------------

    def _combine(
        self,
        X: Any,
        read: Callable[[int, Any, NDArray[np.floating]], NDArray[Any]],
        combine: Callable[[list[NDArray[Any]]], Floats],
    ) -> Floats:
        """What ``combine`` makes of what ``read`` makes of each network, block by block of rows.

        ``read`` is given the place of a network, the network, and rows as it takes them.
        """
        check_is_fitted(self)
        table = self._validate_table(X, "X", reset=False)
        n_rows = table.shape[0]
        networks = [in_float64(network) for network in self.estimators_]
        widest = max(network.n_features_in_ for network in networks)
        step = max(FEWEST_ROWS, MOST_ENCODED // widest)
        results = []
        with np.errstate(all="ignore"):
            for start in range(0, n_rows, step):
                part = table
                if n_rows > step:
                    part = take_rows(table, np.arange(start, min(start + step, n_rows)))
                columns = Columns(part)
                members = zip(self.preprocessors_, networks, strict=True)
                results.append(
                    combine(
                        [
                            read(i, network, preprocessor._transform(columns))
                            for i, (preprocessor, network) in enumerate(members)
                        ]
                    )
                )
        return np.concatenate(results)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimators_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags


@contextmanager
def _network_params_named(given: Mapping[str, Any]) -> Iterator[None]:
    """Have errors about one of the hyperparameters in ``network_params`` say where it is."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if not set(given).intersection(re.findall(r"\w+", str(error))):
            raise
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(f"network_params: {error}") from error


def mean_of(arrays: list[NDArray[Any]]) -> Floats:
    """Mean of the members' arrays, which are divided first, so that no sum overflows."""
    mean: Floats = np.sum([array / len(arrays) for array in arrays], axis=0, dtype=np.float64)
    return mean
