"""The overlay that shows a hole, or a guide that is painted: the base colour tinted by it.

A hole is red, and is drawn on the surface and in Image editors that show one of the material's images, while it is
painted and until it is filled. A guide is drawn while it is painted.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader
from mathutils import Matrix

from ..images.tiles import is_tiled
from ..material.nodes import image_nodes
from .mask import is_waiting
from .surface import Placement, material_of, placement_of, uv_layer, uv_to_image

VERTEX = """
void main()
{
  place = uv;
  gl_Position = matrix * vec4(pos, 1.0);
}
"""
FRAGMENT = """
void main()
{
  vec2 at = fract(place);
  vec4 own = textureLod(hole, at, 0.0);
  vec2 held = (at - frame.zw) / frame.xy;
  bool there = all(greaterThanEqual(held, vec2(0.0))) && all(lessThanEqual(held, vec2(1.0)));
  vec3 colours = there ? max(textureLod(base, held, 0.0).rgb, vec3(0.0)) : vec3(0.1);
  vec3 seen = mix(colours, plain.rgb, plain.a);
  float inside = strength * (kind < 1.5 ? step(0.5, own.r) : 1.0);
  vec3 tint = kind < 0.5 ? vec3(1.0, 0.02, 0.01) : vec3(0.02, 0.55, 0.15);
  if (kind > 1.5) tint = own.rgb;
  if (kind > 2.5) tint = clamp(abs(mod(own.r * 6.0 + vec3(0.0, 4.0, 2.0), 6.0) - 3.0) - 1.0, 0.0, 1.0);
  colour = opaque > 0.5 ? vec4(mix(seen, tint, inside), 1.0) : vec4(tint, inside);
}
"""
STRENGTH = 0.6
"""How much of the tint there is."""
KINDS = {"": 0.0, "protect": 1.0, "colours": 2.0, "source_colours": 2.0, "grain_image": 3.0}
"""How images tint: a hole red, structure green, colours by themselves, directions by a hue each."""
STEP = 2e-6
"""What is drawn on the surface lies before it by so much of the range of depths (-1 to 1): sixteen steps of 24 bits."""
WHOLE = (1.0, 1.0, 0.0, 0.0)
"""The base colour takes all of a picture: its share across and up, and its lower left corner."""
SHARE = 1e-4
"""In a perspective view also by this share of the distance, since places far from the origin are not exact."""


class SurfaceBatches:
    """The batches of one object, one for each material, made when they are first asked for after a change."""

    def __init__(self) -> None:
        self._thing = ""
        self._held: dict[object, Any] = {}

    @property
    def empty(self) -> bool:
        """Whether there are none, so that no change matters."""
        return not self._held

    def forget(self) -> None:
        """Make them anew the next time."""
        self._held.clear()

    def batch(
        self, context: bpy.types.Context, thing: bpy.types.Object, material: bpy.types.Material, where: Placement
    ) -> Any:
        """Return the batch; None if no face shows the material."""
        if self._thing != thing.name_full:
            self._held.clear()
            self._thing = thing.name_full
        key = (material.name_full, where.uv, where.matrix)
        if key not in self._held:
            self._held[key] = _make_batch(context, thing, material, where)
        return self._held[key]


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
_surface = SurfaceBatches()
_placements: dict[str, Placement] = {}


def register() -> None:
    """Draw from now on."""
    _add(bpy.types.SpaceView3D, _in_view, "POST_VIEW")
    _add(bpy.types.SpaceImageEditor, _in_editor, "POST_PIXEL")


def unregister() -> None:
    """Draw no more."""
    for space in tuple(_handles):
        space.draw_handler_remove(_handles.pop(space), "WINDOW")
    note_change()


def _add(space: Any, draw: Callable[[], None], when: str) -> None:
    if not bpy.app.background and space not in _handles:
        _handles[space] = space.draw_handler_add(draw, (), "WINDOW", when)


def redraw() -> None:
    """Let every view and editor draw itself again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "IMAGE_EDITOR", "NODE_EDITOR"):
                area.tag_redraw()


