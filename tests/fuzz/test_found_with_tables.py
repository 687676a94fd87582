"""What the long run has found with tables, each under a name that says what was wrong."""

from functools import cached_property

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from fuzz_cases import Call
from fuzz_tables import (
    COLUMNS,
    HARMLESS_COLUMNS,
    HARMLESS_CONTAINERS,
    Frame,
    TableCase,
    TableSession,
    make_table,
)
from helpers.unchanged import assert_refused
from skperceptron import MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron.tabular import (
    PiecewiseLinearEncoder,
    RobustClipScaler,
    TabularMLPClassifier,
    TabularMLPRegressor,
    TabularPreprocessor,
)

X = np.arange(40.0).reshape(20, 2)
Y = np.arange(20.0)


@pytest.mark.skipif(not hasattr(pl, "Int128"), reason="this version of polars has none")
class TestIntegersOf128BitsInPolars:
    @cached_property
    def table(self):
        return pl.DataFrame({"a": [10**30, 1, 2] * 5}, strict=False)

    def test_were_refused_by_polars_where_they_are_numbers(self):
        assert self.table["a"].dtype == pl.Int128
        model = TabularPreprocessor(dtype="float64").fit(self.table)
        as_floats = self.table.with_columns(pl.col("a").cast(pl.Float64))
        assert_array_equal(model.transform(self.table), model.transform(as_floats))

    @pytest.mark.parametrize(
        "estimator",
        [
            MLPRegressor(),
            MLPClassifier(),
            PerceptronClassifier(),
            RobustClipScaler(),
            PiecewiseLinearEncoder(),
        ],
    )
    def test_were_refused_without_the_name_of_x_where_arrays_are_wanted(self, estimator):
        match = "X has integers of 128 bits in column 'a': cast the column to Float64"
        assert_refused(clone(estimator), lambda m: m.fit(self.table, [0, 1, 1] * 5), match)


@pytest.mark.parametrize("estimator", [MLPRegressor(), PerceptronClassifier(), RobustClipScaler()])
@pytest.mark.parametrize("table", [pd.DataFrame(index=range(3)), pl.DataFrame()])
def test_frames_without_columns_were_called_arrays_without_a_type(estimator, table):
    match = r"X: Found a table with 0 feature\(s\)"
    assert_refused(clone(estimator), lambda m: m.fit(table, [0, 1, 1]), match)


@pytest.mark.parametrize("kind", [TabularMLPClassifier, TabularMLPRegressor])
def test_errors_about_network_params_did_not_name_it(kind):
    for params, match in (
        ({"alpha": -1}, "^network_params: The 'alpha' parameter"),
        ({"loss": "hubert"}, "^network_params.*loss"),
    ):
        model = kind(network_params=params)
        assert_refused(model, lambda m: m.fit(X, Y > 9), match)
    model = kind(network_params={"alpha": 0.1}, hidden_layer_sizes=(-1,))
    assert_refused(model, lambda m: m.fit(X, Y > 9), "^hidden_layer_sizes must be > 0")


def test_y_of_another_length_was_not_named():
    model = TabularPreprocessor()
    assert_refused(model, lambda m: m.fit(X, Y[1:]), r"^y: .*\[20, 19\]")


def test_groups_of_another_length_were_not_named():
    model = TabularMLPClassifier(n_estimators=2, cv=GroupKFold(2))
    assert_refused(model, lambda m: m.fit(X, Y > 9, groups=Y[1:]), r"^groups: .*\[20, 19\]")


def test_a_ragged_list_of_categorical_features_was_not_named():
    model = TabularPreprocessor(categorical_features=[[0], [0, 1]])
    assert_refused(model, lambda m: m.fit(X), "^categorical_features")


class TestHyperparametersThatChangeAfterAFit:
    @pytest.mark.parametrize(
        ("given", "method", "match"),
        [
            ({"quantiles": (0.1, 0.9)}, "predict_quantiles", "needs quantiles in fit"),
            ({"quantiles": (0.1, 0.9)}, "predict_interval", "needs quantiles, or loss="),
            ({"loss": "gaussian"}, "predict_interval", "needs quantiles, or loss="),
        ],
    )
    @pytest.mark.parametrize("before", [{}, {"loss": "huber"}])
    def test_asked_for_what_fit_had_not_learnt(self, before, given, method, match):
        model = TabularMLPRegressor(max_iter=1, random_state=0, **before).fit(X, Y)
        expected = model.predict(X)
        model.set_params(**{"loss": "squared_error", **given})
        assert_refused(model, lambda m: getattr(m, method)(X), match)
        assert_array_equal(model.predict(X), expected)

    def test_asked_for_quantiles_of_a_normal_distribution(self):
        model = TabularMLPRegressor(max_iter=1, random_state=0, loss="gaussian").fit(X, Y)
        model.set_params(quantiles=[0.5])
        assert_refused(model, lambda m: m.predict_quantiles(X), "needs quantiles in fit")

    @pytest.mark.parametrize(
        ("transformer", "name", "value"),
        [
            (RobustClipScaler(), "max_absolute_value", [[1], [1, 2]]),
            (RobustClipScaler(), "max_absolute_value", -1.0),
            (PiecewiseLinearEncoder(), "dtype", "float8"),
            (PiecewiseLinearEncoder(), "feature_range", 3),
            (TabularPreprocessor(), "dtype", "float8"),
        ],
    )
    def test_were_not_named_by_transform(self, transformer, name, value):
        fitted = clone(transformer).fit(X)
        encoded = fitted.transform(X)
        fitted.set_params(**{name: value})
        assert_refused(fitted, lambda m: m.transform(X), name)
        if hasattr(fitted, "inverse_transform"):
            assert_refused(fitted, lambda m: m.inverse_transform(encoded), name)


