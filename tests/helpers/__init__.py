"""What several test files share, one module for each kind of thing."""
