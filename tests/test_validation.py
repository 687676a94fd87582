"""Rows that a network is judged on: what is watched, and a validation set of one's own."""

import copy
import functools
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    make_scorer,
    max_error,
    mean_squared_error,
)
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.marks import dense_and_csr
from helpers.unchanged import assert_refused
from helpers.weights import assert_same_weights
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DATA, LABELS = load_breast_cancer(return_X_y=True)
X, X_VAL, Y, Y_VAL = train_test_split(DATA, LABELS, random_state=0)
SCALER = StandardScaler().fit(X)
X, X_VAL = SCALER.transform(X), SCALER.transform(X_VAL)
WEIGHT_VAL = np.random.default_rng(0).uniform(0, 2, len(Y_VAL))


def classifier(**parameters):
    return MLPClassifier(**{"hidden_layer_sizes": 5, "max_iter": 8, "random_state": 0} | parameters)


class TestOwnData:
    def test_without_early_stopping_their_loss_is_recorded_and_nothing_else(self):
        plain = classifier().fit(X, Y)
        model = classifier().fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
        assert_same_weights(model, plain)
        assert model.loss_curve_ == plain.loss_curve_
        assert plain.validation_loss_curve_ is None
        assert model.validation_scores_ is None
        assert len(model.validation_loss_curve_) == 8
        expected = log_loss(Y_VAL, model.predict_proba(X_VAL))
        assert model.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-12)

    def test_lbfgs_records_it_too(self):
        model = classifier(solver="lbfgs").fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
        assert len(model.validation_loss_curve_) == len(model.loss_curve_) == 8
        expected = log_loss(Y_VAL, model.predict_proba(X_VAL))
        assert model.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-12)

    def test_weights_count(self):
        model = classifier().fit(X, Y, X_val=X_VAL, y_val=Y_VAL, sample_weight_val=WEIGHT_VAL)
        expected = log_loss(Y_VAL, model.predict_proba(X_VAL), sample_weight=WEIGHT_VAL)
        assert model.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-12)

    @dense_and_csr
    def test_early_stopping_watches_them_and_trains_on_all_rows(self, convert):
        model = classifier(early_stopping=True).fit(
            convert(X), Y, X_val=convert(X_VAL), y_val=Y_VAL
        )
        assert model.t_ == 8 * len(X)
        assert model.loss_curve_ == pytest.approx(classifier().fit(X, Y).loss_curve_, rel=1e-9)
        # The weights published are those of the best epoch, and so is the score.
        best = max(model.validation_scores_)
        assert model.score(convert(X_VAL), Y_VAL) == best == model.best_validation_score_

    def test_walking_in_portions_is_walking_at_once(self):
        data = {"X_val": X_VAL, "y_val": Y_VAL}
        at_once = classifier(early_stopping=True).fit(X, Y, **data)
        walked = classifier(early_stopping=True, warm_start=True, max_iter=1)
        for _ in range(8):
            walked.fit(X, Y, **data)
        assert_same_weights(walked, at_once)
        assert walked.validation_loss_curve_ == at_once.validation_loss_curve_
        assert walked.validation_scores_ == at_once.validation_scores_

    def test_regression(self):
        y, y_val = X[:, :2], X_VAL[:, :2]
        model = MLPRegressor(max_iter=5, random_state=0).fit(X, y, X_val=X_VAL, y_val=y_val)
        expected = ((model.predict(X_VAL) - y_val) ** 2).sum(axis=1).mean() / 2
        assert model.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-12)

    def test_a_data_frame_with_other_names(self):
        pandas = pytest.importorskip("pandas")
        names = [f"x{i}" for i in range(30)]
        frames = [pandas.DataFrame(data, columns=names) for data in (X, X_VAL)]
        model = classifier(early_stopping=True, scoring="f1", learning_rate_init=0.02).fit(
            frames[0], Y, X_val=frames[1], y_val=Y_VAL
        )
        assert model.score(frames[1], Y_VAL) > 0.8
        with pytest.raises(ValueError, match=r"X_val: .*feature names"):
            classifier().fit(frames[0], Y, X_val=frames[1].rename(columns=str.upper), y_val=Y_VAL)


