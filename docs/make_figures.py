"""Run every example that plots, and keep its figure in docs/images, for the guide."""

import runpy
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt

DOCS = Path(__file__).parent

for path in sorted(
    (DOCS.parent / "examples").glob(f"{sys.argv[1] if sys.argv[1:] else 'plot_'}*.py")
):
    print(f"--- {path.name}")
    plt.show = lambda name=path.stem: plt.gcf().savefig(DOCS / "images" / f"{name}.png", dpi=80)
    runpy.run_path(str(path), run_name="__main__")
    plt.close("all")
