"""Unpickling what another version has pickled is a warning, as in scikit-learn."""

import copy
import io
import pickle
import warnings

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skperceptron
from helpers.marks import every
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
y = X[:, 0] > 0


class Subclass(MLPClassifier):
    """Of a user's."""


ESTIMATORS = [
    MLPClassifier((3,), max_iter=2, random_state=0),
    MLPRegressor((3,), max_iter=2, random_state=0),
    MLPAutoencoder((3,), max_iter=2, random_state=0),
    PerceptronClassifier(max_iter=2),
    Subclass((3,), max_iter=2, random_state=0),
]
every_estimator = every("estimator", ESTIMATORS)


def fitted(estimator):
    return clone(estimator).fit(X, y)


def joblib_dumps(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    return file.getvalue()


@pytest.fixture
def old_pickle(monkeypatch):
    """A function that pickles as an older version does."""

    def dumps(estimator, dumps=pickle.dumps):
        with monkeypatch.context() as patch:
            patch.setattr(skperceptron, "__version__", "0.0.1")
            return dumps(estimator)

    return dumps


@every_estimator
@pytest.mark.parametrize("fit", [fitted, clone])
@pytest.mark.parametrize("dumps", [pickle.dumps, joblib_dumps])
def test_another_version(estimator, fit, dumps, old_pickle):
    content = old_pickle(fit(estimator), dumps)
    expected = (
        f"unpickle estimator {type(estimator).__name__} from version 0.0.1 when using version "
        rf"{skperceptron.__version__} of skperceptron\. .*: fit the estimator again"
    )
    with pytest.warns(InconsistentVersionWarning, match=expected) as caught:
        restored = joblib.load(io.BytesIO(content))
    assert len(caught) == 1
    assert caught[0].message.original_sklearn_version == "0.0.1"
    assert "_skperceptron_version" not in vars(restored)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pickle.loads(pickle.dumps(restored))  # it is of this version from now on


@every_estimator
def test_no_version(estimator, monkeypatch):
    model = fitted(estimator)
    with monkeypatch.context() as patch:
        patch.setattr(type(model), "__getstate__", lambda self: dict(vars(self)))
        content = pickle.dumps(model)
    with pytest.warns(InconsistentVersionWarning, match="from version unknown when using"):
        pickle.loads(content)


def test_in_a_pipeline(old_pickle):
    content = old_pickle(make_pipeline(StandardScaler(), clone(ESTIMATORS[0])).fit(X, y))
    with pytest.warns(InconsistentVersionWarning, match="MLPClassifier") as caught:
        pickle.loads(content)
    assert len(caught) == 1


@every_estimator
@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e)), clone]
)
def test_the_same_version_is_silent(estimator, duplicate):
    model = fitted(estimator)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        other = duplicate(model)
    assert "_skperceptron_version" not in vars(other)
    if duplicate is not clone:
        use = "transform" if isinstance(model, MLPAutoencoder) else "predict"
        assert_array_equal(getattr(other, use)(X), getattr(model, use)(X))


@every_estimator
def test_skops(estimator, old_pickle):
    io = pytest.importorskip("skops.io")
    model = fitted(estimator)
    content = io.dumps(model)
    trusted = io.get_untrusted_types(data=content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        io.loads(content, trusted=trusted)
    with pytest.warns(InconsistentVersionWarning, match=r"from version 0\.0\.1"):
        io.loads(old_pickle(model, io.dumps), trusted=trusted)
