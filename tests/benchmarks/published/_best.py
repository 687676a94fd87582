"""Choose the settings of a network on a part of the training images, then test it once.

`on_validation` is all that a choice rests on. It reads the 60000 training images only:
``data.fashion_mnist`` and ``data.mnist`` hold nothing else. `on_test` is the one place that reads
the test images. It fits the candidate whose validation score, in the file of results, is the best.
"""

import time
from functools import partial

from sklearn.model_selection import train_test_split

from _lines import read
from _row import Case
from skperceptron import MLPClassifier

N_VALIDATION = 10000
PILOT = 20000
"""Number of rows that candidates are trained on: a third, because there are many candidates."""

CANDIDATE = "choice: "
"""How the names of the cases begin that are candidates, with a score on validation images."""


def accuracy(score):
    return score


def error(score):
    """Error in % of an accuracy."""
    return 100 * (1 - score)


def chosen(path, candidates, best):
    """Name of the candidate with the best score, by ``best`` (min or max), in a file of results.

    A candidate without a score raises ``ValueError``: nothing is tested before all are compared.
    """
    lines = read(path)
    scores = {
        line["case"].removeprefix(CANDIDATE): line["score"]
        for line in lines
        if line["case"].startswith(CANDIDATE)
    }
    absent = [name for name in candidates if name not in scores]
    if absent:
        raise ValueError(f"{path} has no validation score of {absent}: compute these cases first")
    return best(candidates, key=scores.get)


def fitted(X, y, seed, settings):
    """Network of float32 that never stops early, and the CPU seconds of its training."""
    model = MLPClassifier(**{"tol": None, "dtype": "float32", **settings}, random_state=seed)
    start = time.process_time()
    return model.fit(X, y), round(time.process_time() - start, 2)


def on_validation(data, seed, *, images, settings, n_rows=PILOT, measure=accuracy):
    """Score on the validation images, which are the same for all settings, seeds and n_rows."""
    X, y = getattr(data, images)
    X, X_val, y, y_val = train_test_split(
        X, y, test_size=min(N_VALIDATION, len(X) // 6), stratify=y, random_state=0
    )
    model, seconds = fitted(X[:n_rows], y[:n_rows], seed, settings)
    return {
        "score": measure(model.score(X_val, y_val)),
        "fit_cpu_seconds": seconds,
        "n_rows": len(X[:n_rows]),
    }


def on_test(data, seed, *, images, settings, measure=accuracy):
    """Score on the test images of a network that is fitted on all training images."""
    model, seconds = fitted(*getattr(data, images), seed, settings)
    _, _, X_test, y_test = getattr(data, f"raw_{images}")
    return {
        "score": measure(model.score(X_test.astype("float32") / 255, y_test)),
        "fit_cpu_seconds": seconds,
    }


def _of_chosen(data, seed, *, run, row, candidates, best, final, **keywords):
    name = chosen(data.results / f"{row}.jsonl", candidates, best)
    return run(data, seed, settings=candidates[name] | final, **keywords) | {"chosen": name}


def cases(row, images, candidates, final, published, *, best=max, measure=accuracy):
    """What a row computes, in this order.

    Each candidate on the validation images; the best of them, with what ``final`` changes, on the
    validation images after training on all others; the same on the test images after training on
    all 60000.
    """
    common = {"images": images, "measure": measure}
    of_chosen = partial(
        _of_chosen, row=row, candidates=candidates, best=best, final=final, **common
    )
    return (
        *(
            Case(
                f"{CANDIDATE}{name}",
                partial(on_validation, settings=settings, **common),
                n_seeds=1,
            )
            for name, settings in candidates.items()
        ),
        Case(
            "chosen, 50,000 rows, validation images",
            partial(of_chosen, run=on_validation, n_rows=None),
            n_seeds=1,
        ),
        Case(
            "chosen, 60,000 rows, test images",
            partial(of_chosen, run=on_test),
            published,
            n_seeds=3,
        ),
    )
