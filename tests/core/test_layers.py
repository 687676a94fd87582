from __future__ import annotations

import copy
import inspect

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from helpers.marks import every_dtype
from skperceptron._core import layers
from skperceptron._core.activations import HIDDEN_ACTIVATIONS, Gelu, Relu, Tanh
from skperceptron._core.layers import (
    ActivationLayer,
    BatchNorm,
    Dense,
    Dropout,
    Layer,
    SparseDropout,
)
from skperceptron._core.layers.dense import DenseProducts

N_ROWS, N_INPUTS = 6, 4

# At least one of every kind; the argument is the generator that dropout draws from.
EXAMPLES = {
    "dense": lambda generator: Dense(N_INPUTS, 3, DenseProducts()),
    "tanh": lambda generator: ActivationLayer(Tanh()),
    "relu": lambda generator: ActivationLayer(Relu()),
    "gelu": lambda generator: ActivationLayer(Gelu()),
    "dropout": lambda generator: Dropout(0.4, generator),
    "batch norm": lambda generator: BatchNorm(N_INPUTS),
}
every_layer = pytest.mark.parametrize("example", EXAMPLES)


def prepared(example, n_rows=N_ROWS, dtype=np.float64):
    """Return the layer with its parameters, its gradient arrays (of NaN), and the generator."""
    generator = np.random.default_rng(1)
    layer = EXAMPLES[example](generator)
    draws = np.random.default_rng(2)
    parameters = [draws.uniform(0.5, 2, p.shape).astype(dtype) for p in layer.parameters]
    gradients = [np.full_like(p, np.nan) for p in parameters]
    layer.n_units = allocate(layer, parameters, gradients, n_rows, N_INPUTS, dtype)
    return layer, parameters, gradients, generator


def allocate(layer, parameters, gradients, n_rows, n_inputs, dtype=np.float64):
    return layer.allocate(parameters, gradients, n_rows, n_inputs, np.dtype(dtype), is_first=False)


def trained(layer, arrays):
    """The arrays, numbered, of the parameters that training changes by a gradient."""
    return [
        (i, array)
        for i, (parameter, array) in enumerate(zip(layer.parameters, arrays, strict=True))
        if parameter.trainable
    ]


def forward(layer, generator, x):
    """Output for an x of its own, with the same dropout at every call."""
    state = generator.bit_generator.state
    output = layer.forward(x.copy())
    generator.bit_generator.state = state
    return output.copy()


def test_every_kind_of_layer_has_an_example():
    kinds = {kind for kind in map(vars(layers).get, layers.__all__) if not inspect.isabstract(kind)}
    assert all(issubclass(kind, Layer) for kind in kinds)
    # SparseDropout takes CSR matrices, and nothing below the inputs: it has tests of its own.
    assert kinds - {SparseDropout} == {type(make(None)) for make in EXAMPLES.values()}


LARGE_AND_SMALL = [1e-3, 1.0, 30.0, 1e6]


def assert_bounded(layer, x, parameters=()):
    bound = layer.largest_output(np.linalg.norm(x, axis=1).max())
    norms = np.linalg.norm(layer.infer(x.copy(), parameters), axis=1)
    assert norms.max() <= bound * (1 + 1e-12) < np.inf
    return bound, norms.max()


@every_layer
@pytest.mark.parametrize("size", LARGE_AND_SMALL)
def test_no_output_is_longer_than_the_bound(example, size, rng):
    layer, parameters, _, _ = prepared(example)
    for parameter in parameters[:2]:
        parameter -= 1  # of both signs
    assert_bounded(layer, size * rng.normal(size=(200, N_INPUTS)), parameters)


@pytest.mark.parametrize("size", LARGE_AND_SMALL)
@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
def test_the_bound_of_every_activation_holds_and_is_close(activation, size, rng):
    layer = ActivationLayer(HIDDEN_ACTIVATIONS[activation]())
    allocate(layer, [], [], 1, N_INPUTS)
    x = size * rng.normal(size=(200, N_INPUTS))
    bound, norm = assert_bounded(layer, np.concatenate([x, -np.abs(x)]))
    assert bound < 10 * max(norm, size, 2)


def test_no_bound_is_known_of_an_activation_of_the_users():
    class Doubled:
        saves = "output"

        def forward(self, z):
            z *= 2

        def backward(self, saved, delta):
            delta *= 2

    layer = ActivationLayer(Doubled())
    allocate(layer, [], [], 1, N_INPUTS)
    assert layer.largest_output(1.0) == np.inf


