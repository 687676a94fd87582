"""Cases for the long run whose data are tables: numbers, categories, and what else is in a cell.

A ``Frame`` says what is in the columns of a table, in which container, and what y and the weights
are. The sessions check what must hold for any call, as those of networks do, and what is promised
of tables beside.
"""

from __future__ import annotations

import datetime
import math
import pickle
import sys
import warnings
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import KFold, TimeSeriesSplit

import skperceptron
from fuzz_cases import (
    CLASSES,
    COPIES,
    HARMFUL_TARGETS,
    HARMLESS_WEIGHTS,
    NUMBERS,
    WEIGHTS,
    Call,
    Interrupt,
    Table,
    hostile_values,
    make_weight,
)
from fuzz_machine import Outcome, Session, attempt, content
from skperceptron.tabular import (
    PiecewiseLinearEncoder,
    RobustClipScaler,
    TabularMLPClassifier,
    TabularMLPRegressor,
    TabularPreprocessor,
)

TABLE_ESTIMATORS = {
    estimator.__name__: estimator
    for estimator in (
        TabularMLPClassifier,
        TabularMLPRegressor,
        TabularPreprocessor,
        RobustClipScaler,
        PiecewiseLinearEncoder,
    )
}
LEARNERS = ("TabularMLPClassifier", "TabularMLPRegressor")
OF_NUMBERS = ("RobustClipScaler", "PiecewiseLinearEncoder")
TABULAR = str(Path(skperceptron.__file__).parent / "tabular")


# Columns ---------------------------------------------------------------------------------------


def every_third(values, other):
    """The values with another one in the place of each third."""
    return [other if i % 3 == 1 else value for i, value in enumerate(values)]


COLUMNS = {
    "normal": lambda rng, n: rng.normal(size=n).tolist(),
    "counts": lambda rng, n: rng.integers(0, 4, n).tolist(),
    "constant": lambda rng, n: [3.5] * n,
    "huge": lambda rng, n: (1.7e308 * rng.choice([-1, 1, 0.1], n)).tolist(),
    "denormal": lambda rng, n: (5e-324 * rng.integers(0, 3, n)).tolist(),
    "far": lambda rng, n: (1e15 + rng.integers(0, 3, n)).tolist(),
    "nan": lambda rng, n: every_third(rng.normal(size=n).tolist(), math.nan),
    "none": lambda rng, n: every_third(rng.normal(size=n).tolist(), None),
    "all nan": lambda rng, n: [math.nan] * n,
    "all none": lambda rng, n: [None] * n,
    "strings": lambda rng, n: rng.choice(["red", "green", "blue"], n).tolist(),
    "one level": lambda rng, n: ["red"] * n,
    "names": lambda rng, n: [f"name {i}" for i in rng.permutation(n)],
    "empty strings": lambda rng, n: rng.choice(["", " ", "nan", "None"], n).tolist(),
    "digits": lambda rng, n: rng.choice(["1", "2.0", "03"], n).tolist(),
    "missing strings": lambda rng, n: every_third(rng.choice(["a", "b"], n).tolist(), None),
    "bools": lambda rng, n: (rng.random(n) < 0.5).tolist(),
    "missing bools": lambda rng, n: every_third((rng.random(n) < 0.5).tolist(), None),
    "mixed": lambda rng, n: [("a", 1, True, None, 2.5, b"a", "1")[i % 7] for i in range(n)],
    "tuples": lambda rng, n: [(int(i), "a") for i in rng.integers(0, 2, n)],
    "decimals": lambda rng, n: [Decimal(int(i)) / 4 for i in rng.integers(0, 9, n)],
    "inf": lambda rng, n: every_third([0.5] * n, -math.inf),
    "dates": lambda rng, n: [datetime.datetime(2020, 1, 1 + i % 28) for i in range(n)],
    "days": lambda rng, n: [datetime.date(2020, 1, 1 + i % 28) for i in range(n)],
    "durations": lambda rng, n: [datetime.timedelta(days=i) for i in range(n)],
    "complex": lambda rng, n: [1j * i for i in range(n)],
    "integers beyond 64 bits": lambda rng, n: [10**30 * i for i in range(n)],
    "integers beyond floats": lambda rng, n: [10**400 * (i + 1) for i in range(n)],
    "lists": lambda rng, n: [[i] for i in range(n)],
    "dicts": lambda rng, n: [{"a": i} for i in range(n)],
}
HARMFUL_COLUMNS = {
    *("inf", "dates", "days", "durations", "complex", "integers beyond floats", "lists", "dicts")
}
HARMLESS_COLUMNS = [name for name in COLUMNS if name not in HARMFUL_COLUMNS]
NUMERIC = ["normal", "counts", "constant", "denormal", "far", "huge"]


