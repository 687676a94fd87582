"""
A network drawn
===============

:class:`~skperceptron.plotting.NetworkDisplay` draws the units of a network as circles and its
weights as lines: the wider a line, the larger the weight, and its colour is the sign. With an L1
penalty 108 of the 128 weights of this network are exactly 0 (dotted). The 20 others show which
measurements tell the three cultivars of wine apart.

Units with dotted lines only could be removed. Units that output 0 for every row of ``X`` would be
crossed out; this network has none.

The baselines in five-fold cross-validation are logistic regression, gradient boosting and
scikit-learn's network. Logistic regression and scikit-learn's network are exactly as accurate as
the network with the L1 penalty, with weights that are all different from 0. Gradient boosting is
behind by about the spread over folds.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier
from skperceptron.plotting import NetworkDisplay

wine = load_wine()
X, y = wine.data, np.array(["cultivar 0", "cultivar 1", "cultivar 2"])[wine.target]
network = MLPClassifier(
    (8,), alpha=3.0, l1_ratio=1.0, learning_rate_init=0.02, max_iter=1000, random_state=0
)
pipeline = make_pipeline(StandardScaler(), network).fit(X, y)
zeroed = sum((weights == 0).sum() for weights in network.coefs_)
print(f"{zeroed} of {sum(weights.size for weights in network.coefs_)} weights are exactly 0\n")

folds = StratifiedKFold(5, shuffle=True, random_state=0)
for name, model in {
    "network with L1": pipeline,
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
    "gradient boosting": HistGradientBoostingClassifier(max_iter=30, random_state=0),
    "scikit-learn's MLP": make_pipeline(
        StandardScaler(), neural_network.MLPClassifier(max_iter=500, random_state=0)
    ),
}.items():
    scores = cross_val_score(model, X, y, cv=folds)
    print(f"{name:<22} accuracy {np.mean(scores):.3f} ± {np.std(scores, ddof=1):.3f}")

# A network fitted on a data frame knows the names of its columns, and needs no feature_names.
display = NetworkDisplay.from_estimator(pipeline, X, feature_names=wine.feature_names)
display.figure_.suptitle("Three cultivars of wine, thirteen measurements")
plt.show()
