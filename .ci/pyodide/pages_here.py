"""Run pages of the documentation, and compare what they print with what they show.

start.mjs runs this in Pyodide. The blocks are run by the code that fills in the pages, and compared
by the rules of the tests.
"""

import os
import platform
import shutil
import sys
import tempfile
import time
import traceback
import warnings

import matplotlib.pyplot as plt
import numpy as np
import scipy
import sklearn

from pages import COURSE, agrees, pieces
from run_pages import printed_by

ROOT = COURSE.parents[1]


def compare(page):
    """Run a page: how many outputs are identical, how many agree, and what is said of others."""
    parts = pieces(page.read_text("utf-8"))
    identical, close, different = 0, 0, []
    for place, printed in printed_by(parts, page):
        written = parts[place].output
        for number in plt.get_fignums():
            plt.figure(number).canvas.draw()
        if printed == written:
            identical += bool(written)
        elif agrees(written, printed):
            close += 1
        else:
            different.append(f"the page shows\n{written}and not\n{printed}")
    return identical, close, different


def run(names):
    """Run pages, print how many outputs of each are identical, and give how many pages failed."""
    print(
        f"Python {platform.python_version()} on {sys.platform} ({platform.machine()}), NumPy "
        f"{np.__version__}, SciPy {scipy.__version__}, scikit-learn {sklearn.__version__}"
    )
    failed, total = 0, np.zeros(3, int)
    os.chdir(tempfile.mkdtemp())  # where what pages save is no matter
    shutil.copytree(ROOT / "examples" / "data", "examples/data")  # which they read
    for name in names:
        start = time.perf_counter()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                identical, close, different = compare(ROOT / name)
        except Exception:
            failed += 1
            print(f"{name} FAILED:\n{traceback.format_exc()}")
            continue
        failed += bool(different)
        total += identical, close, len(different)
        print(
            f"{name}: {identical} outputs identical, {close} equal but for the last digits, "
            f"{len(different)} different, {time.perf_counter() - start:.1f} s",
            *different,
            sep="\n",
        )
    print(
        f"{len(names) - failed} of {len(names)} pages passed; outputs: {total[0]} identical, "
        f"{total[1]} equal but for the last digits, {total[2]} different"
    )
    return failed
