"""Search spaces: layer sizes as one value, ready-made spaces, and the same spaces in Optuna."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from scipy.stats import loguniform
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from .._autoencoder import MLPAutoencoder
from .._base import BaseMLP
from .._build import SOLVERS
from .._compat import validate_parameters
from ._cached import CachedEstimator

SHAPES = ("constant", "halving")

# What Optuna stores as a choice. Anything else is stored by its text.
STORED = (type(None), bool, int, float, str)

# What a repr has of a function, and of an object without a repr of its own.
ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


@dataclass(frozen=True)
class LayerSizes:
    r"""Distribution of ``hidden_layer_sizes``: depth and width of a network as one value.

    Use this distribution in ``RandomizedSearchCV`` and ``HalvingRandomSearchCV``, which draw tuples
    from it. :meth:`grid` returns a list of tuples for ``GridSearchCV`` and
    ``HalvingGridSearchCV``, and :meth:`suggest` draws a tuple in a trial of Optuna.

    The number of layers :math:`d` is uniform over the integers of ``n_layers``. The width of the
    first layer is log-uniform over the integers of ``n_units``, and independent of :math:`d`: a
    number :math:`u` is drawn uniformly from :math:`[\log(a - 1/2), \log(b + 1/2)]`, and the width
    is :math:`e^u`, rounded. Optuna draws integers with ``log=True`` in the same way.

    Parameters
    ----------
    n_layers : int or tuple of int, default=(1, 2)
        Number of hidden layers: one number, or the smallest and the largest number. At least 1.

    n_units : int or tuple of int, default=(20, 200)
        Number of units of the first hidden layer: one number, or the smallest number :math:`a` and
        the largest number :math:`b`. At least 1.

    shape : {'constant', 'halving'}, default='constant'
        Widths of the later layers. 'constant' gives all layers the same number of units. 'halving'
        gives each layer half the units of the layer before, rounded up.

    Raises
    ------
    TypeError
        If ``n_layers`` or ``n_units`` is not an int or a pair of ints.
    ValueError
        If a number is less than 1, the first of a pair is greater than the second, or ``shape`` is
        unknown.

    See Also
    --------
    search_space : A whole search space for an estimator.

    Examples
    --------
    >>> from skperceptron.model_selection import LayerSizes
    >>> sizes = LayerSizes(n_layers=(1, 3), n_units=(16, 256))
    >>> sizes.rvs(3, random_state=0)
    [(82,), (84,), (89, 89)]
    >>> LayerSizes(n_layers=(1, 2), n_units=(16, 64), shape="halving").grid(2)
    [(16,), (64,), (16, 8), (64, 32)]
    """

    n_layers: int | tuple[int, int] = (1, 2)
    n_units: int | tuple[int, int] = (20, 200)
    shape: str = "constant"

    def __post_init__(self) -> None:
        for name in ("n_layers", "n_units"):
            object.__setattr__(self, name, _range(getattr(self, name), name))
        if self.shape not in SHAPES:
            raise ValueError(f"shape must be one of {list(SHAPES)}, got {self.shape!r}.")

    @property
    def _depths(self) -> tuple[int, int]:
        return self.n_layers  # type: ignore[return-value]  # a pair from __post_init__ on

    @property
    def _widths(self) -> tuple[int, int]:
        return self.n_units  # type: ignore[return-value]  # a pair from __post_init__ on

    def _sizes(self, n_layers: int, n_units: int) -> tuple[int, ...]:
        if self.shape == "halving":
            return tuple(-(-n_units // 2**layer) for layer in range(n_layers))
        return (n_units,) * n_layers

    def rvs(
        self,
        size: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> tuple[int, ...] | list[tuple[int, ...]]:
        """Draw tuples; called by the searches of scikit-learn.

        Parameters
        ----------
        size : int or None, default=None
            Number of tuples. None draws one tuple, not in a list.

        random_state : int, RandomState instance or None, default=None
            Source of the draws. An int gives the same tuples each time.

        Returns
        -------
        tuple of int, or list of tuple of int
            Number of units of each hidden layer.

        Examples
        --------
        >>> from skperceptron.model_selection import LayerSizes
        >>> LayerSizes().rvs(random_state=0)
        (78,)
        """
        stream = check_random_state(random_state)
        drawn = [self._draw(stream) for _ in range(1 if size is None else size)]
        return drawn[0] if size is None else drawn

    def _draw(self, stream: np.random.RandomState) -> tuple[int, ...]:
        (least, most), (narrowest, widest) = self._depths, self._widths
        n_layers = int(stream.randint(least, most + 1))
        width = math.exp(stream.uniform(math.log(narrowest - 0.5), math.log(widest + 0.5)))
        return self._sizes(n_layers, min(max(round(width), narrowest), widest))

    def grid(self, n_widths: int = 3) -> list[tuple[int, ...]]:
        """Return tuples of every depth, for searches that take lists.

        Parameters
        ----------
        n_widths : int, default=3
            Number of widths of the first layer. They are evenly spaced on a logarithmic scale from
            the smallest to the largest, and rounded. 1 gives their geometric mean.

        Returns
        -------
        list of tuple of int
            Number of units of each hidden layer, sorted by depth and width, without repetitions.

        Raises
        ------
        ValueError
            If ``n_widths`` is not an int of at least 1.

        Examples
        --------
        >>> from skperceptron.model_selection import LayerSizes
        >>> LayerSizes(n_layers=(1, 2), n_units=(10, 1000)).grid(3)
        [(10,), (100,), (1000,), (10, 10), (100, 100), (1000, 1000)]
        """
        if not (isinstance(n_widths, Integral) and n_widths >= 1):
            raise ValueError(f"n_widths must be an int of at least 1, got {n_widths!r}.")
        (least, most), (narrowest, widest) = self._depths, self._widths
        exponents = np.linspace(0, 1, int(n_widths)) if n_widths > 1 else [0.5]
        widths = sorted({round(narrowest * (widest / narrowest) ** e) for e in exponents})
        return [self._sizes(n, width) for n in range(least, most + 1) for width in widths]

    def suggest(self, trial: Any, name: str = "hidden_layer_sizes") -> tuple[int, ...]:
        """Draw a tuple in a trial of Optuna.

        Parameters
        ----------
        trial : optuna.trial.Trial
            The trial. A finished trial, such as ``study.best_trial``, gives its own tuple again.

        name : str, default='hidden_layer_sizes'
            Name of the hyperparameter. The trial has two parameters, '<name>.n_layers' and
            '<name>.n_units', so that Optuna's samplers know that depth and width are ordered.

        Returns
        -------
        tuple of int
            Number of units of each hidden layer.

        Examples
        --------
        Any object with the method ``suggest_int`` of a trial will do:

        >>> from skperceptron.model_selection import LayerSizes
        >>> class Smallest:
        ...     def suggest_int(self, name, low, high, log=False):
        ...         return low
        >>> LayerSizes(n_layers=(2, 3), n_units=(16, 64)).suggest(Smallest())
        (16, 16)
        """
        n_layers = trial.suggest_int(f"{name}.n_layers", *self._depths)
        n_units = trial.suggest_int(f"{name}.n_units", *self._widths, log=True)
        return self._sizes(n_layers, n_units)


def _range(given: Any, name: str) -> tuple[int, int]:
    """The least and the greatest number that a user wants."""
    pair = (given, given) if isinstance(given, Integral) else given
    is_pair = isinstance(pair, Sequence) and not isinstance(pair, str) and len(pair) == 2
    if not (is_pair and all(isinstance(n, Integral) for n in pair)):
        raise TypeError(f"{name} must be an int or a pair of ints, got {given!r}.")
    low, high = int(pair[0]), int(pair[1])
    if not 1 <= low <= high:
        raise ValueError(f"{name} must be at least 1, and the smaller number first, got {given!r}.")
    return low, high


def search_space(estimator: Any) -> dict[str, Any]:
    """Return a search space for a network: distributions by the names of hyperparameters.

    Use the dict as ``param_distributions`` of ``RandomizedSearchCV`` or ``HalvingRandomSearchCV``,
    or pass it to :func:`suggest` in a trial of Optuna. Change the dict as you like before.

    The space has the three hyperparameters that matter most, in the ranges of the guide:

    - ``hidden_layer_sizes``: ``LayerSizes(n_layers=(1, 2), n_units=(20, 200))``. An autoencoder has
      no entry, since its score rises with the width of its code;
    - ``learning_rate_init``: log-uniform from 1e-3 to 3e-2. The range is ten times as high for
      'sgd', and a fifth of it for 'lion'. 'lbfgs' has no learning rate;
    - ``alpha``: log-uniform from 1e-3 to 10 for batches of 200 rows, and proportional to the size
      of the batches. 'auto' counts as 200, and 'lbfgs', whose batch is all rows, has the range of
      batches of 200 rows: multiply it by the number of rows and divide it by 200.

    Parameters
    ----------
    estimator : estimator
        `MLPClassifier`, `MLPRegressor` or `MLPAutoencoder`, or a pipeline, a
        ``TransformedTargetRegressor`` or a :class:`CachedEstimator` around one. It need not be
        fitted, and does not change.

    Returns
    -------
    dict of str to distribution
        One distribution for each hyperparameter. The names have the prefixes that ``set_params`` of
        ``estimator`` takes, such as 'mlpclassifier__alpha'.

    Raises
    ------
    TypeError
        If there is no network of these classes in ``estimator``.
    ValueError
        If a hyperparameter of the network is out of its range.

    See Also
    --------
    suggest : Draws hyperparameters from a space in a trial of Optuna.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.model_selection import search_space
    >>> model = make_pipeline(StandardScaler(), MLPClassifier())
    >>> for name in search_space(model):
    ...     print(name)
    mlpclassifier__hidden_layer_sizes
    mlpclassifier__learning_rate_init
    mlpclassifier__alpha
    """
    prefix, network = _network_in(estimator)
    validate_parameters(network)
    space: dict[str, Any] = {}
    if not isinstance(network, MLPAutoencoder):
        space["hidden_layer_sizes"] = LayerSizes()
    if "partial_fit" in SOLVERS[network.solver].supports:
        factor = {"sgd": 10, "lion": 0.2}.get(network.solver, 1)
        space["learning_rate_init"] = loguniform(1e-3 * factor, 3e-2 * factor)
    in_batches = network.solver != "lbfgs" and network.batch_size != "auto"
    share = network.batch_size / 200 if in_batches else 1
    space["alpha"] = loguniform(1e-3 * share, 10 * share)
    return {prefix + name: distribution for name, distribution in space.items()}


def _network_in(estimator: Any) -> tuple[str, BaseMLP]:
    """A network, and what the names of its hyperparameters begin with."""
    prefix, inner = "", estimator
    while not isinstance(inner, BaseMLP):
        if isinstance(inner, Pipeline):
            name, inner = inner.steps[-1]
        elif isinstance(inner, CachedEstimator):
            name, inner = "estimator", inner.estimator
        elif isinstance(inner, TransformedTargetRegressor):
            name, inner = "regressor", inner.regressor
        else:
            raise TypeError(
                "estimator must be an MLPClassifier, MLPRegressor or MLPAutoencoder, or a "
                "pipeline, a TransformedTargetRegressor or a CachedEstimator around one; got "
                f"{type(estimator).__name__}. The estimators of tables are tuned by their effort."
            )
        prefix += f"{name}__"
    return prefix, inner


def suggest(trial: Any, space: Mapping[str, Any]) -> dict[str, Any]:
    """Draw hyperparameters from a search space in a trial of Optuna.

    The same space then serves scikit-learn's searches and Optuna. Call this function in the
    objective, and set what it returns on the estimator:
    ``model.set_params(**suggest(trial, space))``. With ``study.best_trial`` in place of the trial,
    it returns the best hyperparameters.

    Parameters
    ----------
    trial : optuna.trial.Trial
        The trial, running or finished.

    space : dict of str to distribution
        Distributions by the names of hyperparameters. Each is one of these:

        - :class:`LayerSizes`, or any object with a method ``suggest(trial, name)``;
        - ``scipy.stats.loguniform(a, b)``, ``uniform(loc, scale)`` or ``randint(low, high)``, drawn
          by ``suggest_float`` with and without ``log``, and by ``suggest_int``;
        - a list of values, drawn by ``suggest_categorical``. Values that Optuna does not store,
          such as tuples, are stored by their ``repr``.

    Returns
    -------
    dict of str to object
        One value for each name.

    Raises
    ------
    TypeError
        If ``space`` is not a dict, or a distribution is none of these. The message names the
        hyperparameter.
    ValueError
        If a list is empty, or two of its values have the same ``repr``.

    See Also
    --------
    search_space : A search space for an estimator.
    skperceptron.callbacks.OptunaPruning : Ends trials that are not promising.

    Examples
    --------
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.model_selection import search_space, suggest
    >>> space = search_space(MLPClassifier())
    >>> def objective(trial):
    ...     network = MLPClassifier(max_iter=40, random_state=0)
    ...     network.set_params(**suggest(trial, space))
    ...     return network.fit(X_train, y_train).score(X_val, y_val)
    """
    if not isinstance(space, Mapping):
        raise TypeError(
            "space must be a dict of distributions by the names of hyperparameters, got "
            f"{type(space).__name__}."
        )
    return {name: _suggest_one(trial, name, values) for name, values in space.items()}


def _suggest_one(trial: Any, name: str, values: Any) -> Any:
    if hasattr(values, "suggest") and not isinstance(values, type):
        return values.suggest(trial, name)
    if isinstance(values, (Sequence, np.ndarray)) and not isinstance(values, str):
        return _suggest_choice(trial, name, list(values))
    kind = getattr(getattr(values, "dist", None), "name", None)  # of a distribution of SciPy
    if kind == "randint":
        low, high = values.support()
        return trial.suggest_int(name, int(low), int(high))
    if kind in ("uniform", "loguniform", "reciprocal"):
        low, high = map(float, values.support())
        log = kind != "uniform"
        # With loc or scale the logarithm is no longer uniform between the ends.
        if not log or math.isclose(values.median() ** 2, low * high, rel_tol=1e-6):
            return trial.suggest_float(name, low, high, log=log)
    raise TypeError(
        f"space[{name!r}] must be LayerSizes, a list, or scipy.stats.loguniform, uniform or "
        f"randint, got {values!r}. For other distributions call the trial's own methods."
    )


def _suggest_choice(trial: Any, name: str, values: list[Any]) -> Any:
    if not values:
        raise ValueError(f"space[{name!r}] is an empty list.")
    texts = [repr(value) for value in values]
    # Optuna finds a stored choice again by `==`, by which 1, 1.0 and True are one choice.
    if all(type(value) in STORED for value in values) and len(set(values)) == len(set(texts)):
        return trial.suggest_categorical(name, values)
    if len(set(texts)) < len(values):
        raise ValueError(f"space[{name!r}] has values with the same repr: {values!r}.")
    # Another run, which continues the study, has the objects at other addresses.
    same_in_each_run = [ADDRESS.sub("", text) for text in texts]
    if len(set(same_in_each_run)) == len(values):
        texts = same_in_each_run
    by_text = dict(zip(texts, values, strict=True))
    return by_text[trial.suggest_categorical(name, list(by_text))]
