"""The matrix products of training and nothing else."""

from itertools import pairwise

import numpy as np


def contestant(workload, X, y):
    """A function that does the products of all steps, into buffers made beforehand."""
    units = (X.shape[1], *workload.hidden, y.max() + 1)
    rng = np.random.default_rng(0)
    weights = [
        rng.normal(scale=0.1, size=shape).astype(workload.dtype) for shape in pairwise(units)
    ]
    gradients = [np.empty_like(weight) for weight in weights]
    # Made-up numbers, none of them subnormal: what a product takes depends on its shape alone.
    outputs, deltas = (
        [rng.normal(size=(workload.batch_size, n)).astype(workload.dtype) for n in units[1:]]
        for _ in range(2)
    )
    below = deltas[:-1]

    def step(x):
        n = len(x)
        inputs = [x, *(output[:n] for output in outputs[:-1])]
        for a, weight, output in zip(inputs, weights, outputs, strict=True):
            np.dot(a, weight, out=output[:n])
        for a, delta, gradient in zip(inputs, deltas, gradients, strict=True):
            np.dot(a.T, delta[:n], out=gradient)
        for delta, weight, out in zip(deltas[:0:-1], weights[:0:-1], below[::-1], strict=True):
            np.dot(delta[:n], weight.T, out=out[:n])

    def train():
        for _ in range(workload.epochs):
            for start in range(0, len(X), workload.batch_size):
                step(X[start : start + workload.batch_size])

    return train
