"""
Small weights: L2 along a path
==============================

Choose ``alpha``, the strength of the default (L2) penalty, by the error on other rows. On the
diabetes data a network of fifty units overfits at the default ``alpha``, and at the best one, which
is 100,000 times as large, it is a little better than ridge regression.

The penalty shrinks all weights together and sets none to 0. The left panel shows the weights of a
linear model, the right panel the errors of the network.

Ridge regression has a test error of 0.736, gradient boosting of 0.821 and scikit-learn's network
of 0.769. The network beats ridge regression by 0.014 at its best ``alpha``, which was chosen on the
test rows here, and loses to it at the default.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

from skperceptron import MLPRegressor

# With a small penalty the network has not converged after 1000 iterations.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_diabetes(return_X_y=True)
names = load_diabetes().feature_names
X, y = scale(X), scale(y)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=0)

alphas = np.logspace(-3, 4, 15)
linear, train_errors, test_errors, norms = [], [], [], []
for alpha in alphas:
    model = MLPRegressor((), alpha=alpha, solver="lbfgs", random_state=0).fit(X_train, y_train)
    linear.append(model.coefs_[0][:, 0])
    network = MLPRegressor(
        (50,), "tanh", alpha=alpha, solver="lbfgs", max_iter=1000, random_state=0
    ).fit(X_train, y_train)
    train_errors.append(np.sqrt(np.mean((network.predict(X_train) - y_train) ** 2)))
    test_errors.append(np.sqrt(np.mean((network.predict(X_test) - y_test) ** 2)))
    norms.append(np.sqrt(sum((w**2).sum() for w in network.coefs_)))

print(f"{'alpha':>10}{'|W|':>8}{'training error':>16}{'test error':>12}")
for row in zip(alphas, norms, train_errors, test_errors, strict=True):
    print("{:>10.3g}{:>8.2f}{:>16.3f}{:>12.3f}".format(*row))
best = alphas[np.argmin(test_errors)]
print(f"best alpha: {best:.3g}; the default is 0.0001")
for name, baseline in {
    "ridge regression": RidgeCV(np.logspace(-1, 4, 11)),
    "gradient boosting": HistGradientBoostingRegressor(random_state=0),
    "scikit-learn's MLP": neural_network.MLPRegressor(random_state=0),
}.items():
    residuals = baseline.fit(X_train, y_train).predict(X_test) - y_test
    print(f"{name:<20} test error {np.sqrt(np.mean(residuals**2)):.3f}")

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
styles = ["-", "--", "-.", ":"]
colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
for feature, path in enumerate(np.array(linear).T):
    left.semilogx(
        alphas, path, styles[feature // 7], color=colours[feature % 7], label=names[feature]
    )
left.axhline(0, color="0.8", zorder=0)
left.set(
    title="Weights of the linear model", xlabel="alpha", ylabel="weight, per standard deviation"
)
left.legend(ncols=2, fontsize="small")

right.semilogx(alphas, train_errors, "o-", color="#0072B2", label="training rows")
right.semilogx(alphas, test_errors, "s-", color="#D55E00", label="other rows")
right.axvline(best, color="0.6", linestyle=":", label=f"best alpha, {best:.3g}")
right.set(
    title="Error of a network of 50 units",
    xlabel="alpha",
    ylabel="RMSE, in standard deviations of y",
)
right.legend()
plt.show()
