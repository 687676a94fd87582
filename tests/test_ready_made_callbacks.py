"""History and ModelCheckpoint."""

import copy
import gc
import os
import pickle
import re
import sys
import tempfile
import threading
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.processes import run_python
from skperceptron import MLPClassifier, PerceptronClassifier
from skperceptron import callbacks as module
from skperceptron.callbacks import History, ModelCheckpoint

pytest.importorskip("sklearn.callback")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 4))
Y = (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int)
NETWORK = MLPClassifier((5,), max_iter=6, batch_size=20, random_state=0)
COLUMNS = "epoch loss learning_rate penalty gradient_norm validation_loss validation_score time"


def network(*callbacks, **parameters):
    return clone(NETWORK).set_params(**parameters).set_callbacks(*callbacks)


def search_for(model):
    pipeline = make_pipeline(StandardScaler(), model)
    return GridSearchCV(pipeline, {"mlpclassifier__alpha": [1e-3, 10.0]}, cv=2, n_jobs=2)


class TestHistory:
    def test_columns(self):
        history = History()
        model = network(history, early_stopping=True).fit(X, Y)
        columns = history.as_dict()
        assert list(columns) == COLUMNS.split()
        assert columns["epoch"] == [1, 2, 3, 4, 5, 6]
        assert columns["loss"] == model.loss_curve_
        assert columns["learning_rate"] == model.learning_rate_curve_
        assert columns["validation_loss"] == model.validation_loss_curve_
        assert columns["validation_score"] == model.validation_scores_
        assert columns["time"] == sorted(columns["time"])

    def test_a_perceptron(self):
        history = History()
        model = PerceptronClassifier(max_iter=3).set_callbacks(history).fit(X, Y)
        assert history.as_dict()["mistakes"] == model.mistakes_curve_

    def test_warm_starts_count_on(self):
        history = History()
        model = network(history, warm_start=True, max_iter=2)
        model.fit(X, Y).fit(X, Y)
        assert [fit.as_dict()["epoch"] for fit in history.fits] == [[1, 2], [3, 4]]
        assert history.to_frame()["loss"].tolist() == model.loss_curve_

    @pytest.mark.slow
    def test_a_search_in_processes(self):
        history = History()
        search = search_for(network(history)).fit(X, Y)
        frame = history.to_frame(["alpha"])
        assert frame["fit"].tolist() == np.repeat(range(5), 6).tolist()
        alphas = [1e-3, 1e-3, 10.0, 10.0, search.best_params_["mlpclassifier__alpha"]]
        assert frame["alpha"].tolist() == np.repeat(alphas, 6).tolist()
        assert frame["task"].str.contains("candidate-split-evaluation").sum() == 4 * 6
        final = search.best_estimator_[-1]
        assert history.as_dict()["loss"] == final.loss_curve_

    @pytest.mark.parametrize("n_jobs", [None, 2])
    def test_where_the_outer_function_knows_of_no_callbacks(self, n_jobs):
        history = History()
        cross_val_score(network(history), X, Y, cv=3, n_jobs=n_jobs)
        assert [len(fit.epochs) for fit in history.fits] == [6, 6, 6]

    @pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
    def test_copies_go_on_by_themselves(self, duplicate):
        history = History()
        model = network(history).fit(X, Y)
        other = duplicate(model).fit(X, Y)
        assert len(history.fits) == 1
        (theirs,) = other._skl_callbacks
        assert [len(fit.epochs) for fit in theirs.fits] == [6, 6]

    @pytest.mark.slow
    def test_leaves_no_thread_behind(self):
        get_reusable_executor().shutdown(wait=True)  # its threads are not ours
        history, before = History(), set(threading.enumerate())
        model = network(history).fit(X, Y)
        copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
        for each in copies:
            each.fit(X, Y)
        cross_val_score(model, X, Y, cv=2)
        assert set(threading.enumerate()) <= before
        assert len(history.fits) == 3
        cross_val_score(model, X, Y, cv=2, n_jobs=2)
        get_reusable_executor().shutdown(wait=True)
        assert set(threading.enumerate()) <= before
        assert len(history.fits) == 5

    def test_its_directory_goes_with_it(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        history = History()
        pickle.dumps(history)
        assert len(os.listdir(tmp_path)) == 1
        del history
        gc.collect()
        assert not os.listdir(tmp_path)

    def test_where_there_can_be_no_directory(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
        history = History()
        network(history).fit(X, Y)
        assert len(pickle.loads(pickle.dumps(history)).fits) == 1

    @pytest.mark.parametrize(
        "dump", ["pickle", *(pytest.param(d, marks=pytest.mark.slow) for d in ("joblib", "skops"))]
    )
    def test_pickles_outlive_their_process(self, dump, tmp_path):
        """They load without a word where nobody knows of that process, and go on by themselves."""
        if dump == "skops":
            pytest.importorskip("skops")
        code = """
import sys, joblib, pickle, numpy as np
from skperceptron import MLPClassifier
from skperceptron.callbacks import History
X = np.random.default_rng(0).normal(size=(20, 4))
model = MLPClassifier((3,), max_iter=2, random_state=0).set_callbacks(History()).fit(X, X[:, 0] > 0)
if sys.argv[1] == "skops":
    import skops.io
    skops.io.dump(model, sys.argv[2])
else:
    with open(sys.argv[2], "wb") as file:
        {"pickle": pickle, "joblib": joblib}[sys.argv[1]].dump(model, file)
"""
        path = tmp_path / "model"
        run_python(code, dump, path, PYTHONWARNINGS="ignore")
        before = set(threading.enumerate())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            if dump == "skops":
                from skops.io import get_untrusted_types, load

                model = load(path, trusted=get_untrusted_types(file=path))
            else:
                model = joblib.load(path)
        (history,) = model._skl_callbacks
        assert [len(fit.epochs) for fit in history.fits] == [2]
        assert history.fits[0].parameters["random_state"] == 0
        model.fit(X, Y)
        assert [len(fit.epochs) for fit in history.fits] == [2, 2]
        assert set(threading.enumerate()) == before

    @pytest.mark.parametrize("thread", ["IO loop", "another"])
    def test_copies_that_go_through_the_scheduler_of_dask(self, thread, monkeypatch):
        """They report to the original. Copies that another thread unpickles are for themselves."""
        history, sent = History(), []
        pickled = pickle.dumps(history)
        relay = threading.Thread(
            target=lambda: sent.append(pickle.dumps(pickle.loads(pickled))), name=thread
        )
        relay.start()
        relay.join()
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: -1)  # as in another process
            copy = pickle.loads(sent[0])
        network(copy).fit(X, Y)
        assert [len(fit.epochs) for fit in history.fits] == ([6] if thread == "IO loop" else [])

    @pytest.mark.parametrize("later_first", [False, True])
    def test_a_fit_that_is_repeated_counts_once(self, later_first):
        """A cluster repeats what a worker was fitting when it died; messages have no order then."""
        history = History()
        network(history).fit(X, Y)
        first, *records = whole = history._mailbox._own
        died = [(*first[:-1], first[-1] - 1), *records[:3]]
        history._mailbox._own = whole + died if later_first else died + whole
        assert [[record["epoch"] for record in fit.epochs] for fit in history.fits] == [
            [1, 2, 3, 4, 5, 6]
        ]

    def test_a_message_that_is_half_written_is_not_read(self):
        history = History()
        network(history).fit(X, Y)
        other = pickle.loads(pickle.dumps(history))
        directory = Path(history._mailbox._directory)
        other._mailbox._home = (0, str(directory))  # as in another process
        network(other).fit(X, Y)
        (path,) = directory.glob("[0-9]*")
        content = path.read_bytes()
        path.write_bytes(content[:-1])
        assert [len(fit.epochs) for fit in history.fits] == [6, 5]
        path.write_bytes(content)
        for _ in range(2):
            assert [len(fit.epochs) for fit in history.fits] == [6, 6]

    def test_without_pandas(self, monkeypatch):
        history = History()
        network(history).fit(X, Y)
        monkeypatch.setitem(sys.modules, "pandas", None)
        with pytest.raises(ImportError, match="needs pandas"):
            history.to_frame()
        assert len(history.as_dict()["loss"]) == 6

    def test_errors(self):
        history = History()
        with pytest.raises(ValueError, match="Nothing has been recorded"):
            history.as_dict()
        with pytest.raises(TypeError, match="set it on the network itself, not on the Pipeline"):
            make_pipeline(network()).set_callbacks(history).fit(X, Y)
        network(history).fit(X, Y)
        with pytest.raises(ValueError, match="parameters: the network has no depth"):
            history.to_frame(["depth"])


class TestModelCheckpoint:
    @pytest.mark.filterwarnings("ignore:early_stopping watched a score")
    @pytest.mark.parametrize("early_stopping", [False, True])
    @pytest.mark.parametrize("monitor", ["auto", "loss", "gradient_norm"])
    def test_keeps_the_best_epoch(self, early_stopping, monitor):
        history, checkpoint = History(), ModelCheckpoint(monitor=monitor)
        network(history, checkpoint, early_stopping=early_stopping, max_iter=15).fit(X, Y)
        column = monitor
        if monitor == "auto":
            column = "validation_score" if early_stopping else "loss"
        values = np.array(history.as_dict()[column])
        best = (values.argmax() if column.endswith("score") else values.argmin()) + 1
        (kept,) = checkpoint.kept
        assert (kept.epoch, kept.value) == (best, values[best - 1])
        as_of_then = network(early_stopping=early_stopping, max_iter=int(best)).fit(X, Y)
        if not early_stopping or monitor == "auto":
            assert_array_equal(kept.load().coefs_[0], as_of_then.coefs_[0])
        assert len(kept.load().loss_curve_) == best

    def test_a_validation_set_is_preferred_to_the_training_loss(self):
        checkpoint = ModelCheckpoint()
        model = network(checkpoint, max_iter=40, learning_rate_init=0.1)
        model.fit(X[:40], Y[:40], X_val=X[40:], y_val=Y[40:])
        assert checkpoint.last.value == min(model.validation_loss_curve_)
        assert checkpoint.last.epoch < 40

    def test_every_other_epoch_in_files(self, tmp_path):
        checkpoint = ModelCheckpoint(tmp_path / "deep" / "{epoch:02d}.pkl", every=2)
        network(checkpoint).fit(X, Y)
        names = sorted(os.listdir(tmp_path / "deep"))
        assert names == ["02.pkl", "04.pkl", "06.pkl"]
        assert [kept.epoch for kept in checkpoint.kept] == [2, 4, 6]
        for number, name in zip((2, 4, 6), names, strict=True):
            expected = network(max_iter=number).fit(X, Y)
            loaded = joblib.load(tmp_path / "deep" / name)
            assert_array_equal(loaded.coefs_[0], expected.coefs_[0])
        assert_array_equal(checkpoint.last.load().coefs_[0], expected.coefs_[0])

    def test_there_is_one_best_file(self, tmp_path):
        checkpoint = ModelCheckpoint(tmp_path / "{epoch}-{value:.3f}.pkl")
        model = network(checkpoint).fit(X, Y)
        assert os.listdir(tmp_path) == [f"6-{model.loss_:.3f}.pkl"]

    def test_training_goes_on_from_a_file(self, tmp_path):
        checkpoint = ModelCheckpoint(tmp_path / "latest.pkl", every=4)
        whole = network(checkpoint, warm_start=True, early_stopping=True).fit(X, Y)
        model = checkpoint.last.load().set_params(max_iter=2).fit(X, Y)
        assert_array_equal(model.coefs_[0], whole.coefs_[0])
        assert model.loss_curve_ == whole.loss_curve_

    def test_a_file_is_there_whole_or_not_at_all(self, tmp_path, monkeypatch):
        path = tmp_path / "best.pkl"
        network(ModelCheckpoint(path)).fit(X, Y)
        before = path.read_bytes()

        def fail_half_way(estimator, file):
            file.write(b"half")
            raise OSError("disk full")

        monkeypatch.setattr(module.pickle, "dump", fail_half_way)
        model = network(ModelCheckpoint(path))
        with pytest.raises(OSError, match="disk full"):
            model.fit(X, Y)
        assert not hasattr(model, "coefs_")
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["best.pkl"]

    def test_a_search_in_processes(self, tmp_path):
        in_memory, on_disk = ModelCheckpoint(), ModelCheckpoint(tmp_path / "{fit}.pkl")
        search = search_for(network(in_memory, on_disk)).fit(X, Y)
        assert len(in_memory.kept) == len(on_disk.kept) == len(os.listdir(tmp_path)) == 5
        for one, other in zip(in_memory.kept, on_disk.kept, strict=True):
            assert one.task == other.task
            assert_array_equal(one.load().coefs_[0], other.load().coefs_[0])
        final = search.best_estimator_[-1]
        assert in_memory.last.value == min(final.loss_curve_)

    def test_what_is_kept_survives_a_fit_that_fails(self):
        class Failing(History):
            def on_fit_task_end(self, estimator, context, *, metadata=None):
                if metadata is not None and metadata.record["epoch"] == 3:
                    raise RuntimeError("power cut")

        checkpoint = ModelCheckpoint(every=1)
        with pytest.raises(RuntimeError, match="power cut"):
            network(checkpoint, Failing()).fit(X, Y)
        assert [kept.epoch for kept in checkpoint.kept] == [1, 2, 3]

    @pytest.mark.parametrize(
        ("backend", "n_jobs"),
        [("loky", None), pytest.param("loky", 2, marks=pytest.mark.slow), ("threading", 2)],
    )
    @pytest.mark.parametrize(
        "name", [None, "best.pkl", "{epoch}.pkl", "{fit}.pkl", "{fit}/{epoch}"]
    )
    @pytest.mark.parametrize("how", ["cross_validate", "bagging", "one vs rest", "pipeline"])
    @pytest.mark.one_of_each
    def test_fits_are_kept_apart(self, how, name, backend, n_jobs, tmp_path):
        checkpoint = ModelCheckpoint(name and tmp_path / name)
        model = network(checkpoint, max_iter=3)
        with joblib.parallel_backend(backend):
            if how == "bagging":
                model = BaggingClassifier(model, n_estimators=3, n_jobs=n_jobs, random_state=0)
                fitted = model.fit(X, Y).estimators_
            elif how == "one vs rest":
                classes = np.digitize(X[:, 0], [-0.5, 0.5])
                fitted = OneVsRestClassifier(model, n_jobs=n_jobs).fit(X, classes).estimators_
            else:
                if how == "pipeline":
                    model = make_pipeline(StandardScaler(), make_pipeline("passthrough", model))
                scores = cross_validate(model, X, Y, cv=3, n_jobs=n_jobs, return_estimator=True)
                fitted = scores["estimator"]
        if how == "pipeline":
            fitted = [pipeline[-1][-1] for pipeline in fitted]
        kept = checkpoint.kept
        assert len(kept) == 3
        assert len({each.path for each in kept}) == (1 if name is None else 3)
        found = sorted(each.load().coefs_[0].tolist() for each in kept)
        assert found == sorted(each.coefs_[0].tolist() for each in fitted)
        assert [each.value for each in kept] == [each.load().loss_ for each in kept]

    @pytest.mark.parametrize("name", [None, "best.pkl"])
    @pytest.mark.parametrize("later_first", [False, True])
    def test_a_fit_that_is_repeated_counts_once(self, name, later_first, tmp_path):
        """A cluster repeats a fit that a worker had ended before it died with other fits."""
        checkpoint = ModelCheckpoint(name and tmp_path / name)
        network(checkpoint).fit(X, Y)
        expected = checkpoint.kept
        ((key, kept, written, ended),) = checkpoint._mailbox._own
        attempts = [(key, [], written, ended - 1), (key, kept, written, ended)]
        checkpoint._mailbox._own = attempts[::-1] if later_first else attempts
        assert len(expected) == 1
        assert checkpoint.kept == expected

    def test_fits_of_a_loop_are_kept_apart(self, tmp_path):
        checkpoint = ModelCheckpoint(tmp_path / "best.pkl")
        models = [network(checkpoint, random_state=i).fit(X, Y) for i in range(3)]
        names = [Path(kept.path).name for kept in checkpoint.kept]
        assert names[0] == "best.pkl"
        assert all(re.fullmatch(r"best-[0-9a-f]{12}-0\.pkl", name) for name in names[1:])
        for kept, model in zip(checkpoint.kept, models, strict=True):
            assert_array_equal(kept.load().coefs_[0], model.coefs_[0])
        # Another fit of each goes on in its file, and the entry of the earlier fit is gone.
        for model in models:
            model.set_params(max_iter=2).fit(X, Y)
        assert sorted(Path(kept.path).name for kept in checkpoint.kept) == sorted(names)
        for kept, model in zip(checkpoint.kept, models, strict=True):
            assert_array_equal(kept.load().coefs_[0], model.coefs_[0])

    def test_a_network_that_walks_its_timeline_writes_to_one_file(self, tmp_path):
        checkpoint = ModelCheckpoint(tmp_path / "latest.pkl", every=1)
        model = network(checkpoint)
        for _ in range(3):
            model.partial_fit(X, Y, classes=[0, 1])
        assert os.listdir(tmp_path) == ["latest.pkl"]
        (kept,) = checkpoint.kept
        assert_array_equal(kept.load().coefs_[0], model.coefs_[0])

    def test_epochs_that_share_a_file_are_one_entry(self, tmp_path):
        checkpoint = ModelCheckpoint(tmp_path / "latest.pkl", every=2)
        network(checkpoint).fit(X, Y)
        (kept,) = checkpoint.kept
        assert kept.epoch == 6
        assert len(kept.load().loss_curve_) == 6

    def test_files_that_a_later_fit_has_passed_over(self, tmp_path):
        checkpoint = ModelCheckpoint(tmp_path / "{epoch}.pkl")
        model = network(checkpoint, max_iter=2).fit(X, Y)
        model.set_params(max_iter=4).fit(X, Y)
        assert [kept.epoch for kept in checkpoint.kept] == [4]
        assert os.listdir(tmp_path) == ["4.pkl"]

    def test_a_file_that_somebody_else_has_written(self, tmp_path):
        path = tmp_path / "best.pkl"
        checkpoint = ModelCheckpoint(path)
        network(checkpoint).fit(X, Y)
        network(ModelCheckpoint(path), random_state=1).fit(X, Y)
        with pytest.raises(ValueError, match=r"has changed since .* put the field \{fit\}"):
            checkpoint.last.load()
        path.unlink()
        with pytest.raises(FileNotFoundError):
            checkpoint.last.load()

    def test_a_restored_one_goes_on_in_its_file(self, tmp_path):
        model = network(ModelCheckpoint(tmp_path / "best.pkl")).fit(X, Y)
        restored = pickle.loads(pickle.dumps(model)).set_params(max_iter=2).fit(X, Y)
        assert os.listdir(tmp_path) == ["best.pkl"]
        (kept,) = restored._skl_callbacks[0].kept
        assert_array_equal(kept.load().coefs_[0], restored.coefs_[0])

    @pytest.mark.parametrize(
        ("path", "error"),
        [
            ("{}", r"path can have the fields \['epoch', 'fit', 'value'\], got \[''\]"),
            ("{0}.pkl", "path can have the fields"),
            ("{run}.pkl", "path can have the fields"),
            ("{fit.x}", "path can have the fields"),
            ("{epoch[0]}", "path can have the fields"),
            ("{value:d}", "does not suit its field, .* value a float"),
            ("{fit:d}", "does not suit its field"),
            ("{epoch:s}", "does not suit its field"),
            ("{epoch:c}", "does not suit its field"),
            ("{epoch!x}", "path"),
            ("{epoch:{value}}", "field within the format of another"),
            ("{fit:.4}.pkl", r"all of \{fit\}"),
            ("{fit", "path is no template"),
            ("fit}", "path is no template"),
            ("{fit}}", "path is no template"),
            ("", "name of a file"),
            (".", "name of a file"),
            ("..", "name of a file"),
            ("checkpoints/", "name of a file"),
            ("{fit}/", "name of a file"),
            ("a\0b", "name of a file"),
        ],
    )
    def test_bad_paths(self, path, error):
        with pytest.raises(ValueError, match=error):
            ModelCheckpoint(path)

    @pytest.mark.parametrize("path", [b"best.pkl", 3, True, ["best.pkl"]])
    def test_paths_of_the_wrong_type(self, path):
        with pytest.raises(TypeError, match=r"path must be a str, a path-like of str, or None"):
            ModelCheckpoint(path)

    def test_a_folder_is_no_path(self, tmp_path):
        with pytest.raises(ValueError, match="name of a file"):
            ModelCheckpoint(tmp_path)

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("{epoch:04d}-{value:.1f}", "0006-0."),
            ("{epoch:.2f}.pkl", "6.00.pkl"),
            ("{epoch!r:>3}.pkl", "  6.pkl"),
            ("{{{epoch}}}.pkl", "{6}.pkl"),
            ("{epoch:,}{value:e}", "6"),
        ],
    )
    def test_good_paths(self, path, name, tmp_path):
        network(ModelCheckpoint(tmp_path / path)).fit(X, Y)
        (found,) = os.listdir(tmp_path)
        assert found.startswith(name)

    def test_a_checkpoint_does_not_hold_the_one_before(self):
        checkpoint = ModelCheckpoint(every=1)
        network(checkpoint, max_iter=20).fit(X, Y)
        sizes = [len(pickle.dumps(kept.network)) for kept in checkpoint.kept]
        assert sizes[-1] < 1.2 * sizes[0]

    def test_errors(self, tmp_path):
        with pytest.raises(ValueError, match="every must be an int"):
            ModelCheckpoint(every=0)
        with pytest.raises(ValueError, match="path can have the fields"):
            ModelCheckpoint("{run}.pkl")
        model = network(ModelCheckpoint(monitor="accuracy"))
        with pytest.raises(ValueError, match="monitor='accuracy' is not recorded"):
            model.fit(X, Y)
        assert not hasattr(model, "coefs_")
        search = search_for(network(ModelCheckpoint(tmp_path / "best.pkl")))
        with pytest.raises(ValueError, match=r"path must have the field \{fit\}"):
            search.set_params(n_jobs=None, error_score="raise").fit(X, Y)
        with pytest.raises(ValueError, match="Nothing has been kept"):
            _ = ModelCheckpoint().last
