"""What the displays share: the network in an estimator, its training path, axes, colours."""

from __future__ import annotations

import copy
import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._base import BaseMLP
from .._compat import without_callbacks
from .._lowered import dense_steps, lower
from .._perceptron import PerceptronClassifier
from .._types import Array, MatrixLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.gridspec import GridSpecBase

# A network of this package; a network, or a pipeline that ends in one.
AnyNetwork: TypeAlias = BaseMLP | PerceptronClassifier
Estimator: TypeAlias = AnyNetwork | Pipeline


class Display(Protocol):
    """What every display notes when it is drawn."""

    ax_: Axes
    figure_: Figure | SubFigure


# Okabe and Ito's colours, which the colour-blind can tell apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")


# The network ----------------------------------------------------------------------------------


def network_of(estimator: Estimator) -> tuple[AnyNetwork, Pipeline | None]:
    """Return a fitted network, and a pipeline of the steps before it or None."""
    network, steps = unwrap(estimator)
    check_is_fitted(network)
    return network._as_fitted() if isinstance(network, BaseMLP) else network, steps


def unwrap(estimator: Estimator) -> tuple[AnyNetwork, Pipeline | None]:
    """Return a network, fitted or not, and a pipeline of the steps before it or None."""
    steps = None
    if isinstance(estimator, Pipeline):
        estimator, steps = estimator[-1], estimator[:-1] if len(estimator) > 1 else None
    if not isinstance(estimator, BaseMLP | PerceptronClassifier):
        raise TypeError(
            "estimator must be a network of skperceptron, or a pipeline that ends in one; got "
            f"{type(estimator).__name__}."
        )
    return estimator, steps


def before_network(steps: Pipeline | None, X: MatrixLike) -> Any:
    """X as the network gets it from the steps before it."""
    return X if steps is None else steps.transform(X)


def layer_weights(network: AnyNetwork, reader: str, n_layers: int | None = None) -> list[Array]:
    """Weights of the first layers, None for all, as trained: (fan_in, fan_out) each.

    Layers without such weights are refused: they are not for ``reader``.
    """
    if isinstance(network, PerceptronClassifier):
        return [network.coef_.T]
    return [step.weight for step in dense_steps(lower(network, fold=False)[:n_layers], reader)]


def layer_names(n_layers: int) -> list[str]:
    """What to call the layers that have weights, of which the last is the output."""
    return [*(f"hidden {depth}" for depth in range(1, n_layers)), "output"]


def hidden_outputs(network: AnyNetwork, X: MatrixLike) -> list[Array]:
    """Outputs of each hidden layer, (n_samples, n_units)."""
    n_hidden = network._architecture.n_hidden if isinstance(network, BaseMLP) else 0
    return [network.hidden_activations(X, layer=layer) for layer in range(n_hidden)]


def never_active(outputs: Array) -> Array:
    """Which units, (n_units,), output 0 for every row of (n_samples, n_units)."""
    inactive: Array = np.logical_not(outputs.any(axis=0))
    return inactive


def epochs_done(network: AnyNetwork) -> int:
    """Epochs since the first call of fit."""
    perceptron = isinstance(network, PerceptronClassifier)
    return len(network.mistakes_curve_ if perceptron else network.loss_curve_)


