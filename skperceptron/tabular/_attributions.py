"""Integrated gradients of the estimators of tables, column by column of the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .._compat import take_rows
from .._core.activations import ActivationLike
from .._gradients import Chain, Selection, integrated_gradients
from .._lowered import dense_steps, lower
from .._messages import error_context
from ._base import FEWEST_ROWS, MOST_ENCODED, BaseTabularMLP, shares_of
from ._columns import Columns
from ._members import Scaling, in_float64
from ._quantiles import Floats

# For a network and its place: the activation that turns its raw scores into what it predicts, and
# the output that is explained in each row.
Explain = Callable[[int, Any], tuple[ActivationLike, Selection]]


class Restored:
    """Targets in units of y, from raw scores, as ``Scaling.restore`` computes them.

    With ``sort`` the scores of each row are sorted first, as quantiles are. With ``n_outputs`` only
    the first scores are restored, as the means of normal distributions are.
    """

    saves: Literal["input"] = "input"

    def __init__(
        self, scaling: Scaling, *, sort: bool = False, n_outputs: int | None = None
    ) -> None:
        self._scaling = scaling
        self._sort = sort
        self._outputs = slice(n_outputs)

    def forward(self, z: NDArray[Any]) -> None:
        """Replace scores (n, n_scores) by targets."""
        if self._sort:
            z.sort(axis=1)
        z[:, self._outputs] = self._scaling.restore(z[:, self._outputs])

    def backward(self, saved: NDArray[Any], delta: NDArray[Any]) -> None:
        """Turn the gradient of the targets into that of the scores, which are ``saved``."""
        mean, scale, low, high = self._scaling
        order = saved.argsort(axis=1) if self._sort else None
        scores = saved if order is None else np.take_along_axis(saved, order, axis=1)
        targets = scores[:, self._outputs] * scale + mean
        # Predictions beyond the range of the training targets are cut off there.
        delta[:, self._outputs] *= ((targets > low) & (targets < high)) * scale
        if order is not None:
            np.put_along_axis(delta, order, delta.copy(), axis=1)


def table_attributions(
    estimator: BaseTabularMLP, table: Any, baseline: Any, explain: Explain, n_steps: int
) -> Floats:
    """Integrated gradients (n, n_features): the weighted mean over the networks.

    Both tables have been validated, and the baseline has one row or as many as the table. The line
    from the baseline to a row goes through encoded rows. The attributions of all encoded columns
    that are made of one column of the table are added.
    """
    n_rows, n_columns = table.shape
    total = np.zeros((n_rows, n_columns))
    for i, share in zip(*shares_of(estimator.weights_), strict=True):
        network, preprocessor = in_float64(estimator.estimators_[i]), estimator.preprocessors_[i]
        activation, selection = explain(i, network)
        steps = dense_steps(lower(network), "integrated_gradients")
        chain = Chain(steps, activation, network._architecture.dtype)
        origins = preprocessor._origins()
        of_all = _origin(preprocessor, baseline, slice(1)) if baseline.shape[0] == 1 else None
        size = max(FEWEST_ROWS, MOST_ENCODED // network.n_features_in_)
        for start in range(0, n_rows, size):
            rows = slice(start, min(start + size, n_rows))
            encoded = _encoded(preprocessor, table, rows)
            origin = _origin(preprocessor, baseline, rows) if of_all is None else of_all
            parts = integrated_gradients(chain, encoded, origin, selection.part(rows), n_steps)
            for column in range(n_columns):
                total[rows, column] += share * parts[:, origins == column].sum(axis=1)
    return total


def _origin(preprocessor: Any, baseline: Any, rows: slice) -> Floats:
    with error_context("baseline"):
        return _encoded(preprocessor, baseline, rows)


def _encoded(preprocessor: Any, table: Any, rows: slice) -> Floats:
    part = take_rows(table, np.arange(rows.start or 0, rows.stop))
    encoded: Floats = preprocessor._transform(Columns(part)).astype(np.float64)
    return encoded
