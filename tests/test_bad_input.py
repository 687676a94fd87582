"""Bad input: an error that names the argument, and an estimator that is as it was."""

import copy
import math
import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from helpers.marks import dense_and_csr, every
from helpers.unchanged import assert_refused
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron._core.activations import Tanh
from skperceptron._core.losses import SquaredError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
Y = np.array(["no", "yes"])[(X[:, 0] > 0).astype(int)]
NAN = np.where(np.arange(120).reshape(40, 3) == 50, np.nan, X)
INF = np.where(np.arange(120).reshape(40, 3) == 50, np.inf, X)
LARGE_TARGET = np.where(np.arange(40) == 7, np.inf, X[:, 0])


def target(estimator):
    return X[:, 0] if isinstance(estimator, MLPRegressor) else Y


class HasNoSaves:
    def __eq__(self, other):
        return type(other) is type(self)

    __hash__ = None

    def forward(self, z):
        pass

    def backward(self, saved, delta):
        pass


MLPS = [MLPClassifier(max_iter=3, random_state=0), MLPRegressor(max_iter=3, random_state=0)]
every_mlp = every("mlp", MLPS)
every_estimator = every("estimator", [*MLPS, PerceptronClassifier(max_iter=3)])
fitted_or_not = pytest.mark.parametrize("fitted", [False, True], ids=["unfitted", "fitted"])


@every_mlp
@fitted_or_not
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_layer_sizes", 0),
        ("hidden_layer_sizes", (5, -1)),
        ("hidden_layer_sizes", (5.5,)),
        ("hidden_layer_sizes", ((5,), (4,))),
        ("hidden_layer_sizes", [[5], [4, 3]]),
        ("hidden_layer_sizes", "100"),
        ("activation", "rel"),
        ("solver", "newton"),
        ("loss", "hinge loss"),
        ("alpha", -1e-9),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("dropout", [0.1, 0.2]),
        ("dropout", ["a"]),
        ("dropout", [np.nan]),
        ("dropout", [False]),
        ("dropout", {0.1: 1}),
        ("dropout", {0.1}),
        ("dropout", np.array(0.3)),
        ("input_dropout", 1.5),
        ("batch_size", 0),
        ("batch_size", "all"),
        ("learning_rate", "fast"),
        ("learning_rate_init", 0.0),
        ("power_t", -1),
        ("max_iter", 0),
        ("shuffle", "yes"),
        ("random_state", "seed"),
        ("tol", -1e-4),
        ("verbose", "loud"),
        ("warm_start", "on"),
        ("momentum", 1.1),
        ("nesterovs_momentum", 3),
        ("early_stopping", "no"),
        ("validation_fraction", 1.0),
        ("beta_1", 1.0),
        ("beta_2", -0.1),
        ("epsilon", 0.0),
        ("n_iter_no_change", 0),
        ("max_fun", 0),
        ("dtype", "float16"),
        ("activation", ["relu"] * 3),
        ("activation", ["rel"]),
        ("activation", 3),
        ("activation", HasNoSaves()),
        ("activation", {"relu": 1}),
        ("activation", Tanh),
        ("activation", [Tanh]),
        ("loss", 3),
        ("loss", SquaredError),
        ("l1_ratio", 1.1),
        ("weight_decay", -0.1),
        ("batch_norm", 2),
        ("max_norm", 0.0),
        ("max_norm_order", 3),
        ("weight_init", "xavier"),
        ("warmup_epochs", -1),
        ("learning_rate_decay", 0.0),
        ("learning_rate_decay", 1.1),
        ("learning_rate_step", 0),
        ("learning_rate_min", -1.0),
        ("schedule_epochs", 0),
        ("clip_norm", 0.0),
        ("scoring", "r3"),
        ("learning_rate", lambda epoch: math.nan),
        ("learning_rate", lambda epoch: None),
        ("learning_rate", lambda epoch: np.array([0.1])),
        ("learning_rate", lambda epoch: "0.1"),
        ("learning_rate", lambda epoch: 10**400),
    ],
)
def test_hyperparameters_outside_their_range(mlp, fitted, name, value):
    model = clone(mlp)
    if fitted:
        model.fit(X, target(model))
    model.set_params(**{name: value})
    assert_refused(model, lambda m: m.fit(X, target(m)), name)


