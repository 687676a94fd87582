"""Calls that were slow once: ``partial_fit`` of one row, and the perceptron's penalties."""

from functools import partial

import numpy as np
from sklearn import neural_network
from sklearn.linear_model import Perceptron

from _report import Section, ratio_table, time_table
from _timing import relative
from skperceptron import MLPClassifier, MLPRegressor, PerceptronClassifier

TEXT = (
    "`partial_fit` of one row, 300 calls, on 20 features; and five epochs of the perceptron with "
    "each penalty on the breast cancer data, 569 × 30, with `alpha=1e-4`. All in NumPy."
)
N_CALLS = 300
PENALTIES = (None, "l2", "l1", "elasticnet")


def run(context):
    section = Section("Slow calls", TEXT, of_pages=slice(1, 2))
    timings = {}
    for name, (ours, theirs, y) in _networks().items():
        contestants = {"skperceptron": _calls(ours, y), "scikit-learn": _calls(theirs, y)}
        case = f"partial_fit of one row, {name}"
        timings[case] = context.compare("slow_calls", case, contestants, units=N_CALLS)
    X, y = context.data.breast_cancer
    for penalty in PENALTIES:
        parameters = {"penalty": penalty, "max_iter": 5, "tol": None, "random_state": 0}
        contestants = {
            "skperceptron": partial(PerceptronClassifier(**parameters).fit, X, y),
            "scikit-learn": partial(Perceptron(**parameters).fit, X, y),
        }
        case = f"perceptron, penalty={penalty!r}"
        timings[case] = context.compare("slow_calls", case, contestants)
    against = {case: relative(t, reference="scikit-learn") for case, t in timings.items()}
    section.tables = [
        time_table(timings, caption="A call"),
        ratio_table(against, "Time / time of scikit-learn in the same round"),
    ]
    return section


def _networks():
    """Ours and theirs, by name, with targets."""
    rng = np.random.default_rng(0)
    real = rng.normal(size=500)
    classes = (real > 0).astype(int)
    networks = {}
    for hidden in ((100,), (20,), (64, 64)):
        for ours, y in ((MLPClassifier, classes), (MLPRegressor, real)):
            theirs = getattr(neural_network, ours.__name__)
            made = (kind(hidden_layer_sizes=hidden, random_state=0) for kind in (ours, theirs))
            networks[f"{ours.__name__}({hidden})"] = (*made, y)
    networks["PerceptronClassifier"] = PerceptronClassifier(), Perceptron(), classes
    return networks


def _calls(model, y):
    X = np.random.default_rng(1).normal(size=(len(y), 20))
    classes = (
        {} if isinstance(model, neural_network.MLPRegressor | MLPRegressor) else {"classes": [0, 1]}
    )
    model.partial_fit(X, y, **classes)

    def call():
        for _ in range(N_CALLS):
            model.partial_fit(X[:1], y[:1])

    return call
