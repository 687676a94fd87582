"""Hinton & Salakhutdinov (2006): an autoencoder and PCA with codes of 30 numbers."""

import numpy as np
from sklearn.decomposition import PCA

from _row import SKLEARN, Case, Row
from skperceptron import MLPAutoencoder

N_EPOCHS = 15
SIZES = (500, 250, 30, 250, 500)


def _error(reconstructed, X):
    """Mean over images of the squared error, summed over pixels."""
    return float(np.square(reconstructed - X).sum(axis=1).mean())


def _autoencoder(data, seed):
    X, _, X_test, _ = data.scaled_mnist
    model = MLPAutoencoder(
        SIZES,
        output_activation="logistic",
        alpha=0,
        weight_init="glorot_uniform",
        batch_size=100,
        learning_rate="cosine",
        max_iter=N_EPOCHS,
        tol=None,
        random_state=seed,
    )
    model.fit(X)
    return {"score": _error(model.inverse_transform(model.transform(X_test)), X_test)}


def _pca(data, seed):
    X, _, X_test, _ = data.scaled_mnist
    model = PCA(30, svd_solver="covariance_eigh", random_state=seed).fit(X)
    return {"score": _error(model.inverse_transform(model.transform(X_test)), X_test)}


ROW = Row(
    title="Autoencoder and PCA",
    source="Hinton & Salakhutdinov (2006), *Reducing the dimensionality of data with neural "
    "networks*, figure 2 (B)",
    read="recalled, and found in a transcript of the caption",
    protocol="MNIST, pixels / 255, 30 numbers per image. The source trains 784-1000-500-250-30 and "
    "its mirror image, logistic units around a linear code, after pretraining.",
    budget="784-500-250-30 and its mirror image with ReLU, without pretraining, 15 epochs of Adam "
    "on batches of 100 with a cosine schedule. The smaller network cannot show the published "
    "error. It can show whether a trained code is better than PCA's.",
    score="Test squared error per image",
    digits=2,
    greater_is_better=False,
    order=(("autoencoder", "PCA"),),
    cases=(
        Case("autoencoder", _autoencoder, 3.00, n_seeds=3),
        Case("PCA", _pca, 13.87, SKLEARN, n_seeds=1),
    ),
)
