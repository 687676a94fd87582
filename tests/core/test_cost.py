"""What a step costs, without a clock: passes over the parameters, allocations, precision."""

import sys
import tracemalloc

import numpy as np
import pytest

from helpers.marks import every_dtype
from helpers.memory import peak_memory
from skperceptron import MLPClassifier, _architecture, _build
from skperceptron._core.objective import Objective
from skperceptron._core.parameters import Layout, Parameter
from skperceptron._core.penalties import L2
from skperceptron._core.types import BLOCK


class Spy(np.ndarray):
    """An array that records what NumPy's universal functions make of it."""

    seen = ()  # (name, dtype, size) of each result

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        plain = [np.asarray(each) if isinstance(each, Spy) else each for each in inputs]
        if out is not None:
            kwargs["out"] = tuple(np.asarray(each) for each in out)
        result = getattr(ufunc, method)(*plain, **kwargs)
        Spy.seen.append((ufunc.__name__, result.dtype, result.size))
        return result.view(Spy) if isinstance(result, np.ndarray) and result.ndim else result


@pytest.fixture
def seen():
    Spy.seen = []
    yield Spy.seen
    Spy.seen = ()


def network_step(parameters, dtype, n=150, d=6, wrap=np.asarray):
    """A function that trains a network on one batch, everything prepared."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(n, d)).astype(dtype), np.eye(3, dtype=dtype)[rng.integers(0, 3, n)]
    estimator = MLPClassifier((40, 30), **parameters)
    architecture = _architecture.Architecture(estimator._layer_specs(d, 3), "softmax", X.dtype)
    network = _architecture.training_network(
        estimator, architecture, np.random.default_rng(0), sparse=False
    )
    theta = _architecture.initial_parameters(estimator, architecture, np.random.RandomState(0))
    theta = theta.view()
    network.allocate(wrap(theta), n, d)
    loss = _build.classification_loss(estimator, "softmax")
    objective = Objective(network, loss, _build.regularisation(estimator), 1.0)
    optimizer = _build.optimizer(estimator)
    state = optimizer.init(architecture.layout, architecture.dtype)
    optimizer.resume(state, network.layout, step_sizes=objective.is_proximal)
    place = network.layout.trainable

    def step():
        objective.value_and_gradient(wrap(X), wrap(y))
        step_size = optimizer.step(network.theta[place], network.gradient[place], 0.01)
        objective.project(step_size)

    return step


# Passes over all parameters in one step: each is a walk through memory.
PASSES = {
    "sgd": 6,
    "adam": 10,
    "adamw": 10,
    "nadam": 13,
    "rmsprop": 9,
    "adagrad": 7,
    "lion": 9,
}


@pytest.mark.parametrize(("solver", "most"), PASSES.items())
@pytest.mark.parametrize("size", [500, BLOCK + 500])
def test_an_optimizer_walks_over_the_parameters_no_more_often_than_it_must(
    solver, most, size, seen
):
    estimator = MLPClassifier(solver=solver, weight_decay=0.0)
    optimizer = _build.optimizer(estimator)
    layout = Layout([Parameter("weight", (size,), penalised=True)])
    state = optimizer.init(layout, float)
    state.moments[...] = 1
    state.moments = state.moments.view(Spy)
    optimizer.resume(state, layout, step_sizes=False)
    optimizer.step(np.ones(size).view(Spy), np.ones(size).view(Spy), 0.01)
    assert sum(count for _, _, count in seen) <= most * size


def test_the_l2_penalty_is_two_passes(seen):
    weights, gradient = np.ones(BLOCK + 5).view(Spy), np.ones(BLOCK + 5).view(Spy)
    L2(0.1).add_gradient(weights, gradient, 0.5, np.empty(BLOCK + 5).view(Spy))
    assert sum(size for _, _, size in seen) == 2 * weights.size


FEATURES = [
    {},
    {"solver": "sgd"},
    {"activation": ["tanh", "gelu"], "solver": "nadam"},
    {"dropout": 0.2, "input_dropout": 0.1, "max_norm": 1.0, "solver": "rmsprop"},
    {"batch_norm": True, "l1_ratio": 0.5, "clip_norm": 1.0, "solver": "adamw"},
    {"label_smoothing": 0.1, "loss": "focal", "max_norm": 1.0, "max_norm_order": 1},
]
every_feature = pytest.mark.parametrize("parameters", FEATURES, ids=str)


@every_feature
def test_a_network_in_single_precision_computes_nothing_in_double(parameters, seen):
    step = network_step(parameters, np.float32, wrap=lambda array: array.view(Spy))
    step()
    assert len(seen) > 10
    doubles = [each for each in seen if each[1] == np.float64 and each[2] > 1]
    assert not doubles


@every_feature
@every_dtype
def test_a_step_leaves_no_memory_behind(parameters, dtype):
    step = network_step(parameters, dtype)
    for _ in range(3):
        step()
    tracemalloc.start()
    try:
        step()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(20):
            step()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # No array of a batch or a layer; Python's own small change is a few dozen bytes a step.
    assert after - before < 20 * 500


def test_a_default_step_allocates_less_than_a_layer():
    step = network_step({}, np.float64, n=4000)
    for _ in range(3):
        step()
    # The largest is relu's mask, a byte for each of 4000 rows and 40 units; activations take 8.
    assert peak_memory(step) < 4000 * 40 * 8 / 2


def calls_of_the_package(function, *args):
    """How many functions of the package are called, comprehensions and lambdas included."""
    names = []

    def note(frame, event, arg):
        inside = event == "call" and "skperceptron" in frame.f_globals.get("__name__", "")
        if inside and frame.f_code.co_name != "quiet":  # where NumPy's own decorator won't do
            names.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        function(*args)
    finally:
        sys.setprofile(None)
    return names


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("method", "most"), [("predict", 28), ("decision_function", 30), ("hidden_activations", 24)]
)
def test_one_row_is_predicted_in_a_few_calls(method, most, dtype):
    # Each of them takes a good part of what the products of a row take.
    X = np.random.default_rng(0).normal(size=(40, 6)).astype(dtype)
    model = MLPClassifier((8,), max_iter=1).fit(X, np.arange(40) % 4)
    predict = getattr(model, method)
    predict(X[:1])
    names = calls_of_the_package(predict, X[:1])
    assert "infer" in names
    assert len(names) <= most
