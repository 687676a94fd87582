"""Training from the weights of another network, with the first layers frozen."""

import copy
import pickle
import re
import warnings
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.unchanged import assert_refused
from helpers.weights import assert_close_weights, assert_same_fit, assert_same_weights
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor
from skperceptron._architecture import nonsmooth_activations
from skperceptron._core.optimizers import OPTIMIZERS
from skperceptron._core.parameters import Layout, Parameter
from skperceptron.model_selection import CachedEstimator

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 5))
Y = np.array(["a", "b", "c"])[X[:, :3].argmax(axis=1)]
SCORES = X @ rng.normal(size=(5, 2))
TARGETS = {MLPClassifier: Y, MLPRegressor: X[:, 0] ** 2}
SOLVERS = [*OPTIMIZERS, "lbfgs"]
BATCH_NORM = ("scale", "shift", "mean", "variance")

ONE_EPOCH = {"max_iter": 1, "tol": None, "random_state": 0}  # without tol there is no warning

AUTOENCODER = MLPAutoencoder((6, 3, 6), activation="tanh", **ONE_EPOCH).fit(X)
NORMALISED = clone(AUTOENCODER).set_params(batch_norm=True).fit(X)


def make(kind=MLPClassifier, init=AUTOENCODER, **parameters):
    """A network on top of the encoder, all of whose hidden layers are frozen."""
    common = {"activation": ("tanh", "identity"), "n_frozen_layers": 2, "max_iter": 4}
    common |= {"random_state": 0, "learning_rate_init": 0.01}
    if parameters.get("solver") != "lbfgs":
        common |= {"batch_size": 20}
    else:
        del common["learning_rate_init"]
    return kind((6, 3), init=init, **common | parameters)


def layers(network, n_layers, groups=("coefs_", "intercepts_")):
    """The arrays of the first layers."""
    return [array for group in groups for array in getattr(network, group)[:n_layers]]


def assert_frozen(network, source, n_layers, **groups):
    for ours, theirs in zip(
        layers(network, n_layers, **groups), layers(source, n_layers, **groups), strict=True
    ):
        assert_array_equal(ours, theirs)


def assert_moved(network, source, n_layers, first):
    for group in ("coefs_", "intercepts_"):
        for i in range(first, n_layers):
            assert (getattr(network, group)[i] != getattr(source, group)[i]).any()


def trained_with_zeroed_gradients(coefs, intercepts, n_frozen, solver):
    """Plain training of a tanh network by plain NumPy, that sets gradients of layers to 0."""
    parameters = [array.copy() for array in [*coefs, *intercepts]]
    n = len(coefs)
    weights, biases = parameters[:n], parameters[n:]
    first, second = ([np.zeros_like(array) for array in parameters] for _ in range(2))
    curve, step, alpha, rate = [], 0, 0.5, 0.01
    for _ in range(3):
        total = 0
        for start in range(0, 60, 25):
            outputs, y = [X[start : start + 25]], SCORES[start : start + 25]
            for i in range(n):
                z = outputs[-1] @ weights[i] + biases[i]
                outputs.append(np.tanh(z) if i < n - 1 else z)
            delta = outputs[-1] - y
            penalty = sum((each**2).sum() for each in weights[n_frozen:])
            total += (delta**2).sum() / 2 + alpha * penalty / 2
            gradients = [np.zeros_like(array) for array in parameters]
            for i in reversed(range(n_frozen, n)):
                gradients[i] = (outputs[i].T @ delta + alpha * weights[i]) / len(y)
                gradients[n + i] = delta.mean(axis=0)
                delta = delta @ weights[i].T * (1 - outputs[i] ** 2)
            step += 1
            for p, g, m, v in zip(parameters, gradients, first, second, strict=True):
                if solver == "sgd":
                    p -= rate * g
                    continue
                m += 0.1 * (g - m)
                v += 0.001 * (g**2 - v)
                corrected = rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
                p -= corrected * m / (np.sqrt(v) + 1e-8)
        curve.append(total / 60)
    return weights, biases, curve


