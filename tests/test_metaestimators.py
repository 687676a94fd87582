"""What scikit-learn builds on estimators can be built on these."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.feature_selection import RFE, SelectFromModel, SequentialFeatureSelector
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from skperceptron import MLPClassifier, MLPRegressor, PerceptronClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Only the first two features tell anything.
rng = np.random.default_rng(0)
X = rng.normal(size=(120, 5))
BINARY = np.where(X[:, 0] + X[:, 1] > 0, "yes", "no")
LABELS = np.array(["a", "b", "c"])[np.digitize(X[:, 0] - X[:, 1], [-0.8, 0.8])]
MULTILABEL = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int)
REAL = X[:, 0] + np.abs(X[:, 1])
OUTPUTS = np.column_stack([REAL, X[:, 0]])
WEIGHTS = rng.uniform(0.5, 2.0, 120)


def classifier(**parameters):
    defaults = {"hidden_layer_sizes": (10,), "learning_rate_init": 0.05, "max_iter": 40}
    return MLPClassifier(random_state=0, **defaults | parameters)


def regressor(**parameters):
    defaults = {"hidden_layer_sizes": (10,), "learning_rate_init": 0.05, "max_iter": 40}
    return MLPRegressor(random_state=0, **defaults | parameters)


def perceptron():
    return PerceptronClassifier(max_iter=20, random_state=0)


@pytest.mark.parametrize("y", [BINARY, LABELS], ids=["binary", "multiclass"])
@pytest.mark.parametrize(
    "build",
    [
        lambda: StackingClassifier([("mlp", classifier()), ("p", perceptron())], classifier()),
        lambda: StackingClassifier([("mlp", classifier())], LogisticRegression(), passthrough=True),
        lambda: BaggingClassifier(classifier(), n_estimators=4, random_state=0),
        lambda: BaggingClassifier(perceptron(), n_estimators=4, random_state=0),
        lambda: AdaBoostClassifier(classifier(), n_estimators=3, random_state=0),
        lambda: CalibratedClassifierCV(classifier(), cv=2),
        lambda: CalibratedClassifierCV(classifier(), method="isotonic", cv=2, ensemble=False),
        lambda: CalibratedClassifierCV(perceptron(), cv=2),
        lambda: OneVsOneClassifier(classifier()),
        lambda: OneVsRestClassifier(classifier()),
        lambda: OneVsOneClassifier(perceptron()),
        lambda: OutputCodeClassifier(classifier(), random_state=0),
        lambda: VotingClassifier([("mlp", classifier()), ("lr", LogisticRegression())]),
        lambda: VotingClassifier(
            [("mlp", classifier()), ("lr", LogisticRegression())], voting="soft"
        ),
        lambda: GridSearchCV(classifier(), {"alpha": [1e-4, 1.0]}, cv=2),
        lambda: RandomizedSearchCV(
            classifier(), {"dropout": [0.0, 0.2, 0.4]}, n_iter=2, cv=2, random_state=0
        ),
        lambda: make_pipeline(StandardScaler(), classifier(early_stopping=True)),
    ],
    ids=[
        "stacking",
        "stacking passthrough",
        "bagging",
        "bagging perceptron",
        "adaboost",
        "calibration sigmoid",
        "calibration isotonic",
        "calibration perceptron",
        "one vs one",
        "one vs rest",
        "one vs one perceptron",
        "output code",
        "voting hard",
        "voting soft",
        "grid search",
        "random search",
        "pipeline",
    ],
)
@pytest.mark.slow
def test_classifiers(build, y):
    model = build().fit(X, y)
    assert_array_equal(model.classes_, np.unique(y))
    # Far above the 0.5 of a coin and the 0.4 of the most frequent of three classes.
    assert model.score(X, y) > 0.8
    if hasattr(model, "predict_proba"):
        assert_allclose(model.predict_proba(X).sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("build", "y"),
    [
        (lambda: StackingRegressor([("mlp", regressor())], regressor()), REAL),
        (lambda: BaggingRegressor(regressor(), n_estimators=4, random_state=0), REAL),
        (lambda: VotingRegressor([("mlp", regressor()), ("ridge", Ridge())]), REAL),
        (lambda: MultiOutputRegressor(regressor()), OUTPUTS),
        (lambda: TransformedTargetRegressor(regressor(), transformer=StandardScaler()), 1e6 * REAL),
        (lambda: TransformedTargetRegressor(regressor(), transformer=StandardScaler()), OUTPUTS),
        (lambda: make_pipeline(StandardScaler(), regressor(solver="lbfgs", max_iter=30)), REAL),
    ],
    ids=["stacking", "bagging", "voting", "outputs", "transformed", "transformed outputs", "lbfgs"],
)
@pytest.mark.filterwarnings("ignore:learning_rate_init is ignored with solver='lbfgs'")
@pytest.mark.slow
def test_regressors(build, y):
    assert build().fit(X, y).score(X, y) > 0.7


@pytest.mark.parametrize("meta", [MultiOutputClassifier, ClassifierChain, OneVsRestClassifier])
@pytest.mark.parametrize("base", [classifier, perceptron])
@pytest.mark.slow
def test_several_labels(meta, base):
    model = meta(base()).fit(X, MULTILABEL)
    assert (model.predict(X) == MULTILABEL).mean() > 0.85


@pytest.mark.slow
def test_partial_fit_through_metaestimators():
    model = OneVsRestClassifier(classifier())
    outputs = MultiOutputRegressor(regressor())
    for _ in range(30):
        model.partial_fit(X, LABELS, classes=["a", "b", "c"])
        outputs.partial_fit(X, OUTPUTS)
    assert model.score(X, LABELS) > 0.8
    assert outputs.score(X, OUTPUTS) > 0.7
    assert not hasattr(OneVsRestClassifier(classifier(solver="lbfgs")), "partial_fit")


@pytest.mark.slow
def test_self_training_labels_the_rest():
    y = np.where(np.arange(120) % 3 == 0, BINARY == "yes", -1)
    model = SelfTrainingClassifier(classifier()).fit(X, y)
    assert (model.transduction_ != -1).sum() > 100
    assert model.score(X, BINARY == "yes") > 0.8


@pytest.mark.slow
def test_thresholds_are_tuned_on_probabilities():
    model = TunedThresholdClassifierCV(classifier(), scoring="balanced_accuracy", cv=2)
    model.fit(X, BINARY)
    assert 0 < model.best_threshold_ < 1
    assert model.score(X, BINARY) > 0.8


class TestModelSelection:
    @pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba", "decision_function"])
    @pytest.mark.parametrize(("y", "k"), [(BINARY, 2), (LABELS, 3)], ids=["binary", "multiclass"])
    def test_cross_val_predict(self, method, y, k):
        values = cross_val_predict(classifier(), X, y, cv=3, method=method)
        assert values.shape == ((120,) if method == "decision_function" and k == 2 else (120, k))
        predicted_codes = values > 0 if values.ndim == 1 else values.argmax(axis=1)
        assert (np.unique(y)[predicted_codes.astype(int)] == y).mean() > 0.75
        # Each row is predicted by the network that did not see it.
        by_hand = clone(classifier()).fit(*training_rows(y)[:2])
        rows = training_rows(y)[2]
        assert_allclose(getattr(by_hand, method)(X[rows]), values[rows], rtol=1e-12)

    def test_learning_curve_by_fits_and_by_partial_fits(self):
        sizes, fitted, _ = learning_curve(classifier(), X, LABELS, cv=2, train_sizes=[20, 40, 60])
        assert sizes.tolist() == [20, 40, 60]
        assert (fitted > 0.6).all()
        _, walked, _ = learning_curve(
            classifier(),
            X,
            LABELS,
            cv=2,
            train_sizes=[20, 40, 60],
            exploit_incremental_learning=True,
        )
        assert fitted.shape == walked.shape == (3, 2)
        # One pass over each new part of the rows is less than 40 passes over all of them.
        assert walked.mean() < fitted.mean()

    def test_validation_curve(self):
        train_scores, _ = validation_curve(
            classifier(), X, LABELS, param_name="alpha", param_range=[1e-4, 1e3], cv=2
        )
        assert train_scores[0].mean() > train_scores[1].mean() + 0.2

    def test_many_scorers_at_once(self):
        scores = cross_validate(
            classifier(), X, BINARY == "yes", cv=2, scoring=["roc_auc", "neg_log_loss", "f1"]
        )
        assert (scores["test_roc_auc"] > 0.8).all()
        assert (scores["test_neg_log_loss"] > -np.log(2)).all()
        assert (scores["test_f1"] > 0.7).all()

    def test_in_other_processes_the_numbers_are_the_same(self):
        grid = {"hidden_layer_sizes": [(5,), (5, 5)], "activation": ["tanh", "relu"]}
        here, there = (
            GridSearchCV(classifier(max_iter=5), grid, cv=2, n_jobs=n_jobs).fit(X, BINARY)
            for n_jobs in (None, 2)
        )
        name = "mean_test_score"
        assert_array_equal(here.cv_results_[name], there.cv_results_[name])


def training_rows(y):
    """The rows that the first of cross_val_predict's three networks sees, and those it does not."""
    train, test = next(StratifiedKFold(3).split(X, y))
    return X[train], y[train], test


