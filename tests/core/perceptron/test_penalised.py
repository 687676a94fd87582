"""The rule with a penalty, against one row at a time in plain Python."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from helpers.interrupts import interrupt_call
from skperceptron._core.perceptron import Penalised, Penalty

N_EPOCHS = 3
every_penalty = pytest.mark.parametrize(
    "penalty",
    [Penalty(0.05, 0.0), Penalty(0.001, 1.0), Penalty(0.01, 0.15)],
    ids=["l2", "l1", "elasticnet"],
)


def assert_follows(plain, problem, learn, penalty, run=None):
    w, b, mean_w, mean_b, mistakes = plain.run(learn, problem, N_EPOCHS, penalty)
    trainer = Penalised(problem.units(), problem.rule(learn), penalty, problem.rate)
    data = problem.training_data(run)
    stats_by_epoch = [trainer.run_epoch(data, problem.order) for _ in range(N_EPOCHS)]
    assert [stats.mistakes.sum() for stats in stats_by_epoch] == mistakes
    assert_array_equal(trainer.units.weights, w)
    assert_array_equal(trainer.units.intercept, b)
    # With an L1 part too, the average is the mean of the iterates.
    means = trainer.units.means()
    assert_allclose(means[0], mean_w, rtol=1e-10, atol=1e-11)
    assert_allclose(means[1], mean_b, rtol=1e-10, atol=1e-11)
    return w, mean_w


@every_penalty
@pytest.mark.one_of_each
def test_one_vs_rest(plain, problem, kind, n_units, csr, penalty):
    case = problem(kind, n_units, csr=csr, weighted=True, n=120)
    _, mean_w = assert_follows(plain, case, plain.one_vs_rest, penalty)
    assert mean_w.any()


@every_penalty
@pytest.mark.parametrize("run", [7, None])
@pytest.mark.one_of_each
def test_joint(plain, problem, csr, penalty, run):
    assert_follows(plain, problem("counts", 3, csr=csr, n=120), plain.joint, penalty, run)


def test_l1_gives_exact_zeros(plain, problem):
    w, _ = assert_follows(plain, problem("counts", 3), plain.one_vs_rest, Penalty(0.005, 1.0))
    assert 0 < (w == 0).mean() < 1


def test_a_penalty_so_large_that_the_scale_must_be_settled_within_an_epoch(problem, plain):
    # 0.9 per row: below 1e-9 after 200 rows. The reference keeps its scale, so not to the bit.
    case, penalty = problem("normal", 3), Penalty(1.0, 0.0)
    w, b, mean_w, _, _ = plain.run(plain.one_vs_rest, case, N_EPOCHS, penalty)
    trainer = Penalised(case.units(), case.rule(plain.one_vs_rest), penalty, case.rate)
    for _ in range(N_EPOCHS):
        trainer.run_epoch(case.training_data(), case.order)
    assert_allclose(trainer.units.weights, w, rtol=1e-10)
    assert_allclose(trainer.units.intercept, b, rtol=1e-10)
    assert_allclose(trainer.units.means()[0], mean_w, rtol=1e-10)


def test_a_penalty_beyond_all_weights_leaves_zeros(problem, plain):
    case = problem("normal", 1)
    trainer = Penalised(case.units(), case.rule(plain.one_vs_rest), Penalty(100.0, 0.0), case.rate)
    trainer.run_epoch(case.training_data(), case.order)
    assert np.isfinite(trainer.units.weights).all()
    assert np.isfinite(trainer.units.means()[0]).all()


@every_penalty
def test_some_learners_go_on_alone(plain, problem, csr, penalty):
    case = problem("counts", 3, csr=csr)
    trainer = Penalised(case.units(), case.rule(plain.one_vs_rest), penalty, case.rate)
    trainer.run_epoch(case.training_data(), case.order)
    alone = trainer.subset(np.array([0, 2]))
    stats = alone.run_epoch(case.training_data(), case.order)
    together = trainer.run_epoch(case.training_data(), case.order)
    assert_array_equal(alone.units.weights, trainer.units.weights[:, [0, 2]])
    assert_array_equal(alone.units.means()[0], trainer.units.means()[0][:, [0, 2]])
    assert_allclose(stats.losses, together.losses[[0, 2]], rtol=1e-12)


def test_an_interruption_keeps_what_was_learned(plain, problem, monkeypatch):
    case, penalty = problem("counts", 3), Penalty(0.05, 0.15)
    interrupted, other = (
        Penalised(case.units(), case.rule(plain.one_vs_rest), penalty, case.rate) for _ in range(2)
    )
    with monkeypatch.context() as patch:
        interrupt_call(patch, Penalised, "_show", 51)
        with pytest.raises(KeyboardInterrupt):
            interrupted.run_epoch(case.training_data(), case.order)
    other.run_epoch(case.training_data(), case.order[:50])
    assert_array_equal(interrupted.units.weights, other.units.weights)
    assert_array_equal(interrupted.units.means()[0], other.units.means()[0])
