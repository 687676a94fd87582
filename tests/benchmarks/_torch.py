"""The same training in torch, eager."""

import math

import torch
from torch.nn import functional

from _workloads import ALPHA

EPSILON = 1e-8


def contestant(workload, X, y, **adam):
    """A function that trains and returns the layers; ``adam`` goes to torch.optim.Adam."""
    inputs, labels = torch.from_numpy(X), torch.from_numpy(y)

    def train():
        start, orders = workload.start(X, y)
        # As linear() wants them, (fan_out, fan_in): its own layout, so that it copies nothing.
        weights = [torch.tensor(weight.T.copy(), requires_grad=True) for weight, _ in start]
        intercepts = [torch.tensor(intercept, requires_grad=True) for _, intercept in start]
        optimizer = torch.optim.Adam([{"params": weights}, {"params": intercepts}], **adam)
        n_steps = 0
        for order in orders:
            total = torch.zeros((), dtype=inputs.dtype)
            for rows in torch.from_numpy(order).split(workload.batch_size):
                n_steps += 1
                _set_as_scikit_learn_does(optimizer, n_steps, len(rows))
                optimizer.zero_grad()
                scores = _scores(weights, intercepts, inputs[rows])
                loss = functional.cross_entropy(scores, labels[rows])
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(rows)
        return [
            (weight.detach().numpy().T, intercept.detach().numpy())
            for weight, intercept in zip(weights, intercepts, strict=True)
        ]

    return train


def _set_as_scikit_learn_does(optimizer, n_steps, n_rows):
    """Let torch's Adam minimise the same objective by the same steps."""
    of_weights, _ = optimizer.param_groups
    of_weights["weight_decay"] = ALPHA / n_rows  # added to the gradient, times the weights
    for group in optimizer.param_groups:
        # Torch adds epsilon to the root once its bias is off, scikit-learn before that.
        group["eps"] = EPSILON / math.sqrt(1 - group["betas"][1] ** n_steps)


def _scores(weights, intercepts, x):
    for weight, intercept in zip(weights[:-1], intercepts[:-1], strict=True):
        x = functional.relu(functional.linear(x, weight, intercept))
    return functional.linear(x, weights[-1], intercepts[-1])
