"""Formulas of activations: they say what forward computes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, ndtr, softmax

from skperceptron._core.activations import HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS
from skperceptron._core.formulas import Call, Constant, Formula
from skperceptron.export._c import EXPRESSIONS
from skperceptron.export._onnx import OPERATORS, OnnxWriter

FUNCTIONS = {
    "absolute": np.abs,
    "add": np.add,
    "divide": np.divide,
    "exp": np.exp,
    "expm1": np.expm1,
    "is_missing": np.isnan,
    "logistic": expit,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "multiply": np.multiply,
    "normal_cdf": ndtr,
    "softmax": lambda z: softmax(z, axis=1),
    "softplus": lambda z: np.logaddexp(0, z),
    "sqrt": np.sqrt,
    "subtract": np.subtract,
    "tanh": np.tanh,
    "where": np.where,
}


class Given(Formula):
    def __init__(self, values):
        self.values = values


def computed(formula):
    if isinstance(formula, Given):
        return formula.values
    if isinstance(formula, Constant):
        return formula.value
    return FUNCTIONS[formula.function](*map(computed, formula.operands))


@pytest.mark.parametrize("name", HIDDEN_ACTIVATIONS | OUTPUT_ACTIVATIONS)
def test_a_formula_says_what_forward_computes(name):
    activation = (HIDDEN_ACTIVATIONS | OUTPUT_ACTIVATIONS)[name]()
    z = np.random.default_rng(0).normal(scale=3, size=(200, 5))
    z[:3] = [[0.0] * 5, [-40.0] * 5, [40.0] * 5]
    expected = z.copy()
    activation.forward(expected)
    # Each is a few operations, every one of them exact to some units in the last place.
    assert_allclose(computed(activation.formula(Given(z))), expected, rtol=1e-13, atol=1e-15)


def test_arithmetic_with_arrays_on_either_side():
    z, weights = np.array([[1.0, 2.0]]), np.array([3.0, 4.0])
    one = Given(z)
    for formula, expected in [
        (weights * one, weights * z),
        (one * weights, weights * z),
        (weights - one, weights - z),
        (one - weights, z - weights),
        (1 + one, z + 1),
        (1 / one, 1 / z),
        (one / weights, z / weights),
        (-one, -z),
    ]:
        assert isinstance(formula, Call)
        assert_allclose(computed(formula), expected)


def functions_in(formula):
    if not isinstance(formula, Call):
        return set()
    return {formula.function}.union(*map(functions_in, formula.operands))


@pytest.mark.parametrize("name", HIDDEN_ACTIVATIONS | OUTPUT_ACTIVATIONS)
def test_both_languages_know_every_function(name):
    """A new activation brings what it needs, and this test says which language lacks it."""
    activation = (HIDDEN_ACTIVATIONS | OUTPUT_ACTIVATIONS)[name]()
    used = functions_in(activation.formula(Given(0.0)))
    assert used <= EXPRESSIONS.keys() | {"softmax"}
    assert used <= OPERATORS.keys() | {n[1:] for n in vars(OnnxWriter) if n.startswith("_")}
