"""Explanations: against finite differences, torch, SHAP, and what they must add up to."""

from __future__ import annotations

import pickle
import re
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.inspection import permutation_importance
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.marks import unconverged
from helpers.new_layers import ScaleSpec
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron._core.activations import HIDDEN_ACTIVATIONS
from skperceptron._gradients import quadrature
from skperceptron.inspection import input_gradients, integrated_gradients
from skperceptron.tabular import (
    TabularMLPClassifier,
    TabularMLPRegressor,
    TabularPreprocessor,
)
from skperceptron.tabular._attributions import Restored
from skperceptron.tabular._members import Scaling

pytestmark = unconverged

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 4))
SCORES = X @ rng.normal(size=(4, 3)) + 0.3 * rng.normal(size=(40, 3))
CLASSES = np.array(["ant", "bee", "cat"])[SCORES.argmax(axis=1)]
TWO = np.where(SCORES[:, 0] > 0, "yes", "no")
ROWS = rng.normal(size=(7, 4))  # to explain

ALL = list(HIDDEN_ACTIVATIONS)
SMOOTH = ["logistic", "tanh", "gelu", "silu", "mish", "softplus", "identity"]
every_activation = pytest.mark.parametrize("activation", ALL)


def network(kind, y=None, activation="tanh", **parameters):
    defaults = {"hidden_layer_sizes": (6, 5), "max_iter": 4, "tol": None, "random_state": 0}
    return kind(**defaults | {"activation": activation} | parameters).fit(X, y)


def differences(function, rows, step=1e-5):
    """Central differences of a function (n,) of rows, (n, n_features).

    Their error is about step² times the third derivative, and 1e-16 / step of the values.
    """
    columns = [step * unit for unit in np.eye(rows.shape[1])]
    return np.transpose([(function(rows + e) - function(rows - e)) / (2 * step) for e in columns])


# Both errors of the differences are below 1e-9 here, where values and derivatives are around 1.
assert_exact = partial(assert_allclose, rtol=1e-6, atol=1e-8)


def output(model, method="decision_function", column=0, sign=1.0):
    """A function of rows: one column of what a method returns."""

    def function(rows):
        if method == "reconstruction":
            values = model.inverse_transform(model.transform(rows))
        else:
            values = getattr(model, method)(rows)
        return sign * values.reshape(len(rows), -1)[:, column]

    return function


# Gradients against finite differences ----------------------------------------------------------


@every_activation
@pytest.mark.parametrize("batch_norm", [False, True])
def test_gradients_are_finite_differences_for_every_activation(activation, batch_norm):
    model = network(MLPRegressor, SCORES, activation, batch_norm=batch_norm)
    for target in range(3):
        expected = differences(output(model, "predict", target), ROWS)
        assert np.abs(expected).max() > 1e-3
        assert_exact(input_gradients(model, ROWS, target=target), expected)


