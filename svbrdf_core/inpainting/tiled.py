"""The canvas of a repair: a material, or of a set of UDIM tiles those that the hole touches and comes near to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.formats import MAX_PIXELS
from svbrdf_core.masks import Mask
from svbrdf_core.material import (
    Material,
    TileGrid,
    TileHole,
    edit_tiled_mask,
    find_tile_grid,
    load_material,
    name_tiles,
    sources_of,
    tiles_near,
)
from svbrdf_core.request import GuideSpec, InpaintRequest
from svbrdf_core.sentences import Remedy
from svbrdf_core.tensors.torus import find_span


@dataclass(frozen=True)
class TiledCanvas:
    """Tiles of a set and the hole on them.

    Attributes:
        request: what is wanted, in which masks named as tiles say so themselves.
        grid: of the whole set.
        material: the tiles that are read.
        mask: ``(H, W)``, the hole.
        forbid: ``(H, W)``, where nothing may be copied from; None if that is nowhere.
        notes: about the hole.
    """

    request: InpaintRequest
    grid: TileGrid
    material: Material
    mask: Mask
    forbid: Mask | None
    notes: tuple[str, ...]


def tiled_canvas(request: InpaintRequest) -> TiledCanvas | None:
    """Return the canvas of a request for a set of tiles; None if it is for another material.

    Raises:
        InputError: the canvas is too large, or is said to tile.
        MaskError: a part of the hole cannot be used.
    """
    apart = tuple(request.files().values())
    found = find_tile_grid(request.source, apart=apart)
    if found is None:
        return None
    name, grid = found
    if request.canvas is not None:
        raise InputError(f"{name} is a set of UDIM tiles, whose canvas is fixed; give one tile's files alone.")
    if request.guides != GuideSpec():
        raise InputError(
            f"{name} is a set of UDIM tiles, which cannot be filled by guides; give one tile's files alone."
        )
    if request.hole.tileable:
        raise InputError(
            "The edges of a set of UDIM tiles do not meet around", Remedy("tileable", "do not ask for that")
        )
    request = replace(request, hole=name_tiles(request.hole, grid))
    hole = request.hole

    def load_tile(number: int) -> Material:
        return load_material(request.source, apart=apart, tiles=(number,))

    wanted = TileHole(hole.masks, grid, lambda number: sources_of(load_tile(number)), name, hole.invert)
    masks, notes = dict[int, Mask](), list[str]()
    for number in wanted.numbers():
        mask, said = wanted.mask(number)
        notes += said
        if mask.any():
            masks[number] = mask
    near = tiles_near(masks.items(), grid, max(hole.grow, 0) + hole.feather) or {min(grid.cells)}
    _check_size(request, near, grid)
    material = load_material(request.source, apart=apart, tiles=near)
    full = _lay_out(material, masks)
    forbidden = TileHole(hole.forbid, grid, lambda number: sources_of(material.tile(number)), name)
    kept = {number: forbidden.mask(number)[0] for number in forbidden.numbers() if number in near}
    forbid = _lay_out(material, kept) if kept else None
    edited = edit_tiled_mask(full, hole, material)
    return TiledCanvas(request, grid, material, edited, forbid, tuple(dict.fromkeys(notes)))


def _check_size(request: InpaintRequest, near: set[int], grid: TileGrid) -> None:
    height, width = TileGrid.of(near, grid.height, grid.width, compact=True).size
    most = MAX_PIXELS if request.source.max_pixels is None else request.source.max_pixels
    if height * width > most:
        raise InputError(
            f"The hole touches so many tiles ({_some(near)}) that they make a canvas of {width} x {height}, more than "
            f"the limit of {most} pixels; fill fewer of them at once."
        )


def _some(numbers: set[int]) -> str:
    first = sorted(numbers)
    return ", ".join(map(str, first[:8])) + (f" and {len(first) - 8} more" if len(first) > 8 else "")


def _lay_out(material: Material, masks: dict[int, Mask]) -> Mask:
    """Return masks of tiles on the canvas."""
    found: Mask = np.zeros((material.height, material.width), np.float32)
    for number, mask in masks.items():
        if material.tiles is None:
            return mask
        found[material.tiles.box(number)] = mask
    return found


def touched_tiles(material: Material, mask: Mask) -> tuple[int, ...]:
    """Return the tiles that a hole ``(H, W)`` is on, by UDIM number; none if the material has none."""
    if material.tiles is None:
        return ()
    return tuple(number for number in sorted(material.tiles.cells) if mask[material.tiles.box(number)].any())


def box_of_set(material: Material, mask: Mask, grid: TileGrid) -> tuple[int, int, int, int]:
    """Return top, left, height and width of a hole ``(H, W)`` on some tiles as it lies on the whole set."""
    assert material.tiles is not None
    boxes = []
    for number in touched_tiles(material, mask):
        own = mask[material.tiles.box(number)]
        (top, height), (left, width) = find_span(own.any(axis=1)), find_span(own.any(axis=0))
        rows, columns = grid.box(number)
        boxes.append((rows.start + top, columns.start + left, rows.start + top + height, columns.start + left + width))
    top, left = (min(box[at] for box in boxes) for at in (0, 1))
    return top, left, max(box[2] for box in boxes) - top, max(box[3] for box in boxes) - left


def describe_tiles(material: Material, mask: Mask) -> tuple[str, ...]:
    """Return what is to be said of the tiles of a material with a hole ``(H, W)``."""
    touched = touched_tiles(material, mask)
    if material.tiles is None:
        return ()
    others = set(material.tiles.cells) - set(touched)
    several = len(touched) > 1
    filled = f"Tile{'s' * several} {_some(set(touched))} {'are' if several else 'is'} filled"
    beside = f", with a look at {_some(others)} beside {'them' if several else 'it'}" if others else ""
    stays = "; all other tiles stay as they are" if others or material.files_beside() else ""
    return (f"{filled}{beside}{stays}.",)
