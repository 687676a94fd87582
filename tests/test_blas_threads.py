"""One BLAS thread while a model trains with small products, and as many as before afterwards."""

import _weakrefset
import os
import subprocess
import sys
import threading
import time
import warnings
from contextlib import contextmanager, nullcontext, redirect_stdout
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import threadpoolctl
from joblib import Parallel, delayed, parallel_backend
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits

from helpers.marks import without_other_threads
from helpers.processes import run_python
from skperceptron import (
    MLPAutoencoder,
    MLPClassifier,
    MLPRegressor,
    PerceptronClassifier,
    _blas_threads,
)
from skperceptron._blas_threads import SMALL, Library, Limit, largest_product, with_few_threads

pytestmark = [
    without_other_threads,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),  # it is forked
]
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
y = X[:, 0] > 0

# More than one, whatever the machine has and the environment says: OpenBLAS takes any number.
BEFORE = 3


class Numbers:
    """The numbers of threads that the libraries of this process have."""

    def __init__(self):
        self.libraries = _blas_threads.libraries()

    def now(self):
        numbers = {library.n_threads for library in self.libraries}
        return numbers.pop() if len(numbers) == 1 else numbers

    def set(self, n_threads):
        for library in self.libraries:
            library._set(n_threads)

    def nobody_limits(self):
        return not any(library.limits for library in self.libraries)

    def during(self, train):
        """Those while it trains: all estimators print after each epoch."""
        seen = []
        with redirect_stdout(SimpleNamespace(write=lambda _: seen.append(self.now()))):
            train()
        assert seen
        return set(map(str, seen))


@pytest.fixture
def numbers(monkeypatch):
    monkeypatch.setattr(_blas_threads, "cpu_count", lambda: BEFORE)
    numbers = Numbers()
    if not numbers.libraries:
        pytest.skip("BLAS here has no number of threads that can be set for the whole process")
    for _ in range(5000):  # until the threads of earlier tests have ended
        if _blas_threads._is_the_users_only_thread():
            break
        time.sleep(0.001)
    before = [library.n_threads for library in numbers.libraries]
    if hasattr(threadpoolctl.OpenBLASController, "clear_controlling_thread"):
        # From 3.8 on threadpoolctl listens to one thread alone once that has set something.
        threadpoolctl.OpenBLASController.clear_controlling_thread(force=True)
    numbers.set(BEFORE)
    yield numbers
    assert numbers.nobody_limits()
    for library, n_threads in zip(numbers.libraries, before, strict=True):
        library._set(n_threads)


def on_print(action):
    """Have ``action`` called once, when the first epoch ends."""
    left = [action]
    return redirect_stdout(SimpleNamespace(write=lambda _: left and left.pop()()))


def small(**changed):
    return MLPClassifier((3,), **{"max_iter": 3, "random_state": 0, "verbose": True} | changed)


@contextmanager
def in_another_thread(manager):
    """Enter ``manager`` in a thread that ends it, in that same thread, when this ends.

    It is a daemon, as those of notebooks, which fits take no account of.
    """
    entered, leave = threading.Event(), threading.Event()

    def run():
        with manager():
            entered.set()
            leave.wait(60)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert entered.wait(60)
    try:
        yield
    finally:
        leave.set()
        thread.join()


class Held:
    """A limit as a context, to begin and end it in any order."""

    def __init__(self, n_threads=1):
        self.limit = Limit(n_threads, lambda library: True)

    def __enter__(self):
        self.limit.begin()

    def __exit__(self, *error):
        self.limit.end()


# Which training it is --------------------------------------------------------------------------


class TestLargestProduct:
    def test_of_the_widest_layer(self):
        assert largest_product(200, (64, 100, 10), sparse=False) == 2 * 200 * 64 * 100
        assert largest_product(5, (4, 30, 20, 1), sparse=False) == 2 * 5 * 30 * 20
        assert largest_product(7, (3, 2), sparse=False) == 2 * 7 * 3 * 2

    def test_sparse_inputs_are_not_multiplied_by_blas(self):
        assert largest_product(200, (60_000, 100, 10), sparse=True) == 2 * 200 * 100 * 10
        assert largest_product(200, (60_000, 10), sparse=True) == 0