# Containers ------------------------------------------------------------------------------------


def as_objects(frame):
    array = np.empty(frame.shape, object)
    for j in range(frame.shape[1]):
        array[:, j] = frame.iloc[:, j].tolist()
    return array


def as_polars(frame):
    columns = {str(name): frame.iloc[:, j].tolist() for j, name in enumerate(frame.columns)}
    return pl.DataFrame(columns, strict=False)


def with_unused_levels(frame):
    """Strings as categories of pandas, one of which no row has."""
    columns = []
    for j in range(frame.shape[1]):
        column = frame.iloc[:, j]
        is_text = all(isinstance(value, str) for value in column)
        levels = [*sorted(set(column)), "unused"] if is_text else None
        columns.append(pd.Series(pd.Categorical(column, levels)) if is_text else column)
    return pd.concat([c.reset_index(drop=True) for c in columns], axis=1, keys=frame.columns)


CONTAINERS = {
    "frame": lambda frame: frame,
    "objects of a frame": lambda frame: frame.astype(object),
    "nullable": lambda frame: frame.convert_dtypes(),
    "arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "categories": lambda frame: frame.astype("category"),
    "unused levels": with_unused_levels,
    "polars": as_polars,
    "polars, one chunk a row": lambda frame: pl.concat(
        [as_polars(frame)[i : i + 1] for i in range(len(frame))] or [as_polars(frame)]
    ),
    "objects": as_objects,
    "lists": lambda frame: as_objects(frame).tolist(),
    "array": lambda frame: np.array(as_objects(frame).tolist()),
    "numbers": lambda frame: frame.to_numpy(float),
    "float32": lambda frame: frame.to_numpy(np.float32),
    "fortran": lambda frame: np.asfortranarray(frame.to_numpy(float)),
    "other index": lambda frame: frame.set_index(np.arange(len(frame))[::-1] // 2),
    "series": lambda frame: frame.iloc[:, 0],
}
HARMLESS_CONTAINERS = [name for name in CONTAINERS if name != "series"]

# What becomes of the names and the columns of a table.
NAMES = {
    "plain": lambda frame: frame,
    "integers": lambda frame: frame.set_axis(range(frame.shape[1]), axis=1),
    "duplicate": lambda frame: frame.set_axis(["x"] * frame.shape[1], axis=1),
    "mixed": lambda frame: frame.set_axis([0, *frame.columns[1:]], axis=1),
    "levels": lambda frame: frame.set_axis(
        pd.MultiIndex.from_tuples([("x", str(j)) for j in range(frame.shape[1])]), axis=1
    ),
    "another order": lambda frame: frame.iloc[:, ::-1],
    "one less": lambda frame: frame.iloc[:, 1:],
    "one more": lambda frame: frame.assign(more=1.0),
    "none": lambda frame: frame.iloc[:, :0],
}


@dataclass(frozen=True)
class Frame(Table):
    """What a table, y and the weights are to be; ``columns`` has the kind of each column."""

    rows: int = 12
    columns: tuple[str, ...] = ("normal", "strings")
    form: str = "frame"
    names: str = "plain"
    seed: int = 0


def make_table(frame: Frame):
    """The table, in its container; an error if it can't hold such values."""
    rng = np.random.default_rng(frame.seed)
    columns = {
        f"c{j}": pd.Series(COLUMNS[kind](rng, frame.rows), dtype=None if frame.rows else float)
        for j, kind in enumerate(frame.columns)
    }
    with warnings.catch_warnings(action="ignore"):
        return CONTAINERS[frame.form](NAMES[frame.names](pd.DataFrame(columns)))


def make_targets(frame: Frame, estimator: str):
    if estimator in ("TabularMLPRegressor", *OF_NUMBERS):
        y = np.random.default_rng(1).normal(size=frame.rows)
        return NUMBERS.get(frame.target, NUMBERS["plain"])(y)
    return CLASSES.get(frame.target, CLASSES["plain"])(np.arange(frame.rows) % 3)


# Hyperparameters -------------------------------------------------------------------------------

CATEGORICAL = ["from_dtype", None, [], [0], [0, -1], ["c0"], [True, False], [True, True]]
LEARNER = {
    "hidden_layer_sizes": [(), 2, (4,), [3, 2]],
    "activation": ["auto", "relu", "silu"],
    "n_estimators": [1, 2, 3],
    "effort": ["fast", "balanced", "thorough"],
    "max_iter": [1, 2, 3],
    "learning_rate_init": ["auto", 1e-9, 0.1, 10.0, 1e30],
    "dropout": ["auto", 0, 0.9],
    "batch_size": ["auto", 1, 5, 1000],
    "categorical_features": CATEGORICAL,
    "max_categories": [1, 2, 30, None],
    "n_bins": ["auto", None, 1, 2, 16],
    "validation_fraction": [0.1, 0.5, 0.9],
    "cv": [None, KFold(2), TimeSeriesSplit(2), [([0, 1, 2], [3, 4])], []],
    "scoring": ["loss", "neg_log_loss", "r2", "neg_mean_absolute_error", "accuracy"],
    "network_params": [
        *(None, {}, {"alpha": 0.1}, {"solver": "sgd", "momentum": 0.5}, {"dtype": "float64"}),
        *({"weight_decay": 0.1, "solver": "adamw"}, {"batch_norm": True}, {"max_norm": 0.5}),
        *({"loss": "focal"}, {"loss": "huber"}, {"solver": "lbfgs"}, {"depth": 3}, {"alpha": -1}),
        *({"output_activation": "exp"}, {"weight_init": "orthogonal"}),
    ],
    "n_jobs": [None, 1, 0],
    "verbose": [False],
}
PARAMETERS = {
    "TabularMLPClassifier": LEARNER
    | {"class_weight": [None, "balanced", {0: 2.0}, {0: 0.0, 1: 1.0, 2: 1.0}]},
    "TabularMLPRegressor": LEARNER
    | {
        "loss": ["squared_error", "absolute_error", "huber", "log_cosh", "gaussian"],
        "quantiles": [None, None, (0.1, 0.5, 0.9), [0.7], (0.9, 0.1), (0.5, 0.5), (0, 1), []],
    },
    "TabularPreprocessor": {
        "categorical_features": CATEGORICAL,
        "max_categories": [1, 2, 30, None],
        "min_frequency": [1, 2, 5],
        "n_bins": [None, 1, 2, 16],
        "target_type": ["auto", "continuous", "binary", "multiclass"],
        "dtype": ["float32", "float64"],
    },
    "RobustClipScaler": {"max_absolute_value": [3.0, 0.1, 1e300, 1e-300]},
    "PiecewiseLinearEncoder": {
        "n_bins": [1, 2, 16, 100],
        "feature_range": [(0.0, 1.0), [-0.125, 0.125], (1, 0), (0.0, math.inf), (-1e308, 1e308)],
        "dtype": [None, "float32", "float64"],
    },
}


@dataclass(frozen=True)
class TableCase:
    """A sequence of calls of one estimator or transformer of tables."""

    estimator: str
    parameters: dict
    tables: tuple[Frame, Frame]
    calls: tuple[Call, ...]

    def make(self):
        """The estimator, not fitted: small, quick, and with a stream of its own."""
        defaults = {}
        if self.estimator in LEARNERS:
            defaults = {"hidden_layer_sizes": (3,), "max_iter": 2, "random_state": 0}
        elif self.estimator == "TabularPreprocessor":
            defaults = {"random_state": 0, "min_frequency": 2}
        return TABLE_ESTIMATORS[self.estimator](**defaults | self.parameters)


# These decide more than others, and are chosen more often.
TABLE_FAVOURITES = {"n_estimators", "effort", "max_categories", "n_bins", "quantiles", "loss"}

# Sessions --------------------------------------------------------------------------------------

METHODS = [
    *("predict", "predict_proba", "predict_log_proba", "predict_quantiles", "predict_interval"),
    "transform",
]


class TableSession(Session):
    """An estimator of tables and its calls, one after another."""

    case: TableCase
    is_network = False

    def attempt(self, method: str, *arguments, names: bool = True, **more) -> Outcome:
        """Call a method, and check all that holds for any call."""
        estimator = self.estimator
        before, data = state(estimator), [*map(table_content, (*arguments, *more.values()))]
        outcome = attempt(estimator, method, arguments, more)
        unexpected = [w for w in outcome.warnings if w.category not in self.expected(method)]
        assert not unexpected or not names, f"{method} warns of {[str(w) for w in unexpected]}"
        after = [*map(table_content, (*arguments, *more.values()))]
        assert after == data, f"{method} changed its data"
        if outcome.error is not None:
            if names:
                self.check_error(outcome.error, method)
            assert state(estimator) == before, f"{method} failed and left a trace"
        elif method not in ("fit", "fit_transform"):
            assert state(estimator) == before, f"{method} changed the estimator"
        return outcome

    def check_error(self, error: Exception, method: str) -> None:
        if method == "predict_interval" and "needs validation rows" in str(error):
            return
        if method == "get_feature_names_out" and "input_features" in str(error):
            return
        super().check_error(error, method)

    def data(self, frame: Frame):
        return make_table(frame), make_targets(frame, self.case.estimator), make_weight(frame)

    def do_fit(self, call: Call) -> Outcome:
        frame = self.case.tables[call.table]
        try:
            X, y, weight = self.data(frame)
        except Exception:  # no such table can be made
            return Outcome()
        more = {"sample_weight": weight}
        if self.case.estimator in LEARNERS and frame.validation != "none":
            more |= {"X_val": X, "y_val": y}
        fitted_before = self.fitted
        outcome = self.attempt("fit", X, y, **more)
        if outcome.worked:
            assert outcome.value is self.estimator
            self.check_fitted(frame, outcome)
        else:
            assert self.fitted == fitted_before
        return outcome

    def do_fit_transform(self, call: Call) -> None:
        if self.case.estimator in LEARNERS:
            return
        frame = self.case.tables[call.table]
        try:
            X, y, weight = self.data(frame)
        except Exception:
            return
        outcome = self.attempt("fit_transform", X, y, sample_weight=weight)
        if not outcome.worked:
            return
        again = attempt(self.estimator, "transform", (X,))
        assert again.worked, f"transform of the rows fitted to: {again.error!r}"
        assert_same_but_targets(self.estimator, outcome.value, again.value)
        self.check_fitted(frame, outcome)

    def check_fitted(self, frame: Frame, outcome: Outcome) -> None:
        """What is read of the rows that a fit has succeeded on."""
        X = make_table(frame)
        outputs = self.read(X)
        first = "predict" if self.case.estimator in LEARNERS else "transform"
        assert first in outputs, f"{first} of the rows in fit failed"
        names = self.estimator.get_feature_names_out() if first == "transform" else []
        for method, value in outputs.items():
            assert len(value) == frame.rows
            if value.dtype.kind == "f" and self.case.estimator != "RobustClipScaler":
                finite = ~np.isnan(value) if method == "predict_log_proba" else np.isfinite(value)
                assert finite.all(), f"{method} is not finite"
        if first == "transform":
            assert len(set(names)) == len(names) == outputs["transform"].shape[1]
        self.check_outputs(outputs)

    def read(self, X) -> dict:
        """What can be read of a table, by method."""
        outputs = {}
        for method in METHODS:
            if hasattr(self.estimator, method):
                outcome = self.attempt(method, X)
                if outcome.worked:
                    outputs[method] = np.asarray(outcome.value)
        return outputs

    def do_predict(self, call: Call) -> None:
        """Read a whole table, and its rows one by one and in another order: the same bits."""
        frame = self.case.tables[call.table]
        try:
            X = make_table(frame)
        except Exception:
            return
        outputs = self.read(X)
        self.check_outputs(outputs)
        if not outputs or not frame.rows or frame.form in ("lists", "categories", "unused levels"):
            return  # a part of such a table is another one, or has another type
        for rows in ([0], [frame.rows - 1, 0]):
            part = X.iloc[rows] if hasattr(X, "iloc") else X[rows]
            for method, value in outputs.items():
                found = attempt(self.estimator, method, (part,))
                assert found.worked, f"{method} of single rows: {found.error!r}"
                # A matrix product of one row may sum in another order. Encodings have no sums.
                if method != "transform" and value.dtype.kind == "f":
                    unit = np.abs(value[np.isfinite(value)]).max(initial=1)
                    assert_allclose(found.value, value[rows], rtol=1e-9, atol=1e-9 * unit)
                else:
                    assert_array_equal(np.asarray(found.value), value[rows], err_msg=method)

    def check_outputs(self, outputs: dict) -> None:
        estimator = self.estimator
        if "predict_proba" in outputs:
            proba, log_proba = outputs["predict_proba"], outputs["predict_log_proba"]
            assert ((proba >= 0) & (proba <= 1)).all()
            assert_allclose(np.exp(log_proba), proba, atol=1e-12)
            if outputs["predict"].ndim == 1:
                assert_allclose(proba.sum(axis=1), 1, atol=1e-12)
                assert_array_equal(outputs["predict"], estimator.classes_[proba.argmax(axis=1)])
        if "predict_interval" in outputs:
            assert (outputs["predict_interval"][:, 0] <= outputs["predict_interval"][:, 1]).all()
        if "predict_quantiles" in outputs:
            order = np.argsort(estimator.quantiles)
            if outputs["predict_quantiles"].shape[1] == len(order):
                assert (np.diff(outputs["predict_quantiles"][:, order], axis=1) >= 0).all()

    def do_score(self, call: Call) -> None:
        if self.case.estimator not in LEARNERS:
            return
        try:
            X, y, weight = self.data(self.case.tables[call.table])
        except Exception:
            return
        self.attempt("score", X, y, sample_weight=weight, names=False)

    def do_show(self, call: Call) -> None:
        assert repr(self.estimator)
        assert self.attempt("_repr_mimebundle_").worked

    def do_names(self, call: Call) -> None:
        """Names that are not those in fit are refused."""
        if self.fitted and hasattr(self.estimator, "get_feature_names_out"):
            assert self.attempt("get_feature_names_out").worked
            n = self.estimator.n_features_in_
            outcome = self.attempt("get_feature_names_out", [f"z{j}" for j in range(n + 1)])
            assert not outcome.worked

    def do_inverse(self, call: Call) -> None:
        if not self.fitted or not hasattr(self.estimator, "inverse_transform"):
            return
        try:
            X = make_table(self.case.tables[call.table])
        except Exception:
            return
        outcome = self.attempt("transform", X)
        if outcome.worked:
            back = self.attempt("inverse_transform", outcome.value)
            assert back.worked
            assert not np.isinf(np.asarray(back.value)).any()

    def do_clone(self, call: Call) -> None:
        """A copy that is not fitted, of which a fit makes the same."""
        before, self.estimator = self.estimator, clone(self.estimator)
        if self.fitted or call.table or before.__dict__.get("random_state") != 0:
            return
        try:
            X, y, weight = self.data(self.case.tables[0])
        except Exception:
            return
        fits = [clone(before), clone(before)]
        worked = [attempt(each, "fit", (X, y, weight)).worked for each in fits]
        assert worked[0] == worked[1]
        if all(worked):
            self.compare(*fits, X)

    def replace(self, replacement) -> None:
        """Go on with a copy, once it has turned out to be the same."""
        for frame in self.case.tables:
            try:
                X = make_table(frame)
            except Exception:
                continue
            self.compare(self.estimator, replacement, X)
        self.estimator = replacement

    def compare(self, one, other, X) -> None:
        for method in METHODS:
            if hasattr(one, method):
                first, second = (attempt(each, method, (X,)) for each in (one, other))
                assert str(first.error) == str(second.error)
                assert table_content(first.value) == table_content(second.value), method

    def do_interrupt(self, call: Call) -> None:
        """Ctrl-C, at a line of the package or in an epoch: networks that are done, or nothing."""
        if self.case.estimator in LEARNERS and call.arguments["position"] < 2:
            params = self.estimator.network_params
            rate = Interrupt(call.arguments["position"])
            if isinstance(params, dict | None):
                self.estimator.set_params(network_params={**(params or {}), "learning_rate": rate})
                self.do_fit(call)
                self.estimator.set_params(network_params=params)
            return
        try:
            X, y, weight = self.data(self.case.tables[call.table])
        except Exception:
            return
        before, at = state(self.estimator), Line(int(100 * call.arguments["position"]))
        fitted_before = self.fitted
        sys.settrace(at)
        try:
            # A line is traced between the end of a block and the call of __exit__, where Python
            # handles no signal: what only __exit__ puts back stays until the end of this block.
            with warnings.catch_warnings(action="ignore"), np.errstate():
                self.estimator.fit(X, y, sample_weight=weight)
        except KeyboardInterrupt:
            assert self.fitted == fitted_before
            assert state(self.estimator) == before, "Ctrl-C left a trace"
        except (ValueError, TypeError):
            assert state(self.estimator) == before, "fit failed and left a trace"
        finally:
            sys.settrace(None)
        if at.hit and self.fitted and state(self.estimator) != before:
            self.read(X)


class Line:
    """Hits Ctrl-C before the n-th line of the modules of tables."""

    def __init__(self, n):
        self.n, self.hit = n, False

    def __call__(self, frame, event, argument):
        if not frame.f_code.co_filename.startswith(TABULAR):
            return None
        if event == "line":
            self.n -= 1
            if self.n == 0:
                self.hit = True
                raise KeyboardInterrupt
        return self


def state(estimator) -> bytes:
    return pickle.dumps(vars(estimator))


def table_content(given):
    """Equal for tables that are equal, in whatever container."""
    if isinstance(given, pl.DataFrame | pl.Series):
        return repr(given.to_dict(as_series=False) if isinstance(given, pl.DataFrame) else given)
    if isinstance(given, pd.DataFrame):
        columns = [given.iloc[:, j].tolist() for j in range(given.shape[1])]
        return repr((list(given.columns), list(given.index), list(given.dtypes), columns))
    return content(given)


def assert_same_but_targets(estimator, fitted, out) -> None:
    """``fit_transform`` and ``transform`` compute the same, but for target encodings."""
    fitted, out = np.asarray(fitted), np.asarray(out)
    assert fitted.shape == out.shape
    if not getattr(estimator, "is_target_encoded_", np.zeros(1)).any():
        assert_array_equal(fitted, out)


# What hypothesis chooses -----------------------------------------------------------------------

# Values that may ask for processes or networks without end.
MANY = [value for value in hostile_values("n_jobs") if isinstance(value, int | np.int64)]
TABLE_READING = ["predict", "predict", "score", "show", "names", "inverse"]


@st.composite
def frames(draw, like: Frame | None = None, *, numbers: bool = False) -> Frame:
    """Mostly harmless ones; ``like`` another one, which it may be new rows of."""
    harmless = draw(st.integers(0, 3)) < 3
    kinds = NUMERIC if numbers and harmless else HARMLESS_COLUMNS if harmless else list(COLUMNS)
    targets = [t for t in sorted({*CLASSES, *NUMBERS}) if not harmless or t not in HARMFUL_TARGETS]
    forms = HARMLESS_CONTAINERS if harmless else list(CONTAINERS)
    columns = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4))
    if like is not None and draw(st.booleans()):
        columns = list(like.columns)
    return Frame(
        rows=draw(st.sampled_from([12, 30, 45, 8, 3, 2, 1] if harmless else [12, 1, 0])),
        columns=tuple(columns),
        form=like.form if like and draw(st.booleans()) else draw(st.sampled_from(forms)),
        target=draw(st.sampled_from(["plain", *targets])),
        weight=draw(st.sampled_from(["none", *(HARMLESS_WEIGHTS if harmless else WEIGHTS)])),
        names=draw(st.sampled_from(["plain"] * 4 + ([] if harmless else list(NAMES)))),
        validation=draw(st.sampled_from(["none", "none", "rows"])),
        seed=draw(st.integers(0, 3)),
    )


