"""A fit that succeeds predicts numbers, and a prediction is a number or an error."""

import copy
import math
import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from helpers.unchanged import assert_refused
from skperceptron import (
    MLPAutoencoder,
    MLPClassifier,
    MLPRegressor,
    PerceptronClassifier,
    _architecture,
)
from skperceptron._core.activations import OUTPUT_ACTIVATIONS
from skperceptron._finite import FiniteOutputs

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
POSITIVE = np.exp(X[:, 0])
TARGETS = {
    "binary": (MLPClassifier, {}, X[:, 0] > 0),
    "multiclass": (MLPClassifier, {}, X[:, :3].argmax(axis=1)),
    "multilabel": (MLPClassifier, {}, (X[:, :3] > 0).astype(int)),
    "hinge": (MLPClassifier, {"loss": "hinge"}, X[:, 0] > 0),
    "regression": (MLPRegressor, {}, X[:, 0]),
    "absolute": (MLPRegressor, {"loss": "absolute_error"}, X[:, :2]),
    "gamma": (MLPRegressor, {"loss": "gamma"}, POSITIVE),
    "poisson": (MLPRegressor, {"loss": "poisson"}, POSITIVE),
    "autoencoder": (MLPAutoencoder, {"hidden_layer_sizes": (3, 2, 3)}, None),
}


def make(target, **parameters):
    estimator, given, y = TARGETS[target]
    defaults = {"hidden_layer_sizes": (8, 8), "random_state": 0, "max_iter": 5}
    return estimator(**defaults | given | parameters), y


def outputs(model, X):
    """All numbers that it predicts."""
    yield model.predict(X) if hasattr(model, "predict") else model.transform(X)
    for name in ("decision_function", "predict_proba", "predict_log_proba"):
        if hasattr(model, name):
            yield getattr(model, name)(X)
    if model._architecture.n_hidden:
        yield from (model.hidden_activations(X, layer) for layer in range(-1, 1))
    if isinstance(model, MLPAutoencoder):
        yield model.inverse_transform(model.transform(X))


def error_message(call):
    """The message of the ValueError that a call ends in, None if it ends well."""
    try:
        call()
    except ValueError as error:
        return str(error)
    return None


def assert_finite_or_diverged(model, X, y):
    message = error_message(lambda: model.fit(X, y))
    if message is not None:
        assert "diverged" in message
        return False
    assert all(np.isfinite(values).all() for values in outputs(model, X))
    return True


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.one_of_each
def test_a_fit_that_succeeds_predicts_numbers(dtype, solver, target):
    ended_well = 0
    for size in (1e-3, 1.0, 1e3, 1e8):
        for rate in (1e-3, 1.0, 1e3, 1e6, 1e8):
            model, y = make(target, solver=solver, dtype=dtype, learning_rate_init=rate)
            if solver == "lbfgs":
                model.set_params(learning_rate_init=1e-3)
            ended_well += assert_finite_or_diverged(model, size * X, y)
    assert ended_well > 0


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize(
    "parameters",
    [
        {"batch_norm": True},
        {"activation": "elu", "dropout": 0.3},
        {"activation": "tanh", "max_norm": 1e30},
        {"solver": "sgd", "momentum": 1.0},
    ],
)
@pytest.mark.filterwarnings("ignore:early_stopping watched a score", "ignore:Training diverged")
@pytest.mark.one_of_each
def test_whatever_the_network_is(parameters, convert, early_stopping):
    for target in ("multiclass", "gamma", "regression"):
        for rate in (1e-2, 1e2, 1e6):
            model, y = make(target, learning_rate_init=rate, max_iter=20, **parameters)
            model.set_params(early_stopping=early_stopping)
            assert_finite_or_diverged(model, convert(100 * X), y)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_rows_of_a_validation_set_count(solver):
    # Training never sees numbers so large, and its own outputs are all right.
    model, y = make("gamma", solver=solver, hidden_layer_sizes=())
    X_val = X.copy()
    X_val[0] = 1e6 * np.sign(model.fit(X, y).coefs_[0][:, 0])
    call = lambda model: model.fit(X, y, X_val=X_val, y_val=y)  # noqa: E731
    assert_refused(model, call, "diverged in epoch 1")


def test_rows_without_weight_do_not_count():
    model, y = make("gamma", hidden_layer_sizes=())
    sign = np.sign(model.fit(X, y).coefs_[0][:, 0])
    weight = np.ones(60)
    weight[0] = 0
    rows = np.vstack([1e6 * sign, X[1:]])
    model.fit(rows, y, weight)
    assert np.isfinite(model.predict(rows[1:])).all()
    with pytest.raises(ValueError, match="X has values so large"):
        model.predict(rows)


