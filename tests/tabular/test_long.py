"""What holds for every table, on tables made up by hypothesis."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skperceptron.tabular import PiecewiseLinearEncoder, RobustClipScaler, TabularPreprocessor

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

finite = st.floats(allow_nan=False, allow_infinity=False)
floats = st.floats(allow_infinity=False)
cells = st.one_of(
    st.none(), st.booleans(), st.integers(), floats, st.text(max_size=2), st.binary(max_size=1)
)


def tables(values, kind=np.float64):
    """Arrays of at least one row and column."""
    shape = st.tuples(st.integers(1, 12), st.integers(1, 3))
    return shape.flatmap(
        lambda shape: st.lists(
            st.lists(values, min_size=shape[1], max_size=shape[1]),
            min_size=shape[0],
            max_size=shape[0],
        ).map(lambda rows: np.array(rows, dtype=kind))
    )


@settings(max_examples=350, deadline=None)
@given(tables(floats))
def test_scaled_values_are_bounded_and_in_order(X):
    scaler = RobustClipScaler().fit(X)
    out = scaler.transform(X)
    assert_array_equal(np.isnan(out), np.isnan(X))
    assert (np.abs(out[~np.isnan(out)]) <= 3).all()
    for column, scaled in zip(X.T, out.T, strict=True):
        order = np.argsort(column)[: (~np.isnan(column)).sum()]
        assert (np.diff(scaled[order]) >= 0).all()
    assert not np.isinf(scaler.inverse_transform(out)).any()


@settings(max_examples=350, deadline=None)
@given(tables(finite), st.integers(1, 20), st.data())
def test_bins_are_shares_in_descending_order(X, n_bins, data):
    weight = data.draw(st.lists(st.integers(0, 3), min_size=len(X), max_size=len(X)).filter(any))
    encoder = PiecewiseLinearEncoder(n_bins).fit(X, sample_weight=weight)
    assert (encoder.n_bins_ <= n_bins).all()
    out = encoder.transform(X)
    assert out.shape == (len(X), encoder.n_bins_.sum())
    assert ((out >= 0) & (out <= 1)).all()
    for bins in np.split(out, np.cumsum(encoder.n_bins_)[:-1], axis=1):
        assert (np.diff(bins, axis=1) <= 0).all()
    repeated = PiecewiseLinearEncoder(n_bins).fit(np.repeat(X, weight, axis=0))
    for one, other in zip(encoder.bin_edges_, repeated.bin_edges_, strict=True):
        assert_allclose(one, other, rtol=1e-12)


@settings(max_examples=350, deadline=None)
@given(tables(cells, object), st.sampled_from([1, 2, 30]), st.booleans(), st.data())
def test_tables_of_all_kinds_become_finite_matrices(X, max_categories, as_frame, data):
    y = data.draw(st.none() | st.lists(st.integers(0, 2), min_size=len(X), max_size=len(X)))
    table = pd.DataFrame(X) if as_frame else X
    parameters = {"max_categories": max_categories, "min_frequency": 1, "random_state": 0}
    preprocessor = TabularPreprocessor(**parameters)
    fitted = preprocessor.fit_transform(table, y)
    names = preprocessor.get_feature_names_out()
    assert fitted.shape == (len(X), len(names))
    assert len(set(names)) == len(names)
    assert np.isfinite(fitted).all()
    out = preprocessor.transform(table)
    assert_array_equal(out[:1], preprocessor.transform(table[:1]))
    if not preprocessor.is_target_encoded_.any():
        assert_array_equal(fitted, out)