class TestStart:
    @pytest.mark.parametrize("kind", TARGETS)
    @pytest.mark.parametrize("wrapped", [False, True])
    def test_is_the_encoder_of_an_autoencoder(self, kind, wrapped):
        init = FrozenEstimator(AUTOENCODER) if wrapped else AUTOENCODER
        model = make(kind, init).fit(X, TARGETS[kind])
        assert_array_equal(model.hidden_activations(X), AUTOENCODER.transform(X))

    def test_is_the_hidden_layers_of_another_network_with_layers_above(self):
        source = MLPRegressor(6, max_iter=2, random_state=0).fit(X, X[:, 0])
        model = MLPClassifier((6, 4), init=source, n_frozen_layers=1, max_iter=2, random_state=0)
        model.fit(X, Y)
        assert_frozen(model, source, 1)
        assert model.coefs_[1].shape == (6, 4)

    def test_leaves_the_layers_above_as_they_are_drawn_without_it(self):
        still = {"solver": "sgd", "learning_rate_init": 1e-300, "n_frozen_layers": 0}
        with_init, without = make(**still).fit(X, Y), make(init=None, **still).fit(X, Y)
        assert_frozen(with_init, AUTOENCODER, 2)
        assert_array_equal(with_init.coefs_[2], without.coefs_[2])
        assert (with_init.coefs_[0] != without.coefs_[0]).any()

    @pytest.mark.parametrize("n_layers", [0, 1, 3])
    def test_is_arrays_of_the_first_layers_or_of_all(self, n_layers):
        source = make(n_frozen_layers=0).fit(X, Y)
        arrays = source.coefs_[:n_layers], source.intercepts_[:n_layers]
        still = {"solver": "sgd", "learning_rate_init": 1e-300, "n_frozen_layers": 0}
        kept = copy.deepcopy(arrays)
        model = make(init=arrays, **still).fit(X, Y)
        assert_frozen(model, source, n_layers)
        make(init=arrays, n_frozen_layers=0).fit(X, Y)
        for before, now in zip(kept, arrays, strict=True):
            for one, other in zip(before, now, strict=True):
                assert_array_equal(one, other)  # training works on copies

    def test_of_all_layers_at_a_minimum_is_no_failure_of_lbfgs(self):
        model = MLPClassifier(
            (), solver="lbfgs", alpha=1.0, tol=1e-3, max_iter=500, random_state=0
        ).fit(X, Y)
        again = clone(model).set_params(init=(model.coefs_, model.intercepts_), tol=0.1)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            again.fit(X, Y)
        assert again.n_iter_ == 0
        assert_same_weights(again, model)

    def test_whose_loss_rounds_to_0_is_no_failure_of_lbfgs(self):
        # The square of 1e-30 is below all positive numbers of float32, and the gradient is not.
        weights = [np.array([[1e-30]])], [np.zeros(1)]
        model = MLPRegressor((), solver="lbfgs", alpha=0, tol=None, dtype="float32", init=weights)
        model.fit([[1.0], [-1.0]], [0.0, 0.0])
        assert model.loss_ == 0
        assert_array_equal(model.coefs_[0], np.float32([[1e-30]]))

    def test_is_where_fit_begins_anew_and_warm_starts_do_not(self):
        model = make(n_frozen_layers=0, warm_start=True, init=AUTOENCODER).fit(X, Y)
        moved = model.coefs_[0]
        model.set_params(solver="sgd", learning_rate_init=1e-300).fit(X, Y)
        assert_array_equal(model.coefs_[0], moved)
        model.set_params(warm_start=False).fit(X, Y)
        assert_frozen(model, AUTOENCODER, 2)

    def test_weights_that_are_set_come_before_it(self):
        source = make(init=None, n_frozen_layers=0, random_state=1).fit(X, Y)
        model = make(warm_start=True)
        model.coefs_, model.intercepts_ = source.coefs_, source.intercepts_
        assert_frozen(model.fit(X, Y), source, 2)

    def test_takes_a_network_whose_weights_were_set(self):
        source = MLPRegressor(4, activation="tanh")
        source.coefs_ = [np.ones((5, 4)), np.ones((4, 1))]
        source.intercepts_ = [np.zeros(4), np.zeros(1)]
        model = MLPClassifier(4, activation="tanh", init=source, n_frozen_layers=1, max_iter=2)
        assert_frozen(model.fit(X, Y), source, 1)

    def test_goes_by_the_precision_of_x(self):
        model = make().fit(X.astype(np.float32), Y)
        assert {array.dtype for array in model.coefs_} == {np.dtype(np.float32)}
        assert_array_equal(model.coefs_[0], AUTOENCODER.coefs_[0].astype(np.float32))


