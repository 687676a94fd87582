"""Compute published results again.

    python tests/benchmarks/published/run.py [ROW ...] [--data-dir D] [--results DIR] [--seeds N]
        [--contestants NAME ...] [--cases NAME ...] [--report] [--page PAGE] [--plots DIR]

Without names all rows are computed. Each result is a line of JSON in DIR/ROW.jsonl, with versions,
revision and CPU seconds. What is there is not computed again, so a run that was stopped goes on.
One process computes a row at a time. `--report` computes nothing and prints the tables of the
results that are there. `--page` puts them between the comments `<!-- results of ROW -->` and
`<!-- end of ROW -->` of a page, and a summary of all rows between those of `summary`. `--plots`
draws all rows into PNG files of a folder.
"""

import argparse
import importlib
import sys
import time
import warnings
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import _report
from _data import Data
from _lines import append, read
from _machine import origin
from _row import OURS
from _verdicts import differences, mean_and_error, measured, summary

ROWS = {
    "xiao_networks": 1,
    "xiao_perceptron": 2,
    "sklearn_bench": 3,
    "keras_dropout": 4,
    "nielsen": 5,
    "islp": 6,
    "geron": 7,
    "uci_backprop": 8,
    "uci_dropout": 9,
    "wan_dropout": 10,
    "srivastava": 11,
    "gorishniy": 12,
    "blackard": 13,
    "freund_schapire": 14,
    "batch_norm": 15,
    "hinton_autoencoder": 16,
    "gorishniy_adult": 17,
    "best_uci": 18,
    "best_california": 19,
    "best_adult": 20,
    "best_fashion": 21,
    "best_mnist": 22,
}
"""Name of each module, and the number that its row has on the page."""

PLOTS = {
    "srivastava": "![Measured and published figures of the rows that compare an order]"
    "(../images/published_orders.png)",
    "batch_norm": "![Accuracy by epoch with and without batch normalisation]"
    "(../images/published_curves.png)",
}
"""What a page shows under the table of a row that has results."""

VERSIONS = ["numpy", "scipy", "scikit-learn", "numba"]
RESULTS = Path(__file__).resolve().parent / "results"

put_on_page = partial(_report.put_on_page, kind="results")


def load(name):
    return importlib.import_module(name).ROW


def missing(row, lines, n_seeds=None, contestants=None, cases=None):
    """Cases and seeds of a row that have no result yet: each case with seed 0, then with 1, ..."""
    done = {(line["case"], line["contestant"], line["seed"]) for line in lines}
    wanted = [
        case
        for case in row.cases
        if contestants is None or case.contestant in contestants
        if cases is None or case.name in cases
    ]
    return [
        (case, seed)
        for seed in range(max((case.n_seeds for case in wanted), default=0))
        for case in wanted
        if seed < min(case.n_seeds, n_seeds or case.n_seeds)
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
        "score": round(found["score"], 6),
        "seconds": round(time.perf_counter() - start, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        **origin(VERSIONS),
    }


def run(names, options):
    from rich.progress import Progress

    data = Data(options.data_dir)
    data.results = options.results  # read by rows that choose among earlier results
    wanted = {
        name: missing(
            load(name),
            read(options.results / f"{name}.jsonl"),
            options.seeds,
            options.contestants,
            options.cases,
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


def table(row, lines):
    """Published figures beside the mean and its standard error of each contestant."""
    contestants = list(dict.fromkeys(case.contestant for case in row.cases))
    published = {case.name: case.published for case in row.cases if case.published is not None}
    paired = {case.name: case for case in row.cases if case.by_seed and case.contestant == OURS}
    rows = []
    for name in dict.fromkeys(case.name for case in row.cases):
        given = f"{published[name]:.{row.digits}f}" if name in published else ""
        found = [measured(lines, name, contestant) for contestant in contestants]
        cells = [name, given, *(said(values, row.digits) for values in found)]
        if paired:
            cells.append(said(differences(paired[name], lines), row.digits, sign="+"))
        rows.append(cells)
    columns = ["", "published", *contestants]
    if paired:
        columns.append("difference on the same splits")
    return _report.Table(columns, rows, _caption(row))


def said(values, digits, sign=""):
    if not values:
        return ""
    mean, error = mean_and_error(values)
    if len(values) == 1:
        return f"{mean:{sign}.{digits}f} (one run)"
    return f"{mean:{sign}.{digits}f} ± {error:.{digits}f} ({len(values)})"


def _caption(row):
    parts = [
        f"{row.source}. Published figures: {row.read}.",
        row.protocol,
        row.budget,
        f"{row.score}: mean ± standard error (number of runs).",
    ]
    return " ".join(part for part in parts if part)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--data-dir", type=Path, default=Path("../shared/data"))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--seeds", type=int, help="at most so many seeds of each case")
    parser.add_argument("--contestants", nargs="+", metavar="NAME")
    parser.add_argument("--cases", nargs="+", metavar="NAME", help="as the tables name them")
    parser.add_argument("--report", action="store_true", help="compute nothing")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--plots", type=Path)
    options = parser.parse_args(arguments)
    unknown = set(options.rows) - set(ROWS)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}; rows: {', '.join(ROWS)}")
    names = options.rows or list(ROWS)
    warnings.simplefilter("ignore")  # ConvergenceWarning: epochs are given
    if not options.report:
        run(names, options)
    # The summary and the plots are of all rows.
    read_too = sorted(ROWS, key=ROWS.get) if options.page or options.plots else names
    found = {name: (load(name), read(options.results / f"{name}.jsonl")) for name in read_too}
    for name in names:
        row, lines = found[name]
        text = str(table(row, lines))
        print(f"\n{ROWS[name]}. {row.title}\n\n{text}")
        if options.page:
            plot = PLOTS.get(name) if lines else None
            put_on_page(options.page, name, f"{text}\n\n{plot}" if plot else text)
    everything = {ROWS[name]: each for name, each in found.items()}
    if options.page:
        put_on_page(options.page, "summary", str(summary(everything)))
    if options.plots:
        from _plots import draw

        draw(everything, options.plots)


if __name__ == "__main__":
    main()
