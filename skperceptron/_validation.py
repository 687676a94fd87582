"""What is checked before any work: hyperparameters, X, y and the weights of rows."""

from __future__ import annotations

from typing import Any

from . import _build
from ._architecture import dropout_rates, n_frozen_layers
from ._compat import check_sample_weight, validate_parameters, validate_X
from ._data import Data
from ._inputs import require_y
from ._messages import error_context, warn
from ._parameters import unused_parameters
from ._targets import Targets, check_total_weight
from ._tasks import Task


def check_parameters(estimator: Any, task: Task, *, incremental: bool) -> None:
    """Refuse hyperparameters that are wrong or do not go together; warn of those without effect."""
    validate_parameters(estimator)
    _build.check_loss(estimator)
    n_hidden = len(estimator._layer_specs(1, 1)) - 1
    n_frozen_layers(estimator, n_hidden)
    uses = {
        "dropout": any(dropout_rates(estimator, n_hidden)[1:]),
        "input_dropout": estimator.input_dropout > 0,
        "batch_norm": estimator.batch_norm,
        "max_norm": estimator.max_norm is not None,
    }
    supported = _build.SOLVERS[estimator.solver].supports
    refused = [name for name, used in uses.items() if used and name not in supported]
    if refused:
        raise ValueError(
            f"{', '.join(refused)} can't be used with solver={estimator.solver!r}, which minimises "
            "one fixed function without constraints: choose a stochastic solver."
        )
    if incremental and estimator.early_stopping:
        raise ValueError("partial_fit does not support early_stopping=True")
    for reason, names in unused_parameters(estimator).items():
        warn(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} ignored with {reason}.")
    task.check_parameters()


def validate_training_data(
    estimator: Any, task: Task, X: Any, y: Any, sample_weight: Any, *, dtype: Any, reset: bool
) -> Data:
    """The rows to train on; ``reset`` says whether their features are now the estimator's."""
    X, y = _validate_arrays(estimator, task, X, y, ("X", "y"), dtype=dtype, reset=reset)
    with error_context("sample_weight"):
        return Data(X, y, check_sample_weight(sample_weight, X))


def validate_held_out_data(
    estimator: Any,
    task: Task,
    X: Any,
    y: Any,
    sample_weight: Any,
    *,
    dtype: Any,
    targets: Targets,
) -> Data | None:
    """The user's own rows to judge epochs by, None if there are none."""
    if not task.supervised:
        y = X
    if X is None and y is None and sample_weight is None:
        return None
    if X is None or y is None:
        raise ValueError(task.incomplete_held_out)
    names = ("X_val", "y_val")
    X, y = _validate_arrays(estimator, task, X, y, names, dtype=dtype, reset=False)
    y = task.check_targets(y, targets, dtype, name="y_val")
    weight = check_sample_weight(sample_weight, X, name="sample_weight_val")
    check_total_weight(weight, "sample_weight_val")
    return Data(X, y, weight)


def _validate_arrays(
    estimator: Any, task: Task, X: Any, y: Any, names: tuple[str, str], *, dtype: Any, reset: bool
) -> tuple[Any, Any]:
    """X and y as arrays, or CSR matrices; errors go by the names."""
    X_name, y_name = names
    if task.supervised:
        require_y(estimator, y)
    X = validate_X(estimator, X, X_name, reset=reset, dtype=dtype, order="C", accept_sparse="csr")
    return X, task.validate_y(y, X, X_name, y_name)
