"""The grid of a set of UDIM tiles: where each lies on one canvas."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.formats.tile_names import cell_of
from svbrdf_core.masks import Size


@dataclass(frozen=True)
class Crossing:
    """A part of a window that lies in one cell of the grid.

    Attributes:
        tile: UDIM number; None where there is no tile.
        top, left: of the part in the cell.
        rows, columns: of the part in the window.
    """

    tile: int | None
    top: int
    left: int
    rows: slice
    columns: slice


@dataclass(frozen=True)
class TileGrid:
    """Tiles of one size side by side.

    Attributes:
        cells: UDIM number to row and column, row 0 at the top; tiles with higher numbers lie higher.
        height, width: of a cell in pixels.
    """

    cells: Mapping[int, tuple[int, int]]
    height: int
    width: int

    @classmethod
    def of(cls, numbers: Collection[int], height: int, width: int, *, compact: bool = False) -> TileGrid:
        """Lay tiles out as their numbers say; ``compact`` leaves one empty row or column where there are several."""
        places = {number: cell_of(number) for number in sorted(numbers)}
        rows = _positions({row for row, _ in places.values()}, compact)
        columns = _positions({column for _, column in places.values()}, compact)
        top = max(rows.values())
        cells = {number: (top - rows[row], columns[column]) for number, (row, column) in places.items()}
        return cls(MappingProxyType(cells), height, width)

    @property
    def size(self) -> Size:
        """Height and width of the canvas in pixels."""
        rows, columns = (1 + max(cell[axis] for cell in self.cells.values()) for axis in (0, 1))
        return rows * self.height, columns * self.width

    @property
    def is_full(self) -> bool:
        """Whether there is a tile in every cell."""
        height, width = self.size
        return len(self.cells) * self.height * self.width == height * width

    def box(self, number: int) -> tuple[slice, slice]:
        """Return rows and columns of a tile on the canvas."""
        row, column = self.cells[number]
        return (
            slice(row * self.height, (row + 1) * self.height),
            slice(column * self.width, (column + 1) * self.width),
        )

    def cross(self, top: int, left: int, height: int, width: int) -> Iterator[Crossing]:
        """Yield the parts of a window, which goes round the canvas where it leaves it."""
        at = {cell: number for number, cell in self.cells.items()}
        total = self.size
        for row, y, rows in _spans(top, height, self.height, total[0]):
            for column, x, columns in _spans(left, width, self.width, total[1]):
                yield Crossing(at.get((row, column)), y, x, rows, columns)

    def absent(self) -> NDArray[np.bool_] | None:
        """Return ``(H, W)`` true where there is no tile; None if there is one everywhere."""
        if self.is_full:
            return None
        found = np.ones(self.size, np.bool_)
        for number in self.cells:
            found[self.box(number)] = False
        return found

    def neighbours(self, number: int) -> dict[tuple[int, int], int]:
        """Return the tiles round a tile by how many rows down and columns right of it they are."""
        at = {cell: other for other, cell in self.cells.items()}
        row, column = self.cells[number]
        around = ((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right)
        return {way: at[row + way[0], column + way[1]] for way in around if (row + way[0], column + way[1]) in at}


def _positions(used: set[int], compact: bool) -> dict[int, int]:
    positions: dict[int, int] = {}
    before, at = min(used), 0
    for value in sorted(used):
        at += min(value - before, 2) if compact else value - before
        positions[value], before = at, value
    return positions


def _spans(start: int, count: int, cell: int, total: int) -> Iterator[tuple[int, int, slice]]:
    """Yield number, first line in it and lines of the window for each cell that a window meets along an axis."""
    done = 0
    while done < count:
        at = (start + done) % total
        length = min(cell - at % cell, count - done)
        yield at // cell, at % cell, slice(done, done + length)
        done += length
