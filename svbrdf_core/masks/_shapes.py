"""Rectangles, circles and polygons with hard edges: a pixel is in the hole if its centre is inside.

Hard, because half-marked pixels would let half of a stain show through; ``feather`` adds a soft rim where wanted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from svbrdf_core.masks._stamp import Bounds, Coords, stamp
from svbrdf_core.masks._types import Hole, Mask

Point = tuple[float, float]
"""x and y in pixels from the top left corner of the picture."""


def add_rect(mask: Mask, x: float, y: float, width: float, height: float, *, tileable: bool = False) -> None:
    """Mark a rectangle, given its left, top, width and height in pixels."""

    def inside(xs: Coords, ys: Coords) -> Hole:
        hole: Hole = (xs >= x) & (xs < x + width) & (ys >= y) & (ys < y + height)
        return hole

    stamp(mask, Bounds(x, y, x + width, y + height), inside, tileable=tileable)


def add_circle(mask: Mask, x: float, y: float, radius: float, *, tileable: bool = False) -> None:
    """Mark a disk, given its centre and radius in pixels."""
    add_capsule(mask, (x, y), (x, y), radius, tileable=tileable)


def add_capsule(mask: Mask, start: Point, end: Point, radius: float, *, tileable: bool = False) -> None:
    """Mark everything within ``radius`` pixels of a line segment: one stroke of a round brush."""
    (ax, ay), (bx, by) = start, end
    ux, uy = bx - ax, by - ay
    square = ux * ux + uy * uy

    def inside(xs: Coords, ys: Coords) -> Hole:
        px, py = xs - ax, ys - ay
        along = np.clip((px * ux + py * uy) / square, 0, 1) if square else 0.0
        hole: Hole = (px - along * ux) ** 2 + (py - along * uy) ** 2 <= radius * radius
        return hole

    bounds = Bounds(min(ax, bx) - radius, min(ay, by) - radius, max(ax, bx) + radius, max(ay, by) + radius)
    stamp(mask, bounds, inside, tileable=tileable)


def add_polygon(mask: Mask, points: Sequence[Point], *, tileable: bool = False) -> None:
    """Mark a polygon of at least three corners in pixels; where it overlaps itself the even-odd rule holds."""
    corners = np.asarray(points, np.float64)

    def inside(xs: Coords, ys: Coords) -> Hole:
        return _even_odd(corners, xs[0], ys[:, 0])

    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    stamp(mask, Bounds(float(left), float(top), float(right), float(bottom)), inside, tileable=tileable)


def _even_odd(corners: Coords, xs: Coords, ys: Coords) -> Hole:
    """Toggle at every crossing of a row of pixel centres with an edge; inside is where the count so far is odd."""
    toggles = np.zeros((len(ys), len(xs) + 1), np.uint8)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        low, high = min(ay, by), max(ay, by)
        first, stop = np.searchsorted(ys, (low, high))
        rows = np.arange(first, stop)
        if len(rows):
            crossing = ax + (ys[rows] - ay) * ((bx - ax) / (by - ay))
            toggles[rows, np.searchsorted(xs, crossing)] ^= 1
    hole: Hole = np.bitwise_xor.accumulate(toggles[:, :-1], axis=1).astype(bool)
    return hole
