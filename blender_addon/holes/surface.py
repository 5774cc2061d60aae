"""How a material's images lie on the surface of an object, and the texels under its selected faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_iface as _
from numpy.typing import NDArray

from ..client import UserError
from ..graph import IDENTITY, Matrix
from ..images.reading import examine
from ..images.tiles import TileLayout, is_tiled, layout_of
from ..material.maps import trace_material
from ..material.nodes import node_at
from .raster import rasterise_triangles, resize_mask

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]
"""Left, bottom, right and top."""


DEFAULT_SIZE = (1024, 1024)
"""The size of a hole for a material without an image that tells it."""


@dataclass(frozen=True)
class Placement:
    """How the base colour (or, without one, the first map) is put onto the surface.

    Attributes:
        image: its image, None if there is no map at all.
        uv: the UV map it goes by, empty for the one that is active for rendering.
        matrix: from UV to the image.
        extension: what lies outside the image.
        space: ``uv``, or what else places the image.
        size: height and width of the material's largest map; of UDIM maps, of all tiles side by side.
        layout: where the tiles of UDIM maps lie; None for other maps.
    """

    image: bpy.types.Image | None = None
    uv: str = ""
    matrix: Matrix = IDENTITY
    extension: str = "REPEAT"
    space: str = "uv"
    size: tuple[int, int] = DEFAULT_SIZE
    layout: TileLayout | None = None


def material_of(context: bpy.types.Context) -> bpy.types.Material | None:
    """Return the material of the shader editor, otherwise that of the active object."""
    shown = getattr(context.space_data, "id", None)
    if isinstance(shown, bpy.types.Material):
        return shown
    active = context.view_layer.objects.active if context.view_layer else None
    return active.active_material if active is not None else None


def placement_of(material: bpy.types.Material) -> Placement:
    """Return how the material's maps lie on the surface."""
    found = [(use, node_at(material, use.texture)) for use in trace_material(material).uses]
    found = [(use, node) for use, node in found if node is not None and examine(node.image) is None]
    if not found:
        return Placement()
    use, node = next((each for each in found if each[0].role == "basecolor"), found[0])
    layout = layout_of(each.image for _, each in found) if is_tiled(node.image) else None
    if layout is not None:
        # The hole is one picture of all tiles side by side, which the surface shows by a UV map of its own.
        return Placement(node.image, use.uv, _after(use.matrix, layout.matrix), "CLIP", use.space, layout.size, layout)
    width, height = max((tuple(each.image.size) for _, each in found), key=lambda size: size[0] * size[1])
    return Placement(node.image, use.uv, use.matrix, node.extension, use.space, (height, width))


def uv_placement_of(material: bpy.types.Material) -> Placement:
    """Return the same where only a UV map will do.

    Raises:
        UserError: something else places the images.
    """
    where = placement_of(material)
    if where.space != "uv":
        sentence = _('"{name}" places its image without a UV map ({space}); paint in the Image editor.')
        raise UserError("hole", sentence.format(name=material.name, space=where.space))
    return where


def uv_layer(mesh: bpy.types.Mesh, name: str) -> bpy.types.MeshUVLoopLayer | None:
    """Return the UV map of this name, else the one that is active for rendering; None if there is none at all."""
    layers = mesh.uv_layers
    return layers.get(name) or next((layer for layer in layers if layer.active_render), layers.active)


def uv_to_image(uv: NDArray[Any], matrix: Matrix) -> NDArray[Any]:
    """Return where UV coordinates ``(…, 2)`` lie in the image, y up, 0 to 1."""
    a, b, c, d, e, f = matrix
    u, v = uv[..., 0], uv[..., 1]
    return np.stack([a * u + b * v + c, d * u + e * v + f], axis=-1)


def _after(first: Matrix, then: Matrix) -> Matrix:
    """Return the matrix that does one thing and then another."""
    a, b, c, d, e, f = first
    scale_x, _x, move_x, _y, scale_y, move_y = then
    return (scale_x * a, scale_x * b, scale_x * c + move_x, scale_y * d, scale_y * e, scale_y * f + move_y)


