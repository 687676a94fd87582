"""WeightImagesDisplay."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .._types import Array, ArrayLike
from .base import (
    Estimator,
    axes_for,
    divide,
    import_pyplot,
    layer_weights,
    network_of,
    signed_colour_map,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage


class WeightImagesDisplay:
    """Images of the incoming weights of each unit of the first layer.

    Use this display for networks of images, to see which pixels a unit reacts to. All images have
    the same colour scale, symmetric about 0. The units with the longest weight vectors come first.

    Call :meth:`from_estimator`; the parameters below are stored as attributes.

    Parameters
    ----------
    weights : array-like of shape (n_features, n_units)
        Weights of the first layer.

    shape : tuple of (int, int)
        Height and width of an image, in pixels.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes that the images replace.

    axes_ : ndarray of matplotlib Axes
        Axes of each image.

    figure_ : matplotlib Figure
        The figure.

    images_ : list of matplotlib AxesImage
        The images.

    shown_ : ndarray of int of shape (n_images,)
        Index of the unit of each image.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skperceptron import PerceptronClassifier
    >>> from skperceptron.plotting import WeightImagesDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> display = WeightImagesDisplay.from_estimator(PerceptronClassifier().fit(X, y))
    >>> len(display.images_), display.images_[0].get_array().shape
    (10, (8, 8))
    """

    ax_: Axes
    axes_: Array
    figure_: Figure | SubFigure
    images_: list[AxesImage]
    shown_: Array

    def __init__(self, *, weights: ArrayLike, shape: tuple[int, int]) -> None:
        self.weights = weights
        self.shape = shape

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        *,
        shape: tuple[int, int] | None = None,
        n_images: int = 25,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the weights of the first layer of a fitted network.

        Parameters
        ----------
        estimator : estimator
            Fitted network of this package, or a pipeline that ends in one.

        shape : tuple of (int, int), default=None
            Height and width of an image in pixels. The features are the pixels, row by row. None is
            a square.

        n_images : int, default=25
            Maximum number of images to show.

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.imshow`.

        Returns
        -------
        WeightImagesDisplay
            The display.

        Raises
        ------
        TypeError
            If ``estimator`` is not a network of this package.

        ValueError
            If the number of pixels of ``shape`` is not the number of features.

        ImportError
            If matplotlib is not installed.

        sklearn.exceptions.NotFittedError
            If ``estimator`` is not fitted.
        """
        import_pyplot(f"{cls.__name__}.from_estimator")
        network, _ = network_of(estimator)
        weights = layer_weights(network, cls.__name__, n_layers=1)[0]
        n_features = len(weights)
        side = math.isqrt(n_features)
        if math.prod(shape or (side, side)) != n_features:
            raise ValueError(
                f"{n_features} features are not the pixels of a"
                f"{' square' if shape is None else f'n image of shape {tuple(shape)}'}: pass "
                "shape=(height, width)."
            )
        height, width = shape or (side, side)
        display = cls(weights=weights, shape=(height, width))
        return display.plot(ax=ax, n_images=n_images, **kwargs)

    def plot(self, ax: Axes | None = None, *, n_images: int = 25, **kwargs: Any) -> Self:
        """Draw the images in a grid.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, which the images replace. None makes a new figure. For a title
            use ``figure_.suptitle``.

        n_images : int, default=25
            Maximum number of images to show.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.imshow`.

        Returns
        -------
        WeightImagesDisplay
            The display.
        """
        weights = np.asarray(self.weights)
        lengths = np.linalg.norm(weights, axis=0)
        self.shown_ = np.argsort(-lengths, kind="stable")[:n_images]
        n_cols = math.ceil(math.sqrt(len(self.shown_)))
        n_rows = -(-len(self.shown_) // n_cols)
        height, width = self.shape
        side = max(1.1, 3.0 / n_cols)
        ratio = min(max(height / width, 0.4), 2.5)
        ax = axes_for(self, ax, (n_cols * side + 1.2, n_rows * (side * ratio + 0.25) + 0.3))
        self.axes_ = divide(ax, len(self.shown_), n_cols)
        limit = np.abs(weights).max() or 1
        style = {"cmap": signed_colour_map(ax), "vmin": -limit, "vmax": limit} | kwargs
        self.images_ = []
        for panel, unit in zip(self.axes_, self.shown_, strict=True):
            self.images_.append(panel.imshow(weights[:, unit].reshape(self.shape), **style))
            panel.set(xticks=[], yticks=[])
            panel.set_title(f"unit {unit}", fontsize="small", pad=3)
        self.figure_.colorbar(
            self.images_[0], ax=list(self.axes_), label="weight", fraction=0.06, aspect=30
        )
        return self
