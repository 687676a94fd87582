"""Weights that are set before the first fit: by federated learning, by hand, from elsewhere."""

import copy
import pickle
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Perceptron, SGDClassifier
from sklearn.utils.validation import check_is_fitted

from helpers.unchanged import assert_refused, unchanged
from helpers.weights import assert_same_weights
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
Y = X[:, 0] > 0
MANY = np.array(["a", "b", "c"])[X[:, :3].argmax(axis=1)]
LABELS = (X[:, :3] > 0).astype(int)

# Each kind of targets: an estimator, y, and what says how many outputs there are.
KINDS = {
    "binary": (MLPClassifier, Y, 1),
    "multiclass": (MLPClassifier, MANY, 3),
    "multilabel": (MLPClassifier, LABELS, 3),
    "one class": (MLPClassifier, np.zeros(60), 1),
    "regression": (MLPRegressor, X[:, 0], 1),
    "outputs": (MLPRegressor, X[:, :2], 2),
    "autoencoder": (MLPAutoencoder, None, 4),
}
kinds = pytest.mark.parametrize("kind", KINDS)
WALKS = ["fit", "partial_fit"]


def weights(n_outputs, sizes=(8,), n_features=4, dtype=np.float64):
    units = (n_features, *sizes, n_outputs)
    draws = np.random.default_rng(1)
    coefs = [draws.normal(size=shape).astype(dtype) for shape in pairwise(units)]
    return coefs, [draws.normal(size=n).astype(dtype) for n in units[1:]]


def make(kind, **parameters):
    common = {"warm_start": True, "max_iter": 2, "random_state": 0, "batch_size": 20}
    return KINDS[kind][0]((8,), **common | parameters)


def given(kind, dtype=np.float64, **parameters):
    model = make(kind, **parameters)
    model.coefs_, model.intercepts_ = weights(KINDS[kind][2], dtype=dtype)
    return model


def train(model, kind, walk="fit", X=X, **arguments):
    y = KINDS[kind][1]
    if walk == "partial_fit" and kind in ("binary", "multiclass", "one class"):
        arguments.setdefault("classes", np.unique(y))
    return getattr(model, walk)(X, *(() if y is None else (y,)), **arguments)


def forward(X, coefs, intercepts):
    """Raw scores of a network of rectified units, in plain NumPy."""
    for coef, intercept in zip(coefs[:-1], intercepts[:-1], strict=True):
        X = np.maximum(X @ coef + intercept, 0)
    return X @ coefs[-1] + intercepts[-1]


