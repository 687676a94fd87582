"""The hyperparameters that the networks share."""

from __future__ import annotations

import math
from numbers import Integral, Real

from sklearn.metrics import get_scorer_names

from ._compat import HasMethods, Interval, Options, StrOptions
from ._core.activations import HIDDEN_ACTIVATIONS
from ._core.initializers import INITIALIZERS
from ._core.optimizers import OPTIMIZERS
from ._core.penalties import NORM_CONSTRAINTS
from ._core.schedules import SCHEDULES

CONSTRAINTS: dict = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [
        StrOptions(set(HIDDEN_ACTIVATIONS)),
        HasMethods(["forward", "backward"]),
        "array-like",
    ],
    "solver": [StrOptions({*OPTIMIZERS, "lbfgs"})],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "l1_ratio": [Interval(Real, 0, 1, closed="both")],
    "weight_decay": [Interval(Real, 0, None, closed="left"), None],
    "batch_norm": ["boolean"],
    "max_norm": [Interval(Real, 0, None, closed="neither"), None],
    "max_norm_order": [Options(Integral, set(NORM_CONSTRAINTS))],
    "weight_init": [StrOptions(set(INITIALIZERS))],
    "clip_norm": [Interval(Real, 0, None, closed="neither"), None],
    "scoring": [StrOptions({"loss", *get_scorer_names()}), callable, None],
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
    "input_dropout": [Interval(Real, 0, 1, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions(set(SCHEDULES)), callable],
    "learning_rate_decay": [Interval(Real, 0, 1, closed="right")],
    "learning_rate_step": [Interval(Integral, 1, None, closed="left")],
    "learning_rate_min": [Interval(Real, 0, None, closed="left")],
    "schedule_epochs": [Interval(Integral, 1, None, closed="left"), None],
    "warmup_epochs": [Interval(Integral, 0, None, closed="left")],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left"), None],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [
        Interval(Integral, 1, None, closed="left"),
        Options(Real, {math.inf}),
    ],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "dtype": [StrOptions({"float32", "float64"}), None],
}
