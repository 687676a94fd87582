"""to_sklearn and from_sklearn: the same predictions, and able to go on."""

import copy
import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import linear_model, neural_network
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

import skperceptron
from helpers.weights import assert_close_weights
from skperceptron import MLPClassifier, MLPRegressor
from skperceptron._core.activations import Tanh

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 5))
SCORES = X @ rng.normal(size=(5, 3)) + 0.5 * rng.normal(size=(80, 3))
COUNTS = rng.poisson(np.exp(SCORES / 3))
TARGETS = {
    "binary": ("MLPClassifier", {}, (SCORES[:, 0] > 0).astype(int)),
    "multiclass": ("MLPClassifier", {}, SCORES.argmax(axis=1)),
    "strings": ("MLPClassifier", {}, np.array(["no", "yes"])[(SCORES[:, 0] > 0).astype(int)]),
    "three strings": ("MLPClassifier", {}, np.array(["a", "b", "c"])[SCORES.argmax(axis=1)]),
    "multilabel": ("MLPClassifier", {}, (SCORES > 0).astype(int)),
    "one output": ("MLPRegressor", {}, SCORES[:, 0]),
    "outputs": ("MLPRegressor", {}, SCORES),
    "poisson": ("MLPRegressor", {"loss": "poisson"}, COUNTS[:, 0]),
    "poisson outputs": ("MLPRegressor", {"loss": "poisson"}, COUNTS),
}
# Before 1.7 scikit-learn had no Poisson loss.
THEY_HAVE_POISSON = "loss" in neural_network.MLPRegressor().get_params()
if not THEY_HAVE_POISSON:
    TARGETS = {name: target for name, target in TARGETS.items() if not target[1]}
every_target = pytest.mark.parametrize("target", TARGETS)
every_solver = pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])


class Unhashable(Tanh):
    """An activation of the user's that compares by contents, and so has no hash."""

    def __eq__(self, other):
        return type(self) is type(other)

    __hash__ = None


def make(package, target, **parameters):
    name, loss, y = TARGETS[target]
    defaults = {"hidden_layer_sizes": (7, 4), "max_iter": 6, "random_state": 0}
    return getattr(package, name)(**defaults | loss | parameters), y


ours = partial(make, skperceptron)
theirs = partial(make, neural_network)


def assert_predict_the_same(one, other, data=X, tolerance=1e-12):
    if is_classifier(one):
        assert_array_equal(one.predict(data), other.predict(data))
        assert one.predict(data).dtype == other.predict(data).dtype
        probabilities = other.predict_proba(data)
        assert_allclose(one.predict_proba(data), probabilities, rtol=tolerance, atol=tolerance)
        assert_array_equal(one.classes_, other.classes_)
    else:
        assert one.predict(data).shape == other.predict(data).shape
        assert_allclose(one.predict(data), other.predict(data), rtol=tolerance, atol=tolerance)


