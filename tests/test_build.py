"""Hyperparameters resolved, at the borders of what they may be: what other tests would let pass."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skperceptron import MLPClassifier, MLPRegressor, _architecture, _build
from skperceptron._core.activations import HIDDEN_ACTIVATIONS
from skperceptron._core.layers import ActivationLayer, Dropout
from skperceptron._core.losses import REGRESSION_LOSSES, ComposedLoss
from skperceptron._core.optimizers import OPTIMIZERS, ClipByGlobalNorm
from skperceptron._core.schedules import SCHEDULES, SGD_SCHEDULES
from skperceptron._parameters import defaults_of


class Steep:
    """An activation of the user's, with a parameter."""

    saves = "input"

    def __init__(self, slope):
        self.slope = slope

    def forward(self, z):
        z *= self.slope

    def backward(self, saved, delta):
        delta *= self.slope


class Bare:
    """One without any attribute."""

    __slots__ = ()
    saves = "output"

    def forward(self, z):
        pass

    def backward(self, saved, delta):
        pass


class Unfinished:
    """One that does not say what it saves."""

    def forward(self, z):
        pass

    def backward(self, saved, delta):
        pass


class Other(Bare):
    """Another one."""

    __slots__ = ()


class TestHiddenLayerSizes:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (7, (7,)),
            (1, (1,)),
            ((), ()),
            ([3, 1], (3, 1)),
            (np.array([3, 2]), (3, 2)),
            (np.int32(4), (4,)),
            (range(2, 4), (2, 3)),
        ],
    )
    def test_as_a_tuple_of_ints(self, given, expected):
        sizes = _architecture.hidden_layer_sizes(MLPClassifier(given))
        assert sizes == expected
        assert type(sizes) is tuple
        assert {type(size) for size in sizes} <= {int}

    @pytest.mark.parametrize("given", [2.0, (3, 2.5), [[3, 2]], [[3]], ((3,), (2, 1)), "34", None])
    def test_no_sequence_of_ints(self, given):
        with pytest.raises(ValueError, match="hidden_layer_sizes must be an int or a sequence of"):
            _architecture.hidden_layer_sizes(MLPClassifier(given))

    @pytest.mark.parametrize("given", [0, -1, (3, 0), [0, 3]])
    def test_no_units(self, given):
        with pytest.raises(ValueError, match="hidden_layer_sizes must be > 0"):
            _architecture.hidden_layer_sizes(MLPClassifier(given))


class TestActivations:
    @pytest.mark.parametrize(
        "given", [["tanh", "relu"], ("tanh", "relu"), np.array(["tanh", "relu"])]
    )
    def test_names_are_strings_of_python(self, given):
        found = _architecture.activations(MLPClassifier((3, 2), activation=given))
        assert found == ("tanh", "relu")
        assert {type(name) for name in found} == {str}

    def test_one_for_all_but_a_linear_layer(self):
        params = MLPClassifier((3, 2, 3), activation="tanh")
        assert _architecture.activations(params) == ("tanh",) * 3
        assert _architecture.activations(params, linear=1) == ("tanh", "identity", "tanh")

    def test_objects_are_used_as_they_are(self):
        mine = Steep(2.0)
        assert _architecture.activations(MLPClassifier((3, 2), activation=mine)) == (mine, mine)
        assert _architecture.activations(MLPClassifier((3, 2), activation=[mine, "tanh"])) == (
            mine,
            "tanh",
        )

    def test_a_network_has_the_users_own_object(self):
        mine = Steep(2.0)
        layers = _architecture.inference_network(architecture_with(mine, "tanh")).layers
        first, second = (each.activation for each in layers if isinstance(each, ActivationLayer))
        assert first is mine
        assert type(second) is HIDDEN_ACTIVATIONS["tanh"]

    @pytest.mark.parametrize("given", [["tanh"], ["tanh"] * 3, {"tanh", "relu"}, {"a": 1, "b": 2}])
    def test_one_for_each_layer(self, given):
        with pytest.raises(ValueError, match="activation must be one for all hidden layers, or a"):
            _architecture.activations(MLPClassifier((3, 2), activation=given))

    @pytest.mark.parametrize("given", [Steep, "steep", 3])
    def test_none_of_those_known(self, given):
        with pytest.raises(ValueError, match="activation must be one"):
            _architecture.activations(MLPClassifier((3, 2), activation=[given, "tanh"]))

    def test_one_that_has_not_the_members(self):
        old = Unfinished()
        vars(old).update(needs="output")  # its name before "saves"
        for given in (3, Steep, Unfinished(), old):
            with pytest.raises(ValueError, match=r"an object with saves \('output' or 'input'\)"):
                _architecture.activations(MLPClassifier((3, 2), activation=given))

    def test_one_that_saves_neither(self):
        mine = Steep(2.0)
        mine.saves = "both"
        with pytest.raises(ValueError, match="activation must be one"):
            _architecture.activations(MLPClassifier((3, 2), activation=["tanh", mine]))


