"""Results that papers report, computed again: docs/development/published.md comments on them."""

import statistics

from sklearn.linear_model import Perceptron
from sklearn.preprocessing import StandardScaler

from _report import Section, Table
from skperceptron import PerceptronClassifier

TEXT = (
    "All train on 60000 images and are tested on 10000. How good the last weights of a perceptron "
    "are depends much on the rows it saw last, so there are several orders of the rows."
)
N_ORDERS = 3

# Freund & Schapire (1999), table of the NIST digits, kernel of degree 1: test error in % after
# so many passes. Recalled.
FREUND_SCHAPIRE = {
    ("rosenblatt", 1): 14.7,
    ("rosenblatt", 10): 13.5,
    ("averaged", 1): 8.7,
    ("averaged", 10): 8.3,
}

# Xiao, Rasul & Vollgraf (2017), table 3, Perceptron: test accuracy on Fashion-MNIST and on MNIST.
XIAO = {"l1": (0.782, 0.887), "l2": (0.754, 0.845), "elasticnet": (0.726, 0.845)}


def run(context):
    return Section("Published results", TEXT, [_freund_schapire(context), _xiao(context)])


def _freund_schapire(context):
    X, y, X_test, y_test = context.data.raw_mnist
    X, X_test = X.astype(float), X_test.astype(float)
    rows = []
    for (algorithm, n_passes), published in FREUND_SCHAPIRE.items():
        errors = []
        for order in range(N_ORDERS):
            model = PerceptronClassifier(
                algorithm=algorithm, max_iter=n_passes, tol=None, random_state=order
            )
            errors.append(100 * (1 - model.fit(X, y).score(X_test, y_test)))
        context.keep("published", f"Freund & Schapire, {algorithm}, {n_passes}", errors)
        rows.append([algorithm, n_passes, published, _spread(errors, 1)])
    return Table(
        ["weights", "passes", "published", "measured"],
        rows,
        "Freund & Schapire (1999): MNIST, pixels from 0 to 255, one against the rest, test error "
        f"in %. Measured: median (least–most) of {N_ORDERS} orders.",
    )


def _xiao(context):
    rows = []
    data = {"Fashion-MNIST": context.data.raw_fashion_mnist, "MNIST": context.data.raw_mnist}
    for column, (name, (X, y, X_test, y_test)) in enumerate(data.items()):
        scaler = StandardScaler().fit(X.astype(float))
        X, X_test = scaler.transform(X), scaler.transform(X_test)
        for penalty, published in XIAO.items():
            parameters = {"penalty": penalty, "max_iter": 5, "tol": None}
            measured = [
                [
                    kind(**parameters, random_state=order).fit(X, y).score(X_test, y_test)
                    for order in range(N_ORDERS)
                ]
                for kind in (PerceptronClassifier, Perceptron)
            ]
            context.keep("published", f"Xiao, {name}, {penalty}", measured)
            spreads = [_spread(values, 3) for values in measured]
            rows.append([name, penalty, published[column], *spreads])
    return Table(
        ["data", "penalty", "published", "skperceptron", "scikit-learn, now"],
        rows,
        "Xiao et al. (2017), table 3: Perceptron, five epochs, StandardScaler fitted on the rows "
        f"to train on, alpha=1e-4, test accuracy: median (least–most) of {N_ORDERS} orders.",
    )


def _spread(values, digits):
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"
