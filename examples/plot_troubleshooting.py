"""
Four trainings that went wrong, and their cures
===============================================

What the loss curve looks like when training diverges, when it does not get anywhere, when the
network learns its data by heart, and when it takes too long. In each panel the cure is in blue. The
page *Troubleshooting* of the user guide says how to tell the causes apart.
"""

import time
import warnings
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits, make_friedman2
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

from skperceptron import MLPClassifier, MLPRegressor

# Each runs for as many epochs as are drawn, enough or not.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

CURED, ILL, WORSE, WORST = "#0072B2", "#D55E00", "#E69F00", "#CC79A7"
figure, axes = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
# sphinx_gallery_defer_figures

###############################################################################
# Diverging
# ---------
#
# The targets go up to 1700, so the gradient is a thousand times that of scaled ones. A failed call
# of ``partial_fit`` changes nothing: the network still has the curve up to there.

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
# ln 10 is the cost of predicting a tenth for each of ten classes. Zeros and dead units stay there,
# a rate that is too low has only begun to move.

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
# Over-fitting
# ------------
#
# 200 digits train, and the others tell.

X_train, X_val, y_train, y_val = train_test_split(X, y, train_size=200, stratify=y, random_state=0)
panel = axes[1, 0]
for label, colour, parameters in (
    ("as it is", ILL, {}),
    ("dropout=0.5, input_dropout=0.2", CURED, {"dropout": 0.5, "input_dropout": 0.2}),
):
    network = MLPClassifier(
        (200, 200), batch_size=20, max_iter=100, tol=0.0, n_iter_no_change=100, random_state=0
    )
    network.set_params(**parameters).fit(X_train, y_train, X_val=X_val, y_val=y_val)
    curve = network.validation_loss_curve_
    print(f"{label:<32} lowest validation loss {min(curve):.3f}, last {curve[-1]:.3f}")
    epochs = range(1, network.n_iter_ + 1)
    panel.semilogy(epochs, network.loss_curve_, "--", color=colour)
    panel.semilogy(epochs, curve, color=colour, label=label)
panel.plot([], [], "--", color="0.4", label="in training")
panel.set(title="Over-fitting: validation loss", ylabel="cross-entropy", ylim=(5e-4, 3))
# sphinx_gallery_defer_figures

###############################################################################
# Too slow
# --------
#
# The same goal, a training loss of 0.02, at two rates, two sizes of batch and two precisions.

panel = axes[1, 1]
for label, colour, parameters in (
    ("as it is: rate 0.001", ILL, {}),
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
