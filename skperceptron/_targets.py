"""Targets: y as the user has it ↔ what the network is trained on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, issparse
from scipy.special import expit, log_expit, log_softmax
from sklearn.base import ClassifierMixin
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.class_weight import compute_sample_weight

from ._compat import kind_of_target, without_false_alarms
from ._core.activations import OUTPUT_ACTIVATIONS, Softmax
from ._core.batches import ArrayRows, CodedRows, DensifiedRows, OneHotRows, Rows
from ._inputs import plain_labels
from ._messages import error_context, warn

# What scikit-learn calls targets that are labels.
LABELS = {
    "binary",
    "multiclass",
    "multiclass-multioutput",
    "multilabel-indicator",
    "multilabel-sequences",
}

# Fewer rows than this say nothing of how many classes there are.
MANY_ROWS = 20

# Up to so many classes their one-hot rows are kept in a table, which takes at most 512 KB.
TABULATED_CLASSES = 256


class Targets(ABC):
    """Interface. Scores are the network's raw outputs, (n, n_outputs)."""

    output_activation: str  # natural to these targets: a loss may have another
    n_outputs: int
    learns = True  # whether there is anything to tell apart

    @abstractmethod
    def encode(self, y: Any, dtype: Any, smoothing: float) -> Rows:
        """Rows to train on, from y as validated for this kind of targets.

        ``smoothing`` is the part of each label that is spread evenly over all; Szegedy et al.
        (2016), "Rethinking the inception architecture for computer vision", section 7.
        """

    def identity(self, y: Any, dtype: Any) -> list[np.ndarray]:
        """Arrays that are equal if and only if these targets take y for the same."""
        return [np.ascontiguousarray(y, dtype=dtype)]

    @abstractmethod
    def decode(self, scores: np.ndarray) -> Any:
        """What ``predict`` returns for these scores, which it may overwrite."""

    @abstractmethod
    def strata(self, y: np.ndarray) -> np.ndarray | None:
        """Labels (n,) whose proportions a split should keep, or None."""


class RegressionTargets(Targets):
    """Real numbers, (n,) or (n, n_outputs)."""

    def __init__(self, n_outputs: int, output_activation: str) -> None:
        self.n_outputs = n_outputs
        self.output_activation = output_activation

    def encode(self, y: Any, dtype: Any, smoothing: float) -> Rows:
        return ArrayRows(np.ascontiguousarray(y.reshape(len(y), -1), dtype=dtype))

    def decode(self, scores: np.ndarray) -> Any:
        scores = scores[:, : self.n_outputs]  # the loss may have more for each output
        OUTPUT_ACTIVATIONS[self.output_activation]().forward(scores)
        return scores[:, 0] if self.n_outputs == 1 else scores

    def strata(self, y: np.ndarray) -> np.ndarray | None:
        return None


class ReconstructionTargets(Targets):
    """The inputs themselves, (n, n_features), or a CSR matrix."""

    def __init__(self, n_outputs: int, output_activation: str) -> None:
        self.n_outputs = n_outputs
        self.output_activation = output_activation

    def encode(self, y: Any, dtype: Any, smoothing: float) -> Rows:
        return DensifiedRows(y) if issparse(y) else ArrayRows(y)

    def identity(self, y: Any, dtype: Any) -> list[np.ndarray]:
        return []  # whoever knows X knows y

    def decode(self, scores: np.ndarray) -> Any:
        OUTPUT_ACTIVATIONS[self.output_activation]().forward(scores)
        return scores

    def strata(self, y: np.ndarray) -> np.ndarray | None:
        return None


class ClassificationTargets(Targets):
    """Interface of targets with classes, one column of probabilities for each."""

    classes: np.ndarray  # (n_classes,), sorted
    known_in_advance = False  # set before the first fit, so that y may lack some at any fit

    @abstractmethod
    def raw_scores(self, scores: np.ndarray) -> np.ndarray:
        """What ``decision_function`` returns: (n,) if binary, else (n, n_classes)."""

    @abstractmethod
    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """(n, n_classes), from scores that it may overwrite."""

    @abstractmethod
    def log_probabilities(self, scores: np.ndarray) -> np.ndarray:
        """(n, n_classes), finite wherever the scores are."""

    def identity(self, y: Any, dtype: Any) -> list[np.ndarray]:
        return [_codes(y, self.classes)]


