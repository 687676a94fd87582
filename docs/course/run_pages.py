"""Run the code of every page of the course, and keep what it makes.

What each block prints goes into the block of output below it, unless the page agrees with it
already; the figure of a block that draws goes into the image that follows it. The figure that an
example makes is left alone, since the gallery draws it. The names of pages may be given, and any
page of the documentation may be one of them:
``python docs/course/run_pages.py docs/course/en/01-perceptron.md docs/guide/tables.md``.
"""

import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt

from pages import (
    FRAMEWORKS,
    LANGUAGES,
    Code,
    agrees,
    drawn_by_an_example,
    images,
    installed,
    joined,
    pieces,
    topics,
)


def printed_by(parts, page):
    """Run the blocks of a page, in order, and give the place of each and what it printed.

    The figures of a block are open until the next block runs.
    """
    plt.show = lambda: None
    namespace = {"__name__": "__main__"}
    for place, part in enumerate(parts):
        if not isinstance(part, Code):
            continue
        if not installed(part.source, FRAMEWORKS):
            print(f"left out, since a module is not installed:\n{part.source}")
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(part.source, page, "exec"), namespace)
        yield place, printed.getvalue()
        plt.close("all")


def run(page):
    """Run a page, rewrite its blocks of output that are wrong, and save its figures."""
    parts = pieces(page.read_text("utf-8"))
    for place, printed in printed_by(parts, page):
        if not agrees(parts[place].output, printed):
            parts[place] = Code(parts[place].source, printed)
        if plt.get_fignums():
            for image in images(parts[place + 1].text)[:1]:
                if not drawn_by_an_example(image):
                    plt.gcf().savefig(page.parent / image, dpi=80)
    page.write_text(joined(parts), "utf-8")


if __name__ == "__main__":
    named = [Path(name).resolve() for name in sys.argv[1:]]
    os.chdir(tempfile.mkdtemp())  # where what pages save is no matter
    for page in named or [page for language in LANGUAGES for page in topics(language)]:
        print(f"--- {page.parent.name}/{page.name}")
        run(page)
