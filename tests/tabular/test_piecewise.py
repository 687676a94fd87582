"""PiecewiseLinearEncoder beside the formula in plain Python."""

import pickle
import tracemalloc
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skperceptron.tabular import PiecewiseLinearEncoder

rng = np.random.default_rng(0)
X = np.column_stack(
    [
        rng.normal(size=80),
        rng.integers(0, 3, 80),
        np.full(80, 7.0),
        rng.standard_cauchy(80) * 1e6,
        np.arange(80) % 3 == 0,
    ]
)


def reference(column, values, n_bins, low, high):
    """The formula, a value and a bin at a time."""
    edges = sorted(set(np.quantile(column, [k / n_bins for k in range(n_bins + 1)]).tolist()))
    bins = list(pairwise(edges))
    return [
        [
            low + (high - low) * min(max((value - left) / (right - left), 0), 1)
            for left, right in bins
        ]
        for value in values
    ]


@pytest.mark.parametrize("n_bins", [1, 2, 16, 200])
@pytest.mark.parametrize("ends", [(0, 1), (-0.125, 0.125), (2.0, 5.0)])
def test_the_formula(n_bins, ends):
    encoder = PiecewiseLinearEncoder(n_bins, feature_range=ends).fit(X)
    values = np.vstack([X, X.min(axis=0) - 1, X.max(axis=0) + 1, X[:40] + 1e-3])
    expected = np.hstack(
        [
            np.reshape(reference(c, v, n_bins, *ends), (len(v), -1))
            for c, v in zip(X.T, values.T, strict=True)
        ]
    )
    encoded = encoder.transform(values)
    # Quantiles may differ from NumPy's in the last digit, and the value from a narrow bin's edge.
    assert_allclose(encoded, expected, atol=1e-11)
    assert encoded.shape[1] == encoder.n_bins_.sum()
    assert encoded.min() == ends[0]
    assert encoded.max() == ends[1]


def test_columns_with_few_values_have_few_bins():
    encoder = PiecewiseLinearEncoder(16).fit(X)
    assert_array_equal(encoder.n_bins_[[0, 2, 4]], [16, 0, 1])
    assert 2 <= encoder.n_bins_[1] <= 3
    assert_array_equal(encoder.transform(X)[:, -1], X[:, 4])  # one bin is the column itself
    assert PiecewiseLinearEncoder().fit_transform(X[:, [2]]).shape == (80, 0)
    assert PiecewiseLinearEncoder().fit_transform(X[:1]).shape == (1, 0)


def test_names():
    names = ["age", "rooms", "constant", "income", "flag"]
    encoder = PiecewiseLinearEncoder(2).fit(pd.DataFrame(X, columns=names))
    expected = ["age_bin0", "age_bin1", *[f"rooms_bin{t}" for t in range(encoder.n_bins_[1])]]
    expected += ["income_bin0", "income_bin1", "flag_bin0"]
    assert encoder.get_feature_names_out().tolist() == expected
    assert encoder.get_feature_names_out(names).tolist() == expected
    with pytest.raises(ValueError, match="input_features"):
        encoder.get_feature_names_out(["a"] * 5)
    framed = encoder.set_output(transform="pandas").transform(pd.DataFrame(X, columns=names))
    assert framed.columns.tolist() == expected
    framed = encoder.set_output(transform="polars").transform(pl.DataFrame(X, schema=names))
    assert framed.columns == expected
    assert PiecewiseLinearEncoder(1).fit([[0.0], [1.0]]).get_feature_names_out() == ["x0_bin0"]


@pytest.mark.parametrize("ends", [(0.0, 1.0), (-0.125, 0.125)])
def test_the_inverse_is_exact_within_the_range_and_the_edge_beyond(ends):
    encoder = PiecewiseLinearEncoder(8, feature_range=ends).fit(X)
    back = encoder.inverse_transform(encoder.transform(X))
    # Rounding errors of as many widths as there are bins, relative to the range.
    scale = np.abs(X).max(axis=0)
    assert_allclose(back / scale, X / scale, atol=1e-14)
    beyond = encoder.inverse_transform(encoder.transform(X * 100 - 50))
    for column, found in zip(X.T, beyond.T, strict=True):
        assert found.min() >= column.min() - 1e-9 * abs(column).max()
        assert found.max() <= column.max() + 1e-9 * abs(column).max()


