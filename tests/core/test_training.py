from __future__ import annotations

import copy
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skperceptron._core.activations import Tanh
from skperceptron._core.batches import ArrayRows, Batches
from skperceptron._core.layers import ActivationLayer, Dense, Dropout
from skperceptron._core.layers.dense import DenseProducts
from skperceptron._core.losses import SquaredError
from skperceptron._core.network import Network
from skperceptron._core.objective import Objective, Regularisation
from skperceptron._core.optimizers import OPTIMIZERS, SGD
from skperceptron._core.penalties import L2
from skperceptron._core.schedules import Adaptive, Constant, InverseScalingBySamples
from skperceptron._core.stopping import Stopping, Validation
from skperceptron._core.training import DivergenceError, TrainingState, train

N_ROWS, BATCH_SIZE = 23, 5
X = np.random.default_rng(0).normal(size=(N_ROWS, 4))
Y = np.sin(X[:, :2])
WEIGHT = np.random.default_rng(1).uniform(0.5, 2, N_ROWS)
NEVER = Stopping(tol=0.0, n_iter_no_change=math.inf)


def make_network(generator=None, rate=0.0):
    layers = [Dense(4, 6, DenseProducts()), ActivationLayer(Tanh()), Dense(6, 2, DenseProducts())]
    if rate > 0:
        layers = [Dropout(rate, generator), *layers[:2], Dropout(rate, generator), *layers[2:]]
    return Network(layers)


def start(solver="sgd"):
    size = make_network().layout.size
    return TrainingState(
        theta=0.5 * np.random.default_rng(2).normal(size=size),
        solver=solver,
        optimizer=OPTIMIZERS[solver].State(np.zeros((OPTIMIZERS[solver].n_moments, size))),
        random_state=np.random.RandomState(3),
        generator=np.random.default_rng(4),
        mean_weight=float(WEIGHT.mean()),
    )


def walk(
    state,
    max_epochs,
    *,
    optimizer=None,
    schedule=None,
    stopping=NEVER,
    validate=Validation,
    shuffle=True,
    dropout=0.0,
    alpha=0.1,
    weighted=True,
):
    """Epochs from ``state``, as one call of fit runs them: only the state is carried over."""
    network = make_network(state.generator, dropout)
    network.allocate(state.theta, BATCH_SIZE, 4)
    mean_weight = state.mean_weight if weighted else 1.0
    objective = Objective(network, SquaredError(), Regularisation([L2(alpha)]), mean_weight)
    optimizer = optimizer or SGD(momentum=0.9, nesterovs_momentum=True)
    optimizer.resume(state.optimizer, network.layout, step_sizes=objective.is_proximal)
    weight = ArrayRows(WEIGHT) if weighted else None
    batches = Batches(ArrayRows(X), ArrayRows(Y), weight, None, BATCH_SIZE)
    return train(
        objective,
        optimizer,
        schedule or Constant(0.01),
        batches,
        stopping,
        lambda: bool(np.isfinite(network.theta).all()),
        validate,
        state,
        shuffle=shuffle,
        max_epochs=max_epochs,
    )


def assert_same_state(one, other):
    assert_array_equal(one.theta, other.theta)
    assert_array_equal(one.optimizer.moments, other.optimizer.moments)
    assert_array_equal(one.permutation, other.permutation)
    assert_array_equal(one.random_state.get_state()[1], other.random_state.get_state()[1])
    assert one.generator.bit_generator.state == other.generator.bit_generator.state
    for name in ("n_epochs", "n_samples_seen", "n_plateaus", "best", "n_no_improvement"):
        assert getattr(one, name) == getattr(other, name)


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_the_state_at_every_yield_is_all_that_continuing_needs(solver, from_defaults):
    def go_on(state, max_epochs):
        return walk(
            state,
            max_epochs,
            optimizer=from_defaults(OPTIMIZERS[solver]),
            schedule=Adaptive(0.01),
            stopping=Stopping(tol=1.0, n_iter_no_change=2),
            dropout=0.4,
        )

    uninterrupted = start(solver)
    stages, records = [copy.deepcopy(uninterrupted)], []
    for record in go_on(uninterrupted, 12):
        stages.append(copy.deepcopy(uninterrupted))
        records.append(record)
    assert uninterrupted.n_plateaus > 0  # else half of the state was not put to the test

    for n_done, stage in enumerate(stages[:-1]):
        assert list(go_on(stage, 12 - n_done)) == records[n_done:]
        assert_same_state(stage, uninterrupted)


