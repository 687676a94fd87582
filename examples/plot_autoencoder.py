"""
Autoencoders: codes, reconstructions, denoising
===============================================

:class:`~skperceptron.MLPAutoencoder` on handwritten digits that it was not trained on. Through a
code of 8 numbers it restores them with a smaller error than principal component analysis does
with 8 components. Trained with ``input_dropout``, it also fills in pixels that are missing. And a
code of two numbers is a map: no label was used, only the colours are the labels.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skperceptron import MLPAutoencoder

# The learning rate is back at 0 after 80 epochs, whatever tol says.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
train, test, _, labels = train_test_split(np.float32(X / 16), y, stratify=y, random_state=0)


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


# Half of the pixels get lost. What is left is doubled, as dropout does in training.
lost = np.random.default_rng(0).random(test.shape) < 0.5
holes = np.where(lost, 0, test)
eight, pca = autoencoder(8), PCA(8).fit(train)
denoising = autoencoder(32, input_dropout=0.5)
# A code that is bounded makes better use of the paper than a linear one.
two, plane = autoencoder(2, ["silu", "silu", "tanh", "silu", "silu"]), PCA(2).fit(train)
rows = {
    "original": test,
    "8 components": restore(pca, test),
    "8 code numbers": restore(eight, test),
    "half lost": holes,
    "filled in": restore(denoising, 2 * holes),
}
errors = {name: np.mean((images - test) ** 2) for name, images in rows.items()}
for name, error in errors.items():
    print(f"{name:<16} mean squared error {error:.4f}")

figure = plt.figure(figsize=(12, 4.6), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=(1.15, 1), squeeze=False)[0]
panels = left.subplots(len(rows), 8)
for line, (name, images) in zip(panels, rows.items(), strict=True):
    line[0].set_ylabel(f"{name}\n{errors[name]:.3f}" if errors[name] else name)
    line[0].yaxis.label.set(rotation=0, ha="right", va="center")
    for panel, image in zip(line, images, strict=False):
        panel.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        panel.set(xticks=[], yticks=[])
left.suptitle("Held-out digits, and the mean squared error")

maps = {"PCA, two components": plane, "autoencoder, two code numbers": two}
axes = right.subplots(1, 2)
for panel, (name, model) in zip(axes, maps.items(), strict=True):
    codes = model.transform(test)
    for digit in range(10):
        colour = plt.colormaps["tab10"](digit)
        panel.scatter(*codes[labels == digit].T, s=8, color=colour)
        centre = np.median(codes[labels == digit], axis=0)
        panel.text(*centre, digit, fontsize=13, fontweight="bold", ha="center", va="center")
    panel.set(title=name, xticks=[], yticks=[])
right.suptitle("The same digits on a map")
plt.show()