class TestDropout:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (0.5, (0.5, 0.5)),
            (0, (0.0, 0.0)),
            ((0.0, 0.2), (0.0, 0.2)),
            ([0.3, 0], (0.3, 0.0)),
            (np.array([0.25, 0.5]), (0.25, 0.5)),
            (np.float32(0.5), (0.5, 0.5)),
        ],
    )
    def test_rates_of_the_inputs_and_of_each_layer(self, given, expected):
        params = MLPClassifier((3, 2), dropout=given, input_dropout=np.float64(0.125))
        rates = _architecture.dropout_rates(params)
        assert rates == (0.125, *expected)
        assert {type(rate) for rate in rates} == {float}

    @pytest.mark.parametrize(
        "given",
        [
            1,
            1.0,
            -0.1,
            (0.1,),
            (0.1, 0.2, 0.3),
            (0.1, 1.0),
            (0.1, -0.1),
            (0.1, True),
            (0.1, False),
            (0.1, "0"),
            "01",
        ],
    )
    def test_no_rates(self, given):
        with pytest.raises(
            ValueError, match="dropout must be a float, or a sequence with one float"
        ):
            _architecture.dropout_rates(MLPClassifier((3, 2), dropout=given))

    def test_is_in_networks_for_training_only(self):
        params = MLPClassifier((3, 2), dropout=0.5, input_dropout=0.5)
        architecture = architecture_of(params)
        training = _architecture.training_network(
            params, architecture, np.random.default_rng(0), sparse=False
        )
        assert sum(isinstance(layer, Dropout) for layer in training.layers) == 3
        inference = _architecture.inference_network(architecture)
        assert not any(isinstance(layer, Dropout) for layer in inference.layers)


def architecture_of(params, dtype=float):
    """The architecture of a network for four features and one score."""
    return _architecture.architecture(params._layer_specs(4, 1), 4, 1, "logistic", np.dtype(dtype))


def architecture_with(*activations):
    """A network's architecture, with such activations of its hidden layers."""
    return architecture_of(MLPClassifier((3,) * len(activations), activation=activations))


class TestTheSameArchitecture:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (("tanh",), ("tanh",)),
            ((Steep(2.0),), (Steep(2.0),)),
            ((Steep(np.arange(3.0)),), (Steep(np.arange(3.0)),)),
            ((Steep((1.0, np.ones(2))),), (Steep((1.0, np.ones(2))),)),
            ((Steep(Steep(1.0)),), (Steep(Steep(1.0)),)),
            ((), ()),
        ],
    )
    def test_is(self, one, other):
        _architecture.check_same_architecture(architecture_with(*one), architecture_with(*other))

    def test_is_with_an_object_that_compares_by_identity(self):
        mine = Bare()
        _architecture.check_same_architecture(architecture_with(mine), architecture_with(mine))

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (("tanh",), ("relu",)),
            (("tanh", "tanh"), ("tanh", "relu")),
            (("tanh",), (Steep(2.0),)),
            ((Steep(2.0),), ("tanh",)),
            ((Steep(2.0),), (Steep(3.0),)),
            ((Steep((1.0, 2.0)),), (Steep(1.0),)),
            ((Steep((1.0, 2.0)),), (Steep((1.0,)),)),
            ((Steep(1.0),), (Steep((1.0, 2.0)),)),
            ((Steep(np.arange(3.0)),), (Steep(np.ones(3)),)),
            ((Bare(),), (Other(),)),
            ((Bare(),), (Bare(),)),
            ((Steep({"a": 1}),), (Steep({"a": 2}),)),
        ],
    )
    def test_is_not(self, one, other):
        with pytest.raises(ValueError, match="another architecture: activations was"):
            _architecture.check_same_architecture(
                architecture_with(*one), architecture_with(*other)
            )

    def test_is_not_with_other_attributes(self):
        one, other = Steep(2.0), Steep(2.0)
        other.more = 1
        with pytest.raises(ValueError, match="another architecture: activations was"):
            _architecture.check_same_architecture(architecture_with(one), architecture_with(other))

    def test_the_message_names_both(self):
        with pytest.raises(
            ValueError, match=r"was \(tanh, Steep\) at .* and is \(Bare, relu\) now"
        ):
            _architecture.check_same_architecture(
                architecture_with("tanh", Steep(2.0)), architecture_with(Bare(), "relu")
            )


