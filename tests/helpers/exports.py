"""Fitted estimators to export, and real data to export them with."""

from functools import cache

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

from helpers.paths import ROOT
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron._core.activations import HIDDEN_ACTIVATIONS
from skperceptron.tabular import TabularMLPClassifier, TabularMLPRegressor, TabularPreprocessor


@cache
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:1000] / 16, y[:1000]


def standardised(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


@cache
def data(name):
    """X and y."""
    if name == "binary":
        X, y = load_breast_cancer(return_X_y=True)
        return standardised(X), y
    if name == "strings":
        X, y = load_iris(return_X_y=True)
        return X, np.array(["setosa", 'the "versicolor" \\ ??=', "virgínica"])[y]
    if name == "multilabel":
        X, y = digits()
        return X, np.column_stack([y % 2, y > 4, y == 7]).astype(int)
    if name == "one class":
        X, y = load_wine(return_X_y=True)
        return X, 0 * y
    if name == "regression":
        X, y = load_diabetes(return_X_y=True)
        return standardised(X), y / 100
    if name == "outputs":
        X, y = load_diabetes(return_X_y=True)
        X = standardised(X)
        return X, np.column_stack([y / 100, X[:, 0] - y / 50])
    assert name == "multiclass"
    return digits()


# Estimator, hyperparameters, data. All kinds of targets, outputs and losses.
CASES = {
    **{
        f"classifier, {name}": (MLPClassifier, {"activation": name, "batch_norm": True}, "binary")
        for name in HIDDEN_ACTIVATIONS
    },
    "multiclass": (MLPClassifier, {"activation": ["tanh", "silu"]}, "multiclass"),
    "multiclass, focal": (MLPClassifier, {"loss": "focal"}, "multiclass"),
    "strings": (MLPClassifier, {"batch_norm": True}, "strings"),
    "multilabel": (MLPClassifier, {}, "multilabel"),
    "one class": (MLPClassifier, {}, "one class"),
    "linear": (MLPClassifier, {"hidden_layer_sizes": ()}, "multiclass"),
    "hinge": (MLPClassifier, {"loss": "hinge"}, "multiclass"),
    "squared hinge, binary": (MLPClassifier, {"loss": "squared_hinge"}, "binary"),
    "brier": (MLPClassifier, {"loss": "squared_error"}, "multiclass"),
    "regression": (MLPRegressor, {"batch_norm": True}, "regression"),
    "outputs": (MLPRegressor, {}, "outputs"),
    **{
        f"{loss}": (MLPRegressor, {"loss": loss}, "regression")
        for loss in ("absolute_error", "huber", "quantile", "log_cosh", "poisson", "gamma")
    },
    "poisson, softplus": (
        MLPRegressor,
        {"loss": "poisson", "output_activation": "softplus"},
        "regression",
    ),
    "logistic output": (MLPRegressor, {"output_activation": "logistic"}, "regression"),
    "softplus output": (MLPRegressor, {"output_activation": "softplus"}, "outputs"),
    "exp output": (MLPRegressor, {"output_activation": "exp"}, "regression"),
    "autoencoder": (
        MLPAutoencoder,
        {"hidden_layer_sizes": (20, 3, 20), "activation": "tanh", "batch_norm": True},
        "multiclass",
    ),
    "autoencoder, logistic": (
        MLPAutoencoder,
        {"hidden_layer_sizes": (12, 2), "output_activation": "logistic", "bottleneck": 0},
        "multiclass",
    ),
    "perceptron": (PerceptronClassifier, {}, "multiclass"),
    "perceptron, binary": (PerceptronClassifier, {"algorithm": "averaged"}, "binary"),
    "perceptron, joint": (PerceptronClassifier, {"multi_class": "joint"}, "strings"),
}


@cache
def fitted(case, dtype="float64"):
    """The estimator of a case, and rows in the type that it was fitted to."""
    kind, parameters, name = CASES[case]
    X, y = data(name)
    X = X.astype(dtype)
    defaults = {"max_iter": 15, "random_state": 0}
    if kind is not PerceptronClassifier:
        defaults |= {"hidden_layer_sizes": (20, 7), "tol": None}
    return kind(**defaults | parameters).fit(X, y), X


def assert_close(found, expected, dtype):
    """Equal but for rounding.

    Sums of at most 64 products are added up in another order, in three layers: some dozen units in
    the last place of the largest number. These are 1e-16 and 6e-8, and exp makes a relative error
    of the error of its argument.
    """
    expected = np.asarray(expected, np.float64)
    found = np.asarray(found, np.float64).reshape(expected.shape)
    tolerance = {"float64": 1e-12, "float32": 2e-5}[np.dtype(dtype).name]
    largest = max(1.0, np.abs(expected).max())
    assert np.abs(found - expected).max() <= tolerance * largest


@cache
def rodents():
    """A table with categories and missing values, as a data frame, and its last column."""
    table = pd.read_csv(ROOT / "examples" / "data" / "rodents.csv")
    return table.drop(columns="species"), table["species"]


@cache
def of_transformed_targets(inverse_func):
    """A network whose predictions are turned back into y by a function, and rows for it."""
    X, y = data("regression")
    functions = {np.exp: np.log, np.expm1: np.log1p, np.square: np.sqrt}
    model = TransformedTargetRegressor(
        MLPRegressor((9,), max_iter=20, random_state=0),
        func=functions.get(inverse_func),
        inverse_func=inverse_func,
    )
    return model.fit(X, y), X


def table_model(name):
    """An estimator of tables, fitted to the rodents."""
    X, species = rodents()
    quick = {"max_iter": 3, "hidden_layer_sizes": (16, 8), "random_state": 0}
    weight = X["weight"].fillna(0.0)
    others = X.copy()  # the weight may stay: what is predicted need not be hard
    if name == "encoded":
        return TabularPreprocessor(max_categories=5, random_state=0).fit(X, species)
    if name in ("classes", "folds", "kinds", "labels"):
        more = {
            "classes": {},
            # 24 plots are too many for one-hot columns here.
            "folds": {"n_estimators": 3, "max_categories": 10},
            "kinds": {"effort": "balanced", "n_estimators": 2},
            "labels": {"n_estimators": 2},
        }[name]
        y = species
        if name == "labels":
            y = np.column_stack([weight > 30, species == "Dipodomys merriami"]).astype(int)
        return TabularMLPClassifier(**quick | more).fit(others, y)
    more = {
        "numbers": {"n_estimators": 2, "effort": "thorough"},
        "quantiles": {"n_estimators": 2, "quantiles": (0.9, 0.1, 0.5)},
        "gaussian": {"n_estimators": 3, "effort": "balanced", "loss": "gaussian"},
    }[name]
    return TabularMLPRegressor(**quick | more).fit(others, 1000 + 50 * weight)
