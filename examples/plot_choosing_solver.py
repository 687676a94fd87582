"""
Adam or L-BFGS, and what ``alpha`` is divided by
================================================

Choose between ``lbfgs`` and ``adam``, and give each the ``alpha`` that it needs. With the same
penalty for each row the two solvers end alike. With the same ``alpha`` they do not.

Both solvers are trained on more and more rows of a made-up problem of three classes. The penalty is
divided by the rows of a step: by ``batch_size`` for ``adam``, by all rows for ``lbfgs``. The dashed
line is ``lbfgs`` with the ``alpha`` of ``adam``, which is a weaker penalty the more rows there are.
Lines are means over three draws, and the bars of networks go from the lowest to the highest.

The dotted lines are baselines on the same draws: logistic regression, gradient boosting and
scikit-learn's network with its defaults. From 1,000 rows on gradient boosting is as accurate as the
networks. With fewer rows scikit-learn's network, of 100 units, is. The seconds that are printed
depend on the machine.
"""

import time
import warnings
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from sklearn import neural_network
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier

warnings.filterwarnings("ignore", category=ConvergenceWarning)

SIZES = (100, 300, 1000, 3000)
N_DRAWS = 3
BATCH_SIZE = 200
PENALTY = 0.003  # of a row: alpha over the rows of a step


def network(n_rows: int, rows_of_a_step: int | None = None, **parameters: Any) -> MLPClassifier:
    alpha = PENALTY * (rows_of_a_step or min(BATCH_SIZE, n_rows))
    return MLPClassifier((50,), alpha=alpha, random_state=0, **parameters)


def contestants(n_rows: int) -> dict[str, Any]:
    return {
        "lbfgs": network(n_rows, n_rows, solver="lbfgs", max_iter=300),
        "lbfgs, alpha of adam": network(n_rows, solver="lbfgs", max_iter=300),
        "adam": network(n_rows, learning_rate_init=0.01),
        "logistic regression": LogisticRegression(),
        "gradient boosting": HistGradientBoostingClassifier(random_state=0),
        "scikit-learn's MLP": neural_network.MLPClassifier(random_state=0),
    }


STYLES = {
    "lbfgs": ("#D55E00", "o-"),
    "lbfgs, alpha of adam": ("#E69F00", "o--"),
    "adam": ("#0072B2", "o-"),
    "logistic regression": ("0.5", "s:"),
    "gradient boosting": ("#009E73", "^:"),
    "scikit-learn's MLP": ("#CC79A7", "v:"),
}
accuracies = {name: np.empty((len(SIZES), N_DRAWS)) for name in STYLES}
print(f"{'rows':>5}  {'':<22}{'accuracy':>16}{'seconds':>9}")
for place, n_rows in enumerate(SIZES):
    seconds = dict.fromkeys(STYLES, 0.0)
    for draw in range(N_DRAWS):
        X, y = make_classification(
            n_rows + 5000,
            n_informative=10,
            n_classes=3,
            n_clusters_per_class=3,
            flip_y=0.05,
            random_state=draw,
        )
        X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=n_rows, random_state=0)
        for name, model in contestants(n_rows).items():
            begin = time.perf_counter()
            fitted = make_pipeline(StandardScaler(), model).fit(X_train, y_train)
            seconds[name] += (time.perf_counter() - begin) / N_DRAWS
            accuracies[name][place, draw] = fitted.score(X_test, y_test)
    for name, found in accuracies.items():
        mean, spread = found[place].mean(), found[place].std(ddof=1)
        print(f"{n_rows:>5}  {name:<22}{mean:>8.3f} ± {spread:.3f}{seconds[name]:>9.2f}")

figure, axis = plt.subplots(figsize=(8.5, 4.6), layout="constrained")
for name, (colour, style) in STYLES.items():
    found = accuracies[name]
    mean = found.mean(axis=1)
    # Bars of the networks side by side, and none for the baselines.
    shift = {"lbfgs": 0.97, "adam": 1.03}.get(name, 1)
    bars = [mean - found.min(axis=1), found.max(axis=1) - mean] if style[0] == "o" else None
    axis.errorbar(np.multiply(SIZES, shift), mean, bars, fmt=style, color=colour, label=name)
axis.set_xscale("log")
axis.set_xticks(SIZES, [str(size) for size in SIZES])
axis.set_xticks([], minor=True)
axis.set(xlabel="training rows", ylabel="accuracy on held-out rows")
figure.legend(loc="outside right center")
plt.show()