@fitted_or_not
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("algorithm", "voted"),
        ("multi_class", "ovo"),
        ("penalty", "l3"),
        ("alpha", -1e-9),
        ("alpha", math.inf),
        ("l1_ratio", 1.1),
        ("max_iter", 0),
        ("tol", -1),
        ("eta0", 0.0),
        ("eta0", math.nan),
        ("n_iter_no_change", 0),
        ("shuffle", "yes"),
        ("fit_intercept", 2),
        ("n_jobs", 0.5),
        ("random_state", "seed"),
        ("early_stopping", "no"),
        ("validation_fraction", 1.0),
        ("verbose", "loud"),
        ("warm_start", "on"),
        ("class_weight", "equal"),
        ("class_weight", {"no": -1.0}),
        ("class_weight", {"no": math.inf}),
        ("class_weight", {"maybe": 1.0}),
    ],
)
def test_hyperparameters_of_the_perceptron(name, value, fitted):
    model = PerceptronClassifier()
    if fitted:
        model.fit(X, Y)
    model.set_params(**{name: value})
    assert_refused(model, lambda m: m.fit(X, Y), name)


@fitted_or_not
@pytest.mark.parametrize(
    ("parameters", "arguments", "match"),
    [
        ({}, {"coef_init": np.ones(2)}, r"coef_init must be .* shape \(1, 3\), got .* \(2,\)"),
        ({}, {"coef_init": [[1, math.nan, 2]]}, "coef_init must be finite"),
        ({}, {"coef_init": "zeros"}, "coef_init must be an array of numbers"),
        ({}, {"intercept_init": [1, 2]}, r"intercept_init must be .* shape \(1,\), got .* \(2,\)"),
        ({"eta0": 1e300}, {"sample_weight": np.full(40, 1e300)}, "no longer finite: scale X"),
        ({"penalty": "l2", "eta0": 1e300, "alpha": 1e-310}, {"sample_weight": 1e10}, "scale X"),
    ],
)
def test_calls_of_the_perceptron(parameters, arguments, match, fitted):
    model = PerceptronClassifier(random_state=np.random.RandomState(0))
    if fitted:
        model.fit(X, Y)
    model.set_params(**parameters)
    assert_refused(model, lambda m: m.fit(X, Y, **arguments), match)


def test_partial_fit_of_the_perceptron():
    model = PerceptronClassifier().partial_fit(X, Y, classes=["no", "yes"])
    for parameters, match in [
        ({"early_stopping": True}, "early_stopping should be False"),
        ({"early_stopping": False, "class_weight": "balanced"}, "class_weight='balanced'"),
    ]:
        call = lambda m: m.set_params(**parameters).partial_fit(X, Y)  # noqa: B023, E731
        model.set_params(**parameters)
        assert_refused(model, call, match)
    numbers = np.arange(40) % 2
    model.set_params(class_weight=None)
    assert_refused(model, lambda m: m.partial_fit(X, numbers), "y. has classes not")
    model.coef_ = np.ones((2, 3))
    assert_refused(model, lambda m: m.partial_fit(X, Y), "coef_ must have the shape")


def test_weights_of_a_perceptron_that_float32_cannot_hold():
    model = PerceptronClassifier(eta0=1e30)
    call = lambda m: m.fit(1e20 * X.astype(np.float32), Y)  # noqa: E731
    assert_refused(model, call, "no longer finite: scale X")


@pytest.mark.parametrize(
    ("estimator", "parameters", "match"),
    [
        (MLPClassifier, {"label_smoothing": 1.0}, "label_smoothing"),
        (MLPClassifier, {"focal_gamma": -1.0}, "focal_gamma"),
        (
            MLPClassifier,
            {"loss": "hinge", "label_smoothing": 0.1},
            "label_smoothing requires a probabilistic loss, got loss='hinge'",
        ),
        (MLPRegressor, {"output_activation": "softmax"}, "output_activation"),
        (MLPRegressor, {"huber_epsilon": 0.0}, "huber_epsilon"),
        (MLPRegressor, {"quantile": 1.0}, "quantile"),
        (MLPRegressor, {"loss": "poisson", "output_activation": "identity"}, "output_activation"),
        (MLPRegressor, {"loss": "gamma", "output_activation": "logistic"}, "output_activation"),
    ],
)
def test_hyperparameters_of_one_estimator(estimator, parameters, match):
    model = estimator(**parameters)
    y = X[:, 0] ** 2 + 1 if estimator is MLPRegressor else Y
    assert_refused(model, lambda m: m.fit(X, y), match)


