"""Golden files: fits that every later version must read, continue and repeat.

For each case there is a JSON file with the numbers and a pickle with the fitted estimator, in
a folder of the version that made them. The data come from a formula in integers, so that no change
of a random stream can change them.

Numbers are compared to ``TOLERANCE``, relative to the largest of an array. In float64 a sum that
another BLAS kernel adds up in another order differs by some 1e-16 of its terms, and the 12 epochs
of a case multiply that by less than 100: between kernels of OpenBLAS for Prescott, Sandybridge,
Haswell, Zen and SkylakeX the largest difference measured is 7e-15. The cases with batch
normalisation differ by 2e-9. Theirs are the intercepts before it, which have a gradient of rounding
errors only, about 1e-17, of which Adam makes steps of up to 1e-17 / ``epsilon`` = 1e-9. So 1e-6,
which the tests of parity with scikit-learn allow too, leaves more than two digits for kernels and
versions not measured, while a change of an equation, of a default or of the order of draws is far
above it.
There is no case in float32, where the same reasoning would leave a tolerance that proves little.
Updates of the perceptron without a penalty are exact, since its data are multiples of 1/16.
"""

from __future__ import annotations

import copy
import json
import pickle
import platform
import warnings
from pathlib import Path

import numpy as np
import scipy
import sklearn
from numpy.testing import assert_allclose
from sklearn.exceptions import ConvergenceWarning

import skperceptron
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier

TOLERANCE = 1e-6
N_EPOCHS, N_MORE = 12, 3
FILES = Path(__file__).parent / "files"

ROW, COLUMN = np.ogrid[:60, :5]
MIXED = 37 * ROW + 101 * COLUMN + 17 * ROW * COLUMN + 7 * ROW**2
X = (MIXED % 97 - 48) / 16  # (60, 5), multiples of 1/16
SCORE = X[:, 0] + X[:, 1] * X[:, 2] / 4
TARGETS = {
    "two classes": (SCORE > 0).astype(int),
    "three classes": np.array(["low", "mid", "top"])[1 + (SCORE > 1) - (SCORE < -1)],
    "labels": np.column_stack([SCORE > 0, X[:, 3] > 0]).astype(int),
    "number": SCORE,
    "numbers": np.column_stack([SCORE, X[:, 3] - X[:, 4]]),
    "counts": np.floor(np.abs(SCORE)).astype(int),
    "none": None,
}

COMMON = {
    "hidden_layer_sizes": (6, 4),
    "activation": "tanh",
    "learning_rate_init": 0.02,
    "batch_size": 16,
    "max_iter": N_EPOCHS,
    "random_state": 0,
}
EARLY = {"early_stopping": True, "validation_fraction": 0.2}
EVERYTHING = {"dropout": 0.2, "batch_norm": True, "max_norm": 2.0, "clip_norm": 1.0}


def _network(estimator, target, **parameters):
    model = estimator(**COMMON | parameters)
    if model.solver == "lbfgs":
        model.set_params(batch_size="auto", learning_rate_init=0.001)  # it has no use for them
    return model, target


def _perceptron(target, **parameters):
    return PerceptronClassifier(max_iter=N_EPOCHS, random_state=0, **parameters), target


# Unfitted estimators, and the name of their target.
CASES = {
    "classifier-sgd": _network(MLPClassifier, "two classes", solver="sgd"),
    "classifier-adam-early": _network(MLPClassifier, "three classes", **EARLY),
    "classifier-adamw-everything": _network(
        MLPClassifier, "three classes", solver="adamw", label_smoothing=0.1, **EVERYTHING
    ),
    "classifier-lion-l1": _network(
        MLPClassifier, "labels", solver="lion", l1_ratio=0.5, alpha=0.01, learning_rate="cosine"
    ),
    "classifier-lbfgs": _network(MLPClassifier, "three classes", solver="lbfgs"),
    "classifier-hinge": _network(MLPClassifier, "two classes", loss="squared_hinge"),
    "regressor-sgd-adaptive": _network(
        MLPRegressor, "number", solver="sgd", learning_rate="adaptive", n_iter_no_change=2, tol=0.01
    ),
    "regressor-adam-early": _network(MLPRegressor, "number", **EARLY),
    "regressor-nadam-outputs": _network(MLPRegressor, "numbers", solver="nadam"),
    "regressor-rmsprop-poisson": _network(
        MLPRegressor, "counts", solver="rmsprop", loss="poisson", learning_rate="one_cycle"
    ),
    "regressor-adagrad-quantile": _network(
        MLPRegressor, "number", solver="adagrad", loss="quantile", quantile=0.8
    ),
    "regressor-lbfgs": _network(MLPRegressor, "numbers", solver="lbfgs", alpha=0.1),
    "autoencoder-adam": _network(MLPAutoencoder, "none", hidden_layer_sizes=(6, 2, 6)),
    "autoencoder-denoising": _network(
        MLPAutoencoder, "none", hidden_layer_sizes=(6, 2, 6), input_dropout=0.2, batch_norm=True
    ),
    "perceptron": _perceptron("three classes"),
    "perceptron-averaged-joint": _perceptron(
        "three classes", algorithm="averaged", multi_class="joint"
    ),
    "perceptron-pocket": _perceptron("two classes", algorithm="pocket"),
    "perceptron-elasticnet": _perceptron("two classes", penalty="elasticnet", alpha=0.001),
}


