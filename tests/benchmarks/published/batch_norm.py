"""Ioffe & Szegedy (2015), figure 1: accuracy by step with and without batch normalisation."""

from functools import partial

from _networks import by_epoch, normal_weights
from _row import Case, Row
from skperceptron import MLPClassifier

N_EPOCHS = 15
SIZES = (100, 100, 100)
CASES = {"without batch normalisation": False, "with batch normalisation": True}


def _run(data, seed, *, batch_norm):
    X, y, X_test, y_test = data.scaled_mnist
    sizes = (X.shape[1], *SIZES, 10)
    model = MLPClassifier(
        SIZES,
        activation="logistic",
        solver="sgd",
        learning_rate_init=0.1,
        momentum=0.0,
        alpha=0,
        batch_norm=batch_norm,
        init=normal_weights(sizes, seed, deviations=[0.1] * 4),
        batch_size=60,
        random_state=seed,
    )
    _, curve = by_epoch(model, X, y, N_EPOCHS, lambda model: model.score(X_test, y_test))
    return {"score": curve[-1], "curve": [round(value, 4) for value in curve]}


ROW = Row(
    title="Batch normalisation, accuracy by step",
    source="Ioffe & Szegedy (2015), *Batch normalization*, figure 1 (a), which has curves and no "
    "figures",
    read="recalled",
    protocol="MNIST, pixels / 255, three hidden layers of 100 logistic units, small normal initial "
    "weights, steps of 60 images.",
    budget="15 epochs, 15000 steps, instead of 50000 steps. The learning rate of plain SGD, 0.1, "
    "and the deviation of the initial weights, 0.1, are chosen here. The published claim is the "
    "order: with batch normalisation the accuracy rises faster and ends higher.",
    score="Test accuracy after the last epoch",
    order=(tuple(reversed(CASES)),),
    cases=tuple(
        Case(name, partial(_run, batch_norm=batch_norm), n_seeds=5)
        for name, batch_norm in CASES.items()
    ),
)
