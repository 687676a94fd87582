"""What is exported of networks: their functions, by the steps that the network is lowered to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from .._autoencoder import MLPAutoencoder
from .._base import BaseMLP
from .._classifier import MLPClassifier
from .._core.formulas import Formula, logistic, softmax
from .._core.types import Array
from .._lowered import Step, lower
from .._perceptron import PerceptronClassifier
from .._regressor import MLPRegressor
from .._targets import BinaryTargets, MultilabelTargets, SingleClassTargets
from ._writer import Description, Function, Value, Writer, check_steps, run_steps

SCORES = "decision_function"  # which the other functions of a classifier take the result of
NETWORKS = (MLPClassifier, MLPRegressor, MLPAutoencoder, PerceptronClassifier)


def network(estimator: Any, reader: str) -> Description:
    """What is exported of a fitted network, of any of the four classes."""
    check_is_fitted(estimator)
    if isinstance(estimator, PerceptronClassifier):
        return _perceptron(estimator)
    fitted = estimator._as_fitted()
    steps = network_steps(fitted, reader)
    if isinstance(estimator, MLPClassifier):
        return _classifier(fitted, steps)
    return (_autoencoder if isinstance(estimator, MLPAutoencoder) else _regressor)(fitted, steps)


def network_steps(estimator: BaseMLP, reader: str) -> tuple[Step, ...]:
    """The steps from the inputs to the output activation, if all have an exported form."""
    steps = lower(estimator)
    check_steps(steps, reader)
    return steps


def score_steps(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps up to the raw scores, without the output activation."""
    *before, last = steps
    return (*before, replace(last, activation=None))


def probabilities(writer: Writer, targets: Any, scores: Value) -> Value:
    """Probabilities of the classes (n, n_classes), as the targets compute them."""
    if isinstance(targets, SingleClassTargets):
        return writer.compute(scores * 0.0 + 1.0)
    if isinstance(targets, BinaryTargets):
        one = writer.compute(logistic(scores))
        return writer.join([writer.compute(logistic(-scores)), one])
    multilabel = isinstance(targets, MultilabelTargets)
    formula: Formula = logistic(scores) if multilabel else softmax(scores)
    return writer.compute(formula)


def _classifier(estimator: Any, steps: tuple[Step, ...]) -> Description:
    targets = estimator._targets
    n_features, n_scores = estimator.n_features_in_, targets.n_outputs
    n_classes = len(targets.classes)

    def scores(writer: Writer, x: Value) -> Value:
        if isinstance(targets, SingleClassTargets):
            return writer.compute(writer.take(x, [0]) * 0.0)
        return run_steps(writer, score_steps(steps), x)

    def predict(writer: Writer, x: Value) -> Value:
        if n_scores > 1 and not isinstance(targets, MultilabelTargets):
            return writer.highest(x)
        return writer.above(x, 0.0)

    functions = [
        Function(SCORES, n_features, n_scores, scores),
        Function(
            "predict",
            n_scores,
            n_scores if isinstance(targets, MultilabelTargets) else 1,
            predict,
            of=SCORES,
            kind="labels" if isinstance(targets, MultilabelTargets) else "class",
        ),
    ]
    if hasattr(estimator, "predict_proba"):
        functions.append(
            Function(
                "predict_proba",
                n_scores,
                n_classes,
                lambda writer, x: probabilities(writer, targets, x),
                of=SCORES,
            )
        )
    return Description(tuple(functions), estimator._architecture.dtype, targets.classes)


def _regressor(estimator: Any, steps: tuple[Step, ...]) -> Description:
    function = Function(
        "predict",
        estimator.n_features_in_,
        estimator._targets.n_outputs,
        lambda writer, x: run_steps(writer, steps, x),
    )
    return Description((function,), estimator._architecture.dtype)


def _autoencoder(estimator: Any, steps: tuple[Step, ...]) -> Description:
    n_features, n_codes = estimator.n_features_in_, estimator._n_features_out
    n_encoding = len(lower(estimator, n_layers=estimator.bottleneck_ + 1))
    encoder, decoder = steps[:n_encoding], steps[n_encoding:]
    functions = (
        Function("transform", n_features, n_codes, lambda w, x: run_steps(w, encoder, x)),
        Function(
            "inverse_transform",
            n_codes,
            n_features,
            lambda w, x: run_steps(w, decoder, x),
            of="transform",
            takes_rows=False,
        ),
    )
    return Description(functions, estimator._architecture.dtype)


def _perceptron(estimator: PerceptronClassifier) -> Description:
    given, intercept, classes = estimator._published()
    coef: Array = np.asarray(given.toarray() if issparse(given) else given)
    n_scores, n_features = coef.shape
    functions = (
        Function(
            SCORES, n_features, n_scores, lambda w, x: w.dense(x, coef.T, np.asarray(intercept))
        ),
        Function(
            "predict",
            n_scores,
            1,
            lambda w, x: w.above(x, 0.0) if n_scores == 1 else w.highest(x),
            of=SCORES,
            kind="class",
        ),
    )
    return Description(functions, coef.dtype, classes)