def training_path(
    estimator: Estimator, X: MatrixLike, y: MatrixLike | None = None, *, epochs: int
) -> list[Any]:
    """Train a clone epoch by epoch, and return a fitted copy after each epoch.

    Use this function to draw how a network changes in training, by :class:`LossSurfaceDisplay` and
    :class:`DecisionBoundaryAnimation`.

    Parameters
    ----------
    estimator : estimator
        Network of this package, or a pipeline that ends in one. It need not be fitted, and does not
        change. Steps of the pipeline before the network are fitted once.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Input data.

    y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_outputs), default=None
        Targets. Not needed for an autoencoder.

    epochs : int
        Number of epochs to train.

    Returns
    -------
    list of estimator
        Fitted copies, ready to predict, after epoch 1, 2, …, ``epochs``. With an integer
        ``random_state``, the last copy equals the network after ``fit`` with ``epochs`` epochs.
        With ``early_stopping``, each copy has the best weights so far.

    Raises
    ------
    TypeError
        If ``estimator`` is not a network of this package.

    ValueError
        If ``epochs`` is less than 1, or the solver is 'lbfgs', which has no epochs.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skperceptron import PerceptronClassifier
    >>> from skperceptron.plotting import training_path
    >>> X, y = load_iris(return_X_y=True)
    >>> path = training_path(PerceptronClassifier(), X, y == 0, epochs=3)
    >>> [network.mistakes_curve_[-1] for network in path]
    [7, 0, 0]
    """
    network, steps = unwrap(estimator)
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}.")
    network = without_callbacks(clone(network))
    settings = {"max_iter": network.max_iter, "warm_start": network.warm_start}
    network.set_params(max_iter=1, warm_start=True)
    if isinstance(network, BaseMLP):
        if network.solver == "lbfgs":
            raise ValueError("solver='lbfgs' has no epochs to walk: choose a stochastic solver.")
        # A schedule ends where it would in one call of fit.
        settings["schedule_epochs"] = network.schedule_epochs
        network.set_params(schedule_epochs=network.schedule_epochs or settings["max_iter"])
    if steps is not None:
        steps = clone(steps)
        X = steps.fit_transform(X, y)
    path = []
    for _ in range(epochs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # one epoch is no training
            network.fit(X, y)
        snapshot = copy.copy(network).set_params(**settings)
        if isinstance(snapshot, BaseMLP):
            losses = snapshot.loss_curve_
            snapshot.drop_training_state()
            snapshot.loss_curve_ = losses  # which tell its epoch
        if steps is not None:
            snapshot = Pipeline([*steps.steps, (estimator.steps[-1][0], snapshot)])
        path.append(snapshot)
    return path


# Axes and colours -----------------------------------------------------------------------------


def import_pyplot(caller: str) -> ModuleType:
    """Import matplotlib.pyplot, or say who needs it and where it comes from."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{caller} requires matplotlib. You can install matplotlib with "
            "`pip install skperceptron[plot]`."
        ) from error
    return plt


def axes_for(display: Display, ax: Axes | None, size: tuple[float, float]) -> Axes:
    """Return ``ax``, or that of a new figure of so many inches; note them in the display."""
    plt = import_pyplot(f"{type(display).__name__}.plot")
    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained")
    display.ax_, display.figure_ = ax, ax.figure
    return ax


def grid_in_place_of(ax: Axes, n_rows: int, n_cols: int, **kwargs: Any) -> GridSpecBase:
    """Return a grid specification that covers the place of ``ax``."""
    place = ax.get_subplotspec()
    if place is not None:
        return place.subgridspec(n_rows, n_cols, **kwargs)
    box = ax.get_position()
    sides = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
    return ax.figure.add_gridspec(n_rows, n_cols, **sides, **kwargs)


def divide(
    ax: Axes, n_panels: int, n_cols: int, *, sharex: bool = False, sharey: bool = False
) -> Array:
    """Return so many axes, in a grid in place of ``ax``, which itself is switched off."""
    ax.set_axis_off()
    # A layout engine makes room for titles and labels by itself.
    gaps = {} if ax.figure.get_layout_engine() else {"hspace": 0.7, "wspace": 0.3}
    grid = grid_in_place_of(ax, -(-n_panels // n_cols), n_cols, **gaps)
    panels = grid.subplots(sharex=sharex, sharey=sharey, squeeze=False).ravel()
    for panel in panels[n_panels:]:
        panel.remove()
    return panels[:n_panels]


def sign_colours() -> tuple[str, str]:
    """Colours of what is positive and of what is negative: bright ones where text is bright."""
    from matplotlib.colors import to_rgb

    luminance = to_rgb(neutral_colour()) @ np.array([0.2126, 0.7152, 0.0722])
    return ("#56B4E9", "#E69F00") if luminance > 0.5 else ("#0072B2", "#D55E00")


def signed_colour_map(ax: Axes) -> LinearSegmentedColormap:
    """Return a colour map from negative to positive, where 0 is the background's colour."""
    from matplotlib.colors import LinearSegmentedColormap

    positive, negative = sign_colours()
    return LinearSegmentedColormap.from_list("signed", [negative, ax.get_facecolor(), positive])


def neutral_colour() -> str:
    """Colour of text, which shows on the background."""
    return str(import_pyplot("skperceptron.plotting").rcParams["text.color"])
