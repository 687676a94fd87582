"""Search spaces, stored fits and the test of learning rates, with scikit-learn's own searches."""

import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import pairwise
from types import FunctionType, SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import kstest, norm
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone, is_classifier, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    ParameterSampler,
    RandomizedSearchCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import compute_class_weight

import skperceptron
from helpers.interrupts import interrupt_call
from helpers.marks import unconverged
from helpers.paths import ROOT
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor
from skperceptron._build import SOLVERS
from skperceptron._compat import validate_parameters
from skperceptron._core.training import Stochastic
from skperceptron.model_selection import (
    CachedEstimator,
    LayerSizes,
    find_learning_rate,
    search_space,
    suggest,
)
from skperceptron.model_selection import _learning_rate as module
from skperceptron.model_selection._code import digest_of_code
from skperceptron.tabular import TabularMLPClassifier

pytestmark = unconverged

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 4))
Y = (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int)
NETWORK = MLPClassifier((5,), max_iter=3, batch_size=20, random_state=0)


class TestLayerSizes:
    def test_draws_are_those_of_the_documented_distribution(self):
        drawn = LayerSizes(n_layers=(1, 3), n_units=(4, 64)).rvs(3000, random_state=0)
        depths = np.bincount([len(sizes) for sizes in drawn], minlength=4)
        assert depths[0] == 0
        # Within four standard deviations of a third.
        assert_allclose(depths[1:] / 3000, 1 / 3, atol=4 * np.sqrt(2 / 9 / 3000))
        widths = np.array([sizes[0] for sizes in drawn])
        assert widths.min() == 4
        assert widths.max() == 64
        # A width w stands for all numbers in [w - 1/2, w + 1/2].
        ends = np.log([3.5, 64.5])
        below = (np.log(widths + 0.5) - ends[0]) / (ends[1] - ends[0])
        above = (np.log(widths - 0.5) - ends[0]) / (ends[1] - ends[0])
        spread = np.random.default_rng(1).uniform(size=3000)
        assert kstest(above + spread * (below - above), "uniform").pvalue > 0.01

    def test_tuples_are_python_ints_of_the_asked_shape(self):
        for sizes in LayerSizes((1, 4), (3, 40), shape="halving").rvs(50, random_state=1):
            assert all(type(n) is int for n in sizes)
            assert all(b == (a + 1) // 2 for a, b in pairwise(sizes))
        assert set(LayerSizes(2, 7).rvs(5)) == {(7, 7)}

    def test_the_same_random_state_gives_the_same_draws(self):
        sizes = LayerSizes()
        assert sizes.rvs(9, random_state=3) == sizes.rvs(9, random_state=3)
        stream = np.random.RandomState(3)
        assert [sizes.rvs(random_state=stream) for _ in range(9)] == sizes.rvs(9, random_state=3)

    def test_grid(self):
        assert LayerSizes((1, 2), (10, 40)).grid(3) == [
            *((10,), (20,), (40,)),
            *((10, 10), (20, 20), (40, 40)),
        ]
        assert LayerSizes(1, (10, 40)).grid(1) == [(20,)]
        assert LayerSizes(1, (2, 3)).grid(9) == [(2,), (3,)]

    def test_is_equal_hashable_and_pickled(self):
        sizes = LayerSizes((1, 2), (3, 4))
        assert pickle.loads(pickle.dumps(sizes)) == sizes == LayerSizes([1, 2], [3, 4])
        assert len({sizes, LayerSizes((1, 2), (3, 4))}) == 1

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ({"n_layers": 0}, ValueError, "n_layers must be at least 1"),
            ({"n_units": (5, 3)}, ValueError, r"n_units.*smaller number first, got \(5, 3\)"),
            ({"n_units": 2.5}, TypeError, "n_units must be an int or a pair of ints, got 2.5"),
            ({"n_units": (1, 2, 3)}, TypeError, "n_units must be"),
            ({"n_layers": "12"}, TypeError, "n_layers must be"),
            ({"shape": "cone"}, ValueError, "shape must be one of .*'constant'.*got 'cone'"),
        ],
    )
    def test_refuses(self, arguments, error, message):
        with pytest.raises(error, match=message):
            LayerSizes(**arguments)

    @pytest.mark.parametrize("n_widths", [0, 1.5])
    def test_grid_refuses(self, n_widths):
        with pytest.raises(ValueError, match="n_widths must be an int of at least 1"):
            LayerSizes().grid(n_widths)