def place_box(box: Box, layout: TileLayout | None) -> Box:
    """Return left, bottom, right and top of a box on the canvas, 0 to 1; over tiles are given in tiles from 1001."""
    if layout is None:
        return box
    x, _x, left, _y, y, bottom = layout.matrix
    return (x * box[0] + left, y * box[1] + bottom, x * box[2] + left, y * box[3] + bottom)


def mask_of_selected_faces(
    things: Sequence[bpy.types.Object], material: bpy.types.Material, where: Placement, margin: float = 2.0
) -> NDArray[np.bool_]:
    """Return the mask of the faces that are selected now and show the material, in Edit mode or any other.

    Args:
        things: the mesh objects whose faces count.
        material: what the faces show.
        where: how its images lie on them.
        margin: pixels around the faces.

    Raises:
        UserError: a mesh has no such UV map, or no such face is selected.
    """
    height, width = where.size
    found = [_selected_triangles(thing, material, where.uv) for thing in things]
    if not any(selected.any for selected in found):
        raise UserError("hole", "No face is selected; select the damaged faces in Edit mode.")
    if not any(len(selected.triangles) for selected in found):
        shown = sorted(set().union(*(selected.others for selected in found)))
        sentence = _('None of the selected faces shows the material "{name}"; {advice}.')
        advice = _("select faces that do")
        if shown:
            advice = _("choose the slot of {names}, or select other faces").format(names=" or ".join(shown))
        raise UserError("hole", sentence.format(name=material.name, advice=advice))
    triangles = np.concatenate([selected.triangles for selected in found])
    x, y = np.moveaxis(uv_to_image(triangles, where.matrix), -1, 0)
    points = np.stack([x * width, (1 - y) * height], axis=-1)
    return rasterise_triangles(points, where.size, margin, where.extension)


@dataclass(frozen=True)
class _Selected:
    """The selected faces of one object.

    Attributes:
        triangles: UV coordinates ``(N, 3, 2)`` of those that show the material.
        any: whether any face is selected.
        others: names of the materials that the other selected faces show, quoted.
    """

    triangles: Floats
    any: bool
    others: frozenset[str]


def _selected_triangles(thing: bpy.types.Object, material: bpy.types.Material, uv: str) -> _Selected:
    if thing.mode != "EDIT":
        return _triangles_of_mesh(thing, thing.data, material, uv)
    thing.update_from_editmode()
    mesh = thing.data.copy()  # in Edit mode the mesh itself hides its UV maps
    try:
        return _triangles_of_mesh(thing, mesh, material, uv)
    finally:
        bpy.data.meshes.remove(mesh)


def _triangles_of_mesh(
    thing: bpy.types.Object, mesh: bpy.types.Mesh, material: bpy.types.Material, uv: str
) -> _Selected:
    selected, shown = _selected_faces(mesh), faces_showing(thing, mesh, material)
    others = _materials_of(thing, mesh, selected & ~shown)
    if not (selected & shown).any():
        return _Selected(np.zeros((0, 3, 2)), bool(selected.any()), others)
    triangles = _triangles_of_faces(mesh, _require_uv_layer(mesh, uv, thing.data.name), selected & shown)
    return _Selected(triangles, True, others)


def _triangles_of_faces(mesh: bpy.types.Mesh, layer: bpy.types.MeshUVLoopLayer, chosen: NDArray[np.bool_]) -> Floats:
    """Return UV coordinates ``(N, 3, 2)`` of the triangles of faces."""
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    loops, face = np.empty(count * 3, np.int32), np.empty(count, np.int32)
    mesh.loop_triangles.foreach_get("loops", loops)
    mesh.loop_triangles.foreach_get("polygon_index", face)
    values = np.empty(len(mesh.loops) * 2, np.float32)
    layer.uv.foreach_get("vector", values)
    wanted = loops.reshape(-1, 3)[chosen[face]]
    return values.reshape(-1, 2)[wanted].astype(np.float64)


