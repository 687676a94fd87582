"""
The stochastic solvers side by side
===================================

Which solver lowers the loss fastest, once each has a learning rate of its own? The rate is
chosen from a grid by the least loss on validation digits in 40 epochs, and the weights are those
of that epoch, as early stopping keeps them: what comes after does not count, such as a jump at
a large rate. The table ends with the loss on test digits, which had no say in that. Most end
alike there: which of them is first changes with the random split, and that Lion comes last on
this small problem says little about others. What differs most is the best rate itself, from
0.003 to 1, which is the one thing to search for. L-BFGS has no learning rate, and takes all rows
at once: its iterations are no epochs to compare these with.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skperceptron import MLPClassifier

# All run for the same number of epochs, converged or not.
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


best = {}
print(f"{'solver':<17}{'best rate':>10}{'training loss':>15}{'validation':>12}{'test':>8}")
for name, parameters in solvers.items():
    trials = {rate: train(rate, parameters) for rate in rates}
    rate = max(trials, key=lambda rate: trials[rate].best_validation_score_)
    network = best[name] = trials[rate]
    held_out = -network.best_validation_score_
    test_loss = log_loss(y_test, network.predict_proba(X_test))
    print(f"{name:<17}{rate:>10}{network.loss_:>15.4f}{held_out:>12.3f}{test_loss:>8.3f}")

figure, axes = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained", sharey=True)
colours = ("#999999", "#000000", "#E69F00", "#009E73", "#0072B2", "#56B4E9", "#CC79A7", "#D55E00")
for colour, (name, network) in zip(colours, best.items(), strict=True):
    epochs = range(1, network.n_iter_ + 1)
    style = "-" if network.solver in ("sgd", "adam", "adagrad", "lion") else "--"
    label = f"{name} ({network.learning_rate_init})"
    axes[0].semilogy(epochs, network.loss_curve_, style, color=colour, label=label)
    axes[1].semilogy(epochs, network.validation_loss_curve_, style, color=colour)
axes[0].set(title="Training", xlabel="epoch", ylabel="cross-entropy per image")
axes[1].set(title="Validation", xlabel="epoch")
figure.legend(title="solver (learning rate)", loc="outside right center")
plt.show()
