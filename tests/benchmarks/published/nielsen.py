"""Nielsen (2015), chapter 3: logistic networks with and without penalty, by epoch."""

from functools import partial

import numpy as np
from sklearn.preprocessing import label_binarize

from _networks import by_epoch, normal_weights
from _row import Case, Row
from skperceptron import MLPClassifier

N_EPOCHS = 30
# By name: units, learning rate, lambda, large initial weights, on validation images, published.
CASES = {
    "30 units, no penalty": (30, 0.5, 0, True, False, 95.33),
    "30 units, λ = 5": (30, 0.5, 5, True, False, 96.49),
    "30 units, λ = 5, η = 0.1, large weights": (30, 0.1, 5, True, True, 96.48),
    "30 units, λ = 5, η = 0.1, scaled weights": (30, 0.1, 5, False, True, 96.53),
    "100 units, λ = 5, η = 0.1, large weights": (100, 0.1, 5, True, True, 97.55),
    "100 units, λ = 5, η = 0.1, scaled weights": (100, 0.1, 5, False, True, 97.81),
}


def _run(data, seed, *, n_units, rate, lmbda, large, on_validation):
    X, y, X_test, y_test = data.scaled_mnist
    n_train = len(X) * 5 // 6  # 50000; the other 10000 are the validation images
    if on_validation:
        X_test, y_test = X[n_train:], y[n_train:]
    X, y = X[:n_train], y[:n_train]
    sizes = (X.shape[1], n_units, 10)
    # All ten outputs are logistic, with the cross-entropy summed over them. This is how an
    # indicator matrix of several labels is learned here.
    #
    # Nielsen's step is w - rate * (lambda / n * w + mean gradient of the batch). Ours adds alpha
    # times w to the sum of the gradients before it divides by the 10 rows of the batch.
    model = MLPClassifier(
        (n_units,),
        activation="logistic",
        solver="sgd",
        learning_rate_init=rate,
        momentum=0.0,
        batch_size=10,
        alpha=lmbda * 10 / n_train,
        init=normal_weights(
            sizes,
            seed,
            deviations=[1 if large else 1 / np.sqrt(size) for size in sizes[:-1]],
            intercept_deviation=1,
        ),
        random_state=seed,
    )

    def accuracy(model):
        return float((model.predict_proba(X_test).argmax(axis=1) == y_test).mean())

    Y = label_binarize(y, classes=range(10))
    _, curve = by_epoch(model, X, Y, N_EPOCHS, accuracy)
    percent = [round(100 * score, 2) for score in curve]
    return {"score": max(percent), "last": percent[-1], "curve": percent}


ROW = Row(
    title="Logistic networks, penalty and initial weights",
    source="Nielsen (2015), *Neural networks and deep learning*, chapter 3, the JSON files "
    "`overfitting_full`, `regularized_full` and `weight_initialization` of its figures",
    read="seen",
    protocol="MNIST, pixels / 255, the first 50000 images to train on, one hidden layer, logistic "
    "hidden and output units, cross-entropy, SGD with batches of 10, η = 0.5 where nothing else is "
    "said, 30 epochs. Large initial weights have a deviation of 1, scaled ones of 1 / √fan-in. The "
    "figure is the best of the 30 epochs on the test images, and for η = 0.1 on the validation "
    "images, as in the source.",
    score="Accuracy in % of the best epoch",
    digits=2,
    cases=tuple(
        Case(
            name,
            partial(
                _run,
                n_units=n_units,
                rate=rate,
                lmbda=lmbda,
                large=large,
                on_validation=on_validation,
            ),
            published,
            n_seeds=5,
        )
        for name, (n_units, rate, lmbda, large, on_validation, published) in CASES.items()
    ),
)
