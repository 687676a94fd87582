"""What X, y and the weights may be made of, and how it is said where they may not."""

import copy
import datetime
import enum
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone

from helpers.marks import every
from helpers.unchanged import assert_refused
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
Y = X[:, 0] > 0
DAYS = np.datetime64("2024-01-01", "ns") + np.arange(60).astype("m8[D]")

ESTIMATORS = [
    MLPClassifier(max_iter=2, random_state=0),
    MLPRegressor(max_iter=2, random_state=0),
    MLPAutoencoder(max_iter=2, random_state=0),
    PerceptronClassifier(max_iter=2),
]
CLASSIFIERS = [ESTIMATORS[0], ESTIMATORS[3]]
every_estimator = every("estimator", ESTIMATORS)
every_classifier = every("estimator", CLASSIFIERS)


def target(estimator):
    return X[:, 0] if isinstance(estimator, MLPRegressor) else Y


@every_estimator
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_lists_after_data_frames(estimator, method):
    """They train as the same rows in an array do."""
    models = [clone(estimator).set_params(warm_start=True) for _ in range(2)]
    for model, rows in zip(models, (X, X.tolist()), strict=True):
        model.fit(pd.DataFrame(X, columns=list("abcd")), target(model))
        getattr(model, method)(rows, target(model))
    coefs = [np.ravel(m.coef_) if hasattr(m, "coef_") else m.coefs_[0].ravel() for m in models]
    assert_array_equal(*coefs)


def methods(estimator):
    """Those that look at X, as functions of a fitted estimator and X."""
    names = ["predict", "predict_proba", "predict_log_proba", "decision_function", "transform"]
    calls = {
        name: lambda model, data, name=name: getattr(model, name)(data)
        for name in [*names, "hidden_activations"]
        if hasattr(estimator, name)
    }
    y = target(estimator)
    calls["fit"] = lambda model, data: model.fit(data, y)
    calls["score"] = lambda model, data: model.score(data, y)
    calls["partial_fit"] = lambda model, data: model.partial_fit(data, y)
    return calls


def column(values):
    return pd.DataFrame(X, columns=list("abcd")).assign(d=values)


def of_objects(make):
    """Three columns of numbers, and one of what ``make`` returns."""
    data = X.astype(object)
    data[:, 2] = [make(day) for day in range(60)]
    return data


# Data, and what the message says is where.
DATES = {
    "datetime64": (np.column_stack([DAYS, DAYS]), "dates of type datetime64.* in columns 0, 1:"),
    "NaT alone": (np.full((60, 1), "NaT", "M8[D]"), "dates .* in column 0:"),
    "timedelta64": ((DAYS - DAYS[0]).reshape(-1, 1), "timedeltas .* in column 0:"),
    "datetime": (of_objects(lambda day: datetime.datetime(2024, 1, 1)), "dates .* in column 2:"),
    "date": (of_objects(lambda day: datetime.date(2024, 1, 1)), "dates .* in column 2:"),
    "time": (of_objects(lambda day: datetime.time(1)), "dates .* in column 2:"),
    "timedelta": (of_objects(datetime.timedelta), "timedeltas of type timedelta in column 2:"),
    "objects of NumPy": (of_objects(lambda day: DAYS[day]), "dates .* in column 2:"),
    "Timestamp": (of_objects(pd.Timestamp), "dates of type Timestamp in column 2:"),
    "Timedelta": (of_objects(pd.Timedelta), "timedeltas of type Timedelta in column 2:"),
    "NaT": (of_objects(lambda day: pd.NaT if day == 9 else 1.0), "dates .* in column 2:"),
    "lists": (of_objects(lambda day: datetime.date.min).tolist(), "dates .* in column 2:"),
    "lists of NumPy's": (of_objects(lambda day: DAYS[day]).tolist(), "dates .* in column 2:"),
    "lists with strings": (
        [[np.datetime64("2024", "Y"), "1.5"] for _ in range(60)],
        "dates .* in column 0:",
    ),
    "frame": (column(DAYS), "dates of type datetime64.* in column 'd':"),
    "frame of dates": (pd.DataFrame({"a": DAYS, "b": DAYS}), "dates .* in columns 'a', 'b':"),
    "time zone": (column(pd.Series(DAYS).dt.tz_localize("UTC")), "dates .* in column 'd':"),
    "period": (column(pd.Series(DAYS).dt.to_period("D")), "dates .* in column 'd':"),
    "frame of durations": (column(DAYS - DAYS[0]), "timedeltas .* in column 'd':"),
    "object column": (column(pd.Series(DAYS).astype(object)), "dates .* in column 'd':"),
    "category": (column(pd.Series(DAYS).astype("category")), "dates .* in column 'd':"),
    "Arrow timestamp": (column(pd.Series(DAYS).astype("timestamp[ns][pyarrow]")), "dates .* 'd':"),
    "Arrow date": (column(pd.Series(DAYS).astype("date32[pyarrow]")), "dates .* in column 'd':"),
    "Arrow duration": (
        column(pd.Series(DAYS - DAYS[0]).astype("duration[ns][pyarrow]")),
        "timedeltas .* in column 'd':",
    ),
    "columns of one name": (
        pd.concat([column(1.0), column(DAYS)], axis=1),
        "dates .* in column 'd':",
    ),
    "names that are numbers": (column(DAYS).set_axis(range(4), axis=1), "dates .* in column 3:"),
    "polars": (pl.DataFrame(X).with_columns(d=pl.Series(DAYS)), "dates .* in column 'd':"),
    "polars date": (
        pl.DataFrame(X).with_columns(d=pl.Series(DAYS).cast(pl.Date)),
        "dates of type Date in column 'd':",
    ),
    "polars duration": (
        pl.DataFrame(X).with_columns(d=pl.Series(DAYS - DAYS[0])),
        "timedeltas .* in column 'd':",
    ),
    "polars time": (
        pl.DataFrame(X).with_columns(d=pl.Series([datetime.time(1)] * 60)),
        "dates of type Time in column 'd':",
    ),
    "many columns": (np.repeat(DAYS[:, np.newaxis], 9, axis=1), "columns 0, 1, 2, 3, 4 and 4 more"),
    "objects that are complex": (of_objects(complex), "[Cc]omplex .* in column 2;"),
}