class TestToScikitLearn:
    @every_target
    @pytest.mark.parametrize(
        "parameters",
        [
            {"solver": "sgd"},
            {"solver": "adam", "activation": "sigmoid"},
            {"solver": "adam", "early_stopping": True},
            {"solver": "adam", "dropout": 0.3, "input_dropout": 0.1},
            {"solver": "lbfgs"},
            {"hidden_layer_sizes": ()},
            {"batch_norm": True, "learning_rate_init": 0.1},
            {"activation": ("logistic", "sigmoid"), "solver": "lion", "weight_init": "he_normal"},
            {"learning_rate": "cosine", "max_norm": 1.0, "l1_ratio": 0.5},
        ],
        ids=[
            *("sgd", "sigmoid", "early stopping", "dropout", "lbfgs", "linear"),
            *("batch norm", "two names", "new schedule"),
        ],
    )
    @pytest.mark.one_of_each
    def test_predicts_the_same(self, target, parameters):
        model, y = ours(target, **parameters)
        converted = model.fit(X, y).to_sklearn()
        assert type(converted) is getattr(neural_network, type(model).__name__)
        assert_predict_the_same(converted, model)
        assert_predict_the_same(converted, model, sparse.csr_array(X))
        assert_allclose(converted.score(X, y), model.score(X, y), rtol=1e-12)

    @every_target
    def test_is_fitted_pickles_and_clones(self, target):
        model, y = ours(target)
        converted = model.fit(X, y).to_sklearn()
        check_is_fitted(converted)
        assert_predict_the_same(pickle.loads(pickle.dumps(converted)), model)
        fresh = clone(converted)
        assert not hasattr(fresh, "coefs_")
        # The parameters that both have came along, so the clone is trained alike.
        refitted = fresh.fit(X, y)
        assert_close_weights(refitted, model, rtol=1e-6, atol=1e-9)

    @every_target
    @pytest.mark.parametrize("solver", ["sgd", "adam"])
    @pytest.mark.parametrize("method", ["partial_fit", "fit"])
    @pytest.mark.one_of_each
    def test_goes_on(self, target, solver, method):
        model, y = ours(target, solver=solver, warm_start=method == "fit", max_iter=3)
        converted = model.fit(X, y).to_sklearn()
        n_iter, before = len(converted.loss_curve_), copy.deepcopy(converted.coefs_)
        getattr(converted, method)(X, y)
        assert len(converted.loss_curve_) == n_iter + (1 if method == "partial_fit" else 3)
        assert converted.t_ == 80 * len(converted.loss_curve_)
        # From the weights, not from new ones: three epochs do not lead far.
        assert 0 < np.abs(converted.coefs_[0] - before[0]).max() < 0.1

    def test_goes_on_with_early_stopping(self):
        model, y = ours("binary", early_stopping=True, warm_start=True)
        converted = model.fit(X, y).to_sklearn()
        converted.fit(X, y)
        assert len(converted.validation_scores_) == 12

    @pytest.mark.parametrize("target", ["multiclass", "one output"])
    def test_shares_no_memory(self, target):
        model, y = ours(target, warm_start=True)
        converted = model.fit(X, y).to_sklearn()
        before = copy.deepcopy(model.coefs_)
        converted.partial_fit(X, y)
        converted.coefs_[0][:] = 0
        assert_array_equal(model.coefs_[0], before[0])

    def test_float32(self):
        model, y = ours("multiclass")
        data = X.astype(np.float32)
        converted = model.fit(data, y).to_sklearn()
        assert converted.coefs_[0].dtype == np.float32
        assert_allclose(converted.predict_proba(data), model.predict_proba(data), rtol=1e-5)

    def test_feature_names(self):
        model, y = ours("binary")
        frame = pd.DataFrame(X, columns=list("abcde"))
        converted = model.fit(frame, y).to_sklearn()
        assert converted.feature_names_in_.tolist() == list("abcde")
        assert_predict_the_same(converted, model, frame)
        with pytest.raises(ValueError, match="feature names"):
            converted.predict(frame[list("edcba")])

    def test_after_the_training_state_is_dropped(self):
        model, y = ours("binary")
        converted = model.fit(X, y).drop_training_state().to_sklearn()
        assert_predict_the_same(converted, model)

    def test_weights_edited_since(self):
        model, y = ours("binary")
        model.fit(X, y)
        model.coefs_[0][:] *= 2
        assert_predict_the_same(model.to_sklearn(), model)

    @pytest.mark.skipif(THEY_HAVE_POISSON, reason="this version has the loss")
    def test_a_loss_that_it_does_not_have(self):
        model = MLPRegressor(loss="poisson", max_iter=2, random_state=0).fit(X, COUNTS)
        with pytest.raises(ValueError, match="loss='poisson'"):
            model.to_sklearn()

    @pytest.mark.parametrize("loss", ["squared_error", "focal"])
    def test_another_loss_predicts_through_the_same_link(self, loss):
        for target in ("binary", "multiclass", "multilabel"):
            model, y = ours(target, loss=loss)
            assert_predict_the_same(model.fit(X, y).to_sklearn(), model)

    @pytest.mark.parametrize("loss", ["huber", "quantile", "log_cosh", "absolute_error"])
    def test_another_regression_loss_is_left_behind(self, loss):
        model = MLPRegressor(loss=loss, max_iter=2).fit(X, SCORES)
        converted = model.to_sklearn()
        assert_predict_the_same(converted, model)
        converted.partial_fit(X, SCORES)

    @pytest.mark.parametrize(
        ("model", "match"),
        [
            (MLPClassifier(activation="gelu"), "activation .'gelu',. can't be converted"),
            (MLPClassifier((5, 4), ("relu", "tanh")), "one activation for all hidden layers"),
            (MLPClassifier((5, 4), Unhashable()), "activation .*Unhashable.* can't be converted"),
            (MLPClassifier(loss="hinge"), "output activation 'identity', of loss='hinge'"),
            (MLPRegressor(output_activation="softplus"), "output activation 'softplus'"),
        ],
    )
    def test_what_has_no_name_there(self, model, match):
        y = SCORES.argmax(axis=1) if is_classifier(model) else SCORES
        with pytest.raises(ValueError, match=match):
            model.set_params(max_iter=2).fit(X, y).to_sklearn()

    def test_unfitted(self):
        with pytest.raises(NotFittedError):
            MLPClassifier().to_sklearn()


