"""What a row of the published results is: cases, each run with several seeds."""

from collections.abc import Callable
from dataclasses import dataclass

OURS, SKLEARN = "skperceptron", "scikit-learn"


@dataclass(frozen=True)
class Case:
    """One published figure, and how one program computes it again.

    ``run(data, seed)`` returns a dict with ``"score"`` and whatever else is worth keeping, as
    numbers that JSON can hold. ``by_seed`` has the published figures of the runs with the seeds 0,
    1, ... where these are splits that the source has too; ``published`` is their mean then.
    """

    name: str
    run: Callable[..., dict]
    published: float | None = None
    contestant: str = OURS
    n_seeds: int = 5
    by_seed: tuple[float, ...] = ()


@dataclass(frozen=True)
class Row:
    """A table or a figure of one source.

    ``read`` begins with "seen" if the published figures were read in the source, and with
    "recalled" if they were not.
    ``budget`` says what differs from the published protocol, if anything does, and what the
    smaller one can show. ``order`` has names of cases from the best to the worst, one tuple for
    each order that the source claims: with a smaller budget only the order can be compared.
    """

    title: str
    source: str
    read: str
    protocol: str
    score: str  # what is measured, with its unit
    cases: tuple[Case, ...]
    budget: str = ""
    digits: int = 4
    greater_is_better: bool = True
    order: tuple[tuple[str, ...], ...] = ()

    @property
    def ordered(self):
        """Names of the cases that some order has."""
        return {name for order in self.order for name in order}
