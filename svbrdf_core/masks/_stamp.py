"""Setting the pixels of a shape in a mask: only its bounding box is looked at, around the torus if asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import MaskError
from svbrdf_core.masks._types import Hole, Mask

Coords = NDArray[np.floating[Any]]
Inside = Callable[[Coords, Coords], Hole]
"""From x ``(1, w)`` and y ``(h, 1)`` of pixel centres to ``(h, w)``, true inside."""

MAX_TURNS = 2
"""How many times its picture's size a shape on a torus may have."""


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
        MaskError: the shape would wrap more than ``MAX_TURNS`` times.
    """
    height, width = mask.shape
    if tileable and (bounds.right - bounds.left > MAX_TURNS * width or bounds.bottom - bounds.top > MAX_TURNS * height):
        raise MaskError(f"A shape is more than {MAX_TURNS} times as large as the tileable picture; make it smaller.")
    for dy in _shifts(bounds.top, bounds.bottom, height, tileable):
        for dx in _shifts(bounds.left, bounds.right, width, tileable):
            x0, x1 = _clip(bounds.left - dx, bounds.right - dx, width)
            y0, y1 = _clip(bounds.top - dy, bounds.bottom - dy, height)
            if x0 < x1 and y0 < y1:
                xs = np.arange(x0, x1)[None, :] + (dx + 0.5)
                ys = np.arange(y0, y1)[:, None] + (dy + 0.5)
                mask[y0:y1, x0:x1][inside(xs, ys)] = 1


def _shifts(low: float, high: float, total: int, tileable: bool) -> Iterator[int]:
    if not tileable:
        return iter((0,))
    return iter(range(math.floor(low / total) * total, math.ceil(high / total) * total + 1, total))


def _clip(low: float, high: float, total: int) -> tuple[int, int]:
    return max(math.floor(max(low, 0)), 0), min(math.ceil(min(high, total)), total)
