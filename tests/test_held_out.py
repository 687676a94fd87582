"""Rows that are held out, and rows that do not count: what the other tests would let pass."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from helpers.marks import every_dtype
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor
from skperceptron._held_out import Data
from skperceptron._targets import MulticlassTargets, RegressionTargets

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
every_form = pytest.mark.parametrize("form", [np.array, sparse.csr_array], ids=["dense", "sparse"])


def stopping(estimator=MLPClassifier, **parameters):
    return estimator((3,), early_stopping=True, max_iter=2, random_state=0, **parameters)


class TestHowManyRowsAreHeldOut:
    # Warnings are errors here, so none says that rows are too few or not stratified.

    @pytest.mark.parametrize(
        ("n_rows", "fraction", "n_held_out"),
        [(11, 0.1, 2), (20, 0.1, 2), (21, 0.1, 3), (4, 0.6, 3)],
    )
    def test_the_fraction_rounded_up(self, n_rows, fraction, n_held_out):
        model = stopping(MLPRegressor, validation_fraction=fraction)
        model.fit(X[:n_rows], X[:n_rows, 0])
        assert model.t_ == model.n_iter_ * (n_rows - n_held_out)
        assert model.validation_scores_ is not None

    @pytest.mark.parametrize(("n_rows", "fraction"), [(10, 0.1), (4, 0.8)])
    def test_none_where_one_is_left_on_a_side_or_nothing(self, n_rows, fraction):
        model = stopping(MLPRegressor, validation_fraction=fraction)
        with pytest.warns(UserWarning, match="watches the training loss, because validation_frac"):
            model.fit(X[:n_rows], X[:n_rows, 0])
        assert model.t_ == model.n_iter_ * n_rows

    @pytest.mark.parametrize(
        ("y", "fraction"),
        [
            pytest.param(np.arange(30) % 3, 0.1, id="one row held out of each class"),
            pytest.param(np.arange(30) % 3, 0.9, id="one row trained on of each class"),
            pytest.param(np.arange(20) < 2, 0.1, id="a class of two rows"),
        ],
    )
    def test_just_enough_to_stratify(self, y, fraction):
        model = stopping(validation_fraction=fraction).fit(X[: len(y)], y)
        assert len(model.validation_scores_) == 2

    @pytest.mark.parametrize(
        ("y", "fraction"),
        [
            pytest.param(np.arange(30) % 4, 0.1, id="fewer rows held out than classes"),
            pytest.param(np.arange(30) % 4, 0.9, id="fewer rows trained on than classes"),
            pytest.param(np.arange(20) < 1, 0.1, id="a class of one row"),
        ],
    )
    def test_too_few_to_stratify(self, y, fraction):
        with pytest.warns(UserWarning, match="are not stratified"):
            stopping(validation_fraction=fraction).fit(X[: len(y)], y)

    def test_of_one_class(self):
        model = stopping().fit(X, np.ones(60))
        assert model.validation_scores_ == [1.0, 1.0]


def test_losses_and_scores_are_floats_of_python():
    model = stopping(MLPRegressor).fit(X, X[:, 0], X_val=X[:5], y_val=X[:5, 0])
    assert {type(v) for v in model.validation_loss_curve_ + model.validation_scores_} == {float}


class TestRowsWithoutWeight:
    WEIGHT = np.r_[0.0, 0.0, np.ones(58)]

    @every_form
    @pytest.mark.parametrize("first", [-1e300, 0.0])
    def test_do_not_matter_whatever_their_target(self, form, first):
        # In the first place too, where the rows that count are looked for.
        y = np.r_[first, first, X[2:, 0]]
        fitted, expected = (
            MLPRegressor((3,), max_iter=2, random_state=0).fit(form(X), target, self.WEIGHT)
            for target in (y, X[:, 0])
        )
        assert_array_equal(fitted.coefs_[0], expected.coefs_[0])
        assert fitted.loss_curve_ == expected.loss_curve_

    @every_form
    def test_are_left_as_the_user_has_them(self, form):
        given = form(X)
        MLPRegressor((3,), max_iter=1).fit(given, X[:, 0], self.WEIGHT)
        MLPAutoencoder((3,), max_iter=1).fit(given, sample_weight=self.WEIGHT)
        assert_array_equal(given.toarray() if sparse.issparse(given) else given, X)

    @every_form
    @every_dtype
    def test_are_zeros_with_a_target_that_counts(self, form, dtype):
        data = Data(form(X.astype(dtype)), np.arange(60.0), self.WEIGHT).mask_zero_weight_rows()
        shown = data.X.toarray() if sparse.issparse(data.X) else data.X
        assert shown.dtype == dtype
        assert_array_equal(shown, X.astype(dtype) * self.WEIGHT[:, np.newaxis])
        assert_array_equal(data.y, np.r_[2.0, 2.0, np.arange(2.0, 60)])


class TestFingerprint:
    """What tells whether the watched rows are still the same, so that scores compare."""

    TARGETS = RegressionTargets(1, "identity")

    def of(self, X=X, y=X[:, 0], weight=None, targets=TARGETS):
        return Data(X, y, weight).fingerprint(targets)

    @every_form
    def test_is_the_same_for_equal_data(self, form):
        assert self.of(form(X)) == self.of(form(X.copy()), X[:, 0].copy())
        weight = np.ones(60)
        assert self.of(form(X), weight=weight) == self.of(form(X), weight=weight.copy())

    def test_does_not_depend_on_the_layout(self):
        assert self.of(X) == self.of(np.asfortranarray(X)) == self.of(np.hstack([X, X])[:, :4])

    def test_is_of_labels_whatever_their_type(self):
        y = np.arange(60) % 3
        one, other = (MulticlassTargets(c) for c in (np.arange(3), np.array(["a", "b", "c"])))
        assert self.of(y=y, targets=one) == self.of(y=other.classes[y], targets=other)

    @every_form
    def test_is_another_for_other_data(self, form):
        moved, y, weight = X.copy(), X[:, 0].copy(), np.ones(60)
        moved[59, 3] = np.nextafter(moved[59, 3], 9)
        y[59] += 1
        zero = X.copy()
        zero[59, 3] = 0
        swapped = X.copy()
        swapped[59, 3], swapped[59, 2] = 0, X[59, 3]
        prints = [
            self.of(form(X)),
            self.of(form(moved)),
            self.of(form(X), y=y),
            self.of(form(X), weight=weight),
            self.of(form(X), weight=weight + y),
            self.of(form(X[::-1])),
            self.of(form(X.reshape(120, 2)), y=np.r_[y, y]),
            self.of(form(X.astype(np.float32))),
            self.of(form(zero)),
            self.of(form(swapped)),
        ]
        for one, other in itertools.combinations(prints, 2):
            assert one != other

    def test_the_shape_counts(self):
        # The same bytes, and the same targets.
        y = np.zeros(60)
        assert self.of(X, y) != self.of(X.reshape(60, 2, 2), y)
        assert self.of(np.zeros((60, 4)), y) != self.of(np.zeros((60, 4), np.int64), y)

    def test_a_sparse_matrix_is_not_a_dense_one(self):
        assert self.of(X) != self.of(sparse.csr_array(X))
