"""The windows that a mask is filled by, each with as much of its surroundings as a fill needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.inpainting.gaps import context_of, tight
from svbrdf_core.masks import Mask, Region, Size, regions
from svbrdf_core.tensors.torus import grow_span, list_positions

LEAST_MARGIN = 256
"""Pixels of context round a hole at the least: what a fill of a small hole may copy from."""
MARGIN = 1.5
"""Context round a hole in its own longer sides: a hole of 256 pixels is filled from a window of 1024."""
APART = 32
"""Pieces of a hole nearer to each other than twice this are always filled together."""


@dataclass(frozen=True)
class FillWindow:
    """One step of a fill.

    Attributes:
        context: the part of the picture that is read.
        pieces: the parts of the picture whose holes are filled in this step.
        wrap: whether the context is the whole torus along rows and along columns.
    """

    context: Region
    pieces: tuple[Region, ...]
    wrap: tuple[bool, bool]


def plan(mask: Mask, tileable: bool, absent: NDArray[np.bool_] | None = None) -> list[FillWindow]:
    """Cut the hole into windows; what lies in one window is filled in one step.

    The cost of each follows its hole, not the picture. Holes that come later are unknown to the windows before them.
    Where nothing of the picture is (``absent``) windows end, as far as can be.
    """
    size = (mask.shape[0], mask.shape[1])
    left = regions(mask, APART, tileable=tileable)
    if absent is not None:
        left = [tight(piece, mask) for piece in left]
    left.sort(key=lambda piece: piece.height * piece.width, reverse=True)
    windows = []
    while left:
        context = (
            _context(left[0], size, tileable)
            if absent is None
            else context_of(left[0], _margin(max(left[0].height, left[0].width)), absent)
        )
        inside = tuple(piece for piece in left if _holds(context, piece, size))
        left = [piece for piece in left if piece not in inside]
        wrap = (tileable and context.height == size[0], tileable and context.width == size[1])
        windows.append(FillWindow(context, inside, wrap))
    return windows


def _context(piece: Region, size: Size, tileable: bool) -> Region:
    margin = _margin(max(piece.height, piece.width) - 2 * APART) - APART
    top, height = grow_span((piece.top, piece.height), margin, size[0], wrap=tileable)
    left, width = grow_span((piece.left, piece.width), margin, size[1], wrap=tileable)
    return Region(top, left, height, width)


def _margin(side: int) -> int:
    return max(LEAST_MARGIN, int(MARGIN * side))


def _holds(context: Region, piece: Region, size: Size) -> bool:
    down = (piece.top - context.top) % size[0] + piece.height <= context.height or context.height == size[0]
    right = (piece.left - context.left) % size[1] + piece.width <= context.width or context.width == size[1]
    return down and right


def coordinates(region: Region, size: Size) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the picture's rows and columns that a window covers, round the torus's edges."""
    rows = list_positions((region.top, region.height), size[0], wrap=True)
    cols = list_positions((region.left, region.width), size[1], wrap=True)
    return rows, cols
