"""Print what .ci/run repeats the numeric tests with: a line for each kernel of OpenBLAS.

A line has the kernel's name, then the variables that a test run gets. The kernels that this
machine can't run, and those that are another one by a second name, are named on stderr.
"""

import os
import signal
import subprocess
import sys

import numpy as np

# With each kernel, what NumPy's own loops may use on the machines that it is for.
KERNELS = {
    "Prescott": lambda feature: False,
    "Haswell": lambda feature: "AVX512" not in feature and feature != "X86_V4",
    "Zen": lambda feature: "AVX512" not in feature and feature != "X86_V4",
    "SkylakeX": lambda feature: True,
}

# Multiply matrices of some shapes in both precisions, then say which kernels did.
TRIAL = """
import numpy as np
import scipy.linalg
from threadpoolctl import threadpool_info
for dtype in (np.float32, np.float64):
    for n in (1, 7, 200):
        scipy.linalg.blas.get_blas_funcs("gemm", dtype=dtype)(1, *np.ones((2, n, n), dtype))
        assert (np.ones((n, n), dtype) @ np.ones((n, n), dtype) == n).all()
print(*sorted({f"{b['filepath']}:{b['architecture']}" for b in threadpool_info()
               if b["internal_api"] == "openblas"}))
"""


def variables(kernel):
    """What the environment of a run on that kernel has."""
    features = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    disabled = [feature for feature in features if not KERNELS[kernel](feature)]
    return {"OPENBLAS_CORETYPE": kernel, "NPY_DISABLE_CPU_FEATURES": " ".join(disabled)}


def main():
    """Try each."""
    seen = {}
    for kernel in KERNELS:
        trial = subprocess.run(
            [sys.executable, "-c", TRIAL],
            env=os.environ | variables(kernel),
            stdout=subprocess.PIPE,
            text=True,
            timeout=120,
        )
        if trial.returncode == -signal.SIGILL:
            print(f"!!! {kernel}: THIS MACHINE CANNOT RUN IT !!!", file=sys.stderr)
            continue
        trial.check_returncode()
        loaded = trial.stdout.strip()
        if not loaded:
            print("!!! THERE IS NO OPENBLAS HERE, SO NO OTHER KERNELS !!!", file=sys.stderr)
            return
        names = ", ".join(sorted({each.rpartition(":")[2] for each in loaded.split()}))
        if loaded in seen:
            print(f"{kernel}: is {names} here, as {seen[loaded]} is", file=sys.stderr)
            continue
        seen[loaded] = kernel
        print(f"{kernel}: runs {names}", file=sys.stderr)
        print(kernel, *(f"{name}='{value}'" for name, value in variables(kernel).items()))


main()
