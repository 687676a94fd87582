"""Hyperparameters are declared once: signature, constraints and what leaves them unused follow."""

import copy
import dataclasses
import pickle
import subprocess
import sys
from inspect import Parameter, signature
from numbers import Integral
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils._param_validation import Interval

from fuzz_cases import plain_values
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron._compat import is_valid_parameter
from skperceptron._core.optimizers import OPTIMIZERS
from skperceptron._parameters import (
    AT_LEAST_0,
    STOCHASTIC,
    LayerParameters,
    SolverParameter,
    TrainingParameters,
    WeightParameters,
    hyperparameters,
    parameter,
    parameter_group,
    unused_by,
    unused_parameters,
    with_parameters,
)

ESTIMATORS = [MLPClassifier, MLPRegressor, MLPAutoencoder, PerceptronClassifier]
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: e.__name__)

# The signatures as they were while each was written out in full.
LAYERS = {"hidden_layer_sizes": (100,), "activation": "relu"}
WEIGHTS = {
    "alpha": 0.0001, "l1_ratio": 0.0, "weight_decay": None, "dropout": 0.0, "input_dropout": 0.0,
    "batch_norm": False, "max_norm": None, "max_norm_order": 2,
}  # fmt: skip
TRAINING = {
    "weight_init": "auto", "init": None, "n_frozen_layers": 0, "batch_size": "auto",
    "learning_rate": "constant", "learning_rate_init": 0.001, "power_t": 0.5, "warmup_epochs": 0,
    "learning_rate_decay": 0.95, "learning_rate_step": 10, "learning_rate_min": 0.0,
    "schedule_epochs": None, "clip_norm": None, "max_iter": 200, "shuffle": True, "random_state":
    None, "tol": 0.0001, "verbose": False, "warm_start": False, "momentum": 0.9,
    "nesterovs_momentum": True, "early_stopping": False, "validation_fraction": 0.1, "scoring":
    None, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "n_iter_no_change": 10, "max_fun": 15000,
    "dtype": None,
}  # fmt: skip
SIGNATURES = {
    MLPClassifier: LAYERS
    | {"solver": "adam", "loss": "log_loss"}
    | WEIGHTS
    | {"label_smoothing": 0.0, "focal_gamma": 2.0, "class_weight": None}
    | TRAINING,
    MLPRegressor: LAYERS
    | {"solver": "adam", "loss": "squared_error"}
    | WEIGHTS
    | {"output_activation": "auto", "huber_epsilon": 1.35, "quantile": 0.5}
    | TRAINING,
    MLPAutoencoder: LAYERS
    | {"hidden_layer_sizes": (64, 2, 64)}
    | {"bottleneck": None, "output_activation": "identity", "solver": "adam"}
    | WEIGHTS
    | TRAINING,
    PerceptronClassifier: {
        "algorithm": "rosenblatt", "multi_class": "ovr", "penalty": None, "alpha": 0.0001,
        "l1_ratio": 0.15, "fit_intercept": True, "max_iter": 1000, "tol": 1e-3, "shuffle": True,
        "verbose": 0, "eta0": 1.0, "n_jobs": None, "random_state": 0, "early_stopping": False,
        "validation_fraction": 0.1, "n_iter_no_change": 5, "class_weight": None,
        "warm_start": False,
    },
}  # fmt: skip


class TestSignatures:
    @every_estimator
    def test_parameters_are_in_their_order_with_their_defaults(self, estimator):
        found = signature(estimator).parameters
        assert [(n, p.default) for n, p in found.items()] == list(SIGNATURES[estimator].items())
        for name, default in SIGNATURES[estimator].items():
            assert type(found[name].default) is type(default)

    @every_estimator
    def test_all_but_two_are_keyword_only(self, estimator):
        positional = [
            name
            for name, p in signature(estimator).parameters.items()
            if p.kind is not Parameter.KEYWORD_ONLY
        ]
        assert positional == [name for name in LAYERS if name in SIGNATURES[estimator]]
        with pytest.raises(TypeError, match=rf"^{estimator.__name__}\.__init__\(\) takes "):
            estimator(1, "relu", "adam")

    @every_estimator
    def test_unknown_ones_are_refused_by_the_name_of_the_estimator(self, estimator):
        message = rf"^{estimator.__name__}\.__init__\(\) got an unexpected keyword argument 'alfa'"
        with pytest.raises(TypeError, match=message):
            estimator(alfa=1)

    @every_estimator
    def test_each_has_constraints_and_a_type(self, estimator):
        assert list(estimator._parameter_constraints) == list(SIGNATURES[estimator])
        assert all(estimator._parameter_constraints.values())
        for p in signature(estimator).parameters.values():
            assert p.annotation is not p.empty
            assert not isinstance(p.annotation, str)  # help() shows it

    def test_the_networks_may_share_a_base_with_the_shared_groups(self):
        class Base(TrainingParameters, WeightParameters, SolverParameter, LayerParameters):
            pass

        for estimator in (MLPClassifier, MLPRegressor, MLPAutoencoder):
            group = next(c for c in estimator.__mro__ if c.__name__.endswith("Parameters"))
            both = type("Both", (group, Base), {})
            assert list(hyperparameters(both)) == list(SIGNATURES[estimator])


