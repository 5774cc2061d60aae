"""A node tree of Blender in; a plain copy of it out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from ..graph import Node, Tree, Value

SAMPLES = 33
COMMON = {prop.identifier for prop in bpy.types.Node.bl_rna.properties}
SIMPLE = {"BOOLEAN", "INT", "FLOAT", "STRING", "ENUM"}


def copy(material: Any) -> Tree | None:
    """Return the nodes of a material, or nothing where it has none."""
    if material.node_tree is None or (bpy.app.version < (5, 0) and not material.use_nodes):
        return None
    return _tree(material.node_tree, {})


def node_at(material: Any, path: Iterable[str]) -> Any:
    """Return the node at the end of a path of names through groups, or nothing where it is not there any more."""
    tree, node = material.node_tree, None
    for name in path:
        node = tree.nodes.get(name) if tree else None
        tree = getattr(node, "node_tree", None)
    return node


def _tree(tree: Any, known: dict[str, Tree]) -> Tree:
    if tree.name_full not in known:
        nodes = {node.name: _node(node, known) for node in tree.nodes if node.bl_idname != "NodeFrame"}
        links = {
            (link.to_node.name, link.to_socket.identifier): (link.from_node.name, link.from_socket.identifier)
            for link in tree.links
            if not link.is_muted and (link.is_valid or not _switched_off(link))
        }
        known[tree.name_full] = Tree(tree.name, nodes, links, _output(tree))
    return known[tree.name_full]


def _switched_off(link: Any) -> bool:
    return not (link.from_socket.enabled and link.to_socket.enabled)


def _output(tree: Any) -> str:
    """Return the name of the output that the scene's renderer draws, or of a group's active one."""
    if any(node.bl_idname == "ShaderNodeOutputMaterial" for node in tree.nodes):
        cycles = bpy.context.scene is not None and bpy.context.scene.render.engine == "CYCLES"
        targets = ("CYCLES", "EEVEE") if cycles else ("EEVEE", "CYCLES")
        return next((node.name for node in map(tree.get_output_node, targets) if node is not None), "")
    outputs = [node for node in tree.nodes if node.bl_idname == "NodeGroupOutput"]
    outputs.sort(key=lambda node: not node.is_active_output)
    return outputs[0].name if outputs else ""


def _node(node: Any, known: dict[str, Tree]) -> Node:
    inner = getattr(node, "node_tree", None)
    image = getattr(node, "image", None)
    return Node(
        name=node.name,
        kind=node.bl_idname,
        settings=_settings(node),
        values=_values(node.inputs),
        outputs=_values(node.outputs),
        names={socket.identifier: socket.name for socket in node.inputs},
        image=image.name_full if image is not None else "",
        tree=_tree(inner, known) if inner is not None else None,
        muted=node.mute,
        passes=_passes(node) if node.mute else {},
    )


def _settings(node: Any) -> dict[str, Any]:
    found = {
        prop.identifier: getattr(node, prop.identifier)
        for prop in node.bl_rna.properties
        if prop.identifier not in COMMON and prop.type in SIMPLE and not getattr(prop, "is_array", False)
    }
    if hasattr(node, "color_ramp"):
        rows = [tuple(node.color_ramp.evaluate(at / (SAMPLES - 1))) for at in range(SAMPLES)]
        found["ramp"] = tuple(zip(*rows, strict=True))
    if node.bl_idname in ("ShaderNodeRGBCurve", "ShaderNodeVectorCurve", "ShaderNodeFloatCurve"):
        found["curves"] = _curves(node)
    if node.bl_idname == "ShaderNodeTexImage":
        found["data"] = node.image is not None and node.image.colorspace_settings.is_data
        found["texture_mapping"] = _legacy(node.texture_mapping)
    return found


def _curves(node: Any) -> tuple[tuple[float, ...], ...]:
    mapping, low = node.mapping, -1.0 if node.bl_idname == "ShaderNodeVectorCurve" else 0.0
    mapping.initialize()
    places = [low + (1.0 - low) * at / (SAMPLES - 1) for at in range(SAMPLES)]
    return tuple(tuple(mapping.evaluate(curve, place) for place in places) for curve in mapping.curves)


def _legacy(mapping: Any) -> tuple[str, tuple[float, ...], tuple[float, ...], tuple[float, ...]] | None:
    """Return a texture node's own mapping, from the time before Mapping nodes, if it does anything."""
    moves = tuple(tuple(part) for part in (mapping.translation, mapping.rotation, mapping.scale))
    return None if moves == ((0.0,) * 3, (0.0,) * 3, (1.0,) * 3) else (mapping.vector_type, *moves)


def _values(sockets: Any) -> dict[str, Value]:
    return {socket.identifier: _value(getattr(socket, "default_value", None)) for socket in sockets}


def _value(value: Any) -> Value:
    if isinstance(value, bool | int | float):
        return (float(value),)
    if value is None or isinstance(value, str):
        return ()
    return tuple(map(float, value)) if hasattr(value, "__len__") else ()


def _passes(node: Any) -> dict[str, str]:
    """Return what a muted node lets through."""
    found = {link.to_socket.identifier: link.from_socket.identifier for link in node.internal_links}
    if found or bpy.app.version >= (4, 5):
        return found
    for output in node.outputs:  # older ones know it only after the tree was edited or loaded
        inputs = [socket for socket in node.inputs if socket.enabled and socket.type == output.type]
        inputs.sort(key=lambda socket: not socket.is_linked)
        if inputs:
            found[output.identifier] = inputs[0].identifier
    return found
