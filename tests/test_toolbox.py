"""Everything that can be switched on: by a plain string or number, in every combination."""

import itertools
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

from helpers.weights import assert_same_weights, flat_weights
from skperceptron import MLPClassifier, MLPRegressor
from skperceptron._core.activations import HIDDEN_ACTIVATIONS
from skperceptron._core.initializers import INITIALIZERS
from skperceptron._core.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from skperceptron._core.optimizers import OPTIMIZERS
from skperceptron._core.schedules import SCHEDULES

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(61, 5))  # with batches of 20 the last batch has one row
SCORES = X @ rng.normal(size=(5, 3)) + 0.5 * rng.normal(size=(61, 3))
BINARY = np.array(["no", "yes"])[(SCORES[:, 0] > 0).astype(int)]
MULTICLASS = SCORES.argmax(axis=1)
MULTILABEL = (SCORES > 0).astype(int)
POSITIVE = np.exp(SCORES[:, 0] / 2)

every_solver = pytest.mark.parametrize("solver", OPTIMIZERS)


def classifier(**parameters):
    return MLPClassifier(**{"max_iter": 3, "batch_size": 20, "random_state": 0} | parameters)


def regressor(**parameters):
    return MLPRegressor(**{"max_iter": 3, "batch_size": 20, "random_state": 0} | parameters)


def outcome(model):
    """All that a parameter could have an influence on."""
    weights = flat_weights(model)
    scores = model.validation_scores_ or []
    return str(weights.dtype), tuple(model.loss_curve_), tuple(scores), tuple(weights.tolist())


class TestGridSearch:
    def search(self, model, y, name, values, *, n_equal=0):
        """Search over the values, and make sure that each has an outcome of its own."""
        search = GridSearchCV(model, {name: values}, cv=2, error_score="raise").fit(X, y)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
        assert list(search.cv_results_["params"]) == [{name: value} for value in values]
        outcomes = {outcome(clone(model).set_params(**{name: v}).fit(X, y)) for v in values}
        assert len(outcomes) == len(values) - n_equal
        best = clone(model).set_params(**search.best_params_).fit(X, y)
        assert outcome(search.best_estimator_) == outcome(best)

    @pytest.mark.parametrize(
        ("name", "values", "context"),
        [
            ("solver", [*OPTIMIZERS, "lbfgs"], {}),
            ("weight_init", list(INITIALIZERS), {}),
            ("loss", sorted({name for name, _ in CLASSIFICATION_LOSSES}), {}),
            ("l1_ratio", [0.0, 0.5, 1.0], {"alpha": 1.0}),
            ("batch_norm", [False, True], {}),
            ("max_norm", [None, 0.5, 0.1], {}),
            ("max_norm_order", [1, 2], {"max_norm": 0.5}),
            ("clip_norm", [None, 0.1, 1e-9], {}),
            ("label_smoothing", [0.0, 0.1], {}),
            ("focal_gamma", [0, 1.0], {"loss": "focal"}),
            ("warmup_epochs", [0, 2], {}),
            ("weight_decay", [0.0, None, 0.1], {"solver": "adamw"}),
            ("weight_decay", [0.0, None, 0.1], {"solver": "lion"}),
            ("dropout", [0.0, (0.1,), [0.2]], {}),
            ("input_dropout", [0.0, 0.2], {}),
            (
                "scoring",
                [None, "loss", "balanced_accuracy"],
                {"early_stopping": True, "validation_fraction": 0.4},
            ),
            ("learning_rate_decay", [0.9, 0.5], {"learning_rate": "exponential"}),
            ("learning_rate_step", [1, 2], {"learning_rate": "step"}),
            ("learning_rate_min", [0.0, 1e-4], {"learning_rate": "cosine"}),
            ("schedule_epochs", [None, 2, 10], {"learning_rate": "one_cycle"}),
        ],
    )
    def test_classifier(self, name, values, context):
        model = classifier(batch_size="auto", **context)
        self.search(model, MULTICLASS, name, values)

    def test_activations_of_which_one_has_two_names(self):
        self.search(classifier(), MULTICLASS, "activation", list(HIDDEN_ACTIVATIONS), n_equal=1)

    def test_dtypes_of_which_none_is_that_of_the_data(self):
        self.search(classifier(), MULTICLASS, "dtype", [None, "float32", "float64"], n_equal=1)

    @pytest.mark.filterwarnings("ignore:learning_rate_step is ignored")
    def test_schedules(self):
        # Nothing is an improvement: the rate falls, or training ends.
        impatient = {"tol": 10.0, "n_iter_no_change": 1, "max_iter": 6, "learning_rate_step": 2}
        self.search(classifier(**impatient), MULTICLASS, "learning_rate", list(SCHEDULES))

    @pytest.mark.parametrize(
        ("name", "values", "context", "n_equal"),
        [
            ("loss", sorted({name for name, _ in REGRESSION_LOSSES}), {}, 0),
            ("output_activation", ["auto", "identity", "exp", "softplus", "logistic"], {}, 1),
            ("quantile", [0.1, 0.9], {"loss": "quantile"}, 0),
            ("huber_epsilon", [0.5, 2], {"loss": "huber"}, 0),
        ],
    )
    def test_regressor(self, name, values, context, n_equal):
        self.search(regressor(**context), POSITIVE, name, values, n_equal=n_equal)


