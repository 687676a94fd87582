"""Children that are forked, processes that are killed, and exceptions that Python has a use for."""

import hashlib
import os
import pickle
import signal
import tempfile
import threading
import time

import numpy as np
import pytest
from sklearn.base import clone

from helpers.callbacks import SilentCallback
from helpers.processes import in_child
from helpers.unchanged import unchanged
from skperceptron import (
    MLPAutoencoder,
    MLPClassifier,
    MLPRegressor,
    PerceptronClassifier,
    _blas_threads,
    callbacks,
)
from skperceptron import _files as files
from skperceptron._core import kernels
from skperceptron._core.forks import lock_across_forks
from skperceptron._files import write_whole

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Python says so of every fork of a process with threads, and these tests are about that.
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
y = X[:, 0] > 0


@needs_fork
class TestForks:
    @pytest.mark.parametrize("n_forks", [8, pytest.param(60, marks=pytest.mark.slow)])
    def test_during_lbfgs_in_other_threads(self, n_forks):
        model, ended = MLPClassifier((3,), solver="lbfgs", max_iter=3, random_state=0), []

        def fit_on():
            while not ended:
                clone(model).fit(X, y)

        threads = [threading.Thread(target=fit_on) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            results = [
                in_child(lambda: clone(model).fit(X, y).n_iter_ == 3) for _ in range(n_forks)
            ]
        finally:
            ended.append(True)
            for thread in threads:
                thread.join()
        assert results == [True] * n_forks
        assert not any(library.limits for library in _blas_threads.libraries())

    def test_children_draw_the_same_from_the_global_stream(self):
        """As the page on serving says; an integer makes them differ."""
        model = MLPRegressor((3,), max_iter=2)
        before = np.random.get_state()  # noqa: NPY002 (it is what scikit-learn draws from)
        first = clone(model).fit(X, X[:, 0]).coefs_[0]
        np.random.set_state(before)  # noqa: NPY002
        for _ in range(2):
            assert in_child(lambda: (clone(model).fit(X, X[:, 0]).coefs_[0] == first).all())
        model.set_params(random_state=1)
        assert in_child(lambda: (clone(model).fit(X, X[:, 0]).coefs_[0] != first).all())

    @pytest.mark.parametrize("lock", [lock_across_forks(), _blas_threads._lock, kernels._working])
    def test_a_lock_that_another_thread_has(self, lock):
        """The child is forked when the lock is free, so that it is free in the child."""
        entered = threading.Event()

        def hold():
            with lock:
                entered.set()
                time.sleep(0.2)

        thread = threading.Thread(target=hold)
        thread.start()
        entered.wait()
        assert in_child(lambda: lock.acquire(timeout=1))
        thread.join()

    def test_the_thread_that_forks_may_hold_the_lock(self):
        lock = lock_across_forks()
        with lock:
            assert in_child(lambda: lock.acquire(timeout=1))

    def test_after_a_compilation_in_another_thread(self):
        """An import that is half done at the fork would never end in the child."""
        started, finish = threading.Event(), threading.Event()

        def compile_slowly():
            started.set()
            finish.wait(0.2)
            return True

        thread = threading.Thread(target=kernels.undisturbed, args=(compile_slowly,))
        thread.start()
        started.wait()
        assert in_child(lambda: kernels.undisturbed(lambda: True))
        thread.join()


class TestCompilation:
    def test_a_signal_that_ends_it_does_not_end_it_for_good(self, monkeypatch):
        attempts = []

        class Kernel:
            def use_compiled(self):
                attempts.append(True)
                if len(attempts) == 1:
                    raise KeyboardInterrupt

        monkeypatch.setattr(kernels.Kernel, "all", [Kernel()])
        monkeypatch.setattr(kernels, "n_elements_left", 10)
        with pytest.raises(KeyboardInterrupt):
            kernels.count(11)
        for _ in range(3):
            kernels.count(11)
        assert len(attempts) == 2


class Stopping:
    """Raises StopIteration, which Python and scipy take for a request, wherever it is used."""

    saves = "scores"

    def __init__(self, after=3):
        self.n_left = after

    def stop(self, *args, **kwargs):
        self.n_left -= 1
        if self.n_left < 0:
            raise StopIteration("this must be seen")
        return 0.1

    __call__ = values_and_gradient = forward = backward = stop


class StoppingCallback(Stopping, SilentCallback):
    def on_fit_task_end(self, estimator, context, *, metadata=None):
        if metadata is not None and metadata.record is not None:
            self.stop()


class StoppingLoss(Stopping):
    def values_and_gradient(self, scores, y):
        self.stop()
        scores -= y
        return 0.5 * (scores**2).sum(axis=1)


class TestStopIteration:
    def assert_seen(self, model, *data):
        model.random_state = 0
        with (
            unchanged(model, contents=False),
            pytest.raises((StopIteration, RuntimeError)) as caught,
        ):
            model.fit(*data)
        error = caught.value
        cause = error if isinstance(error, StopIteration) else error.__cause__
        assert isinstance(cause, StopIteration)
        assert cause.value == "this must be seen"

    @pytest.mark.parametrize(
        "model",
        [
            MLPClassifier(max_iter=9),
            MLPRegressor(solver="lbfgs"),
            MLPClassifier(solver="lbfgs"),
            MLPAutoencoder(solver="lbfgs"),
            PerceptronClassifier(tol=None, max_iter=9),
        ],
        ids=lambda m: f"{type(m).__name__}-{getattr(m, 'solver', '')}",
    )
    @pytest.mark.parametrize("after", [0, 2])
    def test_of_a_callback(self, model, after):
        pytest.importorskip("sklearn.callback")
        model = clone(model).set_callbacks(StoppingCallback(after))
        self.assert_seen(model, *((X,) if isinstance(model, MLPAutoencoder) else (X, y)))

    @pytest.mark.parametrize("solver", ["lbfgs", "sgd"])
    def test_of_a_loss(self, solver):
        self.assert_seen(MLPRegressor((3,), solver=solver, loss=StoppingLoss()), X, X[:, 0])

    @pytest.mark.parametrize("solver", ["lbfgs", "sgd"])
    @pytest.mark.parametrize("after", [0, 3])
    def test_of_a_loss_on_rows_held_out(self, solver, after):
        """A loss that stops at so many rows is asked for them after each epoch only."""

        class Loss(StoppingLoss):
            def values_and_gradient(self, scores, y):
                if len(y) != 7:
                    self.n_left += 1
                return super().values_and_gradient(scores, y)

        model = MLPRegressor((3,), solver=solver, loss=Loss(after), random_state=0)
        with pytest.raises((StopIteration, RuntimeError)):
            model.fit(X, X[:, 0], X_val=X[:7], y_val=X[:7, 0])
        assert not hasattr(model, "coefs_")

    def test_of_a_score_and_of_a_schedule(self):
        self.assert_seen(MLPClassifier(early_stopping=True, scoring=Stopping()), X, y)
        self.assert_seen(MLPClassifier(learning_rate=Stopping()), X, y)


class HalfAPickle:
    """Stands for the module, and kills its process in the middle of the file after so many."""

    load, loads, dumps = pickle.load, pickle.loads, pickle.dumps

    def __init__(self, after):
        self.n_left = after

    def dump(self, estimator, file):
        content = pickle.dumps(estimator)
        self.n_left -= 1
        if self.n_left < 0:
            file.write(content[: len(content) // 2])
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        file.write(content)


@needs_fork
class TestKill:
    """kill -9 in the middle of writing a file, again and again."""

    @pytest.mark.parametrize(
        ("name", "every", "whole", "half"),
        [
            ("best.pkl", None, "best.pkl", "best.pkl"),
            ("latest.pkl", 1, "latest.pkl", "latest.pkl"),
            ("{epoch}.pkl", None, "4.pkl", "5.pkl"),
        ],
    )
    def test_leaves_nothing_that_grows(self, name, every, whole, half, tmp_path, monkeypatch):
        pytest.importorskip("sklearn.callback")
        folder, temporary = tmp_path / "checkpoints", tmp_path / "tmp"
        temporary.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))

        def work(after):
            monkeypatch.setattr(callbacks, "pickle", HalfAPickle(after))
            checkpoint = callbacks.ModelCheckpoint(folder / name, every=every)
            pickle.dumps(checkpoint)  # which makes it ready for other processes
            model = MLPClassifier((3,), max_iter=9, random_state=0).set_callbacks(checkpoint)
            model.fit(X, y)
            return True

        for _ in range(4):
            assert in_child(lambda: work(after=4)) is False
            assert sorted(os.listdir(folder)) == sorted([whole, f"{half}.0.part"])
            assert len(pickle.loads((folder / whole).read_bytes()).loss_curve_) == 4
            assert len(os.listdir(temporary)) == 1
        assert in_child(lambda: work(after=99))
        assert os.listdir(folder) == ["9.pkl" if "{" in name else name]
        assert len(os.listdir(temporary)) == 1

    def test_two_that_write_at_once(self, tmp_path):
        """Each has a part of its own, and what is there in the end is whole."""
        path = str(tmp_path / "best.pkl")
        reading, writing = os.pipe()

        def write(file):
            file.write(b"one")
            os.write(writing, b"1")
            os.read(go_on, 1)
            file.write(b" and the rest of it")

        go_on, go = os.pipe()
        process = os.fork()
        if process == 0:
            try:
                write_whole(path, write)
            finally:
                os._exit(0)
        os.read(reading, 1)  # the child has begun
        assert write_whole(path, lambda file: file.write(b"another")) == sha256(b"another")
        assert (tmp_path / "best.pkl").read_bytes() == b"another"
        os.write(go, b"1")
        os.waitpid(process, 0)
        assert (tmp_path / "best.pkl").read_bytes() == b"one and the rest of it"
        assert os.listdir(tmp_path) == ["best.pkl"]

    def test_threads_that_write_at_once(self, tmp_path):
        path, begun, go_on = str(tmp_path / "best.pkl"), threading.Event(), threading.Event()

        def write(file):
            file.write(b"one")
            begun.set()
            go_on.wait()
            file.write(b" and the rest of it")

        thread = threading.Thread(target=write_whole, args=(path, write))
        thread.start()
        begun.wait()
        write_whole(path, lambda file: file.write(b"another"))
        go_on.set()
        thread.join()
        assert (tmp_path / "best.pkl").read_bytes() == b"one and the rest of it"
        assert os.listdir(tmp_path) == ["best.pkl"]

    def test_a_part_that_is_somebody_elses(self, tmp_path, monkeypatch):
        def refuse(file, *args, **kwargs):
            if file.endswith(".0.part"):
                raise PermissionError(13, "Permission denied")
            return open(file, *args, **kwargs)

        monkeypatch.setattr(files, "open", refuse, raising=False)
        for _ in range(2):
            write_whole(str(tmp_path / "best.pkl"), lambda file: file.write(b"one"))
            assert os.listdir(tmp_path) == ["best.pkl"]
        # Callbacks of other tests may still have locks, in directories of their own.
        folder = os.path.realpath(tmp_path)
        assert not [name for name in files._ours if name.startswith(folder)]

    @pytest.mark.parametrize("what", ["no such call", "not on this file system"])
    def test_without_locks(self, what, tmp_path, monkeypatch):
        def refuse(*args):
            raise OSError("no locks available")

        if what == "no such call":
            monkeypatch.setattr(files, "LOCKS", False)
        else:
            monkeypatch.setattr(os, "lockf", refuse)
        path = str(tmp_path / "best.pkl")
        for content in (b"one", b"another"):
            assert write_whole(path, lambda file: file.write(content)) == sha256(content)  # noqa: B023
            assert (tmp_path / "best.pkl").read_bytes() == content
        assert set(os.listdir(tmp_path)) <= {"best.pkl", "best.pkl.0.part"}


def sha256(content):
    return hashlib.sha256(content).hexdigest()
