"""Targets as the network is trained on them, and back: what the other tests would let pass."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from helpers.marks import every_dtype
from skperceptron._targets import (
    BinaryTargets,
    MulticlassTargets,
    MultilabelTargets,
    ReconstructionTargets,
    RegressionTargets,
    SingleClassTargets,
    check_known_labels,
    check_total_weight,
    class_weighted,
    classification_targets,
    labels,
)

TREES = np.array(["ash", "birch", "cedar"])
INDICATORS = np.array([[1, 0, 1], [0, 0, 1]])

# Targets, y as validated for them, and what it is encoded as.
KINDS = {
    "one output": (RegressionTargets(1, "identity"), np.array([1.5, 2]), [[1.5], [2]]),
    "two outputs": (RegressionTargets(2, "identity"), np.eye(2), np.eye(2)),
    "binary": (BinaryTargets(TREES[:2]), TREES[[1, 0]], [[1], [0]]),
    "multiclass": (MulticlassTargets(TREES), TREES[[2, 0]], [[0, 0, 1], [1, 0, 0]]),
    "one class": (SingleClassTargets(TREES[:1]), TREES[[0, 0]], [[1], [1]]),
    "multilabel": (MultilabelTargets(np.arange(3), sparse=False), INDICATORS, INDICATORS),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def encoded(targets, y, dtype=np.float64, smoothing=0.0):
    rows = targets.encode(y, dtype, smoothing)
    return rows.slice(0, len(rows), rows.buffer(len(rows))).copy()


@every_kind
@every_dtype
def test_encoded_in_the_dtype_of_the_network(kind, dtype):
    targets, y, expected = KINDS[kind]
    found = encoded(targets, y, dtype)
    assert found.dtype == dtype
    assert_array_equal(found, expected)
    assert found.shape[1] == targets.n_outputs


def test_reconstruction_is_of_the_inputs():
    targets = ReconstructionTargets(2, "identity")
    for X in (np.eye(2), sparse.csr_array(np.eye(2))):
        assert_array_equal(encoded(targets, X), np.eye(2))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("binary", [[0.9], [0.1]]),
        ("multiclass", [[0.2 / 3, 0.2 / 3, 0.8 + 0.2 / 3], [0.8 + 0.2 / 3, 0.2 / 3, 0.2 / 3]]),
        ("one class", [[1], [1]]),
        ("multilabel", [[0.9, 0.1, 0.9], [0.1, 0.1, 0.9]]),
    ],
)
def test_smoothing_spreads_a_part_over_all_labels_that_could_have_been(kind, expected):
    targets, y, _ = KINDS[kind]
    assert_allclose(encoded(targets, y, smoothing=0.2), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("kind", "scores", "expected"),
    [
        ("one output", [[1.0], [-2]], [1, -2]),
        ("two outputs", [[1.0, 3], [-2, 0]], [[1, 3], [-2, 0]]),
        # A tie goes to the first class, and to no label: as in scikit-learn.
        ("binary", [[0.0], [1e-300]], ["ash", "birch"]),
        ("multiclass", [[0.0, 0, 0], [0, 0, 1e-300]], ["ash", "cedar"]),
        ("one class", [[-3.0], [3]], ["ash", "ash"]),
        ("multilabel", [[0.0, 1e-300, -1], [-1, 0, 1]], [[0, 1, 0], [0, 0, 1]]),
    ],
)
def test_decoded(kind, scores, expected):
    assert_array_equal(KINDS[kind][0].decode(np.array(scores)), expected)


@every_kind
def test_what_a_split_keeps_the_proportions_of(kind):
    targets, y, _ = KINDS[kind]
    if kind in ("binary", "multiclass", "one class"):
        assert_array_equal(targets.strata(y), y)
    else:
        assert targets.strata(y) is None


def test_of_one_class_everything_is_certain():
    targets, scores = KINDS["one class"][0], np.array([[-3.0], [3]])
    assert_array_equal(targets.raw_scores(scores), [0, 0])
    assert_array_equal(targets.probabilities(scores), [[1], [1]])
    assert_array_equal(targets.log_probabilities(scores), [[0], [0]])


class TestKind:
    def test_by_what_y_looks_like(self):
        kinds = [
            (TREES[:1], SingleClassTargets, 1),
            (TREES[:2], BinaryTargets, 1),
            (TREES, MulticlassTargets, 3),
            (INDICATORS, MultilabelTargets, 3),
        ]
        for y, kind, n_outputs in kinds:
            targets = classification_targets(y)
            assert type(targets) is kind
            assert targets.n_outputs == n_outputs

    def test_by_the_classes_known_in_advance(self):
        targets = classification_targets(TREES[:1], TREES)
        assert type(targets) is MulticlassTargets
        assert_array_equal(targets.classes, TREES)

    @pytest.mark.parametrize("known", [True, False])
    def test_predictions_are_sparse_only_if_y_was(self, known):
        targets = classification_targets(INDICATORS, **({"sparse": True} if known else {}))
        assert sparse.issparse(targets.decode(np.ones((2, 3)))) == known


class TestMessages:
    def test_y_is_called_y_unless_it_is_another(self):
        columns = np.array([[0, 2], [1, 0], [2, 1]])
        with pytest.raises(ValueError, match=r"^y has several columns"):
            labels(columns)
        with pytest.raises(ValueError, match=r"^y_val has several columns"):
            labels(columns, "y_val")

    @pytest.mark.parametrize(
        ("name", "whose"), [({}, "the previous call to fit"), ({"name": "y_val"}, "y")]
    )
    def test_another_shape_does_not_go_with_the_classes(self, name, whose):
        targets = KINDS["multilabel"][0]
        with pytest.raises(ValueError, match=rf"^{name.get('name', 'y')} has .* of {whose}\.$"):
            check_known_labels(targets, INDICATORS[:, :2], all_of_them=False, **name)

    def test_unknown_labels(self):
        targets = KINDS["binary"][0]
        check_known_labels(targets, TREES[:1], all_of_them=False)
        check_known_labels(targets, TREES[:2], all_of_them=True)
        with pytest.raises(ValueError, match="the same classes as in the previous"):
            check_known_labels(targets, TREES[:1], all_of_them=True)
        with pytest.raises(ValueError, match=r"^`y` has classes not in"):
            check_known_labels(targets, TREES, all_of_them=False)


class TestWeights:
    @pytest.mark.parametrize("total", [0.0, 1e-320, np.inf])
    def test_a_sum_that_nothing_can_be_divided_by(self, total):
        with np.errstate(all="ignore"), pytest.raises(ValueError, match="adds up to"):
            check_total_weight(np.array([total]), "sample_weight")

    def test_any_other_sum(self):
        check_total_weight(None, "sample_weight")
        check_total_weight(np.array([8e-309]), "sample_weight")  # one by it is still finite

    def test_of_a_class_times_those_of_the_rows(self):
        targets, y = KINDS["multiclass"][0], TREES[[2, 0]]
        weight = {"ash": 2.0, "birch": 0.0, "cedar": 5.0}
        assert_array_equal(class_weighted(weight, targets, y, None), [5, 2])
        assert_array_equal(class_weighted(weight, targets, y, np.array([1.0, 3])), [5, 6])
        assert_array_equal(class_weighted(None, targets, y, y), y)

    def test_of_a_class_that_is_in_no_row_here(self):
        targets, y = KINDS["multiclass"][0], TREES[[2, 0]]
        assert_array_equal(class_weighted({"ash": 2.0, "birch": 3.0}, targets, y, None), [1, 2])

    @pytest.mark.parametrize("wrong", [np.inf, np.nan, -1.0])
    def test_of_which_one_is_no_weight(self, wrong):
        targets, y = KINDS["multiclass"][0], TREES[[2, 0]]
        with pytest.raises(ValueError, match="must be finite and not negative"):
            class_weighted({"ash": wrong, "cedar": 1.0}, targets, y, None)

    def test_that_may_be_zero_for_some_and_not_for_all(self):
        targets, y = KINDS["multiclass"][0], TREES[[2, 0]]
        assert_array_equal(class_weighted({"ash": 0.0}, targets, y, None), [1, 0])
        with pytest.raises(ValueError, match="gives every row zero weight"):
            class_weighted({"ash": 0.0, "cedar": 0.0}, targets, y, None)