@every_mlp
@pytest.mark.parametrize(
    "parameters",
    [{"dropout": 0.1}, {"input_dropout": 0.1}, {"batch_norm": True}, {"max_norm": 1.0}],
    ids=str,
)
def test_what_lbfgs_can_not_do(mlp, parameters):
    model = clone(mlp).set_params(solver="lbfgs", **parameters)
    match = f"{next(iter(parameters))} can't be used with solver='lbfgs'"
    assert_refused(model, lambda m: m.fit(X, target(m)), match)


# A call, the argument that an MLP's message names, and what any message says.
BAD_CALLS = {
    "NaN in X": (lambda m: m.fit(NAN, target(m)), "X", "contains NaN"),
    "infinity in X": (lambda m: m.fit(INF, target(m)), "X", "contains infinity"),
    "one dimension": (lambda m: m.fit(X[:, 0], target(m)), "X", "Expected 2D array"),
    "three dimensions": (lambda m: m.fit(X[:, :, np.newaxis], target(m)), "X", "with dim 3"),
    "lengths": (
        lambda m: m.fit(X, target(m)[:-1]),
        "X and y",
        "inconsistent numbers of samples",
    ),
    "no rows": (lambda m: m.fit(X[:0], target(m)[:0]), "X", r"0 sample\(s\)"),
    "no features": (lambda m: m.fit(X[:, :0], target(m)), "X", r"0 feature\(s\)"),
    "no y": (lambda m: m.fit(X, None), "estimator", "requires y to be passed"),
    "complex": (lambda m: m.fit(X + 1j, target(m)), "X", "Complex data not supported"),
    "complex y": (lambda m: m.fit(X, X[:, 0] + 1j), "y", "Complex data not supported"),
    "strings": (
        lambda m: m.fit(np.full((40, 3), "a"), target(m)),
        "X",
        "could not convert string to float",
    ),
    "negative weights": (
        lambda m: m.fit(X, target(m), sample_weight=-np.ones(40)),
        "",
        "Negative values in data passed to `sample_weight`",
    ),
    "zero weights": (
        lambda m: m.fit(X, target(m), sample_weight=np.zeros(40)),
        "sample_weight",
        "gives every row zero weight",
    ),
    "NaN weights": (
        lambda m: m.fit(X, target(m), sample_weight=np.full(40, np.nan)),
        "",
        "sample_weight contains NaN",
    ),
    "length of weights": (
        lambda m: m.fit(X, target(m), sample_weight=np.ones(39)),
        "",
        r"sample_weight.shape == \(39,\)",
    ),
    "dimensions of weights": (
        lambda m: m.fit(X, target(m), sample_weight=np.ones((40, 1))),
        "sample_weight",
        "must be 1D array",
    ),
    "a string as weight": (
        lambda m: m.fit(X, target(m), sample_weight="a"),
        "sample_weight",
        "could not convert string to float",
    ),
}


def match_of(estimator, name, text):
    # The perceptron leaves the words to scikit-learn, which do not always say what they are about.
    return text if isinstance(estimator, PerceptronClassifier) else rf"(?s)\b{name}\b.*({text})"


@every_estimator
@fitted_or_not
@pytest.mark.parametrize("what", BAD_CALLS)
def test_data(estimator, fitted, what):
    model = clone(estimator)
    if fitted:
        model.fit(X, target(model))
    call, name, text = BAD_CALLS[what]
    assert_refused(model, call, match_of(model, name, text))


@every_mlp
@pytest.mark.parametrize(
    ("weight", "match"),
    [
        (1e308, r"sample_weight.* adds up to inf"),
        (5e-324, r"sample_weight.* adds up to .*e-322"),
    ],
)
def test_weights_without_a_mean(mlp, weight, match):
    model, weights = clone(mlp), np.full(40, weight)
    assert_refused(model, lambda m: m.fit(X, target(m), weights), match)
    data = {"X_val": X, "y_val": target(model), "sample_weight_val": weights}
    match = match.replace("weight", "weight_val")
    assert_refused(model, lambda m: m.fit(X, target(m), **data), match)


