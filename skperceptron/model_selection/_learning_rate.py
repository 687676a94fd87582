"""find_learning_rate: one short training in which the learning rate rises from step to step."""

from __future__ import annotations

import math
import os
import pickle
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from joblib import hash as digest_of
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state, compute_class_weight, indexable

from .. import _build
from .._autoencoder import MLPAutoencoder
from .._base import BaseMLP
from .._compat import bare_clone, take_rows, validate_parameters, without_callbacks
from .._files import write_whole
from .._messages import interruptions_raised
from .._types import Array, MatrixLike

# The test ends where the smoothed loss is so many times its minimum, as fastai's does.
DIVERGED = 4.0

# Steps before that is judged, since the mean of few losses is noisy.
FIRST_STEPS = 10

STEPS_BETWEEN_FILES = 10


@dataclass(frozen=True, eq=False)  # of arrays, which `==` compares element by element
class LearningRateTest:
    """Result of :func:`find_learning_rate`: the losses of a training with a rising learning rate.

    Attributes
    ----------
    learning_rates : ndarray of shape (n_steps,)
        Learning rate of each step.

    losses : ndarray of shape (n_steps,)
        Loss of the batch of each step before the step, penalty included.

    smoothed_losses : ndarray of shape (n_steps,)
        Exponential moving average of the losses, without its bias towards 0.

    suggestion : float
        Learning rate to start with.

    diverged : bool
        Whether the test ended before ``max_rate``, because the loss rose steeply or was not finite.
    """

    learning_rates: Array = field(repr=False)  # hundreds of numbers would hide the suggestion
    losses: Array = field(repr=False)
    smoothed_losses: Array = field(repr=False)
    suggestion: float
    diverged: bool


@dataclass
class _Run:
    """All that continuing needs."""

    key: str  # of the arguments
    network: BaseMLP
    stream: np.random.RandomState  # of the orders of the rows
    smoothing: float
    losses: list[float] = field(default_factory=list)
    smoothed: list[float] = field(default_factory=list)
    average: float = 0.0  # biased towards 0, where it starts
    lowest: float = math.inf  # of the smoothed losses
    order: Array | None = None  # (n_samples,) of the current epoch
    place: int = 0  # in that order
    ended: bool = False


class _Rising:
    """The learning rate of each step: it rises geometrically. An epoch here is one step."""

    def __init__(self, rates: Array) -> None:
        self._rates = rates

    def __call__(self, epoch: float) -> float:
        return float(self._rates[min(round(epoch), len(self._rates) - 1)])