class TestPenalties:
    def test_what_does_nothing_is_left_out(self):
        for alpha, l1_ratio, expected in [
            (0.0, 0.5, []),
            (0.5, 0.0, [("L2", 0.5)]),
            (0.5, 1.0, [("L1", 0.5)]),
            (0.5, 0.25, [("L2", 0.375), ("L1", 0.125)]),
        ]:
            found = _build.penalties(MLPRegressor(alpha=alpha, l1_ratio=l1_ratio))
            assert [(type(p).__name__, p.strength) for p in found] == expected

    @pytest.mark.parametrize("solver", ["adam", "lbfgs"])
    def test_l1_is_a_proximal_step_but_for_lbfgs(self, solver):
        params = MLPRegressor(alpha=0.5, l1_ratio=0.25, solver=solver, max_norm=2, max_norm_order=1)
        found = _build.regularisation(params)
        assert [p.strength for p in found.penalties] == [0.375]
        assert [p.strength for p in found.proximal] == ([] if solver == "lbfgs" else [0.125])
        (ball,) = found.constraints
        assert (type(ball).__name__, ball.radius, type(ball.radius)) == ("Ball1", 2.0, float)
        assert _build.regularisation(MLPRegressor()).constraints == []


class TestTargetRange:
    @pytest.mark.parametrize(
        ("loss", "smallest", "allowed"),
        [("poisson", 0.0, True), ("gamma", 0.0, False), ("squared_error", -1e300, True)],
    )
    def test_at_its_border(self, loss, smallest, allowed):
        params, y = MLPRegressor(loss=loss), np.array([smallest, 1.0])
        if allowed:
            _build.check_target_range(params, y, "y")
        else:
            with pytest.raises(ValueError, match=r"requires y > 0, got 0\."):
                _build.check_target_range(params, y, "y")

    @pytest.mark.parametrize("loss", ["poisson", "gamma"])
    def test_outside(self, loss):
        sign = {"poisson": ">=", "gamma": ">"}[loss]
        with pytest.raises(ValueError, match=rf"requires y_val {sign} 0, got -1\."):
            _build.check_target_range(MLPRegressor(loss=loss), np.array([-1.0, 1.0]), "y_val")


def test_numpy_scalars_become_numbers_of_python():
    params = MLPClassifier(
        momentum=np.float64(0.5), solver="sgd", nesterovs_momentum=np.bool_(True)
    )
    solver = _build.optimizer(params)
    assert (type(solver.momentum), type(solver.nesterovs_momentum)) == (float, bool)
    schedule = _build.schedule(params.set_params(learning_rate_init=np.float32(0.5)))
    assert type(schedule.learning_rate_init) is float


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_strengths_become_floats_of_python(kind):
    params = MLPClassifier(alpha=kind(0.5), l1_ratio=kind(0.25), clip_norm=kind(2))
    assert [type(p.strength) for p in _build.penalties(params)] == [float, float]
    assert type(_build.optimizer(params).clip_norm) is float


