from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from helpers.marks import every_dtype
from skperceptron._core.parameters import Layout, Parameter

WEIGHTS = [np.arange(6.0).reshape(2, 3), np.arange(6.0, 9.0).reshape(3, 1)]
INTERCEPTS = [np.arange(9.0, 12.0), np.arange(12.0, 13.0)]


@pytest.fixture
def layout():
    """Of two layers, 2 → 3 → 1."""
    return Layout(
        [
            Parameter("weight", (2, 3), penalised=True),
            Parameter("intercept", (3,)),
            Parameter("weight", (3, 1), penalised=True),
            Parameter("intercept", (1,)),
        ]
    )


def test_weights_come_before_intercepts(layout):
    theta = layout.pack({"weight": WEIGHTS, "intercept": INTERCEPTS}, np.float64)
    assert layout.size == 13
    assert_array_equal(theta, np.arange(13))
    assert layout.weights == slice(0, 9)


def test_views_are_in_the_layers_order(layout):
    views = layout.views(np.arange(13.0))
    for view, expected in zip(
        views, [WEIGHTS[0], INTERCEPTS[0], WEIGHTS[1], INTERCEPTS[1]], strict=True
    ):
        assert_array_equal(view, expected)


def test_views_write_through_and_tile_the_vector(layout):
    theta = np.zeros(13)
    for view in layout.views(theta):
        view += 1
    assert_array_equal(theta, np.ones(13))


@every_dtype
def test_pack_undoes_group(layout, dtype):
    theta = np.random.default_rng(0).normal(size=13).astype(dtype)
    groups = {name: layout.group(name, theta) for name in ("weight", "intercept")}
    packed = layout.pack(groups, dtype)
    assert packed.dtype == dtype
    assert_array_equal(packed, theta)
    assert not np.shares_memory(packed, theta)


@pytest.mark.parametrize(
    ("name", "arrays"),
    [
        ("weight", WEIGHTS[:1]),
        ("weight", [*WEIGHTS, WEIGHTS[0]]),
        ("weight", [WEIGHTS[0].T, WEIGHTS[1]]),
        ("intercept", [INTERCEPTS[0][:1], INTERCEPTS[1]]),  # would broadcast
        ("intercept", [INTERCEPTS[0][np.newaxis], INTERCEPTS[1]]),
    ],
)
def test_pack_refuses_other_shapes(layout, name, arrays):
    groups = {"weight": WEIGHTS, "intercept": INTERCEPTS} | {name: arrays}
    with pytest.raises(ValueError, match=f"the {name} arrays must have shapes"):
        layout.pack(groups, np.float64)


def test_a_layout_without_parameters_is_empty():
    assert Layout([]).size == 0
    assert Layout([]).pack({}, np.float64).shape == (0,)


def test_roles_lie_together_and_names_within_them():
    layout = Layout(
        [
            Parameter("mean", (2,), trainable=False),
            Parameter("intercept", (1,)),
            Parameter("table", (3, 2), penalised=True),
            Parameter("scale", (2,), rate_factor=0.5),
            Parameter("mean", (1,), trainable=False),
            Parameter("intercept", (2,)),
            Parameter("weight", (2, 2), penalised=True),
        ]
    )
    starts = [int(view.ravel()[0]) for view in layout.views(np.arange(18))]
    assert starts == [15, 10, 0, 13, 17, 11, 6]
    assert (layout.weights, layout.trainable, layout.size) == (slice(0, 10), slice(0, 15), 18)
    assert layout.steps == ((slice(0, 13), 1.0), (slice(13, 15), 0.5))