def find_learning_rate(
    estimator: Any,
    X: MatrixLike,
    y: MatrixLike | None = None,
    *,
    min_rate: float = 1e-5,
    max_rate: float = 10.0,
    n_steps: int = 100,
    smoothing: float = 0.9,
    path: str | os.PathLike[str] | None = None,
) -> LearningRateTest:
    r"""Find a learning rate by one short training in which the rate rises.

    Use this function before a search, or instead of a search of the learning rate. A clone of the
    network takes one step on each of ``n_steps`` batches, and the rate rises geometrically from
    ``min_rate`` to ``max_rate`` [1]_:

    .. math:: \eta_t = \eta_{\min} (\eta_{\max} / \eta_{\min})^{t / (T - 1)}, \quad t = 0, \ldots,
        T - 1.

    With the loss :math:`l_t` of the batch before the step, the smoothed loss is

    .. math:: s_t = \frac{(1 - \beta) \sum_{i \le t} \beta^{t - i} l_i}{1 - \beta^{t + 1}},

    where :math:`\beta` is ``smoothing``. The test ends early when :math:`s_t` is four times its
    minimum. The suggestion is a tenth of the rate at which :math:`s_t` is smallest: beyond the
    minimum the steps are too long, and a tenth leaves a margin for a training that is longer than
    the test.

    Parameters
    ----------
    estimator : estimator
        `MLPClassifier`, `MLPRegressor` or `MLPAutoencoder` with a stochastic solver, or a pipeline
        that ends in one. It need not be fitted, and does not change. Steps of the pipeline before
        the network are fitted once, on clones. With an int as ``random_state`` of the network the
        result is the same to the last bit each time.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Input data.

    y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_outputs), default=None
        Targets. Not needed for an autoencoder.

    min_rate : float, default=1e-5
        Learning rate of the first step. Greater than 0.

    max_rate : float, default=10.0
        Learning rate of the last step. Greater than ``min_rate``.

    n_steps : int, default=100
        Number of steps. At least 2.

    smoothing : float, default=0.9
        Weight :math:`\beta` of the earlier losses in the smoothed loss. In [0, 1).

    path : str, path-like or None, default=None
        File in which the state of the test is stored every ten steps, and at its end. If the file
        exists, the test continues from it, and the result is the same to the last bit as without
        interruption. The file is a pickle: use only files that you trust.

    Returns
    -------
    LearningRateTest
        Rates, losses, smoothed losses, and the suggestion.

    Raises
    ------
    TypeError
        If ``estimator`` is not such a network or pipeline.
    ValueError
        If the solver is 'lbfgs', another parameter is out of its range, ``y`` is missing, the first
        steps diverge, or ``path`` is another file than that of a test with these arguments.
    KeyboardInterrupt
        If Ctrl-C interrupts the test. With ``path`` the test continues when it is called again.

    Notes
    -----
    The learning-rate schedule, ``warmup_epochs`` and ``early_stopping`` of the network are not
    used in the test. The batches are those of training: ``batch_size`` rows in an order that is
    shuffled anew for each epoch. The rows that are left at the end of an epoch are not used.

    See Also
    --------
    skperceptron.plotting.LearningRateDisplay : Draws the result.

    References
    ----------
    .. [1] Smith (2017), "Cyclical learning rates for training neural networks", section 3.3.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.model_selection import find_learning_rate
    >>> X, y = load_digits(return_X_y=True)
    >>> network = MLPClassifier((50,), random_state=0)
    >>> test = find_learning_rate(network, X / 16, y)
    >>> print(f"{test.suggestion:.2g}")
    0.017
    """
    network, steps = _network_and_steps(estimator)
    _check(network, min_rate, max_rate, n_steps, smoothing)
    if y is None and not isinstance(network, MLPAutoencoder):
        raise ValueError(f"y is None, but {type(network).__name__} needs targets.")
    rates = min_rate * (max_rate / min_rate) ** (np.arange(n_steps) / (n_steps - 1))
    run = _start(network, rates, smoothing)
    if path is not None:
        key = digest_of(bare_clone(estimator)), X, y, rates, smoothing
        run = _continued(run, path, key)
    X, y = indexable(X, y)
    if _n_rows(X) == 0:
        raise ValueError("X must have at least one row, got none.")
    if steps is not None:
        steps = clone(steps)
        X = steps.fit_transform(X, y)
    classes = None
    if y is not None and is_classifier(network):
        classes = _classes(y)
        if network.class_weight == "balanced":  # which partial_fit does not take
            run.network.set_params(class_weight=_balanced(y, classes))
    while not run.ended and len(run.losses) < n_steps:
        run.ended = not _step(run, X, y, classes) or _has_diverged(run)
        at_end = run.ended or len(run.losses) == n_steps
        if path is not None and (at_end or len(run.losses) % STEPS_BETWEEN_FILES == 0):
            write_whole(os.fspath(path), lambda file: pickle.dump(run, file))
    smoothed = np.array(run.smoothed)
    taken = rates[: len(run.losses)]
    return LearningRateTest(
        taken, np.array(run.losses), smoothed, float(taken[smoothed.argmin()] / 10), run.ended
    )


def _network_and_steps(estimator: Any) -> tuple[BaseMLP, Pipeline | None]:
    """A network, and a pipeline of the steps before it or None."""
    network, steps = estimator, None
    if isinstance(estimator, Pipeline):
        network, steps = estimator[-1], estimator[:-1] if len(estimator) > 1 else None
    if not isinstance(network, BaseMLP):
        raise TypeError(
            "estimator must be an MLPClassifier, MLPRegressor or MLPAutoencoder, or a pipeline "
            f"that ends in one; got {type(network).__name__}."
        )
    return network, steps


