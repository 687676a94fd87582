"""lower(estimator): the steps of prediction, as conversion, plotting and export read them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor
from skperceptron._architecture import Architecture, DenseSpec, LayerSpec, architecture, dense_specs
from skperceptron._core.activations import HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS, Tanh
from skperceptron._core.layers import ActivationLayer, Dense
from skperceptron._core.layers.dense import DenseProducts
from skperceptron._lowered import DenseStep, Step, dense_steps, lower

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(50, 4))
SCORES = X @ rng.normal(size=(4, 3))
TARGETS = {
    "binary": (MLPClassifier, {}, SCORES[:, 0] > 0),
    "multiclass": (MLPClassifier, {}, SCORES.argmax(axis=1)),
    "multilabel": (MLPClassifier, {}, (SCORES > 0).astype(int)),
    "one class": (MLPClassifier, {}, np.zeros(50, int)),
    "hinge": (MLPClassifier, {"loss": "hinge"}, SCORES.argmax(axis=1)),
    "regression": (MLPRegressor, {}, SCORES),
    "poisson": (MLPRegressor, {"loss": "poisson"}, np.round(np.exp(SCORES[:, 0] / 2))),
    "autoencoder": (MLPAutoencoder, {}, None),
}
every_target = pytest.mark.parametrize("target", TARGETS)


def fitted(target, **parameters):
    estimator, given, y = TARGETS[target]
    defaults = {"hidden_layer_sizes": (6, 3), "max_iter": 8, "random_state": 0}
    return estimator(**defaults | given | parameters).fit(X, y)


def applied(activation, z):
    known = HIDDEN_ACTIVATIONS | OUTPUT_ACTIVATIONS
    activation = known[activation]() if isinstance(activation, str) else activation
    if activation is not None:
        activation.forward(z)
    return z


def run(steps, x):
    """What somebody computes who knows the steps alone."""
    for step in steps:
        if isinstance(step, DenseStep):
            x = x @ step.weight + step.intercept
            norm = step.normalisation
            if norm is not None:
                x = (x - norm.mean) / np.sqrt(norm.variance + norm.epsilon) * norm.scale
                x += norm.shift
        x = applied(step.activation, x)
    return x


def predicted(model):
    """What the output activation makes of the scores."""
    if isinstance(model, MLPAutoencoder):
        return model.inverse_transform(model.transform(X))
    if isinstance(model, MLPRegressor):
        return model.predict(X).reshape(50, -1)
    if model.loss == "hinge":
        return model.decision_function(X)
    probabilities = model.predict_proba(X)
    return (
        probabilities[:, 1:]
        if model.out_activation_ == "logistic" and (probabilities.shape[1] == 2)
        else probabilities
    )


@every_target
@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize("activation", ["relu", ["tanh", "silu"]])
def test_the_steps_are_the_predictions(target, batch_norm, fold, activation):
    model = fitted(target, batch_norm=batch_norm, activation=activation)
    steps = lower(model, fold=fold)
    assert all((step.normalisation is not None) == (batch_norm and not fold) for step in steps[:-1])
    assert steps[-1].normalisation is None
    # Sums of at most 6 products, in another order: far less than 1e-9 of the largest.
    assert_allclose(run(steps, X), predicted(model), rtol=1e-9, atol=1e-9)


@every_target
@pytest.mark.parametrize("sizes", [(), (5,), (5, 4, 3)])
def test_one_step_for_each_layer(target, sizes):
    if target == "autoencoder" and not sizes:
        pytest.skip("an autoencoder has a hidden layer")
    model = fitted(target, hidden_layer_sizes=sizes, activation="tanh")
    steps = lower(model)
    assert len(steps) == len(sizes) + 1
    names = [step.activation for step in steps]
    hidden = ["tanh"] * len(sizes)
    if target == "autoencoder":
        hidden[sizes.index(min(sizes))] = "identity"
    assert names == [*hidden, model.out_activation_]


def test_without_batch_norm_the_arrays_are_the_attributes():
    model = fitted("multiclass")
    for step, weight, intercept in zip(lower(model), model.coefs_, model.intercepts_, strict=True):
        assert step.weight is weight
        assert step.intercept is intercept


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batch_norm_is_folded_into_new_arrays(dtype):
    model = fitted("multiclass", batch_norm=True, dtype=dtype)
    before = [array.copy() for array in [*model.coefs_, *model.intercepts_]]
    steps = lower(model)
    for array, same in zip([*model.coefs_, *model.intercepts_], before, strict=True):
        assert_array_equal(array, same, strict=True)
    for depth, step in enumerate(steps[:-1]):
        spread = np.sqrt(model.batch_norm_variance_[depth] + 1e-5)
        factor = model.batch_norm_scale_[depth] / spread
        assert_array_equal(step.weight, model.coefs_[depth] * factor, strict=True)
        shifted = (model.intercepts_[depth] - model.batch_norm_mean_[depth]) * factor
        assert_array_equal(step.intercept, shifted + model.batch_norm_shift_[depth], strict=True)
        assert step.weight.dtype == dtype


def test_what_was_edited_is_lowered():
    model = fitted("regression", hidden_layer_sizes=())
    model.coefs_ = [[[1, 2, 3]] * 4]
    model.intercepts_ = [np.array([1, 2, 3])]
    (step,) = lower(model)
    assert step.weight.dtype == step.intercept.dtype == np.float64
    assert_allclose(run([step], X), model.predict(X), rtol=1e-12)
    model.intercepts_ = [np.ones(2)]
    with pytest.raises(ValueError, match="intercepts_ must have arrays of shapes"):
        lower(model)


def test_an_activation_of_the_user_is_the_object():
    mine = Tanh()
    assert lower(fitted("binary", activation=[mine, "relu"]))[0].activation is mine


def test_a_user_who_gives_weights_of_float32_gets_float32():
    model = fitted("binary", dtype="float32", hidden_layer_sizes=(3,))
    assert {step.weight.dtype.name for step in lower(model)} == {"float32"}


class Doubled(LayerSpec):
    """A spec that is a chain of known steps lowers itself, and whoever reads steps can read it."""

    n_inputs, n_outputs, activation = 3, 2, "tanh"

    def layers(self, *, sparse=False, fill=None):
        return [
            Dense(3, 4, DenseProducts(), fill),
            ActivationLayer(Tanh()),
            Dense(4, 2, DenseProducts(), fill),
            ActivationLayer(Tanh()),
        ]

    def lower(self, parameters):
        return (DenseStep("tanh", *parameters[:2]), DenseStep("tanh", *parameters[2:]))


class DoubledRegressor(MLPRegressor):
    def _layer_specs(self, n_features, n_scores):
        return (DenseSpec(n_features, 3, "relu"), Doubled(), DenseSpec(2, n_scores))


class EndsInTanh(MLPRegressor):
    def _layer_specs(self, n_features, n_scores):
        return (DenseSpec(n_features, 3, "relu"), Doubled())


def test_a_spec_may_be_a_chain_of_steps():
    model = DoubledRegressor(max_iter=3, random_state=0).fit(X, SCORES)
    steps = lower(model)
    assert len(dense_steps(steps, "this")) == 4
    assert_allclose(run(steps, X), model.predict(X), rtol=1e-9)


def test_an_output_with_an_activation_of_its_own_keeps_it():
    model = EndsInTanh(max_iter=3, random_state=0, loss="poisson").fit(X, np.abs(SCORES[:, :2]))
    *before, last = lower(model)
    assert [step.activation for step in before] == ["relu", "tanh", "tanh"]
    assert (type(last), last.activation) == (Step, "exp")
    assert_allclose(run([*before, last], X), model.predict(X), rtol=1e-9)
    with pytest.raises(ValueError, match=r"this is for .* another kind: Activation"):
        dense_steps([*before, last], "this")


class TestArchitectures:
    def test_specs_of_the_same_contents_are_the_same(self):
        one, other = (dense_specs((4, 3, 1), ("tanh",), batch_norm=True) for _ in range(2))
        assert one == other
        assert hash(one) == hash(other)
        assert one != dense_specs((4, 3, 1), ("tanh",))

    def test_what_users_know_of_them(self):
        specs = dense_specs((4, 3, 2, 1), ("tanh", "relu"), batch_norm=True)
        found = Architecture(specs, "identity", np.dtype(float))
        assert found.layer_units == (4, 3, 2, 1)
        assert found.activations == ("tanh", "relu")
        assert found.batch_norm
        assert found.n_hidden == 2
        assert found.layout.size == 4 * 3 + 3 + 3 * 2 + 2 + 2 + 1 + 4 * 5

    def test_layers_that_do_not_follow_on_are_refused(self):
        with pytest.raises(ValueError, match=r"n_inputs=4.* must take as many inputs as .*=3"):
            Architecture((DenseSpec(2, 3), DenseSpec(4, 1)), "identity", np.dtype(float))

    @pytest.mark.parametrize("ends", [(3, 1), (4, 2)])
    def test_layers_for_other_data_are_refused(self, ends):
        with pytest.raises(ValueError, match="take 4 features and return 1 scores"):
            architecture(dense_specs((4, 1), ()), *ends, "identity", np.dtype(float))

    def test_arrays_spec_by_spec(self):
        specs = dense_specs((4, 3, 1), ("tanh",), batch_norm=True)
        found = Architecture(specs, "identity", np.dtype(float))
        assert found.by_spec(range(8)) == [[0, 1, 2, 3, 4, 5], [6, 7]]


@pytest.mark.parametrize("batch_norm", [False, True])
def test_without_hidden_layers_batch_norm_has_empty_attributes(batch_norm):
    model = fitted("binary", hidden_layer_sizes=(), batch_norm=batch_norm)
    assert model.batch_norm_scale_ == ([] if batch_norm else None)