@pytest.mark.parametrize("rate", [1e-3, 30.0])
def test_the_verdict_is_the_same_on_every_walk_along_the_timeline(rate):
    model, y = make("gamma", solver="sgd", learning_rate_init=rate, max_iter=30)
    model.set_params(hidden_layer_sizes=(4,), batch_size=20)
    verdicts = []
    for walk in ("at once", "warm fits", "partial_fit"):
        walker = copy.deepcopy(model).set_params(warm_start=walk == "warm fits")

        def walk_on(walker=walker, walk=walk):
            if walk == "at once":
                walker.fit(X, y)
            for _ in range(0 if walk == "at once" else 30):
                if walk == "warm fits":
                    walker.set_params(max_iter=1).fit(X, y)
                else:
                    walker.partial_fit(X, y)

        message = error_message(walk_on) or "well"
        verdicts.append(message.partition(",")[0])
    assert verdicts[0] == verdicts[1] == verdicts[2]
    assert verdicts[0] == "well" or rate == 30.0


def test_a_diverged_epoch_leaves_the_best_weights_under_early_stopping():
    rates = [1e-3, 1e-3, 1e6]
    model, y = make("gamma", solver="sgd", early_stopping=True, batch_size=20)
    model.set_params(learning_rate=lambda progress: rates[min(int(progress), 2)])
    with pytest.warns(UserWarning, match="diverged in epoch 3.*best weights so far are kept"):
        model.fit(X, y)
    assert np.isfinite(model.predict(X)).all()


class TestWhatIsComputed:
    """Where the bound settles it, no row goes through the network."""

    @pytest.fixture
    def passes(self, monkeypatch):
        sizes, original = [], FiniteOutputs._finite_throughout

        def counted(self, x):
            sizes.append(x.shape[0])
            return original(self, x)

        monkeypatch.setattr(FiniteOutputs, "_finite_throughout", counted)
        return sizes

    @pytest.mark.parametrize("convert", [np.asarray, sparse.csr_matrix])
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("target", ["binary", "multiclass", "multilabel", "regression"])
    def test_only_a_bound_on_ordinary_data(self, target, dtype, convert, passes):
        model, y = make(target, dtype=dtype)
        model.fit(convert(X), y)
        assert passes == []

    @pytest.mark.parametrize("target", ["poisson", "gamma"])
    def test_only_a_bound_for_exponentials_of_scaled_data(self, target, passes):
        model, y = make(target)
        model.fit(X, y)
        assert passes == []

    def test_the_rows_of_every_epoch_where_that_is_not_enough(self, passes):
        # exp overflows float32 beyond 88.
        model, y = make("poisson", hidden_layer_sizes=(50, 50), dtype="float32")
        model.fit(X, y)
        assert passes == [60] * 5

    def test_the_bound_is_not_believed_where_something_in_between_may_overflow(self):
        # tanh would make ±1 of infinities, and hide that inf - inf is none of them.
        model, y = make("regression", activation="tanh", hidden_layer_sizes=(4,))
        model.fit(X, y)
        model.set_params(warm_start=True)
        stream = np.random.default_rng(0)
        network = _architecture.training_network(model, model._architecture, stream, sparse=False)
        network.allocate(model._training_state.theta.copy(), 60, 4)
        exp = OUTPUT_ACTIVATIONS["identity"]()
        assert FiniteOutputs(network, exp, [X])()
        huge = np.full((1, 4), 1e308) * [1, -1, 1, -1]
        weight, _ = network.parameters[0]
        weight[:] = 10.0
        with np.errstate(all="ignore"):
            assert network.largest_output(np.linalg.norm(huge)) != math.sqrt(4)
            # Whether infinities cancel depends on the order of the sums.
            expected = np.isfinite(network.layers[0].infer(huge, network.parameters[0])).all()
            assert FiniteOutputs(network, exp, [X, huge])() == expected


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("factor", [1e100, 1e300, 1e307])
@pytest.mark.one_of_each
def test_enormous_rows_give_numbers_or_an_error_that_names_x(target, convert, factor):
    model, y = make(target)
    model.fit(X, y)
    rows = convert(factor * X)
    names = ["predict", "predict_proba", "predict_log_proba", "decision_function", "transform"]
    names += ["score"] if target == "autoencoder" else []
    for name in names:
        if not hasattr(model, name):
            continue
        message = error_message(lambda name=name: getattr(model, name)(rows))
        if message is None:
            assert np.isfinite(getattr(model, name)(rows)).all()
        else:
            assert message.startswith("X has values so large that the outputs")
    if factor == 1e100 and target != "autoencoder" and target not in ("gamma", "poisson"):
        assert np.isfinite(model.predict(rows)).all()


def test_hidden_activations_of_enormous_rows():
    model, y = make("binary")
    model.fit(X, y)
    model.coefs_[0][:] = 100.0
    with pytest.raises(ValueError, match="X has values so large"):
        model.hidden_activations(1e307 * X)


def test_codes_that_are_enormous():
    model, _ = make("autoencoder")
    model.fit(X)
    model.coefs_[-1][:] = 100.0
    with pytest.raises(ValueError, match="X has values so large"):
        model.inverse_transform(np.full((2, 2), 1e307))


