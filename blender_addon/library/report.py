"""The report on a library: a line a material, as text, as a table and as a page to look at."""

from __future__ import annotations

import csv
import html
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["done", "failed", "left"]
"""Repaired; not possible, with a sentence; nothing to do."""
PAGE, TABLE = "inpaint_report.html", "inpaint_report.csv"
WORDS = {"done": "repaired", "failed": "failed", "left": "left as they are"}
STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 32px auto; max-width: 1100px; padding: 0 20px; }
h1 { font-size: 22px; margin: 0 0 4px; }
p { color: #777; margin: 0 0 20px; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; color: #777; font-size: 13px; }
th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid #8884; vertical-align: top; }
td { overflow-wrap: break-word; }
th, td:nth-child(3) { white-space: nowrap; }
td:nth-child(4) { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.done { color: #187a3a; } .failed { color: #c02a2a; font-weight: 600; } .left { color: #777; }
@media (prefers-color-scheme: dark) { .done { color: #59c27e; } .failed { color: #ff7b72; } }
"""


@dataclass(frozen=True)
class Row:
    """One line.

    Attributes:
        file: path of the .blend below the library.
        material: its name; empty where the line is about the file.
        state: see `State`.
        words: what was done, or why not, in a sentence.
        seconds: that it took.
        result: the repaired .blend; empty if there is none.
    """

    file: str
    material: str
    state: State
    words: str
    seconds: float = 0.0
    result: str = ""


def count_rows(rows: Sequence[Row]) -> str:
    """Return how many materials and files came to what: ``12 repaired, 1 failed``."""
    counts = Counter[str](row.state for row in rows)
    return ", ".join(f"{counts[state]} {word}" for state, word in WORDS.items() if counts[state]) or "nothing done"


def as_text(title: str, rows: Sequence[Row]) -> str:
    """Return the report as lines, those that failed first."""
    lines = [title, count_rows(rows) + ".", ""]
    for row in _in_order(rows):
        where = f"{row.file}, {row.material}" if row.material else row.file
        lines.append(f"{row.state.upper() if row.state == 'failed' else row.state}: {where}: {row.words}")
    return "\n".join(lines) + "\n"


def as_csv(rows: Sequence[Row]) -> str:
    """Return the report as a table, in the order of the files."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("file", "material", "state", "seconds", "words", "result"))
    for row in rows:
        table.writerow((row.file, row.material, row.state, f"{row.seconds:.1f}", row.words, row.result))
    return out.getvalue()


def as_html(title: str, rows: Sequence[Row]) -> str:
    """Return the report as a page of its own, which loads nothing; those that failed stand first."""
    lines = "\n".join(_line(row) for row in _in_order(rows))
    head = "".join(f"<th>{word}</th>" for word in ("File", "Material", "State", "Time", "What was done, or why not"))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>\n'
        f"<body><h1>{html.escape(count_rows(rows).capitalize())}</h1><p>{html.escape(title)}</p>\n"
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{lines}\n</tbody></table></body></html>\n"
    )


def _line(row: Row) -> str:
    time = f"{row.seconds:.1f} s" if row.seconds else ""
    cells = (row.file, row.material, row.state, time, row.words)
    return f'<tr class="row-{row.state}">' + "".join(_cell(cell, row.state) for cell in cells) + "</tr>"


def _cell(text: str, state: str) -> str:
    mark = f' class="{state}"' if text == state else ""
    return f"<td{mark}>{html.escape(text)}</td>"


def _in_order(rows: Sequence[Row]) -> list[Row]:
    order = ("failed", "done", "left")
    return sorted(rows, key=lambda row: order.index(row.state))


def write_report(folder: Path, title: str, rows: Sequence[Row]) -> Path:
    """Write the page and the table into a folder, and return the page.

    Raises:
        OSError: they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TABLE).write_text(as_csv(rows), encoding="utf-8")
    (folder / PAGE).write_text(as_html(title, rows), encoding="utf-8")
    return folder / PAGE