@pytest.mark.slow
class TestInspection:
    @pytest.mark.parametrize(
        ("model", "y"),
        [(classifier(), BINARY), (regressor(), REAL), (perceptron(), BINARY)],
        ids=["classifier", "regressor", "perceptron"],
    )
    def test_permutation_importance_finds_the_features_that_count(self, model, y):
        result = permutation_importance(clone(model).fit(X, y), X, y, n_repeats=5, random_state=0)
        assert set(result.importances_mean.argsort()[-2:]) == {0, 1}

    @pytest.mark.parametrize("response_method", ["predict_proba", "decision_function"])
    def test_partial_dependence_of_a_classifier(self, response_method):
        model = classifier().fit(X, BINARY)
        result = partial_dependence(
            model, X, [0], response_method=response_method, grid_resolution=10, kind="average"
        )
        curve = result["average"][0]
        assert curve.shape == (10,)
        assert curve[-1] > curve[0]

    def test_partial_dependence_of_a_regressor(self):
        model = regressor(max_iter=200).fit(X, REAL)
        result = partial_dependence(model, X, [1], grid_resolution=21)
        curve = result["average"][0]
        # |x|: both ends are above the middle.
        assert curve[10] < min(curve[0], curve[-1])

    @pytest.mark.parametrize(
        ("model", "getter"),
        [
            (perceptron(), "auto"),  # by coef_
            (classifier(hidden_layer_sizes=()), lambda m: np.abs(m.coefs_[0]).sum(axis=1)),
        ],
        ids=["perceptron", "linear network"],
    )
    @pytest.mark.parametrize("selector", [RFE, SelectFromModel])
    def test_features_are_selected_by_their_weights(self, model, getter, selector):
        limit = (
            {"n_features_to_select": 2}
            if selector is RFE
            else {"max_features": 2, "threshold": -np.inf}
        )
        chosen = selector(clone(model), importance_getter=getter, **limit).fit(X, BINARY)
        assert chosen.get_support().tolist() == [True, True, False, False, False]

    def test_or_by_their_worth(self):
        model = SequentialFeatureSelector(classifier(max_iter=15), n_features_to_select=2, cv=2)
        assert model.fit(X, BINARY).get_support().tolist() == [True, True, False, False, False]


