"""
Inside a network: weights and activations
=========================================

Look at a network for handwritten digits in three ways: the weights of units as images, the sizes of
weights, and how strongly units respond. The L1 penalty sets most weights to 0, and some units are
dead: they output 0 for every digit.

On the left each image shows the weights from the 8 × 8 pixels to one unit of the first layer. The
histograms in the middle and on the right leave out values that are exactly 0, and give their share
in the title. Displays draw on your axes if you pass ``ax``.

On digits that it was not trained on, the network is as accurate as logistic regression, better than
gradient boosting, and not as good as scikit-learn's network, in which no weight is 0.
"""

import matplotlib.pyplot as plt
from sklearn import neural_network
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from skperceptron import MLPClassifier
from skperceptron.plotting import (
    ActivationHistogramDisplay,
    WeightHistogramDisplay,
    WeightImagesDisplay,
)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)
network = MLPClassifier(
    (40, 20), alpha=0.3, l1_ratio=1.0, learning_rate_init=0.01, tol=1e-3, random_state=0
).fit(X_train, y_train)
print(f"{'network with L1':<22} accuracy {network.score(X_test, y_test):.3f}")
for name, baseline in {
    "logistic regression": LogisticRegression(max_iter=1000),
    "gradient boosting": HistGradientBoostingClassifier(
        max_iter=30, learning_rate=0.3, max_leaf_nodes=8, random_state=0
    ),
    "scikit-learn's MLP": neural_network.MLPClassifier(max_iter=400, random_state=0),
}.items():
    accuracy = baseline.fit(X_train, y_train).score(X_test, y_test)
    print(f"{name:<22} accuracy {accuracy:.3f}")

figure = plt.figure(figsize=(15, 5), layout="constrained")
parts = figure.subfigures(1, 3, squeeze=False)[0]
WeightImagesDisplay.from_estimator(network, n_images=16, ax=parts[0].subplots())
WeightHistogramDisplay.from_estimator(network, ax=parts[1].subplots())
ActivationHistogramDisplay.from_estimator(network, X_test, ax=parts[2].subplots())
titles = ("Weights of the first layer", "Weights by layer", "Activations by layer")
for part, title in zip(parts, titles, strict=True):
    part.suptitle(title)
plt.show()
