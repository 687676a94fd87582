"""Measure skperceptron beside its peers, and write down what came out.

python tests/benchmarks/run.py [--data-dir D] [--only NAME ...] [--repeats N] [--output DIR]
    [--page PAGE]
"""

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

from sklearn.exceptions import ConvergenceWarning

import _forms
import _machine
import busy
import features
import footprint
import grid_search
import growth
import lbfgs
import parameters
import perceptron
import prediction
import slow_calls
import small_batches
import sparse_text
import startup
import training
from _context import Context
from _data import Data
from _report import Table, has_place, put_on_page

TOPICS = {
    "training": training.run,
    "small_batches": small_batches.run,
    "features": features.run,
    "prediction": prediction.run,
    "grid_search": grid_search.run,
    "sparse_text": sparse_text.run,
    "lbfgs": lbfgs.run,
    "parameters": parameters.run,
    "startup": startup.run,
    "footprint": footprint.run,
    "growth": growth.run,
    "perceptron": perceptron.run,
    "slow_calls": slow_calls.run,
    "busy": busy.run,
}
LONG = {"busy"}  # so only when asked for


def main():
    arguments = _parse()
    # All run for a given number of epochs, converged or not.
    warnings.simplefilter("ignore", ConvergenceWarning)
    _forms.use(loops=False)
    arguments.output.mkdir(parents=True, exist_ok=True)
    context = Context(Data(arguments.data_dir), arguments.repeats, arguments.output)
    machine = _machine.describe()
    sections = []
    for name in arguments.only or [topic for topic in TOPICS if topic not in LONG]:
        start = time.perf_counter()
        sections.append(TOPICS[name](context))
        if arguments.page:
            _put_on_page(arguments.page, name, sections[-1], machine)
        # After each topic, so that a run that is cut short leaves what it has.
        _write(context, machine, sections)
        print(f"--- {name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    print((arguments.output / "report.md").read_text())


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", nargs="+", choices=TOPICS, metavar="NAME", help=", ".join(TOPICS))
    parser.add_argument("--repeats", type=int, default=7, help="rounds, at most (default 7)")
    parser.add_argument("--output", type=Path, default=Path("benchmark-results"))
    parser.add_argument("--page", type=Path, help="to put the tables of these topics on")
    return parser.parse_args()


def _put_on_page(path, name, section, machine):
    described = ("date", "CPU", "cores", "load average at the start", "numpy", "thread pools")
    measured = ", ".join(f"{key}: {machine[key]}" for key in described)
    tables = map(str, section.tables[section.of_pages])
    if has_place(path, name):
        put_on_page(path, name, "\n\n".join([f"Measured with {measured}.", *tables]))


def _write(context, machine, sections):
    absent = ", ".join(sorted(context.absent))
    parts = [
        "# Benchmarks",
        str(Table(["", ""], [[name, value] for name, value in machine.items()])),
        f"At most {context.repeats} rounds, alternating; see tests/benchmarks/README.md.",
        *([f"Not installed, so left out: {absent}."] if absent else []),
        *map(str, sections),
    ]
    (context.output / "report.md").write_text("\n\n".join(parts) + "\n")
    raw = {"machine": machine, "absent": sorted(context.absent), "figures": context.raw}
    (context.output / "results.json").write_text(json.dumps(raw, indent=1, default=float))


if __name__ == "__main__":
    main()
