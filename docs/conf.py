"""How Sphinx builds the documentation: see the development pages."""

import sys
import tomllib
from pathlib import Path

import skperceptron

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from guides import GUIDES
from linked_names import INTERSPHINX

project = "skperceptron"
author = "The skperceptron developers"
version = release = skperceptron.__version__

extensions = [
    "forge_pages",
    "linked_names",
    "course_pages",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",  # MathJax as a part of the site
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = [
    "_build",
    "course/es",
    "changes/*.*.md",
    "auto_examples/**.ipynb",
    "auto_examples/*.py",
]

myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 3

intersphinx_mapping = INTERSPHINX

autosummary_generate = True
autosummary_context = {"guides": GUIDES}
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
# The members are documented below the class, in full.
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "copyfile_regex": r"index\.rst",  # the sections, written by hand
    "filename_pattern": r"/(plot_|quickstart)",
    "doc_module": ("skperceptron",),
    "backreferences_dir": "api/backreferences",
    "reference_url": {"skperceptron": None},
    "image_scrapers": ("strict_examples.drawn_figures",),
    "capture_repr": ("_repr_html_",),  # what is printed, estimators and tables
    "remove_config_comments": True,
    "minigallery_sort_order": "strict_examples.listed",
    "reset_modules": ("matplotlib", "strict_examples.each_by_itself"),
    "reset_modules_order": "both",
    "download_all_examples": False,
    "write_computation_times": False,
    "show_signature": False,
}

# Prompts are not part of what is copied.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "skperceptron"
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_static_path = ["_static"]
html_css_files = ["skperceptron.css"]
html_copy_source = False
html_show_sourcelink = False
html_sidebars = {page: [] for page in ("getting_started", "mathematics", "changes/index")}
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
}
project_copyright = author
# Where the project is, once pyproject.toml says it.
URLS = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))[
    "project"
].get("urls", {})
html_baseurl = URLS.get("Documentation", "")

if tags.has("es"):  # noqa: F821 -- the Spanish pages of the course, whose folder is course/es
    language = html_search_language = "es"
    exclude_patterns = []
    for unused in ("numpydoc", "sphinx.ext.autosummary", "sphinx_gallery.gen_gallery"):
        extensions.remove(unused)
    extensions.remove("sphinx-mathjax-offline")
    mathjax_path = "../../../_static/mathjax/tex-chtml.js"
    link_to_api = "../../api/generated/{0}.html"
    html_title = "skperceptron: curso"
    html_baseurl = html_baseurl and f"{html_baseurl.rstrip('/')}/course/es/"
    html_sidebars = {"**": ["topics-es"]}
    html_theme_options |= {
        "logo": {"text": "skperceptron", "link": "../../index.html"},
        "navbar_center": [],  # the topics are in the sidebar
        "external_links": [
            {"name": "Documentación (en inglés)", "url": "../../index.html"},
            {"name": "English", "url": "../en/index.html"},
        ],
    }
