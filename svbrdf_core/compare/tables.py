"""Result tables in Markdown: the summary, the differences, and the layout of the paper's Table III."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase

from svbrdf_core.compare.results import Column, Results, SetFigure
from svbrdf_core.compare.stats import Summary, differences, failures, summaries

ARROWS = {"lower": "↓", "higher": "↑", "one": "→ 1", "zero": "→ 0"}
NONE = "–"
MAX_DECIMALS = 6

HEADLINES = (
    *("rank", "blemish"),
    *("mse/*", "angle/normal", "render/log_l1", "render/psnr", "flip", "stlpips/render"),
    *("two_sample", "wasserstein", "coherence", "sharpness", "seam", "seconds", "peak_mb"),
)
"""Quantities that a first look is for: errors by map, how the renders differ, whether the fill can be told
from its surroundings, how the maps belong together, whether there is detail and a rim, and what it costs."""

TABLE_III = (("Diffuse", "diffuse"), ("Normals", "normal"), ("Roughness", "roughness"), ("Specular", "specular"))
"""Columns of Table III of arXiv 2406.04206 ("mean-squared error"), and the map each is measured on."""


def headlines(results: Results) -> tuple[Column, ...]:
    """Return the few quantities for a first look, of those that were measured, in their order."""
    return tuple(column for wanted in HEADLINES for column in results.columns if fnmatchcase(column.name, wanted))


def summary(results: Results, columns: Iterable[Column] | None = None) -> str:
    """Return mean ± standard deviation of each quantity by method, the best mean in bold.

    Args:
        results: the comparison.
        columns: which quantities, all by default.
    """
    rows = [_summary_row(results, column) for column in (results.columns if columns is None else columns)]
    if any(failures(results, method) for method in results.methods):
        rows.append(["failed", *(str(failures(results, method)) for method in results.methods)])
    return markdown(["", *results.methods], rows)


def comparisons(results: Results, columns: Iterable[Column] | None = None) -> str:
    """Return one sentence for each quantity and each method against the first one."""
    names = {column.name for column in (results.columns if columns is None else columns)}
    first, *others = results.methods or ("",)
    lines = [
        f"- {entry.column.title}: {entry.verdict}"
        for other in others
        for entry in differences(results, first, other)
        if entry.column.name in names
    ]
    return "\n".join(lines)


def of_sets(results: Results) -> str:
    """Return the figures of the fills as sets, by method and for the truth; empty where there are none."""
    if results.sets is None:
        return ""
    figures = [figure for figure in results.sets.figures if figure.values]
    heads = [who for who in ("truth", *results.methods) if any(who in figure.values for figure in figures)]
    rows = []
    for figure in figures:
        places = decimals(list(figure.values.values()))
        rows.append([_heading(figure.column), *(_with_error(figure, who, places) for who in heads)])
    table = [markdown([f"{results.sets.crops} crops, {results.sets.known} known", *heads], rows)] if rows else []
    return "\n\n".join([*table, *results.sets.remarks])


def _with_error(figure: SetFigure, who: str, places: int) -> str:
    if who not in figure.values:
        return NONE
    error = f" ± {figure.errors[who]:.{places}f}" if who in figure.errors else ""
    return f"{figure.values[who]:.{places}f}{error}"


def table_iii(results: Results) -> str:
    """Return the mean-squared errors in the layout of Table III of arXiv 2406.04206.

    One row a method; Diffuse, Normals, Roughness, Specular; the best in bold. A dash stands where no case has the map.
    """
    columns = [Column(f"mse/{name}", title, "lower") for title, name in TABLE_III]
    return "\n\n".join([_by_method(results, columns, _significant), *_remarks(results)])


def of_methods(results: Results, columns: Iterable[Column]) -> str:
    """Return a table with one row a method and one column a quantity: its mean, the best in bold."""
    return _by_method(results, columns, decimals)


def _by_method(results: Results, columns: Iterable[Column], places: Callable[[Sequence[float]], int]) -> str:
    head, rows = ["Method"], [[method] for method in results.methods]
    for column in columns:
        found = {entry.method: entry for entry in summaries(results, column)}
        digits = places([entry.mean for entry in found.values()])
        head.append(_heading(column))
        for row in rows:
            row.append(_mean(found.get(row[0]), digits))
    return markdown(head, rows)


def decimals(means: Sequence[float]) -> int:
    """Return how many decimals a row needs: three digits of its largest number, two of its smallest."""
    sizes = [abs(mean) for mean in means if mean]
    if not sizes:
        return 0
    wanted = max(2 - math.floor(math.log10(max(sizes))), 1 - math.floor(math.log10(min(sizes))))
    return min(max(wanted, 0), MAX_DECIMALS)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, padded so that it is a table in a terminal too; numbers are to the right."""
    cells = [[_escape(text) for text in row] for row in (head, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    lines = [
        "| "
        + " | ".join(
            text.rjust(w) if at else text.ljust(w) for at, (text, w) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in cells
    ]
    rule = "|" + "|".join("-" * (width + 1) + (":" if at else "-") for at, width in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _summary_row(results: Results, column: Column) -> list[str]:
    found = {entry.method: entry for entry in summaries(results, column)}
    places = decimals([entry.mean for entry in found.values()])
    cells = [_mean_sd(found.get(method), places) for method in results.methods]
    return [_heading(column), *cells]


def _heading(column: Column) -> str:
    return f"{column.title} {ARROWS.get(column.better, '')}".rstrip()


def _mean_sd(entry: Summary | None, places: int) -> str:
    if entry is None:
        return NONE
    text = f"{entry.mean:.{places}f}" + (f" ± {entry.sd:.{places}f}" if entry.sd is not None else "")
    return f"**{text}**" if entry.best else text


def _mean(entry: Summary | None, places: int) -> str:
    if entry is None:
        return NONE
    return f"**{entry.mean:.{places}f}**" if entry.best else f"{entry.mean:.{places}f}"


def _significant(means: Sequence[float]) -> int:
    """Return the decimals that give the smallest number two digits, and four at least, as the paper has them."""
    smallest = min((abs(mean) for mean in means if mean), default=1.0)
    return min(max(4, 1 - math.floor(math.log10(smallest))), 7)


def _remarks(results: Results) -> list[str]:
    lines = [f"{len(results.cases)} cases, {len({case.material for case in results.cases})} materials."]
    other = sum(not {"diffuse", "specular"} <= set(case.maps) for case in results.cases)
    if other:
        lines.append(f"{other} of the cases lack a diffuse or a specular map and do not count in that column.")
    failed = sum(cell.failed for cell in results.cells)
    if failed:
        lines.append(f"{failed} of {len(results.cells)} runs failed and are left out.")
    return [" ".join(lines)]


def _escape(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
