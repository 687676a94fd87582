"""The losses of several scores: several quantiles, and the Gaussian likelihood."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm
from sklearn.base import clone

from skperceptron import MLPRegressor
from skperceptron._core.losses import Gaussian, Quantile, Quantiles

rng = np.random.default_rng(0)
LOSSES = [Quantiles((0.05, 0.5, 0.9)), Gaussian()]
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)


def scores_of(loss, n_rows, n_outputs):
    return 2 * rng.normal(size=(n_rows, n_outputs * loss.scores_per_output))


@every_loss
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_the_gradient_against_differences(loss, n_outputs):
    y = rng.normal(size=(6, n_outputs))
    scores = scores_of(loss, 6, n_outputs)
    gradient = scores.copy()
    size = np.abs(loss.values_and_gradient(gradient, y)).max()
    step = 1e-6
    for place in np.ndindex(scores.shape):
        moved = [scores.copy(), scores.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        high, low = (loss.values_and_gradient(each, y)[place[0]] for each in moved)
        # A value of this size is rounded a few times to 1e-16 of it, and divided by 2e-6.
        difference = (high - low) / (2 * step)
        assert_allclose(gradient[place], difference, rtol=1e-6, atol=1e-8 * max(size, 1))


def test_quantiles_are_the_sum_of_one_after_the_other():
    y = rng.normal(size=(20, 2))
    scores = scores_of(LOSSES[0], 20, 2)
    gradient = scores.copy()
    values = LOSSES[0].values_and_gradient(gradient, y)
    expected = 0
    for j, q in enumerate(LOSSES[0].quantiles):
        part = scores[:, 2 * j : 2 * j + 2].copy()
        expected = expected + Quantile(q).values_and_gradient(part, y)
        assert_array_equal(gradient[:, 2 * j : 2 * j + 2], part)
    assert_array_equal(values, expected)


def test_gaussian_is_the_likelihood():
    y = rng.normal(size=(20, 2))
    scores = scores_of(Gaussian(), 20, 2)
    deviation = np.exp(Gaussian.log_variance(scores[:, 2:]) / 2)
    expected = -norm.logpdf(y, scores[:, :2], deviation).sum(axis=1) - np.log(2 * np.pi)
    assert_allclose(Gaussian().values_and_gradient(scores.copy(), y), expected, rtol=1e-12)


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [0, 1e-20, 50, 1e6])
def test_far_scores_stay_finite(loss, dtype, size):
    y = rng.normal(size=(50, 1)).astype(dtype)
    y[:10] = 0  # residuals of exactly 0, too
    signs = rng.choice([-1, 0, 1], size=(50, loss.scores_per_output))
    scores = (size * signs).astype(dtype)
    before = y.copy()
    values = loss.values_and_gradient(scores, y)
    assert values.dtype == scores.dtype == dtype
    assert np.isfinite(values).all()
    assert np.isfinite(scores).all()
    assert_array_equal(y, before)


@every_loss
def test_it_is_least_at_the_truth(loss):
    y = rng.normal(1, 2, size=(4000, 1))
    if isinstance(loss, Gaussian):
        variance = 10 * np.arctanh(np.log(y.var()) / 10)
        truth = np.array([y.mean(), variance])
    else:
        truth = np.quantile(y, loss.quantiles)
    least = loss.values_and_gradient(np.tile(truth, (4000, 1)), y).mean()
    for j in range(len(truth)):
        for step in (-0.2, 0.2):
            other = truth.copy()
            other[j] += step
            assert loss.values_and_gradient(np.tile(other, (4000, 1)), y).mean() > least


@every_loss
def test_networks_take_them_copy_them_and_pickle_them(loss):
    X = rng.normal(size=(60, 2))
    model = MLPRegressor((8,), loss=loss, max_iter=3, tol=None, random_state=0)
    fitted = model.fit(X, X[:, 0])
    assert fitted.coefs_[-1].shape == (8, loss.scores_per_output)
    assert fitted.predict(X).shape == (60,)
    for other in (clone(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert_array_equal(other.fit(X, X[:, 0]).predict(X), fitted.predict(X))