class TestSearchSpace:
    @pytest.mark.parametrize(
        ("model", "prefix"),
        [
            (NETWORK, ""),
            (make_pipeline(StandardScaler(), NETWORK), "mlpclassifier__"),
            (CachedEstimator(make_pipeline(NETWORK), "x"), "estimator__mlpclassifier__"),
            (
                TransformedTargetRegressor(make_pipeline(StandardScaler(), MLPRegressor())),
                "regressor__mlpregressor__",
            ),
        ],
    )
    def test_names_are_those_of_the_estimator(self, model, prefix):
        space = search_space(model)
        names = ["hidden_layer_sizes", "learning_rate_init", "alpha"]
        assert list(space) == [prefix + name for name in names]
        (drawn,) = ParameterSampler(space, 1, random_state=0)
        changed = clone(model).set_params(**drawn)
        assert changed.get_params()[f"{prefix}hidden_layer_sizes"] == drawn[next(iter(space))]

    def test_ranges_follow_solver_and_batch_size(self):
        def ends(name, **parameters):
            return search_space(MLPClassifier(**parameters))[name].support()

        assert_allclose(ends("learning_rate_init"), (1e-3, 3e-2))
        assert_allclose(ends("learning_rate_init", solver="sgd"), (1e-2, 3e-1))
        assert_allclose(ends("learning_rate_init", solver="lion"), (2e-4, 6e-3))
        assert_allclose(ends("alpha"), (1e-3, 10))
        assert_allclose(ends("alpha", batch_size=50), (2.5e-4, 2.5))
        assert list(search_space(MLPRegressor(solver="lbfgs"))) == ["hidden_layer_sizes", "alpha"]
        assert list(search_space(MLPAutoencoder())) == ["learning_rate_init", "alpha"]

    @pytest.mark.parametrize("wrong", [{"solver": "nope"}, {"batch_size": "x"}])
    def test_refuses_hyperparameters_by_their_name(self, wrong):
        with pytest.raises(ValueError, match=f"'{next(iter(wrong))}' parameter of MLPClassifier"):
            search_space(MLPClassifier(**wrong))

    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor, MLPAutoencoder])
    def test_networks_accept_every_draw(self, make, solver):
        network = make(solver=solver, batch_size=1)
        for drawn in ParameterSampler(search_space(network), 20, random_state=0):
            validate_parameters(network.set_params(**drawn))

    @pytest.mark.parametrize("model", [LogisticRegression(), TabularMLPClassifier(), None])
    def test_refuses_what_has_no_network(self, model):
        with pytest.raises(TypeError, match=f"estimator must be.*got {type(model).__name__}"):
            search_space(model)


class TestSearches:
    def test_randomized_search_and_its_table(self):
        model = make_pipeline(StandardScaler(), NETWORK)
        search = RandomizedSearchCV(model, search_space(model), n_iter=3, cv=2, random_state=0)
        table = pd.DataFrame(search.fit(X, Y).cv_results_)
        column = table["param_mlpclassifier__hidden_layer_sizes"]
        assert column.tolist() == [
            each["mlpclassifier__hidden_layer_sizes"] for each in search.cv_results_["params"]
        ]
        assert all(type(sizes) is tuple for sizes in column)
        assert table.groupby(column.name).size().sum() == 3  # hashable, and sorted
        assert search.best_estimator_[-1].hidden_layer_sizes in set(column)

    @pytest.mark.parametrize("kind", [GridSearchCV, HalvingGridSearchCV])
    def test_searches_of_a_grid(self, kind):
        sizes = LayerSizes((1, 2), (3, 6)).grid(2)
        network = MLPClassifier(max_iter=2, random_state=0)
        search = kind(network, {"hidden_layer_sizes": sizes}, cv=2).fit(X, Y)
        column = pd.DataFrame(search.cv_results_)["param_hidden_layer_sizes"]
        assert sorted(set(column)) == sorted(sizes)

    def test_halving_random_search(self):
        search = HalvingRandomSearchCV(
            NETWORK, search_space(NETWORK), n_candidates=4, min_resources=45, cv=2, random_state=0
        ).fit(X, Y)
        assert search.best_params_["hidden_layer_sizes"] in [
            each["hidden_layer_sizes"] for each in search.cv_results_["params"]
        ]


class Stub:
    """What a trial of Optuna has, with the first choice or the least number as its draw."""

    def __init__(self):
        self.asked = []

    def suggest_int(self, name, low, high, log=False):
        self.asked.append((name, low, high, log))
        return low

    def suggest_float(self, name, low, high, log=False):
        self.asked.append((name, low, high, log))
        return low

    def suggest_categorical(self, name, choices):
        self.asked.append((name, choices))
        return choices[0]


