"""Calls that fail, and leave the estimator as it was."""

import copy
from contextlib import contextmanager

import numpy as np
import pytest


def same(one, other):
    """Whether two values of an attribute are equal, however they are nested."""
    if isinstance(one, np.ndarray):
        nan = one.dtype.kind == "f"
        return isinstance(other, np.ndarray) and np.array_equal(one, other, equal_nan=nan)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.random.RandomState):
        return same(one.get_state(), other.get_state())
    if isinstance(one, np.random.Generator):
        return one.bit_generator.state == other.bit_generator.state
    if hasattr(one, "__dict__"):
        return type(one) is type(other) and same_attributes(vars(one), vars(other))
    return one == other or (one != one and other != other)


def same_attributes(one, other):
    """Whether two dicts of attributes have the same names and equal values."""
    return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)


@contextmanager
def unchanged(estimator, *, contents=True):
    """The estimator has the same attributes afterwards: the same objects, with equal contents.

    Without ``contents`` the objects may change: a loss of the user's may count its calls.
    """
    before, copies = dict(vars(estimator)), copy.deepcopy(vars(estimator))
    yield
    now = vars(estimator)
    assert now.keys() == before.keys()
    assert [name for name in now if now[name] is not before[name]] == []
    assert not contents or [name for name in now if not same(now[name], copies[name])] == []


def assert_refused(estimator, call, match):
    """The call, a function of the estimator, raises an error of bad input and changes nothing."""
    with unchanged(estimator), pytest.raises((ValueError, TypeError), match=match):
        call(estimator)
