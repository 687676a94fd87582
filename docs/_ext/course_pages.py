"""The course on the site: its notebooks to download, and its Spanish pages in Spanish throughout.

The Spanish pages are a small site of their own in the folder ``course/es`` of the large one. Its
language is Spanish: the interface, the ``lang`` of each page, and the search. The build of the
large site runs that of the small one, with the tag ``es``, which ``conf.py`` reads.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform

DOCS = Path(__file__).parents[1]
COURSE = DOCS / "course"

LABELS = {"en": "Download this page as a notebook", "es": "Descargar esta página como cuaderno"}
ALL = {"en": "Download all notebooks", "es": "Descargar todos los cuadernos"}


class NotebookLinks(SphinxTransform):
    """Puts a link to its notebook below the title of each page of the course."""

    default_priority = 700

    def apply(self):
        page = Path(self.env.doc2path(self.env.docname))
        language = page.parent.name
        if page.parent.parent != COURSE or language not in LABELS:
            return
        target, label = f"{language}/{page.stem}.ipynb", LABELS[language]
        if page.stem == "index":
            target, label = f"{language}.zip", ALL[language]
        link = nodes.reference("", label, internal=False, refuri=f"../notebooks/{target}")
        title = next(self.document.findall(nodes.title))
        paragraph = nodes.paragraph("", "", link, classes=["notebook"])
        title.parent.insert(title.parent.index(title) + 1, paragraph)


def make_notebooks(app, error):
    """Write the notebooks, one by one and all in one file, for each language."""
    if error is not None or app.builder.format != "html" or app.tags.has("es"):
        return
    directory = Path(app.outdir) / "course" / "notebooks"
    shutil.rmtree(directory, ignore_errors=True)
    subprocess.run([sys.executable, COURSE / "make_notebooks.py", directory], check=True)
    for language in LABELS:
        shutil.make_archive(str(directory / language), "zip", directory, language)


def build_in_spanish(app, error):
    """Build the Spanish pages into the site."""
    if error is not None or app.builder.format != "html" or app.tags.has("es"):
        return
    command = [sys.executable, "-m", "sphinx", "-t", "es", "-b", "html", "-c", str(DOCS)]
    command += ["--quiet", *(["-W", "--keep-going"] if app.config.strict_spanish else [])]
    output = Path(app.outdir) / "course" / "es"
    doctrees = Path(app.doctreedir) / "es"
    finished = subprocess.run([*command, "-d", doctrees, COURSE / "es", output], check=False)
    if finished.returncode != 0:
        raise ExtensionError("the Spanish pages could not be built")


def setup(app):
    app.add_config_value("strict_spanish", default=True, rebuild="", types=[bool])
    app.add_transform(NotebookLinks)
    app.connect("build-finished", make_notebooks)
    app.connect("build-finished", build_in_spanish)
    return {"parallel_read_safe": True}
