"""Few rows that are ready go to the network as they are, and nothing of the weights is saved."""

import copy
import gc
import os
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, _compat, _predict
from skperceptron._core.activations import HIDDEN_ACTIVATIONS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 7))
CLASSES = np.arange(200) % 4


class Square:
    """An activation of the user's."""

    saves = "input"

    def forward(self, z):
        np.multiply(z, z, out=z)

    def backward(self, saved, delta):
        delta *= 2 * saved


@dataclass
class Scaled:
    """One that has no hash, since it compares by its contents."""

    factor: float = 0.5
    saves = "input"

    def forward(self, z):
        z *= self.factor

    def backward(self, saved, delta):
        delta *= self.factor


def fitted(kind, y=None, *, dtype=np.float64, **parameters):
    model = kind(**{"hidden_layer_sizes": (6, 5), "max_iter": 2, "random_state": 0} | parameters)
    return model.fit(X.astype(dtype), y)


TARGETS = {
    "multiclass": CLASSES,
    "binary": CLASSES % 2,
    "strings": np.array(list("abcd"))[CLASSES],
    "one class": np.zeros(200, int),
    "multilabel": (X[:, :3] > 0).astype(int),
    "sparse multilabel": sparse.csr_matrix((X[:, :3] > 0).astype(int)),
}
METHODS = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "hidden_activations",
    "transform",
)


def results(model, rows):
    """What all methods of prediction return, as bytes with what they are the bytes of."""
    values = {}
    for method in METHODS:
        if method == "hidden_activations" and not model.coefs_[1:]:
            continue
        if hasattr(model, method):
            value = getattr(model, method)(rows)
            kind = type(value)
            value = value.toarray() if sparse.issparse(value) else value
            values[method] = kind, value.dtype, value.shape, value.tobytes()
    assert values
    return values


def in_general(model, rows, monkeypatch):
    """The same by the way that all other data go."""
    with monkeypatch.context() as patch:
        patch.setattr(_predict, "is_ready", lambda *args: False)
        patch.setattr(_compat, "is_ready", lambda *args: False)
        return results(model, rows)


def assert_the_same_every_way(model, dtype, monkeypatch):
    for n in (1, 2, 5, 63, 64, 65, 200):
        rows = np.ascontiguousarray(X[:n], dtype)
        expected = in_general(model, rows, monkeypatch)
        assert results(model, rows) == expected
        assert results(model, np.asfortranarray(rows)) == expected
        assert results(model, np.repeat(rows, 2, axis=1)[:, ::2]) == expected
        assert results(model, rows.tolist()) == expected
        assert results(model, rows.astype(rows.dtype.newbyteorder())) == expected


both_dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])


@both_dtypes
class TestEqualsTheGeneralPath:
    @pytest.mark.parametrize("activation", [*HIDDEN_ACTIVATIONS, Square(), Scaled()])
    def test_with_every_activation(self, activation, dtype, monkeypatch):
        model = fitted(MLPClassifier, CLASSES, activation=activation, dtype=dtype)
        assert_the_same_every_way(model, dtype, monkeypatch)

    @pytest.mark.parametrize("y", TARGETS.values(), ids=TARGETS)
    @pytest.mark.parametrize("batch_norm", [False, True])
    def test_with_every_kind_of_classes(self, y, batch_norm, dtype, monkeypatch):
        model = fitted(MLPClassifier, y, batch_norm=batch_norm, dtype=dtype)
        assert_the_same_every_way(model, dtype, monkeypatch)

    @pytest.mark.parametrize("sizes", [(), (6,), (6, 5, 4)])
    def test_at_every_depth(self, sizes, dtype, monkeypatch):
        model = fitted(MLPClassifier, CLASSES, hidden_layer_sizes=sizes, dtype=dtype)
        assert_the_same_every_way(model, dtype, monkeypatch)

    @pytest.mark.parametrize("y", [X[:, 0], X[:, :2]])
    @pytest.mark.parametrize("output_activation", ["identity", "softplus"])
    def test_of_a_regressor(self, y, output_activation, dtype, monkeypatch):
        y = np.abs(y)
        model = fitted(MLPRegressor, y, output_activation=output_activation, dtype=dtype)
        assert_the_same_every_way(model, dtype, monkeypatch)

    @pytest.mark.parametrize("batch_norm", [False, True])
    def test_of_an_autoencoder(self, batch_norm, dtype, monkeypatch):
        model = fitted(MLPAutoencoder, batch_norm=batch_norm, dtype=dtype)
        assert_the_same_every_way(model, dtype, monkeypatch)

    def test_of_weights_from_outside(self, dtype, monkeypatch):
        model = MLPClassifier((5,))
        model.coefs_ = [X[:7, :5].astype(dtype), X[7:12, :3].astype(dtype)]
        model.intercepts_ = [np.ones(5, dtype), np.ones(3, dtype)]
        model.classes_ = np.arange(3)
        assert_the_same_every_way(model, dtype, monkeypatch)

    def test_of_tables_and_of_sparse_rows(self, dtype):
        names = list("abcdefg")
        model = fitted(MLPClassifier, CLASSES, dtype=dtype)
        named = clone(model).fit(pd.DataFrame(X.astype(dtype), columns=names), CLASSES)
        for n in (1, 64, 200):
            rows = X[:n].astype(dtype)
            expected = results(model, rows)
            assert results(named, pd.DataFrame(rows, columns=names)) == expected
            # Sums over what is not zero are rounded in another order.
            tolerance = 1e-4 if dtype == np.float32 else 1e-12
            values = model.predict_proba(sparse.csr_matrix(rows))
            assert_allclose(values, model.predict_proba(rows), rtol=tolerance)

    def test_names_of_columns_are_still_missed(self, dtype):
        named = MLPClassifier((3,), max_iter=2).fit(pd.DataFrame(X).add_prefix("x"), CLASSES)
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            named.predict(X[:1])


