"""Targets of every kind, in every container."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import DataConversionWarning

from skperceptron import MLPClassifier, MLPRegressor, PerceptronClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
THREE = X[:, :3].argmax(axis=1)
INDICATORS = (X[:, :3] > 0).astype(int)


def classifier(**parameters):
    rate = {} if parameters.get("solver") == "lbfgs" else {"learning_rate_init": 0.05}
    return MLPClassifier((8,), max_iter=60, random_state=0, **rate, **parameters)


@pytest.mark.parametrize(
    "classes",
    [
        np.array(["ash", "birch", "cedar"]),
        np.array(["ash", "birch", "cedar"], dtype=object),
        np.array([-5, 2, 40]),
        np.array([0.0, 1.0, 2.0]),
    ],
    ids=["strings", "objects", "integers", "floats"],
)
@pytest.mark.parametrize("make", [classifier, PerceptronClassifier])
def test_labels_come_back_as_they_went_in(classes, make):
    model = make().fit(X, classes[THREE])
    assert_array_equal(model.classes_, classes)
    predicted = model.predict(X)
    # As in scikit-learn, strings come back as strings, objects or not.
    assert predicted.dtype == ("U5" if classes.dtype == object else classes.dtype)
    assert np.mean(predicted == classes[THREE]) > 0.8


def test_booleans():
    predicted = classifier().fit(X, X[:, 0] > 0).predict(X)
    assert predicted.dtype == bool
    assert np.mean(predicted == (X[:, 0] > 0)) > 0.9


@pytest.mark.parametrize("make", [classifier, PerceptronClassifier])
def test_two_classes(make):
    model = make().fit(X, X[:, 0] > 0)
    scores = model.decision_function(X)
    assert scores.shape == (60,)
    assert_array_equal(model.predict(X), scores > 0)


def test_probabilities_of_two_classes():
    model = classifier().fit(X, X[:, 0] > 0)
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (60, 2)
    odds = probabilities[:, 1] / probabilities[:, 0]
    assert_allclose(np.log(odds), model.decision_function(X), rtol=1e-6)


def test_probabilities_of_three_classes():
    model = classifier().fit(X, THREE)
    scores, probabilities = model.decision_function(X), model.predict_proba(X)
    assert scores.shape == probabilities.shape == (60, 3)
    assert_allclose(probabilities.sum(axis=1), 1)
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert_allclose(probabilities, expected)
    assert_array_equal(model.predict(X), probabilities.argmax(axis=1))


@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array, sparse.csr_matrix])
def test_several_labels(convert):
    model = classifier().fit(X, convert(INDICATORS))
    assert_array_equal(model.classes_, [0, 1, 2])
    predicted = model.predict(X)
    # Sparse in, sparse out, as in scikit-learn.
    assert sparse.issparse(predicted) == (convert is not np.asarray)
    predicted = predicted.toarray() if sparse.issparse(predicted) else predicted
    assert np.mean(predicted == INDICATORS) > 0.8
    assert_array_equal(predicted, model.decision_function(X) > 0)
    probabilities = model.predict_proba(X)
    assert_allclose(probabilities, 1 / (1 + np.exp(-model.decision_function(X))))


def test_one_class():
    model = classifier().fit(X, np.full(60, "only"))
    assert_array_equal(model.predict(X), np.full(60, "only"))
    assert_array_equal(model.predict_proba(X), np.ones((60, 1)))
    assert_array_equal(model.predict_log_proba(X), np.zeros((60, 1)))
    assert_array_equal(model.decision_function(X), np.zeros(60))


def test_a_perceptron_needs_two_classes():
    with pytest.raises(ValueError, match="number of classes has to be greater than one; got 1"):
        PerceptronClassifier().fit(X, np.zeros(60))


@pytest.mark.parametrize("y", [X[:, 0] > 0, THREE, INDICATORS], ids=["two", "three", "labels"])
def test_log_probabilities_are_finite_where_probabilities_underflow(y):
    model = classifier().fit(X, y)
    near, far = model.predict_log_proba(X), model.predict_log_proba(1e4 * X)
    assert_allclose(near, np.log(model.predict_proba(X)), rtol=1e-6, atol=1e-12)
    assert (model.predict_proba(1e4 * X) == 0).any()
    assert np.isfinite(far).all()


def test_classes_that_come_later():
    model = classifier()
    model.partial_fit(X[THREE == 0], THREE[THREE == 0], classes=[0, 1, 2])
    for _ in range(80):
        model.partial_fit(X, THREE)
    assert model.score(X, THREE) > 0.8


def test_labels_of_several_columns_are_refused():
    with pytest.raises(ValueError, match="several columns that are not indicators"):
        classifier().fit(X, np.column_stack([THREE, THREE]))


@pytest.mark.parametrize("model", [classifier(), MLPRegressor(max_iter=2)])
def test_a_column_is_taken_for_a_vector_with_a_warning(model):
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        model.fit(X, THREE.reshape(-1, 1))
    assert model.predict(X).shape == (60,)


def test_regression_with_one_and_several_outputs():
    one = MLPRegressor(max_iter=300, learning_rate_init=0.01, random_state=0).fit(X, X[:, 0])
    assert one.predict(X).shape == (60,)
    several = MLPRegressor(max_iter=300, learning_rate_init=0.01, random_state=0).fit(X, X[:, :2])
    assert several.predict(X).shape == (60, 2)
    assert min(one.score(X, X[:, 0]), several.score(X, X[:, :2])) > 0.95


class TestContainers:
    names = ("a", "b", "c", "d")

    @pytest.mark.parametrize("make", [classifier, PerceptronClassifier])
    def test_frames_equal_arrays(self, make):
        y = np.array(["x", "y", "z"])[THREE]
        by_array = make().fit(X, y)
        for frame, series in [
            (pd.DataFrame(X, columns=self.names), pd.Series(y)),
            (pl.DataFrame(X, schema=list(self.names)), pl.Series(y)),
        ]:
            model = make().fit(frame, series)
            assert_array_equal(model.feature_names_in_, self.names)
            assert_array_equal(model.predict(frame), by_array.predict(X))

    def test_feature_names_are_held_to(self):
        frame = pd.DataFrame(X, columns=self.names)
        model = classifier().fit(frame, THREE)
        with pytest.raises(ValueError, match="feature names should match"):
            model.predict(frame[["b", "a", "c", "d"]])
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            model.predict(X)

    def test_lists_and_integers(self):
        whole = np.round(X * 10).astype(int)
        model = classifier().fit(whole.tolist(), THREE.tolist())
        assert model.coefs_[0].dtype == np.float64
        assert_array_equal(model.predict(whole), model.predict(whole.astype(float)))


class TestPrecision:
    @pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
    @pytest.mark.parametrize("y", [THREE, INDICATORS], ids=["classes", "labels"])
    def test_single_precision_throughout(self, solver, y):
        model = classifier(solver=solver).fit(X.astype(np.float32), y)
        arrays = [*model.coefs_, *model.intercepts_, model.predict_proba(X.astype(np.float32))]
        assert {array.dtype for array in arrays} == {np.dtype(np.float32)}

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("given", [np.float32, np.float64, int])
    def test_dtype_decides(self, dtype, given):
        data = np.round(10 * X).astype(given)
        model = MLPRegressor(dtype=dtype, max_iter=2).fit(data, X[:, 0])
        assert model.coefs_[0].dtype == model.predict(data).dtype == dtype

    def test_numpy_scalars_as_hyperparameters_do_not_widen(self):
        single = X.astype(np.float32)
        plain = classifier(alpha=0.01, dropout=0.25).fit(single, THREE)
        scalars = classifier(alpha=np.float64(0.01), dropout=np.float64(0.25))
        scalars.set_params(beta_1=np.float64(0.9), tol=np.float64(1e-4)).fit(single, THREE)
        assert_array_equal(scalars.coefs_[0], plain.coefs_[0])


class TestClassesEditedAfterAFit:
    """They stay as the user has left them, and training goes on by the fitted ones."""

    @pytest.mark.parametrize("change", [{}, {"warm_start": True}])
    def test_are_kept(self, change):
        model = MLPClassifier((3,), random_state=0, max_iter=2, tol=None).fit(X, THREE)
        model.set_params(**change).classes_ = np.array(["a", "b", "c"])
        (model.fit if change else model.partial_fit)(X, THREE)
        assert model.classes_.tolist() == ["a", "b", "c"]

    def test_that_were_deleted_are_given_again(self):
        model = MLPClassifier((3,), random_state=0, max_iter=2, tol=None).fit(X, THREE)
        del model.classes_
        with pytest.raises(ValueError, match="classes must be passed on the first call"):
            model.partial_fit(X, THREE)
        model.partial_fit(X, THREE, classes=[0, 1, 2])
        assert model.classes_.tolist() == [0, 1, 2]
