"""LearningRateDisplay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .._types import ArrayLike, MatrixLike
from ..model_selection import LearningRateTest, find_learning_rate
from .base import axes_for, import_pyplot, neutral_colour, sign_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D


class LearningRateDisplay:
    """Loss over the learning rate, in a short training in which the rate rises.

    Use this display to choose a learning rate by eye: where the loss falls, the rate trains the
    network, and where the loss rises, the rate is too high. The suggestion is marked.

    Call :meth:`from_estimator` or :meth:`from_test`; the parameters below are stored as attributes.

    Parameters
    ----------
    learning_rates : array-like of shape (n_steps,)
        Learning rate of each step.

    losses : array-like of shape (n_steps,)
        Loss of the batch of each step.

    smoothed_losses : array-like of shape (n_steps,)
        Moving average of the losses.

    suggestion : float or None, default=None
        Learning rate to mark.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.

    figure_ : matplotlib Figure
        The figure.

    lines_ : dict of str to matplotlib Line2D
        The curves, by the names of their parameters, and the line at the suggestion.

    See Also
    --------
    skperceptron.model_selection.find_learning_rate : Computes the curve, without drawing it.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.plotting import LearningRateDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> network = MLPClassifier((50,), random_state=0)
    >>> display = LearningRateDisplay.from_estimator(network, X / 16, y)
    >>> print(f"{display.suggestion:.2g}")
    0.017
    """

    ax_: Axes
    figure_: Figure | SubFigure
    lines_: dict[str, Line2D]

    def __init__(
        self,
        *,
        learning_rates: ArrayLike,
        losses: ArrayLike,
        smoothed_losses: ArrayLike,
        suggestion: float | None = None,
    ) -> None:
        self.learning_rates = learning_rates
        self.losses = losses
        self.smoothed_losses = smoothed_losses
        self.suggestion = suggestion

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: MatrixLike,
        y: ArrayLike | None = None,
        *,
        min_rate: float = 1e-5,
        max_rate: float = 10.0,
        n_steps: int = 100,
        smoothing: float = 0.9,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Find a learning rate, and draw the losses.

        Parameters
        ----------
        estimator : estimator
            `MLPClassifier`, `MLPRegressor` or `MLPAutoencoder` with a stochastic solver, or a
            pipeline that ends in one. It need not be fitted, and does not change.

        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets. Not needed for an autoencoder.

        min_rate : float, default=1e-5
            Learning rate of the first step. Greater than 0.

        max_rate : float, default=10.0
            Learning rate of the last step. Greater than ``min_rate``.

        n_steps : int, default=100
            Number of steps. At least 2.

        smoothing : float, default=0.9
            Weight of the earlier losses in the smoothed loss. In [0, 1).

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.plot` for the smoothed losses.

        Returns
        -------
        LearningRateDisplay
            The display.

        Raises
        ------
        TypeError
            If ``estimator`` is not such a network or pipeline.

        ValueError
            If :func:`~skperceptron.model_selection.find_learning_rate` refuses a parameter.

        ImportError
            If matplotlib is not installed.
        """
        import_pyplot(f"{cls.__name__}.from_estimator")
        test = find_learning_rate(
            estimator,
            X,
            y,
            min_rate=min_rate,
            max_rate=max_rate,
            n_steps=n_steps,
            smoothing=smoothing,
        )
        return cls.from_test(test, ax=ax, **kwargs)

    @classmethod
    def from_test(cls, test: LearningRateTest, *, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw the result of :func:`~skperceptron.model_selection.find_learning_rate`.

        Parameters
        ----------
        test : LearningRateTest
            The result.

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.plot` for the smoothed losses.

        Returns
        -------
        LearningRateDisplay
            The display.

        Raises
        ------
        TypeError
            If ``test`` is not a `LearningRateTest`.

        ImportError
            If matplotlib is not installed.
        """
        if not isinstance(test, LearningRateTest):
            raise TypeError(
                "test must be a LearningRateTest, as find_learning_rate returns it; got "
                f"{type(test).__name__}. For an estimator call from_estimator."
            )
        display = cls(
            learning_rates=test.learning_rates,
            losses=test.losses,
            smoothed_losses=test.smoothed_losses,
            suggestion=test.suggestion,
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw the losses, the smoothed losses and the suggestion.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.plot` for the smoothed losses.

        Returns
        -------
        LearningRateDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = axes_for(self, ax, (6.4, 4.0))
        colour, other = sign_colours()
        rates, smoothed = np.asarray(self.learning_rates), np.asarray(self.smoothed_losses)
        self.lines_ = {}
        (self.lines_["losses"],) = ax.plot(
            rates, self.losses, ".", color=neutral_colour(), alpha=0.4, label="loss of a batch"
        )
        (self.lines_["smoothed_losses"],) = ax.plot(
            rates, smoothed, **{"color": colour, "label": "smoothed loss"} | kwargs
        )
        if self.suggestion is not None:
            self.lines_["suggestion"] = ax.axvline(
                self.suggestion,
                color=other,
                linestyle="--",
                label=f"suggestion: {self.suggestion:.2g}",
            )
        # One batch after the loss has exploded would hide all others.
        low, high = smoothed.min(), smoothed[: smoothed.argmin() + 1].max()
        margin = 0.3 * (high - low) if high > low else 1.0
        ax.set_ylim(low - margin, high + margin)
        ax.set(xscale="log", xlabel="learning rate", ylabel="training loss")
        ax.legend()
        return self
