"""The user's 3D view in, its numbers out."""

from __future__ import annotations

import bpy

from .wish import View


def current(context: bpy.types.Context) -> View | str:
    """Return how the 3D view of this context, or the largest of its window, looks: "CAMERA" through the camera."""
    spaces = [(area.width * area.height, area) for area in (context.screen.areas if context.screen else ())]
    views = [(size, area) for size, area in spaces if area.type == "VIEW_3D"]
    area = context.area if context.area and context.area.type == "VIEW_3D" else None
    if area is None and views:
        area = max(views, key=lambda pair: pair[0])[1]
    region = next((one for one in area.regions if one.type == "WINDOW"), None) if area else None
    if area is None or region is None:
        return "CAMERA"
    space = area.spaces.active
    return seen(space, space.region_3d, region.width / max(1, region.height))


def seen(space: bpy.types.SpaceView3D, region: bpy.types.RegionView3D, aspect: float) -> View | str:
    """Return how one 3D view looks."""
    if region.view_perspective == "CAMERA":
        return "CAMERA"
    rows = region.view_matrix.inverted()
    return View(
        matrix=tuple(value for row in rows for value in row),
        lens=space.lens,
        distance=region.view_distance,
        perspective=region.view_perspective == "PERSP",
        aspect=aspect,
        clip=(space.clip_start, space.clip_end),
    )
