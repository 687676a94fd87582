"""Scores with the rate that find_learning_rate suggests, beside nine rates and another rule.

Prints the table of docs/guide/searching.md. It takes a few minutes.
"""

import warnings
from functools import partial

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits, make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier, MLPRegressor
from skperceptron.model_selection import find_learning_rate

RATES = np.geomspace(1e-4, 1, 9)
SPLITS = range(2)


def settings():
    """A network, X and y by name."""
    X, y = load_digits(return_X_y=True)
    X = X / 16
    features, target = make_friedman1(1500, noise=1, random_state=0)
    features = StandardScaler().fit_transform(features)
    target = (target - target.mean()) / target.std()
    smooth = MLPRegressor((50,), batch_size=50, alpha=0.3, max_iter=30)
    return {
        "digits, 50 units, batches of 200": (MLPClassifier((50,), max_iter=30), X, y),
        "digits, 50 units, batches of 20": (
            MLPClassifier((50,), batch_size=20, max_iter=15),
            X,
            y,
        ),
        "digits, two layers of 200": (MLPClassifier((200, 200), max_iter=15), X, y),
        "digits, `sgd` with momentum": (
            MLPClassifier((50,), solver="sgd", batch_size=50, max_iter=30),
            X,
            y,
        ),
        "friedman1, R²": (smooth, features, target),
    }


def score_of(network, data, seed, rate):
    """Score on the test rows after a training with this rate; NaN if it diverges."""
    X_train, X_test, y_train, y_test = data
    model = clone(network).set_params(learning_rate_init=rate, random_state=seed)
    try:
        return model.fit(X_train, y_train).score(X_test, y_test)
    except ValueError:  # diverged
        return np.nan


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    print("| | best of nine rates | suggestion | steepest descent | the default |")
    print("|---|---|---|---|---|")
    for name, (network, X, y) in settings().items():
        network.set_params(tol=None)
        scores = {"suggestion": [], "steepest": [], "default": []}
        of_rates = np.full((len(SPLITS), len(RATES)), np.nan)
        for split in SPLITS:
            X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=split)

            score = partial(score_of, network, (X_train, X_test, y_train, y_test), split)
            of_rates[split] = [score(rate) for rate in RATES]
            tested = clone(network).set_params(random_state=0)
            test = find_learning_rate(tested, X_train, y_train)
            falling = test.smoothed_losses[: test.smoothed_losses.argmin() + 1]
            steepest = test.learning_rates[np.gradient(falling).argmin()]
            scores["suggestion"].append(score(test.suggestion))
            scores["steepest"].append(score(steepest))
            scores["default"].append(score(network.learning_rate_init))
        means = [np.nanmax(of_rates.mean(axis=0)), *map(np.mean, scores.values())]
        print(f"| {name} | {' | '.join(f'{mean:.3f}' for mean in means)} |", flush=True)


if __name__ == "__main__":
    main()
