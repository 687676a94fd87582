"""CSR matrices from end to end: never made dense, and the numbers of dense input."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from helpers.memory import peak_memory
from helpers.tasks import tasks
from helpers.weights import assert_close_weights, assert_same_fit
from skperceptron import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = sparse.csr_array(rng.normal(size=(90, 30)) * (rng.random((90, 30)) < 0.2))
SCORES = X @ rng.normal(size=(30, 3)) + 0.3 * rng.normal(size=(90, 3))
TASKS = tasks(SCORES)
FORMATS = ["csr", "csc", "coo", "lil", "dok"]
every_target = pytest.mark.parametrize("target", TASKS)


def make(target="multiclass", **parameters):
    estimator, _, y = TASKS[target]
    defaults = {
        "hidden_layer_sizes": (8, 5),
        "max_iter": 5,
        "learning_rate_init": 0.02,
        "random_state": 0,
    }
    if parameters.get("solver") == "lbfgs":
        del defaults["learning_rate_init"]
    return estimator(**defaults | parameters), y


def assert_close(one, other):
    assert_allclose(one.loss_curve_, other.loss_curve_, rtol=1e-9)
    assert_close_weights(one, other, rtol=1e-8, atol=1e-9)


class TestNeverMadeDense:
    @pytest.fixture
    def no_dense_copies(self, monkeypatch):
        def refuse(self, *args, **kwargs):
            raise AssertionError("a sparse matrix was made dense")

        for kind in (sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.csc_matrix):
            for method in ("toarray", "todense"):
                monkeypatch.setattr(kind, method, refuse)
        with pytest.raises(AssertionError, match="made dense"):
            X.toarray()

    @pytest.mark.usefixtures("no_dense_copies")
    @every_target
    @pytest.mark.parametrize(
        "parameters",
        [
            {"solver": "sgd"},
            {"solver": "adam", "batch_size": 20, "early_stopping": True},
            {"solver": "adam", "shuffle": False, "dropout": 0.2, "input_dropout": 0.2},
            {"solver": "lbfgs"},
        ],
        ids=["sgd", "early stopping", "dropout", "lbfgs"],
    )
    def test_in_any_step(self, target, parameters):
        model, y = make(target, **parameters)
        model.fit(X, y, sample_weight=np.linspace(1, 2, 90))
        model.predict(X)
        model.score(X, y)
        model.hidden_activations(X, 0)
        if model.solver != "lbfgs" and not model.early_stopping:
            model.partial_fit(X, y)
        if isinstance(model, MLPClassifier):
            model.predict_proba(X)
            model.predict_log_proba(X)
            model.decision_function(X)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("parameters", "n_arrays"),
        [
            # The weights, their gradient, two moments, copies to publish, scratch.
            ({"batch_size": 200}, 15),
            ({"batch_size": 200, "input_dropout": 0.5}, 15),
            # L-BFGS remembers ten steps and ten gradients besides, old versions of scipy twice.
            ({"solver": "lbfgs"}, 70),
        ],
        ids=["adam", "dropout", "lbfgs"],
    )
    def test_memory_is_that_of_some_arrays_of_weights(self, parameters, n_arrays):
        n_rows, n_features, per_row = 2000, 50_000, 20
        columns = np.sort(rng.integers(0, n_features, (n_rows, per_row)), axis=1).ravel()
        starts = np.arange(0, n_rows * per_row + 1, per_row)
        data = sparse.csr_array((np.ones(len(columns)), columns, starts), (n_rows, n_features))
        model = MLPClassifier((4,), max_iter=1, random_state=0, **parameters)
        peak = peak_memory(lambda: model.fit(data, np.arange(n_rows) % 2).predict(data))
        # 24 or 112 MB; X would have 800 MB, and a batch of 200 rows 80 MB.
        weights = 8 * n_features * 4
        assert weights < peak < n_arrays * weights


@every_target
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_dense_numbers(target, solver):
    model, y = make(target, solver=solver)
    assert_close(copy.deepcopy(model).fit(X, y), model.fit(X.toarray(), y))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csr_matrix])
def test_every_format_is_the_same_matrix(form, container):
    model, y = make()
    expected = copy.deepcopy(model).fit(X, y)
    model.fit(container(X).asformat(form), y)
    assert_same_fit(model, expected)
    assert_array_equal(model.predict_proba(X.asformat(form)), expected.predict_proba(X))


class TestWhatIsStored:
    def test_explicit_zeros_are_zeros(self):
        padded = X.copy()
        padded.data[::3] = 0.0
        lean = padded.copy()
        lean.eliminate_zeros()
        assert lean.nnz < padded.nnz
        model, y = make()
        assert_close(copy.deepcopy(model).fit(padded, y), model.fit(lean, y))

    @pytest.mark.parametrize("index", [np.int32, np.int64])
    def test_any_type_of_indices(self, index):
        data = sparse.csr_array((X.data, X.indices.astype(index), X.indptr.astype(index)), X.shape)
        assert data.indices.dtype == index
        model, y = make(input_dropout=0.3)
        expected = copy.deepcopy(model).fit(X, y)
        assert_same_fit(model.fit(data, y), expected)
        assert_array_equal(model.predict(data), expected.predict(X))

    @pytest.mark.parametrize("values", [np.int64, np.int8, bool])
    def test_any_type_of_values(self, values):
        data = sparse.csr_array(X != 0).astype(values)
        model, y = make()
        expected = copy.deepcopy(model).fit(data.toarray().astype(np.float64), y)
        assert_close(model.fit(data, y), expected)

    def test_unsorted_indices_and_duplicates(self):
        # Twice each value by halves, in the reverse order.
        rows, columns = np.repeat(np.arange(90), np.diff(X.indptr)), X.indices
        order = np.lexsort((-columns, rows)).repeat(2)
        untidy = sparse.csr_array((X.data[order] / 2, columns[order], 2 * X.indptr), X.shape)
        before = untidy.copy()
        model, y = make()
        expected = copy.deepcopy(model).fit(X, y)
        assert_close(model.fit(untidy, y), expected)
        assert_allclose(model.predict_proba(untidy), expected.predict_proba(X), rtol=1e-9)
        assert_array_equal(untidy.indices, before.indices)

    @pytest.mark.parametrize("parameters", [{}, {"input_dropout": 0.5}, {"solver": "lbfgs"}])
    def test_is_left_as_it_was(self, parameters):
        data = X.copy()
        model, y = make(**parameters)
        model.fit(data, y).predict(data)
        assert (data != X).nnz == 0
        assert_array_equal(data.data, X.data)

    def test_rows_and_columns_without_values(self):
        data = X.tolil()
        data[:20] = 0
        data[:, :5] = 0
        data = data.tocsr()
        model, y = make(batch_size=10, shuffle=False, input_dropout=0.2)
        assert np.isfinite(model.fit(data, y).loss_)
        assert np.isfinite(model.predict_proba(sparse.csr_array((3, 30)))).all()


class TestInputDropout:
    """Seen from outside through a linear model that only remembers what it was shown.

    From weights of zero and full batches, the gradient of the squared error in one step is the
    mean of residual times input, so the weights after the step show the inputs after dropout.
    """

    RATE = 0.25

    def shown(self, data, random_state=0):
        """Column sums of the inputs as they came out of dropout."""
        n_rows, n_features = data.shape
        model = MLPRegressor(
            (),
            solver="sgd",
            momentum=0.0,
            learning_rate_init=1.0,
            batch_size=n_rows,
            alpha=0.0,
            warm_start=True,
            max_iter=1,
            input_dropout=self.RATE,
            random_state=random_state,
        )
        model.fit(data, np.ones(n_rows))
        model.coefs_ = [np.zeros((n_features, 1))]
        model.intercepts_ = [np.zeros(1)]
        return model.partial_fit(data, np.ones(n_rows)).coefs_[0][:, 0] * n_rows

    def test_drops_stored_values_and_no_others(self):
        # One value in each column, so that a column's sum is that value after dropout.
        data = sparse.csr_array(np.diag(np.arange(1.0, 401.0)))
        scale = self.shown(data) / np.arange(1.0, 401.0)
        dropped = np.isclose(scale, 0.0, atol=1e-12)
        assert_allclose(scale[~dropped], 1 / (1 - self.RATE))
        # Binomial: five standard deviations of 400 draws are 0.11.
        assert abs(dropped.mean() - self.RATE) < 0.11

    def test_columns_without_values_stay_out(self):
        data = sparse.csr_array(([3.0], ([0], [1])), shape=(5, 4))
        assert_array_equal(self.shown(data)[[0, 2, 3]], 0.0)

    def test_keeps_the_mean(self):
        data = sparse.csr_array(np.ones((2000, 6)))
        # Standard deviation of a column's mean: sqrt(rate / (1 - rate) / 2000) = 0.013.
        assert_allclose(self.shown(data) / 2000, 1.0, atol=0.065)

    def test_draws_anew_each_time(self):
        data = sparse.csr_array(np.eye(50))
        assert not np.array_equal(self.shown(data, 0), self.shown(data, 1))


@every_target
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_the_timeline_holds_bit_for_bit(target, solver):
    parameters = {"solver": solver, "dropout": 0.2, "input_dropout": 0.3, "batch_size": 25}
    at_once, y = make(target, max_iter=6, **parameters)
    at_once.fit(X, y)
    walked, _ = make(target, **parameters)
    classes = {"classes": np.unique(y)} if isinstance(walked, MLPClassifier) else {}
    for epoch in range(6):
        walked.partial_fit(X, y, **classes)
        if epoch == 2:
            walked = pickle.loads(pickle.dumps(walked))
    assert_same_fit(walked, at_once)


@pytest.mark.parametrize("target", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("weighted", [False, True])
def test_early_stopping_with_and_without_weights(target, weighted):
    weights = rng.uniform(0.5, 2.0, 90) if weighted else None
    model, y = make(target, early_stopping=True, max_iter=10)
    dense = copy.deepcopy(model).fit(X.toarray(), y, weights)
    assert_close(model.fit(X, y, weights), dense)
    assert_allclose(model.validation_scores_, dense.validation_scores_, rtol=1e-9)


@every_target
def test_weight_k_is_k_rows(target):
    weights = rng.integers(0, 4, size=90)
    repeated = X[np.arange(90).repeat(weights)]
    model, y = make(target, shuffle=False, batch_size=300, max_iter=15)
    with pytest.warns(UserWarning, match="batch_size"):
        expected = copy.deepcopy(model).fit(repeated, y.repeat(weights, axis=0))
    with pytest.warns(UserWarning, match="batch_size"):
        model.fit(X, y, weights)
    assert_allclose(model.loss_curve_, expected.loss_curve_, rtol=1e-6)
    assert_close_weights(model, expected, rtol=1e-6, atol=1e-6)


def test_class_weights():
    model, y = make(class_weight="balanced")
    assert_close(copy.deepcopy(model).fit(X.toarray(), y), model.fit(X, y))


def test_prediction_by_blocks_of_rows(monkeypatch):
    model, y = make()
    expected = model.fit(X, y).predict_proba(X)
    monkeypatch.setattr("skperceptron._predict.PREDICTION_BLOCK", 7)
    assert_allclose(model.predict_proba(X), expected, rtol=1e-12)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(value):
    bad = X.copy()
    bad.data[3] = value
    model, y = make()
    with pytest.raises(ValueError, match="Input X contains"):
        model.fit(bad, y)
    with pytest.raises(ValueError, match="Input X contains"):
        model.fit(X, y).predict(bad)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
class TestSparseTargets:
    @pytest.mark.parametrize("convert", [sparse.csr_array, sparse.csc_matrix])
    @pytest.mark.parametrize("columns", [slice(3), slice(1)], ids=["outputs", "one output"])
    def test_of_a_regressor_are_made_dense(self, convert, columns):
        targets = np.where(SCORES > 0, SCORES, 0)[:, columns]
        model, _ = make("outputs")
        model.fit(X, convert(targets), X_val=X, y_val=convert(targets))
        dense, _ = make("outputs")
        if targets.shape[1] == 1:
            targets = targets[:, 0]
        assert_same_fit(model, dense.fit(X, targets, X_val=X, y_val=targets))
        assert model.predict(X).shape == targets.shape


class TestMemoryOfPrediction:
    """Blocks of rows are converted, never all of them."""

    N_ROWS = 200_000
    ROWS = np.random.default_rng(0).random((N_ROWS, 20))
    CONVERSIONS = {
        "as it is": lambda rows: rows,
        "single precision": lambda rows: rows.astype(np.float32),
        "bytes": lambda rows: (255 * rows).astype(np.uint8),
        "Fortran order": np.asfortranarray,
        "every other column": lambda rows: rows.repeat(2, axis=1)[:, ::2],
        "csr": lambda rows: sparse.csr_array(rows * (rows < 0.2)),
        "csr, integers": lambda rows: sparse.csr_array((rows < 0.2).astype(np.int8)),
        "csc": lambda rows: sparse.csc_array(rows * (rows < 0.2)),
        # The sum of a column is not finite, so that every element is looked at.
        "huge": lambda rows: np.asfortranarray(rows * 1e307),
    }

    @pytest.mark.parametrize("what", CONVERSIONS)
    def test_does_not_grow_with_the_rows(self, what):
        model = MLPClassifier((30,), max_iter=1, random_state=0)
        model.fit(self.ROWS[:100], np.arange(100) % 2)
        rows = self.CONVERSIONS[what](self.ROWS)
        expected = model.predict(rows[:5000].astype(np.float64))
        predictions = []
        peak = peak_memory(lambda: predictions.append(model.predict(rows)))
        assert_array_equal(predictions[0][:5000], expected)
        # Scores and labels take 8 bytes a row each, and some blocks of 4096 rows 2 MB; all
        # rows in double precision take 32 MB, and a fifth of them as a sparse matrix 10.
        assert peak < 8e6
