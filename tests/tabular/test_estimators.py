"""TabularMLPClassifier and TabularMLPRegressor: tables in, predictions out."""

import pickle
import signal
import tracemalloc

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.inspection import permutation_importance
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from helpers.unchanged import assert_refused
from skperceptron import MLPClassifier, MLPRegressor
from skperceptron.callbacks import History
from skperceptron.tabular import TabularMLPClassifier, TabularMLPRegressor, TabularPreprocessor
from skperceptron.tabular._splits import folds, one_split

rng = np.random.default_rng(0)
N = 300
X = pd.DataFrame(
    {
        "number": rng.normal(size=N),
        "category": pd.Categorical(rng.choice(["a", "b", "c"], N)),
        "string": rng.choice(["x", "y", None], N),
        "flag": rng.random(N) > 0.5,
        "count": rng.integers(0, 9, N),
    }
)
X.loc[::7, "number"] = np.nan
LABELS = np.where((X["number"].fillna(0) > 0) == (X["category"] == "a"), "yes", "no")
NUMBERS = 100 + 10 * np.where(X["category"] == "a", X["number"].fillna(1), X["count"])
WEIGHT = rng.uniform(0.5, 2, N)
TARGETS = {"classifier": LABELS, "regressor": NUMBERS}


def make(name="classifier", **parameters):
    kind = {"classifier": TabularMLPClassifier, "regressor": TabularMLPRegressor}[name]
    return kind(**{"max_iter": 4, "random_state": 0, **parameters})


def predictions(model, table=X):
    return model.predict_proba(table) if hasattr(model, "predict_proba") else model.predict(table)


both = pytest.mark.parametrize("name", ["classifier", "regressor"])
one_or_three = pytest.mark.parametrize("n_estimators", [1, 3])


