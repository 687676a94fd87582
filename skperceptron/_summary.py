"""What a network is made of, as a table for terminals and for notebooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from math import prod
from typing import NamedTuple

from ._architecture import LayerSpec, name_of

PACKAGE = __name__.rpartition(".")[0]

# Colours are the notebook's own, dark or light.
STYLE = """
.skperceptron-layers { margin: 0.5em 0; color: inherit; }
.skperceptron-layers summary { cursor: pointer; }
.skperceptron-layers table { border-collapse: collapse; color: inherit; margin: 0.4em 0; }
.skperceptron-layers tr { border: none; background: none; }
.skperceptron-layers th, .skperceptron-layers td {
  border: none; padding: 0.2em 0.9em; text-align: right; color: inherit;
}
.skperceptron-layers :is(th, td):nth-child(-n + 2) { text-align: left; }
.skperceptron-layers thead th { border-bottom: 1px solid currentColor; }
.skperceptron-layers tfoot td { border-top: 1px solid currentColor; }
"""


class Layer(NamedTuple):
    """A line of the table; None is what only the data will tell."""

    name: str
    activation: str
    n_inputs: int | None
    n_units: int | None
    n_parameters: int | None


def layers(specs: Sequence[LayerSpec], output_activation: str) -> list[Layer]:
    """The lines of a fitted network. Parameters are those that are trained."""
    lines = [Layer("inputs", "", None, specs[0].n_inputs, 0)]
    for depth, spec in enumerate(specs, start=1):
        output = depth == len(specs)
        name = "output" if output else f"hidden {depth}"
        activation = output_activation if output else spec.activation
        count = sum(prod(parameter.shape) for parameter in spec.parameters if parameter.trainable)
        shown = "" if activation is None else name_of(activation)
        lines.append(Layer(name, shown, spec.n_inputs, spec.n_outputs, count))
    return lines


def layers_before_fit(specs_of: Callable[[int, int], Sequence[LayerSpec]]) -> list[Layer]:
    """The lines as far as they are the same for all numbers of features and of scores."""
    one, other = (layers(specs_of(size, size), "") for size in (1, 2))
    return [
        Layer(line.name, line.activation, *map(_if_same, line[2:], others[2:]))
        for line, others in zip(one, other, strict=True)
    ]


def _if_same(one: int | None, other: int | None) -> int | None:
    return one if one == other else None


class Summary(str):
    """The table as text, which notebooks show as HTML."""

    __slots__ = ("layers",)
    layers: list[Layer]

    def __new__(cls, layers: list[Layer]) -> Summary:
        self = super().__new__(cls, _text(layers))
        self.layers = layers
        return self

    def __getnewargs__(self) -> tuple[list[Layer]]:  # type: ignore[override]
        return (self.layers,)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return html(self.layers)


def _total(layers: list[Layer]) -> int | None:
    counts = [layer.n_parameters for layer in layers if layer.n_parameters is not None]
    return sum(counts) if len(counts) == len(layers) else None


def _text(layers: list[Layer]) -> str:
    lines = [f"{'layer':<10}{'activation':<12}{'units':>8}{'parameters':>12}"]
    for layer in layers:
        start = f"{layer.name:<10}{layer.activation:<12}"
        lines.append(f"{start}{_known(layer.n_units):>8}{_known(layer.n_parameters):>12}")
    return "\n".join([*lines, f"{'total':<30}{_known(_total(layers)):>12}"])


def html(layers: list[Layer]) -> str:
    """The table, below a line that says the most important."""
    widths = " → ".join(_known(layer.n_units) for layer in layers)
    total = _total(layers)
    counted = "not fitted yet" if total is None else f"{total} parameters"
    names = ("layer", "activation", "units", "weights", "parameters")
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join(f"<tr>{_cells(layer)}</tr>" for layer in layers)
    return (
        f"<style>{STYLE}</style>"
        f'<details class="skperceptron-layers" open><summary>{widths}, {counted}</summary>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot><tr><td>total</td>"
        f"<td></td><td></td><td></td><td>{_known(total)}</td></tr></tfoot></table></details>"
    )


def _cells(layer: Layer) -> str:
    first = layer.name == "inputs"
    weights = "" if first else f"{_known(layer.n_inputs)} × {_known(layer.n_units)}"
    cells = (layer.name, layer.activation, _known(layer.n_units), weights)
    return "".join(f"<td>{escape(cell)}</td>" for cell in (*cells, _known(layer.n_parameters)))


def _known(number: int | None) -> str:
    return "?" if number is None else str(number)


@cache
def documentation_url() -> str:
    """Where the documentation is, by the metadata of the installed package; else empty."""
    from importlib import metadata

    try:
        urls = metadata.metadata(PACKAGE).get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return ""
    named: dict[str, str] = dict(url.split(", ", 1) for url in urls)
    return named.get("Documentation", "").rstrip("/")
