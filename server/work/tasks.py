"""A task's JSON comes in; what `svbrdf_core` takes goes out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import svbrdf_core as sv

from .methods import settings_of

Json = dict[str, Any]


def load(folder: str, reading: Mapping[str, Any], pixels: int) -> sv.Material:
    """Return the material of a folder.

    Raises:
        InputError: it cannot be read.
    """
    return sv.Reading(
        path=Path(folder, reading["file"]) if reading.get("file") else Path(folder),
        set_name=reading["set_name"],
        overrides=reading["roles"],
        only=None if reading["only"] is None else tuple(reading["only"]),
        also=tuple(reading["also"]),
        normal=reading["normal"],
        max_pixels=pixels,
    ).load()


def repair_of(
    *, folder: str, reading: Json, pixels: int, hole: Json, choice: Json, target: str, sheet: bool, source_map: bool
) -> sv.Repair:
    """Return what is to be done.

    Raises:
        SvbrdfError: it cannot be.
    """
    shaping = sv.Shaping(hole["invert"], hole["grow"], hole["feather"])
    masks = tuple(hole["masks"])
    out = Path(target)
    return sv.Repair(
        material=load(folder, reading, pixels),
        hole=sv.Hole(masks, tuple(hole["forbid"]), shaping, hole["tileable"]),
        choice=sv.Choice(
            choice["method"],
            settings_of(choice["method"], choice["settings"]),
            choice["seed"],
            choice["variations"],
            choice["device"],
        ),
        target=out / "maps",
        preview=out / "sheet.png" if sheet else None,
        source_map=out / "sources.png" if source_map else None,
    )
