"""Training, against every peer and against the matrix products alone."""

import importlib
from functools import partial

from sklearn.neural_network import MLPClassifier as TheirMLPClassifier

import _floor
from _figures import dots, figure
from _forms import COMPILED, compiled
from _report import Section, Table, number, ratio_table, time_table, verdict
from _timing import relative
from _workloads import WORKLOADS, objective
from skperceptron import MLPClassifier

TEXT = (
    "Adam, relu, softmax, cross-entropy, L2. All start from the same weights and see the rows in "
    "the same order, so that they walk the same path up to rounding. Ours and scikit-learn's "
    "times are those of all of `fit`, validation and set-up included; the peers' are those of "
    "the loop."
)
# What rounding may make of the final loss, relative to ours.
TOLERANCES = {"float64": 1e-9, "float32": 0.02}
FLOOR = "products alone"


def run(context):
    return compare(context, "training", Section("Training", TEXT, of_pages=slice(1, 2)), WORKLOADS)


def compare(context, topic, section, workloads):
    """Fill the section with the times of every peer on these workloads."""
    timings, losses = {}, {}
    for workload in workloads:
        X, y = workload.load(context.data)
        timings[workload] = context.compare(
            topic, str(workload), _contestants(context, workload, X, y), units=workload.epochs
        )
        losses[workload] = {
            name: objective(timing.result, X, y)
            for name, timing in timings[workload].items()
            if name != FLOOR
        }
        context.keep(f"final losses of {topic}", str(workload), losses[workload])
    against = {workload: relative(case) for workload, case in timings.items()}
    section.tables = [
        time_table(timings, caption="An epoch"),
        ratio_table(against),
        _equal_work(losses),
        _warm_ups(timings),
    ]
    with figure(context, section, topic, size=(8.5, 6)) as axes:
        if axes is not None:
            dots(axes[0], against, "time / time of skperceptron", "skperceptron")
    return section


def _equal_work(losses):
    """The final loss of each, whether all ended at ours, and the largest distance from it."""
    names = list(next(iter(losses.values())))
    rows = []
    for workload, case in losses.items():
        ours = case["skperceptron"]
        worst = max(abs(loss - ours) / ours for loss in case.values())
        values = [f"{case[name]:.6f}" for name in names]
        rows.append([str(workload), *values, verdict(worst, TOLERANCES[workload.dtype])])
    return Table(
        ["case", *names, "equal work"],
        rows,
        "Objective on all rows at the end, and its largest relative difference from ours.",
    )


def _warm_ups(timings):
    names = list(next(iter(timings.values())))
    rows = [
        [str(workload), *(number(case[name].warm_up) for name in names)]
        for workload, case in timings.items()
    ]
    return Table(
        ["case", *names], rows, "First run of all epochs, compilation included, s. Not counted."
    )


def _contestants(context, workload, X, y):
    ours = partial(_fit, MLPClassifier, workload, X, y)
    contestants = {
        "skperceptron": ours,
        "scikit-learn": partial(_fit, TheirMLPClassifier, workload, X, y),
        FLOOR: _floor.contestant(workload, X, y),
    }
    if context.optional("numba"):
        contestants[COMPILED] = compiled(ours)
    if context.optional("torch"):
        torch = importlib.import_module("_torch")
        contestants["torch"] = torch.contestant(workload, X, y)
        contestants["torch, fused Adam"] = torch.contestant(workload, X, y, fused=True)
    if context.optional("jax"):
        contestants["JAX"] = importlib.import_module("_jax").contestant(workload, X, y)
    return contestants


def _fit(estimator, workload, X, y):
    model = estimator(**workload.parameters()).fit(X, y)
    return list(zip(model.coefs_, model.intercepts_, strict=True))