class BinaryTargets(ClassificationTargets):
    """Two classes: one output, the log-odds of the second."""

    output_activation = "logistic"
    n_outputs = 1

    def __init__(self, classes: np.ndarray) -> None:
        self.classes = classes

    def encode(self, y: Any, dtype: Any, smoothing: float) -> Rows:
        return CodedRows(
            _codes(y, self.classes), _smooth(np.array([[0], [1]], dtype), smoothing, 2)
        )

    def decode(self, scores: np.ndarray) -> Any:
        return self.classes[(scores[:, 0] > 0).astype(np.intp)]

    def strata(self, y: np.ndarray) -> np.ndarray | None:
        return y

    def raw_scores(self, scores: np.ndarray) -> np.ndarray:
        return scores[:, 0]

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        return np.asarray(expit(np.hstack([-scores, scores])))

    def log_probabilities(self, scores: np.ndarray) -> np.ndarray:
        return np.asarray(log_expit(np.hstack([-scores, scores])))


class MulticlassTargets(ClassificationTargets):
    """Exclusive classes, one output for each."""

    output_activation = "softmax"

    def __init__(self, classes: np.ndarray) -> None:
        self.classes = classes
        self.n_outputs = len(classes)

    def encode(self, y: Any, dtype: Any, smoothing: float) -> Rows:
        codes, n = _codes(y, self.classes), self.n_outputs
        if n <= TABULATED_CLASSES:
            return CodedRows(codes, _smooth(np.eye(n, dtype=dtype), smoothing, n))
        return OneHotRows(codes, n, *_smooth(np.array([0, 1], dtype), smoothing, n))

    def decode(self, scores: np.ndarray) -> Any:
        return self.classes[scores.argmax(axis=1)]

    def strata(self, y: np.ndarray) -> np.ndarray | None:
        return y

    def raw_scores(self, scores: np.ndarray) -> np.ndarray:
        return scores

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        Softmax().forward(scores)
        return scores

    def log_probabilities(self, scores: np.ndarray) -> np.ndarray:
        # Scores that are too far apart for their type would give −∞.
        lowest = np.finfo(scores.dtype).min
        return np.asarray(np.maximum(log_softmax(scores, axis=1), lowest))


class SingleClassTargets(ClassificationTargets):
    """One class: nothing to tell apart, so every prediction is certain."""

    learns = False
    output_activation = "softmax"
    n_outputs = 1

    def __init__(self, classes: np.ndarray) -> None:
        self.classes = classes

    def encode(self, y: Any, dtype: Any, smoothing: float) -> Rows:
        return CodedRows(_codes(y, self.classes), np.ones((1, 1), dtype=dtype))

    def decode(self, scores: np.ndarray) -> Any:
        return np.repeat(self.classes, len(scores))

    def strata(self, y: np.ndarray) -> np.ndarray | None:
        return y

    def raw_scores(self, scores: np.ndarray) -> np.ndarray:
        return np.zeros_like(scores[:, 0])

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        return np.ones_like(scores)

    def log_probabilities(self, scores: np.ndarray) -> np.ndarray:
        return np.zeros_like(scores)


class MultilabelTargets(ClassificationTargets):
    """Labels that do not exclude each other: an indicator matrix (n, n_labels).

    Predictions are sparse if y was.
    """

    output_activation = "logistic"

    def __init__(self, classes: np.ndarray, *, sparse: bool) -> None:
        self.classes = classes
        self.n_outputs = len(classes)
        self.sparse = sparse

    def encode(self, y: Any, dtype: Any, smoothing: float) -> Rows:
        if issparse(y):
            return DensifiedRows(y.astype(dtype), lambda rows: _smooth(rows, smoothing, 2))
        return ArrayRows(_smooth(np.ascontiguousarray(y, dtype=dtype), smoothing, 2))

    def identity(self, y: Any, dtype: Any) -> list[np.ndarray]:
        present = csr_matrix(y, dtype=bool)
        return [present.indices.astype(np.int64), present.indptr.astype(np.int64)]

    def decode(self, scores: np.ndarray) -> Any:
        indicators = (scores > 0).astype(int)
        return csr_matrix(indicators) if self.sparse else indicators

    def raw_scores(self, scores: np.ndarray) -> np.ndarray:
        return scores

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        return np.asarray(expit(scores))

    def log_probabilities(self, scores: np.ndarray) -> np.ndarray:
        return np.asarray(log_expit(scores))

    def strata(self, y: np.ndarray) -> np.ndarray | None:
        return None


