"""WeightHistogramDisplay and ActivationHistogramDisplay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import is_classifier

from .._autoencoder import MLPAutoencoder
from .._types import Array, ArrayLike, MatrixLike
from .base import (
    AnyNetwork,
    Estimator,
    axes_for,
    before_network,
    divide,
    hidden_outputs,
    import_pyplot,
    layer_names,
    layer_weights,
    network_of,
    neutral_colour,
    never_active,
    sign_colours,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


class WeightHistogramDisplay:
    """Histograms of the weights of each layer.

    Use this display to see whether weights are very large, or how many weights an L1 penalty made
    0. Weights that are exactly 0 are counted in the title of their layer and are in no bar, because
    a bar of zeros would be much higher than the others.

    Call :meth:`from_estimator`; the parameters below are stored as attributes.

    Parameters
    ----------
    weights : list of array-like of shape (fan_in, fan_out)
        Weights of each layer.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes that the histograms replace.

    axes_ : ndarray of matplotlib Axes
        Axes of each layer.

    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.plotting import WeightHistogramDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier((5,), learning_rate_init=0.02, max_iter=500, random_state=0)
    >>> network = network.fit(X, y)
    >>> display = WeightHistogramDisplay.from_estimator(network)
    >>> display.axes_[0].get_title(loc="left")
    'hidden 1: 4 × 5 weights'
    """

    ax_: Axes
    axes_: Array
    figure_: Figure | SubFigure

    def __init__(self, *, weights: Sequence[ArrayLike]) -> None:
        self.weights = weights

    @classmethod
    def from_estimator(cls, estimator: Estimator, *, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw histograms of the weights of a fitted network.

        Parameters
        ----------
        estimator : estimator
            Fitted network of this package, or a pipeline that ends in one.

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.hist`: ``bins``, ``log``, and so on.

        Returns
        -------
        WeightHistogramDisplay
            The display.

        Raises
        ------
        TypeError
            If ``estimator`` is not a network of this package.

        ImportError
            If matplotlib is not installed.

        sklearn.exceptions.NotFittedError
            If ``estimator`` is not fitted.
        """
        import_pyplot(f"{cls.__name__}.from_estimator")
        network, _ = network_of(estimator)
        return cls(weights=layer_weights(network, cls.__name__)).plot(ax=ax, **kwargs)

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw a histogram for each layer.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, which the histograms replace. None makes a new figure. For a title
            use ``figure_.suptitle``.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.hist`.

        Returns
        -------
        WeightHistogramDisplay
            The display.
        """
        weights = [np.asarray(weight) for weight in self.weights]
        titles = [
            f"{name}: {len(weight):,} × {weight.shape[1]:,} weights"
            for name, weight in zip(layer_names(len(weights)), weights, strict=True)
        ]
        _plot_histograms(self, weights, titles, "weight", len(titles), ax, kwargs)
        return self


class ActivationHistogramDisplay:
    """Histograms of the outputs of each layer over the rows of X.

    Use this display to find units that are saturated or dead. Outputs that are exactly 0, which are
    frequent with 'relu', are counted in the title of their layer and are in no bar. The title also
    counts dead units, whose output is 0 for every row.

    Call :meth:`from_estimator`; the parameters below are stored as attributes.

    Parameters
    ----------
    activations : list of array-like of shape (n_samples, n_units)
        Outputs of each hidden layer and, last, of the output layer.

    output_name : str, default='output'
        Name of the outputs of the output layer.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes that the histograms replace.

    axes_ : ndarray of matplotlib Axes
        Axes of each layer.

    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.plotting import ActivationHistogramDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier((5,), "tanh", learning_rate_init=0.02, max_iter=500, random_state=0)
    >>> network = network.fit(X, y)
    >>> display = ActivationHistogramDisplay.from_estimator(network, X)
    >>> [ax.get_title(loc="left") for ax in display.axes_]
    ['hidden 1: 5 units', 'output, raw scores: 3 units']
    """

    ax_: Axes
    axes_: Array
    figure_: Figure | SubFigure

    def __init__(self, *, activations: Sequence[ArrayLike], output_name: str = "output") -> None:
        self.activations = activations
        self.output_name = output_name

    @classmethod
    def from_estimator(
        cls, estimator: Estimator, X: MatrixLike, *, ax: Axes | None = None, **kwargs: Any
    ) -> Self:
        """Draw histograms of the outputs of the layers of a fitted network.

        Parameters
        ----------
        estimator : estimator
            Fitted network of this package, or a pipeline that ends in one.

        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data. The outputs of the output layer are those of ``decision_function`` for a
            classifier, of ``predict`` for a regressor, and the reconstructions for an autoencoder.

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.hist`: ``bins``, ``log``, and so on.

        Returns
        -------
        ActivationHistogramDisplay
            The display.

        Raises
        ------
        TypeError
            If ``estimator`` is not a network of this package.

        ImportError
            If matplotlib is not installed.

        sklearn.exceptions.NotFittedError
            If ``estimator`` is not fitted.
        """
        import_pyplot(f"{cls.__name__}.from_estimator")
        network, steps = network_of(estimator)
        X = before_network(steps, X)
        output, kind = _outputs(network, X)
        display = cls(
            activations=[*hidden_outputs(network, X), output.reshape(len(output), -1)],
            output_name=f"output, {kind}",
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw a histogram for each layer.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, which the histograms replace. None makes a new figure. For a title
            use ``figure_.suptitle``.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.hist`.

        Returns
        -------
        ActivationHistogramDisplay
            The display.
        """
        activations = [np.asarray(outputs) for outputs in self.activations]
        names = [*layer_names(len(activations))[:-1], self.output_name]
        titles = []
        for name, outputs in zip(names, activations, strict=True):
            n_units, n_dead = outputs.shape[1], never_active(outputs).sum()
            dead = f", {n_dead:,} dead" if n_dead else ""
            titles.append(f"{name}: {n_units:,} unit{'s' * (n_units != 1)}{dead}")
        n_hidden = len(titles) - 1  # the output is in other units
        _plot_histograms(self, activations, titles, "activation", n_hidden, ax, kwargs)
        return self


