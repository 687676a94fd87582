"""Searches, ensembles and training part by part, on a Dask cluster of two worker processes.

Results are those of this process, bit for bit, also if a worker is killed. Every process has one
BLAS thread: Dask sets it for its workers, and the networks are too small for more here.
"""

import os
import signal
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import BaggingClassifier, StackingRegressor, VotingClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.clusters import KillsItsProcess, train_on_row_groups
from helpers.marks import needs_callbacks
from skperceptron import MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron.callbacks import History, ModelCheckpoint
from skperceptron.tabular import TabularMLPClassifier, TabularMLPRegressor

pytestmark = pytest.mark.slow

distributed = pytest.importorskip("distributed", reason="needs dask: the extra dask")
dask_frames = pytest.importorskip("dask.dataframe", reason="needs dask: the extra dask")
pq = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")

X, y = load_digits(return_X_y=True)
X, y = X[:300] / 16, y[:300]
FRAME = pd.DataFrame(X[:, 18:24], columns=list("abcdef")).assign(g=np.where(X[:, 20] > 0, "u", "v"))


class ReplicatingClient(distributed.Client):
    """Gives every worker a copy of what joblib scatters, as the guide page on large data says."""

    def scatter(self, *args, **options):
        return super().scatter(*args, **options | {"broadcast": True})


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as cluster,
        ReplicatingClient(cluster) as client,
    ):
        client.amm.stop()  # it would remove the copies
        yield client


@pytest.fixture
def client(started):
    """The client of a cluster whose two workers are there, be it anew."""
    started.wait_for_workers(2, timeout=60)
    return started


def n_executed(client):
    """How many tasks each worker has executed, by its process."""

    def count(dask_worker):
        return os.getpid(), dask_worker.state.executed_count

    return dict(client.run(count).values())


def on_both_workers(client, work):
    """Do ``work`` with the cluster behind joblib; both workers have a part in it."""
    before = n_executed(client)
    with joblib.parallel_config(backend="dask"):
        result = work()
    after = n_executed(client)
    assert before.keys() == after.keys()
    assert os.getpid() not in after
    assert all(after[process] > before[process] for process in after)
    return result


def network(**parameters):
    defaults = {"max_iter": 8, "tol": None, "learning_rate_init": 0.01, "random_state": 0}
    return MLPClassifier((10,), **defaults | parameters)


def search(model, **parameters):
    grid = {"mlpclassifier__alpha": [1e-4, 1.0], "mlpclassifier__learning_rate_init": [1e-3, 1e-2]}
    return GridSearchCV(make_pipeline(StandardScaler(), model), grid, **{"cv": 3} | parameters)


def assert_same_search(found, expected):
    assert found.best_params_ == expected.best_params_
    assert found.cv_results_.keys() == expected.cv_results_.keys()
    for name, column in expected.cv_results_.items():
        if not name.endswith("_time"):
            assert np.array_equal(found.cv_results_[name], column), name
    assert_same_weights(found.best_estimator_[-1], expected.best_estimator_[-1])


def assert_same_weights(found, expected):
    for name in ("coefs_", "intercepts_"):
        for ours, theirs in zip(getattr(found, name), getattr(expected, name), strict=True):
            assert np.array_equal(ours, theirs)
    assert found.loss_curve_ == expected.loss_curve_


