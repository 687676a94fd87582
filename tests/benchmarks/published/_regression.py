"""What the rows of regression share: splits, and choices on a validation part of training rows."""

import math
from functools import lru_cache

from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from _data import UCI

N_SPLITS = {name: 5 if name == "protein" else 20 for name in UCI}


def uci_split(data, name, split):
    """X and y of the training rows of a given split, then those of its test rows."""
    X, y, test_masks = data.uci_regression(UCI[name])
    test = test_masks[split].astype(bool)
    return X[~test], y[~test], X[test], y[test]


def standardised(regressor):
    """The regressor on inputs and targets that are standardised on its training rows."""
    return TransformedTargetRegressor(
        make_pipeline(StandardScaler(), regressor), transformer=StandardScaler()
    )


def rmse(model, X, y):
    return root_mean_squared_error(y, model.predict(X))


def on_validation(make, grid, X, y, seed, *, n_rows=None, loss=rmse):
    """RMSE of each setting on a fifth of the rows, after training on the rest, or on ``n_rows``.

    ``loss`` is another loss than RMSE. ``make`` is called with a setting and the number of training
    rows. The loss of a setting with which training diverges is infinite.
    """
    X, X_val, y, y_val = train_test_split(X, y, test_size=0.2, random_state=seed)
    X, y = X[:n_rows], y[:n_rows]
    scores = []
    for setting in grid:
        try:
            scores.append(float(loss(make(setting, len(X)).fit(X, y), X_val, y_val)))
        except ValueError as error:
            if "diverged" not in str(error):
                raise
            scores.append(math.inf)
    return scores


def chosen(scores):
    """Place of the lowest."""
    return min(range(len(scores)), key=scores.__getitem__)


def remembered(function):
    """Two cases that read one fit fit once, if they are computed in one process."""
    return lru_cache(maxsize=64)(function)
