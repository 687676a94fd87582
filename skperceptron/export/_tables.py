"""What is exported of the estimators of tables: preprocessing, networks, and their mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from .._core.formulas import Formula, exp, is_missing, maximum, minimum, sqrt, tanh, where
from .._core.losses import Gaussian
from .._core.types import Array
from ..tabular._base import shares_of
from ..tabular._classifier import TabularMLPClassifier
from ..tabular._intervals import Normal, Quantiles
from ..tabular._members import Scaling
from ..tabular._preprocessor import TabularPreprocessor
from ..tabular._regressor import TabularMLPRegressor
from ._networks import network_steps, probabilities, score_steps
from ._transformers import piecewise, robust_clip
from ._writer import Description, Function, Value, Writer, run_steps

TABLES = (TabularMLPClassifier, TabularMLPRegressor, TabularPreprocessor)

AllLevels = dict[int, list[Any]]  # of each column of categories, by its place
Codes = Mapping[int, Value]

# A network of an ensemble, and what its preprocessing makes of rows.
Encoded = Callable[[Writer, Value, Codes], Value]


def tables(estimator: Any, reader: str) -> Description:
    """What is exported of a fitted estimator of tables, of any of the three classes."""
    if isinstance(estimator, TabularPreprocessor):
        return _preprocessor(estimator)
    is_classifier = isinstance(estimator, TabularMLPClassifier)
    return (_classifier if is_classifier else _regressor)(estimator, reader)


# Preprocessing -----------------------------------------------------------------------------------


def _preprocessor(estimator: TabularPreprocessor) -> Description:
    levels = _levels([estimator])
    n_outputs = len(estimator.get_feature_names_out())

    def transform(writer: Writer, rows: Value) -> Value:
        return _encoded(estimator, levels, writer, rows, _codes(writer, rows, levels))

    function = Function("transform", estimator.n_features_in_, n_outputs, transform)
    return Description((function,), np.dtype(estimator.dtype), levels=levels)


def _levels(preprocessors: Sequence[TabularPreprocessor]) -> AllLevels:
    """Levels that any of them knows, column by column."""
    places = np.flatnonzero(preprocessors[0].is_categorical_).tolist()
    known: AllLevels = {}
    for j, place in enumerate(places):
        of_all = dict.fromkeys(level for each in preprocessors for level in each._levels[j].index)
        try:
            known[place] = sorted(of_all)
        except TypeError:
            known[place] = sorted(of_all, key=lambda level: (type(level).__name__, repr(level)))
    return known


def _codes(writer: Writer, rows: Value, levels: AllLevels) -> dict[int, Value]:
    """Code of each category, among the levels of all preprocessors."""
    return {place: writer.code(rows, place, listed) for place, listed in levels.items()}


def _encoded(
    preprocessor: TabularPreprocessor, levels: AllLevels, writer: Writer, rows: Value, codes: Codes
) -> Value:
    """The matrix that a preprocessor makes of a table, in the precision of networks."""
    parts, bins = [], []
    places = np.flatnonzero(~preprocessor.is_categorical_).tolist()
    if preprocessor.scaler_ is not None:
        numbers = writer.exact(writer.take(rows, places))
        filled = writer.compute(where(is_missing(numbers), preprocessor.mean_, numbers))
        parts.append(robust_clip(preprocessor.scaler_, writer, filled))
        if len(preprocessor._with_gaps):
            absent, present = preprocessor._indicators[::-1]
            gaps = writer.take(numbers, preprocessor._with_gaps.tolist())
            parts.append(writer.compute(where(is_missing(gaps), absent, present)))
        if preprocessor.piecewise_ is not None:
            binned = writer.take(filled, preprocessor._binned.tolist())
            bins.append(piecewise(preprocessor.piecewise_, writer, binned))
    own = zip(preprocessor._tables, preprocessor._levels, levels.items(), strict=True)
    for table, known, (place, listed) in own:
        if table.shape[1]:
            rows_of_all = [known.index.get(level, known.missing) for level in listed]
            parts.append(writer.rows_of(table[[*rows_of_all, known.missing]], codes[place]))
    return writer.join([writer.rounded(part) for part in [*parts, *bins]])


# Ensembles ---------------------------------------------------------------------------------------


def _members(estimator: Any) -> tuple[AllLevels, list[int], list[float]]:
    """Levels that networks know, and the places and weights of those that count."""
    places, shares = shares_of(estimator.weights_)
    return _levels([estimator.preprocessors_[i] for i in places]), places, shares


def _scores(estimator: Any, levels: AllLevels, reader: str, place: int) -> Encoded:
    """What computes the raw scores of a network."""
    steps = score_steps(network_steps(estimator.estimators_[place], reader))
    encode = partial(_encoded, estimator.preprocessors_[place], levels)

    def scores(writer: Writer, rows: Value, codes: Codes) -> Value:
        return run_steps(writer, steps, encode(writer, rows, codes))

    return scores


def _mean(writer: Writer, values: Sequence[Value], weights: Sequence[float]) -> Value:
    """Weighted mean."""
    mean: Formula = values[0] * weights[0]
    for value, weight in zip(values[1:], weights[1:], strict=True):
        mean = mean + value * weight
    return values[0] if len(values) == 1 else writer.compute(mean)


def _classifier(estimator: TabularMLPClassifier, reader: str) -> Description:
    levels, places, weights = _members(estimator)
    members = [_scores(estimator, levels, reader, place) for place in places]
    networks = [estimator.estimators_[place] for place in places]
    n_classes, multilabel = len(estimator.classes_), estimator._is_multilabel

    def predict_proba(writer: Writer, rows: Value) -> Value:
        codes = _codes(writer, rows, levels)
        found = []
        for scores, network in zip(members, networks, strict=True):
            own = probabilities(writer, network._targets, scores(writer, rows, codes))
            found.append(writer.exact(_of_all_classes(writer, own, network, estimator.classes_)))
        return _mean(writer, found, weights)

    def predict(writer: Writer, x: Value) -> Value:
        return writer.above(x, 0.5) if multilabel else writer.highest(x)

    functions = (
        Function("predict_proba", estimator.n_features_in_, n_classes, predict_proba),
        Function(
            "predict",
            n_classes,
            n_classes if multilabel else 1,
            predict,
            of="predict_proba",
            kind="labels" if multilabel else "class",
        ),
    )
    dtype = networks[0]._architecture.dtype
    return Description(functions, dtype, estimator.classes_, levels)


def _of_all_classes(writer: Writer, own: Value, network: Any, classes: Array) -> Value:
    """Probabilities of all classes, 0 for those that a network has not seen."""
    if len(network.classes_) == len(classes):
        return own
    places = np.zeros((len(network.classes_), len(classes)))
    places[np.arange(len(places)), np.searchsorted(classes, network.classes_)] = 1
    return writer.dense(own, places, np.zeros(len(classes)))


def _restored(writer: Writer, scaling: Scaling, outputs: Formula) -> Value:
    """Outputs in units of y, within the range of the training targets."""
    restored = outputs * scaling.scale + scaling.mean
    return writer.compute(minimum(maximum(restored, scaling.low), scaling.high))


def _regressor(estimator: TabularMLPRegressor, reader: str) -> Description:
    levels, places, weights = _members(estimator)
    members = [_scores(estimator, levels, reader, place) for place in places]
    scalings = [estimator._scalings[place] for place in places]
    n_features, distribution = estimator.n_features_in_, estimator._distribution

    def outputs(writer: Writer, rows: Value) -> list[Value]:
        codes = _codes(writer, rows, levels)
        return [writer.exact(scores(writer, rows, codes)) for scores in members]

    def means(writer: Writer, rows: Value) -> Value:
        restored = [
            _restored(writer, scaling, scores)
            for scaling, scores in zip(scalings, outputs(writer, rows), strict=True)
        ]
        return _mean(writer, restored, weights)

    def heads(writer: Writer, rows: Value) -> Value:
        restored = [
            _restored(writer, scaling, writer.ascending(scores))
            for scaling, scores in zip(scalings, outputs(writer, rows), strict=True)
        ]
        return _mean(writer, restored, weights)

    def moments(writer: Writer, rows: Value) -> Value:
        both = [
            _moments(writer, scaling, scores)
            for scaling, scores in zip(scalings, outputs(writer, rows), strict=True)
        ]
        return both[0] if len(both) == 1 else _mixture(writer, both, weights, _unit(scalings))

    dtype = estimator.estimators_[0]._architecture.dtype
    functions: tuple[Function, ...]
    if isinstance(distribution, Quantiles):
        n = len(distribution.levels)
        middle = int(np.abs(np.array(distribution.levels) - 0.5).argmin())
        order = estimator._given_order.tolist()
        functions = (
            Function("ascending_quantiles", n_features, n, heads, internal=True),
            _part("predict", "ascending_quantiles", n, [middle]),
            _part("predict_quantiles", "ascending_quantiles", n, order),
        )
    elif isinstance(distribution, Normal):
        functions = (
            Function("moments", n_features, 2, moments, internal=True),
            _part("predict", "moments", 2, [0]),
            _part("predict_std", "moments", 2, [1]),
        )
    else:
        functions = (Function("predict", n_features, len(scalings[0].mean), means),)
    return Description(functions, dtype, levels=levels)


def _part(name: str, of: str, n_inputs: int, places: list[int]) -> Function:
    """Some of the numbers of another function's result."""
    return Function(name, n_inputs, len(places), lambda w, x: w.take(x, places), of=of)


