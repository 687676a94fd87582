"""Docstrings are written out in each estimator: they agree with the code and with one another."""

import ast
import inspect
import math
import re
from dataclasses import dataclass
from inspect import signature
from itertools import combinations
from numbers import Integral, Real

import numpy as np
import pandas as pd
import pytest
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions

from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron.tabular import TabularMLPClassifier, TabularMLPRegressor

NETWORKS = [MLPClassifier, MLPRegressor, MLPAutoencoder]
ESTIMATORS = [*NETWORKS, PerceptronClassifier]
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: e.__name__)
OF_TABLES = [TabularMLPClassifier, TabularMLPRegressor]
every_signature = pytest.mark.parametrize(
    "estimator", [*ESTIMATORS, *OF_TABLES], ids=lambda e: e.__name__
)
every_pair = pytest.mark.parametrize(
    ("one", "other"), list(combinations(ESTIMATORS, 2)), ids=lambda e: e.__name__
)

TRAINED_OTHERWISE = "one layer, trained by another rule"
PERCEPTRON = (
    "alpha", "l1_ratio", "max_iter", "tol", "verbose", "random_state", "early_stopping",
    "validation_fraction", "n_iter_no_change", "class_weight", "warm_start",
)  # fmt: skip

# Entries that say something else than the others' of their name, and why.
PARAMETERS_OF_THEIR_OWN = {
    MLPClassifier: {
        "loss": "has its own",
        "early_stopping": "its split is stratified",
        "scoring": "its default is the accuracy",
    },
    MLPRegressor: {
        "loss": "has its own",
        "output_activation": "has 'auto'",
        "scoring": "its default depends on the loss",
    },
    MLPAutoencoder: {
        "hidden_layer_sizes": "one of the layers is the bottleneck",
        "activation": "one for all leaves the bottleneck out",
        "output_activation": "it is of reconstructions",
        "scoring": "takes no scorer's name",
    },
    PerceptronClassifier: dict.fromkeys(PERCEPTRON, TRAINED_OTHERWISE),
}
ATTRIBUTES_OF_THEIR_OWN = {
    MLPClassifier: {
        "classes_": "it takes multilabel targets",
        "out_activation_": "it follows from the targets and the loss",
    },
    MLPRegressor: {"out_activation_": "it has 'auto'"},
    MLPAutoencoder: {
        "out_activation_": "it is the hyperparameter",
        "coefs_": "they are an encoder's and a decoder's",
    },
    PerceptronClassifier: dict.fromkeys(("n_iter_", "t_", "classes_"), TRAINED_OTHERWISE),
}
ARGUMENTS_OF_THEIR_OWN = {
    MLPClassifier: {
        "y": "labels, of one or several outputs",
        "y_val": "labels, of one or several outputs",
        "estimator": "scikit-learn's classifier",
    },
    MLPRegressor: {
        "y": "numbers",
        "y_val": "numbers",
        "estimator": "scikit-learn's regressor",
    },
    MLPAutoencoder: {
        "X": "it is the target too",
        "y": "ignored",
    },
    PerceptronClassifier: {
        "y": "labels of one output",
        "classes": "it takes no indicator matrix",
        "sample_weight": TRAINED_OTHERWISE,
    },
}


@dataclass(frozen=True)
class Entry:
    """What a docstring says of a parameter or an attribute."""

    kind: str  # the line after the name, without the default
    default: str | None
    text: str  # in one line, with what it cites in place of the citations' numbers


def sections(documented) -> dict[str, list[str]]:
    """The lines of each section of a docstring, by its title."""
    lines, found, title = inspect.getdoc(documented).splitlines(), {}, None
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line and set(following) == {"-"} and len(following) == len(line):
            title = line
            found[title] = []
        elif title is not None and set(line) != {"-"}:
            found[title].append(line)
    return found


def references(documented) -> dict[str, str]:
    """What is cited, by its number."""
    text = "\n".join(sections(documented).get("References", []))
    cited = re.findall(r"^\.\. \[(\d+)\] (.*?)(?=^\.\. |\Z)", text, re.DOTALL | re.MULTILINE)
    return {number: " ".join(reference.split()) for number, reference in cited}


