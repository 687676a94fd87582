"""Fit and predict with what the wheel installs, and nothing else."""

import importlib.util
from pathlib import Path

import numpy as np

import skperceptron
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier

assert "site-packages" in Path(skperceptron.__file__).parts, skperceptron.__file__
assert (Path(skperceptron.__file__).parent / "py.typed").is_file(), "its types go unseen"
for extra in ("matplotlib", "rich", "pandas", "torch"):
    assert importlib.util.find_spec(extra) is None, f"{extra} was pulled in"
X = np.random.default_rng(0).normal(size=(200, 5))
y = X[:, 0] + X[:, 1]
for model, target in [
    (MLPClassifier(learning_rate_init=0.05), y > 0),
    (PerceptronClassifier(), y > 0),
    (MLPRegressor(learning_rate_init=0.05), y),
    (MLPAutoencoder((5,), learning_rate_init=0.05), None),
]:
    score = model.fit(X, target).score(X, target)
    assert score > 0.9, (model, score)
print(f"skperceptron {skperceptron.__version__} works from its wheel")
