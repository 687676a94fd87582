"""Peak memory of training on Parquet files of several sizes, row group by row group.

``python tests/benchmarks/out_of_core.py`` prints a table. Each file is read in a process of its
own, which may also be given a limit: ``tests/test_out_of_core.py`` does that.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skperceptron import MLPClassifier

N_ROWS, N_FEATURES = 2**15, 16  # of a row group: 2 MiB in float32
MIB = 2**20
FEATURES = [f"x{i}" for i in range(N_FEATURES)]


def write(path: str, n_groups: int) -> None:
    """Write so many row groups of numbers that do not compress."""
    rng = np.random.default_rng(0)
    schema = pa.schema([*((name, pa.float32()) for name in FEATURES), ("label", pa.int8())])
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        for _ in range(n_groups):
            X = rng.standard_normal((N_ROWS, N_FEATURES), dtype="float32")
            label = (X[:, 0] * X[:, 1] > 0).astype("int8")
            writer.write_table(pa.table([*X.T, label], schema), row_group_size=N_ROWS)


def train(path: str, *, whole: bool, keep: bool = False) -> MLPClassifier:
    """Train for one epoch, on one row group after the other or on all rows at once.

    A mistake that a test has to notice is to keep what has been read.
    """
    file, kept = pq.ParquetFile(path), []
    model = MLPClassifier((4,), batch_size=4096, dtype="float32", random_state=0)
    for group in [None] if whole else range(file.num_row_groups):
        table = file.read(use_threads=False) if whole else file.read_row_group(group)
        if keep:
            kept.append(table)
        X = np.column_stack([table[name].to_numpy() for name in FEATURES])
        model.partial_fit(X, table["label"].to_numpy(), classes=[0, 1])
    return model


def memory(field: str) -> int:
    """Bytes in a field of the kernel's account of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.removesuffix("kB")) * 1024
    raise LookupError(field)


def train_here(path: str, small: str, limit: int | None, *, whole: bool, keep: bool) -> None:
    """Print the peak memory of training on a file, beyond that of training on a small one.

    The small file has one row group. After it everything is imported and every thread started.
    With a limit, this process can have so many bytes more than it has now.
    """
    train(small, whole=False)
    if limit is not None:
        most = memory("VmData") + limit
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    before = memory("VmHWM")
    train(path, whole=whole, keep=keep)
    print(memory("VmHWM") - before)


def measured(path: str, small: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a fresh process says that trains on a file."""
    command = [sys.executable, __file__, "--train", path, "--small", small, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", metavar="FILE", help="train on a file, in this process")
    parser.add_argument("--small", metavar="FILE", help="train on this one before")
    parser.add_argument("--limit", type=int, help="bytes that the process can have beyond that")
    parser.add_argument("--whole", action="store_true", help="read the file at once")
    parser.add_argument("--keep", action="store_true", help="keep each row group in memory")
    arguments = parser.parse_args()
    if arguments.train:
        how = {"whole": arguments.whole, "keep": arguments.keep}
        train_here(arguments.train, arguments.small, arguments.limit, **how)
        return
    with tempfile.TemporaryDirectory() as folder:
        small = os.path.join(folder, "1.parquet")
        write(small, 1)
        print("| row groups | file, MiB | row group by row group, MiB | all rows at once, MiB |")
        print("| ---: | ---: | ---: | ---: |")
        for n_groups in (16, 64, 256):
            path = os.path.join(folder, "rows.parquet")
            write(path, n_groups)
            peaks = [int(measured(path, small, *how).stdout) / MIB for how in ((), ("--whole",))]
            size = os.path.getsize(path) / MIB
            print(f"| {n_groups} | {size:.0f} | {peaks[0]:.1f} | {peaks[1]:.0f} |")


if __name__ == "__main__":
    main()