def note_change() -> None:
    """Note that the shape of the mesh, its UV map or a material may be another one."""
    _surface.forget()
    _placements.clear()


def is_surface_known() -> bool:
    """Whether something is drawn on a surface, which changes of that would make wrong."""
    return not _surface.empty or bool(_placements)


def _in_view() -> None:
    context = bpy.context
    memory = context.scene.svbrdf_painting
    painted = memory.active and not memory.in_editor
    thing, material = (memory.thing, memory.material) if painted else _waiting_on_surface(context)
    if thing is None or material is None:
        return
    image = memory.image if painted else material.svbrdf_hole
    if image is None or not image.size[0]:
        return
    kind = kind_of(memory.guide) if painted else 0.0
    gpu.state.depth_test_set("LESS_EQUAL")
    gpu.state.face_culling_set("NONE")
    matrix = pull_forward(context.region_data.window_matrix, context.region_data.view_matrix) @ thing.matrix_world
    if painted and thing.mode == "TEXTURE_PAINT" and context.space_data.shading.type in ("SOLID", "WIREFRAME"):
        _draw_materials(context, thing, material, matrix, image, kind)  # or the canvas would hide what they look like
    else:
        batch = _surface.batch(context, thing, material, _cached_placement(material))
        if batch is not None:
            _draw(batch, matrix, image, None, kind=kind)
    gpu.state.depth_test_set("NONE")


def kind_of(guide: str) -> float:
    """Return how an image tints that is painted: a guide such as ``guides.protect``, or without a name the hole."""
    return KINDS[guide.rpartition(".")[2]]


def pull_forward(window: Matrix, view: Matrix) -> Matrix:
    """Return the matrix from the world to a view's picture, a little nearer to the eye than the surface.

    Args:
        window: from the eye's space to the picture, of an orthographic or a perspective view.
        view: from the world to the eye's space.
    """
    step = Matrix.Identity(4)
    step[2][3] = -STEP
    orthographic = abs(window[3][3]) > 0.5
    share = Matrix.Identity(4) if orthographic else Matrix.Diagonal((*(1 - SHARE,) * 3, 1))
    return step @ window @ share @ view


def _draw_materials(
    context: bpy.types.Context,
    thing: bpy.types.Object,
    painted: bpy.types.Material,
    matrix: Matrix,
    image: bpy.types.Image,
    kind: float,
) -> None:
    """Draw all materials of an object by their base colours, and in one of them what is painted."""
    for material in dict.fromkeys(slot.material for slot in thing.material_slots if slot.material is not None):
        where = _cached_placement(material)
        batch = _surface.batch(context, thing, material, where)
        if batch is not None:
            hole = image if material == painted else None
            plain = material.diffuse_color if where.image is None else None
            _draw(batch, matrix, hole, where.image, plain=plain, kind=kind)


def _waiting_on_surface(context: bpy.types.Context) -> tuple[bpy.types.Object | None, bpy.types.Material | None]:
    """Return the active object and its material whose hole waits to be filled; or nothing."""
    active = context.view_layer.objects.active if context.view_layer else None
    if active is None or active.type != "MESH" or active.mode not in ("OBJECT", "TEXTURE_PAINT"):
        return None, None
    material = active.active_material
    shown = context.space_data.overlay.show_overlays and active.visible_get()
    if not shown or material is None or not is_waiting(material) or _cached_placement(material).space != "uv":
        return None, None
    return active, material


def _in_editor() -> None:
    context = bpy.context
    memory = context.scene.svbrdf_painting
    image, base = _painted_in(context)
    kind, frame = kind_of(memory.guide) if image is not None else 0.0, WHOLE
    if image is not None:
        frame = tuple(memory.frame)
    else:
        image = _waiting_in(context)
    if image is None or not image.size[0] or not frame[0]:
        return
    look = context.region.view2d.view_to_region
    (left, bottom), (right, top) = look(0, 0, clip=False), look(1, 1, clip=False)
    positions = np.array([(left, bottom, 0), (right, bottom, 0), (left, top, 0), (right, top, 0)], np.float32)
    values = np.array([(0, 0), (1, 0), (0, 1), (1, 1)], np.float32)
    batch = batch_for_shader(tint_shader(), "TRI_STRIP", {"pos": positions, "uv": values})
    matrix = gpu.matrix.get_projection_matrix() @ gpu.matrix.get_model_view_matrix()
    _draw(batch, matrix, image, base, kind=kind, frame=frame)


