"""Training by partial_fit on a Parquet file, one row group after the other."""

import importlib.util
import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from helpers.paths import ROOT
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier

pq = pytest.importorskip("pyarrow.parquet")

pytestmark = pytest.mark.slow

BENCHMARK = ROOT / "tests" / "benchmarks" / "out_of_core.py"
MIB = 2**20
ALLOCATOR = {
    # Arrow's own allocator reserves more address space at its start than the limit, and gives
    # Arrow's columns parts of that later: no limit would hold for them.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "ARROW_IO_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(2**17),
    "MALLOC_TRIM_THRESHOLD_": str(2**17),
}
"""One arena, one thread that reads, and what is freed goes back to the system."""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A Parquet file of six row groups, of which the last one is shorter."""
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    X = np.random.default_rng(0).normal(size=(1100, 4)).astype("float32")
    table = pd.DataFrame(X, columns=list("abcd")).assign(label=(X[:, 0] * X[:, 1] > 0).astype(int))
    table.to_parquet(path, row_group_size=200)
    assert pq.ParquetFile(path).num_row_groups == 6
    return path


@pytest.mark.parametrize(
    "model",
    [
        MLPClassifier((10,), random_state=0),
        MLPClassifier((10,), solver="sgd", dtype="float32", dropout=0.2, random_state=0),
        MLPRegressor((10,), batch_norm=True, random_state=0),
        MLPAutoencoder((10, 2, 10), random_state=0),
        PerceptronClassifier(random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_row_groups_are_as_good_as_slices(model, path):
    """Of the columns of the file, or of an array in memory."""
    is_classifier = isinstance(model, MLPClassifier | PerceptronClassifier)
    classes = {"classes": [0, 1]} if is_classifier else {}

    def trained(parts):
        duplicate = clone(model)
        for X, y in parts:
            y = () if isinstance(model, MLPAutoencoder) else (y,)
            duplicate.partial_fit(X, *y, **classes)
        return duplicate

    file, whole = pq.ParquetFile(path), pd.read_parquet(path)
    groups = (file.read_row_group(group).to_pandas() for group in [*range(6), *range(6)])
    batches = (batch.to_pandas() for _ in range(2) for batch in file.iter_batches(200))
    slices = (whole[start : start + 200] for _ in range(2) for start in range(0, 1100, 200))
    found, in_batches, expected = (
        trained((part.drop(columns="label"), part["label"]) for part in parts)
        for parts in (groups, batches, slices)
    )
    for name in ("coefs_", "intercepts_") if hasattr(expected, "coefs_") else ("coef_",):
        for ours, theirs in zip(getattr(found, name), getattr(expected, name), strict=True):
            assert np.array_equal(ours, theirs)
        for ours, theirs in zip(getattr(in_batches, name), getattr(expected, name), strict=True):
            assert np.array_equal(ours, theirs)


RESUMABLE = """
import os, signal, sys
import joblib
import numpy as np
import pyarrow.parquet as pq
from skperceptron import MLPClassifier

path, saved, killed_after = sys.argv[1], sys.argv[2], int(sys.argv[3])
file = pq.ParquetFile(path)
order = [g for epoch in range(3) for g in np.random.default_rng(epoch).permutation(6)]
if os.path.exists(saved):
    model, done = joblib.load(saved)
else:
    model, done = MLPClassifier((10,), learning_rate_init=0.01, dropout=0.1, random_state=0), 0
for n in range(done, len(order)):
    part = file.read_row_group(order[n]).to_pandas()
    model.partial_fit(part.drop(columns="label"), part["label"], classes=[0, 1])
    if n == killed_after:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    joblib.dump((model, n + 1), saved + ".part")
    os.replace(saved + ".part", saved)
print(done, *[repr(float(each)) for each in np.concatenate([w.ravel() for w in model.coefs_])])
"""


def test_training_that_was_killed_goes_on_from_its_file(path, tmp_path):
    def run(name, killed_after=-1):
        command = [sys.executable, "-c", RESUMABLE, path, tmp_path / name, str(killed_after)]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=100, check=False)

    at_once = run("at once").stdout.split()
    # On Windows there is no SIGKILL, and SIGTERM ends a process in the same way.
    sent = getattr(signal, "SIGKILL", signal.SIGTERM)
    assert abs(run("killed", killed_after=8).returncode) == sent
    resumed = run("killed").stdout.split()
    assert (at_once[0], resumed[0]) == ("0", "8")
    assert len(resumed) > 50
    assert resumed[1:] == at_once[1:]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files of 1, 16 and 64 row groups of 2 MiB."""
    folder = tmp_path_factory.mktemp("large")
    spec = importlib.util.spec_from_file_location("out_of_core", BENCHMARK)
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    paths = {n: str(folder / f"{n}.parquet") for n in (1, 16, 64)}
    for n, each in paths.items():
        benchmark.write(each, n)
    yield paths
    for each in paths.values():
        os.unlink(each)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="memory is measured on Linux")
class TestMemory:
    """The files have row groups of 2 MiB.

    Allocators and threads keep memory for themselves, and how much depends on the cores and on what
    else runs. So there is one arena and one thread that reads, and malloc gives back what is freed:
    then training needs 12 MiB more than after one row group, on idle and on busy cores.
    """

    LIMIT = 48 * MIB

    def run(self, files, n, *arguments):
        """Train on the file of so many row groups, in a process of its own."""
        command = [sys.executable, BENCHMARK, "--train", files[n], "--small", files[1], *arguments]
        env = os.environ | ALLOCATOR
        return subprocess.run(
            command, capture_output=True, text=True, timeout=250, check=False, env=env
        )

    def test_a_file_larger_than_the_limit(self, files):
        """The process can have 48 MiB more than after one row group, and the file has 128."""
        assert os.path.getsize(files[64]) > 2.5 * self.LIMIT
        limit = ("--limit", str(self.LIMIT))
        part_by_part = self.run(files, 64, *limit)
        assert part_by_part.returncode == 0, part_by_part.stderr
        # The limit is one: reading the file at once goes beyond it, and so does keeping what Arrow
        # has read.
        for mistake in ("--whole", "--keep"):
            wrong = self.run(files, 64, *limit, mistake)
            assert wrong.returncode != 0
            assert "MemoryError" in wrong.stderr

    def test_does_not_grow_with_the_file(self, files):
        """The files differ by 96 MiB, the peaks by less than three row groups of them.

        A part is in memory as columns, as the rows of an array, and as those that training has
        shuffled.
        """
        peaks = [int(self.run(files, n).stdout) for n in (16, 64)]
        assert peaks[1] - peaks[0] < 3 * 2 * MIB
        # The same measure sees a file that is read at once.
        assert int(self.run(files, 16, "--whole").stdout) > 32 * MIB