class TestTraining:
    @kinds
    @pytest.mark.parametrize("walk", WALKS)
    def test_starts_from_them_unchanged(self, kind, walk):
        model = given(kind, solver="sgd", learning_rate_init=1e-300)
        coefs, intercepts = weights(KINDS[kind][2])
        train(model, kind, walk)
        for ours, theirs in zip(model.coefs_, coefs, strict=True):
            assert_array_equal(ours, theirs)
        for ours, theirs in zip(model.intercepts_, intercepts, strict=True):
            assert_array_equal(ours, theirs)
        assert len(model.loss_curve_) == model.n_iter_ == (1 if walk == "partial_fit" else 2)
        assert model.t_ == 60 * model.n_iter_

    @kinds
    @pytest.mark.parametrize("walk", WALKS)
    @pytest.mark.parametrize("solver", ["sgd", "adam", "lion"])
    @pytest.mark.one_of_each
    def test_is_that_of_a_fitted_network_with_these_weights_and_nothing_else(
        self, kind, walk, solver
    ):
        other = {"solver": solver, "dropout": 0.2}
        expected = train(make(kind, **other), kind).drop_training_state()
        expected.coefs_, expected.intercepts_ = weights(KINDS[kind][2])
        model = given(kind, **other)
        for _ in range(2):
            train(model, kind, walk)
            train(expected, kind, walk)
        assert_same_weights(model, expected)
        assert model.loss_curve_ == expected.loss_curve_

    @kinds
    def test_by_lbfgs(self, kind):
        if kind == "one class":
            pytest.skip("there is nothing to descend")
        model = given(kind, solver="lbfgs", batch_size="auto", max_iter=50)
        before = given(kind, solver="lbfgs", batch_size="auto", max_iter=1)
        train(before, kind)
        train(model, kind)
        assert model.loss_ < before.loss_
        assert model.loss_curve_[0] == before.loss_curve_[0]

    @pytest.mark.parametrize("walk", WALKS)
    def test_leaves_the_arrays_as_they_are_and_to_themselves(self, walk):
        coefs, intercepts = weights(1)
        for array in coefs + intercepts:
            array.flags.writeable = False
        kept = copy.deepcopy(coefs)
        model = make("binary")
        model.coefs_, model.intercepts_ = coefs, tuple(intercepts)
        for _ in range(2):
            train(model, "binary", walk)
        for ours, theirs, before in zip(model.coefs_, coefs, kept, strict=True):
            assert_array_equal(theirs, before)
            assert not np.shares_memory(ours, theirs)
            assert (ours != theirs).any()

    @pytest.mark.parametrize("walk", WALKS)
    def test_goes_by_their_precision(self, walk):
        single = given("binary", dtype=np.float32)
        assert train(single, "binary", walk).coefs_[0].dtype == np.float32
        double = train(given("binary"), "binary", walk, X=X.astype(np.float32))
        assert double.coefs_[0].dtype == np.float64
        forced = make("binary", dtype="float32")
        forced.coefs_, forced.intercepts_ = weights(1)
        assert train(forced, "binary", walk).coefs_[0].dtype == np.float32

    @pytest.mark.parametrize("walk", WALKS)
    def test_takes_lists_and_whole_numbers(self, walk):
        model = make("binary", solver="sgd", learning_rate_init=1e-300)
        model.coefs_ = [np.eye(4, 8, dtype=int).tolist(), np.ones((8, 1), np.int8)]
        model.intercepts_ = [[0] * 8, [1]]
        train(model, "binary", walk)
        assert_allclose(model.coefs_[0], np.eye(4, 8), atol=1e-290)  # some steps of 1e-300
        assert model.coefs_[0].dtype == np.float64

    @pytest.mark.parametrize("walk", WALKS)
    def test_with_batch_normalisation(self, walk):
        model = given("binary", batch_norm=True, solver="sgd", learning_rate_init=1e-300)
        model.batch_norm_scale_ = [np.full(8, 3.0)]
        train(model, "binary", walk)
        assert_array_equal(model.batch_norm_scale_[0], np.full(8, 3.0))
        assert_allclose(model.batch_norm_shift_[0], np.zeros(8), atol=1e-290)
        # The running statistics start from 0 and 1, and move with the first batches.
        assert (model.batch_norm_mean_[0] != 0).all()

    def test_is_new_without_a_warm_start(self):
        model = given("binary", warm_start=False)
        model.classes_ = [3, 4, 5]
        expected = make("binary", warm_start=False)
        assert_array_equal(train(model, "binary").coefs_[0], train(expected, "binary").coefs_[0])
        assert_array_equal(model.classes_, [False, True])

    def test_is_one_timeline_from_there(self):
        whole = train(given("multiclass", max_iter=4), "multiclass")
        fits, steps = given("multiclass", max_iter=1), given("multiclass")
        for _ in range(4):
            fits = pickle.loads(pickle.dumps(train(fits, "multiclass")))
            train(steps, "multiclass", "partial_fit")
        for other in (fits, steps):
            assert_array_equal(whole.coefs_[1], other.coefs_[1])
            assert whole.loss_curve_ == other.loss_curve_

    def test_under_early_stopping(self):
        model = train(given("binary", early_stopping=True, max_iter=5), "binary")
        assert len(model.validation_scores_) == 5

    def test_with_names_of_features(self):
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame(X, columns=list("abcd"))
        model = train(given("binary"), "binary", X=frame)
        assert list(model.feature_names_in_) == list("abcd")
        assert model.n_features_in_ == 4

    def test_after_a_pickle_and_a_clone(self):
        model = given("binary")
        loaded = train(pickle.loads(pickle.dumps(model)), "binary")
        assert_array_equal(loaded.coefs_[0], train(model, "binary").coefs_[0])
        fresh = clone(given("binary"))
        assert not hasattr(fresh, "coefs_")


