"""scikit-learn's gallery examples for these estimators, in miniature: the same figures.

Each function is the example's code with its imports passed in, on smaller data, and returns what
the example draws.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import neural_network
from sklearn.datasets import (
    load_digits,
    load_iris,
    make_circles,
    make_classification,
    make_moons,
)
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import skperceptron
from helpers.marks import has_numbers_of_1_9, unconverged

pytestmark = [
    has_numbers_of_1_9,
    unconverged,
    # The examples set parameters that their solver ignores.
    pytest.mark.filterwarnings("ignore:.* ignored with solver=:UserWarning"),
]


def varying_regularization(package, max_iter):
    """plot_mlp_alpha: decision surfaces and scores by alpha."""
    X, y = make_classification(
        n_features=2, n_redundant=0, n_informative=2, random_state=0, n_clusters_per_class=1
    )
    X += 2 * np.random.RandomState(2).uniform(size=X.shape)
    datasets = [
        make_moons(noise=0.3, random_state=0),
        make_circles(noise=0.2, factor=0.5, random_state=1),
        (X, y),
    ]
    surfaces, scores = [], []
    for data, labels in datasets:
        X_train, X_test, y_train, y_test = train_test_split(
            data, labels, test_size=0.4, random_state=42
        )
        axes = [np.linspace(x.min() - 0.5, x.max() + 0.5, 12) for x in data.T]
        grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
        for alpha in np.logspace(-1, 1, 3):
            classifier = make_pipeline(
                StandardScaler(),
                package.MLPClassifier(
                    solver="lbfgs",
                    alpha=alpha,
                    random_state=1,
                    max_iter=max_iter,
                    early_stopping=True,
                    hidden_layer_sizes=[10, 10],
                ),
            )
            classifier.fit(X_train, y_train)
            scores.append(classifier.score(X_test, y_test))
            surfaces.append(classifier.predict_proba(grid)[:, 1])
    return [np.array(surfaces), np.array(scores)]


def weights_on_digits(package):
    """plot_mnist_filters: the first layer's weights as pictures."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0, test_size=0.7)
    mlp = package.MLPClassifier(
        hidden_layer_sizes=(40,),
        max_iter=8,
        alpha=1e-4,
        solver="sgd",
        verbose=10,
        random_state=1,
        learning_rate_init=0.2,
    )
    mlp.fit(X_train, y_train)
    scores = np.array([mlp.score(X_train, y_train), mlp.score(X_test, y_test)])
    return [scores, mlp.coefs_[0]]


STRATEGIES = [
    {"solver": "sgd", "learning_rate": "constant", "momentum": 0, "learning_rate_init": 0.2},
    {
        "solver": "sgd",
        "learning_rate": "constant",
        "momentum": 0.9,
        "nesterovs_momentum": False,
        "learning_rate_init": 0.2,
    },
    {
        "solver": "sgd",
        "learning_rate": "constant",
        "momentum": 0.9,
        "nesterovs_momentum": True,
        "learning_rate_init": 0.2,
    },
    {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0, "learning_rate_init": 0.2},
    {
        "solver": "sgd",
        "learning_rate": "invscaling",
        "momentum": 0.9,
        "nesterovs_momentum": False,
        "learning_rate_init": 0.2,
    },
    {
        "solver": "sgd",
        "learning_rate": "invscaling",
        "momentum": 0.9,
        "nesterovs_momentum": True,
        "learning_rate_init": 0.2,
    },
    {"solver": "adam", "learning_rate_init": 0.01},
]


def training_curves(package):
    """plot_mlp_training_curves: loss by epoch of several strategies."""
    digits, labels = load_digits(return_X_y=True)
    datasets = [
        load_iris(return_X_y=True),
        (digits[:400], labels[:400]),
        make_circles(noise=0.2, factor=0.5, random_state=1),
        make_moons(noise=0.3, random_state=0),
    ]
    curves = []
    for X, y in datasets:
        scaled = MinMaxScaler().fit_transform(X)
        for parameters in STRATEGIES:
            mlp = package.MLPClassifier(random_state=0, max_iter=15, **parameters)
            curves.append(np.array(mlp.fit(scaled, y).loss_curve_))
            curves.append(np.array([mlp.score(scaled, y)]))
    return curves


@pytest.mark.parametrize("example", [weights_on_digits, training_curves])
@pytest.mark.slow
def test_the_same_figure(example):
    for ours, theirs in zip(example(skperceptron), example(neural_network), strict=True):
        assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def test_varying_regularization_is_the_same_figure_too_for_twenty_iterations():
    for ours, theirs in zip(
        varying_regularization(skperceptron, max_iter=20),
        varying_regularization(neural_network, max_iter=20),
        strict=True,
    ):
        assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.slow
def test_and_cannot_be_told_from_it_by_eye_after_many():
    """Rounding, and scikit-learn's clip of the loss, grow over hundreds of iterations."""
    (ours, our_scores), (theirs, their_scores) = (
        varying_regularization(package, max_iter=100) for package in (skperceptron, neural_network)
    )
    assert ((ours > 0.5) == (theirs > 0.5)).mean() > 0.99
    assert_allclose(our_scores, their_scores, atol=1 / 40 + 1e-9)  # one row of the test set
