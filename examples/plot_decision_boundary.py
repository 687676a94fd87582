"""
A decision boundary, epoch by epoch
===================================

Watch a classifier learn: :class:`~skperceptron.plotting.DecisionBoundaryAnimation` trains a clone
of it epoch by epoch, and draws its decision boundary. The boundary is a straight line at first,
since the weights are small, and follows the two moons after about 25 epochs.

The plane has the colours of the classes, mixed by their probabilities, so it is grey where the
network is undecided. The line is the boundary.

``display.animate()`` makes a film: ``.save("boundary.gif")`` writes a file, and in a notebook
``HTML(display.animate().to_jshtml())`` has buttons.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier
from skperceptron.plotting import DecisionBoundaryAnimation

X, moon = make_moons(300, noise=0.2, random_state=0)
y = np.where(moon == 0, "upper moon", "lower moon")
network = MLPClassifier((30,), "tanh", learning_rate_init=0.03, batch_size=30, random_state=0)

display = DecisionBoundaryAnimation.from_estimator(
    make_pipeline(StandardScaler(), network), X, y, epochs=60
)
display.figure_.suptitle("Two moons, sixty epochs")
plt.show()
