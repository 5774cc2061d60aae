"""The lights of previews, by name."""

from __future__ import annotations

import math
from dataclasses import dataclass

from svbrdf_core.render.environment import Environment
from svbrdf_core.render.skies import sky, studio
from svbrdf_core.render.views import Light, Vector

LIGHTS: tuple[str, ...] = ("flash", "sun", "studio", "sky")
DISTANCE = 2.5
"""From the camera to the middle of what is shown."""
SUN: Vector = (-0.5, 0.7, 1.0)


@dataclass(frozen=True)
class Lighting:
    """What lights a preview: one lamp, what is all around, or both, each with its share."""

    lamp: Light | None = None
    around: Environment | None = None
    share: float = 1.0


def lighting(name: str | Environment, *, nearest: float = DISTANCE) -> Lighting:
    """Return the lights of a name: the brightest place of a white matte surface is about white.

    Args:
        name: one of ``LIGHTS``, or an environment to light with alone.
        nearest: distance from the camera to the nearest point of what is shown.

    Raises:
        ValueError: there is no such light.
    """
    if isinstance(name, Environment):
        return Lighting(around=name)
    if name == "flash":
        return Lighting(Light((0.0, 0.0, DISTANCE), colour=_grey(nearest * nearest)))
    if name == "sun":
        return Lighting(Light(SUN, distant=True, colour=_grey(0.9 * math.hypot(*SUN) / SUN[2])), sky(), 0.2)
    if name == "studio":
        return Lighting(around=studio(), share=0.9)
    if name == "sky":
        return Lighting(around=sky(), share=0.9)
    raise ValueError(f"there is no light {name!r}; choose one of {', '.join(LIGHTS)}")


def _grey(value: float) -> Vector:
    return value, value, value