class TestFit:
    @both
    @one_or_three
    def test_learns_from_a_table_as_it_comes(self, name, n_estimators):
        model = make(name, n_estimators=n_estimators, max_iter=40).fit(X, TARGETS[name])
        assert model.score(X, TARGETS[name]) > 0.85
        assert model.n_features_in_ == 5
        assert model.feature_names_in_.tolist() == list(X.columns)
        assert model.n_iter_ == 40

    @both
    def test_parts_are_ordinary_objects(self, name):
        model = make(name).fit(X, TARGETS[name])
        assert type(model.preprocessor_) is TabularPreprocessor
        (network,) = model.estimators_
        assert type(network) is {"classifier": MLPClassifier, "regressor": MLPRegressor}[name]
        assert len(network.loss_curve_) == len(network.validation_loss_curve_) == 4
        assert "category_a" in model.preprocessor_.get_feature_names_out()
        matrix = model.preprocessor_.transform(X)
        assert matrix.dtype == np.float32
        outputs = predictions(network, matrix)
        if name == "regressor":
            outputs = outputs * model.y_scale_[0, 0] + model.y_mean_[0, 0]
            outputs = outputs.clip(NUMBERS.min(), NUMBERS.max())
        # The network computes in float32 here, whose unit roundoff is 6e-8, with sums of 128 terms.
        assert_allclose(predictions(model), outputs, rtol=1e-4)
        several = make(name, n_estimators=2).fit(X, TARGETS[name])
        assert not hasattr(several, "preprocessor_")
        assert len(several.preprocessors_) == len(several.estimators_) == 2

    @both
    def test_a_second_fit_forgets_the_first(self, name):
        model = make(name).fit(X, TARGETS[name])
        model.set_params(n_estimators=2).fit(X, TARGETS[name])
        assert not hasattr(model, "preprocessor_")
        again = make(name, n_estimators=2).fit(X, TARGETS[name])
        assert_array_equal(predictions(model), predictions(again))

    def test_the_weights_are_those_of_the_lowest_validation_loss(self):
        network = make(max_iter=40, learning_rate_init=0.02).fit(X, LABELS).estimators_[0]
        losses = network.validation_loss_curve_
        assert np.argmin(losses) < 39  # or the last weights would do
        assert network.best_validation_score_ == -min(losses)

    def test_probabilities(self):
        model = make(n_estimators=3).fit(X, LABELS)
        p = model.predict_proba(X)
        assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
        members = [
            network.predict_proba(preprocessor.transform(X))
            for preprocessor, network in zip(model.preprocessors_, model.estimators_, strict=True)
        ]
        assert_allclose(p, np.mean(members, axis=0), rtol=1e-4)  # they compute in float32
        assert_allclose(np.exp(model.predict_log_proba(X)), p, rtol=1e-12)
        assert_array_equal(model.predict(X), model.classes_[p.argmax(axis=1)])

    def test_predictions_stay_in_the_range_of_the_training_targets(self):
        y = np.where(np.arange(N) == 5, 1e6, NUMBERS)
        model = make("regressor").fit(X, y, X_val=X, y_val=y)
        far = X.assign(number=1e9, count=10**9)
        assert (NUMBERS.min() <= model.predict(far)).all()
        assert (model.predict(far) <= 1e6).all()

    @pytest.mark.parametrize("scale", [1e-300, 1e-6, 1e6, 1e305])
    def test_targets_of_any_unit(self, scale):
        # A power of 10 rounds each target, which moves predictions by some roundoffs of float32.
        expected = make("regressor").fit(X, NUMBERS).predict(X)
        found = make("regressor").fit(X, NUMBERS * scale).predict(X)
        assert_allclose(found / scale, expected, rtol=1e-3)

    def test_constant_targets(self):
        assert_array_equal(make("regressor").fit(X, np.full(N, 7)).predict(X), 7)
        assert_array_equal(make().fit(X, np.full(N, "a")).predict_proba(X), 1)

    def test_several_outputs_and_labels(self):
        y = np.column_stack([NUMBERS, -1000 * X["count"]])
        model = make("regressor", max_iter=40, n_estimators=2).fit(X, y)
        assert model.predict(X).shape == (N, 2)
        assert model.score(X, y) > 0.8
        labels = np.column_stack([X["flag"], LABELS == "yes"]).astype(int)
        model = make(max_iter=40, n_estimators=2).fit(X, labels)
        assert set(np.unique(model.predict(X))) == {0, 1}
        assert model.score(X, labels) > 0.8

    def test_scoring(self):
        network = make(scoring="roc_auc").fit(X, LABELS).estimators_[0]
        assert network.best_validation_score_ == max(network.validation_scores_)
        network = make("regressor", scoring="r2").fit(X, NUMBERS).estimators_[0]
        assert network.best_validation_score_ == max(network.validation_scores_)

    def test_what_auto_stands_for(self):
        def values(model):
            network = model.estimators_[0]
            names = ("activation", "learning_rate_init", "dropout", "batch_size")
            return tuple(getattr(network, name) for name in names)

        assert values(make().fit(X, LABELS)) == ("selu", 0.0025, 0.2, 240)  # all training rows
        assert values(make("regressor").fit(X, NUMBERS)) == ("mish", 0.0044, 0.2, 64)
        several = {"n_estimators": 2}
        assert values(make(**several).fit(X, LABELS)) == ("selu", 0.0025, 0.1, 64)
        assert values(make("regressor", **several).fit(X, NUMBERS)) == ("mish", 0.0044, 0.1, 64)
        given = {"activation": "relu", "learning_rate_init": 0.01, "dropout": 0.3, "batch_size": 7}
        assert values(make(**given).fit(X, LABELS)) == ("relu", 0.01, 0.3, 7)
        long = make(max_iter=1).fit(np.arange(1000.0)[:, None], np.arange(1000) % 2)
        assert values(long)[-1] == 256

    @pytest.mark.parametrize(
        ("n_rows", "one", "several"),
        [(20, 16, 10), (300, 64, 64), (1300, 128, 64), (2300, 256, 64)],
    )
    def test_regressors_have_eight_batches_or_batches_of_64(self, n_rows, one, several):
        """A fifth of the rows is validated on, and of the two folds that several have a half."""
        x = np.arange(float(n_rows))
        for n_estimators, size in ((1, one), (2, several)):
            model = make("regressor", max_iter=1, n_estimators=n_estimators)
            network = model.fit(x[:, None], x).estimators_[0]
            assert network.batch_size == size
            given = make("regressor", max_iter=1, n_estimators=n_estimators, batch_size=7)
            assert given.fit(x[:, None], x).estimators_[0].batch_size == 7

    def test_few_rows_without_noise_are_learned(self):
        """The steps of batches of all rows are too few for a function of 200 rows."""
        x = np.random.default_rng(0).uniform(-2, 2, size=(400, 3))
        y = x[:, 0] ** 2 * x[:, 1] - x[:, 2]
        scores = [
            TabularMLPRegressor(batch_size=size, random_state=0)
            .fit(x[:200], y[:200])
            .score(x[200:], y[200:])
            for size in ("auto", 160)
        ]
        assert scores[0] > scores[1] + 0.2

    def test_network_params_reach_the_networks(self):
        params = {"solver": "adamw", "weight_decay": 0.1, "dtype": "float64", "warmup_epochs": 0}
        network = make(network_params=params).fit(X, LABELS).estimators_[0]
        assert network.get_params().items() >= params.items()
        assert network.coefs_[0].dtype == np.float64
        with pytest.warns(UserWarning, match=r"^learning_rate_decay is ignored") as caught:
            make(n_estimators=3, network_params={"learning_rate_decay": 0.5}).fit(X, LABELS)
        assert len(caught) == 1  # for three networks

    @pytest.mark.parametrize(
        ("name", "parameters"),
        [
            ("classifier", {"n_estimators": 2}),
            ("regressor", {}),
            ("regressor", {"quantiles": (0.1, 0.5)}),
            ("regressor", {"loss": "gaussian"}),
        ],
    )
    def test_files_that_run_no_code(self, name, parameters):
        skops = pytest.importorskip("skops.io")
        model = make(name, **parameters).fit(X, TARGETS[name])
        data = skops.dumps(model)
        unknown = skops.get_untrusted_types(data=data)
        assert all(kind.startswith("skperceptron.") or kind == "numpy.dtype" for kind in unknown)
        loaded = skops.loads(data, trusted=unknown)
        assert_array_equal(predictions(loaded), predictions(model))

    @both
    @one_or_three
    def test_a_pickle_is_little_more_than_the_weights(self, name, n_estimators):
        model = make(name, n_estimators=n_estimators).fit(X, TARGETS[name])
        networks = model.estimators_
        arrays = [array for each in networks for array in each.coefs_ + each.intercepts_]
        size = sum(array.nbytes for array in arrays)
        pickled = pickle.dumps(model)
        assert len(pickled) < 1.1 * size + 100_000
        assert_array_equal(predictions(pickle.loads(pickled)), predictions(model))


