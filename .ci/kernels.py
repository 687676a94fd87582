"""Print what .ci/run repeats the numeric tests with: a line for each kernel of OpenBLAS.

A line has the kernel's name, then the variables that a test run gets. Named on stderr are the
kernels that this machine can't run, those that are another one by a second name, and the one that
it runs anyway, on which all other tests are.
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


def trial(more):
    """Multiply in a process with more variables."""
    return subprocess.run(
        [sys.executable, "-c", TRIAL],
        env=os.environ | more,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
    )


def main():
    """Try each."""
    chosen, seen = trial({}).stdout.strip(), {}
    for kernel in KERNELS:
        tried = trial(variables(kernel))
        if tried.returncode == -signal.SIGILL:
            print(f"!!! {kernel}: THIS MACHINE CANNOT RUN IT !!!", file=sys.stderr)
            continue
        tried.check_returncode()
        loaded = tried.stdout.strip()
        if not loaded:
            print("!!! THERE IS NO OPENBLAS HERE, SO NO OTHER KERNELS !!!", file=sys.stderr)
            return
        names = ", ".join(sorted({each.rpartition(":")[2] for each in loaded.split()}))
        if loaded == chosen and not variables(kernel)["NPY_DISABLE_CPU_FEATURES"]:
            print(f"{kernel}: is {names} here, as all other tests are", file=sys.stderr)
            continue
        if loaded in seen:
            print(f"{kernel}: is {names} here, as {seen[loaded]} is", file=sys.stderr)
            continue
        seen[loaded] = kernel
        print(f"{kernel}: runs {names}", file=sys.stderr)
        print(kernel, *(f"{name}='{value}'" for name, value in variables(kernel).items()))


main()