class TestFromScikitLearn:
    @every_target
    @every_solver
    @pytest.mark.one_of_each
    def test_predicts_the_same(self, target, solver):
        model, y = theirs(target, solver=solver)
        back = getattr(skperceptron, type(model).__name__).from_sklearn(model.fit(X, y))
        check_is_fitted(back)
        assert_predict_the_same(back, model)
        assert_predict_the_same(back, model, sparse.csr_array(X))
        parameters = model.get_params()
        assert parameters == {k: v for k, v in back.get_params().items() if k in parameters}

    @pytest.mark.parametrize("target", ["binary", "multiclass", "one output"])
    def test_predicts_the_same_after_early_stopping(self, target):
        model, y = theirs(target, early_stopping=True)
        back = getattr(skperceptron, type(model).__name__).from_sklearn(model.fit(X, y))
        assert_predict_the_same(back, model)
        assert back.validation_scores_ == model.validation_scores_

    @every_target
    @pytest.mark.parametrize(
        "parameters",
        [
            {"solver": "adam"},
            {"solver": "sgd"},
            {"solver": "sgd", "nesterovs_momentum": False},
            {"solver": "sgd", "learning_rate": "adaptive", "n_iter_no_change": 1, "tol": 0.1},
            {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1},
        ],
        ids=["adam", "nesterov", "classical", "adaptive", "invscaling"],
    )
    @pytest.mark.one_of_each
    def test_goes_on_as_scikit_learn_does(self, target, parameters):
        model, y = theirs(target, shuffle=False, batch_size=30, **parameters)
        model.fit(X, y)
        back = getattr(skperceptron, type(model).__name__).from_sklearn(model)
        if target == "outputs":
            back.set_params(tol=3 * model.tol)  # the loss is a sum here: difference 1
        before = copy.deepcopy(model.coefs_)
        for _ in range(5):
            model.partial_fit(X, y)
            back.partial_fit(X, y)
        assert np.abs(model.coefs_[0] - before[0]).max() > 1e-4
        assert_close_weights(back, model, rtol=1e-10, atol=1e-10)
        assert back.t_ == model.t_
        assert len(back.loss_curve_) == len(model.loss_curve_)

    @every_target
    def test_pickles_and_clones(self, target):
        model, y = theirs(target)
        back = getattr(skperceptron, type(model).__name__).from_sklearn(model.fit(X, y))
        converted = pickle.loads(pickle.dumps(back))
        assert_predict_the_same(converted, model)
        assert_array_equal(converted.partial_fit(X, y).coefs_[0], back.partial_fit(X, y).coefs_[0])
        assert not hasattr(clone(back), "coefs_")

    @pytest.mark.parametrize("target", ["multiclass", "one output"])
    def test_shares_no_memory(self, target):
        model, y = theirs(target)
        model.fit(X, y)
        before = copy.deepcopy(model.coefs_)
        back = getattr(skperceptron, type(model).__name__).from_sklearn(model)
        back.partial_fit(X, y)
        back.coefs_[0][:] = 0
        assert_array_equal(model.coefs_[0], before[0])

    def test_feature_names(self):
        model, y = theirs("binary")
        frame = pd.DataFrame(X, columns=list("abcde"))
        back = MLPClassifier.from_sklearn(model.fit(frame, y))
        assert_predict_the_same(back, model, frame)
        with pytest.raises(ValueError, match="feature names"):
            back.predict(frame[list("edcba")])

    def test_float32(self):
        model, y = theirs("multiclass")
        data = X.astype(np.float32)
        back = MLPClassifier.from_sklearn(model.fit(data, y))
        assert_allclose(back.predict_proba(data), model.predict_proba(data), rtol=1e-5)
        assert back.partial_fit(data, y).coefs_[0].dtype == np.float32

    def test_summary_and_hidden_activations(self):
        model, y = theirs("multiclass", activation="tanh")
        back = MLPClassifier.from_sklearn(model.fit(X, y))
        hidden = np.tanh(X @ model.coefs_[0] + model.intercepts_[0])
        assert_allclose(back.hidden_activations(X, 0), hidden, rtol=1e-12)
        assert "tanh" in back.summary()

    def test_one_class(self):
        model = neural_network.MLPClassifier((3,), max_iter=2, random_state=0)
        back = MLPClassifier.from_sklearn(model.fit(X, np.full(80, "only")))
        assert_array_equal(back.predict(X), model.predict(X))
        assert back.predict_proba(X).shape == (80, 1)  # difference 9
        assert back.partial_fit(X, np.full(80, "only")).n_iter_ == 1
        assert back.set_params(warm_start=True).fit(X, np.full(80, "only")).n_iter_ == 2

    @pytest.mark.parametrize(
        "wrong",
        [neural_network.MLPRegressor(), MLPClassifier(), neural_network.MLPClassifier, "mlp", None],
        ids=["regressor", "ours", "class", "string", "None"],
    )
    def test_anything_else_is_a_type_error(self, wrong):
        with pytest.raises(TypeError, match=r"takes a fitted sklearn.neural_network.MLPClassifier"):
            MLPClassifier.from_sklearn(wrong)

    @pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
    def test_unfitted(self, estimator):
        with pytest.raises(NotFittedError):
            estimator.from_sklearn(getattr(neural_network, estimator.__name__)())