class TestDates:
    """NumPy would make 1e18 of them, in nanoseconds."""

    @every_estimator
    @pytest.mark.parametrize("what", DATES)
    def test_are_refused_by_fit(self, estimator, what):
        data, match = DATES[what]
        assert_refused(clone(estimator), lambda m: m.fit(data, target(m)), f"^X.*{match}")

    @every_estimator
    @pytest.mark.parametrize(
        "what", ["datetime64", "datetime", "Timestamp", "frame", "polars date"]
    )
    def test_are_refused_by_every_method_before_the_number_of_columns_is(self, estimator, what):
        data, match = DATES[what]
        fitted = clone(estimator).fit(X, target(estimator))
        for call in methods(fitted).values():
            assert_refused(fitted, lambda m, call=call: call(m, data), f"^X must be.*{match}")

    @every_estimator
    def test_are_refused_as_weights(self, estimator):
        for weights in (DAYS, DAYS.astype("M8[s]").astype(object), pd.Series(DAYS), list(DAYS)):
            assert_refused(
                clone(estimator),
                lambda m, weights=weights: m.fit(X, target(m), sample_weight=weights),
                "^sample_weight must be numbers, got dates",
            )

    @every("estimator", ESTIMATORS[:3])
    def test_are_refused_to_validate_by(self, estimator):
        y = {} if isinstance(estimator, MLPAutoencoder) else {"y_val": target(estimator)}
        for data in (np.column_stack([DAYS] * 4), of_objects(pd.Timestamp)):
            assert_refused(
                clone(estimator),
                lambda m, data=data: m.fit(X, target(m), X_val=data, **y),
                r"^X_val must be numbers, got dates .* in column",
            )
        assert_refused(
            clone(estimator),
            lambda m: m.fit(X, target(m), X_val=X, **y, sample_weight_val=DAYS),
            "^sample_weight_val must be numbers, got dates",
        )

    @pytest.mark.parametrize(
        "y",
        [
            DAYS,
            DAYS.astype("M8[s]").astype(object),
            list(DAYS),
            [*map(pd.Timestamp, DAYS)],
            pd.Series(DAYS),
        ],
    )
    def test_are_refused_as_targets_of_a_regressor(self, y):
        # Objects of NumPy's became nanoseconds.
        match = "^y must be numbers, got"
        assert_refused(clone(ESTIMATORS[1]), lambda m: m.fit(X, y), match)

    def test_are_refused_as_codes(self):
        model = clone(ESTIMATORS[2]).fit(X)
        match = "^X must be numbers, got dates .* in columns 0, 1:"
        assert_refused(model, lambda m: m.inverse_transform(np.column_stack([DAYS, DAYS])), match)

    def test_are_refused_as_weights_to_start_from(self):
        call = lambda m: m.fit(X, Y, coef_init=DAYS[:4].reshape(1, 4))  # noqa: E731
        assert_refused(clone(ESTIMATORS[3]), call, "^coef_init must be numbers, got dates")

    def test_made_numbers_as_the_message_says_they_are_taken(self):
        days = (DAYS - DAYS[0]) / np.timedelta64(1, "D")
        assert clone(ESTIMATORS[0]).fit(column(days), Y).n_features_in_ == 4