def by_hand(model, rows):
    """Raw scores of a tanh network by the formulas, from what the attributes hold now."""
    for layer, (weight, intercept) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        rows = rows @ np.asarray(weight) + np.asarray(intercept)
        if layer < len(model.coefs_) - 1:
            if model.batch_norm_mean_ is not None:
                rows = rows - model.batch_norm_mean_[layer]
                rows = rows / np.sqrt(np.asarray(model.batch_norm_variance_[layer]) + 1e-5)
                rows = rows * model.batch_norm_scale_[layer] + model.batch_norm_shift_[layer]
            rows = np.tanh(rows)
    return rows


GROUPS = (
    "coefs_",
    "intercepts_",
    "batch_norm_scale_",
    "batch_norm_shift_",
    "batch_norm_mean_",
    "batch_norm_variance_",
)


def replace_list(model, group):
    setattr(model, group, [2 * array + 1 for array in getattr(model, group)])


def replace_list_by_tuple(model, group):
    setattr(model, group, tuple(2 * array + 1 for array in getattr(model, group)))


def replace_list_by_array(model, group):
    # All layers of the network below are equally wide.
    setattr(model, group, 2 * np.array(getattr(model, group)) + 1)


def replace_item(model, group):
    getattr(model, group)[0] = 2 * getattr(model, group)[0] + 1


def write_to_array(model, group):
    getattr(model, group)[0][...] *= 2
    getattr(model, group)[0][...] += 1


def write_one_number(model, group):
    getattr(model, group)[0].flat[0] += 0.5


def swap_items(model, group):
    getattr(model, group).reverse()


CHANGES = (
    replace_list,
    replace_list_by_tuple,
    replace_list_by_array,
    replace_item,
    write_to_array,
    write_one_number,
    swap_items,
)


def tanh_network(y=CLASSES, **parameters):
    return fitted(MLPClassifier, y, activation="tanh", **parameters)


def square_network():
    y = np.arange(200) % 7
    model = tanh_network(y, hidden_layer_sizes=(7, 7), batch_norm=True)
    model.predict(X[:1])
    return model


every_change = pytest.mark.parametrize("change", CHANGES)


