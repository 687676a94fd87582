"""Build the course as a static site on which its notebooks run in the browser, by JupyterLite.

``python docs/course/build_site.py DIRECTORY [WHEEL]`` needs the extra "docs". Pyodide, the Python
of the browser, takes numpy, scipy, scikit-learn and matplotlib from its own distribution, and
skperceptron from the wheel that this script puts into the site. It builds one if none is given.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from pages import COURSE, LANGUAGES

ROOT = COURSE.parents[1]


def build(site: Path, wheel: Path | None = None):
    """Build the wheel if there is none, the notebooks, and the site around them."""
    with tempfile.TemporaryDirectory() as directory:
        wheels, notebooks = Path(directory, "wheels"), Path(directory, "notebooks")
        if wheel is None:
            _run("build", "--quiet", "--wheel", "--outdir", wheels, ROOT, cwd=directory)
            (wheel,) = wheels.iterdir()
        check_pure(wheel)
        make_notebooks = [COURSE / "make_notebooks.py", "--browser", notebooks]
        subprocess.run([sys.executable, *make_notebooks], check=True)
        _run(
            "jupyterlite_core",
            "build",
            *("--lite-dir", directory),
            *("--contents", notebooks),
            *("--piplite-wheels", wheel.resolve()),
            *("--output-dir", site.resolve()),
            "--no-sourcemaps",
            cwd=directory,  # where it keeps its notes on what is built
        )
        check_site(site, wheel, notebooks)


def _run(module: str, *arguments, cwd: str):
    subprocess.run([sys.executable, "-m", module, *map(str, arguments)], check=True, cwd=cwd)


def check_pure(wheel: Path):
    """Fail unless a wheel holds Python alone, for any interpreter and platform."""
    if not wheel.name.endswith("-py3-none-any.whl"):
        raise SystemExit(f"{wheel.name} is not for every platform")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (about,) = [name for name in names if name.endswith(".dist-info/WHEEL")]
        described = archive.read(about).decode().splitlines()
    if "Root-Is-Purelib: true" not in described or "Tag: py3-none-any" not in described:
        raise SystemExit(f"{wheel.name} does not call itself pure: {described}")
    foreign = [
        name
        for name in names
        if ".dist-info/" not in name and not name.endswith((".py", "/py.typed"))
    ]
    if foreign:
        raise SystemExit(f"{wheel.name} holds more than Python: {foreign}")


def check_site(site: Path, wheel: Path, notebooks: Path):
    """Fail unless the site lists every notebook, and the index for piplite has this very wheel."""
    for language in LANGUAGES:
        listing = json.loads((site / "api/contents" / language / "all.json").read_text("utf-8"))
        listed = {entry["name"] for entry in listing["content"]}
        expected = {path.name for path in (notebooks / language).iterdir()}
        if listed != expected:
            raise SystemExit(f"the site lists {listed}, not {expected}")
    index = json.loads((site / "pypi/all.json").read_text("utf-8"))
    files = [file for release in index["skperceptron"]["releases"].values() for file in release]
    content = wheel.read_bytes()
    served = site / "pypi" / wheel.name
    listed = [(file["filename"], file["digests"]["sha256"]) for file in files]
    if listed != [(wheel.name, hashlib.sha256(content).hexdigest())]:
        raise SystemExit(f"the index for piplite has {files}, not {wheel}")
    if not served.exists() or served.read_bytes() != content:
        raise SystemExit(f"the site does not serve {wheel}")


if __name__ == "__main__":
    build(Path(sys.argv[1]), *map(Path, sys.argv[2:]))