@pytest.mark.slow
@every_solver
@pytest.mark.filterwarnings("ignore:max_norm_order is ignored:UserWarning")
@pytest.mark.parametrize(
    ("convert", "dtype"),
    [
        pytest.param(np.asarray, "float64", id="dense"),
        pytest.param(np.asarray, "float32", id="dense, float32", marks=pytest.mark.slow),
        pytest.param(sparse.csr_matrix, "float64", id="csr", marks=pytest.mark.slow),
        pytest.param(sparse.csr_matrix, "float32", id="csr, float32", marks=pytest.mark.slow),
    ],
)
def test_every_combination_of_regularisers(solver, convert, dtype):
    options = {
        "l1_ratio": [0.0, 0.9],
        "max_norm": [None, 0.2],
        "max_norm_order": [1, 2],
        "batch_norm": [False, True],
        "dropout": [0.0, (0.2, 0.1)],
        "input_dropout": [0.0, 0.1],
        "clip_norm": [None, 0.01],
    }
    data, weights, dead = convert(X), {}, set()
    for values in itertools.product(*options.values()):
        parameters = dict(zip(options, values, strict=True))
        model = classifier(
            hidden_layer_sizes=(4, 3),
            activation="tanh",
            alpha=0.5,
            learning_rate_init=0.02,
            solver=solver,
            dtype=dtype,
            **parameters,
        )
        model.fit(data, MULTICLASS)
        assert {array.dtype for array in model.coefs_ + model.intercepts_} == {np.dtype(dtype)}
        assert np.isfinite(model.predict_proba(data)).all()
        if model.max_norm is not None:
            norms = [np.linalg.norm(w, model.max_norm_order, axis=0).max() for w in model.coefs_]
            assert max(norms) <= 0.2 * (1 + 1e-5)
        weights[values] = np.concatenate([w.ravel() for w in model.coefs_])
        if np.ptp(model.predict_proba(data), axis=0).max() == 0:
            dead.add(values)  # nothing gets through its zeros
        n_zeros = np.count_nonzero(weights[values] == 0)
        if model.l1_ratio > 0:
            assert n_zeros > 0
        elif model.max_norm is None or model.max_norm_order == 2:
            assert n_zeros == 0
    assert len(dead) <= len(weights) / 2
    # Whatever else is on, each of them does something.
    for place, (name, (off, on)) in enumerate(options.items()):
        for values, found in weights.items():
            parameters = dict(zip(options, values, strict=True))
            idle = name == "max_norm_order" and parameters["max_norm"] is None
            # Lion's steps are the signs of gradients, which clipping keeps.
            idle |= name == "clip_norm" and solver == "lion"
            if values[place] == off and values not in dead and not idle:
                other = weights[(*values[:place], on, *values[place + 1 :])]
                assert not np.array_equal(found, other), (name, parameters)


