"""The best plain network on Fashion-MNIST: chosen on validation images, tested once."""

from _best import accuracy, cases
from _row import Row

PLAIN = {"hidden_layer_sizes": (512, 512), "batch_size": 128, "max_iter": 30}
COSINE = PLAIN | {"learning_rate": "cosine"}
DROPOUT = {"dropout": 0.3, "input_dropout": 0.1}
BEST = PLAIN | {
    "solver": "adamw",
    "weight_decay": 0.05,
    "learning_rate": "one_cycle",
    "learning_rate_init": 0.005,
    "batch_norm": True,
    **DROPOUT,
}
CANDIDATES = {
    "Adam, constant rate": PLAIN,
    "Adam, cosine": COSINE,
    "Adam, cosine, dropout 0.3, 0.1 at the inputs": COSINE | DROPOUT,
    "AdamW, one cycle, batch norm, dropout 0.3, 0.1 at the inputs": BEST,
    "the same with dropout 0.5 and label smoothing 0.1": BEST
    | {"dropout": 0.5, "label_smoothing": 0.1},
    "the same with dropout 0.2": BEST | {"dropout": 0.2},
    "the same with 0.2 at the inputs and weight decay 0.2": BEST
    | {"input_dropout": 0.2, "weight_decay": 0.2},
}
CHOSEN = "AdamW, one cycle, batch norm, dropout 0.3, 0.1 at the inputs"
FINAL = {}

ROW = Row(
    title="Best plain network on Fashion-MNIST",
    source="The list of results in the README of zalandoresearch/fashion-mnist, MLP 256-128-64",
    read="seen",
    protocol="Pixels / 255, no augmentation, one network, float32.",
    score="Accuracy",
    cases=cases("fashion_mnist", CANDIDATES, CHOSEN, FINAL, 0.900, accuracy),
)
