"""The maps of a material: a plain copy of its node tree, what that says of its images, and the roles of their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..graph import Left, Node, TraceResult, Tree, Use, Value, assign_roles, is_numeric, trace
from ..images.reading import read_samples
from .nodes import same_images

NO_NODES = "This material has no nodes; switch on Use Nodes and connect its images to a Principled BSDF."
SAMPLES = 33
COMMON = {prop.identifier for prop in bpy.types.Node.bl_rna.properties}
SIMPLE = {"BOOLEAN", "INT", "FLOAT", "STRING", "ENUM"}
ALIKE = 4 / 255
"""How far the channels of a grey image may lie apart: what JPEG does to them."""

FEW, BLOCK = 61, 1 << 16
"""Every so many pixels are looked at first, and so many at once after that."""


def trace_material(material: Any, active_uv: str | None = None) -> TraceResult:
    """Return the maps of a material, what is left alone, and why.

    Args:
        material: the material; nothing of it is changed.
        active_uv: name of the UV map that is active for rendering; None to take that of an object with the material.
    """
    tree = copy_tree(material)
    if tree is None:
        return TraceResult(left=(Left("", "", NO_NODES),))
    if active_uv is None:
        active_uv = _active_uv(material) if _names_uv_map(tree) else ""
    return trace(tree, active_uv, material.svbrdf.lead)


def _names_uv_map(tree: Tree) -> bool:
    """Whether a node names a UV map, so that it matters which one is meant where none is named."""
    kinds = ("ShaderNodeUVMap", "ShaderNodeAttribute")
    return any(node.kind in kinds or (node.tree and _names_uv_map(node.tree)) for node in tree.nodes.values())


def _active_uv(material: Any) -> str:
    for thing in bpy.data.objects:
        if thing.type == "MESH" and any(slot.material == material for slot in thing.material_slots):
            name = next((layer.name for layer in thing.data.uv_layers if layer.active_render), "")
            if name:
                return str(name)
    return ""


def map_roles(uses: Iterable[Use], images: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """Return by map its file at the service, and the channels where it is not the whole file.

    Args:
        uses: the maps that are to be filled.
        images: of Blender, by key.
        names: their files' names at the service, by key.
    """
    uses = tuple(uses)
    numbers = {use.image for use in uses if is_numeric(use)}
    alphas = {use.image for use in uses if use.channels == "A"}
    grey, opaque = set(), set()
    for key in numbers | alphas:
        held = read_samples(images[key])  # one image at a time: a large one takes a quarter of a gigabyte
        pixels = held.reshape(-1, held.shape[2])
        if key in numbers and is_grey(pixels):
            grey.add(key)
        if key in alphas and (pixels.shape[1] < 4 or all(bool((own[:, 3] == 1).all()) for own in _blocks(pixels))):
            opaque.add(key)
    return assign_roles(uses, names, grey=grey, opaque=opaque)


def is_grey(pixels: NDArray[np.float32]) -> bool:
    """Whether the colours of pixels ``(N, C)`` are alike; a few are looked at first, which tell most images."""
    if pixels.shape[1] < 3:
        return True
    return all(
        float(np.abs(some[:, 0] - some[:, channel]).max()) <= ALIKE
        for some in (pixels[::FEW], *_blocks(pixels))
        for channel in (1, 2)
    )


def _blocks(pixels: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Yield pixels in parts that fit a processor's cache."""
    return (pixels[at : at + BLOCK] for at in range(0, len(pixels), BLOCK))


def copy_tree(material: Any) -> Tree | None:
    """Return the nodes of a material, or nothing where it has none."""
    if material.node_tree is None or (bpy.app.version < (5, 0) and not material.use_nodes):
        return None
    return _tree(material.node_tree, {}, same_images(material))


def _tree(tree: Any, known: dict[str, Tree], same: Mapping[Any, Any]) -> Tree:
    if tree.name_full not in known:
        nodes = {node.name: _node(node, known, same) for node in tree.nodes if node.bl_idname != "NodeFrame"}
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


def _node(node: Any, known: dict[str, Tree], same: Mapping[Any, Any]) -> Node:
    inner = getattr(node, "node_tree", None)
    image = getattr(node, "image", None)
    return Node(
        name=node.name,
        kind=node.bl_idname,
        settings=_node_settings(node),
        values=_values(node.inputs),
        outputs=_values(node.outputs),
        names={socket.identifier: socket.name for socket in node.inputs},
        image=same.get(image, image).name_full if image is not None else "",
        tree=_tree(inner, known, same) if inner is not None else None,
        muted=node.mute,
        passes=_muted_links(node) if node.mute else {},
    )


def _node_settings(node: Any) -> dict[str, Any]:
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
        found["texture_mapping"] = _texture_mapping(node.texture_mapping)
    return found


def _curves(node: Any) -> tuple[tuple[float, ...], ...]:
    mapping, low = node.mapping, -1.0 if node.bl_idname == "ShaderNodeVectorCurve" else 0.0
    mapping.initialize()
    places = [low + (1.0 - low) * at / (SAMPLES - 1) for at in range(SAMPLES)]
    return tuple(tuple(mapping.evaluate(curve, place) for place in places) for curve in mapping.curves)


def _texture_mapping(mapping: Any) -> tuple[str, tuple[float, ...], tuple[float, ...], tuple[float, ...]] | None:
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


def _muted_links(node: Any) -> dict[str, str]:
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