class TestClasses:
    @pytest.mark.parametrize("walk", WALKS)
    def test_y_may_lack_some_that_are_set(self, walk):
        model = given("multiclass")
        model.classes_ = ["a", "b", "c"]
        some = MANY != "c"
        for _ in range(2):
            getattr(model, walk)(X[some], MANY[some])
            assert_array_equal(model.classes_, ["a", "b", "c"])
            assert model.predict_proba(X).shape == (60, 3)

    @pytest.mark.parametrize("walk", WALKS)
    def test_y_must_be_among_them(self, walk):
        model = given("multiclass")
        model.classes_ = np.array(["b", "c", "d"])
        call = lambda model: getattr(model, walk)(X, MANY)  # noqa: E731
        assert_refused(model, call, r"not in `self\.classes_`")

    def test_are_those_of_y_if_they_are_not_set(self):
        model = train(given("multiclass"), "multiclass")
        assert_array_equal(model.classes_, ["a", "b", "c"])
        with pytest.raises(ValueError, match="classes must be passed on the first call"):
            given("multiclass").partial_fit(X, MANY)

    def test_must_agree_with_those_of_partial_fit(self):
        model = given("multiclass")
        model.classes_ = ["a", "b", "c"]
        with pytest.raises(ValueError, match="is not the same as on last call to partial_fit"):
            model.partial_fit(X, MANY, classes=["a", "b", "d"])
        model.partial_fit(X, MANY, classes=["c", "b", "a"])

    @pytest.mark.parametrize("walk", WALKS)
    def test_of_several_labels_are_as_many(self, walk):
        model = given("multilabel")
        model.classes_ = ["a", "b", "c"]
        assert_array_equal(train(model, "multilabel", walk).classes_, [0, 1, 2])
        model = given("multilabel")
        model.classes_ = ["a", "b"]
        if walk == "partial_fit":  # as it ignores its argument classes for an indicator matrix
            assert_array_equal(train(model, "multilabel", walk).classes_, [0, 1, 2])
        else:
            with pytest.raises(ValueError, match="classes_ has 2 labels, but y has 3 columns"):
                train(model, "multilabel", walk)

    def test_may_be_a_list_without_weights(self):
        model = make("binary")
        model.classes_ = [False, True]
        assert model.partial_fit(X, Y).predict(X).shape == (60,)

    @pytest.mark.parametrize("classes", [["b", "a", "c"], ["a", "a", "b"], [["a"], ["b"]], [], 3])
    @pytest.mark.parametrize("method", ["fit", "partial_fit", "predict"])
    def test_that_are_no_set_of_labels(self, classes, method):
        model = given("multiclass")
        model.classes_ = classes
        arguments = (X,) if method == "predict" else (X, MANY)
        with pytest.raises(ValueError, match="classes_"):
            getattr(model, method)(*arguments)


