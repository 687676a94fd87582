"""effort: kinds of networks, and the weights that the validation rows give them."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold

from skperceptron.tabular._greedy import greedy_weights
from skperceptron.tabular._kinds import EFFORTS, KINDS
from skperceptron.tabular._regressor import _mixture
from tabular.test_estimators import LABELS, NUMBERS, TARGETS, WEIGHT, CtrlC, N, X, make, predictions

both = pytest.mark.parametrize("name", ["classifier", "regressor"])
one_or_three = pytest.mark.parametrize(
    "n_estimators",
    [1, pytest.param(3, marks=pytest.mark.slow)],  # up to twelve networks
)


def greedy_reference(predictions, targets, n_picks):
    """Plain Python: pick what lowers the squared error of the mean of all picks most."""
    picks = []
    for _ in range(n_picks):
        best, lowest = None, float("inf")
        for candidate in range(len(predictions)):
            tried = [*picks, candidate]
            total = 0.0
            for row, target in enumerate(targets):
                mean = sum(predictions[k][row] for k in tried) / len(tried)
                total += (mean - target) ** 2
            if total < lowest:
                best, lowest = candidate, total
        picks.append(best)
    return [picks.count(k) / n_picks for k in range(len(predictions))]


class TestGreedy:
    @pytest.mark.parametrize("seed", range(8))
    def test_as_in_plain_python(self, seed):
        rng = np.random.default_rng(seed)
        # Multiples of 1/16 with few digits: only the division by n rounds.
        targets = rng.integers(-64, 64, 30) / 16
        predictions = [targets + rng.integers(-32, 32, 30) / 16 for _ in range(2 + seed % 4)]
        for n_picks in (1, 5, 12):
            found = greedy_weights(
                predictions, lambda values: float(np.mean((values - targets) ** 2)), n_picks
            )
            expected = greedy_reference([each.tolist() for each in predictions], targets, n_picks)
            assert_allclose(found, expected, rtol=1e-15)

    def test_the_best_alone_and_two_that_cancel(self):
        y = np.linspace(-1, 1, 20)
        assert_array_equal(greedy_weights([y + 9, y], lambda p: np.abs(p - y).sum()), [0, 1])
        weights = greedy_weights([y + 1, y - 1, y + 5], lambda p: np.square(p - y).sum())
        assert_array_equal(weights, [0.5, 0.5, 0])

    def test_equal_and_missing_losses(self):
        parts = [np.ones(3), np.ones(3), np.ones(3)]
        assert_array_equal(greedy_weights(parts, lambda p: 0.0), [1, 0, 0])
        assert_array_equal(greedy_weights(parts, lambda p: np.nan), [1, 0, 0])
        assert_array_equal(
            greedy_weights([np.zeros(3), np.ones(3)], lambda p: 1.0 if p.all() else np.nan, 1),
            [0, 1],
        )

    def test_predictions_are_left_as_they_are(self):
        parts = [np.arange(3.0), np.ones(3)]
        greedy_weights(parts, lambda p: float(p.sum()))
        assert_array_equal(parts, [[0, 1, 2], [1, 1, 1]])


def kinds_of(model):
    """What the networks of each kind have been made with."""
    found = {}
    for kind, network, preprocessor in zip(
        model.kinds_, model.estimators_, model.preprocessors_, strict=True
    ):
        values = (network.activation, network.weight_init, preprocessor.n_bins)
        found.setdefault(kind, set()).add((*values, network.dropout))
    assert all(len(values) == 1 for values in found.values())
    return {kind: values.pop() for kind, values in found.items()}


class TestKinds:
    @both
    @one_or_three
    def test_what_they_are(self, name, n_estimators):
        model = make(name, n_estimators=n_estimators, effort="thorough").fit(X, TARGETS[name])
        activation, n_bins = {"classifier": ("selu", 16), "regressor": ("mish", 32)}[name]
        dropout = 0.2 if n_estimators == 1 else 0.1
        assert kinds_of(model) == {
            "recipe": (activation, "lecun_normal", n_bins, dropout),
            "mish-no-bins": ("mish", "lecun_normal", None, dropout),
            "silu": ("silu", "he_normal", n_bins, dropout),
            "silu-no-bins": ("silu", "he_normal", None, dropout),
        }
        assert model.kinds_ == list(np.repeat(list(KINDS), n_estimators))
        assert_allclose(model.weights_.sum(), 1, rtol=1e-12)
        by_kind = model.weights_.reshape(4, n_estimators)
        assert_array_equal(by_kind, by_kind[:, :1].repeat(n_estimators, axis=1))
        assert_allclose(np.round(by_kind.sum(axis=1) * 12), by_kind.sum(axis=1) * 12, rtol=1e-12)
        assert len(model.estimators_) == len(model.preprocessors_) == 4 * n_estimators
        assert not hasattr(model, "preprocessor_")

    @both
    @one_or_three
    def test_more_effort_begins_with_less(self, name, n_estimators):
        y = TARGETS[name]
        curves = {}
        for effort in EFFORTS:
            model = make(name, n_estimators=n_estimators, effort=effort).fit(X, y)
            curves[effort] = [network.validation_loss_curve_ for network in model.estimators_]
            assert len(curves[effort]) == len(EFFORTS[effort]) * n_estimators
        assert curves["balanced"][:n_estimators] == curves["fast"]
        assert curves["thorough"][: 2 * n_estimators] == curves["balanced"]

    def test_fast_is_the_mean(self):
        model = make(n_estimators=3).fit(X, LABELS)
        assert model.kinds_ == ["recipe"] * 3
        assert_array_equal(model.weights_, 1 / 3)
        assert make().effort == "fast"
        assert hasattr(make().fit(X, LABELS), "preprocessor_")

    @both
    @pytest.mark.parametrize(
        ("given", "n_kinds"),
        [
            ({"activation": "relu"}, 2),  # with bins, and without
            ({"activation": ["relu"] * 3}, 2),
            ({"dropout": 0.3, "batch_size": 50, "hidden_layer_sizes": 20}, 4),
            ({"network_params": {"weight_init": "glorot_uniform", "beta_2": 0.9}}, 4),
            ({"activation": "relu", "n_bins": 8}, 1),
            ({"activation": "relu", "n_bins": None}, 1),
        ],
    )
    def test_what_the_user_chose_is_the_same_in_all(self, name, given, n_kinds):
        model = make(name, effort="thorough", max_iter=1, **given).fit(X, TARGETS[name])
        assert len(model.estimators_) == n_kinds
        chosen = {**given, **given.get("network_params", {})}
        chosen.pop("network_params", None)
        for network, preprocessor in zip(model.estimators_, model.preprocessors_, strict=True):
            if "n_bins" in chosen:
                assert preprocessor.n_bins == chosen["n_bins"]
            for parameter in chosen.keys() - {"n_bins"}:
                assert getattr(network, parameter) == chosen[parameter]
            if "activation" in chosen:
                assert network.weight_init == "lecun_normal"
        assert hasattr(model, "preprocessor_") == (n_kinds == 1)

    @both
    @pytest.mark.parametrize("n_bins", [16, 32, None])
    def test_bins_that_are_given_are_never_replaced(self, name, n_bins):
        model = make(name, effort="thorough", max_iter=1, n_bins=n_bins).fit(X, TARGETS[name])
        assert {preprocessor.n_bins for preprocessor in model.preprocessors_} == {n_bins}
        assert len(model.estimators_) == {"classifier": 3, "regressor": 2}[name]

    def test_bad_effort(self):
        for effort in ("slow", 2, None, True):
            model = make(effort=effort)
            before = dict(vars(model))
            with pytest.raises(ValueError, match="The 'effort' parameter of TabularMLPClassifier"):
                model.fit(X, LABELS)
            assert vars(model) == before


def loss_of(y, p, weight):
    # The networks compute in float32 here, so that rows sum to 1 only nearly.
    return log_loss(y, p / p.sum(axis=1, keepdims=True), sample_weight=weight)


def out_of_fold(model, table, y):
    """Probabilities of each kind for rows that its networks have not seen, by KFold(3)."""
    found = {}
    for place, kind in enumerate(model.kinds_):
        _, held_out = list(KFold(3).split(table))[place % 3]
        preprocessor, network = model.preprocessors_[place], model.estimators_[place]
        rows = preprocessor.transform(table.iloc[held_out])
        found.setdefault(kind, np.zeros((len(table), 2)))[held_out] = network.predict_proba(rows)
    return list(found.values())


class TestWeights:
    @pytest.mark.parametrize("weight", [None, WEIGHT**3])
    def test_are_chosen_by_the_loss_of_rows_that_were_held_out(self, weight):
        model = make(n_estimators=3, effort="thorough", cv=KFold(3), max_iter=10)
        model.fit(X, LABELS, weight)
        parts = out_of_fold(model, X, LABELS)
        expected = greedy_weights(parts, lambda p: loss_of(LABELS, p, weight))
        assert_array_equal(model.weights_ * 3, np.repeat(expected, 3))
        assert model.weights_.min() > 0 or len(set(model.weights_)) > 1

    @both
    @one_or_three
    @pytest.mark.parametrize("effort", ["balanced", "thorough"])
    def test_predictions_are_weighted_means(self, name, n_estimators, effort):
        model = make(name, n_estimators=n_estimators, effort=effort).fit(X, TARGETS[name])
        parts = []
        for place in range(len(model.estimators_)):
            one = clone(model).fit(X, TARGETS[name])
            one.weights_ = np.eye(len(model.estimators_))[place]
            parts.append(predictions(one))
        expected = np.average(parts, axis=0, weights=model.weights_)
        assert_allclose(predictions(model), expected, rtol=1e-12)
        if name == "classifier":
            assert_allclose(predictions(model).sum(axis=1), 1, rtol=1e-12)
            assert_allclose(np.exp(model.predict_log_proba(X)), expected, rtol=1e-12)
            assert_array_equal(model.predict(X), model.classes_[expected.argmax(axis=1)])

    def test_a_kind_that_knows_nothing_has_no_weight(self, monkeypatch):
        kinds = {**KINDS, "mish-no-bins": {"learning_rate_init": 1e-9}}
        monkeypatch.setattr("skperceptron.tabular._base.KINDS", kinds)
        for n_estimators in (1, 3):
            model = make(n_estimators=n_estimators, effort="balanced", max_iter=30).fit(X, LABELS)
            fast = make(n_estimators=n_estimators, max_iter=30).fit(X, LABELS)
            assert_array_equal(model.weights_[n_estimators:], 0)
            assert_array_equal(model.predict_proba(X), fast.predict_proba(X))
            # What has no weight is not computed.
            model.estimators_[n_estimators:] = [None] * n_estimators
            assert_array_equal(model.predict_proba(X), fast.predict_proba(X))

    @pytest.mark.parametrize("n_estimators", [1, 2])
    def test_rows_of_the_user(self, n_estimators):
        train, given = slice(0, 200), slice(200, N)
        model = make(n_estimators=n_estimators, effort="thorough", max_iter=10)
        model.fit(
            X[train],
            LABELS[train],
            X_val=X[given],
            y_val=LABELS[given],
            sample_weight_val=WEIGHT[given],
        )
        parts = []
        for kind in KINDS:
            members = [
                network.predict_proba(preprocessor.transform(X[given]))
                for own, network, preprocessor in zip(
                    model.kinds_, model.estimators_, model.preprocessors_, strict=True
                )
                if own == kind
            ]
            parts.append(np.mean(members, axis=0))
        expected = greedy_weights(parts, lambda p: loss_of(LABELS[given], p, WEIGHT[given]))
        assert_array_equal(model.weights_ * n_estimators, np.repeat(expected, n_estimators))

    def test_few_rows_give_equal_weights(self):
        with pytest.warns(UserWarning, match="too few to hold out") as caught:
            model = make(effort="balanced").fit(X[:5], LABELS[:5])
        assert len(caught) == 1
        assert_array_equal(model.weights_, 0.5)

    @both
    def test_groups_and_weights_of_zero(self, name):
        y, groups = TARGETS[name], X["count"]
        weight = np.where(np.arange(N) % 3 == 0, 0, WEIGHT)
        model = make(name, n_estimators=3, effort="balanced", cv=GroupKFold(3))
        spoiled = X.assign(number=X["number"].where(weight > 0, 1e9))
        model.fit(spoiled, y, weight, groups=groups)
        other = make(name, n_estimators=3, effort="balanced").fit(spoiled, y, weight)
        expected = clone(other).fit(X[weight > 0], y[weight > 0], weight[weight > 0])
        assert_array_equal(other.weights_, expected.weights_)
        assert_array_equal(predictions(other), predictions(expected))
        assert np.isfinite(predictions(model)).all()

    @pytest.mark.parametrize(
        "parameters",
        [
            {"network_params": {"loss": "focal"}},
            {"scoring": "roc_auc"},
            {"class_weight": "balanced"},
            {"class_weight": {"yes": 1.5}},
        ],
    )
    @one_or_three
    def test_losses_scores_and_weights_of_classes(self, parameters, n_estimators):
        model = make(n_estimators=n_estimators, effort="thorough", max_iter=20, **parameters)
        assert model.fit(X, LABELS).score(X, LABELS) > 0.8

    @one_or_three
    def test_kinds_of_targets(self, n_estimators):
        settings = {"n_estimators": n_estimators, "effort": "thorough", "max_iter": 20}
        labels = np.column_stack([X["flag"], LABELS == "yes"]).astype(int)
        model = make(**settings).fit(X, labels)
        assert model.score(X, labels) > 0.6
        three = np.where(X["flag"], LABELS, "maybe")
        assert make(**settings).fit(X, three).score(X, three) > 0.8
        y = np.column_stack([NUMBERS, -1000 * X["count"]])
        assert make("regressor", **settings).fit(X, y).score(X, y) > 0.8
        assert_array_equal(make(**settings).fit(X, np.full(N, "a")).predict_proba(X), 1)
        assert_array_equal(make("regressor", **settings).fit(X, np.full(N, 7)).predict(X), 7)

    def test_a_class_with_one_row(self):
        labels = np.where(np.arange(N) == 7, "rare", LABELS)
        model = make(n_estimators=3, effort="balanced").fit(X, labels)
        assert model.predict_proba(X).shape == (N, 3)
        assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-12)

    @pytest.mark.slow
    @pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "log_cosh"])
    @pytest.mark.parametrize("scale", [1e-300, 1.0, 1e305])
    def test_targets_of_any_unit(self, loss, scale):
        settings = {"loss": loss, "effort": "balanced", "n_estimators": 2}
        expected = make("regressor", **settings).fit(X, NUMBERS)
        found = make("regressor", **settings).fit(X, NUMBERS * scale)
        assert_array_equal(found.weights_, expected.weights_)
        # A unit rounds each target, which moves predictions by some roundoffs of float32.
        assert_allclose(found.predict(X) / scale, expected.predict(X), rtol=1e-3)


class TestDistributions:
    @pytest.mark.parametrize("effort", ["balanced", "thorough"])
    @one_or_three
    @pytest.mark.parametrize("given", [False, True])
    def test_quantiles_stay_sorted_and_intervals_cover(self, effort, n_estimators, given):
        y = NUMBERS + np.random.default_rng(0).normal(size=N) * 5
        model = make(
            "regressor",
            effort=effort,
            n_estimators=n_estimators,
            quantiles=(0.9, 0.1, 0.5),
            max_iter=10,
        )
        held_out = {"X_val": X[200:], "y_val": y[200:]} if given else {}
        model.fit(X[:200], y[:200], **held_out)
        values = model.predict_quantiles(X)
        assert (values[:, 1] <= values[:, 2]).all()
        assert (values[:, 2] <= values[:, 0]).all()
        assert_array_equal(model.predict(X), values[:, 2])
        low, high = model.predict_interval(X[200:], coverage=0.8).T
        if given:  # exactly as often as asked, of the rows that calibrated them
            assert 0.8 <= np.mean((low <= y[200:]) & (y[200:] <= high)) <= 0.83
        assert (low <= high).all()

    def test_calibration_is_of_the_weighted_combination(self):
        y = NUMBERS + np.random.default_rng(0).normal(size=N) * 5
        model = make(
            "regressor",
            effort="balanced",
            n_estimators=3,
            quantiles=(0.1, 0.9),
            cv=KFold(3),
            max_iter=10,
        ).fit(X, y)
        combined = np.zeros((N, 2))
        for place, (_, held_out) in enumerate(KFold(3).split(X)):
            for member in (place, place + 3):
                network = model.estimators_[member]
                rows = model.preprocessors_[member].transform(X.iloc[held_out])
                heads = np.sort(network._predict(rows, lambda targets, scores: scores), axis=1)
                heads = heads * model.y_scale_[member] + model.y_mean_[member]
                share = model.weights_[member] * 3
                combined[held_out] += share * heads.clip(*_range(y, held_out))
        errors = np.sort(np.maximum(combined[:, 0] - y, y - combined[:, 1]))
        correction = errors[int(np.ceil(0.8 * (N + 1))) - 1]
        low, high = model.predict_interval(X, coverage=0.8).T
        values = model.predict_quantiles(X)
        # The network computes in float32 here: 6e-8, with sums of 128 terms.
        assert_allclose(low, values[:, 0] - correction, rtol=1e-4)
        assert_allclose(high, values[:, 1] + correction, rtol=1e-4)

    @one_or_three
    def test_gaussian(self, n_estimators):
        y = NUMBERS + np.random.default_rng(0).normal(size=N) * 5
        model = make(
            "regressor", effort="thorough", n_estimators=n_estimators, loss="gaussian", max_iter=10
        ).fit(X, y)
        mean, deviation = model.predict(X, return_std=True)
        moments = []
        for place in np.flatnonzero(model.weights_):
            one = clone(model).fit(X, y)
            one.weights_ = np.eye(len(model.estimators_))[place]
            moments.append(one.predict(X, return_std=True))
        weights = model.weights_[model.weights_ > 0]
        means, deviations = np.array(moments).transpose(1, 0, 2)
        expected = np.average(means, axis=0, weights=weights)
        square = np.average(means**2 + deviations**2, axis=0, weights=weights)
        assert_allclose(mean, expected, rtol=1e-12)
        # The subtraction loses digits: the mean is some hundred, the deviation above 0.1.
        assert_allclose(deviation, np.sqrt(square - expected**2), rtol=1e-6)
        assert model.predict_interval(X).shape == (N, 2)

    def test_moments_of_a_mixture(self):
        rng = np.random.default_rng(0)
        parts = [np.column_stack([rng.normal(size=9), rng.uniform(1, 2, 9)]) for _ in range(3)]
        repeated = _mixture([parts[0], parts[1], parts[1], parts[2]])
        weighted = _mixture(parts, np.array([0.25, 0.5, 0.25]))
        assert_allclose(weighted, repeated, rtol=1e-12)
        assert_allclose(_mixture(parts, np.ones(3)), _mixture(parts), rtol=1e-12)


def _range(y, held_out):
    train = np.delete(y, held_out)
    return train.min(), train.max()


class TestTogether:
    @pytest.mark.slow
    @both
    def test_series_and_parallel_are_equal_bit_by_bit(self, name):
        for n_estimators in (1, 3):
            settings = {"n_estimators": n_estimators, "effort": "thorough"}
            series = make(name, **settings).fit(X, TARGETS[name])
            parallel = make(name, **settings, n_jobs=2).fit(X, TARGETS[name])
            assert_array_equal(series.weights_, parallel.weights_)
            assert_array_equal(predictions(series), predictions(parallel))

    @both
    def test_pickles(self, name):
        model = make(name, n_estimators=2, effort="thorough").fit(X, TARGETS[name])
        arrays = [array for each in model.estimators_ for array in each.coefs_ + each.intercepts_]
        size = sum(array.nbytes for array in arrays)
        pickled = pickle.dumps(model)
        assert len(pickled) < 1.1 * size + 100_000
        assert_array_equal(predictions(pickle.loads(pickled)), predictions(model))

    def test_search_and_clone(self):
        search = GridSearchCV(make(max_iter=2), {"effort": ["fast", "balanced"]}, cv=2)
        assert search.fit(X, LABELS).best_params_["effort"] in EFFORTS
        assert clone(make(effort="thorough")).get_params()["effort"] == "thorough"

    @both
    def test_a_second_fit_forgets_the_first(self, name):
        model = make(name, effort="thorough").fit(X, TARGETS[name])
        model.set_params(effort="fast").fit(X, TARGETS[name])
        fast = make(name).fit(X, TARGETS[name])
        assert model.kinds_ == ["recipe"]
        assert_array_equal(predictions(model), predictions(fast))

    def test_verbose_counts_all_networks(self, capsys):
        make(n_estimators=2, effort="balanced", max_iter=1, verbose=True).fit(X, LABELS)
        out = capsys.readouterr().out
        assert re.findall(r"Network \d of \d", out) == [f"Network {i} of 4" for i in range(1, 5)]

    def test_callbacks_see_all_networks(self):
        pytest.importorskip("sklearn.callback")
        from skperceptron.callbacks import History

        history = History()
        model = make(n_estimators=2, effort="balanced").set_callbacks(history).fit(X, LABELS)
        curves = [fit.as_dict()["validation_loss"] for fit in history.fits]
        assert curves == [network.validation_loss_curve_ for network in model.estimators_]
        assert len(curves) == 4

    def test_many_rows_are_predicted_block_by_block(self, monkeypatch):
        model = make(effort="thorough", n_estimators=2).fit(X, LABELS)
        expected = model.predict_proba(X)
        monkeypatch.setattr("skperceptron.tabular._base.MOST_ENCODED", 1)
        monkeypatch.setattr("skperceptron.tabular._base.FEWEST_ROWS", 77)
        # Sums in float64 may be of another order: 128 terms, of a unit roundoff of 1e-16.
        assert_allclose(model.predict_proba(X), expected, rtol=1e-10)


class TestInterruption:
    def fit(self, name, network, **parameters):
        network_params = {"learning_rate": CtrlC(network, 1), "warmup_epochs": 0}
        model = make(name, effort="thorough", network_params=network_params, **parameters)
        return model.fit(X, TARGETS[name])

    @both
    @pytest.mark.parametrize("kept", range(1, 8))
    def test_networks_that_are_done_are_kept(self, name, kept):
        message = rf"Training interrupted by user\. {kept} of 8 networks are kept\."
        with pytest.warns(UserWarning, match=message) as caught:
            model = self.fit(name, kept, n_estimators=2)
        assert len(caught) == 1
        assert len(model.estimators_) == len(model.weights_) == len(model.kinds_) == kept
        assert_allclose(model.weights_.sum(), 1, rtol=1e-12)
        assert np.isfinite(predictions(model)).all()

    @pytest.mark.parametrize("kept", [1, 2, 3, 4])
    def test_intervals_are_calibrated_by_what_is_left(self, kept):
        with pytest.warns(UserWarning, match=f"{kept} of 8 networks are kept"):
            model = self.fit("regressor", kept, n_estimators=2, quantiles=(0.1, 0.9))
        assert np.isfinite(model.predict_interval(X, coverage=0.8)).all()

    def test_one_network_of_each_kind(self):
        with pytest.warns(UserWarning, match="3 of 4 networks are kept"):
            model = self.fit("classifier", 3)
        assert model.kinds_ == list(KINDS)[:3]


def test_a_frame_without_numbers():
    table = pd.DataFrame({"a": ["x", "y"] * 50, "b": ["u", "v", "w", "u"] * 25})
    y = (table["a"] == "x").to_numpy()
    for effort in EFFORTS:
        assert make(effort=effort, max_iter=20, n_estimators=2).fit(table, y).score(table, y) == 1
