"""The best plain network on Fashion-MNIST: chosen on validation images, tested once."""

from _best import cases
from _row import Row

PLAIN = {"hidden_layer_sizes": (512, 512), "batch_size": 128, "max_iter": 30}
COSINE = PLAIN | {"learning_rate": "cosine"}
DROPOUT = {"dropout": 0.3, "input_dropout": 0.1}
BASE = PLAIN | {
    "solver": "adamw",
    "weight_decay": 0.05,
    "learning_rate": "one_cycle",
    "learning_rate_init": 0.005,
    "batch_norm": True,
    **DROPOUT,
}
CANDIDATES = {
    "Adam, constant learning rate": PLAIN,
    "Adam, cosine": COSINE,
    "Adam, cosine, dropout 0.3 and 0.1 at the inputs": COSINE | DROPOUT,
    "base": BASE,
    "base, dropout 0.5, label smoothing 0.1": BASE | {"dropout": 0.5, "label_smoothing": 0.1},
    "base, dropout 0.2": BASE | {"dropout": 0.2},
    "base, no dropout": BASE | {"dropout": 0.0, "input_dropout": 0.0},
    "base, 0.2 at the inputs, weight decay 0.2": BASE | {"input_dropout": 0.2, "weight_decay": 0.2},
    "base, 1024 units a layer": BASE | {"hidden_layer_sizes": (1024, 1024)},
}
FINAL = {"max_iter": 40}

ROW = Row(
    title="Best plain network on Fashion-MNIST",
    source="The list of results in the README of zalandoresearch/fashion-mnist, MLP 256-128-64",
    read="seen; the submitter's own README calls the figure a validation accuracy",
    protocol="Pixels / 255, no augmentation, one network of 784-512-512-10 ReLU units, float32, "
    "steps of 128 images. *base* is AdamW with weight decay 0.05, one cycle up to a learning rate "
    "of 0.005, batch normalisation, dropout 0.3 and 0.1 at the inputs. Candidates: 20,000 of the "
    "60,000 training images, 30 epochs, and 10,000 others to compare them. The best one: 40 "
    "epochs.",
    budget="Each candidate has one run, on a third of the images, because there are many.",
    score="Accuracy",
    cases=cases("best_fashion", "fashion_mnist", CANDIDATES, FINAL, 0.900),
)