DIGITS = {
    "strings": X.astype(str),
    "bytes": X.astype(str).astype("S"),
    "objects": X.astype(str).astype(object),
    "lists": X.astype(str).tolist(),
    "lists with numbers": [[*map(str, row[:2]), *row[2:]] for row in X.tolist()],
    "frame": pd.DataFrame(X.astype(str)),
    "frame of objects": pd.DataFrame(X.astype(str)).astype(object),
    "one column": column(X[:, 3].astype(str)),
    "polars": pl.DataFrame(X.astype(str)),
    "decimals": np.array([[*map(Decimal, row)] for row in X.tolist()]),
    "fractions": np.array([[*map(Fraction, row)] for row in X.tolist()]),
}
if hasattr(np.dtypes, "StringDType"):
    DIGITS["variable-width strings"] = X.astype(str).astype(np.dtypes.StringDType())


class TestDigits:
    """Strings that say numbers are these numbers, in every method."""

    @every_estimator
    @pytest.mark.parametrize(
        ("what", "dtype"),
        [*((what, None) for what in DIGITS), ("strings", "float32"), ("frame", "float32")],
    )
    @pytest.mark.filterwarnings("ignore:X (has|does not have)")
    @pytest.mark.one_of_each
    def test_are_numbers(self, estimator, what, dtype):
        data = DIGITS[what]
        parameters = {} if isinstance(estimator, PerceptronClassifier) else {"dtype": dtype}
        model = clone(estimator).set_params(**parameters)
        by_numbers = clone(model).fit(X, target(model))
        model.fit(data, target(model))
        rounding = 1e-5 if dtype == "float32" else 1e-13
        for name, call in methods(model).items():
            if name in ("fit", "partial_fit"):
                continue
            # A frame has its columns one by one in memory, so sums of 4 terms differ by rounding.
            assert_allclose(
                call(model, data), call(by_numbers, X), rtol=rounding, atol=rounding, err_msg=name
            )
            assert_allclose(
                call(by_numbers, data),
                call(by_numbers, X),
                rtol=rounding,
                atol=rounding,
                err_msg=name,
            )
        model.partial_fit(data, target(model))
        by_numbers.partial_fit(X, target(model))
        scores = [m.score(X, target(m)) for m in (model, by_numbers)]
        assert_allclose(*scores, rtol=rounding)

    def test_of_codes(self):
        model = clone(ESTIMATORS[2]).fit(X)
        codes = model.transform(X)
        expected = model.inverse_transform(codes)
        for given in (codes.astype(str), codes.astype(str).astype(object), codes.tolist()):
            assert_array_equal(model.inverse_transform(given), expected)

    @every_estimator
    def test_words_are_refused(self, estimator):
        words = np.full((60, 4), "one")
        fitted = clone(estimator).fit(X, target(estimator))
        for data in (words, words.astype(object), words.tolist()):
            for call in methods(fitted).values():
                match = "^X: could not convert string to float"
                assert_refused(fitted, lambda m, call=call, data=data: call(m, data), match)

    @every_estimator
    def test_records_are_refused(self, estimator):
        records = np.zeros((60, 4), dtype=[("a", float)])
        call = lambda m: m.fit(records, target(m))  # noqa: E731
        assert_refused(clone(estimator), call, "^X must be numbers, got an array of dtype")


BEYOND = 10**400