class TestSuggest:
    """Optuna itself is in test_optuna.py."""

    def test_refuses_other_distributions(self):
        for values in (norm(), 3, "abc", module.np.float64(2)):
            with pytest.raises(TypeError, match=r"space\['alpha'\] must be LayerSizes"):
                suggest(Stub(), {"alpha": values})
        from scipy.stats import loguniform

        with pytest.raises(TypeError, match="loguniform"):
            suggest(Stub(), {"alpha": loguniform(1, 10, loc=3)})

    def test_refuses_lists_without_choices(self):
        with pytest.raises(ValueError, match=r"space\['alpha'\] is an empty list"):
            suggest(Stub(), {"alpha": []})

        class Same:
            def __repr__(self):
                return "same"

        with pytest.raises(ValueError, match="same repr"):
            suggest(Stub(), {"alpha": [Same(), Same()]})

    def test_refuses_what_is_no_space(self):
        with pytest.raises(TypeError, match=r"space must be a dict of distributions.*got list"):
            suggest(Stub(), [{}])
        with pytest.raises(TypeError, match=r"space\['hidden_layer_sizes'\] must be LayerSizes"):
            suggest(Stub(), {"hidden_layer_sizes": LayerSizes})

    def test_stored_texts_are_the_same_in_each_run(self):
        """Optuna refuses to continue a study whose choices have changed."""
        stub = Stub()
        assert suggest(stub, {"learning_rate": [falling, np.tanh]}) == {"learning_rate": falling}
        assert stub.asked == [("learning_rate", ["<function falling>", "<ufunc 'tanh'>"])]


def falling(epoch):
    """A schedule, at the top of the module, where its repr has an address and nothing else."""
    return 0.1 / (1 + epoch)


# Classes for CachedEstimator, at the top of the module for pickles.
class Counting(MLPClassifier):
    """Writes a line for each fit."""

    log = None

    def fit(self, X, y, **keywords):
        with open(Counting.log, "a") as file:
            file.write("fit\n")
        return super().fit(X, y, **keywords)


class Own(TransformerMixin, BaseEstimator):
    """What a user writes: a transformer, and the schedule of a network."""

    factor = 2.0

    @staticmethod
    def schedule(epoch):
        return 0.1 if "a" in {"b", "c", "d"} else 0.2

    @property
    def exponent(self):
        return 2

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return (X * self.factor) ** self.exponent


class OwnChild(Own):
    """Inherits all of it."""


@pytest.fixture
def fits(tmp_path):
    Counting.log = tmp_path / "log"
    Counting.log.touch()
    return lambda: len(Counting.log.read_text().splitlines())


