"""Kinds of layers that the package does not have, each through everything an estimator does.

Each kind is one class of the core, one spec, and the one hook that returns it.
"""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone

from helpers.new_layers import EmbeddingSpec, ResidualSpec, ScaleSpec
from skperceptron import MLPClassifier, MLPRegressor, _memory
from skperceptron._core.optimizers import OPTIMIZERS
from skperceptron._lowered import OtherStep, lower

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
NUMBERS = rng.normal(size=(60, 4))
CODES = rng.integers(0, 6, size=(60, 1)).astype(float)
OF_CODE = rng.normal(size=(6, 4))


class WithScale:
    def _layer_specs(self, n_features, n_scores):
        return (ScaleSpec(n_features), *super()._layer_specs(n_features, n_scores))


class WithResidual:
    width = 3

    def _layer_specs(self, n_features, n_scores):
        first, *rest = super()._layer_specs(n_features, n_scores)
        return (first, ResidualSpec(first.n_outputs, self.width, "tanh"), *rest)


class WithEmbedding:
    n_codes = 6

    def _layer_specs(self, n_features, n_scores):
        return (EmbeddingSpec(self.n_codes, 4), *super()._layer_specs(4, n_scores))


class ScaleClassifier(WithScale, MLPClassifier):
    pass


class ScaleRegressor(WithScale, MLPRegressor):
    pass


class ResidualClassifier(WithResidual, MLPClassifier):
    pass


class ResidualRegressor(WithResidual, MLPRegressor):
    pass


class EmbeddingClassifier(WithEmbedding, MLPClassifier):
    pass


class EmbeddingRegressor(WithEmbedding, MLPRegressor):
    pass


ESTIMATORS = [
    *(ScaleClassifier, ScaleRegressor),
    *(ResidualClassifier, ResidualRegressor),
    *(EmbeddingClassifier, EmbeddingRegressor),
]
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS)
# The groups of parameters that dense layers and batch normalisation do not have.
OTHERS = {WithScale: {"factor": [(4,)]}, WithResidual: {}, WithEmbedding: {"table": [(6, 4)]}}
N_EPOCHS = 12


def kind_of(estimator):
    return next(kind for kind in OTHERS if issubclass(estimator, kind))


def data(estimator):
    X = CODES if issubclass(estimator, WithEmbedding) else NUMBERS
    inputs = OF_CODE[CODES[:, 0].astype(int)] if X is CODES else NUMBERS
    y = inputs[:, :2] if issubclass(estimator, MLPRegressor) else inputs[:, :3].argmax(axis=1)
    return X, y


def make(estimator, **parameters):
    defaults = {
        "hidden_layer_sizes": (5,),
        "activation": "tanh",
        "batch_size": 20,
        "batch_norm": True,
        "dropout": 0.1,
        "alpha": 0.01,
        "learning_rate_init": 0.01,
        "max_iter": N_EPOCHS,
        "random_state": 0,
    }
    return estimator(**defaults | parameters)


def fitted(estimator, **parameters):
    return make(estimator, **parameters).fit(*data(estimator))


def arrays(model):
    """All parameters, by the name of their group."""
    names = ["coefs_", "intercepts_"]
    names += [f"batch_norm_{name}_" for name in ("scale", "shift", "mean", "variance")]
    groups = {name: getattr(model, name) for name in names}
    return groups | getattr(model, "parameters_", {})


def assert_same_bits(one, other):
    X, _ = data(type(one))
    assert_array_equal(one.predict(X), other.predict(X))
    assert one.loss_curve_ == other.loss_curve_
    ours, theirs = arrays(one), arrays(other)
    assert ours.keys() == theirs.keys()
    for group, values in ours.items():
        for value, same in zip(values or [], theirs[group] or [], strict=True):
            assert_array_equal(value, same, strict=True)


@every_estimator
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_parameters_are_published(estimator, dtype):
    model = fitted(estimator, dtype=dtype)
    wanted = OTHERS[kind_of(estimator)]
    assert hasattr(model, "parameters_") == bool(wanted)
    found = getattr(model, "parameters_", {})
    assert {name: [a.shape for a in group] for name, group in found.items()} == wanted
    assert {a.dtype.name for group in arrays(model).values() for a in group} == {dtype}
    n_inner = 2 if issubclass(estimator, WithResidual) else 0  # dense layers in the block
    assert len(model.coefs_) == len(model.intercepts_) == 2 + n_inner


