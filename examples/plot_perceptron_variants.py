"""
Last, average, pocket: which weights to keep
============================================

Which weights of a perceptron should be kept where classes overlap: the last ones, their average, or
the best of each epoch (the pocket)? The average has the lowest error and depends least on the order
of the rows.

Where classes overlap a perceptron never stops changing, and how good its last weights are depends
on the rows that it saw last. ``algorithm="averaged"`` keeps the average of the weights after every
row (Freund & Schapire 1999). ``algorithm="pocket"`` keeps, of the weights at each epoch's end,
those with the fewest errors on the training rows (Gallant 1990). The data are four measurements of
tumours, with rows in twenty different orders. The line is the median of the error on held-out rows,
and the band holds the middle 80 %.

Perceptrons are not the most accurate: on the same rows logistic regression has an error of 8.4 %,
gradient boosting of 6.3 % and scikit-learn's network of 9.1 %.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skperceptron import PerceptronClassifier

X, y = load_breast_cancer(return_X_y=True)
N_ORDERS, EPOCHS = 20, (1, 2, 3, 5, 8, 12, 20, 30)
LOOKS = {
    "rosenblatt": ("#D55E00", "the last weights"),
    "pocket": ("#009E73", "pocket"),
    "averaged": ("#0072B2", "averaged"),
}

# Few of the features, so that no line separates the classes.
X = X[:, [0, 1, 4, 8]]
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)

figure, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained", sharey=True)
for ax, (algorithm, (colour, name)) in zip(axes, LOOKS.items(), strict=True):
    errors = np.empty((N_ORDERS, len(EPOCHS)))
    for order in range(N_ORDERS):
        for column, n_epochs in enumerate(EPOCHS):
            model = PerceptronClassifier(
                algorithm=algorithm, max_iter=n_epochs, tol=None, random_state=order
            )
            errors[order, column] = 1 - model.fit(X_train, y_train).score(X_test, y_test)
    low, middle, high = np.percentile(100 * errors, [10, 50, 90], axis=0)
    ax.fill_between(EPOCHS, low, high, color=colour, alpha=0.25, linewidth=0)
    ax.plot(EPOCHS, middle, ".-", color=colour)
    ax.set(title=name, xlabel="epochs")
    print(
        f"{name:<17} error after {EPOCHS[-1]} epochs: median {middle[-1]:.1f} %, "
        f"from {low[-1]:.1f} to {high[-1]:.1f} %"
    )
# Baselines on the same four measurements.
for name, baseline in {
    "logistic regression": LogisticRegression(),
    "gradient boosting": HistGradientBoostingClassifier(random_state=0),
    "scikit-learn's MLP": neural_network.MLPClassifier(max_iter=1000, random_state=0),
}.items():
    error = 1 - baseline.fit(X_train, y_train).score(X_test, y_test)
    print(f"{name:<20} error {100 * error:.1f} %")

axes[0].set_ylabel("error on held-out rows, %")
axes[0].set_ylim(bottom=0)
plt.show()
