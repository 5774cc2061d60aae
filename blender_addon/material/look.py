"""A material of Blender in; its maps out."""

from __future__ import annotations

from typing import Any

import bpy

from ..graph import Found, Left, Tree, trace
from .tree import copy

NO_NODES = "This material has no nodes; switch on Use Nodes and connect its images to a Principled BSDF."


def look(material: Any, active_uv: str | None = None) -> Found:
    """Return the maps of a material, what is left alone, and why.

    Args:
        material: the material; nothing of it is changed.
        active_uv: name of the UV map that is active for rendering; None to take that of an object with the material.
    """
    tree = copy(material)
    if tree is None:
        return Found(left=(Left("", "", NO_NODES),))
    if active_uv is None:
        active_uv = _active_uv(material) if _names_uv(tree) else ""
    return trace(tree, active_uv)


def _names_uv(tree: Tree) -> bool:
    """Whether a node names a UV map, so that it matters which one is meant where none is named."""
    kinds = ("ShaderNodeUVMap", "ShaderNodeAttribute")
    return any(node.kind in kinds or (node.tree and _names_uv(node.tree)) for node in tree.nodes.values())


def _active_uv(material: Any) -> str:
    for thing in bpy.data.objects:
        if thing.type == "MESH" and any(slot.material == material for slot in thing.material_slots):
            name = next((layer.name for layer in thing.data.uv_layers if layer.active_render), "")
            if name:
                return str(name)
    return ""
