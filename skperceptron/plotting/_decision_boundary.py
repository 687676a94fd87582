"""DecisionBoundaryAnimation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from .._types import Array, ArrayLike
from .base import (
    PALETTE,
    Estimator,
    axes_for,
    divide,
    epochs_done,
    import_pyplot,
    training_path,
    unwrap,
)

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

SHADE = 0.55  # of a class that is certain, over the background


class DecisionBoundaryAnimation:
    """Decision boundary of a classifier of two features, epoch by epoch.

    Use this display to see how a network learns to separate classes. Each point of the plane has a
    mixture of the colours of the classes, weighted by their probabilities, or the colour of the
    predicted class if the classifier has no probabilities. Lines show where the predicted class
    changes. ``plot`` draws several epochs side by side, and ``animate`` makes an animation.

    Call :meth:`from_estimator` or :meth:`from_path`; the parameters below are stored as attributes.

    Parameters
    ----------
    classes : array-like of shape (n_classes,)
        Class labels.

    epochs : list of int
        Epoch of each snapshot.

    probabilities : list of array-like of shape (n_rows, n_columns, n_classes)
        Probabilities on a grid that starts at the lower left corner, one array for each snapshot.

    margins : list of array-like of shape (n_rows, n_columns, n_classes)
        Score of each class minus the highest score of the other classes: positive where the class
        is predicted.

    extent : tuple of (float, float, float, float)
        Left, right, lower and upper limit of the grid.

    X : array-like of shape (n_samples, 2)
        The points to draw.

    y : array-like of shape (n_samples,)
        Classes of the points.

    feature_names : sequence of str, default=('feature 0', 'feature 1')
        Labels of the axes.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the animation, or the axes that the panels replace.

    axes_ : ndarray of matplotlib Axes
        Axes of each panel.

    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.plotting import DecisionBoundaryAnimation
    >>> X, y = make_moons(noise=0.2, random_state=0)
    >>> network = MLPClassifier((20,), learning_rate_init=0.05, batch_size=20, random_state=0)
    >>> display = DecisionBoundaryAnimation.from_estimator(network, X, y, epochs=12)
    >>> [ax.get_title() for ax in display.axes_]
    ['epoch 1', 'epoch 3', 'epoch 5', 'epoch 8', 'epoch 10', 'epoch 12']

    ``display.animate().save("boundary.gif")`` writes a file. In a notebook,
    ``HTML(display.animate().to_jshtml())`` shows the animation with buttons.
    """

    ax_: Axes
    axes_: Array
    figure_: Figure | SubFigure

    def __init__(
        self,
        *,
        classes: ArrayLike,
        epochs: Sequence[int],
        probabilities: Sequence[ArrayLike],
        margins: Sequence[ArrayLike],
        extent: tuple[float, float, float, float],
        X: ArrayLike,
        y: ArrayLike,
        feature_names: Sequence[str] = ("feature 0", "feature 1"),
    ) -> None:
        self.classes = classes
        self.epochs = epochs
        self.probabilities = probabilities
        self.margins = margins
        self.extent = extent
        self.X = X
        self.y = y
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: ArrayLike,
        y: ArrayLike,
        *,
        epochs: int,
        grid_resolution: int = 100,
        n_panels: int = 6,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Train a clone epoch by epoch, and draw its decision boundaries.

        Parameters
        ----------
        estimator : estimator
            Classifier of this package, or a pipeline that ends in one. It need not be fitted, and
            does not change.

        X : array-like of shape (n_samples, 2)
            Input data.

        y : array-like of shape (n_samples,)
            Class labels.

        epochs : int
            Number of epochs to train.

        grid_resolution : int, default=100
            Number of points of the grid in each direction. A larger number gives a finer picture
            and takes longer.

        n_panels : int, default=6
            Maximum number of epochs to show, the first and the last included.

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.scatter` for the points of each class.

        Returns
        -------
        DecisionBoundaryAnimation
            The display.

        Raises
        ------
        TypeError
            If ``estimator`` is not a classifier of this package.

        ValueError
            If X does not have two features, y has several labels for a row, ``epochs`` is less
            than 1, or the solver is 'lbfgs', which has no epochs.

        ImportError
            If matplotlib is not installed.
        """
        import_pyplot(f"{cls.__name__}.from_estimator")
        path = training_path(_check_classifier(estimator), *_check_data(X, y), epochs=epochs)
        display = cls._of(path, X, y, grid_resolution)
        return display.plot(ax=ax, n_panels=n_panels, **kwargs)

    @classmethod
    def from_path(
        cls,
        path: Sequence[Estimator],
        X: ArrayLike,
        y: ArrayLike,
        *,
        grid_resolution: int = 100,
        n_panels: int = 6,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the decision boundaries of classifiers that are fitted already.

        Parameters
        ----------
        path : list of estimator
            Fitted classifiers of this package, or pipelines that end in them, as
            :func:`training_path` returns them.

        X : array-like of shape (n_samples, 2)
            The points to draw.

        y : array-like of shape (n_samples,)
            Their classes.

        grid_resolution : int, default=100
            Number of points of the grid in each direction. A larger number gives a finer picture
            and takes longer.

        n_panels : int, default=6
            Maximum number of epochs to show, the first and the last included.

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.scatter` for the points of each class.

        Returns
        -------
        DecisionBoundaryAnimation
            The display.

        Raises
        ------
        TypeError
            If ``path`` contains anything but classifiers of this package.

        ValueError
            If X does not have two features, or y has several labels for a row.

        ImportError
            If matplotlib is not installed.

        sklearn.exceptions.NotFittedError
            If a classifier is not fitted.
        """
        import_pyplot(f"{cls.__name__}.from_path")
        for estimator in path:
            check_is_fitted(_check_classifier(estimator))
        display = cls._of(path, *_check_data(X, y), grid_resolution)
        return display.plot(ax=ax, n_panels=n_panels, **kwargs)

    @classmethod
    def _of(cls, path: Sequence[Any], X: Any, y: ArrayLike, grid_resolution: int) -> Self:
        names = getattr(X, "columns", ("feature 0", "feature 1"))
        points = np.asarray(X)
        if points.dtype.kind != "f":
            points = points.astype(np.float64)
        extent, grid = _grid(points, grid_resolution)
        rows: Any = grid.reshape(-1, 2)
        if hasattr(X, "iloc"):  # a pandas.DataFrame, whose names the network asks for
            rows = type(X)(rows, columns=names)
        shape = (grid_resolution, grid_resolution, -1)
        return cls(
            classes=path[-1].classes_,
            epochs=[epochs_done(unwrap(estimator)[0]) for estimator in path],
            probabilities=[_probabilities(estimator, rows).reshape(shape) for estimator in path],
            margins=[_margins(estimator, rows).reshape(shape) for estimator in path],
            extent=extent,
            X=points,
            y=np.asarray(y),
            feature_names=tuple(names),
        )

    def plot(self, ax: Axes | None = None, *, n_panels: int = 6, **kwargs: Any) -> Self:
        """Draw several epochs side by side.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, which the panels replace. None makes a new figure. For a title
            use ``figure_.suptitle``.

        n_panels : int, default=6
            Maximum number of epochs to show, the first and the last included.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.scatter` for the points of each class.

        Returns
        -------
        DecisionBoundaryAnimation
            The display.
        """
        n_panels = min(n_panels, len(self.epochs))
        frames = np.linspace(len(self.epochs) - 1, 0, n_panels).round().astype(int)[::-1]
        n_cols = min(3, n_panels) if n_panels != 4 else 2
        n_rows = math.ceil(n_panels / n_cols)
        ax = axes_for(self, ax, (1.2 + 2.9 * n_cols, 0.6 + 2.7 * n_rows))
        self.axes_ = divide(ax, n_panels, n_cols, sharex=True, sharey=True)
        for number, (panel, frame) in enumerate(zip(self.axes_, frames, strict=True)):
            self._draw(panel, frame)
            self._draw_points(panel, kwargs)
            panel.set_title(f"epoch {self.epochs[frame]}", fontsize="medium")
            if number % n_cols == 0:
                panel.set_ylabel(self.feature_names[1])
            if number >= n_panels - n_cols:
                panel.set_xlabel(self.feature_names[0])
                panel.tick_params(labelbottom=True)
        _add_legend(self.axes_[n_cols - 1])
        return self

    def animate(
        self, ax: Axes | None = None, *, interval: int = 150, **kwargs: Any
    ) -> FuncAnimation:
        """Make an animation with one picture for each snapshot.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        interval : int, default=150
            Milliseconds between pictures.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.scatter` for the points of each class.

        Returns
        -------
        matplotlib.animation.FuncAnimation
            The animation. Keep it in a variable as long as it runs.
        """
        import_pyplot(f"{type(self).__name__}.animate")
        from matplotlib.animation import FuncAnimation

        ax = axes_for(self, ax, (5.2, 4.4))
        self.axes_ = np.array([ax])
        self._draw_points(ax, kwargs)
        ax.set(xlabel=self.feature_names[0], ylabel=self.feature_names[1])
        _add_legend(ax)
        drawn: list[Artist] = []

        def show(frame: int) -> list[Artist]:
            while drawn:
                drawn.pop().remove()
            drawn.extend(self._draw(ax, frame))
            ax.set_title(f"epoch {self.epochs[frame]}")
            return drawn

        return FuncAnimation(
            self.figure_,  # type: ignore[arg-type] # a subfigure too, until the film is saved
            show,
            frames=len(self.epochs),
            init_func=list,
            interval=interval,
        )

    def _draw(self, ax: Axes, frame: int) -> list[Artist]:
        """Draw the plane of a snapshot, and return what was drawn."""
        from matplotlib.colors import to_rgb

        colours = np.array([to_rgb(colour) for colour in self._colours()])
        mixed = np.asarray(self.probabilities[frame]) @ colours
        shaded = SHADE * mixed + (1 - SHADE) * np.array(to_rgb(ax.get_facecolor()))
        drawn: list[Artist] = [
            ax.imshow(
                np.clip(shaded, 0, 1),
                extent=self.extent,
                origin="lower",
                aspect="auto",
                interpolation="bilinear",
                zorder=0,
            )
        ]
        for margin in np.moveaxis(np.asarray(self.margins[frame]), -1, 0)[1:]:
            if margin.min() < 0 < margin.max():
                line: dict[str, Any] = {"colors": ax.xaxis.label.get_color(), "zorder": 1}
                line |= {"extent": self.extent, "origin": "lower", "linewidths": 1.2}
                drawn.append(ax.contour(margin, levels=[0], **line))
        return drawn

    def _draw_points(self, ax: Axes, kwargs: dict[str, Any]) -> None:
        style: dict[str, Any] = {"s": 18, "edgecolors": ax.get_facecolor(), "linewidths": 0.6}
        style |= {"zorder": 2} | kwargs
        X, y = np.asarray(self.X), np.asarray(self.y)
        for label, colour in zip(np.asarray(self.classes), self._colours(), strict=True):
            abscissae, ordinates = X[y == label].T
            ax.scatter(abscissae, ordinates, color=colour, label=str(label), **style)

    def _colours(self) -> Any:
        n_classes = np.size(self.classes)
        if n_classes <= len(PALETTE):
            return PALETTE[:n_classes]
        plt = import_pyplot(type(self).__name__)
        return plt.colormaps["viridis"](np.linspace(0, 1, n_classes))


def _check_classifier(estimator: Estimator) -> Estimator:
    network, _ = unwrap(estimator)
    if not is_classifier(network):
        raise TypeError(f"estimator must be a classifier, got {type(network).__name__}.")
    return estimator


def _check_data(X: ArrayLike, y: ArrayLike) -> tuple[ArrayLike, ArrayLike]:
    if np.ndim(X) != 2 or np.shape(X)[1] != 2:
        raise ValueError(f"X must have two features, to be drawn; got shape {np.shape(X)}.")
    if np.ndim(y) != 1:
        raise ValueError(f"y must have one label in each row; got shape {np.shape(y)}.")
    return X, y


def _add_legend(ax: Axes) -> None:
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0.5)


def _grid(points: Array, resolution: int) -> tuple[tuple[float, float, float, float], Array]:
    """Left, right, lower and upper end, and a grid of points (resolution, resolution, 2)."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.1 * np.where(high > low, high - low, 1)
    (left, lower), (right, upper) = low - margin, high + margin
    sides = np.linspace(left, right, resolution), np.linspace(lower, upper, resolution)
    grid = np.stack(np.meshgrid(*sides), axis=-1).astype(points.dtype)
    return (left, right, lower, upper), grid


def _probabilities(estimator: Any, X: ArrayLike) -> Array:
    """Probability of each class, (n, n_classes): 0 or 1 where the network knows none."""
    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(X))
    predicted: Array = estimator.predict(X)[:, np.newaxis] == estimator.classes_
    return predicted.astype(float)


def _margins(estimator: Any, X: ArrayLike) -> Array:
    """Score of each class minus the highest one of the others, (n, n_classes)."""
    scores = np.asarray(estimator.decision_function(X))
    if scores.ndim == 1:
        return np.stack([-scores, scores][-len(estimator.classes_) :], axis=1)
    ranked = np.sort(scores, axis=1)
    highest_others = np.where(scores == ranked[:, -1:], ranked[:, -2:-1], ranked[:, -1:])
    margins: Array = scores - highest_others
    return margins