class TestSearchesAndEnsembles:
    def test_workers_have_one_blas_thread(self, client):
        def n_threads():
            import numpy  # noqa: F401
            from threadpoolctl import threadpool_info

            return {each["num_threads"] for each in threadpool_info()}

        assert set(map(frozenset, client.run(n_threads).values())) == {frozenset({1})}

    @pytest.mark.parametrize("n_jobs", [None, 2])
    def test_grid_search(self, client, n_jobs):
        found = on_both_workers(client, lambda: search(network(), n_jobs=n_jobs).fit(X, y))
        assert_same_search(found, search(network()).fit(X, y))

    def test_of_a_perceptron(self, client):
        def fit():
            grid = {"penalty": [None, "l2"], "alpha": [1e-4, 1e-2]}
            return GridSearchCV(PerceptronClassifier(random_state=0), grid, cv=3).fit(X, y)

        found, expected = on_both_workers(client, fit), fit()
        assert found.cv_results_["mean_test_score"].tolist() == (
            expected.cv_results_["mean_test_score"].tolist()
        )
        assert np.array_equal(found.best_estimator_.coef_, expected.best_estimator_.coef_)

    def test_cross_validation(self, client):
        def scores():
            return cross_val_score(network(dropout=0.2), X, y, cv=4)

        assert np.array_equal(on_both_workers(client, scores), scores())

    @pytest.mark.parametrize(
        "model",
        [
            BaggingClassifier(network(), n_estimators=4, n_jobs=2, random_state=0),
            VotingClassifier(
                [(str(i), network(random_state=i)) for i in range(3)], voting="soft", n_jobs=2
            ),
        ],
        ids=lambda model: type(model).__name__,
    )
    def test_ensembles_of_scikit_learn(self, client, model):
        found = on_both_workers(client, lambda: clone(model).fit(X, y))
        expected = clone(model).fit(X, y)
        for ours, theirs in zip(found.estimators_, expected.estimators_, strict=True):
            assert_same_weights(ours, theirs)
        assert np.array_equal(found.predict_proba(X), expected.predict_proba(X))

    def test_stacking(self, client):
        members = [
            (str(i), MLPRegressor((5,), max_iter=5, tol=None, random_state=i)) for i in range(2)
        ]
        model = StackingRegressor(members, cv=3)
        found = on_both_workers(client, lambda: clone(model).fit(X, X[:, 20]))
        assert np.array_equal(found.predict(X), clone(model).fit(X, X[:, 20]).predict(X))

    @pytest.mark.parametrize("n_jobs", [None, 2])
    @pytest.mark.parametrize("make", [TabularMLPClassifier, TabularMLPRegressor])
    def test_ensembles_for_tables(self, client, make, n_jobs):
        model = make(n_estimators=4, max_iter=5, n_jobs=n_jobs, random_state=0)
        target = y if make is TabularMLPClassifier else X[:, 20]
        found = on_both_workers(client, lambda: clone(model).fit(FRAME, target))
        expected = clone(model).set_params(n_jobs=None).fit(FRAME, target)
        for ours, theirs in zip(found.estimators_, expected.estimators_, strict=True):
            assert_same_weights(ours, theirs)
        assert np.array_equal(found.predict(FRAME), expected.predict(FRAME))

    def test_effort(self, client):
        model = TabularMLPClassifier(effort="balanced", max_iter=2, random_state=0)
        found = on_both_workers(client, lambda: clone(model).fit(FRAME, y % 3))
        expected = clone(model).fit(FRAME, y % 3)
        assert np.array_equal(found.weights_, expected.weights_)
        assert np.array_equal(found.predict_proba(FRAME), expected.predict_proba(FRAME))

    def test_warnings_of_members_arrive(self, client):
        """They are those of a fit in this process, once each."""

        def fit():
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                TabularMLPRegressor(
                    n_estimators=4, max_iter=3, network_params={"learning_rate_decay": 0.5}
                ).fit(FRAME, X[:, 20])
            return [(each.category, str(each.message)) for each in caught]

        expected = fit()
        assert [message[:30] for _, message in expected] == ["learning_rate_decay is ignored"]
        assert on_both_workers(client, fit) == expected


@pytest.fixture
def killed(client, tmp_path):
    """A path to pass to what kills its worker once; afterwards a worker has been killed."""
    before, flag = n_executed(client), tmp_path / "killed"
    yield flag
    assert flag.exists()
    client.wait_for_workers(2, timeout=60)
    after = n_executed(client)
    assert len(before.keys() - after.keys()) == 1
    assert os.getpid() not in before


SPLITS = list(StratifiedKFold(3).split(X, y))


def scattered_before():
    """A cluster behind joblib whose workers have all arrays of a search before its first fit.

    joblib scatters the rows of a split when it submits a fit of that split, which may be when the
    worker is killed: an array that is not on the other worker yet is lost then.
    """
    rows = [rows for split in SPLITS for rows in split]
    return joblib.parallel_config(backend="dask", scatter=[X, y, *rows])


class TestAWorkerIsKilled:
    @needs_callbacks
    def test_in_the_third_epoch_of_a_search(self, killed):
        model = search(network().set_callbacks(KillsItsProcess(killed)), cv=SPLITS)
        with scattered_before():
            found = model.fit(X, y)
        assert_same_search(found, search(network()).fit(X, y))

    @needs_callbacks
    def test_in_the_third_epoch_of_an_ensemble(self, killed):
        model = TabularMLPClassifier(n_estimators=4, max_iter=5, random_state=0)
        expected = clone(model).fit(FRAME, y)
        with joblib.parallel_config(backend="dask"):
            found = model.set_callbacks(KillsItsProcess(killed)).fit(FRAME, y)
        assert np.array_equal(found.predict_proba(FRAME), expected.predict_proba(FRAME))

    @needs_callbacks
    def test_in_the_third_epoch_of_bagging(self, killed):
        """joblib scatters y once, which scikit-learn has encoded, before the first fit."""

        def fit(*callbacks):
            model = network().set_callbacks(*callbacks)
            return BaggingClassifier(model, n_estimators=4, n_jobs=2, random_state=0).fit(X, y)

        with joblib.parallel_config(backend="dask"):
            found = fit(KillsItsProcess(killed))
        expected = fit()
        for ours, theirs in zip(found.estimators_, expected.estimators_, strict=True):
            assert_same_weights(ours, theirs)

    @needs_callbacks
    def test_callbacks_have_each_fit_once(self, killed, tmp_path):
        def fit(folder, *others):
            history, checkpoint = History(), ModelCheckpoint(folder / "{fit}.pkl")
            model = network().set_callbacks(history, checkpoint, *others)
            search(model, cv=SPLITS).fit(X, y)
            kept = [(each.epoch, each.value, each.load()) for each in checkpoint.kept]
            return [(each.task, losses(each)) for each in history.fits], kept

        with scattered_before():
            fits, kept = fit(tmp_path / "cluster", KillsItsProcess(killed))
        expected, kept_here = fit(tmp_path / "here")
        assert fits == expected
        assert len(kept) == len(kept_here) == 4 * 3 + 1
        for (*ours, found), (*theirs, model) in zip(kept, kept_here, strict=True):
            assert ours == theirs
            assert_same_weights(found, model)


