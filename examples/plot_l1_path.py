"""
Sparse networks: L1 along a path
================================

How many weights does a network for handwritten digits need? With ``l1_ratio=1`` the penalty sets
weights to exactly 0, more of them the larger ``alpha`` is. With 58 % of the weights at 0 the
network is as accurate as with a tenth of the penalty.

The images on the right show the weights from the 8 × 8 pixels to six units. With ``alpha=1`` each
unit uses a few pixels only.

Up to ``alpha=0.1``, with 58 % of the weights at 0, the network is more accurate than logistic
regression (0.969) and gradient boosting (0.962), and a little less than scikit-learn's network
(0.980), in which no weight is 0.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from skperceptron import MLPClassifier

# Every network trains for 40 epochs, converged or not.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)

alphas = np.logspace(-3, 1, 9)
zeros, accuracies, networks = [], [], []
for alpha in alphas:
    network = MLPClassifier(
        (30,), alpha=alpha, l1_ratio=1.0, learning_rate_init=0.01, max_iter=40, random_state=0
    ).fit(X_train, y_train)
    weights = np.concatenate([w.ravel() for w in network.coefs_])
    zeros.append(np.mean(weights == 0))
    accuracies.append(network.score(X_test, y_test))
    networks.append(network)

print(f"{'alpha':>8}{'weights at 0':>14}{'accuracy':>10}")
for alpha, share, accuracy in zip(alphas, zeros, accuracies, strict=True):
    print(f"{alpha:>8.3g}{share:>14.0%}{accuracy:>10.3f}")

# Baselines on the same digits.
for name, baseline in {
    "logistic regression": LogisticRegression(max_iter=1000),
    "gradient boosting": HistGradientBoostingClassifier(
        max_iter=30, learning_rate=0.3, max_leaf_nodes=8, random_state=0
    ),
    "scikit-learn's MLP": neural_network.MLPClassifier(random_state=0),
}.items():
    accuracy = baseline.fit(X_train, y_train).score(X_test, y_test)
    print(f"{name:<22} accuracy {accuracy:.3f}")

figure = plt.figure(figsize=(10, 4.2), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=(1, 1.1), squeeze=False)[0]
axes = left.subplots()
axes.semilogx(alphas, accuracies, "o-", color="#0072B2", label="accuracy on held-out digits")
axes.semilogx(alphas, zeros, "s--", color="#D55E00", label="share of weights at exactly 0")
axes.set(
    xlabel="alpha, with l1_ratio=1", ylabel="accuracy, or share of the weights", ylim=(-0.02, 1.02)
)
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1))

# The last network is all zeros; show the sparsest that still works, and one hardly penalised.
sparse = max(i for i, accuracy in enumerate(accuracies) if accuracy > 0.9)
grid = right.subplots(2, 6)
for row, index in zip(grid, (0, sparse), strict=True):
    weights = networks[index].coefs_[0]
    # The units with the largest weights.
    strongest = np.argsort(-np.abs(weights).sum(axis=0))[:6]
    limit = np.abs(weights).max()
    for axes, unit in zip(row, strongest, strict=True):
        axes.imshow(weights[:, unit].reshape(8, 8), cmap="RdBu", vmin=-limit, vmax=limit)
        axes.set(xticks=[], yticks=[])
    row[0].set_ylabel(f"alpha={alphas[index]:.3g}")
right.suptitle("Weights of six units, pixel by pixel: white is 0")
plt.show()
