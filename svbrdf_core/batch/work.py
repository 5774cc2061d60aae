"""The repair of one row: its maps, its record and the small pictures of the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PIL import Image

from svbrdf_core.batch.inputs import fetched
from svbrdf_core.batch.outputs import Output
from svbrdf_core.batch.places import address
from svbrdf_core.batch.plan import PlannedRow
from svbrdf_core.batch.records import DONE, Making, Record, sizes_in
from svbrdf_core.errors import OutputError
from svbrdf_core.formats.raster import reason
from svbrdf_core.inpainting.rank import judge
from svbrdf_core.inpainting.repair import Repaired, repair
from svbrdf_core.pictures.views import as_bytes, limits, reduce_map, view_around

THUMB = 192
"""Longest side of a small picture, in pixels."""


def repair_row(planned: PlannedRow, output: Output) -> Record:
    """Fill a row, put the result, its pictures and its record in their places, and return the record.

    Raises:
        SvbrdfError: it cannot be fetched, filled or written; nothing is left behind.
    """
    name = planned.row.name
    with fetched(planned.row) as row, output.making(name) as made:
        request = row.request
        assert request is not None
        done = repair(replace(request, output=replace(request.output, folder=made.maps)))
        record = _record(planned, made, done.report, _judged(done, made))
        output.publish(name, made, record)
    return record


def _judged(done: Repaired, made: Making) -> float:
    """Draw the small pictures, and return how much the best fill gives itself away."""
    tileable = bool(done.report["tileable"])
    _draw(done, made, tileable)
    variations: Any = done.report["variations"]
    found = variations[0]["blemish"]
    return judge(done.material, done.mask, tileable=tileable) if found is None else float(found)


def _draw(done: Repaired, made: Making, tileable: bool) -> None:
    view, name = view_around(done.mask, THUMB, tileable=tileable), done.before.shown_map
    old = reduce_map(done.before, name, view)
    low, high = limits(name, old)
    try:
        for which, values in (("before", old), ("after", reduce_map(done.material, name, view))):
            Image.fromarray(as_bytes((values - low) / (high - low))).save(made.thumb(which), quality=85)
    except OSError as error:
        raise OutputError(f"{made.folder} cannot be written ({reason(error)}).") from error


def _record(planned: PlannedRow, made: Making, report: dict[str, Any], blemish: float) -> Record:
    variations: Sequence[dict[str, Any]] = report["variations"]
    return {
        "name": planned.row.name,
        "key": planned.key,
        "state": DONE,
        "why": None,
        "files": sizes_in(made.maps),
        "maps": report["maps"],
        "method": report["method"],
        "size": report["size"],
        "pixels": report["hole"]["pixels"],
        "seeds": [one["seed"] for one in variations],
        "energy": variations[0]["energy"],
        "blemish": round(blemish, 4),
        "seconds": round(sum(one["seconds"] for one in variations), 3),
        "notes": [*report["warnings"], *report["notes"]],
        "source": address(planned.row.request.source.path) if planned.row.request else "",
    }
