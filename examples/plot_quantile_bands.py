"""
Quantiles: bands instead of points
==================================

Predict a band instead of a point: two networks with ``loss="quantile"`` predict the 5 % and the
95 % quantile of the progression of diabetes for a given body mass index, and a third the median.
The band is about as good as that of linear quantile regression.

Nine in ten patients should lie in the band. The table compares it with three baselines on five
splits: linear quantile regression, gradient boosting with a quantile loss, and an interval of
constant width around a linear model, as wide as the residuals of held-out training rows ask for.
The Winkler score is the mean width plus 20 times the distance of rows outside, so less is better.

The networks are ahead of linear quantile regression by less than the spread over splits: the
quantiles are nearly straight lines. Boosting is worse, and covers fewer of the patients.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, QuantileRegressor
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPRegressor

# The schedule ends after 300 epochs, and training goes on until then.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

OUTER = (0.05, 0.95)


def network(quantile):
    # The gradient of the pinball loss jumps, so a falling learning rate suits it better than lbfgs.
    mlp = MLPRegressor(
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
    pipeline = make_pipeline(StandardScaler(), mlp)
    return TransformedTargetRegressor(pipeline, transformer=StandardScaler())


def linear(quantile):
    return make_pipeline(StandardScaler(), QuantileRegressor(quantile=quantile, alpha=0))


def boosting(quantile):
    return HistGradientBoostingRegressor(loss="quantile", quantile=quantile, random_state=0)


def of_quantiles(make, X, y, rows):
    return [make(quantile).fit(X, y).predict(rows) for quantile in OUTER]


def constant_width(X, y, rows):
    """A linear model, and the residuals of rows that it was not fitted to."""
    residuals = np.abs(y - cross_val_predict(LinearRegression(), X, y))
    width = np.quantile(residuals, 0.9)
    middle = LinearRegression().fit(X, y).predict(rows)
    return middle - width, middle + width


def winkler(y, low, high):
    outside = np.maximum(low - y, 0) + np.maximum(y - high, 0)
    return np.mean(high - low + 2 / 0.1 * outside)


BANDS = {
    "three networks": lambda *data: of_quantiles(network, *data),
    "linear quantile regression": lambda *data: of_quantiles(linear, *data),
    "gradient boosting": lambda *data: of_quantiles(boosting, *data),
    "linear model, constant width": constant_width,
}
data = load_diabetes(scaled=False)
bmi, y = data.data[:, [2]], data.target
print("| | covered, % | Winkler score |")
print("|---|---|---|")
for name, band in BANDS.items():
    results = []
    for seed in range(5):
        X_train, X_test, y_train, y_test = train_test_split(bmi, y, random_state=seed)
        low, high = band(X_train, y_train, X_test)
        covered = np.mean((low <= y_test) & (y_test <= high))
        results.append((100 * covered, winkler(y_test, low, high)))
    means, spreads = np.mean(results, axis=0), np.std(results, axis=0, ddof=1)
    print(f"| {name} | {means[0]:.0f} ± {spreads[0]:.0f} | {means[1]:.0f} ± {spreads[1]:.0f} |")

X_train, X_test, y_train, y_test = train_test_split(bmi, y, random_state=0)
figure, axes = plt.subplots(figsize=(8, 4.8), layout="constrained")
line = np.linspace(bmi.min(), bmi.max(), 200)[:, np.newaxis]
low, high = of_quantiles(network, X_train, y_train, line)
axes.fill_between(line[:, 0], low, high, color="#56B4E9", alpha=0.3, label="networks, 5 % to 95 %")
axes.plot(
    line[:, 0], network(0.5).fit(X_train, y_train).predict(line), color="#0072B2", label="median"
)
for edge in of_quantiles(linear, X_train, y_train, line):
    axes.plot(line[:, 0], edge, "--", color="#009E73")
axes.plot([], [], "--", color="#009E73", label="linear quantile regression")
axes.plot(X_train[:, 0], y_train, ".", color="0.6", markersize=4, label="training rows")
axes.plot(X_test[:, 0], y_test, "o", color="#D55E00", markersize=4, label="held-out rows")
axes.set(
    xlabel="body mass index, kg/m²",
    ylabel="disease progression after a year, score",
    ylim=(0, None),
)
axes.legend(loc="upper left")
plt.show()
