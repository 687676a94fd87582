"""How the gallery runs examples: each by itself, with Python's warnings as errors.

A figure with an empty panel is an error too: a figure belongs to the block that opens it, and one
that later blocks draw on needs the comment ``sphinx_gallery_defer_figures`` in the blocks before.
"""

import contextlib
import warnings
from pathlib import Path

import sklearn
from sphinx_gallery.scrapers import matplotlib_scraper

INDEX = Path(__file__).parents[2] / "examples" / "index.rst"

_one_example = contextlib.ExitStack()


def each_by_itself(gallery_conf, example, when):
    """Undo what the last example set, and have the next one fail where it warns."""
    _one_example.close()
    if when == "before":
        _one_example.enter_context(sklearn.config_context())
        _one_example.enter_context(warnings.catch_warnings())
        warnings.simplefilter("error")


def drawn_figures(block, block_vars, gallery_conf):
    """Save the figures of a block, none of which has an empty panel."""
    import matplotlib.pyplot as plt

    for number in plt.get_fignums():
        if empty := empty_panels(plt.figure(number)):
            example = Path(block_vars["src_file"]).name
            raise ValueError(f"{example}: {len(empty)} panels of a figure are empty")
    return matplotlib_scraper(block, block_vars, gallery_conf)


def empty_panels(figure):
    """Axes that a reader sees, and that show nothing."""
    return [
        axes
        for axes in figure.axes
        if axes.get_visible() and axes.axison and not (axes.has_data() or axes.texts)
    ]


def listed(path):
    """Place of an example in the index of examples."""
    names = [line.strip() for line in INDEX.read_text("utf-8").splitlines()]
    return names.index(f"../examples/{Path(path).name}")