CASES = {
    "scores of two classes": (MLPClassifier, TWO, {}, "decision_function", None, 0, 1),
    "scores of the second class": (MLPClassifier, TWO, {}, "decision_function", "yes", 0, 1),
    "scores of the first class": (MLPClassifier, TWO, {}, "decision_function", "no", 0, -1),
    "probabilities of two classes": (MLPClassifier, TWO, {}, "predict_proba", None, 1, 1),
    "probabilities of the first class": (MLPClassifier, TWO, {}, "predict_proba", "no", 0, 1),
    "scores of three classes": (MLPClassifier, CLASSES, {}, "decision_function", "bee", 1, 1),
    "probabilities of three classes": (MLPClassifier, CLASSES, {}, "predict_proba", "cat", 2, 1),
    "hinge": (MLPClassifier, CLASSES, {"loss": "hinge"}, "decision_function", "cat", 2, 1),
    "scores of labels": (MLPClassifier, (SCORES > 0) * 1, {}, "decision_function", 1, 1, 1),
    "probabilities of labels": (MLPClassifier, (SCORES > 0) * 1, {}, "predict_proba", 2, 2, 1),
    "numbers": (MLPRegressor, SCORES[:, 0], {}, "predict", None, 0, 1),
    "counts": (MLPRegressor, np.exp(SCORES[:, 0]), {"loss": "poisson"}, "predict", None, 0, 1),
    "positive numbers": (
        *(MLPRegressor, np.exp(SCORES[:, :2]), {"output_activation": "softplus"}),
        *("predict", 1, 1, 1),
    ),
    "no hidden layer": (MLPRegressor, SCORES, {"hidden_layer_sizes": ()}, "predict", 2, 2, 1),
    "codes": (MLPAutoencoder, None, {"hidden_layer_sizes": (6, 2, 6)}, "transform", 1, 1, 1),
    "codes with an activation": (
        *(MLPAutoencoder, None, {"hidden_layer_sizes": (3,), "activation": ["tanh"]}),
        *("transform", 2, 2, 1),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_finite_differences_for_every_output(case):
    kind, y, parameters, method, target, column, sign = CASES[case]
    model = network(kind, y, **parameters)
    expected = differences(output(model, method, column, sign), ROWS)
    assert np.abs(expected).max() > 1e-4
    found = input_gradients(model, ROWS, target=target, response_method=method)
    assert_exact(found, expected)
    if method != "predict_proba":
        assert_array_equal(found, input_gradients(model, ROWS, target=target))


def test_gradients_of_reconstructions_are_finite_differences():
    model = network(MLPAutoencoder, hidden_layer_sizes=(6, 2, 6), output_activation="softplus")
    found = input_gradients(model, ROWS, target=3, response_method="inverse_transform")
    assert_exact(found, differences(output(model, "reconstruction", 3), ROWS))


@pytest.mark.parametrize("y", [TWO, CLASSES], ids=["two classes", "three classes"])
def test_gradients_of_perceptrons_are_their_weights(y):
    model = PerceptronClassifier().fit(X, y)
    for target in model.classes_:
        expected = (
            model.coef_[0] * (1 if target == "yes" else -1)
            if len(model.coef_) == 1
            else model.coef_[model.classes_ == target][0]
        )
        found = input_gradients(model, ROWS, target=target)
        assert_array_equal(found, np.tile(expected, (7, 1)))
    assert_array_equal(found, input_gradients(model.sparsify(), ROWS, target=target))


def test_the_predicted_class_is_explained_if_no_other_is_asked_for():
    model = network(MLPClassifier, CLASSES)
    predicted = model.predict(ROWS)
    assert len(set(predicted)) > 1
    for explain in (input_gradients, integrated_gradients):
        of_each_row = explain(model, ROWS, target=predicted)
        assert_array_equal(explain(model, ROWS), of_each_row)
        for i, label in enumerate(predicted):
            assert_allclose(explain(model, ROWS[i : i + 1], target=label)[0], of_each_row[i])


def test_a_label_may_be_an_array_without_dimensions():
    model = network(MLPClassifier, CLASSES)
    expected = input_gradients(model, ROWS, target="bee")
    assert_array_equal(input_gradients(model, ROWS, target=np.array("bee")), expected)


def test_an_activation_of_the_users_is_differentiated():
    class Sine:
        saves = "input"

        def forward(self, z):
            np.sin(z, out=z)

        def backward(self, saved, delta):
            delta *= np.cos(saved)

    model = network(MLPRegressor, SCORES[:, 0], Sine())
    assert_exact(input_gradients(model, ROWS), differences(output(model, "predict"), ROWS))


def test_a_classifier_of_one_class_has_no_gradient():
    model = network(MLPClassifier, np.full(40, "yes"))
    for method in ("decision_function", "predict_proba"):
        assert not input_gradients(model, ROWS, response_method=method).any()
        assert not integrated_gradients(model, ROWS, response_method=method).any()


def test_weights_that_are_set_are_explained_before_a_fit():
    model = MLPRegressor((), random_state=0)
    model.coefs_, model.intercepts_ = [np.array([[1.0], [2.0]])], [np.array([3.0])]
    assert_array_equal(input_gradients(model, [[5.0, 6.0]]), [[1.0, 2.0]])


def test_many_rows_are_explained_block_by_block(monkeypatch):
    model = network(MLPClassifier, CLASSES)
    targets, origins = np.resize(model.classes_, 40), rng.normal(size=(40, 4))
    together = [
        input_gradients(model, X, target=targets),
        integrated_gradients(model, X, target=targets, baseline=origins),
    ]
    monkeypatch.setattr("skperceptron._predict.FEWEST_ROWS", 16)
    monkeypatch.setattr("skperceptron._predict.PREDICTION_BLOCK", 16)
    in_blocks = [
        input_gradients(model, X, target=targets),
        integrated_gradients(model, X, target=targets, baseline=origins),
    ]
    assert_allclose(together, in_blocks, rtol=1e-12)


# Kinds of X --------------------------------------------------------------------------------------


@pytest.mark.parametrize("convert", [sparse.csr_array, sparse.csr_matrix, sparse.csc_array])
def test_sparse_rows_are_explained_as_dense_ones(convert):
    model = network(MLPClassifier, CLASSES)
    rows = np.where(np.abs(ROWS) > 0.7, ROWS, 0)
    assert 0 < np.count_nonzero(rows) < rows.size
    found = input_gradients(model, convert(rows))
    assert_allclose(found, input_gradients(model, rows), rtol=1e-12)
    dense, attributions = (
        integrated_gradients(model, rows),
        integrated_gradients(model, convert(rows)),
    )
    assert sparse.issparse(attributions)
    assert attributions.nnz == np.count_nonzero(rows)
    assert_allclose(attributions.toarray(), dense, rtol=1e-12, atol=1e-15)
    for baseline in (np.ones(4), ROWS):
        found = integrated_gradients(model, convert(rows), baseline=baseline)
        expected = integrated_gradients(model, rows, baseline=baseline)
        assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    "kind", [MLPClassifier, MLPRegressor, MLPAutoencoder, PerceptronClassifier]
)
def test_single_precision_is_kept(kind):
    y = {MLPClassifier: TWO, PerceptronClassifier: TWO, MLPRegressor: SCORES[:, 0]}.get(kind)
    parameters = {} if kind is PerceptronClassifier else {"max_iter": 3, "random_state": 0}
    model = kind(**parameters).fit(X.astype(np.float32), y)
    exact = clone(model).fit(X, y)
    target = 0 if kind is MLPAutoencoder else None
    for explain in (input_gradients, integrated_gradients):
        found = explain(model, ROWS.astype(np.float32), target=target)
        assert found.dtype == np.float32
        # Training and explanation round to 2**-24 of values around 1, in some hundred operations.
        assert_allclose(found, explain(exact, ROWS, target=target), rtol=1e-2, atol=1e-4)


def test_data_frames_are_taken():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = MLPRegressor((5,), max_iter=3, random_state=0).fit(frame, SCORES[:, 0])
    rows = pd.DataFrame(ROWS, columns=list("abcd"))
    found = integrated_gradients(model, rows, baseline=frame.mean())
    model.__dict__.pop("feature_names_in_")
    expected = integrated_gradients(model, ROWS, baseline=X.mean(axis=0))
    assert_allclose(found, expected, rtol=1e-9, atol=1e-12)  # means may differ by rounding


def test_a_baseline_of_columns_in_another_order_is_refused():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = MLPRegressor((5,), max_iter=3, random_state=0).fit(frame, SCORES[:, 0])
    for baseline in (frame[list("badc")][:1], frame[list("badc")].mean(), frame.add_prefix("x")):
        with pytest.raises(ValueError, match=r"^baseline must have the columns that the estimator"):
            integrated_gradients(model, frame, baseline=baseline)
    expected = integrated_gradients(model, frame, baseline=X[0])
    for baseline in (frame[:1], frame.iloc[0], pd.Series(X[0]), pd.DataFrame(X[:1]), list(X[0])):
        assert_array_equal(integrated_gradients(model, frame, baseline=baseline), expected)


# Integrated gradients ----------------------------------------------------------------------------


def missing(model, n_steps, function, **kwargs):
    """Largest amount by which attributions do not add up to the difference of the outputs."""
    baseline = X[:1]
    attributions = integrated_gradients(model, ROWS, baseline=baseline, n_steps=n_steps, **kwargs)
    difference = function(ROWS) - function(np.tile(baseline, (7, 1)))
    assert np.abs(difference).max() > 0.01
    return np.abs(attributions.sum(axis=1) - difference).max()


@pytest.mark.parametrize("activation", SMOOTH)
def test_attributions_add_up_to_the_difference_of_the_outputs(activation):
    model = network(MLPRegressor, SCORES, activation, max_iter=50)
    # The rule converges faster than any power of the number of nodes: what is left is rounding.
    assert missing(model, 50, output(model, "predict", 1), target=1) < 1e-10


@pytest.mark.parametrize("case", CASES)
def test_attributions_of_every_output_add_up(case):
    kind, y, parameters, method, target, column, sign = CASES[case]
    model = network(kind, y, **parameters)
    function = output(model, method, column, sign)
    assert missing(model, 50, function, target=target, response_method=method) < 1e-10


def test_what_is_missing_of_the_sum_falls_with_the_number_of_steps():
    smooth = network(MLPClassifier, TWO, "tanh", max_iter=20)
    errors = [missing(smooth, n, output(smooth)) for n in (1, 2, 4, 8, 16, 32)]
    assert errors[0] > 0.1
    # The error for an analytic function falls faster than any power of the number of nodes, until
    # it is rounding.
    assert all(after < max(before / 3, 1e-12) for before, after in pairwise(errors))
    assert errors[4] < 1e-8
    kinked = network(MLPClassifier, TWO, "relu", max_iter=60, learning_rate_init=0.05)
    errors = [missing(kinked, n, output(kinked)) for n in (1, 300)]
    assert errors[0] > 1
    # A derivative that jumps is integrated with an error like 1 / n.
    assert errors[1] < errors[0] / 20


def test_attributions_of_linear_models_are_weights_times_differences():
    baseline = X.mean(axis=0)
    model = network(MLPRegressor, SCORES[:, 0], hidden_layer_sizes=())
    expected = (ROWS - baseline) * model.coefs_[0][:, 0]
    for n_steps in (1, 7):
        found = integrated_gradients(model, ROWS, baseline=baseline, n_steps=n_steps)
        assert_allclose(found, expected, rtol=1e-12)
    perceptron = PerceptronClassifier().fit(X, TWO)
    found = integrated_gradients(perceptron, ROWS, baseline=baseline)
    assert_allclose(found, (ROWS - baseline) * perceptron.coef_[0], rtol=1e-12)


def test_a_feature_that_does_not_differ_or_is_not_used_gets_nothing():
    model = network(MLPRegressor, SCORES[:, 0])
    model.coefs_[0][2] = 0
    rows = ROWS.copy()
    rows[:, 1] = X[0, 1]
    found = integrated_gradients(model, rows, baseline=X[0])
    assert not found[:, [1, 2]].any()
    assert found[:, [0, 3]].all()


def test_each_row_may_have_a_baseline():
    model = network(MLPClassifier, CLASSES)
    together = integrated_gradients(model, ROWS, baseline=X[:7], target="ant")
    for i, row in enumerate(together):
        alone = integrated_gradients(model, ROWS[i : i + 1], baseline=X[i], target="ant")
        assert_allclose(alone[0], row, rtol=1e-12)


def test_the_rule_integrates_polynomials_exactly():
    for n in (1, 2, 5, 50):
        nodes, weights = np.transpose(quadrature(n))
        degree = min(2 * n - 1, 40)
        assert_allclose(weights @ nodes**degree, 1 / (degree + 1), rtol=1e-12)
        assert ((nodes > 0) & (nodes < 1)).all()


# Against torch, whose tests a step of their own runs ---------------------------------------------


def torch_network(torch, model):
    """The same network in torch, from the weights."""
    known = {
        "relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "gelu": torch.nn.GELU,
        "silu": torch.nn.SiLU, "mish": torch.nn.Mish, "elu": torch.nn.ELU,
        "selu": torch.nn.SELU, "softplus": torch.nn.Softplus, "logistic": torch.nn.Sigmoid,
    }  # fmt: skip
    layers = []
    for weight, intercept in zip(model.coefs_, model.intercepts_, strict=True):
        layer = torch.nn.Linear(*weight.shape, dtype=torch.float64)
        layer.weight.data = torch.tensor(weight.T)
        layer.bias.data = torch.tensor(intercept)
        layers += [layer, known[model.activation]()]
    return torch.nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "silu", "mish", "elu", "selu"])
