"""The hole in one tile of a set of UDIM tiles, and which tiles a hole touches or comes near to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from svbrdf_core.errors import MaskError
from svbrdf_core.formats.tile_names import tile_in
from svbrdf_core.masks import Mask, MaskPicture, MaskSpec, Size, Sources, build, parse_shape, read, shift
from svbrdf_core.material.grid import TileGrid
from svbrdf_core.request import HoleSpec, InputFile, MaskShape, TileMask

MaskInput = MaskShape | InputFile | TileMask
READ = ("alpha", "nan", "key")
"""Shapes that are read off the maps of each tile."""
NEAR, FAR = 64, 256
"""Pixels from an edge within which a hole goes on to the neighbour: at least, and of large holes a quarter of their
size up to the most."""


def named_tile(path: Path, grid: TileGrid) -> int | None:
    """Return the tile of a set that a mask's name tells; None if it tells none."""
    word = tile_in(path.stem)
    number = None if word is None else word.number(0 if 0 in (word.column, word.row) else 1)
    return number if number in grid.cells else None


def name_tiles(hole: HoleSpec, grid: TileGrid) -> HoleSpec:
    """Return a hole whose mask pictures that are named as tiles of a set say so themselves."""

    def named(part: MaskInput) -> MaskInput:
        number = named_tile(part.path, grid) if isinstance(part, InputFile) else None
        return part if number is None else TileMask(number, part)  # type: ignore[arg-type]

    return replace(hole, masks=tuple(map(named, hole.masks)), forbid=tuple(map(named, hole.forbid)))


@dataclass
class TileHole:
    """Parts of a hole, as they lie on each tile of a set.

    A part of one tile is in its pixels. Other pictures and shapes are of all tiles side by side, as their numbers lie;
    what is read off the maps is read off those of each tile.

    Attributes:
        parts: the hole.
        grid: of the set.
        sources: returns where a tile's hole can be read off; asked only if needed.
        name: of the set.
        invert: black is the hole, on the tiles that the parts are of.
    """

    parts: Sequence[MaskInput]
    grid: TileGrid
    sources: Callable[[int], Sources]
    name: str
    invert: bool = False

    def __post_init__(self) -> None:
        for part in self.parts:
            if isinstance(part, TileMask) and part.tile not in self.grid.cells:
                known = ", ".join(map(str, self.grid.cells))
                raise MaskError(f"{self.name} has no tile {part.tile}; it has {known}.")
        self._whole: dict[Path, Mask] = {}
        self._seen: set[str] = set()

    def numbers(self) -> tuple[int, ...]:
        """Return the tiles that the parts may be on."""
        own = {part.tile for part in self.parts if isinstance(part, TileMask)}
        everywhere = any(not isinstance(part, TileMask) for part in self.parts)
        return tuple(n for n in self.grid.cells if everywhere or n in own)

    def mask(self, number: int) -> tuple[Mask, tuple[str, ...]]:
        """Return the hole ``(h, w)`` of a tile, which may be empty, and notes for the user.

        Raises:
            MaskError: a part cannot be used.
        """
        size = (self.grid.height, self.grid.width)
        mask, notes = np.zeros(size, np.float32), list[str]()
        of_tile = [part for part in self.parts if not isinstance(part, TileMask) or part.tile == number]
        for part in of_tile:
            found, said = self._part(part, number, size)
            np.maximum(mask, found, out=mask)
            notes += said
        if self.invert and of_tile:
            mask = np.subtract(np.float32(1), mask)
        return mask, tuple(notes)

    def _part(self, part: MaskInput, number: int, size: Size) -> tuple[Mask, tuple[str, ...]]:
        if isinstance(part, TileMask):
            return build([_spec(part.mask)], size, self._sources(number, part.mask))
        if isinstance(part, InputFile):
            return self._cut(part.path, number), ()
        if part.shape.split(":")[0] in READ:
            return self._read(part, number, size)
        if part.shape.startswith("brush"):
            first = next(iter(self.grid.cells))
            raise MaskError(f"{part.shape} is drawn on one tile; say which, as {first}:{part.shape}.")
        rows, columns = self.grid.box(number)
        return build([shift(parse_shape(part.shape), self.grid.size, (rows.start, columns.start))], size)

    def _sources(self, number: int, part: MaskShape | InputFile) -> Sources:
        is_read = isinstance(part, MaskShape) and part.shape.split(":")[0] in READ
        return self.sources(number) if is_read else Sources()

    def _read(self, part: MaskShape, number: int, size: Size) -> tuple[Mask, tuple[str, ...]]:
        """Return what is read off a tile's maps; nothing where they have nothing to read it off, if others have."""
        try:
            found = build([_spec(part)], size, self.sources(number))
        except MaskError:
            if number == tuple(self.grid.cells)[-1] and part.shape not in self._seen:
                raise
            return np.zeros(size, np.float32), ()
        self._seen.add(part.shape)
        return found

    def _cut(self, path: Path, number: int) -> Mask:
        """Return a tile's part of a picture of all tiles."""
        if path not in self._whole:
            self._whole = {path: read(path)}
        whole = self._whole[path]
        (rows, columns), (height, width) = self.grid.box(number), self.grid.size
        if abs(whole.shape[1] - whole.shape[0] * width / height) > 1:
            across, down = width // self.grid.width, height // self.grid.height
            first = next(iter(self.grid.cells))
            raise MaskError(
                f"{path} names no tile of {self.name}, and is {whole.shape[1]} x {whole.shape[0]}, which is not the "
                f"shape of all tiles side by side ({across} by {down}); name it as {path.stem}.{first}{path.suffix}, "
                f"or give {first}:{path}."
            )
        y = (2 * np.arange(rows.start, rows.stop) + 1) * whole.shape[0] // (2 * height)
        x = (2 * np.arange(columns.start, columns.stop) + 1) * whole.shape[1] // (2 * width)
        return whole[np.ix_(y, x)]


def _spec(part: MaskShape | InputFile) -> MaskSpec:
    return MaskPicture(str(part.path)) if isinstance(part, InputFile) else parse_shape(part.shape)


def near_edges(mask: Mask, reach: float) -> set[tuple[int, int]]:
    """Return to which sides and corners a tile's hole ``(h, w)`` comes near, as rows down and columns right.

    Args:
        mask: of the tile.
        reach: pixels that the hole will be larger on each side.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return set()
    side = max(rows[-1] - rows[0], columns[-1] - columns[0])
    near = int(np.ceil(reach)) + min(max(NEAR, side // 4), FAR)
    lines = {-1: slice(0, near), 0: slice(None), 1: slice(-near, None)}
    ways = ((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right)
    return {way for way in ways if mask[lines[way[0]], lines[way[1]]].any()}


def tiles_near(masks: Iterable[tuple[int, Mask]], grid: TileGrid, reach: float) -> set[int]:
    """Return the tiles that touch or are next to a hole, given by tile; see `near_edges`."""
    found: set[int] = set()
    for number, mask in masks:
        around = grid.neighbours(number)
        found |= {number} | {around[way] for way in near_edges(mask, reach) if way in around}
    return found