def test_networks_of_dense_layers_have_no_others():
    X, y = data(ScaleClassifier)
    assert not hasattr(MLPClassifier(max_iter=1).fit(X, y), "parameters_")


@every_estimator
@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
def test_learns(estimator, solver):
    rate = {"adagrad": 0.1, "lion": 0.003}.get(solver, 0.01)
    of_batches = {"learning_rate_init": rate, "batch_size": 20} if solver != "lbfgs" else {}
    model = estimator((5,), "tanh", solver=solver, max_iter=60, random_state=0, **of_batches)
    model.fit(*data(estimator))
    assert model.loss_curve_[-1] < 0.8 * model.loss_curve_[0]


@every_estimator
class TestContinuing:
    @pytest.mark.parametrize("way", ["warm start", "partial_fit", "pickles", "copies"])
    def test_gives_the_bits_of_one_fit(self, estimator, way):
        X, y = data(estimator)
        whole = fitted(estimator)
        model = make(estimator, max_iter=1, warm_start=way != "partial_fit")
        for _ in range(N_EPOCHS):
            if way == "partial_fit":
                classes = {"classes": np.unique(y)} if hasattr(model, "predict_proba") else {}
                model.partial_fit(X, y, **classes)
            else:
                model.fit(X, y)
            if way == "pickles":
                model = pickle.loads(pickle.dumps(model))
            if way == "copies":
                model = copy.deepcopy(model)
        assert_same_bits(whole, model)

    def test_from_the_weights_alone(self, estimator):
        model = fitted(estimator).drop_training_state()
        before = model.predict(data(estimator)[0])
        assert_array_equal(model.predict(data(estimator)[0]), before)
        model.set_params(warm_start=True).fit(*data(estimator))
        assert np.isfinite(model.loss_)

    def test_from_edited_parameters(self, estimator):
        model = fitted(estimator, warm_start=True, learning_rate_init=1e-12, alpha=0.0)
        edited = model.parameters_ if hasattr(model, "parameters_") else {"": model.coefs_}
        for group in edited.values():
            group[0][...] = 0.25
        model.fit(*data(estimator))
        edited = model.parameters_ if hasattr(model, "parameters_") else {"": model.coefs_}
        for group in edited.values():
            # Sixty steps of Adam, each of about the learning rate; the scale's are ten times it.
            assert_allclose(group[0], 0.25, rtol=0, atol=1e-8)

    def test_another_architecture_is_refused(self, estimator):
        model = fitted(estimator, warm_start=True)
        with pytest.raises(ValueError, match="another architecture: layer_units was"):
            model.set_params(hidden_layer_sizes=(6,)).fit(*data(estimator))

    def test_a_failed_call_leaves_it_as_it_was(self, estimator):
        model = fitted(estimator, warm_start=True)
        before = dict(vars(model))
        X, y = data(estimator)
        with pytest.raises(ValueError, match="diverged"):
            model.set_params(learning_rate_init=1e300, solver="sgd", momentum=0.0).fit(X, y)
        after = vars(model)
        assert all(after[name] is before[name] for name in before if name.endswith("_"))
        assert ("parameters_" in after) == ("parameters_" in before)


def test_a_spec_of_other_contents_is_another_architecture():
    model = fitted(ResidualClassifier, warm_start=True)
    model.width = 4
    with pytest.raises(ValueError, match=r"specs was \(.*n_units=3.* and is .*n_units=4"):
        model.fit(*data(ResidualClassifier))


@every_estimator
def test_early_stopping_restores_the_best_weights(estimator):
    X, y = data(estimator)
    split = {"X_val": X[40:], "y_val": y[40:]}
    watching = {"early_stopping": True, "scoring": "loss", "tol": 0.0, "n_iter_no_change": 4}
    model = make(estimator, learning_rate_init=0.3, max_iter=100, **watching)
    scores = model.fit(X[:40], y[:40], **split).validation_scores_
    best = int(np.argmax(scores))
    assert model.n_iter_ == len(scores) == best + 1 + 5
    # Weights that were the best when they were the last.
    again = clone(model).set_params(max_iter=best + 1).fit(X[:40], y[:40], **split)
    assert again.n_iter_ == best + 1
    assert again.best_validation_score_ == model.best_validation_score_ == scores[best]
    for group, values in arrays(model).items():
        for value, same in zip(values, arrays(again)[group], strict=True):
            assert_array_equal(value, same, strict=True)


