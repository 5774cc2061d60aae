"""The red overlay that shows a hole: the base colour with the hole tinted.

It is drawn on the surface while it is painted, and in Image editors that show one of the material's images until it is
filled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader

from ..material.nodes import image_nodes
from .surface import Placement, material_of, placement_of, uv_layer, uv_to_image

VERTEX = """
void main()
{
  place = uv;
  gl_Position = matrix * vec4(pos, 1.0);
  gl_Position.z -= 2e-4 * gl_Position.w;
}
"""
FRAGMENT = """
void main()
{
  vec2 at = fract(place);
  float inside = step(0.5, textureLod(hole, at, 0.0).r);
  vec3 seen = max(textureLod(base, at, 0.0).rgb, vec3(0.0));
  vec3 tint = vec3(1.0, 0.02, 0.01);
  colour = opaque > 0.5 ? vec4(mix(seen, tint, 0.6 * inside), 1.0) : vec4(tint, 0.6 * inside);
}
"""


class SurfaceBatch:
    """The batch of one object, made when it is first asked for after a change.

    Attributes:
        version: another number after every change.
    """

    def __init__(self) -> None:
        self.version = 0
        self._held: tuple[object, Any] | None = None

    def forget(self) -> None:
        """Make it anew the next time."""
        self._held = None
        self.version += 1

    def batch(
        self, context: bpy.types.Context, thing: bpy.types.Object, material: bpy.types.Material, where: Placement
    ) -> Any:
        """Return the batch; None if no face shows the material."""
        key = (thing.name, material.name, where.uv, where.matrix)
        if self._held is None or self._held[0] != key:
            self._held = (key, _make_batch(context, thing, material, where))
        return self._held[1]


def _make_batch(
    context: bpy.types.Context, thing: bpy.types.Object, material: bpy.types.Material, where: Placement
) -> Any:
    shown = thing.evaluated_get(context.evaluated_depsgraph_get())
    mesh = shown.to_mesh()
    try:
        slots = [slot.material is not None and slot.material.original == material for slot in shown.material_slots]
        arrays = _surface_arrays(mesh, slots, where)
    finally:
        shown.to_mesh_clear()
    return batch_for_shader(tint_shader(), "TRIS", arrays) if arrays is not None else None


def _surface_arrays(mesh: bpy.types.Mesh, slots: list[bool], where: Placement) -> dict[str, Any] | None:
    layer = uv_layer(mesh, where.uv)
    if layer is None or not len(mesh.polygons):
        return None
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    loops, corners = np.empty((count, 3), np.int32), np.empty((count, 3), np.int32)
    index = np.empty(count, np.int32)
    points, values = np.empty((len(mesh.vertices), 3), np.float32), np.empty((len(mesh.loops), 2), np.float32)
    mesh.loop_triangles.foreach_get("loops", loops.reshape(-1))
    mesh.loop_triangles.foreach_get("vertices", corners.reshape(-1))
    mesh.loop_triangles.foreach_get("material_index", index)
    mesh.vertices.foreach_get("co", points.reshape(-1))
    layer.uv.foreach_get("vector", values.reshape(-1))
    chosen = np.array(slots or [True], np.bool_)[np.clip(index, 0, max(len(slots) - 1, 0))]
    if not chosen.any():
        return None
    place = uv_to_image(values[loops[chosen].reshape(-1)], where.matrix)
    return {"pos": points[corners[chosen].reshape(-1)], "uv": place.astype(np.float32)}


_handles: dict[Any, Any] = {}
_surface = SurfaceBatch()
_placements: list[tuple[int, Placement]] = []


def begin() -> None:
    """Draw on the surface from now on."""
    _add(bpy.types.SpaceView3D, _in_view, "POST_VIEW")
    redraw()


def end() -> None:
    """Draw on the surface no more."""
    _remove(bpy.types.SpaceView3D)
    _surface.forget()
    _placements.clear()
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


def note_change() -> None:
    """Note that the shape of the mesh or its UV map may be another one."""
    _surface.forget()


def _in_view() -> None:
    context = bpy.context
    memory = context.scene.svbrdf_painting
    thing, material, image = memory.thing, memory.material, memory.image
    if not memory.active or thing is None or material is None or image is None or not image.size[0]:
        return
    where = _cached_placement(material)
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
    image, base = _painted_in(context)
    if image is None:
        image = _waiting_in(context)
    if image is None or not image.size[0]:
        return
    look = context.region.view2d.view_to_region
    (left, bottom), (right, top) = look(0, 0, clip=False), look(1, 1, clip=False)
    positions = np.array([(left, bottom, 0), (right, bottom, 0), (left, top, 0), (right, top, 0)], np.float32)
    values = np.array([(0, 0), (1, 0), (0, 1), (1, 1)], np.float32)
    batch = batch_for_shader(tint_shader(), "TRI_STRIP", {"pos": positions, "uv": values})
    matrix = gpu.matrix.get_projection_matrix() @ gpu.matrix.get_model_view_matrix()
    _draw(batch, matrix, image, base)


def _painted_in(context: bpy.types.Context) -> tuple[bpy.types.Image | None, bpy.types.Image | None]:
    """Return the hole image that this editor shows to be painted on, and the base colour; or nothing."""
    memory = context.scene.svbrdf_painting
    image, material = memory.image, memory.material
    if not memory.active or image is None or material is None or context.space_data.image != image:
        return None, None
    return image, _cached_placement(material).image


def _waiting_in(context: bpy.types.Context) -> bpy.types.Image | None:
    """Return the active material's hole that waits to be filled, if this editor shows one of its images."""
    space, material = context.space_data, material_of(context)
    if not space.overlay.show_overlays or material is None or len(material.svbrdf_changes):
        return None
    if material.svbrdf.hole != "PAINT":
        return None  # another one is filled
    shown = any(place.node.image == space.image for place in image_nodes(material))
    return material.svbrdf_hole if shown else None


def _draw(batch: Any, matrix: Any, hole: bpy.types.Image, base: bpy.types.Image | None) -> None:
    drawing = tint_shader()
    held = gpu.texture.from_image(hole)
    drawing.bind()
    drawing.uniform_float("matrix", matrix)
    drawing.uniform_float("opaque", 1.0 if base is not None else 0.0)
    drawing.uniform_sampler("hole", held)
    drawing.uniform_sampler("base", gpu.texture.from_image(base) if base is not None else held)
    gpu.state.blend_set("ALPHA")
    batch.draw(drawing)
    gpu.state.blend_set("NONE")


def _cached_placement(material: bpy.types.Material) -> Placement:
    """Read the material's nodes again only if something changed."""
    if not _placements or _placements[0][0] != _surface.version:
        _placements[:] = [(_surface.version, placement_of(material))]
    return _placements[0][1]


@functools.cache
def tint_shader() -> gpu.types.GPUShader:
    """Return the shader, which is compiled at the first use, when there is a window."""
    between = gpu.types.GPUStageInterfaceInfo("svbrdf_hole")
    between.smooth("VEC2", "place")
    info = gpu.types.GPUShaderCreateInfo()
    info.push_constant("MAT4", "matrix")
    info.push_constant("FLOAT", "opaque")
    info.sampler(0, "FLOAT_2D", "hole")
    info.sampler(1, "FLOAT_2D", "base")
    info.vertex_in(0, "VEC3", "pos")
    info.vertex_in(1, "VEC2", "uv")
    info.vertex_out(between)
    info.fragment_out(0, "VEC4", "colour")
    info.vertex_source(VERTEX)
    info.fragment_source(FRAGMENT)
    return gpu.shader.create_from_info(info)