@every_mlp
@pytest.mark.parametrize("weight", [1e300, 1e-300])
def test_weights_of_any_size_that_has_a_mean(mlp, weight):
    model, other = (clone(mlp).set_params(alpha=0.0) for _ in range(2))
    model.fit(X, target(mlp), np.full(40, weight))
    np.testing.assert_allclose(model.loss_, other.fit(X, target(mlp)).loss_, rtol=1e-12)


# What prediction says, and what it says it of.
BAD_ROWS = {
    "NaN": (NAN, "Input X contains NaN"),
    "infinity": (INF, "Input X contains infinity"),
    "one row": (X[0], "X: Expected 2D array"),
    "no rows": (X[:0], r"X: Found array with 0 sample"),
    "strings": (np.full((4, 3), "a"), "X: could not convert string to float"),
    "complex": (X + 1j, "X: Complex data not supported"),
    "late NaN": (np.vstack([np.zeros((5000, 3)), NAN]), "Input X contains NaN"),
}


@every_mlp
@pytest.mark.parametrize("what", BAD_ROWS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_prediction(mlp, what, order):
    rows, match = BAD_ROWS[what]
    model = clone(mlp).fit(X, target(mlp))
    assert_refused(model, lambda m: m.predict(np.array(rows, order=order)), match)


@every_mlp
def test_parameters_of_another_shape(mlp):
    model = clone(mlp).set_params(hidden_layer_sizes=(5,)).fit(X, target(mlp))
    model.coefs_[0] = np.ones((3, 4))
    match = r"coefs_ must have arrays of shapes \[\(3, 5\), \(5, 1\)\], got \[\(3, 4\), \(5, 1\)\]"
    for call in (
        lambda m: m.predict(X),
        lambda m: m.hidden_activations(X),
        lambda m: m.partial_fit(X, target(m)),
    ):
        assert_refused(model, call, match)
    model.fit(X, target(mlp)).intercepts_ = model.intercepts_[:1]
    assert_refused(model, lambda m: m.predict(X), "intercepts_ must have arrays")


# What users have set in place of an array of weights, and what is said of it.
NO_WEIGHTS = {
    "csr matrix": (
        sparse.csr_matrix,
        "must (be a list of dense arrays.*toarray|have arrays of sh)",
    ),
    "csr array": (sparse.csr_array, "must be a list of dense arrays, got a sparse one.*toarray"),
    "coo array": (sparse.coo_array, "must be a list of dense arrays, got a sparse one.*toarray"),
    "complex": (lambda array: array * 1j, "must be a list of arrays of numbers, got .*complex128"),
    "objects": (lambda array: array.astype(object), "must be a list of arrays of numbers"),
    "strings": (lambda array: array.astype(str), "must be a list of arrays of numbers, got .*U32"),
    "ragged": (lambda array: [[1.0], [1.0, 2.0]], "must be a list of arrays of numbers"),
}


@every_mlp
@pytest.mark.parametrize("attribute", ["coefs_", "intercepts_"])
@pytest.mark.parametrize("what", NO_WEIGHTS)
def test_what_is_no_array_of_weights(mlp, what, attribute):
    make, match = NO_WEIGHTS[what]
    model = clone(mlp).set_params(hidden_layer_sizes=(5,), warm_start=True).fit(X, target(mlp))
    # A list of one layer, as the others are right.
    setattr(model, attribute, [make(getattr(model, attribute)[0]), *getattr(model, attribute)[1:]])
    calls = [
        lambda m: m.predict(X),
        lambda m: m.hidden_activations(X),
        lambda m: m.partial_fit(X, target(m)),
        lambda m: m.fit(X, target(m)),
    ]
    if hasattr(model, "to_sklearn"):
        calls.append(lambda m: m.to_sklearn())
    for call in calls:
        assert_refused(model, call, f"{attribute} {match}")
    assert_refused(model.drop_training_state(), calls[2], f"{attribute} {match}")
    setattr(model, attribute, 3)
    assert_refused(model, calls[0], f"{attribute} must be a list of arrays of numbers, got int")


class OfItsOwn(np.ndarray):
    """An array that does not compute as others do."""

    __array_ufunc__ = None


@every_mlp
def test_subclasses_of_arrays_are_read_as_arrays(mlp):
    model = clone(mlp).set_params(hidden_layer_sizes=(5,)).fit(X, target(mlp))
    expected = model.predict(X)
    model.coefs_, model.intercepts_ = (
        [array.view(OfItsOwn) for array in arrays] for arrays in (model.coefs_, model.intercepts_)
    )
    np.testing.assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize("layer", ["a", 0.5, None])
def test_a_layer_that_is_no_number(layer):
    model = clone(MLPS[0]).fit(X, Y)
    call = lambda m: m.hidden_activations(X, layer)  # noqa: E731
    assert_refused(model, call, "layer must be an int, got")


@every_estimator
def test_a_fitted_estimator_keeps_to_its_features(estimator):
    model = clone(estimator).fit(X, target(estimator))
    match = "X has 2 features, but .* is expecting 3"
    assert_refused(model, lambda m: m.predict(X[:, :2]), match)
    assert_refused(model, lambda m: m.partial_fit(X[:, :2], target(m)), match)


@pytest.mark.parametrize("estimator", [MLPS[0], PerceptronClassifier()])
class TestLabels:
    def test_unknown_ones(self, estimator):
        model = clone(estimator).partial_fit(X, Y, classes=["no", "yes"])
        call = lambda m: m.partial_fit(X, np.where(X[:, 0] > 1, "maybe", Y))  # noqa: E731
        assert_refused(model, call, "y. has .*not in .*classes_")

    def test_classes_missing_at_the_first_call_or_changed_later(self, estimator):
        model = clone(estimator)
        assert_refused(model, lambda m: m.partial_fit(X, Y), "classes must be")
        model.partial_fit(X, Y, classes=["no", "yes"])
        call = lambda m: m.partial_fit(X, Y, classes=["no", "maybe", "yes"])  # noqa: E731
        assert_refused(model, call, "classes=.* is not the same")

    def test_real_numbers(self, estimator):
        call = lambda m: m.fit(X, X[:, 0])  # noqa: E731
        match = match_of(estimator, "y", "Unknown label type")
        assert_refused(clone(estimator), call, match)


@pytest.mark.parametrize(
    ("classes", "match"),
    [
        ([], "classes must have the labels"),
        ([0, 1, np.nan], "classes: Input contains NaN"),
        (3, "classes: Expected array-like"),
        ([["no", "yes"]], "classes: Unknown label type"),
    ],
    ids=str,
)
def test_classes_that_are_none(classes, match):
    call = lambda m: m.partial_fit(X, Y, classes=classes)  # noqa: E731
    assert_refused(clone(MLPS[0]), call, match)


@dense_and_csr
@pytest.mark.parametrize(("low", "high"), [(1, 2), (-1, 1), (0, 2)])
def test_indicators_that_are_not_0_and_1(low, high, convert):
    y = convert(np.where(X > 0, high, low))
    # Without a zero, a sparse matrix is not taken for indicators in the first place.
    match = r"y has several columns (of .*: an indicator matrix has 0 and 1|that are not indic)"
    assert_refused(clone(MLPS[0]), lambda m: m.fit(X, y), match)
    indicators = (X > 0).astype(int)
    call = lambda m: m.fit(X, indicators, X_val=X, y_val=y)  # noqa: E731
    assert_refused(clone(MLPS[0]), call, match.replace("y has", "y_val has"))
    clone(MLPS[0]).fit(X, X > 0)


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (Y, "y must be numbers, got an array of dtype <U3"),
        (Y.astype(object), "y: could not convert string to float"),
        (np.ones(40, "m8[s]"), r"y must be numbers, .* timedelta64\[s\]"),
    ],
    ids=["strings", "objects", "times"],
)
def test_targets_of_a_regressor_that_are_no_numbers(y, match):
    assert_refused(clone(MLPS[1]), lambda m: m.fit(X, y), match)
    call = lambda m: m.fit(X, X[:, 0], X_val=X, y_val=y)  # noqa: E731
    assert_refused(clone(MLPS[1]), call, match.replace("y", "y_val", 1))


