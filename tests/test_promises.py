"""The page of promises: its tests exist; and those of its promises that are tested nowhere else."""

import ast
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

import skperceptron
from helpers.interrupts import interrupted
from helpers.paths import ROOT
from helpers.processes import run_python
from skperceptron import MLPClassifier, MLPRegressor, PerceptronClassifier, tabular

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PAGE = ROOT / "docs" / "guide" / "promises.md"
# | promise | tests that prove it |
ROWS = [
    re.fullmatch(r"\| (.+) \| (.+) \|", line).groups()
    for line in PAGE.read_text("utf-8").splitlines()
    if line.startswith("| ") and not re.match(r"\| (promise|limit) \|", line)
]
PROOFS = sorted({proof for _, proofs in ROWS for proof in re.findall(r"`([^`]+)`", proofs)})

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 4))
Y = np.arange(80) % 3
TWO = (X[:, 0] > 0).astype(int)


parsed = cache(lambda path: ast.parse(path.read_text("utf-8")))


def exists(proof: str) -> bool:
    """Whether there is such a file, or such a test in it."""
    path, *names = proof.split("::")
    if not (ROOT / path).is_file():
        return False
    body = parsed(ROOT / path).body
    for name in names:
        found = [node for node in body if getattr(node, "name", None) == name]
        if not found:
            return False
        body = found[0].body
    return not names or names[-1].startswith("test_")


def test_every_promise_names_its_tests():
    assert len(ROWS) > 30
    for promise, proofs in ROWS:
        assert re.fullmatch(r"`tests/[^`]+`(, `tests/[^`]+`)*", proofs), promise


@pytest.mark.parametrize("proof", PROOFS)
def test_the_tests_exist(proof):
    assert exists(proof)


@pytest.mark.parametrize(
    "proof",
    [
        "tests/test_nothing.py::test_the_tests_exist",
        "tests/test_promises.py::test_nothing",
        "tests/test_promises.py::exists",
        "tests/test_promises.py::TestLimitsOfTheTimeline::test_nothing",
        "tests/test_promises.py::TestLimitsOfTheTimeline",
    ],
)
def test_tests_that_do_not_exist_are_missed(proof):
    assert not exists(proof)


def walk(model, n_epochs, way, y):
    """The same epochs, one by one."""
    model.set_params(max_iter=1, warm_start=True)
    for _ in range(n_epochs):
        if way == "partial_fit":
            model.partial_fit(X, y, classes=np.unique(y))
        else:
            model.fit(X, y)
    return model


def equal(one, other):
    return np.array_equal(one.coef_, other.coef_) and one.mistakes_curve_ == other.mistakes_curve_


