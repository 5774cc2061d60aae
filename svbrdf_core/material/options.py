"""The material that load options describe."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from svbrdf_core.formats import MAX_PIXELS
from svbrdf_core.material.grid import TileGrid
from svbrdf_core.material.loading import find_grid
from svbrdf_core.material.material import Material
from svbrdf_core.request import LoadOptions


def load_material(
    options: LoadOptions, *, apart: Collection[Path] = (), tiles: Collection[int] | None = None
) -> Material:
    """Return the material that load options describe.

    Headers are read, and pixels only where they must tell what a file is, or whether a channel varies.

    Args:
        options: how the files are read.
        apart: files that are none of the material's though they may lie beside its maps, as a mask does.
        tiles: the tiles to have on the canvas, of a set of tiles; all if None.

    Raises:
        InputError: no map, an unreadable file, or sizes of different aspect.
        AmbiguousInput: several readings; the message names the option that settles it.
    """
    return Material.load(
        options.path,
        set_name=options.set_name,
        overrides=options.overrides,
        only=options.only,
        also=options.also,
        normal=options.normal,
        max_pixels=MAX_PIXELS if options.max_pixels is None else options.max_pixels,
        apart=apart,
        tiles=tiles,
    )


def find_tile_grid(options: LoadOptions, *, apart: Collection[Path] = ()) -> tuple[str, TileGrid] | None:
    """Return the name of the set of tiles that load options describe and where they lie; None if they describe none.

    Only names and headers are looked at.

    Raises:
        InputError, AmbiguousInput: as of `load_material`.
    """
    return find_grid(
        options.path,
        set_name=options.set_name,
        overrides=options.overrides,
        only=options.only,
        max_pixels=MAX_PIXELS if options.max_pixels is None else options.max_pixels,
        apart=apart,
    )