class TestFrozenLayers:
    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("n_frozen", [1, 2])
    def test_do_not_move_and_all_others_do(self, solver, n_frozen):
        model = make(solver=solver, n_frozen_layers=n_frozen, alpha=0.1).fit(X, Y)
        start = make(
            solver="sgd", learning_rate_init=1e-300, n_frozen_layers=n_frozen, max_iter=1
        ).fit(X, Y)
        assert_frozen(model, AUTOENCODER, n_frozen)
        assert_moved(model, start, 3, n_frozen)

    @pytest.mark.parametrize(
        "parameters",
        [
            {"alpha": 10.0, "l1_ratio": 1.0},
            {"max_norm": 1e-3},
            {"max_norm": 1e-3, "max_norm_order": 1},
            {"solver": "adamw", "weight_decay": 10.0},
            {"solver": "lion", "weight_decay": 10.0},
            {"solver": "lbfgs", "alpha": 10.0, "l1_ratio": 1.0},
            {"clip_norm": 0.1, "dropout": 0.5},
            {"early_stopping": True, "scoring": "loss"},
            {"early_stopping": True, "scoring": "neg_log_loss"},
        ],
        ids=str,
    )
    def test_do_not_move_by_penalties_constraints_or_decay(self, parameters):
        model = make(**parameters).fit(X, Y)
        assert_frozen(model, AUTOENCODER, 2)
        if "max_norm" in parameters:
            order = parameters.get("max_norm_order", 2)
            norms = np.linalg.norm(model.coefs_[2], ord=order, axis=0)
            assert (norms <= 1e-3 * (1 + 1e-9)).all()

    @pytest.mark.parametrize("n_frozen", [1, 2])
    def test_keep_their_running_statistics_and_use_them(self, n_frozen):
        model = make(init=NORMALISED, batch_norm=True, n_frozen_layers=n_frozen).fit(X, Y)
        groups = [f"batch_norm_{name}_" for name in BATCH_NORM]
        assert_frozen(model, NORMALISED, n_frozen, groups=groups)
        codes = NORMALISED.hidden_activations(X, n_frozen - 1)
        assert_array_equal(model.hidden_activations(X, n_frozen - 1), codes)
        if n_frozen == 1:
            assert (model.batch_norm_mean_[1] != NORMALISED.batch_norm_mean_[1]).all()
            assert (model.batch_norm_scale_[1] != NORMALISED.batch_norm_scale_[1]).all()

    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("kind", TARGETS)
    @pytest.mark.one_of_each
    def test_leave_the_network_above_to_train_on_their_outputs(self, solver, kind):
        y, weight = TARGETS[kind], np.arange(60.0) % 3
        # The order of the rows depends on how many weights are drawn before.
        still = {} if solver == "lbfgs" else {"shuffle": False}
        whole = make(kind, solver=solver, alpha=0.1, **still).fit(X, y, weight)
        # The same start, for a network that knows nothing of the layers below.
        start = make(kind, solver="sgd", learning_rate_init=1e-300, max_iter=1).fit(X, y)
        alone = clone(whole).set_params(hidden_layer_sizes=(), activation="relu")
        alone.set_params(n_frozen_layers=0, init=(start.coefs_[2:], start.intercepts_[2:]))
        alone.fit(AUTOENCODER.transform(X), y, weight)
        assert_allclose(whole.coefs_[2], alone.coefs_[0], rtol=1e-6, atol=1e-9)
        assert_allclose(whole.intercepts_[2], alone.intercepts_[0], rtol=1e-6, atol=1e-9)
        assert_allclose(whole.loss_curve_, alone.loss_curve_, rtol=1e-6)

    @pytest.mark.parametrize("solver", ["sgd", "adam"])
    @pytest.mark.parametrize("n_frozen", range(4))
    def test_give_what_training_with_gradients_of_0_below_gives(self, solver, n_frozen):
        source = MLPRegressor((6, 4, 3), activation="tanh", **ONE_EPOCH).fit(X, SCORES)
        start = source.coefs_, source.intercepts_
        model = MLPRegressor(
            (6, 4, 3), activation="tanh", init=start, n_frozen_layers=n_frozen, solver=solver,
            batch_size=25, shuffle=False, alpha=0.5, learning_rate_init=0.01,
            max_iter=3, tol=None, **{"momentum": 0} if solver == "sgd" else {},
        ).fit(X, SCORES)  # fmt: skip
        coefs, intercepts, curve = trained_with_zeroed_gradients(*start, n_frozen, solver)
        # Both round to 1e-16 of values around 1 in some thousand operations.
        for ours, theirs in zip(layers(model, 4), [*coefs, *intercepts], strict=True):
            assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
        assert_allclose(model.loss_curve_, curve, rtol=1e-12)

    def test_are_not_blamed_for_a_derivative_that_jumps(self):
        model = make(init=None, activation=("relu", "tanh"), n_frozen_layers=1).fit(X, Y)
        assert nonsmooth_activations(model._architecture) == []
        model.set_params(n_frozen_layers=0).fit(X, Y)
        assert nonsmooth_activations(model._architecture) == ["relu"]

    def test_have_no_dropout_and_say_so_of_the_inputs(self):
        # The rates of frozen layers do nothing; that of the last one's outputs does.
        plain, below = make(), make(dropout=(0.5, 0.0))
        above = make(dropout=(0.0, 0.5))
        assert_same_fit(plain.fit(X, Y), below.fit(X, Y))
        assert above.fit(X, Y).loss_curve_ != plain.loss_curve_
        with pytest.warns(UserWarning, match="input_dropout is ignored with n_frozen_layers=2"):
            assert_same_fit(make(input_dropout=0.5).fit(X, Y), plain)

    def test_may_be_drawn(self):
        model = MLPClassifier(8, n_frozen_layers=1, max_iter=5, random_state=0).fit(X, Y)
        drawn = MLPClassifier(
            8, solver="sgd", learning_rate_init=1e-300, max_iter=1, random_state=0
        )
        assert_frozen(model, drawn.fit(X, Y), 1)
        assert_moved(model, drawn, 2, 1)

    def test_of_autoencoders_leave_the_targets_as_they_are(self):
        model = MLPAutoencoder(
            (6, 3, 6), activation="tanh", init=AUTOENCODER, n_frozen_layers=2, max_iter=50,
            learning_rate_init=0.01, random_state=0,
        ).fit(X)  # fmt: skip
        assert_frozen(model, AUTOENCODER, 2)
        assert model.score(X) > AUTOENCODER.score(X)

    @pytest.mark.parametrize("walk", ["fit", "partial_fit"])
    def test_take_sparse_rows(self, walk):
        sparse, dense = make(init=AUTOENCODER), make(init=AUTOENCODER)
        arguments = {} if walk == "fit" else {"classes": np.unique(Y)}
        getattr(sparse, walk)(csr_matrix(X), Y, **arguments)
        getattr(dense, walk)(X, Y, **arguments)
        assert_frozen(sparse, AUTOENCODER, 2)
        assert_close_weights(sparse, dense, rtol=1e-9, atol=1e-12)

    def test_ignore_rows_without_weight(self):
        wild, weight = X.copy(), np.ones(60)
        wild[:5], weight[:5] = 1e300, 0
        model = make(activation="identity", init=None, n_frozen_layers=1)
        assert np.isfinite(model.fit(wild, Y, weight).loss_)

    def test_are_judged_on_rows_held_out_as_without_freezing(self):
        given = {"X_val": X[40:], "y_val": Y[40:]}
        model = make(max_iter=1).fit(X[:40], Y[:40], **given)
        probability = model.predict_proba(X[40:])
        classes = np.searchsorted(model.classes_, Y[40:])
        loss = -np.log(probability[np.arange(20), classes]).mean()
        assert_allclose(model.validation_loss_curve_, [loss])

    def test_are_faster_to_train_since_their_outputs_are_computed_once(self):
        calls = []

        class Counting:
            saves = "output"

            def forward(self, z):
                calls.append(len(z))

            def backward(self, saved, delta):
                raise AssertionError("no gradient goes below the first trained layer")

        model = MLPClassifier(4, activation=Counting(), n_frozen_layers=1, max_iter=7)
        model.fit(X, Y)
        assert sum(calls) == len(X)