class TestActivations:
    def test_one_for_each_layer(self):
        model = classifier(hidden_layer_sizes=(6, 4), activation=("tanh", "relu")).fit(X, BINARY)
        first = np.tanh(X @ model.coefs_[0] + model.intercepts_[0])
        second = np.maximum(first @ model.coefs_[1] + model.intercepts_[1], 0)
        assert_allclose(model.hidden_activations(X, 0), first, rtol=1e-12)
        assert_allclose(model.hidden_activations(X), second, rtol=1e-12, atol=1e-15)

    @pytest.mark.parametrize("make", [list, tuple, np.array])
    def test_the_same_for_each_layer_is_one_for_all(self, make):
        model = classifier(hidden_layer_sizes=(6, 4), activation="tanh").fit(X, BINARY)
        each = classifier(hidden_layer_sizes=(6, 4), activation=make(["tanh", "tanh"]))
        assert_same_weights(each.fit(X, BINARY), model)

    @pytest.mark.parametrize("saves", ["input", "output"])
    def test_an_object_of_the_users(self, saves):
        name = {"input": "gelu", "output": "tanh"}[saves]
        activation = Own(HIDDEN_ACTIVATIONS[name]())
        assert activation.saves == saves
        model = classifier(hidden_layer_sizes=(6, 4), activation=activation)
        expected = clone(model).set_params(activation=name).fit(X, BINARY)
        assert_same_weights(clone(model).fit(X, BINARY), expected)
        fitted = pickle.loads(pickle.dumps(model.fit(X, BINARY)))
        assert_array_equal(fitted.predict_proba(X), expected.predict_proba(X))
        assert_same_weights(fitted.partial_fit(X, BINARY), expected.partial_fit(X, BINARY))
        mixed = clone(model).set_params(activation=[activation, "relu"])
        mixed = pickle.loads(pickle.dumps(mixed.fit(X, BINARY)))
        assert np.isfinite(mixed.predict_proba(X)).all()
        assert "Own" in model.summary()

    def test_one_of_the_same_class_and_contents_is_the_same(self):
        model = classifier(activation=Own(HIDDEN_ACTIVATIONS["tanh"]()), warm_start=True)
        expected = clone(model).fit(X, BINARY).fit(X, BINARY)
        model.fit(X, BINARY).set_params(activation=Own(HIDDEN_ACTIVATIONS["tanh"]()))
        assert_same_weights(model.fit(X, BINARY), expected)
        for other in (
            Own(HIDDEN_ACTIVATIONS["relu"]()),
            Own(HIDDEN_ACTIVATIONS["tanh"](), extra=1),
        ):
            with pytest.raises(ValueError, match=r"activations was \(Own\) .* is \(Own\) now"):
                model.set_params(activation=other).fit(X, BINARY)

    def test_contents_may_be_arrays(self):
        def scaled(*factors):
            own = Own(HIDDEN_ACTIVATIONS["tanh"]())
            own.factors = np.array(factors)
            return own

        model = classifier(activation=scaled(1, 2), warm_start=True).fit(X, BINARY)
        model.set_params(activation=scaled(1, 2)).fit(X, BINARY)
        with pytest.raises(ValueError, match="activations was"):
            model.set_params(activation=scaled(1, 3)).fit(X, BINARY)

    def test_another_one_is_another_architecture(self):
        model = classifier(hidden_layer_sizes=(6, 4), warm_start=True).fit(X, BINARY)
        with pytest.raises(ValueError, match=r"activations was .* is .* now"):
            model.set_params(activation=("relu", "tanh")).fit(X, BINARY)


class Own:
    """An activation with the documented three members, and no base class."""

    def __init__(self, activation, **others):
        self.activation = activation
        self.saves = activation.saves
        vars(self).update(others)

    def forward(self, z):
        self.activation.forward(z)

    def backward(self, saved, delta):
        self.activation.backward(saved, delta)


