"""Leads the first mention of a public name on a page to the page that documents the name.

A name in code, such as ``MLPClassifier`` or ``sklearn.pipeline.Pipeline``, becomes a link. Names of
this package come from ``docs/api/index.rst``. Those of scikit-learn, NumPy, SciPy and pandas
come from ``inventories/``, which are files of Sphinx's first, readable format for intersphinx, so
that the site is built without a network. A name that is not listed there stays as it is.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

DOCS = Path(__file__).parents[1]
INVENTORIES = Path(__file__).parent / "inventories"

INTERSPHINX = {
    name: (site, str(INVENTORIES / f"{name}.inv"))
    for name, site in {
        "sklearn": "https://scikit-learn.org/stable/",
        "numpy": "https://numpy.org/doc/stable/",
        "scipy": "https://docs.scipy.org/doc/scipy/",
        "pandas": "https://pandas.pydata.org/docs/",
    }.items()
}

_CODE = re.compile(r"([A-Za-z_][\w.]*)(?:\(.*\))?", re.DOTALL)


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
    """Full names in the inventories, and what they are: "class" or "function"."""
    lines = [
        line
        for path in sorted(INVENTORIES.glob("*.inv"))
        for line in path.read_text("utf-8").splitlines()
    ]
    return dict(line.split()[:2] for line in lines if not line.startswith("#"))


def spellings():
    """Full name by each way in which pages write a name; ours come before those of others.

    Functions of NumPy and SciPy need their module: ``quantile`` and ``minimize`` are words.
    """
    full_names = {}
    for name, kind in [*others_names().items(), *((name, "ours") for name in own_names())]:
        parts = name.split(".")
        shortest = 1 if kind == "function" and parts[0] in ("numpy", "scipy") else 0
        starts = range(len(parts) - shortest)
        full_names |= {".".join(parts[start:]): name for start in starts}
        if parts[0] in ("numpy", "pandas"):
            full_names[".".join([{"numpy": "np", "pandas": "pd"}[parts[0]], *parts[1:]])] = name
    return full_names


class LinkedNames(SphinxTransform):
    """Makes a link of the first mention of each name."""

    default_priority = 600
    full_names = spellings()

    def apply(self):
        linked = {self.env.docname.removeprefix("api/generated/")}
        for literal in [*self.document.findall(nodes.literal)]:
            code = _CODE.fullmatch(literal.astext())
            name = self.full_names.get(code[1]) if code else None
            if name is None or name in linked or is_within(literal, nodes.title):
                continue
            linked.add(name)
            if not is_within(literal, (nodes.reference, addnodes.pending_xref)):
                literal.replace_self(self._link(name, literal))

    def _link(self, name, literal):
        link = self.env.config.link_to_api
        if link and name.startswith("skperceptron."):
            target = link.format(name)
            return nodes.reference("", "", literal.deepcopy(), internal=False, refuri=target)
        return addnodes.pending_xref(
            "",
            literal.deepcopy(),
            refdomain="py",
            reftype="obj",
            refdoc=self.env.docname,
            reftarget=name,
            refexplicit=True,
            refwarn=True,
        )


def is_within(node, kinds):
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False


def setup(app):
    # Where the pages of the API are, if they are no part of this build.
    app.add_config_value("link_to_api", default="", rebuild="env", types=[str])
    app.add_transform(LinkedNames)
    return {"parallel_read_safe": True}
