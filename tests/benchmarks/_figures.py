"""Plots: optional, in colours and markers that tell the same contestant apart in all of them."""

from contextlib import contextmanager

# Okabe and Ito's colours, which all kinds of colour vision tell apart, and a marker each.
STYLES = {
    "skperceptron": ("#0072B2", "o"),
    "skperceptron, compiled": ("#0072B2", "*"),
    "scikit-learn": ("#D55E00", "s"),
    "torch": ("#009E73", "^"),
    "torch, fused Adam": ("#CC79A7", "v"),
    "JAX": ("#E69F00", "D"),
    "onnxruntime": ("#56B4E9", "P"),
    "products alone": ("#555555", "|"),
}
OTHERS = [
    ("#0072B2", "o"),
    ("#D55E00", "s"),
    ("#009E73", "^"),
    ("#CC79A7", "v"),
    ("#E69F00", "D"),
    ("#56B4E9", "P"),
    ("#000000", "X"),
]


@contextmanager
def figure(context, section, name, panels=1, size=(8, 4.5)):
    """Axes to draw into, saved as a PNG of the section; None without matplotlib."""
    if not context.optional("matplotlib"):
        yield None
        return
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(1, panels, figsize=size, layout="constrained", squeeze=False)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.3)
    yield axes[0]
    fig.savefig(context.output / f"{name}.png", dpi=120)
    plt.close(fig)
    section.figures.append(f"{name}.png")


def dots(ax, ratios, xlabel, reference):
    """A row per case, and in it a dot per contestant: median and range of its ratios.

    ``ratios`` are by case, then by contestant; 1 on the logarithmic axis is ``reference``.
    """
    contestants = list(dict.fromkeys(name for case in ratios.values() for name in case))
    height = 0.6 / len(contestants)
    for i, contestant in enumerate(contestants):
        colour, marker = style(contestant, i)
        shift = (i - (len(contestants) - 1) / 2) * height
        for row, case in enumerate(ratios.values()):
            if contestant in case:
                low, middle, high = _range(case[contestant])
                label = contestant if row == 0 else None
                y = row + shift
                ax.plot([low, high], [y, y], color=colour, lw=1.5)
                ax.plot(middle, y, marker, color=colour, ms=7, mew=1.5, label=label)
    ax.axvline(1, color="black", lw=1)
    ax.set(xscale="log", xlabel=xlabel, yticks=range(len(ratios)), yticklabels=list(ratios))
    ax.set_ylim(len(ratios) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    for row in range(1, len(ratios)):
        ax.axhline(row - 0.5, color="0.85", lw=0.8)
    plain_ticks(ax.xaxis)
    title = f"Black line: {reference}. Left of it: faster. Right of it: slower."
    ax.set_title(title, fontsize="medium", loc="left")
    ax.figure.legend(loc="outside lower center", ncols=min(4, len(contestants)), frameon=False)


def lines(ax, curves, xlabel, ylabel, scale="log"):
    """A line per contestant through its points (x, y), with a tick at each x."""
    for i, (contestant, (x, y)) in enumerate(curves.items()):
        colour, marker = style(contestant, i)
        ax.plot(x, y, marker=marker, color=colour, label=contestant)
    ax.set(xscale=scale, yscale=scale, xlabel=xlabel, ylabel=ylabel)
    if scale == "linear":
        ax.set(xlim=(0, None), ylim=(0, None))
        return
    plain_ticks(ax.yaxis)
    ax.set_xticks(x, [str(value) for value in x], rotation=45)
    ax.set_xticks([], minor=True)


def style(contestant, i):
    return STYLES.get(contestant) or OTHERS[i % len(OTHERS)]


def plain_ticks(axis):
    """Tell ticks of a logarithmic axis as 0.5, 1, 2 rather than as powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    low, high = axis.get_view_interval()
    steps = (1, 1.5, 2, 3, 5) if high < 10 * low else (1, 2, 5) if high < 1000 * low else (1,)
    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def _range(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[0], (ordered[middle] + ordered[~middle]) / 2, ordered[-1]