class TestIntegersBeyondFloats:
    @every_estimator
    def test_in_x(self, estimator):
        huge = X.astype(object)
        huge[3, 1] = BEYOND
        fitted = clone(estimator).fit(X, target(estimator))
        for data in (huge, huge.tolist(), pd.DataFrame(huge).to_numpy()):
            for call in methods(fitted).values():
                assert_refused(fitted, lambda m, call=call, data=data: call(m, data), "^X: int too")

    def test_in_y(self):
        for y in ([BEYOND] + [1] * 59, np.array([BEYOND] + [1] * 59)):
            assert_refused(clone(ESTIMATORS[1]), lambda m, y=y: m.fit(X, y), "^y: int too large")
            for estimator in CLASSIFIERS:
                call = lambda m, y=y: m.fit(X, y)  # noqa: E731
                assert_refused(clone(estimator), call, "^y has integers beyond 64 bits")

    @every_estimator
    def test_in_weights(self, estimator):
        weights = [BEYOND] + [1] * 59
        call = lambda m: m.fit(X, target(m), sample_weight=weights)  # noqa: E731
        assert_refused(clone(estimator), call, "^sample_weight: int too large")

    @every_estimator
    @pytest.mark.parametrize(
        "value",
        [BEYOND, -BEYOND, 10**5000, np.longdouble("1e400")],
        ids=["large", "negative", "too long to print", "long double"],
    )
    def test_in_hyperparameters(self, estimator, value):
        if np.isinf(np.longdouble("1e400")) and isinstance(value, np.longdouble):
            pytest.skip("a long double is a double here")
        known = {
            name: default
            for name, default in estimator.get_params().items()
            if isinstance(default, int | float) and not isinstance(default, bool)
        }
        assert len(known) >= 5
        for name in [*known, *({"hidden_layer_sizes"} & estimator.get_params().keys())]:
            model = clone(estimator).set_params(**{name: value})
            assert_refused(model, lambda m: m.fit(X, target(m)), rf"^{name} is beyond the numbers")

    @every_estimator
    def test_fractions_as_hyperparameters(self, estimator):
        model = clone(estimator).set_params(alpha=Fraction(1, 10))
        match = r"^alpha must not be a Fraction: pass float\(1/10\)"
        assert_refused(model, lambda m: m.fit(X, target(m)), match)

    @every_classifier
    def test_in_class_weights(self, estimator):
        model = clone(estimator).set_params(class_weight={True: BEYOND})
        assert_refused(model, lambda m: m.fit(X, Y), "^class_weight=.* does not fit y: int too")

    def test_large_integers_that_are_floats_too_are_taken(self):
        # Beyond 64 bits NumPy makes objects of them.
        rate = {"solver": "sgd", "clip_norm": 1e-30, "max_iter": 2, "random_state": 0}
        for dtype in (np.float32, np.float64):
            data = X.astype(dtype)
            whole = MLPClassifier(learning_rate_init=10**25, **rate).fit(data, Y)
            real = MLPClassifier(learning_rate_init=1e25, **rate).fit(data, Y)
            assert_array_equal(whole.coefs_[0], real.coefs_[0])
            assert whole.coefs_[0].dtype == dtype


class Colour(str, enum.Enum):  # noqa: UP042 (str of a StrEnum would be its value anyway)
    RED = "red"
    BLUE = "blue"


INTS = Y.astype(int)
WORDS = np.where(Y, "yes", "no")

# Labels, as they come, and what they are.
PLAIN = {
    "ints": (INTS.astype(object), INTS),
    "bools": (Y.astype(object), Y),
    "strings": (WORDS.astype(object), WORDS),
    "floats": (Y.astype(float).astype(object), Y.astype(float)),
    "ints and floats": (np.array([2.0, 1], dtype=object)[INTS], np.array([2.0, 1.0])[INTS]),
    "ints of NumPy's": (np.array([np.int8(1), 2], dtype=object)[INTS], np.array([1, 2])[INTS]),
    "strings of NumPy's": (
        np.array([np.str_("no"), "yes"], dtype=object)[INTS],
        WORDS,
    ),
    "members of an Enum": (
        np.array([Colour.RED, Colour.BLUE], dtype=object)[INTS],
        np.array(["red", "blue"])[INTS],
    ),
    "list": (WORDS.tolist(), WORDS),
    "list of bools": (Y.tolist(), Y),
    "Series of objects": (pd.Series(INTS, dtype=object), INTS),
    "Series of strings": (pd.Series(WORDS, dtype="string"), WORDS),
    "Series of str": (pd.Series(WORDS), WORDS),
    "category": (pd.Series(WORDS, dtype="category"), WORDS),
    "category of ints": (pd.Series(INTS, dtype="category"), INTS),
    "boolean": (pd.Series(Y, dtype="boolean"), Y),
    "Int64": (pd.Series(INTS, dtype="Int64"), INTS),
    "Arrow": (pd.Series(WORDS, dtype="string[pyarrow]"), WORDS),
    "polars strings": (pl.Series(WORDS), WORDS),
    "polars bools": (pl.Series(Y), Y),
    "polars category": (pl.Series(WORDS).cast(pl.Categorical), WORDS),
    "polars objects": (pl.Series(INTS.tolist(), dtype=pl.Object), INTS),
}
if hasattr(np.dtypes, "StringDType"):
    PLAIN["variable-width strings"] = (WORDS.astype(np.dtypes.StringDType()), WORDS)

