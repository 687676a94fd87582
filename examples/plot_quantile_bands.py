"""
Bands instead of points
=======================

How far off may a prediction be? One of the mean does not say. Three networks with
``loss="quantile"`` predict the 5 %, 50 % and 95 % quantiles of disease progression for a given
body mass index. Nine in ten patients should be between the outer two; of the 111 held out, 86 %
are, which is no further off than chance explains: the standard error is 3 %.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPRegressor

# A schedule that is walked to its end does not converge before.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

data = load_diabetes(scaled=False)
bmi, y = data.data[:, [2]], data.target
X_train, X_test, y_train, y_test = train_test_split(bmi, y, random_state=0)

models = {}
for quantile in (0.05, 0.5, 0.95):
    # The pinball loss has kinks: a falling rate settles where lbfgs would get stuck.
    network = MLPRegressor(
        (20,),
        "tanh",
        loss="quantile",
        quantile=quantile,
        alpha=1.0,
        learning_rate="cosine",
        learning_rate_init=0.02,
        max_iter=300,
        tol=0.0,
        n_iter_no_change=300,
        random_state=0,
    )
    pipeline = make_pipeline(StandardScaler(), network)
    models[quantile] = TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    models[quantile].fit(X_train, y_train)

print(f"{'quantile':>9}{'below it, training':>20}{'held out':>10}")
for quantile, model in models.items():
    below = [np.mean(t <= model.predict(X)) for X, t in ((X_train, y_train), (X_test, y_test))]
    print(f"{quantile:>9}{below[0]:>20.2f}{below[1]:>10.2f}")
low, high = (models[q].predict(X_test) for q in (0.05, 0.95))
covered = np.mean((low <= y_test) & (y_test <= high))
chance = np.sqrt(0.9 * 0.1 / len(y_test))
print(f"between the outer two, held out: {covered:.0%} of {len(y_test)} patients")
print(f"standard error of such a share, were it 90 %: {chance:.1%}")

figure, axes = plt.subplots(figsize=(8, 4.8), layout="constrained")
line = np.linspace(bmi.min(), bmi.max(), 200)[:, np.newaxis]
curves = {quantile: model.predict(line) for quantile, model in models.items()}
axes.fill_between(
    line[:, 0], curves[0.05], curves[0.95], color="#56B4E9", alpha=0.3, label="5 % to 95 %"
)
axes.plot(line[:, 0], curves[0.5], color="#0072B2", label="median")
axes.plot(X_train[:, 0], y_train, ".", color="0.6", markersize=4, label="training rows")
axes.plot(
    X_test[:, 0],
    y_test,
    "o",
    color="#D55E00",
    markersize=4,
    label=f"held out: {covered:.0%} inside",
)
axes.set(
    xlabel="body mass index, kg/m²",
    ylabel="disease progression after a year, score",
    ylim=(0, None),
)
axes.legend(loc="upper left")
plt.show()
