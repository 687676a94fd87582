"""Rule 1 of the architecture: imports go down only."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import skperceptron
from helpers import paths
from helpers.processes import run_python

ROOT = Path(skperceptron.__file__).parent

# From the ground up; a module imports only from floors below its own. A folder of _core whose
# modules are not listed is one component: they share their base, and its __init__ gathers them.
FLOORS = [
    {"_core", "_core.forks", "_core.formulas", "_core.types"},
    {"_core.kernels", "_core.ufuncs"},
    {"_core.compiled", "_core.compiled.tape"},
    {"_core.compiled.replay"},
    {
        "_core.activations",
        "_core.batches",
        "_core.initializers",
        "_core.parameters",
        "_core.penalties",
        "_core.perceptron.units",
        "_core.schedules",
        "_core.sparse",
        "_core.stopping",
    },
    {"_core.layers", "_core.losses", "_core.optimizers", "_core.perceptron.rows"},
    {"_core.perceptron.rules"},
    {"_core.perceptron.trainer"},
    {
        "_core.perceptron.blocks",
        "_core.perceptron.weight_selectors",
    },
    {"_core.perceptron.compiled", "_core.perceptron.penalised"},
    {"_core.perceptron"},
    {"_core.network"},
    {"_core.objective"},
    {"_core.steps"},
    {"_core.compiled.steps"},
    {"_core.training"},
    {"_core.lbfgs", "_core.epoch_metrics"},
    {"_attributes", "_blas_threads", "_files", "_inputs", "_messages", "_restored", "_types"},
    {"_lowered"},
    {"_architecture"},
    {"_summary"},
    {"_compat"},
    {"_parameters"},
    {"_build", "_targets"},
    {"_data", "_given", "_memory", "_transfer"},
    {"_tasks", "_callback_runner", "_predict"},
    {"_gradients", "_publish", "_validation"},
    {"_importances"},
    {"_held_out"},
    {"_diagnosis", "_finite", "_frozen"},
    {"_run", "_start"},
    {"_base"},
    {"_convert"},
    {"_classifier", "_perceptron", "_regressor"},
    {"_autoencoder"},
    {"tabular._kinds", "tabular._quantiles"},
    {"tabular._columns", "tabular._greedy", "tabular._piecewise", "tabular._robust_clip"},
    {"tabular._intervals", "tabular._preprocessor", "tabular._splits"},
    {"tabular._members", "tabular._parameters"},
    {"tabular._base"},
    {"tabular._attributions", "tabular._classifier", "tabular._regressor"},
    {"model_selection._code", "model_selection._learning_rate"},
    {"model_selection._cached"},
    {"model_selection._spaces"},
    {"model_selection"},
    {"callbacks", "plotting", "tabular"},
    {"inspection"},
    {"export._writer"},
    {"export._networks", "export._transformers"},
    {"export._tables"},
    {"export._describe"},
    {"export._c", "export._onnx"},
    {"export"},
    {""},  # skperceptron/__init__.py
]
FLOOR = {component: floor for floor, components in enumerate(FLOORS) for component in components}


def module_name(path):
    """Name of a module below skperceptron, e.g. ``_core.layers.dense``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def component(module):
    """The module itself, or the folder of _core that it is in."""
    if module in FLOOR:
        return module
    parts = module.split(".")
    return ".".join(parts[:2] if parts[0] == "_core" else parts[:1])


@cache
def imports(module):
    """Every absolute dotted name that a module imports, at its top or anywhere inside."""
    return list(_imports(module))


