"""
Autoencoders: codes, reconstructions, denoising
===============================================

Compress, restore and map handwritten digits with :class:`~skperceptron.MLPAutoencoder`. On digits
that it was not trained on, an autoencoder with a code of 8 numbers has less than half of the error
of principal component analysis (PCA) with 8 components. It loses to nearest neighbours in filling
in pixels that are missing.

Left: half of the pixels of each digit are lost, and three models fill them in. One is an
autoencoder that was trained with ``input_dropout``. Its baselines are a linear model, trained on
digits of which half of the pixels are lost, and scikit-learn's
:class:`~sklearn.impute.KNNImputer`, which has the smallest error.

Right: a code of two numbers is a map of the digits. Training uses no labels; only the colours show
them. Fifteen nearest neighbours on the map name the digit more often for the autoencoder than for
PCA.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import KNNImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from skperceptron import MLPAutoencoder

# The learning rate falls to 0 in 80 epochs, and training goes on until then.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
train, test, train_labels, labels = train_test_split(
    np.float32(X / 16), y, stratify=y, random_state=0
)


def autoencoder(n_numbers, activation="silu", **parameters):
    return MLPAutoencoder(
        (128, 64, n_numbers, 64, 128),
        activation,
        output_activation="logistic",
        learning_rate_init=0.01,
        learning_rate="one_cycle",
        batch_size=50,
        max_iter=80,
        n_iter_no_change=80,
        random_state=0,
        **parameters,
    ).fit(train)


def restore(model, images):
    return model.inverse_transform(model.transform(images))


# Half of the pixels are lost. The others are doubled, as dropout does in training.
rng = np.random.default_rng(0)
lost = rng.random(test.shape) < 0.5
holes = np.where(lost, 0, test)
eight, pca = autoencoder(8), PCA(8).fit(train)
denoising = autoencoder(32, input_dropout=0.5)
several = np.tile(train, (10, 1))
linear = Ridge(10.0).fit(np.where(rng.random(several.shape) < 0.5, 0, several), several)
neighbours = KNNImputer().fit(train)
# The tanh keeps the codes of the map between −1 and 1.
two, plane = autoencoder(2, ["silu", "silu", "tanh", "silu", "silu"]), PCA(2).fit(train)
rows = {
    "original": test,
    "PCA, 8 numbers": restore(pca, test),
    "code of 8 numbers": restore(eight, test),
    "half lost": holes,
    "filled: linear": np.where(lost, linear.predict(holes), test),
    "filled: network": np.where(lost, restore(denoising, 2 * holes), test),
    "filled: neighbours": neighbours.transform(np.where(lost, np.nan, test)),
}
errors = {name: np.mean((images - test) ** 2) for name, images in rows.items()}
for name, error in errors.items():
    print(f"{name:<19}mean squared error {error:.4f}")

figure = plt.figure(figsize=(12, 5.6), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=(1.15, 1), squeeze=False)[0]
panels = left.subplots(len(rows), 8)
for line, (name, images) in zip(panels, rows.items(), strict=True):
    line[0].set_ylabel(f"{name}\n{errors[name]:.3f}" if errors[name] else name)
    line[0].yaxis.label.set(rotation=0, ha="right", va="center")
    for panel, image in zip(line, images, strict=False):
        panel.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        panel.set(xticks=[], yticks=[])
left.suptitle("Held-out digits, and the mean squared error")

maps = {"PCA": (plane, "component"), "autoencoder": (two, "code number")}
axes = right.subplots(1, 2)
for panel, (name, (model, coordinate)) in zip(axes, maps.items(), strict=True):
    codes = model.transform(test)
    classifier = KNeighborsClassifier(15).fit(model.transform(train), train_labels)
    print(f"{name:<19}{classifier.score(codes, labels):.0%} of the digits named by the map")
    for digit in range(10):
        colour = plt.colormaps["tab10"](digit)
        panel.scatter(*codes[labels == digit].T, s=8, color=colour)
        centre = np.median(codes[labels == digit], axis=0)
        panel.text(*centre, digit, fontsize=13, fontweight="bold", ha="center", va="center")
    panel.set(title=name, xticks=[], yticks=[])
    panel.set(xlabel=f"first {coordinate}", ylabel=f"second {coordinate}")
right.suptitle("The same digits on a map")
plt.show()
