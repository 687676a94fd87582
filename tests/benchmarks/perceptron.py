"""Rosenblatt's perceptron, against scikit-learn's compiled one."""

from functools import partial

import numpy as np
from sklearn.datasets import make_classification
from sklearn.linear_model import Perceptron

from _figures import dots, figure
from _forms import COMPILED, compiled
from _report import Section, Table, number, ratio_table, time_table, verdict
from _timing import relative
from skperceptron import PerceptronClassifier

TEXT = (
    "Five epochs without penalty, rows in their order and shuffled; one unit per class against "
    "the rest where there are more than two. Without shuffling the weights must be the same; "
    "with it the two draw different orders."
)
PARAMETERS = {"max_iter": 5, "tol": None, "random_state": 0}


def run(context):
    section = Section("Perceptron", TEXT, of_pages=slice(1, 2))
    timings, outcomes = {}, []
    for name, load in _cases(context.data).items():
        X, y = load()
        X = X.astype(np.float64)  # in single precision theirs adds as it is, ours in double
        for shuffle in (False, True):
            case = f"{name}, {'shuffled' if shuffle else 'in order'}"
            ours = PerceptronClassifier(shuffle=shuffle, **PARAMETERS)
            theirs = Perceptron(shuffle=shuffle, **PARAMETERS)
            contestants = {
                "skperceptron": partial(ours.fit, X, y),
                "scikit-learn": partial(theirs.fit, X, y),
            }
            if context.optional("numba"):
                contestants[COMPILED] = compiled(contestants["skperceptron"])
            timings[case] = context.compare("perceptron", case, contestants)
            outcomes.append([case, *_outcome(ours, theirs, X, y, shuffle)])
    against = {case: relative(t) for case, t in timings.items()}
    columns = ["case", "mistakes, % of rows shown", "our accuracy", "theirs", "equal work"]
    section.tables = [
        time_table(timings, caption="Five epochs"),
        ratio_table(against),
        Table(columns, outcomes, "Largest difference of a weight, relative to the largest weight."),
    ]
    with figure(context, section, "perceptron", size=(8, 7)) as axes:
        if axes is not None:
            dots(axes[0], against, "time / time of skperceptron", "skperceptron")
    return section


def _cases(data):
    return {
        "breast cancer, 569 × 30": lambda: data.breast_cancer,
        "separable, 1000 × 20": partial(_separable, 1000, 20),
        "separable, 2000 × 500": partial(_separable, 2000, 500),
        "separable, 100000 × 20": partial(_separable, 100_000, 20),
        "MNIST, 60000 × 784, 10 classes": lambda: data.mnist,
        "20 newsgroups, sparse, 20 classes": lambda: data.newsgroups,
        "noisy, 100000 × 20": _noisy,
    }


def _separable(n, n_features):
    """Rows on both sides of a plane, none of them near it."""
    rng = np.random.default_rng(0)
    X, normal = rng.normal(size=(2 * n, n_features)), rng.normal(size=n_features)
    margins = X @ normal / np.linalg.norm(normal)
    clear = np.argsort(-np.abs(margins), kind="stable")[:n]
    clear.sort()
    return X[clear], (margins[clear] > 0).astype(int)


def _noisy():
    """Labels flipped until the perceptron is wrong about 18 % of the rows it is shown."""
    return make_classification(
        100_000, 20, n_informative=10, n_redundant=5, flip_y=0.085, class_sep=2.0, random_state=0
    )


def _outcome(ours, theirs, X, y, shuffle):
    n_units = 1 if len(ours.classes_) == 2 else len(ours.classes_)
    share = sum(ours.mistakes_curve_) / (ours.n_iter_ * len(y) * n_units)
    difference = np.abs(ours.coef_ - theirs.coef_).max() / np.abs(theirs.coef_).max()
    accuracies = [f"{model.score(X, y):.4f}" for model in (ours, theirs)]
    check = "other orders" if shuffle else verdict(difference, 1e-10)
    return [number(100 * share), *accuracies, check]
