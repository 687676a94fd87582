"""The course: the same code in both languages, a figure per topic, and notebooks of the pages.

That the code runs, and prints what the pages say, is test_docs.py's business.
"""

import ast
import re
from itertools import zip_longest

import nbformat
import pytest

from make_notebooks import INSTALL, notebook
from pages import COURSE, LANGUAGES, Prose, code_blocks, joined, pieces, topics

PAIRS = list(zip_longest(topics("en"), topics("es")))
PAGES = [page for language in LANGUAGES for page in topics(language)]


def page_name(page):
    return f"{page.parent.name}/{page.stem}"


class WithoutWords(ast.NodeTransformer):
    """Empty the strings that a reader sees: what is printed, and the labels of figures."""

    SAYING = {"print", "set_ylabel", "text"}
    NAMING = {"label", "title", "xlabel", "ylabel"}

    def visit_Call(self, call):
        name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr
        if name in self.SAYING:
            call.args = [self.emptied(argument) for argument in call.args]
        for keyword in call.keywords:
            if keyword.arg in self.NAMING:
                keyword.value = self.emptied(keyword.value)
        return self.generic_visit(call)

    def visit_Assign(self, assignment):
        if ast.unparse(assignment.targets[0]) in {"label", "names"}:
            assignment.value = self.emptied(assignment.value)
        return self.generic_visit(assignment)

    @staticmethod
    def emptied(tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
            elif isinstance(node, ast.JoinedStr):  # words may stand before a value or not
                node.values = [v for v in node.values if isinstance(v, ast.FormattedValue)]
        return tree


def without_words(source):
    return ast.unparse(WithoutWords().visit(ast.parse(source)))


def test_there_are_fourteen_topics_in_each_language():
    for language in LANGUAGES:
        assert [page.stem[:2] for page in topics(language)] == [f"{n:02d}" for n in range(1, 15)]


@pytest.mark.parametrize(("english", "spanish"), PAIRS, ids=lambda page: page.stem)
def test_both_languages_run_the_same_code(english, spanish):
    ours, theirs = ([without_words(b.source) for b in code_blocks(p)] for p in (english, spanish))
    assert ours == theirs


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ('left.plot(x, label="a")\nprint(f"b {x}")', False),
        ('left.plot(x, label="loss")\nprint(f"loss {y}")', True),
        ('left.plot(x, color="loss", label="loss")\nprint(f"loss {x}")', True),
    ],
)
def test_only_words_may_differ(changed, differs):
    original = 'left.plot(x, label="loss")\nprint(f"loss {x}")'
    assert (without_words(original) != without_words(changed)) == differs


def equations(page):
    without_names = re.sub(r"\\text\{.*?\}", "", page.read_text("utf-8"))
    return re.findall(r"^\$\$.*?\$\$$", without_names, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("english", "spanish"), PAIRS, ids=lambda page: page.stem)
def test_both_languages_have_the_same_equations(english, spanish):
    ours, theirs = (equations(page) for page in (english, spanish))
    assert ours == theirs != []


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_page_has_one_figure_and_shows_it(page):
    assert "\n".join(block.source for block in code_blocks(page)).count("plt.show()") == 1
    shown = re.findall(r"^!\[.+\]\((.+)\)$", page.read_text("utf-8"), re.MULTILINE)
    assert shown == [f"../images/{page.parent.name}/{page.stem}.png"]


def figure_of(page):
    """The figure that the code of a page draws."""
    plt = pytest.importorskip("matplotlib.pyplot")
    namespace = {"__name__": "__main__"}
    for block in code_blocks(page):
        exec(block.source, namespace)
        if plt.get_fignums():
            return plt.gcf()
    raise AssertionError("the page draws no figure")


def without_label(figure):
    """The axes of a figure whose label is missing, or is no word."""
    shared = [axes for axes in figure.axes if axes.get_ylabel()]
    for axes in figure.axes:
        labels = [axes.get_xlabel()] * bool(len(axes.get_xticks()))
        if not any(axes.get_shared_y_axes().joined(axes, other) for other in shared):
            labels += [axes.get_ylabel()] * bool(len(axes.get_yticks()))
        for label in labels:
            if not re.search(r"[^\W\d_]{3}", re.sub(r"\$.*?\$", "", label)):
                yield axes


def without_legend(figure):
    """The axes of a figure with several lines of which no legend says what they are."""
    return [axes for axes in figure.axes if len(axes.lines) > 1 and axes.get_legend() is None]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_figure_has_words_at_its_axes_and_says_what_its_lines_are(page, capsys):
    figure = figure_of(page)
    assert not list(without_label(figure))
    assert not without_legend(figure)


def test_a_figure_without_words_or_legend_is_found():
    plt = pytest.importorskip("matplotlib.pyplot")
    figure, (left, right) = plt.subplots(1, 2)
    left.set(xlabel="input $x$", ylabel="$y$")
    right.set(xlabel="epoch", ylabel="loss")
    right.plot([[1, 2], [3, 4]])
    assert list(without_label(figure)) == [left]
    assert without_legend(figure) == [right]


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_page_says_first_what_its_reader_can_do_after_it(page):
    first = {"en": "**After this topic you can** ", "es": "**Después de este tema sabrás** "}
    title, blank, beginning = page.read_text("utf-8").split("\n")[:3]
    assert title.startswith("# ")
    assert not blank
    assert beginning.startswith(first[page.parent.name])


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_no_line_within_a_paragraph_begins_an_item_of_a_list(page):
    prose = "\n".join(p.text for p in pieces(page.read_text("utf-8")) if isinstance(p, Prose))
    for before, item in re.findall(r"^(.*)\n *((?:\d+\.|[-+*]) .*)$", prose, re.MULTILINE):
        assert not before or re.match(r" *(?:\d+\.|[-+*]) | {2}", before), item


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_block_that_prints_shows_what(page):
    for block in code_blocks(page):
        assert ("print(" in block.source) == bool(block.output)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_page_is_what_it_is_taken_apart_into(page):
    text = page.read_text("utf-8")
    assert joined(pieces(text)) == text


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_notebook_is_valid_and_has_the_code_of_its_page(page):
    made = notebook(page)
    nbformat.validate(made)
    code = [cell["source"] + "\n" for cell in made["cells"] if cell["cell_type"] == "code"]
    assert code == [block.source for block in code_blocks(page)]
    last = [cell for cell in made["cells"] if cell["cell_type"] == "code"][-1]
    assert last["metadata"]["jupyter"]["source_hidden"]  # the solution


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_notebook_links_to_notebooks_only(page):
    prose = [cell["source"] for cell in notebook(page)["cells"] if cell["cell_type"] == "markdown"]
    for target in re.findall(r"\]\((.+?)\)", "\n".join(prose)):
        assert target.endswith(".ipynb")
        assert (page.parent / target).with_suffix(".md").exists()


def test_a_notebook_for_the_browser_begins_with_the_installation():
    made = notebook(PAGES[0], INSTALL)
    nbformat.validate(made)
    assert made["cells"][0]["source"] + "\n" == INSTALL
    assert made["cells"][1:] == [
        {**cell, "id": later["id"]}
        for cell, later in zip(notebook(PAGES[0])["cells"], made["cells"][1:], strict=True)
    ]


def test_every_image_belongs_to_a_page():
    images = {f"{path.parent.name}/{path.stem}" for path in (COURSE / "images").rglob("*.png")}
    assert images == {page_name(page) for page in PAGES}
