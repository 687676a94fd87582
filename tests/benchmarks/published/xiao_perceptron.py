"""Xiao, Rasul & Vollgraf (2017), table 3: scikit-learn's Perceptron on images."""

from functools import partial

from sklearn.linear_model import Perceptron
from sklearn.preprocessing import StandardScaler

from _row import OURS, SKLEARN, Case, Row
from skperceptron import PerceptronClassifier

PUBLISHED = {"l1": (0.782, 0.887), "l2": (0.754, 0.845), "elasticnet": (0.726, 0.845)}
DATA = {"Fashion-MNIST": "raw_fashion_mnist", "MNIST": "raw_mnist"}
KINDS = {OURS: PerceptronClassifier, SKLEARN: Perceptron}


def _run(data, seed, *, images, kind, penalty):
    X, y, X_test, y_test = getattr(data, images)
    scaler = StandardScaler().fit(X.astype(float))
    model = kind(penalty=penalty, max_iter=5, tol=None, random_state=seed)
    model.fit(scaler.transform(X.astype(float)), y)
    return {"score": model.score(scaler.transform(X_test.astype(float)), y_test)}


ROW = Row(
    title="Perceptron on Fashion-MNIST and MNIST",
    source="Xiao, Rasul & Vollgraf (2017), *Fashion-MNIST*, table 3",
    read="seen",
    protocol="Five epochs, `tol=None`, `StandardScaler` fitted on the training set.",
    score="Test accuracy",
    digits=3,
    cases=tuple(
        Case(
            f"{name}, {penalty}",
            partial(_run, images=images, kind=kind, penalty=penalty),
            PUBLISHED[penalty][place],
            contestant,
            n_seeds=5,
        )
        for place, (name, images) in enumerate(DATA.items())
        for penalty in PUBLISHED
        for contestant, kind in KINDS.items()
    ),
)
