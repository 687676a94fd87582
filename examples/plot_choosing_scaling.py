"""
Scale the inputs and the targets
================================

Scale the inputs and the targets of a network for regression. Only with both scaled is the network
as good as the better baseline on both data: gradient boosting on friedman2, ridge regression on the
diabetes data.

The same network is trained on data as they come, with scaled inputs, with scaled targets, and with
both. ``make_friedman2`` has inputs and targets of very different sizes. The inputs of the diabetes
data are small and all of one size, and its targets go up to 346. A dot is the R² of one split, and
horizontal lines are the means of two baselines on the same splits: ridge regression and gradient
boosting, which need no scaled targets. scikit-learn's network, with both scaled, is in the table
that is printed.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn import neural_network
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, make_friedman2
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skperceptron import MLPRegressor

warnings.filterwarnings("ignore", category=ConvergenceWarning)

N_SPLITS = 5
AS_THEY_ARE = FunctionTransformer
SCALINGS = {
    "neither": (AS_THEY_ARE, AS_THEY_ARE),
    "inputs": (StandardScaler, AS_THEY_ARE),
    "targets": (AS_THEY_ARE, StandardScaler),
    "both": (StandardScaler, StandardScaler),
}
# Data, and an alpha that suits them: the diabetes data are few and noisy.
DATA = {
    "friedman2": (make_friedman2(500, noise=50, random_state=0), 0.1),
    "diabetes": (load_diabetes(return_X_y=True), 3.0),
}
BASELINES = {
    "ridge regression": make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 3, 9))),
    "gradient boosting": HistGradientBoostingRegressor(random_state=0),
    "scikit-learn's MLP, both scaled": TransformedTargetRegressor(
        make_pipeline(StandardScaler(), neural_network.MLPRegressor(random_state=0)),
        transformer=StandardScaler(),
    ),
}


def networks(alpha):
    """The network behind each of the scalings."""
    for name, (of_inputs, of_targets) in SCALINGS.items():
        network = MLPRegressor(
            (50,), alpha=alpha, learning_rate_init=0.01, batch_size=50, max_iter=60, random_state=0
        )
        yield (
            name,
            TransformedTargetRegressor(
                make_pipeline(of_inputs(), network), transformer=of_targets()
            ),
        )


figure, axes = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained", sharey=True)
for axis, (data, ((X, y), alpha)) in zip(axes, DATA.items(), strict=True):
    scores: dict[str, list[float]] = {}
    for seed in range(N_SPLITS):
        X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=seed)
        for name, model in (*networks(alpha), *BASELINES.items()):
            score = model.fit(X_train, y_train).score(X_test, y_test)
            scores.setdefault(name, []).append(score)
    for name, of_splits in scores.items():
        print(
            f"{data:<10}{name:<33}R² {np.mean(of_splits):>6.2f} ± {np.std(of_splits, ddof=1):.2f}"
        )
    for place, name in enumerate(SCALINGS):
        axis.plot(np.full(N_SPLITS, place), scores[name], "o", color="#0072B2", alpha=0.6)
    axis.plot([], [], "o", color="#0072B2", label="network, one split")
    for name, colour, style in (
        ("ridge regression", "0.4", ":"),
        ("gradient boosting", "#009E73", "--"),
    ):
        axis.axhline(np.mean(scores[name]), color=colour, linestyle=style, label=name)
    axis.set_xticks(range(len(SCALINGS)), SCALINGS)
    axis.set(title=data, xlabel="what is scaled for the network")
axes[0].set_ylabel("R² on held-out rows")
axes[1].legend(loc="upper left")
plt.show()
