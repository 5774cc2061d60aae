"""Division of a mask into windows that can be filled one at a time, on the plane or on the torus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.masks._label import boxes_of_pieces
from svbrdf_core.masks._local import window
from svbrdf_core.masks._types import Mask, Sample, Size
from svbrdf_core.tensors.torus import cover_spans, grow_span

MANY = 4096
"""More pieces than this (specks all over) are gathered in coarser groups: one window each would only cost time."""


@dataclass(frozen=True, order=True)
class Region:
    """A window of a picture in pixels; on a torus ``top + height`` and ``left + width`` may pass the picture's end."""

    top: int
    left: int
    height: int
    width: int

    def take(self, array: NDArray[Sample]) -> NDArray[Sample]:
        """Cut this window out of ``(H, W)``, around the edges of the torus where it passes them."""
        return window(array, self.top, self.left, self.height, self.width, wrap=True)


def regions(mask: Mask, margin: int, *, tileable: bool = False) -> list[Region]:
    """Cut a mask into disjoint windows, each holding whole pieces of the hole and ``margin`` pixels around them.

    Pieces whose windows would overlap share one. No window is larger than the picture; where it is not tileable, none
    leaves it.

    Args:
        mask: ``(H, W)``, the hole being everything above 0.
        margin: context around each piece, in pixels.
        tileable: the picture is a torus: pieces go on across its edges, and so do windows.

    Returns:
        Windows from top to bottom, with ``0 <= top < H`` and ``0 <= left < W``.
    """
    size = (mask.shape[0], mask.shape[1])
    block = max(margin, 1)
    boxes = boxes_of_pieces(mask, block, tileable)
    while len(boxes) > MANY:
        block *= 2
        boxes = boxes_of_pieces(mask, block, tileable)
    padded = [_pad(box, margin, size, tileable) for box in _join_across_edges(boxes, size)]
    return _sort_regions(list(_merge_overlapping(padded, size)))


def components(mask: Mask, *, tileable: bool = False) -> list[Region]:
    """Return the tight bounding box of every 8-connected piece of a mask, across the edges if ``tileable``."""
    size = (mask.shape[0], mask.shape[1])
    return _sort_regions(_join_across_edges(boxes_of_pieces(mask, 1, tileable), size))


# Boxes are int arrays (top, height, left, width): two spans, one per axis.
Box = NDArray[np.int64]


def _sort_regions(boxes: Sequence[Box]) -> list[Region]:
    return sorted(Region(int(top), int(left), int(height), int(width)) for top, height, left, width in boxes)


def _join_across_edges(pieces: list[Box], size: Size) -> list[Box]:
    """Join the parts ``(n, 4)`` of each piece, which the picture's edges cut, into one box on the torus."""
    return [parts[0] if len(parts) == 1 else _cover(parts, size) for parts in pieces]


def _cover(boxes: Box, size: Size) -> Box:
    rows = cover_spans(boxes[:, 0], boxes[:, 1], size[0])
    cols = cover_spans(boxes[:, 2], boxes[:, 3], size[1])
    return np.array([*rows, *cols])


def _pad(box: Box, margin: int, size: Size, tileable: bool) -> Box:
    rows = grow_span((int(box[0]), int(box[1])), margin, size[0], wrap=tileable)
    cols = grow_span((int(box[2]), int(box[3])), margin, size[1], wrap=tileable)
    return np.array([*rows, *cols])


def _merge_overlapping(boxes: list[Box], size: Size) -> Box:
    """Merge boxes until none overlap."""
    done = np.empty((0, 4), np.int64)
    for box in boxes:
        hit = _overlaps(done, box, size)
        while hit.any():
            box = _cover(np.vstack((done[hit], box)), size)
            done = done[~hit]
            hit = _overlaps(done, box, size)
        done = np.vstack((done, box))
    return done


def _overlaps(boxes: Box, box: Box, size: Size) -> NDArray[np.bool_]:
    hit = np.ones(len(boxes), bool)
    for axis, total in enumerate(size):
        start, length = boxes[:, 2 * axis], boxes[:, 2 * axis + 1]
        ahead = (box[2 * axis] - start) % total
        behind = (start - box[2 * axis]) % total
        hit &= (ahead < length) | (behind < box[2 * axis + 1])
    return hit
