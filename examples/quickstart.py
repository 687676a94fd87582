"""
The main job
============

Compare a network for tables with other models on a table with categories and missing values, and
tune a network for handwritten digits by a grid search. On the table five networks are as accurate
as gradient boosting, with a lower log loss. On the digits a support vector machine without any
tuning is as accurate as the tuned network. The script takes about a minute on two cores.

First the table: which species of rodent was caught?
:class:`~skperceptron.tabular.TabularMLPClassifier` takes the data frame as it is. Beside it are
logistic regression, gradient boosting and scikit-learn's own network, each with the preprocessing
that it needs.

Then the digits: a grid search for the learning rate and the number of hidden units of
:class:`~skperceptron.MLPClassifier`, and the accuracy of the best network on new digits, beside a
support vector machine, scikit-learn's network and logistic regression.

The script needs pandas, and the extras ``plot`` and ``progress``.
"""

# %%
import warnings
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.progress import track
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier as ScikitLearnMLP
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.utils.parallel import Parallel, delayed

from skperceptron import MLPClassifier
from skperceptron.tabular import TabularMLPClassifier

started = perf_counter()

# %%
# **A table.** 2,400 rodents caught in Arizona, with the plot, the month, and measurements that were
# not always taken. ``examples/data/rodents.md`` says where the table comes from.
# A notebook has no file: it lies beside the folder of data.
here = Path(__file__).parent if "__file__" in globals() else Path()
table = pd.read_csv(here / "data" / "rodents.csv")
X, y = table.drop(columns="species"), table["species"].to_numpy()
numbers = X.select_dtypes("number").columns.tolist()
categories = X.columns.difference(numbers).tolist()
X[categories] = X[categories].astype("category")

print("1. A table: which species of rodent was caught?\n")
print(table.head(3).to_string(index=False), "\n")
print(f"{len(X)} rows, {table['species'].nunique()} species. Numbers: {', '.join(numbers)}.")
missing = X.isna().mean()
print(f"Categories: {', '.join(categories)}. Missing values:", end=" ")
print(", ".join(f"{share:.1%} of {name}" for name, share in missing[missing > 0].items()), "\n")

# %%
# Networks for tables and gradient boosting take the data frame as it is. The others need numbers
# without gaps, all of similar size. Settings other than the defaults are those that help:
# boosting that stops early has better probabilities here, in a third of the time, and more than
# 200 epochs make scikit-learn's network worse, although it warns that it has not converged.
warnings.simplefilter("ignore", ConvergenceWarning)
preprocessing = ColumnTransformer(
    [
        ("numbers", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
        ("categories", OneHotEncoder(handle_unknown="ignore"), categories),
    ]
)
models = {
    "TabularMLPClassifier": TabularMLPClassifier(random_state=0),
    "  with n_estimators=5": TabularMLPClassifier(n_estimators=5, random_state=0),
    "HistGradientBoosting": HistGradientBoostingClassifier(early_stopping=True, random_state=0),
    "scikit-learn's MLP": make_pipeline(preprocessing, ScikitLearnMLP(random_state=0)),
    "logistic regression": make_pipeline(preprocessing, LogisticRegression(max_iter=1000)),
}


def evaluate(name, model, train, test):
    begun = perf_counter()
    model = clone(model).fit(X.iloc[train], y[train])
    seconds = perf_counter() - begun
    probabilities = model.predict_proba(X.iloc[test])
    predicted = model.classes_[probabilities.argmax(axis=1)]
    right = accuracy_score(y[test], predicted)
    loss = log_loss(y[test], probabilities, labels=model.classes_)
    return name, (right, loss, seconds)


def mean_and_error(values):
    """Mean over the folds, and its standard error."""
    return np.mean(values, axis=0), np.std(values, axis=0, ddof=1) / np.sqrt(len(values))


folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))
fits = [(name, model, *fold) for name, model in models.items() for fold in folds]
results = Parallel(n_jobs=2, return_as="generator")(delayed(evaluate)(*fit) for fit in fits)
measured: dict[str, list[tuple[float, float, float]]] = {name: [] for name in models}
for name, result in track(results, "5 models, 5 folds", total=len(fits)):
    measured[name].append(result)

# %%
# Accuracy says how often the most probable species is the right one. The log loss says how good
# the probabilities are. For both, ± is the standard error of the mean over five folds.
print(f"\n{'':22}{'accuracy':>16}{'log loss':>16}{'seconds a fit':>15}")
summary = {name: mean_and_error(results) for name, results in measured.items()}
for name, (mean, error) in summary.items():
    cells = [f"{value:.3f} ± {e:.3f}" for value, e in zip(mean[:2], error[:2], strict=True)]
    print(f"{name:22}{cells[0]:>16}{cells[1]:>16}{mean[2]:15.1f}")

