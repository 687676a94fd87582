"""Epochs in blocks are those of one row at a time, to the last bit."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skperceptron._core.perceptron import Blocks, blocks, rows
from skperceptron._core.perceptron.rows import _DenseRowBatch, _SparseRowBatch

N_EPOCHS = 4


def assert_follows(plain, problem, learn, run=None):
    """Compare with the reference; return how many mistakes there were."""
    w, b, mean_w, mean_b, mistakes = plain.run(learn, problem, N_EPOCHS)
    trainer, data = Blocks(problem.units(), problem.rule(learn)), problem.training_data(run)
    stats_by_epoch = [trainer.run_epoch(data, problem.order) for _ in range(N_EPOCHS)]
    assert [stats.mistakes.sum() for stats in stats_by_epoch] == mistakes
    assert_array_equal(trainer.units.weights, w)
    assert_array_equal(trainer.units.intercept, b)
    means = trainer.units.means()
    assert_allclose(means[0], mean_w, rtol=1e-11, atol=1e-11)
    assert_allclose(means[1], mean_b, rtol=1e-11, atol=1e-11)
    return sum(mistakes)


@pytest.mark.one_of_each
def test_one_vs_rest(plain, problem, kind, n_units, csr, weighted):
    case = problem(kind, n_units, csr=csr, weighted=weighted)
    assert assert_follows(plain, case, plain.one_vs_rest) > 50


@pytest.mark.one_of_each
def test_joint(plain, problem, kind, csr, weighted):
    case = problem(kind, 3, csr=csr, weighted=weighted)
    assert assert_follows(plain, case, plain.joint) > 50


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("data", ["one-hot", "counts"])
@pytest.mark.one_of_each
def test_rounding_decides_ties_as_sums_from_left_to_right_do(plain, problem, data, seed, csr):
    for learn, n_units in [(plain.one_vs_rest, 1), (plain.joint, 4)]:
        assert_follows(plain, problem(data, n_units, csr=csr, seed=seed, n=300), learn)


def test_it_takes_the_exact_sums_near_ties(plain, problem, monkeypatch):
    # With products alone some of these must go wrong, or the tests above show nothing.
    monkeypatch.setattr(Blocks, "_tie_tolerance", lambda *args: 0.0)
    wrong = 0
    for data, seed in itertools.product(("one-hot", "counts"), range(8)):
        try:
            assert_follows(plain, problem(data, 3, seed=seed, n=400), plain.one_vs_rest)
        except AssertionError:
            wrong += 1
    assert wrong > 0


@pytest.mark.parametrize("run", [5, 64, 1000])
@pytest.mark.parametrize("block", [1, 5, 300])
@pytest.mark.one_of_each
def test_the_sizes_of_runs_and_of_what_is_looked_at_make_no_difference(
    plain, problem, monkeypatch, run, block, csr
):
    monkeypatch.setattr(rows, "BLOCK", block)
    monkeypatch.setattr(rows, "_LATER", ~np.tri(block, dtype=bool))
    monkeypatch.setattr(blocks, "BLOCK", block)
    for kind in ("one-hot", "normal"):
        assert_follows(plain, problem(kind, 3, csr=csr, n=100), plain.one_vs_rest, run)
        assert_follows(plain, problem(kind, 3, csr=csr, n=100), plain.joint, run)


def test_losses_are_minus_the_margins_of_mistakes(problem):
    case = problem("normal", 1, n=30)
    trainer, lost = Blocks(case.units(), case.rule(None)), 0.0
    for i in case.order:
        before = case.X[i] @ trainer.units.weights[:, 0] + trainer.units.intercept[0]
        stats = trainer.run_epoch(case.training_data(), np.array([i]))
        margin = (2 * case.codes[i] - 1) * before
        assert stats.mistakes == (margin <= 0)
        assert_allclose(stats.losses, max(0, -margin), rtol=1e-9, atol=1e-12)
        lost += stats.losses
    other = Blocks(case.units(), case.rule(None))
    assert_allclose(other.run_epoch(case.training_data(), case.order).losses, lost, rtol=1e-9)


def test_some_learners_go_on_alone(plain, problem, csr):
    case = problem("counts", 3, csr=csr)
    trainer = Blocks(case.units(), case.rule(plain.one_vs_rest))
    trainer.run_epoch(case.training_data(), case.order)
    alone = trainer.subset(np.array([0, 2]))
    kept = trainer.units.weights.copy()
    stats = alone.run_epoch(case.training_data(), case.order)
    assert_array_equal(trainer.units.weights, kept)
    together = trainer.run_epoch(case.training_data(), case.order)
    assert_array_equal(alone.units.weights, trainer.units.weights[:, [0, 2]])
    assert_array_equal(alone.units.means()[0], trainer.units.means()[0][:, [0, 2]])
    assert_array_equal(stats.mistakes, together.mistakes[[0, 2]])


def test_whole_numbers_need_no_exact_sums(plain, problem, csr, monkeypatch):
    case = problem("counts", 3, csr=csr)._replace(rate=2.0, intercept_rate=1.0)
    monkeypatch.setattr(_DenseRowBatch, "exact_scores", None)
    monkeypatch.setattr(_SparseRowBatch, "exact_scores", None)
    assert_follows(plain, case, plain.one_vs_rest)
    assert_follows(plain, case, plain.joint)


@pytest.mark.parametrize("change", ["X", "rate", "intercept_rate", "weights", "class_weight"])
def test_a_fraction_anywhere_needs_them(plain, problem, change):
    case = problem("counts", 3)._replace(rate=1.0)
    trainer = Blocks(case.units(), case.rule(plain.one_vs_rest))
    assert trainer._tie_tolerance(case.training_data(), case.weights) == 0
    assert (
        trainer._tie_tolerance(case._replace(X=case.X * 1e8).training_data(), case.weights) > 0
    )  # too large
    trainer.units.intercept[1] = 0.5
    assert trainer._tie_tolerance(case.training_data(), case.weights) > 0
    case = case._replace(**{change: getattr(case, change) * 0.3})
    trainer = Blocks(case.units(), case.rule(plain.one_vs_rest))
    assert trainer._tie_tolerance(case.training_data(), case.weights) > 0


def test_ties_in_every_row_cost_no_more_than_the_rows(plain, problem, monkeypatch, csr):
    # Looking further and further ahead, only to stop at the next tie, once made this quadratic.
    case, looked_at = problem("one-hot", 1, csr=csr, n=2000), []
    outcome = blocks.Run._outcome

    def counting(self, scores, start):
        looked_at.append(len(scores))
        return outcome(self, scores, start)

    monkeypatch.setattr(blocks.Run, "_outcome", counting)
    Blocks(case.units(), case.rule(plain.one_vs_rest)).run_epoch(case.training_data(), case.order)
    assert sum(looked_at) < 4 * 2000


@pytest.mark.parametrize("scale", [1e-160, 1e150])
def test_ties_are_found_at_any_scale(plain, problem, scale):
    case = problem("counts", 1)
    assert_follows(plain, case._replace(X=case.X * scale, intercept_rate=0.0), plain.one_vs_rest)