@pytest.mark.parametrize("n", [1, 5, 200])
class TestReadsTheWeightsAtEachCall:
    @every_change
    @pytest.mark.parametrize("group", GROUPS)
    def test_that_were_changed(self, change, group, n):
        model = square_network()
        before = model.decision_function(X[:n])
        change(model, group)
        after = model.decision_function(X[:n])
        assert (after != before).any()
        assert_allclose(after, by_hand(model, X[:n]), rtol=1e-9, atol=1e-12)
        assert_array_equal(model.predict(X[:n]), after.argmax(axis=1))

    @pytest.mark.parametrize("group", ["coefs_", "intercepts_"])
    def test_that_are_lists_of_numbers(self, group, n):
        model = square_network()
        setattr(model, group, [(2 * array + 1).tolist() for array in getattr(model, group)])
        scores = model.decision_function(X[:n])
        assert_allclose(scores, by_hand(model, X[:n]), rtol=1e-9, atol=1e-12)

    @pytest.mark.parametrize(
        "train",
        [
            lambda model: model.fit(X[:50], CLASSES[:50]),
            lambda model: model.set_params(hidden_layer_sizes=(3,)).fit(X, CLASSES),
            lambda model: model.set_params(batch_norm=True).fit(X, CLASSES),
            lambda model: model.set_params(warm_start=True).fit(X, CLASSES),
            lambda model: model.partial_fit(X, CLASSES),
        ],
    )
    def test_that_were_trained(self, train, n):
        model = tanh_network()
        before = model.decision_function(X[:n])
        train(model)
        after = model.decision_function(X[:n])
        assert (after != before).any()
        assert_allclose(after, by_hand(model, X[:n]), rtol=1e-9, atol=1e-12)

    def test_of_another_width(self, n):
        model = tanh_network()
        model.predict(X[:n])
        narrow = X[:n, :4].copy()
        model.fit(X[:, :4].copy(), CLASSES)
        assert_allclose(model.decision_function(narrow), by_hand(model, narrow), rtol=1e-9)
        with pytest.raises(ValueError, match="X has 7 features"):
            model.predict(X[:n])

    def test_of_another_dtype(self, n):
        model = tanh_network()
        model.predict(X[:n])
        model.fit(X.astype(np.float32), CLASSES)
        for rows in (X[:n], X[:n].astype(np.float32)):
            assert model.predict_proba(rows).dtype == np.float32

    @pytest.mark.parametrize(
        "change",
        [
            lambda model: model.set_params(activation="relu", dtype="float32", batch_norm=False),
            lambda model: model.drop_training_state(),
        ],
    )
    def test_and_nothing_else(self, change, n):
        model = square_network()
        before = results(model, X[:n])
        change(model)
        assert results(model, X[:n]) == before

    def test_an_activation_that_changes(self, n):
        model = fitted(MLPClassifier, CLASSES, activation=Scaled(0.5))
        model.predict(X[:n])
        model.activation.factor = 2.0  # the network has the user's own object
        expected = X[:n]
        for weight, intercept in zip(model.coefs_, model.intercepts_, strict=True):
            expected = 2 * (expected @ weight + intercept)
        assert_allclose(model.decision_function(X[:n]), expected / 2, rtol=1e-12)


class TestCopies:
    @every_change
    @pytest.mark.parametrize(
        "copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
    )
    def test_have_weights_of_their_own(self, change, copied):
        model = square_network()
        twin = copied(model)
        before = results(model, X[:1])
        assert results(twin, X[:1]) == before
        change(twin, "coefs_")
        assert results(model, X[:1]) == before
        assert_allclose(twin.decision_function(X[:1]), by_hand(twin, X[:1]), rtol=1e-9)

    def test_that_are_shallow_share_the_list_and_not_the_attribute(self):
        model = square_network()
        twin = copy.copy(model)
        before = results(model, X[:1])
        replace_list(twin, "coefs_")
        assert results(model, X[:1]) == before != results(twin, X[:1])
        twin = copy.copy(model)
        replace_item(twin, "coefs_")
        assert results(model, X[:1]) == results(twin, X[:1]) != before

    def test_that_are_clones_are_not_fitted(self):
        with pytest.raises(NotFittedError):
            clone(square_network()).predict(X[:1])

    def test_of_one_architecture_do_not_mix(self):
        models = [tanh_network(random_state=seed) for seed in range(3)]
        expected = [by_hand(model, X[:1]) for model in models]
        for _ in range(3):
            for model, scores in zip(models, expected, strict=True):
                assert_allclose(model.decision_function(X[:1]), scores, rtol=1e-9, atol=1e-12)

    def test_of_many_architectures_do_not_mix(self):
        for width in [*range(1, 80), 1]:
            model = MLPRegressor((width,))
            model.coefs_, model.intercepts_ = (
                [np.ones((7, width)), np.ones((width, 1))],
                [np.ones(width), np.ones(1)],
            )
            assert_array_equal(model.predict(np.ones((1, 7))), [8 * width + 1])


