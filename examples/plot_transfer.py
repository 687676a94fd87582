"""
Transfer: few labels, many images
=================================

Put a classifier on the encoder of an autoencoder, and train the classifier on a few labelled
digits.

The autoencoder sees 1347 images without labels. With 5 labelled digits of each class, a network on
its frozen encoder is right on 85 % of the test digits, and the same network from scratch on 83 %.
With 1 or 2 labelled digits the encoder gives 4 to 5 points, and from 10 on nothing.

The encoder loses to simpler models: from 5 labelled digits of each class on, logistic regression
and an SVC on the pixels are more accurate than every network here.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skperceptron import MLPAutoencoder, MLPClassifier

N_LABELLED = [1, 2, 5, 10, 20]  # digits of each class
N_DRAWS = 20  # of the labelled digits

# Every network trains for a fixed number of epochs, or of iterations.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
images, test, labels, test_labels = train_test_split(
    np.float32(X / 16), y, stratify=y, random_state=0
)

# All 1347 images, and no label. Some pixels are lost, so that no unit relies on a single pixel.
autoencoder = MLPAutoencoder(
    (64, 32, 64),
    bottleneck=1,
    input_dropout=0.3,
    output_activation="logistic",
    learning_rate_init=0.01,
    learning_rate="one_cycle",
    batch_size=50,
    max_iter=60,
    random_state=0,
).fit(images)

scratch = MLPClassifier(
    (64, 32), ("relu", "identity"), solver="lbfgs", alpha=0.1, max_iter=50, random_state=0
)
on_encoder = clone(scratch).set_params(init=autoencoder)
pca = FrozenEstimator(PCA(40).fit(images))  # no label either
models = {
    "network from scratch": scratch,
    "encoder, all layers trained": on_encoder,
    "encoder, first layer frozen": clone(on_encoder).set_params(n_frozen_layers=1),
    "encoder, both layers frozen": clone(on_encoder).set_params(n_frozen_layers=2),
    "logistic regression": LogisticRegression(max_iter=2000),
    "PCA and logistic regression": make_pipeline(pca, LogisticRegression(max_iter=2000)),
    "SVC": SVC(C=10),
}


def draw(n_labelled, seed):
    """So many digits of each class, chosen at random."""
    rng = np.random.default_rng(seed)
    rows = [rng.choice(np.flatnonzero(labels == k), n_labelled, replace=False) for k in range(10)]
    return np.concatenate(rows)


scores = np.array(
    [
        [
            [
                model.fit(images[rows], labels[rows]).score(test, test_labels)
                for model in models.values()
            ]
            for rows in (draw(n, seed) for seed in range(N_DRAWS))
        ]
        for n in N_LABELLED
    ]
)  # (n_sizes, n_draws, n_models)
means = scores.mean(axis=1)
errors = scores.std(axis=1, ddof=1) / np.sqrt(N_DRAWS)

print("accuracy on 450 test digits, mean ± standard error of the mean over draws of labels")
print(f"{'labelled digits per class':<29}" + "".join(f"{n:>14}" for n in N_LABELLED))
for i, name in enumerate(models):
    cells = [
        f"{mean:.3f} ± {error:.3f}" for mean, error in zip(means[:, i], errors[:, i], strict=True)
    ]
    print(f"{name:<29}" + "".join(f"{cell:>14}" for cell in cells))

# Logistic regression is as accurate with PCA as without: the larger marker is seen below the other.
styles = ["o-", "D-", "s-", "^-", "v--", "P:", "X--"]
sizes = [6, 6, 6, 6, 11, 6, 6]
colours = ["#D55E00", "#56B4E9", "#0072B2", "#009E73", "0.5", "#CC79A7", "#E69F00"]
figure, axis = plt.subplots(figsize=(8.5, 5), layout="constrained")
for i, name in enumerate(models):
    axis.errorbar(
        N_LABELLED,
        means[:, i],
        errors[:, i],
        fmt=styles[i],
        markersize=sizes[i],
        color=colours[i],
        label=name,
        capsize=2,
    )
axis.set_xscale("log")
axis.set_xticks(N_LABELLED, map(str, N_LABELLED))
axis.minorticks_off()
axis.set(xlabel="labelled digits of each class", ylabel="accuracy on test digits")
axis.grid(alpha=0.3)
axis.legend()
plt.show()
