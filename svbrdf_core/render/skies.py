"""Procedural surroundings: an overcast sky and a small photo studio."""

from __future__ import annotations

import functools
import math

import torch

from svbrdf_core.render.environment import Environment
from svbrdf_core.render.surroundings import directions, environment
from svbrdf_core.render.vectors import spread

SIZE = (128, 256)
"""Rows and columns of the pictures."""
HAZE, BLUE, EARTH = (1.0, 0.98, 0.95), (0.55, 0.75, 1.0), (0.10, 0.09, 0.08)
BOXES = (
    # Direction of the middle, half width and height (radians), softness of the edge, strength.
    ((-0.55, 0.8, 0.35), (0.55, 0.35), 0.08, 9.0),
    ((1.0, 0.25, 0.25), (0.16, 0.7), 0.05, 5.0),
    ((-0.7, 0.1, -0.7), (0.12, 0.8), 0.05, 4.0),
)


@functools.cache
def sky() -> Environment:
    """Return a lightly clouded sky over dark earth.

    Brightness as the CIE overcast sky (Moon and Spencer 1942): the zenith is three times as bright as the horizon;
    the blue of the zenith fades into haze.
    """
    (_, height, _), _ = directions(*SIZE)
    up = height.clamp_min(0)
    above = _mix(HAZE, BLUE, up.sqrt()) * ((1 + 2 * up) / 3)
    light = torch.lerp(_mix(EARTH, EARTH, up), above, (height * 40 + 0.5).clamp(0, 1))
    return environment(light[0].permute(1, 2, 0), exposed=True)


@functools.cache
def studio() -> Environment:
    """Return a dim room with a large soft box above on the left and two strip lights."""
    along, _ = directions(*SIZE)
    x, y, z = spread(*along)
    light = (0.12 + 0.1 * y).expand(1, 3, *SIZE).clone()
    for middle, half, soft, strength in BOXES:
        light += strength * _box(x, y, z, middle, half, soft)
    return environment(light[0].permute(1, 2, 0), exposed=True)


def _box(
    x: torch.Tensor,
    y: torch.Tensor,
    z: torch.Tensor,
    middle: tuple[float, float, float],
    half: tuple[float, float],
    soft: float,
) -> torch.Tensor:
    """Return 1 inside a rectangle as seen from the middle of the room, fading to 0 at its edges."""
    length = math.hypot(*middle)
    a, b, c = (value / length for value in middle)
    level = math.hypot(a, c)
    ahead = a * x + b * y + c * z
    across = (c * x - a * z) / level
    up = level * y - b * (a * x + c * z) / level
    inside = (ahead > 0).to(x.dtype)
    for offset, reach in zip((across, up), half, strict=True):
        inside = inside * ((reach - torch.atan2(offset.abs(), ahead.clamp_min(1e-6))) / soft + 0.5).clamp(0, 1)
    return inside


def _mix(low: tuple[float, float, float], high: tuple[float, float, float], share: torch.Tensor) -> torch.Tensor:
    a, b = (torch.tensor(colour).view(1, 3, 1, 1) for colour in (low, high))
    return a + (b - a) * share
