"""Training on batches of 32, where the calls of a step cost more than its arithmetic."""

import training
from _report import Section
from _workloads import SMALL_BATCHES

TEXT = (
    "As in training, with batches of 32. What is called compiled replays whole epochs without "
    "Python. With `OPENBLAS_NUM_THREADS=1 taskset -c 0` every contestant has one thread."
)


def run(context):
    section = Section("Small batches", TEXT, of_pages=slice(1, 2))
    return training.compare(context, "small_batches", section, SMALL_BATCHES)
