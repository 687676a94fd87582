"""What every display promises."""

import copy
import inspect
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.unchanged import unchanged
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier, plotting
from skperceptron.plotting import (
    ActivationHistogramDisplay,
    DecisionBoundaryAnimation,
    LearningRateDisplay,
    LossCurveDisplay,
    LossSurfaceDisplay,
    NetworkDisplay,
    WeightHistogramDisplay,
    WeightImagesDisplay,
    training_path,
)

# How each is made of a fitted estimator with 2 features (or any number, but for the boundary).
DISPLAYS = {
    LossCurveDisplay: lambda net, X, y, **kw: LossCurveDisplay.from_estimator(net, **kw),
    NetworkDisplay: lambda net, X, y, **kw: NetworkDisplay.from_estimator(net, X, **kw),
    WeightImagesDisplay: lambda net, X, y, **kw: WeightImagesDisplay.from_estimator(
        net, shape=(1, 2), **kw
    ),
    WeightHistogramDisplay: lambda net, X, y, **kw: WeightHistogramDisplay.from_estimator(
        net, **kw
    ),
    ActivationHistogramDisplay: lambda net, X, y, **kw: ActivationHistogramDisplay.from_estimator(
        net, X, **kw
    ),
    DecisionBoundaryAnimation: lambda net, X, y, **kw: DecisionBoundaryAnimation.from_path(
        [net], X, y, grid_resolution=10, **kw
    ),
    LossSurfaceDisplay: lambda net, X, y, **kw: LossSurfaceDisplay.from_estimator(
        net, X, y, grid_resolution=3, **kw
    ),
}
every_display = pytest.mark.parametrize("display", DISPLAYS, ids=lambda cls: cls.__name__)

NETWORKS = {
    "one unit": MLPClassifier((1,), max_iter=3, random_state=0),
    "1000 units": MLPClassifier((1000,), max_iter=3, random_state=0),
    "no hidden layer": MLPClassifier((), max_iter=3, random_state=0),
    "ten layers": MLPClassifier((5,) * 10, "tanh", max_iter=3, random_state=0),
    "one epoch": MLPClassifier((4,), max_iter=1, random_state=0),
    "early stopping": MLPClassifier((4,), early_stopping=True, max_iter=3, random_state=0),
    "batch norm": MLPClassifier((4,), batch_norm=True, max_iter=3, random_state=0),
    "hinge": MLPClassifier((4,), loss="hinge", max_iter=3, random_state=0),
    "lbfgs": MLPClassifier((4,), solver="lbfgs", max_iter=3, random_state=0),
    "all weights 0": MLPClassifier((), weight_init="zeros", alpha=1e9, l1_ratio=1.0, max_iter=1),
    "float32": MLPClassifier((4,), dtype="float32", max_iter=3, random_state=0),
    "pipeline": make_pipeline(StandardScaler(), MLPClassifier((4,), max_iter=3, random_state=0)),
    "perceptron": PerceptronClassifier(max_iter=3),
}


@pytest.fixture(scope="module")
def data(iris):
    X, y = iris
    return X[:, 2:], np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.fixture(scope="module")
def fitted(data):
    with pytest.warns():  # that three epochs are no training
        return {name: clone(network).fit(*data) for name, network in NETWORKS.items()}


def test_every_public_display_is_tested():
    public = {getattr(plotting, name) for name in plotting.__all__}
    # That of learning rates draws a network that is not fitted: see test_learning_rate.py.
    assert public == {*DISPLAYS, LearningRateDisplay, training_path}


@every_display
def test_figure_and_axes_are_set(display, fitted, data):
    shown = DISPLAYS[display](fitted["float32"], *data)
    assert isinstance(shown, display)
    assert isinstance(shown.figure_, mpl.figure.Figure)
    assert shown.ax_.figure is shown.figure_
    again = shown.plot()
    assert again is shown


@every_display
@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.one_of_each
def test_ax_is_honoured(display, layout, fitted, data):
    figure, axes = plt.subplots(1, 2, layout=layout)
    before = axes[0].get_position().bounds
    shown = DISPLAYS[display](fitted["early stopping"], *data, ax=axes[1])
    assert shown.ax_ is axes[1]
    assert shown.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert axes[0].get_position().bounds == before
    assert not axes[0].has_data()
    figure.draw_without_rendering()
    boxes = [ax.get_position() for ax in figure.axes if ax is not axes[0]]
    assert min(box.x0 for box in boxes) >= 0.5


def pixels(shown):
    shown.figure_.canvas.draw()
    return np.array(shown.figure_.canvas.buffer_rgba())


