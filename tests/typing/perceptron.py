"""What a type checker makes of programs that use PerceptronClassifier. Nobody runs this."""

from typing import Any, assert_type

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from skperceptron import PerceptronClassifier

Array = np.ndarray[Any, Any]

X = np.eye(4)
y = np.array([0, 0, 1, 1])

# A fit returns the estimator, whatever the data are made of.
perceptron = PerceptronClassifier(algorithm="averaged", max_iter=20, random_state=0).fit(X, y)
assert_type(perceptron, PerceptronClassifier)
assert_type(perceptron.fit(csr_matrix(X), y, sample_weight=[1, 2, 3, 4]), PerceptronClassifier)
perceptron.fit(X.tolist(), ["a", "a", "b", "b"])
perceptron.fit(pl.DataFrame(X), pl.Series(y))
perceptron.partial_fit(X, y, classes=[0, 1]).partial_fit(X, y).sparsify().densify()

# Predictions are arrays.
assert_type(perceptron.predict(X), Array)
assert_type(perceptron.decision_function(X), Array)
assert_type(perceptron.mistakes_curve_, list[int])
assert_type(perceptron.n_iter_, int)
assert_type(perceptron.classes_, Array)

PerceptronClassifier(class_weight={0: 1, 1: 2.5}, tol=None, random_state=np.random.RandomState(0))
PerceptronClassifier(class_weight="balanced", penalty="l1", verbose=2)


# A subclass stays what it is.
class Mine(PerceptronClassifier):
    pass


assert_type(Mine().fit(X, y), Mine)

# These are wrong, and type checkers say so.
PerceptronClassifier(max_iter="many")  # type: ignore[arg-type]
PerceptronClassifier(learning_rate=0.1)  # type: ignore[call-arg]
PerceptronClassifier().fit(X)  # type: ignore[call-arg]
PerceptronClassifier().fit(X, y).predict(X).no_such_method()  # type: ignore[attr-defined]