MISSING = "y has missing labels"
MIXED = {
    "ints and strings": ([1, "a"], r"y has labels of mixed types \(int, str\)"),
    "floats and strings": ([1.5, "a"], r"y has labels of mixed types \(float, str\)"),
    "bools and strings": ([True, "a"], r"y has labels of mixed types \(bool, str\)"),
    "bools and ints": (np.array([True, 0], dtype=object), r"mixed types \(bool, int\)"),
    "bytes and strings": ([b"a", "b"], r"mixed types \(bytes, str\)"),
    "None": ([None, "a"], MISSING),
    "None and ints": ([None, 1], MISSING),
    "NaN": ([np.nan, "a"], MISSING),
    "NaN among objects": (np.array([np.nan, 1], dtype=object), MISSING),
    "NA": (np.array([pd.NA, 1], dtype=object), MISSING),
    "NA of boolean": (pd.array([True, None], dtype="boolean"), MISSING),
    "NA of string": (pd.array(["a", None], dtype="string"), MISSING),
    "NaN of floats": (np.array([np.nan, 1.0]), "contains NaN"),
    "long integers": ([10**30, 1], "y has integers beyond 64 bits"),
}


def rows_of(labels):
    """Sixty of them, in a container of the same kind."""
    if isinstance(labels, list):
        return labels * 30
    take = np.tile([0, 1], 30)
    return labels.take(take) if hasattr(labels, "take") else labels[take]