class TestLimitsOfTheTimeline:
    ways = pytest.mark.parametrize("way", ["partial_fit", "warm_start"])

    def test_lbfgs_starts_its_search_anew(self):
        parameters = {"solver": "lbfgs", "random_state": 0, "alpha": 1.0}
        at_once = MLPRegressor((), max_iter=40, tol=1e-9, **parameters).fit(X, X[:, 0] ** 2)
        by_parts = MLPRegressor((), max_iter=2, warm_start=True, tol=1e-9, **parameters)
        for n_calls in range(1, 41):
            by_parts.fit(X, X[:, 0] ** 2)
            if n_calls == 2:  # the third and fourth iteration go another way
                assert by_parts.loss_curve_[:2] == at_once.loss_curve_[:2]
                assert by_parts.loss_curve_[2:4] != at_once.loss_curve_[2:4]
        np.testing.assert_allclose(by_parts.loss_, at_once.loss_, rtol=1e-6)

    def test_an_interruption_within_an_epoch(self):
        class OnceInTheSecondEpoch:
            hit = False

            def __call__(self, progress):
                if progress > 1 and not self.hit:
                    self.hit = True
                    raise KeyboardInterrupt
                return 0.01

        parameters = {"batch_size": 20, "random_state": 0, "warm_start": True}
        model = MLPClassifier(learning_rate=OnceInTheSecondEpoch(), max_iter=4, **parameters)
        with interrupted:
            model.fit(X, TWO)
        assert model.n_iter_ == 1
        model.set_params(max_iter=3).fit(X, TWO)
        undisturbed = MLPClassifier(learning_rate=lambda progress: 0.01, max_iter=4, **parameters)
        undisturbed.fit(X, TWO)
        assert len(model.loss_curve_) == len(undisturbed.loss_curve_) == 4
        assert model.loss_curve_[0] == undisturbed.loss_curve_[0]
        assert model.loss_curve_[1:] != undisturbed.loss_curve_[1:]

    @ways
    @pytest.mark.parametrize("penalty", [None, "l2"])
    @pytest.mark.parametrize("algorithm", ["rosenblatt", "averaged"])
    @pytest.mark.parametrize("multi_class", ["ovr", "joint"])
    @pytest.mark.one_of_each
    def test_the_perceptron_keeps_to_it(self, way, penalty, algorithm, multi_class):
        parameters = {"algorithm": algorithm, "multi_class": multi_class, "penalty": penalty}
        at_once = PerceptronClassifier(max_iter=12, tol=None, **parameters).fit(X, Y)
        assert equal(walk(PerceptronClassifier(tol=None, **parameters), 12, way, Y), at_once)

    @ways
    @pytest.mark.parametrize("penalty", ["l1", "elasticnet"])
    def test_a_perceptron_with_an_l1_part_leaves_it(self, way, penalty):
        parameters = {"penalty": penalty, "alpha": 0.01, "tol": None}
        at_once = PerceptronClassifier(max_iter=12, **parameters).fit(X, Y)
        assert not equal(walk(PerceptronClassifier(**parameters), 12, way, Y), at_once)

    @ways
    def test_units_of_a_perceptron_stop_within_one_call(self, way):
        at_once = PerceptronClassifier().fit(X, Y)
        assert not equal(walk(PerceptronClassifier(), at_once.n_iter_, way, Y), at_once)
        # Two classes have one unit, and "joint" makes one decision: there is one patience.
        for y, parameters in ((TWO, {}), (Y, {"multi_class": "joint"})):
            at_once = PerceptronClassifier(**parameters).fit(X, y)
            walked = walk(PerceptronClassifier(**parameters), at_once.n_iter_, way, y)
            assert equal(walked, at_once)

    @ways
    def test_the_pocket_is_of_one_call(self, way):
        parameters = {"algorithm": "pocket", "tol": None}
        at_once = PerceptronClassifier(max_iter=12, **parameters).fit(X, Y)
        walked = walk(PerceptronClassifier(**parameters), 12, way, Y)
        assert not np.array_equal(walked.coef_, at_once.coef_)
        last = [model.set_params(algorithm="rosenblatt") for model in (walked, at_once)]
        assert last[0].mistakes_curve_ == last[1].mistakes_curve_


