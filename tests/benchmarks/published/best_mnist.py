"""The best plain network on MNIST: chosen on validation images, tested once."""

from _best import cases, error
from _row import Row
from best_fashion import BASE, FINAL, PLAIN

CANDIDATES = {
    "Adam, cosine, dropout 0.5 and 0.2 at the inputs, max-norm 2": PLAIN
    | {"learning_rate": "cosine", "dropout": 0.5, "input_dropout": 0.2, "max_norm": 2.0},
    "base": BASE,
    "base, dropout 0.5 and 0.2 at the inputs": BASE | {"dropout": 0.5, "input_dropout": 0.2},
    "base, 0.2 at the inputs, label smoothing 0.1": BASE
    | {"input_dropout": 0.2, "label_smoothing": 0.1},
    "base, no dropout": BASE | {"dropout": 0.0, "input_dropout": 0.0},
    "base, 1024 units a layer": BASE | {"hidden_layer_sizes": (1024, 1024)},
}

ROW = Row(
    title="Best plain network on MNIST",
    source="Simard, Steinkraus & Platt (2003), *Best practices for convolutional neural networks "
    "applied to visual document analysis*, 800 hidden units, cross-entropy, no distortions",
    read="recalled",
    protocol="As for Fashion-MNIST.",
    budget="Each candidate has one run, on a third of the images, because there are many.",
    score="Error in %",
    digits=2,
    greater_is_better=False,
    cases=cases("best_mnist", "mnist", CANDIDATES, FINAL, 1.6, best=min, measure=error),
)