EVERY_KIND = {
    "classifier": small(),
    "sgd": MLPRegressor((3,), solver="sgd", max_iter=3),
    "early stopping": small(early_stopping=True),
    "lbfgs": MLPRegressor((3,), solver="lbfgs", max_iter=3),
    "autoencoder": MLPAutoencoder((2,), max_iter=3),
    "rosenblatt": PerceptronClassifier(tol=None, max_iter=3),
    "joint": PerceptronClassifier(multi_class="joint", tol=None, max_iter=3),
    "penalised": PerceptronClassifier(penalty="l2", tol=None, max_iter=3),
}


def call(model, method, X, y):
    train = getattr(model, method)
    if isinstance(model, MLPAutoencoder):
        return train(X)
    if method == "partial_fit" and not isinstance(model, MLPRegressor):
        return train(X, y, classes=np.unique(y))
    return train(X, y)


class TestWhichTraining:
    @pytest.mark.parametrize("kind", EVERY_KIND)
    @pytest.mark.parametrize("sparse", [False, True])
    def test_every_small_one(self, numbers, kind, sparse):
        model = clone(EVERY_KIND[kind]).set_params(verbose=1, warm_start=True)
        data = csr_matrix(X) if sparse else X
        methods = ["fit", "fit"]
        if hasattr(model, "partial_fit") and not getattr(model, "early_stopping", False):
            methods.append("partial_fit")
        for method in methods:
            assert numbers.during(lambda m=method: call(model, m, data, y)) == {"1"}
            assert numbers.now() == BEFORE

    @pytest.mark.parametrize("solver", ["adam", "sgd"])
    def test_no_large_one(self, numbers, solver):
        """A product of exactly ``SMALL`` is large, and one unit less makes it small."""
        rows = rng.normal(size=(200, 250))
        for n_units, expected in ((250, BEFORE), (249, 1)):
            model = MLPRegressor((n_units,), solver=solver, max_iter=1, verbose=True)
            assert numbers.during(lambda m=model: m.fit(rows, rows[:, 0])) == {str(expected)}
        assert SMALL == 2 * 200 * 250 * 250

    @pytest.mark.parametrize("solver", ["adam", "lbfgs"])
    @pytest.mark.parametrize("n_cores", [1, 2, BEFORE, BEFORE + 1])
    def test_a_large_one_has_no_more_than_cores(self, numbers, solver, n_cores, monkeypatch):
        """A container may use fewer cores than the machine has, and BLAS counts the machine's."""
        monkeypatch.setattr(_blas_threads, "cpu_count", lambda: n_cores)
        rows, most = rng.normal(size=(200, 250)), min(n_cores, BEFORE)
        model = MLPRegressor((250,), solver=solver, max_iter=1, verbose=True)
        of_scipy = 1 if solver == "lbfgs" else most  # beside another library of NumPy's
        expected = {of_scipy if library.of_scipy else most for library in numbers.libraries}
        seen = numbers.during(lambda: model.fit(rows, rows[:, 0]))
        assert seen == {str(most) if expected == {most} else str(expected)}
        assert numbers.now() == BEFORE

    def test_a_large_one_beside_a_thread_of_the_users_has_as_many_as_there_are(
        self, numbers, monkeypatch
    ):
        monkeypatch.setattr(_blas_threads, "cpu_count", lambda: 1)
        rows = rng.normal(size=(200, 250))
        model = MLPRegressor((250,), max_iter=1, verbose=True)
        leave = threading.Event()
        thread = threading.Thread(target=leave.wait, args=(60,))
        thread.start()
        try:
            assert numbers.during(lambda: model.fit(rows, rows[:, 0])) == {str(BEFORE)}
        finally:
            leave.set()
            thread.join()

    def test_no_large_perceptron(self, numbers):
        """Blocks of 64 rows are multiplied with themselves, so the number of features counts."""
        for n_features, expected in ((3052, BEFORE), (3051, 1)):
            rows = rng.normal(size=(64, n_features))
            model = PerceptronClassifier(max_iter=1, tol=None, verbose=1)
            fit = lambda m=model, r=rows: m.fit(r, r[:, 0] > 0)  # noqa: E731
            assert numbers.during(fit) == {str(expected)}
        rows = rng.normal(size=(6000, 60))  # 4369 of them at once
        for n_classes, expected in ((60, BEFORE), (10, 1)):
            fit = lambda n=n_classes, m=model: m.fit(rows, np.arange(6000) % n)  # noqa: E731
            assert numbers.during(fit) == {str(expected)}

    @pytest.mark.parametrize(("n_units", "expected"), [(250, BEFORE), (249, 1)])
    def test_every_way_along_the_timeline_is_the_same(self, numbers, n_units, expected):
        """The last batch of an epoch, of one row, changes nothing either."""
        rows, seen = rng.normal(size=(201, 250)), []

        def rate(progress):
            seen.append(numbers.now())
            return 1e-3

        target = rows[:, 0]
        model = MLPRegressor((n_units,), max_iter=2, random_state=0, learning_rate=rate)
        clone(model).fit(rows, target)
        stepwise = clone(model)
        for _ in range(2):
            stepwise.partial_fit(rows, target)
        warm = clone(model).set_params(max_iter=1, warm_start=True)
        for _ in range(2):
            warm.fit(rows, target)
        assert len(seen) >= 12
        assert set(seen) == {expected}

    def test_fewer_rows_than_a_batch(self, numbers):
        """A call decides by its own rows."""
        rows = rng.normal(size=(60, 250))
        model = MLPRegressor((250,), max_iter=1, verbose=True, batch_size=200)
        with pytest.warns(UserWarning, match="clipped"):
            assert numbers.during(lambda: model.fit(rows, rows[:, 0])) == {"1"}

    def test_without_rows_that_are_held_out(self, numbers):
        """Batches are of rows that are trained on, and validation is not counted."""
        rows = rng.normal(size=(220, 250))
        model = MLPRegressor((250,), max_iter=1, verbose=True, early_stopping=True)
        assert numbers.during(lambda: model.fit(rows, rows[:, 0])) == {"1"}  # 198 are left
        rows = np.vstack([rows[:100]] * 3)
        model = MLPRegressor((250,), max_iter=1, verbose=True)
        fit = lambda: model.fit(rows[:60], rows[:60, 0], X_val=rows, y_val=rows[:, 0])  # noqa: E731
        assert numbers.during(fit) == {"1"}

    def test_not_to_predict(self, numbers):
        model, seen = small(verbose=0).fit(X, y), []
        with pytest.MonkeyPatch.context() as patch:
            for library in numbers.libraries:
                patch.setattr(library, "_set", seen.append)
            model.predict_proba(X)
            model.score(X, y)
        assert not seen

    def test_the_same_weights_with_any_number(self, numbers):
        weights = []
        for n_threads in (1, 2, BEFORE):
            numbers.set(n_threads)
            rows = np.random.default_rng(0).normal(size=(600, 100))
            model = MLPClassifier((120, 80), max_iter=3, random_state=0)
            weights.append(
                np.concatenate(
                    [
                        w.ravel()
                        for w in model.fit(rows, y[:1].repeat(600) ^ (rows[:, 0] > 0)).coefs_
                    ]
                )
            )
        numbers.set(BEFORE)
        assert_array_equal(weights[0], weights[1])
        assert_array_equal(weights[0], weights[2])