BAD_VALIDATION = {
    "no targets": ({"X_val": X}, "X_val and y_val must be given together"),
    "no data": ({"y_val": Y}, "X_val and y_val must be given together"),
    "weights alone": ({"sample_weight_val": np.ones(40)}, "sample_weight_val with them only"),
    "another width": ({"X_val": X[:, :2], "y_val": Y}, "X_val.* 2 features"),
    "lengths": ({"X_val": X[:9], "y_val": Y}, "X_val and y_val: .*inconsistent numbers"),
    "NaN": ({"X_val": NAN, "y_val": Y}, "X_val: .*NaN"),
    "weights": (
        {"X_val": X, "y_val": Y, "sample_weight_val": -np.ones(40)},
        "Negative values .*sample_weight_val",
    ),
    "weights that are NaN": (
        {"X_val": X, "y_val": Y, "sample_weight_val": np.full(40, np.nan)},
        "sample_weight_val contains NaN",
    ),
    "lengths of weights": (
        {"X_val": X, "y_val": Y, "sample_weight_val": np.ones(3)},
        r"sample_weight_val.shape == \(3,\)",
    ),
    "two columns": (
        {"X_val": X, "y_val": Y, "sample_weight_val": np.ones((40, 2))},
        "sample_weight_val|Sample weights",
    ),
}


