"""The selected faces of an object in; the texels under them out."""

from __future__ import annotations

import bpy
import numpy as np
from bpy.app.translations import pgettext_iface as _
from numpy.typing import NDArray

from ..client import UserError
from .raster import triangles
from .where import Placing, on_image, uv_layer

Floats = NDArray[np.float64]


def taken(
    thing: bpy.types.Object, material: bpy.types.Material, where: Placing, margin: float = 2.0
) -> NDArray[np.bool_]:
    """Return the mask of the faces that are selected now and show the material, in Edit mode or any other.

    Raises:
        UserError: the mesh has no such UV map, or no such face is selected.
    """
    height, width = where.size
    x, y = np.moveaxis(on_image(_corners(thing, material, where.uv), where.matrix), -1, 0)
    points = np.stack([x * width, (1 - y) * height], axis=-1)
    return triangles(points, where.size, margin, where.extension)


def _corners(thing: bpy.types.Object, material: bpy.types.Material, uv: str) -> Floats:
    """Return UV coordinates ``(N, 3, 2)`` of the triangles of the selected faces."""
    if thing.mode != "EDIT":
        return _of_mesh(thing, thing.data, material, uv)
    thing.update_from_editmode()
    mesh = thing.data.copy()  # in Edit mode the mesh itself hides its UV maps
    try:
        return _of_mesh(thing, mesh, material, uv)
    finally:
        bpy.data.meshes.remove(mesh)


def _of_mesh(thing: bpy.types.Object, mesh: bpy.types.Mesh, material: bpy.types.Material, uv: str) -> Floats:
    layer = _layer(mesh, uv, thing.data.name)
    chosen = _chosen(thing, mesh, material)
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    loops, face = np.empty(count * 3, np.int32), np.empty(count, np.int32)
    mesh.loop_triangles.foreach_get("loops", loops)
    mesh.loop_triangles.foreach_get("polygon_index", face)
    values = np.empty(len(mesh.loops) * 2, np.float32)
    layer.uv.foreach_get("vector", values)
    wanted = loops.reshape(-1, 3)[chosen[face]]
    return values.reshape(-1, 2)[wanted].astype(np.float64)


def _layer(mesh: bpy.types.Mesh, uv: str, name: str) -> bpy.types.MeshUVLoopLayer:
    if not mesh.uv_layers:
        raise UserError("hole", _('The mesh "{name}" has no UV map; unwrap it first.').format(name=name))
    if uv and uv not in mesh.uv_layers:
        sentence = _('The mesh "{name}" has no UV map "{uv}", which the material asks for; add it or rename one.')
        raise UserError("hole", sentence.format(name=name, uv=uv))
    return uv_layer(mesh, uv)


def _chosen(thing: bpy.types.Object, mesh: bpy.types.Mesh, material: bpy.types.Material) -> NDArray[np.bool_]:
    """Return which faces are selected, seen and show the material."""
    polygons = mesh.polygons
    selected, hidden = np.empty(len(polygons), np.bool_), np.empty(len(polygons), np.bool_)
    index = np.empty(len(polygons), np.int32)
    polygons.foreach_get("select", selected)
    polygons.foreach_get("hide", hidden)
    polygons.foreach_get("material_index", index)
    selected &= ~hidden
    if not selected.any():
        raise UserError("hole", "No face is selected; select the damaged faces in Edit mode.")
    slots = np.array([slot.material == material for slot in thing.material_slots] or [False], np.bool_)
    shown = slots[np.clip(index, 0, len(slots) - 1)]
    if not (selected & shown).any():
        sentence = _('None of the selected faces shows the material "{name}"; select faces that do.')
        raise UserError("hole", sentence.format(name=material.name))
    return selected & shown
