"""
A validation set of one's own
=============================

How well does a network do on writers it has not seen? A random split cannot tell, since it has
the network see its validation rows' siblings. ``fit(X, y, X_val=, y_val=)`` takes the split as
you make it. The digits are stored writer by writer, so the last third, mostly by other writers
than the first, is watched here: the loss is nearly twice that of a random split of the same size.
Early stopping keeps the weights of the epoch in which it was least. Here that gains little but
time, since the curve is flat by then. The data travel through a pipeline, whose scaler transforms
both.
"""

import matplotlib.pyplot as plt
import numpy as np
import sklearn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier

X, y = load_digits(return_X_y=True)
n_train = 2 * len(X) // 3

# Without routing, a pipeline has no way to hand X_val and y_val on.
sklearn.set_config(enable_metadata_routing=True)
splits = {
    "other writers": (X[:n_train], X[n_train:], y[:n_train], y[n_train:]),
    "random split": train_test_split(X, y, train_size=n_train, stratify=y, random_state=0),
}
print(f"{'watched':<15}{'epochs':>7}{'best':>6}{'least loss':>12}{'last loss':>11}{'accuracy':>10}")
networks = {}
for name, (X_train, X_val, y_train, y_val) in splits.items():
    network = MLPClassifier(
        (100,),
        learning_rate_init=0.003,
        early_stopping=True,
        scoring="loss",
        tol=0.0,
        random_state=0,
    ).set_fit_request(X_val=True, y_val=True)
    # transform_input: the scaler transforms X_val too, on its way to the network.
    pipeline = Pipeline([("scaler", StandardScaler()), ("mlp", network)], transform_input=["X_val"])
    pipeline.fit(X_train, y_train, X_val=X_val, y_val=y_val)
    networks[name] = network
    losses = network.validation_loss_curve_
    print(
        f"{name:<15}{network.n_iter_:>7}{np.argmin(losses) + 1:>6}{min(losses):>12.3f}"
        f"{losses[-1]:>11.3f}{pipeline.score(X_val, y_val):>10.3f}"
    )

figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained", sharey=True)
for ax, (name, network) in zip(axes, networks.items(), strict=True):
    epochs = range(1, network.n_iter_ + 1)
    losses = network.validation_loss_curve_
    best = int(np.argmin(losses))
    ax.semilogy(epochs, network.loss_curve_, color="#0072B2", label="training")
    ax.semilogy(epochs, losses, color="#D55E00", label="validation")
    label = f"best epoch, {best + 1}: these weights are kept"
    ax.plot(best + 1, losses[best], "o", color="#D55E00", label=label)
    ax.set(title=f"Validation: {name}", xlabel="epoch")
    ax.legend(fontsize="small")
axes[0].set_ylabel("cross-entropy per image")
plt.show()