# Limits of the user ----------------------------------------------------------------------------


class TestLimitsOfTheUser:
    def test_one_thread_already(self, numbers, monkeypatch):
        """Nothing is set."""
        numbers.set(1)
        calls = []
        for library in numbers.libraries:
            monkeypatch.setattr(library, "_set", calls.append)
        small(verbose=0).fit(X, y)
        PerceptronClassifier().fit(X, y)
        monkeypatch.undo()
        assert not calls

    def test_around(self, numbers):
        with threadpool_limits(2):
            assert numbers.during(lambda: small().fit(X, y)) == {"1"}
            assert numbers.now() == 2
        assert numbers.now() == BEFORE

    @pytest.mark.parametrize("n_threads", [2, 5])
    def test_set_during_a_fit(self, numbers, n_threads):
        with on_print(lambda: threadpool_limits(n_threads, user_api="blas")):
            small().fit(X, y)
        assert numbers.now() == n_threads

    def test_during_a_fit(self, numbers):
        seen = []

        def limit():
            with threadpool_limits(2, user_api="blas"):
                seen.append(numbers.now())
            seen.append(numbers.now())

        with on_print(limit):
            small().fit(X, y)
        assert seen == [2, 1]
        assert numbers.now() == BEFORE

    def test_during_a_fit_around_another(self, numbers):
        seen = []

        def limit():
            with threadpool_limits(2, user_api="blas"):
                seen.extend(numbers.during(lambda: small().fit(X, y)))
                seen.append(numbers.now())
            seen.append(numbers.now())

        with on_print(limit):
            small().fit(X, y)
        assert seen == ["1", 2, 1]
        assert numbers.now() == BEFORE

    def test_set_during_a_fit_before_another(self, numbers):
        """Neither of them puts back more than it has found."""

        def limit():
            threadpool_limits(2, user_api="blas")
            assert numbers.during(lambda: small().fit(X, y)) == {"1"}
            assert numbers.now() == 2

        with on_print(limit):
            small().fit(X, y)
        assert numbers.now() == 2

    @pytest.mark.parametrize("n_threads", [1, 2])
    def test_of_another_thread_around(self, numbers, n_threads):
        with in_another_thread(lambda: threadpool_limits(n_threads)):
            assert numbers.during(lambda: small().fit(X, y)) == {"1"}
            assert numbers.now() == n_threads
        assert numbers.now() == BEFORE

    @pytest.mark.parametrize("n_threads", [1, 2])
    def test_of_another_thread_that_ends_during_a_fit(self, numbers, n_threads):
        """The user's end is not undone."""
        other = in_another_thread(lambda: threadpool_limits(n_threads))
        other.__enter__()
        with on_print(lambda: other.__exit__(None, None, None)):
            small().fit(X, y)
        assert numbers.now() == BEFORE

    @pytest.mark.parametrize("n_threads", [1, 2])
    def test_of_another_thread_within_a_fit(self, numbers, n_threads):
        seen = []

        def limit():
            with in_another_thread(lambda: threadpool_limits(n_threads)):
                seen.append(numbers.now())
            seen.append(numbers.now())

        with on_print(limit):
            small().fit(X, y)
        assert seen == [n_threads, 1]
        assert numbers.now() == BEFORE

    def test_that_only_another_thread_may_change(self, numbers):
        """threadpoolctl 3.8 listens to the thread that has set something: a fit need not ask."""
        with threadpool_limits(2), in_another_thread(Held):
            assert numbers.now() == 1
        seen = []

        def hold():
            with Held():
                seen.append(numbers.now())
            seen.append(numbers.now())

        with threadpool_limits(2):
            thread = threading.Thread(target=hold)
            thread.start()
            thread.join()
        assert seen == [1, 2]
        assert numbers.now() == BEFORE

    def test_can_be_set_in_any_thread_after_a_fit(self, numbers):
        small(verbose=0).fit(X, y)
        with in_another_thread(lambda: threadpool_limits(2)):
            assert numbers.now() == 2


