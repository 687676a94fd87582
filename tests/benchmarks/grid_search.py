"""A grid search of ten alphas in five folds."""

from functools import partial

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as TheirMLPClassifier

from _report import Section, Table, ratio_table, time_table, verdict
from _timing import relative
from skperceptron import MLPClassifier

TEXT = "`GridSearchCV` of ten alphas in five folds, 20 epochs each, in one process."
GRID = {"alpha": np.logspace(-5, 1, 10)}
PARAMETERS = {"max_iter": 20, "n_iter_no_change": 21, "random_state": 0}


def run(context):
    section = Section("Grid search", TEXT)
    timings, checks = {}, []
    cases = {"digits": context.data.digits, "breast cancer": context.data.breast_cancer}
    for name, (X, y) in cases.items():
        timings[name] = context.compare(
            "grid_search",
            name,
            {
                "skperceptron": partial(_search, MLPClassifier, X, y),
                "scikit-learn": partial(_search, TheirMLPClassifier, X, y),
            },
        )
        scores = [timing.result for timing in timings[name].values()]
        checks.append([name, verdict(np.abs(scores[0] - scores[1]).max(), 1e-9)])
    section.tables = [
        time_table(timings, "s", 1.0, "The search"),
        ratio_table({name: relative(case) for name, case in timings.items()}),
        Table(["case", "equal scores"], checks, "Largest difference of a mean test score."),
    ]
    return section


def _search(estimator, X, y):
    search = GridSearchCV(estimator(**PARAMETERS), GRID, cv=5, refit=False).fit(X, y)
    return search.cv_results_["mean_test_score"]