def test_invscaling_counts_samples_for_sgd_alone():
    for solver, kinds in (("sgd", SGD_SCHEDULES), ("adam", SCHEDULES)):
        params = MLPClassifier(learning_rate="invscaling", solver=solver)
        assert type(_build.schedule(params)) is kinds["invscaling"]
    assert SGD_SCHEDULES["invscaling"] is not SCHEDULES["invscaling"]


def test_defaults_are_those_of_the_class_itself():
    class Own(MLPClassifier):
        def __init__(self, *, momentum=0.5, mine=1):
            super().__init__(momentum=momentum)

    class Heir(Own):
        pass

    for cls in (Own, Heir):
        defaults = defaults_of(cls)
        assert (defaults["momentum"], defaults["mine"], defaults["beta_1"]) == (0.5, 1, 0.9)
    assert defaults_of(MLPClassifier)["momentum"] == 0.9


def test_horizon_of_a_schedule():
    params = MLPClassifier(learning_rate="cosine", max_iter=30)
    assert _build.schedule(params).schedule_epochs == 30
    assert _build.schedule(params.set_params(schedule_epochs=np.int64(7))).schedule_epochs == 7
    assert type(_build.schedule(params).schedule_epochs) is int
    warmed = _build.schedule(params.set_params(warmup_epochs=np.int64(2)))
    assert type(warmed.warmup_epochs) is int
    assert type(warmed).__name__ == "WarmUp"
    assert type(_build.schedule(params.set_params(warmup_epochs=0))).__name__ != "WarmUp"


def first_parameters(monkeypatch, **parameters):
    """Those that training starts from, by their group, in a memory that was full of NaN."""
    params = MLPClassifier(**{"hidden_layer_sizes": (3, 2), **parameters})
    architecture = architecture_of(params)
    with monkeypatch.context() as patch:
        patch.setattr(
            _architecture.np, "empty", lambda *args: np.full(*args[:1], np.nan, *args[1:])
        )
        theta = _architecture.initial_parameters(params, architecture, np.random.RandomState(0))
    layout = architecture.layout
    groups = ("weight", "intercept", "scale", "shift", "mean", "variance")
    return {group: list(layout.group(group, theta)) for group in groups}


class TestFirstParameters:
    def test_of_batch_normalisation(self, monkeypatch):
        first = first_parameters(monkeypatch, batch_norm=True)
        for group, start in {"scale": 1, "shift": 0, "mean": 0, "variance": 1}.items():
            assert [values.tolist() for values in first[group]] == [[start] * 3, [start] * 2]

    @pytest.mark.parametrize(
        ("activation", "logistic"),
        [
            ("tanh", (False, False, False)),
            ("logistic", (True, True, True)),
            ("sigmoid", (True, True, True)),
            (["tanh", "logistic"], (False, True, True)),
            (["sigmoid", "tanh"], (True, False, False)),
            ([Steep(1.0), "logistic"], (False, True, True)),
            (["logistic", Steep(1.0)], (True, False, False)),
        ],
    )
    def test_of_the_layers_before_a_logistic_one(self, activation, logistic, monkeypatch):
        # Glorot & Bengio's bound, or a third of it squared, and for the output the last layer's.
        first = first_parameters(monkeypatch, activation=activation)
        draws = np.random.RandomState(0)
        for weight, intercept, is_logistic in zip(
            first["weight"], first["intercept"], logistic, strict=True
        ):
            bound = np.sqrt((2 if is_logistic else 6) / sum(weight.shape))
            assert_array_equal(weight, draws.uniform(-bound, bound, weight.shape))
            assert_array_equal(intercept, draws.uniform(-bound, bound, intercept.shape))

    @pytest.mark.parametrize(("activation", "square"), [("tanh", 6), ("logistic", 2)])
    def test_of_a_linear_model_go_by_the_activation_as_in_scikit_learn(
        self, activation, square, monkeypatch
    ):
        first = first_parameters(monkeypatch, hidden_layer_sizes=(), activation=activation)
        bound = np.sqrt(square / 5)
        expected = np.random.RandomState(0).uniform(-bound, bound, (4, 1))
        assert_array_equal(first["weight"], [expected])


