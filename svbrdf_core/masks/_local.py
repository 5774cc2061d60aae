"""Filters of a limited reach, run only on the tiles of a mask that are neither empty nor full."""

from __future__ import annotations

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


def window(
    array: NDArray[Sample], top: int, left: int, height: int, width: int, *, wrap: bool, outside: float = 0
) -> NDArray[Sample]:
    """Cut a window that may leave the picture: around the torus if ``wrap``, else padded with ``outside``."""
    total_h, total_w = array.shape
    if 0 <= top and 0 <= left and top + height <= total_h and left + width <= total_w:
        return array[top : top + height, left : left + width]
    if wrap:
        rows = list_positions((top, height), total_h, wrap=True)
        cols = list_positions((left, width), total_w, wrap=True)
        return array[np.ix_(rows, cols)]
    out = np.full((height, width), outside, array.dtype)
    y0, y1, x0, x1 = max(top, 0), min(top + height, total_h), max(left, 0), min(left + width, total_w)
    if y0 < y1 and x0 < x1:
        out[y0 - top : y1 - top, x0 - left : x1 - left] = array[y0:y1, x0:x1]
    return out


def filter_tiles(mask: Mask, reach: int, apply: Callable[[Mask], Mask], *, tileable: bool, outside: float = 0) -> Mask:
    """Run ``apply`` tile by tile, on windows ``reach`` pixels larger than the tile.

    ``apply`` must leave a window of nothing but 0 or nothing but 1 as it is; such windows are not even computed.
    """
    out = np.empty(mask.shape, np.float32)
    for top, left, height, width in tiles((mask.shape[0], mask.shape[1]), max(TILE, 2 * reach)):
        view = window(
            mask, top - reach, left - reach, height + 2 * reach, width + 2 * reach, wrap=tileable, outside=outside
        )
        low, high = view.min(), view.max()
        flat = low == high and low in (0, 1)
        result = view if flat else apply(view)
        out[top : top + height, left : left + width] = result[reach : reach + height, reach : reach + width]
    return out


def squared_distance(hole: Hole, reach: int) -> NDArray[np.int32]:
    """Return the squared distance to the nearest pixel of the hole, exact up to ``reach`` and larger than it beyond."""
    limit = (reach + 1) ** 2
    if not hole.any():
        return np.full(hole.shape, limit, np.int32)
    if reach > SWEEP_REACH:
        exact = ndimage.distance_transform_edt(~hole)
        return np.minimum(np.rint(exact * exact), limit).astype(np.int32)
    return _sweep(_row_distance(hole, reach), reach).astype(np.int32)


def _row_distance(hole: Hole, reach: int) -> NDArray[np.int16]:
    far = hole.shape[1] + reach + 1
    cols = np.arange(hole.shape[1], dtype=np.int32)
    before = np.maximum.accumulate(np.where(hole, cols, np.int32(-far)), axis=1)
    after = np.minimum.accumulate(np.where(hole, cols, np.int32(2 * far))[:, ::-1], axis=1)[:, ::-1]
    nearest = np.minimum(cols - before, after - cols)
    return np.minimum(nearest, np.int32(reach + 1)).astype(np.int16)


def _sweep(row: NDArray[np.int16], reach: int) -> NDArray[np.int16]:
    square = row * row
    out, spare = square.copy(), np.empty_like(square)
    for dy in range(1, min(reach, len(row) - 1) + 1):
        for source, target in ((square[:-dy], out[dy:]), (square[dy:], out[:-dy])):
            shifted = np.add(source, np.int16(dy * dy), out=spare[dy:])
            np.minimum(target, shifted, out=target)
    return out