class TestLossOfSeveralOutputs:
    """A mean over outputs there, their sum here: difference 1."""

    PARAMETERS = {"warm_start": True, "learning_rate_init": 0.02, "alpha": 0.0, "max_iter": 30}

    @pytest.mark.parametrize("solver", ["sgd", "adam"])
    def test_is_carried_over_both_ways(self, solver):
        model, y = ours("outputs", **self.PARAMETERS, solver=solver)
        other, _ = theirs("outputs", **self.PARAMETERS, solver=solver)
        converted = MLPRegressor.from_sklearn(other.fit(X, y))
        assert_allclose(converted.loss_curve_, model.fit(X, y).loss_curve_, rtol=1e-9)
        assert_allclose(converted.loss_, model.loss_, rtol=1e-9)
        assert_allclose(converted.best_loss_, model.best_loss_, rtol=1e-9)
        converted = model.to_sklearn()
        assert_allclose(converted.loss_curve_, other.loss_curve_, rtol=1e-9)
        assert_allclose(
            [converted.loss_, converted.best_loss_], [other.loss_, other.best_loss_], rtol=1e-9
        )

    def test_going_on_stops_where_training_here_would(self):
        # Patience is half used up at the conversion, by epochs that did not improve on the best.
        parameters = self.PARAMETERS | {"tol": 0.05, "n_iter_no_change": 8, "max_iter": 31}
        model, y = ours("outputs", **parameters)
        other, _ = theirs("outputs", **parameters | {"tol": 0.05 / 3})
        model.fit(X, y)
        converted = MLPRegressor.from_sklearn(other.fit(X, y)).set_params(tol=0.05)
        assert converted._training_state.n_no_improvement == model._training_state.n_no_improvement
        assert_allclose(converted._training_state.best, model._training_state.best, rtol=1e-9)
        for going_on in (model, converted):
            going_on.set_params(max_iter=500).fit(X, y)
        assert 1 < converted.n_iter_ < 500
        assert abs(converted.n_iter_ - model.n_iter_) <= 2  # they shuffle differently from here
        # Nothing jumps at the seam.
        assert converted.loss_curve_[31] < 1.2 * converted.loss_curve_[30]

    @pytest.mark.skipif(not THEY_HAVE_POISSON, reason="this version has no Poisson loss")
    def test_poisson_sums_in_both(self):
        model, y = theirs("poisson outputs")
        assert MLPRegressor.from_sklearn(model.fit(X, y)).loss_curve_ == model.loss_curve_


