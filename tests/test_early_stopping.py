"""Early stopping: the rows it watches, and the weights it keeps."""

import copy
import itertools
import math
import re
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from skperceptron import MLPClassifier, MLPRegressor, _held_out

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 4))
NOISE = rng.normal(size=(200, 3))
MANY = (X[:, :3] + NOISE).argmax(axis=1)
REAL = X[:, 0] + NOISE[:, 0]


@pytest.fixture
def splits(monkeypatch):
    """The rows held out by each split."""
    held_out, split = [], _held_out.train_test_split

    def recording(*args, **kwargs):
        train, validation = split(*args, **kwargs)
        held_out.append(validation)
        return train, validation

    monkeypatch.setattr(_held_out, "train_test_split", recording)
    return held_out


@pytest.mark.parametrize(
    ("make", "y"), [(MLPClassifier, MANY), (MLPClassifier, MANY == 0), (MLPRegressor, REAL)]
)
def test_the_published_weights_are_those_of_the_best_epoch(make, y, splits):
    model = make(
        learning_rate_init=0.02, early_stopping=True, max_iter=1, warm_start=True, random_state=0
    )
    snapshots = []
    for _ in range(15):
        model.fit(X, y)
        snapshots.append(copy.deepcopy(model._training_state.theta))
    best = int(np.argmax(model.validation_scores_))
    assert 0 < best < 14
    layout = model._architecture.layout
    assert_array_equal(layout.group("weight", snapshots[best])[0], model.coefs_[0])
    assert model.best_validation_score_ == model.validation_scores_[best]
    rows = splits[0]
    assert model.score(X[rows], y[rows]) == pytest.approx(model.best_validation_score_, abs=1e-12)
    assert model.best_loss_ is None


def test_the_same_rows_are_held_out_at_every_warm_start(splits):
    model = MLPClassifier(early_stopping=True, max_iter=2, warm_start=True)
    for _ in range(3):
        model.fit(X, MANY)
    assert_array_equal(splits[0], splits[1])
    assert_array_equal(splits[0], splits[2])


def test_the_split_keeps_the_proportions_of_many_classes(splits):
    y = np.repeat([0, 1, 2], [160, 30, 10])
    MLPClassifier(early_stopping=True, max_iter=1, random_state=0).fit(X, y)
    assert_array_equal(np.bincount(y[splits[0]]), [16, 3, 1])


def test_a_class_with_one_row_can_not_be_on_both_sides(splits):
    y = np.repeat([0, 1], [199, 1])
    with pytest.warns(UserWarning, match="not stratified"):
        MLPClassifier(early_stopping=True, max_iter=1).fit(X, y)
    assert len(splits[0]) == 20


@pytest.mark.parametrize("fraction", [0.1, 0.0])
def test_too_few_rows_to_hold_out_watch_the_training_loss(fraction):
    few = 9 if fraction else 200
    model = MLPRegressor(early_stopping=True, validation_fraction=fraction, max_iter=3)
    with pytest.warns(UserWarning, match="watches the training loss"):
        model.fit(X[:few], REAL[:few])
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None
    assert model.best_loss_ == min(model.loss_curve_)


def test_switching_it_on_later_starts_a_record_of_scores():
    model = MLPRegressor(max_iter=3, warm_start=True, random_state=0).fit(X, REAL)
    assert model.best_loss_ == min(model.loss_curve_)
    model.set_params(early_stopping=True).fit(X, REAL)
    assert len(model.validation_scores_) == 3
    model.set_params(early_stopping=False).fit(X, REAL)
    assert model.validation_scores_ is None
    assert len(model.loss_curve_) == 9


@pytest.mark.filterwarnings("ignore:early_stopping watched a score that was 0.999")
def test_weights_count_in_the_score():
    weight = np.where(MANY == 0, 1.0, 1e-6)
    model = MLPClassifier(early_stopping=True, max_iter=30, learning_rate_init=0.02)
    assert model.fit(X, MANY, weight).best_validation_score_ == pytest.approx(1.0, abs=1e-4)


def test_scores_that_are_no_numbers_have_no_best():
    model = MLPClassifier(early_stopping=True, n_iter_no_change=2, random_state=0)
    scores = itertools.chain([0.0], itertools.repeat(math.nan))  # a number before training
    model.set_params(scoring=lambda estimator, X, y: next(scores))
    with pytest.warns(UserWarning, match="score that was nan in each of 3 epochs"):
        model.fit(X, MANY)
    assert model.n_iter_ == 3
    assert np.isnan(model.validation_scores_).all()
    assert model.best_validation_score_ is None


def test_an_epoch_lost_to_divergence_is_not_counted():
    rates = [1e-3, 1e-3, 1e200]
    model = MLPRegressor(solver="sgd", batch_size=20, early_stopping=True, random_state=0)
    model.set_params(learning_rate=lambda progress: rates[int(progress)])
    with pytest.warns(UserWarning, match="diverged in epoch 3"):
        model.fit(X, REAL)
    assert model.n_iter_ == len(model.loss_curve_) == len(model.validation_scores_) == 2
    assert model.t_ == 2 * 180


