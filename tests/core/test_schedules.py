from __future__ import annotations

import math
import pickle
from types import SimpleNamespace

import pytest

from skperceptron._core.schedules import (
    SCHEDULES,
    SGD_SCHEDULES,
    Adaptive,
    Constant,
    Cosine,
    Exponential,
    FromCallable,
    InverseScalingByEpochs,
    InverseScalingBySamples,
    Linear,
    OneCycle,
    Step,
    WarmUp,
)

EVERY_CLASS = list(dict.fromkeys([*SCHEDULES.values(), *SGD_SCHEDULES.values()]))


def timeline(n_epochs=0, n_samples_seen=0, n_plateaus=0):
    return SimpleNamespace(n_epochs=n_epochs, n_samples_seen=n_samples_seen, n_plateaus=n_plateaus)


def curve(schedule):
    return [
        schedule.rate(epoch + part, timeline(epoch, 1000 * epoch, epoch // 100))
        for epoch in range(1000)
        for part in (0.0, 0.5)
    ]


@pytest.mark.parametrize("kind", EVERY_CLASS)
def test_rates_are_positive_finite_and_repeatable(kind, from_defaults):
    # 'linear' and 'cosine' end at this.
    schedule = from_defaults(kind, learning_rate_min=1e-5)
    rates = curve(schedule)
    assert all(0 < rate < math.inf for rate in rates)
    assert curve(schedule) == rates
    assert curve(pickle.loads(pickle.dumps(schedule))) == rates


@pytest.mark.parametrize("kind", EVERY_CLASS)
def test_rates_are_plain_floats(kind, from_defaults):
    # A NumPy scalar would turn float32 weights into float64.
    assert {type(rate) for rate in curve(from_defaults(kind))} == {float}


@pytest.mark.parametrize(
    ("schedule", "progress", "where", "expected"),
    [
        (Constant(0.1), 0.0, timeline(), 0.1),
        (Constant(0.1), 7.5, timeline(7, 700, 3), 0.1),
        (InverseScalingByEpochs(0.1, 0.5), 0.0, timeline(), 0.1),
        (InverseScalingByEpochs(0.1, 0.5), 3.0, timeline(3, 300), 0.05),
        (InverseScalingByEpochs(0.1, 0.5), 3.9, timeline(3, 300), 0.05),
        (InverseScalingByEpochs(0.1, 2.0), 3.0, timeline(3, 300), 0.1 / 16),
        (InverseScalingBySamples(0.1, 0.5), 0.0, timeline(), 0.1),
        (InverseScalingBySamples(0.1, 0.5), 1.0, timeline(1, 99), 0.01),
        (Adaptive(0.1), 0.0, timeline(), 0.1),
        (Adaptive(0.1), 50.0, timeline(50, 5000), 0.1),
        (Adaptive(0.1), 50.0, timeline(50, 5000, 2), 0.004),
        (Exponential(0.1, 0.5), 0.9, timeline(0), 0.1),
        (Exponential(0.1, 0.5), 3.9, timeline(3), 0.0125),
        (Step(0.1, 0.5, 10), 9.9, timeline(9), 0.1),
        (Step(0.1, 0.5, 10), 20.0, timeline(20), 0.025),
        (Linear(0.1, 0.0, 10), 0.0, timeline(), 0.1),
        (Linear(0.1, 0.02, 10), 2.5, timeline(2), 0.08),
        (Linear(0.1, 0.02, 10), 10.0, timeline(10), 0.02),
        (Linear(0.1, 0.02, 10), 99.0, timeline(99), 0.02),
        (Cosine(0.1, 0.0, 10), 0.0, timeline(), 0.1),
        (Cosine(0.1, 0.02, 10), 5.0, timeline(5), 0.06),
        (Cosine(0.1, 0.0, 9), 3.0, timeline(3), 0.075),
        (Cosine(0.1, 0.02, 10), 10.0, timeline(10), 0.02),
        (Cosine(0.1, 0.02, 10), 99.0, timeline(99), 0.02),
        (OneCycle(0.1, 10), 0.0, timeline(), 0.004),
        (OneCycle(0.1, 10), 1.5, timeline(1), 0.052),
        (OneCycle(0.1, 10), 3.0, timeline(3), 0.1),
        (OneCycle(0.1, 10), 6.5, timeline(6), 0.050005),
        (OneCycle(0.1, 10), 10.0, timeline(10), 1e-5),
        (OneCycle(0.1, 10), 99.0, timeline(99), 1e-5),
        (FromCallable(lambda epoch: 1 / (1 + epoch)), 3.0, timeline(3), 0.25),
        (WarmUp(Constant(0.1), 4), 0.0, timeline(), 0.02),
        (WarmUp(Constant(0.1), 4), 1.5, timeline(1), 0.05),
        (WarmUp(Constant(0.1), 4), 4.0, timeline(4), 0.1),
        (WarmUp(Constant(0.1), 4), 40.0, timeline(40), 0.1),
        (WarmUp(Exponential(0.1, 0.5), 3), 1.0, timeline(1), 0.025),
        # The power is too large for a float.
        (InverseScalingByEpochs(0.1, 1e3), 9.0, timeline(9), 0.0),
        (InverseScalingBySamples(0.1, 1e3), 9.0, timeline(9, 900), 0.0),
    ],
)
def test_documented_values(schedule, progress, where, expected):
    assert schedule.rate(progress, where) == pytest.approx(expected, rel=1e-14)


def test_names():
    assert SCHEDULES["invscaling"] is InverseScalingByEpochs
    assert SGD_SCHEDULES["invscaling"] is InverseScalingBySamples
    assert {name for name in SCHEDULES if SCHEDULES[name] is not SGD_SCHEDULES[name]} == {
        "invscaling"
    }


def test_only_adaptive_outlives_a_plateau():
    # Training ends at a plateau where the rate is at or below the floor.
    assert {kind for kind in EVERY_CLASS if kind.floor < math.inf} == {Adaptive}
    assert Adaptive.floor == 1e-6
    assert WarmUp(Adaptive(0.1), 3).floor == 1e-6
    assert WarmUp(Constant(0.1), 3).floor == math.inf


@pytest.mark.parametrize("rate", [math.nan, math.inf, -0.1])
def test_a_callable_must_return_a_rate(rate):
    with pytest.raises(ValueError, match=r"learning_rate, a callable, .* at epoch 2\.5"):
        FromCallable(lambda epoch: rate).rate(2.5, timeline(2))
