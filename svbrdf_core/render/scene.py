"""Planes and balls as they are shown to people: lights by name, smooth edges, a size of their own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from svbrdf_core.render.bands import rows_of, run_in_bands
from svbrdf_core.render.color import film as develop
from svbrdf_core.render.environment import Environment, shade_environment
from svbrdf_core.render.lighting import DISTANCE, Lighting, lighting
from svbrdf_core.render.plane import add_emission_and_opacity, find_direction, points, shade_light
from svbrdf_core.render.relief import apply_parallax
from svbrdf_core.render.resize import halve, shrink
from svbrdf_core.render.sphere import ball, bend_normals, wrap_border, wrap_material
from svbrdf_core.render.surface import Surface, surface
from svbrdf_core.render.vectors import Field, rotate
from svbrdf_core.render.views import Light
from svbrdf_core.tensors.color import to_srgb
from svbrdf_core.tensors.layout import ChannelLayout

Shape = Literal["plane", "sphere", "tiled"]
Rgb = NDArray[np.uint8]

SHAPES: tuple[Shape, ...] = ("plane", "sphere", "tiled")
SIDE = 512
"""Side of the picture of a ball, in pixels, if none is asked for."""
PAPER = 0.02
"""Linear grey behind the ball."""

NORTH = 0.25
"""How far a plane that lies on the ground is turned, so that the left of the surroundings is above it on the left."""


@dataclass(frozen=True)
class Scene:
    """How a material is shown; the fields are those of ``preview``."""

    light: str | Environment = "flash"
    shape: Shape = "plane"
    size: int | None = None
    linear: Collection[str] = ()
    film: bool = False
    relief: float = 0.0
    turn: float = 0.0


def draw(maps: torch.Tensor, layout: ChannelLayout, scene: Scene) -> Rgb:
    """Draw a material ``(1, C, H, W)`` as sRGB ``(h, w, 3)``.

    Raises:
        ValueError: the tensor does not fit the layout, or there is no such light or shape.
    """
    if scene.shape not in SHAPES:
        raise ValueError(f"there is no shape {scene.shape!r}; choose one of {', '.join(SHAPES)}")
    if scene.shape == "sphere":
        return _encode(_ball(maps, layout, scene), film=scene.film)
    longest = scene.size or max(maps.shape[2:])
    if scene.shape == "tiled":
        maps = shrink(maps, layout, longest).repeat(1, 1, 2, 2)
    return _encode(_plane(maps, layout, longest, scene), film=scene.film)


def _encode(light: torch.Tensor, *, film: bool) -> Rgb:
    shown = to_srgb(develop(light) if film else light.clamp(0, 1))
    picture: Rgb = (shown[0] * 255 + 0.5).to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    return picture


def _plane(maps: torch.Tensor, layout: ChannelLayout, longest: int, scene: Scene) -> torch.Tensor:
    # Four samples a pixel where the material has them: averaged maps would lose the glints of averaged normals.
    finer = max(maps.shape[2:]) >= 2 * longest
    maps = shrink(maps, layout, 2 * longest if finer else longest)
    where = points(maps)
    if scene.relief:
        maps = apply_parallax(maps, layout, find_direction((0.0, 0.0, DISTANCE), where, distant=False), scene.relief)
    lights = lighting(scene.light)
    lights = replace(lights, lamp=_carry_lamp(lights.lamp, scene.turn))

    def band(rows: slice) -> torch.Tensor:
        here = rows_of(where, rows)
        eye = find_direction((0.0, 0.0, DISTANCE), here, distant=False)
        met = surface(maps[:, :, rows], layout, linear=scene.linear)
        seen = _shade_lights(met, here, eye, lights)
        if lights.around is not None:
            normal, looking = (_lay_down(rotate(field, NORTH - scene.turn)) for field in (met.normal, eye))
            seen = seen + lights.share * shade_environment(met, eye, normal, looking, lights.around)
        seen = add_emission_and_opacity(met, seen).expand(1, 3, *maps[:, :, rows].shape[2:])
        return halve(seen) if finer else seen

    return run_in_bands((1, *maps.shape[2:]), band)


def _ball(maps: torch.Tensor, layout: ChannelLayout, scene: Scene) -> torch.Tensor:
    side = 2 * (scene.size or SIDE)
    cover = wrap_border(shrink(maps, layout, side))
    lights = lighting(scene.light, nearest=DISTANCE - 1)

    def band(rows: slice) -> torch.Tensor:
        shown = ball(side, rows)
        met = bend_normals(surface(wrap_material(cover, shown, scene.turn), layout, linear=scene.linear), shown)
        eye = find_direction((0.0, 0.0, 1.0), shown.where, distant=True)
        seen = _shade_lights(met, shown.where, eye, lights)
        if lights.around is not None:
            seen = seen + lights.share * shade_environment(met, eye, met.normal, eye, lights.around)
        seen = add_emission_and_opacity(met, seen).expand(1, 3, *shown.inside.shape[2:])
        return halve(torch.lerp(torch.full_like(seen, PAPER), seen, shown.inside))

    return run_in_bands((1, side, side), band)


def _shade_lights(met: Surface, where: Field, eye: Field, lights: Lighting) -> torch.Tensor:
    return met.diffuse.new_zeros(1) if lights.lamp is None else shade_light(met, where, eye, lights.lamp)


def _lay_down(field: Field) -> Field:
    """Turn vectors from a plane that faces the viewer to one that lies on the ground."""
    return field[0], field[2], -field[1]


def _carry_lamp(lamp: Light | None, turn: float) -> Light | None:
    """Carry a lamp round the axis of a plane; one that is on the axis goes round beside it."""
    if lamp is None or turn == 0:
        return lamp
    x, y, z = lamp.at
    start = torch.tensor((x or z / 2, y, z))
    x, y, z = (float(value) for value in rotate((start[0], start[1], start[2]), turn))
    return replace(lamp, at=(x, y, z))
