"""UDIM images: where their tiles lie, the files or bytes of each, and new packed images of repaired tiles."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import bpy

from .files import HEAD, detect_ending, file_of

FIRST, COLUMNS = 1001, 10
"""The lowest tile, and how many are in a row; rows go upward."""
LONGEST = 8192
"""Longest side of a hole over tiles, in pixels; of larger sets it is coarser than the tiles."""
TOKEN = re.compile("<UDIM>|<UVTILE>")


@dataclass(frozen=True)
class TileLayout:
    """Tiles side by side, as their numbers lie, on one canvas.

    Attributes:
        numbers: UDIM numbers.
        height, width: of a tile on the canvas, in pixels.
    """

    numbers: tuple[int, ...]
    height: int
    width: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the canvas."""
        _, _, rows, columns = self._span()
        return rows * self.height, columns * self.width

    @property
    def matrix(self) -> tuple[float, float, float, float, float, float]:
        """From UV to the canvas, 0 to 1."""
        column, row, rows, columns = self._span()
        return (1 / columns, 0.0, -column / columns, 0.0, 1 / rows, -row / rows)

    def box(self, number: int) -> tuple[slice, slice]:
        """Return rows and columns of a tile on the canvas, top row first."""
        column, row, rows, _ = self._span()
        across, up = tile_place(number)
        top, left = (rows - 1 - (up - row)) * self.height, (across - column) * self.width
        return slice(top, top + self.height), slice(left, left + self.width)

    def around(self, numbers: Iterable[int]) -> tuple[int, ...]:
        """Return tiles with those next to them, by side or corner."""
        places = [tile_place(number) for number in numbers]
        return tuple(
            one
            for one, (x, y) in ((number, tile_place(number)) for number in self.numbers)
            if any(abs(x - other) <= 1 and abs(y - up) <= 1 for other, up in places)
        )

    def part(self, numbers: tuple[int, ...]) -> TileLayout:
        """Return the layout of some of the tiles."""
        return TileLayout(numbers, self.height, self.width)

    def _span(self) -> tuple[int, int, int, int]:
        places = [tile_place(number) for number in self.numbers]
        (left, right), (low, high) = ((min(p[at] for p in places), max(p[at] for p in places)) for at in (0, 1))
        return left, low, high - low + 1, right - left + 1


def tile_place(number: int) -> tuple[int, int]:
    """Return column and row of a tile, from 0."""
    row, column = divmod(number - FIRST, COLUMNS)
    return column, row


def is_tiled(image: Any) -> bool:
    """Return whether an image has UDIM tiles."""
    return image is not None and image.source == "TILED"


def layout_of(images: Iterable[Any]) -> TileLayout | None:
    """Return where the tiles of UDIM images lie, each as large as the largest; None if no image has tiles."""
    tiles = [(tile.number, tile.size[1], tile.size[0]) for image in images if is_tiled(image) for tile in image.tiles]
    if not tiles:
        return None
    layout = TileLayout(tuple(sorted({number for number, _, _ in tiles})), *max((h, w) for _, h, w in tiles))
    scale = min(1.0, LONGEST / max(layout.size))
    return TileLayout(layout.numbers, max(1, int(layout.height * scale)), max(1, int(layout.width * scale)))


def tile_path(path: str, number: int) -> str:
    """Return the path of a tile's file for one with ``<UDIM>`` or ``<UVTILE>``."""
    column, row = tile_place(number)
    return path.replace("<UDIM>", str(number)).replace("<UVTILE>", f"u{column + 1}_v{row + 1}")


def tile_original(image: Any, number: int) -> Path | bytes | None:
    """Return the file of a tile, or its bytes if it is packed; None if there is neither."""
    for packed in image.packed_files:
        if packed.tile_number == number:
            return bytes(packed.packed_file.data)
    path = file_of(image)
    found = Path(tile_path(str(path), number)) if path is not None else None
    return found if found is not None and found.is_file() else None


def tile_ending(image: Any, original: Path | bytes) -> str:
    """Return the ending of a tile's format."""
    if isinstance(original, bytes):
        return detect_ending(original[:HEAD], image.filepath)
    with original.open("rb") as stream:
        return detect_ending(stream.read(HEAD), original.name)


def explain_tiles(image: Any) -> str | None:
    """Return why the tiles of an image cannot be repaired, and what to do; None if they can."""
    if image.is_dirty or (not len(image.packed_files) and file_of(image) is None):
        return (
            'The tiles of the UDIM image "{name}" are not saved as they are now; save them (Image > Save) or pack '
            "them, then fill."
        )
    numbers = [tile.number for tile in image.tiles]
    if not numbers or any(tile_original(image, number) is None for number in numbers):
        return 'A tile of the UDIM image "{name}" has no file ({path}); find it, or remove the tile from the image.'
    sizes = {tuple(tile.size) for tile in image.tiles}
    if not all(width and height for width, height in sizes):
        return 'A tile of the UDIM image "{name}" cannot be read; replace its file by one that Blender can show.'
    return None


def load_tiles(files: Mapping[int, bytes], ending: str) -> Any:
    """Return a new UDIM image of the bytes of its tiles, which it keeps as they are."""
    with tempfile.TemporaryDirectory(prefix="svbrdf-") as folder:
        for number, data in files.items():
            Path(folder, f"image.{number}{ending}").write_bytes(data)
        image = bpy.data.images.load(str(Path(folder, f"image.{min(files)}{ending}")))
        image.source = "TILED"
        known = {tile.number for tile in image.tiles}
        for number in sorted(set(files) - known):
            image.tiles.new(tile_number=number)
        image.pack()
    return image


def all_tiles(image: Any) -> dict[int, bytes]:
    """Return the bytes of all tiles of an image that `explain_tiles` lets pass."""
    found = {}
    for tile in image.tiles:
        original = tile_original(image, tile.number)
        if original is not None:
            found[tile.number] = original if isinstance(original, bytes) else original.read_bytes()
    return found


def free_pattern(path: Path, numbers: Iterable[int]) -> Path:
    """Return a path with ``<UDIM>`` of which no tile is there yet: itself, or one with a number before the tile."""
    numbers = tuple(numbers)
    token = TOKEN.search(path.name)
    assert token is not None
    name, rest = path.name[: token.start()].rstrip("._-"), path.name[token.start() :]
    joint = path.name[len(name) : token.start()]
    tries = (path if at == 1 else path.with_name(f"{name}_{at}{joint}{rest}") for at in count(1))
    return next(one for one in tries if not any(Path(tile_path(str(one), number)).exists() for number in numbers))
