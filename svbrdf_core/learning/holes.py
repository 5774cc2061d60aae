"""Distributions of synthetic holes that networks are trained to fill."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.masks import BrushSettings, brush

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

HoleDistribution = Callable[[Bools, int, int, np.random.Generator], Bools]
"""Draws holes ``(count, side, side)``, none of them empty, from the hole to be filled ``(H, W)``, side and count."""

SIMILAR = 0.7
"""Share of `draw_similar_holes` that have the shape of the hole; the others are strokes of a brush."""
MIN_AREA, MAX_AREA = 0.04, 0.4
"""The part of a crop that a hole of `draw_similar_holes` may cover, about."""


def draw_similar_holes(hole: Bools, side: int, count: int, rng: np.random.Generator) -> Bools:
    """Draw holes most of which have the shape of the one to be filled, turned, mirrored and resized.

    Args:
        hole: ``(H, W)``, the one to be filled.
        side: of the crops.
        count: how many.
        rng: the only source of randomness.

    Returns:
        ``(count, side, side)``, none of them empty.
    """
    ys, xs = np.nonzero(hole)
    shape = hole[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    holes = np.zeros((count, side, side), np.bool_)
    for drawn in holes:
        drawn |= _place_shape(shape, side, rng) if rng.random() < SIMILAR else _draw_stroke(len(ys), side, rng)
        drawn[side // 2, side // 2] |= not drawn.any()
    return holes


def draw_brush_holes(hole: Bools, side: int, count: int, rng: np.random.Generator) -> Bools:
    """Draw free-form brush masks (Cherel et al. 2024, section III.C), whatever the hole is like.

    Widths are those of crops of 256 pixels; on smaller ones they shrink with the side. Arguments and result are those
    of `draw_similar_holes`.
    """
    settings = BrushSettings(width=(12 * side / 256, 40 * side / 256)) if side < 256 else BrushSettings()
    return np.stack([brush((side, side), rng, settings) > 0 for _ in range(count)])


def draw_whole_crops(hole: Bools, side: int, count: int, rng: np.random.Generator) -> Bools:
    """Draw holes that are all of the crop, for networks that learn whole pictures; see `draw_similar_holes`."""
    return np.ones((count, side, side), np.bool_)


def _place_shape(shape: Bools, side: int, rng: np.random.Generator) -> Bools:
    """Return the shape turned, mirrored and resized at a random place."""
    shape = np.rot90(shape, int(rng.integers(4)))
    shape = shape[:, ::-1] if rng.random() < 0.5 else shape
    area = max(float(shape.sum()), 1.0) / side**2
    scale = math.exp(rng.normal(0, 0.3)) * math.sqrt(min(max(area, MIN_AREA), MAX_AREA) / area)
    height, width = (max(2, min(side - 4, round(length * scale))) for length in shape.shape)
    rows, columns = (np.arange(n) * m // n for n, m in ((height, shape.shape[0]), (width, shape.shape[1])))
    top, left = (int(rng.integers(side - length + 1)) for length in (height, width))
    out = np.zeros((side, side), np.bool_)
    out[top : top + height, left : left + width] = shape[rows[:, None], columns]
    return out


def _draw_stroke(pixels: int, side: int, rng: np.random.Generator) -> Bools:
    """Return the trace of a brush that is rubbed to and fro (after Yu et al. 2019, section 4.2)."""
    area = min(max(pixels / side**2, MIN_AREA), MAX_AREA) * side**2
    radius = rng.uniform(1.5, math.sqrt(area) / 3 + 1.5)
    at, angle = rng.uniform(0, side, 2), rng.uniform(0, 2 * math.pi)
    y, x = np.mgrid[:side, :side]
    out = np.zeros((side, side), np.bool_)
    for _ in range(max(3, round(area / (4 * radius * radius)))):
        angle += rng.normal(0, 0.8)
        at = np.clip(at + 1.5 * radius * np.array([math.sin(angle), math.cos(angle)]), 0, side - 1)
        out |= (y - at[0]) ** 2 + (x - at[1]) ** 2 <= radius * radius
    return out