class TestPrediction:
    """By a network that was never fitted."""

    @pytest.mark.parametrize("sizes", [(8,), (), (5, 6)])
    def test_of_classes(self, sizes):
        model = MLPClassifier(sizes)
        model.coefs_, model.intercepts_ = weights(3, sizes)
        model.classes_ = ["a", "b", "c"]
        scores = forward(X, *weights(3, sizes))
        assert_allclose(model.decision_function(X), scores, rtol=1e-12)
        assert_array_equal(model.predict(X), np.array(["a", "b", "c"])[scores.argmax(axis=1)])
        assert_allclose(model.predict_proba(X).sum(axis=1), 1)
        assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))
        assert 0 <= model.score(X, MANY) <= 1
        assert not hasattr(model, "n_features_in_")  # predict changes nothing

    def test_of_two_classes(self):
        model = given("binary")
        model.classes_ = [10, 20]
        scores = forward(X, *weights(1))[:, 0]
        assert_allclose(model.decision_function(X), scores, rtol=1e-12)
        assert_array_equal(model.predict(X), np.where(scores > 0, 20, 10))

    @pytest.mark.parametrize("n_outputs", [1, 3])
    def test_of_numbers(self, n_outputs):
        model = MLPRegressor((8,), output_activation="softplus")
        model.coefs_, model.intercepts_ = weights(n_outputs)
        expected = np.logaddexp(0, forward(X, *weights(n_outputs)))
        assert_allclose(model.predict(X), expected[:, 0] if n_outputs == 1 else expected)

    def test_of_reconstructions(self):
        model = given("autoencoder")
        expected = X @ model.coefs_[0] + model.intercepts_[0]
        assert_allclose(model.transform(X), expected)
        reconstructions = expected @ model.coefs_[1] + model.intercepts_[1]
        assert_allclose(model.inverse_transform(expected), reconstructions)
        assert model.score(X) < 1
        assert list(model.get_feature_names_out())[-1] == "mlpautoencoder7"

    @pytest.mark.parametrize("kind", ["multiclass", "regression", "autoencoder"])
    def test_is_that_of_a_fit_that_changed_nothing(self, kind):
        fitted = train(given(kind, solver="sgd", learning_rate_init=1e-300), kind)
        model = given(kind)
        if kind == "multiclass":
            model.classes_ = ["a", "b", "c"]
        assert_array_equal(model.hidden_activations(X), fitted.hidden_activations(X))
        assert str(model.summary()) == str(fitted.summary())
        assert model._below_diagram() == fitted._below_diagram()
        if kind != "autoencoder":
            assert_array_equal(model.predict(X), fitted.predict(X))
            theirs = model.to_sklearn()
            assert_array_equal(theirs.predict(X), model.predict(X))
            theirs.partial_fit(X, KINDS[kind][1])
        assert_array_equal(
            pickle.loads(pickle.dumps(model.drop_training_state())).hidden_activations(X),
            fitted.hidden_activations(X),
        )

    def test_with_batch_normalisation_at_its_start(self):
        model = given("regression", batch_norm=True)
        coefs, intercepts = weights(1)
        coefs[0], intercepts[0] = (a / np.sqrt(1 + 1e-5) for a in (coefs[0], intercepts[0]))
        assert_allclose(model.predict(X), forward(X, coefs, intercepts)[:, 0])

    def test_keeps_their_precision(self):
        model = given("regression", dtype=np.float32)
        assert model.predict(X).dtype == np.float32
        assert given("regression").predict(X.astype(np.float32)).dtype == np.float64

    def test_wants_all_that_it_needs(self):
        model = given("multiclass")
        with pytest.raises(NotFittedError, match="set coefs_, intercepts_, classes_"):
            model.predict(X)
        with pytest.raises(NotFittedError):
            check_is_fitted(model)
        model.classes_ = ["a", "b", "c"]
        check_is_fitted(model)
        del model.intercepts_
        with pytest.raises(NotFittedError):
            model.predict(X)

    def test_of_other_columns(self):
        with pytest.raises(ValueError, match=r"3 features.*4 features"):
            given("regression").predict(X[:, :3])
        model = given("regression")
        model.n_features_in_ = 3
        with pytest.raises(ValueError, match="coefs_ are for 4 features, but n_features_in_ is 3"):
            model.predict(X)


NAN = weights(1)[0]
NAN[1][0] = np.nan
BAD = {
    "another width": (weights(1, (7,)), {}, r"coefs_ must have arrays of shapes .*hidden_layer"),
    "too many layers": (weights(1, (8, 8)), {}, "coefs_ must have arrays of shapes"),
    "too few layers": (weights(1, ()), {}, "coefs_ must have arrays of shapes"),
    "no layers": (([], []), {}, "coefs_ must"),
    "intercepts": ((weights(1)[0], weights(2)[1]), {}, "intercepts_ must have arrays of shapes"),
    "NaN": ((NAN, weights(1)[1]), {}, "coefs_ must be finite"),
    "beyond float32": (([np.full((4, 8), 1e300), np.ones((8, 1))], weights(1)[1]),
                       {"dtype": "float32"}, "coefs_ must be finite numbers of float32"),
    "strings": (([np.full((4, 8), "w"), np.ones((8, 1))], weights(1)[1]), {}, "coefs_ must be a"),
    "complex": (([np.ones((4, 8)) * 1j, np.ones((8, 1))], weights(1)[1]), {}, "coefs_ must be a"),
    "sparse": (([csr_matrix((4, 8)), np.ones((8, 1))], weights(1)[1]), {}, "coefs_ must be a"),
    "ragged": (([[[1, 2], [3]]], weights(1)[1]), {}, "coefs_"),
    "None": ((None, None), {}, "coefs_"),
    "a number": ((3, 4), {}, "coefs_"),
    "alone": ((weights(1)[0], None), {}, "coefs_ and intercepts_ must be set together"),
}  # fmt: skip


