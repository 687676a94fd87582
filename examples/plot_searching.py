"""
A search of learning rate, layers and penalty
=============================================

Search the three hyperparameters that matter most, and find a learning rate without a search.

The left figure is the test of learning rates: the rate rises from step to step, and the suggestion
is a tenth of the rate with the smallest loss. In the middle, each point is a candidate of a
random search over ``search_space``, with its accuracy in cross-validation. The right figure has
the accuracy on test rows that no search has seen, as means over five splits with their standard
errors: the network with its defaults, with the suggested rate alone, and with what the search has
found, beside logistic regression, gradient boosting and scikit-learn's network.

Each network trains for 20 epochs. With Optuna the same space can be searched with pruning, which
ends bad candidates after a few epochs: ``pip install "skperceptron[optuna]"``. Where Optuna or
scikit-learn 1.9 is not installed, the example leaves this search out.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn import neural_network
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV, train_test_split

from skperceptron import MLPClassifier
from skperceptron.model_selection import find_learning_rate, search_space
from skperceptron.plotting import LearningRateDisplay

warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
splits = [
    train_test_split(X / 16, y, train_size=1000, stratify=y, random_state=seed) for seed in range(5)
]
network = MLPClassifier(max_iter=20, random_state=0)
space = search_space(network)

# %%
# Each model on each split. The searches see the training rows only.

BASELINES = {
    "logistic regression": LogisticRegression(max_iter=1000),
    "gradient boosting": HistGradientBoostingClassifier(
        max_iter=30, learning_rate=0.3, max_leaf_nodes=8, random_state=0
    ),
    "scikit-learn's MLP, 20 epochs": neural_network.MLPClassifier(max_iter=20, random_state=0),
}
names = ["the defaults", "the suggested rate", "the search", *BASELINES]
accuracies = {name: np.empty(len(splits)) for name in names}
for number, (X_train, X_test, y_train, y_test) in enumerate(splits):
    test = find_learning_rate(network, X_train, y_train)
    search = RandomizedSearchCV(network, space, n_iter=8, cv=3, random_state=number)
    models = {
        "the defaults": clone(network),
        "the suggested rate": clone(network).set_params(learning_rate_init=test.suggestion),
        "the search": search,
        **BASELINES,
    }
    for name, model in models.items():
        accuracies[name][number] = model.fit(X_train, y_train).score(X_test, y_test)
for name, reached in accuracies.items():
    error = reached.std(ddof=1) / np.sqrt(len(splits))
    print(f"{name:<30} {reached.mean():.3f} ± {error:.3f}")
gain = accuracies["the search"] - accuracies["the suggested rate"]
error = gain.std(ddof=1) / np.sqrt(len(splits))
print(f"the search minus the suggested rate: {gain.mean():+.3f} ± {error:.3f}")

# %%
# The same space in Optuna, with a pruner, on the last split.

try:
    import optuna
    import sklearn.callback  # noqa: F401

    from skperceptron.callbacks import OptunaPruning
    from skperceptron.model_selection import suggest

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    X_fit, X_val, y_fit, y_val = train_test_split(X_train, y_train, random_state=0)

    def objective(trial):
        candidate = clone(network).set_params(**suggest(trial, space))
        candidate.set_callbacks(OptunaPruning(trial))
        return candidate.fit(X_fit, y_fit, X_val=X_val, y_val=y_val).score(X_val, y_val)

    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=4),
    )
    study.optimize(objective, n_trials=20)
    n_epochs = sum(len(trial.intermediate_values) for trial in study.trials)
    best = clone(network).set_params(**suggest(study.best_trial, space))
    accuracy = best.fit(X_train, y_train).score(X_test, y_test)
    beside = accuracies["the search"][-1]
    print(f"Optuna: {n_epochs} epochs instead of {20 * 20}, accuracy {accuracy:.3f}")
    print(f"The random search on the same split: accuracy {beside:.3f}")
except ImportError:
    print('The search with Optuna needs scikit-learn 1.9, and: pip install "skperceptron[optuna]"')

# %%
# The figures of the last split, and the accuracies of all.

figure, (left, middle, right) = plt.subplots(
    1, 3, figsize=(13, 3.8), layout="constrained", width_ratios=[1.2, 1, 1]
)
LearningRateDisplay.from_test(test, ax=left)
left.set_title("Test of learning rates")
left.legend(loc="lower left", fontsize="small")  # left of the losses that fall

results = search.cv_results_
widths = [sizes[0] * len(sizes) for sizes in results["param_hidden_layer_sizes"]]
points = middle.scatter(
    results["param_learning_rate_init"].astype(float),
    results["mean_test_score"],
    c=results["param_alpha"].astype(float),
    s=np.array(widths),
    norm="log",
    cmap="viridis",
    edgecolor=plt.rcParams["text.color"],
)
figure.colorbar(points, label="alpha")
middle.axvline(test.suggestion, color="#D55E00", linestyle="--", label="suggestion")
middle.legend(loc="lower left")
middle.set(
    title="Candidates, larger with more units",
    xscale="log",
    xlabel="learning rate",
    ylabel="accuracy in cross-validation",
    xlim=(9e-4, 4e-2),
)
middle.set_xticks([0.001, 0.003, 0.01, 0.03], ["0.001", "0.003", "0.01", "0.03"])
middle.set_xticks([], minor=True)

means = [reached.mean() for reached in accuracies.values()]
errors = [reached.std(ddof=1) / np.sqrt(len(splits)) for reached in accuracies.values()]
colours = ["#0072B2"] * 3 + ["#999999"] * len(BASELINES)
for name, mean, error, colour in zip(names, means, errors, colours, strict=True):
    right.errorbar(mean, name, xerr=error, fmt="o", color=colour, capsize=3)
right.invert_yaxis()
right.grid(axis="x", alpha=0.3)
right.set(title="On test rows", xlabel="accuracy")
plt.show()