@st.composite
def table_parameters(draw, estimator: str, *, most: int = 4) -> dict:
    known = PARAMETERS[estimator]
    names = [*known, *TABLE_FAVOURITES.intersection(known), *TABLE_FAVOURITES.intersection(known)]
    names = draw(st.lists(st.sampled_from(sorted(names)), max_size=most, unique=True))
    chosen = {name: draw(st.sampled_from(known[name])) for name in names}
    if draw(st.integers(0, 9)) == 9:
        name = draw(st.sampled_from(sorted(known)))
        chosen[name] = draw(st.sampled_from(hostile_values(name)))
        if name in ("n_jobs", "n_estimators") and any(chosen[name] is value for value in MANY):
            chosen[name] = 1
    return chosen


@st.composite
def table_calls(draw, estimator: str) -> Call:
    what = draw(
        st.sampled_from(
            ["fit", "fit", "fit_transform", *TABLE_READING, *COPIES, "set_params", "interrupt"]
        )
    )
    arguments: dict = {}
    if what == "set_params":
        arguments = draw(table_parameters(estimator, most=2))
    elif what == "interrupt":
        arguments = {"position": draw(st.sampled_from([0.0, 0.4, 1.0, 2.0, 2.7, 4.0, 9.0, 30.0]))}
    return Call(what, draw(st.sampled_from([0, 0, 0, 1])), arguments)


@st.composite
def table_cases(draw, estimators=tuple(TABLE_ESTIMATORS)) -> TableCase:
    estimator = draw(st.sampled_from(estimators))
    numbers = estimator in OF_NUMBERS
    first = draw(frames(numbers=numbers))
    second = draw(frames(like=first, numbers=numbers))
    start = (Call("fit"),)
    if estimator not in LEARNERS:
        start = draw(st.sampled_from([(Call("fit"),), (Call("fit_transform"),)]))
    if draw(st.integers(0, 9)) == 9:
        start = ()
    rest = draw(st.lists(table_calls(estimator), min_size=1, max_size=5))
    return TableCase(estimator, draw(table_parameters(estimator)), (first, second), (*start, *rest))