def balanced(estimator, X, y, sample_weight=None):
    return balanced_accuracy_score(y, estimator.predict(X), sample_weight=sample_weight)


class TestScoring:
    @pytest.mark.parametrize("weight", [None, WEIGHT_VAL], ids=["plain", "weighted"])
    @pytest.mark.parametrize(
        ("scoring", "metric"),
        [
            ("balanced_accuracy", balanced),
            (balanced, balanced),
            (make_scorer(balanced_accuracy_score), balanced),
            (
                "neg_log_loss",
                lambda m, X, y, sample_weight=None: (
                    -log_loss(y, m.predict_proba(X), sample_weight=sample_weight)
                ),
            ),
        ],
        ids=["name", "function", "scorer", "probabilities"],
    )
    def test_a_scorer(self, scoring, metric, weight):
        data = {"X_val": X_VAL, "y_val": Y_VAL, "sample_weight_val": weight}
        model = classifier(early_stopping=True, scoring=scoring).fit(X, Y, **data)
        expected = metric(model, X_VAL, Y_VAL, sample_weight=weight)
        assert model.best_validation_score_ == pytest.approx(expected, rel=1e-12)
        assert max(model.validation_scores_) == model.best_validation_score_

    def test_the_loss(self):
        data = {"X_val": X_VAL, "y_val": Y_VAL}
        model = classifier(early_stopping=True, scoring="loss").fit(X, Y, **data)
        assert model.validation_scores_ == [-loss for loss in model.validation_loss_curve_]
        best = min(model.validation_loss_curve_)
        assert log_loss(Y_VAL, model.predict_proba(X_VAL)) == pytest.approx(best, rel=1e-12)

    def test_on_rows_split_off(self):
        model = classifier(early_stopping=True, scoring="loss").fit(X, Y)
        assert len(model.validation_loss_curve_) == 8
        regressor = MLPRegressor(
            early_stopping=True, scoring="neg_mean_squared_error", max_iter=5, random_state=0
        ).fit(X, X[:, 0])
        # ½ (y - s)² is the loss, and no penalty is in it.
        assert_allclose(
            regressor.validation_scores_,
            [-2 * loss for loss in regressor.validation_loss_curve_],
            rtol=1e-12,
        )

    def test_the_scorer_gets_an_estimator_of_its_own(self):
        seen = []

        def keep(estimator, X, y):
            seen.append(estimator)
            return -mean_squared_error(y, estimator.predict(X))

        model = MLPRegressor(early_stopping=True, scoring=keep, max_iter=3, random_state=0)
        model.fit(X, X[:, 0])
        # Once before training, to see whether it works, and after each epoch.
        assert len({id(estimator) for estimator in seen}) == 4
        predictions = [estimator.predict(X) for estimator in seen]
        assert (predictions[0] != predictions[1]).all()
        assert all(estimator is not model for estimator in seen)

    def test_a_scorer_that_fails_leaves_no_trace(self):
        def fail(estimator, X, y):
            raise RuntimeError("no score today")

        model = classifier(early_stopping=True, scoring=fail)
        with pytest.raises(RuntimeError, match="no score today"):
            model.fit(X, Y)
        assert not hasattr(model, "coefs_")

    def test_another_score_starts_a_new_record(self):
        model = classifier(early_stopping=True, warm_start=True).fit(X, Y)
        assert model.best_validation_score_ > 0
        model.set_params(scoring="loss").fit(X, Y)
        assert model.best_validation_score_ < 0


