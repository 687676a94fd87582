"""Contestants timed against each other, in alternating rounds."""

import gc
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

# Threads of one library's pool may still spin when the next contestant starts.
SETTLING_SECONDS = 0.02
FEWEST_ROUNDS = 3


@dataclass
class Timing:
    """What one contestant took."""

    warm_up: float  # seconds of the whole first run, which is not counted
    seconds: list[float] = field(default_factory=list)  # of one unit of work, round by round
    result: Any = None  # what the last run returned

    @property
    def median(self):
        return statistics.median(self.seconds)


def stopwatch(function):
    """Seconds of one call, and what it returned."""
    gc.collect()
    time.sleep(SETTLING_SECONDS)
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def alternate(contestants, repeats, units=1, budget=30.0, clock=stopwatch):
    """Run each contestant once per round, and return its Timing by its name.

    ``contestants`` are functions by name; ``units`` says how much of what seconds are given
    for, such as epochs, one call does, for all of them or by name. The order rotates from
    round to round. There are ``repeats`` rounds, or fewer if ``budget`` seconds are over before.
    """
    if not isinstance(units, dict):
        units = dict.fromkeys(contestants, units)
    timings = {name: Timing(clock(function)[0]) for name, function in contestants.items()}
    names = list(contestants)
    start = time.perf_counter()
    for n_done in range(repeats):
        if n_done >= FEWEST_ROUNDS and time.perf_counter() - start > budget:
            break
        shift = n_done % len(names)
        for name in names[shift:] + names[:shift]:
            seconds, result = clock(contestants[name])
            timings[name].seconds.append(seconds / units[name])
            timings[name].result = result
    return timings


def relative(timings, reference="skperceptron"):
    """How many times the reference's time the others took, round by round, by name."""
    base = timings[reference].seconds
    return {
        name: [a / b for a, b in zip(timing.seconds, base, strict=True)]
        for name, timing in timings.items()
        if name != reference
    }


def microseconds(predict, X):
    """The median of 300 calls."""
    predict(X)
    times = []
    for _ in range(300):
        start = time.perf_counter()
        predict(X)
        times.append(time.perf_counter() - start)
    return 1e6 * statistics.median(times)


def looped(function, seconds=0.02):
    """A function that calls this one often enough to be timed, and how often."""
    function()
    took = stopwatch(function)[0]
    n_calls = max(1, min(10_000, round(seconds / took)))

    def calls():
        for _ in range(n_calls):
            result = function()
        return result

    return calls, n_calls
