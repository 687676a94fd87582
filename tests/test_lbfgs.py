"""solver="lbfgs": what it publishes, what it refuses, and where it ends."""

import copy
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import log_softmax, xlogy
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import (
    GammaRegressor,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
)
from sklearn.metrics import mean_gamma_deviance, mean_poisson_deviance
from threadpoolctl import ThreadpoolController

from helpers.interrupts import interrupt_call, interrupted
from helpers.marks import dense_and_csr, without_other_threads
from helpers.tasks import tasks
from helpers.weights import assert_close_weights, assert_same_weights
from skperceptron import MLPClassifier, MLPRegressor, _blas_threads
from skperceptron._core.objective import Objective

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 5))
SCORES = X @ rng.normal(size=(5, 3)) + rng.normal(size=(80, 3))
TASKS = tasks(SCORES, rng.poisson(np.exp(SCORES[:, 0] / 3)))
every_target = pytest.mark.parametrize("target", TASKS)
unconverged = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def make(target, **parameters):
    estimator, loss, y = TASKS[target]
    defaults = {"hidden_layer_sizes": (8,), "solver": "lbfgs", "random_state": 0}
    return estimator(**defaults | loss | parameters), y


@unconverged
class TestLossCurve:
    @every_target
    def test_falls_to_the_loss(self, target):
        model, y = make(target, max_iter=30)
        model.fit(X, y)
        assert len(model.loss_curve_) == model.n_iter_ == 30
        assert (np.diff(model.loss_curve_) <= 0).all()
        assert model.loss_ == model.best_loss_ == model.loss_curve_[-1]

    def test_has_the_objective_of_the_weights_published(self):
        model, y = make("regression", max_iter=10, alpha=0.5)
        residuals = model.fit(X, y).predict(X) - y
        squares = sum((w**2).sum() for w in model.coefs_)
        assert_allclose(model.loss_, (residuals @ residuals / 2 + 0.25 * squares) / len(X))


class TestWithoutAnIteration:
    def test_the_first_fit(self):
        model, y = make("binary", tol=10.0)
        with pytest.warns(ConvergenceWarning, match=r"after 0 iter.*below tol already. Lower tol"):
            model.fit(X, y)
        assert model.n_iter_ == 0
        expected = -np.log(np.where(y, *model.predict_proba(X).T[::-1])).mean()
        expected += model.alpha / 2 * sum((w**2).sum() for w in model.coefs_) / len(X)
        assert model.loss_ == pytest.approx(expected, rel=1e-12)
        assert model.loss_curve_ == [model.loss_]
        assert model.best_loss_ == model.loss_

    def test_a_warm_fit_at_the_optimum(self):
        model, y = make("binary", hidden_layer_sizes=(), alpha=1.0, warm_start=True)
        n_iter, loss = model.fit(X, y).n_iter_, model.loss_
        model.fit(X, y)
        assert model.n_iter_ == 0
        assert model.loss_ == loss
        assert model.loss_curve_[n_iter - 1 :] == [loss, loss]

    def test_verbose(self, capsys):
        model, y = make("binary", tol=10.0, verbose=True)
        with pytest.warns(ConvergenceWarning, match="below tol already"):
            model.fit(X, y)
        assert capsys.readouterr().out == f"Iteration 0, loss = {model.loss_:.8f}\n"


@unconverged
@every_target
@dense_and_csr
def test_float32_stays_float32(target, convert):
    model, y = make(target, max_iter=5)
    data = convert(X.astype(np.float32))
    model.fit(data, y)
    assert {w.dtype for w in model.coefs_ + model.intercepts_} == {np.dtype(np.float32)}
    if hasattr(model, "predict_proba"):
        assert model.predict_proba(data).dtype == np.float32
    else:
        assert model.predict(data).dtype == np.float32


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_partial_fit_is_absent(estimator):
    model = estimator(solver="lbfgs")
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'") as error:
        model.partial_fit(X, SCORES[:, 0] > 0)
    assert str(error.value.__cause__) == (
        "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
    )
    assert hasattr(model.set_params(solver="sgd"), "partial_fit")