class TestThroughMetaEstimators:
    @pytest.fixture(autouse=True)
    def _routing(self):
        with config_context(enable_metadata_routing=True):
            yield

    def routed(self, **parameters):
        return classifier(**parameters).set_fit_request(X_val=True, y_val=True)

    def test_a_pipeline_routes_the_data_as_they_are(self):
        model = make_pipeline(StandardScaler(), self.routed())
        model.fit(DATA, LABELS, X_val=X_VAL, y_val=Y_VAL)
        direct = classifier().fit(
            StandardScaler().fit_transform(DATA), LABELS, X_val=X_VAL, y_val=Y_VAL
        )
        assert model[-1].validation_loss_curve_ == direct.validation_loss_curve_

    def test_a_pipeline_transforms_them_if_asked_to(self):
        raw, raw_val, y, y_val = train_test_split(DATA, LABELS, random_state=0)
        steps = [("scaler", StandardScaler()), ("mlp", self.routed())]
        model = Pipeline(steps, transform_input=["X_val"]).fit(raw, y, X_val=raw_val, y_val=y_val)
        direct = classifier().fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
        assert model[-1].validation_loss_curve_ == direct.validation_loss_curve_

    @pytest.mark.parametrize("n_rows", [100, len(X)], ids=["other length", "same length"])
    def test_a_search_passes_them_whole_unless_they_are_as_long_as_the_data(self, n_rows):
        X_val, y_val = np.resize(X_VAL, (n_rows, 30)), np.resize(Y_VAL, n_rows)
        search = GridSearchCV(
            self.routed(early_stopping=True, scoring=count_rows), {"alpha": [1e-4]}, cv=3,
            error_score="raise", refit=False,
        )  # fmt: skip
        seen.clear()
        search.fit(X, Y, X_val=X_val, y_val=y_val)
        # scikit-learn takes whatever has one row per row of X for something to slice.
        n_train = len(X) * 2 // 3
        assert set(seen) == {n_train} if n_rows == len(X) else {100}


seen = []


def count_rows(estimator, X, y):
    seen.append(len(X))
    return 1.0


def accuracy(estimator, X, y):
    """A scorer that knows no weights."""
    return float((estimator.predict(X) == y).mean())


class TestScorersAndWeights:
    @pytest.mark.parametrize(
        ("scoring", "metric"),
        [
            (accuracy, accuracy),
            (make_scorer(max_error), lambda m, X, y: max_error(y, m.predict(X))),
        ],
        ids=["function", "scorer"],
    )
    @pytest.mark.parametrize("weights", ["sample_weight_val", "class_weight"])
    def test_one_that_takes_no_weights_is_given_none(self, scoring, metric, weights):
        model = classifier(early_stopping=True, scoring=scoring)
        if weights == "class_weight":
            model.set_params(class_weight="balanced").fit(X, Y)
            assert len(model.validation_scores_) == 8
        else:
            model.fit(X, Y, X_val=X_VAL, y_val=Y_VAL, sample_weight_val=WEIGHT_VAL)
            assert model.best_validation_score_ == metric(model, X_VAL, Y_VAL)

    def test_class_weights_go_with_the_rows_split_off_and_not_with_rows_of_ones_own(self):
        # As in scikit-learn's HistGradientBoostingClassifier.
        seen = []

        def note(estimator, X, y, sample_weight=None):
            seen.append((y, sample_weight))
            return 1.0

        model = classifier(early_stopping=True, scoring=note, class_weight={0: 5}, max_iter=1)
        model.fit(X, Y)
        model.fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
        # The first of each is of before training.
        _, (y, weight), _, (_, own_weight) = seen
        assert_array_equal(weight, np.where(y == 0, 5, 1))
        assert own_weight is None


def test_labels_are_smoothed_in_training_only():
    smooth = classifier(label_smoothing=0.3, early_stopping=True, scoring="loss")
    smooth.fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    losses = smooth.validation_loss_curve_
    assert log_loss(Y_VAL, smooth.predict_proba(X_VAL)) == pytest.approx(min(losses), rel=1e-12)
    assert smooth.validation_scores_ == [-loss for loss in losses]


