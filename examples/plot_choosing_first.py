"""
Which hyperparameters to tune first
===================================

From one setting that works, each hyperparameter is moved alone, on small data of two kinds: digits
(500 training rows) and the progression of diabetes (331 training rows). A dot is a value, and how
far to the right it is says how much it changes the held-out score on average over five splits, each
with starting weights of its own. The line through it is one standard error of that change, and an
arrow is beyond the edge. What changes most, up or down, is named. What spreads far is worth tuning;
what stays near 0 is not.
"""

import warnings
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier, MLPRegressor

# All run for at most as many epochs, enough or not.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

N_SPLITS = 5
BASE: dict[str, Any] = {
    "hidden_layer_sizes": (50,),
    "learning_rate_init": 0.01,
    "batch_size": 50,
    "max_iter": 40,
}
VALUES: dict[str, list[Any]] = {
    "learning_rate_init": [1e-4, 1e-3, 3e-3, 0.03, 0.1, 0.3],
    "hidden_layer_sizes": [(5,), (20,), (200,), (50, 50), (50, 50, 50)],
    "dropout": [0.2, 0.5],
    "alpha": [0.0, 0.1, 1.0, 10.0],
    "batch_size": [10, 25, 100, 200],
    "activation": ["tanh", "logistic", "silu"],
    "batch_norm": [True],
    "early_stopping": [True],
    "max_norm": [1.0, 3.0],
    "learning_rate": ["cosine", "exponential"],
    "solver": ["rmsprop", "nadam", "adamw"],
    "weight_init": ["he_uniform", "orthogonal"],
    "beta_1": [0.8, 0.95],
    "beta_2": [0.99, 0.9999],
    "epsilon": [1e-10, 1e-6],
}
digits, labels = load_digits(return_X_y=True)
diabetes, progression = load_diabetes(return_X_y=True)


def accuracy(seed, **changes):
    """Of a network on the digits that it was not trained on."""
    X_train, X_test, y_train, y_test = train_test_split(
        digits / 16, labels, train_size=500, stratify=labels, random_state=seed
    )
    network = MLPClassifier(**(BASE | changes), random_state=seed)
    return network.fit(X_train, y_train).score(X_test, y_test)


def r_squared(seed, **changes):
    """Of a network on the patients that it was not trained on."""
    X_train, X_test, y_train, y_test = train_test_split(
        diabetes, progression, train_size=331, random_state=seed
    )
    network = MLPRegressor(**(BASE | changes), random_state=seed)
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), network), transformer=StandardScaler()
    )
    return model.fit(X_train, y_train).score(X_test, y_test)


def changes_of_score(score):
    """Return the base's scores, and by parameter and value the changes from it, split by split."""
    base = np.array([score(seed) for seed in range(N_SPLITS)])
    changed = {
        name: [
            np.array([score(seed, **{name: value}) for seed in range(N_SPLITS)]) - base
            for value in values
        ]
        for name, values in VALUES.items()
    }
    return base, changed


figure, axes = plt.subplots(1, 2, figsize=(12, 6.5), layout="constrained", sharey=True)
PANELS = [
    ("Digits: accuracy", accuracy, (-0.11, 0.03)),
    ("Diabetes: R²", r_squared, (-0.3, 0.3)),
]
for axis, (title, score, limits) in zip(axes, PANELS, strict=True):
    base, changed = changes_of_score(score)
    print(f"\n{title}: base {base.mean():.3f} ± {base.std(ddof=1):.3f} over {N_SPLITS} splits")
    for row, (name, changes) in enumerate(changed.items()):
        means = np.array([change.mean() for change in changes])
        for place, side in ((means.argmin(), -1), (means.argmax(), 1)):
            if side * means[place] > 0.08 * np.ptp(limits):
                axis.annotate(
                    VALUES[name][place],
                    (np.clip(means[place], *limits), row),
                    xytext=(0, 4),
                    textcoords="offset points",
                    ha="center",
                    fontsize="small",
                )
        for value, change in zip(VALUES[name], changes, strict=True):
            mean, error = change.mean(), change.std(ddof=1) / np.sqrt(N_SPLITS)
            print(f"{name:>20} = {value!s:<14}{mean:>+8.3f} ± {error:.3f}")
            axis.errorbar(
                np.clip(mean, *limits),
                row,
                xerr=error if limits[0] < mean < limits[1] else None,
                fmt="<" if mean <= limits[0] else "o",
                color="#0072B2" if mean > 0 else "#D55E00",
                alpha=0.7,
            )
    axis.axvline(0, color="0.5", linewidth=1, zorder=0)
    axis.set(title=f"{title}, base {base.mean():.2f}", xlabel="change of the held-out score")
    axis.set_xlim(limits[0] * 1.05, limits[1])
axes[0].set_yticks(range(len(VALUES)), VALUES)
axes[0].invert_yaxis()
plt.show()
