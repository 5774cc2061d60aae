"""Holes with a name: those that papers fill, at the size of each material."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from svbrdf_core import masks
from svbrdf_core.masks import Mask, Size


@dataclass(frozen=True)
class NamedHole:
    """A hole of any size of picture.

    Attributes:
        words: what it is.
        make: returns the mask ``(H, W)``, 0 or 1, of a picture of a height and width.
    """

    words: str
    make: Callable[[Size], Mask]


def _square(size: Size) -> Mask:
    side = max(1, min(size) // 4)
    return _centred(size, (side, side))


def _expand(size: Size) -> Mask:
    height, width = size
    return 1 - _centred(size, (max(1, height // 4), max(1, width // 4)))


def _centred(size: Size, hole: Size) -> Mask:
    mask = np.zeros(size, np.float32)
    top, left = ((outer - inner) // 2 for outer, inner in zip(size, hole, strict=True))
    mask[top : top + hole[0], left : left + hole[1]] = 1
    return mask


def _half(size: Size) -> Mask:
    mask = np.zeros(size, np.float32)
    mask[:, size[1] // 2 :] = 1
    return mask


def _strips(size: Size) -> Mask:
    mask = np.zeros(size, np.float32)
    edges = np.linspace(0, size[0], 9).astype(int)
    for top, bottom in zip(edges[1::2], edges[2::2], strict=True):
        mask[top:bottom] = 1
    return mask


def _smile(size: Size) -> Mask:
    height, width = size
    y = (np.arange(height)[:, None] + 0.5) / height
    x = (np.arange(width) + 0.5) / width
    return (((x - 0.5) / 0.25) ** 2 + ((y - 0.72) / 0.12) ** 2 <= 1).astype(np.float32)


def _brush(size: Size) -> Mask:
    return masks.brush(size, np.random.default_rng(0))


NAMED = {
    "square": NamedHole("centred, a quarter of the shorter side", _square),
    "half": NamedHole("the right half", _half),
    "strips": NamedHole("every second one of eight strips across the picture", _strips),
    "smile": NamedHole("an ellipse low in the middle, where a face has its mouth", _smile),
    "brush": NamedHole("free-form strokes (Yu et al. 2019), the same on each material of a size", _brush),
    "expand": NamedHole("all but a quarter of height and width in the middle (Lugmayr et al. 2022)", _expand),
}
"""By their names, as ``--masks`` takes them."""