class TestTheRecord:
    """The best score so far, and what starts a new one."""

    DATA = {"X_val": X_VAL, "y_val": Y_VAL, "sample_weight_val": WEIGHT_VAL}

    def fitted(self, scoring, **data):
        model = classifier(early_stopping=True, warm_start=True, scoring=scoring, max_iter=3)
        return model.fit(X, Y, **data)

    @staticmethod
    def best_of_the_last_call(model):
        return max(model.validation_scores_[-3:])

    def test_a_scorer_of_the_same_class_or_name_is_another_one(self):
        for first, second in (
            (lambda m, X, y: 2.0, lambda m, X, y: 1.0),
            (
                make_scorer(balanced_accuracy_score),
                make_scorer(log_loss, greater_is_better=False, response_method="predict_proba"),
            ),
        ):
            model = self.fitted(first)
            model.set_params(scoring=second).fit(X, Y)
            assert model.best_validation_score_ == self.best_of_the_last_call(model)

    @pytest.mark.parametrize("again", ["as it is", "copied", "pickled"])
    @pytest.mark.parametrize(
        "scoring", [make_scorer(balanced_accuracy_score), functools.partial(balanced), "loss"]
    )
    def test_the_same_scorer_goes_on(self, scoring, again):
        at_once = self.fitted(scoring, **self.DATA)
        at_once.set_params(max_iter=6, warm_start=False).fit(X, Y, **self.DATA)
        model = self.fitted(scoring, **self.DATA)
        if again == "copied":
            model = copy.deepcopy(model)
        elif again == "pickled":
            model = pickle.loads(pickle.dumps(model))
        # Equal data are the same data.
        model.fit(X, Y, **{name: values.copy() for name, values in self.DATA.items()})
        assert model.best_validation_score_ == at_once.best_validation_score_
        assert model._training_state.n_no_improvement == at_once._training_state.n_no_improvement
        assert_same_weights(model, at_once)

    @pytest.mark.parametrize("name", DATA)
    @dense_and_csr
    def test_other_data_start_a_new_one(self, name, convert):
        data = self.DATA | {"X_val": convert(X_VAL)}
        model = self.fitted("loss", **data)
        model._training_state.best = -1e9  # not to be reached again
        model.fit(X, Y, **data)
        assert model.best_validation_score_ == 1e9
        change = {"X_val": convert(1.01 * X_VAL), "y_val": 1 - Y_VAL, "sample_weight_val": None}
        model.fit(X, Y, **data | {name: change[name]})
        assert model.best_validation_score_ == self.best_of_the_last_call(model)


def test_cloning_keeps_scoring():
    assert clone(classifier(scoring=balanced)).scoring is balanced


def never(progress):
    raise AssertionError("no step is to be made")


