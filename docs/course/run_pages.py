"""Run the code of every page of the course, and keep what it makes.

The figure goes to images/, and what each block prints into the block of output below it. The names
of pages may be given: ``python docs/course/run_pages.py docs/course/en/01-perceptron.md``.
"""

import contextlib
import io
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt

from pages import COURSE, LANGUAGES, Code, joined, pieces, topics


def run(page):
    """Run a page whose ``plt.show`` saves the figure, and rewrite its blocks of output."""
    image = COURSE / "images" / page.parent.name / f"{page.stem}.png"
    plt.show = lambda: plt.gcf().savefig(image, dpi=80)
    namespace = {"__name__": "__main__"}
    parts = pieces(page.read_text("utf-8"))
    for place, part in enumerate(parts):
        if isinstance(part, Code):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(part.source, page, "exec"), namespace)
            parts[place] = Code(part.source, printed.getvalue())
    page.write_text(joined(parts), "utf-8")
    plt.close("all")


if __name__ == "__main__":
    named = [Path(name).resolve() for name in sys.argv[1:]]
    for page in named or [page for language in LANGUAGES for page in topics(language)]:
        print(f"--- {page.parent.name}/{page.name}")
        run(page)
