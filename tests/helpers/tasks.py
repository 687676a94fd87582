"""What there is to learn: kinds of targets, each with an estimator that takes them."""

from typing import Any, NamedTuple

import numpy as np

from skperceptron import MLPClassifier, MLPRegressor


class Task(NamedTuple):
    estimator: type
    parameters: dict[str, Any]
    y: np.ndarray


def tasks(scores, counts=None):
    """Return the tasks that three columns of scores make, and one of counts if there are any."""
    made = {
        "binary": Task(MLPClassifier, {}, scores[:, 0] > 0),
        "multiclass": Task(MLPClassifier, {}, np.array(["a", "b", "c"])[scores.argmax(axis=1)]),
        "multilabel": Task(MLPClassifier, {}, (scores > 0).astype(int)),
        "regression": Task(MLPRegressor, {}, scores[:, 0]),
        "outputs": Task(MLPRegressor, {}, scores),
    }
    if counts is not None:
        made["poisson"] = Task(MLPRegressor, {"loss": "poisson"}, counts)
    return made