def test_one_record_per_epoch_and_nothing_before_it_is_asked_for():
    state = start()
    before = state.theta.copy()
    epochs = walk(state, 3, schedule=InverseScalingBySamples(0.01, 0.5))
    assert_array_equal(state.theta, before)
    for n_done, record in enumerate(epochs, start=1):
        assert state.n_epochs == n_done
        assert state.n_samples_seen == n_done * N_ROWS
        assert record.rate == 0.01 / math.sqrt(1 + (n_done - 1) * N_ROWS)
        assert (record.validation, record.plateau, record.stop) == (Validation(), False, False)
    assert state.n_epochs == 3


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_the_loss_counts_every_row_alike(weighted, shuffle):
    # Twenty-three rows in batches of five: the mean of the batches' means would be another.
    state = start()
    network = make_network()
    parameters = network.by_layer(network.layout.views(state.theta))
    losses = 0.5 * ((network.infer(X, parameters) - Y) ** 2).sum(axis=1)
    penalty = 0.05 * sum((w**2).sum() for w in network.layout.group("weight", state.theta))
    n_batches = 5  # each bears the whole penalty, over its own number of rows
    total = (WEIGHT @ losses if weighted else losses.sum()) + n_batches * penalty
    expected = total / (N_ROWS * (WEIGHT.mean() if weighted else 1))

    (record,) = walk(state, 1, schedule=Constant(0.0), shuffle=shuffle, weighted=weighted)
    assert_allclose(record.loss, expected, rtol=1e-13)


def test_an_epoch_without_shuffling_is_gradient_descent_in_the_order_of_the_rows():
    state, reference = start(), make_network()
    theta = state.theta.copy()
    reference.allocate(theta, BATCH_SIZE, 4)
    objective = Objective(reference, SquaredError(), Regularisation([L2(0.1)]), mean_weight=1.0)
    list(
        walk(
            state,
            2,
            optimizer=SGD(momentum=0.0, nesterovs_momentum=False),
            shuffle=False,
            weighted=False,
        )
    )
    for _ in range(2):
        for first in range(0, N_ROWS, BATCH_SIZE):
            rows = slice(first, first + BATCH_SIZE)
            objective.value_and_gradient(X[rows], Y[rows])
            theta -= 0.01 * reference.gradient
    assert_allclose(state.theta, theta, rtol=1e-13)
    assert state.permutation is None


def test_shuffling_shuffles_the_shuffled_as_scikit_learn_does():
    state = start()
    random_state = np.random.RandomState(3)
    order = np.arange(N_ROWS)
    epochs = walk(state, 3)
    for _ in range(3):
        next(epochs)
        shuffle = np.arange(N_ROWS)
        random_state.shuffle(shuffle)
        order = order[shuffle]
        assert_array_equal(state.permutation, order)


def test_another_number_of_rows_starts_a_new_permutation():
    state, fresh = start(), start()
    state.permutation = np.arange(N_ROWS + 1)[::-1]
    list(walk(state, 1))
    list(walk(fresh, 1))
    assert_array_equal(state.permutation, fresh.permutation)


def test_training_lowers_the_loss():
    losses = [record.loss for record in walk(start(), 50, alpha=0.0)]
    assert losses[-1] < 0.2 * losses[0]


