"""Repairs of UDIM tiles by a service: it is sent the tiles that count, and the hole on each as a picture."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import svbrdf_core as sv

WHITE = 65535


@contextmanager
def with_tile_masks(prepared: sv.Prepared) -> Iterator[sv.InpaintRequest]:
    """Give the request with the hole, as it is after all edits, by tile; as it is if the material has no tiles.

    What is in pixels of all tiles of a set means something else where only some of them are.
    """
    request, tiles = prepared.request, prepared.material.tiles
    if tiles is None:
        yield request
        return
    with tempfile.TemporaryDirectory(prefix="svbrdf-") as folder:

        def draw(name: str, mask: NDArray[np.float32] | None) -> tuple[sv.TileMask, ...]:
            parts = []
            for number in sorted(tiles.cells):
                own = None if mask is None else mask[tiles.box(number)]
                if own is not None and own.any():
                    path = Path(folder, f"{name}.{number}.png")
                    # Above 0 is the hole, however little.
                    sv.write_png(path, np.ceil(own.astype(np.float64) * WHITE).astype(np.uint16))
                    parts.append(sv.TileMask(number, sv.InputFile(path)))
            return tuple(parts)

        masks, forbid = draw("mask", prepared.mask), draw("forbid", prepared.forbid)
        hole = sv.HoleSpec(masks, forbid, tileable=False)
        yield replace(request, hole=hole)


def copy_beside(material: sv.Material, folders: Sequence[Path]) -> None:
    """Copy the files of tiles beyond the canvas, which stay as they are, to folders."""
    for path in material.files_beside():
        for folder in folders:
            shutil.copyfile(path, folder / path.name)
