"""Compiled epochs: the same numbers as NumPy's to the last bit, or NumPy."""

import ctypes
import importlib.util
import math
import sys
import threading
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.special import expit

from helpers.marks import needs_callbacks
from helpers.processes import run_python
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron._core import kernels, ufuncs
from skperceptron._core.compiled import replay, steps
from skperceptron.callbacks import History

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("numba") is None, reason="COMPILED EPOCHS NEED NUMBA"
    ),
    pytest.mark.skipif(not steps.supported(), reason="no compiled epochs on this platform"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

rng = np.random.default_rng(0)
X = rng.normal(size=(407, 6))
CLASSES = (X[:, 0] + X[:, 1] ** 2 > 1).astype(int) + (X[:, 2] > 0)
REAL = np.sin(X[:, :2]) + X[:, 2:4] ** 2
WEIGHTS = rng.uniform(0.5, 2, len(X))
TASKS = {
    "binary": (MLPClassifier, CLASSES > 0),
    "multiclass": (MLPClassifier, CLASSES),
    "multilabel": (MLPClassifier, np.column_stack([CLASSES > 0, CLASSES > 1]).astype(int)),
    "many classes": (MLPClassifier, np.arange(len(X)) % 101),
    "regression": (MLPRegressor, REAL[:, 0]),
    "two outputs": (MLPRegressor, REAL),
}


@pytest.fixture
def replayed(monkeypatch):
    """The number of epochs that were replayed; from now on all that can be are."""
    monkeypatch.setattr(kernels, "n_steps_left", 0)
    monkeypatch.setattr(kernels, "_failures", [])
    monkeypatch.setattr(kernels, "_told", [])
    epochs, run = [], steps.Steps._replay

    def counted(self, *arguments):
        epochs.append(True)
        return run(self, *arguments)

    monkeypatch.setattr(steps.Steps, "_replay", counted)
    return epochs


def outcome(model):
    state = model._training_state
    return [*model.coefs_, *model.intercepts_, np.array(model.loss_curve_), state.optimizer.moments]


def assert_equal_fits(make, fit, monkeypatch, replayed, n_epochs):
    fast = fit(make())
    assert len(replayed) == n_epochs
    with monkeypatch.context() as context:
        context.setattr(kernels, "n_steps_left", math.inf)
        slow = fit(make())
    assert len(replayed) == n_epochs
    for ours, theirs in zip(outcome(fast), outcome(slow), strict=True):
        assert_array_equal(ours, theirs, strict=True)
    return fast


def random_case(seed):
    """Parameters, data and weights."""
    draw = np.random.default_rng(seed)
    kind = draw.choice(list(TASKS))
    hidden = tuple(int(n) for n in draw.integers(1, 24, draw.integers(0, 4)))
    solver = draw.choice(["adam", "sgd"])
    parameters = {
        "hidden_layer_sizes": hidden,
        "activation": str(draw.choice(["relu", "tanh", "logistic", "identity"])),
        "solver": str(solver),
        "batch_size": int(draw.choice([1, 2, 13, 32, 100, 407, 500])),
        "alpha": float(draw.choice([0, 1e-4, 0.1])),
        "learning_rate": str(draw.choice(["constant", "cosine", "adaptive", "invscaling"])),
        # Small enough for SGD on one row at a time not to diverge.
        "learning_rate_init": float(draw.choice([1e-3, 1e-2])) / (1 if solver == "adam" else 10),
        "shuffle": bool(draw.integers(2)),
        "input_dropout": float(draw.choice([0, 0.2])),
        "dropout": float(draw.choice([0, 0.5])) if hidden else 0.0,
        "warmup_epochs": int(draw.integers(2)),
    }
    if solver == "sgd":
        parameters |= {"momentum": float(draw.choice([0, 0.9]))}
        parameters |= {"nesterovs_momentum": bool(draw.integers(2))}
    dtype, order = draw.choice(["f4", "f8"]), draw.choice(["C", "F"])
    inputs = np.array(X, dtype=dtype, order=order)
    return kind, parameters, inputs, WEIGHTS if draw.integers(2) else None


@pytest.mark.parametrize("seed", range(60))
def test_a_replayed_fit_is_the_same_fit(seed, monkeypatch, replayed):
    kind, parameters, inputs, weights = random_case(seed)
    estimator, y = TASKS[kind]
    monkeypatch.setattr(steps, "FEW", 1)

    def fit(model):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Got `batch_size`")
            return model.fit(inputs, y, sample_weight=weights)

    assert_equal_fits(
        lambda: estimator(**parameters, max_iter=3, tol=None, random_state=seed),
        fit,
        monkeypatch,
        replayed,
        3,
    )


@pytest.mark.parametrize("n_frozen", [1, 2])
def test_a_replayed_fit_of_the_layers_above_frozen_ones_is_the_same_fit(
    n_frozen, monkeypatch, replayed
):
    def make():
        common = {"batch_size": 32, "max_iter": 3, "tol": None, "random_state": 0}
        return MLPClassifier((8, 5), n_frozen_layers=n_frozen, dropout=0.2, **common)

    model = assert_equal_fits(make, lambda m: m.fit(X, CLASSES), monkeypatch, replayed, 3)
    still = make().set_params(solver="sgd", learning_rate_init=1e-300).fit(X, CLASSES)
    moved = [(a != b).any() for a, b in zip(model.coefs_, still.coefs_, strict=True)]
    assert moved == [False] * n_frozen + [True] * (3 - n_frozen)


@pytest.mark.parametrize(
    "parameters",
    [
        {"batch_norm": True},
        {"max_norm": 1.0},
        {"l1_ratio": 0.5},
        {"clip_norm": 1.0},
        {"solver": "lion"},
        {"activation": "mish"},
        {"loss": "focal"},
    ],
    ids=str,
)
def test_what_has_no_compiled_form_is_taken_by_numpy(parameters, replayed):
    MLPClassifier((5,), batch_size=10, max_iter=2, **parameters).fit(X, CLASSES)
    assert not replayed


def test_sparse_inputs_are_taken_by_numpy(replayed):
    sparse = pytest.importorskip("scipy.sparse")
    MLPClassifier((5,), batch_size=10, max_iter=2).fit(sparse.csr_array(X), CLASSES)
    assert not replayed


@pytest.mark.parametrize(("most", "n_epochs"), [(10_000, 0), (100_000, 2)])
def test_steps_of_many_operations_are_taken_by_numpy(most, n_epochs, monkeypatch, replayed):
    """Calls take next to nothing of them, and NumPy walks over large parameters in blocks."""
    monkeypatch.setattr(steps, "MAX_OPERATIONS", most)
    MLPClassifier((5,), batch_size=20, max_iter=2).fit(X, CLASSES)
    assert len(replayed) == n_epochs


def test_a_subclass_inherits_no_compiled_form(replayed):
    from skperceptron._core.activations import Tanh

    class Doubled(Tanh):
        def forward(self, z):
            super().forward(z)
            z *= 2

    MLPClassifier((5,), activation=Doubled(), batch_size=10, max_iter=2).fit(X, CLASSES)
    assert not replayed


def test_the_timeline_may_be_walked_in_any_way(monkeypatch, replayed):
    def make():
        return MLPClassifier((7,), batch_size=10, dropout=0.2, random_state=0, tol=None)

    def walk(model):
        for _ in range(4):
            model.partial_fit(X, CLASSES, classes=[0, 1, 2])
        return model

    walked = assert_equal_fits(make, walk, monkeypatch, replayed, 4)
    whole = make().set_params(max_iter=4).fit(X, CLASSES)
    for ours, theirs in zip(outcome(walked), outcome(whole), strict=True):
        assert_array_equal(ours, theirs)


def test_the_change_may_come_in_the_midst_of_a_fit(monkeypatch, replayed):
    monkeypatch.setattr(kernels, "n_steps_left", 60)
    model = MLPClassifier((7,), batch_size=10, random_state=0, tol=None, max_iter=5)
    changed = model.fit(X, CLASSES).coefs_  # 41 steps an epoch
    assert len(replayed) == 3
    monkeypatch.setattr(kernels, "n_steps_left", math.inf)
    for ours, theirs in zip(changed, model.fit(X, CLASSES).coefs_, strict=True):
        assert_array_equal(ours, theirs)


@needs_callbacks
def test_callbacks_hear_the_same(monkeypatch, replayed):
    heard = []
    for left in (0, math.inf):
        monkeypatch.setattr(kernels, "n_steps_left", left)
        history = History()
        model = MLPClassifier((7,), batch_size=10, random_state=0, tol=None, max_iter=3)
        model.set_callbacks(history).fit(X, CLASSES)
        (fit,) = history.fits
        heard.append([{k: v for k, v in epoch.items() if k != "time"} for epoch in fit.epochs])
    assert len(replayed) == 3
    assert heard[0] == heard[1]
    assert heard[0][0]["gradient_norm"] > 0


def test_early_stopping(monkeypatch, replayed):
    def make():
        return MLPClassifier((7,), batch_size=10, random_state=0, early_stopping=True, max_iter=4)

    assert_equal_fits(make, lambda model: model.fit(X, CLASSES), monkeypatch, replayed, 4)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_divergence_is_the_same_error(activation, monkeypatch, replayed):
    messages = []
    for left in (0, math.inf):
        monkeypatch.setattr(kernels, "n_steps_left", left)
        model = MLPRegressor(
            (7,), activation=activation, solver="sgd", learning_rate_init=1e80, batch_size=10
        )
        with pytest.raises(ValueError, match=r"diverged|finite") as error:
            model.fit(X, REAL)
        messages.append(str(error.value))
    assert replayed
    assert messages[0] == messages[1]


def test_a_step_that_disagrees_leaves_numpy_to_it(monkeypatch, replayed):
    """The two ways are compared at the start, in each fit."""
    real = replay.inner_loop
    monkeypatch.setattr(
        replay, "inner_loop", lambda u, dtype: real(np.exp if u is np.tanh else u, dtype)
    )
    model = MLPClassifier((7,), activation="tanh", batch_size=10, random_state=0, max_iter=2)
    wrong = model.fit(X, CLASSES).coefs_
    assert not replayed
    monkeypatch.setattr(kernels, "n_steps_left", math.inf)
    for ours, theirs in zip(wrong, model.fit(X, CLASSES).coefs_, strict=True):
        assert_array_equal(ours, theirs)


class TestAddresses:
    """Nothing is called that is not a loop of NumPy's or SciPy's for sure."""

    UFUNCS = (np.add, np.multiply, np.exp, np.tanh, np.matmul, np.logaddexp, expit)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("ufunc", UFUNCS, ids=str)
    def test_they_are_those_of_code(self, ufunc, dtype):
        loop, _ = ufuncs.inner_loop(ufunc, np.dtype(dtype))
        assert ufuncs.is_code(loop)

    def test_data_are_no_code(self):
        assert not ufuncs.is_code(0)
        assert not ufuncs.is_code(id(np.exp))
        assert not ufuncs.is_code(X.ctypes.data)
        assert not ufuncs.is_code(ctypes.cast(ctypes.pythonapi.Py_IncRef, ctypes.c_void_p).value)

    @pytest.mark.parametrize(
        "doubt",
        [
            lambda patch: patch.setattr(ufuncs, "is_code", lambda address: False),
            lambda patch: patch.setattr(ufuncs, "LIBRARIES", {"another"}),
            lambda patch: patch.setattr(ufuncs, "Path", lambda *parts: 1 / 0),  # no /proc
        ],
        ids=["no code", "of another library", "not to be found out"],
    )
    def test_in_doubt_it_is_numpy(self, doubt, monkeypatch, replayed):
        ufuncs.inner_loop.cache_clear()
        model = MLPClassifier((7,), batch_size=10, max_iter=2, random_state=0)
        with monkeypatch.context() as context:
            doubt(context)
            with pytest.warns(RuntimeWarning, match="could not compile"):
                doubtful = model.fit(X, CLASSES).coefs_
        assert not replayed
        monkeypatch.setattr(kernels, "n_steps_left", math.inf)
        for ours, theirs in zip(doubtful, model.fit(X, CLASSES).coefs_, strict=True):
            assert_array_equal(ours, theirs)

    def test_a_structure_that_numpy_does_not_document(self, monkeypatch, replayed):
        class Other:
            """As a ufunc, with other numbers beside its addresses."""

            nin, nout, nargs, ntypes = 1, 1, 2, 3

        with pytest.raises(RuntimeError, match="not as NumPy documents it"):
            ufuncs.inner_loop(Other(), np.dtype(np.float64))

    @pytest.mark.parametrize(
        ("owner", "name", "value"),
        [
            (steps.sys, "platform", "darwin"),
            (steps.platform, "machine", lambda: "aarch64"),
            (steps.sysconfig, "get_config_var", lambda name: 1),  # without a global lock
        ],
    )
    def test_on_other_platforms_it_is_numpy(self, owner, name, value, monkeypatch, replayed):
        monkeypatch.setattr(owner, name, value)
        assert not steps.supported()
        MLPClassifier((7,), batch_size=10, max_iter=2).fit(X, CLASSES)
        assert not replayed


def test_several_failures_to_compile_are_one_warning(monkeypatch, replayed):
    """What fails next fails for the same reason: loops of kernels, and those of perceptrons."""

    def fail(*arguments, **options):
        raise OSError("no space left")

    monkeypatch.setattr(kernels, "cached", fail)
    monkeypatch.setattr(replay, "cached", fail)
    kernels.compiled.cache_clear()
    kernels.address.cache_clear()
    model = MLPClassifier((7,), batch_size=10, max_iter=2)
    with pytest.warns(RuntimeWarning, match="no space left"):
        model.fit(X, CLASSES)
    monkeypatch.setattr(kernels, "n_steps_left", 0)
    monkeypatch.setattr(kernels, "_compiled", {})
    PerceptronClassifier(max_iter=2, tol=None).fit(X, CLASSES)  # warnings are errors
    monkeypatch.setattr(kernels, "n_elements_left", 1)
    for kernel in kernels.Kernel.all:
        monkeypatch.setattr(kernel, "run", kernel.numpy_impl)
    model.set_params(batch_norm=True).fit(X, CLASSES)  # by kernels
    assert len(kernels._failures) == 2 + len(kernels.Kernel.all)
    assert not replayed


def test_a_failure_to_compile_warns_once(monkeypatch, replayed):
    def fail(*arguments):
        raise OSError("no space left")

    monkeypatch.setattr(replay, "address", fail)
    model = MLPClassifier((7,), batch_size=10, max_iter=2)
    with pytest.warns(RuntimeWarning, match="no space left"):
        model.fit(X, CLASSES)
    model.fit(X, CLASSES)  # warnings are errors
    assert not replayed


def test_ctrl_c_while_it_compiles_is_no_failure(monkeypatch, replayed):
    model = MLPClassifier((7,), batch_size=10, max_iter=2)
    with monkeypatch.context() as context:

        def interrupted(work):
            raise KeyboardInterrupt

        context.setattr(kernels, "undisturbed", interrupted)
        with pytest.warns(UserWarning, match="interrupted"):
            model.fit(X, CLASSES)
    assert not replayed
    model.fit(X, CLASSES)
    assert len(replayed) == 2


@pytest.mark.parametrize("kind", ["network", "perceptron"])
@pytest.mark.parametrize("where", ["import", "compile"])
def test_ctrl_c_of_the_user_while_it_compiles_is_no_failure(where, kind):
    """The signal comes while Numba is at work in its thread. The next fit compiles."""
    code = """
import signal, sys, warnings
import numpy as np
from skperceptron import MLPClassifier, PerceptronClassifier
from skperceptron._core import kernels, ufuncs
from skperceptron._core.compiled import steps
owner, name = (kernels, "_is_available") if sys.argv[1] == "import" else (kernels, "cached")
real, epochs, replay, hits = getattr(owner, name), [], steps.Steps._replay, []
signal.signal(signal.SIGINT, signal.default_int_handler)
def hit(*arguments, **options):
    if not hits:
        hits.append(True)
        signal.raise_signal(signal.SIGINT)
    return real(*arguments, **options)
def counted(*arguments):
    epochs.append(1)
    return replay(*arguments)
setattr(owner, name, hit)
steps.Steps._replay = counted
kernels.n_steps_left = 0
X = np.random.default_rng(0).normal(size=(100, 4))
model = {"network": MLPClassifier((5,), batch_size=5, max_iter=3, tol=None),
         "perceptron": PerceptronClassifier()}[sys.argv[2]]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model.fit(X, X[:, 0] > 0)
print(*["interrupted" in str(each.message) for each in caught], len(epochs), end=" ")
MLPClassifier((5,), batch_size=5, max_iter=3, tol=None).fit(X, X[:, 0] > 0)
PerceptronClassifier().fit(X, X[:, 0] > 0)
compiled = len(kernels._compiled), None in kernels._compiled.values()
print(len(epochs), kernels.n_steps_left, kernels.take_failures(), *compiled)
"""
    assert run_python(code, where, kind) == "True 0 3 0 [] 1 False"


def test_ctrl_c_acts_between_chunks(monkeypatch, replayed):
    """An epoch is replayed in chunks of few steps, and Python handles signals between these."""
    monkeypatch.setattr(steps, "MAX_STEPS", 8)
    chunks, run = [], replay.Program.run

    def interrupted(self, rows, *arguments):
        chunks.append(len(rows))
        if len(chunks) == 9:
            raise KeyboardInterrupt
        return run(self, rows, *arguments)

    monkeypatch.setattr(replay.Program, "run", interrupted)
    model = MLPClassifier((7,), batch_size=10, max_iter=3)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(X, CLASSES)
    # Those of the comparison; of 40 steps and the remainder; of the next epoch.
    assert chunks == [1, 1, 8, 8, 8, 8, 8, 1, 8]
    assert model.n_iter_ == 1
    assert all(np.isfinite(coef).all() for coef in model.coefs_)


def test_threads_count_every_step(monkeypatch):
    monkeypatch.setattr(kernels, "n_steps_left", 0.0)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [
            threading.Thread(target=lambda: [kernels.count_steps(1.0) for _ in range(5000)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert kernels.n_steps_left == -20_000


@pytest.mark.parametrize(
    "kind", [MLPClassifier, MLPRegressor, MLPAutoencoder, PerceptronClassifier]
)
def test_a_request_that_predicts_never_compiles(kind, monkeypatch):
    y = {MLPRegressor: REAL, MLPAutoencoder: None}.get(kind, CLASSES)
    model = kind(max_iter=2)
    model.fit(X) if y is None else model.fit(X, y)
    monkeypatch.setattr(kernels, "n_steps_left", 0)
    monkeypatch.setattr(kernels, "n_elements_left", 0)
    for name in ("available", "undisturbed", "compiled", "cached", "address"):
        monkeypatch.setattr(kernels, name, lambda *arguments: pytest.fail("it compiles"))
    methods = ("predict", "predict_proba", "decision_function", "transform", "hidden_activations")
    called = [getattr(model, name)(X) for name in methods if hasattr(model, name)]
    assert called
    model.score(X) if y is None else model.score(X, y)


@pytest.mark.parametrize("kind", ["MLPClassifier", "PerceptronClassifier", "MLPRegressor"])
def test_the_first_fit_of_a_small_table_does_without_numba(kind):
    """Importing it takes longer than the fit."""
    code = f"""
import sys, warnings
from sklearn.datasets import load_iris
from skperceptron import {kind}
warnings.simplefilter("ignore")
model = {kind}().fit(*load_iris(return_X_y=True))
print(any(name in sys.modules for name in ("numba", "llvmlite")))
"""
    assert run_python(code) == "False"


def test_fits_in_threads(replayed):
    models = [MLPClassifier((7,), batch_size=10, random_state=i, max_iter=20) for i in range(4)]
    alone = [np.concatenate(m.fit(X, CLASSES).coefs_, axis=None) for m in models]
    threads = [threading.Thread(target=m.fit, args=(X, CLASSES)) for m in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for model, expected in zip(models, alone, strict=True):
        assert_array_equal(np.concatenate(model.coefs_, axis=None), expected)


def test_in_a_process_of_its_own_and_in_its_child():
    code = """
import os, warnings
import numpy as np
from skperceptron import MLPClassifier
from skperceptron._core import kernels, ufuncs
from skperceptron._core.compiled import steps
warnings.simplefilter("ignore")
epochs, run = [], steps.Steps._replay
def counted(*arguments):
    epochs.append(1)
    return run(*arguments)
steps.Steps._replay = counted
X = np.random.default_rng(0).normal(size=(100, 4))
y = X[:, 0] > 0
def fit():
    model = MLPClassifier((5,), batch_size=5, max_iter=3, random_state=0).fit(X, y)
    return [c.tobytes() for c in model.coefs_]
before = fit()
kernels.n_steps_left = 0
assert fit() == before and len(epochs) == 3
child = os.fork()
if child == 0:
    os._exit(0 if fit() == before and len(epochs) == 6 else 1)
print(os.waitpid(child, 0)[1])
"""
    assert run_python(code) == "0"


def test_a_broken_cache_does_not_matter(tmp_path):
    code = """
import warnings
import numpy as np
from skperceptron import MLPClassifier, PerceptronClassifier
from skperceptron._core import kernels, ufuncs
warnings.simplefilter("ignore", category=UserWarning)
kernels.n_steps_left = 0
X = np.random.default_rng(0).normal(size=(100, 4))
MLPClassifier((5,), batch_size=5, max_iter=3).fit(X, X[:, 0] > 0)
PerceptronClassifier().fit(X, X[:, 0] > 0)
print(kernels.n_steps_left, kernels.take_failures())
"""
    for _ in range(2):
        assert run_python(code, NUMBA_CACHE_DIR=str(tmp_path)) == "0 []"
        for index in tmp_path.rglob("*.nbi"):
            index.write_bytes(b"")
