"""The report of a repair, as programs read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from svbrdf_core.codec.plain import Json, plain
from svbrdf_core.inpainting.prepare import Prepared
from svbrdf_core.inpainting.rank import Ranked
from svbrdf_core.material import SaveReport
from svbrdf_core.request import OutputFile, OutputSpec

if TYPE_CHECKING:
    from svbrdf_core.inpainting.tileable import TileReport


def report_of(
    found: Prepared,
    fills: Sequence[Ranked],
    saved: Sequence[SaveReport],
    notes: Sequence[str],
    tiling: TileReport | None = None,
) -> dict[str, Json]:
    """Return what ``svbrdf inpaint --json`` prints; nothing but what JSON knows.

    It holds the request itself, by which the same fill can be made again.
    """
    request, material = found.request, found.material
    data: dict[str, Json] = {
        "material": material.name,
        "maps": list(material.maps),
        "method": request.method.name,
        "tileable": found.canvas.wraps,
        **found.extent,
        "tiling": None if tiling is None else tiling.to_json(),
        "variations": [_variation(request.output, one, files) for one, files in zip(fills, saved, strict=True)],
        "preview": _path(request.output.preview),
        "source_map": _path(request.output.source_map),
        "warnings": list(material.warnings),
        "unrecognised": [path.name for path in material.unrecognised],
        "notes": [note for note in notes if note not in found.warnings],
        "request": request.to_json(),
    }
    return {key: plain(value) for key, value in data.items()}


def _path(file: OutputFile | None) -> str | None:
    return None if file is None else str(file.path)


def _variation(output: OutputSpec, one: Ranked, saved: SaveReport) -> dict[str, Json]:
    return {
        "folder": str(saved.files[0].parent if saved.files else output.folder),
        "seed": one.seed,
        "energy": one.fill.energy,
        "blemish": one.blemish,
        "seconds": round(one.fill.seconds, 3),
        "files": [str(path) for path in saved.files],
        "backup": None if saved.backup is None else str(saved.backup),
    }
