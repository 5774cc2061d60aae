"""The hole of a material of UDIM tiles as one picture for each tile, for whoever has only some of the tiles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.formats import write_png
from svbrdf_core.inpainting.prepare import Prepared
from svbrdf_core.request import HoleSpec, InpaintRequest, InputFile, TileMask

WHITE = 65535


def masks_by_tile(prepared: Prepared, folder: Path) -> InpaintRequest:
    """Return the request with the hole, as it is after all edits, by tile; as it is if the material has no tiles.

    What is in pixels of all tiles of a set means something else where only some of them are.

    Args:
        prepared: what `prepare` returned.
        folder: where pictures of the hole are written, for as long as the request is used.
    """
    request, tiles = prepared.request, prepared.material.tiles
    if tiles is None:
        return request

    def draw(name: str, mask: NDArray[np.float32] | None) -> tuple[TileMask, ...]:
        parts = []
        for number in sorted(tiles.cells):
            own = None if mask is None else mask[tiles.box(number)]
            if own is not None and own.any():
                path = folder / f"{name}.{number}.png"
                # Above 0 is the hole, however little.
                write_png(path, np.ceil(own.astype(np.float64) * WHITE).astype(np.uint16))
                parts.append(TileMask(number, InputFile(path)))
        return tuple(parts)

    hole = HoleSpec(draw("mask", prepared.canvas.mask), draw("forbid", prepared.canvas.forbid), tileable=False)
    return replace(request, hole=hole)
