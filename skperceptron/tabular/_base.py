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
from typing import Any, ClassVar, NamedTuple, Self

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
from .._core.losses import LossLike
from .._data import Data
from .._inputs import refuse_dates, require_y
from .._messages import error_context
from .._parameters import STOCHASTIC, hyperparameters, unused_by
from .._restored import restored_on_error
from .._targets import Targets, check_total_weight
from .._tasks import Task
from .._validation import check_parameters
from ._columns import Columns, Levels, as_table
from ._greedy import greedy_weights
from ._kinds import EFFORTS, KINDS
from ._members import Member, Rows, fit_members, in_float64, rows_in_batch, take
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
SET_BY_US = ("early_stopping", "output_activation", "warm_start")

# What combines the arrays of the members, with their weights; None if these are equal.
Combine = Callable[[list[NDArray[Any]], Floats | None], Floats]

MOST_ENCODED = 2**22  # numbers in a block of encoded rows, at prediction
FEWEST_ROWS = 1024  # in such a block


class Kind(NamedTuple):
    """What is the same in all networks of a kind."""

    name: str
    network: BaseMLP  # not fitted
    n_bins: int | None
    rows_in_batch: Callable[[int], int]  # of a number of training rows, where that is "auto"


class Judged(NamedTuple):
    """What networks predicted for validation rows, and these rows without X."""

    members: list[Member]  # that have seen none of the rows
    values: list[Floats]  # of each member, (n, n_values)
    rows: Rows