@every_mlp
@fitted_or_not
@pytest.mark.parametrize("what", BAD_VALIDATION)
def test_validation_data(mlp, fitted, what):
    model = clone(mlp)
    if fitted:
        model.fit(X, target(model))
    parameters, match = BAD_VALIDATION[what]
    if "y_val" in parameters:
        parameters = parameters | {"y_val": target(model)}
    assert_refused(model, lambda m: m.fit(X, target(m), **parameters), match)


def test_validation_targets():
    model = clone(MLPS[0])
    unseen = np.where(X[:, 0] > 1, "maybe", Y)
    call = lambda m: m.fit(X, Y, X_val=X, y_val=unseen)  # noqa: E731
    assert_refused(model, call, "y_val.* has classes not in")
    call = lambda m: m.fit(X, Y, X_val=X, y_val=X[:, 0])  # noqa: E731
    assert_refused(model, call, "y_val: Unknown label type")
    model = clone(MLPS[1]).set_params(loss="gamma")
    y = np.exp(X[:, 0])
    call = lambda m: m.fit(X, y, X_val=X, y_val=-y)  # noqa: E731
    assert_refused(model, call, "'gamma' requires y_val > 0")
    call = lambda m: m.fit(X, y, X_val=X, y_val=np.exp(X))  # noqa: E731
    assert_refused(model, call, "y_val has 3 outputs, y has 1")


def test_validation_targets_of_another_kind():
    indicators = (X > 0).astype(int)
    for y, y_val, match in (
        (Y, indicators, "y_val has shape .* does not go with the classes .* of y"),
        (indicators, Y, "y_val has shape .* does not go with the classes .* of y"),
        (Y, X[:, 0], "y_val: Unknown label type"),
        (Y, (3 * X).astype(int), "y_val has several columns that are not indicators"),
    ):
        call = lambda m, y=y, y_val=y_val: m.fit(X, y, X_val=X, y_val=y_val)  # noqa: E731
        assert_refused(clone(MLPS[0]), call, match)


@pytest.mark.parametrize("weight", [None, np.eye(40)[0]], ids=["one row", "one weight"])
def test_r2_of_one_row(weight):
    n_rows = 1 if weight is None else 40
    data = {"X_val": X[:n_rows], "y_val": X[:n_rows, 0], "sample_weight_val": weight}
    model = clone(MLPS[1]).set_params(early_stopping=True)
    call = lambda m: m.fit(X, X[:, 0], **data)  # noqa: E731
    assert_refused(model, call, "R² on X_val.*fewer than 2 rows.*scoring='loss'")
    for change in ({"scoring": "loss"}, {"early_stopping": False}):
        call(clone(model).set_params(**change))


@every_mlp
@pytest.mark.parametrize("score", [None, "0.5", np.ones(1)], ids=str)
def test_a_score_that_is_no_number(mlp, score):
    model = clone(mlp).set_params(early_stopping=True, scoring=lambda estimator, X, y: score)
    call = lambda m: m.fit(X, target(m))  # noqa: E731
    assert_refused(model, call, "scoring must return a number")


def test_classes_changed_in_a_warm_start():
    model = clone(MLPS[0]).set_params(warm_start=True).fit(X, Y)
    call = lambda m: m.fit(X, np.where(X[:, 1] > 1, "maybe", Y))  # noqa: E731
    assert_refused(model, call, "same classes as in the previous call")
    call = lambda m: m.fit(X, (X > 0).astype(int))  # noqa: E731
    assert_refused(model, call, "y has shape")


