"""LossSurfaceDisplay."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array

from .._attributes import Groups, published_parameters, set_parameters
from .._base import BaseMLP
from .._compat import without_callbacks
from .._parameters import unused_by
from .._perceptron import PerceptronClassifier
from .._types import Array, Matrix, MatrixLike, RandomState
from .base import PALETTE, Estimator, axes_for, before_network, import_pyplot, network_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D


class LossSurfaceDisplay:
    r"""Loss surface: the objective on a plane through the weights of a fitted network.

    Use this display to see how training moved towards a minimum, and how flat the surface is there.

    The plane is :math:`\theta(a, b) = \theta^* + a \delta + b \eta`, where :math:`\theta^*` are
    the weights, intercepts, and scales and shifts of batch normalisation of the network. Its
    directions :math:`\delta` and :math:`\eta` are of one of two kinds [1]_. Random directions are
    scaled unit by unit to the length of the unit's incoming weights, :math:`\delta_j \leftarrow
    \delta_j / \lVert \delta_j \rVert \cdot \lVert w_j \rVert`, and are 0 for all parameters that
    are not weights. Principal directions are the first two principal components of the differences
    between earlier epochs and :math:`\theta^*`.

    Call :meth:`from_estimator`; the parameters below are stored as attributes.

    Parameters
    ----------
    losses : ndarray of shape (n_rows, n_columns)
        Objective at each point of the grid, NaN where it is not finite.

    abscissae : ndarray of shape (n_columns,)
        Coordinates :math:`a` of the grid.

    ordinates : ndarray of shape (n_rows,)
        Coordinates :math:`b` of the grid.

    path : ndarray of shape (n_snapshots, 2), default=None
        Weights at earlier epochs, projected on the plane.

    names : tuple of (str, str), default=('direction 1', 'direction 2')
        Labels of the axes.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the surface.

    figure_ : matplotlib Figure
        The figure.

    surface_ : matplotlib ContourSet
        The contours of the surface.

    path_ : matplotlib Line2D or None
        The path of training; None if there is no path.

    Notes
    -----
    The objective is the one that training minimises: mean loss plus penalty, over all rows of X at
    once and without dropout. Batch normalisation uses the statistics of X. Each of the
    ``grid_resolution ** 2`` points costs one forward and one backward pass over X.

    In many dimensions a random plane is nearly orthogonal to the path of training, so the path
    hardly moves in the plane. Principal directions show the path best.

    References
    ----------
    .. [1] Li, H., Xu, Z., Taylor, G., Studer, C. and Goldstein, T. (2018). Visualizing the loss
       landscape of neural nets. NeurIPS.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.plotting import LossSurfaceDisplay, training_path
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier((5,), learning_rate_init=0.02, random_state=0)
    >>> path = training_path(network, X, y, epochs=30)
    >>> display = LossSurfaceDisplay.from_estimator(path[-1], X, y, path=path,
    ...                                             grid_resolution=10)
    >>> display.losses.shape, display.path.shape
    ((10, 10), (30, 2))
    """

    ax_: Axes
    figure_: Figure | SubFigure
    surface_: ContourSet
    path_: Line2D | None

    def __init__(
        self,
        *,
        losses: Array,
        abscissae: Array,
        ordinates: Array,
        path: Array | None = None,
        names: tuple[str, str] = ("direction 1", "direction 2"),
    ) -> None:
        self.losses = losses
        self.abscissae = abscissae
        self.ordinates = ordinates
        self.path = path
        self.names = names

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike,
        y: MatrixLike | None = None,
        *,
        path: Sequence[Estimator] | None = None,
        directions: str | None = None,
        grid_resolution: int = 25,
        random_state: RandomState = 0,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Evaluate the objective of a fitted network around its weights.

        Parameters
        ----------
        estimator : estimator
            Fitted multilayer perceptron of this package, or a pipeline that ends in one.

        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The training data, or some of their rows.

        y : {array-like, sparse matrix} of shape (n_samples, ...), default=None
            Targets of X, (n_samples,) or (n_samples, n_outputs). For a classifier they must contain
            all classes. Not needed for an autoencoder.

        path : list of estimator, default=None
            The same network at earlier epochs, as :func:`training_path` returns it.

        directions : {'random', 'pca'}, default=None
            Random directions, or principal directions of the path. None is 'pca' if there is a
            path, and 'random' otherwise.

        grid_resolution : int, default=25
            Number of points of the grid in each direction. A larger number gives a finer picture
            and takes longer. With random directions and an odd number, the network is a point of
            the grid.

        random_state : int, RandomState instance or None, default=0
            Determines the random directions.

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.contourf`.

        Returns
        -------
        LossSurfaceDisplay
            The display.

        Raises
        ------
        TypeError
            If ``estimator`` is not a multilayer perceptron of this package.

        ValueError
            If ``directions`` is not one of the values above, if it is 'pca' with fewer than three
            networks in ``path``, or if the networks in ``path`` have other shapes.

        ImportError
            If matplotlib is not installed.

        sklearn.exceptions.NotFittedError
            If ``estimator`` is not fitted.
        """
        import_pyplot(f"{cls.__name__}.from_estimator")
        network, steps = network_of(estimator)
        if isinstance(network, PerceptronClassifier):
            raise TypeError(
                "LossSurfaceDisplay does not support PerceptronClassifier, which has no gradient."
            )
        if directions is None:
            directions = "random" if path is None else "pca"
        centre = _trained(network)
        walked = None if path is None else _displacements(path, centre)
        if directions == "pca":
            basis, names = _principal_directions(walked)
        elif directions == "random":
            basis, names = _random_directions(network, random_state), ("direction 1", "direction 2")
        else:
            raise ValueError(f"directions must be 'random' or 'pca', got {directions!r}.")
        projected = None if walked is None else np.linalg.lstsq(basis.T, walked.T, rcond=None)[0].T
        a, b = _sides(projected if directions == "pca" else None, grid_resolution)
        evaluate = _evaluator(network, before_network(steps, X), y)
        losses = [[evaluate(centre + np.array([u, v]) @ basis) for u in a] for v in b]
        display = cls(
            losses=np.array(losses), abscissae=a, ordinates=b, path=projected, names=names
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw the surface as filled contours, with the path of training.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.

        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.contourf`.

        Returns
        -------
        LossSurfaceDisplay
            The display.
        """
        ax = axes_for(self, ax, (6.4, 4.8))
        from matplotlib.colors import PowerNorm
        from matplotlib.ticker import MaxNLocator

        losses = np.ma.masked_invalid(self.losses)
        low, high = float(losses.min()), float(losses.max())
        if not high > low:
            low, high = low - 0.5, low + 0.5
        # Close lines near the bottom of the valley, where they matter.
        levels = low + (high - low) * np.linspace(0, 1, 25) ** 2
        style: dict[str, Any] = {"levels": levels, "cmap": "viridis"}
        style |= {"norm": PowerNorm(0.5, low, high)} | kwargs
        self.surface_ = ax.contourf(self.abscissae, self.ordinates, losses, **style)
        lines = np.asarray(self.surface_.levels)[::2]
        ax.contour(self.surface_, levels=lines, colors="w", linewidths=0.5, alpha=0.5)
        self.figure_.colorbar(self.surface_, ax=ax, label="objective", ticks=MaxNLocator(8))
        self.path_ = None
        if self.path is not None:
            (self.path_,) = ax.plot(
                *self.path.T, ".-", color=PALETTE[1], markersize=5, linewidth=1.2, label="training"
            )
        ax.plot(
            0, 0, "*", color=PALETTE[1], markeredgecolor="w", markersize=14, label="this network"
        )
        ax.set(
            xlabel=self.names[0],
            ylabel=self.names[1],
            xlim=self.abscissae[[0, -1]],
            ylim=self.ordinates[[0, -1]],
        )
        ax.legend()
        return self


