"""What a type checker makes of programs that use the estimators of tables. Nobody runs this."""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from skperceptron.tabular import TabularMLPClassifier, TabularMLPRegressor, TabularPreprocessor

X = np.eye(4)
y = [0, 0, 1, 1]

classifier = TabularMLPClassifier(n_estimators=5, dropout="auto", network_params={"alpha": 0.1})
assert_type(classifier.fit(X, y, X_val=X, y_val=y), TabularMLPClassifier)
assert_type(classifier.predict_proba(X), NDArray[np.float64])
assert_type(classifier.classes_, NDArray[Any])
assert_type(classifier.preprocessors_, list[TabularPreprocessor])
assert_type(classifier.n_iter_, int)

regressor = TabularMLPRegressor(quantiles=(0.05, 0.5, 0.95), n_bins=None)
low, high = regressor.fit(X, y).predict_interval(X, coverage=0.8).T
assert_type(regressor.predict_quantiles(X), NDArray[np.float64])
assert_type(regressor.predict(X), NDArray[np.float64])
mean, deviation = TabularMLPRegressor(loss="gaussian").fit(X, y).predict(X, return_std=True)
assert_type(deviation, NDArray[np.float64])
assert_type(regressor.score(X, y), float)

# These are wrong, and type checkers say so.
TabularMLPRegressor(n_estimator=5)  # type: ignore[call-arg]
TabularMLPClassifier(hidden_layer_sizes="many")  # type: ignore[arg-type]
TabularMLPClassifier((10,))  # type: ignore[call-arg]
