"""
The stochastic solvers side by side
===================================

Which solver reaches the lowest loss, once each has a learning rate of its own? Seven of the eight
solvers end with nearly the same loss. What differs most is the best rate itself, from 0.003 to 1:
search for the rate first.

Each rate is chosen from nine by the lowest loss on validation digits in 40 epochs. Early stopping
keeps the weights of that epoch, so curves end there, with a dot. The table ends with the loss and
the accuracy on test digits, which had no part in the choice. Another random split gives another
order. Lion is last on this small problem, which says little about others.

The baselines, on the same training digits, are logistic regression, gradient boosting and
scikit-learn's network with its defaults, which trains longer. Its test loss is lower than that of
all solvers but ``nadam``; those of the other two baselines are higher than of all solvers but
``lion``. L-BFGS is left out: it has no learning rate, and its iterations are not epochs.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn import neural_network
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skperceptron import MLPClassifier

# Every network trains for the same number of epochs, converged or not.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
X_rest, X_test, y_rest, y_test = train_test_split(
    X / 16, y, test_size=0.2, stratify=y, random_state=0
)
X_train, X_val, y_train, y_val = train_test_split(
    X_rest, y_rest, test_size=0.25, stratify=y_rest, random_state=0
)

solvers = {
    "sgd, momentum=0": {"solver": "sgd", "momentum": 0.0},
    "sgd": {"solver": "sgd"},
    "adagrad": {"solver": "adagrad"},
    "rmsprop": {"solver": "rmsprop", "beta_2": 0.99},
    "adam": {"solver": "adam"},
    "adamw": {"solver": "adamw"},
    "nadam": {"solver": "nadam"},
    "lion": {"solver": "lion", "beta_2": 0.99},
}
# Wide enough that no solver's best is at either end.
rates = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
n_epochs = 40


def train(rate, parameters):
    network = MLPClassifier(
        (50,),
        learning_rate_init=rate,
        max_iter=n_epochs,
        tol=0.0,
        n_iter_no_change=n_epochs,
        early_stopping=True,
        scoring="loss",
        random_state=0,
        **parameters,
    )
    return network.fit(X_train, y_train, X_val=X_val, y_val=y_val)


def best_epoch(network):
    """Number of the epoch whose weights are kept."""
    curve = network.validation_loss_curve_
    return min(range(len(curve)), key=curve.__getitem__) + 1


best = {}
columns = f"{'best rate':>10}{'training loss':>15}{'validation':>12}{'test':>8}{'accuracy':>10}"
print(f"{'solver':<17}{columns}")
for name, parameters in solvers.items():
    trials = {rate: train(rate, parameters) for rate in rates}
    rate = max(trials, key=lambda rate: trials[rate].best_validation_score_)
    network = best[name] = trials[rate]
    held_out = -network.best_validation_score_
    test_loss = log_loss(y_test, network.predict_proba(X_test))
    kept = min(network.loss_curve_[: best_epoch(network)])
    accuracy = network.score(X_test, y_test)
    print(f"{name:<17}{rate:>10}{kept:>15.4f}{held_out:>12.3f}{test_loss:>8.3f}{accuracy:>10.3f}")

baselines = {
    "logistic regression": LogisticRegression(max_iter=1000),
    "gradient boosting": HistGradientBoostingClassifier(
        max_iter=30, learning_rate=0.3, max_leaf_nodes=8, random_state=0
    ),
    "scikit-learn's MLP": neural_network.MLPClassifier(random_state=0),
}
for name, model in baselines.items():
    test_loss = log_loss(y_test, model.fit(X_train, y_train).predict_proba(X_test))
    print(f"{name:<54}{test_loss:>8.3f}{model.score(X_test, y_test):>10.3f}")

figure, axes = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained", sharey=True)
colours = ("#999999", "#000000", "#E69F00", "#009E73", "#0072B2", "#56B4E9", "#CC79A7", "#D55E00")
for colour, (name, network) in zip(colours, best.items(), strict=True):
    end = best_epoch(network)
    epochs = range(1, end + 1)
    style = "-" if network.solver in ("sgd", "adam", "adagrad", "lion") else "--"
    label = f"{name} ({network.learning_rate_init})"
    for axis, curve in zip(
        axes, (network.loss_curve_, network.validation_loss_curve_), strict=True
    ):
        axis.semilogy(epochs, curve[:end], style, color=colour, label=label)
        axis.semilogy(end, curve[end - 1], "o", color=colour)
axes[0].set(title="Training", xlabel="epoch", ylabel="cross-entropy per image")
axes[1].set(title="Validation", xlabel="epoch")
handles, labels = axes[0].get_legend_handles_labels()
figure.legend(handles, labels, title="solver (learning rate)", loc="outside right center")
plt.show()
