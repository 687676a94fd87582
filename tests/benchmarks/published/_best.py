"""Choose the settings of a network on a part of the training images, then test it once.

`on_validation` is all that a choice rests on. It reads the 60000 training images only:
``data.fashion_mnist`` and ``data.mnist`` hold nothing else. `on_test` is the one place that reads
the test images, and it is called with settings that are already chosen.
"""

import time
from functools import partial

from sklearn.model_selection import train_test_split

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


def _fitted(X, y, seed, settings):
    model = MLPClassifier(**{"tol": None, "dtype": "float32", **settings}, random_state=seed)
    start = time.process_time()
    return model.fit(X, y), round(time.process_time() - start, 2)


def on_validation(data, seed, *, images, settings, n_rows=PILOT, measure=accuracy):
    """Score on the validation images, which are the same for all settings, seeds and n_rows."""
    X, y = getattr(data, images)
    X, X_val, y, y_val = train_test_split(
        X, y, test_size=min(N_VALIDATION, len(X) // 6), stratify=y, random_state=0
    )
    model, seconds = _fitted(X[:n_rows], y[:n_rows], seed, settings)
    return {
        "score": measure(model.score(X_val, y_val)),
        "fit_cpu_seconds": seconds,
        "n_rows": len(X[:n_rows]),
    }


def on_test(data, seed, *, images, settings, measure):
    """Score on the test images of a network that is fitted on all training images."""
    model, seconds = _fitted(*getattr(data, images), seed, settings)
    _, _, X_test, y_test = getattr(data, f"raw_{images}")
    return {
        "score": measure(model.score(X_test.astype("float32") / 255, y_test)),
        "fit_cpu_seconds": seconds,
    }


def cases(images, candidates, chosen, final, published, measure):
    """What a row computes, in this order.

    Each candidate on the validation images; the chosen one, with what ``final`` changes, on the
    validation images after training on all others; the same on the test images after training on
    all 60000.
    """
    settings = candidates[chosen] | final
    common = {"images": images, "measure": measure}
    return (
        *(
            Case(
                f"{CANDIDATE}{name}",
                partial(on_validation, settings=candidate, **common),
                n_seeds=1,
            )
            for name, candidate in candidates.items()
        ),
        Case(
            "chosen, 50,000 rows, validation images",
            partial(on_validation, settings=settings, n_rows=None, **common),
            n_seeds=1,
        ),
        Case(
            "chosen, 60,000 rows, test images",
            partial(on_test, settings=settings, **common),
            published,
            n_seeds=3,
        ),
    )
