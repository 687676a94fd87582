"""Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), table 9: regularisers."""

from functools import partial

from _best import CANDIDATE, chosen
from _row import Case, Row
from skperceptron import MLPClassifier

N_IMAGES = 10000
SIZES = (256, 256, 512)
N_EPOCHS = 160
DROPOUT = {"dropout": 0.5, "input_dropout": 0.2}
PUBLISHED = {
    "L2": 1.62,
    "L2 and L1": 1.60,
    "max-norm": 1.35,
    "dropout and L2": 1.25,
    "dropout and max-norm": 1.05,
}
# alpha is divided by the 100 rows of a batch.
CANDIDATES = {
    "L2": {f"alpha {alpha}": {"alpha": alpha} for alpha in (0.01, 0.03, 0.1)},
    "L2 and L1": {
        f"alpha {alpha}": {"alpha": alpha, "l1_ratio": 0.1} for alpha in (0.003, 0.01, 0.03)
    },
    "max-norm": {f"radius {radius}": {"max_norm": radius} for radius in (1, 2, 3)},
    "dropout and L2": {
        f"alpha {alpha}": {"alpha": alpha, **DROPOUT} for alpha in (0.001, 0.003, 0.01)
    },
    "dropout and max-norm": {
        f"radius {radius}": {"max_norm": radius, **DROPOUT} for radius in (1, 2, 3)
    },
}


def _fitted(X, y, seed, settings):
    model = MLPClassifier(
        SIZES,
        solver="sgd",
        learning_rate="cosine",
        learning_rate_init=0.02,
        momentum=0.95,
        weight_init="he_normal",
        batch_size=100,
        max_iter=N_EPOCHS,
        tol=None,
        random_state=seed,
        **{"alpha": 0, **settings},
    )
    return model.fit(X[:N_IMAGES], y[:N_IMAGES])


def _error(model, X, y):
    return 100 * (1 - model.score(X, y))


def _choice(data, seed, *, settings):
    """Error on the training images after those that are trained on."""
    X, y, _, _ = data.scaled_mnist
    rows = slice(N_IMAGES, 2 * N_IMAGES)
    return {"score": _error(_fitted(X, y, seed, settings), X[rows], y[rows])}


def _run(data, seed, *, name):
    places = {f"{name}, {strength}": strength for strength in CANDIDATES[name]}
    strength = places[chosen(data.results / "srivastava.jsonl", places, min)]
    X, y, X_test, y_test = data.scaled_mnist
    model = _fitted(X, y, seed, CANDIDATES[name][strength])
    return {"score": _error(model, X_test, y_test), "chosen": strength}


ROW = Row(
    title="Order of the regularisers",
    source="Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), *Dropout*, table 9",
    read="recalled, and found in several transcripts of the table",
    protocol="MNIST, pixels / 255, the same ReLU network with each regulariser, whose strength is "
    "chosen on validation images. The source's network is 784-1024-1024-2048-10.",
    budget="The first 10000 images to train on and the next 10000 to validate on, "
    "784-256-256-512-10, 160 epochs of SGD with learning rate 0.02, a cosine schedule and momentum "
    "0.95, dropout of 0.5 and of 0.2 at the inputs, three strengths of each regulariser, compared "
    "on the validation images, of which the best one is tested. With fewer images the errors are "
    "larger: the smaller budget can show the order only.",
    score="Error in %",
    digits=2,
    greater_is_better=False,
    order=(tuple(reversed(PUBLISHED)),),
    cases=(
        *(
            Case(f"{CANDIDATE}{name}, {strength}", partial(_choice, settings=settings), n_seeds=1)
            for name, candidates in CANDIDATES.items()
            for strength, settings in candidates.items()
        ),
        *(
            Case(name, partial(_run, name=name), published, n_seeds=5)
            for name, published in PUBLISHED.items()
        ),
    ),
)
