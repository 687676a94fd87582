from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize

from helpers.marks import every_dtype
from skperceptron._core.penalties import L1, L2, NORM_CONSTRAINTS, Ball1, Ball2
from skperceptron._core.types import StepSize

every_ball = pytest.mark.parametrize("order", NORM_CONSTRAINTS)


def value_and_gradient(penalty, weights, scale=1.0):
    gradient, scratch = np.zeros_like(weights), np.full_like(weights, np.nan)
    return penalty.add_gradient(weights, gradient, scale, scratch), gradient


class TestL2:
    penalty = L2(strength=0.3)

    def test_gradient_against_differences(self, rng, numerical_gradient):
        weights = rng.normal(size=7)
        _, gradient = value_and_gradient(self.penalty, weights)
        expected = numerical_gradient(lambda w: value_and_gradient(self.penalty, w)[0], weights)
        assert_allclose(gradient, expected, rtol=1e-8, atol=1e-11)

    def test_scale_multiplies_value_and_gradient(self, rng):
        weights = rng.normal(size=7)
        value, gradient = value_and_gradient(self.penalty, weights)
        scaled_value, scaled_gradient = value_and_gradient(self.penalty, weights, scale=0.25)
        assert value > 0
        assert_allclose(scaled_value, 0.25 * value, rtol=1e-15)
        assert_allclose(scaled_gradient, 0.25 * gradient, rtol=1e-15)

    def test_gradient_is_added_and_weights_left_alone(self, rng):
        weights, gradient = rng.normal(size=(2, 7))
        weights_before, gradient_before = weights.copy(), gradient.copy()
        self.penalty.add_gradient(weights, gradient, 1.0, np.empty(7))
        _, own = value_and_gradient(self.penalty, weights)
        assert_array_equal(gradient, gradient_before + own)
        assert_array_equal(weights, weights_before)

    def test_single_precision_agrees_with_double(self, rng):
        weights = rng.normal(size=7).astype(np.float32)
        value, gradient = value_and_gradient(self.penalty, weights)
        wide_value, wide_gradient = value_and_gradient(self.penalty, weights.astype(float))
        assert type(value) is float
        assert_allclose(value, wide_value, rtol=1e-6)
        assert_allclose(gradient, wide_gradient, rtol=1e-6)

    def test_is_half_the_strength_times_the_squared_norm(self):
        value, gradient = value_and_gradient(L2(strength=0.5), np.array([3.0, -4.0]))
        assert value == 0.25 * 25
        assert_array_equal(gradient, [1.5, -2.0])


def shrunk(weights, step_size, strength=0.3, scale=0.5):
    result = weights.copy()
    step_size = step_size._replace(length=step_size.length.astype(weights.dtype))
    L1(strength).shrink(result, step_size, scale, np.full_like(weights, np.nan))
    return result


class TestL1:
    def test_value(self):
        weights = np.array([3.0, -4.0, 0.0])
        value = L1(strength=0.5).value(weights, 0.1, np.empty(3))
        assert value == pytest.approx(0.5 * 0.1 * 7, rel=1e-15)
        assert type(value) is float

    @pytest.mark.parametrize("one_length", [False, True])
    def test_shrink_is_the_proximal_operator(self, one_length, rng):
        # Of each weight in its own metric, against a minimiser that knows no formula.
        weights = rng.normal(size=12)
        lengths = np.array([0.7]) if one_length else rng.uniform(0.1, 5, 12)
        found = shrunk(weights, StepSize(lengths, gain=2.0))
        for w, u, length in zip(weights, found, np.broadcast_to(lengths, 12), strict=True):

            def objective(v, w=w, length=length):
                return 0.5 * 0.3 * np.abs(v).sum() + ((v - w) ** 2).sum() / (2 * length * 2.0)

            best = minimize(objective, [w], method="Powell", options={"xtol": 1e-10, "ftol": 1e-14})
            assert objective(u) <= best.fun + 1e-12
            assert u == 0 or np.sign(u) == np.sign(w)

    def test_small_weights_become_exactly_zero(self):
        weights = np.array([0.1, -0.1, 0.2, -0.2, 0.15, 0.0])
        expected = [0, 0, 0.05, -0.05, 0, 0]
        result = shrunk(weights, StepSize(np.array([1.0]), gain=1.0))
        assert_allclose(result, expected, atol=1e-17)
        assert np.count_nonzero(result) == 2

    def test_no_weight_is_shrunk_by_more_than_the_longest_step(self):
        result = shrunk(np.array([5.0, -5.0]), StepSize(np.array([1e300, 1.0]), 1.0, longest=0.01))
        assert_allclose(result, [4.99, -4.99], rtol=1e-15)

    def test_lengths_of_other_parameters_are_ignored(self, rng):
        weights, lengths = rng.normal(size=5), rng.uniform(0.1, 5, 9)
        assert_array_equal(
            shrunk(weights, StepSize(lengths.copy(), 1.0)),
            shrunk(weights, StepSize(lengths[:5], 1.0)),
        )

    @every_dtype
    def test_dtype_is_kept(self, dtype, rng):
        weights = rng.normal(size=5).astype(dtype)
        assert shrunk(weights, StepSize(np.ones(5), 1.0)).dtype == dtype


