"""What a type checker makes of programs that use the displays. Nobody runs this."""

from typing import assert_type

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import PerceptronClassifier
from skperceptron.plotting import (
    DecisionBoundaryAnimation,
    LossCurveDisplay,
    NetworkDisplay,
    WeightHistogramDisplay,
    WeightImagesDisplay,
    training_path,
)

X = np.eye(4)
y = [0, 0, 1, 1]
perceptron = PerceptronClassifier().fit(X, y)
_, ax = plt.subplots()

display = LossCurveDisplay.from_estimator(perceptron, ax=ax, linewidth=2)
assert_type(display, LossCurveDisplay)
assert_type(display.ax_, Axes)
assert_type(display.lines_, dict[str, Line2D])
assert_type(display.best_epoch, int | None)
assert_type(display.plot(), LossCurveDisplay)
display.figure_.suptitle("Mistakes")

assert_type(WeightImagesDisplay.from_estimator(perceptron, shape=(2, 2)), WeightImagesDisplay)
assert_type(WeightHistogramDisplay(weights=[[[1.0], [2.0]]]).plot(), WeightHistogramDisplay)
NetworkDisplay.from_estimator(make_pipeline(StandardScaler(), perceptron), X, feature_names="abcd")

path = training_path(perceptron, X[:, :2], y, epochs=3)
film = DecisionBoundaryAnimation.from_path(path, X[:, :2], y)
assert_type(film.animate(), FuncAnimation)

# These are wrong, and type checkers say so.
LossCurveDisplay.from_estimator(perceptron, learning_rate="yes")  # type: ignore[arg-type]
WeightImagesDisplay.from_estimator(perceptron, shape=(2, 2, 3))  # type: ignore[arg-type]
training_path(perceptron, X, y)  # type: ignore[call-arg]
