"""
A validation set of your own
============================

How good is a network on digits by writers that it has not seen? Pass the rows to validate on as
``fit(X, y, X_val=..., y_val=...)``. On other writers the validation loss is four times as high as
on a random split, which has digits by the same people in both parts.

The digits are stored writer by writer, so the last third is mostly by other people than the first
two thirds. Early stopping keeps the weights of the epoch with the lowest validation loss. On other
writers this epoch comes early, and the loss rises after it. The pipeline scales the validation rows
as well.

The baselines are logistic regression, gradient boosting and scikit-learn's network, on the same
rows. All of them are worse on other writers too. On either split the network has the lowest loss,
in part because early stopping chose the epoch on these very rows. scikit-learn's network is a
little more accurate on other writers.
"""

import matplotlib.pyplot as plt
import numpy as np
import sklearn
from sklearn import neural_network
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skperceptron import MLPClassifier

X, y = load_digits(return_X_y=True)
n_train = 2 * len(X) // 3

# With metadata routing, a pipeline passes X_val and y_val on to its last step.
sklearn.set_config(enable_metadata_routing=True)
splits = {
    "other writers": (X[:n_train], X[n_train:], y[:n_train], y[n_train:]),
    "random split": train_test_split(X, y, train_size=n_train, stratify=y, random_state=0),
}
BASELINES = {
    "logistic regression": make_pipeline(MinMaxScaler(), LogisticRegression(max_iter=1000)),
    "gradient boosting": HistGradientBoostingClassifier(
        max_iter=30, learning_rate=0.3, max_leaf_nodes=8, random_state=0
    ),
    "scikit-learn's MLP": make_pipeline(
        MinMaxScaler(), neural_network.MLPClassifier(max_iter=400, random_state=0)
    ),
}
networks = {}
for name, (X_train, X_val, y_train, y_val) in splits.items():
    network = MLPClassifier(
        (100,),
        learning_rate_init=0.01,
        early_stopping=True,
        scoring="loss",
        tol=0.0,
        random_state=0,
    ).set_fit_request(X_val=True, y_val=True)
    # transform_input: the scaler transforms X_val as well.
    pipeline = Pipeline([("scaler", MinMaxScaler()), ("mlp", network)], transform_input=["X_val"])
    pipeline.fit(X_train, y_train, X_val=X_val, y_val=y_val)
    networks[name] = network
    losses = network.validation_loss_curve_
    print(f"Validation: {name}")
    print(f"  epoch {np.argmin(losses) + 1} of {network.n_iter_} is the best; ", end="")
    print(f"its loss is {min(losses):.3f}, that of the last epoch {losses[-1]:.3f}")
    models = {"network": pipeline}
    models |= {of: model.fit(X_train, y_train) for of, model in BASELINES.items()}
    for of, model in models.items():
        loss = log_loss(y_val, model.predict_proba(X_val))
        print(f"  {of:<22} loss {loss:.3f}, accuracy {model.score(X_val, y_val):.3f}")

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
