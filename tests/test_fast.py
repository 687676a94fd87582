"""The extra that compiles loops changes no result: fits are equal to the last bit."""

import math

import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification

from helpers.weights import assert_same_fit
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron._core import kernels
from skperceptron._core.perceptron import Patience

X, y = make_classification(
    120, 9, n_classes=3, n_informative=5, n_clusters_per_class=1, random_state=0
)
FITS = {
    "adam": (MLPClassifier, {}),
    "single precision": (MLPClassifier, {"dtype": "float32"}),
    "adamw": (MLPClassifier, {"solver": "adamw", "weight_decay": 0.1}),
    "L1": (MLPClassifier, {"alpha": 0.01, "l1_ratio": 0.7}),
    "several layers": (
        MLPClassifier,
        {"hidden_layer_sizes": (8, 7), "activation": ["relu", "tanh"], "dropout": 0.2},
    ),
    "batch norm": (MLPClassifier, {"batch_norm": True, "clip_norm": 1.0}),
    "sgd": (MLPRegressor, {"solver": "sgd", "alpha": 0.1}),
    "lbfgs": (MLPRegressor, {"solver": "lbfgs"}),
    "autoencoder": (MLPAutoencoder, {"hidden_layer_sizes": (4,)}),
}


@pytest.fixture(params=["as Python", "compiled"])
def in_loops(request, monkeypatch):
    """Have every kernel use ``numba_impl`` from now on; it stays Python without Numba."""
    if request.param == "compiled":
        pytest.importorskip("numba")
    else:
        monkeypatch.setattr(kernels, "compiled", lambda loop, dimensions: loop)

    def turn():
        for kernel in kernels.Kernel.all:
            monkeypatch.setattr(kernel, "run", kernel.compiled())

    return turn


@pytest.mark.parametrize("csr", [False, True], ids=["dense", "CSR"])
@pytest.mark.parametrize("name", FITS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_in_loops_is_the_same_fit(name, csr, in_loops):
    estimator, parameters = FITS[name]
    parameters = {"hidden_layer_sizes": (10,), "max_iter": 4, "random_state": 0} | parameters
    if parameters.get("solver") != "lbfgs":
        parameters["batch_size"] = 50
    inputs = sparse.csr_array(X) if csr else X

    def fit():
        model = estimator(**parameters)
        return model.fit(inputs) if estimator is MLPAutoencoder else model.fit(inputs, y)

    before = fit()
    in_loops()
    after = fit()
    assert_same_fit(after, before)


def test_the_change_in_the_midst_of_a_fit_is_not_felt(monkeypatch):
    model = MLPClassifier((10,), max_iter=4, tol=0, random_state=0)
    with pytest.warns(match="Maximum iterations"):
        before = model.fit(X, y).coefs_
    monkeypatch.setattr(kernels, "available", lambda: True)
    monkeypatch.setattr(kernels, "compiled", lambda loop, dimensions: loop)
    monkeypatch.setattr(kernels, "n_elements_left", 3000)  # 133 parameters; 120 rows of 13 units
    for kernel in kernels.Kernel.all:
        monkeypatch.setattr(kernel, "run", kernel.numpy_impl)
    changed = []

    def note_change(progress):
        changed.append([kernel.run != kernel.numpy_impl for kernel in kernels.Kernel.all])
        return 0.001

    with pytest.warns(match="Maximum iterations"):
        after = model.set_params(learning_rate=note_change).fit(X, y).coefs_
    assert not any(changed[0])
    assert all(changed[-1])
    for ours, theirs in zip(after, before, strict=True):
        assert_array_equal(ours, theirs)


@pytest.mark.parametrize("as_python", [True, False], ids=["as Python", "compiled"])
@pytest.mark.parametrize("csr", [False, True], ids=["dense", "CSR"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_perceptron_in_the_loop_is_the_same_fit(early_stopping, csr, as_python, monkeypatch):
    """Losses decide when a fit stops, so they are equal to the last bit too."""
    watched, watch = [], Patience.watch

    def recorded(self, learners, values):
        watched.append(values.tolist())
        return watch(self, learners, values)

    monkeypatch.setattr(Patience, "watch", recorded)
    inputs = sparse.csr_array(X) if csr else X
    model = PerceptronClassifier(early_stopping=early_stopping, random_state=0, max_iter=30)
    monkeypatch.setattr(kernels, "n_steps_left", math.inf)
    before = model.fit(inputs, y)
    expected, watched[:] = watched[:], []
    monkeypatch.setattr(kernels, "n_steps_left", 0)
    if as_python:
        monkeypatch.setattr(kernels, "compiled_for", lambda function, arguments: function)
    else:
        pytest.importorskip("numba")
    after = clone(model).fit(inputs, y)
    assert kernels.n_steps_left == 0  # NumPy would have counted its mistakes
    assert sum(before.mistakes_curve_) > 0
    assert watched == expected
    assert after.mistakes_curve_ == before.mistakes_curve_
    assert_array_equal(after.coef_, before.coef_)
    assert_array_equal(after.intercept_, before.intercept_)