# Threads of the user's --------------------------------------------------------------------------


class TestThreadsOfTheUser:
    """Where there are any, a fit leaves the number alone: it is one for the whole process."""

    def test_a_limit_that_another_thread_begins_during_a_fit(self, numbers):
        entered, leave = threading.Event(), threading.Event()
        seen = []

        def wait_once(_):
            if not entered.is_set():
                seen.append(numbers.now())
                entered.set()
                assert leave.wait(60)

        def fit():
            with redirect_stdout(SimpleNamespace(write=wait_once)):
                small().fit(X, y)

        thread = threading.Thread(target=fit)
        thread.start()
        assert entered.wait(60)
        with threadpool_limits(1, "blas"):
            leave.set()
            thread.join()
            seen.append(numbers.now())
        assert seen == [BEFORE, 1]
        assert numbers.now() == BEFORE

    @pytest.mark.parametrize("daemon", [False, True])
    def test_beside_a_fit_in_the_main_thread(self, numbers, daemon):
        leave = threading.Event()
        thread = threading.Thread(target=leave.wait, args=(60,), daemon=daemon)
        thread.start()
        try:
            assert numbers.during(lambda: small().fit(X, y)) == {"1" if daemon else str(BEFORE)}
        finally:
            leave.set()
            thread.join()

    def test_beside_processes_of_joblib_that_wait(self, numbers):
        """A thread that is no daemon manages them, until the program ends."""
        Parallel(n_jobs=2)(delayed(abs)(number) for number in range(4))
        managers = [each for each in threading.enumerate() if "Manager" in type(each).__name__]
        assert managers
        assert numbers.during(lambda: small().fit(X, y)) == {"1"}

    def test_lbfgs_has_one_thread_of_scipys_all_the_same(self, numbers):
        seen = []

        def both():
            for of_scipy in (False, True):
                found = {each.n_threads for each in numbers.libraries if each.of_scipy == of_scipy}
                seen.append((of_scipy, found))

        thread = threading.Thread(target=with_few_threads, args=(both, 0), kwargs={"scipy": True})
        thread.start()
        thread.join()
        assert all(found <= {1} if of_scipy else found == {BEFORE} for of_scipy, found in seen)
        assert numbers.now() == BEFORE


