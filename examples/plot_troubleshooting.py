"""
Four trainings that went wrong, and their cures
===============================================

See what the loss curve looks like when training diverges, when the loss does not fall, when the
network overfits, and when training takes too long. In each panel the cure is in blue: scaled
targets, a learning rate of 0.01, dropout, and a learning rate of 0.01 again. The page
*Troubleshooting* of the user guide says how to tell the causes apart.
"""

import time
import warnings
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_digits, make_friedman2
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

from skperceptron import MLPClassifier, MLPRegressor

# Each network trains for as many epochs as the panel shows, converged or not.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

CURED, ILL, WORSE, WORST = "#0072B2", "#D55E00", "#E69F00", "#CC79A7"
figure, axes = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
# sphinx_gallery_defer_figures

###############################################################################
# Diverging
# ---------
#
# The targets go up to 1700, so the gradient is about a thousand times as large as with scaled
# targets. A call of ``partial_fit`` that fails leaves the network as it was, with the curve up to
# the epoch before.

X, y = make_friedman2(300, random_state=0)
X, message = scale(X), None
panel = axes[0, 0]
diverging = MLPRegressor(solver="sgd", learning_rate_init=0.01, random_state=0)
while message is None:
    try:
        diverging.partial_fit(X, y)
    except ValueError as error:
        message = str(error)
print(message)
scaled = MLPRegressor(solver="sgd", learning_rate_init=0.01, max_iter=10, random_state=0)
scaled.fit(X, scale(y))
for network, label, colour in ((diverging, "y as it is", ILL), (scaled, "y scaled", CURED)):
    curve = network.loss_curve_
    panel.semilogy(range(1, len(curve) + 1), curve, "o-", color=colour, label=label)
end = len(diverging.loss_curve_)
panel.plot(end + 1, 1e150, "x", color=ILL, markersize=10, markeredgewidth=3)
panel.annotate("no longer finite", (end + 1, 1e150), xytext=(8, -4), textcoords="offset points")
panel.set(title="Diverging", ylabel="half the squared error in training", ylim=(1e-6, 1e165))
# sphinx_gallery_defer_figures

###############################################################################
# Not falling
# -----------
#
# A network that predicts the probability 0.1 for each of ten classes has a loss of ln 10. Networks
# with zero weights or dead units stay there. A learning rate that is too small hardly changes the
# loss in 30 epochs.

X, y = load_digits(return_X_y=True)
X /= 16
panel = axes[0, 1]
parameters: dict[str, Any]
for label, colour, parameters in (
    ("rate 1: dead units", ILL, {"learning_rate_init": 1.0}),
    ("weight_init='zeros'", WORSE, {"weight_init": "zeros"}),
    ("rate 1e-6", WORST, {"learning_rate_init": 1e-6}),
    ("rate 0.01, weights drawn", CURED, {"learning_rate_init": 0.01}),
):
    network = MLPClassifier(max_iter=30, n_iter_no_change=30, random_state=0, **parameters)
    network.fit(X, y)
    dead = (network.hidden_activations(X) == 0).all(axis=0).mean()
    print(f"{label:<26} loss {network.loss_:.3f}, {dead:.0%} of the units output 0 for all rows")
    panel.plot(range(1, 31), network.loss_curve_, color=colour, label=label)
panel.axhline(np.log(10), color="0.5", linestyle=":", linewidth=1)
panel.annotate("ln 10", (15, np.log(10)), xytext=(0, -12), textcoords="offset points")
panel.set(title="Not falling", ylabel="cross-entropy in training", ylim=(0, 2.8))
# sphinx_gallery_defer_figures

###############################################################################
# Overfitting
# -----------
#
# The network is trained on 200 digits. Its validation loss is that of the 1597 others. Dropout
# keeps the validation loss from rising again, and lowers it a little.
#
# The baselines are trained on the same 200 digits. With dropout the last loss is lower than that of
# every baseline. The accuracy is not: dropout lowers it from 0.938 to 0.927 here, the accuracy of
# scikit-learn's network. What dropout improves are the probabilities.

X_train, X_val, y_train, y_val = train_test_split(X, y, train_size=200, stratify=y, random_state=0)
panel = axes[1, 0]
for label, colour, parameters in (
    ("no dropout", ILL, {}),
    ("dropout=0.5, input_dropout=0.2", CURED, {"dropout": 0.5, "input_dropout": 0.2}),
):
    network = MLPClassifier(
        (200, 200), batch_size=20, max_iter=100, tol=0.0, n_iter_no_change=100, random_state=0
    )
    network.set_params(**parameters).fit(X_train, y_train, X_val=X_val, y_val=y_val)
    curve = network.validation_loss_curve_
    accuracy = network.score(X_val, y_val)
    print(f"{label:<32}loss {curve[-1]:.3f} (lowest {min(curve):.3f}), accuracy {accuracy:.3f}")
    epochs = range(1, network.n_iter_ + 1)
    panel.semilogy(epochs, network.loss_curve_, "--", color=colour)
    panel.semilogy(epochs, curve, color=colour, label=label)
for name, baseline in {
    "logistic regression": LogisticRegression(max_iter=1000),
    "gradient boosting": HistGradientBoostingClassifier(
        max_iter=30, learning_rate=0.3, max_leaf_nodes=8, random_state=0
    ),
    "scikit-learn's MLP": neural_network.MLPClassifier(random_state=0),
}.items():
    loss = log_loss(y_val, baseline.fit(X_train, y_train).predict_proba(X_val))
    print(f"{name:<32}loss {loss:.3f}, accuracy {baseline.score(X_val, y_val):.3f}")
panel.plot([], [], "--", color="0.4", label="dashed: in training")
panel.set(title="Overfitting", ylabel="cross-entropy, solid: on other digits", ylim=(5e-4, 3))
# sphinx_gallery_defer_figures

###############################################################################
# Too slow
# --------
#
# How long does it take to reach a training loss of 0.02 (dotted), with two learning rates, two
# batch sizes and two precisions?

panel = axes[1, 1]
for label, colour, parameters in (
    ("defaults: rate 0.001", ILL, {}),
    ("batch_size=20", WORSE, {"batch_size": 20}),
    ("rate 0.01", CURED, {"learning_rate_init": 0.01}),
    ("rate 0.01, float32", "#56B4E9", {"learning_rate_init": 0.01, "dtype": "float32"}),
):
    network = MLPClassifier(random_state=0, **parameters)
    seconds: list[float] = []
    begin = time.perf_counter()
    while not seconds or network.loss_curve_[-1] > 0.02:
        network.partial_fit(X, y, classes=range(10))
        seconds.append(time.perf_counter() - begin)
    print(f"{label:<22} {len(seconds):>4} epochs, {seconds[-1]:.2f} s")
    panel.semilogy(
        seconds, network.loss_curve_, color=colour, label=f"{label}: {len(seconds)} epochs"
    )
panel.axhline(0.02, color="0.5", linestyle=":", linewidth=1)
panel.set(title="Too slow", ylabel="cross-entropy in training")

for panel, place in zip(
    axes.flat, ("upper right", "center right", "lower left", "upper right"), strict=True
):
    panel.set_xlabel("epoch")
    panel.legend(fontsize=9, loc=place)
axes[1, 1].set_xlabel("seconds of training")
plt.show()