@pytest.mark.parametrize("y", [np.full(40, np.nan), LARGE_TARGET], ids=["NaN", "infinity"])
def test_targets_that_are_not_finite(y):
    assert_refused(clone(MLPS[1]), lambda m: m.fit(X, y), "y contains")


def test_targets_beyond_single_precision_or_the_loss():
    model = clone(MLPS[1]).set_params(dtype="float32")
    call = lambda m: m.fit(X, 1e150 * X[:, 0])  # noqa: E731
    assert_refused(model, call, "y contains a value too large for float32")
    model.set_params(loss="poisson")
    assert_refused(model, lambda m: m.fit(X, X[:, 0]), "loss='poisson' requires y")


def test_another_number_of_outputs():
    model = clone(MLPS[1]).fit(X, X[:, 0])
    assert_refused(model, lambda m: m.partial_fit(X, X), "y has 3 outputs")


@every_mlp
@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"hidden_layer_sizes": (7,)}, "layer_units"),
        ({"activation": "tanh"}, "activation"),
        ({"dtype": "float32"}, "dtype"),
    ],
)
def test_continuing_with_another_architecture(mlp, change, match):
    model = clone(mlp).fit(X, target(mlp)).set_params(**change)
    call = lambda m: m.partial_fit(X, target(m))  # noqa: E731
    assert_refused(model, call, match)
    model.set_params(warm_start=True)
    assert_refused(model, lambda m: m.fit(X, target(m)), match)


@every_mlp
def test_partial_fit_with_early_stopping(mlp):
    model = clone(mlp).set_params(early_stopping=True)
    call = lambda m: m.partial_fit(X, target(m))  # noqa: E731
    assert_refused(model, call, "partial_fit does not support early_stopping")


@every_mlp
def test_training_goes_on_after_a_refusal_as_if_it_had_not_been(mlp):
    models = [clone(mlp).set_params(dropout=0.2).fit(X, target(mlp)) for _ in range(2)]
    for call in (
        lambda m: m.partial_fit(NAN, target(m)),
        lambda m: m.partial_fit(X[:, :2], target(m)),
        lambda m: m.set_params(learning_rate_init=1e200, solver="sgd", batch_size=10).partial_fit(
            X, target(m)
        ),
    ):
        with pytest.raises(ValueError, match=r"NaN|features|diverged"):
            call(models[0])
        models[0].set_params(**models[1].get_params())
    for model in models:
        model.partial_fit(X, target(model))
    assert_array_equal(models[0].coefs_[0], models[1].coefs_[0])


class TestDivergence:
    @every_mlp
    def test_is_an_error_that_says_what_to_do(self, mlp):
        model = clone(mlp).set_params(solver="sgd", learning_rate_init=1e200, batch_size=10)
        match = re.escape("in epoch 1, at learning rate 1e+200") + f".*{np.abs(X).max():.3g} in X"
        assert_refused(model, lambda m: m.fit(X, target(m)), match)

    def test_names_the_scale_of_y(self):
        model = clone(MLPS[1]).set_params(solver="sgd")
        call = lambda m: m.fit(X, 1e200 * X[:, 0])  # noqa: E731
        assert_refused(model, call, re.escape(f"{1e200 * np.abs(X[:, 0]).max():.3g} in y"))

    def test_under_early_stopping_keeps_the_best_weights(self):
        model = MLPRegressor(solver="sgd", early_stopping=True, max_iter=2, random_state=0)
        model.set_params(warm_start=True).fit(X, X[:, 0])
        best = copy.deepcopy(model.coefs_)
        with pytest.warns(UserWarning, match="diverged.* best weights so far are kept"):
            model.set_params(learning_rate_init=1e200).fit(X, X[:, 0])
        assert_array_equal(model.coefs_[0], best[0])
        model.set_params(learning_rate_init=1e-3).fit(X, X[:, 0])
        assert np.isfinite(model.coefs_[0]).all()

    def test_of_a_perceptron(self):
        call = lambda m: m.fit(1e300 * X, Y)  # noqa: E731
        assert_refused(PerceptronClassifier(eta0=1e300), call, "scale X")


@pytest.mark.parametrize("factor", [1e-150, 1e150])
@every_estimator
def test_extreme_but_valid_scales_work_or_say_why_not(estimator, factor):
    # Warnings are errors here: none comes from NumPy.
    model = clone(estimator)
    try:
        model.fit(factor * X, target(model))
    except ValueError as error:
        reason = str(error)
    else:
        reason = "none: in X"
        assert len(model.predict(factor * X)) == len(X)
    assert "in X" in reason or "scale X" in reason


