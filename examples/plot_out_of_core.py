"""
More rows than memory: a Parquet file, one row group after the other
====================================================================

Train a network by ``partial_fit`` on a Parquet file that is never in memory as a whole. Compare
the network with what a sample that fits into memory gives. This example needs pandas and pyarrow:
``pip install "skperceptron[pandas,plot]" pyarrow``.

The file has 64 row groups of 2,048 rows, and one row group is in memory at a time. The rows are
made up: 20 features, and classes drawn by a random network. Each pass over the file reads the row
groups in another order. Dashed lines are fits on a sample of two row groups.

The network that has seen all rows has a log-loss of 0.34 on other rows. The same network fitted to
the sample has 0.40, as the linear model has on all rows, and gradient boosting has 0.43 on the
sample.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier

N_GROUPS, N_ROWS = 64, 2048
rng = np.random.default_rng(0)
weights = rng.normal(size=(20, 30)) / np.sqrt(20), rng.normal(size=30)


def rows(n):
    """Rows as they arrive: features of different scales, and a class."""
    X = rng.normal(size=(n, 20))
    scores = 3 * np.tanh(2 * X @ weights[0]) @ weights[1] / np.sqrt(30)
    table = pd.DataFrame(10 * X + np.arange(20), columns=[f"x{i}" for i in range(20)])
    return table.assign(label=(rng.random(n) < 1 / (1 + np.exp(-2 * scores))).astype(int))


# %%
# Write the file, one row group at a time
# ---------------------------------------

folder = tempfile.TemporaryDirectory()
path = Path(folder.name, "rows.parquet")
first = pa.Table.from_pandas(rows(N_ROWS))
with pq.ParquetWriter(path, first.schema) as writer:
    writer.write_table(first)
    for _ in range(N_GROUPS - 1):
        writer.write_table(pa.Table.from_pandas(rows(N_ROWS)))
test = rows(5000)
X_test, y_test = test.drop(columns="label"), test["label"]

# %%
# Train, one row group at a time
# ------------------------------
#
# The first pass over the file fits the scaler, the next ones train.

file = pq.ParquetFile(path)


def read(group):
    table = file.read_row_group(group).to_pandas()
    return table.drop(columns="label"), table["label"]


scaler = StandardScaler()
for group in range(file.num_row_groups):
    scaler.partial_fit(read(group)[0])

models = {
    "network": MLPClassifier((64,), learning_rate_init=3e-3, alpha=0, random_state=0),
    "linear model": SGDClassifier(
        loss="log_loss", learning_rate="adaptive", eta0=0.01, random_state=0
    ),
}
seen: list[float] = []
losses: dict[str, list[float]] = {name: [] for name in models}
for epoch in range(4):
    order = np.random.default_rng(epoch).permutation(file.num_row_groups)
    for n, group in enumerate(order, start=1):
        X, y = read(group)
        for model in models.values():
            model.partial_fit(scaler.transform(X), y, classes=[0, 1])
        if n % 8 == 0:
            seen.append(epoch + n / file.num_row_groups)
            for name, model in models.items():
                losses[name].append(log_loss(y_test, model.predict_proba(scaler.transform(X_test))))

# %%
# Fit to a sample that is in memory
# ---------------------------------

X, y = (pd.concat(parts) for parts in zip(read(0), read(1), strict=True))
network = MLPClassifier((64,), learning_rate_init=3e-3, max_iter=100, early_stopping=True)
samples = {
    "network, sample": network.set_params(scoring="loss", random_state=0),
    "gradient boosting, sample": HistGradientBoostingClassifier(max_iter=60, random_state=0),
}
for name, model in samples.items():
    model.fit(scaler.transform(X), y)
    losses[name] = [log_loss(y_test, model.predict_proba(scaler.transform(X_test)))]

for name, loss in losses.items():
    print(f"{name:<26}{loss[-1]:.3f}")

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for name, colour in zip(losses, ["#0072B2", "#D55E00", "#56B4E9", "#009E73"], strict=True):
    if name in models:
        axes.plot(seen, losses[name], ".-", color=colour, label=name)
    else:
        axes.axhline(losses[name][0], color=colour, linestyle="--", label=name)
axes.set(xlabel="passes over the file", ylabel="log-loss on 5,000 other rows")
axes.legend()
plt.show()
file.close()
folder.cleanup()