def test_gradients_are_those_of_torch(activation):
    torch = pytest.importorskip("torch")
    model = network(MLPClassifier, CLASSES, activation)
    rows = torch.tensor(ROWS, requires_grad=True)
    torch_network(torch, model)(rows)[:, 1].sum().backward()
    found = input_gradients(model, ROWS, target="bee")
    assert_allclose(found, rows.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_integrated_gradients_are_those_of_captum_with_torch(activation):
    torch = pytest.importorskip("torch")
    attr = pytest.importorskip("captum.attr")
    model = network(MLPClassifier, CLASSES, activation)
    rows, baseline = torch.tensor(ROWS), torch.tensor(X[:1])
    captum = attr.IntegratedGradients(torch_network(torch, model))
    for n_steps in (3, 50):
        expected = captum.attribute(rows, baseline, target=2, n_steps=n_steps)
        found = integrated_gradients(model, ROWS, baseline=X[0], target="cat", n_steps=n_steps)
        # captum's nodes and weights are rounded to float32.
        assert_allclose(found, expected.numpy(), rtol=1e-5, atol=1e-7)


def test_integrated_gradients_are_the_mean_of_gradients_of_torch():
    torch = pytest.importorskip("torch")
    model, n = network(MLPClassifier, CLASSES, "relu", max_iter=100), 20000
    equal = torch_network(torch, model)
    total = torch.zeros(7, 4, dtype=torch.float64)
    for t in ((np.arange(n) + 0.5) / n).reshape(100, -1):  # the midpoint rule
        line = X[:1] + t[:, None, None] * (ROWS - X[:1])
        points = torch.tensor(line.reshape(-1, 4), requires_grad=True)
        equal(points)[:, 2].sum().backward()
        total += points.grad.reshape(-1, 7, 4).sum(dim=0)
    found = integrated_gradients(model, ROWS, baseline=X[0], target="cat", n_steps=1000)
    # A jump of the derivative costs a rule at most one of its steps, here 2 / 1000 of the line.
    assert_allclose(found, (ROWS - X[0]) * (total / n).numpy(), atol=5e-3 * np.abs(found).max())
    assert np.abs(found).max() > 0.1


# Tables ------------------------------------------------------------------------------------------

TABLE = np.empty((60, 4), dtype=object)
TABLE[:, :2] = rng.normal(size=(60, 2))
TABLE[:, 2] = rng.choice(["red", "green", "blue"], size=60)
TABLE[:, 3] = rng.normal(size=60)
TABLE[rng.random(60) < 0.2, 3] = np.nan
NUMBERS = TABLE[:, 0].astype(float) + (TABLE[:, 2] == "red") + 0.1 * rng.normal(size=60)
LABELS = np.digitize(NUMBERS, [-0.3, 1])
ORIGIN = np.array([[0.0, 0.0, "green", 0.0]], dtype=object)
ON_TABLES = {
    "three classes": (TabularMLPClassifier, LABELS, {}, "predict_proba", 2, 2),
    "two classes": (TabularMLPClassifier, LABELS > 0, {}, "predict_proba", None, 1),
    "labels": (
        *(TabularMLPClassifier, np.c_[LABELS > 0, LABELS > 1] * 1, {}),
        *("predict_proba", 1, 1),
    ),
    "several networks": (
        *(TabularMLPClassifier, LABELS, {"n_estimators": 3, "effort": "balanced"}),
        *("predict_proba", 0, 0),
    ),
    "numbers": (TabularMLPRegressor, NUMBERS, {}, "predict", None, 0),
    "two columns of numbers": (TabularMLPRegressor, np.c_[NUMBERS, LABELS], {}, "predict", 1, 1),
    "normal": (TabularMLPRegressor, NUMBERS, {"loss": "gaussian"}, "predict", None, 0),
    "median": (TabularMLPRegressor, NUMBERS, {"quantiles": (0.9, 0.5, 0.1)}, "predict", None, 0),
    "quantile": (
        *(TabularMLPRegressor, NUMBERS, {"quantiles": (0.9, 0.5, 0.1)}),
        *("predict_quantiles", 0, 0),
    ),
}


@pytest.mark.parametrize("case", ON_TABLES)
@pytest.mark.slow
def test_attributions_of_tables_add_up(case):
    kind, y, parameters, method, target, column = ON_TABLES[case]
    model = kind(max_iter=8, random_state=0, **parameters).fit(TABLE, y)
    function = output(model, method, column)
    rows = TABLE[:30]
    found = integrated_gradients(
        model, rows, baseline=ORIGIN, target=target, response_method=method, n_steps=500
    )
    assert found.shape == rows.shape
    difference = function(rows) - function(ORIGIN)
    spread = np.abs(difference).max()
    assert spread > 0.05
    # Outputs beyond the range of the targets are cut off, and quantiles are sorted: both make the
    # derivative jump, which costs a thousandth for each jump.
    assert_allclose(found.sum(axis=1), difference, atol=0.01 * spread)


@pytest.fixture(scope="module")
def of_table():
    return TabularMLPClassifier(max_iter=8, random_state=0).fit(TABLE, LABELS)


def test_a_column_that_is_as_in_the_baseline_gets_nothing(of_table):
    rows = TABLE.copy()
    rows[:, 2], rows[:, 3] = "green", 0.0
    found = integrated_gradients(of_table, rows, baseline=ORIGIN, target=1, n_steps=5)
    assert not found[:, 2:].any()
    assert np.abs(found[:, :2]).max(axis=0).all()
    each = integrated_gradients(of_table, rows, baseline=rows, n_steps=5)
    assert not each.any()


def test_the_predicted_class_of_a_row_of_a_table_is_explained(of_table):
    found = integrated_gradients(of_table, TABLE, baseline=ORIGIN, n_steps=3)
    predicted = of_table.predict(TABLE)
    assert len(set(predicted)) > 1
    expected = integrated_gradients(of_table, TABLE, baseline=ORIGIN, target=predicted, n_steps=3)
    assert_array_equal(found, expected)


@pytest.mark.parametrize("options", [{}, {"sort": True}, {"n_outputs": 1}], ids=str)
def test_the_derivative_of_restored_targets_is_that_of_the_estimators(options):
    scaling = Scaling.of(np.array([1.0, 3.0, 8.0]), None)
    scores = np.array([[0.1, -0.2, 0.5], [0.3, 0.2, -0.4], [9.0, -9.0, 0.0]])  # two far outside
    activation = Restored(scaling, **options)
    for column in range(1 if "n_outputs" in options else 3):

        def target(z, column=column):
            z = z.copy()
            activation.forward(z)
            return z[:, column]

        delta = np.zeros((3, 3))
        delta[:, column] = 1
        activation.backward(scores.copy(), delta)
        assert_exact(delta, differences(target, scores))
        assert delta.any()
        assert not delta.all()


def test_encoded_columns_know_the_column_that_they_are_made_of():
    table = np.c_[TABLE, TABLE[::-1, 2], rng.choice(["left", "right"], size=60)].astype(object)
    preprocessor = TabularPreprocessor(n_bins=4).fit(table)
    names = preprocessor.get_feature_names_out()
    assert any("missing" in name for name in names)
    assert any("bin" in name for name in names)
    found = [re.search(r"x(\d)", name)[1] for name in names]
    assert_array_equal(preprocessor._origins(), np.array(found, int))
    assert set(found) == set("012345")


# Errors ------------------------------------------------------------------------------------------

THREE = network(MLPClassifier, CLASSES)
WRONG = {
    "a label that is none": ({"target": "dog"}, "target must be among classes_, .* got 'dog'\\."),
    "a number for a label": ({"target": 1}, "target must be among classes_, .* got 1\\."),
    "too few labels": ({"target": ["ant", "bee"]}, "target must be one for all rows"),
    "labels in two dimensions": ({"target": [["ant"]] * 7}, "target must be one for all rows"),
    "an unknown method": ({"response_method": "predict"}, "response_method must be"),
    "no method": ({"response_method": None}, "response_method must be"),
    "fewer columns": ({"X": ROWS[:, :2]}, "X has 2 features"),
    "missing values": ({"X": np.full((2, 4), np.nan)}, "X contains NaN"),
    "dates": ({"X": np.full((2, 4), np.datetime64("2020-01-01"))}, "X must be numbers"),
}
WRONG_LINES = {
    "no steps": ({"n_steps": 0}, "n_steps must be an int from 1 to 1000, got 0"),
    "half a step": ({"n_steps": 1.5}, "n_steps must be an int"),
    "true": ({"n_steps": True}, "n_steps must be an int"),
    "very many steps": ({"n_steps": 10**6}, "n_steps must be an int"),
    "a short baseline": ({"baseline": np.zeros(3)}, "baseline must have the shape"),
    "some baselines": ({"baseline": np.zeros((2, 4))}, "baseline must have the shape"),
    "no numbers": ({"baseline": ["a", "b", "c", "d"]}, "baseline"),
    "infinity": ({"baseline": np.full(4, np.inf)}, "baseline must be finite"),
    "a date": ({"baseline": np.full(4, np.datetime64("2020-01-01"))}, "baseline must be numbers"),
}


@pytest.mark.parametrize("case", WRONG | WRONG_LINES)
def test_errors_name_the_argument(case):
    given, message = (WRONG | WRONG_LINES)[case]
    explainers = [integrated_gradients] + [input_gradients] * (case in WRONG)
    for explain in explainers:
        with pytest.raises(ValueError, match=message):
            explain(**{"estimator": THREE, "X": ROWS} | given)


def test_other_estimators_are_refused(of_table):
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=2)).fit(X, TWO)
    for explain in (input_gradients, integrated_gradients):
        with pytest.raises(TypeError, match=r"estimator must be one of .* got Pipeline.*\[-1\]"):
            explain(pipeline, X)
        with pytest.raises(NotFittedError):
            explain(MLPRegressor(), X)
    rows = pipeline[:-1].transform(X)
    assert input_gradients(pipeline[-1], rows).shape == X.shape
    with pytest.raises(TypeError, match=r"estimator must be a network.*integrated_gradients"):
        input_gradients(of_table, TABLE)
    with pytest.raises(ValueError, match="baseline must be given for a TabularMLPClassifier"):
        integrated_gradients(of_table, TABLE)
    with pytest.raises(ValueError, match="baseline must have one row, or 60 rows"):
        integrated_gradients(of_table, TABLE, baseline=TABLE[:2])
    with pytest.raises(ValueError, match="baseline"):
        integrated_gradients(of_table, TABLE, baseline=ORIGIN[:, :2])
    infinite = ORIGIN.copy()
    infinite[0, 0] = np.inf
    with pytest.raises(ValueError, match=r"^baseline: .*infinity"):
        integrated_gradients(of_table, TABLE, baseline=infinite)


