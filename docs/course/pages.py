"""A page of Markdown, taken apart into prose, code, and what the code prints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

COURSE = Path(__file__).parent
LANGUAGES = ("en", "es")

_BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)


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


def topics(language: str) -> list[Path]:
    """The pages of the fourteen topics, in order."""
    return sorted((COURSE / language).glob("[0-9]*.md"))
