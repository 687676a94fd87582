"""Tables in Markdown, and the numbers in them."""

import statistics
from dataclasses import dataclass, field


@dataclass
class Table:
    columns: list[str]
    rows: list[list[str]]
    caption: str = ""

    def __str__(self):
        lines = [self.columns, ["---", *["---:"] * (len(self.columns) - 1)], *self.rows]
        body = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
        return f"{self.caption}\n\n{body}" if self.caption else body


@dataclass
class Section:
    """What a topic has to say."""

    title: str
    text: str
    tables: list[Table] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)  # file names
    of_pages: slice = field(default_factory=lambda: slice(None))  # tables that a page gets

    def __str__(self):
        figures = [f"![{self.title}]({name})" for name in self.figures]
        return "\n\n".join([f"## {self.title}", self.text, *map(str, self.tables), *figures])


def number(value):
    """Three significant digits, without an exponent where that is readable."""
    if value == 0 or not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2e}"
    digits = f"{value:.3g}"
    return f"{value:.0f}" if "e" in digits else digits


def spread(values, scale=1.0):
    """Median, and least to most: '1.2 (1.1–1.5)'."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{number(middle * scale)} ({number(low * scale)}–{number(high * scale)})"


def verdict(difference, tolerance):
    """Whether a check holds, with the figure it rests on."""
    return f"{'ok' if difference <= tolerance else 'NO'}, {difference:.1e}"


def time_table(cases, unit="ms", scale=1e3, caption="", first="case"):
    """A row per case of its timings by name: median, and least to most."""
    return _by_case(
        {
            case: {name: spread(timing.seconds, scale) for name, timing in timings.items()}
            for case, timings in cases.items()
        },
        f"{caption or 'Time'}, {unit}: median (least–most).",
        first,
    )


def ratio_table(cases, caption="Time / time of skperceptron in the same round", first="case"):
    """A row per case of its ratios by name."""
    return _by_case(
        {
            case: {name: spread(ratios) for name, ratios in by_name.items()}
            for case, by_name in cases.items()
        },
        f"{caption}: median (least–most).",
        first,
    )


def _by_case(cells, caption, first):
    names = list(dict.fromkeys(name for row in cells.values() for name in row))
    rows = [[case, *(row.get(name, "") for name in names)] for case, row in cells.items()]
    return Table([first, *names], rows, caption)


def has_place(path, name, kind="tables"):
    """Whether a page has the comments that what is of this name and kind is put between."""
    begin, end = _comments(name, kind)
    page = path.read_text("utf-8")
    return begin in page and end in page


def put_on_page(path, name, text, kind="tables"):
    """Replace what is between two comments, such as ``tables of NAME`` and ``end of NAME``."""
    if not has_place(path, name, kind):
        raise ValueError(f"{path} has no place for the {kind} of {name}")
    begin, end = _comments(name, kind)
    before, _, rest = path.read_text("utf-8").partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}\n{text}\n\n{end}{after}", "utf-8")


def _comments(name, kind):
    return f"<!-- {kind} of {name} -->\n", f"<!-- end of {name} -->\n"