def test_attributions_that_overflow_are_refused():
    model = MLPRegressor(())
    model.coefs_, model.intercepts_ = [np.array([[10.0]])], [np.zeros(1)]
    for rows in (np.array([[1e308]]), sparse.csr_array([[1e308]])):
        with pytest.raises(ValueError, match="X has values so large"):
            integrated_gradients(model, rows)


def test_several_outputs_need_a_target():
    model = network(MLPRegressor, SCORES)
    for target, message in (
        (None, "target must be given, because there are 3 outputs"),
        (3, "target must be an int from 0 to 2"),
        (-1, "target must be an int from 0 to 2"),
        (0.5, "target must be an int from 0 to 2"),
        ([0, 1], "target must be one for all rows"),
    ):
        with pytest.raises(ValueError, match=message):
            input_gradients(model, ROWS, target=target)
    with pytest.raises(ValueError, match="target must be given"):
        input_gradients(network(MLPAutoencoder, hidden_layer_sizes=(3,)), ROWS)


def test_methods_that_an_estimator_lacks_are_refused():
    hinge = network(MLPClassifier, TWO, loss="hinge")
    with pytest.raises(ValueError, match=r"one of \['decision_function'\] for this MLPClassifier"):
        input_gradients(hinge, ROWS, response_method="predict_proba")
    with pytest.raises(ValueError, match="response_method"):
        input_gradients(PerceptronClassifier().fit(X, TWO), X, response_method="predict_proba")


