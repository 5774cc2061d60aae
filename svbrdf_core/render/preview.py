"""A material comes in as an array; a picture of it, ready to be shown, goes out."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from svbrdf_core.layout import ChannelLayout
from svbrdf_core.render.color import film as develop
from svbrdf_core.render.color import to_srgb
from svbrdf_core.render.plane import lit, points, toward
from svbrdf_core.render.resize import halved, shrunk
from svbrdf_core.render.sphere import ball, bent, wrapped
from svbrdf_core.render.surface import surface
from svbrdf_core.render.views import Light, View, flash

Shape = Literal["plane", "sphere", "tiled"]
Rgb = NDArray[np.uint8]

SHAPES: tuple[Shape, ...] = ("plane", "sphere", "tiled")
LIGHTS: tuple[str, ...] = ("flash", "sun")
SIDE = 512
"""Side of the picture of a sphere, in pixels, if none is asked for."""
PAPER = 0.02
"""Linear grey behind the ball."""


def preview(
    tensor: NDArray[Any],
    layout: ChannelLayout,
    *,
    light: str = "flash",
    shape: Shape = "plane",
    size: int | None = None,
    linear: Collection[str] = (),
    film: bool = False,
    turn: float = 0.0,
) -> Rgb:
    """Draw a material.

    Args:
        tensor: float32 ``(C, H, W)``, as ``Material.tensor`` gives it.
        layout: which channels are which map.
        light: ``flash`` at the camera, or ``sun`` from the upper left.
        shape: ``plane`` (from above), ``tiled`` (two by two of them) or ``sphere``.
        size: the longer side of the picture in pixels; None for that of the material (a sphere: 512).
        linear: colour maps that are stored as linear light already.
        film: roll off highlights as film does, instead of cutting them.
        turn: 0..1, how far the ball is turned, or the light is carried round a plane.

    Returns:
        sRGB ``(h, w, 3)`` uint8.
    """
    with torch.inference_mode():
        maps = torch.from_numpy(np.ascontiguousarray(tensor, np.float32))[None]
        draw = _sphere if shape == "sphere" else _plane
        if shape == "tiled":
            maps = shrunk(maps, layout, size or SIDE).repeat(1, 1, 2, 2)
        seen = draw(maps, layout, light, size, linear, turn)
        return encoded(seen, film=film)


def encoded(light: torch.Tensor, *, film: bool = False) -> Rgb:
    """Return linear light ``(1, 3, h, w)`` as sRGB ``(h, w, 3)`` uint8."""
    shown = to_srgb(develop(light) if film else light.clamp(0, 1))
    picture: Rgb = (shown[0] * 255 + 0.5).to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    return picture


def _plane(
    maps: torch.Tensor, layout: ChannelLayout, light: str, size: int | None, linear: Collection[str], turn: float
) -> torch.Tensor:
    longest = size or max(maps.shape[2:])
    twice = max(maps.shape[2:]) >= 2 * longest
    maps = shrunk(maps, layout, 2 * longest if twice else longest)
    view = _around(_view(light), turn)
    where = points(maps)
    seen = lit(
        surface(maps, layout, linear=linear),
        where,
        toward(view.camera, where, distant=view.distant),
        view.light,
        like=maps,
    )
    return halved(seen) if twice else seen


def _sphere(
    maps: torch.Tensor, layout: ChannelLayout, light: str, size: int | None, linear: Collection[str], turn: float
) -> torch.Tensor:
    side = size or SIDE
    shown = ball(2 * side)
    cover = wrapped(shrunk(maps, layout, 2 * side), shown, turn)
    met = bent(surface(cover, layout, linear=linear), shown)
    view = View(_view(light).light, (0.0, 0.0, 1.0), distant=True)
    seen = lit(met, shown.where, toward(view.camera, shown.where, distant=True), view.light, like=cover)
    return halved(torch.lerp(torch.full_like(seen, PAPER), seen, shown.inside))


def _view(light: str) -> View:
    """Return the light of a name, with the camera above the surface."""
    if light == "flash":
        return flash()
    strength = math.sqrt(0.5 + 0.7 * 0.7 + 1) * 1.2
    return View(Light((-0.5, 0.7, 1.0), distant=True, colour=(strength, strength, strength)), (0.0, 0.0, 2.5))


def _around(view: View, turn: float) -> View:
    """Carry the light round the axis of the surface; one that is on the axis goes round beside it."""
    if view.light is None or turn == 0:
        return view
    x, y, z = view.light.at
    if x == y == 0:
        x = z / 2
    cosine, sine = math.cos(2 * math.pi * turn), math.sin(2 * math.pi * turn)
    return replace(view, light=replace(view.light, at=(x * cosine - y * sine, x * sine + y * cosine, z)))
