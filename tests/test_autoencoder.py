"""MLPAutoencoder: a regressor of its own inputs, and a transformer by what it learns."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.callbacks import SilentCallback
from helpers.marks import dense_and_csr, needs_callbacks
from helpers.weights import assert_same_fit
from skperceptron import MLPAutoencoder, MLPRegressor
from skperceptron._core.optimizers import OPTIMIZERS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 2)) @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(90, 6))
HALF_EMPTY = np.where(rng.random(X.shape) < 0.5, 0, X)
X_VAL = X[:25] + 0.1
WEIGHTS = rng.integers(0, 4, 90).astype(float)
IRIS = load_iris().data


def make(**parameters):
    defaults = {"hidden_layer_sizes": (8, 2, 7), "max_iter": 12, "random_state": 0}
    if parameters.get("solver") != "lbfgs":
        defaults |= {"batch_size": 20, "learning_rate_init": 0.02}
    return MLPAutoencoder(**defaults | parameters)


def reconstructions(model, data=X):
    return model.inverse_transform(model.transform(data))


class TestAgainstPCA:
    """The smallest error that a linear autoencoder can have, and the plane it then spans."""

    @pytest.mark.parametrize("sizes", [(2,), (4, 2, 4)], ids=["one layer", "three layers"])
    def test_linear_layers_find_the_principal_plane(self, sizes):
        model = MLPAutoencoder(
            sizes, "identity", solver="lbfgs", alpha=0, tol=1e-7, max_iter=5000, random_state=0
        ).fit(IRIS)
        pca = PCA(2).fit(IRIS)
        smallest = ((IRIS - pca.inverse_transform(pca.transform(IRIS))) ** 2).sum()
        error = ((IRIS - reconstructions(model, IRIS)) ** 2).sum()
        assert error == pytest.approx(smallest, rel=1e-6)
        assert model.loss_ == pytest.approx(smallest / 2 / len(IRIS), rel=1e-6)
        assert model.score(IRIS) == pytest.approx(pca.explained_variance_ratio_.sum(), rel=1e-6)
        decoder = model.coefs_[model.bottleneck_ + 1 :]
        decoder = decoder[0] if len(decoder) == 1 else np.linalg.multi_dot(decoder)
        spanned = np.linalg.qr(decoder.T)[0]
        cosines = np.linalg.svd(pca.components_ @ spanned)[1]
        assert_allclose(cosines, 1, rtol=1e-6)

    def test_so_does_full_batch_gradient_descent(self):
        data = StandardScaler().fit_transform(IRIS)
        model = MLPAutoencoder(
            (2,), solver="sgd", alpha=0, batch_size=len(data), learning_rate_init=0.01, tol=0,
            max_iter=8000, n_iter_no_change=np.inf, random_state=0,
        ).fit(data)  # fmt: skip
        pca = PCA(2).fit(data)
        smallest = ((data - pca.inverse_transform(pca.transform(data))) ** 2).sum()
        error = ((data - reconstructions(model, data)) ** 2).sum()
        assert error == pytest.approx(smallest, rel=1e-6)


# Parameters, and what goes to fit besides X.
TRAININGS = {
    "adam": ({}, {}),
    "lbfgs": ({"solver": "lbfgs"}, {}),
    "toolbox": (
        {"batch_norm": True, "dropout": 0.2, "alpha": 0.1, "l1_ratio": 0.5, "max_norm": 2.0,
         "solver": "lion", "learning_rate": "one_cycle", "input_dropout": 0.1, "clip_norm": 1.0},
        {},
    ),
    "denoising": ({"input_dropout": 0.3}, {}),
    "weights": ({}, {"sample_weight": WEIGHTS}),
    "split": ({"early_stopping": True, "scoring": "loss"}, {}),
    "own rows": ({"early_stopping": True, "scoring": "loss"}, {"X_val": X_VAL}),
    "own rows, recorded": ({}, {"X_val": X_VAL, "sample_weight_val": WEIGHTS[:25] + 1}),
    "bounded": ({"output_activation": "softplus"}, {}),
}  # fmt: skip
every_training = pytest.mark.parametrize("training", TRAININGS)


class TestIsARegressorOfItsInputs:
    @every_training
    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    @pytest.mark.one_of_each
    def test_bit_for_bit(self, training, dtype):
        parameters, more = TRAININGS[training]
        data = X.astype(dtype)
        model = make(**parameters).fit(data, **more)
        if "X_val" in more:
            more = more | {"y_val": more["X_val"]}
        shared = {k: v for k, v in model.get_params().items() if k not in ("bottleneck", "scoring")}
        same = MLPRegressor(**shared | {"activation": ["relu", "identity", "relu"]})
        same.set_params(scoring=model.scoring).fit(data, data, **more)
        assert_same_fit(model, same)
        assert model.coefs_[0].dtype == dtype
        assert_array_equal(reconstructions(model, data), same.predict(data))
        assert_array_equal(model.transform(data), same.hidden_activations(data, 1))

    def test_one_feature_keeps_its_column(self):
        model = make().fit(X[:, :1])
        assert reconstructions(model, X[:, :1]).shape == (90, 1)

    @pytest.mark.parametrize("solver", ["adam", "lbfgs"])
    @pytest.mark.parametrize("early_stopping", [False, True])
    @pytest.mark.parametrize("convert", [sparse.csr_array, sparse.csc_matrix])
    def test_sparse_inputs(self, solver, early_stopping, convert):
        stopping = early_stopping and solver == "adam"
        dense, from_sparse = (
            make(solver=solver, early_stopping=stopping, max_iter=5).fit(
                data, sample_weight=WEIGHTS
            )
            for data in (HALF_EMPTY, convert(HALF_EMPTY))
        )
        assert_allclose(from_sparse.loss_curve_, dense.loss_curve_, rtol=1e-9)
        if stopping:
            assert_allclose(from_sparse.validation_scores_, dense.validation_scores_, rtol=1e-9)
        codes = from_sparse.transform(convert(HALF_EMPTY))
        assert_allclose(codes, dense.transform(HALF_EMPTY), rtol=1e-6, atol=1e-9)
        assert from_sparse.score(convert(HALF_EMPTY)) == pytest.approx(dense.score(HALF_EMPTY))


class TestTimeline:
    PARAMETERS = {"dropout": 0.1, "input_dropout": 0.2, "batch_norm": True}

    @pytest.mark.parametrize("solver", OPTIMIZERS)
    @dense_and_csr
    @pytest.mark.one_of_each
    def test_one_fit_many_partial_fits_many_warm_fits(self, solver, convert):
        model, data = make(solver=solver, **self.PARAMETERS), convert(HALF_EMPTY)
        by_parts, by_warm_fits = clone(model), clone(model).set_params(warm_start=True, max_iter=1)
        model.fit(data)
        for _ in range(12):
            by_parts.partial_fit(data)
            by_warm_fits.fit(data)
        assert_same_fit(by_parts, model)
        assert_same_fit(by_warm_fits, model)

    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_through_a_pickle(self, early_stopping):
        model = make(early_stopping=early_stopping, **self.PARAMETERS)
        half = clone(model).set_params(warm_start=True, max_iter=5).fit(X)
        continued = pickle.loads(pickle.dumps(half)).set_params(max_iter=7).fit(X)
        assert_same_fit(continued, model.fit(X))
        assert_array_equal(continued.transform(X), model.transform(X))

    def test_another_bottleneck_is_another_architecture(self):
        model = make(warm_start=True).fit(X)
        codes = model.set_params(bottleneck=0).transform(X)
        assert codes.shape == (90, 2)  # of the one it was fitted with
        with pytest.raises(ValueError, match="architecture: activations"):
            model.fit(X)


class TestBottleneck:
    @pytest.mark.parametrize(
        ("sizes", "bottleneck", "expected"),
        [(5, None, 0), ((5,), -1, 0), ((9, 3, 4, 3), None, 1), ((9, 3, 4, 3), -1, 3),
         ((9, 3, 4, 3), 2, 2), (np.array([4, 2]), None, 1)],
    )  # fmt: skip
    def test_is_the_narrowest_layer_or_what_was_asked_for(self, sizes, bottleneck, expected):
        model = make(hidden_layer_sizes=sizes, bottleneck=bottleneck, max_iter=1).fit(X)
        assert model.bottleneck_ == expected
        width = np.atleast_1d(sizes)[expected]
        assert model.transform(X).shape == (90, width)
        assert_array_equal(model.transform(X), model.hidden_activations(X, expected))
        names = [f"mlpautoencoder{i}" for i in range(width)]
        assert model.get_feature_names_out().tolist() == names
        assert reconstructions(model).shape == X.shape

    def test_is_linear_unless_it_has_an_activation_of_its_own(self):
        model = make(activation="relu").fit(X)
        by_hand = model.hidden_activations(X, 0) @ model.coefs_[1] + model.intercepts_[1]
        assert_allclose(model.transform(X), by_hand, rtol=1e-12)
        assert model.transform(X).min() < 0
        bounded = make(activation=["relu", "logistic", "relu"]).fit(X).transform(X)
        assert 0 < bounded.min() < bounded.max() < 1

    def test_batch_normalised_halves_fit_together(self):
        model = make(batch_norm=True).fit(X)
        parts = reconstructions(model)
        assert_array_equal(parts, model._predict(X, lambda targets, scores: targets.decode(scores)))


class TestDenoising:
    @pytest.mark.slow
    def test_the_targets_are_whole(self):
        """A linear network of one layer: the optimum under dropout has a closed form.

        With keep probability k and scatter S, the mean of ½‖x − (x∘m/k) W‖² is least for
        W = (S + (1/k − 1) diag S)⁻¹ S. With dropped targets it would be another one.
        """
        data = (X - X.mean(axis=0)) / X.std()
        keep = 0.7
        model = MLPAutoencoder(
            (6,), input_dropout=1 - keep, alpha=0, batch_size=900, learning_rate_init=0.1,
            learning_rate="cosine", max_iter=1500, tol=0, n_iter_no_change=np.inf, random_state=0,
        ).fit(np.tile(data, (100, 1))[:9000])  # fmt: skip
        scatter = data.T @ data
        weights = np.linalg.solve(scatter + (1 / keep - 1) * np.diag(np.diag(scatter)), scatter)
        assert_allclose(model.coefs_[0] @ model.coefs_[1], weights, atol=0.02)
        assert np.abs(weights - np.eye(6)).max() > 0.2

    def test_what_is_missing_is_filled_in(self):
        digits = load_digits().data.astype(np.float32) / 16
        train, test = digits[:1200], digits[1200:]
        holes = np.where(np.random.default_rng(0).random(test.shape) < 0.3, 0, test)
        plain, denoising = (
            make(hidden_layer_sizes=(64, 24, 64), input_dropout=rate, max_iter=15, batch_size=50)
            .set_params(learning_rate_init=0.005)
            .fit(train)
            for rate in (0.0, 0.3)
        )

        def error(model, data):
            return np.mean((reconstructions(model, data) - test) ** 2)

        assert error(denoising, holes) < 0.8 * error(plain, holes)
        # In training, what is left is divided by its share.
        assert error(denoising, holes / 0.7) < 0.9 * error(denoising, holes)

    @pytest.mark.parametrize("shuffle", [False, True])
    def test_the_data_stay_as_they_are(self, shuffle):
        data = X.copy()
        make(input_dropout=0.5, shuffle=shuffle, batch_size=90).fit(data)
        assert_array_equal(data, X)


class TestScore:
    def test_is_the_share_of_variance_explained(self):
        model = make().fit(X)
        residuals = ((X - reconstructions(model)) ** 2).sum(axis=1)
        deviations = ((X - X.mean(axis=0)) ** 2).sum(axis=1)
        assert model.score(X) == pytest.approx(1 - residuals.sum() / deviations.sum(), rel=1e-12)
        deviations = ((X - np.average(X, axis=0, weights=WEIGHTS)) ** 2).sum(axis=1)
        expected = 1 - WEIGHTS @ residuals / (WEIGHTS @ deviations)
        assert model.score(X, sample_weight=WEIGHTS) == pytest.approx(expected, rel=1e-12)

    def test_errors_count_in_features_that_are_constant(self):
        flat = np.hstack([X, np.ones((90, 2))])
        model = make().fit(flat)
        error = ((flat - reconstructions(model, flat)) ** 2).sum()
        assert model.score(flat) == pytest.approx(1 - error / ((X - X.mean(axis=0)) ** 2).sum())

    def test_rows_that_are_all_alike(self):
        model = make(hidden_layer_sizes=(2,), solver="lbfgs", tol=0, alpha=0).fit(np.zeros((5, 3)))
        for weight in (*model.coefs_, *model.intercepts_):
            weight[...] = 0
        assert model.score(np.zeros((5, 3))) == 1
        assert model.score(np.ones((1, 3))) == 0

    def test_is_what_early_stopping_watches(self):
        model = make(early_stopping=True).fit(X, X_val=X_VAL)
        assert max(model.validation_scores_) == model.best_validation_score_
        assert model.score(X_VAL) == pytest.approx(model.best_validation_score_, rel=1e-12)

    def test_or_a_function_of_yours(self):
        def worst_row(estimator, X, y):
            assert_array_equal(X, y)
            return -np.abs(reconstructions(estimator, X) - X).max()

        model = make(early_stopping=True, scoring=worst_row).fit(X, X_val=X_VAL)
        assert model.best_validation_score_ == worst_row(model, X_VAL, X_VAL)


class TestInScikitLearn:
    def test_before_a_classifier_in_a_search(self):
        data, y = load_iris(return_X_y=True)
        pipeline = make_pipeline(StandardScaler(), make(), LogisticRegression())
        grid = {"mlpautoencoder__hidden_layer_sizes": [(8, 1, 8), (8, 2, 8)]}
        search = GridSearchCV(pipeline, grid, cv=3).fit(data, y)
        assert search.best_score_ > 0.8

    def test_a_search_by_its_own_score(self):
        search = GridSearchCV(make(max_iter=40), {"hidden_layer_sizes": [(1,), (3,)]}, cv=3).fit(X)
        assert search.best_params_ == {"hidden_layer_sizes": (3,)}

    def test_frames(self):
        frame = pd.DataFrame(X, columns=list("abcdef"), index=np.arange(90) + 7)
        model = make().set_output(transform="pandas")
        codes = model.fit_transform(frame)
        assert codes.columns.tolist() == ["mlpautoencoder0", "mlpautoencoder1"]
        assert_array_equal(codes.index, frame.index)
        assert_array_equal(codes, make().fit(X).transform(X))
        assert_array_equal(model.inverse_transform(codes), reconstructions(make().fit(X)))
        assert model.score(frame) == pytest.approx(make().fit(X).score(X), rel=1e-12)

    def test_inverse_transform_of_a_pipeline(self):
        pipeline = make_pipeline(StandardScaler(), make(max_iter=60)).fit(X)
        restored = pipeline.inverse_transform(pipeline.transform(X))
        assert np.mean((restored - X) ** 2) < 0.2 * X.var()

    @needs_callbacks
    @dense_and_csr
    def test_callbacks_see_the_rows_held_out(self, convert):
        seen = []

        class Watch(SilentCallback):
            def on_fit_task_end(self, estimator, context, *, metadata=None, fitted_estimator=None):
                seen.append(fitted_estimator.score(metadata.validation.X))

        model = make(early_stopping=True, max_iter=3).set_callbacks(Watch()).fit(convert(X))
        assert_allclose(seen[:3], model.validation_scores_, rtol=1e-9)


def test_rows_of_weight_0_do_not_matter_whatever_is_in_them():
    weight = np.repeat([1.0, 0.0], 45)
    wild = np.where(weight[:, np.newaxis] > 0, X, 1e200)
    for convert in (np.asarray, sparse.csr_array):
        calm = make(shuffle=False).fit(convert(X), sample_weight=weight)
        assert_same_fit(make(shuffle=False).fit(convert(wild), sample_weight=weight), calm)


def test_edited_weights_are_what_transform_reads():
    model = make().fit(X)
    before = copy.deepcopy(model.transform(X))
    model.intercepts_[1] += 1
    assert_allclose(model.transform(X), before + 1)


def test_dropping_the_training_state_keeps_the_codes():
    model = make().fit(X)
    before = model.transform(X)
    small = pickle.loads(pickle.dumps(model.drop_training_state()))
    assert_array_equal(small.transform(X), before)
    assert_array_equal(reconstructions(small), reconstructions(model))
