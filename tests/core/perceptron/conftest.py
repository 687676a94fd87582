"""The perceptron in plain Python, one row at a time, and data on which rounding decides."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import sparse

from skperceptron._core.perceptron import (
    DenseRows,
    Joint,
    OneVsRest,
    Penalty,
    SparseRows,
    TrainingData,
    Units,
)

NO_PENALTY = Penalty(alpha=0.0, l1_ratio=0.0)


def one_vs_rest(scores, code):
    """Which units are wrong, with the sign of what they should learn."""
    binary = len(scores) == 1
    signs = [1 if code == (1 if binary else unit) else -1 for unit in range(len(scores))]
    return [(unit, y) for unit, y in enumerate(signs) if y * scores[unit] <= 0]


def joint(scores, code):
    rival = max((k for k in range(len(scores)) if k != code), key=lambda k: scores[k])
    return [(code, 1), (rival, -1)] if scores[code] - scores[rival] <= 0 else []


def reference(learn, problem, n_epochs, penalty=NO_PENALTY):
    """Weights, intercepts, their means over all rows, and the mistakes of each epoch."""
    X, n_units, rate = problem.stored_rows, problem.n_units, problem.rate
    w = [[0.0] * n_units for _ in range(problem.X.shape[1])]
    drawn = [[0.0] * n_units for _ in w]
    b, asked, mistakes = [0.0] * n_units, 0.0, []
    sum_w, sum_b, n_shown = np.zeros((len(w), n_units)), np.zeros(n_units), 0
    for _ in range(n_epochs):
        scale, wrong = 1.0, 0
        for i in problem.order:
            code = problem.codes[i]
            scores = [0.0] * n_units
            for unit in range(n_units):
                for j, x in X[i]:
                    scores[unit] += w[j][unit] * x
                scores[unit] = scale * scores[unit] + b[unit]
            scale *= max(0.0, 1.0 - (1.0 - penalty.l1_ratio) * rate * penalty.alpha)
            asked += penalty.l1_ratio * rate * penalty.alpha
            resolver = learn(scores, code)
            wrong += len(resolver) if learn is one_vs_rest else bool(resolver)
            for unit, sign in resolver:
                # Of more than two classes a unit weights its own one alone.
                rest = learn is one_vs_rest and n_units > 1 and code != unit
                class_weight = 1.0 if rest else problem.class_weight[code]
                step = class_weight * problem.weights[i] * sign * rate
                b[unit] += step * problem.intercept_rate
                for j, x in X[i]:
                    w[j][unit] += x * (step / scale)
            for j, _ in X[i] if asked > 0 else ():
                for unit in range(n_units):
                    before, taken = w[j][unit], drawn[j][unit]
                    if before > 0:
                        w[j][unit] = max(0.0, before - (asked + taken) / scale)
                    elif before < 0:
                        w[j][unit] = min(0.0, before + (asked - taken) / scale)
                    drawn[j][unit] = taken + scale * (w[j][unit] - before)
            sum_w += scale * np.array(w)
            sum_b += b
            n_shown += 1
        w = [[scale * value for value in of_feature] for of_feature in w]
        mistakes.append(wrong)
    return np.array(w), np.array(b), sum_w / n_shown, sum_b / n_shown, mistakes


class Problem(NamedTuple):
    X: Any  # array or CSR
    codes: np.ndarray
    weights: np.ndarray
    order: np.ndarray
    class_weight: np.ndarray  # (n_classes,)
    rate: float
    intercept_rate: float

    @property
    def n_units(self):
        n_classes = len(self.class_weight)
        return 1 if n_classes == 2 else n_classes

    @property
    def stored_rows(self):
        """Each row as pairs of feature and value."""
        if not sparse.issparse(self.X):
            return [list(enumerate(row)) for row in self.X.tolist()]
        return [list(zip(row.indices, row.data, strict=True)) for row in self.X]

    def rule(self, learn):
        if learn is joint:
            return Joint(self.class_weight, self.rate)
        weight, n_units = self.class_weight, self.n_units
        if n_units == 1:
            return OneVsRest(np.array([1]), weight[1:], weight[:1], self.rate)
        return OneVsRest(np.arange(n_units), weight, np.ones(n_units), self.rate)

    def training_data(self, run=None):
        rows = SparseRows(self.X) if sparse.issparse(self.X) else DenseRows(self.X)
        if run is not None:
            rows.run = run
        return TrainingData(rows, self.codes, self.weights, self.intercept_rate)

    def units(self, averaged=True):
        return Units.zeros(self.training_data().X.weights(self.n_units), averaged=averaged)


# Sums of 0.1 that cancel leave 0 or ±1e-17, by the order in which they are summed.
DRAWS = {
    "normal": lambda rng, n: rng.normal(size=(n, 6)),
    "integers": lambda rng, n: rng.integers(-2, 3, (n, 5)).astype(float),
    "one-hot": lambda rng, n: np.hstack([np.eye(k)[rng.integers(0, k, n)] for k in (3, 4, 5)]),
    "counts": lambda rng, n: rng.poisson(0.5, (n, 10)).astype(float),
    "one feature": lambda rng, n: rng.integers(-1, 2, (n, 1)).astype(float),
    "float32": lambda rng, n: rng.normal(size=(n, 4)).astype(np.float32),
}


def draw(kind, n_units, *, csr=False, weighted=False, n=200, seed=0):
    """A problem in which the classes have little to do with the rows: mistakes abound."""
    rng = np.random.default_rng(seed)
    X = DRAWS[kind](rng, n)
    n_classes = max(2, n_units)
    return Problem(
        sparse.csr_matrix(X) if csr else X,
        (X[:, 0] + rng.normal(size=n) > 0.5) * rng.integers(1, n_classes, n),
        rng.integers(0, 3, n) * 0.7 if weighted else np.ones(n),
        rng.permutation(n),
        rng.uniform(0.5, 2, n_classes) if weighted else np.ones(n_classes),
        0.1,
        0.01 if csr else 1.0,
    )


@pytest.fixture(scope="session")
def plain():
    """The reference, and what it learns by."""

    class Plain:
        run = staticmethod(reference)
        one_vs_rest = staticmethod(one_vs_rest)
        joint = staticmethod(joint)

    return Plain


@pytest.fixture(scope="session")
def problem():
    """Draw a problem."""
    return draw


def pytest_generate_tests(metafunc):
    """Every kind of data, numbers of units, and storage, where a test asks for them."""
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", DRAWS)
    if "n_units" in metafunc.fixturenames:
        metafunc.parametrize("n_units", [1, 3], ids=["two classes", "three classes"])
    if "csr" in metafunc.fixturenames:
        metafunc.parametrize("csr", [False, True], ids=["dense", "CSR"])
    if "weighted" in metafunc.fixturenames:
        metafunc.parametrize("weighted", [False, True], ids=["", "weighted"])
