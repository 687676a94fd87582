"""What y is: classes, numbers or the inputs themselves, and what follows from that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import check_consistent_length

from . import _build
from ._architecture import hidden_layer_sizes
from ._compat import check_y, is_first_partial_fit, without_false_alarms
from ._core.losses import LossLike
from ._data import Data
from ._inputs import plain_labels, refuse_dates
from ._messages import error_context
from ._targets import (
    ClassificationTargets,
    MultilabelTargets,
    ReconstructionTargets,
    RegressionTargets,
    Targets,
    check_known_labels,
    class_weighted,
    classification_targets,
    column,
    is_multilabel,
    labels,
    labels_in_order,
)


class Task(ABC):
    """Interface of what an estimator learns, made of its hyperparameters for each call.

    It owns the check and the encoding of y, the output activation, the loss and the default score.
    """

    supervised: ClassVar[bool] = True  # whether y is something else than X
    fewest_rows_scored: ClassVar[int]  # by the default score
    incomplete_held_out: ClassVar[str] = (
        "X_val and y_val must be given together, and sample_weight_val with them only."
    )
    needed_attributes: ClassVar[tuple[str, ...]] = ()  # to predict without a fit, beside weights

    def __init__(self, params: Any) -> None:
        self.params = params

    @abstractmethod
    def check_parameters(self) -> None:
        """Refuse hyperparameters that do not go together."""

    @property
    def smoothing(self) -> float:
        """Of labels."""
        return 0.0

    @abstractmethod
    def validate_y(self, y: Any, X: Any, X_name: str, y_name: str) -> Any:
        """y as an array, or a CSR matrix; errors go by the names."""

    @abstractmethod
    def choose_targets(
        self, data: Data, classes: Any, previous: Targets | None, *, incremental: bool
    ) -> tuple[Targets, Data]:
        """The kind of targets, checked against an earlier call's; and data with y in order.

        ``classes`` are what the user has said to be the labels, None if nothing.
        """

    @abstractmethod
    def check_targets(self, y: Any, targets: Targets, dtype: Any, *, name: str) -> Any:
        """Return y in order; refuse it, by ``name``, if it does not go with ``targets``."""

    @abstractmethod
    def targets_of_weights(self, n_features: int, n_outputs: int) -> Targets:
        """The kind of targets of weights that were set before the first fit."""

    def attributes(self, targets: Targets) -> dict[str, Any]:
        """What to publish of the targets, by name."""
        return {}

    def known_classes(self, classes: Any) -> Any:
        """The labels that y may have, if they are known in advance: given, or set as classes_."""
        return classes

    @abstractmethod
    def output_activation(self, targets: Targets) -> str:
        """That of the network."""

    @abstractmethod
    def loss(self, output_activation: str) -> LossLike:
        """The loss of raw scores."""

    @abstractmethod
    def metric(self, y: Any, predictions: Any, sample_weight: Any) -> float:
        """The default score."""

    @property
    def has_metric(self) -> bool:
        """Whether the default score goes with the loss."""
        return True

    def sizes(self, data: Data) -> dict[str, float]:
        """The largest absolute value in X and, where they are numbers, in y."""
        return {"X": _largest(data.X)}


class ClassificationTask(Task):
    """Labels of one kind, or indicators of several."""

    fewest_rows_scored = 1
    needed_attributes = ("classes_",)

    @property
    def smoothing(self) -> float:
        return float(self.params.label_smoothing)

    def check_parameters(self) -> None:
        if self.params.label_smoothing > 0 and not _build.is_probabilistic(self.params):
            raise ValueError(
                f"label_smoothing requires a probabilistic loss, got loss={self.params.loss!r}."
            )

    def validate_y(self, y: Any, X: Any, X_name: str, y_name: str) -> Any:
        with error_context(y_name):
            y = check_y(plain_labels(y, y_name), numeric=False, estimator=self.params)
        return _of_same_length(X, y, X_name, y_name)

    def choose_targets(
        self, data: Data, classes: Any, previous: Targets | None, *, incremental: bool
    ) -> tuple[Targets, Data]:
        y = labels(data.y, known=incremental or previous is not None)
        # An indicator matrix has a column for every label: it needs no ``classes``.
        if incremental and not is_multilabel(y):
            classes = self._classes_of_partial_fit(classes, previous)
        elif incremental:
            classes = None
        targets: ClassificationTargets
        if previous is not None:
            assert isinstance(previous, ClassificationTargets)
            targets = previous
            complete = not (incremental or targets.known_in_advance)
            check_known_labels(targets, y, all_of_them=complete)
        else:
            targets = classification_targets(y, classes, sparse=issparse(data.y))
            check_known_labels(targets, y, all_of_them=False)
            if classes is not None and len(classes) != len(targets.classes):
                raise ValueError(
                    f"classes_ has {len(classes)} labels, but y has {len(targets.classes)} columns."
                )
            targets.known_in_advance = classes is not None and not incremental
        if incremental and self.params.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all the data, so partial_fit does not support it: "
                "pass the weights that compute_class_weight gives for the whole y."
            )
        weight = class_weighted(self.params.class_weight, targets, y, data.sample_weight)
        if weight is not None:
            weight = weight.astype(data.X.dtype, copy=False)
        return targets, data._replace(y=y, sample_weight=weight)

    def _classes_of_partial_fit(self, classes: Any, previous: Targets | None) -> np.ndarray:
        """All labels that any call will see, as given at the first one or set before it."""
        seen = SimpleNamespace()
        if hasattr(self.params, "classes_"):
            known = self.params.classes_
            seen.classes_ = labels_in_order(known) if previous is None else known
        with error_context("classes"):
            is_first_partial_fit(seen, plain_labels(classes, "classes"))
        if len(seen.classes_) == 0:
            raise ValueError("classes must have the labels that any call will see, got none.")
        classes_: np.ndarray = seen.classes_
        return classes_

    def check_targets(self, y: Any, targets: Targets, dtype: Any, *, name: str) -> Any:
        assert isinstance(targets, ClassificationTargets)
        y = labels(y, name, known=True)
        check_known_labels(targets, y, all_of_them=False, name=name)
        return y

    def targets_of_weights(self, n_features: int, n_outputs: int) -> Targets:
        classes = labels_in_order(self.params.classes_)
        if n_outputs == len(classes) == 2:  # two that exclude each other have one
            return MultilabelTargets(classes, sparse=False)
        return classification_targets(classes)

    def attributes(self, targets: Targets) -> dict[str, Any]:
        assert isinstance(targets, ClassificationTargets)
        return {"classes_": targets.classes}

    def known_classes(self, classes: Any) -> Any:
        if classes is None and hasattr(self.params, "classes_"):
            return labels_in_order(self.params.classes_)
        return classes

    def output_activation(self, targets: Targets) -> str:
        return _build.classifier_output_activation(self.params, targets.output_activation)

    def loss(self, output_activation: str) -> LossLike:
        return _build.classification_loss(self.params, output_activation)

    def metric(self, y: Any, predictions: Any, sample_weight: Any) -> float:
        with without_false_alarms():
            return float(accuracy_score(y, predictions, sample_weight=sample_weight))


class RegressionTask(Task):
    """Real numbers, one or more for each row."""

    fewest_rows_scored = 2

    def check_parameters(self) -> None:
        pass

    def validate_y(self, y: Any, X: Any, X_name: str, y_name: str) -> Any:
        with error_context(y_name):
            refuse_dates(y, y_name)
            y = check_y(y, numeric=True, estimator=self.params)
        return _of_same_length(X, y, X_name, y_name)

    def choose_targets(
        self, data: Data, classes: Any, previous: Targets | None, *, incremental: bool
    ) -> tuple[Targets, Data]:
        n_outputs = 1 if data.y.ndim == 1 else data.y.shape[1]
        targets = RegressionTargets(n_outputs, _build.regressor_output_activation(self.params))
        y = self.check_targets(data.y, targets, data.X.dtype, name="y")
        if previous is not None and n_outputs != previous.n_outputs:
            raise ValueError(
                f"y has {n_outputs} outputs, but the previous call to fit was given "
                f"{previous.n_outputs}."
            )
        return targets, data._replace(y=y)

    def check_targets(self, y: Any, targets: Targets, dtype: Any, *, name: str) -> Any:
        if y.dtype.kind not in "biuf":
            raise ValueError(f"{name} must be numbers, got an array of dtype {y.dtype}.")
        if issparse(y):
            y = y.toarray()
        if y.ndim == 2 and y.shape[1] == 1:
            y = column(y)
        if np.abs(y).max() > np.finfo(dtype).max:
            raise ValueError(f"{name} contains a value too large for {dtype}.")
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        if n_outputs != targets.n_outputs:
            raise ValueError(f"{name} has {n_outputs} outputs, y has {targets.n_outputs}.")
        _build.check_target_range(self.params, y, name)
        return y

    def targets_of_weights(self, n_features: int, n_outputs: int) -> Targets:
        return RegressionTargets(n_outputs, _build.regressor_output_activation(self.params))

    def output_activation(self, targets: Targets) -> str:
        return targets.output_activation

    def loss(self, output_activation: str) -> LossLike:
        return _build.regression_loss(self.params, output_activation)

    def metric(self, y: Any, predictions: Any, sample_weight: Any) -> float:
        return float(r2_score(y, predictions, sample_weight=sample_weight))

    @property
    def has_metric(self) -> bool:
        return _build.is_minimised_by_mean(self.params)

    def sizes(self, data: Data) -> dict[str, float]:
        return super().sizes(data) | {"y": float(np.abs(data.y).max())}


class ReconstructionTask(Task):
    """The inputs themselves."""

    supervised = False
    fewest_rows_scored = 2
    incomplete_held_out = "sample_weight_val must be given with X_val only."

    def validate_y(self, y: Any, X: Any, X_name: str, y_name: str) -> Any:
        return X  # what is to come out is what goes in

    def choose_targets(
        self, data: Data, classes: Any, previous: Targets | None, *, incremental: bool
    ) -> tuple[Targets, Data]:
        return ReconstructionTargets(data.X.shape[1], self.params.output_activation), data

    def check_targets(self, y: Any, targets: Targets, dtype: Any, *, name: str) -> Any:
        return y

    def targets_of_weights(self, n_features: int, n_outputs: int) -> Targets:
        self.check_parameters()
        return ReconstructionTargets(n_features, self.params.output_activation)

    def attributes(self, targets: Targets) -> dict[str, Any]:
        return {"bottleneck_": self.bottleneck}

    @property
    def bottleneck(self) -> int:
        """The hidden layer of the codes, counted from the inputs."""
        sizes, asked = hidden_layer_sizes(self.params), self.params.bottleneck
        return sizes.index(min(sizes)) if asked is None else asked % len(sizes)

    def check_parameters(self) -> None:
        n_hidden = len(hidden_layer_sizes(self.params))
        asked = self.params.bottleneck
        if n_hidden == 0:
            raise ValueError(
                "hidden_layer_sizes must have a hidden layer for the codes to come from, got "
                f"{self.params.hidden_layer_sizes!r}."
            )
        if asked is not None and not -n_hidden <= asked < n_hidden:
            raise ValueError(f"bottleneck={asked} is not one of the {n_hidden} hidden layers.")

    def output_activation(self, targets: Targets) -> str:
        return targets.output_activation

    def loss(self, output_activation: str) -> LossLike:
        return _build.regression_loss(self.params, output_activation)

    def metric(self, y: Any, predictions: Any, sample_weight: Any) -> float:
        return explained_variance(y, predictions, sample_weight)


def explained_variance(X: Any, reconstructions: np.ndarray, sample_weight: Any) -> float:
    """The share of the variance of X (n, n_features) that the reconstructions explain."""
    X = X.toarray() if issparse(X) else X
    # Powers of 2 change no digit, and the squares of huge numbers would overflow.
    exponent = np.frexp(max(np.abs(X).max(), np.abs(reconstructions).max()))[1]
    X, reconstructions = np.ldexp(X, -exponent), np.ldexp(reconstructions, -exponent)
    weight = np.ones(len(X)) if sample_weight is None else sample_weight.astype(np.float64)
    mean = weight @ X / weight.sum()
    error, spread = (weight @ ((X - centre) ** 2).sum(axis=1) for centre in (reconstructions, mean))
    return float(1 - error / spread) if spread > 0 else float(error == 0)


def _of_same_length(X: Any, y: Any, X_name: str, y_name: str) -> Any:
    with error_context(f"{X_name} and {y_name}"):
        check_consistent_length(X, y)
    return y


def _largest(X: Any) -> float:
    """The largest absolute value; abs() would add up a sparse matrix's duplicates in place."""
    return float(np.abs(X.data if issparse(X) else X).max(initial=0))
