"""The rule with a penalty, against one row at a time in plain Python."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from helpers.interrupts import interrupt_call
from skperceptron._core.perceptron import Penalised, Penalty
from skperceptron._core.perceptron.blocks import Scales

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


def by_rows(trainer, monkeypatch):
    """The trainer, which processes one row at a time from now on."""
    none = Scales(np.empty(0), np.empty(0))
    monkeypatch.setattr(trainer, "_next_scales", lambda n_rows: none)
    return trainer


class TestBlocks:
    """An L2 part alone shrinks all weights alike, so rows are scored together."""

    @pytest.mark.parametrize("alpha", [0.001, 0.05, 2.0])
    @pytest.mark.one_of_each
    def test_they_are_the_loop_over_rows(
        self, plain, problem, kind, n_units, csr, alpha, monkeypatch
    ):
        case, penalty = problem(kind, n_units, csr=csr, weighted=True), Penalty(alpha, 0.0)
        rule = case.rule(plain.one_vs_rest)
        ours, other = (Penalised(case.units(False), rule, penalty, case.rate) for _ in range(2))
        by_rows(other, monkeypatch)
        for _ in range(N_EPOCHS):
            stats, expected = (
                each.run_epoch(case.training_data(), case.order) for each in (ours, other)
            )
            assert_array_equal(stats.mistakes, expected.mistakes)
            # The same terms, added in another order.
            assert_allclose(stats.losses, expected.losses, rtol=1e-11)
        assert_array_equal(ours.units.weights, other.units.weights)
        assert_array_equal(ours.units.intercept, other.units.intercept)
        assert_array_equal(ours.units.n_shown, other.units.n_shown)

    @pytest.mark.parametrize("run", [5, 64, 1000])
    @pytest.mark.parametrize("ahead", [1, 300])
    def test_their_sizes_make_no_difference(self, plain, problem, run, ahead, csr):
        """Losses neither, which decide when a fit stops."""
        for kind in ("one-hot", "normal"):
            case, penalty = problem(kind, 3, csr=csr, weighted=True), Penalty(0.05, 0.0)
            rule = case.rule(plain.one_vs_rest)
            ours, other = (Penalised(case.units(False), rule, penalty, case.rate) for _ in range(2))
            ours._ahead = ahead
            for _ in range(N_EPOCHS):
                stats = ours.run_epoch(case.training_data(run), case.order)
                expected = other.run_epoch(case.training_data(), case.order)
                assert_array_equal(stats.losses, expected.losses)
            assert_array_equal(ours.units.weights, other.units.weights)

    def test_rows_are_processed_alone_where_the_scale_is_settled_only(
        self, plain, problem, monkeypatch
    ):
        # 0.9 per row: below 1e-9 after 197 rows.
        case, alone = problem("normal", 1, n=250), []
        trainer = Penalised(
            case.units(False), case.rule(plain.one_vs_rest), Penalty(1.0, 0.0), case.rate
        )
        show = Penalised._show

        def counted(self, X, resolver, row, intercept_rate):
            alone.append(row)
            return show(self, X, resolver, row, intercept_rate)

        monkeypatch.setattr(Penalised, "_show", counted)
        trainer.run_epoch(case.training_data(), case.order)
        assert alone == [196]

    def test_averages_and_an_l1_part_go_row_by_row(self, plain, problem):
        case, rule = problem("normal", 3), problem("normal", 3).rule(plain.one_vs_rest)
        for units, penalty in [(True, Penalty(0.1, 0.0)), (False, Penalty(0.1, 0.1))]:
            trainer = Penalised(case.units(units), rule, penalty, case.rate)
            assert len(trainer._next_scales(10).after) == 0
        joint = Penalised(case.units(False), case.rule(plain.joint), Penalty(0.1, 0.0), case.rate)
        assert len(joint._next_scales(10).after) == 0
