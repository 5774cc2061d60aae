"""One map's values over a region of a set of tiles, and edits of such a region, tile by tile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.formats import Samples
from svbrdf_core.material.binding import MapBinding, Place
from svbrdf_core.material.grid import Crossing, TileGrid
from svbrdf_core.material.store import Patch, Store
from svbrdf_core.material.values import Values, unit
from svbrdf_core.material.windows import Frame, edit_place, read_map
from svbrdf_core.sentences import Remedy
from svbrdf_core.tensors.maps import spec_of


def read_mosaic(store: Store, patches: Sequence[Patch], binding: MapBinding, grid: TileGrid, frame: Frame) -> Values:
    """Return tensor values ``(h, w, c)`` of a map over a region; where no tile has it the mean of where one has."""
    places: Mapping[int | None, Place] = {place.tile: place for place in binding.read}
    found = np.zeros((frame.height, frame.width, binding.n_channels), np.float32)
    known = np.zeros((frame.height, frame.width), np.bool_)
    for part in grid.cross(frame.top, frame.left, frame.height, frame.width):
        if part.tile in places:
            at = part.rows, part.columns
            found[at] = read_map(store, patches, places[part.tile], binding.name, _inside(part, grid))
            known[at] = True
    if not known.all():
        found[~known] = _usual(found[known], binding)
    return found


def edit_mosaic(
    store: Store, patches: Sequence[Patch], binding: MapBinding, grid: TileGrid, frame: Frame, values: Values,
    mask: Values,
) -> list[Patch]:  # fmt: skip
    """Return the patches that put ``values`` ``(h, w, c)`` into all places of a map where ``mask`` is above 0."""
    done: list[Patch] = []
    for part in grid.cross(frame.top, frame.left, frame.height, frame.width):
        at = part.rows, part.columns
        for place in binding.places if mask[at].any() else ():
            if place.tile == part.tile:
                inner = _inside(part, grid)
                done += edit_place(store, [*patches, *done], place, binding.name, inner, values[at], mask[at])
    return done


def stored_mosaic(tiles: Mapping[int, Samples], grid: TileGrid, name: str) -> Samples:
    """Return samples ``(h, w, C)`` of tiles side by side as they are stored; 0 where there is none.

    Raises:
        InputError: they differ in size or type.
    """
    kinds = {(samples.shape, samples.dtype) for samples in tiles.values()}
    if len(kinds) > 1:
        raise InputError(f"The tiles of {name} differ in size or depth", Remedy("set", "ask for one of them"))
    ((height, width, channels), dtype) = kinds.pop()
    laid = TileGrid(grid.cells, height, width)
    found = np.zeros((*laid.size, channels), dtype)
    for number, samples in tiles.items():
        found[laid.box(number)] = samples
    return found


def _inside(part: Crossing, grid: TileGrid) -> Frame:
    """Return a part of a window as a region of its tile, whose edges are edges."""
    height, width = part.rows.stop - part.rows.start, part.columns.stop - part.columns.start
    return Frame(part.top, part.left, height, width, grid.height, grid.width, wrap=False)


def _usual(values: Values, binding: MapBinding) -> Values:
    """Return the mean ``(c,)`` of values ``(n, c)``, or of a map that says nothing if there are none."""
    finite = values[np.isfinite(values).all(axis=1)]
    if not len(finite):
        return np.asarray(spec_of(binding.name).neutral[: binding.n_channels], np.float32)
    mean = finite.mean(axis=0, dtype=np.float64).astype(np.float32)
    return unit(mean) if binding.name == "normal" else mean
