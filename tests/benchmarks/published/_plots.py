"""Plots of published results: figures beside published ones, orders, and curves."""

import math

from _row import OURS
from _verdicts import differences, mean_and_error, measured

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "0.5"  # Okabe and Ito's, for all kinds of colour vision


def draw(rows, folder):
    """Write the plots of ``rows``, Row and lines by number, into a folder."""
    import matplotlib as mpl

    mpl.use("agg")
    folder.mkdir(parents=True, exist_ok=True)
    _differences(rows, folder / "published.png")
    _orders(rows, folder / "published_orders.png")
    _curves(rows, folder / "published_curves.png")


def _differences(rows, path):
    """Each measured error against its published one, of rows with the published budget."""
    import matplotlib.pyplot as plt

    labels, values, errors = [], [], []
    for number, (row, lines) in rows.items():
        for case in row.cases:
            scores = measured(lines, case.name, OURS)
            if row.order or case.contestant != OURS or case.published is None or not scores:
                continue
            mean, error = mean_and_error(scores)
            reference = case.published
            if case.by_seed:
                ahead, error = mean_and_error(differences(case, lines))
                reference = mean - ahead  # of the same splits
            if row.greater_is_better:  # accuracies become errors
                whole = 1 if reference <= 1 else 100
                mean, reference = whole - mean, whole - reference
            labels.append(f"{number}: {case.name}")
            values.append(100 * (mean / reference - 1))
            errors.append(100 * error / reference)
    places = range(len(labels), 0, -1)
    _, ax = plt.subplots(figsize=(8, 1.6 + 0.21 * len(labels)), layout="constrained")
    ax.axvline(0, color=GREY, linewidth=1)
    for place, value, error in zip(places, values, errors, strict=True):
        once = math.isnan(error)
        ax.errorbar(
            value,
            place,
            xerr=None if once else error,
            fmt="o",
            color=BLUE,
            markerfacecolor="white" if once else BLUE,
            markersize=5,
            capsize=2,
        )
    ax.set_yticks(places, labels, fontsize=8)
    ax.set_ylim(0, len(labels) + 1)
    ax.grid(axis="x", alpha=0.3)
    ax.set_xlabel("difference from the published error, %")
    ax.set_title("Left of the line is better. Bars: standard error. Hollow: one run", fontsize=9)
    _save(plt, path)


def _orders(rows, path):
    """Measured and published figures of rows that compare an order."""
    import matplotlib.pyplot as plt

    rows = {
        number: (row, lines)
        for number, (row, lines) in rows.items()
        if row.order and lines and any(case.published is not None for case in row.cases)
    }
    if not rows:
        return
    cases = {
        number: [case for case in row.cases if case.name in row.ordered]
        for number, (row, _) in rows.items()
    }
    n_cases = [len(of_row) for of_row in cases.values()]
    fig, axes = plt.subplots(
        len(rows),
        1,
        figsize=(8, 1 + sum(0.7 + 0.3 * n for n in n_cases)),
        height_ratios=[1 + n for n in n_cases],
        layout="constrained",
        squeeze=False,
    )
    for ax, (number, (row, lines)) in zip(axes.flat, rows.items(), strict=True):
        for place, case in enumerate(cases[number]):
            if case.published is not None:
                ax.plot(case.published, place, "D", color=GREY, markersize=5)
            scores = measured(lines, case.name, case.contestant)
            if scores:
                mean, error = mean_and_error(scores)
                bar = None if math.isnan(error) else error
                ax.errorbar(mean, place, xerr=bar, fmt="o", color=BLUE, capsize=2)
        ax.set_yticks(range(len(cases[number])), [case.name for case in cases[number]])
        ax.set_ylim(len(cases[number]) - 0.5, -0.5)
        ax.set_title(f"{number}: {row.title}", loc="left", fontsize="medium")
        ax.set_xlabel(row.score)
        ax.grid(axis="x", alpha=0.3)
    handles = [
        plt.Line2D([], [], marker="o", color=BLUE, label="measured, smaller budget"),
        plt.Line2D([], [], marker="D", color=GREY, linestyle="", label="published"),
    ]
    fig.legend(handles=handles, loc="outside upper right", ncols=2, frameon=False)
    _save(plt, path)


def _curves(rows, path):
    """Scores by epoch of rows without published figures, one line for each run."""
    import matplotlib.pyplot as plt

    rows = [
        (row, lines)
        for row, lines in rows.values()
        if lines and all(case.published is None for case in row.cases)
    ]
    if not rows:
        return
    _, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for row, lines in rows:
        for case, (colour, marker) in zip(row.cases, [(BLUE, "o"), (ORANGE, "s")], strict=False):
            runs = [line["curve"] for line in lines if line["case"] == case.name]
            for place, curve in enumerate(runs):
                label = case.name if place == 0 else None
                epochs = range(1, len(curve) + 1)
                ax.plot(epochs, curve, marker=marker, markersize=4, color=colour, label=label)
        ax.set_ylabel(row.score.removesuffix(" after the last epoch"))
    ax.set_xlabel("epoch of 1000 steps")
    ax.grid(alpha=0.3)
    ax.legend(frameon=False)
    _save(plt, path)


def _save(plt, path):
    plt.savefig(path, dpi=120)
    plt.close()
