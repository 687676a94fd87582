"""
Networks beside the baselines: where they win and where they lose
=================================================================

See on six data sets where the networks of skperceptron win and where they lose. Untuned, they win
on none of the six by more than the spread over folds, and they lose on one, the steps.

Six estimators are compared in three-fold cross-validation: a linear model, gradient boosting, a
support vector machine and scikit-learn's network with their defaults, and two of skperceptron.
``MLP`` is :class:`~skperceptron.MLPClassifier` or :class:`~skperceptron.MLPRegressor` with one
setting for all data of a kind. ``TabularMLP`` is
:class:`~skperceptron.tabular.TabularMLPClassifier` or
:class:`~skperceptron.tabular.TabularMLPRegressor` with its defaults. Nothing is tuned. Bars are one
standard deviation over the folds.

On wine, breast cancer and diabetes no estimator is better than the linear model by more than the
spread over folds. The support vector machine has the highest accuracy on the digits, and gradient
boosting the highest R² on a function that is made of steps. On ``make_friedman1``, a smooth
nonlinear function, scikit-learn's network, gradient boosting and ``TabularMLP`` are level, ``MLP``
is behind them, and the linear model far behind.
"""

import warnings
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from sklearn import neural_network
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
    make_friedman1,
)
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from skperceptron import MLPClassifier, MLPRegressor
from skperceptron.tabular import TabularMLPClassifier, TabularMLPRegressor

warnings.filterwarnings("ignore", category=ConvergenceWarning)

SETTING: dict[str, Any] = {
    "hidden_layer_sizes": (50,),
    "learning_rate_init": 0.01,
    "batch_size": 50,
    "max_iter": 60,
    "random_state": 0,
}


def make_steps(n=1000):
    """A function that is constant but for jumps, and weak noise; five columns have no effect."""
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(n, 8))
    steps = np.floor(4 * X[:, 0]) + 2 * (X[:, 1] > 0.3) * np.floor(3 * X[:, 2])
    return X, steps + 0.3 * rng.normal(size=n)


DATA = {
    "wine": load_wine(return_X_y=True),
    "breast cancer": load_breast_cancer(return_X_y=True),
    "digits": load_digits(return_X_y=True),
    "diabetes": load_diabetes(return_X_y=True),
    "friedman1": make_friedman1(1000, noise=1.0, random_state=0),
    "steps": make_steps(),
}


def scaled(model):
    """A classifier behind scaled inputs."""
    return make_pipeline(StandardScaler(), model)


def both_scaled(model):
    """A regressor with scaled inputs and targets."""
    return TransformedTargetRegressor(scaled(model), transformer=StandardScaler())


CLASSIFIERS = {
    "linear model": scaled(LogisticRegression()),
    "gradient boosting": HistGradientBoostingClassifier(random_state=0),
    "SVM": scaled(SVC()),
    "scikit-learn's MLP": scaled(neural_network.MLPClassifier(random_state=0)),
    "MLP": scaled(MLPClassifier(**SETTING, alpha=0.1)),
    "TabularMLP": TabularMLPClassifier(random_state=0),
}
REGRESSORS = {
    "linear model": scaled(RidgeCV(np.logspace(-1, 3, 9))),
    "gradient boosting": HistGradientBoostingRegressor(random_state=0),
    "SVM": both_scaled(SVR()),
    "scikit-learn's MLP": both_scaled(neural_network.MLPRegressor(random_state=0)),
    "MLP": both_scaled(MLPRegressor(**SETTING, alpha=1.0)),
    "TabularMLP": TabularMLPRegressor(random_state=0),
}
STYLES = {
    "linear model": ("0.5", "s"),
    "gradient boosting": ("#009E73", "^"),
    "SVM": ("#E69F00", "D"),
    "scikit-learn's MLP": ("#CC79A7", "v"),
    "MLP": ("#56B4E9", "o"),
    "TabularMLP": ("#0072B2", "o"),
}

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
print("| |" + "".join(f" {name} |" for name in STYLES))
print("|---|" + "---|" * len(STYLES))
for row, (data, (X, y)) in enumerate(DATA.items()):
    regression = y.dtype.kind == "f"
    axis = right if regression else left
    folds = (KFold if regression else StratifiedKFold)(3, shuffle=True, random_state=0)
    cells = []
    for place, (name, model) in enumerate((REGRESSORS if regression else CLASSIFIERS).items()):
        scores = cross_val_score(model, X, y, cv=folds)
        mean, error = scores.mean(), scores.std(ddof=1)
        cells.append(f"{mean:.3f} ± {error:.3f}")
        colour, marker = STYLES[name]
        axis.errorbar(
            row % 3 + 0.12 * (place - 2.5),
            mean,
            yerr=error,
            fmt=marker,
            color=colour,
            label=name if row in (0, 3) else None,
        )
    print(f"| {data}, {len(X)} rows | {' | '.join(cells)} |")
for axis, names in ((left, [*DATA][:3]), (right, [*DATA][3:])):
    axis.set_xticks(range(3), names)
    axis.grid(axis="y", alpha=0.3)
left.set(title="Classification", ylabel="accuracy")
right.set(title="Regression", ylabel="R²")
figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=6)
plt.show()
