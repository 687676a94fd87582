"""What each display shows is true."""

import copy

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.interrupts import interrupt_call
from skperceptron import MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron._core.network import Network
from skperceptron.plotting import (
    ActivationHistogramDisplay,
    DecisionBoundaryAnimation,
    LossCurveDisplay,
    LossSurfaceDisplay,
    NetworkDisplay,
    WeightHistogramDisplay,
    WeightImagesDisplay,
    training_path,
)


@pytest.fixture(scope="module")
def moons():
    return make_moons(100, noise=0.2, random_state=0)


# The path of training ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "network",
    [
        MLPClassifier((5,), max_iter=4, random_state=0, learning_rate="cosine", dropout=0.2),
        MLPClassifier((5,), max_iter=4, random_state=0, solver="sgd", batch_size=10),
        PerceptronClassifier(max_iter=4, tol=None),
    ],
)
def test_path_passes_through_what_fit_arrives_at(network, moons):
    path = training_path(network, *moons, epochs=4)
    whole = clone(network).fit(*moons)
    assert path[-1].get_params() == network.get_params()
    assert len({snapshot.decision_function(moons[0]).tobytes() for snapshot in path}) == 4
    assert_array_equal(path[-1].decision_function(moons[0]), whole.decision_function(moons[0]))
    assert not hasattr(network, "classes_")


def test_path_of_a_pipeline_predicts_from_raw_data(moons):
    X, y = moons[0] * [1, 1000], moons[1]
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((5,), max_iter=3, random_state=0))
    path = training_path(pipeline, X, y, epochs=3)
    assert_array_equal(path[-1].predict_proba(X), clone(pipeline).fit(X, y).predict_proba(X))


def test_path_needs_epochs(moons):
    with pytest.raises(ValueError, match="epochs must be at least 1, got 0"):
        training_path(MLPClassifier(), *moons, epochs=0)
    with pytest.raises(ValueError, match="'lbfgs' has no epochs"):
        training_path(MLPClassifier(solver="lbfgs"), *moons, epochs=3)


# Loss curves ---------------------------------------------------------------------------------


def marked_epochs(display):
    """Abscissae of the dots, which mark the best epoch."""
    lines = [line for ax in display.axes_ for line in ax.lines if line.get_marker() == "o"]
    return [x for line in lines for x in line.get_xdata()]


def test_best_epoch_is_that_of_the_best_score(digits):
    network = MLPClassifier((10,), early_stopping=True, max_iter=8, random_state=1).fit(*digits)
    display = LossCurveDisplay.from_estimator(network, learning_rate=True)
    best = int(np.argmax(network.validation_scores_)) + 1
    assert display.best_epoch == best
    assert marked_epochs(display) == [best]
    assert len(display.axes_) == 3
    (dot,) = [line for line in display.axes_[1].lines if line.get_marker() == "o"]
    assert dot.get_ydata() == [network.best_validation_score_]
    for name, curve in {
        "training_loss": network.loss_curve_,
        "validation_loss": network.validation_loss_curve_,
        "validation_scores": network.validation_scores_,
        "learning_rates": network.learning_rate_curve_,
    }.items():
        assert_array_equal(display.lines_[name].get_ydata(), curve)
        assert_array_equal(display.lines_[name].get_xdata(), np.arange(1, len(curve) + 1))


def test_best_epoch_without_scores_is_that_of_the_least_validation_loss():
    display = LossCurveDisplay(training_loss=[3, 2, 1], validation_loss=[3, 1, 2]).plot()
    assert display.best_epoch == 2
    assert marked_epochs(display) == [2]


def test_best_epoch_is_found_among_finite_values():
    scores = [np.nan, 0.5, 0.7, 0.7]
    assert LossCurveDisplay(training_loss=[1] * 4, validation_scores=scores).best_epoch == 3
    lost = LossCurveDisplay(training_loss=[1, 2], validation_scores=[np.nan] * 2).plot()
    assert lost.best_epoch is None


def test_scores_that_are_losses_have_no_panel_of_their_own(digits):
    network = MLPClassifier(
        (5,), early_stopping=True, scoring="loss", max_iter=3, random_state=0
    ).fit(*digits)
    display = LossCurveDisplay.from_estimator(network)
    assert len(display.axes_) == 1
    assert display.best_epoch == np.argmax(network.validation_scores_) + 1