class TestSubclasses:
    def test_have_the_twin_of_their_base(self):
        class Own(MLPClassifier):
            pass

        model = Own((3,), max_iter=2, random_state=0).fit(X, TARGETS["binary"][2])
        converted = model.to_sklearn()
        assert type(converted) is neural_network.MLPClassifier
        assert_predict_the_same(converted, model)
        back = Own.from_sklearn(converted)
        assert type(back) is Own
        assert_predict_the_same(back, model)

    def test_with_a_signature_of_their_own(self):
        class Narrow(MLPRegressor):
            def __init__(self, width, max_iter=2):
                super().__init__((width,), max_iter=max_iter, random_state=0)
                self.width = width

        model = Narrow(3).fit(X, SCORES)
        converted = model.to_sklearn()
        assert converted.max_iter == 2
        assert_predict_the_same(converted, model)

    def test_of_scikit_learns(self):
        class Theirs(neural_network.MLPClassifier):
            pass

        model = Theirs((3,), max_iter=2, random_state=0).fit(X, TARGETS["binary"][2])
        assert_predict_the_same(MLPClassifier.from_sklearn(model), model)

    def test_an_error_names_the_class_that_is_wanted(self):
        class Own(MLPClassifier):
            pass

        match = r"Own.from_sklearn takes a fitted sklearn.neural_network.MLPClassifier, got int"
        with pytest.raises(TypeError, match=match):
            Own.from_sklearn(3)


@every_target
@pytest.mark.parametrize(
    ("solver", "early_stopping"),
    [("sgd", False), ("sgd", True), ("adam", False), ("adam", True), ("lbfgs", False)],
)
@pytest.mark.one_of_each
def test_there_and_back(target, solver, early_stopping):
    model, y = ours(target, solver=solver, early_stopping=early_stopping)
    back = type(model).from_sklearn(model.fit(X, y).to_sklearn())
    assert_predict_the_same(back, model)
    assert back.get_params() == model.get_params()
    for name in ("n_iter_", "t_", "best_validation_score_"):
        assert getattr(back, name) == getattr(model, name), name
    for name in ("loss_curve_", "loss_", "best_loss_"):
        one, other = getattr(back, name), getattr(model, name)
        # Divided by the number of outputs and multiplied again.
        assert one == other if other is None else np.allclose(one, other, rtol=1e-15, atol=0)


CHANGES = {
    "adam to sgd": ({"solver": "adam"}, {"solver": "sgd"}),
    "sgd to adam": ({"solver": "sgd"}, {"solver": "adam"}),
    "to lbfgs": ({"solver": "adam"}, {"solver": "lbfgs"}),
    "lbfgs to adam": ({"solver": "lbfgs"}, {"solver": "adam"}),
    "lbfgs to sgd": ({"solver": "lbfgs"}, {"solver": "sgd"}),
    "early stopping on": ({}, {"early_stopping": True}),
    "early stopping off": ({"early_stopping": True}, {"early_stopping": False}),
    "adaptive": ({"solver": "sgd"}, {"learning_rate": "adaptive"}),
    "another rate": (
        {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1},
        {"learning_rate_init": 0.001},
    ),
}


