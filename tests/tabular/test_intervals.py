"""Quantiles, normal distributions and intervals of TabularMLPRegressor."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binom, norm

from skperceptron.tabular import TabularMLPRegressor
from skperceptron.tabular._intervals import MOST_KEPT, Normal, Quantiles, calibration

KINDS = [{"quantiles": (0.05, 0.5, 0.95)}, {"loss": "gaussian"}]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=["quantiles", "gaussian"])
one_or_three = pytest.mark.parametrize("n_estimators", [1, 3])

N_VALIDATION, N_NEW = 1500, 20_000


def data(n, seed):
    """A sine whose noise is five times larger on one side, in units far from 1."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, size=(n, 2))
    deviation = np.where(X[:, 0] > 0, 5.0, 1.0)
    return X, 1000 + 5 * np.sin(3 * X[:, 1]) + deviation * rng.normal(size=n), deviation


def covered(interval, y):
    return (interval[:, 0] <= y) & (y <= interval[:, 1])


def bounds(coverage, n_validation=N_VALIDATION, n_new=N_NEW):
    """What the coverage on new rows is between, but for one time in 10,000.

    Given the validation rows it has a beta distribution around what is asked for, close to that of
    a binomial share of so many rows; the new rows are a binomial sample of it.
    """
    spread = np.sqrt(coverage * (1 - coverage) * (1 / n_validation + 1 / n_new))
    reach = norm.ppf(1 - 0.5e-4) * spread
    return coverage - reach, coverage + reach


@pytest.fixture(scope="module", params=[0, 1], ids=["quantiles", "gaussian"])
def model(request):
    X, y, _ = data(1500, 0)
    X_val, y_val, _ = data(N_VALIDATION, 1)
    model = TabularMLPRegressor(**KINDS[request.param], random_state=0)
    return model.fit(X, y, X_val=X_val, y_val=y_val)


class TestCoverage:
    @pytest.mark.slow
    @pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95, 0.99])
    def test_new_rows_are_covered_as_often_as_asked(self, model, coverage):
        # The validation rows chose one of 40 epochs too, which moves the coverage by less than
        # they themselves spread: the bounds hold with room.
        X, y, _ = data(N_NEW, 2)
        low, high = bounds(coverage)
        assert low < covered(model.predict_interval(X, coverage), y).mean() < high

    def test_intervals_are_as_wide_as_the_noise(self, model):
        X, y, deviation = data(N_NEW, 2)
        interval = model.predict_interval(X, coverage=0.8)
        inner = np.abs(X[:, 0]) > 0.2  # away from the jump
        width = interval[:, 1] - interval[:, 0]
        for noise in (1.0, 5.0):
            rows = inner & (deviation == noise)
            assert np.median(width[rows]) == pytest.approx(2 * norm.ppf(0.9) * noise, rel=0.25)
            assert 0.7 < covered(interval, y)[rows].mean() < 0.9

    @pytest.mark.slow
    @every_kind
    def test_folds_cover_at_least_as_often(self, kind):
        X, y, _ = data(1500, 0)
        model = TabularMLPRegressor(**kind, n_estimators=3, random_state=0).fit(X, y)
        X_new, y_new, _ = data(N_NEW, 2)
        share = covered(model.predict_interval(X_new, coverage=0.9), y_new).mean()
        assert bounds(0.9)[0] < share < 0.95

    @every_kind
    def test_weights_count(self, kind):
        """Rows with more noise have most of the weight, so intervals cover them as often."""
        X, y, _ = data(1500, 0)
        X_val, y_val, noise = data(N_VALIDATION, 1)
        weight = np.where(noise > 1, 1.0, 1e-6)
        model = TabularMLPRegressor(**kind, max_iter=5, random_state=0)
        model.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weight)
        X_new, y_new, noise_new = data(N_NEW, 2)
        rows = noise_new > 1
        low, high = bounds(0.9, (noise > 1).sum(), rows.sum())
        assert low < covered(model.predict_interval(X_new), y_new)[rows].mean() < high

    def test_a_correct_distribution_needs_no_correction(self):
        rng = np.random.default_rng(0)
        mean, deviation = rng.normal(size=2000), rng.uniform(1, 2, size=2000)
        y = rng.normal(mean, deviation)
        levels = (0.05, 0.25, 0.5, 0.75, 0.95)
        heads = mean[:, None] + norm.ppf(levels) * deviation[:, None]
        moments = np.column_stack([mean, deviation])
        for distribution, values in [(Quantiles(levels), heads), (Normal(), moments)]:
            for coverage in (0.5, 0.8, 0.9):
                tail = (1 - coverage) / 2
                low, high = distribution.interval(values, coverage)
                assert_allclose(low, norm.ppf(tail, mean, deviation), rtol=1e-9, atol=1e-9)
                assert_allclose(high, norm.ppf(1 - tail, mean, deviation), rtol=1e-9, atol=1e-9)
                judged = calibration(distribution, values, y, None, 0.0, 1.0)
                # Shares of 2000 rows: 4 standard deviations of 0.011, at a density of 0.1 or more.
                assert abs(judged._correction(coverage)) < 0.25

    def test_the_correction_is_that_of_the_definition(self):
        rng = np.random.default_rng(0)
        y = rng.normal(size=19).astype(np.float32).astype(float)
        values = np.zeros((19, 1))
        judged = calibration(Quantiles((0.5,)), values, y, None, 0.0, 1.0)
        errors = np.sort(np.abs(y))
        for coverage in (0.05, 0.5, 0.9, 0.95):
            place = int(np.ceil(round(20 * coverage, 9))) - 1
            assert judged._correction(coverage) == errors[place]
        weight = np.arange(19) % 3 + 1
        weighted = calibration(Quantiles((0.5,)), values, y, weight.astype(float), 0.0, 1.0)
        order = np.argsort(np.abs(y))
        share = np.cumsum(weight[order]) / (weight.sum() + weight.mean())
        assert weighted._correction(0.6) == errors[np.argmax(share >= 0.6)]

    def test_of_very_many_validation_rows_a_part_is_kept(self):
        rng = np.random.default_rng(0)
        y = rng.normal(size=100_000)
        judged = calibration(Quantiles((0.1, 0.9)), np.zeros((100_000, 2)), y, None, 0.0, 1.0)
        assert judged.values.size + judged.y.size <= MOST_KEPT
        n = len(judged.y)
        assert binom.cdf((np.abs(y) < judged._correction(0.9)).sum() / 1e5 * n, n, 0.9) > 1e-4