def test_curves_have_the_names_of_what_they_show(iris):
    network = MLPRegressor((2,), early_stopping=True, max_iter=2).fit(*iris)
    assert LossCurveDisplay.from_estimator(network).axes_[1].get_ylabel() == "validation\nR²"
    lbfgs = MLPRegressor((2,), solver="lbfgs", max_iter=2).fit(*iris)
    assert LossCurveDisplay.from_estimator(lbfgs).ax_.get_xlabel() == "iteration"
    with pytest.raises(ValueError, match="without a learning rate"):
        LossCurveDisplay.from_estimator(lbfgs, learning_rate=True)
    perceptron = PerceptronClassifier(max_iter=4, tol=None).fit(*iris)
    display = LossCurveDisplay.from_estimator(perceptron)
    assert display.ax_.get_ylabel() == "mistakes"
    assert_array_equal(display.lines_["training_loss"].get_ydata(), perceptron.mistakes_curve_)


# The network drawn ---------------------------------------------------------------------------


def test_width_is_proportional_to_the_weight_and_colour_is_its_sign(iris):
    network = MLPClassifier((3,), max_iter=2, random_state=0).fit(*iris)
    display = NetworkDisplay.from_estimator(network)
    weights = np.concatenate([w.ravel() for w in network.coefs_])
    weights = weights[np.argsort(np.abs(weights))]
    widths = np.array(display.lines_.get_linewidths())
    assert_allclose(widths / widths.max(), np.abs(weights) / np.abs(weights).max(), rtol=1e-12)
    blue = display.lines_.get_colors()[:, 2] > display.lines_.get_colors()[:, 0]
    assert_array_equal(blue, weights > 0)


def test_lines_join_the_units_that_the_weights_join():
    first, second = np.array([[1.0, 0, 0], [0, 0, -2.0]]), np.array([[0.0], [0], [3.0]])
    display = NetworkDisplay(weights=[first, second]).plot()
    inputs, hidden, output = (units.get_offsets() for units in display.units_)
    expected = [(inputs[0], hidden[0]), (inputs[1], hidden[2]), (hidden[2], output[0])]
    assert_allclose(display.lines_.get_segments(), expected)
    assert len(display.zeroed_.get_segments()) == 6


def test_zeroed_weights_and_dead_units_are_counted(sparse_network, digits):
    display = NetworkDisplay.from_estimator(sparse_network, digits[0], max_units=1000)
    n_zeroed = sum((w == 0).sum() for w in sparse_network.coefs_)
    n_weights = sum(w.size for w in sparse_network.coefs_)
    assert 0 < n_zeroed < n_weights
    assert len(display.zeroed_.get_segments()) == n_zeroed
    assert len(display.lines_.get_segments()) == n_weights - n_zeroed
    dead = [
        (layer + 1, unit)
        for layer in (0, 1)
        for unit in range((20, 10)[layer])
        if not sparse_network.hidden_activations(digits[0], layer=layer)[:, unit].any()
    ]
    assert dead
    places = [display.units_[layer].get_offsets()[unit] for layer, unit in dead]
    assert_array_equal(display.dead_units_.get_offsets(), places)
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert f"exactly 0: {n_zeroed:,} of {n_weights:,}" in legend
    assert "dead unit" in legend


