"""What is exported of an estimator, by its class, and of a pipeline of such."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import getattr_static
from types import MappingProxyType
from typing import Any

from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._networks import NETWORKS, network
from ._tables import TABLES, tables
from ._transformers import TRANSFORMS, inverse, transformer
from ._writer import Description, Function, Value, Writer

Describe = Callable[[Any, str], Description]

DESCRIPTIONS: Mapping[type, Describe] = MappingProxyType(
    {
        **dict.fromkeys(NETWORKS, network),
        **dict.fromkeys(TABLES, tables),
        **dict.fromkeys(TRANSFORMS, transformer),
    }
)

# Our classes: those of scikit-learn have converters of skl2onnx's.
EXPORTED = tuple(kind for kind in DESCRIPTIONS if kind.__module__.startswith("skperceptron."))

# What a class derived from one of ours must leave as it is, to be exported as that.
METHODS = (
    "decision_function",
    "inverse_transform",
    "predict",
    "predict_proba",
    "predict_quantiles",
    "transform",
)


def exported_class(kind: type) -> type | None:
    """The class that one is exported as: itself, or the one of ours that it is derived from."""
    return next((base for base in kind.__mro__ if base in EXPORTED), None)


def describe(estimator: Any, reader: str) -> Description:
    """What is exported of a fitted estimator; errors name it, and the ``reader``."""
    if isinstance(estimator, Pipeline):
        return _pipeline(estimator, reader)
    if isinstance(estimator, TransformedTargetRegressor):
        return _of_transformed_targets(estimator, reader)
    kind = type(estimator)
    base = kind if kind in DESCRIPTIONS else exported_class(kind)
    if base is None:
        known = sorted(each.__name__ for each in DESCRIPTIONS)
        raise ValueError(
            f"{reader} can't export {kind.__name__}: it knows Pipeline and "
            f"TransformedTargetRegressor, and in them {', '.join(known)}."
        )
    check_is_fitted(estimator)
    for name in METHODS:
        if getattr_static(kind, name, None) is not getattr_static(base, name, None):
            raise ValueError(
                f"{reader} can't export {kind.__name__}, whose {name} is not that of "
                f"{base.__name__}: only the predictions of {base.__name__} have an exported form."
            )
    return DESCRIPTIONS[base](estimator, reader)


def _pipeline(pipeline: Pipeline, reader: str) -> Description:
    """The functions of the last step, of what the steps before it make of rows."""
    check_is_fitted(pipeline)
    steps = [step for _, step in pipeline.steps if step is not None and step != "passthrough"]
    if not steps:
        raise ValueError(f"{reader} can't export a pipeline without steps.")
    *before, last = [describe(step, reader) for step in steps]
    transforms = [description.function("transform") for description in before]
    first = transforms[0] if transforms else last.functions[0]

    def of_rows(function: Function) -> Function:
        if function.of is not None or not transforms:
            return function

        def body(writer: Writer, x: Value) -> Value:
            for transform in transforms:
                x = transform.body(writer, x)
            return function.body(writer, x)

        return replace(function, n_inputs=first.n_inputs, body=body)

    functions = [of_rows(function) for function in last.functions]
    if transforms:  # the pipeline's would have to go back through the transformers
        functions = [each for each in functions if each.name != "inverse_transform"]
    levels = (before[0] if before else last).levels
    exact = (before[0] if before else last).exact
    return replace(last, functions=tuple(functions), levels=levels, exact=exact)


def _of_transformed_targets(estimator: TransformedTargetRegressor, reader: str) -> Description:
    """The predictions of the regressor, in units of y."""
    check_is_fitted(estimator)
    description = describe(estimator.regressor_, reader)
    undo = inverse(estimator.transformer_, reader)
    function = description.function("predict")
    before = [] if function.of is None else [description.function(function.of)]

    def body(writer: Writer, x: Value) -> Value:
        return undo(writer, writer.exact(function.body(writer, x)))

    return replace(description, functions=(*before, replace(function, body=body)))
