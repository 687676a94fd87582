"""How long one row takes to predict, in the forms that rows come in: the table of serving.md.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/one_row.py

Times are medians of 300 calls, in microseconds. Data frames need pandas.
"""

import warnings

import numpy as np
import pandas as pd
from sklearn import neural_network
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from _timing import microseconds
from skperceptron import MLPClassifier
from skperceptron.tabular import TabularMLPClassifier

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
X = rng.normal(size=(500, 20))
y = X[:, 0] > 0
frame = pd.DataFrame(X, columns=[f"number {i}" for i in range(20)])
table = frame.assign(category=rng.choice(list("abc"), 500))

network = MLPClassifier(max_iter=5).fit(X, y)
of_frame = MLPClassifier(max_iter=5).fit(frame, y)
theirs = neural_network.MLPClassifier(max_iter=5).fit(X, y)
pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=5)).fit(X, y)
one = TabularMLPClassifier(max_iter=3).fit(table, y)
five = TabularMLPClassifier(max_iter=3, n_estimators=5).fit(table, y)

for name, model, rows in [
    ("MLPClassifier, array", network, X),
    ("MLPClassifier, list", network, X.tolist()),
    ("scikit-learn's MLPClassifier, array", theirs, X),
    ("pipeline with StandardScaler, array", pipeline, X),
    ("MLPClassifier, data frame", of_frame, frame),
    ("TabularMLPClassifier, data frame", one, table),
    ("the same with n_estimators=5", five, table),
]:
    times = [microseconds(model.predict_proba, rows[:n]) for n in (1, 100)]
    print(f"{name:40}{times[0]:10.0f}{times[1]:10.0f}")