# Limits that overlap ---------------------------------------------------------------------------


class FakeBLAS:
    """Counts as a library, and remembers its number."""

    internal_api, threading_layer, filepath = "openblas", "pthreads", "/somewhere/libopenblas.so"

    def __init__(self, n_threads=8):
        self.n_threads, self.history = n_threads, [n_threads]

    def get_num_threads(self):
        return self.n_threads

    def set_num_threads(self, n_threads):
        self.n_threads = n_threads
        self.history.append(n_threads)


class TestOverlap:
    @pytest.mark.parametrize("seed", range(50))
    def test_in_any_order(self, seed, monkeypatch):
        """There are as many threads as the lowest limit says, or as before where there is none."""
        draw = np.random.default_rng(seed)
        one, other = FakeBLAS(8), FakeBLAS(2)
        libraries = tuple(map(Library, (one, other)))
        monkeypatch.setattr(_blas_threads, "_libraries", libraries)
        limits = []
        for _ in range(60):
            if limits and draw.random() < 0.5:
                limits.pop(draw.integers(len(limits))).end()
            else:
                only_one = draw.random() < 0.3
                of = libraries[:1] if only_one else libraries
                limit = Limit(int(draw.integers(1, 10)), of.__contains__)
                limit.only_one = only_one
                limit.begin()
                limits.append(limit)
            assert one.n_threads == min([8, *(limit.n_threads for limit in limits)])
            everybody = [limit.n_threads for limit in limits if not limit.only_one]
            assert other.n_threads == min([2, *everybody])
            if not limits:
                assert (one.n_threads, other.n_threads) == (8, 2)
        while limits:
            limits.pop().end()
        assert (one.n_threads, other.n_threads) == (8, 2)

    @pytest.mark.parametrize("seed", range(50))
    def test_with_what_the_user_sets(self, seed, monkeypatch):
        """What the user has set last is there in the end, unless it was as low as a limit."""
        draw = np.random.default_rng(seed)
        blas = FakeBLAS(8)
        monkeypatch.setattr(_blas_threads, "_libraries", (Library(blas),))
        limits, last = [], 8
        for number in range(100, 160):
            chance = draw.random()
            if chance < 0.2:
                blas.n_threads = last = number
            elif limits and chance < 0.6:
                limits.pop(draw.integers(len(limits))).end()
            else:
                limits.append(Limit(int(draw.integers(1, 7)), lambda library: True))
                limits[-1].begin()
            assert blas.n_threads <= last
        while limits:
            limits.pop(draw.integers(len(limits))).end()
        assert blas.n_threads == last

    def test_ends_twice(self, numbers):
        one, other = Held(), Held(2)
        one.__enter__(), other.__enter__()
        for _ in range(2):
            one.__exit__()
            assert numbers.now() == 2
        for _ in range(2):
            other.__exit__()
            assert numbers.now() == BEFORE

    def test_with_a_number_that_one_of_them_had_left(self, numbers):
        """It is the user's all the same."""
        with Held(2), Held(1):
            numbers.set(2)
        assert numbers.now() == 2

    def test_one_that_is_forgotten_goes_when_another_begins(self, numbers):
        """As it would be if Ctrl-C came twice."""
        forgotten = Held()
        forgotten.__enter__()
        del forgotten
        with Held(2):
            assert numbers.now() == 2
        assert numbers.now() == BEFORE

    def test_of_scipy_within_all_and_around(self, numbers):
        own = [library for library in numbers.libraries if library.of_scipy]
        others = [library for library in numbers.libraries if not library.of_scipy]
        if not own or not others:
            pytest.skip("scipy and NumPy share a BLAS")
        both = lambda: (own[0].n_threads, others[0].n_threads)  # noqa: E731
        seen = []

        def large():
            with_few_threads(lambda: seen.append(both()), SMALL, scipy=True)
            seen.append(both())

        with_few_threads(large, SMALL - 1)
        assert seen == [(1, 1), (1, 1)]

        def little():
            with_few_threads(lambda: seen.append(both()), 0)
            seen.append(both())

        with_few_threads(little, SMALL, scipy=True)
        assert seen[2:] == [(1, 1), (1, BEFORE)]
        assert numbers.now() == BEFORE

    def test_fits_in_threads(self, numbers):
        """The last one to end puts back what the first one has found, in whatever thread it is."""
        barrier, seen = threading.Barrier(4), []

        def fit(max_iter):
            model = small(max_iter=max_iter, verbose=0)
            barrier.wait(60)
            for _ in range(5):
                Limit(1, lambda library: True).hold_during(partial(model.fit, X, y))
                seen.extend(library.n_threads for library in numbers.libraries)

        threads = [threading.Thread(target=fit, args=(n,)) for n in (1, 5, 10, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(seen) <= {1, BEFORE}
        assert numbers.now() == BEFORE

    def test_search_in_threads(self, numbers):
        search = GridSearchCV(small(verbose=0), {"alpha": [1e-4, 1e-2, 1]}, cv=3, n_jobs=3)
        with parallel_backend("threading"):
            search.fit(X, y)
        assert numbers.now() == BEFORE

    def test_fit_in_a_callback(self, numbers):
        pytest.importorskip("sklearn.callback")
        seen = []

        class Fitting:
            def setup(self, estimator, context): ...
            def teardown(self, estimator, context): ...
            def on_fit_task_begin(self, estimator, context): ...

            def on_fit_task_end(self, estimator, context, **metadata):
                small(verbose=0).fit(X, y)
                seen.append(numbers.now())

        small(verbose=0).set_callbacks(Fitting()).fit(X, y)
        assert set(seen[:3]) == {1}
        assert numbers.now() == BEFORE


# Ends ------------------------------------------------------------------------------------------


class TestEnds:
    @pytest.mark.parametrize(
        "error", [ValueError, KeyboardInterrupt, GeneratorExit, SystemExit, StopIteration]
    )
    @pytest.mark.parametrize("model", [small(), PerceptronClassifier(verbose=1)], ids=str)
    def test_by_an_error(self, numbers, model, error):
        def stop():
            assert numbers.now() == 1
            raise error

        with on_print(stop), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                clone(model).fit(X, y)
            except error:
                assert error is not KeyboardInterrupt
            except RuntimeError:
                assert error is StopIteration
            else:
                assert error is KeyboardInterrupt
        assert numbers.now() == BEFORE

    def test_in_a_generator_that_is_closed(self, numbers):
        def fits():
            while True:
                small(verbose=0).fit(X, y)
                yield numbers.now()

        running = fits()
        assert next(running) == BEFORE
        running.close()
        assert numbers.now() == BEFORE

    @pytest.mark.slow
    @pytest.mark.parametrize("around", [None, 2])
    def test_by_ctrl_c_at_any_bytecode(self, numbers, around):
        """The number is as before, or as a limit around it says; the lock is free."""
        files = _blas_threads.__file__, _weakrefset.__file__

        def run(at):
            seen = 0

            def trace(frame, event, argument):
                nonlocal seen
                frame.f_trace_opcodes = frame.f_code.co_filename in files
                if event == "opcode":
                    seen += 1
                    if seen == at:
                        raise KeyboardInterrupt
                return trace

            raised, earlier = None, sys.gettrace()
            sys.settrace(trace)
            try:
                with_few_threads(lambda: None, 0)
            except KeyboardInterrupt as interruption:
                raised = interruption  # which keeps the frames alive
            finally:
                sys.settrace(earlier)
            return seen, raised

        n_bytecodes = max(run(None)[0] for _ in range(3))
        assert n_bytecodes > 400
        free = []
        for at in range(1, n_bytecodes + 1):
            with Held(around) if around else nullcontext():
                _, raised = run(at)
                assert numbers.now() == (around or BEFORE), at
            assert numbers.now() == BEFORE, at
            assert numbers.nobody_limits(), at
            thread = threading.Thread(
                target=lambda: (
                    free.append(_blas_threads._lock.acquire(timeout=5))
                    or _blas_threads._lock.release()
                )
            )
            thread.start()
            thread.join()
            assert free.pop(), at
            del raised


@needs_fork
class TestForks:
    def test_a_child_has_no_limit_of_other_threads(self, numbers):
        with in_another_thread(Held):
            assert numbers.now() == 1
            assert in_child(lambda: numbers.now() == BEFORE and numbers.nobody_limits())
            assert in_child(lambda: numbers.during(lambda: small().fit(X, y)) == {"1"})
            assert numbers.now() == 1

    def test_a_child_has_the_limit_of_its_own_thread(self, numbers):
        """It is in the middle of the fit too, and ends it, or not, by itself."""
        results = []

        def in_the_child():
            with Held(2):
                if numbers.now() != 1:
                    return False
            return numbers.now() == 1

        with on_print(lambda: results.append(in_child(in_the_child))):
            small().fit(X, y)
        assert results == [True]

    def test_a_child_can_end_the_fit_that_it_is_in(self, numbers):
        reading, writing = os.pipe()
        processes = []

        def fork():
            processes.append(os.fork())

        try:
            with on_print(fork):
                small().fit(X, y)
        finally:
            if processes == [0]:
                os.write(writing, b"%d" % numbers.now())
                os._exit(0)
        os.waitpid(processes[0], 0)
        assert os.read(reading, 10) == b"%d" % BEFORE
        assert numbers.now() == BEFORE
        os.close(reading), os.close(writing)

    @pytest.mark.slow
    def test_children_while_threads_fit(self, numbers):
        ended = []

        def fit_on():
            model = small(verbose=0)
            while not ended:
                model.fit(X, y)

        threads = [threading.Thread(target=fit_on) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            results = [
                in_child(lambda: numbers.now() == BEFORE and bool(small(verbose=0).fit(X, y)))
                for _ in range(20)
            ]
        finally:
            ended.append(True)
            for thread in threads:
                thread.join()
        assert results == [True] * 20
        assert numbers.now() == BEFORE


def in_child(work):
    """Run a function in a forked child; return whether it was true, or None if it hung."""
    process = os.fork()
    if process == 0:
        try:
            os._exit(0 if work() else 1)
        finally:
            os._exit(2)
    waiting = threading.Timer(60, os.kill, (process, 9))
    waiting.start()
    _, status = os.waitpid(process, 0)
    waiting.cancel()
    waiting.join()  # while it lives, fits leave the numbers of threads alone
    return None if os.WIFSIGNALED(status) else status == 0


# Libraries -------------------------------------------------------------------------------------


class TestLibraries:
    @pytest.fixture(autouse=True)
    def looked_for_anew(self, monkeypatch):
        monkeypatch.setattr(_blas_threads, "_libraries", None)

    def find(self, monkeypatch, *controllers):
        found = SimpleNamespace(lib_controllers=controllers)
        searches = []

        def search():
            searches.append(True)
            return found

        monkeypatch.setattr(_blas_threads, "ThreadpoolController", search)
        return searches

    def test_are_looked_for_once(self, monkeypatch):
        searches = self.find(monkeypatch, FakeBLAS())
        for _ in range(3):
            small(verbose=0).fit(X, y)
        assert len(searches) == 1

    @pytest.mark.slow
    def test_are_not_looked_for_to_import_or_to_predict(self):
        code = (
            "import skperceptron as s, skperceptron._blas_threads as b\n"
            "s.PerceptronClassifier(); assert b._libraries is None"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=100)

    @pytest.mark.slow
    def test_all_of_numpy_and_scipy_are_there_after_the_import(self):
        """So one search finds all."""
        code = (
            "import skperceptron\n"
            "from threadpoolctl import threadpool_info\n"
            "blas = lambda: {i['filepath'] for i in threadpool_info() if i['user_api'] == 'blas'}\n"
            "before = blas()\n"
            "import scipy.linalg, scipy.optimize, scipy.sparse.linalg, scipy.special, scipy.stats\n"
            "import sklearn.linear_model, numpy.linalg\n"
            "assert blas() == before"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=100)

    @pytest.mark.parametrize(
        ("internal_api", "threading_layer"),
        [("mkl", "intel"), ("blis", "pthreads"), ("openblas", "openmp"), ("openblas", "disabled")],
    )
    def test_others_are_left_alone(self, monkeypatch, internal_api, threading_layer):
        blas = FakeBLAS()
        blas.internal_api, blas.threading_layer = internal_api, threading_layer
        self.find(monkeypatch, blas)
        small(verbose=0).fit(X, y)
        assert blas.history == [8]

    def test_that_cannot_be_listed(self, monkeypatch):
        """A fit does without, and says nothing."""

        def fail():
            raise OSError("no such library")

        monkeypatch.setattr(_blas_threads, "ThreadpoolController", fail)
        small(verbose=0).fit(X, y)
        assert _blas_threads.libraries() == ()

    def test_a_warning_about_them_is_not_ours_to_give(self, monkeypatch):
        self.find(monkeypatch)
        listed = _blas_threads.ThreadpoolController

        def warn():
            warnings.warn("two kinds of OpenMP", RuntimeWarning, stacklevel=1)
            return listed()

        monkeypatch.setattr(_blas_threads, "ThreadpoolController", warn)
        small(verbose=0).fit(X, y)

    def test_that_threadpoolctl_alone_can_call(self, monkeypatch):
        """Before its version 3.2 there is no ``dynlib``."""
        blas = FakeBLAS()
        self.find(monkeypatch, blas)
        small(verbose=0).fit(X, y)
        assert blas.history == [8, 1, 8]

    def test_are_those_of_threadpoolctl(self):
        expected = {
            info["filepath"]: info["num_threads"]
            for info in threadpoolctl.threadpool_info()
            if info["internal_api"] == "openblas" and info["threading_layer"] == "pthreads"
        }
        found = {str(each.path): each.n_threads for each in _blas_threads.libraries()}
        assert found == expected


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity can be set here")
def test_the_affinity_of_the_process_counts():
    """OpenBLAS reads it once, when it is loaded."""
    code = """
import os
import numpy as np
from skperceptron import MLPRegressor, _blas_threads
numbers, rows = [], np.random.default_rng(0).normal(size=(200, 250))
libraries = _blas_threads.libraries()
for library in libraries:
    library._set(3)
def rate(progress):
    numbers.append([library.n_threads for library in libraries])
    return 1e-3
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
MLPRegressor((250,), max_iter=1, learning_rate=rate, tol=None).fit(rows, rows[:, 0])
print({*numbers[-1]} <= {1}, {each.n_threads for each in libraries} <= {3})
"""
    assert run_python(code) == "True True"


@pytest.mark.slow
def test_in_a_process_with_two_threads():
    """As they come, without anybody who sets them."""
    code = """
import contextlib, types
import numpy as np
from threadpoolctl import threadpool_info
from skperceptron import MLPClassifier

def numbers():
    return [i["num_threads"] for i in threadpool_info() if i["internal_api"] == "openblas"
            and i["threading_layer"] == "pthreads"]

seen, before = [], numbers()
X = np.random.default_rng(0).normal(size=(60, 4))
model = MLPClassifier((3,), max_iter=2, tol=None, verbose=True)
with contextlib.redirect_stdout(types.SimpleNamespace(write=lambda _: seen.append(numbers()))):
    model.fit(X, X[:, 0] > 0)
assert seen and all(each == [1] * len(before) for each in seen), seen
assert numbers() == before, (before, numbers())
"""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100, env=environment)
