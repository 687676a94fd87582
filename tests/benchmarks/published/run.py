"""Compute published results again.

    python tests/benchmarks/published/run.py [ROW ...] [--data-dir D] [--results DIR] [--seeds N]
        [--contestants NAME ...] [--report] [--page PAGE] [--plot FILE]

Without names all rows are computed. Each result is a line of JSON in DIR/ROW.jsonl, with versions,
revision and CPU seconds. What is there is not computed again, so a run that was stopped goes on.
`--report` computes nothing and prints the tables of the results that are there; `--page` puts them
between the comments `<!-- results of ROW -->` and `<!-- end of ROW -->` of a page; `--plot` draws
the difference between each measured figure and its published one.
"""

import argparse
import importlib
import json
import math
import statistics
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from _data import Data
from _machine import revision, version
from _report import Table
from _row import OURS

ROWS = {
    "xiao_perceptron": 2,
    "freund_schapire": 14,
    "best_fashion": 1,
    "best_mnist": 11,
}
"""Name of each module, and the number that its row has on the page."""

VERSIONS = ["skperceptron", "numpy", "scipy", "scikit-learn"]
RESULTS = Path(__file__).resolve().parent / "results"


def load(name):
    return importlib.import_module(name).ROW


def read(path):
    """The results in a file; the last line may have been cut by whatever stopped the run."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    found = []
    for place, line in enumerate(lines):
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            if place < len(lines) - 1:
                raise
    return found


def missing(row, lines, n_seeds=None, contestants=None):
    """Cases and seeds of a row that have no result yet."""
    done = {(line["case"], line["contestant"], line["seed"]) for line in lines}
    return [
        (case, seed)
        for case in row.cases
        if contestants is None or case.contestant in contestants
        for seed in range(min(case.n_seeds, n_seeds or case.n_seeds))
        if (case.name, case.contestant, seed) not in done
    ]


def compute(case, seed, data):
    start, cpu = time.perf_counter(), time.process_time()
    found = case.run(data, seed)
    return {
        "case": case.name,
        "contestant": case.contestant,
        "seed": seed,
        **found,
        "seconds": round(time.perf_counter() - start, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "versions": {name: version(name) for name in VERSIONS},
        "revision": revision(),
    }


def append(path, lines):
    """Write a line at once; what a cut line left behind is taken away first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = read(path)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in [*whole, *lines])


def run(names, options):
    from rich.progress import Progress

    data = Data(options.data_dir)
    data.results = options.results  # read by rows that choose among earlier results
    wanted = {
        name: missing(
            load(name), read(options.results / f"{name}.jsonl"), options.seeds, options.contestants
        )
        for name in names
    }
    with Progress() as progress:
        bar = progress.add_task("fits", total=sum(map(len, wanted.values())))
        for name, pairs in wanted.items():
            for case, seed in pairs:
                progress.update(bar, description=f"{name}, {case.name}, {case.contestant}, {seed}")
                append(options.results / f"{name}.jsonl", [compute(case, seed, data)])
                progress.advance(bar)


def mean_and_error(values):
    """Mean, and its standard error where there are several values."""
    mean = statistics.fmean(values)
    if len(values) == 1:
        return mean, math.nan
    return mean, statistics.stdev(values) / math.sqrt(len(values))


def measured(lines, case_name, contestant):
    return [
        line["score"]
        for line in lines
        if (line["case"], line["contestant"]) == (case_name, contestant)
    ]


def table(row, lines):
    """Published figures beside the mean and its standard error of each contestant."""
    contestants = list(dict.fromkeys(case.contestant for case in row.cases))
    published = {case.name: case.published for case in row.cases if case.published is not None}
    rows = []
    for name in dict.fromkeys(case.name for case in row.cases):
        cells = []
        for contestant in contestants:
            values = measured(lines, name, contestant)
            cells.append(said(values, row.digits) if values else "")
        given = f"{published[name]:.{row.digits}f}" if name in published else ""
        rows.append([name, given, *cells])
    return Table(["", "published", *contestants], rows, _caption(row))


def said(values, digits):
    mean, error = mean_and_error(values)
    if len(values) == 1:
        return f"{mean:.{digits}f} (one run)"
    return f"{mean:.{digits}f} ± {error:.{digits}f} ({len(values)})"


def _caption(row):
    parts = [
        f"{row.source}. Published figures: {row.read}.",
        row.protocol,
        row.budget,
        f"{row.score}: mean ± standard error (number of runs).",
    ]
    return " ".join(part for part in parts if part)


def put_on_page(path, name, text):
    page = path.read_text("utf-8")
    begin, end = f"<!-- results of {name} -->\n", f"<!-- end of {name} -->\n"
    if not (begin in page and end in page):
        raise ValueError(f"{path} has no place for the results of {name}")
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}\n{text}\n\n{end}{after}", "utf-8")


def plot(names, results, path):
    """Each measured error against its published one: left of the line is better."""
    import matplotlib.pyplot as plt

    labels, values, errors = [], [], []
    for name in names:
        row, lines = load(name), read(results / f"{name}.jsonl")
        for case in row.cases:
            scores = measured(lines, case.name, case.contestant)
            if case.contestant != OURS or case.published is None or not scores:
                continue
            mean, error = mean_and_error(scores)
            if row.greater_is_better:  # accuracies become errors
                whole = 100 if row.digits < 3 else 1
                mean, reference = whole - mean, whole - case.published
            else:
                reference = case.published
            labels.append(f"{ROWS[name]}: {case.name}")
            values.append(100 * (mean / reference - 1))
            errors.append(0 if math.isnan(error) else 100 * error / reference)
    places = range(len(labels), 0, -1)
    _, axes = plt.subplots(figsize=(8, 1.5 + 0.22 * len(labels)), layout="constrained")
    axes.axvline(0, color="0.5", linewidth=1)
    axes.errorbar(values, places, xerr=errors, fmt="o", markersize=4, capsize=2)
    axes.set_yticks(places, labels, fontsize=8)
    axes.set_ylim(0, len(labels) + 1)
    axes.set(xlabel="error against the published one, %", title="Left of the line is better")
    plt.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--data-dir", type=Path, default=Path("../shared/data"))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--seeds", type=int, help="at most so many seeds of each case")
    parser.add_argument("--contestants", nargs="+", metavar="NAME")
    parser.add_argument("--report", action="store_true", help="compute nothing")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    unknown = set(options.rows) - set(ROWS)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}; rows: {', '.join(ROWS)}")
    names = options.rows or list(ROWS)
    warnings.simplefilter("ignore")  # ConvergenceWarning: epochs are given
    if not options.report:
        run(names, options)
    for name in names:
        row = load(name)
        text = str(table(row, read(options.results / f"{name}.jsonl")))
        print(f"\n{ROWS[name]}. {row.title}\n\n{text}")
        if options.page:
            put_on_page(options.page, name, text)
    if options.plot:
        plot(names, options.results, options.plot)


if __name__ == "__main__":
    main()
