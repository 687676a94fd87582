"""Tables: a setting is chosen with one network and validation rows, then five networks are trained.

`best` sees training rows alone. Its callers predict the test rows once, with what it returns.
"""

from functools import partial

from _regression import chosen, on_validation, rmse


def estimator(kind, n_estimators, seed, setting, n_rows):
    """Not fitted; what is "auto" for five networks is given, so that one network is the same."""
    several = {"batch_size": min(64, n_rows), "dropout": 0.1}
    return kind(**{**several, **setting}, n_estimators=n_estimators, random_state=seed)


def best(kind, grid, X, y, seed, *, n_rows=None, loss=rmse, n_estimators=5):
    """Networks with the setting of the lowest loss on a fifth of the rows, fitted on all rows."""
    names = list(grid)
    one = partial(estimator, kind, 1, seed)
    scores = on_validation(one, grid.values(), X, y, seed, n_rows=n_rows, loss=loss)
    setting = names[chosen(scores)]
    model = estimator(kind, n_estimators, seed, grid[setting], len(X)).fit(X, y)
    return model, {"setting": setting, "validation": dict(zip(names, scores, strict=True))}
