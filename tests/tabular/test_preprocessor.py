"""TabularPreprocessor beside the recipe in plain Python, and on tables of all kinds."""

import datetime
import math
import pickle
import tracemalloc
from collections import Counter
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from skperceptron.tabular import PiecewiseLinearEncoder, RobustClipScaler, TabularPreprocessor

rng = np.random.default_rng(0)
N = 300
NUMBERS = rng.normal(size=(N, 3)) * [1, 100, 1e-3]
NUMBERS[rng.random((N, 3)) < [0.2, 0, 0]] = np.nan
COLOURS = rng.choice(["red", "green", "blue"], N).astype(object)
COLOURS[[0, 1, 2]] = "mauve"  # fewer than 5 rows
COLOURS[::10] = None
SEX = rng.choice(["f", "m"], N)
CITIES = rng.choice([f"city{i}" for i in range(50)], N)
FRAME = pd.DataFrame(
    {
        "a": NUMBERS[:, 0],
        "b": NUMBERS[:, 1],
        "colour": COLOURS,
        "c": NUMBERS[:, 2],
        "sex": SEX,
        "city": CITIES,
    }
)
LABELS = np.where(rng.random(N) < 0.4, "yes", "no")
TARGET = rng.normal(size=N)


def squash(column, value):
    """Step 3 of the recipe, by quartiles in plain Python."""
    ordered = sorted(column)

    def quantile(share):
        place = share * (len(ordered) - 1)
        low = math.floor(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

    scale = quantile(0.75) - quantile(0.25) or (ordered[-1] - ordered[0]) / 2
    z = (value - quantile(0.5)) / scale if scale else 0.0
    return z / math.sqrt(1 + (z / 3) ** 2)


def squashed(column):
    return [squash(column, value) for value in column]


def recipe(frame, n_bins=16):
    """All columns of the output but those of high-cardinality categories, by their names."""
    out, bins = {}, {}
    for name in frame:
        values = [None if v != v else v for v in frame[name].tolist()]
        present = [v for v in values if v is not None]
        if isinstance(present[0], float):
            values = [math.nan if v is None else v for v in values]
            mean = math.fsum(present) / len(present)
            filled = [v if v == v else mean for v in values]
            out[name] = squashed(filled)
            if len(present) < len(values):
                out[f"missingindicator_{name}"] = squashed([float(v != v) for v in values])
            edges = sorted(set(np.quantile(filled, [k / n_bins for k in range(n_bins + 1)])))
            for t, (left, right) in enumerate(pairwise(edges)):
                bins[f"{name}_bin{t}"] = [
                    (min(max((v - left) / (right - left), 0), 1) - 0.5) / 4 for v in filled
                ]
        elif len(set(values)) <= 30:
            counts = Counter(values)
            frequent = sorted(level for level in set(present) if counts[level] >= 5)
            levels = [[level] for level in frequent]
            names = [f"{name}_{level}" for level in frequent]
            if len(present) < len(values) and counts[None] >= 5:
                levels.append([None])
                names.append(f"{name}_missing")
            rare = [level for level in counts if counts[level] < 5]
            if rare:
                levels.append(rare)
                names.append(f"{name}_infrequent")
            if len(levels) == 2:
                del levels[0], names[0]
            for label, group in zip(names, levels, strict=True):
                out[label] = squashed([float(v in group) for v in values])
    return out | bins


class TestRecipe:
    def test_every_column(self):
        frame = FRAME.drop(columns="city")
        preprocessor = TabularPreprocessor(dtype="float64").fit(frame)
        expected = recipe(frame)
        found = dict(
            zip(preprocessor.get_feature_names_out(), preprocessor.transform(frame).T, strict=True)
        )
        assert found.keys() == expected.keys()
        for name, column in expected.items():
            assert_allclose(found[name], column, rtol=1e-9, atol=1e-12, err_msg=name)

    def test_names_and_their_order(self):
        names = TabularPreprocessor(n_bins=2).fit(FRAME, LABELS).get_feature_names_out().tolist()
        assert names == [
            *("a", "b", "c", "missingindicator_a"),
            *("colour_blue", "colour_green", "colour_red", "colour_missing", "colour_infrequent"),
            *("sex_m", "city"),
            *("a_bin0", "a_bin1", "b_bin0", "b_bin1", "c_bin0", "c_bin1"),
        ]

    @pytest.mark.parametrize("n_bins", [None, 1])
    def test_without_piecewise_columns(self, n_bins):
        preprocessor = TabularPreprocessor(n_bins=n_bins).fit(FRAME, LABELS)
        assert preprocessor.piecewise_ is None
        assert preprocessor.transform(FRAME).shape == (N, 11)

    def test_columns_with_one_bin_are_not_appended(self):
        columns = np.column_stack([np.arange(90) % 3 == 0, np.ones(90), np.arange(90)])
        preprocessor = TabularPreprocessor(n_bins=2).fit(columns.astype(float))
        names = preprocessor.get_feature_names_out().tolist()
        assert names == ["x0", "x1", "x2", "x2_bin0", "x2_bin1"]

    def test_the_parts_are_the_transformers(self):
        preprocessor = TabularPreprocessor().fit(FRAME, LABELS)
        filled = np.where(np.isnan(NUMBERS), preprocessor.mean_, NUMBERS)
        out = preprocessor.transform(FRAME)
        assert_array_equal(out[:, :3], np.float32(RobustClipScaler().fit_transform(filled)))
        encoder = PiecewiseLinearEncoder(feature_range=(-0.125, 0.125), dtype="float32")
        assert_array_equal(out[:, 11:], encoder.fit_transform(filled))
        assert_array_equal(
            preprocessor.scaler_.transform(filled)[:, 0],
            RobustClipScaler().fit_transform(filled)[:, 0],
        )
        assert_array_equal(preprocessor.piecewise_.transform(filled), out[:, 11:])


class TestTargetEncoding:
    place = 10  # of the column in the output

    def of_scikit_learn(self, y, splitter, **parameters):
        """Cross-fitted training values and those of transform, both scaled."""
        if sklearn.__version__ < "1.9":
            folds = {"cv": 5, "shuffle": True, "random_state": 0}
        else:
            folds = {"cv": splitter(5, shuffle=True, random_state=0)}
        encoder = TargetEncoder(**folds, **parameters)
        scaler = RobustClipScaler()
        fitted = scaler.fit_transform(encoder.fit_transform(CITIES[:, None], y))
        return fitted, scaler.transform(encoder.transform(CITIES[:, None]))

    @pytest.mark.parametrize(
        ("y", "splitter", "n_columns"),
        [
            (LABELS, StratifiedKFold, 1),
            (TARGET, KFold, 1),
            (np.arange(N) % 3, StratifiedKFold, 3),
        ],
        ids=["binary", "continuous", "multiclass"],
    )
    def test_is_that_of_scikit_learn(self, y, splitter, n_columns):
        fitted, transformed = self.of_scikit_learn(y, splitter)
        preprocessor = TabularPreprocessor(dtype="float64", random_state=0)
        columns = slice(self.place, self.place + n_columns)
        assert_allclose(preprocessor.fit_transform(FRAME, y)[:, columns], fitted, rtol=1e-12)
        assert_allclose(preprocessor.transform(FRAME)[:, columns], transformed, rtol=1e-12)
        assert_array_equal(preprocessor.is_target_encoded_, [False] * 5 + [True])

    def test_is_all_that_differs_between_fit_transform_and_transform(self):
        preprocessor = TabularPreprocessor(random_state=0)
        fitted = preprocessor.fit_transform(FRAME, LABELS)
        transformed = preprocessor.transform(FRAME)
        assert_array_equal(np.flatnonzero((fitted != transformed).any(axis=0)), [self.place])
        again = TabularPreprocessor(random_state=0).fit(FRAME, LABELS)
        assert_array_equal(again.transform(FRAME), transformed)

    def test_whole_numbers_are_classes_unless_they_are_said_to_be_continuous(self):
        y = np.arange(N) % 7
        classes = TabularPreprocessor().fit(FRAME, y).get_feature_names_out()
        assert [n for n in classes if n.startswith("city")] == [f"city_{k}" for k in range(7)]
        numbers = TabularPreprocessor(target_type="continuous").fit(FRAME, y)
        assert [n for n in numbers.get_feature_names_out() if n.startswith("city")] == ["city"]
        with pytest.raises(ValueError, match="target_type is 'binary', but y has 7 classes"):
            TabularPreprocessor(target_type="binary").fit(FRAME, y)
        two = TabularPreprocessor(target_type="multiclass").fit(FRAME, y > 3)
        assert two.transform(FRAME).shape == TabularPreprocessor().fit_transform(FRAME, y > 3).shape

    @pytest.mark.parametrize(
        "y",
        [np.column_stack([TARGET, -TARGET]), (rng.random((N, 2)) < 0.5).astype(int)],
        ids=["continuous", "multilabel"],
    )
    def test_of_several_outputs(self, y):
        preprocessor = TabularPreprocessor(random_state=0, dtype="float64").fit(FRAME, y)
        names = preprocessor.get_feature_names_out()
        assert [name for name in names if name.startswith("city")] == ["city_0", "city_1"]
        one = TabularPreprocessor(random_state=0, dtype="float64").fit(FRAME, y[:, 1])
        assert_array_equal(
            preprocessor.transform(FRAME)[:, self.place + 1], one.transform(FRAME)[:, self.place]
        )
        sparse = TabularPreprocessor(random_state=0, dtype="float64").fit(FRAME, csr_array(y))
        assert_array_equal(sparse.transform(FRAME), preprocessor.transform(FRAME))

    def test_of_classes_too_rare_for_five_folds(self):
        y = np.arange(N) % 100  # three rows each
        names = TabularPreprocessor().fit(FRAME, y).get_feature_names_out()
        assert sum(name.startswith("city") for name in names) == 100
        # Where each class has one row, no other row can tell of it.
        alone = TabularPreprocessor().fit(FRAME, np.arange(N))
        assert not alone.is_target_encoded_.any()

    def test_without_y_the_most_frequent_levels_have_columns(self):
        preprocessor = TabularPreprocessor(max_categories=10).fit(FRAME)
        names = [n for n in preprocessor.get_feature_names_out() if n.startswith("city")]
        most = [f"city_{city}" for city, _ in Counter(CITIES.tolist()).most_common(8)]
        assert len(names) == 10
        assert names[-1] == "city_infrequent"
        assert set(most) <= set(names)
        assert not preprocessor.is_target_encoded_.any()

    def test_levels_of_low_cardinality_have_none(self):
        preprocessor = TabularPreprocessor(max_categories=None).fit(FRAME, LABELS)
        assert sum(n.startswith("city") for n in preprocessor.get_feature_names_out()) > 30

    def test_y_is_looked_at_only_where_it_is_needed(self):
        numbers = FRAME[["a", "b"]]
        y = [object()] * N
        TabularPreprocessor().fit(numbers, y)
        with pytest.raises(ValueError, match="y"):
            TabularPreprocessor().fit(FRAME, y)

    @pytest.mark.parametrize(
        "y", [np.full(N, np.nan), np.full(N, "2020-01-01", "datetime64[D]"), ["a", 1.5] * (N // 2)]
    )
    def test_bad_targets_are_refused_by_name(self, y):
        with pytest.raises(ValueError, match=r"\by\b"):
            TabularPreprocessor().fit(FRAME, y)

    def test_lengths(self):
        with pytest.raises(ValueError, match="inconsistent"):
            TabularPreprocessor().fit(FRAME[["a"]], LABELS[:-1])

    @pytest.mark.parametrize("y", [1e308 * (TARGET / 4), 1e-300 * TARGET, np.full(N, 0.5)])
    def test_targets_of_any_size(self, y):
        out = TabularPreprocessor(random_state=0).fit_transform(FRAME, y)
        assert np.isfinite(out).all()
        if y[0] != y[1]:  # the encoding is scaled, so the unit of y is no matter
            unit = TabularPreprocessor(random_state=0).fit_transform(FRAME, TARGET)
            assert_allclose(out, unit, rtol=1e-5, atol=1e-6)

    def test_missing_values_are_a_level_and_unseen_ones_are_like_them(self):
        cities = CITIES.astype(object)
        cities[::4] = None
        encoder = TargetEncoder(target_type="continuous").fit(cities[:, None], TARGET)
        preprocessor = TabularPreprocessor(dtype="float64").fit(cities[:, None], TARGET)
        rows = np.array([None, "nowhere", "city1", "city2"], dtype=object)[:, None]
        out = preprocessor.transform(rows)[:, 0]
        assert out[0] == out[1]
        means = encoder.transform(rows)[:, 0]
        assert np.argsort(out[[0, 2, 3]]).tolist() == np.argsort(means[[0, 2, 3]]).tolist()

    def test_ten_thousand_levels(self):
        many = [f"user{i}" for i in range(10_000)] * 2
        frame = pd.DataFrame({"user": many})
        preprocessor = TabularPreprocessor(random_state=0)
        out = preprocessor.fit_transform(frame, np.arange(20_000.0) % 10_000 + 0.5)
        assert out.shape == (20_000, 1)
        assert np.isfinite(out).all()
        assert len(pickle.dumps(preprocessor)) < 300_000  # the levels and a number for each

    def test_random_state(self):
        one, same, other = (
            TabularPreprocessor(random_state=state).fit_transform(FRAME, TARGET)
            for state in (1, np.random.RandomState(1), 2)
        )
        assert not np.array_equal(one, other)
        assert_array_equal(
            same,
            TabularPreprocessor(random_state=np.random.RandomState(1)).fit_transform(FRAME, TARGET),
        )


def as_objects(frame):
    return frame.astype(object).to_numpy()


def as_lists(frame):
    return as_objects(frame).tolist()


@pytest.fixture(scope="module")
def expected():
    frame = TestKindsOfTables.frame
    return TabularPreprocessor(random_state=0).fit(frame, LABELS).transform(frame)


class TestKindsOfTables:
    frame = FRAME.assign(flag=rng.random(N) < 0.5, count=rng.integers(0, 50, N))

    @pytest.mark.parametrize(
        "convert",
        [
            as_objects,
            as_lists,
            lambda frame: frame.convert_dtypes(),
            lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
            lambda frame: frame.astype({"colour": "category", "sex": "category"}),
            lambda frame: frame.astype({"flag": "boolean", "count": "UInt8"}),
            lambda frame: pl.DataFrame(frame),
            lambda frame: pl.DataFrame(frame).with_columns(pl.col("sex").cast(pl.Categorical)),
            lambda frame: pl.DataFrame(frame).with_columns(
                pl.col("sex").cast(pl.Enum(["m", "f", "x"])), pl.col("a").fill_nan(None)
            ),
            lambda frame: frame.set_index(rng.permutation(N)),
        ],
        ids=[
            *("objects", "lists", "nullable", "arrow", "category", "masked"),
            *("polars", "polars-categorical", "polars-enum", "index"),
        ],
    )
    def test_give_the_same(self, convert, expected):
        table = convert(self.frame)
        preprocessor = TabularPreprocessor(random_state=0).fit(table, LABELS)
        # Whole numbers as objects may be floats: means and quantiles are the same numbers.
        assert_array_equal(preprocessor.transform(table), expected)
        # One row at a time, too.
        row = table[:1]
        assert_array_equal(preprocessor.transform(row), expected[:1])

    def test_one_kind_in_fit_and_another_in_transform(self, expected):
        preprocessor = TabularPreprocessor(random_state=0).fit(self.frame, LABELS)
        for other in (pl.DataFrame(self.frame), self.frame.convert_dtypes()):
            assert_array_equal(preprocessor.transform(other), expected)
        text = self.frame.astype({"sex": "category", "count": object, "flag": object})
        assert_array_equal(preprocessor.transform(text), expected)

    def test_all_kinds_of_missing_values(self):
        # None, NaN, NA and NaT are one and the same.
        values = ["a", "b"] * 10 + [None, np.nan, pd.NA, pd.NaT, float("nan")] * 2
        frame = pd.DataFrame({"c": pd.Series(values, dtype=object)})
        preprocessor = TabularPreprocessor().fit(frame)
        assert preprocessor.categories_[0].tolist() == ["a", "b"]
        assert preprocessor.get_feature_names_out().tolist() == ["c_a", "c_b", "c_missing"]
        out = preprocessor.transform(frame)
        assert len(np.unique(out[20:], axis=0)) == 1
        numbers = pd.DataFrame({"n": pd.array([1, None, 3, 4] * 5, dtype="Int64")})
        assert TabularPreprocessor().fit(numbers).mean_ == [8 / 3]

    def test_arrays_of_strings_are_categories_even_of_digits(self):
        digits = np.array([["1", "a"], ["2", "b"]] * 10)
        preprocessor = TabularPreprocessor().fit(digits)
        assert preprocessor.is_categorical_.all()
        assert preprocessor.get_feature_names_out().tolist() == ["x0_2", "x1_b"]
        frame = pd.DataFrame({"zip": ["01", "02", "03"] * 9})
        assert TabularPreprocessor().fit(frame).is_categorical_.all()

    def test_objects_of_several_types(self):
        values = [1, "1", 2.5, True, None, (1, 2), b"x"] * 6
        frame = pd.DataFrame({"c": pd.Series(values, dtype=object)})
        preprocessor = TabularPreprocessor().fit(frame)
        # Python takes True for 1. The string is another level, whose name is taken.
        names = preprocessor.get_feature_names_out().tolist()
        assert len(names) == len(set(names)) == 6
        assert len(np.unique(preprocessor.transform(frame), axis=0)) == 6

    def test_columns_of_objects_that_are_numbers_in_an_array_are_numbers(self):
        table = np.array([[1, "a", None], [2.5, "b", 3], [None, "a", 4]], dtype=object)
        preprocessor = TabularPreprocessor().fit(table)
        assert preprocessor.is_categorical_.tolist() == [False, True, False]
        assert_array_equal(preprocessor.mean_, [1.75, 3.5])

    def test_bools(self):
        flags = np.array([[True], [False], [True]])
        preprocessor = TabularPreprocessor(min_frequency=1).fit(flags)
        assert preprocessor.is_categorical_.all()
        assert_array_equal(preprocessor.transform(flags), preprocessor.transform([[1], [0], [1]]))

    def test_pandas_categories_that_do_not_occur_are_no_levels(self):
        column = pd.Categorical(["a", "b", "c"] * 9, categories=["z", "c", "b", "a"])
        preprocessor = TabularPreprocessor().fit(pd.DataFrame({"c": column}))
        assert preprocessor.categories_[0].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    "column",
    [
        pd.arrays.SparseArray([0.0, 1.5, np.nan] * 9),
        pd.array(
            [Decimal("1.5"), None, Decimal("2.5")] * 9, dtype=pd.ArrowDtype(pa.decimal128(5, 2))
        ),
        pd.array([1, None, 2] * 9, dtype="UInt16"),
        pd.array([1.5, None, 2] * 9, dtype=pd.ArrowDtype(pa.float32())),
        pl.Series([Decimal("1.5"), None, Decimal("2.5")] * 9),
        pl.Series([1, None, 2] * 9, dtype=pl.UInt64),
    ],
    ids=["sparse", "arrow-decimal", "masked", "arrow", "polars-decimal", "polars"],
)
def test_columns_of_numbers_of_all_types(column):
    frame = (pl if isinstance(column, pl.Series) else pd).DataFrame({"n": column})
    preprocessor = TabularPreprocessor().fit(frame)
    assert not preprocessor.is_categorical_.any()
    values = [math.nan if pd.isna(v) else float(v) for v in list(column)]
    assert_array_equal(preprocessor.mean_, np.nanmean(values))
    assert preprocessor.get_feature_names_out()[1] == "missingindicator_n"


class TestCategoricalFeatures:
    table = np.column_stack([np.arange(60) % 3, np.arange(60), np.arange(60) % 2]).astype(float)
    frame = pd.DataFrame(table, columns=["a", "b", "c"])

    @pytest.mark.parametrize(
        "given",
        [
            ["a", "c"],
            [0, 2],
            (0, -1),
            np.array([True, False, True]),
            [True, False, True],
            pd.Series(["a", "c"]),
        ],
    )
    def test_names_indices_and_masks(self, given):
        preprocessor = TabularPreprocessor(categorical_features=given).fit(self.frame)
        assert preprocessor.is_categorical_.tolist() == [True, False, True]

    @pytest.mark.parametrize("given", [None, [], "from_dtype"])
    def test_numbers_are_none(self, given):
        preprocessor = TabularPreprocessor(categorical_features=given).fit(self.frame)
        assert not preprocessor.is_categorical_.any()

    def test_whole_numbers_and_floats_are_one_level(self):
        preprocessor = TabularPreprocessor(categorical_features=[0]).fit(self.table)
        assert_array_equal(
            preprocessor.transform(self.table.astype(int)), preprocessor.transform(self.table)
        )

    @pytest.mark.parametrize(
        "given", [["z"], [3], [-4], [True, False], [0.5], "a", 5, [["a"]], [None], ["a", 1]]
    )
    def test_others_are_refused(self, given):
        with pytest.raises(ValueError, match="categorical_features"):
            TabularPreprocessor(categorical_features=given).fit(self.frame)

    def test_names_need_names(self):
        with pytest.raises(ValueError, match="categorical_features must be indices or a mask"):
            TabularPreprocessor(categorical_features=["a"]).fit(self.table)

    def test_strings_elsewhere_are_refused(self):
        with pytest.raises(ValueError, match=r"numbers in column 'sex'.*categorical_features"):
            TabularPreprocessor(categorical_features=["colour", "city"]).fit(FRAME)


class TestUnseen:
    def test_levels_are_like_missing_values_with_no_warning(self):
        preprocessor = TabularPreprocessor().fit(FRAME, LABELS)
        rows = FRAME.iloc[:2].assign(colour=["pink", None], city=["nowhere", None])
        out = preprocessor.transform(rows)
        assert_array_equal(out[0, 4:9], out[1, 4:9])
        assert_array_equal(out[0, 10], out[1, 10])

    def test_where_nothing_was_missing(self):
        frame = pd.DataFrame(
            {
                "rare": ["a"] * 9 + ["b"] * 9 + ["c", "d"],
                "two": ["x"] * 15 + ["y"] * 5,
                "three": ["p", "q"] * 7 + ["r"] * 6,
            }
        )
        preprocessor = TabularPreprocessor(dtype="float64").fit(frame)
        assert preprocessor.get_feature_names_out().tolist() == [
            *("rare_a", "rare_b", "rare_infrequent", "two_y", "three_p", "three_q", "three_r")
        ]
        unseen, missing = preprocessor.transform(pd.DataFrame({n: ["?", None] for n in frame}))
        assert_array_equal(unseen, missing)
        known = preprocessor.transform(frame)
        assert_array_equal(unseen[:3], known[-1, :3])  # like the infrequent ones
        two = (frame["two"] == "y").astype(float).tolist()
        assert_allclose(unseen[3], squash(two, 0.25))  # the mean
        assert_array_equal(unseen[4:], known[:, 4:].min(axis=0))  # zero in all columns

    def test_missing_numbers_are_the_mean(self):
        preprocessor = TabularPreprocessor().fit(FRAME[["b", "c"]])
        out = preprocessor.transform(pd.DataFrame({"b": [np.nan], "c": [0.0]}))
        mean = pd.DataFrame({"b": [FRAME["b"].mean()], "c": [0.0]})
        assert_allclose(out, preprocessor.transform(mean), rtol=1e-6)

    def test_types_that_can_not_be_compared_are_no_level_either(self):
        preprocessor = TabularPreprocessor().fit(FRAME[["colour"]])
        odd = pd.DataFrame({"colour": pd.Series([["list"], {"a": 1}, None], dtype=object)})
        assert len(np.unique(preprocessor.transform(odd), axis=0)) == 1


class TestWeights:
    counts = rng.integers(0, 4, N)

    @pytest.mark.parametrize("columns", [["a", "b", "c"], ["a", "sex", "colour", "b"]])
    def test_are_repetitions(self, columns):
        frame = FRAME[columns]
        frequent = {"min_frequency": 1, "dtype": "float64"}
        weighted = TabularPreprocessor(**frequent).fit(frame, sample_weight=self.counts)
        repeated = TabularPreprocessor(**frequent).fit(
            frame.loc[np.repeat(np.arange(N), self.counts)]
        )
        assert_allclose(weighted.transform(frame), repeated.transform(frame), rtol=1e-9, atol=1e-12)
        assert_array_equal(weighted.get_feature_names_out(), repeated.get_feature_names_out())

    def test_of_zero_leave_rows_out(self):
        weight = (np.arange(N) % 2).astype(float)
        kept = weight > 0
        weighted = TabularPreprocessor(random_state=0)
        out = weighted.fit_transform(FRAME, TARGET, sample_weight=weight)
        other = TabularPreprocessor(random_state=0)
        assert_array_equal(out[kept], other.fit_transform(FRAME[kept], TARGET[kept]))
        assert_array_equal(out[~kept], other.transform(FRAME[~kept]))
        assert_array_equal(weighted.transform(FRAME), other.transform(FRAME))

    def test_of_a_level_that_is_left_out(self):
        weight = np.where(COLOURS == "red", 0, 1)
        preprocessor = TabularPreprocessor().fit(FRAME[["colour"]], sample_weight=weight)
        assert "red" not in preprocessor.categories_[0]

    def test_of_one_size_change_nothing(self):
        plain = TabularPreprocessor(random_state=0).fit_transform(FRAME, LABELS)
        for weight in (1, 0.01):
            weighted = TabularPreprocessor(random_state=0).fit_transform(
                FRAME, LABELS, sample_weight=np.full(N, weight)
            )
            assert_array_equal(weighted, plain)


class TestLeanTables:
    def test_one_row(self):
        out = TabularPreprocessor().fit_transform(FRAME.iloc[[0]], ["yes"])
        assert_array_equal(out, np.zeros_like(out))

    def test_columns_that_are_all_missing_or_constant(self):
        frame = pd.DataFrame(
            {
                "nan": [np.nan] * 20,
                "none": [None] * 20,
                "na": pd.array([pd.NA] * 20, dtype="Int64"),
                "one": [1] * 20,
                "same": ["s"] * 20,
                "x": np.arange(20.0),
            }
        )
        preprocessor = TabularPreprocessor(n_bins=None)
        out = preprocessor.fit_transform(frame)
        assert_array_equal(out[:, np.array(preprocessor.get_feature_names_out()) != "x"], 0)
        later = frame.assign(nan=3.0, none="new", na=1, one=5)
        assert_array_equal(preprocessor.transform(later), out)

    def test_numbers_only_and_categories_only(self):
        preprocessor = TabularPreprocessor()
        n_outputs = preprocessor.fit_transform(NUMBERS).shape[1]
        assert n_outputs == 4 + preprocessor.piecewise_.n_bins_.sum()
        assert TabularPreprocessor().fit_transform(SEX[:, None]).shape == (N, 1)

    def test_huge_numbers(self):
        most = np.finfo(np.float64).max
        table = np.array([[most, -most, 5e-324], [most, most, 0], [np.nan, 0, np.nan]])
        out = TabularPreprocessor(dtype="float64").fit_transform(table)
        assert np.isfinite(out).all()

    def test_ten_thousand_columns(self):
        table = rng.integers(0, 2, (20, 10_000)).astype(float)
        assert TabularPreprocessor(n_bins=None).fit_transform(table).shape == (20, 10_000)

    def test_columns_with_the_same_levels_are_encoded_like_a_column_alone(self):
        flags = pd.DataFrame({f"x{n}": np.arange(40) < n for n in range(0, 41, 2)})
        flags["text"] = np.where(np.arange(40) < 3, "a", "b")
        flags["gaps"] = np.where(np.arange(40) < 20, None, "b")
        weight = 1 + np.arange(40) % 3
        together = TabularPreprocessor().fit(flags, sample_weight=weight)
        names, out = together.get_feature_names_out().tolist(), together.transform(flags)
        for name in flags:
            alone = TabularPreprocessor().fit(flags[[name]], sample_weight=weight)
            places = [names.index(own) for own in alone.get_feature_names_out()]
            assert_array_equal(out[:, places], alone.transform(flags[[name]]))

    def test_thousands_of_flags_are_encoded_by_few_encoders(self, monkeypatch):
        fits = []
        fit = OneHotEncoder.fit
        monkeypatch.setattr(OneHotEncoder, "fit", lambda *args: fits.append(1) or fit(*args))
        flags = pd.DataFrame(rng.random((60, 2000)) < 0.1).add_prefix("x")
        assert TabularPreprocessor().fit_transform(flags).shape[0] == 60
        assert len(fits) <= 4  # both levels frequent, one of them, or one level

    def test_names_that_are_taken(self):
        frame = pd.DataFrame({"a_b": ["c", "d", "e"] * 9, "a": ["b_c", "b_d", "b_e"] * 9})
        names = TabularPreprocessor().fit(frame).get_feature_names_out()
        assert names.tolist() == ["a_b_c", "a_b_d", "a_b_e", "a_b_c_2", "a_b_d_2", "a_b_e_2"]


class TestBadInput:
    @pytest.mark.parametrize(
        "dates",
        [
            pd.date_range("2020-01-01", periods=N),
            pd.date_range("2020-01-01", periods=N, tz="UTC"),
            pd.Series([datetime.date(2020, 1, 1)] * N, dtype=object),
            pd.period_range("2020-01", periods=N, freq="M"),
            pd.to_timedelta(np.arange(N), unit="D"),
            pd.Categorical(pd.date_range("2020-01-01", periods=N)),
        ],
        ids=["datetime", "zone", "date", "period", "timedelta", "category"],
    )
    def test_dates_say_how_to_make_numbers_of_them(self, dates):
        frame = FRAME.assign(when=dates)
        with pytest.raises(ValueError, match=r"X must be numbers or categories.*'when'.*days"):
            TabularPreprocessor().fit(frame)

    def test_dates_later(self):
        preprocessor = TabularPreprocessor().fit(FRAME, LABELS)
        for name in ("a", "sex"):
            frame = FRAME.assign(**{name: pd.date_range("2020-01-01", periods=N)})
            with pytest.raises(ValueError, match=f"X must be numbers or categories.*'{name}'"):
                preprocessor.transform(frame)
        with pytest.raises(ValueError, match="dates"):
            TabularPreprocessor().fit(pl.DataFrame({"d": [datetime.date(2020, 1, 1)]}))

    def test_infinity_is_named(self):
        with pytest.raises(ValueError, match=r"infinity.*'b'"):
            TabularPreprocessor().fit(FRAME.assign(b=np.inf))
        with pytest.raises(ValueError, match=r"infinity.*'b'"):
            TabularPreprocessor().fit(FRAME).transform(FRAME.assign(b=-np.inf))

    def test_strings_where_numbers_were(self):
        preprocessor = TabularPreprocessor().fit(FRAME)
        with pytest.raises(ValueError, match=r"numbers in column 'a', got a value of type str"):
            preprocessor.transform(FRAME.assign(a="unknown"))
        # Nothing but missing values are numbers whatever their type.
        preprocessor.transform(FRAME.assign(a=None))

    def test_complex_numbers(self):
        for table in (np.ones((3, 1), complex), FRAME.assign(a=1j)):
            with pytest.raises(ValueError, match="Complex data not supported"):
                TabularPreprocessor().fit(table)

    def test_whole_numbers_beyond_floats(self):
        with pytest.raises(ValueError, match="too large for float64 in column 0"):
            TabularPreprocessor().fit([[10**400], [1]])
        assert TabularPreprocessor().fit([[10**30], [1]]).mean_ == [5e29]

    def test_lazy_frames(self):
        with pytest.raises(TypeError, match=r"X\.collect\(\)"):
            TabularPreprocessor().fit(pl.DataFrame(FRAME).lazy())

    def test_sparse_matrices(self):
        with pytest.raises(TypeError, match="Sparse data"):
            TabularPreprocessor().fit(csr_array(np.eye(3)))

    def test_dicts_in_cells(self):
        frame = pd.DataFrame({"c": [{"a": 1}, {"b": 2}]})
        with pytest.raises(TypeError, match="'c'"):
            TabularPreprocessor().fit(frame)

    def test_columns_go_by_their_names(self):
        preprocessor = TabularPreprocessor().fit(FRAME)
        with pytest.raises(ValueError, match="same order"):
            preprocessor.transform(FRAME[FRAME.columns[::-1]])
        with pytest.raises(ValueError, match="unseen at fit time"):
            preprocessor.transform(FRAME.rename(columns={"a": "z"}))
        with pytest.raises(ValueError, match=r"missing|expecting 6 features"):
            preprocessor.transform(FRAME.drop(columns="a"))
        with pytest.warns(UserWarning, match="does not have valid feature names") as caught:
            preprocessor.transform(as_objects(FRAME))
        assert [w.filename for w in caught] == [__file__]

    @pytest.mark.parametrize("table", [FRAME.iloc[:0], FRAME[[]], pl.DataFrame(FRAME)[:0]])
    def test_empty_tables(self, table):
        with pytest.raises(ValueError, match=r"0 (sample|feature)\(s\)"):
            TabularPreprocessor().fit(table)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("max_categories", 0),
            ("min_frequency", 0),
            ("min_frequency", 0.1),
            ("n_bins", 0),
            ("n_bins", 2.5),
            ("target_type", "regression"),
            ("dtype", "float16"),
            ("random_state", "x"),
            ("categorical_features", "auto"),
        ],
    )
    def test_parameters(self, name, value):
        with pytest.raises(ValueError, match=name):
            TabularPreprocessor(**{name: value}).fit(FRAME)

    def test_leaves_the_preprocessor_as_it_was(self):
        preprocessor = TabularPreprocessor(random_state=0).fit(FRAME, LABELS)
        before = pickle.dumps(preprocessor)
        for table, y, weight in (
            (FRAME.assign(a=np.inf), LABELS, None),
            (FRAME[["a", "city"]], [object()] * N, None),
            (FRAME[["a"]], LABELS, [-1] * N),
        ):
            with pytest.raises(ValueError, match=r"infinity|\by\b|sample_weight"):
                preprocessor.fit_transform(table, y, sample_weight=weight)
            assert pickle.dumps(preprocessor) == before

    def test_changes_no_table(self):
        frame, array = FRAME.copy(), NUMBERS.copy()
        TabularPreprocessor().fit_transform(frame, LABELS)
        TabularPreprocessor().fit_transform(array)
        pd.testing.assert_frame_equal(frame, FRAME)
        assert_array_equal(array, NUMBERS)


