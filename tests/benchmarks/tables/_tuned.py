"""Contestants that choose their settings in a given time, on rows held out of the training rows."""

import math
import time

import numpy as np
from _peers import Piped
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor

from tables_dev import Ours, Trees, error

__all__ = ["SECONDS", "TUNED"]

SECONDS = 10  # of processor time, for the search; the last fit comes after it


class Tuned:
    """The best of as many random settings as fit into the time, the defaults among them.

    ``final`` makes what is fitted to all rows in the end, if it is not ``make``.
    """

    def __init__(self, make, draw, final=None):
        self.make, self.draw, self.final = make, draw, final or make

    def fit(self, X, y, seed):
        rng = np.random.default_rng(seed)
        classes = None if y.dtype.kind == "f" else np.unique(y)
        rows = np.arange(len(X))
        labels = None if classes is None or y.value_counts().min() < 2 else y
        train, held_out = train_test_split(rows, test_size=0.25, random_state=seed, stratify=labels)
        start, best = time.process_time(), None
        self.n_trials = 0
        while best is None or time.process_time() - start < SECONDS:
            settings = self.draw(rng) if self.n_trials else {}
            self.n_trials += 1
            model = self.make(settings).fit(X.iloc[train], y.iloc[train], seed)
            if classes is not None and not np.isin(y.iloc[held_out], y.iloc[train]).all():
                held_out = held_out[np.isin(y.iloc[held_out], y.iloc[train])]
            known = None if classes is None else np.unique(y.iloc[train])
            loss = error(y.iloc[held_out], model.predict(X.iloc[held_out]), known)
            if best is None or loss < best[0]:
                best = loss, settings
        self.settings = best[1]
        self.model = self.final(self.settings).fit(X, y, seed)
        return self

    def predict(self, X):
        return self.model.predict(X)


def _log(rng, low, high):
    return float(np.exp(rng.uniform(math.log(low), math.log(high))))


def _network(rng):
    """What the docstrings of the estimators call usual values."""
    return {
        "hidden_layer_sizes": (int(rng.choice([64, 128, 256])),) * int(rng.integers(1, 5)),
        "learning_rate_init": _log(rng, 5e-4, 1e-2),
        "dropout": float(rng.choice([0.0, 0.1, 0.2, 0.3])),
        "batch_size": int(rng.choice([64, 128, 256])),
        "max_iter": int(rng.choice([40, 80, 120])),
        "n_bins": [None, 16, 32, 48][rng.integers(4)],
    }


def _histogram(rng):
    return {
        "learning_rate": _log(rng, 0.01, 0.3),
        "max_iter": int(_log(rng, 50, 500)),
        "max_leaf_nodes": int(_log(rng, 4, 64)),
        "min_samples_leaf": int(_log(rng, 5, 100)),
        "l2_regularization": _log(rng, 1e-3, 10),
    }


def _lightgbm(rng):
    return {
        "learning_rate": _log(rng, 0.01, 0.3),
        "n_estimators": int(_log(rng, 50, 500)),
        "num_leaves": int(_log(rng, 4, 64)),
        "min_child_samples": int(_log(rng, 5, 100)),
        "reg_lambda": _log(rng, 1e-3, 10),
        "colsample_bytree": float(rng.uniform(0.4, 1)),
    }


def _catboost(rng):
    return {
        "learning_rate": _log(rng, 0.01, 0.3),
        "iterations": int(_log(rng, 100, 1000)),
        "depth": int(rng.integers(3, 9)),
        "l2_leaf_reg": _log(rng, 1, 10),
    }


def _sklearn_network(rng):
    return {
        "hidden_layer_sizes": (int(_log(rng, 20, 200)),) * int(rng.integers(1, 4)),
        "learning_rate_init": _log(rng, 3e-4, 3e-2),
        "alpha": _log(rng, 1e-5, 10),
        "batch_size": int(rng.choice([32, 64, 128, 200])),
    }


def _piped(settings):
    given = {"early_stopping": True, **settings}
    return Piped(
        lambda seed: MLPClassifier(**given, random_state=seed),
        lambda seed: MLPRegressor(**given, random_state=seed),
    )


TUNED = {
    "one network, tuned": lambda: Tuned(lambda settings: Ours(**settings), _network),
    "five folds, tuned": lambda: Tuned(
        lambda settings: Ours(**settings),
        _network,
        lambda settings: Ours(n_estimators=5, **settings),
    ),
    "scikit-learn's MLP, tuned": lambda: Tuned(_piped, _sklearn_network),
    "HistGradientBoosting, tuned": lambda: Tuned(
        lambda settings: Trees("HistGradientBoosting", **settings), _histogram
    ),
    "LightGBM, tuned": lambda: Tuned(lambda settings: Trees("LightGBM", **settings), _lightgbm),
    "CatBoost, tuned": lambda: Tuned(lambda settings: Trees("CatBoost", **settings), _catboost),
}
