"""
Dropout and norm constraints against overfitting
================================================

Keep a large network from overfitting 200 digits with dropout and norm constraints. Dropout keeps
the loss on other digits at its lowest, where it rises without. The accuracy does not rise.

Without regularisation the loss on other digits soon rises, while that on the training digits goes
to 0. A bound on the norm of each unit's weights slows that down. Dropout on inputs and hidden
layers ends it. What improves is mostly the probabilities, which are no longer too close to 0 and 1.

With the same 200 digits logistic regression has an accuracy of 0.924, gradient boosting of 0.881
and scikit-learn's network of 0.927: all four networks are a little better.
"""

import warnings
from typing import Any

import matplotlib.pyplot as plt
from sklearn import neural_network
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from skperceptron import MLPClassifier

# Every network trains for 150 epochs, converged or not.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(
    X / 16, y, train_size=200, stratify=y, random_state=0
)

settings: dict[str, dict[str, Any]] = {
    "neither": {},
    "max_norm=1": {"max_norm": 1.0},
    "dropout": {"dropout": 0.5, "input_dropout": 0.2},
    "both": {"dropout": 0.5, "input_dropout": 0.2, "max_norm": 1.0},
}
networks = {
    name: MLPClassifier(
        (200, 200),
        alpha=0.0,
        batch_size=20,
        max_iter=150,
        tol=0.0,
        n_iter_no_change=150,
        random_state=0,
        **parameters,
    ).fit(X_train, y_train, X_val=X_val, y_val=y_val)
    for name, parameters in settings.items()
}

print(f"{'':<14}{'least loss':>12}{'last loss':>11}{'accuracy':>10}   on 1597 other digits")
for name, network in networks.items():
    curve = network.validation_loss_curve_
    accuracy = network.score(X_val, y_val)
    print(f"{name:<14}{min(curve):>12.3f}{curve[-1]:>11.3f}{accuracy:>10.3f}")

# Baselines on the same digits.
for name, baseline in {
    "logistic regression": LogisticRegression(max_iter=1000),
    "gradient boosting": HistGradientBoostingClassifier(
        max_iter=30, learning_rate=0.3, max_leaf_nodes=8, random_state=0
    ),
    "scikit-learn's MLP": neural_network.MLPClassifier(random_state=0),
}.items():
    accuracy = baseline.fit(X_train, y_train).score(X_val, y_val)
    print(f"{name:<22} accuracy {accuracy:.3f}")

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
colours = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")
for colour, (name, network) in zip(colours, networks.items(), strict=True):
    epochs = range(1, network.n_iter_ + 1)
    left.semilogy(epochs, network.loss_curve_, color=colour, label=name)
    right.plot(epochs, network.validation_loss_curve_, color=colour, label=name)
left.set(title="200 training digits", xlabel="epoch", ylabel="cross-entropy")
right.set(title="1597 other digits", xlabel="epoch", ylabel="cross-entropy", ylim=(0.18, 0.5))
figure.legend(*left.get_legend_handles_labels(), title="regularised by", loc="outside right center")
plt.show()
