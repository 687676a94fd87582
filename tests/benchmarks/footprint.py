"""Size of a pickle, and peak memory of training over that of the data."""

import pickle
import tracemalloc
from itertools import pairwise

import numpy as np
from sklearn.neural_network import MLPClassifier as TheirMLPClassifier

from _figures import OTHERS, figure
from _report import Section, Table, number
from _workloads import WORKLOADS
from skperceptron import MLPClassifier
from skperceptron._core.optimizers import OPTIMIZERS

TEXT = (
    "The peak is that of `tracemalloc` in a fit of one epoch, with X and y made before. It is "
    "compared with weights × (4 + moments of the solver) + the buffers of a batch (its rows and "
    "targets, and the output and its gradient of each layer) + 64 bytes a sample. `lbfgs` takes "
    "all rows as one batch and keeps ten pairs of vectors: it has no such bound."
)
SHAPES = [workload for workload in WORKLOADS if "MNIST" in workload.source]
BYTES_PER_SAMPLE = 64


def run(context):
    section = Section("Memory and pickles", TEXT)
    peaks = {
        shape: {solver: _peak(shape, solver, context.data) for solver in [*OPTIMIZERS, "lbfgs"]}
        for shape in SHAPES
    }
    context.keep("footprint", "peaks", {str(shape): by for shape, by in peaks.items()})
    section.tables = [_pickles(context), _peaks(peaks)]
    _plot(context, section, peaks)
    return section


def _pickles(context):
    rows = []
    for shape in SHAPES:
        X, y = shape.load(context.data)
        ours = MLPClassifier(**_one_epoch(shape)).fit(X, y)
        theirs = TheirMLPClassifier(**_one_epoch(shape)).fit(X, y)
        weights = sum(array.nbytes for array in [*ours.coefs_, *ours.intercepts_])
        sizes = [len(pickle.dumps(model)) for model in (ours, theirs)]
        sizes.append(len(pickle.dumps(ours.drop_training_state())))
        context.keep("footprint", f"pickles, {shape}", [weights, *sizes])
        rows.append([str(shape), *(f"{size / weights:.3f}" for size in sizes), f"{weights:,}"])
    columns = ["case", "ours", "scikit-learn's", "ours, drop_training_state()", "weights, bytes"]
    return Table(columns, rows, "Size of the pickle of a fitted model / size of its weights.")


def _peak(shape, solver, data):
    """Bytes at the peak of fit, and what they are compared with."""
    X, y = shape.load(data)
    parameters = {"solver": solver, "max_iter": 1, "hidden_layer_sizes": shape.hidden}
    if solver != "lbfgs":
        parameters["batch_size"] = shape.batch_size
    model = MLPClassifier(random_state=0, **parameters)
    tracemalloc.start()
    model.fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"peak": peak, "X": X.nbytes, "reference": _reference(shape, solver, X, y)}


def _reference(shape, solver, X, y):
    if solver == "lbfgs":
        return None
    units = (X.shape[1], *shape.hidden, int(y.max()) + 1)
    n_weights = sum(a * b + b for a, b in pairwise(units))
    n_moments = OPTIMIZERS[solver].n_moments
    buffers = shape.batch_size * (units[0] + units[-1] + 2 * sum(units[1:]))
    itemsize = np.dtype(shape.dtype).itemsize
    return itemsize * (n_weights * (4 + n_moments) + buffers) + BYTES_PER_SAMPLE * len(X)


def _one_epoch(shape):
    return shape.parameters() | {"max_iter": 1}


def _peaks(peaks):
    rows = [
        [
            f"{shape}, {solver}",
            f"{figures['peak'] / 1e6:.1f}",
            number(figures["peak"] / figures["reference"]) if figures["reference"] else "",
            number(figures["peak"] / figures["X"]),
        ]
        for shape, by_solver in peaks.items()
        for solver, figures in by_solver.items()
    ]
    columns = ["case", "peak, MB", "peak / reference", "peak / X"]
    return Table(columns, rows, "Peak memory of fit, X and y not counted.")


def _plot(context, section, peaks):
    with figure(context, section, "memory", size=(7, 4)) as axes:
        if axes is None:
            return
        ax = axes[0]
        for (colour, marker), (shape, by_solver) in zip(OTHERS, peaks.items(), strict=False):
            bounded = {k: v for k, v in by_solver.items() if v["reference"]}
            ratios = [v["peak"] / v["reference"] for v in bounded.values()]
            ax.plot(ratios, list(bounded), marker, color=colour, label=str(shape))
        ax.axvline(1.2, color="black", lw=1, ls="--")
        ax.set(xlabel="peak memory of fit / reference (dashed: 1.2)", xlim=(0, 1.3))
        ax.figure.legend(loc="outside lower center", ncols=1, frameon=False)
