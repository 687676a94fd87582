"""The networks of scikit-learn's benchmark on MNIST, bench_mnist.py."""

from functools import partial

from sklearn import neural_network

from _row import OURS, SKLEARN, Case, Row
from skperceptron import MLPClassifier

SOLVERS = {
    "adam": {"solver": "adam", "learning_rate_init": 0.001},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.2, "momentum": 0.9},
}
PUBLISHED = {"adam": 2.24, "sgd": 2.87}
KINDS = {OURS: (MLPClassifier, 5), SKLEARN: (neural_network.MLPClassifier, 1)}


def _run(data, seed, *, solver, kind):
    X, y, X_test, y_test = data.scaled_mnist  # float32, as in the source
    model = kind((100, 100), max_iter=400, alpha=1e-4, random_state=seed, **SOLVERS[solver])
    model.fit(X, y)
    return {"score": 100 * (1 - model.score(X_test, y_test)), "n_epochs": model.n_iter_}


ROW = Row(
    title="scikit-learn's benchmark on MNIST",
    source="scikit-learn, `benchmarks/bench_mnist.py`, the output that its docstring shows",
    read="seen",
    protocol="MNIST, pixels / 255 as float32, two hidden layers of 100 units, `max_iter=400`, "
    "`alpha=1e-4`. Adam with learning rate 0.001, or SGD with 0.2 and momentum 0.9.",
    budget="The source has one run. scikit-learn runs once here.",
    score="Test error in %",
    digits=2,
    greater_is_better=False,
    cases=tuple(
        Case(solver, partial(_run, solver=solver, kind=kind), published, contestant, n_seeds)
        for solver, published in PUBLISHED.items()
        for contestant, (kind, n_seeds) in KINDS.items()
    ),
)