def test_a_training_side_smaller_than_the_number_of_classes_is_not_stratified(splits):
    model = MLPClassifier(early_stopping=True, validation_fraction=0.98, max_iter=2, tol=10.0)
    model.set_params(n_iter_no_change=1, random_state=0)
    with pytest.warns(UserWarning, match="not stratified"):
        model.fit(X[:100], MANY[:100])
    assert len(splits[0]) == 98


class TestWhatIsWatchedIsWhatIsTrained:
    """The score of early stopping goes with the loss, unless another one is asked for."""

    def test_a_quantile_is_not_stopped_by_the_mean(self):
        y = X[:, 0] + rng.normal(size=len(X))
        model = MLPRegressor(loss="quantile", quantile=0.95, early_stopping=True, random_state=0)
        model.set_params(learning_rate_init=0.01, n_iter_no_change=30, max_iter=1000).fit(X, y)
        # R² would have kept the weights of the epoch closest to the mean.
        assert 0.9 <= np.mean(y <= model.predict(X)) <= 0.99

    @pytest.mark.parametrize("loss", ["quantile", "absolute_error", "huber", "log_cosh"])
    @pytest.mark.parametrize("given", [False, True], ids=["split", "X_val"])
    def test_losses_that_the_mean_does_not_minimise_are_watched_themselves(self, loss, given):
        held_out = {"X_val": X[:50], "y_val": REAL[:50]} if given else {}
        model = MLPRegressor(loss=loss, early_stopping=True, max_iter=5, random_state=0)
        model.fit(X, REAL, **held_out)
        assert model.validation_scores_ == [-value for value in model.validation_loss_curve_]
        assert model.best_validation_score_ == -min(model.validation_loss_curve_)

    @pytest.mark.parametrize("loss", ["squared_error", "poisson", "gamma"])
    def test_losses_that_the_mean_minimises_are_judged_by_r2(self, loss):
        model = MLPRegressor(loss=loss, early_stopping=True, max_iter=5, random_state=0)
        model.fit(X, np.exp(REAL), X_val=X[:50], y_val=np.exp(REAL[:50]))
        assert model.best_validation_score_ == max(model.validation_scores_)
        assert model.best_validation_score_ == model.score(X[:50], np.exp(REAL[:50]))

    @pytest.mark.parametrize("loss", ["log_loss", "hinge", "squared_hinge", "focal"])
    def test_classifiers_are_judged_by_their_accuracy(self, loss):
        model = MLPClassifier(loss=loss, early_stopping=True, max_iter=5, random_state=0)
        model.fit(X, MANY, X_val=X[:50], y_val=MANY[:50])
        assert model.best_validation_score_ == model.score(X[:50], MANY[:50])

    def test_of_a_loss_of_the_users_nothing_is_known_so_it_is_watched_itself(self):
        class Pinball:
            def values_and_gradient(self, scores, y):
                r = y - scores
                scores[...] = np.where(r > 0, -0.95, 0.05)
                return np.maximum(0.95 * r, -0.05 * r).sum(axis=1)

        model = MLPRegressor(loss=Pinball(), early_stopping=True, max_iter=5, random_state=0)
        model.fit(X, REAL)
        assert model.validation_scores_ == [-value for value in model.validation_loss_curve_]
        model.set_params(scoring="r2").fit(X, REAL)
        assert model.validation_scores_ != [-value for value in model.validation_loss_curve_]

    def test_one_row_is_enough_to_watch_a_loss(self):
        model = MLPRegressor(loss="quantile", early_stopping=True, max_iter=3, random_state=0)
        model.fit(X, REAL, X_val=X[:1], y_val=REAL[:1])
        assert len(model.validation_scores_) == 3

    @pytest.mark.parametrize("early_stopping", [False, True])
    @pytest.mark.parametrize(
        "change", [{"quantile": 0.9}, {"loss": "absolute_error", "quantile": 0.5}]
    )
    def test_another_loss_starts_a_record_of_its_own(self, change, early_stopping):
        model = MLPRegressor(loss="quantile", quantile=0.01, warm_start=True, max_iter=20)
        model.set_params(early_stopping=early_stopping, random_state=0).fit(X, REAL)
        model.set_params(**change).fit(X, REAL)
        values = model.validation_loss_curve_ if early_stopping else model.loss_curve_
        best = -model.best_validation_score_ if early_stopping else model.best_loss_
        assert best == min(values[-model.n_iter_ :]) > min(values)

    def test_a_stronger_penalty_starts_a_record_of_its_own(self):
        model = MLPRegressor(warm_start=True, max_iter=30, n_iter_no_change=2, random_state=0)
        model.set_params(learning_rate_init=0.01).fit(X, REAL)
        model.set_params(alpha=1000.0).fit(X, REAL)
        # A loss of before, without the penalty, would have ended this after three epochs.
        assert model.n_iter_ == 30

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("seed", range(10))
    def test_nan_is_never_the_best(self, dtype, seed):
        model = MLPClassifier((8,) * 6, early_stopping=True, learning_rate_init=1e6, dtype=dtype)
        refused = ""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                model.set_params(random_state=seed).fit(X, MANY)
            except ValueError as error:
                refused = str(error)
        if refused:
            assert "diverged in epoch 1" in refused  # there is nothing to keep
            return
        assert np.isfinite(model.predict_proba(X)).all()
        messages = [str(each.message) for each in caught if "diverged" in str(each.message)]
        for message in messages:  # in a later epoch, the best weights before it are kept
            assert re.search("diverged in epoch [2-9].* are kept", message)

    def test_a_validation_loss_that_overflows_is_not_the_best(self):
        # Predictions are finite, and so are these targets, but not the squares of the errors.
        y_val = np.r_[REAL[:49], 1e200]
        model = MLPRegressor(scoring="loss", early_stopping=True, max_iter=3, random_state=0)
        model.fit(X, REAL, X_val=X[:50], y_val=y_val)
        assert model.validation_scores_ == [-math.inf] * 3
        assert model.best_validation_score_ is None
        assert np.isfinite(model.predict(X)).all()


