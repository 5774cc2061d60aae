"""Stamps of shapes into masks: only the bounding box is looked at, around the torus if asked."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import MaskError
from svbrdf_core.masks._types import Hole, Mask

Coords = NDArray[np.floating[Any]]
Inside = Callable[[Coords, Coords], Hole]
"""From x ``(1, w)`` and y ``(h, 1)`` of pixel centres to ``(h, w)``, true inside."""

MAX_COPIES = 16
"""How many times the area of its torus a shape's box may have; small pictures take up to ``MAX_PIXELS``."""

MAX_PIXELS = 2**20

BAND = 256
"""Rows looked at together, which bounds the memory."""


@dataclass(frozen=True)
class Bounds:
    """The box of a shape in continuous pixel coordinates; pixel ``i`` covers ``i .. i + 1``."""

    left: float
    top: float
    right: float
    bottom: float


def stamp(mask: Mask, bounds: Bounds, inside: Inside, *, tileable: bool) -> None:
    """Set to 1 every pixel whose centre is inside; what leaves the picture is cut, or wrapped if ``tileable``.

    Raises:
        MaskError: the shape would lie over a torus too many times.
    """
    height, width = mask.shape
    area = (bounds.right - bounds.left) * (bounds.bottom - bounds.top)
    if tileable and area > max(MAX_COPIES * mask.size, MAX_PIXELS):
        raise MaskError(f"A shape is more than {MAX_COPIES} times as large as the tileable picture; make it smaller.")
    x0, x1 = _pixels(bounds.left, bounds.right, width, tileable)
    y0, y1 = _pixels(bounds.top, bounds.bottom, height, tileable)
    xs = np.arange(x0, x1)[None, :] + 0.5
    for top in range(y0, y1, BAND):
        bottom = min(top + BAND, y1)
        hit = inside(xs, np.arange(top, bottom)[:, None] + 0.5)
        if 0 <= x0 and x1 <= width and 0 <= top and bottom <= height:
            mask[top:bottom, x0:x1][hit] = 1
        else:
            y, x = np.nonzero(hit)
            mask[(y + top) % height, (x + x0) % width] = 1


def _pixels(low: float, high: float, total: int, tileable: bool) -> tuple[int, int]:
    """Return first and last + 1 of the pixels to look at."""
    if not tileable:
        low, high = min(max(low, 0), total), min(max(high, 0), total)
    return math.floor(low), math.ceil(high)
