"""Size and latency of exported models: the tables of export.md.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/exports.py

It needs the extra ``onnx`` and gcc. Times are medians of 300 calls, in microseconds, with one
thread; those of C are the mean of a loop. Sizes are of files, and of all files of the packages that
have to be installed to predict.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from functools import partial
from importlib import metadata
from pathlib import Path

import joblib
import numpy as np
import onnxruntime
import sklearn
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from _timing import microseconds
from skperceptron import MLPClassifier
from skperceptron.export import to_c, to_onnx

COUNTS = (1, 100)
MAIN = """
#include <stdio.h>
#include <time.h>
#include "model.c"

int main(void)
{
    static float x[20], out[2];
    volatile float sum = 0.0f;
    long n = 200000;
    clock_t start = clock();
    for (long i = 0; i < n; ++i) {
        x[i % 20] = (float)(i % 7);
        model_predict_proba(x, out);
        sum += out[1];
    }
    printf("%g\\n", 1e6 * (double)(clock() - start) / CLOCKS_PER_SEC / (double)n);
    return 0;
}
"""


def installed(*packages):
    """Megabytes of the files of packages."""
    files = [file for name in packages for file in metadata.files(name) or ()]
    return (
        sum(
            p.stat().st_size
            for p in map(Path, map(metadata.PackagePath.locate, files))
            if p.is_file()
        )
        / 1e6
    )


def in_c(source, folder):
    """Kilobytes of the compiled model, and microseconds of a row."""
    (folder / "model.c").write_text(source)
    (folder / "main.c").write_text(MAIN)
    for arguments in (["-c", "model.c", "-o", "model.o"], ["main.c", "-o", "main", "-lm"]):
        subprocess.run(["gcc", "-std=c99", "-O3", *arguments], cwd=folder, check=True, timeout=100)
    size = subprocess.run(
        ["size", "model.o"], cwd=folder, check=True, capture_output=True, text=True, timeout=100
    ).stdout.splitlines()[1]
    text, data, bss = map(int, size.split()[:3])
    taken = subprocess.run([folder / "main"], capture_output=True, check=True, timeout=100).stdout
    return (text + data) / 1e3, bss, float(taken)


def line(name, size, times, packages):
    shown = "".join(f"{t:10.1f}" for t in times)
    print(f"{name:44}{size:10.1f}{shown}{packages:12.0f}")


warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
X = rng.normal(size=(500, 20))
model = make_pipeline(StandardScaler(), MLPClassifier(max_iter=5)).fit(X, X[:, 0] > 0)
model[-1].drop_training_state()
theirs = make_pipeline(model[0], model[-1].to_sklearn())
folder = Path(tempfile.mkdtemp())
base = ("numpy", "scipy", "scikit-learn", "joblib", "threadpoolctl")
heading = "".join(f"{n:>4} row{'s' if n > 1 else ' '}" + "  " for n in COUNTS)
print(f"{'':44}{'kB':>10}{heading}{'packages, MB':>12}")
for name, each in [
    ("joblib, skperceptron", model),
    ("joblib, scikit-learn by to_sklearn()", theirs),
]:
    joblib.dump(each, folder / "model.joblib")
    size = os.path.getsize(folder / "model.joblib") / 1e3
    loaded = joblib.load(folder / "model.joblib")
    line(name, size, [microseconds(loaded.predict_proba, X[:n]) for n in COUNTS], installed(*base))
for dtype in ("float64", "float32"):
    rows = X.astype(dtype)
    data = to_onnx(model, rows).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    times = [microseconds(partial(session.run, None), {"X": rows[:n]}) for n in COUNTS]
    line(f"ONNX, {dtype}", len(data) / 1e3, times, installed("numpy", "onnxruntime"))
if shutil.which("gcc") is None:
    sys.exit("there is no gcc")
size, memory, taken = in_c(to_c(model, dtype="float32"), folder)
line(f"C, float32 ({memory} bytes of memory)", size, [n * taken for n in COUNTS], 0)
print(f"scikit-learn {sklearn.__version__}, onnxruntime {onnxruntime.__version__}")
shutil.rmtree(folder)
