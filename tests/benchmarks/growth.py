"""Time of an epoch against the size of everything, with fitted exponents."""

from functools import partial

import numpy as np
from sklearn.neural_network import MLPClassifier as TheirMLPClassifier

from _figures import figure, lines
from _report import Section, Table
from skperceptron import MLPClassifier

TEXT = (
    "One size at a time, on random numbers in float32, from 4000 samples, 64 features, two "
    "hidden layers of 64 units, and batches of 200. Exponents are slopes of straight lines "
    "through logarithms: over all points, and over the last three, where overheads matter "
    "less. Work grows with exponent 1 in samples, features and depth, 2 in width, and not at "
    "all with the batch size."
)
BASE = {"samples": 4000, "features": 64, "width": 64, "depth": 2, "batch size": 200}
SIZES = {
    "samples": (1000, 2000, 4000, 8000, 16000, 32000),
    "features": (16, 64, 256, 1024, 4096),
    "width": (16, 32, 64, 128, 256, 512, 1024),
    "depth": (1, 2, 4, 8, 16),
    "batch size": (8, 32, 128, 512, 2048),
}
EPOCHS = 2
ESTIMATORS = {"skperceptron": MLPClassifier, "scikit-learn": TheirMLPClassifier}


def run(context):
    section = Section("Growth", TEXT)
    curves = {axis: _measure(context, axis) for axis in SIZES}
    section.tables = [_exponents(curves), _times(curves)]
    with figure(context, section, "growth", panels=len(SIZES), size=(15, 3.6)) as axes:
        if axes is not None:
            for ax, (axis, by_name) in zip(axes, curves.items(), strict=True):
                lines(ax, by_name, axis, "time of an epoch, ms" if ax is axes[0] else "")
                ax.set_title(
                    f"skperceptron: exponent {_slope(*by_name['skperceptron']):.2f}", size="medium"
                )
            axes[0].legend(frameon=False)
    return section


def _measure(context, axis):
    """Sizes and milliseconds per epoch, by contestant; all sizes in the same rounds."""
    contestants = {
        f"{name}, {size}": _fit(estimator, BASE | {axis: size})
        for size in SIZES[axis]
        for name, estimator in ESTIMATORS.items()
    }
    timings = context.compare("growth", axis, contestants, units=EPOCHS)
    return {
        name: (SIZES[axis], [timings[f"{name}, {size}"].median * 1e3 for size in SIZES[axis]])
        for name in ESTIMATORS
    }


def _fit(estimator, sizes):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(sizes["samples"], sizes["features"])).astype(np.float32)
    model = estimator(
        (sizes["width"],) * sizes["depth"],
        batch_size=sizes["batch size"],
        max_iter=EPOCHS,
        random_state=0,
    )
    return partial(model.fit, X, rng.integers(0, 10, len(X)))


def _exponents(curves):
    rows = [
        [axis, *(f"{_slope(x[part], y[part]):.2f}" for x, y in by_name.values() for part in PARTS)]
        for axis, by_name in curves.items()
    ]
    columns = ["size", *(f"{name}, {part}" for name in ESTIMATORS for part in ("all", "last 3"))]
    return Table(columns, rows, "Fitted exponents of the time of an epoch.")


PARTS = (slice(None), slice(-3, None))


def _slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def _times(curves):
    rows = [
        [f"{axis}: {size}", f"{ours:.2f}", f"{theirs:.2f}"]
        for axis, by_name in curves.items()
        for size, ours, theirs in zip(
            SIZES[axis], *(times for _, times in by_name.values()), strict=True
        )
    ]
    return Table(["size", *ESTIMATORS], rows, "An epoch, ms: median.")
