"""Estimators can be shown, whatever their hyperparameters are."""

import sysconfig

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
Y = X[:, 0] > 0


class RaisesOnPrint:
    def __repr__(self):
        raise RuntimeError("not today")


class RaisesOnComparison:
    def __eq__(self, other):
        raise RuntimeError("nothing is like me")

    __hash__ = None


class RaisesOnIteration:
    def __iter__(self):
        raise RuntimeError("no first one")

    def __len__(self):
        raise RuntimeError("no number")

    def __bool__(self):
        raise RuntimeError("no truth")


RECURSIVE: list = []
RECURSIVE.append(RECURSIVE)

VALUES = {
    "object that does not print": RaisesOnPrint(),
    "list of it": [RaisesOnPrint()],
    "object that does not compare": RaisesOnComparison(),
    "object that does not iterate": RaisesOnIteration(),
    "array": np.arange(5),
    "long array": np.arange(3000),
    "frame": pd.DataFrame({"a": [1]}),
    "NA": pd.NA,
    "NaN": np.nan,
    "ragged list": [[1], [2, 3]],
    "recursive list": RECURSIVE,
    "large integer": 10**400,
    "integer that is too long to print": 10**5000,
    "a lot of layers": range(10**12),
    "generator": (i for i in range(3)),
    "class": MLPClassifier,
    "function": len,
    "None": None,
    "HTML": "<b>",
    "surrogate": "\ud800",
}
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    # scikit-learn's diagram has NumPy make a list of it. Other builds of Python are refused the
    # 8 TB at once, and this one fills all the memory that the machine has.
    del VALUES["a lot of layers"]

# One that the diagram reads, one that it does not, and one that decides which methods there are.
NAMES = ["hidden_layer_sizes", "activation", "batch_norm", "dropout", "alpha", "solver", "loss"]

MAKERS = [MLPClassifier, MLPRegressor, MLPAutoencoder, PerceptronClassifier]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("what", VALUES)
@pytest.mark.one_of_each
def test_any_value_can_be_shown(make, what):
    names = [name for name in NAMES if name in make().get_params()] or ["alpha"]
    for name in names:
        model = make(**{name: VALUES[what]})
        kind = make.__name__
        assert repr(model).startswith(f"{kind}(")
        assert str(model).startswith(f"{kind}(")
        for methods in ("partial_fit", "predict_proba", "predict_log_proba"):
            hasattr(model, methods)
    # The pages take a while to make.
    assert kind in model._repr_html_()
    bundle = make(**{names[0]: VALUES[what]})._repr_mimebundle_()
    assert bundle["text/plain"].startswith(f"{kind}(")
    assert kind in bundle["text/html"]
    with config_context(display="text"):
        assert list(model._repr_mimebundle_()) == ["text/plain"]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_fitted_estimators_too(make):
    model = make(max_iter=2).fit(X, Y)
    model.set_params(alpha=RaisesOnPrint(), max_iter=10**5000, verbose=RaisesOnComparison())
    assert "alpha=<RaisesOnPrint>" in repr(model)
    assert "max_iter=<int>" in repr(model)
    assert make.__name__ in model._repr_mimebundle_()["text/html"]
    if hasattr(model, "summary"):
        assert "inputs" in model.summary()


def test_what_can_be_shown_is_shown_as_scikit_learn_does():
    model = MLPClassifier((5, 4), alpha=0.1)
    assert repr(model) == "MLPClassifier(alpha=0.1, hidden_layer_sizes=(5, 4))"
    # Long ones are broken at their parameters inside others too.
    model.set_params(learning_rate_init=0.125, batch_size=123, random_state=12345, tol=1e-5)
    lines = repr(make_pipeline(StandardScaler(), model)).splitlines()
    assert len(lines) > 3
    assert max(map(len, lines)) <= 80
