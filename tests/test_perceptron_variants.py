"""The theory of each variant, continuing, interruptions, and the company they keep."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from helpers.interrupts import interrupt_call, interrupted
from helpers.marks import dense_and_csr
from skperceptron import PerceptronClassifier
from skperceptron._core.perceptron import Penalised, blocks

DATA = {
    "two classes": load_breast_cancer(return_X_y=True),
    "three classes": load_iris(return_X_y=True),
    "ten classes": tuple(part[:200] for part in load_digits(return_X_y=True)),
}
every_data = pytest.mark.parametrize("data", DATA)
every_algorithm = pytest.mark.parametrize("algorithm", ["rosenblatt", "averaged", "pocket"])
every_multi_class = pytest.mark.parametrize("multi_class", ["ovr", "joint"])
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class TestTheory:
    @every_algorithm
    @every_multi_class
    @dense_and_csr
    @pytest.mark.one_of_each
    def test_separable_classes_are_told_apart(self, algorithm, multi_class, convert):
        rng = np.random.default_rng(0)
        centers = np.array([[5, 0, 0], [0, 5, 0], [0, 0, 5], [-5, -5, -5]])
        y = rng.integers(0, 4, 200)
        X = convert(centers[y] + rng.uniform(-1, 1, (200, 3)))
        model = PerceptronClassifier(
            algorithm=algorithm, multi_class=multi_class, tol=None, max_iter=200
        ).fit(X, y)
        assert model.mistakes_curve_[-1] == 0
        assert model.score(X, y) == 1

    @pytest.mark.parametrize(
        "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 20))]
    )
    @dense_and_csr
    def test_mistakes_stay_under_novikoffs_bound(self, seed, convert):
        rng = np.random.default_rng(seed)
        # What is appended to a row moves the intercept: it is the square root of its rate.
        appended = 1.0 if convert is np.asarray else 0.1
        X = np.column_stack([rng.normal(size=(300, 4)), np.full(300, appended)])
        direction = rng.normal(size=5)
        margins = X @ direction / np.linalg.norm(direction)
        far = np.abs(margins) > rng.uniform(0.05, 0.3)
        X, margins = X[far], margins[far]
        bound = (np.linalg.norm(X, axis=1).max() / np.abs(margins).min()) ** 2
        model = PerceptronClassifier(tol=None, max_iter=300, random_state=seed)
        model.fit(convert(X[:, :-1]), margins > 0)
        assert 0 < sum(model.mistakes_curve_) <= bound
        assert model.mistakes_curve_[-1] == 0

    @every_algorithm
    @dense_and_csr
    @pytest.mark.filterwarnings("default::sklearn.exceptions.ConvergenceWarning")
    def test_xor_never_ends_and_says_so(self, algorithm, convert):
        X, y = convert(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])), np.array([0, 1, 1, 0])
        model = PerceptronClassifier(algorithm=algorithm, max_iter=200, tol=None).fit(X, y)
        assert min(model.mistakes_curve_) > 0
        assert model.score(X, y) <= 0.75
        with pytest.warns(ConvergenceWarning, match="Maximum number of iteration reached"):
            PerceptronClassifier(algorithm=algorithm, max_iter=3).fit(X, y)

    @pytest.mark.parametrize("data", ["two classes", "three classes"])
    @every_multi_class
    @dense_and_csr
    @pytest.mark.one_of_each
    def test_the_pocket_never_ends_below_its_best_epoch(self, data, multi_class, convert):
        X, y = convert(DATA[data][0]), DATA[data][1]
        weight = np.random.default_rng(0).uniform(0, 2, len(y))
        common = {"multi_class": multi_class, "tol": None}
        scores = [
            PerceptronClassifier(max_iter=n, **common)
            .fit(X, y, sample_weight=weight)
            .score(X, y, weight)
            for n in range(1, 13)
        ]
        assert min(scores) < max(scores)
        pocket = PerceptronClassifier(algorithm="pocket", max_iter=12, **common)
        pocket.fit(X, y, sample_weight=weight)
        assert_allclose(pocket.score(X, y, weight), max(scores), rtol=1e-12)


class TestContinuing:
    @every_data
    @pytest.mark.parametrize(
        "parameters",
        [
            {"algorithm": "averaged"},
            {"multi_class": "joint"},
            {"penalty": "l2"},
            {"algorithm": "averaged", "penalty": "l2", "multi_class": "joint"},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("way", ["partial_fit", "warm_start"])
    @pytest.mark.one_of_each
    def test_a_fit_is_as_many_calls_of_one_epoch(self, data, parameters, way):
        X, y = DATA[data]
        at_once = PerceptronClassifier(max_iter=4, tol=None, **parameters).fit(X, y)
        by_parts = PerceptronClassifier(max_iter=1, tol=None, warm_start=True, **parameters)
        for _ in range(4):
            by_parts = pickle.loads(pickle.dumps(by_parts))
            if way == "partial_fit":
                by_parts.partial_fit(X, y, classes=np.unique(y))
            else:
                by_parts.fit(X, y)
        assert_allclose(by_parts.coef_, at_once.coef_, rtol=1e-12, atol=1e-13)
        assert by_parts.mistakes_curve_ == at_once.mistakes_curve_
        assert by_parts.t_ == at_once.t_

    @every_algorithm
    def test_from_dense_to_sparse_and_back(self, algorithm):
        X, y = DATA["three classes"]
        common = {"algorithm": algorithm, "shuffle": False, "fit_intercept": False}
        dense, mixed = (PerceptronClassifier(**common) for _ in range(2))
        for convert in (np.asarray, sparse.csr_array, sparse.csc_matrix, np.asarray):
            dense.partial_fit(X, y, classes=[0, 1, 2])
            mixed.partial_fit(convert(X), y, classes=[0, 1, 2])
        assert_allclose(mixed.coef_, dense.coef_, rtol=1e-12, atol=1e-12)

    @every_algorithm
    def test_an_edited_coef_is_gone_on_with(self, algorithm):
        X, y = DATA["three classes"]
        model = PerceptronClassifier(
            algorithm=algorithm, max_iter=1, tol=None, warm_start=True, eta0=1e-9
        ).fit(X, y)
        model.coef_[1, 2] = 77.0
        model.intercept_[0] = 55.0
        model.fit(X, y)
        assert_allclose(model.coef_[1, 2], 77, atol=1e-5)
        assert_allclose(model.intercept_[0], 55, atol=1e-5)
        assert np.abs(model.coef_[2]).max() < 1e-5

    def test_an_edit_to_integers_does_not_round_what_is_predicted(self):
        X, y = DATA["two classes"]
        model = PerceptronClassifier(max_iter=3).fit(X, y)
        model.coef_ = np.eye(1, 30, dtype=int)
        assert_array_equal(model.decision_function(X), X[:, 0] + model.intercept_)

    def test_sparsified_weights_predict_and_go_on(self):
        X, y = DATA["ten classes"]
        model = PerceptronClassifier(penalty="l1", alpha=0.001, max_iter=2, warm_start=True)
        model.fit(X, y)
        dense = copy.deepcopy(model)
        model.sparsify()
        assert sparse.issparse(model.coef_)
        assert_array_equal(model.predict(X), dense.predict(X))
        assert_array_equal(model.predict(sparse.csr_array(X)), dense.predict(X))
        assert_array_equal(model.fit(X, y).coef_, dense.fit(X, y).coef_)

    def test_with_other_parameters(self):
        X, y = DATA["three classes"]
        model = PerceptronClassifier(warm_start=True, max_iter=2, tol=None).fit(X, y)
        for change in (
            {"algorithm": "averaged"},  # whose mean begins here
            {"multi_class": "joint"},
            {"penalty": "l2"},
            {"algorithm": "pocket", "penalty": "l1"},
            {"early_stopping": True, "multi_class": "ovr"},
        ):
            start = model.coef_.copy()
            model.set_params(**change, eta0=1e-12).fit(X, y)
            assert_allclose(model.coef_, start, atol=1e-8)
        assert len(model.mistakes_curve_) == 12
        assert model.t_ == 1 + 12 * 150

    @pytest.mark.parametrize("seed", [0, np.random.RandomState(0), None], ids=str)
    def test_the_same_rows_are_held_out_at_each_fit(self, seed, monkeypatch):
        # Drawn anew, they would have been trained on.
        seen, split = [], PerceptronClassifier._split

        def spy(self, *args):
            seen.append(split(self, *args))
            return seen[-1]

        monkeypatch.setattr(PerceptronClassifier, "_split", spy)
        model = PerceptronClassifier(
            early_stopping=True, warm_start=True, max_iter=1, tol=None, random_state=seed
        )
        for _ in range(3):
            model.fit(*DATA["two classes"])
        assert_array_equal(seen[0][1], seen[1][1])
        assert_array_equal(seen[0][1], seen[2][1])


@pytest.mark.parametrize("n_calls", [1, 5, 60])
@every_algorithm
@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (blocks.Run, "_add", {}),
        (blocks.Run, "_outcome", {"multi_class": "joint"}),
        (Penalised, "_draw", {"penalty": "l1"}),
        (Penalised, "_shrink", {"penalty": "elasticnet"}),
    ],
)
@pytest.mark.one_of_each
def test_an_interruption_within_an_epoch(owner, name, parameters, algorithm, n_calls, monkeypatch):
    X, y = DATA["three classes"]
    interrupt_call(monkeypatch, owner, name, n_calls)
    model = PerceptronClassifier(algorithm=algorithm, tol=None, max_iter=50, **parameters)
    with interrupted:
        model.fit(X, y)
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.intercept_).all()
    assert model.n_iter_ == len(model.mistakes_curve_) < 50
    assert model.predict(X).shape == y.shape
    before = model.coef_.copy()
    assert (model.partial_fit(X, y).coef_ != before).any()


class TestCompany:
    @every_algorithm
    def test_clones_copies_and_pickles(self, algorithm):
        X, y = DATA["three classes"]
        model = PerceptronClassifier(algorithm=algorithm, max_iter=3, warm_start=True).fit(X, y)
        copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
        assert not hasattr(clone(model), "coef_")
        model.fit(X, y)
        for other in copies:
            assert_array_equal(other.fit(X, y).coef_, model.coef_)

    def test_threads(self):
        X, y = DATA["ten classes"]
        kinds = [X, sparse.csr_array(X)]
        expected = [PerceptronClassifier(max_iter=3).fit(kind, y).coef_ for kind in kinds]

        def job(i):
            return PerceptronClassifier(max_iter=3).fit(kinds[i % 2], y).coef_

        with ThreadPoolExecutor(4) as pool:
            for i, coef in enumerate(pool.map(job, range(8))):
                assert_array_equal(coef, expected[i % 2])

    @pytest.mark.slow
    def test_a_search_over_the_variants(self):
        grid = {
            "algorithm": ["rosenblatt", "averaged", "pocket"],
            "multi_class": ["ovr", "joint"],
            "penalty": [None, "elasticnet"],
        }
        search = GridSearchCV(PerceptronClassifier(max_iter=5), grid, cv=3, error_score="raise")
        search.fit(*DATA["three classes"])
        assert len(set(search.cv_results_["mean_test_score"])) > 4

    @pytest.mark.parametrize("penalty", [None, "l1"])
    def test_sparse_rows_of_any_format(self, penalty):
        rng = np.random.default_rng(0)
        X = sparse.csr_matrix(rng.poisson(0.5, (80, 6)).astype(float))
        y = rng.integers(0, 3, 80)
        wide = X.copy()
        wide.indices, wide.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
        twice = sparse.csr_matrix(
            (np.repeat(X.data / 2, 2), np.repeat(X.indices, 2), 2 * X.indptr), X.shape
        )
        n_stored = twice.nnz
        expected = PerceptronClassifier(penalty=penalty, max_iter=3).fit(X, y).coef_
        for other in (X.tocsc(), sparse.coo_array(X), X.tolil(), sparse.csr_array(X), wide, twice):
            model = PerceptronClassifier(penalty=penalty, max_iter=3).fit(other, y)
            assert_array_equal(model.coef_, expected)
        assert twice.nnz == n_stored  # X is the user's