class TestWhatTheSolverCanNotUse:
    @unconverged
    @pytest.mark.parametrize(
        ("solver", "parameters"),
        [
            (
                "lbfgs",
                {
                    "batch_size": 20,
                    "beta_1": 0.5,
                    "beta_2": 0.9,
                    "early_stopping": True,
                    "epsilon": 1e-3,
                    "learning_rate": "adaptive",
                    "learning_rate_init": 0.1,
                    "momentum": 0.5,
                    "n_iter_no_change": 3,
                    "nesterovs_momentum": False,
                    "power_t": 0.3,
                    "shuffle": False,
                    "validation_fraction": 0.3,
                },
            ),
            ("adam", {"max_fun": 100, "momentum": 0.5, "nesterovs_momentum": False}),
            ("sgd", {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3, "max_fun": 100}),
        ],
    )
    def test_is_named_in_a_warning(self, solver, parameters):
        model, y = make("binary", max_iter=1)
        model.set_params(solver=solver, **parameters)
        with pytest.warns(UserWarning, match="ignored with") as record:
            model.fit(X, y)
        (message,) = (str(w.message) for w in record if w.category is UserWarning)
        assert message == f"{', '.join(sorted(parameters))} are ignored with solver={solver!r}."

    @pytest.mark.parametrize("solver", ["lbfgs", "adam", "sgd"])
    @pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
    def test_is_not_complained_of_at_its_default(self, solver, estimator):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", ConvergenceWarning)
            estimator((2,), solver=solver, max_iter=1).fit(X, SCORES[:, 0] > 0)

    @pytest.mark.parametrize("name", ["dropout", "input_dropout"])
    def test_or_would_have_no_meaning_raises(self, name):
        model, y = make("binary", **{name: 0.5})
        with pytest.raises(ValueError, match=rf"{name}\b.*solver='lbfgs'"):
            model.fit(X, y)
        assert not hasattr(model, "coefs_")


class TestLimits:
    @pytest.mark.parametrize(
        ("limit", "message"),
        [({"max_iter": 4}, "ITERATIONS REACHED LIMIT"), ({"max_fun": 4}, "EVALUATIONS EXCEEDS")],
    )
    def test_are_kept_and_warned_of(self, limit, message, monkeypatch):
        model, y = make("multiclass", **limit)
        n_evaluations = count_evaluations(monkeypatch)
        with pytest.warns(ConvergenceWarning, match=f"lbfgs failed to converge.*{message}"):
            model.fit(X, y)
        if "max_iter" in limit:
            assert model.n_iter_ == 4
        else:
            # scipy finishes the line search that goes over the limit.
            assert 4 <= n_evaluations() <= 6
        assert np.isfinite(model.loss_)

    def test_are_of_one_call(self):
        model, y = make("multiclass", max_iter=4, warm_start=True)
        for _ in range(2):
            with pytest.warns(ConvergenceWarning, match="after 4 iteration"):
                model.fit(X, y)
        assert model.n_iter_ == 4
        assert len(model.loss_curve_) == 8

    @pytest.mark.parametrize("tol", [1e-2, 1e-5])
    def test_tol_bounds_the_gradient(self, tol):
        model, y = make("binary", hidden_layer_sizes=(), alpha=1.0, tol=tol)
        model.fit(X, y)
        gradient = X.T @ (model.predict_proba(X)[:, 1] - y) / len(X)
        gradient += model.coefs_[0][:, 0] / len(X)
        assert np.abs(gradient).max() <= tol


