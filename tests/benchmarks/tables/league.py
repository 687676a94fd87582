"""A league of real tables: the estimators of tables, boosted trees, networks and a linear model.

    python tests/benchmarks/tables/league.py [--groups classes numbers keel] [--splits N] [--rows N]
        [--only NAME ...] [--tables T ...] [--results FILE] [--data-dir D] [--tuned] [--report]
        [--page PAGE] [--plot FILE]

Every contestant has its defaults, the same rows to train on (`--rows`, at most three quarters of
the table) and the same other rows, at most 5,000, to be tested on once. Results are lines of JSON
in `--results`, with versions and CPU seconds of fit (set OPENBLAS_NUM_THREADS=1). What is
there is not run again, so a run that was stopped goes on. Then the report is printed: the error
(log-loss, or root mean square error) against the first contestant's, each limited to ±25 %; mean
ranks; and ratings on Elo's scale from all pairs (Bradley-Terry), with bootstrap intervals over
tables. Contestants whose package is not installed are named and left out, and so are tables that
are not there.

With --tuned there are contestants too that choose their settings, at random, on rows held out of
the training rows: all have the same processor time to do it. `--page` puts tables in Markdown
between comments of a page, of the results that are there.

With --intervals it is about intervals of 90 % for the tables of numbers: the share of targets
covered, and the Winkler score, the mean width plus 20 times what lies outside, in standard
deviations of the target.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from _peers import PEERS, CatBoostQuantiles
from _tables import GROUPS, table
from _tuned import SECONDS, TUNED

from _lines import append, read
from _machine import origin
from _report import Table, put_on_page
from skperceptron.tabular import TabularMLPRegressor
from tables_dev import LIMIT, Ours, TwoQuantiles, error, interval_scores, split

OURS = {
    "one network": lambda: Ours(),
    "five folds": lambda: Ours(n_estimators=5),
    "five folds, balanced": lambda: Ours(n_estimators=5, effort="balanced"),
    "five folds, thorough": lambda: Ours(n_estimators=5, effort="thorough"),
}
CONTESTANTS = {**OURS, **PEERS}


class Interval:
    """Intervals of a regressor of ours."""

    def __init__(self, **parameters):
        self.parameters = parameters

    def fit(self, X, y, seed):
        return TabularMLPRegressor(**self.parameters, random_state=seed).fit(X, y)


VERSIONS = ["scikit-learn", "numpy", "lightgbm", "catboost", "pytabkit", "torch"]

QUANTILES = (0.05, 0.5, 0.95)
INTERVALS = {
    "three quantiles": lambda: Interval(quantiles=QUANTILES),
    "three quantiles, five folds": lambda: Interval(quantiles=QUANTILES, n_estimators=5),
    "gaussian": lambda: Interval(loss="gaussian"),
    "LightGBM": TwoQuantiles,
    "CatBoost": CatBoostQuantiles,
}


def scores(y, predicted, classes):
    if classes is None:
        return {"loss": error(y, predicted, None), "r2": r2_score(y, predicted)}
    labels = classes[predicted.argmax(axis=1)]
    areas = predicted[:, 1] if len(classes) == 2 else predicted
    try:
        area = roc_auc_score(y, areas, multi_class="ovr", labels=classes)
    except ValueError:  # a class that no test row has
        area = np.nan
    return {
        "loss": error(y, predicted, classes),
        "auc": area,
        "accuracy": accuracy_score(y, labels),
    }


def run_one(make, X, y, train, test, seed, intervals):
    classes = None if y.dtype.kind == "f" else np.unique(y.iloc[train])
    kept = test if classes is None else test[np.isin(y.iloc[test], classes)]
    start = time.process_time()
    model = make().fit(X.iloc[train], y.iloc[train], seed)
    seconds = time.process_time() - start
    if intervals:
        true = y.iloc[kept].to_numpy()
        covered, score = interval_scores(true, model.predict_interval(X.iloc[kept]), np.std(true))
        found = {"covered": covered, "loss": score}
    else:
        found = scores(y.iloc[kept].to_numpy(), model.predict(X.iloc[kept]), classes)
    if hasattr(model, "n_trials"):
        found |= {"n_trials": model.n_trials, "settings": model.settings}
    return {**found, "cpu_seconds": seconds, "n_train": len(train), "n_test": len(kept)}


def run(options, contestants):
    from rich.progress import Progress

    done = {(line["table"], line["split"], line["contestant"]) for line in read(options.results)}
    absent = set()
    from_here = origin(VERSIONS)
    with Progress() as progress:
        bar = progress.add_task(
            "fits", total=len(options.tables) * options.splits * len(contestants)
        )
        for name in options.tables:
            wanted = [
                (seed, contestant)
                for seed in range(options.splits)
                for contestant in contestants
                if (name, seed, contestant) not in done
            ]
            progress.advance(bar, options.splits * len(contestants) - len(wanted))
            try:
                X, y = table(name, options.data_dir) if wanted else (None, None)
            except (ModuleNotFoundError, FileNotFoundError) as error:
                absent.add(f"{name}: {error}")
                continue
            for seed, contestant in wanted:
                progress.update(bar, description=f"{name} {seed} {contestant}")
                train, test = split(X, seed, options.rows)
                try:
                    found = run_one(
                        contestants[contestant], X, y, train, test, seed, options.intervals
                    )
                except ModuleNotFoundError as error:
                    absent.add(f"{contestant}: {error}")
                    continue
                line = {"table": name, "split": seed, "contestant": contestant, **found}
                append(options.results, [{**line, **from_here}])
                progress.advance(bar)
    for line in sorted(absent):
        print(f"left out, {line}")


def ratings(errors, rng, n_draws=200):
    """Bradley-Terry ratings on Elo's scale, mean 1000, with an interval over tables."""
    names = list(errors.columns)
    tables = errors.index.get_level_values(0)
    each = {name: errors[tables == name].to_numpy() for name in tables.unique()}

    def rate(chosen):
        wins = np.zeros((len(names), len(names)))
        for name in chosen:
            values = each[name]
            less = (values[:, :, None] < values[:, None, :]).sum(axis=0)
            equal = (values[:, :, None] == values[:, None, :]).sum(axis=0)
            wins += less + equal / 2
        np.fill_diagonal(wins, 0)
        wins += 0.5 * (1 - np.eye(len(names)))  # nobody wins everything for certain
        strength = np.ones(len(names))
        games = wins + wins.T
        for _ in range(500):  # Hunter 2004
            pairs = games / (strength[:, None] + strength)
            strength = wins.sum(axis=1) / pairs.sum(axis=1)
            strength /= np.exp(np.log(strength).mean())
        return 1000 + 400 * np.log10(strength)

    drawn = [rate(rng.choice(list(each), len(each))) for _ in range(n_draws)]
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return pd.DataFrame({"rating": rate(each), "low": low, "high": high}, index=names)