def projected(order, weight, radius):
    result = weight.copy()
    NORM_CONSTRAINTS[order](radius).project(result)
    return result


@every_ball
class TestBalls:
    def test_every_column_is_in_the_ball(self, order, rng):
        weight = projected(order, 3 * rng.normal(size=(6, 20)), 1.5)
        assert np.linalg.norm(weight, order, axis=0).max() <= 1.5 * (1 + 1e-14)

    def test_columns_inside_are_not_touched(self, order, rng):
        weight = rng.normal(size=(6, 20))
        weight[:, ::2] *= 1.4 / np.linalg.norm(weight[:, ::2], order, axis=0)
        weight[:, 1::2] *= 9
        assert_array_equal(projected(order, weight, 1.5)[:, ::2], weight[:, ::2])
        assert (projected(order, weight, 1.5)[:, 1::2] != weight[:, 1::2]).any(axis=0).all()

    def test_projection_is_idempotent(self, order, rng):
        once = projected(order, 3 * rng.normal(size=(6, 20)), 1.5)
        assert_allclose(projected(order, once, 1.5), once, rtol=1e-13, atol=1e-16)

    def test_it_is_the_nearest_point(self, order, rng):
        # Against scipy's constrained minimiser.
        for _ in range(10):
            w = 2 * rng.normal(size=4)
            found = projected(order, w[:, np.newaxis], 1.2)[:, 0]
            # |w|₁ with w split into its positive and its negative part is smooth.
            best = minimize(
                lambda v, w=w: ((v[:4] - v[4:] - w) ** 2).sum(),
                np.zeros(8),
                method="SLSQP",
                bounds=[(0, None)] * 8,
                constraints={
                    "type": "ineq",
                    "fun": lambda v: (
                        1.2 - v.sum() if order == 1 else 1.44 - ((v[:4] - v[4:]) ** 2).sum()
                    ),
                },
                options={"ftol": 1e-14, "maxiter": 1000},
            )
            assert ((found - w) ** 2).sum() <= best.fun + 1e-7
            assert_allclose(found, best.x[:4] - best.x[4:], atol=1e-4)

    @every_dtype
    def test_views_and_dtypes(self, order, dtype, rng):
        theta = (5 * rng.normal(size=40)).astype(dtype)
        before = theta.copy()
        NORM_CONSTRAINTS[order](1.0).project(theta[:30].reshape(6, 5))
        assert theta.dtype == dtype
        # Each column is outside, and both ways into the ball change every number of it.
        assert (np.linalg.norm(before[:30].reshape(6, 5), order, axis=0) > 1).all()
        assert (theta[:30] != before[:30]).all()
        assert_array_equal(theta[30:], before[30:])

    @pytest.mark.parametrize("radius", [1e-9, 1e-3, 1.0, 1e3])
    @pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8, 1e12, 1e20, 1e160, 1e307])
    @every_dtype
    def test_huge_weights_end_on_the_sphere_too(self, order, dtype, scale, radius, rng):
        # Where the radius is less than a weight's last digit, and where squares overflow.
        scale = min(scale, float(np.finfo(dtype).max) / 10)
        weight = (scale * rng.normal(size=(6, 3))).astype(dtype)
        with np.errstate(over="ignore"):
            found = projected(order, weight, radius).astype(float)
        wide = weight / np.abs(weight).max(axis=0).astype(float)
        norm = np.linalg.norm(wide, order, axis=0) * np.abs(weight).max(axis=0)
        expected = np.minimum(norm, radius)
        unit = found / np.abs(found).max(axis=0)
        length = np.linalg.norm(unit, order, axis=0) * np.abs(found).max(axis=0)
        assert_allclose(length, expected, rtol=1e-5 if dtype == np.float32 else 1e-13)
        assert ((found == 0) | (np.sign(found) == np.sign(weight))).all()

    def test_a_long_column_in_single_precision(self, order, rng):
        weight = (1e3 * rng.normal(size=(20_000, 2))).astype(np.float32)
        radius = {1: 1e6, 2: 1e4}[order]
        before, after = (
            np.linalg.norm(w.astype(float), order, axis=0)
            for w in (weight, projected(order, weight, radius))
        )
        assert (before > 10 * radius).all()
        assert_allclose(after, radius, rtol=1e-5)

    def test_one_input_and_one_unit(self, order):
        assert_allclose(projected(order, np.array([[-3.0]]), 1.0), [[-1.0]])


def test_order_1_gives_zeros_and_order_2_none(rng):
    weight = rng.normal(size=(20, 5))
    assert np.count_nonzero(projected(1, weight, 1.0)) < 60
    assert np.count_nonzero(projected(2, weight, 1.0)) == 100


def test_names():
    assert {1: Ball1, 2: Ball2} == NORM_CONSTRAINTS