@every_estimator
def test_layer_by_layer(estimator):
    model, (X, _) = fitted(estimator), data(estimator)
    units = model._architecture.layer_units
    outputs = [model.hidden_activations(X, layer) for layer in range(len(units) - 2)]
    assert [output.shape for output in outputs] == [(60, n) for n in units[1:-1]]
    scores = outputs[-1] @ model.coefs_[-1] + model.intercepts_[-1]
    if isinstance(model, MLPRegressor):
        assert_allclose(scores, model.predict(X), rtol=1e-9)
    else:
        assert_array_equal(scores.argmax(axis=1), model.predict(X))
    first = outputs[0]
    if isinstance(model, WithScale):
        assert_allclose(first, X * model.parameters_["factor"][0], rtol=1e-9)
    elif isinstance(model, WithEmbedding):
        assert_array_equal(first, model.parameters_["table"][0][X[:, 0].astype(int)])
    else:
        inner = np.tanh(first @ model.coefs_[1] + model.intercepts_[1])
        block = first + inner @ model.coefs_[2] + model.intercepts_[2]
        assert_allclose(outputs[1], block, rtol=1e-9)


SUMMARIES = {
    WithScale: ["inputs 4 0", "hidden 1 4 4", "hidden 2 tanh 5 35", "output softmax 3 18"],
    WithResidual: ["inputs 4 0", "hidden 1 tanh 5 35", "hidden 2 tanh 5 38", "output softmax 3 18"],
    WithEmbedding: ["inputs 1 0", "hidden 1 4 24", "hidden 2 tanh 5 35", "output softmax 3 18"],
}


@pytest.mark.parametrize("estimator", ESTIMATORS[::2])
def test_summary(estimator):
    model = fitted(estimator)
    _, *lines, total = str(model.summary()).splitlines()
    assert [" ".join(line.split()) for line in lines] == SUMMARIES[kind_of(estimator)]
    trained = {name: group for name, group in arrays(model).items() if "mean" not in name}
    trained = {name: group for name, group in trained.items() if "variance" not in name}
    assert total.split() == ["total", str(sum(a.size for g in trained.values() for a in g))]


def test_before_fit_what_can_be_known():
    html = make(ScaleClassifier)._repr_html_()
    assert "? → ? → 5 → ?, not fitted yet" in html
    assert "1 → 4 → 5 → ?, not fitted yet" in make(EmbeddingClassifier)._repr_html_()


NAMES = {WithScale: "Scale", WithResidual: "Residual", WithEmbedding: "Embedding"}


@every_estimator
def test_conversion_is_refused(estimator):
    model, name = fitted(estimator), NAMES[kind_of(estimator)]
    with pytest.raises(ValueError, match=f"to_sklearn is for .* dense layers.*: {name}"):
        model.to_sklearn()
    (step,) = [step for step in lower(model) if isinstance(step, OtherStep)]
    assert step.name == name
    published = [id(a) for group in arrays(model).values() for a in group]
    assert all(id(array) in published for array in step.parameters)


@every_estimator
def test_plots(estimator):
    pytest.importorskip("matplotlib")
    from skperceptron import plotting

    model, (X, y) = fitted(estimator, batch_norm=False), data(estimator)
    name = NAMES[kind_of(estimator)]
    for display in (plotting.NetworkDisplay, plotting.WeightHistogramDisplay):
        with pytest.raises(ValueError, match=f"{display.__name__} is for .*: {name}"):
            display.from_estimator(model)
    if issubclass(estimator, WithResidual):
        images = plotting.WeightImagesDisplay.from_estimator(model)
        assert_array_equal(images.weights, model.coefs_[0])
    else:
        with pytest.raises(ValueError, match=f"WeightImagesDisplay is for .*: {name}"):
            plotting.WeightImagesDisplay.from_estimator(model)
    shown = plotting.ActivationHistogramDisplay.from_estimator(model, X).activations
    assert len(shown) == model.n_layers_ - 1
    surface = plotting.LossSurfaceDisplay.from_estimator(model, X, y, grid_resolution=3)
    centre = surface.losses[1, 1]
    step = clone(model).set_params(dropout=0.0, solver="sgd", batch_size=60, shuffle=False)
    for group, values in arrays(model).items():
        if group.endswith("_") and values is not None:
            setattr(step, group, values)
    if hasattr(model, "parameters_"):
        step.parameters_ = model.parameters_
    step.set_params(warm_start=True, max_iter=1).fit(X, y)
    assert_allclose(centre, step.loss_curve_[0], rtol=1e-9)


