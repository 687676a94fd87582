"""scikit-learn's own checks of the transformers."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skperceptron.tabular import PiecewiseLinearEncoder, RobustClipScaler, TabularPreprocessor

# Some checks need what is not installed, and skip with a warning.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")


@parametrize_with_checks(
    [
        RobustClipScaler(),
        PiecewiseLinearEncoder(),
        PiecewiseLinearEncoder(dtype="float32"),
        TabularPreprocessor(),
        TabularPreprocessor(dtype="float64", n_bins=None),
    ]
)
def test_scikit_learn_check(estimator, check):
    check(estimator)