class PlainScoreMixin(ClassifierMixin):
    """Mixin of classifiers, whose labels in an array of objects are taken for what they are."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Compute the accuracy: the share of rows, or of their weight, with correct predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            True labels. With several labels, a row is correct if all of its labels are.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; None is 1 for all.

        Returns
        -------
        float
            Accuracy, in [0, 1]; 1 is best.
        """
        y = plain_labels(y, "y")
        with without_false_alarms():
            return float(super().score(X, y, sample_weight))


def labels(y: Any, name: str = "y", *, known: bool = False) -> Any:
    """Return y as labels (n,) or as an indicator matrix (n, n_labels); refuse all else.

    Unless it is ``known`` which classes there are, very many of them are a reason to warn.
    """
    if known and type(y) is np.ndarray and y.ndim == 1 and y.dtype.kind in "biu":
        return y  # without scikit-learn's look at each value, which takes longer for one row
    with error_context(name):
        kind = kind_of_target(y)
        if kind not in LABELS:
            raise ValueError(
                f"Unknown label type: {kind}. Maybe you are trying to fit a classifier, which "
                "expects discrete classes on a regression target with continuous values."
            )
    if is_multilabel(y):
        if issparse(y):  # it stays sparse, each entry once
            y = csr_matrix(y, copy=True)
            y.sum_duplicates()
            y.eliminate_zeros()
        values = np.unique(y.data if issparse(y) else y)
        if not np.isin(values, (0, 1)).all():
            raise ValueError(
                f"{name} has several columns of {values}: an indicator matrix has 0 and 1."
            )
        return y
    if kind == "multiclass-multioutput":
        raise ValueError(
            f"{name} has several columns that are not indicators (0 or 1). Multi-label targets are "
            "indicator matrices; wrap the classifier in MultiOutputClassifier for other ones."
        )
    y = column(y)
    may_be_many = kind == "multiclass" and not known and len(y) > MANY_ROWS
    if may_be_many and len(np.unique(y)) > round(0.5 * len(y)):
        warn(
            "The number of unique classes is greater than 50% of the number of samples. "
            f"`{name}` could represent a regression problem, not a classification problem."
        )
    return y


def column(y: Any) -> Any:
    """Return y, an array (n,) or with a warning (n, 1), as (n,)."""
    if y.ndim == 2 and y.shape[1] == 1:
        warn(
            "A column-vector y was passed when a 1d array was expected. Please change the shape "
            "of y to (n_samples, ), for example using ravel().",
            DataConversionWarning,
        )
        return y.toarray().ravel() if issparse(y) else y.ravel()
    if y.ndim != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {y.shape} instead.")
    return y


def labels_in_order(classes: Any) -> np.ndarray:
    """``classes_`` as an array (n_classes,), if somebody set it as fit would."""
    with error_context("classes_"):
        known = np.asarray(plain_labels(classes, "classes_"))
        if known.ndim != 1 or known.size == 0 or not np.array_equal(known, np.unique(known)):
            raise ValueError(
                "classes_ must be the labels in one dimension, sorted, each of them once, got "
                f"{classes!r}."
            )
    return known


def classification_targets(
    y: Any, classes: np.ndarray | None = None, *, sparse: bool = False
) -> ClassificationTargets:
    """Choose by what y, from ``labels``, and the classes known in advance look like.

    ``sparse`` says whether y was a sparse matrix.
    """
    if is_multilabel(y):
        return MultilabelTargets(np.arange(y.shape[1]), sparse=sparse)
    classes = np.unique(y) if classes is None else classes
    if len(classes) == 1:
        return SingleClassTargets(classes)
    return BinaryTargets(classes) if len(classes) == 2 else MulticlassTargets(classes)


