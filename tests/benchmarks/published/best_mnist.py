"""The best plain network on MNIST: chosen on validation images, tested once."""

from _best import cases, error
from _row import Row

PLAIN = {"hidden_layer_sizes": (512, 512), "batch_size": 128, "max_iter": 30}
BEST = PLAIN | {
    "solver": "adamw",
    "weight_decay": 0.05,
    "learning_rate": "one_cycle",
    "learning_rate_init": 0.005,
    "batch_norm": True,
    "dropout": 0.3,
    "input_dropout": 0.1,
}
CANDIDATES = {
    "Adam, cosine, dropout 0.5, 0.2 at the inputs, max-norm 2": PLAIN
    | {"learning_rate": "cosine", "dropout": 0.5, "input_dropout": 0.2, "max_norm": 2.0},
    "AdamW, one cycle, batch norm, dropout 0.3, 0.1 at the inputs": BEST,
    "the same with dropout 0.5, 0.2 at the inputs": BEST | {"dropout": 0.5, "input_dropout": 0.2},
    "the same with 0.2 at the inputs and label smoothing 0.1": BEST
    | {"input_dropout": 0.2, "label_smoothing": 0.1},
}
CHOSEN = "AdamW, one cycle, batch norm, dropout 0.3, 0.1 at the inputs"
FINAL = {}

ROW = Row(
    title="Best plain network on MNIST",
    source="Simard, Steinkraus & Platt (2003), *Best practices for convolutional neural networks "
    "applied to visual document analysis*, 800 hidden units, cross-entropy, no distortions",
    read="recalled",
    protocol="Pixels / 255, no augmentation, one network, float32.",
    score="Error in %",
    digits=2,
    greater_is_better=False,
    cases=cases("mnist", CANDIDATES, CHOSEN, FINAL, 1.6, error),
)
