"""
Watching training: loss curves
==============================

:class:`~skperceptron.plotting.LossCurveDisplay` draws what a network recorded while it was trained.
Early stopping holds out a tenth of the training digits here. After 15 epochs the loss on them
hardly falls any more, while the training loss does.

The dotted line marks the epoch with the highest accuracy on the digits that early stopping holds
out. The network keeps the weights of this epoch. The learning rate follows half a cosine.

The baselines are trained on the same digits, and test digits, which no model has seen, judge all of
them. The network is as accurate as logistic regression and gradient boosting within the error of
0.008, and less accurate than scikit-learn's network with its defaults, which trains on all digits.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn import neural_network
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skperceptron import MLPClassifier
from skperceptron.plotting import LossCurveDisplay

# The schedule ends after 40 epochs, and training goes on until then.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
network = MLPClassifier(
    (100,),
    learning_rate="cosine",
    learning_rate_init=0.01,
    early_stopping=True,
    n_iter_no_change=40,
    max_iter=40,
    random_state=0,
)
pipeline = make_pipeline(MinMaxScaler(), network).fit(X_train, y_train)

display = LossCurveDisplay.from_estimator(pipeline, learning_rate=True)
display.ax_.set(yscale="log", title="Digits, early stopping")
print(f"best epoch: {display.best_epoch} of {network.n_iter_}\n")
print(f"{'network':<22} accuracy {pipeline.score(X_test, y_test):.3f} on the test digits")
for name, baseline in {
    "logistic regression": LogisticRegression(max_iter=1000),
    "gradient boosting": HistGradientBoostingClassifier(
        max_iter=30, learning_rate=0.3, max_leaf_nodes=8, random_state=0
    ),
    "scikit-learn's MLP": neural_network.MLPClassifier(random_state=0),
}.items():
    accuracy = make_pipeline(MinMaxScaler(), baseline).fit(X_train, y_train).score(X_test, y_test)
    print(f"{name:<22} accuracy {accuracy:.3f}")
plt.show()
