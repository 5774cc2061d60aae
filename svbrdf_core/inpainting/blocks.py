"""A large unknown area cut into blocks, which are filled one after the other from what is known outwards.

A fill of all at once has known pixels on one side only and ends far away in what is most common; a block has some on
two or three sides, and costs memory and time as a hole of its size does.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.inpainting.windows import FillWindow, plan
from svbrdf_core.masks import Mask, Region
from svbrdf_core.tensors.torus import Span, find_span, grow_span

Bools = NDArray[np.bool_]

SIDES = (256, 512)
"""Longest side of a block: of a canvas up to `LARGE` pixels a side, and of larger ones."""
LARGE = 2048
MARGIN = 64
"""Pixels of what is known round a block that it sees."""
DIAGONAL = 0.3
"""What a known block across a corner counts against one across an edge, in the order of the blocks."""


def choose_side(height: int, width: int) -> int:
    """Return the longest side of the blocks of a canvas."""
    return SIDES[max(height, width) > LARGE]


def plan_fill(hole: Mask, tileable: bool, absent: Bools | None, block: int | None) -> list[FillWindow]:
    """Return the windows that a hole ``(H, W)`` is filled by: blocks of a size, or what is near to each other."""
    return plan(hole, tileable, absent) if block is None else plan_blocks(hole > 0, block)


def plan_blocks(hole: Bools, side: int) -> list[FillWindow]:
    """Cut a hole into blocks, each with what is known round it when its turn comes.

    The block that has most known around it comes next. Blocks begin and end where a large known part does.

    Args:
        hole: ``(H, W)``, not everything.
        side: the longest of a block.
    """
    rows, columns = (_cut(find_span((~hole).any(1 - axis)), hole.shape[axis], side) for axis in (0, 1))
    share = np.array([[1 - _take(hole, row, column).mean() for column in columns] for row in rows])
    left = hole.copy()
    windows = []
    while (open_ := share < 1).any():
        y, x = np.unravel_index(np.argmax(np.where(open_, _count_around(share), -1)), share.shape)
        row, column = rows[y], columns[x]
        windows.append(FillWindow(_context(left, row, column), (_region(row, column),), (False, False)))
        _take(left, row, column)[:] = False
        share[y, x] = 1
    return windows


def _cut(known: Span, total: int, side: int) -> list[Span]:
    """Return spans of about equal length of a line: before, in and behind what is known, if that is long enough."""
    ends = [0, known[0], known[0] + known[1], total] if known[1] >= side else [0, total]
    found = []
    for start, end in pairwise(ends):
        count = -(-(end - start) // side)
        edges = [start + (end - start) * n // count for n in range(count + 1)] if count else []
        found += [(a, b - a) for a, b in pairwise(edges)]
    return found


def _take(picture: Bools, row: Span, column: Span) -> Bools:
    return picture[row[0] : row[0] + row[1], column[0] : column[0] + column[1]]


def _count_around(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much is known in each block and around it."""
    around = np.pad(share, 1)
    height, width = share.shape
    found = 2 * share
    for dy in range(3):
        for dx in range(3):
            weight = 0.0 if dy == dx == 1 else DIAGONAL if dy != 1 and dx != 1 else 1.0
            found = found + weight * around[dy : dy + height, dx : dx + width]
    return found


def _context(hole: Bools, row: Span, column: Span) -> Region:
    """Return a block with a margin on the sides where anything is known."""
    (top, height), (left, width) = (
        grow_span(span, MARGIN, total) for span, total in zip((row, column), hole.shape, strict=True)
    )
    known = ~hole[top : top + height, left : left + width]
    top, height = _shrink(np.asarray(known.any(axis=1)), top, row)
    left, width = _shrink(np.asarray(known.any(axis=0)), left, column)
    return Region(top, left, height, width)


def _shrink(known: Bools, start: int, inner: Span) -> Span:
    """Return the lines of a context from the first to the last that is known, and all of its block."""
    at = np.flatnonzero(known) + start
    first, end = inner[0], inner[0] + inner[1]
    if len(at):
        first, end = min(first, int(at[0])), max(end, int(at[-1]) + 1)
    return first, end - first


def _region(row: Span, column: Span) -> Region:
    return Region(row[0], column[0], row[1], column[1])
