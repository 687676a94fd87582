"""Importing the package, in fresh processes."""

import subprocess
import sys
from functools import partial

from _report import Section, ratio_table, time_table
from _timing import relative

TEXT = (
    "Each import in a fresh process, with files in the system's cache; the interpreter's own "
    "start is not counted."
)
CODE = """
import time
start = time.perf_counter()
import {module}
print(time.perf_counter() - start)
"""
MODULES = {"skperceptron": "skperceptron", "scikit-learn": "sklearn.neural_network"}


def run(context):
    contestants = {name: partial(_import, module) for name, module in MODULES.items()}
    timings = context.compare(
        "startup", "import", contestants, clock=lambda function: (function(), None)
    )
    case = "import of skperceptron, or of sklearn.neural_network"
    tables = [time_table({case: timings}), ratio_table({case: relative(timings)})]
    return Section("Import", TEXT, tables)


def _import(module):
    """Seconds that the import takes."""
    command = [sys.executable, "-c", CODE.format(module=module)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