def just_outside(interval: Interval) -> list:
    """The numbers next to an interval that it excludes."""
    step = 1 if interval.type is Integral else 1e-9
    low = interval.left - step * (interval.closed in ("left", "both"))
    if interval.right is None:
        return [low]
    return [low, interval.right + step * (interval.closed in ("right", "both"))]


@every_estimator
def test_numbers_just_outside_a_range_are_refused(estimator):
    ranges = {
        name: [c for c in constraints if isinstance(c, Interval)]
        for name, constraints in estimator._parameter_constraints.items()
    }
    assert sum(map(len, ranges.values())) > 5
    for name, intervals in ranges.items():
        for value in (v for interval in intervals for v in just_outside(interval)):
            with pytest.raises(ValueError, match=f"The '{name}' parameter of"):
                estimator(**{name: value}).fit(np.eye(4), [0, 1, 0, 1])


@every_estimator
def test_values_made_from_constraints_satisfy_them(estimator):
    for name, constraints in estimator._parameter_constraints.items():
        for value in plain_values(constraints):
            assert is_valid_parameter(estimator, name, value), (name, value)
    assert plain_values(estimator._parameter_constraints["tol"]) == [0.0, 0.3, None]
    assert plain_values(estimator._parameter_constraints["shuffle"]) == [False, True]