def _trained_groups(network: BaseMLP) -> Groups:
    """The arrays that are trained, by group: no running statistics of batch normalisation."""
    layout = network._architecture.layout
    trained = {parameter.name for parameter in layout.parameters if parameter.trainable}
    groups = published_parameters(network, layout).items()
    return {name: list(arrays) for name, arrays in groups if name in trained}


def _trained(network: BaseMLP) -> Array:
    """All that is trained, as one vector of float64."""
    groups = _trained_groups(network).values()
    return np.concatenate([part.ravel() for group in groups for part in group], dtype=np.float64)


def _displacements(path: Sequence[Estimator], centre: Array) -> Array:
    """Where each network of the path lies from the centre, (n_snapshots, n_parameters)."""
    vectors = [_trained(network_of(estimator)[0]) for estimator in path]
    if any(vector.shape != centre.shape for vector in vectors):
        raise ValueError("path must have networks of the same shape as estimator.")
    return np.array(vectors) - centre


def _principal_directions(walked: Array | None) -> tuple[Array, tuple[str, str]]:
    """The first two principal directions, (2, n_parameters), and what to call them."""
    if walked is None or len(walked) < 3:
        raise ValueError("directions='pca' needs a path of at least three networks.")
    _, lengths, basis = np.linalg.svd(walked, full_matrices=False)
    shares = lengths[:2] ** 2 / max(np.sum(lengths**2), np.finfo(float).tiny)
    names = [f"direction {i}, {share:.0%} of the path" for i, share in enumerate(shares, start=1)]
    return basis[:2], (names[0], names[1])


