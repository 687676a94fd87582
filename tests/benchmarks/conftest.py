"""Scripts to run, not tests to collect: their peers need not be installed."""

collect_ignore_glob = ["*.py"]
