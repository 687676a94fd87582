"""scikit-learn's own checks of the estimators of tables."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skperceptron.tabular import TabularMLPClassifier, TabularMLPRegressor

pytestmark = [
    # Some checks need what is not installed, and skip with a warning.
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning"),
    # Some checks fit a few rows.
    pytest.mark.filterwarnings("ignore:validation_fraction=.* is too few to hold out:UserWarning"),
]


def expected_failures(estimator):
    """Names of the checks that fail, with the reason."""
    return {
        "check_sample_weight_equivalence_on_dense_data": (
            "dropout masks and the rows held out differ where the number of rows does"
        )
    }


@parametrize_with_checks(
    [TabularMLPClassifier(), TabularMLPRegressor()], expected_failed_checks=expected_failures
)
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [
        TabularMLPClassifier(n_estimators=2),
        TabularMLPRegressor(n_estimators=2),
        TabularMLPClassifier(effort="balanced"),
        TabularMLPRegressor(effort="balanced"),
    ],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_check_of_ensembles(estimator, check):
    check(estimator)
