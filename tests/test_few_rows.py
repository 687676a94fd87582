"""Early stopping where rows are few, or have no weight."""

import copy
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, BaggingRegressor

from skperceptron import (
    MLPAutoencoder,
    MLPClassifier,
    MLPRegressor,
    PerceptronClassifier,
    _held_out,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
Y = X[:, 0] > 0
MANY = X[:, :3].argmax(axis=1)
TARGETS = {
    MLPClassifier: Y,
    MLPRegressor: X[:, 0],
    MLPAutoencoder: None,
    PerceptronClassifier: Y,
}
estimators = pytest.mark.parametrize("kind", TARGETS)
some_seeds = pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 10))]
)


def make(kind, **parameters):
    if kind is not PerceptronClassifier:
        parameters = {"hidden_layer_sizes": (5,), **parameters}
    return kind(**{"early_stopping": True, "max_iter": 3, "random_state": 0} | parameters)


def fit(model, rows=slice(None), **arguments):
    y = TARGETS[type(model)]
    return model.fit(X[rows], None if y is None else y[rows], **arguments)


@pytest.fixture
def held_out(monkeypatch):
    """The rows watched by each fit that watches any."""
    seen, draw = [], _held_out.draw

    def recording(*args, **kwargs):
        split = draw(*args, **kwargs)
        if split is not None:
            seen.append(split)
        return split

    monkeypatch.setattr("skperceptron._held_out.draw", recording)
    monkeypatch.setattr("skperceptron._perceptron.draw", recording)
    return seen


def watches_the_loss(model):
    if isinstance(model, PerceptronClassifier):
        return True  # the warning says so: it keeps no curve of scores
    return model.validation_scores_ is None and model.best_loss_ is not None


class TestMetaEstimators:
    """They pass weights, of which a third are zero, on data that are small."""

    @some_seeds
    @pytest.mark.parametrize("kind", [MLPRegressor, MLPClassifier, PerceptronClassifier])
    def test_bagging_on_forty_rows(self, kind, seed):
        bagging = BaggingRegressor if kind is MLPRegressor else BaggingClassifier
        model = bagging(make(kind, random_state=None), n_estimators=3, random_state=seed)
        with warnings.catch_warnings():
            # A bootstrap may leave a class too few different rows to be stratified.
            warnings.filterwarnings("ignore", "the validation rows .* are not stratified")
            model.fit(X[:40], TARGETS[kind][:40])
        for member in model.estimators_:
            if kind is not PerceptronClassifier:
                assert np.isfinite(member.validation_scores_).all()
        assert model.predict(X).shape == (60,)

    @some_seeds
    @pytest.mark.parametrize("kind", [MLPClassifier, PerceptronClassifier])
    def test_boosting_on_forty_rows(self, kind, seed):
        # The wrong labels are what makes it go on.
        y = np.where(np.arange(40) % 13 == seed, ~Y[:40], Y[:40])
        own = {"learning_rate_init": 0.05} if kind is MLPClassifier else {}
        member = make(kind, max_iter=60, n_iter_no_change=60, **own)
        model = AdaBoostClassifier(member, n_estimators=3, random_state=seed)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "the validation rows .* are not stratified")
            model.fit(X[:40], y)
        assert model.score(X[:40], Y[:40]) > 0.6


class TestWeightlessRows:
    @estimators
    def test_are_never_watched_and_stay_in_training(self, kind, held_out):
        weight = np.where(np.arange(60) % 3 == 0, 1.0, 0.0)  # 20 rows have any
        fit(make(kind, validation_fraction=0.2), sample_weight=weight)
        [rows] = held_out
        assert len(rows.validation) == 4
        assert (weight[rows.validation] > 0).all()
        assert_array_equal(np.sort(np.concatenate(rows)), np.arange(60))

    @pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor, MLPAutoencoder])
    def test_the_same_rows_are_drawn_as_without_them(self, kind, held_out):
        absent = np.arange(60) % 4 == 1
        weight = np.where(absent, 0.0, 1.0)
        fit(make(kind), sample_weight=weight)
        fit(make(kind), ~absent)
        kept = np.flatnonzero(~absent)
        assert_array_equal(held_out[0].validation, kept[held_out[1].validation])

    @pytest.mark.parametrize("kind", [MLPClassifier, PerceptronClassifier])
    def test_without_any_the_split_is_the_same_whether_weights_are_given(self, kind, held_out):
        for arguments in ({}, {"sample_weight": np.linspace(1, 2, 60)}):
            fit(make(kind), **arguments)
        assert_array_equal(held_out[0].validation, held_out[1].validation)
        assert_array_equal(held_out[0].train, held_out[1].train)

    def test_a_class_without_weight_is_not_watched(self, held_out):
        model = make(MLPClassifier, class_weight={0: 1, 1: 0, 2: 1}, validation_fraction=0.3)
        model.fit(X, MANY)
        [rows] = held_out
        assert set(MANY[rows.validation]) == {0, 2}
        # The proportions of the classes that count are kept.
        shares = [np.mean(MANY[part][MANY[part] != 1] == 0) for part in rows]
        assert shares[0] == pytest.approx(shares[1], abs=0.1)

    def test_bits_of_training_do_not_depend_on_what_they_hold(self):
        weight = np.where(np.arange(60) < 40, 1.0, 0.0)
        fits = []
        for wild in (0.0, 1e300):
            data = np.where(weight[:, np.newaxis] > 0, X, wild)
            fits.append(make(MLPRegressor).fit(data, X[:, 0], sample_weight=weight))
        assert_array_equal(fits[0].coefs_[0], fits[1].coefs_[0])
        assert fits[0].validation_scores_ == fits[1].validation_scores_