# Feature importances -----------------------------------------------------------------------------

MANY = np.random.default_rng(1).normal(size=(200, 8))
TARGET = 2 * MANY[:, 1] - MANY[:, 4] + 0.1 * MANY[:, 6]


@pytest.fixture(scope="module")
def regressor():
    model = MLPRegressor((20,), alpha=1, learning_rate_init=0.01, max_iter=100, random_state=0)
    return model.fit(MANY, TARGET)


def test_importances_are_mean_absolute_gradients(regressor):
    rows = np.random.RandomState(0).standard_normal((256, 8))
    expected = np.abs(differences(regressor.predict, rows, 1e-6)).mean(axis=0)
    importances = regressor.feature_importances_
    # A row whose difference crosses the kink of a unit adds at most 1 part in 256.
    assert_allclose(importances, expected / expected.sum(), rtol=1e-3)
    assert_allclose(importances.sum(), 1, rtol=1e-12)
    assert set(np.argsort(importances)[-2:]) == {1, 4}


@pytest.mark.parametrize("y", [SCORES[:, 0], SCORES], ids=["one output", "three outputs"])
def test_importances_of_linear_networks_are_those_of_select_from_model_for_coef(y):
    model = network(MLPRegressor, y, hidden_layer_sizes=())
    sizes = np.abs(model.coefs_[0]).sum(axis=1)
    assert_allclose(model.feature_importances_, sizes / sizes.sum(), rtol=1e-12)