@every_estimator
@pytest.mark.parametrize(
    "data",
    [np.zeros((40, 3)), X[:, :1], np.repeat(X[:1], 40, axis=0)],
    ids=["constant features", "one feature", "one row repeated"],
)
def test_degenerate_data_work(estimator, data):
    model = clone(estimator).fit(data, target(estimator))
    assert len(model.predict(data)) == 40


@every_mlp
def test_one_row_works(mlp):
    assert len(clone(mlp).fit(X[:1], target(mlp)[:1]).predict(X)) == 40


WEIGHTS = np.arange(40.0)


def autoencoder(**parameters):
    defaults = {"hidden_layer_sizes": (8, 2, 7), "max_iter": 1, "random_state": 0}
    return MLPAutoencoder(**defaults | parameters)


class TestAutoencoder:
    @pytest.mark.parametrize("fitted", [False, True], ids=["unfitted", "fitted"])
    @pytest.mark.parametrize(
        ("parameters", "match"),
        [
            ({"hidden_layer_sizes": ()}, "hidden_layer_sizes must have a hidden layer"),
            ({"hidden_layer_sizes": (4, 0)}, "hidden_layer_sizes must be > 0"),
            ({"bottleneck": 3}, "bottleneck=3 is not one of the 3 hidden layers"),
            ({"bottleneck": -4}, "bottleneck=-4 is not one of the 3 hidden layers"),
            ({"bottleneck": 1.0}, "'bottleneck' parameter"),
            ({"activation": ["relu"]}, "activation must be one for all"),
            ({"activation": "rel"}, "'activation' parameter"),
            ({"output_activation": "softmax"}, "'output_activation' parameter"),
            ({"scoring": "r2"}, "'scoring' parameter"),
            ({"solver": "lbfgs", "input_dropout": 0.1}, "input_dropout can't be used"),
            ({"dropout": [0.1, 0.1]}, "dropout must be a float"),
        ],
    )
    def test_parameters(self, fitted, parameters, match):
        model = autoencoder()
        if fitted:
            model.fit(X)
        model.set_params(**parameters)
        assert_refused(model, lambda m: m.fit(X), match)

    @pytest.mark.parametrize(
        ("arguments", "match"),
        [
            ({"X": NAN}, r"\bX\b.*NaN"),
            ({"X": X[0]}, r"X: .*2D array"),
            ({"X": X[:0]}, r"X: .*0 sample"),
            ({"X": X, "sample_weight": WEIGHTS[:5]}, "sample_weight"),
            ({"X": X, "sample_weight": -WEIGHTS}, "Negative values in data .*sample_weight"),
            ({"X": X, "X_val": X[:9, :2]}, r"X_val: .*features"),
            ({"X": X, "X_val": INF}, r"X_val: .*infinity"),
            ({"X": X, "sample_weight_val": WEIGHTS}, "sample_weight_val must be given with X_val"),
            ({"X": X, "X_val": X[:9], "sample_weight_val": WEIGHTS}, "sample_weight_val"),
        ],
    )
    def test_data(self, arguments, match):
        assert_refused(autoencoder(), lambda m: m.fit(**arguments), match)

    def test_codes(self):
        model = autoencoder().fit(X)
        with pytest.raises(ValueError, match="X must be codes of 2 numbers"):
            model.inverse_transform(X)
        with pytest.raises(ValueError, match=r"\bX\b.*NaN"):
            model.inverse_transform(NAN[:, 1:])

    @pytest.mark.parametrize("method", ["transform", "inverse_transform", "score"])
    def test_before_fit(self, method):
        with pytest.raises(NotFittedError):
            getattr(autoencoder(), method)(X)

    def test_early_stopping_by_the_score_of_one_row(self):
        model = autoencoder(early_stopping=True)
        assert_refused(model, lambda m: m.fit(X, X_val=X[:1]), "fewer than 2 rows")

    def test_divergence_says_so(self):
        model = autoencoder(solver="sgd", learning_rate_init=1e200, max_iter=5)
        assert_refused(model, lambda m: m.fit(X), "diverged .* in X[.]")

    def test_partial_fit_of_lbfgs_is_absent(self):
        assert not hasattr(autoencoder(solver="lbfgs"), "partial_fit")
