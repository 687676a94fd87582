"""To and from scikit-learn's own MLPs, and to its Perceptron."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from . import _architecture, _build, _compat
from ._attributes import BATCH_NORM_PARAMETERS, PARAMETERS, as_arrays
from ._core.optimizers import OPTIMIZERS
from ._core.training import TrainingState
from ._core.types import Array
from ._lowered import DenseStep, dense_steps, lower
from ._start import spawn_generator
from ._targets import MultilabelTargets, RegressionTargets, Targets, classification_targets

# Attributes that both have, under the same name and with the same meaning.
COMMON_ATTRIBUTES = (
    "best_loss_",
    "best_validation_score_",
    "classes_",
    "coefs_",
    "feature_names_in_",
    "intercepts_",
    "loss_",
    "loss_curve_",
    "n_features_in_",
    "n_iter_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
    "t_",
    "validation_scores_",
)


# Attributes of ours that scikit-learn's have no counterpart of.
OWN_ATTRIBUTES = {"learning_rate_curve_", "validation_loss_curve_", *BATCH_NORM_PARAMETERS.values()}


def to_sklearn(estimator: Any) -> Any:
    """Return the scikit-learn MLP that is its sklearn_class, with the same predictions."""
    estimator = estimator._as_fitted()
    sklearn_class = estimator._sklearn_class
    steps = dense_steps(lower(estimator), "to_sklearn")
    parameters = {
        name: value
        for name, value in _common_parameters(estimator, sklearn_class).items()
        if _compat.is_valid_parameter(sklearn_class, name, value)
    }
    parameters["activation"] = _common_activation(sklearn_class, steps[:-1])
    _check_output_activation(estimator, sklearn_class)
    attributes = _common_attributes(estimator)
    attributes["coefs_"] = [step.weight.copy() for step in steps]
    attributes["intercepts_"] = [step.intercept.copy() for step in steps]
    n_outputs = _n_averaged_outputs(estimator)
    _rescale_losses(attributes, lambda loss: loss / n_outputs)
    labels = getattr(estimator, "classes_", None)
    if isinstance(estimator._targets, MultilabelTargets):
        labels = np.tile([[0], [1]], estimator.n_outputs_)  # whatever makes an indicator matrix
        labels = csr_matrix(labels) if estimator._targets.sparse else labels
    return _compat.as_fitted(sklearn_class(**parameters), attributes, labels)


def _common_activation(sklearn_class: type, hidden: Sequence[DenseStep]) -> str:
    """The one activation that all hidden layers have, by scikit-learn's name."""
    activations = tuple(step.activation for step in hidden)
    named = [a if isinstance(a, str) else "" for a in activations]
    # Without hidden layers any will do.
    name, *others = {"logistic" if a == "sigmoid" else a for a in named} or {"relu"}
    if others or not _compat.is_valid_parameter(sklearn_class, "activation", name):
        raise ValueError(
            f"activation {activations} can't be converted: scikit-learn has one activation "
            "for all hidden layers, 'identity', 'logistic', 'tanh' or 'relu'."
        )
    return name


def _check_output_activation(estimator: Any, sklearn_class: type) -> None:
    output_activation = estimator.out_activation_
    known = {"logistic", "softmax"} if hasattr(estimator, "classes_") else {"identity"}
    if _compat.is_valid_parameter(sklearn_class, "loss", "poisson"):
        known |= {"exp"}
    if output_activation not in known:
        raise ValueError(
            f"the output activation {output_activation!r}, of loss={estimator.loss!r}, can't be "
            f"converted: this version of scikit-learn predicts through one of {sorted(known)}."
        )


def to_sklearn_perceptron(estimator: Any, coef: Any, intercept: Array, classes: Array) -> Any:
    """Return the scikit-learn Perceptron with the weights of a PerceptronClassifier."""
    from sklearn.linear_model import Perceptron  # it takes long to import, and few need it

    parameters = {
        name: value
        for name, value in _common_parameters(estimator, Perceptron).items()
        if _compat.is_valid_parameter(Perceptron, name, value)
    }
    converted = Perceptron(**parameters)
    attributes = {
        "coef_": coef.copy() if issparse(coef) else np.array(coef),
        "intercept_": np.array(intercept),
        "classes_": classes.copy(),
        "n_features_in_": coef.shape[1],
        "n_iter_": getattr(estimator, "n_iter_", 0),
        "t_": getattr(estimator, "t_", 1.0),
    }
    if hasattr(estimator, "feature_names_in_"):
        attributes["feature_names_in_"] = estimator.feature_names_in_.copy()
    vars(converted).update(attributes)
    return converted