class TestQuantiles:
    @one_or_three
    def test_quantiles_never_cross_and_keep_their_order(self, n_estimators):
        X, y, _ = data(600, 0)
        levels = (0.9, 0.1, 0.5, 0.3, 0.7)
        model = TabularMLPRegressor(
            quantiles=levels, n_estimators=n_estimators, max_iter=3, random_state=0
        ).fit(X, y)
        assert model.estimators_[0].coefs_[-1].shape == (128, 5)
        found = model.predict_quantiles(X)
        assert found.shape == (600, 5)
        assert (np.diff(found[:, np.argsort(levels)], axis=1) >= 0).all()
        assert_array_equal(model.predict(X), found[:, 2])

    def test_quantiles_are_below_them_as_often(self):
        X, y, _ = data(3000, 0)
        model = TabularMLPRegressor(quantiles=[0.1, 0.5, 0.9], random_state=0).fit(X, y)
        X_new, y_new, _ = data(N_NEW, 2)
        share = (y_new[:, None] <= model.predict_quantiles(X_new)).mean(axis=0)
        # What a network learns from 2400 rows is not exact; that is what intervals correct.
        assert_allclose(share, [0.1, 0.5, 0.9], atol=0.05)

    def test_the_median_is_as_good_as_the_mean(self):
        X, y, _ = data(1500, 0)
        X_new, y_new, _ = data(N_NEW, 2)
        mean = TabularMLPRegressor(random_state=0).fit(X, y).score(X_new, y_new)
        median = TabularMLPRegressor(**KINDS[0], random_state=0).fit(X, y).score(X_new, y_new)
        assert median > mean - 0.03


class TestGaussian:
    @pytest.mark.slow
    @one_or_three
    def test_standard_deviations(self, n_estimators):
        X, y, _ = data(1500, 0)
        model = TabularMLPRegressor(loss="gaussian", n_estimators=n_estimators, random_state=0)
        X_new, _, deviation = data(4000, 2)
        mean, found = model.fit(X, y).predict(X_new, return_std=True)
        assert_array_equal(mean, model.predict(X_new))
        inner = np.abs(X_new[:, 0]) > 0.2
        for noise in (1.0, 5.0):
            assert np.median(found[inner & (deviation == noise)]) == pytest.approx(noise, rel=0.25)

    def test_an_ensemble_is_a_mixture(self):
        X, y, _ = data(300, 0)
        model = TabularMLPRegressor(loss="gaussian", n_estimators=2, max_iter=3, random_state=0)
        mean, deviation = model.fit(X, y).predict(X, return_std=True)
        moments = []
        for i, network in enumerate(model.estimators_):
            scores = network._predict(model.preprocessors_[i].transform(X), lambda _, s: s)
            scale = model.y_scale_[i, 0]
            centre = np.clip(scores[:, 0] * scale + model.y_mean_[i, 0], y.min(), y.max())
            moments.append((centre, scale * np.exp(5 * np.tanh(scores[:, 1] / 10))))
        (a, s), (b, t) = moments
        assert_allclose(mean, (a + b) / 2, rtol=1e-6)  # the networks compute in float32 here
        assert_allclose(deviation**2, (s**2 + t**2) / 2 + ((a - b) / 2) ** 2, rtol=1e-4)


