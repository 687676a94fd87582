"""Where things are, in a checkout and in a source distribution alike."""

from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
GUIDE = ROOT / "docs" / "guide"
