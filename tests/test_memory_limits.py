"""Networks that no memory holds are refused before anything is allocated."""

import numpy as np
import pytest
from sklearn.base import clone

from helpers.memory import peak_memory
from helpers.unchanged import assert_refused
from skperceptron import (
    MLPAutoencoder,
    MLPClassifier,
    MLPRegressor,
    _architecture,
    _build,
    _memory,
    _run,
    _start,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
Y = X[:, 0] > 0

every_network = pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor, MLPAutoencoder])


def refuse(model, match):
    """The call is refused, changes nothing, and allocates next to nothing."""
    peak = peak_memory(lambda: assert_refused(model, lambda model: model.fit(X, Y), match))
    assert peak < 2**22


@every_network
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ((10**6, 10**6), r"\(1000000, 1000000\)"),
        (10**12, r"\(1000000000000,\)"),
        ((10**10,) * 3, r"\(10000000000, 10000000000, 10000000000\)"),
        ((2**63, 2), r"\(about 10\*\*18, 2\)"),
        ((10**400,), r"\(about 10\*\*399,\)"),
        ((10**5000,), r"\(about 10\*\*4999,\)"),
        (np.array([2**40, 2**40]), r"\(1099511627776, 1099511627776\)"),
    ],
    ids=["two wide", "wide", "three wide", "64 bits", "beyond floats", "too long", "array"],
)
@pytest.mark.one_of_each
def test_layers_that_fit_nowhere(make, solver, sizes, shown):
    model = make(sizes, solver=solver)
    match = rf"hidden_layer_sizes={shown} with 4 features .* needs at least .* bytes.* and there"
    refuse(model, match)


@every_network
def test_the_limit_is_that_of_the_machine(make, monkeypatch):
    model = make((2000, 2000), max_iter=1)
    specs = _architecture.dense_specs((4, 2000, 2000, 1), ("relu",) * 2)
    architecture = _architecture.Architecture(specs, "identity", np.dtype("f8"))
    needed = _memory.bytes_needed(model, _build.solver(model), architecture, 60)
    assert needed > _memory.SURE_TO_FIT
    monkeypatch.setattr(_memory, "memory_limit", lambda: needed // 2)
    refuse(model, rf"needs at least .* and there are {needed // 2} bytes \(.* MiB\) in all")
    monkeypatch.setattr(_memory, "memory_limit", lambda: 2 * needed)
    model.fit(X[:2], Y[:2])
    monkeypatch.setattr(_memory, "memory_limit", lambda: _memory.ADDRESS_SPACE)
    model.fit(X[:2], Y[:2])


def test_small_networks_do_not_ask(monkeypatch):
    def fail():
        raise AssertionError

    monkeypatch.setattr(_memory, "memory_limit", fail)
    MLPClassifier(max_iter=1).fit(X, Y).partial_fit(X, Y)


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw", "rmsprop", "lion", "lbfgs"])
@pytest.mark.parametrize("sizes", [(400, 300), (3000,)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.one_of_each
def test_what_is_said_to_be_needed_is_taken(solver, sizes, dtype):
    # Not more than it is: nothing is to be refused that would fit.
    rate = {} if solver == "lbfgs" else {"learning_rate_init": 1e-4}
    model = MLPClassifier(sizes, solver=solver, max_iter=3, dtype=dtype, **rate)
    data = rng.normal(size=(60, 200)).astype(dtype)
    clone(model).fit(data, Y)  # what is kept for later calls
    peak = peak_memory(lambda: model.fit(data, Y))
    needed = _memory.bytes_needed(model, _build.solver(model), model._architecture, 60)
    assert 0.4 * peak < needed <= peak


@every_network
def test_an_allocation_that_is_refused_names_the_network(make, monkeypatch):
    def refuse_it(*args, **kwargs):
        raise MemoryError("Unable to allocate 7.45 GiB for an array")

    match = r"hidden_layer_sizes=\(5,\) with 4 features .* bytes.*: Unable to allocate 7.45 GiB"
    with monkeypatch.context() as patch:
        patch.setattr(_start, "initial_parameters", refuse_it)
        refuse(make((5,)), match)
    with monkeypatch.context() as patch:
        patch.setattr(_run, "Batches", refuse_it)
        refuse(make((5,)), match)


class TestTheLimit:
    @pytest.fixture
    def system(self, tmp_path, monkeypatch):
        """Write the files of a system: its own control groups, and what limits those."""

        def write(own, limits):
            for path, content in limits.items():
                file = tmp_path / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content)
            (tmp_path / "own").write_text(own)
            return _memory.memory_limit()

        monkeypatch.setattr(_memory, "CGROUPS", tmp_path)
        monkeypatch.setattr(_memory, "OWN_CGROUPS", tmp_path / "own")
        monkeypatch.setattr(_memory, "_machine", lambda: 1000)
        monkeypatch.setattr(_memory, "_swap", lambda: 50)
        return write

    def test_without_groups_is_the_machine(self, system):
        assert system("", {}) == 1000
        assert system("0::/a\n", {"a/memory.max": "max\n"}) == 1000

    def test_where_the_system_does_not_tell(self, system, monkeypatch):
        monkeypatch.setattr(_memory, "_machine", lambda: None)
        assert system("", {}) == _memory.ADDRESS_SPACE >= 2**32
        refuse(MLPClassifier((2**63, 2)), "there are .* bytes.* in all")

    def test_of_version_2(self, system):
        assert system("0::/a/b\n", {"a/b/memory.max": "500\n"}) == 550
        assert system("0::/a/b\n", {"a/b/memory.swap.max": "0\n"}) == 500
        # Groups above limit those below.
        assert system("0::/a/b\n", {"a/memory.max": "300", "a/memory.swap.max": "7"}) == 307

    def test_of_version_2_in_a_container(self, system):
        # It shows the group of the container as the root.
        assert system("0::/\n", {"memory.max": "500", "memory.swap.max": "0"}) == 500
        assert system("0::/../outside\n", {"memory.max": "400"}) == 400

    def test_of_version_1(self, system):
        own = "5:devices:/\n4:cpu,memory:/x\n0::/\n"
        assert system(own, {"memory/x/memory.limit_in_bytes": "9223372036854771712"}) == 1000
        assert system(own, {"memory/x/memory.limit_in_bytes": "500"}) == 550
        assert system(own, {"memory/x/memory.memsw.limit_in_bytes": "520"}) == 520
        assert system(own, {"memory/memory.limit_in_bytes": "100"}) == 150

    def test_that_cannot_be_read_is_none(self, system):
        assert system("nonsense\n\xff", {"memory.max": ""}) == 1000

    def test_of_this_machine(self):
        assert _memory.memory_limit() > 2**28

    def test_of_a_system_that_does_not_tell(self, system, monkeypatch):
        monkeypatch.undo()
        monkeypatch.delattr("os.sysconf", raising=False)
        assert _memory._machine() is None
