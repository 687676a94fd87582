"""
A network in ONNX and in C
==========================

Export a fitted network to ONNX, which onnxruntime runs in many languages, and to C, which runs
where there is no Python. Both predict the same as the pipeline, to rounding.

The C file needs nothing but a compiler. The ONNX model needs
``pip install "skperceptron[onnx]"``: where these packages are not installed, this example says so
and leaves the model out. The figure shows the largest differences between the probabilities of the
pipeline and those of each export.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier
from skperceptron.export import to_c, to_onnx

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
network = MLPClassifier((32,), learning_rate_init=0.01, max_iter=30, tol=None, random_state=0)
model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
expected = model.predict_proba(X_test)
print(f"accuracy: {model.score(X_test, y_test):.3f}")

# %%
# C
# -
#
# ``to_c`` returns one file. Its functions take one row. This is what a program sees of the file:

source = to_c(model, name="digits", dtype="float32")
declared = [line for line in source.splitlines() if line.startswith(("int", "void"))]
print("\n".join(line for line in declared if line.endswith(";")))
print(f"{len(source.splitlines())} lines")

# %%
# A program that reads rows and writes the probabilities of each:

MAIN = """
#include <stdio.h>
#include "digits.c"

int main(void)
{
    float x[64], probabilities[10];
    while (fread(x, sizeof x, 1, stdin) == 1) {
        digits_predict_proba(x, probabilities);
        fwrite(probabilities, sizeof probabilities, 1, stdout);
    }
    return 0;
}
"""
differences = {}
if shutil.which("gcc") is None:
    print("There is no gcc: the file in C is not run.")
else:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "digits.c").write_text(source)
        (folder / "main.c").write_text(MAIN)
        command = ["gcc", "-std=c99", "-O2", "main.c", "-o", "main", "-lm"]
        subprocess.run(command, cwd=folder, check=True, timeout=100)
        rows = X_test.astype(np.float32).tobytes()
        run = subprocess.run([folder / "main"], input=rows, stdout=subprocess.PIPE, timeout=100)
    found = np.frombuffer(run.stdout, np.float32).reshape(-1, 10)
    differences["C, float32"] = np.abs(found - expected).max()

# %%
# ONNX
# ----
#
# The type of X decides whether the model computes in float32 or in float64.

try:
    import onnxruntime

    for dtype in ("float32", "float64"):
        rows = X_test.astype(dtype)
        session = onnxruntime.InferenceSession(to_onnx(model, rows).SerializeToString())
        label, probabilities = session.run(["label", "probabilities"], {"X": rows})
        differences[f"ONNX, {dtype}"] = np.abs(probabilities - expected).max()
except ImportError:
    print('The ONNX model needs: pip install "skperceptron[onnx]"')

# %%
# The differences are those of rounding: below 1e-6 in float32 and below 1e-15 in float64.

figure, axes = plt.subplots(figsize=(6, 2), layout="constrained")
axes.plot(list(differences.values()), list(differences), "o")
axes.set(xscale="log", xlim=(1e-17, 1), xlabel="largest difference of a probability")
axes.margins(y=0.3)
axes.grid(axis="x", alpha=0.3)
axes.invert_yaxis()
plt.show()
