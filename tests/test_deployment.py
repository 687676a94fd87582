"""Small pickles, and what can be seen of a fitted network."""

import copy
import pickle
import re

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError

from helpers.marks import dense_and_csr
from helpers.tasks import tasks
from skperceptron import MLPClassifier, MLPRegressor, PerceptronClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 5))
SCORES = X @ rng.normal(size=(5, 3)) + 0.5 * rng.normal(size=(80, 3))
TASKS = tasks(SCORES, rng.poisson(np.exp(SCORES[:, 0] / 3)))
TRAINING = {
    "sgd": {"solver": "sgd"},
    "adam": {"solver": "adam", "dropout": 0.2},
    "early stopping": {"early_stopping": True},
    "lbfgs": {"solver": "lbfgs"},
}
every_target = pytest.mark.parametrize("target", TASKS)
every_training = pytest.mark.parametrize("training", TRAINING)


def make(target, **parameters):
    estimator, loss, y = TASKS[target]
    defaults = {"hidden_layer_sizes": (7, 4), "max_iter": 6, "random_state": 0}
    return estimator(**defaults | loss | parameters), y


def outputs(model, data=X):
    names = ["predict", "predict_proba", "predict_log_proba", "decision_function"]
    return [getattr(model, name)(data) for name in names if hasattr(model, name)]


class TestDropTrainingState:
    @every_target
    @every_training
    def test_leaves_predictions_as_they_are(self, target, training):
        model, y = make(target, **TRAINING[training])
        before = outputs(model.fit(X, y))
        assert model.drop_training_state() is model
        for one, other in zip(outputs(model), before, strict=True):
            assert_array_equal(one, other)
        for one, other in zip(outputs(pickle.loads(pickle.dumps(model))), before, strict=True):
            assert_array_equal(one, other)

    @every_training
    def test_makes_the_pickle_little_more_than_the_weights(self, training):
        data, y = rng.normal(size=(1000, 200)), rng.integers(0, 3, 1000)
        model = MLPClassifier((300, 100), max_iter=2, random_state=0)
        model.set_params(**TRAINING[training]).fit(data, y)
        weights = sum(w.nbytes for w in model.coefs_ + model.intercepts_)
        limit = 1.1 * weights + 50_000
        assert len(pickle.dumps(model)) > limit
        assert len(pickle.dumps(model.drop_training_state())) <= limit

    @pytest.mark.parametrize("n_epochs", [10, pytest.param(3000, marks=pytest.mark.slow)])
    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_however_long_training_was(self, n_epochs, early_stopping):
        model = MLPClassifier((2,), max_iter=n_epochs, tol=0, n_iter_no_change=np.inf)
        model.set_params(early_stopping=early_stopping, batch_size=80, random_state=0)
        model.fit(X, TASKS["binary"].y, X_val=X[:2], y_val=TASKS["binary"].y[:2])
        assert model.n_iter_ == n_epochs
        weights = sum(w.nbytes for w in model.coefs_ + model.intercepts_)
        assert len(pickle.dumps(model.drop_training_state())) <= 1.1 * weights + 50_000

    @every_training
    def test_empties_the_curves_and_keeps_the_rest(self, training):
        model, y = make("binary", **TRAINING[training])
        before = dict(vars(model.fit(X, y)))
        after = vars(model.drop_training_state())
        for name in [name for name in before if name.endswith("_")]:
            if isinstance(before[name], list) and isinstance(before[name][0], float):
                assert after[name] == [], name
            else:
                assert after[name] is before[name], name

    @every_target
    @every_training
    def test_is_no_end_of_training(self, target, training):
        model, y = make(target, warm_start=True, **TRAINING[training])
        loss = model.fit(X, y).drop_training_state().loss_
        before = [w.copy() for w in model.coefs_]
        model.fit(X, y)
        assert len(model.loss_curve_) == model.n_iter_ > 0
        # From the weights, not from new ones: six epochs do not lead far.
        if training != "lbfgs":
            assert 0 < np.abs(model.coefs_[0] - before[0]).max() < 0.1
        assert model.loss_ < 1.5 * loss

    @every_target
    def test_partial_fit_goes_on_with_a_timeline_of_its_own(self, target):
        model, y = make(target)
        model.fit(X, y).drop_training_state()
        before = [w.copy() for w in model.coefs_]
        for n_epochs in (1, 2):
            model.partial_fit(X, y)
            assert len(model.loss_curve_) == len(model.learning_rate_curve_) == n_epochs
            assert model.t_ == n_epochs * len(X)
            assert model.best_loss_ == min(model.loss_curve_)
        assert 0 < np.abs(model.coefs_[0] - before[0]).max() < 0.1

    def test_goes_on_in_the_precision_of_the_weights(self):
        model, y = make("binary")
        model.fit(X.astype(np.float32), y).drop_training_state().partial_fit(X, y)
        assert model.coefs_[0].dtype == np.float32

    def test_twice(self):
        model, y = make("binary")
        assert model.fit(X, y).drop_training_state().drop_training_state() is model

    def test_unfitted(self):
        with pytest.raises(NotFittedError):
            MLPClassifier().drop_training_state()


