"""What the long run has found, each under a name that says what was wrong."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from fuzz_cases import Call, Case, Table
from fuzz_machine import Session
from skperceptron import MLPRegressor, PerceptronClassifier

PLAIN = Table()


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("table", "name"),
    [
        (Table(target="cube"), "y"),
        (Table(target="short"), "y"),
        (Table(rows=1, target="short"), "y"),
        (Table(target="none"), "y"),
        (Table(target="nan"), "y"),
        (Table(form="series of one column"), "X"),
        (Table(values="nan"), "X"),
        (Table(weight="zeros"), "sample_weight"),
        (Table(weight="short"), "sample_weight"),
    ],
    ids=str,
)
def test_errors_of_the_perceptron_named_no_argument(method, table, name):
    session = Session(Case("PerceptronClassifier", {}, (table, PLAIN), ()))
    X, y, weight = session.data(table)
    classes = {"classes": [0, 1, 2]} if method == "partial_fit" else {}
    outcome = session.attempt(method, X, y, sample_weight=weight, **classes)
    assert name in str(outcome.error)


def test_weights_of_zero_for_the_validation_rows_were_called_sample_weights():
    X = np.arange(12.0).reshape(6, 2)
    for weight in (np.zeros(6), np.zeros(6, np.float32)):
        with pytest.raises(ValueError, match=r"\bsample_weight_val\b"):
            MLPRegressor((2,)).fit(X, X[:, 0], X_val=X, y_val=X[:, 0], sample_weight_val=weight)


def test_the_score_of_enormous_predictions_warned_of_an_overflow():
    X = np.arange(12.0).reshape(6, 2)
    model = MLPRegressor((), random_state=0, max_iter=300, tol=1e9).fit(X, X[:, 0])
    model.coefs_[0][...] = 1e200
    assert np.isfinite(model.predict(X)).all()
    assert model.score(X, X[:, 0]) == -np.inf  # warnings are errors here


class TestWeightsOfThePerceptronThatWereSetToAList:
    @pytest.fixture
    def model(self):
        return PerceptronClassifier(random_state=0).fit(np.eye(6), np.arange(6) % 2)

    def test_could_not_predict(self, model):
        expected = model.predict(np.eye(6))
        model.coef_ = model.coef_.tolist()
        np.testing.assert_array_equal(model.predict(np.eye(6)), expected)

    def test_could_not_go_on(self, model):
        model.coef_ = (2 * model.coef_).tolist()
        model.set_params(eta0=1e-9).partial_fit(np.eye(6), np.arange(6) % 2)

    @pytest.mark.parametrize("shape", [(1, 5), (2, 6), (6,)])
    def test_or_to_another_shape_were_not_named(self, model, shape):
        model.coef_ = np.ones(shape)
        for call in (model.predict, lambda X: model.partial_fit(X, np.arange(6) % 2)):
            with pytest.raises(ValueError, match=r"coef_ must have the shape \(1, 6\)"):
                call(np.eye(6))


@pytest.mark.parametrize("attribute", ["coef_", "intercept_"])
def test_weights_of_the_perceptron_that_are_no_numbers_were_not_named(attribute):
    model = PerceptronClassifier(random_state=0).fit(np.eye(6), np.arange(6) % 2)
    setattr(model, attribute, getattr(model, attribute).astype(str))
    with pytest.raises(ValueError, match=rf"\b{attribute} must be an array of numbers"):
        model.predict(np.eye(6))


def test_a_sparse_intercept_of_the_perceptron_was_not_named():
    model = PerceptronClassifier(random_state=0).fit(np.eye(6), np.arange(6) % 2)
    model.intercept_ = csr_matrix(model.intercept_)
    with pytest.raises(ValueError, match=r"\bintercept_ must have the shape \(1,\)"):
        model.predict(np.eye(6))


class TestTheMachine:
    """It finds what is wrong, if something is."""

    CASE = Case("MLPClassifier", {}, (Table(target="two"), PLAIN), (Call("fit"), Call("predict")))

    def run(self):
        Session(self.CASE).run()

    def test_a_trace_of_a_failed_call(self, monkeypatch):
        session = Session(self.CASE)

        def fit(*arguments, **more):
            session.estimator.coefs_ = []
            raise ValueError("X")

        monkeypatch.setattr(type(session.estimator), "fit", fit)
        with pytest.raises(AssertionError, match="fit failed and left a trace"):
            session.run()

    @pytest.mark.parametrize(
        ("error", "match"),
        [(ValueError("no"), "names no argument"), (IndexError("X"), "IndexError")],
    )
    def test_an_error_that_is_not_as_promised(self, error, match, monkeypatch):
        def fit(*arguments, **more):
            raise error

        monkeypatch.setattr("skperceptron.MLPClassifier.fit", fit)
        with pytest.raises(AssertionError, match=match):
            self.run()

    def test_a_warning_of_numpy(self, monkeypatch):
        def fit(self, X, y, **more):
            np.array([1e308]) * 10

        monkeypatch.setattr("skperceptron.MLPClassifier.fit", fit)
        with pytest.raises(AssertionError, match="overflow"):
            self.run()

    @pytest.mark.parametrize(
        ("changed", "match"), [("X", "changed its data"), ("tol", "changed parameters")]
    )
    def test_what_the_user_has_given_is_changed(self, changed, match, monkeypatch):
        def fit(self, X, y, **more):
            if changed == "X":
                X[0, 0] += 1
            else:
                self.tol = 3

        monkeypatch.setattr("skperceptron.MLPClassifier.fit", fit)
        with pytest.raises(AssertionError, match=match):
            self.run()

    def test_outputs_that_are_no_numbers(self, monkeypatch):
        monkeypatch.setattr(
            "skperceptron.MLPClassifier.decision_function", lambda self, X: np.full(8, np.nan)
        )
        with pytest.raises(AssertionError, match="decision_function is not finite"):
            self.run()

    def test_probabilities_that_are_none(self, monkeypatch):
        monkeypatch.setattr(
            "skperceptron.MLPClassifier.predict_proba", lambda self, X: np.full((8, 2), 0.6)
        )
        with pytest.raises(AssertionError):
            self.run()
