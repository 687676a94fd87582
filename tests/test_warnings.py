"""Every warning points at the line that called into the package."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron._core.losses import SquaredError

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(int)


def interrupt(progress):
    raise KeyboardInterrupt


# What warns, by what the warning says.
CAUSES = {
    "is ignored with": {"max_fun": 7},
    "clipped": {"batch_size": 1000},
    "hasn't converged": {},
    "watches the training loss": {"early_stopping": True, "validation_fraction": 0.01},
    "lbfgs failed to converge": {"solver": "lbfgs"},
    "interrupted by user": {"learning_rate": interrupt},
}


class Subclass(MLPClassifier):
    """Of the user's: it has a signature and an ``__init__`` of its own, but no ``fit``."""

    def __init__(
        self,
        solver="adam",
        max_fun=15000,
        batch_size="auto",
        early_stopping=False,
        validation_fraction=0.1,
        learning_rate="constant",
        max_iter=2,
    ):
        super().__init__(
            solver=solver,
            max_fun=max_fun,
            batch_size=batch_size,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            learning_rate=learning_rate,
            max_iter=max_iter,
        )


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor, MLPAutoencoder, Subclass])
@pytest.mark.parametrize("message", CAUSES)
def test_fit(estimator, message):
    model = estimator(max_iter=2, **CAUSES[message])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, Y)
    assert any(message in str(warning.message) for warning in caught)
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor, MLPAutoencoder])
def test_partial_fit(estimator):
    model = estimator(max_fun=7, batch_size=1000)
    classes = {"classes": [0, 1]} if estimator is MLPClassifier else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.partial_fit(X, Y, **classes)
    assert len(caught) == 2
    assert {warning.filename for warning in caught} == {__file__}


def test_fit_transform():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        MLPAutoencoder((2,), max_iter=1, max_fun=7).fit_transform(X)
    assert len(caught) == 2
    assert {warning.filename for warning in caught} == {__file__}


def test_rows_that_can_not_be_stratified():
    with pytest.warns(UserWarning, match="not stratified") as caught:
        MLPClassifier(early_stopping=True, max_iter=200, tol=10, random_state=0).fit(
            X, np.arange(40) == 0
        )
    assert caught[0].filename == __file__


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_divergence_with_best_weights():
    model = MLPRegressor(solver="sgd", early_stopping=True, max_iter=2, random_state=0)
    model.set_params(warm_start=True).fit(X, X[:, 0])
    with pytest.warns(UserWarning, match="best weights so far are kept") as caught:
        model.set_params(learning_rate_init=1e200).fit(X, X[:, 0])
    assert caught[0].filename == __file__


