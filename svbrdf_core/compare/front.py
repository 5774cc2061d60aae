"""A whole comparison comes in; what the front page shows goes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from svbrdf_core.compare.pages import Card
from svbrdf_core.compare.results import Cell, Column, Results
from svbrdf_core.compare.stats import MIN_MATERIALS, Difference, difference, failures, quantile, summaries
from svbrdf_core.compare.tables import ARROWS, decimals
from svbrdf_core.compare.titles import group_of, grouped

WIDTH = 116
"""Of the drawing of a difference, in pixels."""


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
        "summary": [(name, [_summary_row(results, column) for column in run]) for name, run in _groups(results)],
        "failures": [failures(results, method) for method in results.methods],
        "differences": [(name, [_difference_row(results, c) for c in run]) for name, run in _groups(results)],
        "data": page_data(results),
    }


def page_data(results: Results) -> dict[str, Any]:
    """Return what the page's script needs to make the tables again for a part of the cases."""
    cases = {case.id: number for number, case in enumerate(results.cases)}
    methods = {method: number for number, method in enumerate(results.methods)}
    return {
        "methods": results.methods,
        "columns": [{"title": c.title, "better": c.better, "group": group_of(c)} for c in results.columns],
        "cases": [{"material": case.material, "mask": case.mask} for case in results.cases],
        "cells": [[cases[c.case], methods[c.method], c.seed, c.failed, _values(results, c)] for c in results.cells],
        "minMaterials": MIN_MATERIALS,
        "quantiles": [quantile(units) if units > 1 else 0 for units in range(len(results.cases) + 1)],
    }


def _groups(results: Results) -> list[tuple[str, list[tuple[int, Column]]]]:
    numbers = {column.name: number for number, column in enumerate(results.columns)}
    return [(name, [(numbers[column.name], column) for column in run]) for name, run in grouped(results.columns)]


def _values(results: Results, cell: Cell) -> list[float | None]:
    return [cell.value(column.name) for column in results.columns]


def _summary_row(results: Results, entry: tuple[int, Column]) -> dict[str, Any]:
    number, column = entry
    found = {s.method: s for s in summaries(results, column)}
    places = decimals([s.mean for s in found.values()])
    cells = [
        {
            "mean": f"{s.mean:.{places}f}",
            "sd": f"{s.sd:.{places}f}" if s.sd is not None else "",
            "n": s.n,
            "best": s.best,
        }
        if (s := found.get(method))
        else None
        for method in results.methods
    ]
    return {"number": number, "column": column, "arrow": ARROWS.get(column.better, ""), "cells": cells}


def _difference_row(results: Results, entry: tuple[int, Column]) -> dict[str, Any]:
    """Return the differences of the first method from each other one; of the first from itself there is none."""
    number, column = entry
    first = results.methods[0]
    found = [difference(results, first, other, column) if other != first else None for other in results.methods]
    return {"number": number, "column": column, "arrow": ARROWS.get(column.better, ""), "cells": _spelled(found)}


def _spelled(found: Sequence[Difference | None]) -> list[dict[str, Any] | None]:
    bounds = [abs(x) for d in found if d for x in (d.mean, d.low, d.high) if x is not None]
    places, reach = decimals(bounds), max(bounds, default=0.0)
    return [_spell(d, places, reach) if d else None for d in found]


def _spell(entry: Difference, places: int, reach: float) -> dict[str, Any]:
    """Return the texts and the drawing of a difference, zero in the middle of its width."""
    low = entry.mean if entry.low is None else entry.low
    high = entry.mean if entry.high is None else entry.high
    at = [WIDTH / 2 + ((WIDTH / 2 - 5) * x / reach if reach else 0) for x in (low, entry.mean, high)]
    known = entry.low is not None
    return {
        "mean": signed(entry.mean, places),
        "range": f"{signed(low, places)} … {signed(high, places)}" if known else "no interval",
        "word": {True: "better", False: "worse", None: "unclear"}[entry.better],
        "at": [f"{x:.2f}" for x in at],
        "verdict": entry.verdict,
        "pairs": entry.pairs,
    }


def signed(value: float, places: int) -> str:
    """Return a number with its sign, a true minus, and none before a zero."""
    text = f"{abs(value):.{places}f}"
    if not float(text):
        return text
    return ("+" if value > 0 else "−") + text
