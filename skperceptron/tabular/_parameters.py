"""The hyperparameters of the estimators of tables, each declared once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np
from sklearn.metrics import get_scorer_names

from .._compat import HasMethods, Interval, StrOptions
from .._core.activations import HIDDEN_ACTIVATIONS, ActivationLike
from .._parameters import (
    ABOVE_0,
    COUNT,
    FROM_0_BELOW_1,
    parameter,
    parameter_group,
)
from ._kinds import EFFORTS

# Losses of targets that have been standardised, so that any number can be a target.
LOSSES = ("squared_error", "absolute_error", "huber", "log_cosh", "gaussian")

# scikit-learn's cross-validation splitters, which have no type of their own.
Splitter: TypeAlias = Any


@parameter_group
class TableParameters:
    """What both estimators have, in the order of their signatures."""

    hidden_layer_sizes: int | Sequence[int] | np.ndarray = parameter(
        default=(128, 128, 128), accepts=["array-like", COUNT]
    )
    activation: str | ActivationLike | Sequence[str | ActivationLike] = parameter(
        default="auto",
        accepts=[
            StrOptions({"auto", *HIDDEN_ACTIVATIONS}),
            HasMethods(["forward", "backward"]),
            "array-like",
        ],
    )
    n_estimators: int = parameter(default=1, accepts=[COUNT])
    effort: str = parameter(default="fast", accepts=[StrOptions(set(EFFORTS))])
    max_iter: int = parameter(default=40, accepts=[COUNT])
    learning_rate_init: float | str = parameter(
        default="auto", accepts=[ABOVE_0, StrOptions({"auto"})]
    )
    dropout: float | Sequence[float] | np.ndarray | str = parameter(
        default="auto", accepts=[FROM_0_BELOW_1, "array-like", StrOptions({"auto"})]
    )
    batch_size: int | str = parameter(default="auto", accepts=[COUNT, StrOptions({"auto"})])
    categorical_features: Sequence[Any] | np.ndarray | str | None = parameter(
        default="from_dtype", accepts=["array-like", StrOptions({"from_dtype"}), None]
    )
    max_categories: int | None = parameter(
        default=30, accepts=[Interval(Integral, 1, None, closed="left"), None]
    )
    n_bins: int | str | None = parameter(
        default="auto",
        accepts=[Interval(Integral, 1, None, closed="left"), StrOptions({"auto"}), None],
    )
    validation_fraction: float = parameter(
        default=0.2, accepts=[Interval(Real, 0, 1, closed="neither")]
    )
    cv: Splitter | list[Any] | None = parameter(
        default=None, accepts=[HasMethods(["split", "get_n_splits"]), list, None]
    )
    scoring: str | Callable[..., float] = parameter(
        default="loss", accepts=[StrOptions({"loss", *get_scorer_names()}), callable]
    )
    network_params: dict[str, Any] | None = parameter(default=None, accepts=[dict, None])
    n_jobs: int | None = parameter(default=None, accepts=[Integral, None])
    random_state: int | np.random.RandomState | None = parameter(
        default=None, accepts=["random_state"]
    )
    verbose: bool | int = parameter(default=False, accepts=["verbose"])


@parameter_group
class TabularClassifierParameters(TableParameters):
    """The hyperparameters of TabularMLPClassifier."""

    class_weight: dict[Any, Any] | list[dict[Any, Any]] | str | None = parameter(
        default=None, accepts=[dict, list, StrOptions({"balanced"}), None]
    )


@parameter_group
class TabularRegressorParameters(TableParameters):
    """The hyperparameters of TabularMLPRegressor."""

    loss: str = parameter(default="squared_error", accepts=[StrOptions(set(LOSSES))])
    quantiles: Sequence[float] | np.ndarray | None = parameter(
        default=None, accepts=["array-like", None]
    )