class TestKeepsNothing:
    @pytest.mark.parametrize("make", [square_network, lambda: fitted(MLPAutoencoder)])
    def test_in_the_estimator(self, make):
        pristine = pickle.loads(pickle.dumps(make()))
        names, size = set(vars(pristine)), len(pickle.dumps(pristine))
        results(pristine, X[:1])
        assert set(vars(pristine)) == names
        assert len(pickle.dumps(pristine)) == size

    def test_of_the_estimator(self):
        model = square_network()
        results(model, X[:1])
        array = weakref.ref(model.coefs_[0])
        estimator = weakref.ref(model)
        del model
        gc.collect()
        assert array() is None
        assert estimator() is None

    def test_of_architectures(self):
        model = square_network()
        gc.collect()
        before = len(_predict._known)
        for _ in range(50):
            twin = copy.deepcopy(model)
            results(twin, X[:1])
        del twin
        gc.collect()
        assert len(_predict._known) < before + 10  # some are known elsewhere
        results(model, X[:1])
        assert len(_predict._known) >= 1

    def test_of_weights_that_were_replaced(self):
        model = square_network()
        results(model, X[:1])
        array = weakref.ref(model.coefs_[0])
        # Early stopping and warm starts keep theirs in a vector of their own.
        model.coefs_[0] = np.zeros((7, 7))
        gc.collect()
        assert array() is None


def outcome(call, rows):
    try:
        return call(rows)
    except Exception as error:
        return type(error), str(error)


def with_value(value, place=0):
    rows = X[:2].copy()
    rows[1, place] = value
    return rows


BAD = {
    "narrow": X[:1, :6].copy(),
    "wide": np.ones((1, 8)),
    "one dimension": X[0],
    "three dimensions": X[:1, :, np.newaxis],
    "no rows": X[:0],
    "NaN": with_value(np.nan),
    "inf": with_value(np.inf),
    "-inf": with_value(-np.inf, 6),
    "inf beside 0": np.array([[0.0, 0, 0, 0, 0, 0, np.inf]]),
    "both": np.array([[np.inf, -np.inf, 0, 0, 0, 0, 0]]),
    "scores overflow": 1e308 * np.ones((1, 7)),
    "complex": X[:1] * 1j,
}


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor, MLPAutoencoder])
@pytest.mark.parametrize("rows", BAD.values(), ids=BAD)
def test_errors_are_those_of_the_general_path(kind, rows, monkeypatch):
    y = {MLPClassifier: CLASSES, MLPRegressor: X[:, 0], MLPAutoencoder: None}[kind]
    model = fitted(kind, y, activation="identity")
    for array in (*model.coefs_, *model.intercepts_):
        array[...] = np.abs(array) + 1
    methods = [getattr(model, method) for method in METHODS if hasattr(model, method)]
    for call in methods:
        actual = outcome(call, rows)
        with monkeypatch.context() as patch:
            patch.setattr(_predict, "is_ready", lambda *args: False)
            patch.setattr(_compat, "is_ready", lambda *args: False)
            expected = outcome(call, rows)
        assert isinstance(actual, tuple)
        assert actual == expected
        assert issubclass(actual[0], ValueError)
        assert "X" in actual[1] or "array" in actual[1]


def test_large_rows_whose_squares_overflow_are_predicted():
    for dtype, size in ((np.float64, 1e200), (np.float32, 1e30)):
        model = fitted(MLPClassifier, CLASSES, activation="tanh", dtype=dtype)
        rows = np.full((1, 7), size, dtype)
        assert np.isfinite(model.predict_proba(rows)).all()
        assert np.isfinite(size * fitted(MLPRegressor, X[:, 0]).predict(X[:1])).all()
    regressor = fitted(MLPRegressor, X[:, 0], activation="identity")
    scale = regressor.predict(1e200 * X[:1]) / 1e200
    weights = regressor.coefs_[0] @ regressor.coefs_[1] @ regressor.coefs_[2]
    assert_allclose(scale, (X[:1] @ weights)[:, 0], rtol=1e-12)


@pytest.mark.parametrize("n", [1, 200])
def test_results_that_overflow_though_the_scores_do_not_are_refused(n):
    model = MLPRegressor(hidden_layer_sizes=(), output_activation="exp", loss="poisson")
    model.coefs_, model.intercepts_ = [np.full((7, 1), 1000.0)], [np.zeros(1)]
    with pytest.raises(ValueError, match="X has values so large that the outputs"):
        model.predict(np.ones((n, 7)))


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m.coefs_.pop(),
        lambda m: m.coefs_.append(np.ones((4, 4))),
        lambda m: m.intercepts_.reverse(),
        lambda m: m.coefs_.__setitem__(0, m.coefs_[0][:, :5]),
        lambda m: m.coefs_.__setitem__(0, m.coefs_[0].ravel()),
        lambda m: m.intercepts_.__setitem__(0, np.ones((1, 6))),  # would broadcast
        lambda m: m.intercepts_.__setitem__(2, np.ones(1)),
        lambda m: setattr(m, "coefs_", None),
        lambda m: setattr(m, "batch_norm_mean_", [np.ones(6)]),
        # Which belong together, but not to the rest.
        lambda m: setattr(m, "coefs_", [np.ones((7, 5)), np.ones((5, 5)), np.ones((5, 4))]),
    ],
)
@pytest.mark.parametrize("n", [1, 200])
def test_weights_of_other_shapes_are_refused_at_the_next_call(edit, n):
    model = fitted(MLPClassifier, CLASSES)
    model.predict(X[:n])
    edit(model)
    for method in ("predict", "predict_proba", "decision_function", "hidden_activations"):
        with pytest.raises(ValueError, match="_ must have arrays of shapes"):
            getattr(model, method)(X[:n])


