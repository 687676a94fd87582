"""What the two networks are to their user: attributes, pipelines, pickles, interruptions."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.interrupts import interrupt_call, interrupted
from skperceptron import MLPClassifier, MLPRegressor, _predict
from skperceptron._core.optimizers import Adam

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 5))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ATTRIBUTES = {
    "batch_norm_mean_", "batch_norm_scale_", "batch_norm_shift_", "batch_norm_variance_",
    "learning_rate_curve_", "validation_loss_curve_",
    "best_loss_", "best_validation_score_", "coefs_", "intercepts_", "loss_", "loss_curve_",
    "n_features_in_", "n_iter_", "n_layers_", "n_outputs_", "out_activation_", "t_",
    "validation_scores_",
}  # fmt: skip


@quiet
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
def test_attributes_are_there_after_fit_and_none_where_they_do_not_apply(make, early_stopping):
    model = make((7, 3), early_stopping=early_stopping, max_iter=4, random_state=0)
    assert not any(name.endswith("_") for name in vars(model))
    model.fit(X, Y)
    fitted = {name for name in vars(model) if name.endswith("_") and not name.startswith("_")}
    assert fitted - {"classes_"} == ATTRIBUTES
    assert [coef.shape for coef in model.coefs_] == [(5, 7), (7, 3), (3, 1)]
    assert [intercept.shape for intercept in model.intercepts_] == [(7,), (3,), (1,)]
    assert (model.n_layers_, model.n_outputs_, model.n_features_in_) == (4, 1, 5)
    assert model.n_iter_ == len(model.loss_curve_) == 4
    assert model.loss_ == model.loss_curve_[-1]
    assert model.t_ == 4 * (72 if early_stopping else 80)
    assert (model.best_loss_ is None) == early_stopping
    assert (model.validation_scores_ is None) == (not early_stopping)
    assert (model.validation_loss_curve_ is None) == (not early_stopping)
    assert model.learning_rate_curve_ == [0.001] * 4
    assert model.batch_norm_mean_ is None
    assert (model.best_validation_score_ is None) == (not early_stopping)


@quiet
@pytest.mark.parametrize("sizes", [4, (4,), [4], np.array([4]), np.int64(4)])
def test_one_hidden_layer_in_every_notation(sizes):
    model = MLPClassifier(sizes, max_iter=1, random_state=0).fit(X, Y)
    assert [coef.shape for coef in model.coefs_] == [(5, 4), (4, 1)]


@quiet
@pytest.mark.parametrize("sizes", [(), [], np.array([])])
def test_no_hidden_layer_is_linear(sizes):
    model = MLPRegressor(sizes, max_iter=5, random_state=0).fit(X, X[:, 0])
    assert_allclose(model.predict(X), X @ model.coefs_[0][:, 0] + model.intercepts_[0])


def test_activation_may_be_positional():
    assert MLPClassifier((4,), "tanh").activation == MLPRegressor((4,), "tanh").activation == "tanh"
    with pytest.raises(TypeError):
        MLPClassifier((4,), "tanh", "sgd")


@quiet
def test_fit_starts_anew_unless_it_is_a_warm_start():
    model = MLPClassifier((4,), max_iter=3, random_state=0)
    first = copy.deepcopy(model.fit(X, Y).coefs_)
    assert_array_equal(model.fit(X, Y).coefs_[0], first[0])
    assert len(model.loss_curve_) == 3
    model.set_params(hidden_layer_sizes=(6,), activation="tanh").fit(X, Y)
    assert model.coefs_[0].shape == (5, 6)


def test_running_out_of_epochs_is_a_convergence_warning():
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(2\) reached"):
        MLPClassifier(max_iter=2).fit(X, Y)


def test_prediction_before_fit():
    for method in ("predict", "predict_proba", "decision_function", "summary"):
        with pytest.raises(NotFittedError):
            getattr(MLPClassifier(), method)(*([X] if method != "summary" else []))


@pytest.mark.parametrize("momentum", [0, 1, np.float32(0.5)])
def test_momentum_may_be_any_number(momentum):
    """Also in a fit of so many steps that their compiled form is looked for."""
    settings = {"solver": "sgd", "batch_size": 4, "max_iter": 2, "tol": None, "random_state": 0}
    model = MLPRegressor((2,), momentum=momentum, **settings).fit(X, X[:, 0])
    same = MLPRegressor((2,), momentum=float(momentum), **settings).fit(X, X[:, 0])
    assert_array_equal(model.coefs_[0], same.coefs_[0])


def test_batches_larger_than_the_data_are_clipped_with_a_warning():
    model = MLPClassifier((4,), batch_size=500, max_iter=400, tol=0.1, random_state=0)
    with pytest.warns(UserWarning, match="batch_size` .* larger than sample size"):
        clipped = model.fit(X, Y).coefs_[0]
    assert_array_equal(model.set_params(batch_size=80).fit(X, Y).coefs_[0], clipped)


class TestRegularisation:
    @quiet
    def test_alpha_shrinks_weights_and_leaves_intercepts(self):
        norms = []
        for alpha in (0.0, 1.0, 100.0):
            model = MLPRegressor((8,), alpha=alpha, learning_rate_init=0.02, random_state=0)
            model.set_params(max_iter=500, tol=0).fit(X, X[:, 0] + 5)
            norms.append(sum(np.sum(coef**2) for coef in model.coefs_))
        assert norms[0] > norms[1] > 10 * norms[2]
        # Next to no weights are left, and the intercepts predict about the mean.
        assert_allclose(model.predict(X).mean(), np.mean(X[:, 0] + 5), rtol=0.05)

    @quiet
    def test_dropout_is_for_training_only(self):
        parameters = {"max_iter": 100, "learning_rate_init": 0.02, "random_state": 0}
        plain = MLPClassifier((50,), **parameters).fit(X, Y)
        dropped = MLPClassifier((50,), dropout=0.5, **parameters).fit(X, Y)
        assert dropped.loss_ > 2 * plain.loss_
        assert_array_equal(dropped.predict_proba(X), dropped.predict_proba(X))

    @quiet
    def test_dropout_by_layer(self):
        parameters = {"max_iter": 3, "random_state": 0}
        first = MLPClassifier((6, 4), dropout=[0.5, 0.0], **parameters).fit(X, Y)
        last = MLPClassifier((6, 4), dropout=(0.0, 0.5), **parameters).fit(X, Y)
        both = MLPClassifier((6, 4), dropout=0.5, **parameters).fit(X, Y)
        again = MLPClassifier((6, 4), dropout=np.array([0.5, 0.5]), **parameters).fit(X, Y)
        assert len({first.loss_, last.loss_, both.loss_}) == 3
        assert both.loss_ == again.loss_


@quiet
class TestAsAScikitLearnEstimator:
    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_grid_search_over_a_pipeline(self, n_jobs):
        pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=5, random_state=0))
        grid = {
            "mlpclassifier__hidden_layer_sizes": [(), (4,), (4, 3)],
            "mlpclassifier__alpha": [1e-4, 1.0],
            "mlpclassifier__dropout": [0.0, 0.3],
        }
        search = GridSearchCV(pipeline, grid, cv=2, n_jobs=n_jobs, error_score="raise")
        assert len(search.fit(X, Y).cv_results_["params"]) == 12
        assert search.predict(X).shape == (80,)

    def test_cross_validation(self):
        model = MLPRegressor((20,), learning_rate_init=0.01, max_iter=300, random_state=0)
        assert cross_val_score(model, X, X[:, 0] ** 2 + X[:, 1], cv=3).mean() > 0.6

    def test_clone_and_parameters(self):
        model = MLPClassifier((4,), dropout=[0.1], class_weight={0: 2}).fit(X, Y)
        copied = clone(model)
        assert not hasattr(copied, "coefs_")
        assert copied.get_params() == model.get_params()

    @pytest.mark.parametrize("dump", [pickle.dumps, None], ids=["pickle", "joblib"])
    def test_pickles(self, dump, tmp_path):
        model = MLPClassifier((4,), max_iter=5, random_state=0).fit(X, Y)
        if dump:
            loaded = pickle.loads(dump(model))
        else:
            joblib.dump(model, tmp_path / "model")
            loaded = joblib.load(tmp_path / "model")
        assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
        assert_array_equal(loaded.partial_fit(X, Y).coefs_[0], model.partial_fit(X, Y).coefs_[0])


@quiet
class TestPrediction:
    model = MLPClassifier((20,), max_iter=5, random_state=0)

    def test_by_blocks_is_the_same(self, monkeypatch):
        probabilities = self.model.fit(X, Y).predict_proba(X)
        monkeypatch.setattr(_predict, "PREDICTION_BLOCK", 7)
        assert_allclose(self.model.predict_proba(X), probabilities, rtol=1e-12)

    def test_by_threads_is_the_same(self):
        self.model.fit(X, Y)
        blocks = [X[i : i + 10] for i in range(0, 80, 10)] * 20
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(self.model.predict_proba, blocks))
        for block, result in zip(blocks, results, strict=True):
            assert_array_equal(result, self.model.predict_proba(block))

    def test_reads_the_published_weights_alone(self):
        model = clone(self.model).fit(X, Y)
        for coef, intercept in zip(model.coefs_, model.intercepts_, strict=True):
            coef[...] = 0
            intercept[...] = 0
        assert_array_equal(model.predict_proba(X), np.full((80, 2), 0.5))

    def test_does_not_depend_on_parameters_set_since(self):
        model = clone(self.model).fit(X, Y)
        before = model.predict_proba(X)
        model.set_params(activation="tanh", hidden_layer_sizes=(3,), dtype="float32")
        assert_array_equal(model.predict_proba(X), before)


class TestInterruption:
    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_leaves_usable_weights_and_a_warning(self, early_stopping, monkeypatch):
        interrupt_call(monkeypatch, Adam, "step", 11)
        model = MLPClassifier((4,), batch_size=20, early_stopping=early_stopping, random_state=0)
        with interrupted:
            model.fit(X, Y)
        assert len(model.loss_curve_) == model.n_iter_ == 2
        assert np.isfinite(model.predict_proba(X)).all()
        model.set_params(warm_start=True, max_iter=3)
        with pytest.warns(ConvergenceWarning):
            model.fit(X, Y)
        assert len(model.loss_curve_) == 5

    def test_in_the_first_epoch(self, monkeypatch):
        interrupt_call(monkeypatch, Adam, "step", 1)
        model = MLPRegressor((4,))
        with interrupted:
            model.fit(X, Y)
        assert model.loss_curve_ == []
        assert model.loss_ is None
        assert np.isfinite(model.predict(X)).all()


def test_weights_set_by_hand_are_not_a_fitted_network():
    model = MLPClassifier()
    model.coefs_, model.intercepts_ = [np.zeros((5, 1))], [np.zeros(1)]
    with pytest.raises(NotFittedError):
        model.predict(X)
