"""The page of an explanation: sections of words, pictures and tables, in the look of the other reports."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files

from svbrdf_core.codec.plain import Json
from svbrdf_core.compare.html import asset, policy_for
from svbrdf_core.explain.paint import Rgb

PAGE = "index.html"
WIDE = 800
"""Pixels; a wider picture has a row of the page to itself."""


@dataclass(frozen=True)
class Figure:
    """A picture with what it shows.

    Attributes:
        name: of its file, without the ending.
        pixels: ``(h, w, 3)``.
        title, caption: plain text.
    """

    name: str
    pixels: Rgb
    title: str
    caption: str


@dataclass(frozen=True)
class Table:
    """Rows of texts under a head; the first column names the rows."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        title: of the part.
        words: paragraphs of plain text.
        figures, tables: below them.
        data: the same for programs, by a name.
    """

    title: str
    words: tuple[str, ...]
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    data: Mapping[str, Json] = field(default_factory=dict)


def make_page(title: str, facts: Sequence[str], sections: Sequence[Section]) -> str:
    """Return the page; its pictures lie beside it, and it loads nothing else."""
    style = asset("base.css") + _template("explain.css")
    return (
        _template(PAGE)
        .replace("{{ policy }}", policy_for(style))
        .replace("{{ style }}", style)
        .replace("{{ title }}", html.escape(title))
        .replace("{{ facts }}", "".join(f"<span>{html.escape(fact)}</span>" for fact in facts))
        .replace("{{ sections }}", "\n".join(_section(section) for section in sections))
    )


def _template(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _section(section: Section) -> str:
    words = "".join(f"<p>{html.escape(text)}</p>" for text in section.words)
    figures = "".join(_figure(figure) for figure in section.figures)
    tables = "".join(_table(table) for table in section.tables)
    return (
        f'<section><div class="head"><h2>{html.escape(section.title)}</h2>{words}</div>'
        f'<div class="figures">{figures}</div>{tables}</section>'
    )


def _figure(figure: Figure) -> str:
    height, width = figure.pixels.shape[:2]
    name, title = html.escape(f"{figure.name}.png"), html.escape(figure.title)
    wide = ' class="wide"' if width > WIDE else ""
    return (
        f'<figure{wide}><a href="{name}"><img src="{name}" alt="{title}" width="{width}" height="{height}"></a>'
        f"<figcaption><b>{title}.</b> {html.escape(figure.caption)}</figcaption></figure>"
    )


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{html.escape(word)}</th>' for word in table.head)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(row[0])}</th>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in table.rows
    )
    return (
        f"<h3>{html.escape(table.title)}</h3>"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )
