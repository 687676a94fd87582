"""
Callbacks: a history, and the best epoch kept
=============================================

:class:`~skperceptron.callbacks.History` records each epoch of a network that is far too large
for 300 digits: the validation loss has its minimum long before training ends, and
:class:`~skperceptron.callbacks.ModelCheckpoint` keeps the network as it was then (dotted). The
norm of the gradient falls with the training loss, by orders of magnitude. Needs scikit-learn 1.9
or newer.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skperceptron import MLPClassifier
from skperceptron.callbacks import History, ModelCheckpoint

# It is not to converge.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
X, X_val, y, y_val = train_test_split(X / 16, y, train_size=300, stratify=y, random_state=0)

history, checkpoint = History(), ModelCheckpoint(monitor="validation_loss")
network = MLPClassifier(
    (200,),
    max_iter=150,
    batch_size=30,
    learning_rate_init=0.003,
    tol=0,
    random_state=0,
)
network.set_callbacks(history, checkpoint).fit(X, y, X_val=X_val, y_val=y_val)

columns, best = history.as_dict(), checkpoint.last
loss = columns["validation_loss"]
print(f"Validation loss in the last epoch: {loss[-1]:.3f}, in epoch {best.epoch}: {best.value:.3f}")
print(f"Accuracy: {network.score(X_val, y_val):.3f} and {best.load().score(X_val, y_val):.3f}")

figure, (above, below) = plt.subplots(2, sharex=True, figsize=(7, 6), layout="constrained")
above.plot(columns["epoch"], columns["loss"], color="#0072B2", label="training")
above.plot(columns["epoch"], loss, color="#D55E00", label="validation")
above.plot(best.epoch, best.value, "o", color="#D55E00", label=f"kept: epoch {best.epoch}")
below.plot(columns["epoch"], columns["gradient_norm"], color="#009E73")
for panel, name in ((above, "loss"), (below, "mean norm of the gradients")):
    panel.axvline(best.epoch, linestyle=":", color="grey")
    panel.set(yscale="log", ylabel=name)
below.set_xlabel("epoch")
above.legend()
plt.show()
