"""Where weights from outside, early stopping, sparse targets and L-BFGS meet."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from helpers.memory import peak_memory
from helpers.weights import assert_same_weights
from skperceptron import MLPClassifier, MLPRegressor, PerceptronClassifier

pytestmark = pytest.mark.filterwarnings("ignore:(Stoch|lbfgs .*LIMIT|Maximum)")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)


def given(model, classes=None, size=1.0):
    """With weights that were set before the first fit."""
    model.coefs_ = [np.full((4, 4), size), np.full((4, 1), size)]
    model.intercepts_ = [np.zeros(4), np.zeros(1)]
    if classes is not None:
        model.classes_ = classes
    return model


def given_perceptron(classes, coef):
    model = PerceptronClassifier(warm_start=True)
    model.coef_, model.intercept_, model.classes_ = coef, np.zeros(len(coef)), classes
    return model


class TestClassesFromOutside:
    @pytest.mark.parametrize(
        "plain", [np.array([0, 1]), np.array([False, True]), np.array(["0", "1"])]
    )
    def test_of_objects_are_plain(self, plain):
        objects, y = plain.astype(object), plain[Y]
        for model in (
            given(MLPClassifier((4,)), objects),
            given_perceptron(objects, np.ones((1, 4))),
        ):
            assert model.predict(X).dtype == plain.dtype
            assert 0 <= model.score(X, y) <= 1
            model.partial_fit(X, y.astype(object))
            assert model.classes_.dtype == plain.dtype
        assert_array_equal(
            given(MLPClassifier((4,)), objects).to_sklearn().predict(X),
            given(MLPClassifier((4,)), plain).predict(X),
        )

    @pytest.mark.parametrize(
        ("classes", "match"), [([0, "a"], "mixed types"), ([None, "a"], "missing")]
    )
    def test_that_are_no_labels_are_refused(self, classes, match):
        for model in (
            given(MLPClassifier((4,)), classes),
            given_perceptron(classes, np.ones((1, 4))),
        ):
            with pytest.raises(ValueError, match=f"classes_ has .*{match}"):
                model.predict(X)

    def test_with_an_output_for_each_of_two_are_two_labels(self):
        labels = np.c_[Y, 1 - Y]
        fitted = MLPClassifier((4,), max_iter=3, random_state=0).fit(X, labels)
        model = MLPClassifier((4,))
        model.coefs_, model.intercepts_ = fitted.coefs_, fitted.intercepts_
        model.classes_ = fitted.classes_
        assert_array_equal(model.predict(X), fitted.predict(X))
        assert str(model.summary()) == str(fitted.summary())

    def test_weigh_what_is_there_if_balanced(self):
        model = given_perceptron([0, 1, 2], np.zeros((3, 4))).set_params(class_weight="balanced")
        assert model.fit(X, Y).score(X, Y) > 0.9

    def test_a_perceptrons_weights_in_one_dimension(self):
        model = given_perceptron([0, 1], np.ones(4))
        model.intercept_ = [0.0]
        with pytest.raises(ValueError, match=r"coef_ must have the shape \(1, 4\)"):
            model.predict(X)


class TestWeightsFromOutside:
    def test_of_another_shape_are_refused_before_anything_is_allocated(self):
        for call in (
            lambda: given(MLPClassifier((10**9,), warm_start=True)).fit(X, Y),
            lambda: given(MLPClassifier((10**9,)), [0, 1]).predict(X),
        ):
            with pytest.raises(ValueError, match="coefs_ must have arrays of shapes"):
                call()

    def test_are_not_copied_to_predict_a_row(self):
        model = MLPRegressor((1000, 1000))
        shapes = [(4, 1000), (1000, 1000), (1000, 1)]
        model.coefs_ = [np.full(shape, 1e-3) for shape in shapes]
        model.intercepts_ = [np.zeros(shape[1]) for shape in shapes]
        model.predict(X[:1])
        assert peak_memory(lambda: model.predict(X[:1])) < 2e6  # a copy would take 8e6

    @pytest.mark.parametrize(
        "parameters",
        [{}, {"early_stopping": True, "scoring": "f1"}, {"solver": "lbfgs"}],
    )
    def test_that_overflow_are_named(self, parameters):
        model = given(MLPClassifier((4,), warm_start=True, **parameters), [0, 1], 1e200)
        with pytest.raises(ValueError, match="coefs_ or intercepts_ to start from, has values so"):
            model.fit(X, Y)

    def test_that_are_good_enough_for_lbfgs_are_no_reason_to_warn(self):
        parameters = {"hidden_layer_sizes": (), "solver": "lbfgs", "alpha": 1.0}
        best = MLPClassifier(max_iter=1000, tol=1e-8, **parameters).fit(X, Y)
        model = MLPClassifier(warm_start=True, **parameters)
        model.coefs_, model.intercepts_ = best.coefs_, best.intercepts_
        assert model.fit(X, Y).n_iter_ == 0


class TestSparseIndicators:
    Y = (rng.random((60, 5)) < 0.3).astype(int)

    @pytest.mark.parametrize("convert", [sparse.csr_matrix, sparse.csc_array, sparse.coo_matrix])
    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"early_stopping": True},
            {"early_stopping": True, "scoring": "f1_micro"},
            {"label_smoothing": 0.2, "class_weight": "balanced"},
            {"solver": "lbfgs"},
        ],
    )
    @pytest.mark.one_of_each
    def test_train_as_an_array_does(self, parameters, convert):
        dense, thin = (MLPClassifier(max_iter=4, random_state=0, **parameters) for _ in range(2))
        dense.fit(X, self.Y)
        thin.fit(X, convert(self.Y))
        assert_same_weights(thin, dense)
        assert_array_equal(thin.predict(X).toarray(), dense.predict(X))
        assert thin.score(X, sparse.csr_matrix(self.Y)) == dense.score(X, self.Y)
        assert thin.validation_scores_ == dense.validation_scores_

    def test_and_arrays_are_the_same_rows_to_early_stopping(self):
        walks = []
        for convert in (np.asarray, sparse.csr_matrix):
            model = MLPClassifier(early_stopping=True, max_iter=2, warm_start=True, random_state=0)
            model.fit(X, self.Y).fit(X, convert(self.Y))
            walks.append(model.best_validation_score_)
        assert walks[0] == walks[1]

    def test_of_other_values_are_refused(self):
        with pytest.raises(ValueError, match="an indicator matrix has 0 and 1"):
            MLPClassifier().fit(X, sparse.csr_matrix(2 * self.Y))

    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_are_never_made_dense_as_a_whole(self, early_stopping):
        n = 1500
        model = MLPClassifier((2,), max_iter=1, batch_size=10, early_stopping=early_stopping)
        inputs, indicators = np.ones((n, 1)), sparse.eye(n, format="csr", dtype=int)
        peak = peak_memory(lambda: model.fit(inputs, indicators))
        # A tenth of the rows is watched, in one block here, of several arrays of 0.8 n² bytes.
        assert peak < (0.5 if not early_stopping else 6) * n * n


class TestUnmovedScores:
    def fit(self, model, y=X[:, 0], **held_out):
        return model.set_params(random_state=0, max_iter=30).fit(X, y, **held_out)

    def test_perfect_ones_are_no_reason_to_warn(self):
        model = MLPClassifier((50,), warm_start=True, random_state=0, max_iter=300).fit(100 * X, Y)
        assert model.score(100 * X, Y) == 1
        model.set_params(early_stopping=True, scoring="accuracy").fit(100 * X, Y)
        self.fit(MLPClassifier(early_stopping=True, scoring="loss"), np.zeros(60))

    def test_targets_that_are_all_equal_are_named(self):
        with pytest.warns(UserWarning, match="All targets that it is computed on are equal"):
            self.fit(MLPRegressor(early_stopping=True), np.zeros(60))

    def test_what_is_no_number_is_blamed_on_the_rows(self):
        with pytest.warns(
            UserWarning, match=r"score that was -inf .*Check the scoring, and the rows"
        ):
            self.fit(MLPRegressor(early_stopping=True), X_val=1e307 * X, y_val=X[:, 0])


class TestLBFGS:
    def test_warns_after_a_warm_start_too(self):
        model = MLPRegressor(solver="lbfgs", warm_start=True, random_state=0).fit(X, X[:, 0])
        with pytest.warns(UserWarning, match=r"gradient is still as large as .*e\+19"):
            model.fit(X, 1e20 * X[:, 0])

    def test_has_nothing_to_say_of_one_class(self):
        MLPClassifier((4,), solver="lbfgs").fit(X, np.zeros(60))

    def test_blames_a_penalty_that_overflows(self):
        with pytest.raises(ValueError, match=r"diverged in epoch 1: .* Lower alpha\."):
            MLPClassifier(solver="lbfgs", alpha=1e300).fit(X, Y)


def test_a_perceptron_names_columns_that_no_memory_holds():
    with pytest.raises(ValueError, match="X has 100000000000000 columns: there is no memory"):
        PerceptronClassifier().fit(sparse.csr_matrix((60, 10**14)), Y)
