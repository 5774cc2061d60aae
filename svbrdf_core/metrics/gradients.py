"""Differences of neighbouring pixels that lie whole in a mask."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from svbrdf_core.metrics.scene import Bools, Floats

FAINT = 1 / 1020
"""A quarter of a step of 8 bits: a map whose neighbours differ by less on average has no detail to speak of."""


def steps(values: Floats) -> tuple[Floats, Floats]:
    """Return the differences to the neighbour below and to the right, ``(C, h-1, w)`` and ``(C, h, w-1)``."""
    return values[:, 1:] - values[:, :-1], values[:, :, 1:] - values[:, :, :-1]


def pairs(mask: Bools) -> tuple[Bools, Bools]:
    """Return which of the `steps` have both ends in a mask."""
    return mask[1:] & mask[:-1], mask[:, 1:] & mask[:, :-1]


def edges(values: Floats) -> Floats:
    """Return the strength of edges ``(h, w)``: the length of the gradient over all channels, by Sobel's filter.

    Its unit is the map's per pixel; the outermost pixels see the picture mirrored.
    """
    total = np.zeros(values.shape[1:], np.float32)
    for channel in values:
        for axis in (0, 1):
            total += (ndimage.sobel(channel, axis=axis) / np.float32(8)) ** 2
    strength: Floats = np.sqrt(total)
    return strength
