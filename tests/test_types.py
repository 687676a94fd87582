"""Annotations: they say what the documentation says, and they reach the users' type checkers."""

import inspect
import os
import re
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import skperceptron
from skperceptron import callbacks, plotting

PACKAGE = Path(skperceptron.__file__).parent
PROGRAMS = sorted((Path(__file__).parent / "typing").glob("*.py"))

# By what a documented type and an annotation are recognised as the same.
KINDS = {
    "array": (r"array-like", r"ArrayLike|MatrixLike"),
    "axes": (r"\bAxes\b", r"\bAxes\b"),
    "bool": (r"\bbool\b", r"\bbool\b"),
    "callable": (r"\bcallable\b", r"\bCallable\b"),
    "dict": (r"\bdict\b", r"\bdict\b"),
    "estimator": (r"\bestimator\b", r"\b(Base)?Estimator\b"),
    "float": (r"\b(float|inf)\b", r"\bfloat\b"),
    "generator": (r"\bRandomState\b", r"\bRandomState\b"),
    "int": (r"\bint\b|\{\d", r"\bint\b"),
    "None": (r"\bNone\b", r"\bNone\b"),
    "sequence": (r"\b(list|sequence)\b", r"\b(list|Sequence)\b"),
    "sparse": (r"sparse matrix", r"\bMatrixLike\b"),
    "str": (r"\bstr\b|'", r"\bstr\b"),
    "tuple": (r"\btuple\b", r"\btuple\b"),
}
# What the aliases stand for that do not say it.
ALIASES = {
    "ClassWeight": "dict[Any, Any] | str | None",
    "Names": "Sequence[str]",
    "PathLike[str]": "PathLike",
    "RandomState": "int | RandomState | None",
}
# Types that no annotation can name.
UNKNOWN = {"Any", "object"}


def public_functions():
    """Every public function and method, with the docstring that its parameters are in."""
    for module in (skperceptron, callbacks, plotting):
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isfunction(thing):
                yield name, thing, thing.__doc__
                continue
            for own, member in vars(thing).items():
                function = inspect.unwrap(getattr(member, "__func__", member))
                if inspect.isfunction(function) and own == "__init__":
                    yield name, function, thing.__doc__
                elif inspect.isfunction(function) and not own.startswith("_"):
                    yield f"{name}.{own}", function, function.__doc__


def documented_parameters(docstring):
    """The type of each parameter in a numpydoc docstring."""
    section = re.search(r"^Parameters\n-+\n(.*?)(\n\n\w[\w ]*\n-+\n|\Z)", docstring, re.M | re.S)
    entries = re.findall(r"^(\*{0,2}\w.*?) : (.*)$", section[1], re.M) if section else []
    return {name.lstrip("*"): of_type for names, of_type in entries for name in names.split(", ")}


def kinds(text, place):
    """What a documented type (place 0), or an annotation (place 1), consists of."""
    return {kind for kind, patterns in KINDS.items() if re.search(patterns[place], text)}


def annotated_parameters():
    for name, function, docstring in public_functions():
        documented = documented_parameters(inspect.cleandoc(docstring or ""))
        for parameter in inspect.signature(function).parameters.values():
            if parameter.annotation is parameter.empty:
                continue
            annotation = parameter.annotation
            if not isinstance(annotation, str):  # of a declared hyperparameter
                annotation = inspect.formatannotation(annotation)
            if annotation not in UNKNOWN and parameter.name in documented:
                yield f"{name}({parameter.name})", documented[parameter.name], annotation


PARAMETERS = {name: both for name, *both in annotated_parameters()}


def test_annotated_parameters_are_found():
    assert len(PARAMETERS) > 80
    assert PARAMETERS["PerceptronClassifier(alpha)"] == ["float, default=0.0001", "float"]
    assert "PerceptronClassifier.fit(sample_weight)" in PARAMETERS
    assert "ModelCheckpoint(every)" in PARAMETERS
    assert "NetworkDisplay.from_estimator(max_units)" in PARAMETERS
    assert "training_path(epochs)" in PARAMETERS


@pytest.mark.parametrize("name", PARAMETERS)
def test_an_annotation_says_what_the_docstring_says(name):
    documented, annotation = PARAMETERS[name]
    documented = re.sub(r" of shape \(.*?\)(?=,|$| or)", "", documented)
    documented = re.sub(r"default=(?!None).*", "", documented)
    annotation = re.sub(r"Callable\[.*?\](?=$| \|)", "Callable", annotation)
    for alias, meaning in ALIASES.items():
        annotation = annotation.replace(alias, meaning)
    assert kinds(documented, 0) == kinds(annotation, 1)


def test_type_checkers_look_into_the_package():
    assert (PACKAGE / "py.typed").is_file()


needs_mypy = pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an environment where the package is installed, beside the others of here."""
    root = tmp_path_factory.mktemp("installed")
    venv.create(root, symlinks=True)
    (site,) = root.glob("[Ll]ib/**/site-packages")
    shutil.copytree(PACKAGE, site / "skperceptron")
    (site / "others.pth").write_text(str(Path(np.__file__).parents[1]), "utf-8")
    (executable,) = [*root.glob("bin/python"), *root.glob("Scripts/python.exe")]
    return executable


def check(python, *programs):
    """What mypy says of a user's programs, in a folder of their own, without our configuration."""
    command = [sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports"]
    command += ["--config-file=", "--no-incremental", "--python-executable", python, *programs]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=programs[0].parent,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        timeout=250,
    )


@pytest.mark.slow
@needs_mypy
def test_programs_that_use_the_package_type_check(python, tmp_path):
    programs = [shutil.copy(program, tmp_path) for program in PROGRAMS]
    assert len(programs) >= 3
    run = check(python, *map(Path, programs))
    assert run.returncode == 0, run.stdout + run.stderr


MISTAKES = """
from skperceptron import PerceptronClassifier
PerceptronClassifier(max_iter='many').fit([[0.0], [1.0]])
"""


@pytest.mark.slow
@needs_mypy
def test_a_mistake_is_seen(python, tmp_path):
    program = tmp_path / "mistakes.py"
    program.write_text(MISTAKES)
    run = check(python, program)
    assert run.returncode == 1
    assert '"max_iter" to "PerceptronClassifier" has incompatible type "str"' in run.stdout
    assert 'Missing positional argument "y"' in run.stdout
    assert "Found 2 errors in 1 file" in run.stdout


@pytest.mark.slow
@needs_mypy
def test_without_the_marker_no_mistake_would_be_seen(python, tmp_path):
    program = tmp_path / "mistakes.py"
    program.write_text(MISTAKES)
    (marker,) = python.parents[1].glob("[Ll]ib/**/skperceptron/py.typed")
    marker.unlink()
    others = marker.parents[1] / "others.pth"  # among them may be the package, installed
    others.rename(others.with_suffix(".away"))
    try:
        run = check(python, program)
    finally:
        marker.touch()
        others.with_suffix(".away").rename(others)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Success" in run.stdout
