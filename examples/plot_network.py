"""
A network drawn
===============

:class:`~skperceptron.plotting.NetworkDisplay` draws units as circles and weights as lines: wide
ones are large, and the colour is the sign. With an L1 penalty most weights of this network are
exactly 0 (dotted), and units with nothing but dotted lines could be taken away. What is left
says which measurements tell the three cultivars of wine apart. Units that output 0 for every row
of ``X``, if there were any, would be crossed out.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier
from skperceptron.plotting import NetworkDisplay

wine = load_wine()
X, y = wine.data, wine.target
network = MLPClassifier(
    (8,), alpha=3.0, l1_ratio=1.0, learning_rate_init=0.02, max_iter=1000, random_state=0
)
pipeline = make_pipeline(StandardScaler(), network).fit(X, y)
zeroed = sum((weights == 0).sum() for weights in network.coefs_)
print(f"accuracy {pipeline.score(X, y):.3f} with {zeroed} weights at 0")

# A network fitted on a data frame knows the names of its columns, and needs no feature_names.
display = NetworkDisplay.from_estimator(pipeline, X, feature_names=wine.feature_names)
display.figure_.suptitle("Three cultivars of wine, thirteen measurements")
plt.show()
