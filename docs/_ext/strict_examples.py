"""How the gallery runs examples: each by itself, with Python's warnings as errors."""

import contextlib
import warnings

import sklearn

_one_example = contextlib.ExitStack()


def each_by_itself(gallery_conf, example, when):
    """Undo what the last example set, and have the next one fail where it warns."""
    _one_example.close()
    if when == "before":
        _one_example.enter_context(sklearn.config_context())
        _one_example.enter_context(warnings.catch_warnings())
        warnings.simplefilter("error")
