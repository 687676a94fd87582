"""Print what a dependency group of pyproject.toml consists of: pip before 25.1 knows no groups."""

import sys
import tomllib
from pathlib import Path

pyproject = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
for name in sys.argv[1:]:
    print("\n".join(pyproject["dependency-groups"][name]))
