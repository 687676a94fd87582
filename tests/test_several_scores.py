"""A loss with several scores for each output: a mean and a variance, as a Gaussian has."""

import copy

import numpy as np
import pytest
from numpy.testing import assert_allclose

from helpers.weights import assert_same_weights
from skperceptron import MLPRegressor
from skperceptron._core.losses import Loss
from skperceptron._tasks import RegressionTask

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class GaussianLikelihood(Loss):
    """``Σₖ ½ (log σₖ² + (yₖ - μₖ)² / σₖ²)``, from μ and log σ² (Nix & Weigend 1994)."""

    scores_per_output = 2

    def values_and_gradient(self, scores, y):
        mean, log_variance = np.split(scores, 2, axis=1)  # views, (n, n_outputs) each
        residual = mean - y
        precision = np.exp(-log_variance)
        squares = residual**2 * precision
        values = 0.5 * (log_variance + squares).sum(axis=1)
        mean[...] = residual * precision
        log_variance[...] = 0.5 * (1 - squares)
        return values


class GaussianTask(RegressionTask):
    def loss(self, output_activation):
        return GaussianLikelihood()


class GaussianRegressor(MLPRegressor):
    """Predicts the mean, and the standard deviation if asked."""

    def _task(self):
        return GaussianTask(self)

    def predict_deviation(self, X):
        n = self.n_outputs_
        return self._predict(X, lambda targets, scores: np.exp(scores[:, n:] / 2))


rng = np.random.default_rng(0)
X = rng.uniform(-1, 1, size=(2000, 2))
DEVIATION = np.where(X[:, 0] > 0, 1.0, 0.1)
Y = np.sin(2 * X[:, 1]) + DEVIATION * rng.normal(size=2000)
MODEL = GaussianRegressor((30,), learning_rate_init=0.01, max_iter=60, random_state=0)


def test_the_gradient_against_differences():
    loss, y = GaussianLikelihood(), rng.normal(size=(5, 2))
    scores = rng.normal(size=(5, 4))
    gradient = scores.copy()
    loss.values_and_gradient(gradient, y)
    step = 1e-6
    for place in np.ndindex(scores.shape):
        moved = [scores.copy(), scores.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        high, low = (loss.values_and_gradient(each, y).sum() for each in moved)
        assert_allclose(gradient[place], (high - low) / (2 * step), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_whole_fit_learns_mean_and_deviation(solver):
    model = copy.deepcopy(MODEL).set_params(solver=solver)
    model.set_params(learning_rate_init=1e-3 if solver == "lbfgs" else 0.01).fit(X, Y)
    assert (model.n_outputs_, model.coefs_[-1].shape) == (1, (30, 2))
    assert model.predict(X).shape == (2000,)
    assert np.abs(model.predict(X) - np.sin(2 * X[:, 1])).mean() < 0.15
    deviation = model.predict_deviation(X)[:, 0]
    inner = np.abs(X[:, 0]) > 0.2  # away from the jump
    assert np.median(deviation[inner & (X[:, 0] > 0)]) == pytest.approx(1.0, rel=0.15)
    assert np.median(deviation[inner & (X[:, 0] < 0)]) == pytest.approx(0.1, rel=0.3)


def test_several_outputs_early_stopping_and_the_timeline():
    targets = np.column_stack([Y, -2 * Y])
    model = copy.deepcopy(MODEL).set_params(early_stopping=True, scoring="loss", max_iter=8)
    model.set_params(dtype="float32").fit(X, targets)
    assert model.coefs_[-1].shape == (30, 4)
    assert model.predict(X).shape == (2000, 2)
    assert model.predict_deviation(X).shape == (2000, 2)
    walker = copy.deepcopy(MODEL).set_params(warm_start=True, max_iter=1, dtype="float32")
    walker.set_params(early_stopping=True, scoring="loss")
    for _ in range(8):
        walker.fit(X, targets)
    assert_same_weights(walker, model)