class TestAsATransformer:
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_output(self, dtype):
        for out in (
            TabularPreprocessor(dtype=dtype).fit_transform(FRAME, LABELS),
            TabularPreprocessor(dtype=dtype).fit(FRAME, LABELS).transform(FRAME),
        ):
            assert out.dtype == dtype
            assert out.flags.c_contiguous
            assert np.isfinite(out).all()

    @pytest.mark.parametrize("container", ["pandas", "polars"])
    def test_set_output(self, container):
        preprocessor = TabularPreprocessor(random_state=0).set_output(transform=container)
        out = preprocessor.fit_transform(FRAME, LABELS)
        assert list(out.columns) == preprocessor.get_feature_names_out().tolist()
        plain = TabularPreprocessor(random_state=0).fit_transform(FRAME, LABELS)
        assert_array_equal(out.to_numpy(), plain)
        with sklearn.config_context(transform_output=container):
            assert_array_equal(
                TabularPreprocessor(random_state=0).fit_transform(FRAME, LABELS).to_numpy(), plain
            )

    def test_in_a_pipeline_and_a_column_transformer(self):
        model = make_pipeline(TabularPreprocessor(), LogisticRegression()).fit(FRAME, LABELS)
        assert model.predict(FRAME.iloc[:3]).shape == (3,)
        parts = ColumnTransformer([("table", TabularPreprocessor(), ["a", "sex"])])
        assert parts.fit(FRAME).get_feature_names_out()[0] == "table__a"

    def test_pickles_and_clones(self):
        preprocessor = TabularPreprocessor(max_categories=7).fit(FRAME, LABELS)
        data = pickle.dumps(preprocessor)
        assert len(data) < 10_000
        assert_array_equal(pickle.loads(data).transform(FRAME), preprocessor.transform(FRAME))
        assert clone(preprocessor).get_params() == preprocessor.get_params()

    def test_rows_are_transformed_one_by_one_as_together(self):
        preprocessor = TabularPreprocessor().fit(FRAME, LABELS)
        together = preprocessor.transform(FRAME)
        for row in range(0, N, 50):
            assert_array_equal(preprocessor.transform(FRAME.iloc[[row]]), together[[row]])

    def test_memory_is_the_output_and_the_table(self):
        table = rng.normal(size=(10_000, 20))
        preprocessor = TabularPreprocessor(n_bins=32).fit(table)
        for method in (preprocessor.transform, preprocessor.fit_transform):
            tracemalloc.start()
            try:
                out = method(table)
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            # Beside the output: blocks of 2**16 numbers of 8 bytes, 0.5 MB each, and columns.
            assert peak < out.nbytes + 6 * 2**19
