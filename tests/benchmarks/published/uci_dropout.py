"""Gal & Ghahramani (2016): dropout on inputs and hidden units, on nine regression sets.

The published figures are those of Gal's repository (yaringal/DropoutUncertaintyExps), in the files
``test_rmse_100_xepochs_1_hidden_layers.txt`` for one prediction, with a mask of dropout, and
``test_MC_rmse_100_xepochs_1_hidden_layers.txt`` for the mean of 10,000 predictions with a mask
each. The package has no such prediction, so that `mean_over_masks` computes it from the weights.
"""

import json
import statistics
from functools import partial
from pathlib import Path

import numpy as np

from _regression import (
    N_SPLITS,
    UCI,
    chosen,
    on_validation,
    remembered,
    rmse,
    standardised,
    uci_split,
)
from _row import Case, Row
from skperceptron import MLPRegressor

# Of each split, by set and by kind of prediction.
BY_SPLIT = json.loads((Path(__file__).parent / "gal_2016.json").read_text("utf-8"))
MASKS = "mean over masks"
PUBLISHED = {name: statistics.fmean(found[MASKS]) for name, found in BY_SPLIT.items()}
RATES = (0.005, 0.01, 0.05, 0.1)
N_EPOCHS = dict.fromkeys(("boston", "concrete", "energy", "wine", "yacht"), 4000) | {
    "kin8nm": 1000,
    "naval": 1000,
    "power": 1000,
    "protein": 500,
}
N_MASKS = 1000


def _network(rate, n_rows, *, n_units, n_epochs, seed):
    return standardised(
        MLPRegressor(
            n_units,
            input_dropout=rate,
            dropout=rate,
            batch_size=min(128, n_rows),
            alpha=0.0,  # theirs is below 1e-4, as lengthscale² is 1e-4
            max_iter=n_epochs,
            tol=None,
            dtype="float32",
            random_state=seed,
        )
    )


@remembered
def _fitted(data, seed, name, n_epochs):
    """Network of the rate chosen on a fifth of the training rows, fitted on all of them."""
    X, y, _, _ = uci_split(data, name, seed)
    n_units = 100 if name == "protein" else 50
    make = partial(_network, n_units=n_units, n_epochs=n_epochs, seed=seed)
    scores = on_validation(make, RATES, X, y, seed)
    rate = RATES[chosen(scores)]
    return make(rate, len(X)).fit(X, y), rate, scores


def mean_over_masks(model, X, rate, n_masks, seed):
    """Mean of the predictions of a relu network, each row with ``n_masks`` masks of dropout."""
    scaler, network = model.regressor_
    (V, W), (b, c) = network.coefs_, network.intercepts_
    X = scaler.transform(X)
    random = np.random.default_rng(seed)

    def dropped(values):
        return values * (random.random(values.shape) >= rate) / (1 - rate)

    total = sum(dropped(np.maximum(dropped(X) @ V + b, 0)) @ W + c for _ in range(n_masks))
    return model.transformer_.inverse_transform(total / n_masks).ravel()


def _run(data, seed, *, name, n_epochs, masked):
    _, _, X_test, y_test = uci_split(data, name, seed)
    model, rate, scores = _fitted(data, seed, name, n_epochs)
    score = rmse(model, X_test, y_test)
    if masked:
        predictions = mean_over_masks(model, X_test, rate, N_MASKS, seed)
        score = np.sqrt(np.mean((predictions - y_test) ** 2))
    return {"score": float(score), "dropout": rate, "validation": scores, "n_epochs": n_epochs}


ROW = Row(
    title="Dropout on nine UCI regression sets",
    source="Gal & Ghahramani (2016), *Dropout as a Bayesian approximation*, the logs of 100 "
    "times 40 epochs in Gal's repository",
    read="seen",
    protocol="The networks and splits of Hernández-Lobato & Adams, dropout of inputs and hidden "
    "units, Adam, batches of 128, the rate of dropout chosen on a fifth of the training rows.",
    budget="4,000 epochs for boston, concrete, energy, wine and yacht, as published, 1,000 for "
    "kin8nm, naval and power (published: 4,000) and 500 for protein (2,000). “Mean over masks” is "
    f"that of predictions with {N_MASKS:,} masks of dropout (published: 10,000), computed by the "
    "script. The other lines are of `predict`, which uses all units, beside published figures of "
    "one mask. The rate is chosen by the RMSE of `predict`, the published one by likelihood.",
    score="Test RMSE in units of y",
    digits=4,
    greater_is_better=False,
    cases=tuple(
        Case(
            f"{name}, {kind}",
            partial(_run, name=name, n_epochs=N_EPOCHS[name], masked=kind == MASKS),
            statistics.fmean(BY_SPLIT[name][kind]),
            n_seeds=N_SPLITS[name],
            by_seed=tuple(BY_SPLIT[name][kind]),
        )
        for name in UCI
        for kind in ("predict", MASKS)
    ),
)