@pytest.mark.parametrize("activation", ["relu", "silu"])  # one saves outputs, the other inputs
def test_importances_of_several_scores_are_those_of_their_gradients(activation):
    model = network(MLPClassifier, CLASSES, activation, batch_norm=True)
    rows = np.random.RandomState(0).standard_normal((256, 4))
    gradients = [input_gradients(model, rows, target=label) for label in model.classes_]
    expected = np.abs(gradients).mean(axis=1).sum(axis=0)
    assert_allclose(model.feature_importances_, expected / expected.sum(), rtol=1e-10)


def test_importances_of_many_scores_take_one_forward_pass():
    calls = []

    class Counting:
        saves = "output"

        def forward(self, z):
            calls.append("forward")

        def backward(self, saved, delta):
            calls.append("backward")

    model = network(MLPRegressor, SCORES, [Counting()], hidden_layer_sizes=(5,))
    calls.clear()
    product = np.abs(model.coefs_[0] @ model.coefs_[1]).sum(axis=1)
    assert_allclose(model.feature_importances_, product / product.sum(), rtol=1e-10)
    assert calls == ["forward"] + 3 * ["backward"]


def test_importances_of_a_single_class_are_0_as_its_gradients_are():
    assert not network(MLPClassifier, np.full(40, "yes")).feature_importances_.any()


