"""Leads the first mention of a public name on a page to the page that documents the name.

A name in code, such as ``MLPClassifier`` or ``sklearn.pipeline.Pipeline``, becomes a link. Names of
this package come from ``docs/api/index.rst``. Those of scikit-learn, NumPy, SciPy and pandas
come from ``inventories/``, which are files of Sphinx's first, readable format for intersphinx, so
that the site is built without a network. A name that is not listed there stays as it is.
"""

from docutils import nodes
from names import INVENTORIES, full_name, spellings
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

INTERSPHINX = {
    name: (site, str(INVENTORIES / f"{name}.inv"))
    for name, site in {
        "sklearn": "https://scikit-learn.org/stable/",
        "numpy": "https://numpy.org/doc/stable/",
        "scipy": "https://docs.scipy.org/doc/scipy/",
        "pandas": "https://pandas.pydata.org/docs/",
    }.items()
}


class LinkedNames(SphinxTransform):
    """Makes a link of the first mention of each name."""

    default_priority = 600
    full_names = spellings()

    def apply(self):
        linked = {self.env.docname.removeprefix("api/generated/")}
        for literal in [*self.document.findall(nodes.literal)]:
            name = full_name(literal.astext(), self.full_names)
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