class TestCachedEstimator:
    def test_a_fit_is_loaded_if_nothing_has_changed(self, tmp_path, fits):
        network = Counting((3,), max_iter=2, random_state=0)
        model = CachedEstimator(network, tmp_path / "cache")
        first = model.fit(X, Y).predict_proba(X)
        assert fits() == 1
        again = clone(model).fit(X, Y)
        assert fits() == 1
        assert_array_equal(again.predict_proba(X), first)
        assert_array_equal(again.predict_proba(X), clone(network).fit(X, Y).predict_proba(X))
        before = fits()
        clone(model).set_params(estimator__alpha=0.1).fit(X, Y)
        clone(model).fit(X, 1 - Y)
        clone(model).fit(X * 2, Y)
        clone(model).fit(X, Y, sample_weight=np.arange(90.0))
        assert fits() == before + 4
        assert not hasattr(model.estimator, "coefs_")

    @pytest.mark.slow
    def test_a_search_trains_nothing_twice(self, tmp_path, fits):
        network = Counting((3,), max_iter=2, random_state=0)
        model = CachedEstimator(network, str(tmp_path / "cache"))
        for kind, keywords in (
            (RandomizedSearchCV, {"n_iter": 3}),
            (HalvingRandomSearchCV, {"n_candidates": 3, "min_resources": 30}),
        ):
            search = kind(model, search_space(model), cv=2, random_state=0, **keywords)
            first = clone(search).fit(X, Y)
            n = fits()
            again = clone(search).fit(X, Y)
            assert fits() == n
            assert again.best_params_ == first.best_params_
            assert_array_equal(
                again.cv_results_["mean_test_score"], first.cv_results_["mean_test_score"]
            )

    def test_another_version_trains_again(self, tmp_path, fits, monkeypatch):
        model = CachedEstimator(Counting((3,), max_iter=2, random_state=0), tmp_path / "cache")
        model.fit(X, Y)
        monkeypatch.setattr(skperceptron, "__version__", "0.0.1")
        clone(model).fit(X, Y)
        assert fits() == 2

    @pytest.mark.slow
    def test_processes_side_by_side_share_the_folder(self, tmp_path):
        model = CachedEstimator(NETWORK, tmp_path)
        search = RandomizedSearchCV(
            model, search_space(model), n_iter=3, cv=2, random_state=0, n_jobs=2
        ).fit(X, Y)
        stored = sorted(tmp_path.rglob("output.pkl"))
        assert len(stored) == 3 * 2 + 1  # the last is the refit
        written = [path.stat().st_mtime_ns for path in stored]
        again = clone(search).set_params(n_jobs=None).fit(X, Y)
        assert sorted(tmp_path.rglob("output.pkl")) == stored
        assert [path.stat().st_mtime_ns for path in stored] == written
        assert_array_equal(
            again.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"]
        )

    def test_delegates(self, tmp_path):
        model = CachedEstimator(NETWORK, tmp_path).fit(pd.DataFrame(X, columns=list("abcd")), Y)
        plain = clone(NETWORK).fit(X, Y)
        frame = pd.DataFrame(X, columns=list("abcd"))
        for name in ("predict", "predict_proba", "predict_log_proba"):
            assert_array_equal(getattr(model, name)(frame), getattr(plain, name)(X))
        assert model.score(frame, Y) == plain.score(X, Y)
        assert_array_equal(model.classes_, [0, 1])
        assert model.n_features_in_ == 4
        assert list(model.feature_names_in_) == list("abcd")
        assert is_classifier(model)
        assert not hasattr(model, "transform")
        regressor = CachedEstimator(MLPRegressor(), tmp_path)
        assert is_regressor(regressor)
        assert not hasattr(regressor, "predict_proba")
        coder = CachedEstimator(MLPAutoencoder((2,), max_iter=1, random_state=0), tmp_path).fit(X)
        assert coder.transform(X).shape == (90, 2)
        linear = CachedEstimator(LogisticRegression(), joblib.Memory(tmp_path, verbose=0))
        assert linear.fit(X, Y).decision_function(X).shape == (90,)

    def test_splits_of_a_classifier_are_stratified(self, tmp_path):
        y = np.sort(Y)  # without strata a split would have rows of one class
        assert_array_equal(
            cross_val_score(CachedEstimator(NETWORK, tmp_path), X, y, cv=2),
            cross_val_score(NETWORK, X, y, cv=2),
        )

    @pytest.mark.parametrize(
        ("name", "changed"),
        [
            ("schedule", lambda epoch: 0.05),
            ("schedule", lambda epoch: 0.1 if "a" in {"b", "c", "d"} else 0.05),
            ("schedule", partial(min, 0.05)),
            ("factor", 3.0),
            ("transform", lambda self, X: X * self.factor + 1),
            ("exponent", property(lambda self: 3)),
        ],
    )
    def test_other_code_of_a_users_own_trains_again(self, tmp_path, monkeypatch, name, changed):
        """Pickles have the names of functions and classes only."""

        def fit():
            network = MLPClassifier((3,), solver="sgd", learning_rate=Own.schedule, max_iter=2)
            network.set_params(random_state=0)
            CachedEstimator(make_pipeline(OwnChild(), network), tmp_path).fit(X, Y)
            return len(list(tmp_path.rglob("output.pkl")))

        assert (fit(), fit()) == (1, 1)
        if isinstance(changed, FunctionType):
            changed.__module__ = __name__
            changed.__qualname__ = f"Own.{name}"  # as if the file had been edited
        static = staticmethod(changed) if name == "schedule" else changed
        monkeypatch.setattr(Own, name, static)
        assert (fit(), fit()) == (2, 2)

    @pytest.mark.slow
    def test_code_of_a_users_own_is_the_same_in_each_process(self, tmp_path):
        """Sets of text, for example, have another order in each."""
        program = (
            "import sys; sys.path.insert(0, 'tests')\n"
            "from test_model_selection import OwnChild\n"
            "from skperceptron.model_selection._code import digest_of_code\n"
            "print(digest_of_code(OwnChild()))"
        )
        digests = {
            subprocess.run(
                [sys.executable, "-c", program],
                env=os.environ | {"PYTHONHASHSEED": str(seed)},
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                timeout=100,
            ).stdout
            for seed in range(3)
        }
        assert len(digests) == 1
        assert digests != {digest_of_code(NETWORK) + "\n"}  # which has none

    def test_callbacks_are_no_reason_to_train_again(self, tmp_path, fits):
        pytest.importorskip("sklearn.callback")
        from skperceptron.callbacks import History

        network = Counting((3,), max_iter=2, random_state=0)
        for history in (History(), History()):
            model = make_pipeline(StandardScaler(), clone(network).set_callbacks(history))
            CachedEstimator(model, tmp_path / "cache").fit(X, Y)
        assert fits() == 1

    def test_callbacks_are_not_stored_and_stay_where_they_are(self, tmp_path):
        """Neither those of the network, nor those of a fitted one from which it starts."""
        pytest.importorskip("sklearn.callback")
        from skperceptron.callbacks import History

        class NotPicklable(History):  # as each class of a function
            pass

        callback, start = NotPicklable(), clone(NETWORK).set_callbacks(History()).fit(X, Y)
        before = list(start._skl_callbacks)
        network = clone(NETWORK).set_params(init=start).set_callbacks(callback)
        for model in (network, make_pipeline(StandardScaler(), network)):
            CachedEstimator(model, tmp_path).fit(X, Y)
            assert CachedEstimator(model, tmp_path).fit(X, Y).score(X, Y) > 0
        assert len(callback.fits) == 2  # the others were loaded
        assert start._skl_callbacks == before
        assert network._skl_callbacks == [callback]

    @pytest.mark.parametrize(
        "model",
        [
            make_pipeline(StandardScaler(), NETWORK),
            TabularMLPClassifier(n_estimators=2, max_iter=3, random_state=0),
        ],
    )
    def test_a_fit_that_is_interrupted_is_not_stored(self, tmp_path, monkeypatch, model):
        """A network alone ends with a warning, trained in part: no search may load that later."""
        cached = CachedEstimator(model, tmp_path)
        with monkeypatch.context() as patch:
            interrupt_call(patch, Stochastic, "run", 1)
            with pytest.raises(KeyboardInterrupt):
                cached.fit(X, Y)
        assert not list(tmp_path.rglob("output.pkl"))
        expected = clone(model).fit(X, Y).predict_proba(X)
        assert_array_equal(cached.fit(X, Y).predict_proba(X), expected)

    def test_warnings_of_a_fit_are_shown(self, tmp_path):
        network = clone(NETWORK).set_params(learning_rate_decay=0.5)
        with pytest.warns(UserWarning, match="learning_rate_decay is ignored"):
            CachedEstimator(network, tmp_path).fit(X, Y)

    def test_names_of_columns_that_steps_pass_on_belong_to_a_fit(self, tmp_path):
        frame = pd.DataFrame(X, columns=list("abcd"))
        for output, has_names in (("default", False), ("pandas", True)):
            with config_context(transform_output=output):
                model = CachedEstimator(make_pipeline(StandardScaler(), NETWORK), tmp_path)
                fitted = model.fit(frame, Y).estimator_[-1]
            assert hasattr(fitted, "feature_names_in_") == has_names

    def test_refuses(self, tmp_path):
        with pytest.raises(TypeError, match="memory must be a str, a path-like or a joblib"):
            CachedEstimator(NETWORK, None).fit(X, Y)
        with pytest.raises(Exception, match="not fitted"):
            CachedEstimator(NETWORK, tmp_path).predict(X)