@pytest.mark.parametrize("factor", [1.0, 2.0**500, 2.0**-500])
def test_the_score_of_an_autoencoder_does_not_depend_on_the_unit(factor):
    model, _ = make("autoencoder", activation="identity")
    model.fit(X)
    expected = model.score(X)
    for intercept in model.intercepts_:
        intercept[:] = 0
    without = model.score(X)
    assert expected != without
    assert model.score(factor * X) == pytest.approx(without, rel=1e-12)


def test_log_probabilities_of_scores_at_the_ends_of_their_range_are_finite():
    model, y = make("multiclass", hidden_layer_sizes=(), dtype="float32")
    model.fit(X, y)
    model.coefs_[0][:] = [[3e38, -3e38, 0]]
    rows = np.eye(4)[:2]
    assert np.isfinite(model.predict_log_proba(rows)).all()
    assert_array_equal(model.predict_proba(rows), [[1, 0, 0], [1, 0, 0]])


def test_a_perceptron_says_so_too():
    model = PerceptronClassifier().fit(X, X[:, 0] > 0)
    model.coef_ = 100 * np.sign(model.coef_)
    with pytest.raises(ValueError, match="X has values so large"):
        model.decision_function(np.full((1, 4), 1e307) * np.sign(model.coef_))


class TestBlame:
    """The message of divergence names what is out of proportion, and nothing else."""

    def message(self, target="regression", X=X, weight=None, y=None, **parameters):
        model, own = make(target, solver=parameters.pop("solver", "sgd"), **parameters)
        with pytest.raises(ValueError, match="diverged in epoch") as error:
            model.fit(X, own if y is None else y, weight)
        return str(error.value).partition("no longer finite. ")[2]

    def test_the_rate(self):
        message = self.message(learning_rate_init=1e6)
        assert message.startswith("Lower learning_rate_init. The largest absolute value is 3.11 ")

    def test_the_rate_and_the_data(self):
        message = self.message(X=1000 * X, learning_rate_init=0.1, activation="identity")
        assert message.startswith("Lower learning_rate_init, or scale the data: the largest")

    @pytest.mark.parametrize("which", ["X", "y"])
    def test_the_data_alone(self, which):
        sizes = {"X": 1e150 * X} if which == "X" else {"y": 1e150 * X[:, 0]}
        message = self.message(**sizes)
        assert message.startswith("Scale the data: the largest absolute value is ")
        assert re.search(rf"\de\+\d+ in {which}", message)

    def test_weights_of_rows(self):
        weight = np.ones(60)
        weight[7] = 1e12
        y = np.where(weight > 1, 1.0, X[:, 0])
        parameters = {"batch_size": 1, "hidden_layer_sizes": (50,), "max_iter": 50}
        message = self.message(weight=weight, y=y, learning_rate_init=1.0, **parameters)
        match = r"A row weighs 60 times|Lower learning_rate_init"
        assert re.match(match, message)

    def test_weights_larger_than_those_of_the_first_call(self):
        model, y = make("regression", solver="sgd", alpha=0.0)
        model.partial_fit(X, y, np.full(60, 1e-20))

        def go_on():
            for _ in range(10):
                model.partial_fit(X, y, np.ones(60))

        assert "A row weighs 1e+20 times the mean weight of the first call" in error_message(go_on)

    def test_weights_too_small_for_alpha(self):
        message = self.message(weight=np.full(60, 1e-30))
        assert message.startswith("Lower alpha, or give sample_weight a mean near 1.")

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_the_penalty(self, dtype):
        message = self.message(alpha=1e37, dtype=dtype)
        assert message.startswith("Lower alpha.")

    def test_the_decay(self):
        message = self.message(solver="adamw", weight_decay=1e300)
        assert message.startswith("Lower weight_decay.")

    @pytest.mark.skipif(
        np.lib.NumpyVersion(np.__version__) < "2.0.0",
        reason="NumPy 1 goes over to double precision for a number that float32 can't hold",
    )
    def test_the_loss(self):
        message = self.message("binary", loss="focal", focal_gamma=1e39, dtype="float32")
        assert message.startswith("Lower focal_gamma.")

    def test_a_radius_out_of_the_range_of_the_type_is_no_constraint(self):
        for order in (1, 2):
            model, y = make("regression", dtype="float32", max_norm=1e39, max_norm_order=order)
            free = copy.deepcopy(model).set_params(max_norm=None, max_norm_order=2)
            assert_array_equal(model.fit(X, y).coefs_[0], free.fit(X, y).coefs_[0])


def test_the_largest_row_of_a_sparse_matrix_is_bounded():
    from skperceptron._finite import _largest_norm

    dense = np.where(rng.random(X.shape) < 0.5, X, 0)
    exact = np.linalg.norm(dense, axis=1).max()
    assert exact <= _largest_norm(sparse.csr_matrix(dense)) <= math.sqrt(4) * 3 * exact
    assert _largest_norm(dense) == pytest.approx(exact, rel=1e-15)
    assert _largest_norm(sparse.csr_matrix((3, 4))) == 0
