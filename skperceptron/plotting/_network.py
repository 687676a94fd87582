"""NetworkDisplay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

import numpy as np

from .._types import Array, ArrayLike, MatrixLike
from .base import (
    AnyNetwork,
    Estimator,
    axes_for,
    before_network,
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
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.figure import Figure, SubFigure

# What to write beside units: strings, or labels that strings are made of.
Names: TypeAlias = Sequence[Any] | Array

WIDEST = 4.0  # points, of the line of the largest weight
FIRST_ABOVE = 0.9  # distance of a layer's name from its first unit, which are 1 apart


class Slots(NamedTuple):
    """The units of a layer that are drawn, and where; the rest is left out in the middle."""

    units: Array  # (n_drawn,) indices
    heights: Array  # (n_drawn,)
    n_left_out: int


class NetworkDisplay:
    """Drawing of a network: units are circles, and weights are lines between them.

    Use this display for small networks, to see which weights are large, which are 0, and which
    units are dead.

    The colour of a line is the sign of its weight, and its width is proportional to the
    weight's absolute value, on one scale for all layers. Weights that are exactly 0, as with
    an L1 penalty, are dotted. Units that are never active are crossed out. Intercepts are not
    drawn. Of a wide layer, only the first and the last units are drawn.

    Call :meth:`from_estimator`; the parameters below are stored as attributes.

    Parameters
    ----------
    weights : list of array-like of shape (fan_in, fan_out)
        Weights of each layer.

    dead : list of array-like of shape (n_units,), default=None
        Mask of the units of each hidden layer that are never active; None if this is not known.

    input_names, output_names : sequence of str, default=None
        Labels beside the inputs and the outputs; None writes none.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the drawing.

    figure_ : matplotlib Figure
        The figure.

    lines_ : matplotlib LineCollection
        The weights that are not 0, sorted by width.

    zeroed_ : matplotlib LineCollection
        The weights that are exactly 0.

    units_ : list of matplotlib PathCollection
        The units that are drawn, one entry for each layer, inputs first.

    dead_units_ : matplotlib PathCollection
        The crosses on dead units.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.plotting import NetworkDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier((5,), learning_rate_init=0.02, max_iter=500, random_state=0)
    >>> network = network.fit(X, y)
    >>> display = NetworkDisplay.from_estimator(network, X)
    >>> len(display.lines_.get_linewidths())  # 4 · 5 + 5 · 3
    35
    """

    ax_: Axes
    figure_: Figure | SubFigure
    lines_: LineCollection
    zeroed_: LineCollection
    units_: list[PathCollection]
    dead_units_: PathCollection

    def __init__(
        self,
        *,
        weights: Sequence[ArrayLike],
        dead: Sequence[ArrayLike] | None = None,
        input_names: Names | None = None,
        output_names: Names | None = None,
    ) -> None:
        self.weights = weights
        self.dead = dead
        self.input_names = input_names
        self.output_names = output_names

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike | None = None,
        *,
        feature_names: Names | None = None,
        max_units: int = 16,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw a fitted network.

        Parameters
        ----------
        estimator : estimator
            Fitted network of this package, or a pipeline that ends in one.

        X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
            Data to find dead units: hidden units whose output is 0 for every row. With None, no
            units are crossed out.

        feature_names : sequence of str of length n_inputs, default=None
            Labels beside the inputs. None takes the feature names that the network was fitted with,
            or writes no labels if there are no names.

        max_units : int, default=16
            Maximum number of units to draw of each layer, at least 2.

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        **kwargs : dict
            Passed to the :class:`matplotlib.collections.LineCollection` of the weights.

        Returns
        -------
        NetworkDisplay
            The display.

        Raises
        ------
        TypeError
            If ``estimator`` is not a network of this package.

        ValueError
            If ``max_units`` is less than 2, or the number of ``feature_names`` is not the number of
            inputs.

        ImportError
            If matplotlib is not installed.

        sklearn.exceptions.NotFittedError
            If ``estimator`` is not fitted.
        """
        import_pyplot(f"{cls.__name__}.from_estimator")
        network, steps = network_of(estimator)
        dead = None
        if X is not None:
            dead = [
                never_active(outputs)
                for outputs in hidden_outputs(network, before_network(steps, X))
            ]
        weights = layer_weights(network, cls.__name__)
        if feature_names is None:
            feature_names = getattr(network, "feature_names_in_", None)
        elif len(feature_names) != len(weights[0]):
            raise ValueError(
                f"feature_names must be {len(weights[0])}, one for each input of the network, "
                f"got {len(feature_names)}."
            )
        display = cls(
            weights=weights,
            dead=dead,
            input_names=feature_names,
            output_names=_output_names(network, weights[-1].shape[1]),
        )
        return display.plot(ax=ax, max_units=max_units, **kwargs)

    def plot(self, ax: Axes | None = None, *, max_units: int = 16, **kwargs: Any) -> Self:
        """Draw the network, with the inputs at the left.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        max_units : int, default=16
            Maximum number of units to draw of each layer, at least 2.

        **kwargs : dict
            Passed to the :class:`matplotlib.collections.LineCollection` of the weights.

        Returns
        -------
        NetworkDisplay
            The display.

        Raises
        ------
        ValueError
            If ``max_units`` is less than 2.
        """
        if max_units < 2:
            raise ValueError(f"max_units must be at least 2, got {max_units}.")
        shapes = [np.shape(weight) for weight in self.weights]
        sizes = [shapes[0][0], *(n_units for _, n_units in shapes)]
        layers = [_slots(size, max_units) for size in sizes]
        highest = max(layer.heights[0] for layer in layers)
        ax = axes_for(self, ax, (2.4 + 1.7 * len(sizes), max(3.0, 1.4 + 0.56 * highest)))
        ax.set_axis_off()
        self._draw_weights(ax, layers, kwargs)
        self._draw_units(ax, layers)
        self._name_layers(ax, layers, sizes, highest)
        self._name_ends(ax, layers)
        ax.set(xlim=(-0.5, len(sizes) - 0.5), ylim=(-highest - 0.6, highest + 1.9))
        self._add_legend(ax)
        return self

    def _draw_weights(self, ax: Axes, layers: list[Slots], kwargs: dict[str, Any]) -> None:
        """Draw the weights between units that are drawn."""
        from matplotlib.collections import LineCollection

        lines, weights = [], []
        for depth, weight in enumerate(self.weights):
            left, right = layers[depth : depth + 2]
            weights.append(np.asarray(weight)[np.ix_(left.units, right.units)].ravel())
            starts, stops = np.meshgrid(left.heights, right.heights, indexing="ij")
            line = [np.full(starts.size, depth), starts.ravel(), np.full(starts.size, depth + 1)]
            lines.append(np.stack([*line, stops.ravel()], axis=1).reshape(-1, 2, 2))
        ends, values = np.concatenate(lines), np.concatenate(weights)
        order = np.argsort(np.abs(values), kind="stable")
        ends, values = ends[order], values[order]
        drawn = values != 0
        largest = max((np.abs(weight).max() for weight in self.weights), default=0) or 1
        style: dict[str, Any] = {
            "colors": np.where(values[drawn] > 0, *sign_colours()),
            "linewidths": WIDEST * np.abs(values[drawn]) / largest,
            "alpha": 0.8,
            "zorder": 1,
        }
        self.lines_ = LineCollection(ends[drawn], **(style | kwargs))
        self.zeroed_ = LineCollection(
            ends[~drawn],
            colors=neutral_colour(),
            linewidths=0.6,
            linestyles=(0, (1, 3)),
            alpha=0.4,
            zorder=0,
        )
        ax.add_collection(self.lines_)
        ax.add_collection(self.zeroed_)

    def _draw_units(self, ax: Axes, layers: list[Slots]) -> None:
        background = ax.get_facecolor()
        circle: dict[str, Any] = {"facecolors": [background], "edgecolors": neutral_colour()}
        self.units_ = [
            ax.scatter(np.full(len(layer.units), depth), layer.heights, s=150, zorder=2, **circle)
            for depth, layer in enumerate(layers)
        ]
        dead = np.array(
            [
                (depth, height)
                for depth, flags in enumerate(map(np.asarray, self.dead or []), start=1)
                for unit, height in zip(layers[depth].units, layers[depth].heights, strict=True)
                if flags[unit]
            ]
        ).reshape(-1, 2)
        depths, heights = dead.T
        self.dead_units_ = ax.scatter(
            depths, heights, s=60, marker="x", color=neutral_colour(), zorder=3
        )
        for depth, layer in enumerate(layers):
            if layer.n_left_out:
                ax.text(
                    depth,
                    0,
                    f"…\n{layer.n_left_out:,} more",
                    ha="center",
                    va="center",
                    linespacing=0.9,
                    bbox={"facecolor": background, "edgecolor": "none", "pad": 2},
                )

    def _name_layers(self, ax: Axes, layers: list[Slots], sizes: list[int], highest: float) -> None:
        names = ["inputs", *layer_names(len(self.weights))]
        for depth, (name, size) in enumerate(zip(names, sizes, strict=True)):
            text = f"{name}\n{size:,}"
            if self.dead and 0 < depth < len(sizes) - 1 and np.any(self.dead[depth - 1]):
                text += f", {np.sum(self.dead[depth - 1]):,} dead"
            ax.text(depth, highest + FIRST_ABOVE, text, ha="center", va="bottom")

    def _name_ends(self, ax: Axes, layers: list[Slots]) -> None:
        sides = [(0, -0.14, "right", self.input_names), (-1, 0.14, "left", self.output_names)]
        for end, shift, align, names in sides:
            if names is None:
                continue
            layer = layers[end]
            for unit, height in zip(layer.units, layer.heights, strict=True):
                x = end % len(layers) + shift
                ax.text(x, height, str(names[unit]), ha=align, va="center", fontsize="small")

    def _add_legend(self, ax: Axes) -> None:
        from matplotlib.lines import Line2D

        weights = np.concatenate([np.ravel(weight) for weight in self.weights])
        n_zeroed = np.sum(weights == 0)
        positive, negative = sign_colours()
        scale = WIDEST / (np.abs(weights).max() or 1)
        extremes = [
            (positive, "most positive", max(weights.max(), 0)),
            (negative, "most negative", min(weights.min(), 0)),
        ]
        handles = [
            Line2D([], [], color=colour, lw=abs(w) * scale, label=f"{name}: {w:.3g}")
            for colour, name, w in extremes
            if w
        ]
        style: dict[str, Any] = {"color": neutral_colour(), "linestyle": "none"}
        if n_zeroed:
            label = f"exactly 0: {n_zeroed:,} of {len(weights):,}"
            handles.append(Line2D([], [], **style | {"linestyle": ":"}, label=label))
        if np.size(self.dead_units_.get_offsets()):
            handles.append(Line2D([], [], **style, marker="x", label="dead unit"))
        ax.legend(
            handles=handles,
            loc="upper center",
            bbox_to_anchor=(0.5, 0),
            ncols=2,
            frameon=False,
        )


def _slots(size: int, max_units: int) -> Slots:
    """Where the units of a layer are drawn, from the top down, around height 0."""
    n_drawn = min(size, max_units)
    if n_drawn == size:
        return Slots(np.arange(size), (size - 1) / 2 - np.arange(size), 0)
    above = -(-n_drawn // 2)
    units = np.r_[:above, size - n_drawn + above : size]
    # The note in the middle is two units high.
    places = np.r_[:above, above + 2 : n_drawn + 2]
    heights = (n_drawn + 1) / 2 - places
    if n_drawn % 2:
        heights = heights - (heights[above - 1] + heights[above]) / 2
    return Slots(units, heights, size - n_drawn)


def _output_names(network: AnyNetwork, n_outputs: int) -> Names | None:
    """Class labels, if each has an output of its own; for two classes the second's."""
    classes: Array | None = getattr(network, "classes_", None)
    if classes is None:
        return None
    return classes[-1:] if n_outputs == 1 else classes
