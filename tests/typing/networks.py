"""What a type checker makes of programs that use the networks. Nobody runs this."""

from typing import Any, assert_type

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor
from skperceptron.plotting import LossCurveDisplay, training_path

Array = np.ndarray[Any, Any]

X = np.eye(4)
y = np.array([0, 0, 1, 1])

# A fit returns the estimator, whatever the data are made of.
classifier = MLPClassifier((10,), "tanh", solver="adam", random_state=0).fit(X, y)
assert_type(classifier, MLPClassifier)
assert_type(classifier.fit(csr_matrix(X), y, sample_weight=[1, 2, 3, 4]), MLPClassifier)
assert_type(classifier.partial_fit(X, y, classes=[0, 1]), MLPClassifier)
classifier.fit(X.tolist(), ["a", "a", "b", "b"], X_val=X, y_val=["a", "b", "b", "a"])
classifier.fit(pl.DataFrame(X), pl.Series(y))
assert_type(MLPRegressor(loss="huber").fit(X, y), MLPRegressor)
assert_type(MLPAutoencoder((4, 2, 4)).fit(X), MLPAutoencoder)

# Predictions are arrays.
assert_type(classifier.predict_proba(X), Array)
assert_type(classifier.decision_function(X), Array)
assert_type(MLPRegressor().fit(X, y).predict(X), Array)
assert_type(MLPAutoencoder().fit(X).transform(X), Array)
assert_type(MLPAutoencoder().fit(X).inverse_transform(X), Array)
rates: list[float] = classifier.learning_rate_curve_
weights: list[Array] = classifier.coefs_

# Hyperparameters are of several types.
MLPClassifier(10, ["relu", "tanh"], dropout=[0.1, 0.2], batch_size="auto", class_weight={0: 1})
MLPClassifier(learning_rate=lambda epoch: 0.5**epoch, scoring="loss", n_iter_no_change=np.inf)
MLPRegressor(max_norm=None, tol=None, dtype="float32", random_state=np.random.RandomState(0))
parameters: dict[str, Any] = classifier.get_params()
MLPClassifier(**parameters).set_params(alpha=0.1).fit(X, y)

# In scikit-learn's hands.
search = GridSearchCV(
    make_pipeline(StandardScaler(), MLPClassifier()), {"mlpclassifier__alpha": [1]}
)
print(search.fit(X, y).best_estimator_.predict(X))

# In ours.
assert_type(LossCurveDisplay.from_estimator(classifier, learning_rate=True), LossCurveDisplay)
training_path(MLPRegressor(), X, y, epochs=3)[-1].predict(X)

# These are wrong, and type checkers say so.
MLPClassifier(max_iter="many")  # type: ignore[arg-type]
MLPClassifier(learning_rate_initial=0.1)  # type: ignore[call-arg]
MLPClassifier().fit(X)  # type: ignore[call-arg]
MLPClassifier().fit(X, y).predict_proba(X).no_such_method()  # type: ignore[attr-defined]
