"""LearningRateDisplay."""

import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skperceptron import MLPClassifier
from skperceptron.model_selection import find_learning_rate
from skperceptron.plotting import LearningRateDisplay

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 4))
Y = (X[:, 0] > 0.5).astype(int)
NETWORK = MLPClassifier((5,), batch_size=20, random_state=0)


def test_draws_what_the_test_has_found():
    test = find_learning_rate(NETWORK, X, Y, n_steps=30, max_rate=1.0)
    display = LearningRateDisplay.from_estimator(NETWORK, X, Y, n_steps=30, max_rate=1.0)
    assert_array_equal(display.lines_["losses"].get_xydata()[:, 1], test.losses)
    assert_array_equal(display.lines_["smoothed_losses"].get_xdata(), test.learning_rates)
    assert_array_equal(display.lines_["smoothed_losses"].get_ydata(), test.smoothed_losses)
    assert_array_equal(display.lines_["suggestion"].get_xdata(), [test.suggestion] * 2)
    assert display.ax_.get_xscale() == "log"
    assert display.ax_.get_xlabel() == "learning rate"
    assert display.ax_.get_ylabel() == "training loss"
    low, high = display.ax_.get_ylim()
    assert low < test.smoothed_losses.min() < high


def test_draws_on_given_axes_with_keywords():
    _, ax = plt.subplots()
    test = find_learning_rate(NETWORK, X, Y, n_steps=30)
    display = LearningRateDisplay.from_test(test, ax=ax, color="red")
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert display.lines_["smoothed_losses"].get_color() == "red"


def test_arrays_alone():
    display = LearningRateDisplay(
        learning_rates=[0.1, 1.0], losses=[1.0, 1.0], smoothed_losses=[1.0, 1.0]
    ).plot()
    assert "suggestion" not in display.lines_


def test_refuses_what_is_no_test():
    with pytest.raises(TypeError, match=r"test must be a LearningRateTest.*got MLPClassifier"):
        LearningRateDisplay.from_test(NETWORK)


def test_text_has_contrast_in_the_dark():
    with plt.style.context("dark_background"):
        display = LearningRateDisplay.from_estimator(NETWORK, X, Y, n_steps=15)
        texts = [t for t in display.figure_.findobj(mpl.text.Text) if t.get_text().strip()]
        assert texts
        for text in texts:
            assert np.mean(mpl.colors.to_rgb(text.get_color())) > 0.5, text


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    display = LearningRateDisplay.from_estimator(NETWORK, X, Y, n_steps=5)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    message = r"LearningRateDisplay.* requires matplotlib.*pip install skperceptron\[plot\]"
    with pytest.raises(ImportError, match=message):
        LearningRateDisplay.from_estimator(NETWORK, X, Y)
    with pytest.raises(ImportError, match=message):
        display.plot()
