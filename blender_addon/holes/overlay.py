"""The hole that is painted, or waits to be filled, in; the base colour with the hole tinted out.

It is drawn on the surface while it is painted, and in Image editors that show one of the material's images until it is
filled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader

from ..material.places import places
from .shading import shader
from .surface import Surface
from .where import Placing, material_of, placing

_handles: dict[Any, Any] = {}
_surface = Surface()
_placing: list[tuple[int, Placing]] = []


def begin() -> None:
    """Draw on the surface from now on."""
    _add(bpy.types.SpaceView3D, _in_view, "POST_VIEW")
    redraw()


def end() -> None:
    """Draw on the surface no more."""
    _remove(bpy.types.SpaceView3D)
    _surface.forget()
    _placing.clear()
    redraw()


def register() -> None:
    """Draw in Image editors from now on."""
    _add(bpy.types.SpaceImageEditor, _in_editor, "POST_PIXEL")


def unregister() -> None:
    """Draw no more."""
    end()
    _remove(bpy.types.SpaceImageEditor)


def _add(space: Any, draw: Callable[[], None], when: str) -> None:
    if not bpy.app.background and space not in _handles:
        _handles[space] = space.draw_handler_add(draw, (), "WINDOW", when)


def _remove(space: Any) -> None:
    if space in _handles:
        space.draw_handler_remove(_handles.pop(space), "WINDOW")


def redraw() -> None:
    """Let every view and editor draw itself again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "IMAGE_EDITOR", "NODE_EDITOR"):
                area.tag_redraw()


def changed() -> None:
    """Note that the shape of the mesh or its UV map may be another one."""
    _surface.forget()


def _in_view() -> None:
    context = bpy.context
    memory = context.scene.svbrdf_painting
    thing, material, image = memory.thing, memory.material, memory.image
    if not memory.active or thing is None or material is None or image is None or not image.size[0]:
        return
    where = _placed(material)
    batch = _surface.batch(context, thing, material, where)
    if batch is None:
        return
    matrix = context.region_data.perspective_matrix @ thing.matrix_world
    solid = thing.mode == "TEXTURE_PAINT" and context.space_data.shading.type in ("SOLID", "WIREFRAME")
    gpu.state.depth_test_set("LESS_EQUAL")
    gpu.state.face_culling_set("NONE")
    _draw(batch, matrix, image, where.image if solid else None)  # if solid, the canvas would hide the base colour
    gpu.state.depth_test_set("NONE")


def _in_editor() -> None:
    context = bpy.context
    image, base = _painted(context)
    if image is None:
        image = _waiting(context)
    if image is None or not image.size[0]:
        return
    look = context.region.view2d.view_to_region
    (left, bottom), (right, top) = look(0, 0, clip=False), look(1, 1, clip=False)
    positions = np.array([(left, bottom, 0), (right, bottom, 0), (left, top, 0), (right, top, 0)], np.float32)
    values = np.array([(0, 0), (1, 0), (0, 1), (1, 1)], np.float32)
    batch = batch_for_shader(shader(), "TRI_STRIP", {"pos": positions, "uv": values})
    matrix = gpu.matrix.get_projection_matrix() @ gpu.matrix.get_model_view_matrix()
    _draw(batch, matrix, image, base)


def _painted(context: bpy.types.Context) -> tuple[bpy.types.Image | None, bpy.types.Image | None]:
    """Return the hole image that this editor shows to be painted on, and the base colour; or nothing."""
    memory = context.scene.svbrdf_painting
    image, material = memory.image, memory.material
    if not memory.active or image is None or material is None or context.space_data.image != image:
        return None, None
    return image, _placed(material).image


def _waiting(context: bpy.types.Context) -> bpy.types.Image | None:
    """Return the active material's hole that waits to be filled, if this editor shows one of its images."""
    space, material = context.space_data, material_of(context)
    if not space.overlay.show_overlays or material is None or len(material.svbrdf_changes):
        return None
    if material.svbrdf.hole != "PAINT":
        return None  # another one is filled
    shown = any(place.node.image == space.image for place in places(material))
    return material.svbrdf_hole if shown else None


def _draw(batch: Any, matrix: Any, hole: bpy.types.Image, base: bpy.types.Image | None) -> None:
    drawing = shader()
    held = gpu.texture.from_image(hole)
    drawing.bind()
    drawing.uniform_float("matrix", matrix)
    drawing.uniform_float("opaque", 1.0 if base is not None else 0.0)
    drawing.uniform_sampler("hole", held)
    drawing.uniform_sampler("base", gpu.texture.from_image(base) if base is not None else held)
    gpu.state.blend_set("ALPHA")
    batch.draw(drawing)
    gpu.state.blend_set("NONE")


def _placed(material: bpy.types.Material) -> Placing:
    """Read the material's nodes again only if something changed."""
    if not _placing or _placing[0][0] != _surface.version:
        _placing[:] = [(_surface.version, placing(material))]
    return _placing[0][1]
