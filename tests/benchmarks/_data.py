"""Real data, from a folder or, where that has none, from where scikit-learn fetches it."""

from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn import datasets
from sklearn.preprocessing import StandardScaler

# Files of regression sets of the UCI repository, with splits, by short names.
UCI = {
    "boston": "bostonHousing",
    "concrete": "concrete",
    "energy": "energy",
    "kin8nm": "kin8nm",
    "naval": "naval-propulsion-plant",
    "power": "power-plant",
    "protein": "protein-tertiary-structure",
    "wine": "wine-quality-red",
    "yacht": "yacht",
}


class Data:
    """Each data set as (X, y), inputs around 0 or within [0, 1], labels from 0 on."""

    def __init__(self, folder):
        self._folder = Path(folder)

    @cached_property
    def digits(self):
        X, y = datasets.load_digits(return_X_y=True)
        return X / 16, y

    @cached_property
    def breast_cancer(self):
        X, y = datasets.load_breast_cancer(return_X_y=True)
        return StandardScaler().fit_transform(X), y

    @cached_property
    def california(self):
        """Prices of 20640 blocks of houses, in an order drawn once."""
        file = self._folder / "california_housing.npz"
        if file.exists():
            with np.load(file) as arrays:
                X, y = arrays["X"], arrays["y"]
        else:
            X, y = datasets.fetch_california_housing(return_X_y=True)
        order = np.random.default_rng(0).permutation(len(X))
        return StandardScaler().fit_transform(X[order]), y[order]

    @cached_property
    def raw_california(self):
        """Prices of houses in the order of the file, nothing scaled."""
        file = self._folder / "california_housing.npz"
        if file.exists():
            with np.load(file) as arrays:
                return arrays["X"], arrays["y"]
        return datasets.fetch_california_housing(return_X_y=True)

    def california_classes(self, n_classes):
        """The same with prices cut into classes of equal size, from cheap to dear."""
        X, y = self.california
        cuts = np.quantile(y, np.arange(1, n_classes) / n_classes)
        return X, np.searchsorted(cuts, y)

    @cached_property
    def mnist(self):
        return self._images("mnist.npz", "mnist_784")

    @cached_property
    def fashion_mnist(self):
        return self._images("fashion_mnist.npz", "Fashion-MNIST")

    def _images(self, file_name, openml_name):
        """The 60000 images to train on."""
        X, y, _, _ = _scaled(self._raw_images(file_name, openml_name))
        return X, y

    @cached_property
    def raw_mnist(self):
        """Pixels from 0 to 255: X and y of 60000 images to train on, and of 10000 to test."""
        return self._raw_images("mnist.npz", "mnist_784")

    @cached_property
    def raw_fashion_mnist(self):
        return self._raw_images("fashion_mnist.npz", "Fashion-MNIST")

    def _raw_images(self, file_name, openml_name):
        file = self._folder / file_name
        if file.exists():
            with np.load(file) as arrays:
                return tuple(arrays[name] for name in ("X_train", "y_train", "X_test", "y_test"))
        X, y = datasets.fetch_openml(
            openml_name, version=1, return_X_y=True, as_frame=False, parser="liac-arff"
        )
        y = y.astype(int)
        return X[:60000], y[:60000], X[60000:], y[60000:]

    @cached_property
    def scaled_mnist(self):
        """Pixels from 0 to 1 as float32: X and y of 60000 images to train on, 10000 to test."""
        return _scaled(self.raw_mnist)

    @cached_property
    def covtype(self):
        """Kinds of forest, from 1 to 7, on 581012 squares of 30 metres, in the published order."""
        file = self._folder / "covtype.npz"
        if file.exists():
            with np.load(file) as arrays:
                return arrays["X"].astype(np.float32), arrays["y"]
        X, y = datasets.fetch_covtype(return_X_y=True)
        return X.astype(np.float32), y

    @cached_property
    def newsgroups(self):
        """TF-IDF of 11314 articles as CSR, and which of 20 groups they were sent to."""
        if (self._folder / "20news_tfidf_y.npz").exists():
            X = sparse.load_npz(self._folder / "20news_tfidf_train.npz")
            with np.load(self._folder / "20news_tfidf_y.npz", allow_pickle=True) as arrays:
                return X, arrays["y_train"]
        articles = datasets.fetch_20newsgroups_vectorized(subset="train")
        return articles.data.astype(np.float32), articles.target

    @cached_property
    def adult(self):
        """The two given files: frames of 14 columns, and whether an income is above 50,000."""
        import pandas as pd

        tables = [pd.read_csv(self._folder / f"adult_{part}.csv.gz") for part in ("train", "test")]
        whole = pd.concat(tables, ignore_index=True)
        y = whole.pop("income").str.startswith(">").to_numpy().astype(int)
        n = len(tables[0])
        return whole[:n], y[:n], whole[n:], y[n:]

    def uci_regression(self, name):
        """X, y and masks of the test rows of each split, of Hernández-Lobato & Adams (2015)."""
        with np.load(self._folder / "uci_regression" / f"{name}.npz") as arrays:
            return arrays["X"], arrays["y"], arrays["test_masks"]


def _scaled(images):
    X, y, X_test, y_test = images
    return np.divide(X, 255, dtype=np.float32), y, np.divide(X_test, 255, dtype=np.float32), y_test
