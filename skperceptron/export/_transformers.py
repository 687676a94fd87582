"""What is exported of transformers that compute each column by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    RobustScaler,
    StandardScaler,
)

from .._core.formulas import Formula, exp, expm1, maximum, minimum, sqrt
from ..tabular._piecewise import PiecewiseLinearEncoder
from ..tabular._quantiles import HUGE
from ..tabular._robust_clip import FAR, RobustClipScaler
from ._writer import Description, Function, Value, Writer

DOUBLE = np.dtype(np.float64)

Transform = Callable[[Writer, Value], Value]


def robust_clip(scaler: RobustClipScaler, writer: Writer, x: Value) -> Value:
    """What RobustClipScaler makes of numbers."""
    center, scale, bound = scaler.center_, scaler.scale_, scaler.max_absolute_value
    # A column that is constant, or has no values, becomes 0: any number divided by inf is.
    nothing = (scale == 0) | np.isnan(center)
    halved = nothing | (np.abs(center) > HUGE) | (scale > HUGE)  # as _clip has it
    unit = np.where(halved, 0.5, 1.0)
    with np.errstate(all="ignore"):
        divisor = np.where(nothing, np.inf, scale * unit) * bound
        shift = np.where(nothing, 0.0, center * unit)
    halves: Formula = x * unit if halved.any() else x
    t = writer.compute(minimum(maximum((halves - shift) / divisor, -FAR), FAR))
    return writer.compute(bound * t / sqrt(1.0 + t * t))


def piecewise(encoder: PiecewiseLinearEncoder, writer: Writer, x: Value) -> Value:
    """What PiecewiseLinearEncoder makes of numbers, a column for each that it has bins of."""
    low, high = encoder._ends()
    place = np.repeat(np.arange(len(encoder.n_bins_)), encoder.n_bins_)
    left = np.concatenate([edges[:-1] for edges in encoder.bin_edges_])
    right = np.concatenate([edges[1:] for edges in encoder.bin_edges_])
    huge = np.maximum(np.abs(left), np.abs(right)) > HUGE
    unit = np.where(huge, 0.5, 1.0)
    left, width = left * unit, right * unit - left * unit
    repeated: Formula = writer.take(x, place.tolist())
    halves = repeated * unit if huge.any() else repeated
    shares = minimum(maximum((halves - left) / width, 0.0), 1.0)
    return writer.compute(shares if (low, high) == (0, 1) else shares * (high - low) + low)


def _linear(scale: Any, shift: Any, writer: Writer, x: Value) -> Value:
    """``(x - shift) / scale``, without those that are None."""
    formula: Formula = x
    formula = formula if shift is None else formula - np.asarray(shift)
    return writer.compute(formula if scale is None else formula / np.asarray(scale))


def _standard(scaler: StandardScaler) -> Transform:
    scale = scaler.scale_ if scaler.with_std else None
    return partial(_linear, scale, scaler.mean_ if scaler.with_mean else None)


def _robust(scaler: RobustScaler) -> Transform:
    scale = scaler.scale_ if scaler.with_scaling else None
    return partial(_linear, scale, scaler.center_ if scaler.with_centering else None)


def _min_max(scaler: MinMaxScaler) -> Transform:
    low, high = scaler.feature_range

    def transform(writer: Writer, x: Value) -> Value:
        scaled: Formula = x * np.asarray(scaler.scale_) + np.asarray(scaler.min_)
        return writer.compute(minimum(maximum(scaled, low), high) if scaler.clip else scaled)

    return transform


TRANSFORMS: Mapping[type, Callable[[Any], Transform]] = MappingProxyType(
    {
        StandardScaler: _standard,
        RobustScaler: _robust,
        MinMaxScaler: _min_max,
        MaxAbsScaler: lambda scaler: partial(_linear, scaler.scale_, None),
        RobustClipScaler: lambda scaler: partial(robust_clip, scaler),
        PiecewiseLinearEncoder: lambda encoder: partial(piecewise, encoder),
    }
)


# What undoes a transformation of y, of one or of several numbers.
INVERSES: Mapping[type, Callable[[Any, Formula], Formula]] = MappingProxyType(
    {
        StandardScaler: lambda scaler, x: _undone(
            x,
            scaler.scale_ if scaler.with_std else None,
            scaler.mean_ if scaler.with_mean else None,
        ),
        RobustScaler: lambda scaler, x: _undone(
            x,
            scaler.scale_ if scaler.with_scaling else None,
            scaler.center_ if scaler.with_centering else None,
        ),
        MinMaxScaler: lambda scaler, x: (x - np.asarray(scaler.min_)) / np.asarray(scaler.scale_),
        MaxAbsScaler: lambda scaler, x: x * np.asarray(scaler.scale_),
        FunctionTransformer: lambda transformer, x: FUNCTIONS[transformer.inverse_func](x),
    }
)

# Functions of y that have an exported form: those of NumPy, and none at all.
FUNCTIONS: Mapping[Any, Callable[[Formula], Formula]] = MappingProxyType(
    {
        None: lambda x: x,
        np.exp: exp,
        np.expm1: expm1,
        np.square: lambda x: x * x,
    }
)


def _undone(x: Formula, scale: Any, shift: Any) -> Formula:
    scaled = x if scale is None else x * np.asarray(scale)
    return scaled if shift is None else scaled + np.asarray(shift)


def _is_known(transformer: FunctionTransformer) -> bool:
    known = any(transformer.inverse_func is function for function in FUNCTIONS)
    return known and not transformer.inv_kw_args


def inverse(estimator: Any, reader: str) -> Transform:
    """What undoes the transformation of a fitted transformer of y."""
    kind = type(estimator)
    if kind not in INVERSES:
        known = sorted(each.__name__ for each in INVERSES)
        raise ValueError(
            f"{reader} can't export a TransformedTargetRegressor with the transformer "
            f"{kind.__name__}: it knows {', '.join(known)}. Export its regressor_, and undo the "
            "transformation yourself."
        )
    if kind is FunctionTransformer and not _is_known(estimator):
        name = getattr(estimator.inverse_func, "__name__", repr(estimator.inverse_func))
        raise ValueError(
            f"{reader} can't export inverse_func={name} of a TransformedTargetRegressor: it knows "
            "numpy.exp, numpy.expm1, numpy.square and None. Export its regressor_, and undo the "
            "transformation yourself."
        )
    return lambda writer, x: writer.compute(INVERSES[kind](estimator, x))


def transformer(estimator: Any, reader: str) -> Description:
    """What is exported of one of these transformers, which computes in double precision."""
    kind = next(kind for kind in type(estimator).__mro__ if kind in TRANSFORMS)
    transform = TRANSFORMS[kind](estimator)
    n_inputs = estimator.n_features_in_
    n_outputs = n_inputs
    if isinstance(estimator, PiecewiseLinearEncoder):
        n_outputs = int(estimator.n_bins_.sum())
        if not n_outputs:
            raise ValueError(f"{reader} can't export an encoder without bins, which has no output.")

    def body(writer: Writer, x: Value) -> Value:
        return writer.rounded(transform(writer, writer.exact(x)))

    return Description((Function("transform", n_inputs, n_outputs, body),), DOUBLE, exact=True)