def _plot_histograms(
    display: WeightHistogramDisplay | ActivationHistogramDisplay,
    values: Sequence[Array],
    titles: Sequence[str],
    xlabel: str,
    n_shared: int,
    ax: Axes | None,
    kwargs: dict[str, Any],
) -> None:
    """Draw one panel per layer, of what is not exactly 0.

    The first ``n_shared`` have a common abscissa.
    """
    n_cols = -(-len(values) // 6)
    n_rows = -(-len(values) // n_cols)
    ax = axes_for(display, ax, (max(6.4, 4.2 * n_cols), 0.8 + 1.5 * n_rows))
    display.axes_ = divide(ax, len(values), n_cols)
    for panel in display.axes_[1:n_shared]:
        panel.sharex(display.axes_[0])
    for panel, layer, title in zip(display.axes_, values, titles, strict=True):
        # In float64, bins don't collapse where float32 values lie close together.
        layer = np.asarray(layer, dtype=np.float64).ravel()
        if not layer.all():
            title += f", {np.mean(layer == 0):.0%} exactly 0"
        layer = layer[layer != 0]
        style = {"bins": int(np.clip(2 * np.sqrt(layer.size), 10, 50)), "color": sign_colours()[0]}
        if layer.size:
            panel.hist(layer, **(style | kwargs))
        panel.axvline(0, color=neutral_colour(), linewidth=0.8, linestyle=":")
        panel.set_title(title, loc="left", fontsize="medium")
        panel.set_ylabel("count")
    for panel in display.axes_[-n_cols:]:
        panel.set_xlabel(xlabel)


def _outputs(network: AnyNetwork, X: MatrixLike) -> tuple[Array, str]:
    """Outputs of the last layer, (n_samples,) or (n_samples, n_outputs), and what they are."""
    if is_classifier(network):
        return network.decision_function(X), "raw scores"
    if isinstance(network, MLPAutoencoder):
        return network.inverse_transform(network.transform(X)), "reconstructions"
    return network.predict(X), "predictions"