class Mine:
    """A loss of the user's."""

    def values_and_gradient(self, scores, y):
        raise NotImplementedError


class TestLosses:
    def test_a_class_is_refused(self):
        with pytest.raises(ValueError, match="got the class Mine: make an object of it"):
            _build.check_loss(MLPRegressor(loss=Mine))
        _build.check_loss(MLPRegressor(loss=Mine()))
        _build.check_loss(MLPRegressor())

    @pytest.mark.parametrize(
        ("loss", "probabilistic", "nonsmooth"),
        [
            ("log_loss", True, False),
            ("squared_error", True, False),
            ("focal", True, False),
            ("squared_hinge", False, False),
            ("hinge", False, True),
            (Mine(), True, False),
        ],
    )
    def test_what_they_are(self, loss, probabilistic, nonsmooth):
        params = MLPClassifier(loss=loss)
        assert _build.is_probabilistic(params) == probabilistic
        assert _build.is_nonsmooth(params) == nonsmooth
        output_activation = _build.classifier_output_activation(params, "softmax")
        assert output_activation == ("softmax" if probabilistic else "identity")

    def test_kinks_of_a_regressor(self):
        for loss in ("quantile", "absolute_error"):
            assert _build.is_nonsmooth(MLPRegressor(loss=loss))
        for loss in ("squared_error", "huber", "log_cosh", "poisson", "gamma", Mine()):
            assert not _build.is_nonsmooth(MLPRegressor(loss=loss))

    def test_an_object_of_the_users_takes_scores_or_predictions(self):
        mine = Mine()
        assert _build.classification_loss(MLPClassifier(loss=mine), "logistic") is mine
        assert _build.regression_loss(MLPRegressor(loss=mine), "identity") is mine
        through = _build.regression_loss(MLPRegressor(loss=mine), "exp")
        assert type(through) is ComposedLoss
        assert through.loss is mine

    def test_a_loss_is_made_for_its_link(self):
        made = _build.regression_loss(MLPRegressor(loss="poisson"), "exp")
        assert type(made) is REGRESSION_LOSSES["poisson", "exp"]
        made = _build.regression_loss(MLPRegressor(loss="quantile", quantile=0.2), "exp")
        assert type(made) is ComposedLoss
        assert made.loss.quantile == 0.2


def test_steps_are_clipped_only_if_asked_for():
    assert type(_build.optimizer(MLPClassifier())) is OPTIMIZERS["adam"]
    clipped = _build.optimizer(MLPClassifier(clip_norm=2))
    assert type(clipped) is ClipByGlobalNorm
    assert type(clipped.inner) is OPTIMIZERS["adam"]


@pytest.mark.parametrize(("solver", "n_moments"), [("lbfgs", 0), ("sgd", 1), ("adam", 2)])
def test_moments_are_zeros_of_the_dtype(solver, n_moments):
    params = MLPClassifier((3,), solver=solver, batch_norm=True)
    architecture = architecture_of(params, np.float32)
    solver_object = _build.solver(params)
    moments = solver_object.initial_state(architecture.layout, architecture.dtype).moments
    assert moments.shape == (n_moments, 4 * 3 + 3 + 3 + 3 + 3 + 1)  # not the running statistics
    assert moments.dtype == np.float32
    assert not moments.any()


class TestOutputs:
    @pytest.mark.parametrize(
        ("loss", "asked", "expected"),
        [
            ("squared_error", "auto", "identity"),
            ("poisson", "auto", "exp"),
            ("gamma", "softplus", "softplus"),
            ("squared_error", "logistic", "logistic"),
            (Mine(), "auto", "identity"),
            (Mine(), "exp", "exp"),
        ],
    )
    def test_of_a_regressor(self, loss, asked, expected):
        params = MLPRegressor(loss=loss, output_activation=asked)
        assert _build.regressor_output_activation(params) == expected

    def test_without_meaning(self):
        params = MLPRegressor(loss="poisson", output_activation="logistic")
        with pytest.raises(ValueError, match=r"must be 'auto' or one of \['exp', 'softplus'\]"):
            _build.regressor_output_activation(params)