def entries(documented, title: str) -> dict[str, Entry]:
    """The entries of a section, in their order."""
    found, cited = {}, references(documented)
    text = "\n".join(sections(documented).get(title, []))
    for head, body in re.findall(r"^(\S.*)\n((?:(?: .*)?\n?)*)", text, re.MULTILINE):
        names, _, kind = head.partition(" : ")
        kind, has_default, default = kind.partition(", default=")
        names = names.split(", ")
        defaults = default.split(", ") if len(names) > 1 else [default]
        assert not has_default or len(defaults) == len(names), head
        body = re.sub(r"\[(\d+)\]_", lambda m: f"[{cited[m[1]]}]", " ".join(body.split()))
        for name, own in zip(names, defaults * len(names), strict=False):
            assert name not in found, name
            found[name] = Entry(kind, own if has_default else None, body)
    return found


def methods(estimator) -> dict:
    """The public methods that this package documents."""
    return {
        name: method
        for name, method in inspect.getmembers(estimator, callable)
        if name[0] != "_" and inspect.unwrap(method).__module__.startswith("skperceptron.")
    }


def own_value(text: str):
    return math.inf if text == "inf" else ast.literal_eval(text)


# With the code ---------------------------------------------------------------------------------


@every_signature
def test_each_parameter_has_an_entry_in_the_order_of_the_signature(estimator):
    assert list(entries(estimator, "Parameters")) == list(signature(estimator).parameters)


@every_signature
def test_defaults_are_those_of_the_code(estimator):
    parameters = signature(estimator).parameters
    for name, entry in entries(estimator, "Parameters").items():
        assert entry.default is not None, name
        assert own_value(entry.default) == parameters[name].default, name


def kinds_of(constraint) -> set:
    """How a type line says what a constraint accepts; one of several ways is enough."""
    if constraint is None:
        return {"None"}
    if isinstance(constraint, StrOptions):
        return {frozenset(constraint.options), "str" if len(constraint.options) > 1 else ""} - {""}
    if isinstance(constraint, Options):
        return {frozenset(constraint.options)}
    if isinstance(constraint, Interval):
        return {"int" if constraint.type is Integral else "float"}
    if isinstance(constraint, HasMethods):
        return {"object", "estimator"}
    return {
        {
            "array-like": "sequence",
            "boolean": "bool",
            "verbose": "bool or int",
            "random_state": "int, RandomState instance or None",
            callable: "callable",
            dict: "dict",
            list: "list",
            tuple: "tuple",
            Integral: "int",
        }[constraint]
    }


def parts_of(line: str) -> list:
    """The alternatives that a type line names."""
    if line in ("bool or int", "int, RandomState instance or None"):
        return [line]
    parts = []
    for part in re.split(r"(?:, or |, | or )(?![^{]*\})", line):
        if part[0] in "{'":
            parts.append(frozenset(ast.literal_eval(f"[{part.strip('{}')}]")))
        else:
            parts.append(frozenset({math.inf}) if part == "inf" else part.split(" of ")[0])
    return parts


@every_signature
def test_type_lines_name_what_is_accepted(estimator):
    for name, entry in entries(estimator, "Parameters").items():
        parts = parts_of(entry.kind)
        constraints = [kinds_of(c) for c in estimator._parameter_constraints[name]]
        assert len(parts) == len(constraints), (name, entry.kind)
        for kinds in constraints:
            assert kinds.intersection(parts), (name, entry.kind, kinds)


@every_signature
def test_each_string_that_is_accepted_is_in_the_entry(estimator):
    for name, entry in entries(estimator, "Parameters").items():
        if name == "scoring" or "as in :class:" in entry.text:
            continue  # names of scikit-learn's scorers, and entries that lead to another class
        for constraint in estimator._parameter_constraints[name]:
            for option in getattr(constraint, "options", ()):
                named = entry.kind + entry.text
                assert not isinstance(option, str) or repr(option) in named, (name, option)


def range_of(interval: Interval) -> str:
    """How entries say it."""
    low, high = interval.left, interval.right
    if high is None:
        closed = interval.closed in ("left", "both")
        return f"At least {low}." if closed else f"Greater than {low}."
    left = "[" if interval.closed in ("left", "both") else "("
    right = "]" if interval.closed in ("right", "both") else ")"
    return f"In {left}{low}, {high}{right}."


@every_signature
def test_entries_of_real_numbers_say_their_range(estimator):
    for name, entry in entries(estimator, "Parameters").items():
        found = re.findall(r"(?:At least|Greater than) \d+\.|In [\[(]\S+ \S+[\])]\.", entry.text)
        intervals = [
            c for c in estimator._parameter_constraints[name] if isinstance(c, Interval)
        ]  # fmt: skip
        expected = [range_of(c) for c in intervals]
        if any(c.type is Real for c in intervals):
            assert found == expected, name
        else:
            assert set(found) <= set(expected), name