@pytest.mark.parametrize("walk", [*WALKS, "predict"])
@pytest.mark.parametrize("bad", BAD)
def test_weights_that_do_not_fit(bad, walk):
    (coefs, intercepts), parameters, match = BAD[bad]
    if bad == "alone" and walk == "predict":
        pytest.skip("that is not fitted")
    model = make("regression", **parameters)
    model.coefs_ = coefs
    if bad != "alone":
        model.intercepts_ = intercepts
    with unchanged(model), pytest.raises((ValueError, TypeError), match=match):
        model.predict(X) if walk == "predict" else train(model, "regression", walk)


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"columns": 3}, "coefs_ must have arrays of shapes .*got"),
        ({"outputs": 2}, "coefs_ must have arrays of shapes"),
        ({"variance": -1.0}, "batch_norm_variance_ must be at least 0"),
        ({"mean": np.nan}, "batch_norm_mean_ must be finite"),
        ({"scale": np.ones(7)}, "batch_norm_scale_ must have arrays of shapes"),
    ],
    ids=str,
)
def test_data_or_statistics_that_do_not_fit(walk, change, match):
    model = given("regression", batch_norm=True)
    [(name, value)] = change.items()
    data, y = X, X[:, 0]
    if name == "columns":
        data = X[:, :value]
    elif name == "outputs":
        y = X[:, :value]
    else:
        setattr(model, f"batch_norm_{name}_", [np.full(8, value) if np.isscalar(value) else value])
    with pytest.raises(ValueError, match=match):
        getattr(model, walk)(data, y)
    assert not hasattr(model, "_architecture")


