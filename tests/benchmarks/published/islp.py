"""James, Witten, Hastie, Tibshirani & Taylor (2023), chapter 10: dropout on MNIST."""

from functools import partial

import numpy as np

from _networks import torch_weights
from _row import Case, Row
from skperceptron import MLPClassifier

N_EPOCHS = 30
# By name: hidden layers, dropout, published.
CASES = {
    "784-256-128-10, dropout 0.4 and 0.3": ((256, 128), (0.4, 0.3), 96.20),
    "softmax regression": ((), 0.0, 91.61),
}


def _run(data, seed, *, sizes, dropout):
    X, y, X_test, y_test = data.scaled_mnist
    rows = np.random.default_rng(seed).permutation(len(X))[: len(X) * 4 // 5]
    # The lab leaves the optimizer at its default, torch's RMSprop with its own defaults: learning
    # rate 0.01, decay 0.99, epsilon 1e-8 outside the root, no penalty.
    model = MLPClassifier(
        sizes,
        solver="rmsprop",
        learning_rate_init=0.01,
        beta_2=0.99,
        epsilon=1e-8,
        dropout=dropout,
        alpha=0,
        init=torch_weights((X.shape[1], *sizes, 10), seed),
        batch_size=256,
        max_iter=N_EPOCHS,
        tol=None,
        random_state=seed,
    )
    return {"score": 100 * model.fit(X[rows], y[rows]).score(X_test, y_test)}


ROW = Row(
    title="Dropout and softmax regression in a textbook's lab",
    source="James, Witten, Hastie, Tibshirani & Taylor (2023), *An introduction to statistical "
    "learning with applications in Python*, chapter 10, the lab's output",
    read="seen",
    protocol="MNIST, pixels / 255 as float32, 48000 of the training images drawn at random, ReLU, "
    "torch's RMSprop and initial weights with their defaults, batches of 256, 30 epochs.",
    score="Test accuracy in %",
    digits=2,
    cases=tuple(
        Case(name, partial(_run, sizes=sizes, dropout=dropout), published, n_seeds=5)
        for name, (sizes, dropout, published) in CASES.items()
    ),
)