@pytest.mark.parametrize("max_units", [2, 5, 6])
def test_wide_layers_are_cut_in_the_middle(max_units):
    weights = np.arange(1.0, 1001)[np.newaxis]  # one input, 1000 units
    display = NetworkDisplay(weights=[weights, weights.T]).plot(max_units=max_units)
    texts = [text.get_text() for text in display.ax_.texts]
    assert f"…\n{1000 - max_units} more" in texts
    assert "hidden 1\n1,000" in texts
    above = -(-max_units // 2)
    shown = np.r_[1 : above + 1, 1001 - (max_units - above) : 1001]
    widths = np.array(display.lines_.get_linewidths())
    assert_allclose(widths / widths.max() * 1000, np.repeat(shown, 2))
    heights = display.units_[1].get_offsets()[:, 1]
    assert (np.diff(heights) <= -1).all()
    assert_allclose(heights[above - 1], -heights[above])


def test_a_layer_that_fits_is_not_cut():
    display = NetworkDisplay(weights=[np.ones((16, 3))]).plot(max_units=16)
    assert len(display.units_[0].get_offsets()) == 16
    assert not any("more" in text.get_text() for text in display.ax_.texts)
    with pytest.raises(ValueError, match="max_units must be at least 2, got 1"):
        display.plot(max_units=1)


def test_features_and_classes_have_their_names():
    import pandas as pd

    X, y = pd.DataFrame({"height": [1.0, 2, 3], "width": [3.0, 1, 2]}), ["a", "b", "c"]
    display = NetworkDisplay.from_estimator(MLPClassifier((2,), max_iter=1).fit(X, y))
    texts = {text.get_text() for text in display.ax_.texts}
    assert texts >= {"height", "width", "a", "b", "c"}


def test_feature_names_may_be_given(iris):
    network = MLPClassifier((2,), max_iter=1).fit(*iris)
    names = ["a", "b", "c", "d"]
    display = NetworkDisplay.from_estimator(network, feature_names=names)
    assert set(names) <= {text.get_text() for text in display.ax_.texts}
    with pytest.raises(ValueError, match=r"feature_names must be 4, .* got 3"):
        NetworkDisplay.from_estimator(network, feature_names=names[:3])


# Weights and activations ---------------------------------------------------------------------


def test_weights_are_those_that_were_trained_beside_batch_norm(digits):
    network = MLPClassifier((6, 5), batch_norm=True, max_iter=2, random_state=0).fit(*digits)
    assert_array_equal(WeightImagesDisplay.from_estimator(network).weights, network.coefs_[0])
    for display in (NetworkDisplay, WeightHistogramDisplay):
        shown = display.from_estimator(network).weights
        for weight, same in zip(shown, network.coefs_, strict=True):
            assert_array_equal(weight, same, strict=True)


def test_images_are_the_weights_on_one_symmetric_scale(digits):
    network = MLPClassifier((12,), max_iter=2, random_state=0).fit(*digits)
    display = WeightImagesDisplay.from_estimator(network, n_images=5)
    weights = network.coefs_[0]
    longest = np.argsort(-(weights**2).sum(axis=0))[:5]
    assert_array_equal(display.shown_, longest)
    limit = np.abs(weights).max()
    for image, unit in zip(display.images_, longest, strict=True):
        assert_array_equal(image.get_array(), weights[:, unit].reshape(8, 8))
        assert image.get_clim() == (-limit, limit)
    assert [ax.get_title() for ax in display.axes_] == [f"unit {unit}" for unit in longest]


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_a_weight_of_zero_has_the_colour_of_the_background(style, digits):
    network = MLPClassifier((3,), max_iter=1, random_state=0).fit(*digits)
    with plt.style.context(style):
        image = WeightImagesDisplay.from_estimator(network).images_[0]
        assert_allclose(
            image.to_rgba(0.0), mpl.colors.to_rgba(mpl.rcParams["axes.facecolor"]), atol=0.01
        )


def test_images_need_as_many_pixels_as_features(iris, digits):
    network = MLPClassifier((3,), max_iter=1).fit(iris[0][:, :3], iris[1])
    with pytest.raises(ValueError, match="3 features are not the pixels of a square: pass shape"):
        WeightImagesDisplay.from_estimator(network)
    with pytest.raises(ValueError, match=r"not the pixels of an image of shape \(2, 2\)"):
        WeightImagesDisplay.from_estimator(network, shape=(2, 2))
    tall = WeightImagesDisplay.from_estimator(network, shape=(3, 1))
    assert tall.images_[0].get_array().shape == (3, 1)


def bars(ax):
    return sum(patch.get_height() for patch in ax.patches)


def test_weight_histograms_count_every_weight_but_the_zeros(sparse_network):
    display = WeightHistogramDisplay.from_estimator(sparse_network)
    assert len(display.axes_) == 3
    for ax, weight in zip(display.axes_, sparse_network.coefs_, strict=True):
        assert bars(ax) == np.count_nonzero(weight)
        share = np.mean(weight == 0)
        assert f"{share:.0%} exactly 0" in ax.get_title(loc="left")
        left, right = ax.get_xlim()
        assert left <= weight.min() <= weight.max() <= right
    assert len({ax.get_xlim() for ax in display.axes_}) == 1


def test_activation_histograms_count_every_activation_but_the_zeros(sparse_network, digits):
    X = digits[0]
    display = ActivationHistogramDisplay.from_estimator(sparse_network, X)
    outputs = [sparse_network.hidden_activations(X, layer=layer) for layer in (0, 1)]
    outputs.append(sparse_network.decision_function(X))
    assert len(display.axes_) == 3
    for ax, output in zip(display.axes_, outputs, strict=True):
        assert bars(ax) == np.count_nonzero(output)
        left, right = ax.get_xlim()
        assert left <= output.min() <= output.max() <= right
    n_dead = (~outputs[0].any(axis=0)).sum()
    assert display.axes_[0].get_title(loc="left").startswith(f"hidden 1: 20 units, {n_dead} dead")


def test_activations_are_those_behind_the_steps_of_a_pipeline(iris):
    X, y = iris
    pipeline = make_pipeline(StandardScaler(), MLPRegressor((3,), max_iter=1, random_state=0))
    display = ActivationHistogramDisplay.from_estimator(pipeline.fit(X, y), X)
    expected = pipeline[-1].hidden_activations(pipeline[0].transform(X))
    assert_array_equal(display.activations[0], expected)
    assert_array_equal(display.activations[1][:, 0], pipeline.predict(X))


def test_histograms_take_the_keywords_of_hist(sparse_network):
    display = WeightHistogramDisplay.from_estimator(sparse_network, bins=7, log=True)
    assert [len(ax.patches) for ax in display.axes_] == [7] * 3
    assert display.axes_[0].get_yscale() == "log"


# The decision boundary -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "network",
    [MLPClassifier((8,), learning_rate_init=0.05, random_state=0), PerceptronClassifier()],
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_boundary_is_where_predictions_change(network, n_classes, iris):
    X, y = iris[0][:, 2:], iris[1]
    X, y = X[y < n_classes], y[y < n_classes]
    display = DecisionBoundaryAnimation.from_estimator(network, X, y, epochs=5, grid_resolution=20)
    path = training_path(network, X, y, epochs=5)
    left, right, lower, upper = display.extent
    assert left < X[:, 0].min()
    assert upper > X[:, 1].max()
    grid = np.stack(
        np.meshgrid(np.linspace(left, right, 20), np.linspace(lower, upper, 20)), axis=-1
    )
    for frame, snapshot in enumerate(path):
        predicted = snapshot.predict(grid.reshape(-1, 2)).reshape(20, 20)
        assert_array_equal(display.margins[frame].argmax(axis=-1), predicted)
        assert_array_equal(display.probabilities[frame].argmax(axis=-1), predicted)
        inside = np.take_along_axis(display.margins[frame], predicted[..., None], axis=-1)
        assert (inside >= 0).all()
    assert display.epochs == [1, 2, 3, 4, 5]


def test_panels_go_from_the_first_epoch_to_the_last(moons):
    network = MLPClassifier((2,), random_state=0)
    display = DecisionBoundaryAnimation.from_estimator(
        network, *moons, epochs=9, n_panels=4, grid_resolution=5
    )
    assert [ax.get_title() for ax in display.axes_] == ["epoch 1", "epoch 4", "epoch 6", "epoch 9"]
    display.plot(n_panels=1)
    assert [ax.get_title() for ax in display.axes_] == ["epoch 9"]
    path = training_path(network, *moons, epochs=9)[::4]
    assert DecisionBoundaryAnimation.from_path(path, *moons, grid_resolution=5).epochs == [1, 5, 9]


@pytest.mark.slow
def test_film_has_a_picture_per_epoch(moons, tmp_path):
    from PIL import Image

    network = MLPClassifier((4,), learning_rate_init=0.1, random_state=0)
    display = DecisionBoundaryAnimation.from_estimator(network, *moons, epochs=4, grid_resolution=9)
    animation = display.animate()
    animation.save(tmp_path / "boundary.gif", writer="pillow", dpi=40)
    with Image.open(tmp_path / "boundary.gif") as film:
        assert film.n_frames == 4
    assert display.ax_.get_title() == "epoch 4"
    assert len(display.ax_.images) == 1


def test_film_draws_on_the_axes_it_is_given(moons):
    display = DecisionBoundaryAnimation.from_estimator(
        MLPClassifier((2,), random_state=0), *moons, epochs=2, grid_resolution=5
    )
    _, ax = plt.subplots()
    animation = display.animate(ax=ax)
    ax.figure.canvas.draw()
    animation.pause()
    assert display.ax_ is ax


def test_boundary_of_a_data_frame_has_its_names():
    import pandas as pd

    X = pd.DataFrame({"height": [1, 2, 3, 4], "width": [3, 1, 2, 5]})
    display = DecisionBoundaryAnimation.from_estimator(
        MLPClassifier((2,), random_state=0), X, ["a", "b", "a", "b"], epochs=1, grid_resolution=5
    )
    assert display.axes_[0].get_xlabel() == "height"
    assert display.axes_[0].get_ylabel() == "width"
    assert np.unique(display.probabilities[0]).size > 2  # the grid is not of integers


def test_boundary_of_one_class_and_of_many():
    X = np.random.default_rng(0).normal(size=(40, 2))
    for y in (np.zeros(40), np.arange(40) % 9):
        DecisionBoundaryAnimation.from_estimator(
            MLPClassifier((2,), random_state=0), X, y, epochs=2, grid_resolution=5
        ).figure_.draw_without_rendering()


def test_boundary_refuses_what_it_cannot_show(iris, moons):
    with pytest.raises(ValueError, match=r"two features.*\(150, 4\)"):
        DecisionBoundaryAnimation.from_estimator(MLPClassifier(), *iris, epochs=1)
    with pytest.raises(ValueError, match=r"one label in each row.*\(100, 2\)"):
        DecisionBoundaryAnimation.from_estimator(MLPClassifier(), moons[0], moons[0] > 0, epochs=1)
    with pytest.raises(TypeError, match="must be a classifier, got MLPRegressor"):
        DecisionBoundaryAnimation.from_estimator(MLPRegressor(), *moons, epochs=1)


# The loss surface ----------------------------------------------------------------------------


def squares(network):
    return sum((w**2).sum() for w in network.coefs_)


def test_centre_is_the_objective_computed_from_predictions(iris):
    X, y = iris
    # Settings that play a part in training only, or in other solvers.
    network = MLPClassifier(
        (6,),
        solver="adamw",
        weight_decay=0.3,
        alpha=3.0,
        dropout=0.5,
        max_norm=2.0,
        early_stopping=True,
        max_iter=9,
        beta_1=0.8,
        random_state=0,
    ).fit(X, y)
    display = LossSurfaceDisplay.from_estimator(network, X, y, grid_resolution=3)
    expected = log_loss(y, network.predict_proba(X)) + 1.5 * squares(network) / len(X)
    assert_allclose(display.losses[1, 1], expected, rtol=1e-12)
    assert display.abscissae[1] == display.ordinates[1] == 0


def test_l1_and_regression_too(iris):
    X, y = iris
    network = MLPRegressor(
        (4,), alpha=2.0, l1_ratio=1.0, loss="huber", dtype="float32", max_iter=20, random_state=0
    ).fit(X, y)
    display = LossSurfaceDisplay.from_estimator(network, X, y, grid_resolution=3)
    r = np.abs(y - network.predict(X))
    huber = np.where(r <= 1.35, r**2 / 2, 1.35 * r - 1.35**2 / 2).mean()
    penalty = 2 * sum(np.abs(w).sum() for w in network.coefs_) / len(X)
    assert_allclose(display.losses[1, 1], huber + penalty, rtol=1e-5)


def test_random_directions_are_scaled_unit_by_unit(iris):
    X, y = iris
    network = MLPClassifier((3,), max_iter=5, random_state=0, alpha=0.5).fit(X, y)
    display = LossSurfaceDisplay.from_estimator(network, X, y, grid_resolution=3, random_state=7)
    rng = np.random.default_rng(7)
    basis = []
    for _ in range(2):
        drawn = [rng.standard_normal(w.shape) for w in network.coefs_]
        basis.append(
            [
                d / np.linalg.norm(d, axis=0) * np.linalg.norm(w, axis=0)
                for d, w in zip(drawn, network.coefs_, strict=True)
            ]
        )
    moved = copy.deepcopy(network)
    moved.coefs_ = [w - d + e for w, d, e in zip(network.coefs_, *basis, strict=True)]
    expected = log_loss(y, moved.predict_proba(X)) + 0.25 * squares(moved) / len(X)
    assert_allclose(display.losses[2, 0], expected, rtol=1e-12)  # a = -1, b = 1


def test_path_lies_on_the_plane_and_ends_at_the_network(moons):
    network = MLPClassifier((3,), learning_rate_init=0.05, random_state=0, alpha=0.0)
    path = training_path(network, *moons, epochs=12)
    display = LossSurfaceDisplay.from_estimator(path[-1], *moons, path=path, grid_resolution=4)
    assert_allclose(display.path[-1], 0, atol=1e-12)
    flat = np.array(
        [np.concatenate([p.ravel() for p in (*s.coefs_, *s.intercepts_)]) for s in path]
    )
    _, lengths, _ = np.linalg.svd(flat - flat[-1])
    assert_allclose((display.path**2).sum(axis=0), lengths[:2] ** 2)
    assert f"{lengths[0] ** 2 / (lengths**2).sum():.0%} of the path" in display.ax_.get_xlabel()
    assert_array_equal(display.path_.get_xydata(), display.path)
    for side, coordinates in zip(
        (display.abscissae, display.ordinates), display.path.T, strict=True
    ):
        assert side[0] < coordinates.min() <= coordinates.max() < side[-1]


def test_path_in_random_directions_is_projected_by_least_squares(moons):
    path = training_path(MLPClassifier((3,), random_state=0), *moons, epochs=3)
    display = LossSurfaceDisplay.from_estimator(
        path[-1], *moons, path=path, directions="random", grid_resolution=3
    )
    assert display.path.shape == (3, 2)
    assert_allclose(display.path[-1], 0, atol=1e-12)
    assert_array_equal(display.abscissae, [-1, 0, 1])


def test_batch_norm_is_evaluated_with_the_statistics_of_the_data(moons):
    X, y = moons
    network = MLPClassifier((5,), batch_norm=True, alpha=0.0, max_iter=5, random_state=0).fit(X, y)
    display = LossSurfaceDisplay.from_estimator(network, X, y, grid_resolution=3)
    z = X @ network.coefs_[0] + network.intercepts_[0]
    z = (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5)
    a = np.maximum(z * network.batch_norm_scale_[0] + network.batch_norm_shift_[0], 0)
    s = (a @ network.coefs_[1] + network.intercepts_[1])[:, 0]
    assert_allclose(display.losses[1, 1], log_loss(y, 1 / (1 + np.exp(-s))), rtol=1e-10)


def test_surface_refuses_directions_it_does_not_have(moons):
    path = training_path(MLPClassifier((3,), random_state=0), *moons, epochs=2)
    with pytest.raises(ValueError, match="at least three networks"):
        LossSurfaceDisplay.from_estimator(path[-1], *moons, path=path)
    with pytest.raises(ValueError, match="at least three networks"):
        LossSurfaceDisplay.from_estimator(path[-1], *moons, directions="pca")
    with pytest.raises(ValueError, match="'random' or 'pca', got 'up'"):
        LossSurfaceDisplay.from_estimator(path[-1], *moons, directions="up")
    other = MLPClassifier((4,), max_iter=1).fit(*moons)
    with pytest.raises(ValueError, match="same shape"):
        LossSurfaceDisplay.from_estimator(other, *moons, path=path * 2)


def test_surface_can_be_interrupted(moons, monkeypatch):
    network = MLPClassifier((3,), max_iter=1, random_state=0).fit(*moons)
    interrupt_call(monkeypatch, Network, "forward", 4)
    told = pytest.warns(UserWarning, match="interrupted")
    with told, pytest.raises(KeyboardInterrupt):
        LossSurfaceDisplay.from_estimator(network, *moons)


def test_points_without_a_finite_loss_are_left_blank():
    losses = np.array([[1.0, 2.0], [np.nan, 1.5]])
    sides = {"abscissae": np.array([-1.0, 1.0]), "ordinates": np.array([-1.0, 1.0])}
    LossSurfaceDisplay(losses=losses, **sides).plot().figure_.draw_without_rendering()