class TestTimeline:
    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"solver": "sgd", "n_frozen_layers": 1, "dropout": 0.3},
            {"early_stopping": True, "solver": "nadam"},
            {"batch_norm": True, "init": NORMALISED, "n_frozen_layers": 1},
        ],
        ids=["adam", "sgd", "early stopping", "batch norm"],
    )
    def test_is_one_in_one_call_or_many(self, parameters):
        whole = make(**parameters).set_params(max_iter=5).fit(X, Y)
        parts = make(**parameters).set_params(max_iter=2, warm_start=True).fit(X, Y)
        parts = pickle.loads(pickle.dumps(parts))
        assert_same_fit(parts.set_params(max_iter=3).fit(X, Y), whole)
        if "early_stopping" not in parameters:
            epochs = make(**parameters)
            for _ in range(5):
                epochs = copy.deepcopy(epochs).partial_fit(X, Y, classes=np.unique(Y))
            assert_same_fit(epochs, whole)

    @pytest.mark.parametrize(("before", "after"), [(2, 0), (0, 2), (2, 1)])
    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_goes_on_from_the_weights_with_other_layers_frozen(self, before, after, early_stopping):
        model = make(n_frozen_layers=before, warm_start=True, early_stopping=early_stopping)
        model.fit(X, Y)
        weights = model._training_state.theta.copy()
        layout = model._architecture.layout
        last = [group.copy() for group in layout.group("weight", weights)]
        still = {"solver": "sgd", "learning_rate_init": 1e-300, "max_iter": 1}
        model.set_params(n_frozen_layers=after, **still).fit(X, Y)
        state = model._training_state
        now = model._architecture.layout.group("weight", state.theta)
        for one, other in zip(last, now, strict=True):
            assert_array_equal(one, other)
        assert len(state.optimizer.moments[0]) == model._architecture.layout.trainable.stop

    def test_starts_the_optimizer_anew_with_other_layers_frozen(self):
        model = make(warm_start=True).fit(X, Y)
        weights = model.coefs_, model.intercepts_
        model.set_params(n_frozen_layers=0).fit(X, Y)
        fresh = make(init=weights, n_frozen_layers=0, warm_start=True, shuffle=False)
        model = make(warm_start=True, shuffle=False).fit(X, Y)
        fresh.set_params(init=(model.coefs_, model.intercepts_)).fit(X, Y)
        assert_same_weights(model.set_params(n_frozen_layers=0).fit(X, Y), fresh)
        assert (model.coefs_[0] != AUTOENCODER.coefs_[0]).any()

    def test_keeps_what_was_watched_on_rows_held_out(self):
        model = make(early_stopping=True, warm_start=True, max_iter=6).fit(X, Y)
        best = model.best_validation_score_
        model.set_params(n_frozen_layers=0, solver="sgd", learning_rate_init=1e-300).fit(X, Y)
        assert model.best_validation_score_ == best
        assert model.n_iter_ == 6
        assert_frozen(model, AUTOENCODER, 2)

    def test_takes_over_frozen_weights_that_were_edited(self):
        model = make(warm_start=True).fit(X, Y)
        model.coefs_[0] = np.zeros((5, 6))
        assert not model.fit(X, Y).coefs_[0].any()


