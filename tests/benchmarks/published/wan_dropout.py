"""Wan, Zeiler, Zhang, LeCun & Fergus (2013): dropout on MNIST by activation."""

from functools import partial

from _networks import normal_weights
from _row import Case, Row
from skperceptron import MLPClassifier

N_IMAGES = 10000
SIZES = (400, 400)
N_EPOCHS = 60
PUBLISHED = {
    ("relu", 0.0): 1.62,
    ("relu", 0.5): 1.28,
    ("logistic", 0.0): 1.78,
    ("logistic", 0.5): 1.38,
}


def _run(data, seed, *, activation, dropout):
    X, y, X_test, y_test = data.scaled_mnist
    model = MLPClassifier(
        SIZES,
        activation=activation,
        solver="sgd",
        learning_rate="step",
        learning_rate_init=0.1,
        learning_rate_step=N_EPOCHS * 2 // 3,
        learning_rate_decay=0.1,
        momentum=0.9,
        nesterovs_momentum=False,
        dropout=dropout,
        alpha=0,
        init=normal_weights((X.shape[1], *SIZES, 10), seed, deviations=[0.1] * 3),
        batch_size=128,
        max_iter=N_EPOCHS,
        tol=None,
        random_state=seed,
    )
    model.fit(X[:N_IMAGES], y[:N_IMAGES])
    return {"score": 100 * (1 - model.score(X_test, y_test))}


ROW = Row(
    title="Dropout by activation",
    source="Wan, Zeiler, Zhang, LeCun & Fergus (2013), *Regularization of neural networks using "
    "DropConnect*, the table of MNIST",
    read="recalled",
    protocol="MNIST, pixels / 255, 784-800-800-10, batches of 128, SGD with learning rate 0.1 and "
    "momentum 0.9, without and with dropout of 0.5.",
    budget="The first 10000 images to train on, 784-400-400-10, 40 epochs with the learning rate "
    "0.1 and 20 with 0.01. Fewer images give larger errors than the published ones. The smaller "
    "budget can show the order only: dropout lowers the error for both activations.",
    score="Test error in %",
    digits=2,
    greater_is_better=False,
    order=tuple(
        (f"{activation}, dropout 0.5", f"{activation}, no dropout")
        for activation in ("relu", "logistic")
    ),
    cases=tuple(
        Case(
            f"{activation}, {'dropout 0.5' if dropout else 'no dropout'}",
            partial(_run, activation=activation, dropout=dropout),
            published,
            n_seeds=5,
        )
        for (activation, dropout), published in PUBLISHED.items()
    ),
)
