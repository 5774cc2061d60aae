"""A mesh comes in; the UV map for strokes is the active one while a hole is painted, then the user's again."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ..graph import IDENTITY
from .where import Placing, on_image, uv_layer

NAME = "Inpaint hole"
MOST = 8
"""UV maps of a mesh."""


def possible(mesh: bpy.types.Mesh, where: Placing) -> bool:
    """Whether the mesh has room for the UV map that a hole here needs."""
    return tuple(where.matrix) == IDENTITY or len(mesh.uv_layers) < MOST


def begin(thing: bpy.types.Object, where: Placing) -> dict[str, Any]:
    """Make the UV map active through which the material sees the image, and return the user's choice.

    A Mapping node moves the image on the surface, which Blender's strokes do not know: for one, a UV map is made for as
    long as the hole is painted.
    """
    layers = thing.data.uv_layers
    kept = {"uv": layers.active.name}
    shown = uv_layer(thing.data, where.uv)
    assert shown is not None  # or there were nothing to paint on
    if tuple(where.matrix) == IDENTITY:
        layers.active = shown
        return kept
    values = np.empty(len(thing.data.loops) * 2, np.float32)
    shown.uv.foreach_get("vector", values)
    own = layers.new(name=NAME, do_init=False)
    placed = on_image(values.reshape(-1, 2), where.matrix).astype(np.float32)
    own.uv.foreach_set("vector", placed.reshape(-1))
    layers.active = own
    return {**kept, "own_uv": own.name}


def give_back(thing: bpy.types.Object | None, kept: dict[str, Any]) -> None:
    """Make the user's UV map active again."""
    if thing is None or thing.type != "MESH" or "uv" not in kept:
        return
    layers = thing.data.uv_layers
    own = layers.get(kept.get("own_uv", ""))
    if own is not None:
        layers.remove(own)
    old = layers.get(kept["uv"])
    if old is not None:
        layers.active = old
