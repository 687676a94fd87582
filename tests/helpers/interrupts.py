"""Ctrl-C in the middle of something."""

import pytest

interrupted = pytest.warns(UserWarning, match="Training interrupted by user")


def press_ctrl_c():
    """Do what a signal that arrives now would do."""
    raise KeyboardInterrupt


def interrupt_call(monkeypatch, owner, name, n, hit=press_ctrl_c):
    """Have the n-th call of a function or method end in a KeyboardInterrupt, before any work."""
    original, calls = getattr(owner, name), []

    def interrupting(*args, **kwargs):
        calls.append(None)
        if len(calls) == n:
            hit()
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, interrupting)
