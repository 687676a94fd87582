"""
A table, predictions and intervals
==================================

Fit :class:`~skperceptron.tabular.TabularMLPRegressor` to a table with numbers, strings and missing
values, and predict intervals. The intervals are better than those of gradient boosting and of a
linear model. R² is better than theirs too, and the same as that of scikit-learn's network.

The table is made up: how many minutes does a delivery take? The regressor takes it as it is, and
predicts the median and an interval that holds 90 % of the deliveries like it. Intervals are wider
where deliveries differ more, on long ways and in the snow.

The intervals of the baselines are those between their quantiles of 5 % and 95 %. The Winkler score
is the mean width plus 20 times what lies outside, so less is better.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn import neural_network
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, QuantileRegressor
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skperceptron.tabular import TabularMLPRegressor

rng = np.random.default_rng(0)
n = 3000
distance = rng.gamma(3, 1.5, size=n)  # km
weather = rng.choice(["sun", "rain", "snow"], size=n, p=[0.5, 0.35, 0.15])
vehicle = rng.choice(["bicycle", "car", "van"], size=n)
rating = np.where(rng.random(n) < 0.2, np.nan, rng.uniform(3, 5, size=n))

pace = np.select([weather == "sun", weather == "rain"], [3.0, 4.0], 7.0)  # minutes a km
pace = pace - 1.0 * (vehicle == "car")
spread = np.where(weather == "snow", 0.2, 0.08)
minutes = (10 + pace * distance) * np.exp(spread * rng.normal(size=n))

X = np.empty((n, 4), dtype=object)  # a data frame works as well
X[:, 0], X[:, 1], X[:, 2], X[:, 3] = distance, weather, vehicle, rating
X_train, X_test, y_train, y_test = train_test_split(X, minutes, random_state=0)

model = TabularMLPRegressor(quantiles=(0.05, 0.5, 0.95), random_state=0).fit(X_train, y_train)


def behind_an_encoder(regressor):
    """A regressor that wants numbers: one-hot categories, means for missing values, scaled."""
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    encoder = make_column_transformer((OneHotEncoder(), [1, 2]), (numbers, [0, 3]))
    return make_pipeline(encoder, regressor).fit(X_train, y_train)


def report(name, mean, interval):
    r_squared = mean.score(X_test, y_test)
    if interval is None:
        print(f"{name:<22}{r_squared:>6.3f}")
        return
    low, high = interval
    outside = np.maximum(low - y_test, 0) + np.maximum(y_test - high, 0)
    score = np.mean(high - low + 2 / 0.1 * outside)
    print(f"{name:<22}{r_squared:>6.3f}{np.mean(outside == 0):>12.1%}{score:>9.1f}")


print(f"{'':<22}{'R²':>6}{'covered':>12}{'Winkler':>9}   asked: 90 %")
report("TabularMLPRegressor", model, model.predict_interval(X_test, coverage=0.9).T)
trees = behind_an_encoder(HistGradientBoostingRegressor(random_state=0))
edges = [
    behind_an_encoder(
        HistGradientBoostingRegressor(loss="quantile", quantile=quantile, random_state=0)
    ).predict(X_test)
    for quantile in (0.05, 0.95)
]
report("gradient boosting", trees, edges)
edges = [
    behind_an_encoder(QuantileRegressor(quantile=quantile, alpha=0)).predict(X_test)
    for quantile in (0.05, 0.95)
]
report("linear model", behind_an_encoder(LinearRegression()), edges)
theirs = TransformedTargetRegressor(
    neural_network.MLPRegressor(early_stopping=True, random_state=0), transformer=StandardScaler()
)
report("scikit-learn's MLP", behind_an_encoder(theirs), None)

print(f"{'asked':>6}{'covered':>9}{'mean width':>12}")
asked = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
covered = []
for coverage in asked:
    low, high = model.predict_interval(X_test, coverage=coverage).T
    covered.append(np.mean((low <= y_test) & (y_test <= high)))
    print(f"{coverage:>6.0%}{covered[-1]:>9.0%}{np.mean(high - low):>8.1f} min")

figure, (left, right) = plt.subplots(
    1, 2, figsize=(10, 4.6), layout="constrained", gridspec_kw={"width_ratios": [1.9, 1]}
)
line = np.linspace(0.5, 12, 100)
for name, colour in (("snow", "#0072B2"), ("sun", "#D55E00")):
    rows = np.empty((100, 4), dtype=object)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = line, name, "bicycle", 4.0
    low, high = model.predict_interval(rows).T
    left.fill_between(line, low, high, color=colour, alpha=0.2)
    left.plot(line, model.predict(rows), color=colour, label=f"{name}: median and 90 %")
    shown = (X_test[:, 1] == name) & (X_test[:, 2] == "bicycle")
    left.plot(X_test[shown, 0], y_test[shown], "o", color=colour, markersize=3)
left.set(xlabel="distance, km", ylabel="minutes", title="Deliveries by bicycle, new rows as dots")
left.set(xlim=(0, 12), ylim=(0, 130))
left.legend(loc="upper left")

# The share of the test rows differs from what is asked for by chance: two standard errors.
error = 2 * np.sqrt(asked * (1 - asked) / len(y_test))
right.fill_between(
    asked, asked - error, asked + error, color="0.85", label="within two standard errors"
)
right.plot(asked, covered, "o-", color="#0072B2", label="new rows")
right.set(xlabel="coverage asked for", ylabel="share of new rows covered", title="Coverage")
right.legend(loc="upper left")
plt.show()
