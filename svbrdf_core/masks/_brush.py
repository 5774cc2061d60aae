"""Free-form brush masks for training and benchmarks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from svbrdf_core.errors import MaskError
from svbrdf_core.masks._shapes import Point, add_capsule
from svbrdf_core.masks._types import Mask, Size


@dataclass(frozen=True)
class BrushSettings:
    """The numbers of the generator; the defaults are the paper's.

    Attributes:
        strokes: fewest and most strokes.
        vertices: fewest and most corners of a stroke.
        width: smallest and largest width of a stroke, pixels.
        length: mean and standard deviation of a segment, as a part of the picture's diagonal.
    """

    strokes: tuple[int, int] = (1, 3)
    vertices: tuple[int, int] = (4, 11)
    width: tuple[float, float] = (12, 40)
    length: tuple[float, float] = (1 / 8, 1 / 16)


PAPER = BrushSettings()


def brush(
    size: Size, generator: np.random.Generator, settings: BrushSettings = PAPER, *, tileable: bool = False
) -> Mask:
    """Draw random strokes of a round brush.

    Yu et al., *Free-Form Image Inpainting with Gated Convolution* (ICCV 2019, arXiv 2018), algorithm 1: from a random
    start, corner after corner in a random direction by a random length. The largest angle, which is open there, is a
    full turn here, so that no direction is preferred.

    Args:
        size: height and width in pixels.
        generator: the only source of randomness.
        settings: counts, widths and lengths.
        tileable: strokes go on across the edges; otherwise their corners are held inside the picture.

    Returns:
        ``(H, W)`` of 0 and 1, never empty.
    """
    if min(size) < 1:
        raise MaskError(f"A brush mask of {size[1]} x {size[0]} pixels has no room for a stroke.")
    mask = np.zeros(size, np.float32)
    for _ in range(generator.integers(*settings.strokes, endpoint=True)):
        radius = generator.uniform(*settings.width) / 2
        corners = _stroke(size, generator, settings, tileable)
        for start, end in pairwise(corners):
            add_capsule(mask, start, end, radius, tileable=tileable)
    return mask


def _stroke(size: Size, generator: np.random.Generator, settings: BrushSettings, tileable: bool) -> list[Point]:
    height, width = size
    diagonal = math.hypot(height, width)
    mean, deviation = (part * diagonal for part in settings.length)
    x, y = generator.uniform(0, width), generator.uniform(0, height)
    corners = [(x, y)]
    for _ in range(1, generator.integers(*settings.vertices, endpoint=True)):
        angle = generator.uniform(0, 2 * math.pi)
        length = np.clip(generator.normal(mean, deviation), 0, 2 * mean)
        x, y = x + length * math.cos(angle), y + length * math.sin(angle)
        if not tileable:
            x, y = min(max(x, 0), width), min(max(y, 0), height)
        corners.append((float(x), float(y)))
    return corners