def as_lists(value):
    """The value with lists instead of arrays, in a list of arrays too."""
    return [as_lists(part) for part in value] if isinstance(value, list | np.ndarray) else value


@pytest.mark.parametrize(
    "display",
    [display for display in DISPLAYS if display is not LossSurfaceDisplay],  # which takes arrays
    ids=lambda cls: cls.__name__,
)
def test_lists_are_drawn_as_arrays_are(display, fitted, data):
    shown = DISPLAYS[display](fitted["early stopping"], *data)
    given = {name: getattr(shown, name) for name in inspect.signature(display).parameters}
    lists = {name: as_lists(value) for name, value in given.items()}
    assert any(isinstance(value, list) for value in lists.values())
    assert_array_equal(pixels(display(**lists).plot()), pixels(shown.plot()))


@every_display
def test_axes_without_a_grid_will_do(display, fitted, data):
    figure = plt.figure()
    ax = figure.add_axes((0.3, 0.2, 0.4, 0.5))
    shown = DISPLAYS[display](fitted["early stopping"], *data, ax=ax)
    assert shown.ax_ is ax
    figure.draw_without_rendering()
    for panel in np.ravel(getattr(shown, "axes_", ax)):
        box = panel.get_position()
        assert box.x0 > 0.29
        assert box.y0 > 0.19
        assert box.y1 < 0.71


@every_display
def test_nothing_global_and_nothing_of_the_estimator_changes(display, fitted, data):
    network = fitted["early stopping"]
    parameters, stream = mpl.rcParams.copy(), copy.deepcopy(np.random.mtrand._rand)
    with unchanged(network):
        DISPLAYS[display](network, *data)
    assert mpl.rcParams == parameters
    assert_array_equal(np.random.mtrand._rand.randint(2**31, size=9), stream.randint(2**31, size=9))


@every_display
def test_unfitted_estimators_are_refused(display, data):
    for unfitted in (MLPClassifier(), PerceptronClassifier()):
        with pytest.raises(NotFittedError):
            DISPLAYS[display](unfitted, *data)


@every_display
def test_other_estimators_are_refused(display, data):
    with pytest.raises(TypeError, match=r"network of skperceptron.*LogisticRegression"):
        DISPLAYS[display](LogisticRegression().fit(*data), *data)


@every_display
def test_without_matplotlib_the_error_says_what_to_install(display, fitted, data, monkeypatch):
    shown = DISPLAYS[display](fitted["float32"], *data)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    message = rf"{display.__name__}.* requires matplotlib.*pip install skperceptron\[plot\]"
    with pytest.raises(ImportError, match=message):
        DISPLAYS[display](fitted["float32"], *data)
    with pytest.raises(ImportError, match=message):
        shown.plot()


@pytest.mark.slow
@every_display
@pytest.mark.parametrize(
    ("style", "name"),
    [
        *(("default", name) for name in NETWORKS),
        *(("dark_background", name) for name in ("one unit", "1000 units", "early stopping")),
    ],
)
def test_it_draws_without_warnings(display, style, name, fitted, data):
    if display is LossSurfaceDisplay and name == "perceptron":
        with pytest.raises(TypeError, match="does not support PerceptronClassifier"):
            DISPLAYS[display](fitted[name], *data)
        return
    with plt.style.context(style):
        shown = DISPLAYS[display](fitted[name], *data)
        shown.figure_.canvas.draw()


@every_display
def test_text_has_contrast_in_the_dark(display, fitted, data):
    with plt.style.context("dark_background"):
        shown = DISPLAYS[display](fitted["early stopping"], *data)
        texts = [t for t in shown.figure_.findobj(mpl.text.Text) if t.get_text().strip()]
        assert texts
        for text in texts:
            assert np.mean(mpl.colors.to_rgb(text.get_color())) > 0.5, text


@every_display
@pytest.mark.parametrize("kind", ["multilabel", "regression", "several outputs", "sparse", "none"])
@pytest.mark.one_of_each
def test_other_targets_and_inputs(display, kind, data):
    from scipy.sparse import csr_array

    X, y = data
    if display is DecisionBoundaryAnimation:
        pytest.skip("refuses them: see its own test")
    if kind == "multilabel":
        network, y = MLPClassifier((4,), max_iter=2), np.stack([X[:, 0] > 3, X[:, 1] > 1], axis=1)
    elif kind == "sparse":
        network, X = MLPClassifier((4,), max_iter=2), csr_array(X)
    elif kind == "none":
        network, y = MLPAutoencoder((4, 1, 4), max_iter=2), None
    else:
        network, y = MLPRegressor((4,), max_iter=2), X[:, 0] if kind == "regression" else X
    DISPLAYS[display](network.fit(X, y), X, y).figure_.draw_without_rendering()