class TestPatienceWaitsForTheRateToRise:
    @pytest.mark.parametrize("solver", ["sgd", "adam"])
    @pytest.mark.parametrize("early_stopping", [False, True])
    @pytest.mark.parametrize(
        ("rise", "n_rising"),
        [
            ({"warmup_epochs": 12}, 12),
            ({"learning_rate": "one_cycle", "schedule_epochs": 50}, 15),
            ({"learning_rate": "one_cycle", "schedule_epochs": 50, "warmup_epochs": 20}, 20),
            ({"learning_rate": "cosine"}, 0),
        ],
    )
    def test_an_epoch_that_is_not_to_count_does_not(self, rise, n_rising, early_stopping, solver):
        model = MLPClassifier(solver=solver, tol=1e9, n_iter_no_change=3, max_iter=100, **rise)
        model.set_params(early_stopping=early_stopping, learning_rate_init=1e-9)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "early_stopping watched a score")
            model.fit(X, MANY)
        # Nothing improves by 1e9, the first epoch apart.
        assert model.n_iter_ == max(n_rising, 1) + 4

    def test_one_cycle_reaches_its_peak(self):
        data, digits = load_digits(return_X_y=True)
        model = MLPClassifier(solver="sgd", learning_rate="one_cycle", early_stopping=True)
        model.set_params(random_state=0, max_iter=60, learning_rate_init=0.01)
        model.fit(data / 16, digits)
        assert model.n_iter_ > 18
        assert model.score(data / 16, digits) > 0.9

    def test_on_every_walk_along_the_timeline(self):
        parameters = {"solver": "sgd", "warmup_epochs": 8, "tol": 10.0, "n_iter_no_change": 2}
        at_once = MLPClassifier(random_state=0, **parameters).fit(X, MANY)
        in_steps = MLPClassifier(random_state=0, max_iter=1, warm_start=True, **parameters)
        for _ in range(at_once.n_iter_):
            in_steps.fit(X, MANY)
        assert at_once.n_iter_ == 11
        assert_array_equal(at_once.coefs_[0], in_steps.coefs_[0])
        assert in_steps._training_state.n_no_improvement == 0  # patience has just run out


class TestAScoreThatNeverMoved:
    def test_is_warned_of(self):
        model = MLPClassifier(early_stopping=True, learning_rate_init=1e-12, random_state=0)
        match = r"in each of 12 epochs.*Raise learning_rate_init.*scoring='loss'"
        with pytest.warns(UserWarning, match=match):
            model.fit(X, MANY)

    def test_is_none_that_moved_and_then_stayed(self):
        model = MLPClassifier(early_stopping=True, learning_rate_init=0.05, random_state=0)
        model.set_params(warm_start=True).fit(X, MANY)
        model.set_params(learning_rate_init=1e-12).fit(X, MANY)
        assert len(set(model.validation_scores_[-model.n_iter_ :])) == 1

    def test_may_be_perfect(self):
        model = MLPClassifier(early_stopping=True, learning_rate_init=1e-12, random_state=0)
        model.fit(X, np.zeros(len(X)))
        assert set(model.validation_scores_) == {1.0}

    def test_does_not_tell_of_fits_too_short_to_say(self):
        model = MLPClassifier(early_stopping=True, learning_rate_init=1e-12, max_iter=10)
        model.fit(X, MANY)


class TestTolNone:
    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_never_stops_early_and_never_warns_of_convergence(self, early_stopping):
        model = MLPRegressor(tol=None, n_iter_no_change=1, max_iter=40, random_state=0)
        model.set_params(early_stopping=early_stopping, learning_rate_init=0.05)
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            assert model.fit(X, REAL).n_iter_ == 40
        if early_stopping:
            assert model.best_validation_score_ == max(model.validation_scores_)

    def test_the_adaptive_rate_stays(self):
        model = MLPRegressor(solver="sgd", learning_rate="adaptive", tol=None, max_iter=50)
        assert set(model.fit(X, REAL).learning_rate_curve_) == {0.001}