# The models see the same folds, so the error of a difference is that of five differences.
trees = np.array(measured["HistGradientBoosting"])
networks = np.array(measured["  with n_estimators=5"])
(accuracy, loss, _), (accuracy_error, loss_error, _) = mean_and_error(networks - trees)
print("\nFive networks minus HistGradientBoosting, fold by fold:")
print(f"  accuracy {accuracy:+.3f} ± {accuracy_error:.3f} (more is better)")
print(f"  log loss {loss:+.3f} ± {loss_error:.3f} (less is better)")

# %%
# **A grid search.** A network is a classifier like any other: it goes into a pipeline, and its
# hyperparameters into a grid. 600 digits are searched on; the others are for the end.
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=600, stratify=y, random_state=0
)
print("\n2. Handwritten digits: a grid search\n")
print(f"{len(X_train)} images of 8 x 8 pixels to learn from, {len(X_test)} held out.\n")

network = MLPClassifier(learning_rate="cosine", batch_size=32, max_iter=40, tol=None)
pipeline = make_pipeline(StandardScaler(), network.set_params(random_state=0))
sizes = [10, 50, 200]
rates = [0.0003, 0.001, 0.003, 0.01, 0.03]
grid = {"mlpclassifier__hidden_layer_sizes": sizes, "mlpclassifier__learning_rate_init": rates}
search = GridSearchCV(pipeline, grid, cv=5, n_jobs=2)

# %%
# scikit-learn draws the progress bar, from its version 1.9 on.
try:
    from sklearn.callback import ProgressBar
except ImportError:
    search.set_params(verbose=1)
else:
    search.set_callbacks(ProgressBar(max_propagation_depth=0))
search.fit(X_train, y_train)

# %%
# The grid, one row for each number of hidden units and one column for each learning rate.
scores = np.array([search.cv_results_[f"split{fold}_test_score"] for fold in range(5)])
accuracy, error = mean_and_error(scores.reshape(5, len(sizes), len(rates)))
print("\nAccuracy in cross-validation, * the best\n")
print("hidden units" + "".join(f"{f'rate {rate:g}':>16}" for rate in rates))
for size, row, errors in zip(sizes, accuracy, error, strict=True):
    entries = (
        f"{f'{value:.3f} ± {e:.3f}':>15}{'*' if value == accuracy.max() else ' '}"
        for value, e in zip(row, errors, strict=True)
    )
    print(f"{size:12}" + "".join(entries))

# %%
# The digits that were held out decide. The pixels have one scale already, and the support vector
# machine does better on them as they are.
print(f"\nAccuracy on the {len(y_test)} held-out digits")
contestants = {
    "MLPClassifier, the best of the grid": search.best_estimator_,
    "SVC, its defaults": SVC().fit(X_train, y_train),
    "scikit-learn's MLP, its defaults": make_pipeline(
        StandardScaler(), ScikitLearnMLP(random_state=0)
    ).fit(X_train, y_train),
    "logistic regression, its defaults": make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=1000)
    ).fit(X_train, y_train),
}
for name, model in contestants.items():
    right = model.score(X_test, y_test)
    print(f"  {name:36}{right:.3f} ± {np.sqrt(right * (1 - right) / len(y_test)):.3f}")

# %%
# Left and middle the models of the table, right the grid. Bars are standard errors.
blue, grey = "#0072b2", "#6b6b6b"
figure, axes = plt.subplots(
    1, 3, figsize=(12, 3.8), layout="constrained", width_ratios=[1, 1, 1.25]
)
names = [name.strip() for name in summary]
names[1] = "… " + names[1]
for axis, column, label in [
    (axes[0], 0, "accuracy on new rows\n(right is better)"),
    (axes[1], 1, "log loss on new rows\n(left is better)"),
]:
    for row, (mean, error) in enumerate(summary.values()):
        colour = blue if row < 2 else grey
        axis.errorbar(mean[column], row, xerr=error[column], fmt="o", color=colour, capsize=3)
    axis.set_yticks(range(len(names)), names if column == 0 else [""] * len(names))
    axis.set(xlabel=label, ylim=(len(names) - 0.5, -0.5))
    axis.grid(axis="y", alpha=0.3)
axes[0].set_title("Species of rodents: a table of 2,400 rows", loc="left")

accuracy, error = mean_and_error(scores.reshape(5, len(sizes), len(rates)))
for size, row, errors, colour in zip(
    sizes, accuracy, error, ["#e69f00", "#009e73", blue], strict=True
):
    axes[2].errorbar(
        rates, row, errors, marker="o", color=colour, capsize=3, label=f"{size} hidden units"
    )
axes[2].set(xscale="log", xlabel="learning rate", ylabel="accuracy in cross-validation")
axes[2].set_xticks(rates, [f"{rate:g}" for rate in rates])
axes[2].minorticks_off()
axes[2].set_title("Digits: the grid search", loc="left")
axes[2].legend(frameon=False)
for axis in axes:
    axis.spines[["top", "right"]].set_visible(False)
figure.savefig("quickstart.png", dpi=150)
print(f"\nSaved quickstart.png ({perf_counter() - started:.0f} s in all)")
