"""L-BFGS, against scikit-learn's."""

from functools import partial

from sklearn import neural_network

import skperceptron
from _report import Section, Table, ratio_table, time_table, verdict
from _timing import relative

TEXT = "The same number of iterations of the same routine of scipy, on an objective of our own."


def run(context):
    section = Section("L-BFGS", TEXT)
    timings, checks = {}, []
    for case, (estimator, X, y, parameters) in _cases(context.data).items():
        fits = {
            "skperceptron": getattr(skperceptron, estimator)(**parameters),
            "scikit-learn": getattr(neural_network, estimator)(**parameters),
        }
        timings[case] = context.compare(
            "lbfgs", case, {name: partial(model.fit, X, y) for name, model in fits.items()}
        )
        ours, theirs = (timing.result for timing in timings[case].values())
        difference = abs(ours.loss_ - theirs.loss_) / theirs.loss_
        checks.append([case, ours.n_iter_, theirs.n_iter_, verdict(difference, 1e-3)])
    section.tables = [
        time_table(timings, "s", 1.0, "A fit"),
        ratio_table({case: relative(t) for case, t in timings.items()}),
        Table(
            ["case", "our iterations", "theirs", "equal work"],
            checks,
            "Relative difference of the final loss: rounding grows along the path.",
        ),
    ]
    return section


def _cases(data):
    parameters = {"solver": "lbfgs", "random_state": 0, "tol": 1e-12}
    X, y = data.california
    return {
        "digits, (100,), 50 iterations": (
            "MLPClassifier",
            *data.digits,
            parameters | {"hidden_layer_sizes": (100,), "max_iter": 50},
        ),
        "California prices, (64, 64), 30 iterations": (
            "MLPRegressor",
            X,
            y,
            parameters | {"hidden_layer_sizes": (64, 64), "max_iter": 30},
        ),
    }