class TestRows:
    @both
    def test_series_and_parallel_are_equal_bit_by_bit(self, name):
        series = make(name, n_estimators=3).fit(X, TARGETS[name])
        parallel = make(name, n_estimators=3, n_jobs=2).fit(X, TARGETS[name])
        assert_array_equal(predictions(series), predictions(parallel))

    @pytest.mark.slow
    @pytest.mark.parametrize("backend", ["threading", "multiprocessing"])
    @both
    def test_other_backends_of_joblib(self, name, backend):
        """The second returns all results at once. Both show the warnings of each network once."""
        ignored = {"learning_rate_decay": 0.5}
        model = make(name, n_estimators=3, network_params=ignored, n_jobs=2)
        with pytest.warns(UserWarning, match="learning_rate_decay is ignored") as expected:
            series = clone(model).set_params(n_jobs=None).fit(X, TARGETS[name])
        with (
            joblib.parallel_config(backend=backend),
            pytest.warns(UserWarning, match="learning_rate_decay is ignored") as caught,
        ):
            parallel = clone(model).fit(X, TARGETS[name])
        assert len(expected) == 1
        assert [str(each.message) for each in caught] == [str(each.message) for each in expected]
        assert_array_equal(predictions(series), predictions(parallel))

    @both
    @one_or_three
    def test_a_random_state_makes_it_repeatable(self, name, n_estimators):
        def fit(seed):
            model = make(name, n_estimators=n_estimators, random_state=seed)
            return predictions(model.fit(X, TARGETS[name]))

        assert_array_equal(fit(3), fit(3))
        assert (fit(3) != fit(4)).any()
        assert_array_equal(fit(np.random.RandomState(3)), fit(np.random.RandomState(3)))

    def test_members_differ(self):
        first, second = make(n_estimators=2).fit(X, LABELS, X_val=X, y_val=LABELS).estimators_
        assert (first.coefs_[0] != second.coefs_[0]).all()

    @pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5])
    def test_one_split_keeps_the_proportions_of_classes(self, fraction):
        codes = np.repeat([0, 1, 2, 3], [600, 300, 99, 1])
        rows = np.arange(5000, 6000)
        split = one_split(rows, codes, fraction, np.random.RandomState(0))
        assert_array_equal(np.sort(np.concatenate(split)), rows)
        held_out = np.bincount(codes[split.validation - 5000], minlength=4)
        # Places at even distances: each class has its share to within one row.
        assert (np.abs(held_out - fraction * np.array([600, 300, 99, 0])) <= 1).all()

    def test_folds_hold_out_each_row_once_with_the_proportions_of_classes(self):
        codes = np.repeat([0, 1, 2], [50, 32, 2])
        splits = folds(np.arange(84), codes, 5, np.random.RandomState(0))
        assert_array_equal(np.sort(np.concatenate([s.validation for s in splits])), np.arange(84))
        for split in splits:
            assert_array_equal(np.union1d(*split), np.arange(84))
            assert (
                np.abs(np.bincount(codes[split.validation], minlength=3) - [10, 6, 0]) <= 1
            ).all()

    @both
    @one_or_three
    def test_weight_zero_is_no_row(self, name, n_estimators):
        y = TARGETS[name]
        weight = np.where(np.arange(N) % 3 == 0, 0, WEIGHT)
        # They are in no mean, in no quantile and in no split.
        model = make(name, n_estimators=n_estimators)
        spoiled = X.assign(number=X["number"].where(weight > 0, 1e9))
        other = model.fit(spoiled, y, weight)
        expected = clone(model).fit(X[weight > 0], y[weight > 0], weight[weight > 0])
        assert_array_equal(predictions(other), predictions(expected))

    @both
    def test_weights_reach_the_loss_and_the_validation_loss(self, name):
        y = TARGETS[name]
        plain = make(name, max_iter=1).fit(X, y).estimators_[0]
        weighted = make(name, max_iter=1).fit(X, y, WEIGHT**3).estimators_[0]
        assert plain.validation_loss_curve_ != weighted.validation_loss_curve_
        own = make(name, max_iter=1).fit(X, y, X_val=X, y_val=y).estimators_[0]
        other = make(name, max_iter=1)
        other.fit(X, y, X_val=X, y_val=y, sample_weight_val=WEIGHT**3)
        assert own.loss_curve_ == other.estimators_[0].loss_curve_
        assert own.validation_loss_curve_ != other.estimators_[0].validation_loss_curve_

    def test_targets_are_standardised_with_weights(self):
        model = make("regressor").fit(X, NUMBERS, WEIGHT, X_val=X, y_val=NUMBERS)
        mean = np.average(NUMBERS, weights=WEIGHT)
        assert_allclose(model.y_mean_, [[mean]], rtol=1e-12)
        variance = np.average((NUMBERS - mean) ** 2, weights=WEIGHT)
        assert_allclose(model.y_scale_, [[np.sqrt(variance)]], rtol=1e-12)

    def test_class_weights_are_weights_of_rows(self):
        weight = np.where(LABELS == "yes", 3.0, 1.0)
        one = make(class_weight={"yes": 3.0}).fit(X, LABELS)
        other = make().fit(X, LABELS, weight)
        assert_array_equal(one.predict_proba(X), other.predict_proba(X))
        balanced = make(class_weight="balanced").fit(X, LABELS)
        assert (balanced.predict_proba(X) != one.predict_proba(X)).any()

    @both
    def test_rows_to_validate_on(self, name):
        y = TARGETS[name]
        model = make(name, n_estimators=2).fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
        # All rows are trained on: their number is in the number of rows shown.
        assert [network.t_ for network in model.estimators_] == [800, 800]

    def test_splitters(self):
        groups = X["count"]
        model = make(n_estimators=3, cv=GroupKFold(3)).fit(X, LABELS, groups=groups)
        sizes = [len(train) for train, _ in GroupKFold(3).split(X, LABELS, groups)]
        assert [network.t_ // 4 for network in model.estimators_] == sizes
        model = make(cv=TimeSeriesSplit(4)).fit(X, LABELS)
        assert model.estimators_[0].t_ == 4 * 240  # the last split, which has the latest rows
        listed = make(cv=[(np.arange(240), np.arange(240, 300))]).fit(X, LABELS)
        assert_array_equal(listed.predict_proba(X), model.predict_proba(X))
        weight = np.where(np.arange(N) < 40, 0, 1)
        assert make(cv=TimeSeriesSplit(4)).fit(X, LABELS, weight).estimators_[0].t_ == 4 * 200

    def test_a_class_with_one_row(self):
        labels = np.where(np.arange(N) == 7, "rare", LABELS)
        model = make().fit(X, labels)
        assert_array_equal(model.estimators_[0].classes_, ["no", "rare", "yes"])
        model = make(n_estimators=3).fit(X, labels)
        seen = ["rare" in network.classes_ for network in model.estimators_]
        assert sorted(seen) == [False, True, True]
        assert model.predict_proba(X).shape == (N, 3)
        assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-12)
        assert np.isfinite(model.predict_log_proba(X)).all()

    @pytest.mark.parametrize("n_rows", [1, 2, 5, 9])
    @both
    def test_few_rows_are_all_trained_on(self, name, n_rows):
        with pytest.warns(UserWarning, match="too few to hold out: the weights of the last epoch"):
            model = make(name).fit(X[:n_rows], TARGETS[name][:n_rows])
        assert model.estimators_[0].t_ == 4 * n_rows
        assert len(model.predict(X)) == N

    @pytest.mark.parametrize("n_rows", [10, 30, 99])
    @both
    def test_few_rows_in_folds(self, name, n_rows):
        model = make(name, n_estimators=5).fit(X[:n_rows], TARGETS[name][:n_rows])
        assert len(model.estimators_) == 5


