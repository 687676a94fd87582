"""class_weight is a sample weight per class, and nothing else."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from helpers.unchanged import assert_refused
from helpers.weights import assert_close_weights, assert_same_fit
from skperceptron import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 4))
SCORES = X @ rng.normal(size=(4, 3)) + rng.normal(size=(90, 3)) + [0.0, 1.0, 1.5]
BINARY = (SCORES[:, 0] > 1).astype(int)
CODES = SCORES.argmax(axis=1)
STRINGS = np.array(["low", "middle", "high"])[CODES]
MULTILABEL = (SCORES > 0.5).astype(int)
SAMPLE_WEIGHT = rng.uniform(0.2, 3.0, 90)

# Class weight, y, and the weight of each row written out.
CASES = {
    "dict": ({0: 0.5, 1: 4}, BINARY, np.where(BINARY == 1, 4.0, 0.5)),
    "dict of some": ({1: 4.0}, BINARY, np.where(BINARY == 1, 4.0, 1.0)),
    "multiclass": ({0: 1, 1: 2, 2: 3}, CODES, 1.0 + CODES),
    "strings": (
        {"low": 1, "middle": 2, "high": 3},
        STRINGS,
        1.0 + CODES,
    ),
    "booleans": ({False: 1, True: 3}, BINARY == 1, 1.0 + 2 * BINARY),
    "a class without weight": ({0: 1, 1: 0, 2: 1}, CODES, np.where(CODES == 1, 0.0, 1.0)),
    "balanced": ("balanced", BINARY, (90 / (2 * np.bincount(BINARY)))[BINARY]),
    "balanced strings": ("balanced", STRINGS, (90 / (3 * np.bincount(CODES)))[CODES]),
    "list of dicts": (
        [{0: 1, 1: 2}, {0: 3, 1: 1}, {0: 1, 1: 5}],
        MULTILABEL,
        np.prod(np.where(MULTILABEL == 1, [2.0, 1.0, 5.0], [1.0, 3.0, 1.0]), axis=1),
    ),
}
CASES["balanced labels"] = (
    "balanced",
    MULTILABEL,
    np.prod([(90 / (2 * np.bincount(label)))[label] for label in MULTILABEL.T], axis=0),
)
every_case = pytest.mark.parametrize("case", CASES)


def network(**parameters):
    defaults = {"max_iter": 5, "hidden_layer_sizes": (6,), "random_state": 0}
    return MLPClassifier(**defaults | parameters)


@every_case
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.one_of_each
def test_equals_the_sample_weights(case, solver):
    class_weight, y, weights = CASES[case]
    expected = network(solver=solver).fit(X, y, weights)
    assert_same_fit(network(solver=solver, class_weight=class_weight).fit(X, y), expected)
    assert expected.loss_ != network(solver=solver).fit(X, y).loss_


@every_case
def test_multiplies_sample_weights(case):
    class_weight, y, weights = CASES[case]
    expected = network().fit(X, y, weights * SAMPLE_WEIGHT)
    assert_same_fit(network(class_weight=class_weight).fit(X, y, SAMPLE_WEIGHT), expected)


@pytest.mark.parametrize("case", ["dict", "strings", "balanced"])
def test_with_early_stopping(case):
    class_weight, y, weights = CASES[case]
    expected = network(early_stopping=True).fit(X, y, weights)
    actual = network(early_stopping=True, class_weight=class_weight).fit(X, y)
    assert_same_fit(actual, expected)
    assert actual.validation_scores_ == expected.validation_scores_


def test_float32():
    data, y = X.astype(np.float32), BINARY
    weighted = network(class_weight={0: 0.1, 1: 3}).fit(data, y)
    assert weighted.coefs_[0].dtype == np.float32
    assert_same_fit(weighted, network().fit(data, y, np.where(y == 1, 3.0, 0.1)))


def test_sparse_indicators():
    class_weight = CASES["list of dicts"][0]
    dense = network(class_weight=class_weight).fit(X, MULTILABEL)
    assert_same_fit(network(class_weight=class_weight).fit(X, sparse.csr_array(MULTILABEL)), dense)


def test_counts_like_repeated_rows():
    weights = 1 + 2 * BINARY
    # "auto" is a batch of all rows up to 200, and three times 90 are more.
    rows = np.arange(60).repeat(weights[:60])
    parameters = {"shuffle": False, "max_iter": 20}
    expected = network(**parameters).fit(X[rows], BINARY[rows])
    actual = network(class_weight={0: 1, 1: 3}, **parameters).fit(X[:60], BINARY[:60])
    assert len(rows) <= 200
    assert_close_weights(actual, expected, rtol=1e-6, atol=1e-6)


class TestPartialFit:
    @pytest.mark.parametrize("case", ["dict", "dict of some", "multiclass", "strings"])
    @pytest.mark.one_of_each
    def test_equals_the_sample_weights(self, case):
        class_weight, y, weights = CASES[case]
        model, expected = network(class_weight=class_weight), network()
        for _ in range(3):
            model.partial_fit(X, y, classes=np.unique(y))
            expected.partial_fit(X, y, weights, classes=np.unique(y))
        assert_same_fit(model, expected)

    def test_with_several_labels(self):
        class_weight, y, weights = CASES["list of dicts"]
        expected = network().partial_fit(X, y, weights)
        assert_same_fit(network(class_weight=class_weight).partial_fit(X, y), expected)

    def test_with_a_batch_that_lacks_a_class(self):
        class_weight, y, weights = CASES["strings"]
        model, expected = network(class_weight=class_weight), network()
        some = y != "middle"
        for rows in (some, ~some, np.full(90, True)):
            model.partial_fit(X[rows], y[rows], classes=np.unique(y))
            expected.partial_fit(X[rows], y[rows], weights[rows], classes=np.unique(y))
        assert_same_fit(model, expected)

    def test_labels_that_lack_a_value_in_a_batch(self):
        class_weight, y, weights = CASES["list of dicts"]
        rows = y[:, 0] == 1
        expected = network().partial_fit(X[rows], y[rows], weights[rows])
        assert_same_fit(network(class_weight=class_weight).partial_fit(X[rows], y[rows]), expected)

    @pytest.mark.parametrize("case", ["balanced", "balanced strings", "balanced labels"])
    def test_balanced_needs_all_the_data(self, case):
        _, y, _ = CASES[case]
        model = network(class_weight="balanced")
        with pytest.raises(ValueError, match=r"class_weight='balanced'.*partial_fit"):
            model.partial_fit(X, y, classes=np.unique(y))
        assert not hasattr(model, "classes_")
        # What the message says to do.
        weights = compute_class_weight("balanced", classes=np.array([0, 1]), y=BINARY)
        model.set_params(class_weight=dict(enumerate(weights))).partial_fit(
            X, BINARY, classes=[0, 1]
        )


@pytest.mark.parametrize(
    ("class_weight", "y"),
    [
        ({0: 1, 1: 3, 2: 5}, BINARY),
        ({"low": 1, "middle": 2, "high": 3, "highest": 4}, STRINGS),
        ({True: 3, False: 1, "unknown": 9}, BINARY == 1),
        ({}, BINARY),
    ],
)
def test_labels_that_y_lacks_as_in_a_fold_without_a_rare_class(class_weight, y):
    expected = network().fit(X, y, compute_sample_weight(class_weight, y))
    assert_same_fit(network(class_weight=class_weight).fit(X, y), expected)
    model, expected = network(class_weight=class_weight), network()
    model.partial_fit(X, y, classes=np.unique(y))
    expected.partial_fit(X, y, compute_sample_weight(class_weight, y), classes=np.unique(y))
    assert_same_fit(model, expected)


@pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")
def test_cross_validation_with_a_class_that_some_folds_lack():
    y = np.where(np.arange(90) < 1, "rare", STRINGS)
    class_weight = {"low": 1, "middle": 2, "high": 3, "rare": 50}
    scores = cross_val_score(network(class_weight=class_weight), X, y, cv=3, error_score="raise")
    assert np.isfinite(scores).all()


@pytest.mark.parametrize(
    ("class_weight", "y"),
    [
        ({0: 1, 7: 2}, BINARY),
        ({"0": 1}, BINARY),
        ({"0": 1, "1": 2}, BINARY),
        ({"low": 1, "lowest": 2}, STRINGS),
        ({0: 1, 1: 2}, STRINGS),
        ({0: 1, 1: 2}, MULTILABEL),
        ([{0: 1, 1: 2}], BINARY),
        ([{0: 1, 1: 2}], MULTILABEL),
        ([{0: 1, 5: 2}] * 3, MULTILABEL),
        ({0: -1, 1: 2}, BINARY),
        ({0: 0, 1: 0}, BINARY),
        ({0: np.nan}, BINARY),
        ({0: "heavy"}, BINARY),
        ("unbalanced", BINARY),
        (2.0, BINARY),
    ],
)
@pytest.mark.parametrize("fitted", [False, True])
def test_nonsense_is_named_and_leaves_the_estimator_as_it_was(class_weight, y, fitted):
    model = network()
    if fitted:
        model.fit(X, y)
    model.set_params(class_weight=class_weight)
    assert_refused(model, lambda model: model.fit(X, y), "class_weight")


def test_the_dict_is_not_changed():
    class_weight = {1: 3.0}
    model = network(class_weight=class_weight).fit(X, BINARY)
    assert class_weight == {1: 3.0}
    assert model.class_weight is class_weight
    assert clone(model).class_weight == {1: 3.0}


def test_numpy_labels_as_keys():
    expected = network(class_weight={0: 1.0, 1: 3.0}).fit(X, BINARY)
    keys = dict(zip(np.unique(BINARY), [1.0, 3.0], strict=True))
    assert_same_fit(network(class_weight=keys).fit(X, BINARY), expected)
