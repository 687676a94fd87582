"""
Watching training: loss curves
==============================

:class:`~skperceptron.plotting.LossCurveDisplay` draws what a network recorded as it was trained.
Here early stopping held out a tenth of the digits: their loss stops falling long before the
training loss does, and the dotted line is the epoch of the highest accuracy, whose weights
are kept. The learning rate follows half a cosine.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier
from skperceptron.plotting import LossCurveDisplay

# A schedule that is to be walked to its end is not to converge before it.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
network = MLPClassifier(
    (50,),
    learning_rate="cosine",
    learning_rate_init=0.01,
    early_stopping=True,
    n_iter_no_change=40,
    max_iter=40,
    random_state=0,
)
pipeline = make_pipeline(StandardScaler(), network).fit(X, y)

display = LossCurveDisplay.from_estimator(pipeline, learning_rate=True)
display.ax_.set(yscale="log", title="Digits, early stopping")
print(f"best epoch: {display.best_epoch} of {network.n_iter_}")
plt.show()