class TestPerceptron:
    """As scikit-learn's Perceptron takes them."""

    @pytest.fixture(params=["binary", "multiclass"])
    def y(self, request):
        return {"binary": Y, "multiclass": MANY}[request.param]

    def set(self, model, y, sparse=False):
        n_units = 1 if y is Y else 3
        draws = np.random.default_rng(1)
        coef = draws.normal(size=(n_units, 4))
        model.coef_ = csr_matrix(coef) if sparse else coef
        model.intercept_ = draws.normal(size=n_units)
        return model

    @pytest.mark.parametrize("penalty", [None, "l2", "elasticnet"])
    @pytest.mark.parametrize("walk", ["fit", "partial_fit"])
    @pytest.mark.parametrize("convert", [np.asarray, csr_matrix])
    def test_trains_as_scikit_learn_s(self, y, walk, penalty, convert):
        common = {"shuffle": False, "warm_start": True, "penalty": penalty, "alpha": 0.01}
        theirs, ours = (
            self.set(kind(**common, max_iter=3, tol=None), y)
            for kind in (Perceptron, PerceptronClassifier)
        )
        for model in (theirs, ours):
            # partial_fit of scikit-learn's takes coef_ for its first call's if classes_ is not set.
            arguments = {"classes": np.unique(y)} if walk == "partial_fit" else {}
            for _ in range(2):
                getattr(model, walk)(convert(X), y, **arguments)
                arguments = {}
                # An L1 part starts anew at each call there: see the page on differences.
                if penalty == "elasticnet":
                    break
        assert_allclose(ours.coef_, theirs.coef_, rtol=0, atol=1e-10)
        assert_allclose(ours.intercept_, theirs.intercept_, rtol=0, atol=1e-10)

    def test_averages_as_scikit_learn_s(self, y):
        common = {"shuffle": False, "max_iter": 3, "tol": None}
        ours = self.set(PerceptronClassifier(algorithm="averaged", warm_start=True, **common), y)
        theirs = SGDClassifier(
            loss="perceptron", average=True, learning_rate="constant", penalty=None, eta0=1.0,
            **common,
        )  # fmt: skip
        start = ours.coef_.copy(), ours.intercept_.copy()
        theirs.fit(X, y, *start)
        ours.fit(X, y)
        assert_allclose(ours.coef_, theirs.coef_, rtol=0, atol=1e-10)

    @pytest.mark.parametrize("parameters", [{"algorithm": "pocket"}, {"multi_class": "joint"},
                                            {"early_stopping": True}, {"fit_intercept": False}],
                             ids=str)  # fmt: skip
    def test_trains_as_from_coef_init(self, y, parameters):
        model = self.set(
            PerceptronClassifier(warm_start=True, max_iter=5, tol=None, **parameters), y
        )
        other = clone(model)
        other.fit(X, y, coef_init=model.coef_, intercept_init=model.intercept_)
        model.fit(X, y)
        assert_array_equal(model.coef_, other.coef_)
        assert_array_equal(model.intercept_, other.intercept_)
        assert model.t_ == other.t_
        assert model.mistakes_curve_ == other.mistakes_curve_

    @pytest.mark.parametrize("walk", ["fit", "partial_fit"])
    def test_takes_sparse_weights_and_read_only_ones(self, y, walk):
        arguments = {"classes": np.unique(y)} if walk == "partial_fit" else {}
        results = []
        for sparse in (False, True):
            model = self.set(PerceptronClassifier(warm_start=True, max_iter=2), y, sparse)
            (model.coef_.data if sparse else model.coef_).flags.writeable = False
            before = model.coef_.copy()
            kept = model.coef_
            getattr(model, walk)(X, y, **arguments)
            assert (kept != before).sum() == 0
            results.append(model.coef_)
        assert_array_equal(*results)

    def test_goes_by_their_precision(self, y):
        model = self.set(PerceptronClassifier(warm_start=True), y)
        model.coef_, model.intercept_ = model.coef_.astype("f4"), model.intercept_.astype("f4")
        assert model.fit(X, y).coef_.dtype == np.float32

    def test_predicts_without_a_fit(self, y):
        for sparse in (False, True):
            model = self.set(PerceptronClassifier(), y, sparse)
            with pytest.raises(NotFittedError, match="set coef_, intercept_ and classes_"):
                model.predict(X)
            model.classes_ = np.unique(y).tolist()
            dense = model.coef_.toarray() if sparse else model.coef_
            scores = X @ dense.T + model.intercept_
            expected = scores[:, 0] > 0 if y is Y else scores.argmax(axis=1)
            assert_array_equal(model.predict(X), np.unique(y)[expected.astype(int)])
            assert_allclose(model.decision_function(X), scores[:, 0] if y is Y else scores)
            assert 0 <= model.score(X, y) <= 1
            with pytest.raises(ValueError, match="X has 3 features, but coef_ has 4"):
                model.predict(X[:, :3])

    @pytest.mark.parametrize("walk", ["fit", "partial_fit"])
    def test_y_may_lack_classes_that_are_set(self, walk):
        model = self.set(PerceptronClassifier(warm_start=True), MANY)
        model.classes_ = ["a", "b", "c"]
        some = MANY != "c"
        for _ in range(2):
            getattr(model, walk)(X[some], MANY[some])
            assert model.coef_.shape == (3, 4)
        with pytest.raises(ValueError, match=r"not in `self\.classes_`"):
            getattr(model, walk)(X, np.where(MANY == "c", "d", MANY))

    def test_is_new_without_a_warm_start(self, y):
        model = self.set(PerceptronClassifier(), y).fit(X, y)
        assert_array_equal(model.coef_, PerceptronClassifier().fit(X, y).coef_)

    @pytest.mark.parametrize("walk", ["fit", "partial_fit", "predict"])
    @pytest.mark.parametrize(
        ("change", "match"),
        [
            ({"coef_": np.ones((2, 4))}, "coef_ must have the shape"),
            ({"coef_": np.ones(4)}, "coef_ must have the shape"),
            ({"coef_": 5.0, "intercept_": 0.0}, "coef_ must have the shape"),
            ({"coef_": np.full((1, 4), np.inf)}, "coef_ must be finite"),
            ({"coef_": [["a"] * 4]}, "coef_ must be an array of numbers"),
            ({"coef_": [[1, 2], [3]]}, "coef_ must be an array of numbers"),
            ({"intercept_": np.ones(3)}, "intercept_ must have the shape"),
            ({"intercept_": [np.nan]}, "intercept_ must be finite"),
            ({"classes_": [True, False]}, "classes_ must be"),
        ],
        ids=str,
    )
    def test_weights_that_do_not_fit(self, change, match, walk):
        model = self.set(PerceptronClassifier(warm_start=True), Y)
        model.classes_ = [False, True]
        vars(model).update(change)
        with unchanged(model), pytest.raises(ValueError, match=match):
            getattr(model, walk)(*((X,) if walk == "predict" else (X, Y)))

    @pytest.mark.parametrize("walk", WALKS)
    def test_weights_that_were_deleted_are_missed(self, walk):
        model = PerceptronClassifier(warm_start=True).fit(X, Y)
        del model.coef_, model.intercept_
        with pytest.raises(ValueError, match="coef_ and intercept_ must be set together"):
            getattr(model, walk)(X, Y)

    @pytest.mark.parametrize("kind", [PerceptronClassifier, MLPClassifier])
    def test_y_has_all_classes_at_each_fit_if_they_are_not_set(self, kind):
        if kind is MLPClassifier:
            model = given("multiclass")
        else:
            model = self.set(PerceptronClassifier(warm_start=True), MANY)
        model.fit(X, MANY)
        with pytest.raises(ValueError, match="same classes as in the previous"):
            model.fit(X[MANY != "c"], MANY[MANY != "c"])

    def test_edited_ones_may_be_lists(self):
        model = PerceptronClassifier(warm_start=True).fit(X, Y)
        expected = model.predict(X)
        model.coef_ = model.coef_.tolist()
        assert_array_equal(model.predict(X), expected)
        assert model.fit(X, Y).coef_.shape == (1, 4)

    def test_without_intercepts(self):
        model = self.set(PerceptronClassifier(warm_start=True), Y)
        del model.intercept_
        with pytest.raises(ValueError, match="coef_ and intercept_ must be set together"):
            model.fit(X, Y)
        model.set_params(fit_intercept=False).classes_ = [False, True]
        assert_array_equal(model.predict(X), X @ model.coef_[0] > 0)
        model.fit(X, Y)
        assert_array_equal(model.intercept_, [0])