class TestEstimatorsAreAsTheyWere:
    @every_estimator
    def test_parameters_are_attributes_of_instances_only(self, estimator):
        for name in SIGNATURES[estimator]:
            assert not hasattr(estimator, name)
            assert name in vars(estimator())

    @every_estimator
    def test_they_are_no_dataclasses(self, estimator):
        # Caches go by the fields of a dataclass: those of Dask and of Streamlit would take two
        # fits with the same hyperparameters for one.
        assert not dataclasses.is_dataclass(estimator)
        assert estimator() != estimator()
        model = estimator()
        assert model == model
        assert len({model, estimator()}) == 2

    @every_estimator
    def test_copies(self, estimator):
        model = estimator(max_iter=7)
        for duplicate in (clone(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert (
                duplicate.get_params()
                == model.get_params()
                == {
                    **SIGNATURES[estimator],
                    "max_iter": 7,
                }
            )
        assert repr(model) == f"{estimator.__name__}(max_iter=7)"
        assert model.set_params(tol=None) is model
        with pytest.raises(ValueError, match="Invalid parameter 'alfa' for estimator"):
            model.set_params(alfa=1)

    @every_estimator
    def test_subclasses(self, estimator):
        class Plain(estimator):
            pass

        class Own(estimator):
            def __init__(self, *, max_iter=3, mine=1):
                super().__init__(max_iter=max_iter)
                self.mine = mine

        assert list(signature(Plain).parameters) == list(SIGNATURES[estimator])
        assert repr(Plain(max_iter=4)) == "Plain(max_iter=4)"
        assert Own().get_params() == {"max_iter": 3, "mine": 1}
        assert repr(clone(Own(mine=2))) == "Own(mine=2)"
        assert Own().tol == estimator().tol


class TestADeclaration:
    """One line in a group is all that a new hyperparameter needs, but for its documentation."""

    def make(self, **options):
        @parameter_group
        class More:
            extra: float = parameter(default=0.5, accepts=[AT_LEAST_0], **options)

        @with_parameters
        class Network(More, MLPRegressor):
            pass

        return Network

    def test_is_in_the_signature_and_checked(self):
        estimator = self.make()
        assert list(signature(estimator).parameters) == [*SIGNATURES[MLPRegressor], "extra"]
        assert estimator().extra == 0.5
        assert not hasattr(estimator, "extra")
        with pytest.raises(ValueError, match="The 'extra' parameter of Network must be a float"):
            estimator(extra=-1).fit(np.eye(3), np.ones(3))
        assert list(signature(MLPRegressor).parameters) == list(SIGNATURES[MLPRegressor])

    @pytest.mark.parametrize(
        ("options", "parameters", "unused"),
        [
            ({}, {}, {}),
            ({"solvers": STOCHASTIC}, {}, {}),
            ({"solvers": STOCHASTIC}, {"solver": "lbfgs"}, {"solver='lbfgs'": ["extra"]}),
            ({"needs": "max_norm"}, {}, {"max_norm=None": ["extra"]}),
            ({"needs": "max_norm"}, {"max_norm": 1.0}, {}),
            ({"needs": "early_stopping"}, {"early_stopping": np.False_},
             {"early_stopping=False": ["extra"]}),
            ({"needs": "early_stopping"}, {"early_stopping": True}, {}),
        ],
    )  # fmt: skip
    def test_says_what_leaves_it_without_effect(self, options, parameters, unused):
        estimator = self.make(**options)
        assert unused_parameters(estimator(extra=1.0, **parameters)) == unused
        assert unused_parameters(estimator(**parameters)) == {}


# By the solver, what others use only. As the optimizers' classes say, and the declarations.
OF_ONE = {
    "momentum": {"sgd"},
    "nesterovs_momentum": {"sgd"},
    "weight_decay": {"adamw", "lion"},
    "beta_1": {"adam", "adamw", "nadam", "lion"},
    "beta_2": {"adam", "adamw", "nadam", "rmsprop", "lion"},
    "epsilon": {"adam", "adamw", "nadam", "rmsprop", "adagrad"},
    "max_fun": {"lbfgs"},
}
OF_ALL_BUT_LBFGS = {
    "batch_size", "clip_norm", "early_stopping", "learning_rate", "learning_rate_decay",
    "learning_rate_init", "learning_rate_min", "learning_rate_step", "n_iter_no_change", "power_t",
    "schedule_epochs", "scoring", "shuffle", "validation_fraction", "warmup_epochs",
}  # fmt: skip


@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
@pytest.mark.parametrize("estimator", ESTIMATORS[:3], ids=lambda e: e.__name__)
def test_what_each_solver_leaves_unused(estimator, solver):
    expected = {name for name, users in OF_ONE.items() if solver not in users}
    assert unused_by(solver, estimator) == expected | (
        OF_ALL_BUT_LBFGS if solver == "lbfgs" else set()
    )


TYPED = """
import math
import numpy as np
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier

model = MLPClassifier(hidden_layer_sizes=(3,), alpha=1e-3, n_iter_no_change=math.inf)
number: float = model.alpha
MLPClassifier([3, 4], "relu", dropout=[0.1, 0.2], learning_rate=lambda progress: 0.1)
MLPRegressor(np.array([3]), random_state=np.random.RandomState(0), quantile=0.3)
MLPAutoencoder((3,), bottleneck=0, max_norm=1)
PerceptronClassifier(eta0=0.1, class_weight={0: 2.0})
MLPClassifier(alfa=1)  # refused
MLPClassifier((3,), "relu", "adam")  # refused
MLPClassifier(alpha="much")  # refused
MLPRegressor(label_smoothing=0.1)  # refused
MLPAutoencoder(loss="poisson")  # refused
PerceptronClassifier("pocket")  # refused
"""


def test_type_checkers_know_them(tmp_path):
    pytest.importorskip("mypy")
    page = tmp_path / "page.py"
    page.write_text(TYPED, "utf-8")
    configuration = tmp_path / "mypy.ini"
    ignored = "".join(f"[mypy-{name}.*]\nignore_missing_imports = true\n" for name in UNTYPED)
    configuration.write_text(
        f"[mypy]\nstrict = true\n{ignored}[mypy-skperceptron.*]\nfollow_imports = silent\n", "utf-8"
    )
    root = Path(sys.modules["skperceptron"].__file__).parents[1]
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", configuration, "--cache-dir",
         tmp_path / "cache", page],
        cwd=tmp_path, env={"MYPYPATH": str(root)}, capture_output=True, text=True, timeout=250,
    )  # fmt: skip
    refused = [i for i, line in enumerate(TYPED.splitlines(), 1) if line.endswith("# refused")]
    lines = run.stdout.splitlines()[:-1]
    assert lines, run.stderr
    assert sorted({int(line.split(":")[1]) for line in lines}) == refused, run.stdout


UNTYPED = ("sklearn", "scipy", "numba")
