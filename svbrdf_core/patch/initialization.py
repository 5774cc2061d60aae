"""The coarse start of a fill that another method provides, and the measure it is compared with others by."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from svbrdf_core.patch.types import Bools, Floats, Initialization
from svbrdf_core.tensors.pyramid import Plane, halve

SPREAD = 8.0
"""Pixels over which texture features go on into the hole; initializations do not know them, the first votes do."""


def initialize_pixels(
    image: Floats, known: Bools, allowed: Bools, count: int, depth: int, initialization: Initialization
) -> Floats | None:
    """Return the hole's pixels at a coarse scale, ``(N, C)`` in reading order; None if the initialization has nothing.

    Args:
        image: float32 ``(H, W, C)``, as `feature_image` makes it.
        known: bool ``(H, W)``.
        allowed: bool ``(H, W)``, where pixels may be copied from.
        count: how many of the channels are maps; the others are texture features.
        depth: how often the picture is halved.
        initialization: fills the maps.
    """
    plane = Plane(image, known, allowed)
    for _ in range(depth):
        plane = halve(plane)
    hole = ~plane.known
    filled = plane.image.copy()
    made = initialization.make(np.ascontiguousarray(plane.image[..., :count]), plane.known, plane.allowed)
    if made is None:
        return None
    filled[..., :count] = made
    weight = ndimage.gaussian_filter(plane.known.astype(np.float32), SPREAD) + np.float32(1e-6)
    for channel in range(count, image.shape[2]):
        spread = ndimage.gaussian_filter(plane.image[..., channel] * plane.known, SPREAD) / weight
        filled[hole, channel] = spread[hole]
    pixels: Floats = filled[hole]
    return pixels


def count_halvings(thickness: float, max_hole_thickness: int) -> int:
    """Return how often to halve a picture, at least once, until a hole has at most ``max_hole_thickness`` pixels."""
    return max(1, math.ceil(math.log2(thickness / max_hole_thickness)))


def measure_softness(image: Floats, known: Bools) -> float:
    """Return the factor on the energy of a fill whose pixels differ less, or more, than known ones do.

    A soft fill finds soft sources that match it well, so its energy alone is no fair measure against a sharp one. The
    factor is the fourth root of the mean squared differences' ratio: the whole of it would choose noise, none of it
    chooses blur (`docs/diffusion.md` has the figures).

    Args:
        image: float32 ``(H, W, C)``, filled.
        known: bool ``(H, W)``.
    """
    inside, outside = _differences(image, ~known), _differences(image, known)
    return (outside / inside) ** 0.25 if inside > 0 and outside > 0 else 1.0


def _differences(image: Floats, where: Bools) -> float:
    """Return the mean squared difference of neighbours that both lie in ``where``."""
    across = ((image[:, 1:] - image[:, :-1]) ** 2).sum(-1)[where[:, 1:] & where[:, :-1]]
    down = ((image[1:] - image[:-1]) ** 2).sum(-1)[where[1:] & where[:-1]]
    return float(across.sum() + down.sum()) / max(1, len(across) + len(down))
