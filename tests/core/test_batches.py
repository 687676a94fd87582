from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from skperceptron._core.batches import ArrayRows, Batches, CodedRows, DensifiedRows

N_ROWS = 10
X = np.arange(N_ROWS * 3.0).reshape(N_ROWS, 3)
Y = np.arange(N_ROWS * 2.0).reshape(N_ROWS, 2)
WEIGHT = np.arange(N_ROWS) / 10


def make_batches(batch_size=4, rows=None, X=X, weighted=True):
    weight = ArrayRows(WEIGHT) if weighted else None
    return Batches(ArrayRows(X), ArrayRows(Y), weight, rows, batch_size)


def gathered(batches, permutation=None):
    """Whole columns, put together from copies of the batches."""
    epoch = [[part.copy() for part in batch] for batch in batches.epoch(permutation)]
    return [np.concatenate(parts) for parts in zip(*epoch, strict=True)]


@pytest.fixture
def permutation(rng):
    return rng.permutation(N_ROWS)


@pytest.mark.parametrize("batch_size", [1, 3, 4, 5, 10, 100])
def test_every_row_comes_once_in_the_order_asked_for(batch_size, permutation):
    batches = make_batches(batch_size)
    for _ in range(2):
        for column, values in zip(gathered(batches, permutation), (X, Y, WEIGHT), strict=True):
            assert_array_equal(column, values[permutation])
    for column, values in zip(gathered(batches), (X, Y, WEIGHT), strict=True):
        assert_array_equal(column, values)


def test_batch_sizes(permutation):
    for order in (None, permutation):
        assert [len(batch[0]) for batch in make_batches(4).epoch(order)] == [4, 4, 2]
        assert [len(batch[2]) for batch in make_batches(4).epoch(order)] == [4, 4, 2]
        assert [len(batch[0]) for batch in make_batches(5).epoch(order)] == [5, 5]
    assert make_batches(100).batch_size == make_batches(100).n_rows == N_ROWS


def test_unshuffled_batches_are_views():
    batches = list(make_batches().epoch(None))
    assert len(batches) > 1
    for batch in batches:
        for part, whole in zip(batch, (X, Y, WEIGHT), strict=True):
            assert np.shares_memory(part, whole)


def test_shuffled_batches_reuse_one_buffer_and_never_touch_the_data(permutation):
    before = X.copy()
    batches = make_batches()
    seen = [batch for _ in range(2) for batch in batches.epoch(permutation)]
    for parts, whole in zip(zip(*seen, strict=True), (X, Y, WEIGHT), strict=True):
        for part in parts:
            assert np.shares_memory(part, parts[0])
            assert not np.shares_memory(part, whole)
    assert_array_equal(X, before)


def test_without_weights_a_batch_is_a_pair(permutation):
    for order in (None, permutation):
        assert {len(batch) for batch in make_batches(weighted=False).epoch(order)} == {2}


def test_a_selection_of_rows_is_walked_alone(rng):
    rows = np.array([8, 2, 5, 7, 1])
    batches = make_batches(batch_size=2, rows=rows)
    assert batches.n_rows == 5
    assert_array_equal(gathered(batches)[0], X[rows])
    # The permutation is of the selection, not of the data.
    permutation = rng.permutation(5)
    for column, values in zip(gathered(batches, permutation), (X, Y, WEIGHT), strict=True):
        assert_array_equal(column, values[rows[permutation]])
    assert make_batches(batch_size=100, rows=rows).batch_size == 5


@pytest.mark.parametrize(
    "other",
    [np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2], X.astype(np.float32)],
    ids=["fortran", "strided", "float32"],
)
def test_memory_layout_and_dtype_of_the_data(other, permutation):
    for order in (None, permutation):
        column = gathered(make_batches(X=other), order)[0]
        assert column.dtype == other.dtype
        assert_array_equal(column, X if order is None else X[order])


def test_coded_rows_are_one_hot_rows_never_built(permutation):
    codes = np.array([2, 0, 1, 1, 2, 0, 0, 2, 1, 2])
    table = np.eye(3, dtype=np.float32)
    coded = Batches(ArrayRows(X), CodedRows(codes, table), None, None, 4)
    built = Batches(ArrayRows(X), ArrayRows(table[codes]), None, None, 4)
    assert len(CodedRows(codes, table)) == N_ROWS
    for order in (None, permutation):
        expected, column = gathered(built, order)[1], gathered(coded, order)[1]
        assert column.dtype == np.float32
        assert_array_equal(column, expected)
        ys = [batch[1] for batch in coded.epoch(order)]
        assert all(np.shares_memory(y, ys[0]) and not np.shares_memory(y, table) for y in ys)


def test_sparse_targets_are_dense_batch_by_batch():
    matrix = csr_array(np.array([[1.0, 0, 2], [0, 0, 0], [0, 3, 0], [4, 0, 0]]))
    rows = DensifiedRows(matrix)
    out = rows.buffer(3)
    out[...] = 9
    taken = rows.take(np.array([3, 1]), out)
    assert_array_equal(taken, [[4, 0, 0], [0, 0, 0]])
    assert np.shares_memory(taken, out)
    assert_array_equal(rows.slice(0, 3, out), matrix.toarray()[:3])
    assert len(rows) == 4