class BaseTabularMLP(CallbackSupport, Diagram, Persistent, BaseEstimator, ABC):
    """What the estimators of tables share.

    A subclass says what its networks are, and what it makes of their outputs.
    """

    preprocessor_: TabularPreprocessor
    preprocessors_: list[TabularPreprocessor]
    estimators_: list[Any]
    kinds_: list[str]
    weights_: Floats
    n_features_in_: int
    n_iter_: int

    network_class: ClassVar[type[BaseMLP]]
    target_type: ClassVar[str]  # of the preprocessing
    automatic: ClassVar[Mapping[str, Any]]  # what "auto" stands for, in one network or several
    fewest_batches: ClassVar[int]  # in an epoch, where their size is "auto"

    @abstractmethod
    def _loss(self) -> Any:
        """The loss of the networks."""

    @abstractmethod
    def _codes(self, y: NDArray[Any], targets: Targets) -> NDArray[np.intp] | None:
        """Classes of rows whose proportions splits keep, or None."""

    @abstractmethod
    def _values(self, member: Member, targets: Targets) -> Floats:
        """What a member predicts for its validation rows; those of an ensemble are means of it."""

    @abstractmethod
    def _losses(
        self, values: Floats, member: Member, y: NDArray[Any], loss: LossLike, targets: Targets
    ) -> Floats:
        """Losses of the rows, (n,), of means of such values; ``member`` is one of those."""

    @abstractmethod
    def _publish(self, members: list[Member], judged: list[Judged], targets: Targets) -> None:
        """Set the attributes of this estimator alone; ``weights_`` is set by now."""

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
        kinds = self._kinds()
        network = kinds[0].network
        task = network._task()
        with warnings.catch_warnings(), _network_params_named(self.network_params or {}):
            warnings.simplefilter("ignore")  # each network will say it again
            for kind in kinds:
                check_parameters(kind.network, kind.network._task(), incremental=False)
        table = self._validate_table(X, "X", reset=True)
        data = self._validate_targets(task, table, y, sample_weight, ("X", "y", "sample_weight"))
        targets, data = task.choose_targets(data, None, None, incremental=False)
        check_total_weight(data.sample_weight, "sample_weight")
        self._check_targets(targets)
        for kind in kinds:
            if hasattr(kind.network, "class_weight"):
                kind.network.class_weight = None  # it is in the weights of the rows by now
        preprocessor = self._preprocessor(table, str(network.dtype))
        given = self._validate_held_out(
            task, targets, preprocessor, X_val, y_val, sample_weight_val
        )
        random = check_random_state(self.random_state)
        splits = self._splits(table, data, targets, given, groups, random)
        # Kind by kind: where the user interrupts, the first kinds are complete.
        plan = [(kind, i) for kind in kinds for i in range(self.n_estimators)]
        seeds = random.randint(2**31 - 1, size=(len(plan), 2)).tolist()
        rows = Rows(table, data.y, data.sample_weight)
        members = [
            partial(
                self._member,
                kind,
                i,
                len(plan),
                preprocessor,
                rows,
                splits[i],
                given,
                targets,
                seed,
            )
            for (kind, i), seed in zip(plan, seeds, strict=True)
        ]
        with member_callbacks(self, len(members)) as callbacks:
            done = fit_members(members, callbacks, self.n_jobs, verbose=self.verbose > 0)
        self.preprocessors_ = [member.preprocessor for member in done]
        self.estimators_ = [member.network for member in done]
        if hasattr(self, "preprocessor_"):
            del self.preprocessor_
        if len(members) == 1:
            self.preprocessor_ = self.preprocessors_[0]
        self.n_iter_ = max(estimator.n_iter_ for estimator in self.estimators_)
        self.kinds_ = [member.kind for member in done]
        judged = self._judged(done, targets, given is not None)
        loss = task.loss(task.output_activation(targets))
        self.weights_ = self._weigh(done, judged, loss, targets)
        self._publish(done, judged, targets)

    def _judged(self, members: list[Member], targets: Targets, given: bool) -> list[Judged]:
        """What was predicted for the validation rows of each split; there may be none.

        All networks are judged by the same rows, and have been trained on the same, if ``X_val``
        was given.
        """
        splits: dict[int, list[Member]] = {}
        for member in members:
            if member.scores is not None:
                splits.setdefault(0 if given else member.split, []).append(member)
        found = []
        for of_split in splits.values():
            rows = of_split[0].judged_by
            assert rows is not None
            found.append(Judged(of_split, [self._values(each, targets) for each in of_split], rows))
        return found

    def _weigh(
        self, members: list[Member], judged: list[Judged], loss: LossLike, targets: Targets
    ) -> Floats:
        """Weights of the members, (n_members,): those of one kind are equal.

        Weights of several kinds are chosen by the loss of what all kinds have predicted for rows
        that they have not been trained on.
        """
        kinds = list(dict.fromkeys(member.kind for member in members))
        shares = np.full(len(kinds), 1 / len(kinds))
        common = [each for each in judged if {member.kind for member in each.members} == set(kinds)]
        if len(kinds) > 1 and common:
            shares = greedy_weights(
                [np.vstack([_mean_of_kind(each, kind) for each in common]) for kind in kinds],
                partial(self._mean_loss, common, loss, targets),
            )
        counts = [self.kinds_.count(kind) for kind in kinds]
        by_kind = dict(zip(kinds, shares / counts, strict=True))
        return np.array([by_kind[member.kind] for member in members])

    def _mean_loss(
        self, judged: list[Judged], loss: LossLike, targets: Targets, values: Floats
    ) -> float:
        ends = np.cumsum([len(each.rows.y) for each in judged])[:-1]
        losses = [
            self._losses(part, each.members[0], each.rows.y, loss, targets)
            for part, each in zip(np.split(values, ends), judged, strict=True)
        ]
        weights = [each.rows.sample_weight for each in judged]
        known = [weight for weight in weights if weight is not None]
        return float(
            np.average(np.concatenate(losses), weights=np.concatenate(known) if known else None)
        )

    def _kinds(self) -> list[Kind]:
        """The kinds of networks, each other than all before it."""
        kinds, seen = [], []
        for name in EFFORTS[self.effort]:
            settings = self._settings(name)
            if settings in seen:
                continue
            seen.append(settings)
            n_bins = settings.get("n_bins", self.n_bins)
            rows = partial(
                rows_in_batch, largest=settings.get("batch_size", 1), fewest=self.fewest_batches
            )
            kinds.append(Kind(name, self._network(settings), n_bins, rows))
        return kinds

    def _settings(self, kind: str) -> dict[str, Any]:
        """What "auto" stands for in a kind, by name, and the initial weights of its activation."""
        recipe = ONE if self.n_estimators == 1 else SEVERAL
        values = {**self.automatic, **recipe, **KINDS[kind]}
        goes_with = {"weight_init": "activation"}
        given = self.network_params or {}
        return {
            name: value
            for name, value in values.items()
            if name not in given and _is_auto(getattr(self, goes_with.get(name, name)))
        }

    def _network(self, settings: Mapping[str, Any]) -> BaseMLP:
        """A network, not fitted, with the hyperparameters that all have and those of its kind."""
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
        # "auto" stays for the number of rows in a batch: they may be fewer.
        of_kind = {name: value for name, value in settings.items() if name in known}
        of_kind.pop("batch_size", None)
        solver = given.get("solver", known["solver"].default)
        if not isinstance(solver, str) or solver not in STOCHASTIC:
            raise ValueError(
                f"network_params has solver={solver!r}, which does not train in epochs: choose one "
                f"of {sorted(STOCHASTIC)}."
            )
        unused = unused_by(solver, self.network_class)
        ours = {name: value for name, value in NETWORK.items() if name not in unused}
        values = {**ours, **chosen, **of_kind, **given, "early_stopping": True}
        network = self.network_class(**values)
        network.loss = given.get("loss", self._loss())
        if network.dtype is None:
            network.dtype = "float32"
        return network

    def _preprocessor(self, table: Any, dtype: str) -> TabularPreprocessor:
        """The preprocessing, not fitted; which columns are categories is known from all rows."""
        preprocessor = TabularPreprocessor(
            categorical_features=self.categorical_features,
            max_categories=self.max_categories,
            target_type=self.target_type,
            dtype=dtype,
        )
        if hasattr(self, "feature_names_in_"):
            preprocessor.feature_names_in_ = self.feature_names_in_
        columns = Columns(table)
        mask = preprocessor._find_categories(columns)
        for place in np.flatnonzero(mask).tolist():
            Levels(columns.values(place), columns.labels[place])  # refuses what is no level
        _refuse_no_numbers(columns, mask)
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
        self,
        task: Task,
        targets: Targets,
        preprocessor: TabularPreprocessor,
        X: Any,
        y: Any,
        sample_weight: Any,
    ) -> Rows | None:
        """The user's own validation rows, those that count; None if there are none."""
        if X is None and y is None and sample_weight is None:
            return None
        if X is None or y is None:
            raise ValueError(task.incomplete_held_out)
        table = self._validate_table(X, "X_val", reset=False)
        with error_context("X_val"):
            _refuse_no_numbers(Columns(table), np.asarray(preprocessor.categorical_features))
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
        kind: Kind,
        place: int,
        n_members: int,
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
            kind.name,
            place,
            clone(preprocessor).set_params(random_state=seeds[0], n_bins=kind.n_bins),
            clone(kind.network).set_params(random_state=seeds[1]),
            take(rows, split.train),
            held_out,
            has_labels=self._has_labels(targets),
            scaled=self._scales_targets,
            keeps_scores=self._keeps_scores or n_members > self.n_estimators,
            rows_in_batch=kind.rows_in_batch,
            one_thread=n_members > 1,
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
        combine: Combine,
    ) -> Floats:
        """What ``combine`` makes of what ``read`` makes of each network, block by block of rows.

        ``read`` is given the place of a network, the network, and rows as it takes them. Networks
        of weight 0 are left out.
        """
        check_is_fitted(self)
        table = self._validate_table(X, "X", reset=False)
        n_rows = table.shape[0]
        places, weights = used(self.weights_)
        networks = {i: in_float64(self.estimators_[i]) for i in places}
        widest = max(network.n_features_in_ for network in networks.values())
        step = max(FEWEST_ROWS, MOST_ENCODED // widest)
        results = []
        with np.errstate(all="ignore"):
            for start in range(0, n_rows, step):
                part = table
                if n_rows > step:
                    part = take_rows(table, np.arange(start, min(start + step, n_rows)))
                columns = Columns(part)
                read_off = [
                    read(i, network, self.preprocessors_[i]._transform(columns))
                    for i, network in networks.items()
                ]
                results.append(combine(read_off, weights))
        return np.concatenate(results)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimators_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags


def _refuse_no_numbers(columns: Columns, is_categorical: NDArray[np.bool_]) -> None:
    """Refuse infinity and what is no number in the columns of numbers, which are read one by one.

    This is before any work, and for the rows of weight 0 too, which are not encoded.
    """
    for place in np.flatnonzero(~is_categorical):
        columns.numbers(np.array([place]))


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


def mean_of(arrays: list[NDArray[Any]], weights: Floats | None = None) -> Floats:
    """Mean of the members' arrays, which are divided first, so that no sum overflows."""
    if weights is None:
        parts = [array / len(arrays) for array in arrays]
    else:
        parts = [w * array for w, array in zip(weights / weights.sum(), arrays, strict=True)]
    mean: Floats = np.sum(parts, axis=0, dtype=np.float64)
    return mean


def used(weights: Floats) -> tuple[list[int], Floats | None]:
    """Places of the weights above 0, and these weights; None if they are equal."""
    places = np.flatnonzero(weights)
    above = weights[places]
    return places.tolist(), None if (above == above[:1]).all() else above


def shares_of(weights: Floats) -> tuple[list[int], list[float]]:
    """Places of the weights above 0, and what share of their sum each has."""
    places, above = used(weights)
    shares = np.ones(len(places)) if above is None else above
    return places, (shares / shares.sum()).tolist()


def _mean_of_kind(judged: Judged, kind: str) -> Floats:
    members = zip(judged.members, judged.values, strict=True)
    mean: Floats = np.mean([values for member, values in members if member.kind == kind], axis=0)
    return mean


def _is_auto(value: Any) -> bool:
    return isinstance(value, str) and value == "auto"