def test_weights_are_repetitions_and_zero_is_no_row():
    counts = rng.integers(0, 4, len(X))
    weighted = PiecewiseLinearEncoder().fit(X, sample_weight=counts)
    repeated = PiecewiseLinearEncoder().fit(np.repeat(X, counts, axis=0))
    for one, other in zip(weighted.bin_edges_, repeated.bin_edges_, strict=True):
        assert_allclose(one, other, rtol=1e-13)
    halved = PiecewiseLinearEncoder().fit(X, sample_weight=np.full(80, 0.5))
    for one, other in zip(
        halved.bin_edges_, PiecewiseLinearEncoder().fit(X).bin_edges_, strict=True
    ):
        assert_array_equal(one, other)


def test_types():
    assert PiecewiseLinearEncoder().fit_transform(X).dtype == np.float64
    assert PiecewiseLinearEncoder().fit_transform(X.astype(np.float32)).dtype == np.float32
    assert PiecewiseLinearEncoder(dtype="float32").fit_transform(X).dtype == np.float32
    assert PiecewiseLinearEncoder(dtype="float64").fit_transform(np.float32(X)).dtype == np.float64
    assert PiecewiseLinearEncoder().fit_transform(np.int8([[1], [2]])).dtype == np.float64
    # Seconds since 1970 are told apart in float32, because it is not X that is rounded.
    seconds = 1.7e9 + np.arange(100.0)[:, None]
    encoded = PiecewiseLinearEncoder(4, dtype="float32").fit_transform(seconds)
    assert len(np.unique(encoded, axis=0)) == 100


def test_huge_and_tiny_values():
    most = np.finfo(np.float64).max
    columns = [[-most, most], [-most, 0, most], [0, 5e-324], [most / 2, most], [1, 2]]
    columns += [[most, most, most, -most, -most, -most]]  # whose sum overflows both ways
    for column in columns:
        values = np.array(column)[:, None]
        encoder = PiecewiseLinearEncoder().fit(values)
        encoded = encoder.transform([[-most], *values.tolist(), [most]])
        assert np.isfinite(encoded).all()
        assert_array_equal(encoded[0], 0)
        assert_array_equal(encoded[-1], 1)
        assert_allclose(encoder.inverse_transform(encoder.transform(values)), values)


def test_blocks_of_rows_make_no_difference():
    many = rng.normal(size=(3000, 20))
    encoder = PiecewiseLinearEncoder(32).fit(many)
    whole = encoder.transform(many)
    assert_array_equal(whole, np.vstack([encoder.transform(part) for part in np.split(many, 30)]))


def test_memory_is_the_output_and_a_few_blocks():
    many = rng.normal(size=(20_000, 20))
    encoder = PiecewiseLinearEncoder(32, dtype="float32").fit(many)
    tracemalloc.start()
    try:
        encoded = encoder.transform(many)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.1 * encoded.nbytes


class TestBadInput:
    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_what_is_not_finite(self, value):
        with pytest.raises(ValueError, match=r"NaN|infinity"):
            PiecewiseLinearEncoder().fit([[1.0], [value]])
        with pytest.raises(ValueError, match=r"NaN|infinity"):
            PiecewiseLinearEncoder().fit([[1.0], [2.0]]).transform([[value]])

    def test_sparse_matrices(self):
        with pytest.raises(TypeError, match="Sparse data"):
            PiecewiseLinearEncoder().fit(csr_array(X))

    @pytest.mark.parametrize("n_bins", [0, 1.5, None, "16"])
    def test_n_bins(self, n_bins):
        with pytest.raises(ValueError, match="n_bins"):
            PiecewiseLinearEncoder(n_bins).fit(X)

    @pytest.mark.parametrize(
        "ends", [(1, 0), (0, 0), (0, np.inf), (0, 1, 2), (None, 1), ("a", "b"), (np.nan, 1), 3]
    )
    def test_feature_range(self, ends):
        with pytest.raises(ValueError, match="feature_range"):
            PiecewiseLinearEncoder(feature_range=ends).fit(X)

    def test_columns_of_the_inverse(self):
        with pytest.raises(ValueError, match="X must have 2 columns"):
            PiecewiseLinearEncoder(2).fit(X[:, :1]).inverse_transform(X[:, :1])

    def test_leaves_the_encoder_as_it_was(self):
        encoder = PiecewiseLinearEncoder().fit(X)
        before = pickle.dumps(encoder)
        with pytest.raises(ValueError, match="sample_weight"):
            encoder.fit(X[:, :2], sample_weight=[-1] * 80)
        assert pickle.dumps(encoder) == before