FORK = """
import os, warnings
import numpy as np
from skperceptron import MLPRegressor
warnings.simplefilter("ignore")
X = np.random.default_rng(0).normal(size=(20, 3))
for random_state in (None, None, 0, 1):
    child = os.fork()
    if child == 0:
        model = MLPRegressor((3,), random_state=random_state, max_iter=1)
        print(model.fit(X, X[:, 0]).loss_, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no such thing here")
def test_forked_processes_draw_the_same_unless_they_are_told_not_to():
    losses = run_python(FORK, PYTHONWARNINGS="ignore").split()
    assert losses[0] == losses[1]
    assert len(losses) == 4
    assert len(set(losses)) == 3


def test_n_jobs_of_the_perceptron_has_no_effect():
    models = [PerceptronClassifier(n_jobs=n_jobs).fit(X, Y) for n_jobs in (None, 1, 2, -1)]
    for model in models[1:]:
        assert equal(model, models[0])


@pytest.mark.parametrize(
    "model",
    [
        MLPClassifier(max_iter=3, random_state=0),
        MLPClassifier(max_iter=3, random_state=0, early_stopping=True),
        MLPRegressor(max_iter=3, random_state=0, solver="lbfgs"),
        PerceptronClassifier(),
    ],
    ids=["adam", "early stopping", "lbfgs", "perceptron"],
)
@pytest.mark.parametrize("verbose", [True, 2])
def test_verbose_changes_no_number(model, verbose, capsys):
    silent = clone(model).fit(X, TWO)
    assert not capsys.readouterr().out
    talking = clone(model).set_params(verbose=verbose).fit(X, TWO)
    assert capsys.readouterr().out
    for name in ("coefs_", "intercepts_", "coef_", "intercept_"):
        for one, other in zip(getattr(talking, name, ()), getattr(silent, name, ()), strict=True):
            assert_array_equal(one, other)
    for name in ("loss_curve_", "validation_scores_", "mistakes_curve_"):
        assert getattr(talking, name, None) == getattr(silent, name, None)


def test_threads_predict_at_once():
    model = MLPClassifier((20, 20), max_iter=3, random_state=0).fit(X, Y)
    blocks = [rng.normal(size=(n_rows, 4)) for n_rows in range(1, 200)]
    expected = [model.predict_proba(block) for block in blocks]
    with ThreadPoolExecutor(8) as threads:
        for one, other in zip(threads.map(model.predict_proba, blocks), expected, strict=True):
            assert_array_equal(one, other)


def test_the_oldest_versions_are_tested():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    pins = re.findall(r"^(.+?)==([\d.]+)", (ROOT / ".ci" / "oldest.txt").read_text("utf-8"), re.M)
    oldest = dict(reversed(pins))  # those for the oldest Python come first
    for package in ("numpy", "scipy", "scikit-learn"):
        promised = re.search(rf'"{package}>=([\d.]+)"', project).group(1)
        assert oldest[package] in (promised, f"{promised}.0", f"{promised}.1")
        name = {"scikit-learn": "scikit-learn", "numpy": "NumPy", "scipy": "SciPy"}[package]
        assert f"{name} {promised}" in PAGE.read_text("utf-8")
    python = re.search(r'requires-python = ">=([\d.]+)"', project).group(1)
    assert f"Python {python}" in PAGE.read_text("utf-8")


NAMES = Path(__file__).parent / "public_names.json"


def is_transformer(estimator: object) -> bool:
    return hasattr(estimator, "transform")


def public_names() -> dict[str, dict[str, list[str]]]:
    """Parameters, methods and attributes of each estimator, as users know them."""
    fits = {
        "MLPAutoencoder": (None, {"hidden_layer_sizes": (2,)}),
        "MLPClassifier": (TWO, {}),
        "MLPRegressor": (X[:, 0], {}),
        "PerceptronClassifier": (TWO, {}),
    }
    models = [
        getattr(skperceptron, name)(max_iter=1, **parameters).fit(X, y)
        for name, (y, parameters) in fits.items()
    ]
    of_tables = [getattr(tabular, name)() for name in tabular.__all__]
    transformers = [transformer.fit(X) for transformer in of_tables if is_transformer(transformer)]
    for name, y in (("TabularMLPClassifier", TWO), ("TabularMLPRegressor", X[:, 0])):
        models.append(getattr(tabular, name)(max_iter=1).fit(X, y))
    return {
        type(model).__name__: {
            "parameters": list(signature(type(model)).parameters),
            "methods": [
                n for n in dir(type(model)) if n[0] != "_" and callable(getattr(type(model), n))
            ],
            "attributes": sorted(
                n
                for n in {*vars(model), *dir(type(model))}
                if n[0] != "_" and n.endswith("_") and hasattr(model, n)
            ),
        }
        for model in [*models, *transformers]
    }


def test_public_names_are_still_there():
    """After a release add the new ones: ``json.dump(public_names(), ..., indent=1)``."""
    now = public_names()
    for estimator, kinds in json.loads(NAMES.read_text("utf-8")).items():
        for kind, names in kinds.items():
            missing = set(names) - set(now[estimator][kind])
            assert not missing, f"{estimator} has lost {kind}: {missing}"


# What would break the promise of the page; ``eval`` and ``exec`` as functions, not as methods.
FORBIDDEN_MODULES = {
    "ftplib",
    "http",
    "requests",
    "smtplib",
    "socket",
    "ssl",
    "subprocess",
    "urllib",
}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}


def misdeeds(source: str) -> set[str]:
    """Modules imported, and functions called, that a source had better not."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names} & FORBIDDEN_MODULES
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module.split(".")[0]} & FORBIDDEN_MODULES
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found |= {node.func.id} & FORBIDDEN_CALLS
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.system", "os.popen"):
            found |= {node.attr}
    return found


def test_the_package_runs_no_text_and_calls_nobody():
    assert misdeeds("import urllib.request\nfrom socket import x\neval('1')\nos.system('ls')") == {
        *("urllib", "socket", "eval", "system")
    }
    for path in (ROOT / "skperceptron").rglob("*.py"):
        assert not misdeeds(path.read_text("utf-8")), path