class TestCopies:
    @pytest.mark.parametrize(
        "copied", [clone, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
    )
    @pytest.mark.parametrize("kind", ["network", "frozen", "arrays"])
    def test_start_from_the_same_weights(self, copied, kind):
        arrays = AUTOENCODER.coefs_[:2], AUTOENCODER.intercepts_[:2]
        inits = {"network": AUTOENCODER, "frozen": FrozenEstimator(AUTOENCODER), "arrays": arrays}
        model = make(init=inits[kind])
        assert_same_fit(copied(copied(model)).fit(X, Y), model.fit(X, Y))

    def test_are_what_pipelines_and_searches_fit(self):
        model = make_pipeline(StandardScaler(with_mean=False, with_std=False), make())
        name = "mlpclassifier__"
        search = GridSearchCV(model, {name + "n_frozen_layers": [1, 2]}, cv=2).fit(X, Y)
        best = search.best_estimator_[-1]
        assert_frozen(best, AUTOENCODER, best.n_frozen_layers)
        inits = {name + "init": [None, FrozenEstimator(AUTOENCODER)]}
        assert np.isfinite(GridSearchCV(model, inits, cv=2).fit(X, Y).best_score_)

    def test_share_the_network_in_init_so_its_hyperparameters_are_not_theirs(self):
        source = copy.deepcopy(AUTOENCODER)
        model = make_pipeline(make(init=source))
        copied = clone(model)
        with pytest.raises(ValueError, match=r"^init__alpha can't be set: the network in init"):
            copied.set_params(mlpclassifier__init__alpha=7.0)
        assert source.alpha == AUTOENCODER.alpha
        assert "init" in model[-1].get_params()
        assert not any(name.startswith("init__") for name in model[-1].get_params())
        copied.set_params(mlpclassifier__init=None, mlpclassifier__alpha=7.0)
        assert (copied[-1].init, copied[-1].alpha) == (None, 7.0)
        assert model[-1].init is source

    def test_of_networks_in_networks_are_printed_without_all_that_came_before(self):
        network = MLPRegressor(3)
        for n_units in range(4, 40):  # whose text took twice as long for each network more
            network = MLPRegressor(n_units, init=network)
        assert len(network._repr_html_()) < 200_000
        before, last = network.init, "MLPRegressor(hidden_layer_sizes=38, init=MLPRegressor(...))"
        shown = re.sub(r"\s+", " ", repr(network))
        assert shown == f"MLPRegressor(hidden_layer_sizes=39, init={last})"
        network.init = FrozenEstimator(before)
        shown = re.sub(r"\s+", " ", repr(network))
        assert f"init=FrozenEstimator(estimator={last})" in shown
        assert network.init.estimator is before

    @pytest.mark.parametrize("wrapped", [False, True])
    def test_in_a_store_of_fits_leave_the_callbacks_of_the_network_in_init(self, tmp_path, wrapped):
        source = copy.deepcopy(AUTOENCODER)
        source._skl_callbacks = [object()]
        model = make(init=FrozenEstimator(source) if wrapped else source)
        fitted = CachedEstimator(model, tmp_path).fit(X, Y)
        assert len(source._skl_callbacks) == 1
        assert_same_fit(fitted.estimator_, model.fit(X, Y))


OTHERS = {
    "n_features": MLPAutoencoder((6, 3, 6), activation="tanh", **ONE_EPOCH).fit(X[:, :4]),
    "wide": MLPAutoencoder((8, 3, 8), activation="tanh", **ONE_EPOCH).fit(X),
    "relu": MLPAutoencoder((6, 3, 6), **ONE_EPOCH).fit(X),
    "linear": MLPRegressor((), **ONE_EPOCH).fit(X, X[:, 0]),
}
NAN = copy.deepcopy(AUTOENCODER)
NAN.coefs_[0][0, 0] = np.nan
COEFS, INTERCEPTS = AUTOENCODER.coefs_, AUTOENCODER.intercepts_


class TestBadInput:
    @pytest.mark.parametrize(
        ("init", "match"),
        [
            (clone(AUTOENCODER), r"^init must be a fitted network.*MLPAutoencoder is not fitted"),
            (StandardScaler().fit(X), r"^init must be a fitted MLPAutoencoder.*StandardScaler"),
            (MLPAutoencoder, r"^init must be a fitted MLPAutoencoder.*the class MLPAutoencoder"),
            (make_pipeline(AUTOENCODER), r"got Pipeline. Of a pipeline pass the last step"),
            ("encoder", r"^The 'init' parameter of MLPClassifier must be"),
            (OTHERS["n_features"], r"MLPAutoencoder in init was fitted to 4 features, but X has 5"),
            (OTHERS["wide"], r"^hidden_layer_sizes must begin with \(8, 3\).*got \(6, 3\)"),
            (
                OTHERS["relu"],
                r"^activation must begin with \('relu', 'identity'\).*: pass act",
            ),
            (NORMALISED, r"^batch_norm must be True"),
            (OTHERS["linear"], r"^the MLPRegressor in init has no hidden layers"),
            (NAN, r"^the weights of the MLPAutoencoder in init must be finite numbers of float64"),
            ((COEFS,), r"^init must be a tuple \(coefs, intercepts\).*a tuple of 1"),
            ((COEFS[:2], INTERCEPTS[:1]), r"^init must have coefs and intercepts of as many"),
            ((COEFS[:1], INTERCEPTS[1:2]), r"^the intercepts of init must have the shapes"),
            ((COEFS[1:2], INTERCEPTS[:1]), r"^the coefs of init must have the shapes"),
            ((COEFS, INTERCEPTS), r"^the coefs of init must have the shapes"),
            ((NAN.coefs_[:1], INTERCEPTS[:1]), r"^the coefs of init must be finite"),
            (([["a"]], [[1.0]]), r"^the coefs of init must be a list of arrays of numbers"),
            ((1, 2), r"^the coefs of init must be a list of arrays of numbers"),
        ],
    )
    @pytest.mark.parametrize("fitted", [False, True])
    def test_as_init_is_refused_by_name_and_changes_nothing(self, init, match, fitted):
        model = make()
        if fitted:
            model.fit(X, Y)
        model.init = init
        assert_refused(model, lambda model: model.fit(X, Y), match)

    @pytest.mark.parametrize("given", [3, -1, 1.0, "all", None])
    def test_as_n_frozen_layers_is_refused_by_name(self, given):
        model = make().set_params(n_frozen_layers=given)
        assert_refused(model, lambda model: model.fit(X, Y), "n_frozen_layers")

    def test_as_init_is_refused_if_it_is_the_network_itself(self):
        model = make().fit(X, Y)
        model.set_params(init=model).set_params(alpha=0.1)
        with pytest.raises(ValueError, match=r"^init must be another network than the one"):
            model.fit(X, Y)
        assert clone(model).init is model
        assert np.isfinite(model.set_params(warm_start=True).fit(X, Y).loss_)

    @pytest.mark.parametrize("names", [list("bacde"), list("abcdE")])
    @pytest.mark.parametrize("wrapped", [False, True])
    def test_columns_that_the_network_in_init_was_not_fitted_to_are_refused(self, names, wrapped):
        pd = pytest.importorskip("pandas")
        source = clone(AUTOENCODER).fit(pd.DataFrame(X, columns=list("abcde")))
        model = make(init=FrozenEstimator(source) if wrapped else source)
        frame, match = pd.DataFrame(X, columns=names), "^X must have the columns that the MLPAuto"
        assert_refused(model, lambda model: model.fit(frame, Y), match)
        call = partial(MLPClassifier.partial_fit, X=frame, y=Y, classes=np.unique(Y))
        assert_refused(model, call, match)
        for same in (X, pd.DataFrame(X, columns=list("abcde"))):
            assert_frozen(model.fit(same, Y), source, 2)
        assert_frozen(make().fit(frame, Y), AUTOENCODER, 2)  # which was fitted without names

    def test_weights_that_overflow_are_refused(self):
        arrays = [np.full((5, 6), 1e308)], [np.zeros(6)]
        model = make(init=arrays, activation="identity", n_frozen_layers=1)
        match = "^X, or the weights of the frozen layers, has values so large"
        assert_refused(model, lambda model: model.fit(X, Y), match)
        single = make(init=(COEFS[:1], [np.full(6, 1e300)]), dtype="float32")
        match = "^the intercepts of init must be finite numbers of float32"
        assert_refused(single, lambda model: model.fit(X, Y), match)


class TestLayout:
    def test_frozen_parameters_lie_behind_all_others(self):
        parameters = [
            *(Parameter("weight", (2, 3), penalised=True), Parameter("intercept", (3,))),
            Parameter("mean", (3,), trainable=False),
            *(Parameter("weight", (3, 1), penalised=True), Parameter("intercept", (1,))),
            Parameter("mean", (1,), trainable=False),
        ]
        layout, above = Layout(parameters, n_frozen=3), Layout(parameters[3:])
        assert (layout.weights, layout.trainable) == (above.weights, above.trainable)
        assert (layout.steps, layout.size) == (above.steps, 17)
        theta = np.arange(17.0)
        for whole, alone in zip(layout.views(theta)[3:], above.views(theta[:5]), strict=True):
            assert_array_equal(whole, alone)
        numbers = [number for view in layout.views(theta) for number in view.ravel()]
        assert sorted(numbers) == list(range(17))
        plain = Layout(parameters)
        back = plain.rearranged(layout.rearranged(theta, plain), layout)
        assert_array_equal(back, theta)
