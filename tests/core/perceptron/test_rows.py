import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skperceptron._core.perceptron import DenseRows, SparseRows
from skperceptron._core.perceptron.rows import BLOCK, sequential_sum


def rows_of(X, csr):
    return SparseRows(sparse.csr_matrix(X)) if csr else DenseRows(X)


@pytest.fixture(name="X")
def mostly_zeros(rng):
    X = rng.normal(size=(150, 7)) * (rng.random((150, 7)) < 0.4)
    X[3] = 0
    return X


@pytest.mark.parametrize("order", [np.arange(20, 90), np.arange(90, 20, -1), np.arange(0, 100, 3)])
def test_what_is_shown_is_in_the_order_asked_for(X, csr, order, rng):
    rows = rows_of(X, csr)
    weights = rows.weights(3)
    weights[...] = rng.normal(size=(7, 3))
    shown = rows.batch(order)
    assert len(shown) == len(order)
    assert_allclose(shown.scores(weights, 2, 9), X[order[2:9]] @ weights, atol=1e-14)
    assert_allclose(shown.exact_scores(weights, 5), X[order[5:6]] @ weights, atol=1e-14)
    columns, values = shown.row(4)
    dense = np.zeros(7)
    dense[columns] = values
    assert_array_equal(dense, X[order[4]])


@pytest.mark.parametrize("n", [1, 10, BLOCK, BLOCK + 1, 150])
def test_products_with_the_rows_that_are_shown_later(X, csr, n):
    products = rows_of(X, csr).batch(np.arange(150)).products(0, n, 0.5)
    expected = np.triu(X[:n] @ X[:n].T + 0.5, k=1)
    for row in (0, n // 2, n - 1):
        assert_allclose(products[row], expected[row], atol=1e-14)
        assert_allclose(products[row], expected[row], atol=1e-14)  # when asked for again


def test_updates_are_added_row_after_row(X, csr, rng):
    rows = rows_of(X, csr)
    weights, updates = rows.weights(2), np.zeros((20, 2))
    updates[[3, 7, 11]] = rng.normal(size=(3, 2))
    expected = weights.copy()
    rows.batch(np.arange(150)).add(updates, 30, weights)
    for i in range(20):
        expected += X[30 + i][:, np.newaxis] * updates[i]
    assert_array_equal(weights, expected)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_no_row_is_longer_than_the_radius(X, csr, scale):
    rows = rows_of(X * scale, csr)
    assert rows.largest == np.abs(X * scale).max()
    longest = scale * np.linalg.norm(X, axis=1).max()
    assert longest * (1 - 1e-12) <= rows.radius <= longest * math.sqrt(7)


def test_rows_without_entries(csr):
    rows = rows_of(np.zeros((4, 3)), csr)
    assert rows.radius == rows.largest == 0
    assert_array_equal(rows.batch(np.arange(4)).exact_scores(rows.weights(2), 1), [[0, 0]])


def test_whole_numbers_are_known(X, csr):
    assert rows_of(np.rint(X), csr).is_integral
    assert not rows_of(X, csr).is_integral
    last = np.zeros((40000, 10))
    last[-1, -1] = 0.5
    assert not rows_of(last, csr).is_integral


@pytest.mark.parametrize("k", [1, 2, 5])
def test_sums_go_from_the_first_to_the_last(k, rng):
    terms = rng.normal(size=(1000, k)) * 10.0 ** rng.integers(-8, 8, (1000, k))
    total = np.zeros(k)
    for term in terms:
        total = total + term
    assert_array_equal(sequential_sum(terms), total)
