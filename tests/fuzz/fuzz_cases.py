"""Cases for the long run: an estimator, its parameters, two tables, and a sequence of calls.

A case is made of plain values whose ``repr`` is Python, so that one that failed can be pasted into
``test_fuzz.py`` as an example.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Integral

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from scipy import sparse
from sklearn.utils._param_validation import Interval, Options

from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron._core.initializers import INITIALIZERS
from skperceptron._core.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from skperceptron._core.optimizers import OPTIMIZERS
from skperceptron._core.schedules import SCHEDULES

ESTIMATORS = {
    estimator.__name__: estimator
    for estimator in (MLPClassifier, MLPRegressor, MLPAutoencoder, PerceptronClassifier)
}


@dataclass(frozen=True)
class Table:
    """What X, y and the sample weights are to be, and the rows to judge each epoch by."""

    rows: int = 8
    columns: int = 2
    values: str = "normal"
    form: str = "float64"
    target: str = "plain"
    weight: str = "none"
    validation: str = "none"


@dataclass(frozen=True)
class Call:
    """A method, or what else is done with an estimator; ``table`` is 0 or 1."""

    what: str
    table: int = 0
    arguments: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A sequence of calls of one estimator."""

    estimator: str
    parameters: dict
    tables: tuple[Table, Table]
    calls: tuple[Call, ...]

    def make(self):
        """The estimator, not fitted: small, quick, and with a stream of its own."""
        defaults = {"max_iter": 2, "random_state": 0}
        if self.estimator != "PerceptronClassifier":
            defaults["hidden_layer_sizes"] = (3, 1) if self.estimator == "MLPAutoencoder" else (3,)
        return ESTIMATORS[self.estimator](**defaults | self.parameters)


# Data ------------------------------------------------------------------------------------------