class TestFederatedAveraging:
    """Three clients, none of which sees every class, train on their own rows from the mean."""

    CLIENTS = [np.flatnonzero(absent != MANY) for absent in "abc"]

    def test_of_networks(self):
        coefs, intercepts = weights(3)
        for _ in range(10):
            updates = []
            for rows in self.CLIENTS:
                client = MLPClassifier((8,), learning_rate_init=0.05, batch_size=10, random_state=0)
                client.coefs_, client.intercepts_ = coefs, intercepts
                client.classes_ = np.array(["a", "b", "c"])
                client.partial_fit(X[rows], MANY[rows])
                updates.append((client.coefs_, client.intercepts_))
            coefs, intercepts = (
                [np.mean(arrays, axis=0) for arrays in zip(*lists, strict=True)]
                for lists in zip(*updates, strict=True)
            )
        server = MLPClassifier((8,))
        server.coefs_, server.intercepts_, server.classes_ = coefs, intercepts, ["a", "b", "c"]
        assert server.score(X, MANY) > 0.8

    @pytest.mark.parametrize("kind", [PerceptronClassifier, Perceptron])
    def test_of_perceptrons(self, kind):
        coef, intercept = np.zeros((3, 4)), np.zeros(3)
        for _ in range(10):
            updates = []
            for rows in self.CLIENTS:
                client = kind(shuffle=False)
                client.coef_, client.intercept_ = coef.copy(), intercept.copy()
                client.classes_ = np.array(["a", "b", "c"])
                client.partial_fit(X[rows], MANY[rows])
                updates.append((client.coef_, client.intercept_))
            coef, intercept = (np.mean(arrays, axis=0) for arrays in zip(*updates, strict=True))
        server = PerceptronClassifier()
        server.coef_, server.intercept_, server.classes_ = coef, intercept, ["a", "b", "c"]
        assert server.score(X, MANY) > 0.85
