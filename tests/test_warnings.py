"""Every warning points at the line that called into the package."""

import warnings

import numpy as np
import pytest

from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(int)


def interrupt(progress):
    raise KeyboardInterrupt


# What warns, by what the warning says.
CAUSES = {
    "is ignored with": {"max_fun": 7},
    "clipped": {"batch_size": 1000},
    "hasn't converged": {},
    "watches the training loss": {"early_stopping": True, "validation_fraction": 0.01},
    "lbfgs failed to converge": {"solver": "lbfgs"},
    "interrupted by user": {"learning_rate": interrupt},
}


class Subclass(MLPClassifier):
    """Of the user's: it has a signature and an ``__init__`` of its own, but no ``fit``."""

    def __init__(
        self,
        solver="adam",
        max_fun=15000,
        batch_size="auto",
        early_stopping=False,
        validation_fraction=0.1,
        learning_rate="constant",
        max_iter=2,
    ):
        super().__init__(
            solver=solver,
            max_fun=max_fun,
            batch_size=batch_size,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            learning_rate=learning_rate,
            max_iter=max_iter,
        )


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor, MLPAutoencoder, Subclass])
@pytest.mark.parametrize("message", CAUSES)
def test_fit(estimator, message):
    model = estimator(max_iter=2, **CAUSES[message])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, Y)
    assert any(message in str(warning.message) for warning in caught)
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor, MLPAutoencoder])
def test_partial_fit(estimator):
    model = estimator(max_fun=7, batch_size=1000)
    classes = {"classes": [0, 1]} if estimator is MLPClassifier else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.partial_fit(X, Y, **classes)
    assert len(caught) == 2
    assert {warning.filename for warning in caught} == {__file__}


def test_fit_transform():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        MLPAutoencoder((2,), max_iter=1, max_fun=7).fit_transform(X)
    assert len(caught) == 2
    assert {warning.filename for warning in caught} == {__file__}


def test_rows_that_can_not_be_stratified():
    with pytest.warns(UserWarning, match="not stratified") as caught:
        MLPClassifier(early_stopping=True, max_iter=200, tol=10, random_state=0).fit(
            X, np.arange(40) == 0
        )
    assert caught[0].filename == __file__


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_divergence_with_best_weights():
    model = MLPRegressor(solver="sgd", early_stopping=True, max_iter=2, random_state=0)
    model.set_params(warm_start=True).fit(X, X[:, 0])
    with pytest.warns(UserWarning, match="best weights so far are kept") as caught:
        model.set_params(learning_rate_init=1e200).fit(X, X[:, 0])
    assert caught[0].filename == __file__