@pytest.mark.parametrize("weight", [np.nan, np.inf, 1e200])
def test_weights_without_finite_gradients_have_no_importances(weight):
    model = network(MLPRegressor, SCORES[:, 0], "identity")
    for weights in model.coefs_:
        weights[:] = weight
    assert not hasattr(model, "feature_importances_")
    with pytest.raises(AttributeError, match=r"^feature_importances_ can't be computed.*coefs_"):
        model.feature_importances_  # noqa: B018


def test_importances_follow_the_weights(regressor):
    edited = pickle.loads(pickle.dumps(regressor))
    assert_array_equal(edited.feature_importances_, regressor.feature_importances_)
    edited.coefs_[0][:] = 0
    assert not edited.feature_importances_.any()
    edited.coefs_[0][3] = 1e-3
    assert_allclose(edited.feature_importances_, np.eye(8)[3])


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_importances_are_there_once_it_is_fitted(kind):
    model = kind((3,), max_iter=2)
    assert not hasattr(model, "feature_importances_")
    with pytest.raises(NotFittedError):
        model.feature_importances_  # noqa: B018
    model.fit(MANY.astype(np.float32), TARGET > 0)
    assert model.feature_importances_.dtype == np.float32
    assert not hasattr(clone(model), "feature_importances_")
    assert not hasattr(MLPAutoencoder((3,), max_iter=2).fit(MANY), "feature_importances_")