class TestTheMachine:
    """It finds what is wrong with tables, if something is."""

    CASE = TableCase("TabularMLPRegressor", {}, (Frame(), Frame()), (Call("fit"), Call("predict")))

    @pytest.fixture(autouse=True)
    def run_without_a_fault(self):
        TableSession(self.CASE).run()

    def test_a_trace_of_a_failed_fit(self, monkeypatch):
        def fit(self, X, y, **more):
            self.n_iter_ = 3
            raise ValueError("X")

        monkeypatch.setattr(TabularMLPRegressor, "fit", fit)
        with pytest.raises(AssertionError, match="fit failed and left a trace"):
            TableSession(self.CASE).run()

    def test_a_table_that_is_changed(self, monkeypatch):
        fit = TabularMLPRegressor.fit

        def changing(self, X, y, **more):
            X.iloc[0, 0] = 7.0
            return fit(self, X, y, **more)

        monkeypatch.setattr(TabularMLPRegressor, "fit", changing)
        with pytest.raises(AssertionError, match="fit changed its data"):
            TableSession(self.CASE).run()

    def test_predictions_that_depend_on_the_rows_beside(self, monkeypatch):
        predict = TabularMLPRegressor.predict
        monkeypatch.setattr(
            TabularMLPRegressor, "predict", lambda self, X: predict(self, X) * (1 + len(X))
        )
        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            TableSession(self.CASE).run()

    def test_an_encoding_that_is_not_finite(self, monkeypatch):
        monkeypatch.setattr(
            TabularPreprocessor, "transform", lambda self, X: np.full((12, 3), np.inf)
        )
        case = TableCase("TabularPreprocessor", {}, self.CASE.tables, (Call("fit"),))
        with pytest.raises(AssertionError, match="transform is not finite"):
            TableSession(case).run()

    def test_a_trace_of_ctrl_c(self, monkeypatch):
        def fit(self, X, y, **more):
            self.n_iter_ = 3
            raise KeyboardInterrupt

        monkeypatch.setattr(TabularMLPRegressor, "fit", fit)
        case = TableCase(
            "TabularMLPRegressor", {}, self.CASE.tables, (Call("interrupt", 0, {"position": 9.0}),)
        )
        with pytest.raises(AssertionError, match="Ctrl-C left a trace"):
            TableSession(case).run()


def test_every_kind_of_column_and_container_is_tried_once():
    """Cases of hypothesis need not meet all."""
    calls = (Call("fit"), Call("predict"))
    for container in HARMLESS_CONTAINERS:
        frame = Frame(columns=("normal", "strings"), form=container)
        TableSession(TableCase("TabularPreprocessor", {}, (frame, frame), calls)).run()
    for kind in COLUMNS:
        frame = Frame(columns=("normal", kind))
        try:
            make_table(frame)
        except OverflowError:  # pandas before 2.2 holds no integers beyond floats
            continue
        session = TableSession(TableCase("TabularPreprocessor", {}, (frame, frame), calls))
        session.run()
        # Integers that are objects in a frame are categories, of any size.
        known = [*HARMLESS_COLUMNS, "integers beyond floats"]
        assert session.fitted == (kind in known), kind


TABLE = np.random.default_rng(0).random((20, 4))
TABLE[0, 0] = np.inf
COUNTS = (np.arange(20) > 0).astype(float)


class TestInfinityInRowsThatDoNotCount:
    """Only rows of positive weight, and those that a split had, were looked at."""

    @pytest.mark.parametrize("estimator", [TabularMLPRegressor(), TabularMLPClassifier()])
    @pytest.mark.parametrize("more", [{}, {"X_val": TABLE[1:], "y_val": Y[1:] % 2}])
    def test_was_trained_on(self, estimator, more):
        assert_refused(
            clone(estimator),
            lambda m: m.fit(TABLE, Y % 2, COUNTS, **more),
            "X contains infinity",
        )

    def test_was_trained_on_where_a_split_left_it_out(self):
        model = TabularMLPRegressor(cv=[(np.arange(1, 15), np.arange(15, 20))])
        assert_refused(model, lambda m: m.fit(TABLE, Y), "X contains infinity")

    def test_was_validated_on(self):
        data = {"X_val": TABLE, "y_val": Y, "sample_weight_val": COUNTS}
        assert_refused(
            TabularMLPRegressor(),
            lambda m: m.fit(TABLE[1:], Y[1:], **data),
            "X_val: Input X contains infinity",
        )

    @pytest.mark.parametrize(
        "transformer", [TabularPreprocessor(), RobustClipScaler(), PiecewiseLinearEncoder()]
    )
    def test_is_refused_by_transformers(self, transformer):
        assert_refused(
            clone(transformer), lambda m: m.fit(TABLE, None, COUNTS), "X contains infinity"
        )