@every_target
@every_training
@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.one_of_each
def test_joblib(target, training, drop, tmp_path):
    model, y = make(target, warm_start=True, **TRAINING[training])
    model.fit(X, y)
    if drop:
        model.drop_training_state()
    joblib.dump(model, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    for one, other in zip(outputs(loaded), outputs(model), strict=True):
        assert_array_equal(one, other)
    for one, other in zip(loaded.fit(X, y).coefs_, model.fit(X, y).coefs_, strict=True):
        assert_array_equal(one, other)


def test_weights_mapped_from_disk_predict_and_stay_as_they_are(tmp_path):
    model, y = make("multiclass")
    model.fit(X, y).drop_training_state()
    joblib.dump(model, tmp_path / "model.joblib")
    mapped = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
    assert isinstance(mapped.coefs_[0], np.memmap)
    assert_array_equal(mapped.predict_proba(X), model.predict_proba(X))
    expected = model.partial_fit(X, y).coefs_[0]
    assert_array_equal(mapped.partial_fit(X, y).coefs_[0], expected)


ACTIVATIONS = {
    "identity": lambda z: z,
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
}


class TestHiddenActivations:
    @pytest.mark.parametrize("activation", ACTIVATIONS)
    @pytest.mark.parametrize("layer", range(-3, 3))
    @dense_and_csr
    @pytest.mark.one_of_each
    def test_are_those_of_the_forward_pass(self, activation, layer, convert):
        model, y = make(
            "multiclass", hidden_layer_sizes=(7, 4, 6), activation=activation, dropout=0.5
        )
        model.fit(X, y)
        expected, a = [], X
        for weight, intercept in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
            a = ACTIVATIONS[activation](a @ weight + intercept)
            expected.append(a)
        actual = model.hidden_activations(convert(X), layer)
        assert_allclose(actual, expected[layer], rtol=1e-12, atol=1e-12)

    def test_of_the_last_layer_lead_to_the_scores(self):
        model, y = make("outputs")
        hidden = model.fit(X, y).hidden_activations(X)
        assert_allclose(hidden @ model.coefs_[-1] + model.intercepts_[-1], model.predict(X))

    @pytest.mark.parametrize("layer", [2, -3, 17])
    def test_a_layer_that_is_not_there_is_named(self, layer):
        model, y = make("binary")
        with pytest.raises(ValueError, match=f"layer={layer}.*2 hidden layers"):
            model.fit(X, y).hidden_activations(X, layer)

    @pytest.mark.parametrize("layer", [-1, 0])
    def test_a_linear_model_has_none(self, layer):
        model, y = make("binary", hidden_layer_sizes=())
        with pytest.raises(ValueError, match=f"layer={layer}.*0 hidden layers"):
            model.fit(X, y).hidden_activations(X, layer)

    def test_other_features_and_unfitted(self):
        model, y = make("binary")
        with pytest.raises(NotFittedError):
            model.hidden_activations(X)
        with pytest.raises(ValueError, match="4 features"):
            model.fit(X, y).hidden_activations(X[:, :4])


class TestSummary:
    @every_target
    @pytest.mark.parametrize("sizes", [(), (7,), (7, 4, 6)])
    def test_counts_every_layer_and_parameter(self, target, sizes):
        model, y = make(target, hidden_layer_sizes=sizes, activation="tanh")
        lines = model.fit(X, y).summary().splitlines()
        assert len(lines) == len(sizes) + 4  # heading, inputs, output, total
        assert re.fullmatch(r"inputs +5 +0", lines[1])
        for depth, (line, weight) in enumerate(zip(lines[2:-1], model.coefs_, strict=True)):
            name = "output" if depth == len(sizes) else f"hidden {depth + 1}"
            activation = model.out_activation_ if depth == len(sizes) else "tanh"
            count = weight.size + weight.shape[1]
            assert line.split() == [*name.split(), activation, str(weight.shape[1]), str(count)]
        total = sum(w.size for w in model.coefs_ + model.intercepts_)
        assert lines[-1].split() == ["total", str(total)]

    def test_unfitted(self):
        with pytest.raises(NotFittedError):
            MLPRegressor().summary()


class TestReadyArrays:
    """An array that is as it should be skips scikit-learn's validation, and nothing else."""

    X = np.random.default_rng(0).normal(size=(60, 4))
    y = np.arange(60) % 3

    @pytest.fixture
    def model(self):
        return MLPClassifier((5,), max_iter=3, random_state=0, tol=1).fit(self.X, self.y)

    @pytest.mark.parametrize(
        "other", [list, np.asfortranarray, np.float32, sparse.csr_matrix, lambda X: X[::-1][::-1]]
    )
    def test_predictions_are_those_of_any_other_form(self, model, other):
        if other is np.float32:
            X = self.X.astype(np.float32)
            assert_array_equal(model.predict_proba(X), model.predict_proba(X.astype(float)))
        else:
            X = self.X.tolist() if other is list else other(self.X)
            assert_allclose(model.predict_proba(X), model.predict_proba(self.X), rtol=1e-14)

    @pytest.mark.parametrize("n_rows", [1, 60])
    def test_what_is_not_ready_is_refused(self, model, n_rows):
        X = self.X[:n_rows].copy()
        with pytest.raises(ValueError, match="X has 3 features, but MLPClassifier is expecting 4"):
            model.predict(X[:, :3].copy())
        for value in (np.nan, np.inf, -np.inf):
            X[0, 0] = value
            with pytest.raises(ValueError, match="X contains"):
                model.predict(X)
        with pytest.raises(ValueError, match="0 sample"):
            model.predict(X[:0])

    def test_a_sum_that_overflows_is_not_taken_for_infinity(self, model):
        X = np.full((2, 4), 1e308)
        model = copy.deepcopy(model)
        model.coefs_[0] *= 1e-10  # else the outputs would overflow too, which is refused
        assert model.predict(X).shape == (2,)

    def test_missing_names_are_noticed(self):
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame(self.X, columns=list("abcd"))
        model = MLPClassifier((5,), max_iter=3, random_state=0, tol=1).fit(frame, self.y)
        with pytest.warns(UserWarning, match="X does not have valid feature names"):
            model.predict(self.X)


PERCEPTRONS = {
    "rosenblatt": {},
    "averaged": {"algorithm": "averaged"},
    "pocket": {"algorithm": "pocket"},
    "joint": {"multi_class": "joint", "penalty": "l2"},
    "early stopping": {"early_stopping": True},
}
every_perceptron = pytest.mark.parametrize("kind", PERCEPTRONS)


def perceptron(kind, **parameters):
    y = np.array(["a", "b", "c"])[SCORES.argmax(axis=1)]
    defaults = {"random_state": 0, "max_iter": 6, "tol": None}
    return PerceptronClassifier(**defaults | PERCEPTRONS[kind] | parameters), y


class TestDropTrainingStateOfPerceptrons:
    @every_perceptron
    @pytest.mark.parametrize("sparsify", [False, True])
    def test_leaves_predictions_and_attributes_as_they_are(self, kind, sparsify):
        model, y = perceptron(kind)
        model = model.fit(X, y).sparsify() if sparsify else model.fit(X, y)
        before, attributes = outputs(model), dict(vars(model))
        assert model.drop_training_state() is model
        for one, other in zip(outputs(model), before, strict=True):
            assert_array_equal(one, other)
        for one, other in zip(outputs(pickle.loads(pickle.dumps(model))), before, strict=True):
            assert_array_equal(one, other)
        assert model.mistakes_curve_ == []
        for name in [n for n in attributes if n.endswith("_") and n != "mistakes_curve_"]:
            assert getattr(model, name) is attributes[name]

    @every_perceptron
    def test_makes_the_pickle_little_more_than_the_weights(self, kind):
        data, y = rng.normal(size=(300, 5000)), rng.integers(0, 3, 300)
        model, _ = perceptron(kind, max_iter=2)
        weights = model.fit(data, y).coef_.nbytes
        assert len(pickle.dumps(model)) > 1.1 * weights + 50_000
        assert len(pickle.dumps(model.drop_training_state())) <= 1.1 * weights + 50_000

    @every_perceptron
    @pytest.mark.parametrize("how", ["fit", "partial_fit"])
    def test_goes_on_from_the_weights_with_everything_else_new(self, kind, how):
        model, y = perceptron(kind, warm_start=True)
        model.fit(X, y)
        given, _ = perceptron(kind, warm_start=True)
        given.coef_, given.intercept_ = model.coef_.copy(), model.intercept_.copy()
        given.classes_ = model.classes_.copy()
        model.drop_training_state()
        if how == "partial_fit" and kind == "early stopping":
            model, given = (
                model.set_params(early_stopping=False),
                given.set_params(early_stopping=False),
            )
        for one in (model, given):
            getattr(one, how)(X, y)
        assert_array_equal(model.coef_, given.coef_)
        assert model.mistakes_curve_ == given.mistakes_curve_ != []
        assert model.t_ == given.t_ == 1 + len(X) * model.n_iter_

    def test_a_fit_without_warm_start_begins_anew(self):
        model, y = perceptron("averaged")
        expected = model.fit(X, y).coef_.copy()
        assert_array_equal(model.drop_training_state().fit(X, y).coef_, expected)

    def test_twice_and_weights_without_a_fit(self):
        model, y = perceptron("rosenblatt")
        assert model.fit(X, y).drop_training_state().drop_training_state() is model
        given = PerceptronClassifier()
        given.coef_, given.intercept_, given.classes_ = np.eye(3), np.zeros(3), np.arange(3)
        assert given.drop_training_state().predict(np.eye(3)).tolist() == [0, 1, 2]

    def test_joblib_and_copy(self, tmp_path):
        model, y = perceptron("averaged", warm_start=True)
        model.fit(X, y).drop_training_state()
        joblib.dump(model, tmp_path / "model.joblib")
        loaded = joblib.load(tmp_path / "model.joblib")
        assert_array_equal(loaded.predict(X), model.predict(X))
        assert_array_equal(loaded.fit(X, y).coef_, copy.deepcopy(model).fit(X, y).coef_)

    def test_unfitted(self):
        with pytest.raises(NotFittedError):
            PerceptronClassifier().drop_training_state()
