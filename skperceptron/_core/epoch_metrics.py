"""What can be told of an epoch beside what training needs to know, for those who ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np

from .batches import Batches
from .network import Network
from .penalties import Penalty, ProximalPenalty
from .training import Epoch, TrainingState

Entry = dict[str, float | int | None]


class EpochMetrics:
    """Entries for the epochs of one call of fit, each made when the epoch has ended."""

    def __init__(
        self,
        network: Network,
        batches: Batches,
        penalties: Sequence[Penalty | ProximalPenalty],
        gradient_norm: Callable[[], float],
        state: TrainingState,
    ) -> None:
        self._weights = network.theta[network.layout.weights]  # (n_weights,)
        self._penalties = penalties
        # Each batch bears the whole penalty, over its own number of rows.
        self._scale = batches.n_steps / (batches.n_rows * state.mean_weight)
        self._gradient_norm = gradient_norm
        self._state = state
        self._start = perf_counter()

    def entry(self, epoch: Epoch) -> Entry:
        """What there is to tell, None where it does not apply; time in seconds since the start.

        The penalty is that of the weights as they are, as it counts in the loss of an epoch.
        """
        scratch = np.empty_like(self._weights)
        return {
            "epoch": self._state.n_epochs,
            "loss": epoch.loss,
            "learning_rate": epoch.rate,
            "penalty": sum(p.value(self._weights, self._scale, scratch) for p in self._penalties),
            "gradient_norm": self._gradient_norm(),
            "validation_loss": epoch.validation.loss,
            "validation_score": epoch.validation.score,
            "time": perf_counter() - self._start,
        }