def test_an_array_that_is_reshaped_in_place_is_refused():
    model = fitted(MLPClassifier, CLASSES)
    model.predict(X[:1])
    model.coefs_[0].resize(7 * 6, refcheck=False)
    with pytest.raises(ValueError, match="coefs_ must have arrays of shapes"):
        model.predict(X[:1])


@pytest.mark.parametrize("decorate", [_predict.quietly, _predict._in_a_block])
class TestWarningsOfNumPy:
    """The decorator for NumPy 1 is tried with every NumPy."""

    def test_are_off_and_then_as_they_were(self, decorate):
        quiet = decorate(lambda x: np.exp(x))
        with np.errstate(all="raise"):
            before = np.geterr()
            assert quiet(np.float64(1e4)) == np.inf
            assert np.geterr() == before
            with pytest.raises(FloatingPointError):
                np.exp(np.float64(1e4))

    def test_are_as_they_were_after_an_error(self, decorate):
        with np.errstate(all="raise"):
            before = np.geterr()
            with pytest.raises(TypeError):
                decorate(lambda x: x + "")(1)
            assert np.geterr() == before

    def test_of_a_call_in_a_call(self, decorate):
        quiet = decorate(lambda call: call())
        before = np.geterr()
        with np.errstate(all="raise"):
            inside = quiet(lambda: quiet(np.geterr))
            assert set(np.geterr().values()) == {"raise"}
        assert set(inside.values()) == {"ignore"}
        assert np.geterr() == before

    def test_in_threads(self, decorate):
        quiet = decorate(np.geterr)

        def ask(number):
            with np.errstate(all="raise" if number % 2 else "warn"):
                before = np.geterr()
                return [quiet() for _ in range(50)], np.geterr() == before

        with ThreadPoolExecutor(4) as pool:
            for inside, restored in pool.map(ask, range(40)):
                assert restored
                assert all(set(each.values()) == {"ignore"} for each in inside)


def test_overflow_inside_the_network_is_silent():
    model = fitted(MLPClassifier, CLASSES, activation="tanh")
    model.coefs_[0][...] = 1e308
    with np.errstate(all="raise"):
        assert np.isfinite(model.predict_proba(10 * np.abs(X[:1]))).all()


def test_threads_predict_with_networks_of_one_architecture():
    models = [fitted(MLPClassifier, CLASSES, random_state=seed) for seed in range(4)]
    expected = [results(model, X[:1]) for model in models]
    with ThreadPoolExecutor(4) as pool:
        actual = list(pool.map(lambda i: results(models[i % 4], X[:1]), range(200)))
    assert all(each == expected[i % 4] for i, each in enumerate(actual))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_weights_of_its_own():
    model = square_network()
    before = results(model, X[:1])
    child = os.fork()
    if child == 0:
        status = 1
        try:
            same = results(model, X[:1]) == before
            write_to_array(model, "coefs_")
            status = 0 if same and results(model, X[:1]) != before else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert results(model, X[:1]) == before


@both_dtypes
@pytest.mark.parametrize("n", [1, 5, 64, 65, 200])
def test_rows_that_are_ready_are_not_validated_again(dtype, n, monkeypatch):
    models = [fitted(MLPClassifier, CLASSES, dtype=dtype), fitted(MLPAutoencoder, dtype=dtype)]

    def asked(*args, **kwargs):
        raise AssertionError

    monkeypatch.setattr(_predict, "validate_X", asked)
    for model in models:
        results(model, X[:n].astype(dtype))
        with pytest.raises(AssertionError):
            model.predict(X[:n].tolist()) if hasattr(model, "predict") else model.transform(
                X[:n].tolist()
            )