def versions() -> dict[str, str]:
    packages = (skperceptron, sklearn, np, scipy)
    return {"python": platform.python_version()} | {p.__name__: p.__version__ for p in packages}


def fitted(name: str):
    """A new fit of a case."""
    model, target = CASES[name]
    return _train(copy.deepcopy(model), target)


def continued(model, name: str):
    """The same estimator after some more epochs."""
    if hasattr(model, "partial_fit") and not model.early_stopping:
        y = TARGETS[CASES[name][1]]
        for _ in range(N_MORE):
            model.partial_fit(X, y)
        return model
    return _train(model.set_params(warm_start=True, max_iter=N_MORE), CASES[name][1])


def _train(model, target):
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        return model.fit(X, TARGETS[target])


def numbers(model) -> dict[str, list]:
    """What is kept of a fitted estimator: its curve, its weights, and its predictions."""
    curve = "mistakes_curve_" if isinstance(model, PerceptronClassifier) else "loss_curve_"
    result = {curve: getattr(model, curve)}
    for attribute in ("coefs_", "intercepts_", "coef_", "intercept_"):
        if hasattr(model, attribute):
            arrays = getattr(model, attribute)
            arrays = arrays if isinstance(arrays, list) else [arrays]
            result[attribute] = np.concatenate([a.ravel() for a in arrays]).tolist()
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        if hasattr(model, method):
            result[method] = getattr(model, method)(X).tolist()
    return result


# Files -----------------------------------------------------------------------------------------


def write(name: str, folder: Path) -> None:
    """Fit a case, and write its numbers and its pickle."""
    folder.mkdir(parents=True, exist_ok=True)
    model = fitted(name)
    record = {
        "case": name,
        "estimator": type(model).__name__,
        "parameters": {key: repr(value) for key, value in model.get_params().items()},
        "versions": versions(),
        "fitted": numbers(model),
        "continued": numbers(continued(copy.deepcopy(model), name)),
    }
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    (folder / f"{name}.pickle").write_bytes(pickle.dumps(model, protocol=5))


def check_pickle(path: Path) -> None:
    """Read the pickle beside a JSON file: it predicts, and goes on, as it did when it was made."""
    record = json.loads(path.read_text("utf-8"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = pickle.loads(path.with_suffix(".pickle").read_bytes())
    told = any("version" in str(warning.message) for warning in caught)
    other = record["versions"]["skperceptron"] != skperceptron.__version__
    assert told == other, "a pickle of another version must say so, and no other may"
    compare(numbers(model), record["fitted"], "pickle")
    compare(numbers(continued(model, record["case"])), record["continued"], "pickle, continued")


def check_new_fit(path: Path) -> None:
    """Fit the case of a JSON file anew: it comes to the numbers of then."""
    record = json.loads(path.read_text("utf-8"))
    model = fitted(record["case"])
    compare(numbers(model), record["fitted"], "new fit")
    compare(numbers(continued(model, record["case"])), record["continued"], "new fit, continued")


def compare(actual: dict, expected: dict, what: str) -> None:
    """Raise AssertionError unless all that was recorded is there, and equal to the tolerance."""
    for name, then in expected.items():
        now, then = np.asarray(actual[name]), np.asarray(then)
        message = f"{what}: {name}"
        assert now.shape == then.shape, message
        if now.dtype.kind == "f":
            limit = TOLERANCE * np.abs(then).max(initial=0)
            assert_allclose(now, then, rtol=0, atol=limit, err_msg=message)
        else:
            assert (now == then).all(), message
