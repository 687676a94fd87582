"""Write the golden files of this version: ``python tests/golden/make.py``, once, at its release.

Files that exist are never written anew: what a version has promised stays. Make them with the
oldest NumPy that is supported (``.ci/oldest.txt``): NumPy 1 can't read what NumPy 2 has pickled.
"""

import sys
from pathlib import Path

import skperceptron
from golden_cases import CASES, FILES, write


def main(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder} has files: those of a version are made once.")
    for name in CASES:
        write(name, folder)
        print(folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FILES / skperceptron.__version__)
