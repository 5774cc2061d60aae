"""Contents of one case's page, and of its card on the front page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from svbrdf_core.compare import thumbs
from svbrdf_core.compare.results import CaseResult, CellResult, Column, Results
from svbrdf_core.compare.tables import ARROWS, NONE, decimals, headlines
from svbrdf_core.compare.titles import RENDER, group_columns, map_title, run_title

TRUTH = "truth"
PAGES = "cases"


@dataclass(frozen=True)
class Face:
    """A run on the front page.

    Attributes:
        key, method, title: of the run.
        picture: data URI of the fill around the hole, if there is one.
        why: the reason why there is none.
    """

    key: str
    method: str
    title: str
    picture: str | None
    why: str | None


@dataclass(frozen=True)
class Card:
    """A case on the front page.

    Attributes:
        case: which.
        share: how much of the material the hole is.
        hole: data URI of what is around the hole, the hole hatched unless it holds what is to be removed.
        runs: what became of it.
    """

    case: CaseResult
    share: str
    hole: str
    runs: tuple[Face, ...]


@dataclass(frozen=True)
class CasePage:
    """What one case shows: the values of its template and its card."""

    values: dict[str, Any]
    card: Card


def case_page(folder: Path, results: Results, case: CaseResult) -> CasePage:
    """Read the pictures of one case, one map at a time.

    Raises:
        InputError: a picture is missing or damaged.
    """
    cells = results.by_case[case.id]
    seeds = len({cell.seed for cell in results.cells})
    mask = thumbs.open_picture(folder / case.mask_picture).convert("L")
    small = thumbs.reduce_picture(mask)
    box = thumbs.hole_box(mask)
    title = "Truth" if case.truth else "Before"
    sources: list[dict[str, Any]] = [{"key": TRUTH, "title": title, "method": "", "why": None, "pictures": {}}]
    sources += [_source(cell, run_title(cell, seeds)) for cell in cells]
    keys = _keys(case)
    faces: list[str | None] = [None] * len(sources)
    hole_face = ""
    for key in keys:
        pictures = _pictures(folder, key, case, cells)
        for source, shown in zip(sources, _make_thumbs(pictures, key, case, cells), strict=True):
            if shown is not None:
                source["pictures"][key] = asdict(shown)
        if key == keys[0]:
            faces = [thumbs.thumb(picture, box) if picture else None for picture in pictures]
            hole_face = thumbs.thumb(pictures[0], box, mask if case.truth else None) if pictures[0] else ""
    viewer = {
        "size": small.size,
        "hole": thumbs.hole_overlay(small),
        "close": thumbs.hole_box(small),
        "maps": [{"key": key, "title": map_title(key)} for key in keys],
        "sources": sources,
    }
    values = {
        "case": case,
        "share": format_hole_share(case),
        "data": viewer,
        "tables": case_tables(results, cells, seeds),
    }
    runs = tuple(
        Face(source["key"], cell.method, source["title"], face, cell.why)
        for cell, source, face in zip(cells, sources[1:], faces[1:], strict=True)
    )
    return CasePage(values, Card(case, format_hole_share(case), hole_face, runs))


def case_tables(results: Results, cells: Sequence[CellResult], seeds: int) -> dict[str, Any]:
    """Return the numbers of one case: a head of runs, few rows for a first look, and all under headings."""
    done = [cell for cell in cells if not cell.failed]
    values = {column: [cell.value(column.name) for cell in done] for column in results.columns}
    shown = {column: row for column, row in values.items() if any(value is not None for value in row)}
    places: dict[str, int] = {}
    for column, row in shown.items():
        places[column.kind] = max(places.get(column.kind, 0), decimals([value for value in row if value is not None]))
    rows = {column: _row(column, values, places[column.kind]) for column, values in shown.items()}
    return {
        "heads": [run_title(cell, seeds) for cell in done],
        "first": [rows[column] for column in headlines(results) if column in rows],
        "groups": [(name, [rows[column] for column in columns]) for name, columns in group_columns(shown)],
    }


def _row(column: Column, values: Sequence[float | None], places: int) -> dict[str, Any]:
    losses = {column.loss(value) for value in values if value is not None}
    best = min(losses) if len(losses) > 1 else None
    shown = [(NONE, False) if v is None else (f"{v:.{places}f}", column.loss(v) == best) for v in values]
    return {"title": column.title, "arrow": ARROWS.get(column.better, ""), "values": shown}


def _source(cell: CellResult, title: str) -> dict[str, Any]:
    return {
        "key": f"{cell.method}-{cell.seed}",
        "title": title,
        "method": cell.method,
        "why": cell.why,
        "pictures": {},
    }


def _keys(case: CaseResult) -> list[str]:
    """Return what there are pictures of, the render first."""
    return [key for key in (RENDER, *case.maps) if key in case.pictures]


def _pictures(folder: Path, key: str, case: CaseResult, cells: Sequence[CellResult]) -> list[Image.Image | None]:
    """Return one map of the truth and of each run, None where there is no picture."""
    names = [case.pictures.get(key), *(cell.pictures.get(key) for cell in cells)]
    return [thumbs.open_picture(folder / name) if name else None for name in names]


def _make_thumbs(
    pictures: Sequence[Image.Image | None], key: str, case: CaseResult, cells: Sequence[CellResult]
) -> list[thumbs.Thumbnail | None]:
    small = [picture and thumbs.reduce_picture(picture) for picture in pictures]
    truth = small[0]
    found: list[thumbs.Thumbnail | None] = []
    for number, picture in enumerate(small):
        owner = case if number == 0 else cells[number - 1]
        if picture is None:
            found.append(None)
        elif number == 0 or truth is None:
            found.append(thumbs.show(picture, _relative_to_page(owner.pictures[key])))
        else:
            found.append(thumbs.show_change(picture, truth, _relative_to_page(owner.pictures[key])))
    return found


def _relative_to_page(path: str) -> str:
    """Return a path of the report's folder as seen from a case's page."""
    return path.removeprefix(f"{PAGES}/") if path.startswith(f"{PAGES}/") else f"../{path}"


def format_hole_share(case: CaseResult) -> str:
    """Return how much of the material the hole is, in words."""
    percent = 100 * case.hole_pixels / (case.height * case.width)
    return f"{percent:.{0 if percent >= 10 else 1}f} %"