def _painted_in(context: bpy.types.Context) -> tuple[bpy.types.Image | None, bpy.types.Image | None]:
    """Return the hole or guide image that this editor shows to be painted on, and the base colour; or nothing."""
    memory = context.scene.svbrdf_painting
    image, material = memory.image, memory.material
    if not memory.active or image is None or material is None or context.space_data.image != image:
        return None, None
    return image, _cached_placement(material).image


def _waiting_in(context: bpy.types.Context) -> bpy.types.Image | None:
    """Return the active material's hole that waits to be filled, if this editor shows one of its images."""
    space, material = context.space_data, material_of(context)
    if not space.overlay.show_overlays or material is None or not is_waiting(material):
        return None
    if is_tiled(space.image):
        return None  # the hole is a picture of all tiles, and the editor shows each in its place
    shown = any(place.node.image == space.image for place in image_nodes(material))
    return material.svbrdf_hole if shown else None


def _draw(
    batch: Any,
    matrix: Any,
    hole: bpy.types.Image | None,
    base: bpy.types.Image | None,
    plain: Any = None,
    kind: float = 0.0,
    frame: tuple[float, ...] = WHOLE,
) -> None:
    """Draw a batch.

    Args:
        batch: what is drawn.
        matrix: from its places to the picture.
        hole: the image that tints; None for nothing.
        base: what is drawn below the tint; None for nothing.
        plain: a colour instead of the base.
        kind: how it tints, see `KINDS`.
        frame: how the base lies in the image that tints: its share across and up, and its lower left corner.
    """
    drawing = tint_shader()
    textures = [gpu.texture.from_image(image) if image is not None else None for image in (hole, base)]
    held = next((texture for texture in textures if texture is not None), None) or gpu.types.GPUTexture((1, 1))
    drawing.bind()
    drawing.uniform_float("matrix", matrix)
    drawing.uniform_float("opaque", 0.0 if base is None and plain is None else 1.0)
    drawing.uniform_float("strength", STRENGTH if hole is not None else 0.0)
    drawing.uniform_float("kind", kind)
    drawing.uniform_float("frame", frame)
    drawing.uniform_float("plain", (0.0, 0.0, 0.0, 0.0) if plain is None else (*plain[:3], 1.0))
    for name, texture in zip(("hole", "base"), textures, strict=True):
        drawing.uniform_sampler(name, texture or held)
    gpu.state.blend_set("ALPHA")
    batch.draw(drawing)
    gpu.state.blend_set("NONE")


def _cached_placement(material: bpy.types.Material) -> Placement:
    """Read the material's nodes again only if something changed."""
    if material.name_full not in _placements:
        _placements[material.name_full] = placement_of(material)
    return _placements[material.name_full]


@functools.cache
def tint_shader() -> gpu.types.GPUShader:
    """Return the shader, which is compiled at the first use, when there is a window."""
    between = gpu.types.GPUStageInterfaceInfo("svbrdf_hole")
    between.smooth("VEC2", "place")
    info = gpu.types.GPUShaderCreateInfo()
    info.push_constant("MAT4", "matrix")
    info.push_constant("VEC4", "plain")
    info.push_constant("VEC4", "frame")
    info.push_constant("FLOAT", "opaque")
    info.push_constant("FLOAT", "strength")
    info.push_constant("FLOAT", "kind")
    info.sampler(0, "FLOAT_2D", "hole")
    info.sampler(1, "FLOAT_2D", "base")
    info.vertex_in(0, "VEC3", "pos")
    info.vertex_in(1, "VEC2", "uv")
    info.vertex_out(between)
    info.fragment_out(0, "VEC4", "colour")
    info.vertex_source(VERTEX)
    info.fragment_source(FRAGMENT)
    return gpu.shader.create_from_info(info)
