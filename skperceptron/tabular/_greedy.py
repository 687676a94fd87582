"""Weights of predictions, chosen one after the other by the loss of their mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ._quantiles import Floats

N_PICKS = 12


def greedy_weights(
    predictions: Sequence[NDArray[np.floating]],
    loss: Callable[[Floats], float],
    n_picks: int = N_PICKS,
) -> Floats:
    """Pick predictions, with replacement, each so that the mean of all picks has the lowest loss.

    The weight of a prediction is its share of the picks. Of equal losses, and where a loss is NaN,
    the first counts. Caruana, Niculescu-Mizil, Crew & Ksikes (2004), "Ensemble selection from
    libraries of models".
    """
    counts = np.zeros(len(predictions))
    total: Floats = np.zeros(predictions[0].shape)
    for n in range(1, n_picks + 1):
        losses = [loss((total + each) / n) for each in predictions]
        best = int(np.argmin(np.nan_to_num(losses, nan=np.inf, posinf=np.inf, neginf=-np.inf)))
        counts[best] += 1
        total += predictions[best]
    return counts / n_picks