class OwnLoss:
    """Cubic error: no base class, and nothing but the documented method."""

    def values_and_gradient(self, scores, y):
        scores -= y
        values = (np.abs(scores) ** 3).sum(axis=1) / 3
        scores *= np.abs(scores)
        return values


class TestLosses:
    def test_an_object_of_the_users(self):
        model = regressor(loss=OwnLoss(), max_iter=100, learning_rate_init=0.01)
        model = pickle.loads(pickle.dumps(clone(model).fit(X, SCORES[:, 0])))
        assert model.score(X, SCORES[:, 0]) > 0.5
        model.set_params(warm_start=True, max_iter=1).fit(X, SCORES[:, 0])

    def test_an_object_of_the_users_through_a_link(self):
        model = regressor(loss=OwnLoss(), output_activation="softplus").fit(X, POSITIVE)
        assert model.out_activation_ == "softplus"
        assert model.predict(X).min() > 0

    def test_an_object_for_a_classifier_takes_scores(self):
        class Margin:
            def values_and_gradient(self, scores, y):
                side = 2 * y - 1
                values = np.logaddexp(0, -side * scores).sum(axis=1)
                scores[...] = -side * expit(-side * scores)
                return values

        ours = classifier(loss=Margin()).fit(X, BINARY)
        expected = classifier().fit(X, BINARY)
        assert_allclose(ours.coefs_[0], expected.coefs_[0], rtol=1e-10)
        assert_allclose(ours.predict_proba(X), expected.predict_proba(X), rtol=1e-10)

    @pytest.mark.parametrize("y", [BINARY, MULTICLASS, MULTILABEL], ids=["2", "3", "labels"])
    @pytest.mark.parametrize("loss", sorted({name for name, _ in CLASSIFICATION_LOSSES}))
    @pytest.mark.one_of_each
    def test_every_kind_of_targets(self, loss, y):
        model = classifier(loss=loss, max_iter=300, learning_rate_init=0.01).fit(X, y)
        assert model.score(X, y) > 0.85
        assert hasattr(model, "predict_proba") == (loss not in ("hinge", "squared_hinge"))

    @pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
    def test_hinges_know_no_probabilities(self, loss):
        model = classifier(loss=loss).fit(X, BINARY)
        assert model.out_activation_ == "identity"
        for method in ("predict_proba", "predict_log_proba"):
            assert not hasattr(model, method)
        with pytest.raises(AttributeError) as caught:
            model.predict_proba(X)
        assert f"requires a probabilistic loss, got loss={loss!r}" in str(caught.value.__cause__)
        assert_array_equal(model.predict(X), np.where(model.decision_function(X) > 0, "yes", "no"))

    @pytest.mark.parametrize("loss", sorted({name for name, _ in REGRESSION_LOSSES}))
    @pytest.mark.parametrize("y", [POSITIVE, np.exp(SCORES / 2)], ids=["one", "three"])
    def test_every_regression_loss_learns(self, loss, y):
        model = regressor(loss=loss, max_iter=500, learning_rate_init=0.01, quantile=0.5)
        assert model.fit(X, y).score(X, y) > 0.75

    def test_quantiles_have_their_share_below(self):
        many = np.random.default_rng(0).normal(size=(2000, 1))
        noisy = many[:, 0] + np.random.default_rng(1).normal(size=2000)
        for quantile in (0.1, 0.5, 0.9):
            model = regressor(
                hidden_layer_sizes=(),
                loss="quantile",
                quantile=quantile,
                max_iter=200,
                learning_rate="cosine",
                learning_rate_init=0.01,
            ).fit(many, noisy)
            assert abs((noisy < model.predict(many)).mean() - quantile) < 0.02

    @pytest.mark.parametrize(
        ("output_activation", "low", "high"),
        [("exp", 0, np.inf), ("softplus", 0, np.inf), ("logistic", 0, 1)],
    )
    def test_output_activation_bounds_predictions(self, output_activation, low, high):
        model = regressor(output_activation=output_activation).fit(X, SCORES)
        predictions = model.predict(10 * X)
        assert model.out_activation_ == output_activation
        assert predictions.min() >= low
        assert predictions.max() <= high

    def test_changing_the_output_is_changing_the_architecture(self):
        model = regressor(warm_start=True).fit(X, POSITIVE)
        with pytest.raises(ValueError, match="output_activation was identity"):
            model.set_params(loss="poisson").fit(X, POSITIVE)
        model = classifier(warm_start=True).fit(X, BINARY)
        with pytest.raises(ValueError, match="output_activation was logistic"):
            model.set_params(loss="hinge").fit(X, BINARY)

    def test_label_smoothing_lowers_confidence(self):
        kwargs = {"solver": "lbfgs", "batch_size": "auto", "max_iter": 1000, "alpha": 0.0}
        for y, n_classes in ((BINARY, 2), (MULTICLASS, 3)):
            smooth = classifier(label_smoothing=0.2, **kwargs).fit(X, y).predict_proba(X)
            # The best probability of the label given is 1 - 0.2 + 0.2 / n_classes.
            assert np.median(smooth.max(axis=1)) == pytest.approx(0.8 + 0.2 / n_classes, abs=0.005)
            plain = classifier(**kwargs).fit(X, y).predict_proba(X)
            assert np.median(plain.max(axis=1)) > 0.97