class TestTooFew:
    @estimators
    @pytest.mark.parametrize(
        ("n_rows", "fraction"), [(1, 0.1), (2, 0.5), (3, 0.1), (5, 0.1), (8, 0.99), (60, 0.01)]
    )
    def test_rows_watch_the_training_loss_with_a_warning(self, kind, n_rows, fraction):
        if kind is PerceptronClassifier and n_rows == 1:
            pytest.skip("one row has one class, which the perceptron refuses")
        rows = np.argsort((np.arange(60) % 2 == 0) != Y, kind="stable")[:n_rows]  # both classes
        model = make(kind, validation_fraction=fraction)
        with pytest.warns(UserWarning, match=f"validation_fraction={fraction} of {n_rows} rows is"):
            fit(model, rows)
        assert watches_the_loss(model)

    @estimators
    def test_rows_with_a_weight_do_too(self, kind):
        weight = np.zeros(60)
        weight[[*np.flatnonzero(Y)[:3], *np.flatnonzero(~Y)[:2]]] = 1
        model = make(kind)
        match = "of 5 rows with a weight above 0 is too few to hold out"
        with pytest.warns(UserWarning, match=match):
            fit(model, sample_weight=weight)
        assert watches_the_loss(model)

    @pytest.mark.parametrize("kind", [MLPClassifier, PerceptronClassifier])
    def test_rows_of_a_class_are_not_stratified(self, kind, held_out):
        y = np.where(np.arange(60) == 0, "rare", np.where(Y, "a", "b"))
        with pytest.warns(UserWarning, match="not stratified"):
            make(kind).fit(X, y)
        assert len(held_out[0].validation) == 6

    def test_the_perceptron_stops_by_its_training_loss_then(self):
        weight = np.where(np.arange(60) < 9, 1.0, 0.0)
        common = {"tol": 1e-3, "max_iter": 1000}
        with pytest.warns(UserWarning, match="watches the training loss"):
            watching = fit(make(PerceptronClassifier, **common), sample_weight=weight)
        plain = fit(
            make(PerceptronClassifier, early_stopping=False, **common), sample_weight=weight
        )
        assert watching.n_iter_ == plain.n_iter_ < 1000
        assert_array_equal(watching.coef_, plain.coef_)


class TestWarmStarts:
    @estimators
    def test_with_other_weights_watch_no_row_that_was_trained_on(self, kind, held_out):
        model = make(kind, warm_start=True, validation_fraction=0.3, tol=0.0)
        fits = np.random.default_rng(1)
        trained = np.zeros(60, bool)
        watched = None
        for weight in [None, *(fits.random((4, 60)) < 0.7).astype(float), None]:
            fit(model, sample_weight=weight)
            rows = held_out[-1]
            trained[rows.train] = True
            assert not trained[rows.validation].any()
            watched = rows.validation if watched is None else watched
            assert_array_equal(rows.validation, watched)

    @estimators
    def test_with_the_same_weights_hold_the_same_rows_out(self, kind, held_out):
        weight = np.where(np.arange(60) % 3 == 0, 0.0, 1.0)
        model = make(kind, warm_start=True)
        for _ in range(2):
            fit(model, sample_weight=weight)
            model = copy.deepcopy(model)
        assert_array_equal(held_out[0].validation, held_out[1].validation)
        assert_array_equal(held_out[0].train, held_out[1].train)

    @estimators
    def test_with_no_weight_left_on_the_rows_held_out_watch_the_loss(self, kind, held_out):
        model = fit(make(kind, warm_start=True))
        weight = np.ones(60)
        weight[held_out[0].validation[1:]] = 0
        with pytest.warns(UserWarning, match="still have a weight above 0"):
            fit(model, sample_weight=weight)
        assert watches_the_loss(model)
        fit(model)
        assert_array_equal(held_out[-1].validation, held_out[0].validation)

    @estimators
    def test_once_there_are_enough_rows_hold_some_out(self, kind, held_out):
        weight = np.zeros(60)
        weight[[*np.flatnonzero(Y)[:3], *np.flatnonzero(~Y)[:2]]] = 1
        model = make(kind, warm_start=True)
        with pytest.warns(UserWarning, match="too few to hold out"):
            fit(model, sample_weight=weight)
        fit(model)
        assert len(held_out[0].validation) == 6

    @estimators
    def test_on_other_rows_draw_others(self, kind, held_out):
        model = fit(make(kind, warm_start=True))
        fit(model, slice(40))
        assert len(held_out[1].validation) == 4
        assert held_out[1].validation.max() < 40


def test_a_walk_of_warm_fits_is_one_fit_with_weightless_rows_too():
    weight = np.where(np.arange(60) % 3 == 0, 0.0, 1.0)
    common = {"n_iter_no_change": 50, "tol": 0.0}
    whole = fit(make(MLPClassifier, max_iter=6, **common), sample_weight=weight)
    walked = make(MLPClassifier, max_iter=1, warm_start=True, **common)
    for _ in range(6):
        fit(walked, sample_weight=weight)
    assert walked.validation_scores_ == whole.validation_scores_
    assert_array_equal(walked.coefs_[0], whole.coefs_[0])


def test_x_val_without_any_weight_is_refused():
    model = make(MLPClassifier)
    with pytest.raises(ValueError, match="sample_weight_val"):
        model.fit(X, Y, X_val=X, y_val=Y, sample_weight_val=np.zeros(60))
    assert not hasattr(model, "coefs_")
