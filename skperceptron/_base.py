"""The one path of fit and partial_fit: validate → build → run epochs → publish."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from . import _build
from ._architecture import (
    Architecture,
    LayerSpec,
    activations,
    architecture,
    dense_specs,
    hidden_layer_sizes,
    n_frozen_layers,
)
from ._blas_threads import with_few_threads
from ._callback_runner import CallbackData, callback_runner
from ._compat import (
    CallbackSupport,
    Diagram,
    Persistent,
    managing_callbacks,
    without_callbacks,
)
from ._core.training import TrainingState
from ._core.types import Array
from ._held_out import check_scoring_works, choose_rows
from ._memory import check_memory, memory_error_context
from ._messages import INTERRUPTED, warn
from ._parameters import defaults_of
from ._predict import hidden_activations, predict
from ._publish import CURVES, FitRun, fitted_so_far, publish
from ._restored import restored_on_error
from ._run import run_epochs
from ._start import as_fitted, is_given, start_of
from ._summary import Layer, Summary, html, layers, layers_before_fit
from ._targets import Targets, check_total_weight
from ._tasks import Task
from ._transfer import shown_init
from ._types import MatrixLike
from ._validation import check_parameters, validate_held_out_data, validate_training_data


class BaseMLP(CallbackSupport, Diagram, Persistent, BaseEstimator, ABC):
    """What the networks share: the order in which a call of fit goes, and what can be asked then.

    A subclass is a signature, ``_task`` and methods with docstrings of their own.
    """

    init: Any  # hyperparameter
    coefs_: list[Array]
    intercepts_: list[Array]
    n_features_in_: int
    feature_names_in_: Array
    n_layers_: int
    n_outputs_: int
    out_activation_: str
    n_iter_: int
    t_: int
    loss_: float | None
    best_loss_: float | None
    best_validation_score_: float | None
    loss_curve_: list[float]
    learning_rate_curve_: list[float]
    validation_loss_curve_: list[float]
    validation_scores_: list[float]
    _architecture: Architecture
    _targets: Any  # Targets, of the kind that the task has chosen
    _training_state: TrainingState | None

    @abstractmethod
    def _task(self) -> Task:
        """What is learnt, by the hyperparameters as they are now."""

    def _fit(self, *args: Any, **kwargs: Any) -> Self:
        # NumPy need not warn: what is not finite is found, and reported as what it is.
        with restored_on_error(self), np.errstate(all="ignore"):
            self._fit_before_callbacks(*args, **kwargs)
        return self

    @managing_callbacks
    def _fit_before_callbacks(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        incremental: bool = False,
        classes: Any = None,
    ) -> None:
        task = self._task()
        check_parameters(self, task, incremental=incremental)
        solver = _build.solver(self)
        start = start_of(self, incremental=incremental)
        classes = task.known_classes(classes) if start.takes_classes else classes
        data = validate_training_data(
            self, task, X, y, sample_weight, dtype=start.dtype, reset=not start.resumes
        )
        targets, data = task.choose_targets(data, classes, start.targets, incremental=incremental)
        for name, value in task.attributes(targets).items():
            if not (start.resumes and hasattr(self, name)):  # what the user has edited stays
                setattr(self, name, value)
        check_total_weight(data.sample_weight, "sample_weight")
        given = validate_held_out_data(
            self, task, X_val, y_val, sample_weight_val, dtype=data.X.dtype, targets=targets
        )
        architecture = self._wanted_architecture(data.X, task, targets)
        start.prepare(architecture, targets, data)
        check_memory(self, solver, architecture, data.X.shape[0])
        with memory_error_context(self, solver, architecture, data.X.shape[0]):
            state = start.state(architecture, solver, data.sample_weight)
        rows, held_out = choose_rows(self, task, solver, data, given, targets, state)
        run = FitRun(
            task,
            solver,
            data,
            rows,
            held_out,
            targets,
            architecture,
            state,
            resumes=start.resumes,
            drawn=start.drawn,
            incremental=incremental,
            max_epochs=1 if incremental else self.max_iter,
            n_epochs_before=state.n_epochs,
        )
        check_scoring_works(self, run)
        shown = data  # to callbacks, which may ask for predictions by names of columns
        if hasattr(self, "feature_names_in_"):
            shown = data._replace(X=X)
            given = given and given._replace(X=X_val)
        callbacks = callback_runner(
            self,
            CallbackData(shown, rows, given),
            partial(fitted_so_far, self, run),
            task="partial_fit" if incremental else "fit",
            step=solver.step_name,
            n_steps=run.max_epochs,
        )
        with memory_error_context(self, solver, architecture, data.X.shape[0]):
            work = partial(run_epochs, self, run, callbacks.listeners)
            with_few_threads(work, run.largest_product, scipy=solver.uses_scipy)
        publish(self, run)
        try:
            callbacks.close()
        except KeyboardInterrupt:
            warn(INTERRUPTED)

    def _wanted_architecture(self, X: Any, task: Task, targets: Targets) -> Architecture:
        """What the network is to be on these data."""
        output_activation, n_features = task.output_activation(targets), X.shape[1]
        n_scores = targets.n_outputs * _build.scores_per_output(task.loss(output_activation))
        specs = self._layer_specs(n_features, n_scores)
        n_frozen = n_frozen_layers(self, len(specs) - 1)
        return architecture(specs, n_features, n_scores, output_activation, X.dtype, n_frozen)

    def _layer_specs(self, n_features: int, n_scores: int) -> tuple[LayerSpec, ...]:
        """The hidden layers and the output layer, as the hyperparameters ask for.

        The one hook for networks of other layers. It is called before there are data too, with any
        numbers, so it checks hyperparameters only.
        """
        units = (n_features, *hidden_layer_sizes(self), n_scores)
        return dense_specs(units, self._activations(), batch_norm=self.batch_norm)

    def _activations(self) -> tuple[Any, ...]:
        """Activation of each hidden layer."""
        return activations(self)

    @property
    def _n_encoding_layers(self) -> int:
        """How many hidden layers another network takes over that starts from this one."""
        return self._architecture.n_hidden

    def _as_fitted(self) -> Self:
        """The estimator if it is fitted, else a copy that has taken over the weights set on it."""
        if hasattr(self, "_architecture"):
            return self
        fitted: Self = as_fitted(self)
        return fitted

    def drop_training_state(self) -> Self:
        """Drop what only further training needs, to make the pickle small before deployment.

        Predictions stay the same, and a pickle holds little more than the weights. The curves,
        which grow with the number of epochs, become empty, and callbacks are removed. The other
        attributes keep their values. A later warm start or ``partial_fit`` continues from the
        weights with a new optimizer state, and starts the curves and ``t_`` anew.

        Returns
        -------
        self : object
            The estimator.
        """
        check_is_fitted(self)
        self._training_state = None
        without_callbacks(self)
        for attribute in CURVES:
            if getattr(self, attribute, None) is not None:
                setattr(self, attribute, [])
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_architecture") or is_given(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Pickles of earlier versions lack the hyperparameters that came later.
        super().__setstate__(defaults_of(type(self)) | state)

    def __sklearn_clone__(self) -> Self:
        if not hasattr(self.init, "get_params"):
            cloned: Self = super().__sklearn_clone__()
            return cloned
        # A fitted network, which is to stay fitted.
        without = copy.copy(self)
        without.init = None
        cloned = without.__sklearn_clone__()
        cloned.init = self.init
        return cloned

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the hyperparameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether to return the parameters of objects among the hyperparameters too, as
            ``name__parameter``. Those of the network in ``init`` are not returned: only its weights
            are used.

        Returns
        -------
        dict
            Hyperparameters by name.
        """
        params: dict[str, Any] = super().get_params(deep=False)
        if not deep:
            return params
        inner = {
            f"{name}__{key}": inner_value
            for name, value in params.items()
            if name != "init" and hasattr(value, "get_params") and not isinstance(value, type)
            for key, inner_value in value.get_params().items()
        }
        return params | inner

    def set_params(self, **params: Any) -> Self:
        """Set hyperparameters.

        Parameters
        ----------
        **params : dict
            Hyperparameters by name. Those of the network in ``init`` can't be set, because all
            clones share that network.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If a name is not that of a hyperparameter.
        """
        of_init = [name for name in params if name.startswith("init__")]
        if of_init:
            raise ValueError(
                f"{of_init[0]} can't be set: the network in init is used for its weights only, and "
                "all clones share it. Fit a network with other hyperparameters, and pass it as "
                "init."
            )
        super().set_params(**params)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def hidden_activations(self, X: MatrixLike, layer: int = -1) -> Array:
        """Compute the outputs of a hidden layer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        layer : int, default=-1
            Index of the hidden layer, counted from the inputs or, if negative, from the output.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            Outputs of the units, computed as in prediction: without dropout, and with the running
            statistics of batch normalisation.

        Raises
        ------
        ValueError
            If the network has no hidden layer with this index.
        TypeError
            If ``layer`` is not an integer.
        """
        estimator = self._as_fitted()
        n_hidden = estimator._architecture.n_hidden
        if not isinstance(layer, Integral):
            raise TypeError(f"layer must be an int, got {layer!r}.")
        if not -n_hidden <= layer < n_hidden:
            raise ValueError(f"layer={layer} is not one of the {n_hidden} hidden layers.")
        outputs: Array = hidden_activations(estimator, X, layer % n_hidden)
        return outputs

    def summary(self) -> Summary:
        """Return a table of the layers, with their units and their numbers of parameters.

        Before ``fit``, the table has the layers that the hyperparameters ask for.

        Returns
        -------
        str
            One line for each layer, from the inputs to the output. Trained parameters are counted,
            those of frozen layers too: batch normalisation adds two for each hidden unit. Notebooks
            show the summary as an HTML table, with the shapes of the weights.
        """
        return Summary(self._as_fitted()._layers())

    def _layers(self) -> list[Layer]:
        """The lines of the table, of a fitted network or of one that is to be."""
        if self.__sklearn_is_fitted__():
            architecture = self._as_fitted()._architecture
            return layers(architecture.specs, architecture.output_activation)
        return layers_before_fit(self._layer_specs)

    def _shown(self) -> Diagram:
        init = shown_init(self.init)
        if init is self.init:
            return self
        shown = copy.copy(self)
        shown.init = init
        return shown

    def _below_diagram(self) -> str:
        try:
            return html(self._layers())
        except Exception:  # hyperparameters that fit will refuse, whatever they raise
            return ""

    def _predict(self, X: MatrixLike, read: Callable[[Any, Array], Any]) -> Any:
        """What ``read`` makes of the raw scores, (n, n_outputs), of the published weights."""
        return predict(self._as_fitted(), X, read)


def has_epochs(estimator: Any) -> bool:
    """Whether partial_fit is there: raise AttributeError with the reason if not."""
    name = estimator.solver
    known = isinstance(name, str) and name in _build.SOLVERS
    if known and "partial_fit" not in _build.SOLVERS[name].supports:
        raise AttributeError(
            f"partial_fit is only available for stochastic optimizers. {name} is not stochastic."
        )
    return True
