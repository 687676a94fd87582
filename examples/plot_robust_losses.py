"""
Losses that outliers hardly change
==================================

Choose a loss that wrong targets hardly change. A tenth of the targets of the diabetes data is
replaced by a value far outside: the error of a network with the squared error doubles, from 0.56 to
1.11. With ``loss="huber"``, ``"log_cosh"`` or ``"absolute_error"`` it is 0.60 at most.

The squared error follows outliers, since one residual of ten counts as much as a hundred of one.
The other losses grow only linearly, and the absolute error changes least. Where no target is wrong,
all do alike.

A linear model with the squared error and scikit-learn's network follow the outliers as well. With
Huber's loss a linear model is as good as the networks up to 30 % of outliers. Gradient boosting
with the absolute error holds up to 10 %.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import HuberRegressor, LinearRegression
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPRegressor

# The learning rate falls to 0 in 500 epochs, and training goes on until then.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

data = load_diabetes()
X_train, X_test, y_train, y_test = train_test_split(data.data, data.target, random_state=0)
# The clean training rows set the scale, so that all shares are measured in the same unit.
scaler, target_scaler = StandardScaler().fit(X_train), StandardScaler().fit(y_train[:, None])
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
y_train, y_test = (target_scaler.transform(t[:, None])[:, 0] for t in (y_train, y_test))
losses = {
    "squared_error": "#D55E00",
    "huber": "#0072B2",
    "log_cosh": "#56B4E9",
    "absolute_error": "#009E73",
}
shares = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4)
rng = np.random.default_rng(0)
order = rng.permutation(len(y_train))


def with_outliers(y, share):
    corrupted = y.copy()
    corrupted[order[: int(share * len(y))]] = 10  # standard deviations above the mean
    return corrupted


def regressor(loss):
    # The gradient of the absolute error jumps. A falling learning rate suits it, lbfgs does not.
    return MLPRegressor(
        (20,),
        "tanh",
        loss=loss,
        alpha=30.0,
        batch_size=len(y_train),
        learning_rate="cosine",
        learning_rate_init=0.03,
        max_iter=500,
        n_iter_no_change=500,
        random_state=0,
    )


errors = {
    loss: [
        mean_absolute_error(
            y_test, regressor(loss).fit(X_train, with_outliers(y_train, share)).predict(X_test)
        )
        for share in shares
    ]
    for loss in losses
}
print(f"{'share of outliers':<18}" + "".join(f"{share:>8.0%}" for share in shares))
for loss, row in errors.items():
    print(f"{loss:<18}" + "".join(f"{error:>8.2f}" for error in row))
# Baselines, on the same rows.
for name, baseline in {
    "linear": LinearRegression(),
    "linear, huber": HuberRegressor(max_iter=1000),
    "boosting, abs.": HistGradientBoostingRegressor(loss="absolute_error", random_state=0),
    "scikit-learn MLP": neural_network.MLPRegressor(early_stopping=True, random_state=0),
}.items():
    row = [
        mean_absolute_error(
            y_test, baseline.fit(X_train, with_outliers(y_train, s)).predict(X_test)
        )
        for s in shares
    ]
    print(f"{name:<18}" + "".join(f"{error:>8.2f}" for error in row))

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
bmi = X_train[:, [2]]
corrupted = with_outliers(y_train, 0.1)
line = np.linspace(bmi.min(), bmi.max(), 100)[:, np.newaxis]
left.plot(bmi[:, 0], corrupted, ".", color="0.7", label="training rows, 10 % corrupted")
for loss, colour in losses.items():
    fitted = regressor(loss).fit(bmi, corrupted)
    # huber and log_cosh almost coincide: dashes let the one below be seen.
    style = "--" if loss == "log_cosh" else "-"
    left.plot(line[:, 0], fitted.predict(line), style, color=colour, label=loss)
    right.plot([100 * s for s in shares], errors[loss], "o" + style, color=colour, label=loss)
left.set(
    title="On one feature",
    xlabel="body mass index, in standard deviations",
    ylabel="disease progression, in standard deviations",
)
left.legend(fontsize="small", loc="center left", bbox_to_anchor=(0, 0.7))
right.set(
    title="On all features, tested on clean rows",
    xlabel="corrupted training rows, %",
    ylabel="mean absolute error, in standard deviations",
)
right.legend()
plt.show()
