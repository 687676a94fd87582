"""Results as lines of JSON in a file, so that a run that was stopped goes on."""

import json
import os


def read(path):
    """The lines of a file; the last one may have been cut by whatever stopped the run."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    found = []
    for place, line in enumerate(lines):
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            if place < len(lines) - 1:
                raise
    return found


def append(path, lines):
    """Add lines to a file, without a cut last line that it may have.

    The new file is written beside the old one and then takes its place in one step, so a run that
    is killed at any moment leaves either the old lines or the new ones.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    text = "".join(json.dumps(line) + "\n" for line in [*read(path), *lines])
    beside.write_text(text, "utf-8")
    os.replace(beside, path)
