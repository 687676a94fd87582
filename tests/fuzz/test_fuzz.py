"""Parameters × data × sequences of calls that nobody would think of.

The ordinary suite runs a short, always equal part. ``pytest -m long`` runs 7,600 cases, other
ones each time; ``--hypothesis-seed=0`` makes them the same again.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz_cases import ESTIMATORS, cases, walks
from fuzz_machine import Session, compare_walks, of_case
from fuzz_tables import TABLE_ESTIMATORS, TableSession, table_cases

common = settings(
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
short = settings(common, max_examples=60, derandomize=True)


def run(case):
    with of_case(case):
        Session(case).run()


def compare(case):
    with of_case(case):
        compare_walks(case)


@short
@given(cases())
def test_some_sequences_of_calls(case):
    run(case)


@short
@given(table_cases())
def test_some_sequences_of_calls_with_tables(case):
    with of_case(case):
        TableSession(case).run()


@short
@given(walks())
def test_some_timelines(case):
    compare(case)


class Progress:
    """Prints every five hundredth case, past pytest's capture."""

    def __init__(self, capsys):
        self.capsys, self.n = capsys, 0

    def tick(self):
        self.n += 1
        if self.n % 500 == 0:
            with self.capsys.disabled():
                print(f"\n{self.n} cases", end="", flush=True)


@pytest.fixture
def progress(capsys):
    return Progress(capsys)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("estimator", ESTIMATORS)
@settings(common, max_examples=500)
@given(data=st.data())
def test_sequences_of_calls(progress, estimator, data):
    progress.tick()
    run(data.draw(cases((estimator,))))


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("estimator", ESTIMATORS)
@settings(common, max_examples=250)
@given(data=st.data())
def test_timelines(progress, estimator, data):
    progress.tick()
    compare(data.draw(walks((estimator,))))


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("estimator", TABLE_ESTIMATORS)
@settings(common, max_examples=400)
@given(data=st.data())
def test_sequences_of_calls_with_tables(progress, estimator, data):
    progress.tick()
    case = data.draw(table_cases((estimator,)))
    with of_case(case):
        TableSession(case).run()
