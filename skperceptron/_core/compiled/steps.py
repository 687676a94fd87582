"""The steps of an epoch, with NumPy at first, and compiled once enough have been taken."""

from __future__ import annotations

import copy
import platform
import sys
import sysconfig
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .. import kernels
from ..steps import NumPySteps
from ..types import Array
from .replay import Program
from .tape import NoForm, Tape

# Steps of a fit below which it does not matter how they are taken.
FEW = 32

# Elements of parameters and outputs that take NumPy as long as the calls of a step do.
ELEMENTS = 10_000

# What is replayed at a time: so many steps, of so many floating-point operations together, which
# take less than a tenth of a second. Python handles Ctrl-C after each time.
MAX_STEPS, MAX_OPERATIONS = 1024, 300_000_000

RATE = 0.001  # of the steps that are compared


class Steps:
    """Takes the steps of epochs, in the way that is the fastest one for now.

    Both ways give the same numbers to the last bit, so the change may come after any epoch.
    """

    def __init__(self, numpy_steps: NumPySteps, max_epochs: int) -> None:
        self._numpy = numpy_steps
        self._tapes: list[Tape] | None = None  # None: not known; []: there is no compiled form
        self._programs: list[Program] = []
        if numpy_steps.batches.n_steps * max_epochs < FEW or not supported():
            self._tapes = []

    def run(self, order: Array | None, state: Any) -> tuple[float, Any]:
        """Take the steps of an epoch. Return the sum of the rows' losses, and the last rate."""
        if self._tapes is None:
            self._tapes = record(self._numpy)
        tapes = self._tapes
        if tapes and kernels.n_steps_left <= 0 and kernels.available():
            programs = kernels.unless_it_fails(lambda: [Program(tape) for tape in tapes])
            if programs and agree(programs, self._numpy, state):
                self._programs = programs
            self._tapes = []
        if self._programs:
            return self._replay(order, state)
        if self._tapes:
            elements = self._numpy.n_elements / ELEMENTS
            kernels.count_steps(self._numpy.batches.n_steps + elements)
        else:
            kernels.count(self._numpy.n_elements)
        return self._numpy.run(order, state)

    def _replay(self, order: Array | None, state: Any) -> tuple[float, Any]:
        batches, schedule = self._numpy.batches, self._numpy.schedule
        rows, total = batches.rows(order), 0.0
        start, n_rows = 0, batches.n_rows
        for program in self._programs:
            n = program.tape.n_rows
            stop = n_rows - (n_rows - start) % n
            while start < stop:
                end = min(start + n * program.tape.n_steps, stop)
                own = rows[start:end].reshape(-1, n)
                rates = [
                    schedule.rate(state.n_epochs + i / n_rows, state) for i in range(start, end, n)
                ]
                for value in program.run(own, rates, state.generator):
                    total += n * value
                start = end
        return total, rates[-1]


def supported() -> bool:
    """Whether this is a platform on which the tests have replayed tapes."""
    here = sys.implementation.name, sys.platform, platform.machine()
    has_lock = not sysconfig.get_config_var("Py_GIL_DISABLED")
    return here == ("cpython", "linux", "x86_64") and has_lock


def record(steps: NumPySteps) -> list[Tape]:
    """Tapes of a step on a whole batch and on the rows that are left; none if there is no form."""
    batches, network = steps.batches, steps.objective.network
    n_whole, rest = divmod(batches.n_rows, batches.batch_size)
    operations = batches.batch_size * (6 * network.theta.size + 200 * network.n_units)
    if operations > MAX_OPERATIONS:
        return []  # calls take less than a hundredth of such a step, and NumPy works in blocks
    n_steps = max(1, min(n_whole, MAX_STEPS, MAX_OPERATIONS // operations))
    sizes = [(batches.batch_size, n_steps)] + ([(rest, 1)] if rest else [])
    tapes = [Tape(*size, network.theta.dtype) for size in sizes]
    try:
        for tape in tapes:
            steps.objective.record(tape, *batches.record(tape))
            tape.form(steps.optimizer, "record")(tape, steps.theta, steps.gradient)
    except NoForm:
        return []
    return tapes


def agree(programs: list[Program], steps: NumPySteps, state: Any) -> bool:
    """Whether a step of each program is that of NumPy to the last bit. Nothing changes."""
    for program in programs:
        rows = np.arange(program.tape.n_rows)
        ours = _outcome(partial(program.run, [rows], [RATE], state.generator), steps, state)
        numpy_step = partial(steps.step, steps.batches.take(rows), RATE)
        for one, other in zip(ours, _outcome(numpy_step, steps, state), strict=True):
            if not np.array_equal(one, other, equal_nan=True):
                return False
    return True


def _outcome(step: Callable[[], Any], steps: NumPySteps, state: Any) -> list[Array]:
    """The objective, the weights and the moments after a step, all of which is undone."""
    arrays = steps.theta, state.optimizer.moments
    before = [array.copy() for array in arrays]
    stream = copy.deepcopy(state.generator.bit_generator.state)
    objects = state.optimizer, steps.optimizer  # which may count norms
    attributes = [dict(vars(each)) for each in objects]
    try:
        return [np.ravel(step()), *(array.copy() for array in arrays)]
    finally:
        for array, values in zip(arrays, before, strict=True):
            array[...] = values
        for each, values in zip(objects, attributes, strict=True):
            vars(each).update(values)
        state.generator.bit_generator.state = stream
