"""The mask that a description of a hole makes on a material."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from svbrdf_core.errors import MaskError
from svbrdf_core.formats.tile_names import tile_in
from svbrdf_core.masks import (
    Mask,
    MaskPicture,
    MaskSpec,
    Size,
    Sources,
    build,
    feather,
    grow,
    invert,
    parse,
    parse_shape,
)
from svbrdf_core.material.material import Material
from svbrdf_core.material.tile_files import files_of_folder, files_of_pattern, has_token
from svbrdf_core.material.tile_hole import MaskInput, TileHole, name_tiles
from svbrdf_core.material.tiling import single
from svbrdf_core.request import HoleSpec, InputFile, MaskShape, TileMask

TILE = re.compile(r"(1[0-9]{3}|2000):(.+)", re.DOTALL)


def hole_mask(hole: HoleSpec, material: Material, *, tileable: bool = False) -> tuple[Mask, tuple[str, ...]]:
    """Return the hole ``(H, W)`` at the size of a material, and notes for the user.

    Args:
        hole: its masks are united, then edited; what it says about tiling is not looked at.
        material: what shapes, colours and alpha are read off.
        tileable: shapes that leave the picture come in again on the other side, and edits go across the edges.

    Raises:
        MaskError: a shape or mask file that cannot be used, or a material that lacks what it is read off.
    """
    if is_tiled(material):
        mask, notes = _tiled_mask(hole.masks, hole, material, invert=hole.invert)
        return edit_tiled_mask(mask, hole, material), notes
    mask, notes = union_mask(
        _of_only_tile(hole.masks, material), (material.height, material.width), sources_of(material), tileable=tileable
    )
    return edit_mask(mask, hole, tileable=tileable), notes


def forbidden_mask(
    hole: HoleSpec, material: Material, *, tileable: bool = False
) -> tuple[Mask | None, tuple[str, ...]]:
    """Return where nothing may be copied from, ``(H, W)`` above 0, None if that is nowhere; and notes.

    Raises:
        MaskError: as of `hole_mask`.
    """
    if not hole.forbid:
        return None, ()
    if is_tiled(material):
        return _tiled_mask(hole.forbid, hole, material)
    return union_mask(
        _of_only_tile(hole.forbid, material), (material.height, material.width), sources_of(material), tileable=tileable
    )


def is_tiled(material: Material) -> bool:
    """Whether a material is several tiles."""
    return material.tiles is not None and len(material.tiles.cells) > 1


def edit_tiled_mask(mask: Mask, hole: HoleSpec, material: Material) -> Mask:
    """Return a mask ``(H, W)`` of tiles, inverted already, grown and feathered as a hole says; 0 where no tile is."""
    mask = edit_mask(mask, replace(hole, invert=False))
    absent = material.absent()
    return mask if absent is None else mask * ~absent


def _tiled_mask(
    parts: Sequence[MaskInput], hole: HoleSpec, material: Material, *, invert: bool = False
) -> tuple[Mask, tuple[str, ...]]:
    """Return the union of parts of a hole ``(H, W)`` on a canvas of tiles, and notes."""
    grid = material.tiles
    assert grid is not None
    named = name_tiles(replace(hole, masks=tuple(parts), forbid=()), grid).masks
    found = TileHole(named, grid, lambda number: sources_of(material.tile(number)), material.name, invert)
    mask, notes = np.zeros(grid.size, np.float32), list[str]()
    for number in found.numbers():
        mask[grid.box(number)], said = found.mask(number)
        notes += said
    return mask, tuple(dict.fromkeys(notes))


def _of_only_tile(parts: Sequence[MaskInput], material: Material) -> list[MaskShape | InputFile]:
    """Return parts of a hole in a material that is one tile, or none.

    Raises:
        MaskError: one is of another tile.
    """
    found = []
    for part in parts:
        if not isinstance(part, TileMask):
            found.append(part)
            continue
        word = tile_in(next(iter(material.maps.values())).places[0].file.path.stem)
        if word is None or part.tile not in (word.number(0), word.number(1)):
            raise MaskError(
                f"{material.name} has no tile {part.tile}, for its files are not named as tiles or one alone was "
                f"chosen; give the hole without {part.tile}:."
            )
        found.append(part.mask)
    return found


def union_mask(
    parts: Sequence[MaskInput], size: Size, sources: Sources | None = None, *, tileable: bool = False
) -> tuple[Mask, tuple[str, ...]]:
    """Return the union of parts of a hole ``(H, W)`` at a size, and notes for the user; see `svbrdf_core.masks.build`.

    Raises:
        MaskError: a part cannot be used.
    """
    return build([_spec(part) for part in parts], size, Sources() if sources is None else sources, tileable=tileable)


def mask_parts(text: str) -> tuple[MaskInput, ...]:
    """Return the parts of a hole that a text describes: a file, if there is one of that name, or a shape.

    Of UDIM tiles there are those of a pattern (``mask.<UDIM>.png``), of a folder of mask images, or of one tile
    (``1002:rect:10,10,64,64``).

    Raises:
        MaskError: the text describes none; see `svbrdf_core.masks.parse`.
    """
    if has_token(text):
        return _tile_masks(files_of_pattern(Path(text)), f"No file is named as {text}; give the path of a mask tile.")
    if _is_folder(text):
        return _tile_masks(
            files_of_folder(Path(text)), f"No image in {text} is named as a tile, as mask.1001.png is; rename them."
        )
    one = TILE.fullmatch(text)
    if one is not None:
        return (TileMask(int(one[1]), _mask_part(one[2])),)
    return (_mask_part(text),)


def _mask_part(text: str) -> MaskShape | InputFile:
    found = parse(text)
    return InputFile(Path(found.path)) if isinstance(found, MaskPicture) else MaskShape(str(found))


def _tile_masks(files: Mapping[int, Path], without: str) -> tuple[TileMask, ...]:
    if not files:
        raise MaskError(without)
    return tuple(TileMask(number, InputFile(path)) for number, path in files.items())


def _is_folder(text: str) -> bool:
    try:
        return Path(text).is_dir()
    except (OSError, ValueError):  # longer than a name may be, or no name at all
        return False


def edit_mask(mask: Mask, hole: HoleSpec, *, tileable: bool = False) -> Mask:
    """Return a mask ``(H, W)`` inverted, grown and feathered, in this order, as a hole says."""
    mask = invert(mask) if hole.invert else mask
    mask = grow(mask, hole.grow, tileable=tileable) if hole.grow else mask
    return feather(mask, hole.feather, tileable=tileable) if hole.feather else mask


def _spec(part: MaskInput) -> MaskSpec:
    if isinstance(part, TileMask):
        raise MaskError(f"A part of the hole is of tile {part.tile}, and there are none here; leave the number out.")
    return MaskPicture(str(part.path)) if isinstance(part, InputFile) else parse_shape(part.shape)


def sources_of(material: Material) -> Sources:
    """Return where a hole can be read off a material."""
    name = next((n for n in ("basecolor", "diffuse") if n in material.maps), None)
    if name is None:
        return Sources(nonfinite=material.nonfinite_mask)
    colour = single(material, name)
    return Sources(
        colour=lambda top, height: colour.window(top, 0, height, colour.width),
        alpha=material.alpha,
        nonfinite=material.nonfinite_mask,
    )