def _imports(module):
    package = ["skperceptron", *module.split(".")] if module else ["skperceptron"]
    if PATHS[module].name != "__init__.py":
        package.pop()
    for node in ast.walk(ast.parse(PATHS[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def own_imports(module):
    """The modules of this package among the imports, without its leading name."""
    for name in imports(module):
        top, _, rest = name.partition(".")
        if top == "skperceptron":
            # The last part is a module, or a name that is defined in one.
            yield rest if rest in PATHS else rest.rpartition(".")[0]


CONTRIBUTING = paths.ROOT / "docs" / "development" / "contributing.md"


@pytest.mark.parametrize("component", sorted(FLOOR.keys() - {"", "_core"}))
def test_the_page_for_contributors_says_what_each_module_is_for(component):
    if component.startswith("_core.perceptron."):
        component = "_core.perceptron"
    name = component.rpartition(".")[2]
    page = CONTRIBUTING.read_text("utf-8").replace(".ci/kernels.py", "")  # another one
    assert re.search(rf"[`/]{name}(\.py|/|/__init__\.py)`", page)


every_module = pytest.mark.parametrize("module", PATHS, ids=lambda name: name or "skperceptron")


def test_every_module_has_its_floor():
    assert {component(module) for module in PATHS} == set(FLOOR)


@every_module
def test_imports_go_down_only(module):
    own = component(module)
    for imported in own_imports(module):
        if component(imported) == own:
            folder = PATHS[module].name == "__init__.py"
            assert folder or imported == f"{own}.base", f"{module} imports its sibling {imported}"
        else:
            assert FLOOR[component(imported)] < FLOOR[own], f"{module} imports {imported}"


@every_module
def test_only_runtime_dependencies_are_imported_and_no_scikit_learn_in_the_core(module):
    others = {name.partition(".")[0] for name in imports(module)}
    others -= {*sys.stdlib_module_names, "skperceptron"}
    known = {
        "_blas_threads": {"scipy", "threadpoolctl", "joblib"},  # scikit-learn brings the last two
        "_core": {"numpy", "scipy"},
        "callbacks": {"optuna", "pandas"},
        "export": {"numpy", "scipy", "sklearn", "skl2onnx"},
        "model_selection": {"numpy", "scipy", "sklearn", "joblib"},
        "plotting": {"numpy", "sklearn", "matplotlib"},
    }
    if module in ("_core.kernels", "_core.compiled.replay"):
        others -= {"numba", "llvmlite"}  # an extra, imported when it is used
    assert others <= known.get(module.partition(".")[0], {"numpy", "scipy", "sklearn"})


@pytest.mark.parametrize(
    ("module", "extra"),
    [
        ("plotting", "matplotlib"),
        ("callbacks", "pandas"),
        ("callbacks", "rich"),
        ("callbacks", "optuna"),
    ],
)
def test_extras_are_imported_where_they_are_used_only(module, extra):
    assert extra not in imported_by_ours()[module]


# What scikit-learn imports of itself is not ours to say.
LIBRARIES = "sklearn.metrics, sklearn.model_selection, sklearn.neural_network, sklearn.pipeline"


def imported_with(*modules):
    """What is imported in a process of its own with each of some modules, one after the other."""
    code = "import sys\n" + "".join(f"import {each}; print(*sys.modules)\n" for each in modules)
    so_far = [set(line.split()) for line in run_python(code).splitlines()]
    return [now - before for before, now in itertools.pairwise([set(), *so_far])]


@cache
def imported_by_ours():
    """What each of our modules with extras imports that what it builds on does not."""
    _, callbacks, plotting = imported_with(
        LIBRARIES, "skperceptron.callbacks", "skperceptron.plotting"
    )
    return {"callbacks": callbacks, "plotting": plotting | callbacks}


def test_what_is_imported_is_seen():
    first, second = imported_with("wave", "json, mailbox")
    assert "wave" in first
    assert "wave" not in second
    assert "mailbox" in second
    with pytest.raises(subprocess.CalledProcessError):
        imported_with("no_such_module")


@every_module
def test_private_parts_of_scikit_learn_are_touched_in_compat_alone(module):
    private = [
        name
        for name in imports(module)
        if name.startswith("sklearn.") and any(part.startswith("_") for part in name.split("."))
    ]
    assert bool(private) == (module == "_compat"), private


def component_tables():
    """Every dict of components in the core, by its name."""
    modules = [importlib.import_module(f"skperceptron.{name}") for name in PATHS if "." in name]
    return {
        table: value
        for module in modules
        for table, value in vars(module).items()
        if table.isupper() and isinstance(value, dict)
    }


def test_the_tables_of_components_are_found():
    assert component_tables().keys() >= {
        "HIDDEN_ACTIVATIONS",
        "OUTPUT_ACTIVATIONS",
        "INITIALIZERS",
        "CLASSIFICATION_LOSSES",
        "REGRESSION_LOSSES",
        "NORM_CONSTRAINTS",
        "OPTIMIZERS",
        "SCHEDULES",
        "SGD_SCHEDULES",
    }


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, id=f"{table}[{name!r}]")
        for table, kinds in component_tables().items()
        for name, kind in kinds.items()
    ],
)
def test_every_component_is_concrete_and_documented(kind):
    kind = kind if inspect.isclass(kind) else type(kind)
    assert not inspect.isabstract(kind)
    # A dataclass without a docstring gets its signature for one; inherited ones don't count.
    documentation = vars(kind)["__doc__"]
    assert documentation
    assert not documentation.startswith(f"{kind.__name__}(")


def test_nothing_is_imported_that_a_browser_lacks():
    # Pyodide has no processes or sockets, and nothing that is compiled for this machine. Its locks
    # work; a thread that can't start is looked after.
    lacking = {
        "_thread", "asyncio", "concurrent", "ctypes", "fcntl", "joblib", "mmap", "multiprocessing",
        "resource", "signal", "socket", "ssl", "subprocess", "termios",
    }  # fmt: skip
    for path in ROOT.rglob("*.py"):
        if path == PATHS["_core.ufuncs"]:
            continue  # which asks for ctypes once Numba is there, and a browser lacks that too
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
                if [node.module, *(alias.name for alias in node.names)] in (
                    ["joblib", "cpu_count"],
                    ["joblib", "hash"],
                ):
                    names = []  # there is joblib, which scikit-learn imports, and one core
            assert lacking.isdisjoint(name.split(".")[0] for name in names), path


WAITING = {"run", "call", "check_call", "check_output"}  # of subprocess


def waits_for_ever(call):
    """Whether it starts a process, waits for its end, and sets no limit."""
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and (function.value.id, function.attr in WAITING) == ("subprocess", True)
        and "timeout" not in {keyword.arg for keyword in call.keywords}
    )


def calls(source):
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]


def test_no_test_waits_for_ever_for_a_process():
    starters = [
        p
        for p in paths.TESTS.rglob("*.py")
        if "subprocess." in p.read_text("utf-8")
        and not p.is_relative_to(paths.TESTS / "benchmarks")
    ]
    assert {Path(__file__), paths.TESTS / "helpers" / "processes.py"} <= set(starters)
    for path in starters:
        lines = [c.lineno for c in calls(path.read_text("utf-8")) if waits_for_ever(c)]
        assert not lines, f"{path} starts processes without timeout= in lines {lines}"
    (call,) = calls("subprocess.run([], check=True)")
    assert waits_for_ever(call)
