"""Xiao, Rasul & Vollgraf (2017), table 3: scikit-learn's MLPClassifier on images."""

from functools import partial

from sklearn import neural_network
from sklearn.preprocessing import StandardScaler

from _row import OURS, SKLEARN, Case, Row
from skperceptron import MLPClassifier

PUBLISHED = {
    ("relu", (100,)): (0.871, 0.972),
    ("relu", (100, 10)): (0.870, 0.972),
    ("tanh", (100,)): (0.868, 0.962),
    ("tanh", (100, 10)): (0.863, 0.957),
    ("relu", (10, 10)): (0.850, 0.936),
    ("relu", (10,)): (0.848, 0.933),
    ("tanh", (10, 10)): (0.841, 0.921),
    ("tanh", (10,)): (0.840, 0.921),
}
DATA = {"Fashion-MNIST": "raw_fashion_mnist", "MNIST": "raw_mnist"}
KINDS = {OURS: (MLPClassifier, 5), SKLEARN: (neural_network.MLPClassifier, 1)}
PATIENCE = 2
"""Epochs without a lower loss, which scikit-learn below 0.20 had fixed; its default is 10 now."""


def _run(data, seed, *, images, kind, activation, sizes):
    X, y, X_test, y_test = getattr(data, images)
    scaler = StandardScaler().fit(X.astype(float))
    model = kind(sizes, activation=activation, n_iter_no_change=PATIENCE, random_state=seed)
    model.fit(scaler.transform(X.astype(float)), y)
    return {
        "score": model.score(scaler.transform(X_test.astype(float)), y_test),
        "n_epochs": model.n_iter_,
    }


ROW = Row(
    title="Networks on Fashion-MNIST and MNIST",
    source="Xiao, Rasul & Vollgraf (2017), *Fashion-MNIST*, table 3",
    read="seen",
    protocol="`StandardScaler` fitted on the training set, hidden layers and activation as named, "
    "`n_iter_no_change=2`, as in scikit-learn of that year, every other hyperparameter left at its "
    "default.",
    budget="The source shuffles the training set and repeats up to 5 times. Here `random_state` "
    "draws the weights and the orders. scikit-learn runs once, because it takes the same path "
    "as skperceptron from the same `random_state`.",
    score="Test accuracy",
    digits=3,
    cases=tuple(
        Case(
            f"{name}, {activation} {'-'.join(map(str, sizes))}",
            partial(_run, images=images, kind=kind, activation=activation, sizes=sizes),
            published[place],
            contestant,
            n_seeds,
        )
        for place, (name, images) in enumerate(DATA.items())
        for (activation, sizes), published in PUBLISHED.items()
        for contestant, (kind, n_seeds) in KINDS.items()
    ),
)
