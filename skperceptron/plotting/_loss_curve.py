"""LossCurveDisplay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import is_classifier

from .._perceptron import PerceptronClassifier
from .._types import Array, ArrayLike
from .base import (
    AnyNetwork,
    Estimator,
    axes_for,
    grid_in_place_of,
    import_pyplot,
    network_of,
    neutral_colour,
    sign_colours,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D


class LossCurveDisplay:
    r"""Curves of loss, validation loss and validation score over the epochs.

    Use this display to see whether training has converged, and whether the network overfits: the
    validation loss then rises while the training loss falls. The best epoch is marked.

    Call :meth:`from_estimator`; the parameters below are stored as attributes.

    Parameters
    ----------
    training_loss : array-like of shape (n_epochs,)
        Training loss, penalty included, of each epoch; for a perceptron the mistakes.

    validation_loss : array-like of shape (n_epochs,), default=None
        Mean loss on validation data after each epoch.

    validation_scores : array-like of shape (n_epochs,), default=None
        Score on validation data after each epoch; higher is better.

    learning_rates : array-like of shape (n_epochs,), default=None
        Learning rate of each epoch.

    loss_name, score_name, time_name : str, default='loss', 'validation\\nscore', 'epoch'
        Labels of the axes.

    Attributes
    ----------
    best_epoch : int or None
        Number of the epoch with the highest validation score, counted from 1. Without scores, the
        epoch with the lowest validation loss, and without validation losses the epoch with the
        lowest training loss. Of several such epochs the first; None if no value is finite.

    ax_ : matplotlib Axes
        The panel of the losses.

    axes_ : ndarray of matplotlib Axes
        All panels: losses, then score and learning rate if they are shown.

    figure_ : matplotlib Figure
        The figure.

    lines_ : dict of str to matplotlib Line2D
        The curves, by the names of their parameters.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.plotting import LossCurveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier(early_stopping=True, learning_rate_init=0.01, random_state=0)
    >>> display = LossCurveDisplay.from_estimator(network.fit(X, y))
    >>> bool(network.validation_scores_[display.best_epoch - 1] == network.best_validation_score_)
    True
    """

    ax_: Axes
    axes_: Array
    figure_: Figure | SubFigure
    lines_: dict[str, Line2D]

    def __init__(
        self,
        *,
        training_loss: ArrayLike,
        validation_loss: ArrayLike | None = None,
        validation_scores: ArrayLike | None = None,
        learning_rates: ArrayLike | None = None,
        loss_name: str = "loss",
        score_name: str = "validation\nscore",
        time_name: str = "epoch",
    ) -> None:
        self.training_loss = training_loss
        self.validation_loss = validation_loss
        self.validation_scores = validation_scores
        self.learning_rates = learning_rates
        self.loss_name = loss_name
        self.score_name = score_name
        self.time_name = time_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        *,
        learning_rate: bool = False,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the curves of a fitted network.

        Parameters
        ----------
        estimator : estimator
            Fitted network of this package, or a pipeline that ends in one. For a perceptron, the
            number of mistakes is drawn instead of the loss.

        learning_rate : bool, default=False
            Whether to show the learning rate too.

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.plot` for each curve.

        Returns
        -------
        LossCurveDisplay
            The display.

        Raises
        ------
        TypeError
            If ``estimator`` is not a network of this package.

        ValueError
            If ``learning_rate`` is True and the network has no learning rate curve.

        ImportError
            If matplotlib is not installed.

        sklearn.exceptions.NotFittedError
            If ``estimator`` is not fitted.
        """
        import_pyplot(f"{cls.__name__}.from_estimator")
        network, _ = network_of(estimator)
        curves = _curves(network)
        rates = curves.pop("learning_rates")
        if learning_rate:
            if rates is None:
                raise ValueError(f"{type(network).__name__} was trained without a learning rate.")
            curves["learning_rates"] = rates
        return cls(**curves).plot(ax=ax, **kwargs)

    @property
    def best_epoch(self) -> int | None:
        """Number of the best epoch."""
        if self.validation_scores is not None:
            badness = -np.asarray(self.validation_scores)
        else:
            known = self.training_loss if self.validation_loss is None else self.validation_loss
            badness = np.asarray(known)
        finite = np.isfinite(badness)
        return int(np.where(finite, badness, np.inf).argmin()) + 1 if finite.any() else None

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw the curves, one panel above the other.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, which become smaller to make room for the other panels. None makes a
            new figure.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.plot` for each curve.

        Returns
        -------
        LossCurveDisplay
            The display.
        """
        names = {"validation_scores": self.score_name, "learning_rates": "learning\nrate"}
        below = [name for name in names if getattr(self, name) is not None]
        ax = axes_for(self, ax, (6.4, 3.6 + 1.6 * len(below)))
        self.axes_ = _stack(ax, len(below))
        self.lines_ = {}
        of_training, of_validation = sign_colours()
        self._draw(ax, "training_loss", of_training, label="training", **kwargs)
        if self.validation_loss is not None:
            self._draw(ax, "validation_loss", of_validation, label="validation", **kwargs)
        ax.set_ylabel(self.loss_name)
        for panel, name in zip(self.axes_[1:], below, strict=True):
            colour = of_training if name == "learning_rates" else of_validation
            self._draw(panel, name, colour, **kwargs)
            panel.set_ylabel(names[name])
        self._mark_best_epoch()
        for panel in self.axes_[:-1]:
            panel.tick_params(labelbottom=False)
        self.axes_[-1].set_xlabel(self.time_name)
        self.axes_[-1].xaxis.get_major_locator().set_params(integer=True)
        ax.legend()
        self.figure_.align_ylabels(self.axes_)
        return self

    def _draw(self, ax: Axes, name: str, colour: str, **kwargs: Any) -> None:
        values = getattr(self, name)
        # A line of one point would not be seen.
        style = {"color": colour, "marker": "o" if len(values) == 1 else None} | kwargs
        (self.lines_[name],) = ax.plot(range(1, len(values) + 1), values, **style)

    def _mark_best_epoch(self) -> None:
        best = self.best_epoch
        if best is None:
            return
        for panel in self.axes_:
            panel.axvline(best, color=neutral_colour(), linestyle=":", linewidth=1)
        names = ("validation_scores", "validation_loss", "training_loss")
        decisive = next(self.lines_[name] for name in names if name in self.lines_)
        panel = self.axes_[1 if "validation_scores" in self.lines_ else 0]
        height = np.asarray(decisive.get_ydata())[best - 1]
        panel.plot(best, height, "o", color=decisive.get_color(), zorder=3)
        self.axes_[0].plot(
            [], [], ":o", color=neutral_colour(), label=f"best {self.time_name}: {best}"
        )


def _stack(ax: Axes, n_below: int) -> Array:
    """Return ``ax``, shrunk, and so many panels below it that share its abscissa."""
    if n_below == 0:
        return np.array([ax])
    grid = grid_in_place_of(ax, n_below + 1, 1, height_ratios=[2] + [1] * n_below, hspace=0.08)
    ax.set_subplotspec(grid[0])
    below = [ax.figure.add_subplot(grid[row], sharex=ax) for row in range(1, n_below + 1)]
    return np.array([ax, *below])


def _curves(network: AnyNetwork) -> dict[str, Any]:
    """The curves of a network and what they are called, by the display's parameters."""
    if isinstance(network, PerceptronClassifier):
        mistakes = network.mistakes_curve_
        return {"training_loss": mistakes, "loss_name": "mistakes", "learning_rates": None}
    metric = network.scoring
    if metric is None:
        metric = "accuracy" if is_classifier(network) else "R²"
    return {
        "training_loss": network.loss_curve_,
        "validation_loss": network.validation_loss_curve_,
        # The score 'loss' would be the same curve upside down.
        "validation_scores": None if metric == "loss" else network.validation_scores_,
        "learning_rates": network.learning_rate_curve_,
        "score_name": f"validation\n{metric if isinstance(metric, str) else 'score'}",
        "time_name": "epoch" if network.learning_rate_curve_ else "iteration",
    }
