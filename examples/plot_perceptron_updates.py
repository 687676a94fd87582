"""
A perceptron learns, mistake by mistake
=======================================

Follow a perceptron one mistake at a time. Rosenblatt's rule of 1958 adds a row that is on the wrong
side of the boundary to the weights, or subtracts it from them. On these 40 rows it makes 23
mistakes, and then none.

Rows are shown one at a time. While a row is on the right side, nothing changes. A mistake turns the
boundary towards the row, often too far. Novikoff proved in 1962 that the mistakes end if a line
separates the classes, after at most (R/γ)² of them: R is the largest norm of a row with a 1
appended, and γ the distance of the closest such row to a plane through the origin that separates
them.
"""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from skperceptron import PerceptronClassifier

rng = np.random.default_rng(5)
X = rng.uniform(-1, 1, (300, 2))
side = X @ [1.0, 0.6] - 0.15
X, y = X[np.abs(side) > 0.12][:40], np.sign(side[np.abs(side) > 0.12][:40])

# One row at a time; keep the weights whenever they have changed.
perceptron = PerceptronClassifier(shuffle=False)
steps: list[Any] = []
for epoch in range(20):
    n_mistakes = 0
    for row, label in zip(X, y, strict=True):
        before = (perceptron.coef_[0].copy(), perceptron.intercept_[0]) if steps else None
        perceptron.partial_fit([row], [label], classes=[-1, 1])
        if perceptron.mistakes_curve_[-1]:
            n_mistakes += 1
            after = (perceptron.coef_[0].copy(), perceptron.intercept_[0])
            steps.append((epoch, row, label, before, after))
    print(f"epoch {epoch + 1}: {n_mistakes} mistakes")
    if n_mistakes == 0:
        break

# The same in one call.
fitted = PerceptronClassifier(shuffle=False, tol=None, max_iter=epoch + 1).fit(X, y)
assert np.array_equal(fitted.coef_, perceptron.coef_)

radius = np.sqrt(1 + np.square(X).sum(axis=1).max())
# Any plane that separates the rows gives a bound: this is the one that drew the labels.
plane = np.array([1.0, 0.6, -0.15])
margin = np.min(y * (X @ plane[:2] + plane[2])) / np.linalg.norm(plane)
print(f"{len(steps)} mistakes in all; Novikoff's bound is {(radius / margin) ** 2:.0f}")

COLOURS = {-1: "#D55E00", 1: "#0072B2"}
MARKERS = {-1: "o", 1: "s"}
line = np.array([-3.0, 3.0])


def draw_boundary(ax, weights, intercept, **style):
    """The line w·x + b = 0: along its direction, from its point closest to the origin."""
    foot = -intercept * weights / (weights @ weights)
    direction = np.array([-weights[1], weights[0]]) / np.linalg.norm(weights)
    ax.plot(*(foot[:, None] + direction[:, None] * line), **style)


shown = [*range(7), len(steps) - 1]
figure, axes = plt.subplots(2, 4, figsize=(12, 6.6), layout="constrained")
for ax, step in zip(axes.flat, shown, strict=True):
    epoch, row, label, before, (weights, intercept) = steps[step]
    for value in (-1, 1):
        ax.scatter(*X[y == value].T, s=18, c=COLOURS[value], marker=MARKERS[value])
    if before is not None and before[0].any():
        draw_boundary(ax, *before, color="0.6", linestyle="--", label="boundary before")
    draw_boundary(ax, weights, intercept, color="black", label="boundary after")
    middle = -intercept * weights / (weights @ weights)
    arrow = 0.45 * weights / np.linalg.norm(weights)
    ax.annotate("", middle + arrow, middle, arrowprops={"arrowstyle": "->", "lw": 1.5})
    ax.scatter(*row, s=170, facecolors="none", edgecolors="black", linewidths=1.5)
    ax.set(
        xlim=(-1.15, 1.15),
        ylim=(-1.15, 1.15),
        aspect="equal",
        xticks=[],
        yticks=[],
        title=f"mistake {step + 1}, in epoch {epoch + 1}",
    )
for ax in axes[1]:
    ax.set_xlabel("first input")
for ax in axes[:, 0]:
    ax.set_ylabel("second input")
handles = [
    Line2D([], [], color=COLOURS[1], marker="s", linestyle="none", label="y = 1"),
    Line2D([], [], color=COLOURS[-1], marker="o", linestyle="none", label="y = −1"),
    Line2D(
        [],
        [],
        color="black",
        marker="o",
        ms=11,
        mfc="none",
        linestyle="none",
        label="row of the mistake",
    ),
    Line2D([], [], color="0.6", linestyle="--", label="boundary before"),
    Line2D([], [], color="black", label="boundary after; the arrow is w"),
]
figure.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False)
plt.show()