@needs_callbacks
class TestCallbacks:
    def test_what_a_history_and_a_checkpoint_have(self, client):
        def fit():
            history, checkpoint = History(), ModelCheckpoint()
            model = network().set_callbacks(history, checkpoint)
            search(model).fit(X, y)
            kept = [(each.epoch, each.value) for each in checkpoint.kept]
            return [(each.task, losses(each)) for each in history.fits], kept

        found, expected = on_both_workers(client, fit), fit()
        assert found == expected
        assert len(found[0]) == len(found[1]) == 4 * 3 + 1

    def test_a_progress_bar(self, client, capsys):
        callback = pytest.importorskip("sklearn.callback")
        pytest.importorskip("rich")
        bar = callback.ProgressBar(max_propagation_depth=None)
        found = on_both_workers(client, lambda: search(network()).set_callbacks(bar).fit(X, y))
        shown = capsys.readouterr().out
        assert shown.count("MLPClassifier - fit") >= 4 * 3 + 1
        assert_same_search(found, search(network()).fit(X, y))


def losses(fit):
    return [record["loss"] for record in fit.epochs]


# Training part by part --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A Parquet file of eight row groups, sorted by nothing."""
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(8 * 500, 4)), columns=list("abcd"))
    table = table.assign(label=(table["a"] * table["b"] > 0).astype(int))
    table.to_parquet(path, row_group_size=500)
    assert pq.ParquetFile(path).num_row_groups == 8
    return path


def trained(parts, *, after_each=lambda n: None):
    """A network that has been trained on the parts, one after the other."""
    model = MLPClassifier((10,), learning_rate_init=0.01, random_state=0)
    for n, part in enumerate(parts):
        model.partial_fit(part.drop(columns="label"), part["label"], classes=[0, 1])
        after_each(n)
    return model


def here(path, n_epochs=2):
    """The network that is trained in this process, on slices of the rows."""
    table = pd.read_parquet(path)
    slices = [table[start : start + 500] for start in range(0, len(table), 500)]
    return trained(slices * n_epochs)


def computed_ahead(client, frame, n_epochs=2):
    """The partitions of a Dask DataFrame, each computed while the one before is worked on."""
    tasks = list(frame.to_delayed()) * n_epochs
    ahead = client.compute(tasks[0])
    for task in tasks[1:]:
        ready, ahead = ahead, client.compute(task)
        yield ready.result()
    yield ahead.result()


class TestPartByPart:
    def test_partitions_of_a_dask_data_frame(self, client, path):
        frame = dask_frames.read_parquet(path, split_row_groups=True)
        assert frame.npartitions == 8
        before = n_executed(client)
        assert_same_weights(trained(computed_ahead(client, frame)), here(path))
        after = n_executed(client)
        assert all(after[process] > before[process] for process in after)

    def test_a_worker_is_killed_meanwhile(self, client, path, killed):
        frame = dask_frames.read_parquet(path, split_row_groups=True)

        def kill(n):
            if n == 2:
                os.kill(min(n_executed(client)), signal.SIGKILL)
                killed.touch()

        assert_same_weights(trained(computed_ahead(client, frame), after_each=kill), here(path))

    def test_row_groups_read_by_a_worker(self, client, path):
        found = client.submit(train_on_row_groups, str(path)).result(timeout=60)
        assert_same_weights(found, here(path))

    def test_the_worker_that_trains_is_killed(self, path, client, killed):
        """Dask starts the training once more, on another worker."""
        found = client.submit(train_on_row_groups, str(path), str(killed)).result(timeout=60)
        assert_same_weights(found, here(path))