def lines_of(call):
    """The messages of a call, which all have to point at this file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert {warning.filename for warning in caught} <= {__file__}
    return [str(warning.message) for warning in caught]


class TestTheLineIsTheCallersWhateverIsBetween:
    model = MLPClassifier(max_iter=2, max_fun=7, random_state=0)

    @pytest.mark.parametrize(
        "call",
        [
            lambda model: make_pipeline(StandardScaler(), model).fit(X, Y),
            lambda model: make_pipeline(make_pipeline(StandardScaler(), model)).fit(X, Y),
            lambda model: cross_val_score(model, X, Y, cv=2),
            lambda model: GridSearchCV(model, {"alpha": [1e-3]}, cv=2).fit(X, Y),
            lambda model: OneVsRestClassifier(model).fit(X, Y),
        ],
        ids=["pipeline", "nested", "validation", "search", "one against the rest"],
    )
    def test_of_scikit_learn(self, call):
        assert "max_fun is ignored with solver='adam'." in lines_of(lambda: call(clone(self.model)))

    def test_of_a_perceptron(self):
        pipeline = make_pipeline(StandardScaler(), PerceptronClassifier(max_iter=1))
        assert "before convergence" in lines_of(lambda: pipeline.fit(X, Y))[0]

    @pytest.mark.parametrize("model", [model, PerceptronClassifier(), MLPRegressor(max_iter=2)])
    def test_of_a_column(self, model):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            clone(model).fit(X, Y.reshape(-1, 1))
        (column,) = [warning for warning in caught if "column-vector y" in str(warning.message)]
        assert column.category is DataConversionWarning
        assert column.filename == __file__

    @pytest.mark.parametrize(
        "model",
        [model, PerceptronClassifier(), MLPRegressor(max_iter=2), MLPAutoencoder(max_iter=2)],
    )
    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
    @pytest.mark.filterwarnings("ignore:max_fun is ignored")
    def test_of_names_of_features(self, model):
        frame = pd.DataFrame(X, columns=["a", "b", "c"])
        by_array, by_frame = clone(model).fit(X, Y), clone(model).fit(frame, Y)
        calls = {
            "score": lambda model, data: model.score(data, Y),
            "partial_fit": lambda model, data: model.partial_fit(data, Y),
        }
        for name in ("predict", "predict_proba", "decision_function", "transform"):
            if hasattr(model, name):
                calls[name] = lambda model, data, name=name: getattr(model, name)(data)
        kind = type(model).__name__
        for name, call in calls.items():
            here = [m for m in lines_of(lambda: call(by_frame, X)) if "ignored" not in m]  # noqa: B023
            assert here == [
                f"X does not have valid feature names, but {kind} was fitted with feature names"
            ], name
            here = [m for m in lines_of(lambda: call(by_array, frame)) if "ignored" not in m]  # noqa: B023
            assert here == [f"X has feature names, but {kind} was fitted without feature names"], (
                name
            )
            assert not hasattr(by_array, "feature_names_in_")
        assert list(by_frame.feature_names_in_) == ["a", "b", "c"]


MANY = np.arange(40) % 30


class TestManyClasses:
    message = "could represent a regression problem"

    @pytest.mark.parametrize("make", [MLPClassifier, PerceptronClassifier])
    @pytest.mark.parametrize(
        "labels", [MANY, np.char.add("c", MANY.astype(str)), MANY.astype(object)]
    )
    def test_that_are_known_are_no_reason_to_warn(self, make, labels):
        model = make(max_iter=1, warm_start=True)
        classes = np.unique(labels)

        def walk():
            first = clone(model).partial_fit(X, labels, classes=classes)
            first.partial_fit(X, labels, classes=classes).partial_fit(X, labels)
            first.score(X, labels)
            first.set_params(class_weight=dict.fromkeys(classes.tolist(), 2.0))
            first.partial_fit(X, labels)

        assert not any(self.message in message for message in lines_of(walk))

    @pytest.mark.parametrize("make", [MLPClassifier, PerceptronClassifier])
    def test_that_fit_finds_are_one(self, make):
        model = make(max_iter=1, warm_start=True)
        messages = lines_of(lambda: model.fit(X, MANY))
        assert sum(self.message in message for message in messages) == 1
        again = lines_of(lambda: model.fit(X, MANY))
        assert not any(self.message in message for message in again)

    def test_to_validate_by_are_no_reason_to_warn(self):
        data, y = np.repeat(X, 3, axis=0), np.repeat(MANY, 3)
        model = MLPClassifier(max_iter=1, early_stopping=True)
        for scoring in (None, "balanced_accuracy"):
            model.set_params(scoring=scoring)
            messages = lines_of(lambda: model.fit(data, y, X_val=X, y_val=MANY))
            assert not any(self.message in message for message in messages)


class TestParametersWithoutEffect:
    CASES = [
        (MLPRegressor, {"quantile": 0.9}, "quantile is ignored with loss='squared_error'."),
        (MLPRegressor, {"huber_epsilon": 2}, "huber_epsilon is ignored with loss='squared_error'."),
        (
            MLPRegressor,
            {"quantile": 0.9, "huber_epsilon": 2.0, "loss": "huber"},
            "quantile is ignored with loss='huber'.",
        ),
        (
            MLPRegressor,
            {"quantile": 0.9, "loss": SquaredError()},
            "quantile is ignored with loss=<SquaredError>.",
        ),
        (
            MLPRegressor,
            {"quantile": 0.9, "huber_epsilon": 2.0},
            "huber_epsilon, quantile are ignored with loss='squared_error'.",
        ),
        (MLPClassifier, {"focal_gamma": 1.0}, "focal_gamma is ignored with loss='log_loss'."),
        (
            MLPClassifier,
            {"scoring": "balanced_accuracy"},
            "scoring is ignored with early_stopping=False.",
        ),
        (MLPAutoencoder, {"scoring": "loss"}, "scoring is ignored with early_stopping=False."),
        (
            MLPClassifier,
            {"scoring": "loss", "solver": "lbfgs"},
            "scoring is ignored with solver='lbfgs'.",
        ),
        (
            MLPClassifier,
            {"learning_rate_decay": 0.5, "learning_rate_step": 3, "learning_rate": "exponential"},
            "learning_rate_step is ignored with learning_rate='exponential'.",
        ),
        (
            MLPClassifier,
            {"learning_rate_min": 1e-5, "learning_rate": lambda epoch: 0.1},
            "learning_rate_min is ignored with learning_rate=<function>.",
        ),
        (MLPClassifier, {"max_norm_order": 1}, "max_norm_order is ignored with max_norm=None."),
    ]

    @pytest.mark.parametrize(("make", "parameters", "expected"), CASES)
    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
    def test_are_named_once(self, make, parameters, expected):
        model = make(max_iter=1, **parameters)
        messages = [m for m in lines_of(lambda: model.fit(X, Y)) if "ignored" in m]
        assert messages == [expected]

    @pytest.mark.parametrize(
        ("make", "parameters"),
        [
            (MLPRegressor, {"quantile": 0.9, "loss": "quantile"}),
            (MLPRegressor, {"huber_epsilon": 0.9, "loss": "huber"}),
            (MLPClassifier, {"focal_gamma": 1.0, "loss": "focal"}),
            (MLPClassifier, {"scoring": "loss", "early_stopping": True}),
            (MLPClassifier, {"max_norm": 1.0, "max_norm_order": 1}),
            # The end of a path of penalties.
            (MLPClassifier, {"alpha": 0, "l1_ratio": 1.0}),
            # One of several sizes that are searched.
            (MLPClassifier, {"hidden_layer_sizes": (), "dropout": 0.5, "batch_norm": True}),
            # scikit-learn's own, which it says nothing of.
            (MLPClassifier, {"validation_fraction": 0.5, "power_t": 0.1, "activation": "tanh"}),
            (PerceptronClassifier, {"alpha": 1.0, "l1_ratio": 0.5, "validation_fraction": 0.5}),
        ],
    )
    def test_are_not_those_that_have_one(self, make, parameters):
        model = make(max_iter=1, **parameters)
        assert not [m for m in lines_of(lambda: model.fit(X, Y)) if "ignored" in m]

    def test_may_be_anything_that_does_not_compare(self):
        class Scorer:
            def __call__(self, estimator, X, y):
                return 0.0

            def __eq__(self, other):
                raise RuntimeError

            __hash__ = None

        model = MLPClassifier(max_iter=1, scoring=Scorer())
        assert "scoring is ignored with early_stopping=False." in lines_of(lambda: model.fit(X, Y))
