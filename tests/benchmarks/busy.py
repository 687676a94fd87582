"""Training on cores that other processes use too, and on fewer cores than BLAS has threads."""

import math
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from sklearn.neural_network import MLPClassifier as TheirMLPClassifier
from threadpoolctl import threadpool_limits

from _forms import COMPILED, compiled
from _report import Section, Table, spread
from _timing import relative
from _workloads import WORKLOADS
from skperceptron import MLPClassifier

TEXT = (
    "An epoch beside processes that do nothing but count, and in a process that may use one core "
    "while its BLAS has started as many threads as the machine has cores. That is what a container "
    "with a quota of one core looks like to BLAS. Contestants have the threads that they choose, "
    "but for the one with one thread."
)
ONE_THREAD = "skperceptron, one thread"
BUDGET = 8.0  # seconds of each comparison, once three rounds are done


def run(context):
    section = Section("Busy cores", TEXT)
    conditions = {
        "alone": partial(beside, 0),
        "1 busy process": partial(beside, 1),
        "2 busy processes": partial(beside, 2),
        "4 busy processes": partial(beside, 4),
    }
    if hasattr(os, "sched_setaffinity"):
        conditions["one core"] = on_one_core
    rows, names = [], []
    for workload in WORKLOADS:
        # Threads that wait for a core can make an epoch a hundred times as long.
        workload = replace(workload, epochs=math.ceil(workload.epochs / 10))
        X, y = workload.load(context.data)
        contestants = _contestants(context, workload, X, y)
        for condition, manager in conditions.items():
            with manager():
                timings = context.compare(
                    "busy",
                    f"{workload}, {condition}",
                    contestants,
                    units=workload.epochs,
                    budget=BUDGET,
                )
            against = relative(timings)
            names = list(against)
            rows.append(
                [
                    str(workload),
                    condition,
                    spread(timings["skperceptron"].seconds, 1e3),
                    *(spread(against[name]) for name in names),
                ]
            )
    caption = (
        "An epoch, ms, and the times of the others / time of skperceptron in the same round: "
        "median (least–most)."
    )
    section.tables = [Table(["case", "beside", "skperceptron, ms", *names], rows, caption)]
    return section


@contextmanager
def beside(n_processes):
    """So many processes that are never done."""
    processes = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n_processes)
    ]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait(60)


@contextmanager
def on_one_core():
    """All threads of this process on one core, those that wait in a pool too."""
    cores = os.sched_getaffinity(0)
    _set_affinity({min(cores)})
    try:
        yield
    finally:
        _set_affinity(cores)


def _set_affinity(cores):
    for thread in map(int, os.listdir("/proc/self/task")):
        os.sched_setaffinity(thread, cores)


def _contestants(context, workload, X, y):
    ours = partial(_fit, MLPClassifier, workload, X, y)
    contestants = {
        "skperceptron": ours,
        ONE_THREAD: threadpool_limits.wrap(limits=1)(ours),
        "scikit-learn": partial(_fit, TheirMLPClassifier, workload, X, y),
    }
    if context.optional("numba"):
        contestants[COMPILED] = compiled(ours)
    if context.optional("torch"):
        import _torch

        contestants["torch, fused Adam"] = _torch.contestant(workload, X, y, fused=True)
    return contestants


def _fit(estimator, workload, X, y):
    estimator(**workload.parameters()).fit(X, y)