class TestInput:
    @both
    def test_libraries_and_types(self, name):
        y = TARGETS[name]
        expected = predictions(make(name).fit(X, y))
        frames = [X.convert_dtypes(), X.convert_dtypes(dtype_backend="pyarrow"), pl.from_pandas(X)]
        for frame in frames:
            model = make(name).fit(frame, pd.Series(y))
            assert_array_equal(predictions(model, frame), expected)
        array = X.to_numpy(dtype=object)
        assert_array_equal(predictions(make(name).fit(array, y), array), expected)
        listed = make(name).fit(array.tolist(), y.tolist())
        assert_array_equal(predictions(listed, array.tolist()), expected)

    def test_what_is_a_category_is_known_from_all_rows(self):
        array = rng.normal(size=(60, 2)).astype(object)
        array[17, 1] = "unknown"
        model = make(n_estimators=5).fit(array, np.arange(60) % 2)
        for preprocessor in model.preprocessors_:
            assert preprocessor.is_categorical_.tolist() == [False, True]
        assert len(model.predict(array)) == 60

    def test_categorical_features(self):
        model = make(categorical_features=["category", "string", "flag", "count"]).fit(X, LABELS)
        assert model.preprocessor_.is_categorical_.tolist() == [False, True, True, True, True]
        model = make(categorical_features=[1, 2, 3]).fit(X, LABELS)
        assert model.preprocessor_.is_categorical_.tolist() == [False, True, True, True, False]

    def test_unseen_levels_and_missing_values_do_not_warn(self):
        model = make().fit(X.assign(number=X["number"].fillna(0)), LABELS)
        other = X.head(4).assign(string=["new", None, "x", "y"], category="d", number=np.nan)
        assert np.isfinite(model.predict_proba(other)).all()

    def test_many_rows_are_predicted_block_by_block(self, monkeypatch):
        model = make(n_estimators=2).fit(X, LABELS)
        expected = model.predict_proba(X)
        monkeypatch.setattr("skperceptron.tabular._base.MOST_ENCODED", 1)
        monkeypatch.setattr("skperceptron.tabular._base.FEWEST_ROWS", 77)
        # Sums in float64 may be of another order: 128 terms, of a unit roundoff of 1e-16.
        assert_allclose(model.predict_proba(X), expected, rtol=1e-10)

    def test_names_are_missed_once(self):
        model = make(n_estimators=3).fit(X, LABELS)
        with pytest.warns(UserWarning, match="X does not have valid feature names") as caught:
            model.predict(X.to_numpy(dtype=object))
        assert len(caught) == 1

    def test_tags(self):
        for name in TARGETS:
            tags = get_tags(make(name))
            assert tags.input_tags.allow_nan
            assert tags.input_tags.categorical
            assert not tags.input_tags.sparse