class TestLabels:
    @every_classifier
    @pytest.mark.parametrize("what", PLAIN)
    @pytest.mark.one_of_each
    def test_of_objects_are_taken_for_what_they_are(self, estimator, what):
        y, plain = PLAIN[what]
        expected = clone(estimator).fit(X, plain)
        model = clone(estimator).fit(X, y)
        assert_array_equal(model.classes_, np.unique(plain))
        assert model.classes_.dtype == plain.dtype
        assert model.predict(X).dtype == plain.dtype
        assert_array_equal(model.predict(X), expected.predict(X))
        assert model.score(X, y) == expected.score(X, plain)
        stopping = clone(estimator).set_params(early_stopping=True)
        by_plain = clone(stopping).fit(X, plain)
        assert_array_equal(stopping.fit(X, y).predict(X), by_plain.predict(X))

    @every_classifier
    @pytest.mark.parametrize("what", PLAIN)
    @pytest.mark.one_of_each
    def test_of_objects_in_partial_fit(self, estimator, what):
        y, plain = PLAIN[what]
        classes = np.unique(plain)
        expected = clone(estimator).partial_fit(X, plain, classes=classes)
        for given in (classes, classes.astype(object), classes.tolist()):
            model = clone(estimator).partial_fit(X, y, classes=given)
            model.partial_fit(X, y, classes=given).partial_fit(X, y)
            assert model.classes_.dtype == classes.dtype
        expected.partial_fit(X, plain).partial_fit(X, plain)
        assert_array_equal(model.predict(X), expected.predict(X))

    @pytest.mark.parametrize("what", PLAIN)
    def test_of_objects_to_validate_by_and_with_weights(self, what):
        y, plain = PLAIN[what]
        weights = dict(zip(np.unique(plain).tolist(), (1.0, 3.0), strict=True))
        model = clone(ESTIMATORS[0]).set_params(class_weight=weights, early_stopping=True)
        expected = clone(model).fit(X, plain, X_val=X, y_val=plain)
        model.fit(X, y, X_val=X, y_val=y)
        assert model.validation_scores_ == expected.validation_scores_
        assert_array_equal(model.coefs_[0], expected.coefs_[0])

    def test_of_a_warm_start_may_come_in_another_container(self):
        model = clone(ESTIMATORS[0]).set_params(warm_start=True).fit(X, WORDS)
        model.fit(X, WORDS.astype(object)).fit(X, pd.Series(WORDS, dtype="category"))
        assert len(model.loss_curve_) == 6

    @every_classifier
    @pytest.mark.parametrize("what", MIXED)
    def test_that_are_mixed_or_missing(self, estimator, what):
        y, match = MIXED[what]
        y = rows_of(y)
        assert_refused(clone(estimator), lambda m: m.fit(X, y), match)
        call = lambda m: m.partial_fit(X, y, classes=[0, 1])  # noqa: E731
        assert_refused(clone(estimator), call, match)
        if isinstance(estimator, MLPClassifier):
            call = lambda m: m.fit(X, Y, X_val=X, y_val=y)  # noqa: E731
            assert_refused(clone(estimator), call, match.replace("y ", "y_val ", 1))

    @every_classifier
    def test_that_are_mixed_in_classes(self, estimator):
        call = lambda m: m.partial_fit(X, Y, classes=[1, "a"])  # noqa: E731
        assert_refused(clone(estimator), call, r"classes has labels of mixed types \(int, str\)")

    @every_classifier
    @pytest.mark.parametrize(
        ("classes", "y"), [([0, 1], INTS.astype(str)), (["0", "1"], INTS), (["0", "1"], Y)]
    )
    def test_a_string_is_no_number(self, estimator, classes, y):
        call = lambda m: m.partial_fit(X, y, classes=classes)  # noqa: E731
        assert_refused(clone(estimator), call, "`y` has classes not in")

    def test_indicators_as_objects(self):
        indicators = (X[:, :3] > 0).astype(int)
        expected = clone(ESTIMATORS[0]).fit(X, indicators)
        frame = pd.DataFrame(indicators).astype({0: bool})
        for y in (indicators.astype(object), (X[:, :3] > 0).astype(object), frame):
            model = clone(ESTIMATORS[0]).fit(X, y)
            assert_array_equal(model.predict(X), expected.predict(X))
            assert model.score(X, y) == expected.score(X, indicators)


class TestClassWeights:
    @every_classifier
    @pytest.mark.parametrize(
        "given",
        [[1.0, 2.0], [{0: 1, 1: 2}], [], [{0: 1}, {0: 1}], (1.0, 2.0), np.array([1.0, 2.0])],
        ids=str,
    )
    def test_that_are_no_dict(self, estimator, given):
        # A list was indexed by the labels.
        model = clone(estimator).set_params(class_weight=given)
        assert_refused(model, lambda m: m.fit(X, INTS), "class_weight")
        call = lambda m: m.partial_fit(X, INTS, classes=[0, 1])  # noqa: E731
        assert_refused(model, call, "class_weight")

    @every_classifier
    def test_of_strings_that_say_numbers(self, estimator):
        # scikit-learn's function looks for the numbers.
        model = clone(estimator).set_params(class_weight={"0": 1.0, "1": 3.0})
        expected = clone(estimator).set_params(class_weight={0: 1.0, 1: 3.0}).fit(X, INTS)
        for y in (INTS.astype(str), INTS.astype(str).astype(object)):
            assert_array_equal(model.fit(X, y).predict(X), expected.predict(X).astype(str))

    def test_of_several_labels(self):
        indicators = (X[:, :2] > 0).astype(int)
        model = clone(ESTIMATORS[0]).set_params(class_weight=[{0: 1, 1: 2}, {0: 1, 1: 3}])
        weights = np.prod(np.where(indicators, [2.0, 3.0], 1.0), axis=1)
        expected = clone(ESTIMATORS[0]).fit(X, indicators, sample_weight=weights)
        assert_array_equal(model.fit(X, indicators).coefs_[0], expected.coefs_[0])
        for given in ([{0: 1}], [{0: 1}] * 3, [1.0, 2.0], {0: 1, 1: 2}, [{0: 1, 1: 2}, "balanced"]):
            model = clone(ESTIMATORS[0]).set_params(class_weight=given)
            assert_refused(model, lambda m: m.fit(X, indicators), "class_weight")


SPARSE_CASES = [
    {},
    {"early_stopping": True},
    {"solver": "lbfgs"},
    {"input_dropout": 0.5},
    {"dtype": "float32"},
    {"penalty": "l1"},
    {"algorithm": "pocket"},
]