def test_divergence_tells_the_epoch_and_the_rate():
    state = start()
    state.n_epochs = 7
    with np.errstate(all="ignore"), pytest.raises(DivergenceError) as caught:
        list(walk(state, 50, schedule=Constant(1e100)))
    assert (caught.value.epoch, caught.value.rate) == (8, 1e100)


def test_weights_that_overflow_after_a_finite_loss_are_divergence():
    # The one batch of the epoch is looked at before the step that ruins the weights.
    state = start()
    state.theta[-1] = np.finfo(float).max
    network = make_network()
    network.allocate(state.theta, N_ROWS, 4)

    class Blind(Objective):
        def value_and_gradient(self, *batch):
            network.gradient[:] = -np.finfo(float).max
            return 1.0

    optimizer = SGD(momentum=0.0, nesterovs_momentum=False)
    optimizer.resume(state.optimizer, network.layout, step_sizes=False)
    batches = Batches(ArrayRows(X), ArrayRows(Y), None, None, N_ROWS)
    epochs = train(
        Blind(network, SquaredError(), Regularisation(), 1.0),
        optimizer,
        Constant(1.0),
        batches,
        NEVER,
        lambda: bool(np.isfinite(network.theta).all()),
        Validation,
        state,
        shuffle=False,
        max_epochs=3,
    )
    with np.errstate(over="ignore"), pytest.raises(DivergenceError):
        next(epochs)


# After the first epoch nothing is an improvement, and every second epoch is a plateau.
IMPATIENT = Stopping(tol=1e9, n_iter_no_change=1)


def test_adaptive_answers_plateaus_until_the_rate_is_below_its_floor():
    state = start()
    records = list(walk(state, 50, schedule=Adaptive(1e-5), stopping=IMPATIENT))
    rates = [1e-5] * 3 + [2e-6] * 2 + [4e-7] * 2
    assert [record.rate for record in records] == pytest.approx(rates, rel=1e-14)
    plateau = [False, False, True, False, True, False, True]
    assert [record.plateau for record in records] == plateau
    assert [record.stop for record in records] == [False] * 6 + [True]
    assert state.n_plateaus == 2


def test_a_plateau_at_exactly_the_floor_stops():
    records = list(walk(start(), 50, schedule=Adaptive(1e-6), stopping=IMPATIENT))
    assert [record.stop for record in records] == [False, False, True]


def test_other_schedules_stop_at_the_first_plateau():
    state = start()
    records = list(walk(state, 50, stopping=IMPATIENT))
    assert [record.plateau for record in records] == [False, False, True]
    assert [record.stop for record in records] == [False, False, True]
    assert state.n_plateaus == 0


def test_a_schedule_sees_the_progress_within_an_epoch():
    seen = []

    class Noting(Constant):
        def rate(self, progress, timeline):
            seen.append(progress)
            return super().rate(progress, timeline)

    list(walk(start(), 2, schedule=Noting(0.01)))
    # It is asked for no rate that is not walked by, so a function may end where training does.
    steps = np.array([0, 5, 10, 15, 20]) / N_ROWS
    assert seen == pytest.approx([*steps, *(1 + steps)], rel=1e-14)


def test_published_weights_are_the_best_where_a_score_is_watched():
    state = start()
    scores = iter([1.0, 3.0, 2.0])
    snapshots = []
    for record in walk(state, 3, validate=lambda: Validation(0.5, next(scores))):
        snapshots.append(state.theta.copy())
        assert record.validation == (0.5, [1.0, 3.0, 2.0][state.n_epochs - 1])
    assert_array_equal(state.published, snapshots[1])
    assert_array_equal(state.theta, snapshots[2])


def test_watching_something_else_starts_a_new_record():
    state = start()
    state.best, state.best_theta, state.n_no_improvement = 0.5, state.theta.copy(), 3
    state.watch(None, None)
    assert (state.best, state.n_no_improvement) == (0.5, 3)
    state.watch("score", None)
    assert (state.best, state.best_theta, state.n_no_improvement) == (math.inf, None, 0)
    assert state.published is state.theta
