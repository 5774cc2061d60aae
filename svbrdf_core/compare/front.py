"""Contents of the report's front page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from svbrdf_core.compare.pages import TRUTH, Card
from svbrdf_core.compare.results import CellResult, Column, Results, SetFigure
from svbrdf_core.compare.stats import MIN_MATERIALS, Difference, Summary, difference, failures, quantile, summaries
from svbrdf_core.compare.tables import ARROWS, decimals, headlines
from svbrdf_core.compare.timing import describe_timing
from svbrdf_core.compare.titles import FIRST, group_columns

WIDTH = 116
"""Of the drawing of a difference, in pixels."""

Sections = list[tuple[str, list[dict[str, Any]]]]
"""Rows of a table under headings, as the template takes them."""


def front_page(results: Results, cards: Sequence[Card]) -> dict[str, Any]:
    """Return the values of the front page's template."""
    failed = [cell for cell in results.cells if cell.failed]
    return {
        "results": results,
        "cards": cards,
        "failed": failed,
        "cases": {case.id: case for case in results.cases},
        "materials": list(dict.fromkeys(case.material for case in results.cases)),
        "masks": list(dict.fromkeys(case.mask for case in results.cases)),
        "groups": [name for name, _ in _groups(results)],
        "summary": _summary(results),
        "failures": [failures(results, method) for method in results.methods],
        "differences": _differences(results),
        "sets": _sets(results),
        "removal": not all(case.truth for case in results.cases),
        "timing": describe_timing(results.cells),
        "data": page_data(results),
    }


def page_data(results: Results) -> dict[str, Any]:
    """Return what the page's script needs to make the tables again for a part of the cases."""
    cases = {case.id: number for number, case in enumerate(results.cases)}
    methods = {method: number for number, method in enumerate(results.methods)}
    return {
        "methods": results.methods,
        "columns": [{"title": c.title, "better": c.better, "kind": c.kind} for c in results.columns],
        "cases": [{"material": case.material, "mask": case.mask} for case in results.cases],
        "cells": [[cases[c.case], methods[c.method], c.seed, c.failed, _values(results, c)] for c in results.cells],
        "minMaterials": MIN_MATERIALS,
        "quantiles": [quantile(units) if units > 1 else 0 for units in range(len(results.cases) + 1)],
    }


def _values(results: Results, cell: CellResult) -> list[float | None]:
    return [cell.value(column.name) for column in results.columns]


def _summary(results: Results) -> Sections:
    found = {column.name: summaries(results, column) for column in results.columns}
    places = _places(results, {name: [entry.mean for entry in entries] for name, entries in found.items()})

    def row(column: Column) -> list[Any]:
        mine = {entry.method: entry for entry in found[column.name]}
        return [_mean(mine.get(method), places[column.kind]) for method in results.methods]

    return _sections(results, row)


def _mean(entry: Summary | None, places: int) -> dict[str, Any] | None:
    if entry is None:
        return None
    sd = f"{entry.sd:.{places}f}" if entry.sd is not None else ""
    return {"mean": f"{entry.mean:.{places}f}", "sd": sd, "best": entry.best}


def _differences(results: Results) -> Sections:
    """Return the differences of the first method from each other one; of the first from itself there is none."""
    if len(results.methods) < 2:
        return []
    first, *others = results.methods
    found = {c.name: [difference(results, first, other, c) for other in others] for c in results.columns}
    places = _places(results, {name: _bounds(entries) for name, entries in found.items()})

    def row(column: Column) -> list[Any]:
        entries = found[column.name]
        reach = max(map(abs, _bounds(entries)), default=0.0)
        return [None, *(_spell(entry, places[column.kind], reach) if entry else None for entry in entries)]

    return _sections(results, row)


def _sets(results: Results) -> list[dict[str, Any]]:
    """Return the rows of the table of sets: the truth, and each method."""
    figures = [figure for figure in results.sets.figures if figure.values] if results.sets else []
    heads = (TRUTH, *results.methods)
    return [
        {
            "title": figure.column.title,
            "arrow": ARROWS.get(figure.column.better, ""),
            "cells": [_set_figure(figure, who) for who in heads],
        }
        for figure in figures
    ]


def _set_figure(figure: SetFigure, who: str) -> dict[str, str] | None:
    places = decimals(list(figure.values.values()))
    value, error = figure.values.get(who), figure.errors.get(who)
    if value is None:
        return None
    return {"value": f"{value:.{places}f}", "error": "" if error is None else f"± {error:.{places}f}"}


def _sections(results: Results, row: Callable[[Column], list[Any]]) -> Sections:
    """Return headings with rows, each with the number of its quantity, which the page's script goes by."""
    numbers = {column.name: number for number, column in enumerate(results.columns)}
    return [
        (
            name,
            [
                {"number": numbers[c.name], "column": c, "arrow": ARROWS.get(c.better, ""), "cells": row(c)}
                for c in columns
            ],
        )
        for name, columns in _groups(results)
    ]


def _groups(results: Results) -> list[tuple[str, list[Column]]]:
    """Return all quantities under their headings, and before them those for a first look."""
    return [(FIRST, list(headlines(results))), *group_columns(results.columns)]


def _places(results: Results, values: Mapping[str, Sequence[float]]) -> dict[str, int]:
    """Return the decimals of each kind of quantity, so that its numbers stand under each other."""
    found: dict[str, int] = {}
    for column in results.columns:
        found[column.kind] = max(found.get(column.kind, 0), decimals(values[column.name]))
    return found


def _bounds(entries: Sequence[Difference | None]) -> list[float]:
    return [x for d in entries if d for x in (d.mean, d.low, d.high) if x is not None]


def _spell(entry: Difference, places: int, reach: float) -> dict[str, Any]:
    """Return the texts and the drawing of a difference, zero in the middle of its width."""
    low = entry.mean if entry.low is None else entry.low
    high = entry.mean if entry.high is None else entry.high
    at = [WIDTH / 2 + ((WIDTH / 2 - 5) * x / reach if reach else 0) for x in (low, entry.mean, high)]
    return {
        "mean": format_signed(entry.mean, places),
        "range": _range(entry, places),
        "word": word(entry),
        "at": [f"{x:.2f}" for x in at],
        "verdict": entry.verdict,
    }


def _range(entry: Difference, places: int) -> str:
    if entry.low is None or entry.high is None:
        return "no interval"
    return "" if word(entry) == "equal" else f"{format_signed(entry.low, places)} … {format_signed(entry.high, places)}"


def word(entry: Difference) -> str:
    """Return in one word what can be said of a difference."""
    if entry.better is None:
        return "equal" if entry.low == entry.high == 0 else "unclear"
    return "better" if entry.better else "worse"


def format_signed(value: float, places: int) -> str:
    """Return a number with its sign, a true minus, and none before a zero."""
    text = f"{abs(value):.{places}f}"
    if not float(text):
        return text
    return ("+" if value > 0 else "−") + text
