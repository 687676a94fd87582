"""Early stopping: the rows it watches, and the weights it keeps."""

import copy
import itertools
import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skperceptron import MLPClassifier, MLPRegressor, _build, _held_out

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
    layout = _build.inference_network(model._architecture).layout
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


def test_weights_count_in_the_score():
    weight = np.where(MANY == 0, 1.0, 1e-6)
    model = MLPClassifier(early_stopping=True, max_iter=30, learning_rate_init=0.02)
    assert model.fit(X, MANY, weight).best_validation_score_ == pytest.approx(1.0, abs=1e-4)


def test_scores_that_are_no_numbers_have_no_best():
    model = MLPClassifier(early_stopping=True, n_iter_no_change=2, random_state=0)
    scores = itertools.chain([0.0], itertools.repeat(math.nan))  # a number before training
    model.set_params(scoring=lambda estimator, X, y: next(scores)).fit(X, MANY)
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
