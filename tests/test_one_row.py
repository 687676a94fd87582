"""partial_fit of one row: what is known is not found out again, and nothing else differs."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, clone

from helpers.unchanged import unchanged
from skperceptron import (
    MLPAutoencoder,
    MLPClassifier,
    MLPRegressor,
    PerceptronClassifier,
    _compat,
    _inputs,
    _targets,
)
from skperceptron._core.training import clone_random_state

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 4))
TARGETS = {
    MLPClassifier: (X[:, 0] > 0).astype(int),
    MLPRegressor: X[:, 0],
    MLPAutoencoder: None,
    PerceptronClassifier: X[:, :3].argmax(axis=1),
}
CURVE = {PerceptronClassifier: "mistakes_curve_"}
every_estimator = pytest.mark.parametrize("kind", TARGETS)


def part(model, rows, X=X):
    y = TARGETS[type(model)]
    if y is None:
        return model.partial_fit(X[rows])
    classes = {} if isinstance(model, MLPRegressor) else {"classes": np.unique(y)}
    return model.partial_fit(X[rows], y[rows], **classes)


def started(kind, **parameters):
    if kind is not PerceptronClassifier:
        parameters = {"hidden_layer_sizes": (3,), "dropout": 0.2} | parameters
    return part(kind(**{"random_state": 0} | parameters), slice(None))


def outcome(model):
    names = ("coefs_", "intercepts_", "coef_", "intercept_", "loss_curve_", "mistakes_curve_")
    return [getattr(model, name) for name in names if hasattr(model, name)]


def assert_same(one, other):
    ours, theirs = outcome(one), outcome(other)
    assert ours
    for values, others in zip(ours, theirs, strict=True):
        for array, expected in zip(values, others, strict=True):
            assert_array_equal(array, expected)


def walk(model):
    """Rows alone, and several between, since the streams of the two have to meet."""
    for rows in (slice(1), slice(1, 2), slice(5, 12), slice(7, 8), slice(None)):
        part(model, rows)
    return model


class TestWhatIsSkipped:
    @every_estimator
    @pytest.mark.parametrize("random_state", [0, None, np.random.RandomState(3)], ids=str)
    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_makes_no_difference(self, kind, random_state, dtype, monkeypatch):
        if kind is PerceptronClassifier and dtype == np.float32:
            pytest.skip("the dtype is that of X")
        parameters = {} if kind is PerceptronClassifier else {"dtype": np.dtype(dtype).name}
        model = started(kind, random_state=copy.deepcopy(random_state), **parameters)
        twin = copy.deepcopy(model)
        walk(model)
        with monkeypatch.context() as patch:
            patch.setattr(_compat, "is_ready", lambda *arguments: False)
            patch.setattr(_compat, "is_surely_numbers", lambda values: False)
            patch.setattr(_compat, "_parameter_key", lambda estimator: None)
            walk(twin)
        assert_same(model, twin)

    @every_estimator
    def test_parameters_that_were_checked(self, kind, monkeypatch):
        model = started(kind)
        monkeypatch.setattr(BaseEstimator, "_validate_params", lambda self: pytest.fail("again"))
        part(model, slice(1))

    @every_estimator
    def test_arrays_that_are_ready(self, kind, monkeypatch):
        model = started(kind)
        for name in ("validate_data", "_check_y", "type_of_target"):
            monkeypatch.setattr(_compat, name, lambda *args, **kwargs: pytest.fail("again"))
        part(model, slice(1))

    @every_estimator
    def test_a_stream_that_nothing_is_drawn_from(self, kind):
        model = started(kind)
        state = vars(model)["_state" if kind is PerceptronClassifier else "_training_state"]
        stream = state.random_state
        before = stream.get_state(legacy=False)["state"]["key"].copy()
        part(model, slice(1))
        after = vars(model)["_state" if kind is PerceptronClassifier else "_training_state"]
        assert after.random_state is stream
        part(model, slice(2))
        assert_array_equal(stream.get_state(legacy=False)["state"]["key"], before)
        after = vars(model)["_state" if kind is PerceptronClassifier else "_training_state"]
        assert after.random_state is not stream


class TestParameters:
    @pytest.mark.parametrize(
        ("name", "valid", "wrong"),
        [
            ("max_iter", 1, 1.0),
            ("alpha", 0.0, -1.0),
            ("shuffle", True, 1),
            ("solver", "adam", "Adam"),
            ("tol", 1e-4, "small"),
        ],
    )
    def test_equal_values_of_other_types_are_other_values(self, name, valid, wrong):
        model = started(MLPClassifier, **{name: valid})
        part(model, slice(1))
        model.set_params(**{name: wrong})
        with unchanged(model), pytest.raises(ValueError, match=name):
            part(model, slice(1))

    def test_a_list_that_has_changed(self):
        sizes = [3, 3]
        model = started(MLPClassifier, hidden_layer_sizes=sizes)
        part(model, slice(1))
        sizes[1] = True
        with pytest.raises(ValueError, match="hidden_layer_sizes"):
            part(model, slice(1))

    def test_of_a_subclass_with_other_constraints(self):
        class Strict(MLPClassifier):
            _parameter_constraints = {
                **MLPClassifier._parameter_constraints,
                "alpha": [_compat.StrOptions({"none"})],
            }

        started(MLPClassifier)
        strict = Strict((3,), random_state=0, dropout=0.2)
        with pytest.raises(ValueError, match="alpha"):
            strict.partial_fit(X, TARGETS[MLPClassifier], classes=[0, 1])

    def test_warnings_come_every_time(self):
        with pytest.warns(UserWarning, match="momentum is ignored"):
            model = started(MLPClassifier, solver="adam", momentum=0.5)
        with pytest.warns(UserWarning, match="momentum is ignored"):
            part(model, slice(1))

    def test_they_are_not_kept_without_end(self, monkeypatch):
        monkeypatch.setattr(_compat, "_valid_parameters", {})
        monkeypatch.setattr(_compat, "MOST_KEYS", 3)
        model = started(MLPClassifier)
        for i in range(9):
            part(model.set_params(alpha=i / 10), slice(1))
        assert 1 <= len(_compat._valid_parameters) <= 3


class TestBadRows:
    @every_estimator
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_are_refused(self, kind, value):
        model = started(kind)
        rows = X[:1].copy()
        rows[0, 2] = value
        with unchanged(model), pytest.raises(ValueError, match=r"contains (NaN|infinity)"):
            part(model, slice(1), rows)

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_so_are_targets(self, value):
        model = started(MLPRegressor)
        with unchanged(model), pytest.raises(ValueError, match="y contains"):
            model.partial_fit(X[:1], [value])
        with unchanged(model), pytest.raises(ValueError, match="y contains"):
            model.partial_fit(X[:1], np.array([value]))

    @pytest.mark.parametrize("label", [5, 0.5, "a"])
    def test_so_are_unknown_labels(self, label):
        for kind in (MLPClassifier, PerceptronClassifier):
            model = started(kind)
            with unchanged(model), pytest.raises(ValueError, match=r"label|classes"):
                model.partial_fit(X[:1], np.array([label]))

    def test_huge_numbers_are_no_infinities(self):
        rows = np.full((1, 4), 1e200)  # whose squares overflow
        with np.errstate(over="ignore"):
            assert not _inputs.is_surely_finite(rows)
        model = started(PerceptronClassifier)
        part(model, slice(1), rows)
        assert np.isfinite(model.coef_).all()

    @pytest.mark.parametrize("shape", [(1, 3), (0, 4), (4,)])
    def test_other_shapes_are_refused(self, shape):
        model = started(MLPRegressor)
        with unchanged(model), pytest.raises(ValueError, match=r"features|sample|2D"):
            model.partial_fit(np.ones(shape), np.ones(shape[0]))


class TestCurves:
    @every_estimator
    def test_they_grow_in_place(self, kind):
        """A copy would take longer with each call."""
        model, name = started(kind), CURVE.get(kind, "loss_curve_")
        curve = getattr(model, name)
        part(part(model, slice(1)), slice(3))
        assert getattr(model, name) is curve
        assert len(curve) == 3

    @every_estimator
    @pytest.mark.parametrize(
        "copied", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
    )
    def test_those_of_a_copy_are_its_own(self, kind, copied):
        model, name = started(kind), CURVE.get(kind, "loss_curve_")
        twin = copied(model)
        part(twin, slice(1))
        assert len(getattr(model, name)) == 1
        assert len(getattr(twin, name)) == 2
        part(model, slice(1))
        assert_same(model, twin)

    @every_estimator
    def test_a_new_fit_begins_new_ones(self, kind):
        model, name = started(kind), CURVE.get(kind, "loss_curve_")
        curve = getattr(model, name)
        y = TARGETS[kind]
        model.set_params(max_iter=2, tol=None)
        model.fit(X) if y is None else model.fit(X, y)
        assert len(curve) == 1
        assert len(getattr(model, name)) == 2

    @every_estimator
    def test_a_call_that_fails_after_training_takes_them_back(self, kind, monkeypatch):
        model, name = started(kind), CURVE.get(kind, "loss_curve_")
        curve = getattr(model, name)
        closing = "skperceptron._callback_runner.NullCallbackRunner.close"
        monkeypatch.setattr(closing, lambda self: 1 / 0)
        with unchanged(model), pytest.raises(ZeroDivisionError):
            part(model, slice(1))
        assert len(curve) == 1
        assert getattr(model, name) is curve

    def test_a_list_of_the_users_is_left_alone(self):
        sizes = [3]
        model = clone(MLPRegressor(hidden_layer_sizes=sizes, random_state=0))

        def growing(progress):
            model.hidden_layer_sizes.append(4)
            raise OSError("no disk")

        model.set_params(hidden_layer_sizes=sizes, learning_rate=growing)
        with pytest.raises(OSError, match="no disk"):
            model.partial_fit(X, X[:, 0])
        assert sizes == [3, 4]


class TestStreams:
    @pytest.mark.parametrize("n_drawn", [0, 1, 700])
    @pytest.mark.parametrize("gauss", [False, True])
    def test_a_clone_goes_on_alike(self, n_drawn, gauss):
        stream = np.random.RandomState(5)
        stream.randint(9, size=n_drawn)
        if gauss:
            stream.normal()  # keeps a second number
        other = clone_random_state(stream)
        for each in (other, pickle.loads(pickle.dumps(other)), copy.deepcopy(other)):
            expected = copy.deepcopy(stream)
            assert_array_equal(each.normal(size=700), expected.normal(size=700))
            assert_array_equal(each.permutation(9), expected.permutation(9))

    def test_a_pickle_names_nothing_of_ours(self):
        assert b"skperceptron" not in pickle.dumps(clone_random_state(np.random.RandomState(0)))

    def test_of_another_kind(self):
        stream = np.random.RandomState(np.random.PCG64(1))
        assert_array_equal(clone_random_state(stream).normal(size=3), stream.normal(size=3))


def test_many_classes_in_one_row_are_no_reason_to_warn():
    model = started(PerceptronClassifier)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        part(model, slice(1))
    assert _targets.labels(np.array([3]), known=True).tolist() == [3]
