"""Connected components of a mask and the boxes around them, across the edges of the torus if asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.masks._types import Hole, Mask
from svbrdf_core.tensors.torus import find_span

EIGHT = np.ones((3, 3), bool)
Ints = NDArray[np.int64]


def boxes_of_pieces(mask: Mask, block: int, tileable: bool) -> list[Ints]:
    """Find what is 8-connected on a grid of ``block`` pixels and the exact boxes around its marked pixels.

    Marked pixels in neighbouring blocks are less than two blocks apart, so windows with a margin of one block around
    them overlap; who merges such windows anyway can look at blocks, which makes a large mask cheap.

    Returns:
        For each piece an array ``(parts, 4)`` of top, height, left, width; a piece has several parts where the edges of
        the picture cut it.
    """
    (top, height), (left, width) = find_span(mask.any(axis=1)), find_span(mask.any(axis=0))
    if not height:
        return []
    if tileable and (height == mask.shape[0] or width == mask.shape[1]):
        return _boxes(mask > 0, block, wrap=True)
    crop = mask[top : top + height, left : left + width] > 0
    offset = np.array([top, 0, left, 0])
    return [parts + offset for parts in _boxes(crop, block, wrap=False)]


def _boxes(hole: Hole, block: int, *, wrap: bool) -> list[Ints]:
    if block == 1:
        labels, count = _label_pieces(hole)
        found = [_from_slices(*piece) for piece in ndimage.find_objects(labels)]
        boxes = np.array(found, np.int64)
    else:
        labels, count, boxes = _coarse(hole, block)
    if not wrap:
        return list(boxes[:, None])
    group = _across_edges(labels, count)
    order = np.argsort(group, kind="stable")
    return np.split(boxes[order], np.flatnonzero(np.diff(group[order])) + 1)


def _label_pieces(marked: Hole) -> tuple[NDArray[np.int32], int]:
    labels = np.empty(marked.shape, np.int32)
    return labels, int(ndimage.label(marked, EIGHT, output=labels))


def _from_slices(rows: slice, cols: slice) -> tuple[int, int, int, int]:
    return rows.start, rows.stop - rows.start, cols.start, cols.stop - cols.start


def _coarse(hole: Hole, block: int) -> tuple[NDArray[np.int32], int, Ints]:
    """Label occupied blocks; the boxes are exact all the same, from the first and last marked line of each block."""
    tall, wide = -(-hole.shape[0] // block), -(-hole.shape[1] // block)
    grid = np.zeros((tall * block, wide * block), bool)
    grid[: hole.shape[0], : hole.shape[1]] = hole
    blocks = grid.reshape(tall, block, wide, block)
    lines: Hole = np.any(blocks, axis=3)
    columns: Hole = np.any(blocks, axis=1)
    labels, count = _label_pieces(np.any(lines, axis=1))
    y, x = np.nonzero(labels)
    at = labels[y, x].astype(np.int64) - 1
    rows = _extent(lines.transpose(0, 2, 1)[y, x], y * block, at, count)
    cols = _extent(columns[y, x], x * block, at, count)
    return labels, count, np.stack((*rows, *cols), axis=1)


def _extent(marked: Hole, offset: Ints, at: Ints, count: int) -> tuple[Ints, Ints]:
    """Return start and length, per label, of the marked lines ``(n, block)`` of its blocks."""
    first = np.full(count, np.iinfo(np.int64).max)
    last = np.zeros(count, np.int64)
    np.minimum.at(first, at, offset + marked.argmax(axis=1))
    np.maximum.at(last, at, offset + marked.shape[1] - marked[:, ::-1].argmax(axis=1))
    return first, last - first


def _across_edges(labels: NDArray[np.int32], count: int) -> Ints:
    """Give every label the number of its group, joining labels that touch across opposite edges or corners."""
    parent = list(range(count + 1))

    def root(label: int) -> int:
        while parent[label] != label:
            parent[label] = parent[parent[label]]
            label = parent[label]
        return label

    for a, b in _find_touching(labels):
        parent[root(a)] = root(b)
    return np.array([root(label) for label in range(1, count + 1)])


def _find_touching(labels: NDArray[np.int32]) -> list[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for first, last in ((labels[0], labels[-1]), (labels[:, 0], labels[:, -1])):
        for shift in (-1, 0, 1):
            other = np.roll(last, shift)
            both = (first > 0) & (other > 0)
            found.update(zip(first[both].tolist(), other[both].tolist(), strict=True))
    return sorted(found)
