"""
What the data decide: scaling, solver, class weights
====================================================

Left, the same network on data as they come and on scaled ones: friedman2 has inputs and targets of
very different sizes, those of the diabetes data are small and alike. Middle, ``lbfgs`` and ``adam``
on more and more rows of a problem of three classes, with the same penalty for each row. The dashed
line is ``lbfgs`` with the ``alpha`` of ``adam``: divided by all rows instead of a batch, it is a
weaker penalty the more rows there are. The seconds that they take are printed, since they depend on
the machine. Right, a class of one row in twenty, with and without ``class_weight``.
"""

import time
import warnings
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, make_classification, make_friedman2
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score, log_loss, recall_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skperceptron import MLPClassifier, MLPRegressor

warnings.filterwarnings("ignore", category=ConvergenceWarning)

AS_THEY_ARE = FunctionTransformer
SCALINGS = {
    "neither": (AS_THEY_ARE, AS_THEY_ARE),
    "X": (StandardScaler, AS_THEY_ARE),
    "y": (AS_THEY_ARE, StandardScaler),
    "both": (StandardScaler, StandardScaler),
}
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.5), layout="constrained")

datasets = {
    "friedman2": make_friedman2(500, noise=50, random_state=0),
    "diabetes": load_diabetes(return_X_y=True),
}
for (name, (X, y)), colour, shift in zip(
    datasets.items(), ("#0072B2", "#E69F00"), (-0.08, 0.08), strict=True
):
    for place, (scaled, (of_inputs, of_targets)) in enumerate(SCALINGS.items()):
        scores = []
        for seed in range(5):
            X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=seed)
            network = MLPRegressor((50,), learning_rate_init=0.01, max_iter=300, random_state=seed)
            network.set_params(early_stopping=True)
            model = TransformedTargetRegressor(
                make_pipeline(of_inputs(), network), transformer=of_targets()
            )
            scores.append(model.fit(X_train, y_train).score(X_test, y_test))
        mean, deviation = np.mean(scores), np.std(scores, ddof=1)
        print(f"{name:<10} scaled: {scaled:<8} R² {mean:>6.2f} ± {deviation:.2f} over 5 splits")
        drawn = np.clip(scores, -0.2, None)
        left.plot(
            np.full(5, place + shift),
            drawn,
            "o",
            color=colour,
            alpha=0.5,
            label=name if place == 0 else None,
        )
left.set_xticks(range(len(SCALINGS)), SCALINGS)
left.set(title="Five splits", xlabel="scaled", ylabel="R² (what is below −0.2, at −0.2)")
left.legend(loc="lower right")

SIZES = (100, 300, 1000, 3000, 10000)
BATCH_SIZE = 200
PENALTY = 0.003  # of a row: alpha over the rows of a batch, and lbfgs takes all rows at once
TO_THE_END = {"learning_rate": "cosine", "max_iter": 100, "tol": 0.0, "n_iter_no_change": 100}
solvers: dict[str, tuple[str, str, dict[str, Any]]] = {
    "lbfgs": ("#D55E00", "o-", {"solver": "lbfgs", "max_iter": 300}),
    "lbfgs, alpha as adam": ("#E69F00", "o--", {"solver": "lbfgs", "max_iter": 300}),
    "adam": ("#56B4E9", "o-", {"learning_rate_init": 0.01}),
    "adam, cosine": ("#0072B2", "o-", {"learning_rate_init": 0.01} | TO_THE_END),
}
for name, (colour, style, parameters) in solvers.items():
    accuracies = []
    for n_rows in SIZES:
        rows_of_a_step = n_rows if name == "lbfgs" else min(BATCH_SIZE, n_rows)
        of_draws, begin = [], time.perf_counter()
        for seed in range(3):
            X, y = make_classification(
                n_rows + 5000,
                n_informative=10,
                n_classes=3,
                n_clusters_per_class=3,
                flip_y=0.05,
                random_state=seed,
            )
            X_train, X_test, y_train, y_test = train_test_split(
                X, y, train_size=n_rows, random_state=0
            )
            network = MLPClassifier(
                (50,), alpha=PENALTY * rows_of_a_step, random_state=seed, **parameters
            )
            model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
            of_draws.append(model.score(X_test, y_test))
        seconds = (time.perf_counter() - begin) / 3
        spread = np.std(of_draws, ddof=1)
        print(
            f"{name:<21}{n_rows:>6} rows: {np.mean(of_draws):.3f} ± {spread:.3f}, "
            f"{seconds:.2f} s with the draw"
        )
        accuracies.append(of_draws)
    middle.semilogx(SIZES, np.mean(accuracies, axis=1), style, color=colour, label=name)
    low, high = np.min(accuracies, axis=1), np.max(accuracies, axis=1)
    middle.fill_between(SIZES, low, high, color=colour, alpha=0.15)
middle.set(title="Three draws", xlabel="training rows", ylabel="held-out accuracy")
middle.legend()

found = {}
for class_weight in (None, "balanced"):
    scores = []
    for seed in range(5):
        X, y = make_classification(
            4000, n_informative=6, weights=[0.95], flip_y=0.02, class_sep=0.8, random_state=seed
        )
        X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=seed)
        network = MLPClassifier(
            (50,),
            class_weight=class_weight,
            learning_rate_init=0.01,
            early_stopping=True,
            scoring="loss",
            random_state=seed,
        )
        network.fit(X_train, y_train)
        probabilities = network.predict_proba(X_test)[:, 1]
        thresholds = {"half": 0.5, "its share": y_train.mean()}
        scores.append(
            [recall_score(y_test, probabilities > 0.5)]
            + [balanced_accuracy_score(y_test, probabilities > t) for t in thresholds.values()]
            + [log_loss(y_test, probabilities)]
        )
    found[class_weight] = np.array(scores)
    print(f"class_weight={class_weight!s:<9}", end="")
    for name, column in zip(
        ("recall", "balanced accuracy", "the same, threshold at the share", "log loss"),
        found[class_weight].T,
        strict=True,
    ):
        print(f" {name} {column.mean():.2f} ± {column.std(ddof=1):.2f}", end=",")
    print()
places = np.arange(4)
for (class_weight, by_seed), colour, shift in zip(
    found.items(), ("#0072B2", "#E69F00"), (-0.1, 0.1), strict=True
):
    right.errorbar(
        places + shift,
        by_seed.mean(axis=0),
        yerr=by_seed.std(axis=0, ddof=1),
        fmt="o",
        capsize=4,
        color=colour,
        label=f"class_weight={class_weight!r}",
    )
right.set_xticks(
    places,
    ["recall", "balanced\naccuracy", "the same,\nthreshold:\nits share", "log loss\n(low is good)"],
)
right.set(title="Five draws, and their deviation", ylim=(0, 1))
right.legend(loc="lower left")
plt.show()
