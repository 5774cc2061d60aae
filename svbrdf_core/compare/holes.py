"""The holes that the literature compares on, by name and for any size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
STRIPS = 8
"""Strips of a hole of strips; as many are left between them."""


def make_square(height: int, width: int) -> Bools:
    """Return a centred square, a quarter of the shorter side wide."""
    return _centred(height, width, max(1, min(height, width) // 4))


def make_half(height: int, width: int) -> Bools:
    """Return the right half (Lugmayr et al. 2022, section 5.1)."""
    hole = np.zeros((height, width), np.bool_)
    hole[:, width // 2 :] = True
    return hole


def make_strips(height: int, width: int) -> Bools:
    """Return level strips with as much between them, a coarse form of alternating lines (Lugmayr et al. 2022)."""
    strips = np.arange(height) * 2 * STRIPS // height % 2 == 1
    return np.repeat(strips[:, None], width, axis=1)


def make_smile(height: int, width: int) -> Bools:
    """Return two eyes and a mouth: thin and thick parts, curved."""
    side = min(height, width)
    y, x = (np.arange(length) - (length - 1) / 2 for length in (height, width))
    y, x = y[:, None] / side, x / side
    radius = np.hypot(y, x)
    mouth = (np.abs(radius - 0.3) < 0.04) & (y > 0.08)
    return mouth | (np.hypot(y + 0.12, np.abs(x) - 0.14) < 0.05)


def make_expand(height: int, width: int) -> Bools:
    """Return all but a centred square, a quarter of the longer side wide (Lugmayr et al. 2022, section 5.1)."""
    return ~_centred(height, width, min(height, width, max(1, max(height, width) // 4)))


def _centred(height: int, width: int, side: int) -> Bools:
    hole = np.zeros((height, width), np.bool_)
    top, left = (height - side) // 2, (width - side) // 2
    hole[top : top + side, left : left + side] = True
    return hole


HOLES: dict[str, Callable[[int, int], Bools]] = {
    "square": make_square,
    "half": make_half,
    "strips": make_strips,
    "smile": make_smile,
    "expand": make_expand,
}
"""Makes a hole, bool ``(height, width)``."""