class TestMemory:
    @both
    @pytest.mark.parametrize("container", [np.asarray, pd.DataFrame], ids=["array", "frame"])
    def test_of_a_fit_is_half_as_much_again_as_the_encoded_rows(self, name, container):
        table = container(rng.normal(size=(10_000, 20)))
        y = rng.integers(0, 2, 10_000) if name == "classifier" else rng.normal(size=10_000)
        model = make(name, hidden_layer_sizes=(16,), max_iter=1)
        tracemalloc.start()
        try:
            model.fit(table, y)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 1.5 * len(table) * model.estimators_[0].n_features_in_ * 4


class TestTogether:
    def test_search_cross_validation_and_pipeline(self):
        search = GridSearchCV(make(), {"n_bins": [None, 16], "dropout": [0.1, 0.3]}, cv=2)
        assert set(search.fit(X, LABELS).best_params_) == {"n_bins", "dropout"}
        assert len(cross_val_score(make("regressor"), X, NUMBERS, cv=3)) == 3
        pipeline = make_pipeline(FunctionTransformer(), make()).fit(X, LABELS)
        assert_array_equal(pipeline.predict_proba(X), make().fit(X, LABELS).predict_proba(X))

    def test_permutation_importance_of_raw_columns(self):
        model = make("regressor", max_iter=40).fit(X, NUMBERS)
        result = permutation_importance(model, X, NUMBERS, n_repeats=3, random_state=0)
        importances = pd.Series(result.importances_mean, X.columns)
        assert importances["category"] > 0.2
        assert importances["count"] > 0.2
        assert abs(importances["string"]) < 0.1

    def test_verbose_prints_networks_and_epochs(self, capsys):
        make(n_estimators=2, max_iter=2, verbose=True).fit(X, LABELS)
        lines = capsys.readouterr().out.splitlines()
        titles = [i for i, line in enumerate(lines) if line.startswith("Network ")]
        assert [lines[i] for i in titles] == ["Network 1 of 2", "Network 2 of 2"]
        for start, end in zip(titles, [titles[1], len(lines)], strict=True):
            part = lines[start:end]
            assert sum(line.startswith("Iteration ") for line in part) == 2
        make(max_iter=2).fit(X, LABELS)
        assert capsys.readouterr().out == ""


