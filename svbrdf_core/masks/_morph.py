"""Morphology of masks: grow, shrink, feather and invert, on the plane or on the torus."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.errors import MaskError
from svbrdf_core.masks._local import dilate, filter_tiles, squared_distance
from svbrdf_core.masks._types import Mask

MANY_ROWS = 64
"""Up to this radius a soft mask may grow row by row of the disk; beyond that the time would grow with the radius."""
LEVELS = 16
"""Steps of value in which a soft mask grows otherwise, if it has more values than that."""


def grow(mask: Mask, pixels: float, *, tileable: bool = False) -> Mask:
    """Grow a mask by a disk; a soft rim keeps its profile and moves outward.

    Exact up to 64 pixels, and beyond that for masks of at most 16 values; else values are right to 1/32, and what is 0,
    or the highest, is exact.

    Args:
        mask: ``(H, W)`` in 0..1.
        pixels: radius of the disk, between pixel centres; negative shrinks.
        tileable: grow around the edges of the picture.

    Raises:
        MaskError: the radius is not a number.
    """
    if pixels < 0:
        return shrink(mask, -pixels, tileable=tileable)
    reach = _reach(pixels)

    return filter_tiles(mask, reach, partial(_dilate_soft, pixels=pixels), tileable=tileable) if reach else mask.copy()


def shrink(mask: Mask, pixels: float, *, tileable: bool = False) -> Mask:
    """Shrink a mask by a disk of radius ``pixels``; a hole that touches the border is not eaten from there."""
    return invert(grow(invert(mask), abs(pixels), tileable=tileable))


def invert(mask: Mask) -> Mask:
    """Swap hole and known."""
    return np.subtract(np.float32(1), mask, dtype=np.float32)


def feather(mask: Mask, pixels: float, *, inward: bool = False, tileable: bool = False) -> Mask:
    """Give a mask a soft rim ``pixels`` wide.

    By default the rim lies **outside**: what was marked is replaced whole (half a stain would stay visible under an
    inward rim) and the ``pixels`` around it become part of the mask, with values that fall smoothly to 0. Inward
    leaves the hole as it is and fades in from its edge, for holes drawn generously. Values at or above half of the
    largest count as marked, so an antialiased edge does not weaken the rim; existing soft values are kept where higher.

    Args:
        mask: ``(H, W)`` in 0..1.
        pixels: width of the rim; 0 changes nothing.
        inward: put the rim inside the hole.
        tileable: work around the edges of the picture.

    Raises:
        MaskError: the width is negative or not a number.
    """
    if pixels < 0:
        raise MaskError(f"A feather of {pixels:g} pixels makes no sense; give 0 or more.")
    reach = _reach(pixels)
    if not reach or not mask.any():
        return mask.copy()
    peak = np.float32(mask.max())

    def outer(view: Mask) -> Mask:
        rim: Mask = peak * (1 - _ramp(squared_distance(view >= peak / 2, reach), pixels))
        return np.maximum(view, rim)

    def inner(view: Mask) -> Mask:
        return np.minimum(view, _ramp(squared_distance(view == 0, reach), pixels))

    if inward:
        return filter_tiles(mask, reach, inner, tileable=tileable)
    return filter_tiles(mask, reach, outer, tileable=tileable)


def _reach(pixels: float) -> int:
    if not math.isfinite(pixels):
        raise MaskError("A mask can only grow, shrink or soften by a finite number of pixels.")
    return math.floor(abs(pixels))


def _ramp(squared: NDArray[np.int32], pixels: float) -> Mask:
    """Rise from 0 at distance 0 to 1 beyond ``pixels``, level at both ends so that no crease shows."""
    t: Mask = np.sqrt(squared, dtype=np.float32)
    t /= np.float32(pixels + 1)
    t[squared > pixels * pixels] = 1
    rise: Mask = t * t * (3 - 2 * t)
    return rise


def _dilate_soft(view: Mask, pixels: float) -> Mask:
    """Take the maximum over a disk: value by value where that is less work than row by row of the disk."""
    values = np.unique(view[view > 0])
    if len(values) > min(LEVELS, pixels):
        if pixels <= MANY_ROWS:
            return _dilate_rows(view, pixels)
        steps = np.searchsorted(values, np.arange(1, LEVELS) / LEVELS)
        values = values[np.unique(np.concatenate(([0], steps[steps < len(values)], [len(values) - 1])))]
    out = np.zeros_like(view)
    for value, above in zip(values, [*values[1:], None], strict=True):
        # Between two steps the middle is the nearest to all; a mask of few values has nothing there.
        inside = view[(view >= value) & (view < above)] if above is not None else view[view >= value]
        out[dilate(view >= value, pixels)] = (inside.min() + inside.max()) / 2
    return out


def _dilate_rows(view: Mask, pixels: float) -> Mask:
    out = view.copy()
    for dy in range(min(math.floor(pixels) + 1, len(view))):
        half = math.floor(math.sqrt(pixels * pixels - dy * dy))
        row = ndimage.maximum_filter1d(view, 2 * half + 1, axis=1, mode="constant")
        np.maximum(out[dy:], row[: len(row) - dy], out=out[dy:])
        np.maximum(out[: len(row) - dy], row[dy:], out=out[: len(row) - dy])
    return out
