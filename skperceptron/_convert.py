"""To and from scikit-learn's own MLPs."""

from __future__ import annotations

import copy
import math

import numpy as np
from scipy.sparse import csr_matrix
from sklearn import neural_network
from sklearn.utils.validation import check_is_fitted

from . import _build, _compat
from ._base import side_stream
from ._core.optimizers import OptimizerState
from ._core.training import TrainingState
from ._targets import MultilabelTargets, RegressionTargets, classification_targets

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


def to_sklearn(estimator):
    """Return the scikit-learn MLP of the same name, with the same weights."""
    check_is_fitted(estimator)
    twin = getattr(neural_network, type(estimator).__name__)
    parameters = _common_parameters(estimator, twin)
    if estimator.out_activation_ == "exp" and "loss" not in parameters:
        raise ValueError(
            f"loss={estimator.loss!r} can't be converted: this version of scikit-learn does not "
            "have it."
        )
    if parameters["activation"] == "sigmoid":
        parameters["activation"] = "logistic"
    known = vars(estimator).keys() & set(COMMON_ATTRIBUTES)
    attributes = {name: copy.deepcopy(getattr(estimator, name)) for name in known}
    labels = getattr(estimator, "classes_", None)
    if isinstance(estimator._targets, MultilabelTargets):
        labels = np.eye(estimator.n_outputs_, dtype=int)
        labels = csr_matrix(labels) if estimator._targets.sparse else labels
    return _compat.as_fitted(twin(**parameters), attributes, labels)


def from_sklearn(cls, fitted):
    """Return an estimator of class ``cls`` that predicts as ``fitted`` does, and can go on."""
    twin = getattr(neural_network, cls.__name__)
    if not isinstance(fitted, twin):
        raise TypeError(
            f"{cls.__name__}.from_sklearn takes a fitted sklearn.neural_network.{cls.__name__}, "
            f"got {type(fitted).__name__}."
        )
    check_is_fitted(fitted)
    estimator = cls(**_common_parameters(fitted, cls))
    absent = dict.fromkeys(set(COMMON_ATTRIBUTES) - {"classes_", "feature_names_in_"})
    known = vars(fitted).keys() & set(COMMON_ATTRIBUTES)
    attributes = {name: copy.deepcopy(getattr(fitted, name)) for name in known}
    vars(estimator).update(absent | {"loss_curve_": []} | attributes)
    estimator._targets = _targets(fitted)
    units = (fitted.n_features_in_, *(len(intercept) for intercept in fitted.intercepts_))
    estimator._architecture = _build.Architecture(
        units, fitted.activation, fitted.out_activation_, fitted.coefs_[0].dtype
    )
    estimator._training_state = _training_state(estimator, fitted)
    return estimator


def _common_parameters(estimator, other) -> dict:
    names = set(other().get_params())
    return {k: v for k, v in estimator.get_params(deep=False).items() if k in names}


def _targets(fitted):
    if not hasattr(fitted, "classes_"):
        return RegressionTargets(fitted.n_outputs_, fitted.out_activation_)
    if _compat.is_multilabel(fitted):
        return MultilabelTargets(fitted.classes_, sparse=_compat.is_sparse_multilabel(fitted))
    return classification_targets(fitted.classes_)


def _training_state(estimator, fitted) -> TrainingState:
    """Where scikit-learn left off, as far as it remembers: not the validation split."""
    layout = _build.inference_network(estimator._architecture).layout
    dtype = estimator._architecture.dtype
    theta = layout.pack({"weight": fitted.coefs_, "intercept": fitted.intercepts_}, dtype)
    random_state = copy.deepcopy(_compat.last_random_state(fitted))
    optimizer, n_plateaus = _build.optimizer_state(estimator, theta), 0
    remembered = _compat.optimizer_state(fitted)
    if remembered is not None:
        moments, n_steps, rate = remembered
        flat = [np.concatenate([array.ravel() for array in moment]) for moment in moments]
        optimizer = OptimizerState(np.array(flat, dtype), n_steps)
        if fitted.learning_rate == "adaptive" and fitted.solver == "sgd":
            n_plateaus = round(math.log(fitted.learning_rate_init / rate, 5))
    scored = estimator.best_validation_score_ is not None
    loss = math.inf if estimator.best_loss_ is None else estimator.best_loss_
    return TrainingState(
        theta=theta,
        solver=fitted.solver,
        optimizer=optimizer,
        random_state=random_state,
        generator=side_stream(random_state),
        mean_weight=1.0,
        n_epochs=len(estimator.loss_curve_),
        n_samples_seen=fitted.t_,
        n_plateaus=n_plateaus,
        watched="score" if scored else "loss",
        best=-estimator.best_validation_score_ if scored else loss,
        best_theta=theta.copy() if scored else None,
        n_no_improvement=_compat.patience_count(fitted),
    )
