"""Lets pages be written for a Git forge, as plain Markdown whose links are paths in the repository.

On the site a link to an example leads to its page in the gallery, and one to any other file of the
repository downloads it. A page belongs to the nearest index above it: the links of an index are
the order of its contents, and pages it does not mention follow. Figures that an example makes are
those that it made in this build.
"""

import os
import re
import shutil
from functools import partial
from pathlib import Path, PurePosixPath

from docutils import nodes
from sphinx import addnodes
from sphinx.addnodes import download_reference as download
from sphinx.transforms import SphinxTransform

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
LINK = re.compile(r"\]\(([^)#\s]+)")
KINDS = ("added", "changed", "fixed")
CHANGELOG = ROOT / "CHANGELOG.md"
START = "<!-- towncrier release notes start -->"


def page_of(env, path):
    """Name of the page that shows this file or directory of the repository, or None."""
    if path == EXAMPLES:
        name = "auto_examples/index"
    elif path.parent == EXAMPLES:
        name = f"auto_examples/{path.stem}"
    else:
        name = env.path2doc(path / "index.md" if path.is_dir() else path)
    return name if name in env.found_docs else None


def page_elsewhere(env, path):
    """Path of a page that is built into the same site from another source, or None."""
    docs, source = ROOT / "docs", Path(env.srcdir)
    if path.suffix != ".md" or not path.is_file() or not path.is_relative_to(docs):
        return None
    spanish = docs / "course" / "es"
    elsewhere = source == spanish or path.is_relative_to(spanish)
    return path.with_suffix(".html") if elsewhere else None


def index_of(env, name):
    """Name of the nearest index above a page; None for the root."""
    directories = [str(parent / "index") for parent in PurePosixPath(name).parents]
    if PurePosixPath(name).name == "index":
        del directories[0]
    return next((index for index in directories if index in env.found_docs), None)


def contents(env, index, text):
    """Pages that belong to an index: as it links to them, then the others by name."""
    here = Path(env.doc2path(index)).parent
    linked = [page_of(env, (here / target).resolve()) for target in LINK.findall(text)]
    own = {name for name in env.found_docs if index_of(env, name) == index}
    return [*dict.fromkeys(name for name in linked if name in own), *sorted(own - {*linked})]


def complete(app, docname, source):
    """Give an index its contents, and the page of changes the changes."""
    path = Path(app.env.doc2path(docname))
    if docname == "changes/index":
        source[0] += changes(path.parent)
    if path.name == "index.md":
        names = "".join(f"/{name}\n" for name in contents(app.env, docname, source[0]))
        source[0] += f"\n\n```{{toctree}}\n:hidden:\n\n{names}```\n" if names else ""


def changes(directory):
    """Return what the next release changes, by kind of change, and then what releases have changed.

    A fragment is a change that no release has yet. towncrier moves them to CHANGELOG.md.
    """
    lines = []
    for kind in KINDS:
        fragments = sorted(directory.glob(f"*.{kind}.md"))
        texts = [fragment.read_text("utf-8").strip() for fragment in fragments]
        items = ["- " + text.replace("\n", "\n  ") for text in texts]
        lines += [f"### {kind.capitalize()}", *items] if items else []
    if lines:
        lines.insert(0, "## The next release")
    _, _, released = CHANGELOG.read_text("utf-8").partition(START)
    # Its links are paths from the root of the repository.
    lines.append(re.sub(r"\]\((?![a-z]+:|#)", "](../../", released).strip())
    return "\n\n" + "\n\n".join(lines)


class RepositoryPaths(SphinxTransform):
    """Leads paths in the repository to the site's own pages, files and figures."""

    default_priority = 500

    def apply(self):
        here = Path(self.env.doc2path(self.env.docname)).parent
        unresolved = partial(is_unresolved, self.env.found_docs)
        for link in [*self.document.findall(unresolved)]:
            path = (here / link["reftarget"]).resolve()
            if link["refdomain"] == "doc":  # Markdown that is no page, by its path in the sources
                path = (Path(self.env.srcdir) / link["reftarget"]).with_suffix(".md").resolve()
            if page := page_of(self.env, path):
                link.replace_self(self._reference(page, link.children))
            elif elsewhere := page_elsewhere(self.env, path):
                target = os.path.relpath(elsewhere, here)
                link.replace_self(nodes.reference("", "", *link.children, refuri=target))
            elif path.is_file():
                target = os.path.relpath(path, here)
                link.replace_self(download("", "", *link.children, reftarget=target))
            elif path.is_dir():
                link.replace_self(link.children)
        for image in self.document.findall(nodes.image):
            figure = figure_of(Path(self.env.srcdir), Path(image["uri"]).stem)
            if figure.exists():
                image["uri"] = f"/{figure.relative_to(self.env.srcdir)}"

    def _reference(self, page, text):
        return addnodes.pending_xref(
            "",
            *text,
            refdomain="doc",
            reftype="myst",
            refdoc=self.env.docname,
            reftarget=page,
            reftargetid=None,
            refexplicit=True,
        )


def is_unresolved(found_docs, node):
    """Whether a node is a link that leads to no page, as far as MyST can tell."""
    if isinstance(node, download):
        return True
    if not isinstance(node, addnodes.pending_xref) or node["reftype"] != "myst":
        return False
    return node["refdomain"] is None or (
        node["refdomain"] == "doc" and node["reftarget"] not in found_docs
    )


def figure_of(docs, example):
    """Path of the figure that the gallery has drawn of an example."""
    return docs / "auto_examples" / "images" / f"sphx_glr_{example}_001.png"


def keep_figures(app, error):
    """Copy the gallery's figures to docs/images for pages that show them, if asked to."""
    if app.config.keep_figures and error is None:
        docs = Path(app.srcdir)
        pages = [ROOT / "README.md", *map(Path, map(app.env.doc2path, app.env.found_docs))]
        for page in pages:
            for example in re.findall(r"images/(\w+)\.png\)", page.read_text("utf-8")):
                if figure_of(docs, example).exists():
                    shutil.copyfile(figure_of(docs, example), docs / "images" / f"{example}.png")


def skip_what_scikit_learn_documents(app, what, name, member, skip, options):
    return True if (getattr(member, "__module__", None) or "").startswith("sklearn.") else None


def setup(app):
    app.setup_extension("sphinx.ext.autodoc")
    app.add_config_value("keep_figures", default=False, rebuild="", types=[bool, str])
    app.connect("source-read", complete)
    app.connect("autodoc-skip-member", skip_what_scikit_learn_documents)
    app.connect("build-finished", keep_figures)
    # Contents change when pages come and go.
    app.connect(
        "env-get-outdated",
        lambda app, env, added, changed, removed: [
            name for name in env.found_docs if PurePosixPath(name).name == "index"
        ],
    )
    app.add_transform(RepositoryPaths)
    return {"parallel_read_safe": True}
