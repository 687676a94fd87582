"""Hernández-Lobato & Adams (2015): plain backpropagation on nine regression sets."""

from functools import partial

from _regression import N_SPLITS, UCI, chosen, on_validation, rmse, standardised, uci_split
from _row import Case, Row
from skperceptron import MLPRegressor

PUBLISHED = {
    "boston": 3.228,
    "concrete": 5.977,
    "energy": 1.098,
    "kin8nm": 0.091,
    "naval": 0.001,
    "power": 4.182,
    "protein": 4.539,
    "wine": 0.645,
    "yacht": 1.182,
}
LEARNING_RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)


def _network(learning_rate, n_rows, *, n_units, seed):
    return standardised(
        MLPRegressor(
            n_units,
            solver="sgd",
            learning_rate_init=learning_rate,
            nesterovs_momentum=False,
            batch_size=10,
            alpha=0.0,
            max_iter=40,
            tol=None,
            random_state=seed,
        )
    )


def _run(data, seed, *, name):
    X, y, X_test, y_test = uci_split(data, name, seed)
    make = partial(_network, n_units=100 if name == "protein" else 50, seed=seed)
    scores = on_validation(make, LEARNING_RATES, X, y, seed, n_rows=10000)
    rate = LEARNING_RATES[chosen(scores)]
    model = make(rate, len(X)).fit(X, y)
    return {"score": rmse(model, X_test, y_test), "learning_rate": rate, "validation": scores}


ROW = Row(
    title="Plain backpropagation on nine UCI regression sets",
    source="Hernández-Lobato & Adams (2015), *Probabilistic backpropagation*, column BP",
    read="recalled",
    protocol="One hidden layer of 50 relu units (protein: 100), X and y standardised on the "
    "training rows, 40 epochs of gradient descent with momentum, the given splits.",
    budget="Ours are batches of 10 rows, a momentum of 0.9 and one of six learning rates, chosen "
    "for each split on a fifth of its training rows (after training on at most 10,000). What the "
    "paper did here is not known to us.",
    score="Test RMSE in units of y",
    digits=4,
    greater_is_better=False,
    cases=tuple(
        Case(name, partial(_run, name=name), PUBLISHED[name], n_seeds=N_SPLITS[name])
        for name in UCI
    ),
)