def _random_directions(network: BaseMLP, random_state: RandomState) -> Array:
    """Two random directions, scaled unit by unit, (2, n_parameters)."""
    rng = np.random.default_rng(random_state)
    basis = np.zeros((2, _trained(network).size))
    for direction in basis:
        start = 0
        for weight in network.coefs_:
            drawn = rng.standard_normal(weight.shape)
            drawn *= np.linalg.norm(weight, axis=0) / np.linalg.norm(drawn, axis=0)
            direction[start : start + weight.size] = drawn.ravel()
            start += weight.size
    return basis


def _sides(projected: Array | None, grid_resolution: int) -> Sequence[Array] | Array:
    """The sides of the grid: around the path, or from -1 to 1."""
    if projected is None:
        return [np.linspace(-1, 1, grid_resolution)] * 2
    points = np.vstack([projected, [0, 0]])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.25 * max((high - low).max(), np.finfo(float).eps)
    return np.linspace(low - margin, high + margin, grid_resolution).T


def _evaluator(network: BaseMLP, X: MatrixLike, y: MatrixLike | None) -> Callable[[Array], float]:
    """A function that evaluates the network's objective at a vector of parameters.

    It does so by training: a step of full-batch gradient descent reports the objective of the
    weights that it starts from, with all of its penalties, for every loss there is.
    """
    X = check_array(X, accept_sparse="csr", dtype=(np.float64, np.float32))
    probe = without_callbacks(clone(network)).set_params(**_one_step(network, X.shape[0]))
    _fit(probe, X, y)
    groups = _trained_groups(network)
    ends = np.cumsum([part.size for group in groups.values() for part in group])[:-1]

    def evaluate(vector: Array) -> float:
        parts = iter(np.split(vector, ends))
        moved = {
            name: [next(parts).reshape(like.shape) for like in group]
            for name, group in groups.items()
        }
        set_parameters(probe, moved)
        # Nothing but these weights is to count.
        probe.drop_training_state()
        try:
            _fit(probe, X, y)
        except ValueError:  # it diverged
            return np.nan
        if probe.n_iter_ == 0:  # fit takes note of Ctrl-C, and ends
            raise KeyboardInterrupt
        return float(probe.loss_)

    return evaluate


def _one_step(network: BaseMLP, n_samples: int) -> dict[str, Any]:
    """Hyperparameters that make ``fit`` take one step, and change nothing in the objective."""
    defaults = type(network)().get_params()
    of_other_solvers = unused_by("sgd", type(network)).intersection(defaults)
    return {name: defaults[name] for name in of_other_solvers} | {
        "solver": "sgd",
        "batch_size": n_samples,
        "learning_rate": "constant",
        "warmup_epochs": 0,
        "shuffle": False,
        "max_iter": 1,
        "warm_start": True,
        "early_stopping": False,
        "dropout": 0.0,
        "input_dropout": 0.0,
        "max_norm": None,
        "clip_norm": None,
        "verbose": False,
        "random_state": 0,
    }


def _fit(probe: BaseMLP, X: Matrix, y: MatrixLike | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # one step is no training
        probe.fit(X, y)
