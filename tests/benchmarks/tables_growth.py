"""Time and memory of the estimators of tables on many rows.

    python tests/benchmarks/tables_growth.py [--data-dir D] [--epochs N] [--only NAME ...]

Each line is one fit in a process of its own, with one thread of BLAS: covtype and adult for a
growing number of rows, with all hyperparameters at their defaults, and a made-up table of 100,000
rows and 50 columns of numbers. Other numbers of epochs than the defaults' are given by --epochs;
those of the made-up table are 4, because only the start and the memory are of interest there.

"Start" is from the call of fit to the start of the first epoch, by the CPU and by the clock.
Memory is the peak resident memory of the process, beyond that with the table and before fit, in
terms of the encoded rows: all rows, with 4 bytes for each column of the encoded matrix.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import fetch_covtype

from skperceptron.tabular import TabularMLPClassifier, TabularMLPRegressor
from tables_dev import tables

ADULT = (2_500, 16_000)
COVTYPE = (2_500, 12_500, 16_000, 25_000, 50_000, 100_000, 200_000)
MADE_UP = (100_000, 50)
EPOCHS_OF_MADE_UP = 4

CASES = [
    *(("adult", n) for n in ADULT),
    *(("covtype", n) for n in COVTYPE),
    *((f"made up, {kind}", MADE_UP[0]) for kind in ("classifier", "regressor")),
]
NAMES = ("adult", "covtype", "made up")


def load(name, n_rows, folder):
    """Some rows of a table, at random, and their targets."""
    rng = np.random.default_rng(0)
    if name.startswith("made up"):
        X = rng.normal(size=MADE_UP)
        y = X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=n_rows)
        return X, y if name.endswith("regressor") else y > 0
    if name == "adult":
        X, y = next((X, y) for table, X, y in tables(folder) if table == "adult")
        rows = rng.permutation(len(X))[:n_rows]
        return X.iloc[rows], y.iloc[rows]
    if (folder / "covtype.npz").exists():
        with np.load(folder / "covtype.npz") as arrays:
            X, y = arrays["X"], arrays["y"]
    else:
        X, y = fetch_covtype(return_X_y=True)
    rows = rng.permutation(len(X))[:n_rows]
    return pd.DataFrame(X[rows]).astype(float), y[rows]


class FirstEpoch:
    """Notes when the first epoch of the first network begins."""

    max_propagation_depth = None

    def __init__(self):
        self.times = None

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        if self.times is None and context.task_name == "epoch":
            self.times = now()

    def on_fit_task_end(self, estimator, context):
        pass


def now():
    return np.array([time.process_time(), time.perf_counter()])


def peak():
    """Bytes of the peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(name, n_rows, options):
    """Print a line about one fit."""
    X, y = load(name, n_rows, options.data_dir)
    kind = TabularMLPRegressor if name.endswith("regressor") else TabularMLPClassifier
    model = kind(random_state=0)
    epochs = EPOCHS_OF_MADE_UP if name.startswith("made up") else options.epochs
    model.set_params(max_iter=epochs or model.max_iter)
    kind(max_iter=1).fit(X[:500], y[:500])  # what is imported later
    first = FirstEpoch()
    model.set_callbacks(first)
    before, start = peak(), now()
    model.fit(X, y)
    seconds, begun = now() - start, first.times - start
    encoded = n_rows * model.estimators_[0].n_features_in_ * 4
    print(
        f"{name:>20}{n_rows:>9,}{model.max_iter:>8}{seconds[0]:>8.1f}"
        f"{seconds[0] / n_rows * 1e3:>12.3f}{begun[0]:>8.2f}{begun[1]:>8.2f}"
        f"{encoded / 1e6:>9.0f}{(peak() - before) / encoded:>8.2f}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, default=Path("../shared/data"))
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--only", nargs="*", choices=NAMES, default=NAMES)
    parser.add_argument("--rows", type=int, help="print lines of so many rows only")
    parser.add_argument("--line", help="print this one line")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.line:
        measure(options.line, options.rows, options)
        return
    print(
        f"{'table':>20}{'rows':>9}{'epochs':>8}{'CPU s':>8}{'per 1,000':>12}{'start':>8}"
        f"{'clock':>8}{'MB':>9}{'memory':>8}",
        flush=True,
    )
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    for name, n_rows in CASES:
        if name.partition(",")[0] not in options.only or (options.rows or n_rows) != n_rows:
            continue
        line = [sys.executable, __file__, "--data-dir", str(options.data_dir), "--line", name]
        line += ["--rows", str(n_rows)]
        if options.epochs:
            line += ["--epochs", str(options.epochs)]
        subprocess.run(line, check=True, env=environment)


if __name__ == "__main__":
    main()
