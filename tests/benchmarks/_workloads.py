"""The six workloads, and what equal work means for them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import logsumexp
from sklearn.datasets import load_iris, make_classification
from sklearn.utils import shuffle

ALPHA = 1e-4


@dataclass(frozen=True)
class Workload:
    """Classification with relu, softmax, cross-entropy, L2 and Adam, for a number of epochs."""

    source: str
    n_rows: int
    hidden: tuple[int, ...]
    batch_size: int
    dtype: str
    epochs: int

    def __str__(self):
        hidden = ", ".join(map(str, self.hidden)) + "," * (len(self.hidden) == 1)
        bits = self.dtype.removeprefix("float")
        return f"{self.source} {self.n_rows}, ({hidden}), batch {self.batch_size}, f{bits}"

    def load(self, data):
        """X in C order and y, n_rows of them."""
        sources = {
            "digits": lambda: data.digits,
            "California": lambda: data.california_classes(3),
            "MNIST": lambda: data.mnist,
            "Fashion-MNIST": lambda: data.fashion_mnist,
            "iris": lambda: load_iris(return_X_y=True),
            "made up": lambda: make_classification(
                self.n_rows, 20, n_informative=10, n_classes=3, random_state=0
            ),
        }
        X, y = sources[self.source]()
        return np.ascontiguousarray(X[: self.n_rows], self.dtype), y[: self.n_rows]

    def parameters(self):
        """Hyperparameters of our and of scikit-learn's MLPClassifier: never an early end."""
        return {
            "hidden_layer_sizes": self.hidden,
            "alpha": ALPHA,
            "batch_size": self.batch_size,
            "max_iter": self.epochs,
            "tol": 0.0,
            "n_iter_no_change": self.epochs + 1,
            "random_state": 0,
        }

    def start(self, X, y):
        """The layers [(W, b)] that scikit-learn starts from, and its orders of the rows."""
        random_state = np.random.RandomState(0)
        layers = []
        for fan_in, fan_out in pairwise((X.shape[1], *self.hidden, y.max() + 1)):
            bound = np.sqrt(6 / (fan_in + fan_out))
            weight = random_state.uniform(-bound, bound, (fan_in, fan_out))
            intercept = random_state.uniform(-bound, bound, fan_out)
            layers.append((weight.astype(self.dtype), intercept.astype(self.dtype)))
        return layers, self._orders(random_state)

    def _orders(self, random_state):
        order = np.arange(self.n_rows)
        for _ in range(self.epochs):
            order = shuffle(order, random_state=random_state)
            yield order


WORKLOADS = [
    Workload("digits", 1797, (100,), 200, "float64", 100),
    Workload("California", 20000, (64, 64), 200, "float32", 15),
    Workload("California", 20000, (32,), 32, "float32", 6),
    Workload("MNIST", 20000, (100,), 200, "float64", 4),
    Workload("MNIST", 20000, (100,), 200, "float32", 6),
    Workload("Fashion-MNIST", 10000, (800, 800), 200, "float32", 2),
]


SMALL_BATCHES = [
    Workload("iris", 150, (20,), 32, "float64", 100),
    Workload("made up", 5000, (100,), 32, "float64", 10),
    Workload("California", 20000, (32,), 32, "float32", 6),
    Workload("digits", 1797, (100,), 32, "float32", 20),
]


def objective(layers, X, y):
    """Mean cross-entropy of all rows, plus the penalty, in float64."""
    activation = X.astype(np.float64)
    for weight, intercept in layers[:-1]:
        activation = np.maximum(activation @ weight + intercept, 0)
    weight, intercept = layers[-1]
    scores = activation @ weight + intercept
    losses = logsumexp(scores, axis=1) - scores[np.arange(len(y)), y]
    squares = sum(float(np.vdot(weight, weight)) for weight, _ in layers)
    return losses.mean() + ALPHA * squares / (2 * len(y))