class TestLearningRate:
    def test_the_curve_is_that_of_the_schedule(self):
        model = classifier(learning_rate="exponential", learning_rate_decay=0.5, max_iter=4)
        model.fit(X, BINARY)
        assert model.learning_rate_curve_ == pytest.approx([1e-3, 5e-4, 2.5e-4, 1.25e-4])
        assert (
            classifier(solver="lbfgs", batch_size="auto").fit(X, BINARY).learning_rate_curve_
            is None
        )

    def test_a_callable(self):
        model = classifier(learning_rate=inverse_of_position, batch_size=61).fit(X, BINARY)
        assert model.learning_rate_curve_ == [1, 1 / 2, 1 / 3]
        assert pickle.loads(pickle.dumps(model)).learning_rate(1) == 0.5
        constant = classifier(learning_rate=lambda epoch: 1e-3).fit(X, BINARY)
        assert_same_weights(constant, classifier().fit(X, BINARY))

    @every_solver
    def test_a_callable_with_every_solver(self, solver):
        constant = classifier(solver=solver, learning_rate=lambda epoch: 1e-3).fit(X, BINARY)
        assert_same_weights(constant, classifier(solver=solver).fit(X, BINARY))
        falling = classifier(solver=solver, learning_rate=inverse_of_position, batch_size=61)
        assert falling.fit(X, BINARY).learning_rate_curve_ == [1, 1 / 2, 1 / 3]

    def test_a_callable_is_asked_for_no_position_past_the_end(self):
        rates = [0.1, 0.01, 0.001]
        model = classifier(learning_rate=lambda epoch: rates[int(epoch)])
        assert model.fit(X, BINARY).learning_rate_curve_ == rates

    @every_solver
    @pytest.mark.parametrize("learning_rate", SCHEDULES)
    @pytest.mark.one_of_each
    def test_every_schedule_with_every_solver(self, learning_rate, solver):
        kwargs = {"solver": solver, "max_iter": 10, "learning_rate_init": 0.01}
        if learning_rate == "adaptive":
            kwargs |= {"tol": 10.0, "n_iter_no_change": 1}
        steps = {"learning_rate_step": 3} if learning_rate == "step" else {}
        model = classifier(learning_rate=learning_rate, **steps, **kwargs)
        rates = model.fit(X, BINARY).learning_rate_curve_
        if learning_rate == "constant":
            assert rates == [0.01] * 10
            return
        if learning_rate == "adaptive":
            # No epoch after the first is an improvement, and every second one a plateau.
            expected = [0.01] * 3 + [0.002] * 2 + [0.0004] * 2 + [0.00008] * 2 + [0.000016]
            assert rates == pytest.approx(expected)
        assert len(set(rates)) > 3
        constant = classifier(**kwargs | {"tol": 0.0, "n_iter_no_change": 10}).fit(X, BINARY)
        # The rate is that of the step: not only of the curve.
        changed = next(i for i, rate in enumerate(rates) if rate != 0.01)
        assert model.loss_curve_[changed + 1 :] != constant.loss_curve_[changed + 1 :]
        if learning_rate not in ("linear", "cosine", "one_cycle"):  # which move batch by batch
            assert model.loss_curve_[:changed] == constant.loss_curve_[:changed]

    @every_solver
    @pytest.mark.parametrize("learning_rate", ["constant", "cosine"])
    def test_warm_up(self, solver, learning_rate):
        kwargs = {"solver": solver, "learning_rate": learning_rate, "max_iter": 5}
        plain = classifier(**kwargs, batch_size=61).fit(X, BINARY)
        warm = classifier(warmup_epochs=3, **kwargs, batch_size=61).fit(X, BINARY)
        shares = np.divide(warm.learning_rate_curve_, plain.learning_rate_curve_)
        assert_allclose(shares, [0.25, 0.5, 0.75, 1, 1], rtol=1e-12)
        # A first step at a quarter of the rate is one of a quarter of the length.
        start = classifier(**kwargs | {"max_iter": 1}, batch_size=61)
        still = clone(start).set_params(learning_rate_init=1e-300).fit(X, BINARY).coefs_[0]
        whole = clone(start).fit(X, BINARY).coefs_[0] - still
        quarter = clone(start).set_params(warmup_epochs=3).fit(X, BINARY).coefs_[0] - still
        assert_allclose(quarter, whole / 4, rtol=1e-9, atol=1e-15)

    def test_past_the_horizon_the_last_rate_stays(self):
        model = classifier(
            learning_rate="linear", learning_rate_min=1e-4, schedule_epochs=2, max_iter=5,
            batch_size=61,
        ).fit(X, BINARY)  # fmt: skip
        assert model.learning_rate_curve_ == pytest.approx([1e-3, 5.5e-4, 1e-4, 1e-4, 1e-4])