class CtrlC:
    """A constant learning rate; the key is hit once, in an epoch of one of the networks."""

    def __init__(self, network, epoch):
        self.network, self.epoch = network, epoch
        self.current, self.before = 0, 0.0

    def __deepcopy__(self, memo):
        return self  # all networks share it

    def __call__(self, progress):
        self.current += progress < self.before  # another network begins
        self.before = progress
        if (self.current, int(progress)) == (self.network, self.epoch):
            self.network = None
            signal.raise_signal(signal.SIGINT)
        return 0.001


class TestInterruption:
    def fit(self, n_estimators, network, epoch, n_jobs=None):
        network_params = {"learning_rate": CtrlC(network, epoch), "warmup_epochs": 0}
        model = make(n_estimators=n_estimators, n_jobs=n_jobs, network_params=network_params)
        return model.fit(X, LABELS)

    def test_networks_that_are_done_are_kept(self):
        message = r"Training interrupted by user\. 2 of 3 networks are kept\."
        with pytest.warns(UserWarning, match=message) as caught:
            model = self.fit(3, network=2, epoch=1)
        assert len(caught) == 1
        assert [network.n_iter_ for network in model.estimators_] == [4, 4]
        assert model.predict_proba(X).shape == (N, 2)

    @one_or_three
    def test_the_first_network_is_kept_as_it_is(self, n_estimators):
        with pytest.warns(UserWarning, match="Training interrupted by user"):
            model = self.fit(n_estimators, network=0, epoch=2)
        assert [network.n_iter_ for network in model.estimators_] == [2]
        assert len(model.predict(X)) == N

    def test_in_other_processes(self):
        with pytest.warns(UserWarning, match="1 of 3 networks are kept"):
            model = self.fit(3, network=0, epoch=2, n_jobs=2)  # each has a copy of the key
        assert [network.n_iter_ for network in model.estimators_] == [2]

    def test_between_two_networks(self, monkeypatch):
        transform, calls = TabularPreprocessor.fit_transform, []

        def interrupted(self, *args):
            calls.append(self)
            if len(calls) == 2:
                signal.raise_signal(signal.SIGINT)
            return transform(self, *args)

        monkeypatch.setattr(TabularPreprocessor, "fit_transform", interrupted)
        with pytest.warns(UserWarning, match="1 of 3 networks are kept"):
            assert len(make(n_estimators=3).fit(X, LABELS).estimators_) == 1

    def test_before_any_network(self, monkeypatch):
        def interrupted(self, *args):
            signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(TabularPreprocessor, "fit_transform", interrupted)
        model = make(n_estimators=3)
        before = dict(vars(model))
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, LABELS)
        assert vars(model) == before