def messy(kind):
    """A sparse matrix whose entries are unsorted, some of them twice, some of them 0."""
    stream = np.random.default_rng(1)
    rows, columns = np.sort(stream.integers(0, 60, 300)), stream.integers(0, 4, 300)
    values = stream.normal(size=300)
    values[::7] = 0
    if kind == "coo":
        return sparse.coo_matrix((values, (rows, columns)), shape=(60, 4))
    compressed = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=60))])
    make = sparse.csr_array if kind == "csr array" else sparse.csr_matrix
    dtype = np.float32 if kind == "csr, float32" else np.float64
    return make((values.astype(dtype), columns, compressed), shape=(60, 4))


def bytes_of(matrix):
    """All that a sparse matrix is, and which arrays hold it."""
    names = [name for name in ("data", "indices", "indptr", "row", "col") if hasattr(matrix, name)]
    arrays = {name: getattr(matrix, name) for name in names}
    content = {name: (id(a), a.dtype, a.tobytes()) for name, a in arrays.items()}
    return content, matrix.shape, getattr(matrix, "has_sorted_indices", None)


@every_estimator
@pytest.mark.parametrize(
    ("kind", "writeable"),
    [("csr", True), ("csr", False), ("csr array", True), ("csr, float32", True), ("coo", True)],
)
class TestSparseMatricesAreNeverChanged:
    @pytest.fixture
    def data(self, kind, writeable):
        matrix = messy(kind)
        for name in ("data", "indices", "indptr", "row", "col"):
            if hasattr(matrix, name):
                getattr(matrix, name).setflags(write=writeable)
        return matrix

    @pytest.mark.one_of_each
    def test_where_all_goes_well(self, estimator, data):
        known = estimator.get_params().keys()
        cases = [parameters for parameters in SPARSE_CASES if parameters.keys() <= known]
        assert len(cases) >= 4
        before, weights = bytes_of(data), np.arange(60.0)  # the first is 0
        for parameters in cases:
            model = clone(estimator).set_params(**parameters)
            model.fit(data, target(model), sample_weight=weights)
            if isinstance(model, MLPAutoencoder):
                model.fit(data, X_val=data)
            elif not isinstance(model, PerceptronClassifier):
                model.fit(data, target(model), X_val=data, y_val=target(model))
            for name, call in methods(model).items():
                if hasattr(model, name) and not (name == "partial_fit" and model.early_stopping):
                    call(model, data)
                assert bytes_of(data) == before, (parameters, name)

    def test_where_training_diverges_or_the_call_is_refused(self, estimator, data):
        before = bytes_of(data)
        y, weights = target(estimator), np.full(60, 1e10)
        if isinstance(estimator, PerceptronClassifier):
            diverging = clone(estimator).set_params(eta0=1e308)
        else:
            steps = {"solver": "sgd", "learning_rate_init": 1e300, "batch_size": 5, "max_iter": 50}
            diverging = clone(estimator).set_params(**steps)
        with pytest.raises(ValueError, match=r"diverged|no longer finite"):
            diverging.fit(data, y, sample_weight=weights)
        assert bytes_of(data) == before
        with pytest.raises(ValueError, match="sample_weight"):
            clone(estimator).fit(data, y, sample_weight=-weights)
        assert bytes_of(data) == before


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csr_array])
def test_a_sparse_matrix_of_labels_is_never_changed(make):
    y = make((X[:, :3] > 0).astype(int))
    for row in range(60):
        place = slice(y.indptr[row], y.indptr[row + 1])
        y.indices[place] = y.indices[place][::-1].copy()
    y.has_sorted_indices = False
    before = bytes_of(y)
    model = clone(ESTIMATORS[0])
    for parameters in ({}, {"early_stopping": True}, {"class_weight": "balanced"}):
        model.set_params(**parameters).fit(X, y, X_val=X, y_val=y).score(X, y)
        assert bytes_of(y) == before


@every_estimator
def test_read_only_arrays_are_fine(estimator):
    data, y, weights = X.copy(), target(estimator).copy(), np.arange(60.0)
    for array in (data, y, weights):
        array.setflags(write=False)
    model = clone(estimator).fit(data, y, sample_weight=weights)
    for call in methods(copy.deepcopy(model)).values():
        call(model, data)
