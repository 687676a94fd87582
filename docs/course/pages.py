"""A page of Markdown, taken apart into prose, code, and what the code prints.

The pages of the course, and all other pages of the documentation: they are written alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

COURSE = Path(__file__).parent
LANGUAGES = ("en", "es")

# Frameworks that pages compare with. Readers need not have them.
FRAMEWORKS = ("dask", "emlearn", "keras", "onnxruntime", "optuna", "shap", "torch")

_BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)


_IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")

# Numbers with a decimal point, and "...", in outputs; all else is compared as text.
_DECIMAL = r"-?\d+\.\d+(?:e[+-]?\d+)?"
_SPECIAL = re.compile(rf"\.\.\.|(?<![\w.]){_DECIMAL}(?![\w.])")


@dataclass(frozen=True)
class Prose:
    """Markdown between two blocks of code."""

    text: str


@dataclass(frozen=True)
class Code:
    """A block of Python, and the block of output below it: "" if there is none."""

    source: str
    output: str


def pieces(markdown: str) -> list[Prose | Code]:
    """Prose and code of a page, in order."""
    found: list[Prose | Code] = []
    end = 0
    for block in _BLOCK.finditer(markdown):
        found += [Prose(markdown[end : block.start()]), Code(block["code"], block["output"] or "")]
        end = block.end()
    return [*found, Prose(markdown[end:])]


def code_blocks(page: Path) -> list[Code]:
    """The code of a page, in order."""
    return [piece for piece in pieces(page.read_text("utf-8")) if isinstance(piece, Code)]


def joined(parts: list[Prose | Code]) -> str:
    """The page that ``pieces`` took apart."""
    return "".join(part.text if isinstance(part, Prose) else _fenced(part) for part in parts)


def _fenced(code: Code) -> str:
    output = f"\n```text\n{code.output}```\n" if code.output else ""
    return f"```python\n{code.source}```\n{output}"


def installed(source: str, modules: Sequence[str]) -> bool:
    """Whether those of the modules that a block of code imports are installed."""
    imported = re.findall(rf"^(?:import|from) ({'|'.join(modules)})\b", source, re.MULTILINE)
    return all(find_spec(module) is not None for module in imported)


def drawn_by_an_example(image: str) -> bool:
    """Whether an image is the figure of an example, which the gallery draws."""
    return (COURSE.parents[1] / "examples" / f"{Path(image).stem}.py").exists()


def images(text: str) -> list[str]:
    """Paths of the images that prose shows."""
    return _IMAGE.findall(text)


def agrees(written: str, printed: str) -> bool:
    """Whether a block of output says what was printed.

    A number with a decimal point may be written with fewer digits than it was printed with. The
    last digit written may differ by one, since sums round differently on other machines. In the
    output ``...`` stands for anything within a line, such as a time.
    """
    lines, others = (text.rstrip("\n").split("\n") for text in (written, printed))
    return len(lines) == len(others) and all(map(_line_agrees, lines, others))


def _line_agrees(written: str, printed: str) -> bool:
    pattern, numbers, end = "", [], 0
    for special in _SPECIAL.finditer(written):
        pattern += re.escape(written[end : special.start()])
        if special[0] == "...":
            pattern += ".*?"
        else:
            pattern += rf"({_DECIMAL}|-?\d+\.?(?:e[+-]?\d+)?)"
            numbers.append(special[0])
        end = special.end()
    pattern += re.escape(written[end:].rstrip()) + " *"
    found = re.fullmatch(re.sub(r"(?:\\ )+", r" +", pattern), printed)
    return found is not None and all(
        abs(Decimal(number) - Decimal(value)) <= _last_digit(number)
        for number, value in zip(numbers, found.groups(), strict=True)
    )


def _last_digit(number: str) -> Decimal:
    return Decimal(1).scaleb(Decimal(number).as_tuple().exponent)


def topics(language: str) -> list[Path]:
    """The pages of the fourteen topics, in order."""
    return sorted((COURSE / language).glob("[0-9]*.md"))