def summary(part, order):
    """Of one group of tables: a line per contestant, and a line per table, of errors in %.

    The splits that lack a contestant are left out: their number is the last that is returned.
    """
    errors = part.pivot_table(index=["table", "split"], columns="contestant", values="loss")[
        [name for name in order if name in set(part["contestant"])]
    ]
    full = errors.dropna()
    relative = full.div(full[full.columns[0]], axis=0).sub(1).clip(-LIMIT, LIMIT) * 100
    by_table = relative.groupby(level=0).mean()
    part = part[pd.MultiIndex.from_frame(part[["table", "split"]]).isin(full.index)]
    said = pd.DataFrame(
        {
            "error, %": relative.mean(),
            "± s.e. over tables": by_table.std() / np.sqrt(len(by_table)),
            "mean rank": full.rank(axis=1).mean(),
            "CPU s": part.groupby("contestant")["cpu_seconds"].mean().reindex(full.columns),
        }
    )
    for score in ("auc", "accuracy", "r2", "covered", "n_trials"):
        if score in part and part[score].notna().any():
            said[score] = part.groupby("contestant")[score].mean().reindex(full.columns)
    said = said.join(ratings(full, np.random.default_rng(0)).round())
    return said, by_table, full, len(errors) - len(full)


def groups(lines, options, contestants):
    """The results of each group of tables, and of all of them where there are several."""
    frame = pd.DataFrame(lines, columns=None if lines else ["contestant", "table"])
    frame = frame[frame["contestant"].isin(contestants) & frame["table"].isin(options.tables)]
    order = [name for name in contestants if name in set(frame["contestant"])]
    parts = {name: frame[frame["table"].isin(GROUPS[name])] for name in options.groups}
    if len(parts) > 1:  # those that are in each group
        everywhere = set.intersection(*(set(part["contestant"]) for part in parts.values()))
        parts["all"] = frame[frame["contestant"].isin(everywhere)]
    return {name: (part, *summary(part, order)) for name, part in parts.items() if not part.empty}


def report(lines, options, contestants):
    said = None
    for group, (_, said, by_table, full, missing) in groups(lines, options, contestants).items():
        n_tables, first = len(by_table), full.columns[0]
        print(f"\n{group}: {n_tables} tables, {len(full)} splits, against {first}")
        print(said.to_string(float_format="{:.3g}".format))
        print(by_table.round(1).to_string())
        if missing:
            print(f"{missing} splits lack a contestant and are left out")
    if said is None:
        print("no results")
    return said