@every_signature
def test_each_argument_of_a_method_has_an_entry_in_order(estimator):
    for name, method in methods(estimator).items():
        parameters = [p for p in signature(method).parameters if p not in ("self", "cls")]
        found = entries(method, "Parameters")
        found = {argument.lstrip("*"): entry for argument, entry in found.items()}
        assert list(found) == parameters, name
        for argument, entry in found.items():
            default = signature(method).parameters[argument].default
            if entry.kind == "Ignored":
                assert default is None
            elif entry.default is None:
                assert default is inspect.Parameter.empty, (name, argument)
            else:
                assert own_value(entry.default) == default, (name, argument)


def is_property(estimator, name: str) -> bool:
    return isinstance(inspect.getattr_static(estimator, name, None), property)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:validation_fraction=.* is too few to hold out:UserWarning")
@every_signature
def test_each_attribute_of_a_fit_has_an_entry(estimator):
    X = pd.DataFrame({"a": np.arange(8.0), "b": np.arange(8.0) ** 2 / 8})
    model = estimator(max_iter=2).fit(X, np.arange(8) % 2)
    fitted = {*vars(model), *(name for name in dir(model) if is_property(estimator, name))}
    attributes = {name for name in fitted if name[0] != "_" and name.endswith("_")}
    assert set(entries(estimator, "Attributes")) == attributes


# With one another ------------------------------------------------------------------------------


def assert_alike(one: dict, other: dict, own: set) -> None:
    shared = one.keys() & other.keys()
    for name in shared - own:
        # Defaults are the signature's, and differ.
        assert (one[name].kind, one[name].text) == (other[name].kind, other[name].text), name


@pytest.mark.parametrize(
    ("title", "exceptions"),
    [("Parameters", PARAMETERS_OF_THEIR_OWN), ("Attributes", ATTRIBUTES_OF_THEIR_OWN)],
)
@every_pair
def test_entries_of_two_estimators_are_alike(one, other, title, exceptions):
    own = exceptions[one].keys() | exceptions[other].keys()
    assert_alike(entries(one, title), entries(other, title), own)


@every_pair
def test_arguments_of_two_estimators_methods_are_alike(one, other):
    own = ARGUMENTS_OF_THEIR_OWN[one].keys() | ARGUMENTS_OF_THEIR_OWN[other].keys()
    for name in methods(one).keys() & methods(other).keys():
        first, second = methods(one)[name], methods(other)[name]
        assert_alike(entries(first, "Parameters"), entries(second, "Parameters"), own)
        if TRAINED_OTHERWISE not in ARGUMENTS_OF_THEIR_OWN[other].values():
            assert sections(first).get("Raises") == sections(second).get("Raises")


@pytest.mark.parametrize(
    ("title", "exceptions"),
    [("Parameters", PARAMETERS_OF_THEIR_OWN), ("Attributes", ATTRIBUTES_OF_THEIR_OWN)],
)
@every_estimator
def test_no_exception_is_made_for_nothing(estimator, title, exceptions):
    own = entries(estimator, title)
    for name in exceptions[estimator]:
        others = [
            entries(other, title).get(name, own[name])
            for other in ESTIMATORS
            if other is not estimator
        ]
        assert any((o.kind, o.text) != (own[name].kind, own[name].text) for o in others), name


@every_signature
def test_what_is_cited_is_in_the_references(estimator):
    cited = re.findall(r"\[(\d+)\]_", inspect.getdoc(estimator))
    numbers = list(dict.fromkeys(cited))
    assert sorted(numbers, key=int) == list(references(estimator))
    assert list(references(estimator)) == [str(i + 1) for i in range(len(numbers))]


@every_estimator
def test_no_exception_is_made_for_arguments_that_are_alike(estimator):
    own = {name: entries(method, "Parameters") for name, method in methods(estimator).items()}
    others = [methods(other) for other in ESTIMATORS if other is not estimator]
    for argument in ARGUMENTS_OF_THEIR_OWN[estimator]:
        assert any(
            entries(other[name], "Parameters").get(argument, entry[argument]) != entry[argument]
            for name, entry in own.items()
            for other in others
            if argument in entry and name in other
        ), argument
