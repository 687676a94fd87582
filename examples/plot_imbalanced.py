"""
A rare class: the threshold, class weights and the focal loss
=============================================================

Compare three ways to handle a rare class. ``class_weight="balanced"`` and a threshold chosen by
:class:`~sklearn.model_selection.TunedThresholdClassifierCV` raise the balanced accuracy; the focal
loss does not. Only the threshold leaves the probabilities as they are.

Four networks and three baselines learn a made-up problem in which one row in twenty is positive,
on five draws. With a chosen threshold the log-loss stays that of plain training, while class
weights and the focal loss raise it. The average precision, which no threshold changes, says how
well the rows are ranked. Class weights make it lower.

Gradient boosting has the highest balanced accuracy and ranks as well as the networks, with a higher
log-loss. scikit-learn's network is level with ours, and logistic regression is behind. Lines are
one standard deviation over the draws.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn import neural_network
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score, log_loss
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier

warnings.filterwarnings("ignore", category=ConvergenceWarning)


def network(**parameters):
    mlp = MLPClassifier(
        (50,), alpha=0.3, learning_rate_init=0.01, max_iter=40, random_state=0, **parameters
    )
    return make_pipeline(StandardScaler(), mlp)


def tuned(model):
    """A model whose threshold has the best balanced accuracy in cross-validation."""
    return TunedThresholdClassifierCV(model, scoring="balanced_accuracy", cv=3, random_state=0)


logistic = make_pipeline(StandardScaler(), LogisticRegression())
theirs = make_pipeline(StandardScaler(), neural_network.MLPClassifier(max_iter=100, random_state=0))
MODELS = {
    "network": network(),
    "network, class_weight='balanced'": network(class_weight="balanced"),
    "network, loss='focal'": network(loss="focal"),
    "network, tuned threshold": tuned(network()),
    "logistic regression, tuned threshold": tuned(logistic),
    "gradient boosting, tuned threshold": tuned(HistGradientBoostingClassifier(random_state=0)),
    "scikit-learn's MLP, tuned threshold": tuned(theirs),
}
scores: dict[str, list[list[float]]] = {name: [] for name in MODELS}
for draw in range(5):
    X, y = make_classification(
        4000, n_informative=6, weights=[0.95], flip_y=0.02, class_sep=0.8, random_state=draw
    )
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    for name, model in MODELS.items():
        probabilities = model.fit(X_train, y_train).predict_proba(X_test)[:, 1]
        scores[name].append(
            [
                balanced_accuracy_score(y_test, model.predict(X_test)),
                average_precision_score(y_test, probabilities),
                log_loss(y_test, probabilities),
            ]
        )

METRICS = ("balanced accuracy", "average precision", "log-loss (less is better)")
print("| | balanced accuracy | average precision | log-loss |")
print("|---|---|---|---|")
figure, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained", sharey=True)
for place, (name, rows) in enumerate(scores.items()):
    means, spreads = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1)
    cells = (f"{mean:.2f} ± {spread:.2f}" for mean, spread in zip(means, spreads, strict=True))
    print(f"| {name} | {' | '.join(cells)} |")
    colour = "#0072B2" if name.startswith("network") else "#D55E00"
    for axis, mean, spread in zip(axes, means, spreads, strict=True):
        axis.errorbar(mean, place, xerr=spread, fmt="o", color=colour)
axes[0].set_yticks(range(len(MODELS)), MODELS)
axes[0].invert_yaxis()
for axis, metric in zip(axes, METRICS, strict=True):
    axis.set_xlabel(metric)
    axis.grid(axis="x", alpha=0.3)
figure.suptitle("Five draws with one positive row in twenty; baselines in orange")
plt.show()
