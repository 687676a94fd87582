"""RobustClipScaler beside the formula in plain Python."""

import math
import pickle
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone

from skperceptron.tabular import RobustClipScaler
from skperceptron.tabular._quantiles import frequencies, quantiles

rng = np.random.default_rng(0)
X = np.column_stack(
    [
        rng.normal(size=101),
        rng.standard_cauchy(101) * 1e6,
        rng.exponential(size=101) * 1e-9 + 5,
        rng.integers(0, 4, 101),
    ]
)


def quantile(values, share):
    """Of sorted values, linear between the two nearest, in exact numbers."""
    place = Fraction(share) * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    start, end = Fraction(values[low]), Fraction(values[high])
    return start + (end - start) * (place - low)


def reference(column, value, bound=3):
    """The formula; a column's quartiles in exact numbers."""
    ordered = sorted(v for v in column if v == v)
    first, median, third = (quantile(ordered, Fraction(k, 4)) for k in (1, 2, 3))
    scale = third - first or Fraction(ordered[-1]) / 2 - Fraction(ordered[0]) / 2
    if scale == 0:
        return 0.0
    z = float((Fraction(value) - median) / scale)
    return z / math.sqrt(1 + (z / bound) ** 2)


def references(columns, values, bound=3):
    return np.array(
        [
            [reference(column, v, bound) for column, v in zip(columns.T, row, strict=True)]
            for row in values
        ]
    )


@pytest.mark.parametrize("bound", [3.0, 0.5, 20])
def test_the_formula(bound):
    scaler = RobustClipScaler(bound).fit(X)
    # Median, difference and quotient are rounded once each; the column at 5 ± 1e-9 loses 9 digits.
    assert_allclose(scaler.transform(X), references(X, X, bound), rtol=1e-12, atol=1e-6)
    assert_allclose(scaler.transform(X)[:, :2], references(X, X, bound)[:, :2], rtol=1e-12)
    assert np.abs(scaler.transform(X)).max() <= bound


def test_quartiles_are_those_of_numpy():
    scaler = RobustClipScaler().fit(X)
    assert_array_equal(scaler.center_, np.median(X, axis=0))
    assert_allclose(scaler.scale_, np.subtract(*np.quantile(X, [0.75, 0.25], axis=0)), rtol=1e-14)


def test_equal_quartiles_take_half_the_range_and_constants_are_zero():
    columns = np.array([[0.0] * 9 + [10.0], [7.0] * 10, [np.nan] * 10]).T
    scaler = RobustClipScaler().fit(columns)
    assert_array_equal(scaler.scale_, [5, 0, 0])
    assert_array_equal(scaler.center_, [0, 7, np.nan])
    z = 2 / math.sqrt(1 + 4 / 9)
    rows = [[10, 7, np.nan], [0, -1e308, 3], [np.nan, np.nan, -3]]
    assert_allclose(
        scaler.transform(rows), [[z, 0, np.nan], [0, 0, 0], [np.nan, np.nan, 0]], rtol=1e-15
    )
    # What a constant column was before is its constant.
    assert_array_equal(scaler.inverse_transform(scaler.transform(rows))[:, 1], [7, 7, np.nan])


def test_missing_values_are_ignored_by_fit_and_kept():
    holes = X.copy()
    holes[::3] = np.nan
    scaler = RobustClipScaler().fit(holes)
    assert_array_equal(
        scaler.center_, RobustClipScaler().fit(np.delete(X, slice(0, None, 3), 0)).center_
    )
    assert_array_equal(np.isnan(scaler.transform(holes)), np.isnan(holes))