class TestAScoringThatCanNotBeServed:
    """The untrained network is scored once, before any work."""

    @pytest.mark.parametrize(
        ("make", "parameters", "y", "match"),
        [
            (MLPRegressor, {"scoring": "roc_auc"}, X[:, 0], "scoring='roc_auc' can't be served"),
            (MLPRegressor, {"scoring": "accuracy"}, X[:, 0], "scoring='accuracy' can't be served"),
            (
                MLPRegressor,
                {"scoring": "neg_mean_poisson_deviance"},
                np.abs(X[:, 0]) + 1,
                "scoring='neg_mean_poisson_deviance' can't be served",
            ),
            (
                MLPClassifier,
                {"scoring": "neg_log_loss", "loss": "hinge"},
                Y,
                "scoring='neg_log_loss' can't be served, .*predict_proba",
            ),
            (MLPClassifier, {"scoring": "f1"}, np.arange(len(X)) % 3, "scoring='f1' .*multiclass"),
            (MLPClassifier, {"scoring": "roc_auc"}, np.arange(len(X)) % 3, "scoring='roc_auc'"),
            (MLPClassifier, {"scoring": "f1"}, (X > 0).astype(int), "scoring='f1' .*multilabel"),
            (
                MLPClassifier,
                {"scoring": lambda estimator: 1.0},
                Y,
                "scoring can't be served, .*take",
            ),
            (MLPClassifier, {"scoring": lambda estimator, X, y: None}, Y, "scoring must return a"),
            (
                MLPClassifier,
                {"scoring": lambda estimator, X, y: 10**400},
                Y,
                "must return a number",
            ),
            (
                MLPClassifier,
                {"scoring": lambda estimator, X, y: np.nan},
                Y,
                r"scoring has no value",
            ),
            (MLPClassifier, {"scoring": max}, Y, "scoring"),
            (MLPClassifier, {"scoring": accuracy_score}, Y, "scoring"),
            (
                MLPAutoencoder,
                {"scoring": lambda estimator, X, y: X[0, 99]},
                None,
                "scoring can't be",
            ),
        ],
    )
    @pytest.mark.parametrize("fitted", [False, True])
    def test_is_refused_before_any_work(self, make, parameters, y, match, fitted):
        stream = np.random.RandomState(0)
        others = {name: value for name, value in parameters.items() if name != "scoring"}
        model = make(early_stopping=True, max_iter=2, random_state=stream, **others)
        if fitted:
            model.fit(X, y)
        model.set_params(**parameters, learning_rate=never, warm_start=fitted)
        assert_refused(model, lambda model: model.fit(X, y), match)

    def test_is_one_that_has_no_value_for_the_rows(self):
        # Newer versions of scikit-learn have no area where there is one class, older ones an error.
        model = classifier(early_stopping=True, scoring="roc_auc")
        one = np.flatnonzero(Y == 1)
        with pytest.raises(ValueError, match=r"scoring='roc_auc' (has no value|can't be served)"):
            model.fit(X, Y, X_val=X[one], y_val=Y[one])
        assert model.fit(X, Y, X_val=X, y_val=Y).best_validation_score_ > 0.5

    def test_is_found_with_the_weights_of_now(self):
        seen = []

        def note(estimator, X, y):
            seen.append(estimator.coefs_[0])
            return 0.0

        model = classifier(early_stopping=True, scoring=note, warm_start=True, max_iter=2)
        last = model.fit(X, Y)._training_state.theta.copy()
        del seen[:]
        model.fit(X, Y)
        assert_array_equal(seen[0].ravel(), last[: seen[0].size])

    @pytest.mark.parametrize(
        "parameters",
        [{}, {"batch_norm": True}, {"dropout": 0.3}, {"solver": "sgd", "batch_size": 7}],
        ids=str,
    )
    def test_the_first_try_leaves_no_trace(self, parameters):
        def drawing(estimator, X, y):
            np.random.random(7)  # noqa: NPY002
            return estimator.score(X, y)

        settings = {"early_stopping": True, "max_iter": 3, **parameters}
        silent = classifier(**settings).fit(X, Y)
        for scoring in ("accuracy", drawing):
            model = classifier(scoring=scoring, **settings).fit(X, Y)
            assert_array_equal(model.coefs_[0], silent.coefs_[0])
            assert model.validation_scores_ == silent.validation_scores_
            assert model.loss_curve_ == silent.loss_curve_

    def test_the_first_try_takes_nothing_from_the_stream_of_all(self):
        def drawing(estimator, X, y):
            tries.append(np.random.random())  # noqa: NPY002
            return 0.0

        tries: list[float] = []
        model = classifier(early_stopping=True, scoring=drawing, max_iter=1, random_state=0)
        np.random.seed(3)  # noqa: NPY002
        model.fit(X, Y)
        # The first try, and the end of the epoch.
        assert tries[0] == tries[1]
        assert len(tries) == 2

    def test_needs_no_early_stopping_to_be_left_alone(self):
        with pytest.warns(UserWarning, match="scoring is ignored"):
            classifier(scoring="roc_auc", loss="hinge", max_iter=1).fit(X, Y)