def check_known_labels(
    targets: ClassificationTargets, y: Any, *, all_of_them: bool, name: str = "y"
) -> None:
    """Refuse y, from ``labels``, unless it goes with the classes of an earlier call."""
    multilabel = isinstance(targets, MultilabelTargets)
    if multilabel != is_multilabel(y) or (multilabel and y.shape[1] != targets.n_outputs):
        raise ValueError(
            f"{name} has shape {y.shape}, which does not go with the classes {targets.classes} "
            f"of {'y' if name != 'y' else 'the previous call to fit'}."
        )
    present = targets.classes if multilabel else np.unique(y)
    if all_of_them and set(present) != set(targets.classes):
        raise ValueError(
            "warm_start can only be used where `y` has the same classes as in the previous "
            f"call to fit. Previously got {targets.classes}, `y` has {present}"
        )
    if not is_known(present, targets.classes).all():
        raise ValueError(
            f"`{name}` has classes not in `self.classes_`. `self.classes_` has {targets.classes}. "
            f"'{name}' has {present}."
        )


def is_known(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Which of the labels (n,) are among the classes; a string is no number, whatever it says."""
    if (labels.dtype.kind in "US") != (classes.dtype.kind in "USO"):
        return np.zeros(len(labels), bool)
    return np.isin(labels, classes)


def check_total_weight(weight: np.ndarray | None, name: str) -> None:
    """Refuse weights (n,) that a mean cannot be taken by: their sum is divided by."""
    if weight is None:
        return
    total = weight.sum()
    if not np.isfinite([total, 1 / total]).all():
        raise ValueError(
            f"{name} (times class_weight) adds up to {total:g}, which is out of the range of "
            f"{weight.dtype}: divide it by its mean."
        )


def class_weighted(
    class_weight: Any,
    targets: ClassificationTargets,
    y: Any,
    sample_weight: np.ndarray | None,
) -> np.ndarray | None:
    """Sample weights (n,) times the weight of each row's class, or classes; None for ones."""
    if class_weight is None:
        return sample_weight
    one_each = isinstance(targets, MultilabelTargets)
    if isinstance(class_weight, list) and not (
        one_each and all(isinstance(weights, dict) for weights in class_weight)
    ):
        raise ValueError(
            "class_weight must be a dict {label: weight} or 'balanced', or for several labels, y "
            f"being an indicator matrix, a list with a dict for each; got {class_weight!r}."
        )
    try:
        with without_false_alarms():
            weight = _class_weights(class_weight, targets, y)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"class_weight={class_weight!r} does not fit y: {error}") from error
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise ValueError(f"class_weight={class_weight!r} must be finite and not negative.")
    if sample_weight is not None:
        weight = weight * sample_weight
    if not weight.any():
        raise ValueError(f"class_weight={class_weight!r} gives every row zero weight.")
    return weight


def _class_weights(class_weight: Any, targets: ClassificationTargets, y: Any) -> np.ndarray:
    """Weights (n,) as scikit-learn computes them, for y that need not have every class."""
    if isinstance(class_weight, dict) and not isinstance(targets, MultilabelTargets):
        return np.asarray(
            weights_by_class(class_weight, targets.classes)[_codes(y, targets.classes)]
        )
    return np.asarray(compute_sample_weight(class_weight, y))


def weights_by_class(class_weight: dict[Any, float], classes: np.ndarray) -> np.ndarray:
    """Weights (n_classes,) of a dict, 1 where it has none.

    By scikit-learn's rule, whose own function takes a label "1" for the number 1.
    """
    missing = [label for label in classes if label not in class_weight]
    if missing and len(classes) - len(missing) != len(class_weight):
        raise ValueError(f"The classes, {np.array(missing).tolist()}, are not in class_weight")
    return np.array([class_weight.get(label, 1.0) for label in classes], np.float64)


def is_multilabel(y: Any) -> bool:
    """Whether y, from ``labels``, is an indicator matrix."""
    return bool(y.ndim == 2 and kind_of_target(y) == "multilabel-indicator")


def _codes(y: Any, classes: np.ndarray) -> np.ndarray:
    return np.asarray(np.searchsorted(classes, y))


def _smooth(y: np.ndarray, smoothing: float, n_labels: int) -> np.ndarray:
    """Spread part of each label over the ``n_labels`` that could have been."""
    return y if smoothing == 0 else (1 - smoothing) * y + smoothing / n_labels