def _require_uv_layer(mesh: bpy.types.Mesh, uv: str, name: str) -> bpy.types.MeshUVLoopLayer:
    if not mesh.uv_layers:
        raise UserError("hole", _('The mesh "{name}" has no UV map; unwrap it first.').format(name=name))
    if uv and uv not in mesh.uv_layers:
        sentence = _('The mesh "{name}" has no UV map "{uv}", which the material asks for; add it or rename one.')
        raise UserError("hole", sentence.format(name=name, uv=uv))
    return uv_layer(mesh, uv)


UNSEEN = "The hole lies where no face shows “{name}”: what is filled there will not be seen on the object."
COARSE = 512
"""Texels on a side at which it is looked where faces lie."""
MOST_FACES = 100_000
"""Faces of which it is looked at where they lie in the image; more would take seconds."""


def is_seen_nowhere(material: bpy.types.Material, mask: NDArray[np.bool_]) -> bool:
    """Whether a hole ``(H, W)``, top row first, lies where no face of any object shows the material's images.

    False where that cannot be told: no object has the material, it goes by no UV map, or the faces are too many.
    """
    where = placement_of(material)
    if where.space != "uv" or not mask.any():
        return False
    things = [
        thing
        for thing in bpy.data.objects
        if thing.type == "MESH"
        and thing.mode != "EDIT"
        and any(slot.material == material for slot in thing.material_slots)
    ]
    if not things or sum(len(thing.data.polygons) for thing in things) > MOST_FACES:
        return False
    mask = resize_mask(mask, (min(mask.shape[0], COARSE), min(mask.shape[1], COARSE)))
    height, width = mask.shape
    for thing in things:
        layer = uv_layer(thing.data, where.uv)
        chosen = faces_showing(thing, thing.data, material)
        if layer is None or not chosen.any():
            continue
        x, y = np.moveaxis(uv_to_image(_triangles_of_faces(thing.data, layer, chosen), where.matrix), -1, 0)
        shown = rasterise_triangles(np.stack([x * width, (1 - y) * height], axis=-1), mask.shape, 1.0, where.extension)
        if (shown & mask).any():
            return False
    return True


def _selected_faces(mesh: bpy.types.Mesh) -> NDArray[np.bool_]:
    """Return which faces are selected and seen."""
    selected, hidden = np.empty(len(mesh.polygons), np.bool_), np.empty(len(mesh.polygons), np.bool_)
    mesh.polygons.foreach_get("select", selected)
    mesh.polygons.foreach_get("hide", hidden)
    return selected & ~hidden


def faces_showing(thing: bpy.types.Object, mesh: bpy.types.Mesh, material: bpy.types.Material) -> NDArray[np.bool_]:
    """Return which faces of an object's mesh ``(N,)`` show a material."""
    slots = np.array([slot.material == material for slot in thing.material_slots] or [False], np.bool_)
    return slots[np.clip(_slot_of_faces(mesh), 0, len(slots) - 1)]


def _slot_of_faces(mesh: bpy.types.Mesh) -> NDArray[np.int32]:
    index = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", index)
    return index


def _materials_of(thing: bpy.types.Object, mesh: bpy.types.Mesh, chosen: NDArray[np.bool_]) -> frozenset[str]:
    slots = [slot.material for slot in thing.material_slots]
    index = np.unique(np.clip(_slot_of_faces(mesh)[chosen], 0, max(len(slots) - 1, 0)))
    found = [slots[at] for at in index.tolist()] if slots else []
    return frozenset(f"“{material.name}”" for material in found if material is not None)


def materials_of_selected_faces(things: Sequence[bpy.types.Object]) -> frozenset[str]:
    """Return the names, quoted, of the materials that the selected faces of mesh objects show."""
    found: frozenset[str] = frozenset()
    for thing in things:
        if thing.mode == "EDIT":
            thing.update_from_editmode()
        found |= _materials_of(thing, thing.data, _selected_faces(thing.data))
    return found
