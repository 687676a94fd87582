"""The code of users' functions and classes, by which a stored fit is known to be of another one."""

from __future__ import annotations

import hashlib
import pickle
import sys
from inspect import unwrap
from types import CodeType, FunctionType
from typing import Any

# Packages whose versions a stored fit has, and those that these need.
OTHERS = {"sklearn", "skperceptron", "numpy", "scipy", "joblib", *sys.stdlib_module_names}

# Values of a class that its methods may read.
PLAIN = (bool, int, float, complex, str, bytes, tuple, frozenset, type(None))

# Attributes that hold the functions of static methods, properties, cached properties, and of
# methods that scikit-learn offers under a condition.
PARTS = ("__func__", "fget", "fset", "fdel", "func", "fn")


def digest_of_code(estimator: Any) -> str:
    """A digest of each function and class in an estimator that is of none of the packages above.

    Pickles name functions and classes only, so their code is collected here, while a pickle is
    written to nowhere. The code is that which runs: the file may have been edited since.
    """
    collector = _Collector()
    try:
        collector.dump(estimator)
    except Exception:  # joblib is about to say what can't be pickled
        return ""
    return hashlib.sha256(repr(sorted(collector.found.items())).encode()).hexdigest()


class _Nowhere:
    def write(self, content: Any) -> int:
        return len(content)


class _Collector(pickle.Pickler):
    def __init__(self) -> None:
        super().__init__(_Nowhere())
        self.found: dict[str, Any] = {}

    def reducer_override(self, obj: Any) -> Any:
        """Called for each function, class and instance."""
        if isinstance(obj, type):
            code: dict[str, Any] = {
                _name(each): _of_class(each) for each in obj.__mro__ if _is_own(each)
            }
        elif isinstance(obj, FunctionType) and _is_own(obj):
            code = {_name(obj): _of_function(obj)}
        else:
            code = {}
        self.found |= code
        # In another process than that of its script a class need not be found by its name.
        return (str, (_name(obj),)) if code else NotImplemented


def _is_own(found: Any) -> bool:
    return str(found.__module__).partition(".")[0] not in OTHERS


def _name(found: Any) -> str:
    return f"{found.__module__}.{found.__qualname__}"


def _of_class(found: type) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in sorted(vars(found).items()):
        parts = [getattr(value, part, None) for part in PARTS]
        functions = [each for each in (value, *parts) if isinstance(each, FunctionType)]
        if functions:
            members[name] = [_of_function(each) for each in functions]
        elif not name.startswith("__") and isinstance(value, PLAIN):
            members[name] = _stable(value)
    return members


def _of_function(found: FunctionType) -> list[Any]:
    layers = {id(each): each for each in (found, unwrap(found)) if isinstance(each, FunctionType)}
    return [
        [_stable(each.__code__), _stable(each.__defaults__), _stable(_items(each.__kwdefaults__))]
        for each in layers.values()
    ]


def _items(keywords: dict[str, Any] | None) -> tuple[Any, ...]:
    return tuple(sorted((keywords or {}).items()))


def _stable(value: Any) -> Any:
    """What is the same in each process: a set has another order in each, an object an address."""
    if isinstance(value, CodeType):
        names = (value.co_names, value.co_varnames, value.co_freevars)
        return [value.co_code, names, [_stable(each) for each in value.co_consts]]
    if isinstance(value, tuple):
        return [_stable(each) for each in value]
    if isinstance(value, frozenset):
        return sorted(str(_stable(each)) for each in value)
    return repr(value) if isinstance(value, (*PLAIN, type(...))) else type(value).__qualname__
