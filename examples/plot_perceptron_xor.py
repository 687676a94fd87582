"""
What one perceptron cannot do, and two layers can
=================================================

See what one perceptron cannot learn, and two layers can. The exclusive or is true of two inputs
that differ. The perceptron is right about two of the four points at the end, and a network with two
hidden units about all of them.

No line has the two points where the exclusive or is true on one side and the others on the other,
so a perceptron makes mistakes for ever (Minsky & Papert 1969). The outputs of a hidden layer are
new coordinates of the points, and in these there is such a line: the two orange points have the
same place there. Hidden units are perceptrons with a smooth activation instead of a step, so that
the error of the output has a gradient with respect to their weights too.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from sklearn.inspection import DecisionBoundaryDisplay

from skperceptron import MLPClassifier, PerceptronClassifier

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([0, 1, 1, 0])

perceptron = PerceptronClassifier(tol=None, max_iter=50, random_state=0).fit(X, y)
network = MLPClassifier((2,), "tanh", solver="lbfgs", alpha=1e-3, random_state=0).fit(X, y)
print("perceptron, mistakes of the first epochs:", perceptron.mistakes_curve_[:8])
print("perceptron, accuracy:", perceptron.score(X, y))
print("network, accuracy:   ", network.score(X, y))
hidden = network.hidden_activations(X)
print("outputs of the two hidden units:", hidden.round(2), sep="\n")

figure, axes = plt.subplots(1, 4, figsize=(14, 3.9), layout="constrained")


def draw_points(ax, points):
    for value, colour, marker in ((0, "#D55E00", "o"), (1, "#0072B2", "s")):
        ax.scatter(
            *points[y == value].T, c=colour, marker=marker, s=110, edgecolors="white", zorder=3
        )


axes[0].plot(range(1, 51), perceptron.mistakes_curve_, ".-", color="black")
axes[0].set_yticks(range(5))
axes[0].set(title="A perceptron never stops", xlabel="epoch", ylabel="mistakes", ylim=(0, 4.4))
titles = ["Its line, after 50 epochs", "A network with two hidden units"]
for ax, model, title in zip(axes[1:3], (perceptron, network), titles, strict=True):
    DecisionBoundaryDisplay.from_estimator(
        model,
        X,
        eps=0.5,
        grid_resolution=400,
        response_method="predict",
        cmap=ListedColormap(["#F3D3BD", "#BFD7EA"]),
        ax=ax,
    )
    draw_points(ax, X)
    ax.set(title=title, xlabel="first input", ylabel="second input", aspect="equal")

# In the coordinates that the hidden layer computes, the output unit is a line.
weights, intercept = network.coefs_[1][:, 0], network.intercepts_[1][0]
ax = axes[3]
ends = np.array([-1.4, 1.4])
ax.plot(ends, -(intercept + weights[0] * ends) / weights[1], color="black")
draw_points(ax, hidden)
ax.set(
    title="Outputs of the hidden units",
    xlabel="first hidden unit",
    ylabel="second hidden unit",
    xlim=(-1.4, 1.4),
    ylim=(-1.4, 1.4),
    aspect="equal",
)
plt.show()
