"""
Learning rates: too small, right and too large
==============================================

Set the learning rate first. If it is too small, the loss is still high when the epochs are over. If
it is too large, the steps overshoot and the loss jumps about far above the minimum. In between,
plain gradient descent reaches an accuracy of 0.976 on the digits.

The rates that work differ by a factor of three to ten, so a search by powers of ten or of three
finds one.

The baselines are logistic regression (0.969), gradient boosting (0.962) and scikit-learn's network
(0.980). Plain gradient descent reaches 0.976 in thirty epochs at rates from 0.3 to 1.
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

# Every network trains for 30 epochs, converged or not.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)

rates = np.sort([*np.logspace(-4, 1, 11), 1.5])
networks = [
    MLPClassifier(
        (50,),
        solver="sgd",
        momentum=0.0,
        batch_size=50,
        learning_rate_init=rate,
        max_iter=30,
        tol=0.0,
        n_iter_no_change=100,
        random_state=0,
    ).fit(X_train, y_train)
    for rate in rates
]
accuracies = [network.score(X_test, y_test) for network in networks]

print(f"{'learning rate':>14}{'last loss':>11}{'accuracy':>10}")
for rate, network, accuracy in zip(rates, networks, accuracies, strict=True):
    print(f"{rate:>14.2g}{network.loss_:>11.3f}{accuracy:>10.3f}")

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

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
examples = {"too small": (2, "#56B4E9"), "right": (7, "#0072B2"), "too large": (9, "#D55E00")}
for name, (index, colour) in examples.items():
    network = networks[index]
    epochs = range(1, network.n_iter_ + 1)
    left.semilogy(epochs, network.loss_curve_, color=colour, label=f"{name}: {rates[index]:.2g}")
    right.plot(rates[index], accuracies[index], "o", markersize=12, color=colour, alpha=0.6)
left.set(title="Plain gradient descent", xlabel="epoch", ylabel="cross-entropy in training")
left.legend(title="learning rate")
right.semilogx(rates, accuracies, ".-", color="0.3", zorder=0)
right.set(
    title="After 30 epochs",
    xlabel="learning rate",
    ylabel="accuracy on held-out digits",
    ylim=(0, 1),
)
plt.show()