@pytest.mark.parametrize("example", ["dense", "batch norm"])
@pytest.mark.parametrize("bad", [np.inf, np.nan, 1e38])
def test_parameters_that_may_overflow_have_no_finite_bound(example, bad):
    layer, parameters, _, _ = prepared(example, dtype=np.float32)
    parameters[0][...] = bad
    with np.errstate(over="ignore"):  # as fit has it
        assert not np.isfinite(layer.largest_output(2.0))


@every_layer
def test_backward_is_the_vector_jacobian_product(example, rng, numerical_gradient):
    layer, parameters, gradients, generator = prepared(example)
    x = rng.normal(size=(N_ROWS, N_INPUTS))
    assert np.abs(x).min() > 0.005  # relu's kink is out of reach of the differences
    delta = rng.normal(size=(N_ROWS, layer.n_units))

    forward(layer, generator, x)
    input_delta = layer.backward(delta.copy(), need_input=True).copy()

    expected = numerical_gradient(lambda x: np.sum(delta * forward(layer, generator, x)), x)
    assert_allclose(input_delta, expected, rtol=1e-8, atol=1e-11)

    for index, parameter in trained(layer, parameters):

        def projection(moved, index=index):
            others = [*parameters[:index], moved, *parameters[index + 1 :]]
            allocate(layer, others, gradients, N_ROWS, N_INPUTS)
            return np.sum(delta * forward(layer, generator, x))

        expected = numerical_gradient(projection, parameter)
        assert_allclose(gradients[index], expected, rtol=1e-8, atol=1e-11)


@every_layer
def test_gradients_are_overwritten_never_accumulated(example, rng):
    layer, parameters, gradients, generator = prepared(example)
    before = copy.deepcopy(parameters)
    x, delta = rng.normal(size=(N_ROWS, N_INPUTS)), rng.normal(size=(N_ROWS, layer.n_units))

    results = []
    for _ in range(2):
        forward(layer, generator, x)
        back = layer.backward(delta.copy(), need_input=True).copy()
        results.append([copy.deepcopy(gradients), back])

    for index, first in trained(layer, results[0][0]):
        assert np.isfinite(first).all()
        assert_array_equal(first, results[1][0][index])
    assert_array_equal(results[0][1], results[1][1])
    for index, parameter in trained(layer, parameters):
        assert_array_equal(parameter, before[index])


@every_layer
def test_a_shorter_batch_gives_what_a_buffer_of_its_size_gives(example, rng):
    x, long_x = rng.normal(size=(2, N_INPUTS)), rng.normal(size=(N_ROWS, N_INPUTS))
    results = []
    for n_rows in (N_ROWS, 2):
        layer, _, gradients, generator = prepared(example, n_rows)
        delta = np.linspace(-1, 1, 2 * layer.n_units).reshape(2, -1)
        if n_rows == N_ROWS:
            forward(layer, generator, long_x)
        output = forward(layer, generator, x)
        back = layer.backward(delta, need_input=True)
        results.append([output, *gradients, back])
    for in_head_of_buffer, in_own_buffer in zip(*results, strict=True):
        assert_array_equal(in_head_of_buffer, in_own_buffer)


@every_layer
@every_dtype
def test_dtype_is_kept(example, dtype, rng):
    layer, parameters, _, generator = prepared(example, dtype=dtype)
    x = rng.normal(size=(N_ROWS, N_INPUTS)).astype(dtype)
    delta = np.ones((N_ROWS, layer.n_units), dtype)
    assert layer.infer(x.copy(), parameters).dtype == dtype
    assert forward(layer, generator, x).dtype == dtype
    assert layer.backward(delta, need_input=True).dtype == dtype


@every_layer
def test_inference_is_deterministic_and_leaves_training_alone(example, rng):
    layer, parameters, gradients, generator = prepared(example)
    x, delta = rng.normal(size=(N_ROWS, N_INPUTS)), rng.normal(size=(N_ROWS, layer.n_units))
    parameters_before, state = copy.deepcopy(parameters), generator.bit_generator.state

    forward(layer, generator, x)
    first = layer.infer(x.copy(), parameters).copy()
    again = layer.infer(x.copy(), parameters)
    layer.infer(-x, parameters)
    back = layer.backward(delta.copy(), need_input=True).copy()
    interrupted = [*copy.deepcopy(gradients), back]

    assert_array_equal(first, again)
    assert generator.bit_generator.state == state
    for index, parameter in trained(layer, parameters):
        assert_array_equal(parameter, parameters_before[index])
    forward(layer, generator, x)
    back = layer.backward(delta.copy(), need_input=True)
    for one, other in zip(interrupted, [*gradients, back], strict=True):
        assert_array_equal(one, other)


