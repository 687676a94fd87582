"""Every parameter that scikit-learn's networks have too, one after the other: is any slower?"""

from dataclasses import dataclass, field
from functools import partial
from statistics import median

import numpy as np
from scipy import sparse
from sklearn import neural_network

import skperceptron
from _figures import dots, figure
from _report import Section, ratio_table, time_table
from _timing import relative

TEXT = (
    "Digits (1797 × 64) with one hidden layer of 100 for ten epochs, or California prices "
    "(5000 × 8) with 64 units for five, in double precision, but for the one thing named."
)


@dataclass(frozen=True)
class Case:
    """A fit that both libraries can do."""

    estimator: str
    X: object
    y: np.ndarray
    parameters: dict = field(default_factory=dict)
    fit_parameters: dict = field(default_factory=dict)

    def contestants(self):
        return {
            "skperceptron": partial(self._fit, skperceptron),
            "scikit-learn": partial(self._fit, neural_network),
        }

    def _fit(self, library):
        model = getattr(library, self.estimator)(**self.parameters)
        return model.fit(self.X, self.y, **self.fit_parameters)


@dataclass(frozen=True)
class PartialFits(Case):
    """Ten calls of ``partial_fit``."""

    def _fit(self, library):
        model = getattr(library, self.estimator)(**self.parameters)
        classes = {} if self.estimator == "MLPRegressor" else {"classes": np.unique(self.y)}
        for _ in range(10):
            model.partial_fit(self.X, self.y, **classes)
        return model


def run(context):
    section = Section("Parameters", TEXT)
    timings = {
        name: context.compare("parameters", name, case.contestants(), budget=5.0)
        for name, case in _cases(context.data).items()
    }
    against = {name: relative(case) for name, case in timings.items()}
    section.tables = [
        time_table(timings, caption="A fit", first="what is not the default"),
        ratio_table(against, first="what is not the default"),
    ]
    # The twelve cases in which scikit-learn is closest: all of them would be too many to read.
    closest = sorted(against, key=lambda name: median(against[name]["scikit-learn"]))[:12]
    with figure(context, section, "parameters", size=(8.5, 5)) as axes:
        if axes is not None:
            shown = {name: against[name] for name in closest}
            dots(axes[0], shown, "time / time of skperceptron", "skperceptron")
    return section


# One value after the other, with the other parameters that it takes to matter.
OF_BOTH = [
    {},
    {"hidden_layer_sizes": ()},
    {"hidden_layer_sizes": (5,)},
    {"hidden_layer_sizes": (30, 30, 30, 30)},
    {"activation": "identity"},
    {"activation": "logistic"},
    {"activation": "tanh"},
    {"alpha": 0.0},
    {"alpha": 1.0},
    {"batch_size": 1, "max_iter": 1},
    {"batch_size": 10},
    {"batch_size": 32},
    {"batch_size": 1000},
    {"solver": "lbfgs"},
    {"solver": "sgd"},
    {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
    {"solver": "sgd", "learning_rate": "adaptive"},
    {"solver": "sgd", "momentum": 0.0},
    {"solver": "sgd", "nesterovs_momentum": False},
    {"shuffle": False},
    {"early_stopping": True},
    {"early_stopping": True, "validation_fraction": 0.5},
    {"tol": 0.0},
    {"learning_rate_init": 0.01},
    {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
]


def _cases(data):
    digits, classes = data.digits
    blocks, prices = (part[:5000] for part in data.california)
    rng = np.random.default_rng(0)
    classifier = {"random_state": 0, "max_iter": 10, "n_iter_no_change": 1000}
    regressor = classifier | {"hidden_layer_sizes": (64,), "max_iter": 5}
    cases = {}

    def add(name, kind="MLPClassifier", make=Case, **changes):
        base = (
            {"X": digits, "y": classes, "parameters": classifier}
            if kind == "MLPClassifier"
            else {"X": blocks, "y": prices, "parameters": regressor}
        )
        changes["parameters"] = base["parameters"] | changes.get("parameters", {})
        cases[f"{kind.removeprefix('MLP').lower()}, {name}"] = make(kind, **base | changes)

    for parameters in OF_BOTH:
        name = ", ".join(f"{key}={value!r}" for key, value in parameters.items()) or "defaults"
        add(name, parameters=parameters)
        add(name, "MLPRegressor", parameters=parameters)
    add("single precision", X=digits.astype(np.float32))
    add("single precision", "MLPRegressor", X=blocks.astype(np.float32))
    add("two classes", y=classes % 2)
    add("names of classes", y=np.char.add("digit ", classes.astype(str)))
    add("several labels a row", y=np.column_stack([classes % 2, classes > 4, classes > 7]))
    add("CSR", X=sparse.csr_array(digits))
    add("three targets", "MLPRegressor", y=np.column_stack([prices, prices**2, -prices]))
    add("20 rows", X=digits[:20], y=classes[:20])
    add("20 rows", "MLPRegressor", X=blocks[:20], y=prices[:20])
    add("20 rows, 200 epochs", X=digits[:20], y=classes[:20], parameters={"max_iter": 200})
    add("20 rows of CSR", X=sparse.csr_array(digits[:20]), y=classes[:20])
    add("partial_fit", make=PartialFits)
    add("partial_fit", "MLPRegressor", make=PartialFits)
    add("partial_fit of 20 rows", make=PartialFits, X=digits[:20], y=classes[:20])
    if _takes_sample_weight():
        add("sample_weight", fit_parameters={"sample_weight": rng.uniform(size=len(classes))})
        add(
            "sample_weight",
            "MLPRegressor",
            fit_parameters={"sample_weight": rng.uniform(size=len(prices))},
        )
        add("loss='poisson'", "MLPRegressor", parameters={"loss": "poisson"})
    return cases


def _takes_sample_weight():
    """Whether scikit-learn's networks do: from 1.7 on, and the Poisson loss came with it."""
    return "loss" in neural_network.MLPRegressor().get_params()