class TestWeights:
    counts = rng.integers(0, 4, len(X))

    def test_are_repetitions(self):
        weighted = RobustClipScaler().fit(X, sample_weight=self.counts)
        repeated = RobustClipScaler().fit(np.repeat(X, self.counts, axis=0))
        assert_allclose(weighted.center_, repeated.center_, rtol=1e-14)
        assert_allclose(weighted.scale_, repeated.scale_, rtol=1e-12)

    def test_of_missing_values_do_not_count(self):
        column = np.array([[1.0], [np.nan], [2.0], [4.0]])
        scaler = RobustClipScaler().fit(column, sample_weight=[2, 100, 1, 1])
        assert scaler.center_ == 1.5

    def test_of_one_size_up_to_1_change_nothing(self):
        for weight in (1, 0.001, 1e-300):
            scaler = RobustClipScaler().fit(X, sample_weight=np.full(len(X), weight))
            assert_array_equal(scaler.center_, RobustClipScaler().fit(X).center_)

    def test_below_one_are_taken_relative_to_the_smallest(self):
        small = RobustClipScaler().fit(X, sample_weight=(self.counts + 1) / 8)
        assert_allclose(
            small.scale_, RobustClipScaler().fit(X, sample_weight=self.counts + 1).scale_
        )

    @pytest.mark.parametrize("weights", [[1e-300, 1, 1e300], [1e300, 5e299, 1e300]])
    def test_of_any_size_are_taken(self, weights):
        scaler = RobustClipScaler().fit([[1.0], [2.0], [3.0]], sample_weight=weights)
        assert 1 <= scaler.center_ <= 3

    def test_wrong_ones_are_refused(self):
        for weights in ([-1, 1, 1], [0, 0, 0], [1, 1], ["a", "b", "c"]):
            with pytest.raises(ValueError, match="sample_weight"):
                RobustClipScaler().fit([[1.0], [2.0], [3.0]], sample_weight=weights)

    def test_quantiles_of_random_repetitions(self):
        shares = np.linspace(0, 1, 23)
        for _ in range(50):
            values = rng.integers(-5, 5, rng.integers(1, 12)) + rng.choice([0.0, 0.25])
            counts = rng.integers(1, 5, len(values))
            expected = [
                float(quantile(sorted(np.repeat(values, counts)), share)) for share in shares
            ]
            found = quantiles(values, shares, frequencies(counts.astype(float)))
            assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


class TestQuantilesOfRows:
    """They are found without sorting, and are those of the sorted rows."""

    @pytest.mark.parametrize("n_rows", [1, 2, 3, 17, 1000])
    @pytest.mark.parametrize(
        "make",
        [
            lambda n: rng.normal(size=n),
            lambda n: rng.integers(0, 4, n) * 1.0,
            lambda n: np.sort(rng.standard_cauchy(n)),
            lambda n: -np.arange(n, dtype=float),
            lambda n: np.where(np.arange(n) % 3 == 1, np.nan, rng.normal(size=n)),
        ],
        ids=["normal", "few values", "ascending", "descending", "missing"],
    )
    def test_are_those_of_numpy_and_of_equal_weights(self, make, n_rows):
        column, shares = make(n_rows), np.concatenate([[0.5, 0], np.arange(34) / 33])
        before = column.copy()
        found = quantiles(column, shares)
        # Both interpolate between the same two values, with some rounding of the share.
        assert_allclose(found, np.nanquantile(column, shares), rtol=1e-12, atol=1e-12)
        # Weights of 1 make the same shares: no digit differs.
        assert_array_equal(found, quantiles(column, shares, np.ones(n_rows)))
        assert_array_equal(column, before)