@every_estimator
class TestWeightsFromOutside:
    @staticmethod
    def given(estimator, model, **parameters):
        other = make(estimator, **parameters)
        for group, values in arrays(model).items():
            if group.endswith("_"):
                setattr(other, group, [value.copy() for value in values])
        if hasattr(model, "parameters_"):
            other.parameters_ = {k: [a.copy() for a in v] for k, v in model.parameters_.items()}
        return other

    def test_a_fit_starts_from_them(self, estimator):
        X, y = data(estimator)
        model = fitted(estimator)
        other = self.given(estimator, model, warm_start=True).fit(X, y)
        model.drop_training_state().set_params(warm_start=True).fit(X, y)
        assert_same_bits(model, other)

    def test_predict(self, estimator):
        X, _ = data(estimator)
        model = fitted(estimator)
        other = self.given(estimator, model)
        if hasattr(model, "classes_"):
            other.classes_ = model.classes_
        if issubclass(estimator, WithEmbedding):
            # Dense weights do not tell how many columns come in.
            with pytest.raises(ValueError, match="the layers take 1 features"):
                other.predict(X)
            return
        assert_array_equal(model.predict(X), other.predict(X))

    def test_those_that_are_missing_are_named(self, estimator):
        model = fitted(estimator)
        for group, shapes in OTHERS[kind_of(estimator)].items():
            other = self.given(estimator, model, warm_start=True)
            del other.parameters_
            match = rf"parameters_\['{group}'\] must have arrays of shapes"
            with pytest.raises(ValueError, match=match):
                other.fit(*data(estimator))
            other.parameters_ = {group: [np.full(shape, np.nan) for shape in shapes]}
            with pytest.raises(ValueError, match=rf"parameters_\['{group}'\] must be finite"):
                other.fit(*data(estimator))
            other.parameters_ = {group: ["a"]}
            with pytest.raises(ValueError, match=rf"parameters_\['{group}'\] must be a list of"):
                other.fit(*data(estimator))
            other.parameters_ = [1]
            with pytest.raises(ValueError, match="parameters_ must be a dictionary"):
                other.fit(*data(estimator))

    def test_those_of_no_layer_are_refused(self, estimator):
        other = self.given(estimator, fitted(estimator), warm_start=True)
        other.parameters_ = getattr(other, "parameters_", {}) | {"more": [np.ones(3)]}
        with pytest.raises(ValueError, match=r"parameters_\['more'\] must have .* \[\], by"):
            other.fit(*data(estimator))


@every_estimator
def test_edited_parameters_of_another_shape_are_named(estimator):
    model = fitted(estimator)
    for group in OTHERS[kind_of(estimator)]:
        model.parameters_[group][0] = np.ones(1)
        with pytest.raises(ValueError, match=rf"parameters_\['{group}'\] must have arrays of"):
            model.predict(data(estimator)[0])
        del model.parameters_[group]
        with pytest.raises(ValueError, match=rf"parameters_\['{group}'\] must have .*got \[\]"):
            model.predict(data(estimator)[0])


@every_estimator
def test_dropout_has_a_rate_for_each_hidden_layer(estimator):
    model = fitted(estimator, dropout=[0.1, 0.2])
    assert model._architecture.n_hidden == 2
    with pytest.raises(ValueError, match="for each of the 2 hidden layers"):
        fitted(estimator, dropout=[0.1])


@pytest.mark.parametrize("estimator", [ScaleClassifier, EmbeddingRegressor])
def test_sparse_data_are_refused_by_the_layer(estimator):
    X, y = data(estimator)
    with pytest.raises(ValueError, match="X must be an array for a network with"):
        make(estimator).fit(csr_matrix(X), y)


def test_data_of_other_columns_are_refused():
    _, y = data(EmbeddingClassifier)
    with pytest.raises(ValueError, match=r"layers take 1 features .* data have 4 features"):
        make(EmbeddingClassifier).fit(NUMBERS, y)


def test_the_memory_that_a_table_needs_is_counted(monkeypatch):
    monkeypatch.setattr(WithEmbedding, "n_codes", 10**13)
    monkeypatch.setattr(_memory, "memory_limit", lambda: 2**40)
    with pytest.raises(ValueError, match=r"needs at least \d+ bytes .* TiB"):
        make(EmbeddingClassifier).fit(*data(EmbeddingClassifier))
