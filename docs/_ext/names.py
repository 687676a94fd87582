"""Names that pages mention in code, and what is documented under them. It needs no Sphinx."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[1]
INVENTORIES = Path(__file__).parent / "inventories"

CODE = re.compile(r"([A-Za-z_][\w.]*)(?:\(.*\))?", re.DOTALL)


def own_names():
    """Full names of what the API reference documents."""
    module, names = "", []
    for line in (DOCS / "api" / "index.rst").read_text("utf-8").splitlines():
        if found := re.match(r"\.\. currentmodule:: (\S+)", line):
            module = found[1]
        elif found := re.match(r"   (\w+)$", line):
            names.append(f"{module}.{found[1]}")
    return names


def others_names():
    """Full names in the inventories, what they are ("class" or "function"), and their pages."""
    for path in sorted(INVENTORIES.glob("*.inv")):
        lines = path.read_text("utf-8").splitlines()
        yield from (line.split() for line in lines if not line.startswith("#"))


def spellings():
    """Full name by each way in which pages write a name; ours come before those of others.

    Functions of NumPy and SciPy need their module: ``quantile`` and ``minimize`` are words.
    """
    full_names = {}
    kinds = {name: kind for name, kind, _ in others_names()} | dict.fromkeys(own_names(), "ours")
    for name, kind in kinds.items():
        parts = name.split(".")
        shortest = 1 if kind == "function" and parts[0] in ("numpy", "scipy") else 0
        starts = range(len(parts) - shortest)
        full_names |= {".".join(parts[start:]): name for start in starts}
        if parts[0] in ("numpy", "pandas"):
            full_names[".".join([{"numpy": "np", "pandas": "pd"}[parts[0]], *parts[1:]])] = name
    return full_names


def full_name(code, full_names):
    """Full name of what a piece of code names, or None."""
    found = CODE.fullmatch(code)
    return full_names.get(found[1]) if found else None
