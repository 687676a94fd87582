"""Where skperceptron differs from scikit-learn on purpose: docs/guide/differences.md.

Each test first shows scikit-learn's behaviour, so that it fails, and the page can be shortened,
when that is mended there.
"""

import re
import warnings

import numpy as np
import pytest
import scipy.optimize
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, softmax, xlogy
from sklearn import neural_network
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Perceptron
from sklearn.neural_network import _multilayer_perceptron as scikit_learn_module

import skperceptron
from helpers.marks import has_numbers_of_1_9, unconverged
from helpers.paths import GUIDE
from helpers.weights import assert_close_weights, flat_weights
from skperceptron import MLPClassifier, MLPRegressor, _held_out

pytestmark = [
    has_numbers_of_1_9,
    unconverged,
]

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
SCORES = X @ rng.normal(size=(4, 3)) + 0.3 * rng.normal(size=(60, 3))
LABELS = SCORES.argmax(axis=1)
BINARY = (SCORES[:, 0] > 0).astype(int)
FULL_BATCH = {"batch_size": 60, "shuffle": False, "random_state": 0}


PAGE = GUIDE / "differences.md"


def test_each_line_of_the_page_has_a_test_of_its_number():
    lines = re.findall(r"^\| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(lines) >= 20
    assert lines == [str(number) for number in range(1, len(lines) + 1)]
    tests = {match[1] for match in map(re.compile(r"[Tt]est_?(\d\d)").match, globals()) if match}
    assert sorted(tests) == [f"{int(number):02}" for number in lines]


def both(name, *args, **parameters):
    """The estimator of that name from scikit-learn, and ours."""
    theirs = getattr(neural_network, name)(*args, **parameters)
    return theirs, getattr(skperceptron, name)(*args, **parameters)


def test_01_the_loss_of_several_outputs_belongs_to_its_gradient():
    def fall_over_prediction(model):
        """How far the loss falls in a short step, by how far its gradient says it should."""
        model.partial_fit(X, SCORES)
        before = flat_weights(model)
        model.partial_fit(X, SCORES)
        after = flat_weights(model)
        model.partial_fit(X, SCORES)
        predicted = np.sum((after - before) ** 2) / model.learning_rate_init
        return (model.loss_curve_[1] - model.loss_curve_[2]) / predicted

    theirs, ours = both(
        "MLPRegressor", alpha=0.0, learning_rate_init=1e-5, solver="sgd", momentum=0.0, **FULL_BATCH
    )
    assert_allclose(fall_over_prediction(theirs), 1 / 3, rtol=1e-2)
    assert_allclose(fall_over_prediction(ours), 1.0, rtol=1e-2)
    # The gradients are the same, so only the published loss differs.
    for one, other in zip(ours.coefs_, theirs.coefs_, strict=True):
        assert_allclose(one, other, rtol=1e-9)
    assert_allclose(ours.loss_curve_, 3 * np.array(theirs.loss_curve_), rtol=1e-9)


# One feature of its own for each row shows which rows were held out: theirs alone have weights
# that do not move, at any learning rate.
IDENTITY = np.eye(60)


def held_out(weights, other_weights):
    return set(np.flatnonzero((weights == other_weights)[:60].all(axis=1)).tolist())


def test_02_multiclass_early_stopping_is_stratified():
    y = np.repeat([0, 1, 2], [42, 12, 6])

    def counts(estimator):
        parameters = {"early_stopping": True, "validation_fraction": 0.5, "max_iter": 1}
        network = estimator((), alpha=0, random_state=0, **parameters)
        slow, fast = (
            network.set_params(learning_rate_init=rate).fit(IDENTITY, y).coefs_[0]
            for rate in (0.01, 0.02)
        )
        return np.bincount(y[sorted(held_out(slow, fast))], minlength=3).tolist()

    assert counts(neural_network.MLPClassifier) != [21, 6, 3]
    assert counts(MLPClassifier) == [21, 6, 3]


def test_03_a_warm_fit_holds_the_same_rows_out():
    feature = np.linspace(-1, 1, 60)
    data = np.column_stack([IDENTITY, 5 * feature])
    parameters = {"hidden_layer_sizes": (), "alpha": 0, "early_stopping": True, "random_state": 0}
    parameters |= {"solver": "sgd", "learning_rate_init": 1e-3, "warm_start": True, "max_iter": 3}

    first, second = [], []
    for model, other in zip(*(both("MLPRegressor", **parameters) for _ in range(2)), strict=True):
        one_fit = model.fit(data, feature).coefs_[0].copy()
        faster = other.set_params(learning_rate_init=2e-3).fit(data, feature).coefs_[0]
        first.append(held_out(one_fit, faster))
        second.append(held_out(one_fit, model.fit(data, feature).coefs_[0]))
        # The score rises throughout, so the weights published are each fit's last.
        assert (np.diff(model.validation_scores_) > 0).all()
    assert first[0] == first[1]
    assert len(first[0]) == 6
    assert second[0] - first[0]  # rows that the first fit trained on
    assert second[1] == first[1]


def test_03_a_worse_warm_fit_leaves_the_best_weights_alone():
    parameters = {"early_stopping": True, "warm_start": True, "random_state": 0, "solver": "sgd"}
    changed = []
    for model in both("MLPRegressor", hidden_layer_sizes=(8,), **parameters):
        model.fit(X, SCORES[:, 0])
        score, best = model.best_validation_score_, [w.copy() for w in model.coefs_]
        model.set_params(learning_rate_init=0.5, max_iter=1, momentum=0.0).fit(X, SCORES[:, 0])
        assert model.validation_scores_[-1] < model.best_validation_score_ == score
        changed.append(not np.array_equal(model.coefs_[0], best[0]))
    assert changed == [True, False]


def test_04_a_fit_after_a_stop_starts_a_new_count_of_patience():
    # Nothing is an improvement by 10 but the first epoch, so patience always runs out.
    parameters = {"tol": 10.0, "n_iter_no_change": 3, "warm_start": True, "random_state": 0}
    theirs, ours = both("MLPClassifier", **parameters)
    assert theirs.fit(X, BINARY).n_iter_ == ours.fit(X, BINARY).n_iter_ == 5
    assert theirs.fit(X, BINARY).n_iter_ == 1
    assert ours.fit(X, BINARY).n_iter_ == 4


class Test05SampleWeightsDoNotDependOnTheBatch:
    def test_single_rows(self):
        weights = rng.integers(1, 5, size=60)
        # In a batch of one row, a penalty would be a second thing that weights change.
        theirs, ours = both("MLPClassifier", batch_size=1, alpha=0.0, max_iter=2, random_state=0)
        for model, ignores_weights in ((theirs, True), (ours, False)):
            without = model.fit(X, BINARY).coefs_[0]
            weighted = model.fit(X, BINARY, weights).coefs_[0]
            assert np.allclose(without, weighted, rtol=1e-9, atol=1e-9) == ignores_weights

    def test_a_batch_without_weight(self):
        weights = np.repeat([0.0, 1.0], [10, 50])
        parameters = {"batch_size": 10, "shuffle": False, "max_iter": 3, "random_state": 0}
        theirs, ours = both("MLPClassifier", **parameters)
        with pytest.raises(ZeroDivisionError):
            theirs.fit(X, BINARY, weights)
        assert np.isfinite(ours.fit(X, BINARY, weights).loss_)

    def test_weight_k_is_k_rows(self):
        weights = rng.integers(0, 4, size=60)
        repeated, y = X.repeat(weights, axis=0), BINARY.repeat(weights)
        ours = MLPClassifier(shuffle=False, max_iter=20, random_state=0)
        expected = ours.fit(repeated, y).coefs_
        for one, other in zip(ours.fit(X, BINARY, weights).coefs_, expected, strict=True):
            assert_allclose(one, other, rtol=1e-6, atol=1e-6)


class Test06DivergenceEndsTraining:
    UNSTABLE = {
        "hidden_layer_sizes": (3,),
        "solver": "sgd",
        "learning_rate_init": 1e10,
        "n_iter_no_change": 3,
        "max_iter": 40,
        "random_state": 0,
    }

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")
    def test_at_the_first_epoch_without_a_finite_loss(self, capsys):
        theirs, ours = both("MLPRegressor", verbose=True, **self.UNSTABLE)
        with pytest.raises(ValueError, match="non-finite parameter weights"):
            theirs.fit(X, SCORES[:, 0])
        # Not being a number is no improvement either, and yet patience never ran out.
        assert capsys.readouterr().out.count("loss = nan") > 30
        with pytest.raises(
            ValueError, match=r"diverged in epoch \d, at learning rate 1e\+10.* in X and .* in y"
        ):
            ours.fit(X, SCORES[:, 0])
        assert "nan" not in capsys.readouterr().out

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")
    def test_early_stopping_keeps_the_best_weights_and_says_so(self):
        theirs, ours = both("MLPRegressor", early_stopping=True, **self.UNSTABLE)
        # The one sign there is: every epoch was walked, and most of them had no loss.
        assert np.isnan(theirs.fit(X, BINARY).loss_curve_).sum() > 30
        with pytest.warns(UserWarning, match="diverged in epoch .* The best weights so far"):
            ours.fit(X, BINARY)
        assert np.isfinite(ours.loss_curve_).all()
        for one, other in zip(ours.coefs_, theirs.coefs_, strict=True):
            assert_allclose(one, other, rtol=1e-6)


class Test07ParametersDoSomethingOrAreNamedInAWarning:
    @pytest.mark.parametrize("learning_rate", ["invscaling", "adaptive"])
    def test_schedules_with_adam(self, learning_rate):
        parameters = {"solver": "adam", "max_iter": 10, "n_iter_no_change": 1, "tol": 10.0}
        curves = [
            [
                model.set_params(learning_rate=name).fit(X, BINARY).loss_curve_
                for name in ("constant", learning_rate)
            ]
            for model in both("MLPClassifier", random_state=0, **parameters)
        ]
        (their_constant, their_curve), (our_constant, our_curve) = curves
        assert their_curve == their_constant
        assert our_curve != our_constant

    def test_early_stopping_with_lbfgs(self):
        # No warning from scikit-learn: here it would be an error.
        theirs, ours = both("MLPClassifier", solver="lbfgs", early_stopping=True, random_state=0)
        theirs.fit(X, BINARY)
        with pytest.warns(UserWarning, match="early_stopping is ignored with"):
            ours.fit(X, BINARY)


def test_08_lbfgs_keeps_float32_and_the_loss_curve():
    theirs, ours = both("MLPClassifier", solver="lbfgs", max_iter=10, random_state=0)
    for model in (theirs, ours):
        model.fit(X.astype(np.float32), BINARY)
    assert theirs.coefs_[0].dtype == np.float64
    assert ours.coefs_[0].dtype == np.float32
    assert not hasattr(theirs, "loss_curve_")
    assert len(ours.loss_curve_) == ours.n_iter_


def test_09_probabilities_of_one_class_have_one_column():
    theirs, ours = both("MLPClassifier", max_iter=2, random_state=0)
    for model, n_columns in ((theirs, 2), (ours, 1)):
        model.fit(X, np.full(60, "only"))
        assert model.classes_.tolist() == ["only"]
        assert model.predict_proba(X).shape == (60, n_columns)
    assert_array_equal(ours.predict_proba(X), 1.0)


class Test10PartialFitGoesOn:
    def test_with_the_learning_rate_as_it_is_now(self):
        for model, honours in zip(
            both("MLPClassifier", random_state=0), (False, True), strict=True
        ):
            model.partial_fit(X, BINARY, classes=[0, 1])
            before = model.coefs_[0].copy()
            model.set_params(learning_rate_init=1e-14).partial_fit(X, BINARY)
            assert np.allclose(model.coefs_[0], before, rtol=0, atol=1e-12) == honours

    @pytest.mark.parametrize("change", [{"hidden_layer_sizes": (7,)}, {"activation": "tanh"}])
    def test_but_not_as_another_network(self, change):
        theirs, ours = both("MLPClassifier", (5,), random_state=0)
        for model in (theirs, ours):
            model.partial_fit(X, BINARY, classes=[0, 1]).set_params(**change)
        assert theirs.partial_fit(X, BINARY).coefs_[0].shape == (4, 5)
        with pytest.raises(ValueError, match="another architecture"):
            ours.partial_fit(X, BINARY)

    def test_with_a_new_order_of_the_rows(self, monkeypatch):
        orders, shuffle = [], scikit_learn_module.shuffle

        def recorded(*args, **kwargs):
            orders.append(shuffle(*args, **kwargs).tolist())
            return orders[-1]

        monkeypatch.setattr(scikit_learn_module, "shuffle", recorded)
        parameters = {"batch_size": 10, "random_state": 0}
        theirs, ours = both("MLPClassifier", **parameters)
        for model in (theirs, ours):
            for _ in range(3):
                model.partial_fit(X, BINARY, classes=[0, 1])
        assert orders[1] == orders[2]
        # fit shuffles anew in every epoch, so a stream that repeats would lead elsewhere.
        _, at_once = both("MLPClassifier", max_iter=3, **parameters)
        assert ours.loss_curve_ == at_once.fit(X, BINARY).loss_curve_
        assert not np.allclose(theirs.loss_curve_, ours.loss_curve_, rtol=1e-6)


@pytest.mark.parametrize(
    ("solver", "unit"),
    [({"solver": "sgd", "momentum": 0.0}, 60), ({"solver": "adam"}, 1)],
    ids=["samples-for-sgd", "epochs-for-adam"],
)
def test_11_what_invscaling_counts(solver, unit):
    parameters = solver | FULL_BATCH | {"learning_rate_init": 0.1}
    theirs, ours = both("MLPClassifier", learning_rate="invscaling", max_iter=4, **parameters)
    for model in (theirs, ours):
        model.fit(X, BINARY)
    by_hand = MLPClassifier(**parameters)
    for epoch in range(4):
        by_hand.set_params(learning_rate_init=0.1 / (1 + unit * epoch) ** 0.5)
        by_hand.partial_fit(X, BINARY, classes=[0, 1])
    assert_allclose(ours.coefs_[0], by_hand.coefs_[0], rtol=1e-9)
    # With sgd this is scikit-learn's count too; with adam it does not look at the schedule.
    assert np.allclose(theirs.coefs_[0], ours.coefs_[0], rtol=1e-6) == (unit == 60)


def test_12_log_probabilities_stay_finite():
    theirs, ours = both("MLPClassifier", solver="lbfgs", max_iter=50, random_state=0)
    far = 1e6 * X
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert np.isneginf(theirs.fit(X, LABELS).predict_log_proba(far)).any()
    log_probabilities = ours.fit(X, LABELS).predict_log_proba(far)
    assert np.isfinite(log_probabilities).all()
    assert (log_probabilities < -1000).any()


class Test13RawScores:
    def test_decision_function(self):
        theirs, ours = both("MLPClassifier", max_iter=5, random_state=0)
        assert not hasattr(theirs.fit(X, BINARY), "decision_function")
        p = ours.fit(X, BINARY).predict_proba(X)[:, 1]
        assert_allclose(ours.decision_function(X), np.log(p / (1 - p)), rtol=1e-9, atol=1e-12)

    def test_calibration_sees_them(self):
        def input_of_the_calibrator(network):
            seen = []

            class Spy(type(network)):
                def predict_proba(self, X):
                    seen.append("probabilities")
                    return super().predict_proba(X)

            Spy.__name__ = type(network).__name__
            CalibratedClassifierCV(Spy(**network.get_params()), cv=2).fit(X, BINARY)
            return seen

        theirs, ours = both("MLPClassifier", max_iter=5, random_state=0)
        assert input_of_the_calibrator(theirs)
        assert not input_of_the_calibrator(ours)


def test_14_the_first_positional_argument_of_the_regressor():
    theirs, ours = both("MLPRegressor", "poisson")
    assert theirs.loss == "poisson"
    assert ours.hidden_layer_sizes == "poisson"
    theirs, ours = both("MLPClassifier", (5,), "tanh")
    assert ours.hidden_layer_sizes == theirs.hidden_layer_sizes == (5,)
    regressor = MLPRegressor((5,), "tanh")
    assert (regressor.hidden_layer_sizes, regressor.activation) == ((5,), "tanh")


def test_15_the_log_loss_is_not_clipped():
    # One row, so far on the wrong side that its probability underflows.
    theirs, ours = both(
        "MLPClassifier", (), solver="sgd", learning_rate_init=1e-300, alpha=0.0, random_state=0
    )
    data, labels = np.array([[1e4], [-1e4]]), np.array([0, 1])
    for model in (theirs, ours):
        model.partial_fit(data, labels, classes=[0, 1])
        wrong = labels if model.coefs_[0][0, 0] < 0 else 1 - labels
        model.partial_fit(data, 1 - wrong)
    scores = ours.decision_function(data)
    margin = np.logaddexp(0, scores) - (1 - wrong) * scores
    assert margin.min() > 700
    assert ours.loss_ == pytest.approx(margin.mean(), rel=1e-12)
    assert theirs.loss_ < 37


class ClippedLogLoss:
    """scikit-learn's: of probabilities clipped to [ε, 1 - ε], with the gradient left as it is."""

    def values_and_gradient(self, scores, y):
        binary = scores.shape[1] == 1
        probabilities = expit(scores) if binary else softmax(scores, axis=1)
        epsilon = np.finfo(probabilities.dtype).eps
        clipped = np.clip(probabilities, epsilon, 1 - epsilon)
        values = -xlogy(y, clipped).sum(axis=1)
        if binary:
            values -= xlogy(1 - y, 1 - clipped).sum(axis=1)
        scores[...] = probabilities - y
        return values


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_15_line_searches_of_lbfgs_meet_the_clip_on_ordinary_data(kind):
    n_parted = 0
    for seed in range(12):
        generator = np.random.default_rng(seed)
        data = generator.normal(size=(45, 4))
        scores = data @ generator.normal(size=(4, 3)) + 0.5 * generator.normal(size=(45, 3))
        y = scores.argmax(axis=1) if kind == "multiclass" else (scores[:, 0] > 0).astype(int)
        parameters = {"solver": "lbfgs", "max_iter": 20, "random_state": 0}
        theirs, ours = both("MLPClassifier", (8, 5), **parameters)
        theirs.fit(data, y)
        # Every difference there is, is the clip's: with it we are as they are.
        clipped = MLPClassifier((8, 5), loss=ClippedLogLoss(), **parameters).fit(data, y)
        assert_close_weights(clipped, theirs, rtol=1e-6, atol=1e-6)
        n_parted += np.abs(ours.fit(data, y).coefs_[0] - theirs.coefs_[0]).max() > 1e-6
    assert 0 < n_parted < 12


def test_16_a_warm_fit_goes_on_with_moments_and_shuffles():
    def walk(model):
        model.set_params(warm_start=True, max_iter=1, learning_rate_init=0.01)
        for _ in range(5):
            model.fit(X, BINARY)
        return model.coefs_[0]

    theirs, ours = both("MLPClassifier", (5,), batch_size=20, random_state=0)
    _, at_once = both(
        "MLPClassifier", (5,), batch_size=20, random_state=0, max_iter=5, learning_rate_init=0.01
    )
    at_once.fit(X, BINARY)
    assert_array_equal(walk(ours), at_once.coefs_[0])
    assert np.abs(walk(theirs) - at_once.coefs_[0]).max() > 1e-3


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # theirs: overflows
def test_17_lbfgs_does_not_give_up_on_a_slope():
    data, y = load_diabetes(return_X_y=True)
    parameters = {"loss": "poisson", "solver": "lbfgs", "random_state": 0, "max_iter": 1000}
    theirs, ours = both("MLPRegressor", hidden_layer_sizes=(20,), **parameters)
    theirs.fit(data, 1e4 * y)
    ours.fit(data, 1e4 * y)
    assert theirs.n_iter_ <= 2
    assert not theirs.loss_ < 2e5
    assert ours.n_iter_ > 50
    assert ours.loss_ < 1e5


def test_18_tol_none_never_stops_early():
    theirs, ours = both("MLPClassifier", tol=None, n_iter_no_change=1, max_iter=30, random_state=0)
    with pytest.raises(ValueError, match="tol"):
        theirs.fit(X, BINARY)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ours.set_params(learning_rate_init=0.1).fit(X, BINARY).n_iter_ == 30


def test_19_enormous_rows_are_refused():
    for name, y in (("MLPClassifier", LABELS), ("MLPRegressor", X[:, 0])):
        theirs, ours = both(name, hidden_layer_sizes=(), max_iter=5, random_state=0)
        for model in (theirs, ours):
            model.fit(X, y)
            model.coefs_[0] *= 100
        rows = 1e307 * np.sign(X[:5])
        with np.errstate(all="ignore"):
            method = "predict_proba" if name == "MLPClassifier" else "predict"
            assert not np.isfinite(getattr(theirs, method)(rows)).all()
        with pytest.raises(ValueError, match="X has values so large"):
            getattr(ours, method)(rows)


class Test20HeldOutRowsHaveAWeight:
    weight = np.where(np.arange(60) < 20, 1.0, 0.0)

    def test_of_the_networks(self, monkeypatch):
        watched = {}
        for module in (scikit_learn_module, _held_out):
            split = module.train_test_split

            def recording(*args, module=module, split=split, **kwargs):
                parts = split(*args, **kwargs)
                rows = parts[1] if module is _held_out else parts[3]
                watched[module] = rows
                return parts

            monkeypatch.setattr(module, "train_test_split", recording)
        theirs, ours = both("MLPRegressor", early_stopping=True, max_iter=2, random_state=0)
        theirs.fit(X, SCORES[:, 0], self.weight)
        known = dict(zip(SCORES[:, 0], self.weight, strict=True))
        assert 0.0 in {known[y] for y in np.ravel(watched[scikit_learn_module])}
        ours.fit(X, SCORES[:, 0], self.weight)
        assert len(watched[_held_out]) == 2
        assert self.weight[watched[_held_out]].all()

    def test_of_the_perceptron(self):
        y = np.where(np.arange(60) == 0, 2, BINARY)
        theirs, ours = (
            kind(early_stopping=True, max_iter=2, random_state=0)
            for kind in (Perceptron, skperceptron.PerceptronClassifier)
        )
        with pytest.raises(ValueError, match="least populated class"):
            theirs.fit(X, y)
        with pytest.warns(UserWarning, match="not stratified"):
            ours.fit(X, y)
        with pytest.raises(ValueError, match="test_size = 1"):
            theirs.fit(X[:8], BINARY[:8])
        with pytest.warns(UserWarning, match="too few to hold out"):
            ours.fit(X[:8], BINARY[:8])


class TestSmallerThings:
    def test_a_convergence_warning_that_is_an_error(self):
        theirs, ours = both("MLPClassifier", (5,), max_iter=1)
        for model in (theirs, ours):
            with warnings.catch_warnings():
                warnings.simplefilter("error", ConvergenceWarning)
                with pytest.raises(ConvergenceWarning):
                    model.fit(X, BINARY)
        assert hasattr(theirs, "coefs_")
        assert not hasattr(ours, "coefs_")

    def test_the_activation_is_the_fitted_one(self):
        theirs, ours = both("MLPClassifier", (5,), max_iter=1)
        for model, changes in ((theirs, True), (ours, False)):
            before = model.fit(X, BINARY).predict_proba(X)
            after = model.set_params(activation="tanh").predict_proba(X)
            assert (before != after).any() == changes

    def test_labels_of_an_array_of_objects(self):
        theirs, ours = both("MLPClassifier", (5,), max_iter=1)
        labels = np.array(["no", "yes"], object)[BINARY]
        assert theirs.fit(X, labels).classes_.dtype == ours.fit(X, labels).classes_.dtype == "U3"
        with pytest.raises(ValueError, match="Unknown label type"):
            theirs.fit(X, BINARY.astype(object))
        assert ours.fit(X, BINARY.astype(object)).classes_.dtype == int

    def test_labels_of_mixed_types(self):
        theirs, ours = both("MLPClassifier", (5,), max_iter=1)
        labels = [1, "a"] * (len(X) // 2) + [1] * (len(X) % 2)
        assert theirs.fit(X, labels).classes_.tolist() == ["1", "a"]
        with pytest.raises(ValueError, match="mixed types"):
            ours.fit(X, labels)

    def test_dates(self):
        theirs, ours = both("MLPClassifier", (5,), max_iter=1)
        dates = np.datetime64("2026-01-01", "ns") + np.zeros(X.shape, "m8[D]")
        theirs.fit(dates, BINARY)
        with pytest.raises(ValueError, match="X must be numbers, got dates"):
            ours.fit(dates, BINARY)

    def test_strings_that_say_numbers(self):
        theirs, ours = both("MLPClassifier", (5,), max_iter=1)
        theirs.fit(X.astype(str), BINARY)
        with pytest.raises(ValueError, match="not compatible with arrays of bytes/strings"):
            theirs.predict(X.astype(str))
        ours.fit(X.astype(str), BINARY).predict(X.astype(str))

    def test_where_a_warning_points(self):
        theirs, ours = both("MLPClassifier", (5,), max_iter=1)
        files = []
        for model in (theirs, ours):
            with pytest.warns(ConvergenceWarning) as caught:
                model.fit(X, BINARY)
            files.append(caught[0].filename)
        assert files[0] != __file__
        assert files[1] == __file__

    def test_data_too_small_to_split(self):
        theirs, ours = both("MLPClassifier", early_stopping=True, max_iter=2, random_state=0)
        with pytest.raises(ValueError, match="test_size = 1"):
            theirs.fit(X[:8], BINARY[:8])
        with pytest.warns(UserWarning, match="too few to hold out"):
            ours.fit(X[:8], BINARY[:8])
        assert ours.validation_scores_ is None

    def test_negative_weights(self):
        theirs, ours = both("MLPClassifier", max_iter=2, random_state=0)
        weights = np.where(np.arange(60) < 10, -1.0, 1.0)
        theirs.fit(X, BINARY, weights)
        with pytest.raises(ValueError, match="Negative values"):
            ours.fit(X, BINARY, weights)

    def test_float32_networks_predict_in_float32(self):
        theirs, ours = both("MLPRegressor", max_iter=2, random_state=0)
        kinds = [m.fit(X.astype("f4"), BINARY).predict(X).dtype for m in (theirs, ours)]
        assert kinds == [np.float64, np.float32]

    def test_ctrl_c_under_lbfgs(self, monkeypatch):
        # Both minimise with the same function of scipy's.
        original, calls = scipy.optimize.minimize, []

        def minimize(fun, *args, **kwargs):
            def interrupted(*arguments):
                calls.append(None)
                if len(calls) == 5:
                    raise KeyboardInterrupt
                return fun(*arguments)

            calls.clear()
            return original(interrupted, *args, **kwargs)

        theirs, ours = both("MLPClassifier", solver="lbfgs", random_state=0)
        monkeypatch.setattr(scipy.optimize, "minimize", minimize)
        with pytest.raises(KeyboardInterrupt):
            theirs.fit(X, BINARY)
        monkeypatch.setattr("skperceptron._core.lbfgs.minimize", minimize)
        with pytest.warns(UserWarning, match="interrupted by user"):
            ours.fit(X, BINARY)
        assert 1 <= ours.n_iter_ < 5

    def test_a_call_that_raises_and_a_random_state(self):
        states = np.random.RandomState(0), np.random.RandomState(0)
        before = states[0].get_state()[1].copy()
        unstable = {"solver": "sgd", "learning_rate_init": 1e200, "batch_size": 10, "max_iter": 1}
        for name, state, moved in zip(
            (neural_network, skperceptron), states, (True, False), strict=True
        ):
            with pytest.raises(ValueError, match=r"non-finite|diverged"), np.errstate(all="ignore"):
                name.MLPRegressor(random_state=state, **unstable).fit(X, SCORES[:, 0])
            assert (state.get_state()[1] != before).any() == moved

    def test_edited_weights_and_the_best_ones(self):
        parameters = {"early_stopping": True, "warm_start": True, "learning_rate_init": 0.05}
        theirs, ours = both("MLPClassifier", (8,), max_iter=60, random_state=0, **parameters)
        for model, discards in ((theirs, True), (ours, False)):
            best = [w.copy() for w in model.fit(X, BINARY).coefs_]
            model.coefs_ = [np.zeros_like(w) for w in model.coefs_]
            model.set_params(max_iter=1, learning_rate_init=1e-9).fit(X, BINARY)
            assert all(map(np.array_equal, model.coefs_, best)) == discards

    def test_verbose_partial_fits_without_an_improvement(self, capsys):
        parameters = {"verbose": True, "tol": 10.0, "n_iter_no_change": 2, "random_state": 0}
        messages = []
        for model in both("MLPClassifier", (5,), **parameters):
            messages.append([])
            for _ in range(9):
                model.partial_fit(X, BINARY, classes=[0, 1])
                messages[-1].append("did not improve" in capsys.readouterr().out)
        first = [False, False, False, True]
        assert messages[0] == [*first, *[True] * 5]
        assert messages[1] == [*first, False, False, True, False, False]

    def test_indicators_that_are_not_0_and_1(self):
        theirs, ours = both("MLPClassifier", (5,), learning_rate_init=0.1, random_state=0)
        signs = np.where(SCORES > 0, 1, -1)
        assert (theirs.fit(X, signs).predict(X) == 1).all()
        with pytest.raises(ValueError, match="an indicator matrix has 0 and 1"):
            ours.fit(X, signs)