class TestGoingOn:
    """Where scipy gives up, the descent starts again without the curvature it remembers."""

    UNSCALED = np.random.default_rng(0).normal(size=(200, 8)) * np.logspace(-1.5, 1.5, 8)

    @pytest.mark.parametrize("loss", ["gamma", "poisson"])
    def test_from_a_start_so_steep_that_no_step_gains_a_share_of_it(self, loss):
        y = np.exp(self.UNSCALED[:, 0]) * np.random.default_rng(1).gamma(2, 0.5, 200)
        ends = [
            MLPRegressor((), loss=loss, solver="lbfgs", max_iter=5000, random_state=seed).fit(
                self.UNSCALED, y
            )
            for seed in range(4)
        ]
        theirs = {"gamma": GammaRegressor, "poisson": PoissonRegressor}[loss](
            alpha=1e-4 / 200, solver="newton-cholesky", tol=1e-8, max_iter=1000
        ).fit(self.UNSCALED, y)
        deviance = {"gamma": mean_gamma_deviance, "poisson": mean_poisson_deviance}[loss]
        lowest = deviance(y, theirs.predict(self.UNSCALED)) / 2
        assert_allclose([end.loss_ for end in ends], lowest, rtol=1e-3)

    def test_within_the_limits_of_one_call(self, monkeypatch):
        model, y = make("multiclass", alpha=1.0, l1_ratio=1.0, max_iter=40)
        n_evaluations = count_evaluations(monkeypatch)
        with pytest.warns(ConvergenceWarning, match="after 40 iteration.*ITERATIONS REACHED"):
            model.fit(X, y)
        assert model.n_iter_ == 40
        evaluations = n_evaluations()
        model.set_params(max_fun=evaluations // 2, max_iter=200)
        with pytest.warns(ConvergenceWarning, match="EVALUATIONS EXCEEDS"):
            model.fit(X, y)
        assert n_evaluations() - evaluations <= evaluations // 2 + 20

    @pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
    def test_until_rounding_ends_it_without_a_complaint(self, l1_ratio):
        model, y = make("regression", hidden_layer_sizes=(), alpha=1.0, l1_ratio=l1_ratio, tol=0.0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.set_params(max_iter=5000).fit(X, y)
        slope = X.T @ (model.predict(X) - y) + model.coefs_[0][:, 0] * (1 - l1_ratio)
        slope += l1_ratio * np.sign(model.coefs_[0][:, 0])
        slope = np.where(model.coefs_[0][:, 0] == 0, 0, slope)
        assert np.abs(slope).max() / len(X) < 1e-7

    @pytest.mark.parametrize("loss", ["quantile", "absolute_error"])
    def test_a_gradient_that_jumps_is_warned_of(self, loss):
        model = MLPRegressor((), loss=loss, solver="lbfgs", max_iter=5000, random_state=0)
        with pytest.warns(ConvergenceWarning, match=f"loss='{loss}' does: solver='adam'"):
            model.fit(X, SCORES[:, 0])
        with pytest.warns(ConvergenceWarning, match="loss='hinge' does: solver='adam'"):
            MLPClassifier((), loss="hinge", alpha=1.0, solver="lbfgs").fit(X, SCORES[:, 0] > 0)

    @pytest.mark.slow
    def test_the_kinks_of_activations_are_not_blamed_on_the_data(self):
        # Which fits end at a kink depends on the last bits, that some do does not.
        advice = []
        for seed in range(40):
            model = MLPRegressor((5,), solver="lbfgs", max_iter=3000, random_state=seed)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                model.fit(X, X[:, 0] ** 2)
            advice += [str(warning.message) for warning in caught]
        at_kinks = [text for text in advice if "LIMIT" not in text]
        assert at_kinks
        for text in at_kinks:
            assert "that of activation='relu' does: choose a smooth activation" in text

    @pytest.mark.parametrize("size", [1e15, 1e20, 1e100])
    @pytest.mark.parametrize("hidden", [(), (10, 10)])
    @pytest.mark.parametrize("activation", ["relu", "tanh"])
    def test_steps_that_get_lost_in_huge_targets_are_warned_of(self, activation, hidden, size):
        model = MLPRegressor(hidden, activation, solver="lbfgs", random_state=0)
        # A network may go on for a while; a linear model does not get away from the start.
        match = "scale the data" if hidden else r"as large as .*Scale .* in X and .*e\+.* in y"
        with pytest.warns(ConvergenceWarning, match=f"(?i){match}"):
            model.fit(X, size * X[:, 0])
        assert hidden or model.n_iter_ <= 2

    def test_weights_that_are_good_already_are_no_reason_to_warn(self):
        model, y = make("regression", hidden_layer_sizes=(), warm_start=True)
        model.fit(X, y)
        for go_on in (model, MLPRegressor.from_sklearn(model.to_sklearn())):
            go_on.set_params(warm_start=True).fit(X, y)
            assert go_on.n_iter_ <= 1

    def test_tol_none_neither_stops_early_nor_warns(self):
        model, y = make("regression", hidden_layer_sizes=(), tol=None, max_iter=5)
        assert model.fit(X, y).n_iter_ == 5  # and warnings are errors here
        loss = model.loss_
        assert model.set_params(max_iter=500).fit(X, y).loss_ <= loss


def count_evaluations(monkeypatch):
    calls, original = [], Objective.value_and_gradient

    def counted(self, *args):
        calls.append(None)
        return original(self, *args)

    monkeypatch.setattr(Objective, "value_and_gradient", counted)
    return lambda: len(calls)


class TestCtrlC:
    @every_target
    def test_leaves_the_last_complete_iteration(self, target, monkeypatch):
        model, y = make(target)
        with monkeypatch.context() as patch:
            interrupt_call(patch, Objective, "value_and_gradient", 7)
            with interrupted:
                model.fit(X, y)
        assert 1 <= model.n_iter_ == len(model.loss_curve_) < 7
        assert model.loss_ == model.loss_curve_[-1]
        # The same number of iterations, walked without a disturbance, ends at the same weights.
        undisturbed, _ = make(target, max_iter=model.n_iter_)
        with pytest.warns(ConvergenceWarning):
            undisturbed.fit(X, y)
        assert_same_weights(model, undisturbed)

    def test_before_the_first_iteration_leaves_the_initial_weights(self, monkeypatch):
        model, y = make("binary")
        with monkeypatch.context() as patch:
            interrupt_call(patch, Objective, "value_and_gradient", 1)
            with interrupted:
                model.fit(X, y)
        assert model.n_iter_ == 0
        assert model.loss_curve_ == []
        assert np.isfinite(model.decision_function(X)).all()

    def test_can_be_followed_by_a_warm_fit(self, monkeypatch):
        model, y = make("binary", warm_start=True)
        with monkeypatch.context() as patch:
            interrupt_call(patch, Objective, "value_and_gradient", 7)
            with interrupted:
                model.fit(X, y)
        interrupted_at = model.loss_
        assert model.fit(X, y).loss_ < interrupted_at


@unconverged
def test_a_warm_start_goes_on_from_the_weights():
    model, y = make("multiclass", max_iter=5, warm_start=True)
    before = model.fit(X, y).loss_
    weights = copy.deepcopy(model.coefs_ + model.intercepts_)
    model.fit(X, y)
    assert (np.diff(model.loss_curve_) <= 0).all()
    assert len(model.loss_curve_) == 10
    assert model.loss_ < before
    # Nothing but the weights is carried over: a stranger with the same weights does the same.
    stranger, _ = make("multiclass", max_iter=5, warm_start=True, random_state=7)
    stranger.fit(X, y)
    stranger.coefs_, stranger.intercepts_ = weights[:2], weights[2:]
    assert_array_equal(stranger.fit(X, y).coefs_[0], model.coefs_[0])


@unconverged
@every_target
def test_weight_k_is_k_rows(target):
    weights = rng.integers(0, 4, size=len(X))
    model, y = make(target, max_iter=15)
    expected = copy.deepcopy(model.fit(X.repeat(weights, axis=0), y.repeat(weights, axis=0)))
    model.fit(X, y, weights)
    assert_allclose(model.loss_curve_, expected.loss_curve_, rtol=1e-6)
    assert_close_weights(model, expected, rtol=1e-6, atol=1e-6)


@unconverged
@pytest.mark.parametrize("target", ["regression", "poisson"])
def test_an_objective_that_overflows_is_reported(target):
    model, y = make(target)
    model.fit(X, y)
    before = copy.deepcopy(model.coefs_)
    with pytest.raises(ValueError, match=r"diverged.*largest absolute value is [34].*e\+200 in X"):
        model.fit(1e200 * X, y)
    assert_array_equal(model.coefs_[0], before[0])  # as before the call that failed


class TestTheLinearModel:
    """Compared by our objective, which is convex: at most theirs, to 1e-6."""

    TIGHT = {"hidden_layer_sizes": (), "solver": "lbfgs", "tol": 1e-9, "max_iter": 10_000}

    def assert_as_low(self, ours, theirs, loss):
        """``loss`` is the sum over rows, by raw scores (n, n_outputs)."""

        def objective(coef, intercept):
            penalty = ours.alpha / 2 * (coef**2).sum()
            return (loss(X @ coef + intercept) + penalty) / len(X)

        at_theirs = objective(np.atleast_2d(theirs.coef_).T, theirs.intercept_)
        at_ours = objective(ours.coefs_[0], ours.intercepts_[0])
        assert at_ours <= at_theirs * (1 + 1e-6)
        # What is compared is what was minimised.
        assert_allclose(ours.loss_, at_ours, rtol=1e-12)

    @pytest.mark.parametrize("alpha", [0.01, 1.0])
    def test_binary_logistic_regression(self, alpha):
        y = TASKS["binary"].y
        ours = MLPClassifier(alpha=alpha, random_state=0, **self.TIGHT).fit(X, y)
        theirs = LogisticRegression(C=1 / alpha, tol=1e-9, max_iter=10_000).fit(X, y)
        sign = np.where(y, -1, 1)[:, np.newaxis]
        self.assert_as_low(ours, theirs, lambda s: np.logaddexp(0, sign * s).sum())

    @pytest.mark.parametrize("alpha", [0.1, 1.0])
    def test_multinomial_logistic_regression(self, alpha):
        y = SCORES.argmax(axis=1)
        ours = MLPClassifier(alpha=alpha, random_state=0, **self.TIGHT).fit(X, y)
        theirs = LogisticRegression(C=1 / alpha, tol=1e-9, max_iter=10_000).fit(X, y)
        rows = np.arange(len(X))
        self.assert_as_low(ours, theirs, lambda s: -log_softmax(s, axis=1)[rows, y].sum())

    @pytest.mark.parametrize("alpha", [0.01, 10.0])
    @pytest.mark.parametrize("target", ["regression", "outputs"])
    def test_ridge(self, alpha, target):
        y = TASKS[target].y
        ours = MLPRegressor(alpha=alpha, random_state=0, **self.TIGHT).fit(X, y)
        columns = y.reshape(len(y), -1)
        theirs = Ridge(alpha=alpha, tol=1e-12).fit(X, y)
        self.assert_as_low(ours, theirs, lambda s: ((s - columns) ** 2).sum() / 2)

    @pytest.mark.parametrize("alpha", [1e-3, 0.1])
    def test_poisson_regression(self, alpha):
        y = TASKS["poisson"].y
        parameters = self.TIGHT | {"alpha": len(X) * alpha, "loss": "poisson"}
        ours = MLPRegressor(random_state=0, **parameters).fit(X, y)
        theirs = PoissonRegressor(alpha=alpha, tol=1e-9, max_iter=10_000).fit(X, y)
        column = y[:, np.newaxis]
        self.assert_as_low(
            ours, theirs, lambda s: (xlogy(column, column) - column * s - column + np.exp(s)).sum()
        )


@without_other_threads
class TestThreadsOfScipy:
    """Its BLAS and NumPy's keep each other waiting, so it has one thread while L-BFGS runs."""

    large = rng.normal(size=(400, 200))  # with 200 units a product of 32 Mflop

    @pytest.fixture
    def threads(self):
        """A function that tells how many threads scipy's own BLAS has, and how many NumPy's."""
        libraries = _blas_threads.libraries()
        own = [library for library in libraries if library.of_scipy]
        others = [library for library in libraries if not library.of_scipy]
        if not own or not others:
            pytest.skip("scipy and NumPy share a BLAS")
        # There must be two to tell that there is one, even on one core.
        with ThreadpoolController().limit(limits=2, user_api="blas"):
            yield lambda: (own[0].n_threads, others[0].n_threads)

    @pytest.mark.parametrize(("size", "expected"), [("small", (1, 1)), ("large", (1, 2))])
    def test_one_while_it_runs(self, threads, size, expected):
        """For NumPy's too where the products are small."""
        seen = []

        class Watched:
            def values_and_gradient(self, scores, y):
                seen.append(threads())
                scores -= y
                return 0.5 * (scores**2).sum(axis=1)

        n_units, X_fitted = (4, X) if size == "small" else (200, self.large)
        model = MLPRegressor((n_units,), solver="lbfgs", loss=Watched(), max_iter=3, random_state=0)
        with pytest.warns(ConvergenceWarning):
            model.fit(X_fitted, X_fitted[:, 0])
        assert set(seen) == {expected}
        assert threads() == (2, 2)

    def test_as_before_after_an_error(self, threads):
        class Failing:
            def values_and_gradient(self, scores, y):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            MLPRegressor(solver="lbfgs", loss=Failing()).fit(X, X[:, 0])
        assert threads() == (2, 2)

    def test_fits_that_overlap(self, threads):
        one, other = (_blas_threads.Limit(1, lambda library: library.of_scipy) for _ in range(2))
        one.begin()
        other.begin()
        one.end()
        assert threads() == (1, 2)
        other.end()
        assert threads() == (2, 2)
