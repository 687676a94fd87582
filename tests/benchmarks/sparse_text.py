"""Training on sparse text, and what a non-zero costs."""

from functools import partial

import numpy as np
from scipy import sparse
from sklearn.neural_network import MLPClassifier as TheirMLPClassifier

from _figures import figure, lines
from _report import Section, Table, number, ratio_table, time_table, verdict
from _timing import relative
from skperceptron import MLPClassifier

TEXT = (
    "20 newsgroups, TF-IDF in CSR, 50 hidden units. Then with the vocabulary folded onto fewer "
    "columns, so that the steps of the solver do not hide the rest, and shares of the non-zeros "
    "kept at random: time should be a constant plus a cost per non-zero."
)
PARAMETERS = {"hidden_layer_sizes": (50,), "max_iter": 1, "random_state": 0}
N_FOLDED_COLUMNS = 1000
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)


def run(context):
    section = Section("Sparse text", TEXT)
    X, y = context.data.newsgroups
    folded = _folded(X)
    by_non_zeros = {}
    for share in SHARES:
        thinned = _thinned(folded, share)
        by_non_zeros[thinned.nnz] = _compare(context, thinned, y)
    cases = {_describe(X, X.nnz): _compare(context, X, y)} | {
        _describe(folded, n): timings for n, timings in by_non_zeros.items()
    }
    section.tables = [
        time_table(cases, caption="An epoch"),
        ratio_table({case: relative(timings) for case, timings in cases.items()}),
        _equal_work(cases),
        _cost_per_non_zero(by_non_zeros),
    ]
    with figure(context, section, "sparse_text", size=(6, 4)) as axes:
        if axes is not None:
            lines(axes[0], _curves(by_non_zeros), "non-zeros", "ms per epoch", scale="linear")
            axes[0].legend(frameon=False)
    return section


def _compare(context, X, y):
    contestants = {
        "skperceptron": partial(MLPClassifier(**PARAMETERS).fit, X, y),
        "scikit-learn": partial(TheirMLPClassifier(**PARAMETERS).fit, X, y),
    }
    return context.compare("sparse_text", _describe(X, X.nnz), contestants)


def _describe(X, n_non_zeros):
    return f"{X.shape[0]} × {X.shape[1]}, {n_non_zeros / X.shape[0]:.0f} non-zeros a row"


def _folded(X):
    """The CSR matrix with columns added up that are a multiple apart."""
    columns = X.indices % N_FOLDED_COLUMNS
    parts = (X.data, columns, X.indptr)
    # A copy, since adding up happens in place.
    folded = sparse.csr_matrix(parts, (X.shape[0], N_FOLDED_COLUMNS), copy=True)
    folded.sum_duplicates()
    return folded


def _thinned(X, share):
    """The CSR matrix with a random share of its values."""
    kept = X.copy()
    kept.data *= np.random.default_rng(0).random(kept.nnz) < share
    kept.eliminate_zeros()
    return kept


def _equal_work(cases):
    rows = []
    for case, timings in cases.items():
        ours, theirs = (timing.result for timing in timings.values())
        difference = abs(ours.loss_ - theirs.loss_) / theirs.loss_
        distance = max(np.abs(a - b).max() for a, b in zip(ours.coefs_, theirs.coefs_, strict=True))
        losses = [f"{model.loss_:.6f}" for model in (ours, theirs)]
        rows.append([case, *losses, number(distance), verdict(difference, 1e-5)])
    return Table(
        ["case", "our loss", "their loss", "farthest weight", "equal work"],
        rows,
        "Relative difference of the loss. In float32 Adam may take a weight elsewhere where its "
        "gradient is no more than rounding, or a unit is at its kink.",
    )


def _curves(by_non_zeros):
    names = next(iter(by_non_zeros.values()))
    return {
        name: (list(by_non_zeros), [case[name].median * 1e3 for case in by_non_zeros.values()])
        for name in names
    }


def _cost_per_non_zero(by_non_zeros):
    """Fit a straight line to time against non-zeros; say how far the points are from it."""
    rows = []
    for name, (non_zeros, times) in _curves(by_non_zeros).items():
        slope, constant = np.polyfit(non_zeros, times, 1)
        errors = np.polyval([slope, constant], non_zeros) / times - 1
        rows.append(
            [name, number(constant), number(slope * 1e6), f"{100 * np.abs(errors).max():.1f}"]
        )
    columns = ["", "constant, ms", "ns per non-zero", "farthest point, %"]
    return Table(columns, rows, "An epoch as a constant plus a cost per non-zero.")