def _check(
    network: BaseMLP, min_rate: float, max_rate: float, n_steps: int, smoothing: float
) -> None:
    validate_parameters(network)
    if network.solver == "lbfgs":
        raise ValueError("solver='lbfgs' has no learning rate: choose a stochastic solver.")
    for name, value in {"min_rate": min_rate, "max_rate": max_rate}.items():
        if not (isinstance(value, Real) and 0 < value < sys.float_info.max):
            raise ValueError(f"{name} must be a finite number greater than 0, got {value!r}.")
    if max_rate <= min_rate:
        raise ValueError(f"max_rate must be greater than min_rate={min_rate!r}, got {max_rate!r}.")
    if max_rate / min_rate > sys.float_info.max:
        raise ValueError(f"max_rate={max_rate!r} is too far from min_rate={min_rate!r}.")
    if not (isinstance(n_steps, Integral) and n_steps >= 2):
        raise ValueError(f"n_steps must be an int of at least 2, got {n_steps!r}.")
    if not (isinstance(smoothing, Real) and 0 <= smoothing < 1):
        raise ValueError(f"smoothing must be a number in [0, 1), got {smoothing!r}.")


def _start(network: BaseMLP, rates: Array, smoothing: float) -> _Run:
    stream = check_random_state(clone(network).random_state)
    tested = without_callbacks(clone(network))
    tested.set_params(
        learning_rate=_Rising(rates),
        warmup_epochs=0,
        early_stopping=False,
        shuffle=False,
        verbose=False,
        warm_start=False,
    )
    return _Run("", tested, stream, smoothing)


def _continued(run: _Run, path: str | os.PathLike[str], arguments: tuple[Any, ...]) -> _Run:
    """The run of an earlier process if there is one, with these arguments."""
    run.key = digest_of(arguments)
    if not Path(path).exists():
        return run
    with open(path, "rb") as file:
        try:
            earlier = pickle.load(file)
        except Exception:  # what a pickle that is none raises depends on its bytes
            earlier = None
    if not (isinstance(earlier, _Run) and earlier.key == run.key):
        raise ValueError(
            f"path={os.fspath(path)!r} is not the file of a test of this estimator on these data "
            "with these arguments: remove the file, or choose another path."
        )
    return earlier


def _classes(y: Any) -> Any:
    """All labels of y, for the first batch need not have all; None for indicator matrices."""
    labels = np.asarray(y) if not hasattr(y, "toarray") else None
    if labels is None or (labels.ndim == 2 and labels.shape[1] > 1):
        return None
    return np.unique(labels)


def _balanced(y: Any, classes: Any) -> Any:
    """The weights of class_weight='balanced' on all rows; for indicator matrices a list of them."""

    def weights(labels: Any) -> dict[Any, float]:
        found = np.unique(labels)
        return dict(
            zip(found, compute_class_weight("balanced", classes=found, y=labels), strict=True)
        )

    if classes is not None:
        return weights(np.asarray(y).ravel())
    columns = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
    return [weights(column) for column in columns.T]


def _n_rows(X: Any) -> int:
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def _step(run: _Run, X: Any, y: Any, classes: Any) -> bool:
    """Take a step; return whether the network is still finite."""
    network = run.network
    n_rows = _n_rows(X)
    if not run.losses:
        network.set_params(batch_size=_build.solver(network).batch_size(n_rows))
    n = network.batch_size
    if run.order is None or run.place + n > n_rows:
        run.order, run.place = run.stream.permutation(n_rows), 0
    rows = run.order[run.place : run.place + n]
    run.place += n
    arguments: list[Any] = [take_rows(X, rows)]
    if y is not None:
        arguments.append(take_rows(y, rows))
    partial_fit: Callable[..., Any] = network.partial_fit
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        # Of settings that the test does not use.
        warnings.filterwarnings("ignore", ".* ignored with (learning_rate|early_stopping)=")
        try:
            with interruptions_raised():
                partial_fit(*arguments, **({"classes": classes} if classes is not None else {}))
        except ValueError as error:
            # The first step has the smallest rate: what is wrong there is no matter of the rate.
            if len(run.losses) < 2 or "diverged" not in str(error):
                raise
            return False
    loss = float(network.loss_curve_[-1])
    run.losses.append(loss)
    run.average = run.smoothing * run.average + (1 - run.smoothing) * loss
    run.smoothed.append(run.average / (1 - run.smoothing ** len(run.losses)))
    run.lowest = min(run.lowest, run.smoothed[-1])
    return True


def _has_diverged(run: _Run) -> bool:
    if len(run.losses) < FIRST_STEPS:
        return False
    # Measured from the lowest loss: a loss may be negative, as that of 'gaussian'.
    spread = max(abs(run.lowest), math.ulp(1.0))
    return run.smoothed[-1] > run.lowest + (DIVERGED - 1) * spread