class TestBadInput:
    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"network_params": {"dropout": 0.1}}, "network_params must not have 'dropout'"),
            ({"network_params": {"early_stopping": False}}, "'early_stopping', which is set by"),
            ({"network_params": {"output_activation": "exp"}}, "'output_activation'"),
            ({"network_params": {"depth": 3}}, "network_params has 'depth', which is not a param"),
            ({"network_params": {1: 3}}, "network_params has 1, which is not a parameter"),
            ({"network_params": {"solver": "lbfgs"}}, "solver='lbfgs', which does not train in ep"),
            ({"network_params": {"solver": 3}}, "solver=3, which does not train in epochs"),
            ({"network_params": {"loss": "hinge"}}, "loss='hinge', whose scores are no probab"),
            ({"network_params": {"alpha": -1}}, "The 'alpha' parameter of MLPClassifier must be"),
            ({"activation": ["relu"]}, "activation must be one for all hidden layers"),
            ({"n_jobs": 0}, "n_jobs must not be 0"),
            ({"cv": KFold(3), "n_estimators": 2}, "cv has 3 splits, but n_estimators=2 needs one"),
            ({"cv": [3]}, "cv must be a splitter, or a list of pairs of arrays"),
            ({"cv": [([0, 1], [10**6])]}, "cv must be a splitter, or a list of pairs of arrays"),
            ({"cv": [([0, 1], [])]}, "cv has a split without training rows, or without valid"),
            ({"n_estimators": N + 1}, f"n_estimators={N + 1} needs a row for each fold, got {N}"),
            ({"class_weight": {"yes": 1, "maybe": 2}}, "class_weight=.* does not fit y"),
            ({"categorical_features": ["colour"]}, "categorical_features has 'colour', which is"),
            ({"categorical_features": None}, "X must have numbers in column 'category'"),
        ],
    )
    def test_parameters(self, parameters, message):
        model = make(**parameters)
        before = dict(vars(model))
        with pytest.raises(ValueError, match=message):
            model.fit(X, LABELS)
        assert vars(model) == before

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"X": X.assign(day=pd.Timestamp("2020-01-01"))}, "dates of type .* in column 'day'"),
            ({"X": X.assign(number=np.inf)}, "X contains infinity .* in column 'number'"),
            ({"X": X.head(0), "y": LABELS[:0]}, r"X: Found a table with 0 sample\(s\)"),
            ({"X": X.iloc[:, :0]}, r"X: Found a table with 0 feature\(s\)"),
            ({"X": X["number"]}, "X: Expected a 2-dimensional container"),
            ({"X": [1, 2, 3]}, "X: Expected 2D array"),
            ({"y": LABELS[:5]}, "X and y: Found input variables with inconsistent numbers"),
            ({"y": None}, "requires y to be passed, but the target y is None"),
            ({"y": rng.normal(size=N)}, "Unknown label type"),
            ({"y": [*LABELS[1:], None]}, "y has missing labels"),
            ({"sample_weight": np.zeros(N)}, "sample_weight gives every row zero weight"),
            ({"sample_weight": -np.ones(N)}, "Negative values in data passed to `sample_weight`"),
            ({"sample_weight": np.ones(5)}, "sample_weight.shape == "),
            ({"X_val": X}, "X_val and y_val must be given together"),
            ({"y_val": LABELS}, "X_val and y_val must be given together"),
            ({"sample_weight_val": WEIGHT}, "sample_weight_val with them only"),
            ({"X_val": X, "y_val": np.full(N, "maybe")}, "`y_val` has classes not in"),
            ({"X_val": X[["number"]], "y_val": LABELS}, "X_val: .*feature names should match"),
            ({"X_val": X.head(9), "y_val": LABELS}, "X_val and y_val: Found input variables"),
            ({"X_val": X.assign(number=np.inf), "y_val": LABELS}, "X_val: Input X contains inf"),
            ({"X_val": X.assign(number="a"), "y_val": LABELS}, "X_val: X must have numbers in"),
            (
                {"X_val": X.assign(number=pd.Timestamp("2020-01-01")), "y_val": LABELS},
                "X_val must be numbers or categories, got dates .* in column 'number'",
            ),
            ({"groups": X["count"]}, "groups are used by cv only"),
        ],
    )
    def test_arguments(self, change, message):
        model = make()
        before = dict(vars(model))
        with pytest.raises(ValueError, match=message):
            model.fit(**{"X": X, "y": LABELS, **change})
        assert vars(model) == before

    def test_rows_to_validate_on_are_said_once(self):
        with pytest.raises(ValueError, match="X_val and cv both say what to validate on"):
            make(cv=KFold(2)).fit(X, LABELS, X_val=X, y_val=LABELS)

    def test_targets_of_the_regressor(self):
        with pytest.raises(ValueError, match="y must be numbers"):
            make("regressor").fit(X, LABELS)
        with pytest.raises(ValueError, match="y contains NaN"):
            make("regressor").fit(X, X["number"])

    def test_prediction(self):
        model = make().fit(X, LABELS)
        with pytest.raises(ValueError, match="names must be in the same order"):
            model.predict(X[X.columns[::-1]])
        with pytest.raises(ValueError, match="now missing:\n- number"):
            model.predict(X.drop(columns="number"))
        with pytest.raises(ValueError, match="X must have numbers in column 'number'"):
            model.predict(X.assign(number="many"))
        with pytest.raises(ValueError, match=r"X: Found a table with 0 sample\(s\)"):
            model.predict(X.head(0))


DATES = pd.Timestamp("2020-01-01")
ODD_TABLES = {
    "another order": (X[X.columns[::-1]], "X: .*must be in the same order", False),
    "a column less": (X.drop(columns="flag"), "X: .*missing.*flag", False),
    "other names": (X.rename(columns={"flag": "flags"}), "X: .*unseen at fit time.*flags", False),
    "strings for numbers": (X.assign(count="many"), "X must have numbers in column 'count'", False),
    "dates": (X.assign(count=DATES), "X must be numbers or categories, got dates.*'count'", True),
    "dates for levels": (X.assign(string=DATES), "X must be .*, got dates.*'string'", True),
    "complex": (X.assign(count=1j), "X: Complex data not supported.*'count'", True),
    "infinity": (X.assign(count=-np.inf), "X contains infinity .* in column 'count'", True),
    "no rows": (X.head(0), r"X: Found a table with 0 sample\(s\)", True),
    "twice": (pd.concat([X, X], axis=1), "X: Expected unique column names", True),
    "lazy": (pl.from_pandas(X).lazy(), r"X must be .*pass X\.collect\(\)", True),
    "sparse": (csr_array(np.eye(5)), "Sparse data was passed for X", True),
    "one dimension": ([1.0, 2.0], "X: Expected 2D array", True),
}


