"""What several test files share, one module for each kind of thing."""

import pytest

# So that a comparison that fails in there shows its values, as in a test.
pytest.register_assert_rewrite("helpers.unchanged", "helpers.weights")
