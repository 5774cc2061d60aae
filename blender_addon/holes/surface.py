"""An object in; its triangles that show a material, with their place in the image, as a batch to draw out."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from gpu_extras.batch import batch_for_shader

from .shading import shader
from .where import Placing, on_image, uv_layer


class Surface:
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
        self, context: bpy.types.Context, thing: bpy.types.Object, material: bpy.types.Material, where: Placing
    ) -> Any:
        """Return the batch; None if no face shows the material."""
        key = (thing.name, material.name, where.uv, where.matrix)
        if self._held is None or self._held[0] != key:
            self._held = (key, _made(context, thing, material, where))
        return self._held[1]


def _made(context: bpy.types.Context, thing: bpy.types.Object, material: bpy.types.Material, where: Placing) -> Any:
    shown = thing.evaluated_get(context.evaluated_depsgraph_get())
    mesh = shown.to_mesh()
    try:
        slots = [slot.material is not None and slot.material.original == material for slot in shown.material_slots]
        arrays = _arrays(mesh, slots, where)
    finally:
        shown.to_mesh_clear()
    return batch_for_shader(shader(), "TRIS", arrays) if arrays is not None else None


def _arrays(mesh: bpy.types.Mesh, slots: list[bool], where: Placing) -> dict[str, Any] | None:
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
    place = on_image(values[loops[chosen].reshape(-1)], where.matrix)
    return {"pos": points[corners[chosen].reshape(-1)], "uv": place.astype(np.float32)}