class TestOtherwise:
    @every_kind
    @one_or_three
    @pytest.mark.parametrize("unit", [1e-290, 1e290])
    def test_targets_of_any_unit(self, kind, n_estimators, unit):
        X, y, _ = data(300, 0)
        model = TabularMLPRegressor(**kind, n_estimators=n_estimators, max_iter=4, random_state=0)
        expected = model.fit(X, y).predict_interval(X)
        # Each target is rounded, which moves predictions by some roundoffs of float32.
        assert_allclose(model.fit(X, y * unit).predict_interval(X) / unit, expected, rtol=1e-3)

    @every_kind
    @one_or_three
    def test_a_pickle_is_little_more_than_the_weights(self, kind, n_estimators):
        X, y, _ = data(12_000, 0)
        model = TabularMLPRegressor(**kind, n_estimators=n_estimators, max_iter=1).fit(X, y)
        networks = model.estimators_
        size = sum(a.nbytes for each in networks for a in each.coefs_ + each.intercepts_)
        assert len(pickle.dumps(model)) < 1.1 * size + 100_000
        assert_array_equal(
            pickle.loads(pickle.dumps(model)).predict_interval(X[:9]), model.predict_interval(X[:9])
        )

    def test_few_validation_rows(self):
        X, y, _ = data(50, 0)
        model = TabularMLPRegressor(**KINDS[0], max_iter=2).fit(X, y)
        assert model.predict_interval(X, coverage=0.9).shape == (50, 2)  # 10 are just enough
        with pytest.warns(UserWarning, match=r"coverage=0.95 needs more than the 10 validation"):
            model.predict_interval(X, coverage=0.95)
        with pytest.warns(UserWarning, match="too few to hold out"):
            model.fit(X[:5], y[:5])
        with pytest.raises(ValueError, match="predict_interval needs validation rows"):
            model.predict_interval(X)

    @pytest.mark.parametrize("coverage", [0, 1, -0.1, 90, "0.9", None, np.nan])
    def test_coverage_is_a_probability(self, model, coverage):
        with pytest.raises(ValueError, match="coverage must be a number between 0 and 1"):
            model.predict_interval([[0.0, 0.0]], coverage)

    def test_hyperparameters_that_change_after_a_fit_change_no_prediction(self):
        X, y, _ = data(50, 0)
        model = TabularMLPRegressor(quantiles=(0.9, 0.5), max_iter=2).fit(X, y)
        expected = model.predict(X)
        assert_array_equal(model.set_params(quantiles=None, loss="huber").predict(X), expected)
        model = TabularMLPRegressor(loss="gaussian", max_iter=2).fit(X, y)
        expected = model.predict(X, return_std=True)
        found = model.set_params(loss="squared_error").predict(X, return_std=True)
        assert_array_equal(found, expected)

    def test_who_has_intervals(self):
        plain = TabularMLPRegressor()
        assert not hasattr(plain, "predict_interval")
        assert not hasattr(plain, "predict_quantiles")
        assert hasattr(TabularMLPRegressor(quantiles=(0.1, 0.9)), "predict_quantiles")
        assert hasattr(TabularMLPRegressor(loss="gaussian"), "predict_interval")
        assert not hasattr(TabularMLPRegressor(loss="gaussian"), "predict_quantiles")

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"quantiles": (0, 0.5)}, "quantiles must be numbers between 0 and 1"),
            ({"quantiles": (0.5, np.nan)}, "quantiles must be numbers between 0 and 1"),
            ({"quantiles": ()}, "quantiles must be numbers between 0 and 1"),
            ({"quantiles": [[0.1, 0.9]]}, "quantiles must be numbers between 0 and 1"),
            ({"quantiles": (0.5, 0.5)}, "quantiles must differ from one another"),
            ({"quantiles": ["low"]}, "quantiles: could not convert"),
            ({"quantiles": 0.5}, "The 'quantiles' parameter of TabularMLPRegressor must be"),
            ({"quantiles": (0.5,), "loss": "huber"}, "quantiles have a loss of their own"),
            ({"quantiles": (0.5,), "scoring": "r2"}, "scoring must be 'loss' with quantiles"),
            ({"loss": "poisson"}, "The 'loss' parameter of TabularMLPRegressor must be"),
            ({"network_params": {"loss": "huber"}}, "network_params must not have 'loss'"),
        ],
    )
    def test_bad_parameters(self, parameters, message):
        X, y, _ = data(50, 0)
        model = TabularMLPRegressor(**parameters)
        before = dict(vars(model))
        with pytest.raises(ValueError, match=message):
            model.fit(X, y)
        assert vars(model) == before

    @every_kind
    def test_one_column_of_targets(self, kind):
        X, y, _ = data(50, 0)
        with pytest.raises(ValueError, match=r"y must have one column with .*MultiOutput"):
            TabularMLPRegressor(**kind).fit(X, np.column_stack([y, y]))

    def test_return_std_needs_the_gaussian_loss(self):
        X, y, _ = data(50, 0)
        model = TabularMLPRegressor(max_iter=1).fit(X, y)
        with pytest.raises(ValueError, match="return_std=True requires loss='gaussian'"):
            model.predict(X, return_std=True)