def from_sklearn(cls: Any, fitted: Any) -> Any:
    """Return an estimator of class ``cls`` that predicts as ``fitted`` does, and can go on."""
    sklearn_class = cls._sklearn_class
    if not isinstance(fitted, sklearn_class):
        raise TypeError(
            f"{cls.__name__}.from_sklearn takes a fitted sklearn.neural_network."
            f"{sklearn_class.__name__}, got {type(fitted).__name__}."
        )
    check_is_fitted(fitted)
    _compat.validate_parameters(fitted)  # they may have been set since
    estimator = cls(**_common_parameters(fitted, cls))
    weights, intercepts = _weights(fitted)
    absent = dict.fromkeys(
        OWN_ATTRIBUTES | set(COMMON_ATTRIBUTES) - {"classes_", "feature_names_in_"}
    )
    attributes = _common_attributes(fitted)
    n_outputs = _n_averaged_outputs(fitted)
    _rescale_losses(attributes, lambda loss: loss * n_outputs)
    estimator._targets = _targets(fitted)
    # Where there is one class scikit-learn has a logistic output for it.
    attributes["out_activation_"] = estimator._targets.output_activation
    vars(estimator).update(absent | {"loss_curve_": []} | attributes)
    attributes |= {"coefs_": weights, "intercepts_": intercepts}
    units = (fitted.n_features_in_, *(len(intercept) for intercept in intercepts))
    estimator._architecture = _architecture.Architecture(
        _architecture.dense_specs(units, (fitted.activation,) * (len(units) - 2)),
        output_activation=estimator.out_activation_,
        dtype=weights[0].dtype,
    )
    estimator._training_state = _training_state(estimator, fitted)
    return estimator


def _weights(fitted: Any) -> tuple[list[Array], list[Array]]:
    """Copies of the weights and intercepts of each layer, if their shapes belong together."""
    weights, intercepts = (
        [array.copy() for array in as_arrays(getattr(fitted, name), name)]
        for name in PARAMETERS.values()
    )
    n_inputs = fitted.n_features_in_
    for name, arrays, n_dimensions in (("coefs_", weights, 2), ("intercepts_", intercepts, 1)):
        shapes = [array.shape for array in arrays]
        if len(arrays) != fitted.n_layers_ - 1 or any(len(s) != n_dimensions for s in shapes):
            raise ValueError(
                f"{name} must have an array of {n_dimensions} dimensions for each of "
                f"{fitted.n_layers_ - 1} layers, got the shapes {shapes}."
            )
    for weight, intercept in zip(weights, intercepts, strict=True):
        wanted = (n_inputs, len(intercept))
        if weight.shape != wanted:
            raise ValueError(
                f"coefs_ and intercepts_ must go together: a layer of {wanted[1]} units and "
                f"{n_inputs} inputs has a weight array of shape {weight.shape}."
            )
        n_inputs = wanted[1]
    return weights, intercepts


def _common_parameters(estimator: Any, other: type) -> dict[str, Any]:
    names = signature(other).parameters
    return {k: v for k, v in estimator.get_params(deep=False).items() if k in names}


def _common_attributes(estimator: Any) -> dict[str, Any]:
    known = vars(estimator).keys() & set(COMMON_ATTRIBUTES)
    return {name: copy.deepcopy(getattr(estimator, name)) for name in known}


def _n_averaged_outputs(estimator: Any) -> int:
    """How many outputs scikit-learn takes the mean of, in its loss, where ours is the sum."""
    averaged = isinstance(estimator, RegressorMixin) and (
        getattr(estimator, "loss", "squared_error") == "squared_error"
    )
    return estimator.n_outputs_ if averaged else 1


def _rescale_losses(attributes: dict[str, Any], rescale: Callable[[float], float]) -> None:
    """Carry losses over from a mean to a sum or back; the penalty in them is small."""
    for name in ("loss_", "best_loss_"):
        if attributes.get(name) is not None:
            attributes[name] = float(rescale(attributes[name]))
    if "loss_curve_" in attributes:
        attributes["loss_curve_"] = [float(rescale(loss)) for loss in attributes["loss_curve_"]]


def _targets(fitted: Any) -> Targets:
    if not hasattr(fitted, "classes_"):
        return RegressionTargets(fitted.n_outputs_, fitted.out_activation_)
    if _compat.is_multilabel(fitted):
        return MultilabelTargets(fitted.classes_, sparse=_compat.is_sparse_multilabel(fitted))
    return classification_targets(fitted.classes_)


def _training_state(estimator: Any, fitted: Any) -> TrainingState:
    """Where scikit-learn left off, as far as it remembers: not the validation split."""
    layout = estimator._architecture.layout
    dtype = estimator._architecture.dtype
    theta = layout.pack({"weight": estimator.coefs_, "intercept": estimator.intercepts_}, dtype)
    random_state = copy.deepcopy(_compat.last_random_state(fitted))
    optimizer, n_plateaus = _build.solver(estimator).initial_state(layout, dtype), 0
    remembered = _compat.optimizer_state(fitted)
    if remembered is not None:
        moments, n_steps, n_plateaus = remembered
        flat = [np.concatenate([array.ravel() for array in moment]) for moment in moments]
        optimizer = OPTIMIZERS[fitted.solver].State(np.array(flat, dtype), n_steps)
    scored = estimator.best_validation_score_ is not None
    loss = math.inf if estimator.best_loss_ is None else estimator.best_loss_
    return TrainingState(
        theta=theta,
        solver=fitted.solver,
        optimizer=optimizer,
        random_state=random_state,
        generator=spawn_generator(random_state),
        mean_weight=1.0,
        n_epochs=len(estimator.loss_curve_),
        n_samples_seen=fitted.t_,
        n_plateaus=n_plateaus,
        # A score of rows that are not known: others start a new record.
        watched=(None, b"") if scored else None,
        objective=None if scored else _build.objective_key(estimator),
        best=-estimator.best_validation_score_ if scored else loss,
        best_theta=theta.copy() if scored else None,
        n_no_improvement=_compat.patience_count(fitted),
    )
