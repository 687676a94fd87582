"""
Inside a network: weights and activations
=========================================

Three looks at one network for handwritten digits, whose pixels in the corners are always blank:
what the units of the first layer look for, the sizes of its weights, and how strongly units
respond. Many outputs of exactly 0 are what rectified units are for; a unit that outputs 0 for
every digit is dead. Displays draw on axes of yours if you pass ``ax``.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from skperceptron import MLPClassifier
from skperceptron.plotting import (
    ActivationHistogramDisplay,
    WeightHistogramDisplay,
    WeightImagesDisplay,
)

X, y = load_digits(return_X_y=True)
X /= 16
network = MLPClassifier(
    (40, 20), alpha=0.3, l1_ratio=1.0, learning_rate_init=0.01, tol=1e-3, random_state=0
).fit(X, y)
print(f"accuracy {network.score(X, y):.3f} after {network.n_iter_} epochs")

figure = plt.figure(figsize=(15, 5), layout="constrained")
parts = figure.subfigures(1, 3, squeeze=False)[0]
WeightImagesDisplay.from_estimator(network, n_images=16, ax=parts[0].subplots())
WeightHistogramDisplay.from_estimator(network, ax=parts[1].subplots())
ActivationHistogramDisplay.from_estimator(network, X, ax=parts[2].subplots())
titles = ("Weights of the first layer", "Weights by layer", "Activations by layer")
for part, title in zip(parts, titles, strict=True):
    part.suptitle(title)
plt.show()
