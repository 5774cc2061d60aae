"""Filters of a limited reach, run only on the tiles of a mask that are neither empty nor full."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.masks._types import Hole, Mask, Sample, Size
from svbrdf_core.tensors.torus import list_positions

TILE = 512
SWEEP_REACH = 126
"""Up to this reach squares fit int16, and sweeping rows is faster than scipy's distance transform."""


def tiles(size: Size, edge: int = TILE) -> Iterator[tuple[int, int, int, int]]:
    """Yield the top, left, height and width of tiles that cover a picture."""
    for top in range(0, size[0], edge):
        for left in range(0, size[1], edge):
            yield top, left, min(edge, size[0] - top), min(edge, size[1] - left)


def window(array: NDArray[Sample], top: int, left: int, height: int, width: int, *, wrap: bool) -> NDArray[Sample]:
    """Cut a window that may leave the picture: around the torus if ``wrap``, else padded with 0."""
    total_h, total_w = array.shape
    if 0 <= top and 0 <= left and top + height <= total_h and left + width <= total_w:
        return array[top : top + height, left : left + width]
    if wrap:
        rows = list_positions((top, height), total_h, wrap=True)
        cols = list_positions((left, width), total_w, wrap=True)
        return array[np.ix_(rows, cols)]
    out = np.zeros((height, width), array.dtype)
    y0, y1, x0, x1 = max(top, 0), min(top + height, total_h), max(left, 0), min(left + width, total_w)
    if y0 < y1 and x0 < x1:
        out[y0 - top : y1 - top, x0 - left : x1 - left] = array[y0:y1, x0:x1]
    return out


def filter_tiles(mask: Mask, reach: int, apply: Callable[[Mask], Mask], *, tileable: bool) -> Mask:
    """Run ``apply`` tile by tile, on windows up to ``reach`` pixels larger than the tile.

    No window goes further than the picture does, or on the torus further than half of it, where everything is nearer
    on the other side: so the cost is bounded by the picture, whatever the reach is.

    ``apply`` must leave a window of nothing but 0 or nothing but 1 as it is; such windows are not even computed. What
    lies outside the picture must not matter to it.
    """
    rows, columns = mask.shape
    out = np.empty(mask.shape, np.float32)
    edge = max(TILE, 2 * reach)
    if edge + reach >= max(rows, columns):  # a window of most of the picture may as well be of all
        edge = max(rows, columns)
    for top, left, height, width in tiles((rows, columns), edge):
        above, below = _around(top, height, rows, reach, tileable)
        before, after = _around(left, width, columns, reach, tileable)
        view = window(mask, top - above, left - before, above + height + below, before + width + after, wrap=tileable)
        low, high = view.min(), view.max()
        flat = low == high and low in (0, 1)
        result = view if flat else apply(view)
        out[top : top + height, left : left + width] = result[above : above + height, before : before + width]
    return out


def _around(start: int, length: int, total: int, reach: int, wrap: bool) -> tuple[int, int]:
    """Return how many pixels are looked at before and after a span."""
    if wrap:
        half = min(reach, (total + 1) // 2)
        return half, half
    return min(reach, start), min(reach, total - start - length)


def dilate(hole: Hole, pixels: float) -> Hole:
    """Return a hole grown by a disk; the time is the same for every radius.

    A pixel whose row has the hole ``d`` pixels away is within the disk of all rows up to ``sqrt(pixels^2 - d^2)`` from
    its own: the grown hole is the union of such pieces of columns, counted by where they begin and end.
    """
    height, width = hole.shape
    reach = min(math.floor(pixels), height + width)
    reaches = np.sqrt(max(0.0, pixels * pixels) - np.arange(reach + 1, dtype=np.float64) ** 2).astype(np.int32)
    grown = np.empty(hole.shape, np.bool_)
    away = _row_distance(hole, reach)
    rows = np.arange(height, dtype=np.int32)[:, None]
    for left in range(0, width, TILE):  # keeps the counts small
        strip = away[:, left : left + TILE]
        seen = np.nonzero(strip <= reach)
        half, row = reaches[strip[seen]], rows[seen[0], 0]
        count = strip.shape[1]
        begin = np.bincount(np.maximum(row - half, 0) * count + seen[1], minlength=(height + 1) * count)
        end = np.bincount(np.minimum(row + half + 1, height) * count + seen[1], minlength=(height + 1) * count)
        begin -= end
        inside = np.cumsum(begin.reshape(height + 1, count), axis=0)[:height]
        np.greater(inside, 0, out=grown[:, left : left + TILE])
    return grown


def squared_distance(hole: Hole, reach: int) -> NDArray[np.int32]:
    """Return the squared distance to the nearest pixel of the hole, exact up to ``reach`` and larger than it beyond."""
    limit = (reach + 1) ** 2
    if not hole.any():
        return np.full(hole.shape, limit, np.int32)
    if reach > SWEEP_REACH:
        return np.minimum(_exact(hole, reach), np.int32(limit))
    return _sweep(_row_distance(hole, reach).astype(np.int16), reach).astype(np.int32)


def _exact(hole: Hole, reach: int) -> NDArray[np.int32]:
    """Return squared distances by the nearest pixels, which takes less than half the memory of distances."""
    nearest = ndimage.distance_transform_edt(~hole, return_distances=False, return_indices=True)
    total = np.zeros(hole.shape, np.int32)
    for axis, there in enumerate(nearest):
        here = np.arange(hole.shape[axis], dtype=np.int32)
        there -= here[:, None] if axis == 0 else here
        np.abs(there, out=there)
        np.minimum(there, reach + 1, out=there)  # its square fits
        there *= there
        total += there
    return total


def _row_distance(hole: Hole, reach: int) -> NDArray[np.int32]:
    """Return how far the hole is in each pixel's row, ``reach + 1`` beyond that."""
    far = hole.shape[1] + reach + 1
    cols = np.arange(hole.shape[1], dtype=np.int32)
    before = np.maximum.accumulate(np.where(hole, cols, np.int32(-far)), axis=1)
    after = np.minimum.accumulate(np.where(hole, cols, np.int32(2 * far))[:, ::-1], axis=1)[:, ::-1]
    nearest = np.minimum(cols - before, after - cols)
    return np.minimum(nearest, np.int32(reach + 1))


def _sweep(row: NDArray[np.int16], reach: int) -> NDArray[np.int16]:
    square = row * row
    out, spare = square.copy(), np.empty_like(square)
    for dy in range(1, min(reach, len(row) - 1) + 1):
        for source, target in ((square[:-dy], out[dy:]), (square[dy:], out[:-dy])):
            shifted = np.add(source, np.int16(dy * dy), out=spare[dy:])
            np.minimum(target, shifted, out=target)
    return out