def reference_test(X, y, rates, batch, smoothing, seed=0):
    """Softmax regression trained by plain sgd on one batch per rate, in plain NumPy."""
    stream, classes = np.random.RandomState(seed), np.unique(y)
    bound = np.sqrt(6 / (X.shape[1] + len(classes)))
    W = stream.uniform(-bound, bound, (X.shape[1], len(classes)))
    b = stream.uniform(-bound, bound, len(classes))
    orders, order, losses = np.random.RandomState(seed), [], []
    for rate in rates:
        if len(order) < batch:
            order = orders.permutation(len(X))
        rows, order = order[:batch], order[batch:]
        scores = X[rows] @ W + b
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        hot = y[rows][:, None] == classes
        losses.append(-np.log(p[hot]).mean() + 1e-4 / 2 * (W**2).sum() / batch)
        W, b = (
            W - rate * (X[rows].T @ (p - hot) + 1e-4 * W) / batch,
            b - rate * (p - hot).mean(axis=0),
        )
    weights = smoothing ** np.subtract.outer(range(len(rates)), range(len(rates)))
    weights = np.tril(weights)
    return np.array(losses), weights @ losses / weights.sum(axis=1)


class TestLearningRate:
    def linear(self, **parameters):
        return MLPClassifier(
            (), solver="sgd", momentum=0.0, batch_size=20, random_state=0, **parameters
        )

    def test_agrees_with_plain_numpy(self):
        y = Y + (X[:, 2] > 1)
        test = find_learning_rate(
            self.linear(), X, y, min_rate=1e-3, max_rate=3.0, n_steps=30, smoothing=0.8
        )
        assert_allclose(test.learning_rates, np.geomspace(1e-3, 3, 30), rtol=1e-12)
        losses, smoothed = reference_test(X, y, test.learning_rates, 20, 0.8)
        # Thirty steps of a convex problem: rounding does not grow.
        assert_allclose(test.losses, losses, rtol=1e-9)
        assert_allclose(test.smoothed_losses, smoothed, rtol=1e-9)
        assert not test.diverged
        assert test.suggestion == test.learning_rates[smoothed.argmin()] / 10
        assert repr(test) == f"LearningRateTest(suggestion={test.suggestion!r}, diverged=False)"

    @pytest.mark.parametrize(
        ("network", "y"),
        [
            (NETWORK, Y),
            (NETWORK, np.array(["no", "yes"])[Y]),
            (NETWORK, np.column_stack([Y, 1 - Y])),
            (MLPRegressor((5,), random_state=0), X[:, 0]),
            (MLPRegressor((5,), random_state=0, loss="huber"), X[:, :2]),
            (MLPAutoencoder((2,), random_state=0), None),
        ],
    )
    def test_is_the_same_each_time_and_leaves_everything_as_it_was(self, network, y):
        model = make_pipeline(StandardScaler(), network)
        before, data = pickle.dumps(model), X.copy()
        one = find_learning_rate(model, X, y, n_steps=8)
        other = find_learning_rate(model, X, y, n_steps=8)
        for name in ("learning_rates", "losses", "smoothed_losses", "suggestion"):
            assert_array_equal(getattr(one, name), getattr(other, name))
        assert pickle.dumps(model) == before
        assert_array_equal(X, data)
        scaled = StandardScaler().fit_transform(X)
        assert_array_equal(find_learning_rate(network, scaled, y, n_steps=8).losses, one.losses)

    def test_a_random_state_that_is_a_stream_stays_where_it_is(self):
        stream = np.random.RandomState(3)
        network = clone(NETWORK).set_params(random_state=stream)
        one = find_learning_rate(network, X, Y, n_steps=5)
        assert_array_equal(one.losses, find_learning_rate(network, X, Y, n_steps=5).losses)
        assert stream.get_state()[2] == np.random.RandomState(3).get_state()[2]

    def test_takes_data_frames_and_sparse_matrices(self):
        expected = find_learning_rate(NETWORK, X, Y, n_steps=10).losses
        frame = pd.DataFrame(X, columns=list("abcd"))
        assert_array_equal(find_learning_rate(NETWORK, frame, Y, n_steps=10).losses, expected)
        found = find_learning_rate(NETWORK, sparse.csr_matrix(X), Y, n_steps=10)
        assert_allclose(found.losses, expected, rtol=1e-9)  # other sums, ten steps

    def test_settings_that_the_test_does_not_use_make_no_difference(self):
        other = clone(NETWORK).set_params(
            learning_rate="cosine", schedule_epochs=9, warmup_epochs=2, early_stopping=True
        )
        assert_array_equal(
            find_learning_rate(other, X, Y, n_steps=10).losses,
            find_learning_rate(NETWORK, X, Y, n_steps=10).losses,
        )

    def test_class_weight_balanced_is_that_of_all_rows(self):
        """`partial_fit` refuses 'balanced', because it sees a batch at a time."""
        y = np.where(X[:, 0] > 1, "a", "b")
        labels = np.column_stack([y == "a", Y]).astype(int)

        def weights_of(y):
            weights = compute_class_weight("balanced", classes=np.unique(y), y=y)
            return dict(zip(np.unique(y), weights, strict=True))

        dictionary, of_labels = weights_of(y), [weights_of(column) for column in labels.T]
        for given, weights in ((y, dictionary), (labels, of_labels)):
            found, expected = (
                find_learning_rate(
                    clone(NETWORK).set_params(class_weight=weight), X, given, n_steps=5
                )
                for weight in ("balanced", weights)
            )
            assert_array_equal(found.losses, expected.losses)
        with_ones = find_learning_rate(NETWORK, X, y, n_steps=5)
        assert np.abs(found.losses - with_ones.losses).max() > 0.01

    def test_an_interrupted_step_does_not_count(self, monkeypatch):
        interrupt_call(monkeypatch, Stochastic, "run", 4)
        with pytest.raises(KeyboardInterrupt):
            find_learning_rate(NETWORK, X, Y)

    def test_ends_where_the_loss_rises_or_overflows(self):
        network = MLPRegressor((5,), solver="sgd", activation="identity", random_state=0)
        test = find_learning_rate(network, X, X[:, 0] * 10, max_rate=1e6)
        assert test.diverged
        assert len(test.losses) == len(test.learning_rates) < 100
        assert np.isfinite(test.losses).all()
        assert test.suggestion < test.learning_rates[-1] / 10
        # Fewer steps than it judges: the network itself overflows.
        test = find_learning_rate(network, X, X[:, 0], max_rate=1e300, n_steps=8)
        assert test.diverged
        assert len(test.losses) < 8

    def test_data_that_a_network_refuses_are_refused(self):
        with pytest.raises(ValueError, match="NaN"):
            find_learning_rate(NETWORK, np.full((90, 4), np.nan), Y)
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            find_learning_rate(NETWORK, X, Y[:5])
        with pytest.raises(ValueError, match="y is None, but MLPClassifier needs targets"):
            find_learning_rate(NETWORK, X)
        with pytest.raises(ValueError, match="X must have at least one row"):
            find_learning_rate(NETWORK, X[:0], Y[:0])

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"min_rate": 0}, "min_rate must be a finite number greater than 0, got 0"),
            ({"max_rate": np.inf}, "max_rate must be a finite number"),
            ({"min_rate": 1, "max_rate": 1}, "max_rate must be greater than min_rate=1"),
            ({"min_rate": 1e-300, "max_rate": 1e300}, "max_rate=1e.300 is too far from min_rate"),
            ({"n_steps": 1}, "n_steps must be an int of at least 2, got 1"),
            ({"smoothing": 1}, r"smoothing must be a number in \[0, 1\), got 1"),
        ],
    )
    def test_refuses(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            find_learning_rate(NETWORK, X, Y, **arguments)

    def test_refuses_estimators_without_a_learning_rate(self):
        with pytest.raises(ValueError, match="solver='lbfgs' has no learning rate"):
            find_learning_rate(MLPClassifier(solver="lbfgs"), X, Y)
        with pytest.raises(TypeError, match=r"estimator must be an MLPClassifier.*Logistic"):
            find_learning_rate(LogisticRegression(), X, Y)

    @pytest.mark.parametrize("wrong", [{"batch_size": "x"}, {"beta_1": "a"}])
    def test_refuses_hyperparameters_by_their_name(self, wrong):
        with pytest.raises(ValueError, match=f"'{next(iter(wrong))}' parameter of MLPClassifier"):
            find_learning_rate(MLPClassifier(**wrong), X, Y)

    def test_continues_from_its_file(self, tmp_path, monkeypatch):
        path = tmp_path / "test.pkl"
        network = MLPClassifier((5,), batch_size=20, dropout=0.5, random_state=0)
        expected = find_learning_rate(network, X, Y, n_steps=25)
        step, n_steps = module._step, []

        def interrupted(*arguments):
            n_steps.append(1)
            if len(n_steps) == 17:
                raise KeyboardInterrupt
            return step(*arguments)

        monkeypatch.setattr(module, "_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            find_learning_rate(network, X, Y, n_steps=25, path=path)
        n_steps.clear()
        monkeypatch.setattr(module, "_step", lambda *args: n_steps.append(1) or step(*args))
        found = find_learning_rate(network, X, Y, n_steps=25, path=path)
        assert len(n_steps) == 15  # those after the tenth
        assert_array_equal(found.losses, expected.losses)
        n_steps.clear()
        assert_array_equal(
            find_learning_rate(network, X, Y, n_steps=25, path=path).losses, expected.losses
        )
        assert not n_steps
        for changed in ({"n_steps": 26}, {"smoothing": 0.5}):
            with pytest.raises(ValueError, match="is not the file of a test of this estimator"):
                find_learning_rate(network, X, Y, **{"n_steps": 25} | changed, path=path)
        with pytest.raises(ValueError, match="is not the file of a test"):
            find_learning_rate(network, X + 1, Y, n_steps=25, path=path)
        for content in (b"", b"no pickle", path.read_bytes()[:100]):
            path.write_bytes(content)
            with pytest.raises(ValueError, match="is not the file of a test"):
                find_learning_rate(network, X, Y, n_steps=25, path=path)


# Programs that are killed ------------------------------------------------------------------------

SEARCH = """
import sys
import numpy as np
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv
from sklearn.model_selection import HalvingRandomSearchCV, RandomizedSearchCV
from skperceptron import MLPClassifier
from skperceptron.model_selection import CachedEstimator, search_space

log, cache, kind = sys.argv[1:]
X, y = load_digits(return_X_y=True)

class Logged(MLPClassifier):
    def fit(self, X, y):
        super().fit(X, y)
        with open(log, "a") as file:
            print(len(X), self.alpha, self.loss_, file=file)
        return self

network = Logged(max_iter=6, tol=None, random_state=0)
model = CachedEstimator(network, cache) if cache else network
space = search_space(model)
if kind == "halving":
    search = HalvingRandomSearchCV(
        model, space, n_candidates=5, min_resources=300, cv=2, random_state=0
    )
else:
    search = RandomizedSearchCV(model, space, n_iter=5, cv=2, random_state=0)
search.fit(X / 16, y)
print(search.cv_results_["mean_test_score"].tolist(), search.best_params_["alpha"] if not cache else
      search.best_params_["estimator__alpha"])
"""

FINDER = """
import sys, time
from sklearn.datasets import load_digits
from skperceptron import MLPClassifier
from skperceptron.model_selection import find_learning_rate
from skperceptron.model_selection import _learning_rate as module

log, path, _ = sys.argv[1:]
X, y = load_digits(return_X_y=True)
step = module._step

def logged(*arguments):
    result = step(*arguments)
    with open(log, "a") as file:
        print("step", file=file)
    if path:
        time.sleep(0.02)  # time to be killed in
    return result

module._step = logged
network = MLPClassifier((30,), dropout=0.2, random_state=0)
test = find_learning_rate(network, X / 16, y, n_steps=60, path=path or None)
print(test.losses.tolist(), test.suggestion)
"""


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def run_until(n_lines, log, command):
    """Run a program, and kill it with SIGKILL when its log has so many lines."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(18000):  # of 10 ms
            if len(lines(log)) >= n_lines or process.poll() is not None:
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert printed == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "kind", "kill_at", "done_again"),
    [
        (SEARCH, "random", 4, 1),  # the fit that is stored when the kill comes may be lost
        (SEARCH, "halving", 6, 1),
        (FINDER, "", 25, 11),  # its file has every tenth step
    ],
)
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_program_that_was_killed_continues(tmp_path, program, kind, kill_at, done_again):
    def command(log, store):
        return [sys.executable, "-c", program, str(log), str(store), kind]

    at_once = tmp_path / "at_once"
    expected = subprocess.run(
        command(at_once, ""), stdout=subprocess.PIPE, text=True, check=True, timeout=200
    ).stdout
    log, store = tmp_path / "log", tmp_path / "store"
    run_until(kill_at, log, command(log, store))
    before = len(lines(log))
    assert kill_at <= before < len(lines(at_once))
    found = subprocess.run(
        command(log, store), stdout=subprocess.PIPE, text=True, check=True, timeout=200
    ).stdout
    assert found == expected
    repeated = len(lines(log)) - len(lines(at_once))
    assert 0 <= repeated <= done_again
    assert set(lines(log)) == set(lines(at_once))
    # Run once more, it trains nothing.
    n = len(lines(log))
    subprocess.run(command(log, store), stdout=subprocess.DEVNULL, check=True, timeout=200)
    assert len(lines(log)) == n
    assert os.path.exists(store)


@pytest.mark.slow
def test_the_suggestion_trains_about_as_well_as_the_best_rate():
    """On the digits, beside eleven rates: the claim of the guide."""
    data, y = load_digits(return_X_y=True)
    data = data / 16
    network = MLPClassifier((50,), max_iter=20, tol=None, random_state=0)
    rate = find_learning_rate(network, data, y).suggestion

    def accuracy(rate):
        model = clone(network).set_params(learning_rate_init=rate)
        return cross_val_score(model, data, y, cv=KFold(3, shuffle=True, random_state=0)).mean()

    accuracies = [accuracy(other) for other in np.geomspace(1e-4, 1, 9)]
    # A third of the range of rates is within 0.01 of the best.
    assert accuracy(rate) > max(accuracies) - 0.01
    assert np.median(accuracies) < max(accuracies) - 0.01


class TestPruningWithoutOptuna:
    """With what the callback needs of a trial. Optuna itself is in test_optuna.py."""

    @pytest.fixture
    def pruning(self, monkeypatch):
        pytest.importorskip("sklearn.callback")
        from skperceptron.callbacks import OptunaPruning

        class TrialPruned(Exception):
            pass

        class Trial:
            study = SimpleNamespace(direction=SimpleNamespace(name="MINIMIZE"))

            def __init__(self):
                self.reported = {}

            def report(self, value, step):
                self.reported[step] = value

            def should_prune(self):
                return len(self.reported) == 2

        monkeypatch.setitem(sys.modules, "optuna", SimpleNamespace(TrialPruned=TrialPruned))
        return OptunaPruning(Trial()), TrialPruned

    def test_ends_the_fit_and_leaves_the_network_as_it_was(self, pruning):
        callback, error = pruning
        network = clone(NETWORK).set_params(warm_start=True).fit(X, Y)
        losses, weights = list(network.loss_curve_), network.coefs_[0].copy()
        network.set_callbacks(callback)
        with pytest.raises(error, match="pruned after epoch 5, loss="):
            network.fit(X, Y)
        expected = clone(NETWORK).set_params(max_iter=5).fit(X, Y).loss_curve_
        assert callback.trial.reported == {4: expected[3], 5: expected[4]}
        assert network.loss_curve_ == losses
        assert_array_equal(network.coefs_[0], weights)

    def test_watches_one_network(self, pruning):
        callback, _ = pruning
        network = clone(NETWORK).set_params(max_iter=1).set_callbacks(callback).fit(X, Y)
        clone(network).set_params(max_iter=4).fit(X, Y)
        network.fit(X, Y)
        assert list(callback.trial.reported) == [1]

    def test_a_network_that_is_fitted_anew_is_not_reported(self, pruning):
        """Its later epochs are no continuation of the first fit, as on another split."""
        callback, _ = pruning
        callback.trial.should_prune = lambda: False
        network = clone(NETWORK).set_callbacks(callback).fit(X, Y)
        expected = dict(callback.trial.reported)
        network.set_params(max_iter=6).fit(X, 1 - Y)
        assert callback.trial.reported == expected
        assert list(expected) == [1, 2, 3]

    def test_a_finished_trial_is_not_pruned(self, pruning):
        """Of Optuna, it has no study: the objective can be called with it again."""
        callback, _ = pruning
        trial = SimpleNamespace(report=lambda value, step: None, should_prune=lambda: False)
        clone(NETWORK).set_callbacks(type(callback)(trial)).fit(X, Y)

    def test_refuses(self, pruning, monkeypatch):
        callback, _ = pruning
        with pytest.raises(TypeError, match="trial must be a trial of Optuna, got 3"):
            type(callback)(3)
        with pytest.raises(TypeError, match="belongs to a running trial"):
            pickle.dumps(clone(NETWORK).set_callbacks(callback))
        monkeypatch.setitem(sys.modules, "optuna", None)
        with pytest.raises(ImportError, match=r'pip install "skperceptron\[optuna\]"'):
            type(callback)(callback.trial)