def test_dense_is_affine(rng):
    layer, (weight, intercept), _, _ = prepared("dense")
    x = rng.normal(size=(N_ROWS, N_INPUTS))
    expected = [
        [sum(row[i] * weight[i, j] for i in range(4)) + intercept[j] for j in range(3)] for row in x
    ]
    assert_allclose(layer.infer(x, [weight, intercept]), expected, rtol=1e-13)
    assert_allclose(layer.forward(x), expected, rtol=1e-13)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
@every_dtype
def test_dropout_drops_its_rate_and_keeps_the_mean(rate, dtype):
    n_rows, n_inputs = 500, 200
    layer = Dropout(rate, np.random.default_rng(0))
    allocate(layer, [], [], n_rows, n_inputs, dtype)
    output = layer.forward(np.ones((n_rows, n_inputs), dtype))

    assert_array_equal(np.unique(output), np.array([0, 1 / (1 - rate)], dtype))
    spread = np.sqrt(rate * (1 - rate) / output.size)  # of the fraction dropped
    assert abs((output == 0).mean() - rate) < 4 * spread
    assert abs(output.mean(dtype=float) - 1) < 4 * spread / (1 - rate)
    # Neither whole rows nor whole columns go together.
    for axis in (0, 1):
        fractions = (output == 0).mean(axis=axis)
        spread = np.sqrt(rate * (1 - rate) / output.shape[axis])
        assert abs(fractions - rate).max() < 5 * spread


def test_dropout_goes_back_through_the_mask_it_drew():
    layer = Dropout(0.5, np.random.default_rng(0))
    allocate(layer, [], [], 20, 10)
    for _ in range(3):
        mask = layer.forward(np.ones((20, 10))).copy()
        assert_array_equal(layer.backward(np.ones((20, 10)), need_input=True), mask)


def test_dropout_repeats_itself_only_from_the_same_generator_state():
    generator = np.random.default_rng(0)
    layer = Dropout(0.5, generator)
    allocate(layer, [], [], 20, 10)
    ones = np.ones((20, 10))
    state = generator.bit_generator.state
    first, second = layer.forward(ones).copy(), layer.forward(ones).copy()
    generator.bit_generator.state = state
    assert_array_equal(layer.forward(ones), first)
    assert (first != second).any()


def test_dropout_does_nothing_at_prediction_nor_to_its_input(rng):
    layer, _, _, _ = prepared("dropout")
    x = rng.normal(size=(N_ROWS, N_INPUTS))
    before = x.copy()
    layer.forward(x)
    assert_array_equal(layer.infer(x, []), before)


