"""Examples as modules: what they define, or all that they compute."""

import ast
import contextlib
import io
import runpy
import warnings
from pathlib import Path
from typing import Any

from .paths import ROOT

FOLDER = ROOT / "examples"
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def definitions(name: str) -> dict[str, Any]:
    """Imports, functions, classes and constants in capitals of an example, which is not run."""
    path = FOLDER / f"{name}.py"
    tree = ast.parse(path.read_text("utf-8"))
    tree.body = [node for node in tree.body if isinstance(node, DEFINITIONS) or _constant(node)]
    names: dict[str, Any] = {"__name__": name}
    exec(compile(tree, str(path), "exec"), names)
    return names


def _constant(node: ast.stmt) -> bool:
    if isinstance(node, ast.AugAssign):
        targets = [node.target]
    elif isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        return False
    elements = [e for t in targets for e in (t.elts if isinstance(t, ast.Tuple) else [t])]
    names = [_base(element) for element in elements]
    return all(isinstance(n, ast.Name) and n.id.isupper() for n in names)


def _base(target: ast.expr) -> ast.expr:
    """The variable of which a target sets elements, or the target itself."""
    while isinstance(target, ast.Subscript):
        target = target.value
    return target


def run(name: str) -> tuple[dict[str, Any], str]:
    """All variables of an example that has run, with warnings as errors, and what it printed."""
    import matplotlib.pyplot as plt

    printed = io.StringIO()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
            warnings.simplefilter("error")
            plt.switch_backend("agg")
            names = runpy.run_path(str(Path(FOLDER / f"{name}.py")))
    finally:
        plt.close("all")
    return names, printed.getvalue()