def test_importances_count_batch_normalisation():
    model = network(MLPRegressor, SCORES[:, 0], batch_norm=True, hidden_layer_sizes=(4,))
    before = model.feature_importances_
    unit = np.abs(model.coefs_[0][:, 2])
    model.batch_norm_scale_[0][:] = np.eye(4)[2]  # all other units are constant
    # The gradient of one unit is that of its weights.
    assert_allclose(model.feature_importances_, unit / unit.sum(), rtol=1e-12)
    assert not np.allclose(before, model.feature_importances_)


def test_select_from_model_finds_the_importances(regressor):
    importances = regressor.feature_importances_
    selector = SelectFromModel(regressor, prefit=True)
    assert_array_equal(selector.get_support(), importances >= importances.mean())
    assert selector.get_support()[[1, 4]].all()
    selector = SelectFromModel(clone(regressor), threshold=-np.inf, max_features=2)
    assert_array_equal(np.flatnonzero(selector.fit(MANY, TARGET).get_support()), [1, 4])
    assert selector.get_feature_names_out().tolist() == ["x1", "x4"]
    assert_array_equal(selector.transform(MANY), MANY[:, [1, 4]])
    strict = SelectFromModel(clone(regressor), threshold=0.3).fit(MANY, TARGET)
    assert_array_equal(strict.get_support(), strict.estimator_.feature_importances_ >= 0.3)
    pipeline = make_pipeline(StandardScaler(), selector, clone(regressor)).fit(MANY, TARGET)
    assert pipeline.score(MANY, TARGET) > 0.95


@pytest.mark.slow
def test_recursive_elimination_finds_the_importances(regressor):
    selector = RFE(clone(regressor), n_features_to_select=2, step=2).fit(MANY, TARGET)
    assert_array_equal(np.flatnonzero(selector.support_), [1, 4])


def test_a_perceptron_has_weights_that_select_from_model_finds():
    perceptron = PerceptronClassifier(max_iter=5, tol=None)
    selector = SelectFromModel(perceptron, threshold=-np.inf, max_features=2)
    selector.fit(MANY, TARGET > 0)
    assert_array_equal(np.flatnonzero(selector.get_support()), [1, 4])


def test_a_function_may_compute_importances_from_data(regressor):
    def mean_absolute_gradient(model):
        return np.abs(input_gradients(model, MANY)).mean(axis=0)

    selector = SelectFromModel(
        regressor, prefit=True, importance_getter=mean_absolute_gradient, max_features=2
    )
    selector.fit(MANY)
    assert_array_equal(np.flatnonzero(selector.get_support()), [1, 4])


def test_networks_of_other_layers_have_no_importances():
    class Scaled(MLPClassifier):
        def _layer_specs(self, n_features, n_scores):
            return (ScaleSpec(n_features), *super()._layer_specs(n_features, n_scores))

    model = Scaled((), max_iter=2).fit(X, TWO)
    assert not hasattr(model, "feature_importances_")
    with pytest.raises(ValueError, match="layers of another kind"):
        input_gradients(model, ROWS)


# Others' tools -----------------------------------------------------------------------------------


def test_permutation_importance_agrees(regressor):
    found = permutation_importance(regressor, MANY, TARGET, n_repeats=3, random_state=0)
    means = found.importances_mean
    assert set(np.argsort(means)[-2:]) == {1, 4}
    gradients = np.abs(input_gradients(regressor, MANY)).mean(axis=0)
    assert set(np.argsort(gradients)[-2:]) == {1, 4}


@pytest.mark.filterwarnings("ignore")  # SHAP's and Numba's own
def test_shap_values_of_linear_networks_are_integrated_gradients():
    shap = pytest.importorskip("shap", reason="compares with SHAP: pip install shap")
    model = network(MLPRegressor, SCORES[:, 0], hidden_layer_sizes=())
    explainer = shap.Explainer(model.predict, X, algorithm="exact")
    found = integrated_gradients(model, ROWS, baseline=X.mean(axis=0))
    assert_allclose(found, explainer(ROWS).values, rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_shap_values_of_networks_add_up_as_integrated_gradients_do():
    shap = pytest.importorskip("shap", reason="compares with SHAP: pip install shap")
    model = network(MLPClassifier, CLASSES, max_iter=50)
    values = shap.Explainer(model.predict_proba, X, algorithm="exact")(ROWS).values
    expected = model.predict_proba(ROWS) - model.predict_proba(X).mean(axis=0)
    assert_allclose(values.sum(axis=1), expected, atol=1e-10)
    found = integrated_gradients(
        model, ROWS, baseline=X.mean(axis=0), target="bee", response_method="predict_proba"
    )
    # Both share nearly the same difference, by other rules.
    assert np.corrcoef(found.ravel(), values[:, :, 1].ravel())[0, 1] > 0.9