class TestFrames:
    FRAME = pd.DataFrame(X, columns=list("vwxyz")).assign(colour=np.where(X[:, 1] > 0, "r", "b"))

    @pytest.mark.parametrize("output", ["pandas", "polars", "default"])
    def test_pipeline_of_frames(self, output):
        columns = ColumnTransformer(
            [
                ("numbers", StandardScaler(), list("vwxyz")),
                ("colours", OneHotEncoder(sparse_output=False), ["colour"]),
            ],
            verbose_feature_names_out=False,
        )
        model = Pipeline([("columns", columns), ("mlp", classifier())])
        model.set_output(transform=output).fit(self.FRAME, BINARY)
        assert model.score(self.FRAME, BINARY) > 0.9
        if output == "default":
            assert not hasattr(model["mlp"], "feature_names_in_")
        else:
            names = [*"vwxyz", "colour_b", "colour_r"]
            assert model["mlp"].feature_names_in_.tolist() == names

    def test_sparse_columns(self):
        columns = ColumnTransformer(
            [("numbers", "passthrough", ["v"]), ("colours", OneHotEncoder(), ["colour"])],
            sparse_threshold=1.0,
        )
        model = make_pipeline(columns, classifier()).fit(self.FRAME, BINARY)
        assert model.score(self.FRAME, BINARY) > 0.7

    def test_y_of_a_frame(self):
        y = pd.Series(pd.Categorical(LABELS), index=self.FRAME.index[::-1])
        frame = self.FRAME[list("vwxyz")]
        assert_array_equal(
            classifier().fit(frame, y).predict(frame), classifier().fit(X, LABELS).predict(X)
        )


class TestMetadataRouting:
    @pytest.fixture(autouse=True)
    def routing(self):
        with config_context(enable_metadata_routing=True):
            yield

    @pytest.mark.parametrize(
        ("make", "y"), [(classifier, BINARY), (regressor, REAL)], ids=["classifier", "regressor"]
    )
    def test_sample_weight_reaches_the_network_in_a_pipeline(self, make, y):
        network = make().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, network).fit(X, y, sample_weight=WEIGHTS)
        scaled = StandardScaler().fit_transform(X)
        expected = make().fit(scaled, y, WEIGHTS)
        assert_array_equal(pipeline[-1].coefs_[0], expected.coefs_[0])
        assert not np.array_equal(expected.coefs_[0], make().fit(scaled, y).coefs_[0])
        assert pipeline.score(X, y, sample_weight=WEIGHTS) == expected.score(scaled, y, WEIGHTS)

    def test_sample_weight_reaches_the_networks_of_a_search(self):
        network = (
            classifier().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        )
        search = GridSearchCV(network, {"alpha": [1e-4, 1.0]}, cv=2)
        search.fit(X, BINARY, sample_weight=WEIGHTS)
        expected = classifier(**search.best_params_).fit(X, BINARY, WEIGHTS)
        assert_array_equal(search.best_estimator_.coefs_[0], expected.coefs_[0])

    def test_what_was_not_asked_for_is_refused(self):
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            GridSearchCV(classifier(), {"alpha": [1e-4]}).fit(X, BINARY, sample_weight=WEIGHTS)

    def test_partial_fit_takes_requests_too(self):
        network = classifier().set_partial_fit_request(sample_weight=True, classes=True)
        assert network.get_metadata_routing().partial_fit.requests == {
            "sample_weight": True,
            "classes": True,
        }