def inverse_of_position(epoch):
    return 1 / (1 + epoch)


class TestRegularisers:
    @every_solver
    @pytest.mark.slow
    def test_l1_gives_exact_zeros_and_the_minimum_that_lbfgs_finds(self, solver):
        # Full batches and a falling rate: the proximal step in each solver's own metric must
        # end where the objective is least, whatever the momentum.
        kwargs = {"hidden_layer_sizes": (), "alpha": 8.0, "l1_ratio": 1.0, "random_state": 0}
        best = MLPClassifier(solver="lbfgs", tol=1e-10, max_iter=5000, **kwargs).fit(X, BINARY)
        zeros = best.coefs_[0] == 0
        assert 1 <= zeros.sum() <= 4
        rates = {"sgd": 0.05, "adagrad": 0.3}
        model = MLPClassifier(
            solver=solver,
            learning_rate_init=rates.get(solver, 0.01),
            learning_rate="cosine",
            batch_size=61,
            max_iter=3000,
            tol=0.0,
            n_iter_no_change=np.inf,
            weight_decay=0.0 if solver in ("adamw", "lion") else None,
            beta_2=0.99 if solver == "lion" else 0.999,
            **kwargs,
        ).fit(X, BINARY)
        assert_array_equal(model.coefs_[0] == 0, zeros)
        assert model.loss_ == pytest.approx(best.loss_, abs=2e-5)
        assert_allclose(model.coefs_[0], best.coefs_[0], atol=0.01)

    @every_solver
    @pytest.mark.parametrize("a", [0.05, 0.3])
    @pytest.mark.one_of_each
    def test_l1_gives_the_zeros_of_scikit_learns_lasso(self, solver, a):
        data, y = map(scale, load_diabetes(return_X_y=True))
        theirs = Lasso(a, tol=1e-12).fit(data, y)
        rates = {"sgd": 0.01, "adagrad": 0.3, "lion": 0.003}
        ours = MLPRegressor(
            (),
            alpha=len(y) * a,
            l1_ratio=1.0,
            solver=solver,
            learning_rate_init=rates.get(solver, 0.01),
            learning_rate="cosine",
            batch_size=len(y),
            max_iter=3000,
            tol=0.0,
            n_iter_no_change=np.inf,
            weight_decay=0.0 if solver in ("adamw", "lion") else None,
            beta_2=0.99 if solver == "lion" else 0.999,
            random_state=0,
        ).fit(data, y)
        assert 1 <= np.count_nonzero(theirs.coef_ == 0) < 10
        assert_array_equal(ours.coefs_[0][:, 0] == 0, theirs.coef_ == 0)
        lowest = np.mean((theirs.predict(data) - y) ** 2) / 2 + a * np.abs(theirs.coef_).sum()
        assert ours.loss_ == pytest.approx(lowest, rel=1e-4)

    def test_an_elastic_mix_is_between(self):
        n_zeros = [
            np.count_nonzero(
                classifier(
                    solver="lbfgs", batch_size="auto", alpha=0.3, l1_ratio=ratio, max_iter=500
                ).fit(X, BINARY).coefs_[0] == 0
            )
            for ratio in (0.0, 0.5, 1.0)
        ]  # fmt: skip
        assert n_zeros[0] == 0 < n_zeros[1] < n_zeros[2]

    def test_the_loss_holds_the_penalty(self):
        model = classifier(alpha=2.0, l1_ratio=0.25, solver="sgd", learning_rate_init=1e-300,
                           batch_size=61, max_iter=1).fit(X, BINARY)  # fmt: skip
        plain = clone(model).set_params(alpha=0.0).fit(X, BINARY)
        weights = np.concatenate([w.ravel() for w in model.coefs_])
        penalty = 2 * (0.25 * np.abs(weights).sum() + 0.375 * (weights**2).sum()) / 61
        assert model.loss_ - plain.loss_ == pytest.approx(penalty, rel=1e-10)

    def test_decoupled_decay_is_one_hundredth_where_none_is_given(self):
        for solver in ("adamw", "lion"):
            default = classifier(solver=solver).fit(X, BINARY)
            assert_same_weights(
                default, classifier(solver=solver, weight_decay=0.01).fit(X, BINARY)
            )
            none = classifier(solver=solver, weight_decay=0.0).fit(X, BINARY)
            assert (default.coefs_[0] != none.coefs_[0]).all()

    def test_a_solver_without_decoupled_decay_says_so(self):
        with pytest.warns(UserWarning, match="weight_decay is ignored with solver='adam'"):
            classifier(weight_decay=0.1).fit(X, BINARY)

    def test_batch_norm_on_a_batch_of_one_row(self):
        model = classifier(batch_norm=True, batch_size=1).fit(X, BINARY)
        # Nothing but single rows: the running statistics never moved.
        assert_array_equal(model.batch_norm_mean_[0], np.zeros(100))
        assert_array_equal(model.batch_norm_variance_[0], np.ones(100))

    def test_batch_norm_counts_a_weight_as_rows(self):
        counts = rng.integers(0, 4, 61)
        kwargs = {"batch_norm": True, "batch_size": "auto", "shuffle": False, "max_iter": 20}
        weighted = classifier(**kwargs).fit(X, BINARY, sample_weight=counts)
        repeated = classifier(**kwargs).fit(X.repeat(counts, axis=0), BINARY.repeat(counts))
        assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-6)
        assert_allclose(
            weighted.batch_norm_variance_[0], repeated.batch_norm_variance_[0], rtol=1e-8
        )

    @pytest.mark.parametrize("walk", ["fit", "partial_fit"])
    @pytest.mark.parametrize("weights", ["none", "sample_weight", "class_weight"])
    @pytest.mark.parametrize("n_rows", [61, 47])
    def test_batch_norm_follows_the_batches_that_have_a_variance(self, n_rows, weights, walk):
        # Weights that stay, so that the pre-activations are known; the last batch is short.
        data, y = X[:n_rows], BINARY[:n_rows]
        weight = np.where(y == "yes", 5.0, 0.5) if weights != "none" else np.ones(n_rows)
        if weights == "sample_weight":
            weight[-3:] = 0, 0, 7  # of the last batch one row counts, and that for several
        model = classifier(batch_norm=True, shuffle=False, solver="sgd", learning_rate_init=1e-300)
        if weights == "class_weight":
            model.set_params(class_weight={"yes": 5, "no": 0.5})
        given = weight if weights == "sample_weight" else None
        if walk == "fit":
            model.set_params(max_iter=3).fit(data, y, given)
        else:
            for _ in range(3):
                model.partial_fit(data, y, given, classes=["no", "yes"])

        z = data @ model.coefs_[0] + model.intercepts_[0]
        mean, variance = np.zeros(100), np.ones(100)
        for start in [*range(0, n_rows, 20)] * 3:
            rows, w = z[start : start + 20], weight[start : start + 20]
            if np.count_nonzero(w) < 2:
                continue
            n = max(w.sum(), np.count_nonzero(w))
            centre = np.average(rows, axis=0, weights=w)
            spread = np.average((rows - centre) ** 2, axis=0, weights=w) * n / (n - 1)
            mean, variance = 0.9 * mean + 0.1 * centre, 0.9 * variance + 0.1 * spread
        assert_allclose(model.batch_norm_mean_[0], mean, rtol=1e-10, atol=1e-13)
        assert_allclose(model.batch_norm_variance_[0], variance, rtol=1e-10)

    def test_batch_norm_survives_a_heavy_last_row(self):
        weight = np.ones(61)
        weight[-1] = 3
        model = classifier(batch_norm=True, shuffle=False, max_iter=100, n_iter_no_change=100)
        model.set_params(learning_rate_init=0.01).fit(X, BINARY, weight)
        assert model.score(X, BINARY) > 0.95

    def test_batch_norm_is_published_and_read(self):
        model = classifier(hidden_layer_sizes=(6, 4), batch_norm=True).fit(X, MULTICLASS)
        a = X
        for depth in range(2):
            z = a @ model.coefs_[depth] + model.intercepts_[depth]
            z = (z - model.batch_norm_mean_[depth]) / np.sqrt(
                model.batch_norm_variance_[depth] + 1e-5
            )
            z = model.batch_norm_scale_[depth] * z + model.batch_norm_shift_[depth]
            a = np.maximum(z, 0)
            assert_allclose(model.hidden_activations(X, depth), a, rtol=1e-12, atol=1e-14)
        scores = a @ model.coefs_[2] + model.intercepts_[2]
        assert_allclose(model.predict_proba(X), softmax(scores, axis=1), rtol=1e-12)
        model.batch_norm_shift_[0][:] += 1
        assert (model.hidden_activations(X, 0) != a[:, :1]).any()

    def test_statistics_that_the_user_edits_are_gone_on_from(self):
        model = classifier(batch_norm=True, warm_start=True, max_iter=1).fit(X, BINARY)
        model.batch_norm_mean_[0][:] = 100
        model.fit(X, BINARY)
        assert model.batch_norm_mean_[0].min() > 50

    def test_summary_counts_scale_and_shift(self):
        plain = classifier(hidden_layer_sizes=(6, 4)).fit(X, BINARY).summary()
        normalised = classifier(hidden_layer_sizes=(6, 4), batch_norm=True).fit(X, BINARY)
        totals = [int(s.split()[-1]) for s in (plain, normalised.summary())]
        assert totals == [36 + 28 + 5, 36 + 28 + 5 + 2 * 10]

    def test_intercepts_start_at_zero_but_for_auto(self):
        for name in INITIALIZERS:
            model = classifier(
                weight_init=name, solver="sgd", learning_rate_init=1e-300, max_iter=1
            ).fit(X, BINARY)
            assert (np.abs(model.intercepts_[0]).max() < 1e-200) == (name != "auto")
