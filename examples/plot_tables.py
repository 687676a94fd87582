"""
A table, predictions and intervals
==================================

A made-up table of deliveries has numbers, strings and missing values.
:class:`~skperceptron.tabular.TabularMLPRegressor` takes the table as it is, and predicts how many
minutes each delivery takes: the median, and an interval that holds 90 % of the deliveries like it.
Intervals are wider where deliveries differ more, on long ways and in the snow.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split

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
print(f"R² on new rows: {model.score(X_test, y_test):.2f}")
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

# Shares of the test rows spread around what is asked: two standard errors.
error = 2 * np.sqrt(asked * (1 - asked) / len(y_test))
right.fill_between(asked, asked - error, asked + error, color="0.85", label="chance")
right.plot(asked, covered, "o-", color="#0072B2", label="new rows")
right.set(xlabel="coverage asked", ylabel="share covered", title="As often as asked")
right.legend(loc="upper left")
plt.show()
