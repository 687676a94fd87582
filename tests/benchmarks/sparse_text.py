"""Train on the 20 newsgroups, sparse TF-IDF, beside scikit-learn: same numbers, and how long.

    python tests/benchmarks/sparse_text.py [--data-dir ../shared/data] [--repeats 3]

Without the data, scikit-learn's own copy of the newsgroups is downloaded.
"""

import argparse
import statistics
import time
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn import neural_network
from sklearn.datasets import fetch_20newsgroups_vectorized
from sklearn.exceptions import ConvergenceWarning

import skperceptron

PARAMETERS = {"hidden_layer_sizes": (50,), "max_iter": 2, "random_state": 0}


def load(folder):
    """CSR rows to train and to test on, with their labels."""
    if not (folder / "20news_tfidf_y.npz").exists():
        parts = [fetch_20newsgroups_vectorized(subset=part) for part in ("train", "test")]
        return parts[0].data, parts[0].target, parts[1].data, parts[1].target
    labels = np.load(folder / "20news_tfidf_y.npz", allow_pickle=True)
    X_train, X_test = (
        sparse.load_npz(folder / f"20news_tfidf_{part}.npz") for part in ("train", "test")
    )
    return X_train, labels["y_train"], X_test, labels["y_test"]


def fit(module, X, y):
    """Fit, and return the model with the seconds it took."""
    model = module.MLPClassifier(**PARAMETERS)
    start = time.perf_counter()
    model.fit(X, y)
    return model, time.perf_counter() - start


def main():
    """Alternate the two, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, default=Path("../shared/data"))
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y, X_test, y_test = load(arguments.data_dir)

    seconds = {neural_network: [], skperceptron: []}
    models = {}
    for _ in range(arguments.repeats):
        for module, times in seconds.items():
            models[module], took = fit(module, X, y)
            times.append(took)
    theirs, ours = models.values()
    ratio = statistics.median(a / b for a, b in zip(*seconds.values(), strict=True))
    tracemalloc.start()
    fit(skperceptron, X, y)
    peak = tracemalloc.get_traced_memory()[1]

    print(f"{X.shape[0]} x {X.shape[1]}, {X.nnz / X.shape[0]:.0f} values a row, {X.dtype}")
    print(f"{'':16}{'s / epoch':>12}{'loss':>12}{'test accuracy':>16}")
    for model, times in zip(models.values(), seconds.values(), strict=True):
        name = type(model).__module__.partition(".")[0]
        epoch = statistics.median(times) / PARAMETERS["max_iter"]
        accuracy = model.score(X_test, y_test)
        print(f"{name:16}{epoch:12.3f}{model.loss_:12.6f}{accuracy:16.4f}")
    distance = max(np.abs(a - b).max() for a, b in zip(theirs.coefs_, ours.coefs_, strict=True))
    print(f"ratio of times {ratio:.2f}, largest difference of a weight {distance:.1e}")
    weights = sum(coef.nbytes for coef in ours.coefs_)
    print(f"peak memory of ours {peak / 1e6:.0f} MB, weights {weights / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