MOST = {"classes": ("auc", "AUC"), "numbers": ("r2", "R²"), "all": None}
UNITS = {"classes": "log-loss", "numbers": "root mean square error"}


def pages_tables(lines, options, contestants):
    """In Markdown: a line per contestant for each group, then a line per table."""
    found = groups(lines, options, contestants)
    tables = []
    for group, (part, said, *_) in found.items():
        score = MOST[group]
        rows = []
        for name, line in said.iterrows():
            relative = f"{line['error, %']:+.1f} ± {line['± s.e. over tables']:.1f}"
            rating = f"{line['rating']:.0f} ({line['low']:.0f} to {line['high']:.0f})"
            cells = [relative, f"{line['mean rank']:.1f}", rating, f"{line['CPU s']:.2g}"]
            if "n_trials" in said:
                cells.append(f"{line['n_trials']:.0f}" if line["n_trials"] > 0 else "1")
            rows.append([name, *([f"{line[score[0]]:.3f}"] if score else []), *cells])
        columns = ["error, %", "mean rank", "rating", "CPU s"]
        columns += ["settings tried"] if "n_trials" in said else []
        heading = f"{part['table'].nunique()} tables" + ("" if group == "all" else f", {group}")
        tables.append(Table(["", *([score[1]] if score else []), *columns], rows, heading))
    for group, (_, _, by_table, full, _) in found.items():
        if group == "all":
            continue
        first, *others = full.columns
        units = full[first].groupby(level=0).mean()
        rows = [
            [name, f"{units[name]:.4g}", *(f"{line[other]:+.1f}" for other in others)]
            for name, line in by_table.iterrows()
        ]
        caption = (
            f"Each table with {group} as targets: {UNITS[group]} of {first}, then % against it"
        )
        tables.append(Table(["table", first, *others], rows, caption))
    return "\n\n".join(map(str, tables))


def plot(said, path):
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for name, row in said.iterrows():
        ours = name in OURS
        colour = "tab:blue" if ours else "0.45"
        spread = [[row["rating"] - row["low"]], [row["high"] - row["rating"]]]
        axes.errorbar([row["CPU s"]], [row["rating"]], spread, fmt="o", capsize=3, color=colour)
        # Ours beside the point and the others beyond the interval, so that no label is on another.
        if ours:
            place = {"xy": (row["CPU s"], row["rating"]), "xytext": (7, -4), "ha": "left"}
        elif name == "scikit-learn's MLP":
            place = {"xy": (row["CPU s"], row["low"]), "xytext": (0, -14), "ha": "center"}
        else:
            place = {"xy": (row["CPU s"], row["high"]), "xytext": (0, 4), "ha": "center"}
        axes.annotate(name, **place, textcoords="offset points", color=colour, fontsize=9)
    axes.set(
        xscale="log",
        xlim=(said["CPU s"].min() / 3, said["CPU s"].max() * 8),
        ylim=(said["low"].min() - 60, said["high"].max() + 60),
        xlabel="CPU seconds of a fit",
        ylabel="rating on Elo's scale, 95 % interval over tables",
        title="Better is higher; blue: skperceptron",
    )
    plt.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--groups", nargs="*", default=["classes", "numbers"], choices=list(GROUPS))
    parser.add_argument("--tables", nargs="*")
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--rows", type=int, default=2500)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--results", type=Path, default=Path("league.jsonl"))
    parser.add_argument("--data-dir", type=Path, default=Path("../shared/data"))
    parser.add_argument("--intervals", action="store_true")
    parser.add_argument("--report", action="store_true", help="of the results that are there")
    parser.add_argument("--tuned", action="store_true", help=f"{SECONDS} s for each search")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    if options.intervals:
        options.groups = ["numbers"]
    if options.tables is None:
        options.tables = [name for group in options.groups for name in GROUPS[group]]
    untuned = {name: CONTESTANTS[name] for name in (tuned.split(",")[0] for tuned in TUNED)}
    known = OURS | untuned | TUNED if options.tuned else CONTESTANTS
    known = INTERVALS if options.intervals else known
    contestants = {name: known[name] for name in (options.only or known)}
    warnings.simplefilter("ignore")
    if not options.report:
        run(options, contestants)
    lines = read(options.results)
    said = report(lines, options, contestants)
    if options.page:
        name = "tuned" if options.tuned else "defaults"
        put_on_page(options.page, name, pages_tables(lines, options, contestants))
    if options.plot and said is not None:
        plot(said, options.plot)


if __name__ == "__main__":
    main()
