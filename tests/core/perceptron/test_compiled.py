"""The loop for Numba: as Python everywhere, compiled where Numba is there."""

import pytest
from numpy.testing import assert_array_equal

from skperceptron._core import kernels
from skperceptron._core.perceptron import Blocks, compiled

N_EPOCHS = 3


@pytest.fixture(params=["as Python", "compiled"])
def loop(request, monkeypatch):
    if request.param == "compiled":
        pytest.importorskip("numba")
        monkeypatch.setattr(kernels, "n_steps_left", 0)
    else:
        monkeypatch.setattr(kernels, "compiled_for", lambda function, arguments: function)


def assert_same_as_blocks(case, plain, averaged=True):
    rule = case.rule(plain.one_vs_rest)
    ours, other = (kind(case.units(averaged), rule) for kind in (compiled.Compiled, Blocks))
    for _ in range(N_EPOCHS):
        stats, expected = (e.run_epoch(case.training_data(), case.order) for e in (ours, other))
        assert_array_equal(stats.mistakes, expected.mistakes)
        assert_array_equal(stats.losses, expected.losses)
    for values, others in zip(ours.units.means(), other.units.means(), strict=True):
        assert_array_equal(values, others)
    assert_array_equal(ours.units.weights, other.units.weights)
    assert_array_equal(ours.units.intercept, other.units.intercept)
    assert_array_equal(ours.units.n_shown, other.units.n_shown)


@pytest.mark.usefixtures("loop")
class TestTheLoop:
    @pytest.mark.one_of_each
    def test_it_changes_no_result(self, plain, problem, kind, n_units, csr, weighted):
        assert_same_as_blocks(problem(kind, n_units, csr=csr, weighted=weighted), plain)

    @pytest.mark.parametrize("averaged", [False, True])
    def test_the_length_of_a_run_makes_no_difference(self, plain, problem, averaged, monkeypatch):
        monkeypatch.setattr(compiled, "RUN", 7)
        assert_same_as_blocks(problem("counts", 3), plain, averaged)

    def test_ctrl_c_acts_between_calls_of_the_loop(self, plain, problem, n_units, csr, monkeypatch):
        """A call has fewer rows where they are longer, or have more units."""
        case, rows = problem("counts", n_units, csr=csr), []
        monkeypatch.setattr(compiled, "MAX_ENTRIES", 100)
        real = kernels.compiled_for

        def counted(function, arguments):
            loop = real(function, arguments)
            entries = arguments[0].size / 200 * n_units
            return lambda *args: rows.append(len(args[3]) * entries) or loop(*args)

        monkeypatch.setattr(kernels, "compiled_for", counted)
        assert_same_as_blocks(case, plain)
        assert len(rows) > N_EPOCHS
        assert max(rows) <= 100

    def test_64_bit_indices(self, plain, problem):
        case = problem("counts", 3, csr=True)
        case.X.indices, case.X.indptr = case.X.indices.astype("i8"), case.X.indptr.astype("i8")
        assert_same_as_blocks(case, plain)


def test_an_interruption_keeps_what_was_learned(plain, problem, monkeypatch, n_units):
    case, calls = problem("normal", n_units), []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        compiled._show(*arguments)

    monkeypatch.setattr(kernels, "compiled_for", lambda function, arguments: interrupted)
    monkeypatch.setattr(compiled, "RUN", 50)
    rule = case.rule(plain.one_vs_rest)
    ours, other = compiled.Compiled(case.units(), rule), Blocks(case.units(), rule)
    with pytest.raises(KeyboardInterrupt):
        ours.run_epoch(case.training_data(), case.order)
    other.run_epoch(case.training_data(), case.order[:100])
    for values, others in zip(ours.units.means(), other.units.means(), strict=True):
        assert_array_equal(values, others)


def test_it_is_compiled_when_that_pays(plain, problem, monkeypatch):
    """A first fit of a few rows neither imports Numba nor compiles."""
    case = problem("normal", 1)
    monkeypatch.setattr(kernels, "available", lambda: pytest.fail("Numba was asked for"))
    monkeypatch.setattr(kernels, "n_steps_left", 1)
    trainer = compiled.Compiled(case.units(), case.rule(plain.one_vs_rest))
    stats = trainer.run_epoch(case.training_data(), case.order)
    assert kernels.n_steps_left == 1 - stats.mistakes.sum() / compiled.MISTAKES
