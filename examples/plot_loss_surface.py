"""
The loss surface, and the path of training
==========================================

See the objective that training minimises, a function of every weight, on a plane:
:class:`~skperceptron.plotting.LossSurfaceDisplay` draws it as contours. The path of training goes
down the steep side of a valley, and then turns along its floor.

On the left the plane is spanned by the principal directions of the path. On the right its
directions are random, each unit's scaled to the length of its weights (Li et al., 2018), and the
trained network is at the bottom of a hollow.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier
from skperceptron.plotting import LossSurfaceDisplay, training_path

X, y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
network = MLPClassifier(
    (10,), "tanh", solver="sgd", learning_rate_init=0.1, batch_size=30, random_state=0
)
path = training_path(network, X, y, epochs=60)

figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
LossSurfaceDisplay.from_estimator(path[-1], X, y, path=path, ax=axes[0])
display = LossSurfaceDisplay.from_estimator(path[-1], X, y, ax=axes[1])
axes[0].set_title("Principal directions of the path")
axes[1].set_title("Random directions")
axes[1].locator_params("x", nbins=5)
print(f"objective at the end of the path: {display.losses[12, 12]:.4f}")
plt.show()