@pytest.mark.filterwarnings("ignore:.* ignored with solver='lbfgs':UserWarning")
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("ours", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("solver", [None, "adamw", "sgd", "lbfgs"])
@pytest.mark.one_of_each
def test_what_was_changed_after_scikit_learn_s_fit_starts_new_moments(change, ours, solver):
    before, after = CHANGES[change]
    y = X[:, 0] > 0 if ours is MLPClassifier else X[:, 0]
    common = {"hidden_layer_sizes": (5,), "max_iter": 3, "random_state": 0, "warm_start": True}
    theirs = ours._sklearn_class(**common | before).fit(X, y).set_params(**after)
    model = pickle.loads(pickle.dumps(ours.from_sklearn(theirs)))
    assert_array_equal(model.predict(X), theirs.predict(X))
    if solver is not None:
        model.set_params(solver=solver, early_stopping=False).fit(X, y)
    if model.solver != "lbfgs" and not model.early_stopping:
        model.partial_fit(X, y)
    state = model.fit(X, y)._training_state
    assert state.solver == model.solver
    if change == "another rate" and solver is None:
        assert model.learning_rate_curve_[0] == 0.001
    assert np.isfinite(model.coefs_[0]).all()


def test_moments_of_an_earlier_network_are_left_behind():
    y = X[:, 0] > 0
    theirs = neural_network.MLPClassifier((5,), max_iter=3, random_state=0).fit(X, y)
    # L-BFGS leaves the moments of the fit before, for a network of another shape.
    theirs.set_params(solver="lbfgs", hidden_layer_sizes=(3,)).fit(X, y).set_params(solver="adam")
    model = MLPClassifier.from_sklearn(theirs)
    assert (model._training_state.optimizer.moments == 0).all()
    model.partial_fit(X, y)


def test_moments_that_fit_are_taken_along():
    theirs = neural_network.MLPClassifier((5,), max_iter=3, random_state=0).fit(X, X[:, 0] > 0)
    state = MLPClassifier.from_sklearn(theirs)._training_state
    assert state.optimizer.n_steps == theirs._optimizer.t > 0
    assert (state.optimizer.moments != 0).any()


def test_another_architecture_than_the_weights_is_refused():
    theirs = neural_network.MLPClassifier((5,), max_iter=3, random_state=0).fit(X, X[:, 0] > 0)
    model = MLPClassifier.from_sklearn(theirs.set_params(hidden_layer_sizes=(4,)))
    assert_array_equal(model.predict(X), theirs.predict(X))
    with pytest.raises(ValueError, match="layer_units was"):
        model.partial_fit(X, X[:, 0] > 0)


NO_VALUES = {
    "activation": ["rellu", None, ["relu"]],
    "alpha": ["x", -1, np.nan],
    "batch_size": ["x", None, np.inf, 0],
    "learning_rate": ["cosine", None, ["constant"]],
    "learning_rate_init": ["x", 0, -1],
    "max_iter": ["x", None, np.inf, 0],
    "n_iter_no_change": ["x", None, 0],
    "random_state": ["x", -1, np.nan],
    "solver": ["adamw", None, ["adam"]],
    "validation_fraction": ["x", 2.0],
}


@pytest.mark.parametrize("ours", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("name", NO_VALUES)
def test_parameters_that_scikit_learn_would_refuse_are_named(name, solver, ours):
    theirs = fitted_by_scikit_learn(ours, solver)
    for value in NO_VALUES[name]:
        with pytest.raises(ValueError, match=rf"\b{name}\b"):
            ours.from_sklearn(theirs.set_params(**{name: value}))


@pytest.mark.parametrize("ours", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize(
    ("attribute", "change"),
    [
        ("coefs_", lambda arrays: [sparse.csr_array(array) for array in arrays]),
        ("coefs_", lambda arrays: [array.astype(str) for array in arrays]),
        ("coefs_", lambda arrays: arrays[:1]),
        ("coefs_", lambda arrays: [array.ravel() for array in arrays]),
        ("coefs_", lambda arrays: [array[:, :1] for array in arrays]),
        ("coefs_", lambda arrays: None),
        ("intercepts_", lambda arrays: [sparse.csr_matrix(array) for array in arrays]),
        ("intercepts_", lambda arrays: arrays[1:]),
        ("intercepts_", lambda arrays: [array[:, None] for array in arrays]),
        ("intercepts_", lambda arrays: 3),
    ],
)
def test_weights_that_are_no_arrays_of_a_network_are_named(attribute, change, ours):
    theirs = fitted_by_scikit_learn(ours, "adam")
    setattr(theirs, attribute, change(getattr(theirs, attribute)))
    with pytest.raises(ValueError, match=attribute):
        ours.from_sklearn(theirs)


def fitted_by_scikit_learn(ours, solver):
    X = np.arange(60.0).reshape(20, 3) % 7
    kind = getattr(neural_network, ours.__name__)
    model = kind(hidden_layer_sizes=(3,), solver=solver, max_iter=300, tol=1.0, random_state=0)
    return model.fit(X, np.arange(20) % 2)


PERCEPTRONS = {
    "binary": ({}, (SCORES[:, 0] > 0).astype(int)),
    "strings": (
        {"penalty": "elasticnet", "eta0": 0.5},
        np.array(list("abc"))[SCORES.argmax(axis=1)],
    ),
    "joint": ({"multi_class": "joint", "algorithm": "averaged"}, SCORES.argmax(axis=1)),
    "pocket": ({"algorithm": "pocket", "class_weight": "balanced"}, SCORES.argmax(axis=1)),
    "stopped": ({"early_stopping": True, "validation_fraction": 0.2}, SCORES.argmax(axis=1)),
}
every_perceptron = pytest.mark.parametrize("case", PERCEPTRONS)


def perceptron(case, data=X):
    parameters, y = PERCEPTRONS[case]
    model = skperceptron.PerceptronClassifier(random_state=0, max_iter=7, tol=None, **parameters)
    return model.fit(data, y), y


class TestPerceptron:
    @every_perceptron
    @pytest.mark.parametrize("sparsify", [False, True])
    def test_predicts_the_same(self, case, sparsify):
        model, y = perceptron(case)
        model = model.sparsify() if sparsify else model
        converted = model.to_sklearn()
        assert type(converted) is linear_model.Perceptron
        for data in (X, sparse.csr_array(X)):
            assert_array_equal(converted.predict(data), model.predict(data))
            scores = model.decision_function(data)
            assert_allclose(converted.decision_function(data), scores, rtol=1e-12, atol=1e-12)
        assert converted.predict(X).dtype == model.predict(X).dtype
        assert converted.score(X, y) == model.score(X, y)

    @every_perceptron
    def test_is_fitted_pickles_clones_and_is_trained_further(self, case):
        model, y = perceptron(case)
        converted = model.to_sklearn()
        check_is_fitted(converted)
        assert (converted.n_iter_, converted.t_) == (model.n_iter_, model.t_)
        shared = converted.get_params().keys() & model.get_params().keys()
        assert len(shared) > 10
        for name in shared:
            assert converted.get_params()[name] == model.get_params()[name]
        assert_array_equal(pickle.loads(pickle.dumps(converted)).predict(X), model.predict(X))
        assert not hasattr(clone(converted), "coef_")
        if not converted.early_stopping and converted.class_weight is None:
            before = converted.coef_.copy()
            converted.partial_fit(X, y)
            assert not np.array_equal(converted.coef_, before)

    def test_weights_are_copies(self):
        model, _ = perceptron("binary")
        converted = model.to_sklearn()
        before = model.decision_function(X)
        converted.coef_ += 1
        converted.intercept_ += 1
        converted.classes_ += 1
        assert_array_equal(model.decision_function(X), before)
        assert_array_equal(model.classes_, [0, 1])

    def test_names_of_features(self):
        frame = pd.DataFrame(X, columns=list("vwxyz"))
        model, _ = perceptron("binary", frame)
        assert model.to_sklearn().feature_names_in_.tolist() == list("vwxyz")
        assert_array_equal(model.to_sklearn().predict(frame), model.predict(frame))

    def test_weights_without_a_fit(self):
        model = skperceptron.PerceptronClassifier()
        model.coef_, model.intercept_, model.classes_ = [[1.0, -1.0]], [0.5], ["no", "yes"]
        converted = model.to_sklearn()
        assert converted.predict([[0.0, 0.0], [0.0, 1.0]]).tolist() == ["yes", "no"]

    def test_unfitted(self):
        with pytest.raises(NotFittedError):
            skperceptron.PerceptronClassifier().to_sklearn()
