"""Callbacks of scikit-learn's protocol."""


class SilentCallback:
    """A callback that does nothing and asks for nothing; others override what they need."""

    def setup(self, estimator, context):
        """Do nothing before the fit."""

    def teardown(self, estimator, context):
        """Do nothing after the fit."""

    def on_fit_task_begin(self, estimator, context):
        """Do nothing before an epoch, or before all of them."""

    def on_fit_task_end(self, estimator, context):
        """Do nothing after an epoch, or after all of them."""
