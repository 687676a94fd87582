"""Memory grows with the number of classes, not with its square, nor with rows times classes."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix

from helpers.marks import every_dtype
from helpers.memory import peak_memory
from skperceptron import MLPClassifier, PerceptronClassifier, _predict, _targets
from skperceptron._core.batches import CodedRows, OneHotRows
from skperceptron._core.perceptron import trainer

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:the validation rows .* are not stratified:UserWarning"),
    pytest.mark.filterwarnings("ignore:The number of unique classes:UserWarning"),
]

FEW, MANY = 1000, 4000


@pytest.fixture(autouse=True)
def _smallest_blocks(monkeypatch):
    """With these many classes the largest blocks would hide a table of classes by classes."""
    monkeypatch.setattr(_predict, "LARGEST_BLOCK", 1)
    monkeypatch.setattr(trainer, "SCORED", 1)


def problem(n_classes, n_rows=None):
    y = np.arange(n_classes).repeat(2)[:n_rows]
    return np.random.default_rng(0).normal(size=(len(y), 2)), y


def assert_proportional(call):
    call(FEW)  # what is allocated once and for all
    few, many = (peak_memory(lambda n=n: call(n)) for n in (FEW, MANY))
    assert many < 1.2 * MANY / FEW * few
    assert many < MANY**2  # bytes: less than a table of booleans


def network(**parameters):
    return MLPClassifier((2,), batch_size=8, max_iter=1, random_state=0, **parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"loss": "hinge"},
        {"early_stopping": True},
        *(
            pytest.param(parameters, marks=pytest.mark.slow)
            for parameters in (
                {"label_smoothing": 0.1},
                {"class_weight": "balanced"},
                {"early_stopping": True, "scoring": "loss"},
            )
        ),
        {"early_stopping": True, "scoring": "accuracy"},
    ],
    ids=str,
)
def test_fit_of_a_network(parameters):
    assert_proportional(lambda n: network(**parameters).fit(*problem(n)))


def test_a_validation_set_of_one_s_own():
    def call(n):
        X, y = problem(n)
        network().fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])

    assert_proportional(call)


def test_partial_fit_of_a_network():
    def call(n):
        network().partial_fit(*problem(n, 50), classes=np.arange(n))

    assert_proportional(call)


@pytest.mark.parametrize("method", ["predict", "score"])
def test_prediction_of_a_network(method):
    models = {n: network().partial_fit(*problem(n, 50), classes=np.arange(n)) for n in (FEW, MANY)}

    def call(n):
        X, y = problem(n)
        getattr(models[n], method)(*((X,) if method == "predict" else (X, y)))

    assert_proportional(call)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"multi_class": "joint"},
        pytest.param({"algorithm": "averaged"}, marks=pytest.mark.slow),
        pytest.param({"algorithm": "pocket"}, marks=pytest.mark.slow),
        pytest.param({"penalty": "elasticnet"}, marks=pytest.mark.slow),
        pytest.param({"class_weight": {0: 2.0}}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_the_perceptron(parameters):
    def call(n):
        # Of so many rows that all of them, for all classes, would be too many.
        X, y = problem(n, 12)
        model = PerceptronClassifier(**parameters).partial_fit(X, y, classes=np.arange(n))
        model.predict(problem(n)[0])

    assert_proportional(call)


def test_early_stopping_of_the_perceptron():
    def call(n):
        X, y = problem(n // 20)
        PerceptronClassifier(
            early_stopping=True, max_iter=1, tol=None, validation_fraction=0.5
        ).fit(X, y)

    few, many = (peak_memory(lambda n=n: call(n)) for n in (FEW, MANY))
    assert many < 1.2 * MANY / FEW * few


@every_dtype
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1 / 3])
def test_one_hot_rows_are_the_same_from_a_table_and_without_it(dtype, smoothing, monkeypatch):
    rng = np.random.default_rng(0)
    targets = _targets.MulticlassTargets(np.arange(7) * 10)
    y = rng.choice(targets.classes, 50)
    kinds, columns = [], []
    for limit in (256, 6):
        monkeypatch.setattr(_targets, "TABULATED_CLASSES", limit)
        rows = targets.encode(y, dtype, smoothing)
        kinds.append(type(rows))
        assert len(rows) == 50
        out = rows.buffer(20)
        taken = rows.take(np.arange(20)[::-1], out)
        assert np.shares_memory(taken, out)
        columns.append((taken.copy(), rows.slice(3, 17, out).copy()))
    assert kinds == [CodedRows, OneHotRows]
    for table, without in zip(*columns, strict=True):
        assert table.dtype == without.dtype == dtype
        assert_array_equal(table, without)


def test_training_is_the_same_from_a_table_and_without_it(monkeypatch):
    X, y = problem(20)
    fits = []
    for limit in (256, 2):
        monkeypatch.setattr(_targets, "TABULATED_CLASSES", limit)
        fits.append(network(early_stopping=True, label_smoothing=0.2).fit(X, y))
    assert_array_equal(fits[0].coefs_[1], fits[1].coefs_[1])
    assert fits[0].validation_loss_curve_ == fits[1].validation_loss_curve_


@pytest.mark.parametrize("sparse", [False, True])
def test_what_early_stopping_watches_does_not_depend_on_the_blocks(sparse, monkeypatch):
    # scikit-learn's own scoring is of all rows at once.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = (X > 0).astype(int)
    targets = csr_matrix(y) if sparse else y
    fits = []
    for rows in (7, 4096):
        monkeypatch.setattr(_predict, "PREDICTION_BLOCK", rows)
        model = network(early_stopping=True, validation_fraction=0.5).fit(X, targets)
        fits.append((model, model.predict(X)))
    (blocks, predicted), (whole, expected) = fits
    assert blocks.validation_scores_ == whole.validation_scores_
    assert blocks.validation_loss_curve_ == pytest.approx(whole.validation_loss_curve_, rel=1e-12)
    if sparse:
        assert type(predicted) is type(expected)
        predicted, expected = predicted.toarray(), expected.toarray()
    assert_array_equal(predicted, expected)


def test_a_record_goes_on_with_equal_labels_of_another_type():
    X, y = problem(20)
    model = network(early_stopping=True, warm_start=True).fit(X, y)
    before = model._training_state.watched
    model.fit(X, y.astype(float))
    assert model._training_state.watched == before
    y_val = np.where(y == 3, 4, y)
    model.fit(X, y, X_val=X, y_val=y)
    before = model._training_state.watched
    model.fit(X, y, X_val=X, y_val=y_val)
    assert model._training_state.watched != before