def _moments(writer: Writer, scaling: Scaling, scores: Value) -> Value:
    """Mean and standard deviation of a network, in units of y."""
    mean = _restored(writer, scaling, writer.take(scores, [0]))
    bound = Gaussian.bound
    log_variance = bound * tanh(writer.take(scores, [1]) / bound)
    return writer.join([mean, writer.compute(scaling.scale * exp(log_variance / 2.0))])


def _unit(scalings: Sequence[Scaling]) -> float:
    """A number that makes means and deviations so small that no square overflows."""
    largest = [np.abs([each.low, each.high, each.scale]).max() for each in scalings]
    return float(max(largest))


def _mixture(writer: Writer, both: Sequence[Value], weights: Sequence[float], unit: float) -> Value:
    """Mean and standard deviation of the mixture of normal distributions."""
    small = [writer.compute(each / unit) for each in both]
    means = [writer.take(each, [0]) for each in small]
    deviations = [writer.take(each, [1]) for each in small]
    centre = _mean(writer, means, weights)
    variances = [
        writer.compute(deviation * deviation + (mean - centre) * (mean - centre))
        for mean, deviation in zip(means, deviations, strict=True)
    ]
    spread = writer.compute(unit * sqrt(_mean(writer, variances, weights)))
    return writer.join([writer.compute(unit * centre), spread])
