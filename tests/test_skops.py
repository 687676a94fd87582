"""A round trip through skops: files that run no code when they are read."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from helpers.paths import GUIDE
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier

skops = pytest.importorskip("skops.io")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
TWO = (X[:, 0] > 0).astype(int)
THREE = np.array(["a", "b", "c"])[np.arange(60) % 3]
EARLY = {"early_stopping": True, "validation_fraction": 0.2}
DROPOUT = {"dropout": 0.2, "input_dropout": 0.1, "batch_norm": True}

# Each kind of target, of solver state and of random state.
FITS = {
    "classifier": (MLPClassifier, {}, TWO),
    "classifier, early stopping": (MLPClassifier, EARLY | {"scoring": "f1_macro"}, THREE),
    "classifier, dropout and batch norm": (MLPClassifier, DROPOUT, THREE),
    "classifier, labels": (MLPClassifier, {"solver": "sgd"}, np.column_stack([TWO, 1 - TWO])),
    "classifier, one class": (MLPClassifier, {"solver": "lion"}, 0 * TWO),
    "classifier, lbfgs": (MLPClassifier, {"solver": "lbfgs"}, THREE),
    "regressor": (MLPRegressor, {"dtype": "float32"}, X[:, 0]),
    "regressor, outputs": (MLPRegressor, EARLY | {"solver": "nadam"}, X[:, :2]),
    "regressor, RandomState": (MLPRegressor, {"random_state": np.random.RandomState(3)}, X[:, 0]),
    "autoencoder": (MLPAutoencoder, {"hidden_layer_sizes": (5, 2, 5)} | DROPOUT, None),
    "autoencoder, early stopping": (MLPAutoencoder, {"hidden_layer_sizes": (2,)} | EARLY, None),
    "perceptron": (PerceptronClassifier, {}, THREE),
    "perceptron, averaged": (PerceptronClassifier, EARLY | {"algorithm": "averaged"}, TWO),
    "perceptron, joint, l2": (
        PerceptronClassifier,
        {"algorithm": "pocket", "multi_class": "joint", "penalty": "l2"},
        THREE,
    ),
}
every_fit = pytest.mark.parametrize("fit", FITS)


def make(fit):
    estimator, parameters, y = FITS[fit]
    model = estimator(**{"random_state": 0, "max_iter": 4} | parameters)
    return model.fit(X, y), y


def round_trip(model):
    data = skops.dumps(model)
    return skops.loads(data, trusted=skops.get_untrusted_types(data=data))


def outputs(model):
    names = ("predict", "predict_proba", "decision_function", "transform")
    return [getattr(model, name)(X) for name in names if hasattr(model, name)]


@every_fit
@pytest.mark.parametrize("drop", [False, True])
def test_predictions_are_the_same(fit, drop):
    model, _ = make(fit)
    if drop and hasattr(model, "drop_training_state"):
        model.drop_training_state()
    loaded = round_trip(model)
    for one, other in zip(outputs(loaded), outputs(model), strict=True):
        assert_array_equal(one, other)


@every_fit
def test_training_goes_on_as_it_would_have(fit):
    model, y = make(fit)
    loaded = round_trip(model)
    for one in (model, loaded):
        one.set_params(warm_start=True).fit(X, y)
    for one, other in zip(outputs(loaded), outputs(model), strict=True):
        assert_array_equal(one, other)
    for name in ("loss_curve_", "mistakes_curve_", "validation_scores_"):
        assert getattr(loaded, name, None) == getattr(model, name, None)


@every_fit
def test_nothing_but_classes_of_this_package_has_to_be_trusted(fit):
    """As docs/guide/security.md says; NumPy's dtype is a class that skops does not know yet."""
    unknown = skops.get_untrusted_types(data=skops.dumps(make(fit)[0]))
    assert f"{FITS[fit][0].__module__}.{FITS[fit][0].__name__}" in unknown
    assert all(name.startswith("skperceptron.") or name == "numpy.dtype" for name in unknown)


@every_fit
def test_the_guide_lists_them(fit):
    page = (GUIDE / "security.md").read_text("utf-8")
    section = page.split("## Files without code")[1].split("\n## ")[0]
    for name in skops.get_untrusted_types(data=skops.dumps(make(fit)[0])):
        module, _, targets = name.partition("._targets.")
        named = f"`{targets}`" if targets else f"`{module}`"
        assert named in section, name


def test_what_is_not_trusted_is_not_loaded():
    with pytest.raises(TypeError, match=r"Untrusted types.*skperceptron"):
        skops.loads(skops.dumps(make("classifier")[0]))