class TestOddTables:
    @pytest.mark.filterwarnings("ignore:X does not have valid feature names")
    @both
    @pytest.mark.parametrize("kind", ODD_TABLES)
    def test_at_prediction(self, name, kind):
        table, match, _ = ODD_TABLES[kind]
        model = make(name, max_iter=1).fit(X, TARGETS[name])
        for method in ("predict", "predict_proba", "predict_log_proba"):
            if hasattr(model, method):
                call = getattr(type(model), method)
                assert_refused(model, lambda m, call=call: call(m, table), f"(?s){match}")

    @both
    @pytest.mark.parametrize("kind", [kind for kind, odd in ODD_TABLES.items() if odd[2]])
    def test_in_fit(self, name, kind):
        table, match, _ = ODD_TABLES[kind]
        n_rows = len(table) if hasattr(table, "__len__") and kind != "sparse" else 5
        y = TARGETS[name][:n_rows]
        for model in (make(name), make(name, max_iter=1).fit(X, TARGETS[name])):
            assert_refused(model, lambda m: m.fit(table, y), match)

    @both
    def test_cells_without_a_hash(self, name):
        frame = X.assign(string=[["a"]] * N)
        match = "X must have categories that can be compared.*'string'"
        assert_refused(make(name), lambda m: m.fit(frame, TARGETS[name]), match)

    @both
    @pytest.mark.parametrize("dtype", [bool, int])
    @pytest.mark.parametrize("n_columns", [1000, pytest.param(10_000, marks=pytest.mark.slow)])
    def test_thousands_of_dummy_columns(self, name, dtype, n_columns):
        dummies = np.eye(50, dtype=dtype)[np.arange(60) % 50]
        table = pd.DataFrame(np.tile(dummies, n_columns // 50)).add_prefix("is_")
        model = make(name, hidden_layer_sizes=(4,), max_iter=1)
        predicted = model.fit(table, TARGETS[name][:60]).predict(table)
        assert predicted.shape == (60,)


class TestCallbacks:
    @pytest.fixture(autouse=True)
    def newer_scikit_learn(self):
        pytest.importorskip("sklearn.callback")

    @pytest.mark.parametrize("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
    def test_a_history_has_the_epochs_of_each_network(self, n_jobs):
        history = History()
        model = make(n_estimators=3, n_jobs=n_jobs).set_callbacks(history).fit(X, LABELS)
        curves = [fit.as_dict()["validation_loss"] for fit in history.fits]
        assert curves == [network.validation_loss_curve_ for network in model.estimators_]
        plain = make(n_estimators=3).fit(X, LABELS)
        assert_array_equal(model.predict_proba(X), plain.predict_proba(X))

    def test_propagated_callbacks_see_networks_and_epochs(self):
        class Propagated:
            max_propagation_depth = None

            def __init__(self):
                self.ended = []

            def setup(self, estimator, context):
                pass

            def teardown(self, estimator, context):
                pass

            def on_fit_task_begin(self, estimator, context):
                pass

            def on_fit_task_end(self, estimator, context):
                self.ended.append((context.estimator_name, context.task_name, context.task_id))

        seen = Propagated()
        make(n_estimators=2).set_callbacks(seen).fit(X, LABELS)
        expected = []
        for network in range(2):
            expected += [("MLPClassifier", "epoch", i) for i in range(4)]
            expected.append(("MLPClassifier", "fit", network))
        assert seen.ended == [*expected, ("TabularMLPClassifier", "fit", 0)]

    def test_networks_do_not_keep_them(self):
        model = make().set_callbacks(History()).fit(X, LABELS)
        assert not vars(model.estimators_[0]).get("_skl_callbacks")
        size = len(pickle.dumps(make().fit(X, LABELS)))
        assert len(pickle.dumps(model)) < size + 10_000

    def test_in_a_search(self):
        history = History()
        search = GridSearchCV(make().set_callbacks(history), {"n_bins": [None, 16]}, cv=2)
        search.fit(X, LABELS)
        assert len(history.fits) == 5