class TestHugeValues:
    most = np.finfo(np.float64).max

    @pytest.mark.parametrize(
        "column",
        [
            [-most, -most / 2, 0, most / 2, most],
            [-most, -most, most, most],
            [most, most, most],
            [most, most / 2, most / 4, -most],
            [5e-324, 1e-323, 1.5e-323, 2e-323],
            [0, 0, 0, 5e-324],
            [1e-320, 1e-310, most],
        ],
    )
    def test_stay_finite_and_in_order(self, column):
        values = np.array(column)[:, None]
        scaler = RobustClipScaler().fit(values)
        everything = np.array([-self.most, -1, 0, 5e-324, 1, self.most, *column])[:, None]
        transformed = scaler.transform(everything)
        assert np.isfinite(transformed).all()
        assert np.abs(transformed).max() <= 3
        order = np.argsort(everything[:, 0], kind="stable")
        assert (np.diff(transformed[order, 0]) >= 0).all()
        assert np.isfinite(scaler.inverse_transform(transformed)).all()

    def test_are_exact_where_the_quartiles_are_floats(self):
        column = np.array([-1e308, -5e307, 0, 5e307, 1e308])
        scaler = RobustClipScaler().fit(column[:, None])
        expected = [reference(column, value) for value in column]
        assert_allclose(scaler.transform(column[:, None])[:, 0], expected, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_is_kept_and_the_inverse_leads_back(dtype):
    data = X[:, [0, 3]].astype(dtype)
    scaler = RobustClipScaler().fit(data)
    transformed = scaler.transform(data)
    back = scaler.inverse_transform(transformed)
    assert transformed.dtype == back.dtype == dtype
    # Near the bound the inverse multiplies the rounding error by (1 + (z/3)²), here at most 3.
    assert_allclose(back, data, atol=20 * np.finfo(dtype).eps)


def test_the_inverse_of_the_bound_is_finite():
    scaler = RobustClipScaler().fit(X)
    back = scaler.inverse_transform([[3.0] * 4, [-3.0] * 4, [5.0] * 4])
    assert np.isfinite(back).all()
    assert_array_equal(back[0], back[2])
    assert (back[0] > back[1]).all()


def test_integers_bools_and_half_precision_become_float64():
    for dtype in (int, bool, np.uint8, np.float16):
        assert RobustClipScaler().fit_transform(np.eye(5, dtype=dtype)).dtype == np.float64


def test_names_and_containers():
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    scaler = RobustClipScaler().set_output(transform="pandas").fit(frame)
    assert scaler.get_feature_names_out().tolist() == ["a", "b", "c", "d"]
    assert scaler.transform(frame).columns.tolist() == ["a", "b", "c", "d"]
    polars = RobustClipScaler().set_output(transform="polars").fit_transform(pl.DataFrame(frame))
    assert_array_equal(polars.to_numpy(), scaler.transform(frame).to_numpy())
    nullable = frame.astype("Float64")
    nullable.iloc[0, 0] = pd.NA
    assert np.isnan(scaler.transform(nullable).iloc[0, 0])


class TestBadInput:
    def test_sparse_matrices(self):
        with pytest.raises(TypeError, match="Sparse data"):
            RobustClipScaler().fit(csr_array(X))

    def test_infinity(self):
        with pytest.raises(ValueError, match="infinity"):
            RobustClipScaler().fit([[np.inf], [1.0]])

    def test_dates(self):
        with pytest.raises(ValueError, match="X must be numbers, got dates"):
            RobustClipScaler().fit(np.array([["2020-01-01"]], dtype="datetime64[D]"))

    @pytest.mark.parametrize("bound", [0, -1, "3", None])
    def test_bounds(self, bound):
        with pytest.raises(ValueError, match="max_absolute_value"):
            RobustClipScaler(bound).fit(X)

    def test_leaves_the_scaler_as_it_was(self):
        scaler = RobustClipScaler().fit(X)
        before = pickle.dumps(scaler)
        with pytest.raises(ValueError, match="sample_weight"):
            scaler.fit(X[:, :2], sample_weight=[1])
        assert pickle.dumps(scaler) == before

    def test_columns_of_the_inverse(self):
        with pytest.raises(ValueError, match="X has 2 columns"):
            RobustClipScaler().fit(X).inverse_transform(X[:, :2])


def test_blocks_of_rows_make_no_difference():
    many = rng.normal(size=(70_000, 3))
    scaler = RobustClipScaler().fit(many)
    rows = np.r_[0:5, 21840:21850, 69995:70000]
    assert_array_equal(scaler.transform(many)[rows], scaler.transform(many[rows]))


def test_pickles_and_clones():
    scaler = RobustClipScaler(2).fit(X)
    assert_array_equal(pickle.loads(pickle.dumps(scaler)).transform(X), scaler.transform(X))
    assert clone(scaler).max_absolute_value == 2
