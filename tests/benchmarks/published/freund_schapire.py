"""Freund & Schapire (1999): perceptrons on MNIST, last weights and averaged ones."""

from functools import partial

from _row import Case, Row
from skperceptron import PerceptronClassifier

PUBLISHED = {
    ("rosenblatt", 1): 14.7,
    ("rosenblatt", 10): 13.5,
    ("averaged", 1): 8.7,
    ("averaged", 10): 8.3,
}
WEIGHTS = {"rosenblatt": "last weights", "averaged": "averaged weights"}


def _run(data, seed, *, algorithm, n_passes):
    X, y, X_test, y_test = data.raw_mnist
    model = PerceptronClassifier(
        algorithm=algorithm, max_iter=n_passes, tol=None, random_state=seed
    )
    model.fit(X.astype(float), y)
    return {"score": 100 * (1 - model.score(X_test.astype(float), y_test))}


ROW = Row(
    title="Perceptrons, last weights and averaged weights",
    source="Freund & Schapire (1999), *Large margin classification using the perceptron*",
    read="recalled",
    protocol="MNIST, pixels from 0 to 255, one unit per digit against the rest.",
    score="Test error in %",
    digits=1,
    greater_is_better=False,
    cases=tuple(
        Case(
            f"{WEIGHTS[algorithm]}, {n_passes} pass{'es' if n_passes > 1 else ''}",
            partial(_run, algorithm=algorithm, n_passes=n_passes),
            published,
        )
        for (algorithm, n_passes), published in PUBLISHED.items()
    ),
)