class TestBatchNorm:
    def make(self, n_rows=N_ROWS):
        layer, parameters, gradients, _ = prepared("batch norm", n_rows)
        return layer, *parameters, gradients

    def test_training_normalises_by_the_batch(self, rng):
        layer, scale, shift, _, _, _ = self.make()
        x = 3 + 5 * rng.normal(size=(N_ROWS, N_INPUTS))
        output = (layer.forward(x.copy()) - shift) / scale
        assert_allclose(output.mean(axis=0), 0, atol=1e-14)
        assert_allclose(output.std(axis=0), 1, rtol=1e-5)  # less, by epsilon

    def test_running_statistics_move_by_a_tenth_to_the_unbiased_ones(self, rng):
        layer, _, _, mean, variance, _ = self.make()
        x = rng.normal(size=(N_ROWS, N_INPUTS))
        expected = [
            0.9 * mean + 0.1 * x.mean(axis=0),
            0.9 * variance + 0.1 * x.var(axis=0, ddof=1),
        ]
        layer.forward(x)
        assert_allclose([mean, variance], expected, rtol=1e-14)

    def test_prediction_uses_them(self, rng):
        layer, scale, shift, mean, variance, _ = self.make()
        x = rng.normal(size=(N_ROWS, N_INPUTS))
        expected = scale * (x - mean) / np.sqrt(variance + 1e-5) + shift
        parameters = [scale, shift, mean, variance]
        assert_allclose(layer.infer(x, parameters), expected, rtol=1e-13)

    @pytest.mark.parametrize(
        "weight",
        [None, [0.5, 0, 0, 0, 0, 0], [0, 7.0, 0, 0, 0, 0]],
        ids=["one row", "light", "heavy"],
    )
    def test_a_batch_of_one_row_is_treated_as_at_prediction(self, weight, rng, numerical_gradient):
        layer, *parameters, gradients = self.make()
        mean, variance = parameters[2:]
        n_rows = 1 if weight is None else N_ROWS
        weight = None if weight is None else np.array(weight)
        x, delta = rng.normal(size=(2, n_rows, N_INPUTS))
        before = [mean.copy(), variance.copy()]
        output = layer.forward(x.copy(), weight).copy()
        assert_array_equal([mean, variance], before)
        assert_allclose(output, layer.infer(x.copy(), parameters), rtol=1e-13)
        back = layer.backward(delta.copy(), need_input=True).copy()
        slope = numerical_gradient(lambda x: np.sum(delta * layer.infer(x, parameters)), x)
        assert_allclose(back, slope, rtol=1e-8)
        normalised = (x - mean) / np.sqrt(variance + 1e-5)
        assert_allclose(gradients[0], (delta * normalised).sum(axis=0), rtol=1e-13)

    def test_a_weight_is_a_number_of_rows(self, rng):
        counts = np.array([2, 1, 0, 3, 1, 1])
        x = rng.normal(size=(N_ROWS, N_INPUTS))
        delta = rng.normal(size=(N_ROWS, N_INPUTS))
        weighted, _, _, *statistics, gradients = self.make()
        repeated, _, _, *expected_statistics, expected_gradients = self.make(counts.sum())
        output = weighted.forward(x.copy(), counts.astype(float)).copy()
        expected = repeated.forward(x.repeat(counts, axis=0)).copy()
        assert_allclose(output.repeat(counts, axis=0), expected, rtol=1e-12)
        assert_allclose(statistics, expected_statistics, rtol=1e-12)

        # The loss of a row is multiplied by its weight before it gets here.
        back = weighted.backward(delta * counts[:, np.newaxis], need_input=True)
        expected_back = repeated.backward(delta.repeat(counts, axis=0), need_input=True)
        assert_allclose(gradients[:2], expected_gradients[:2], rtol=1e-12)
        sums = np.add.reduceat(expected_back, (np.cumsum(counts) - counts)[counts > 0])
        assert_allclose(back[counts > 0], sums, rtol=1e-11, atol=1e-14)

    def test_gradient_with_weights_against_differences(self, rng, numerical_gradient):
        layer, *_ = self.make()
        x, delta = rng.normal(size=(2, N_ROWS, N_INPUTS))
        weight = rng.uniform(0.1, 3, N_ROWS)
        layer.forward(x.copy(), weight)
        back = layer.backward(delta.copy(), need_input=True)
        slope = numerical_gradient(lambda x: np.sum(delta * layer.forward(x, weight)), x)
        assert_allclose(back, slope, rtol=1e-7, atol=1e-10)

    def test_small_weights_do_not_make_a_batch_small(self, rng):
        x = rng.normal(size=(N_ROWS, N_INPUTS))
        plain, _, _, *expected, _ = self.make()
        plain.forward(x.copy())
        weighted, _, _, *statistics, _ = self.make()
        weighted.forward(x.copy(), np.full(N_ROWS, 1e-3))
        assert_allclose(statistics, expected, rtol=1e-12)


@every_layer
def test_nobody_computes_a_gradient_of_the_inputs_that_is_not_needed(example, rng):
    layer, _, gradients, generator = prepared(example)
    x, delta = rng.normal(size=(N_ROWS, N_INPUTS)), rng.normal(size=(N_ROWS, layer.n_units))
    forward(layer, generator, x)
    layer.backward(delta.copy(), need_input=True)
    expected = copy.deepcopy(gradients)
    for gradient in gradients:
        gradient[...] = np.nan
    forward(layer, generator, x)
    returned = layer.backward(delta.copy(), need_input=False)
    assert returned is None or not layer.parameters
    for index, gradient in trained(layer, gradients):
        assert_array_equal(gradient, expected[index])