VALUES = {
    "normal": lambda X: X,
    "constant column": lambda X: np.where(np.arange(X.shape[1]) == 0, 3.0, X),
    "zeros": lambda X: np.zeros_like(X),
    "huge": lambda X: 1e150 * X,
    "large": lambda X: 1e4 * X,
    "tiny": lambda X: 1e-150 * X,
    "denormal": lambda X: 1e-310 * X,
    "counts": lambda X: np.floor(3 * np.abs(X)),
    "scales": lambda X: X * 10.0 ** (6 * np.arange(X.shape[1]) - 3),
    "repeated rows": lambda X: np.repeat(X[:1], len(X), axis=0),
    "nan": lambda X: np.where(np.arange(X.size).reshape(X.shape) == X.size // 2, np.nan, X),
    "inf": lambda X: np.where(np.arange(X.size).reshape(X.shape) == X.size // 2, -np.inf, X),
}
HARMLESS_VALUES = [name for name in VALUES if name not in ("nan", "inf")]


def unsorted_csr(X):
    """Rows whose indices go down instead of up."""
    matrix = sparse.csr_matrix(X)
    for start, stop in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        matrix.indices[start:stop] = matrix.indices[start:stop][::-1].copy()
        matrix.data[start:stop] = matrix.data[start:stop][::-1].copy()
    matrix.has_sorted_indices = False
    return matrix


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def frame(X):
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


FORMS = {
    "float64": lambda X: X,
    "float32": lambda X: X.astype(np.float32),
    "fortran": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=0)[::2],
    "read-only": read_only,
    "list": lambda X: X.tolist(),
    "object": lambda X: X.astype(object),
    "csr": sparse.csr_matrix,
    "csr array": lambda X: sparse.csr_array(X.astype(np.float32)),
    "csr unsorted": unsorted_csr,
    "csc": sparse.csc_array,
    "coo": sparse.coo_array,
    "frame": frame,
    "frame without names": lambda X: pd.DataFrame(X),
    "series of one column": lambda X: pd.Series(X[:, 0]),
}
HARMLESS_FORMS = [name for name in FORMS if name != "series of one column"]

CLASSES = {
    "plain": lambda codes: codes,
    "two": lambda codes: codes % 2,
    "strings": lambda codes: np.array(["no", "perhaps", "yes"])[codes],
    "objects": lambda codes: np.array(["no", "perhaps", "yes"], object)[codes],
    "bool": lambda codes: codes > 0,
    "negative": lambda codes: codes - 1,
    "floats": lambda codes: codes * 1.0,
    "list": lambda codes: codes.tolist(),
    "series": lambda codes: pd.Series(codes, index=range(7, 7 + len(codes))),
    "column": lambda codes: codes[:, np.newaxis],
    "one class": lambda codes: codes * 0,
    "labels": lambda codes: np.column_stack([codes > 0, codes % 2 == 0]).astype(int),
    "labels csr": lambda codes: sparse.csr_matrix(CLASSES["labels"](codes)),
    "no labels": lambda codes: np.zeros((len(codes), 2), int),
    "real": lambda codes: codes + 0.25,
    "nan": lambda codes: np.where(codes == 0, np.nan, codes),
    "cube": lambda codes: np.zeros((len(codes), 2, 2)),
    "short": lambda codes: codes[1:],
    "none": lambda codes: None,
}
NUMBERS = {
    "plain": lambda y: y,
    "outputs": lambda y: np.column_stack([y, -2 * y]),
    "column": lambda y: y[:, np.newaxis],
    "float32": lambda y: y.astype(np.float32),
    "positive": lambda y: np.abs(y) + 0.1,
    "counts": lambda y: np.floor(3 * np.abs(y)).astype(int),
    "constant": lambda y: y * 0 + 5,
    "large": lambda y: 1e6 * y,
    "huge": lambda y: 1e150 * y,
    "series": lambda y: pd.Series(y, index=range(7, 7 + len(y))),
    "frame": lambda y: pd.DataFrame({"a": y, "b": -y}),
    "nan": lambda y: np.where(y == y[0], np.nan, y),
    "strings": lambda y: np.array(["no", "yes"])[(y > 0).astype(int)],
    "cube": lambda y: np.zeros((len(y), 2, 2)),
    "short": lambda y: y[1:],
    "none": lambda y: None,
}
HARMFUL_TARGETS = {"nan", "cube", "short", "none", "real", "no labels", "labels csr"}

WEIGHTS = {
    "none": lambda n: None,
    "ones": np.ones,
    "some zeros": lambda n: (np.arange(n) % 3).astype(float) + (n == 1),
    "one row": lambda n: (np.arange(n) == n // 2).astype(float),
    "integers": lambda n: np.arange(1, n + 1),
    "large": lambda n: 1e6 * np.arange(1, n + 1),
    "tiny": lambda n: 1e-200 * np.ones(n),
    "zeros": np.zeros,
    "negative": lambda n: -np.ones(n),
    "nan": lambda n: np.full(n, np.nan),
    "short": lambda n: np.ones(n - 1),
    "scalar": lambda n: 2.0,
}
HARMLESS_WEIGHTS = ["none", "ones", "some zeros", "one row", "integers", "large"]


# Data to judge each epoch by, of the first rows: X, y and weights are to become the last three.
VALIDATION = {
    "none": None,
    "rows": lambda X, y, weight: (X, y, None),
    "weights": lambda X, y, weight: (X, y, np.arange(1, X.shape[0] + 1)),
    "csr": lambda X, y, weight: (sparse.csr_matrix(X), y, None),
    "float32": lambda X, y, weight: (X.astype(np.float32), y, None),
    "one row": lambda X, y, weight: (X[:1], None if y is None else y[:1], None),
    "huge": lambda X, y, weight: (1e300 * X, y, None),
    "weightless": lambda X, y, weight: (X, y, np.zeros(X.shape[0])),
    "without y": lambda X, y, weight: (X, None, None),
    "other columns": lambda X, y, weight: (np.hstack([X, X]), y, None),
    "nan": lambda X, y, weight: (np.nan * X, y, None),
    "other labels": lambda X, y, weight: (X, np.full(X.shape[0], 99), None),
}
HARMLESS_VALIDATION = ["none", "none", "rows", "weights", "csr", "float32"]


def make_X(table: Table, *, plain: bool = False):  # noqa: N802
    """X of a table; ``plain`` has it dense and in its own precision."""
    X = np.random.default_rng(0).normal(size=(table.rows, table.columns))
    X = VALUES[table.values](X)
    with np.errstate(over="ignore", under="ignore"):  # 1e150 in float32
        return X if plain else FORMS[table.form](X)


def make_y(table: Table, estimator: str):
    """y of a table, None for the autoencoder; unknown names are those of the other kind."""
    rng = np.random.default_rng(1)
    if estimator == "MLPAutoencoder":
        return None
    if estimator == "MLPRegressor":
        return NUMBERS.get(table.target, NUMBERS["plain"])(rng.normal(size=table.rows))
    codes = np.arange(table.rows) % 3
    return CLASSES.get(table.target, CLASSES["plain"])(codes)


def make_weight(table: Table):
    return WEIGHTS[table.weight](table.rows)


# Hyperparameters -------------------------------------------------------------------------------


class Interrupt:
    """A constant learning rate; Ctrl-C is hit when it is asked for at some position."""

    def __init__(self, position):
        self.position = position

    def __repr__(self):
        return f"Interrupt({self.position})"

    def __call__(self, progress):
        if progress >= self.position:
            raise KeyboardInterrupt
        return 0.01


def falling(progress):
    """A learning rate of one's own."""
    return 0.1 / (1 + progress)


def nonsense(progress):
    """A learning rate that is no number."""
    return "fast"


class Absolute:
    """A loss of one's own, of any number of outputs."""

    def __repr__(self):
        return "Absolute()"

    def values_and_gradient(self, scores, y):
        values = np.abs(scores - y).sum(axis=1)
        scores[...] = np.sign(scores - y)
        return values


class Broken:
    """A loss or activation that does not do what it should."""

    saves = "output"

    def __repr__(self):
        return "Broken()"

    def values_and_gradient(self, scores, y):
        return scores.sum()

    def forward(self, z):
        z /= 0

    def backward(self, saved, delta):
        delta *= np.nan


def no_number(estimator, X, y):
    return "high"


def nan(estimator, X, y):
    return math.nan


def size_of_weights(estimator, X, y):
    return -sum(abs(weight).sum() for weight in estimator.coefs_)


class Half:
    """A linear activation of one's own."""

    saves = "output"

    def __repr__(self):
        return "Half()"

    def forward(self, z):
        z *= 0.5

    def backward(self, saved, delta):
        delta *= 0.5


ACTIVATIONS = ["identity", "logistic", "tanh", "relu", "elu", "selu", "gelu", "mish", "softplus"]
LEARNING_RATES = [1e-12, 1e-3, 0.1, 1.0, 30.0, 1e3, 1e8, 1e30, 1e200]

NETWORK = {
    "hidden_layer_sizes": [(), 2, (4,), [3, 2], (2, 1, 2), np.array([3])],
    "activation": [*ACTIVATIONS, Half()],
    "solver": [*OPTIMIZERS, "lbfgs"],
    "alpha": [0, 1e-4, 0.1, 10.0, 1e6],
    "l1_ratio": [0, 0.5, 1],
    "weight_decay": [None, 0.0, 0.1],
    "dropout": [0, 0.3, 0.9],
    "input_dropout": [0.0, 0.3],
    "batch_norm": [False, True],
    "max_norm": [None, 0.5, 1e-3],
    "max_norm_order": [1, 2],
    "weight_init": [*INITIALIZERS],
    "batch_size": ["auto", 1, 3, 1000],
    "learning_rate": [*SCHEDULES, falling],
    "learning_rate_init": LEARNING_RATES,
    "power_t": [0.0, 0.5, 3],
    "warmup_epochs": [0, 1, 5],
    "learning_rate_decay": [0.5, 1.0],
    "learning_rate_step": [1, 3],
    "learning_rate_min": [0.0, 0.01],
    "schedule_epochs": [1, 4],
    "clip_norm": [None, 1e-3, 1.0],
    "max_iter": [1, 2, 4],
    "shuffle": [True, False],
    "tol": [None, 0.0, 1e-4, 10.0],
    "momentum": [0.0, 0.9, 1],
    "nesterovs_momentum": [True, False],
    "early_stopping": [False, True],
    "validation_fraction": [0.1, 0.5, 0.9],
    "scoring": [None, "loss", size_of_weights],
    "beta_1": [0.0, 0.9],
    "beta_2": [0.0, 0.999],
    "epsilon": [1e-8, 1.0],
    "n_iter_no_change": [1, 2, math.inf],
    "max_fun": [1, 100],
    "dtype": [None, "float32", "float64"],
    "warm_start": [False, True],
    "verbose": [False],
}
PARAMETERS = {
    "MLPClassifier": NETWORK
    | {
        "loss": [*sorted({name for name, output_activation in CLASSIFICATION_LOSSES}), Absolute()],
        "label_smoothing": [0.0, 0.3],
        "focal_gamma": [0.0, 2.0],
        "class_weight": [None, "balanced", {0: 2.0}, {0: 0.0, 1: 1.0, 2: 1.0}],
        "scoring": [None, "loss", "balanced_accuracy", "neg_log_loss", "r2", nan],
    },
    "MLPRegressor": NETWORK
    | {
        "loss": [*sorted({name for name, output_activation in REGRESSION_LOSSES}), Absolute()],
        "quantile": [0.1, 0.5],
        "huber_epsilon": [0.1, 1.35],
        "output_activation": ["auto", "identity", "exp", "softplus", "logistic"],
        "scoring": [None, "loss", "neg_mean_absolute_error", "accuracy", nan],
    },
    "MLPAutoencoder": NETWORK
    | {
        "hidden_layer_sizes": [1, (4,), [3, 2], (2, 1, 2)],
        "bottleneck": [None, 0, -1],
        "output_activation": ["identity", "exp", "softplus", "logistic"],
    },
    "PerceptronClassifier": {
        "algorithm": ["rosenblatt", "averaged", "pocket"],
        "multi_class": ["ovr", "joint"],
        "penalty": [None, "l1", "l2", "elasticnet"],
        "alpha": [0.0, 1e-4, 0.1, 10.0],
        "l1_ratio": [0.0, 0.5, 1.0],
        "fit_intercept": [True, False],
        "max_iter": [1, 2, 4],
        "tol": [None, 0.0, 1e-3],
        "shuffle": [True, False],
        "eta0": [1e-9, 0.1, 1.0, 1e6, 1e200],
        "n_jobs": [None, 2],
        "early_stopping": [False, True],
        "validation_fraction": [0.1, 0.5],
        "n_iter_no_change": [1, 5],
        "class_weight": [None, "balanced", {0: 2.0}],
        "warm_start": [False, True],
    },
}


def plain_values(constraints: list) -> list:
    """Some values that satisfy the constraints of a hyperparameter."""
    values = []
    for constraint in constraints:
        if constraint is None:
            values.append(None)
        elif constraint == "boolean":
            values += [False, True]
        elif isinstance(constraint, Options):  # names too
            values += sorted(constraint.options)
        elif isinstance(constraint, Interval):
            step = 1 if constraint.type is Integral else 0.3
            excluded = constraint.closed in ("right", "neither")
            values += [constraint.left + step * (i + excluded) for i in range(2)]
    return values


# A hyperparameter that is not in the lists above has plain values, but for these.
LEFT_OUT = {"random_state", "verbose"}
for _name, _known in PARAMETERS.items():
    for _parameter, _constraints in ESTIMATORS[_name]._parameter_constraints.items():
        if _parameter not in LEFT_OUT:
            _known.setdefault(_parameter, plain_values(_constraints))

# These decide more than others, and are chosen more often.
FAVOURITES = {
    *("hidden_layer_sizes", "activation", "solver", "loss", "learning_rate_init", "batch_size"),
    *("early_stopping", "dtype", "warm_start", "algorithm", "penalty", "eta0"),
}

# Values that hardly any hyperparameter takes. Each is of a kind, and prints as Python.
HOSTILE = [
    *(None, True, -1, 0, 1.5, -0.0, 1e-320, math.nan, math.inf, -math.inf, 1j, 10**400),
    *("nonsense", "", b"relu", [], {}, (), {1, 2}, (0,), (-1,), (2.5,), ("relu", "relu", "relu")),
    *((math.nan,), [[1, 2]], [[1], [1, 2]], np.array([0.5]), np.array([[1]]), np.array(["relu"])),
    *(
        np.float32(0.1),
        np.int64(3),
        np.str_("sgd"),
        np.bool_(True),
        np.nan,
        len,
        int,
        nonsense,
        no_number,
    ),
]


def hostile_values(name: str) -> list:
    """Those but what asks for endless training or memory, and functions whose errors are theirs."""
    if name in ("max_iter", "hidden_layer_sizes"):
        return [v for v in HOSTILE if not (isinstance(v, int) and v > 10)]
    if name in ("learning_rate", "scoring"):
        return [v for v in HOSTILE if v is not len and v is not int]
    return HOSTILE


# Calls -----------------------------------------------------------------------------------------

TRAINING = ["fit", "partial_fit"]
COPIES = ["pickle", "deepcopy", "clone"]
READING = ["predict", "score", "convert", "hidden", "show"]
CHANGES = ["drop_training_state", "edit", "interrupt", "transplant"]
EDITS = ["zeros", "half", "huge", "nan", "shape", "list", "integers"]


@st.composite
def tables(draw, *, columns: int | None = None) -> Table:
    """Mostly harmless ones."""
    harmless = draw(st.integers(0, 3)) > 0
    targets = sorted({*CLASSES, *NUMBERS})
    if harmless:
        targets = [t for t in targets if t not in HARMFUL_TARGETS]
    return Table(
        rows=draw(st.sampled_from([8, 12, 30, 5, 3, 2, 1])),
        columns=columns or draw(st.sampled_from([2, 1, 3])),
        values=draw(st.sampled_from(HARMLESS_VALUES if harmless else list(VALUES))),
        form=draw(st.sampled_from(HARMLESS_FORMS if harmless else list(FORMS))),
        target=draw(st.sampled_from(["plain", *targets])),
        weight=draw(st.sampled_from(["none", *(HARMLESS_WEIGHTS if harmless else WEIGHTS)])),
        validation=draw(st.sampled_from(HARMLESS_VALIDATION if harmless else list(VALIDATION))),
    )


@st.composite
def parameters(draw, estimator: str, *, most: int = 4) -> dict:
    """Some hyperparameters, one of which may be hostile."""
    known = PARAMETERS[estimator]
    names = [*known, *FAVOURITES.intersection(known), *FAVOURITES.intersection(known)]
    names = draw(st.lists(st.sampled_from(sorted(names)), max_size=most, unique=True))
    chosen = {name: draw(st.sampled_from(known[name])) for name in names}
    if draw(st.integers(0, 5)) == 0:
        name = draw(st.sampled_from(sorted({*known, "random_state"})))
        chosen[name] = draw(st.sampled_from(hostile_values(name)))
    return chosen


@st.composite
def calls(draw, estimator: str) -> Call:
    what = draw(st.sampled_from([*TRAINING, *READING, *CHANGES, *COPIES, "set_params", *TRAINING]))
    arguments: dict = {}
    if what == "set_params":
        arguments = draw(parameters(estimator, most=2))
    elif what == "edit":
        arguments = {"how": draw(st.sampled_from(EDITS))}
    elif what == "interrupt":
        arguments = {"position": draw(st.sampled_from([0.0, 0.6, 1.0, 1.4]))}
    return Call(what, draw(st.sampled_from([0, 0, 0, 1])), arguments)


@st.composite
def cases(draw, estimators=tuple(ESTIMATORS)) -> Case:
    estimator = draw(st.sampled_from(estimators))
    first = draw(tables())
    second = draw(tables(columns=draw(st.sampled_from([first.columns, first.columns, None]))))
    start = draw(st.sampled_from([(Call("fit"),), (Call("fit"),), (Call("partial_fit"),), ()]))
    rest = draw(st.lists(calls(estimator), min_size=1, max_size=6))
    return Case(estimator, draw(parameters(estimator)), (first, second), (*start, *rest))


@st.composite
def walks(draw, estimators=tuple(ESTIMATORS)) -> Case:
    """Parameters and data of which several ways to train are compared."""
    estimator = draw(st.sampled_from(estimators))
    table = draw(tables())
    return Case(estimator, draw(parameters(estimator, most=6)), (table, table), ())
