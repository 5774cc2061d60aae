"""Materials, objects and users for the tests of holes."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from tests.blender.helper import part

mask, borrowed = part("holes.mask"), part("holes.borrowed")


def make_textured(width: int = 64, height: int = 32) -> Any:
    image = bpy.data.images.new("wood", width, height)
    material = bpy.data.materials.new("Oak")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = image
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    return material


def make_grid(material: Any, cells: int = 4) -> Any:
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=cells, y_subdivisions=cells)
    thing = bpy.context.object
    thing.data.materials.append(material)
    for part_of_mesh in (*thing.data.polygons, *thing.data.edges, *thing.data.vertices):
        part_of_mesh.select = False
    return thing


def read_hole(material: Any) -> Any:
    image = material.svbrdf_hole
    return mask.read_mask(image, (image.size[1], image.size[0]))


def paint() -> Any:
    return bpy.context.scene.tool_settings.image_paint


def tools() -> dict[str, Any]:
    """All that the user may have set."""
    name = paint().brush.name if paint().brush is not None else ""
    canvas = paint().canvas.name if paint().canvas is not None else ""
    return {**borrowed.brush_values(bpy.context.scene), "name": name, "canvas": canvas}


def make_user(mode: str = "OBJECT") -> Any:
    """A user with own colours, sizes and canvas."""
    material = make_textured()
    thing = make_grid(material)
    bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
    own, shared = paint().brush, borrowed.unified_settings(bpy.context.scene)
    own.color, own.size, own.strength, own.blend = (0.25, 0.5, 0.75), 33, 0.25, "MUL"
    shared.color, shared.size, shared.strength = (0.5, 0.25, 0.125), 77, 0.75
    shared.use_unified_color, shared.use_unified_size, shared.use_unified_strength = False, True, True
    paint().canvas = bpy.data.images["wood"]
    paint().use_cavity = True
    bpy.ops.object.mode_set(mode=mode)
    return thing


def stroke() -> None:
    """What a stroke leaves: other pixels in the image."""
    image = bpy.data.materials["Oak"].svbrdf_hole
    values = np.zeros((image.size[1], image.size[0], image.channels), np.float32)
    values[: image.size[1] // 2, : image.size[0] // 2] = 1
    image.pixels.foreach_set(values.reshape(-1))
    image.update()


def assert_nothing_left() -> None:
    assert not bpy.context.scene.svbrdf_painting.active
    assert not [one.name for one in bpy.data.brushes if one.name.startswith("Inpaint")]
    assert not [one.name for one in bpy.data.objects if one.name.startswith("Inpaint")]
    assert not [one.name for one in bpy.data.meshes if one.name.startswith("Inpaint")]
    assert not [layer.name for mesh in bpy.data.meshes for layer in mesh.uv_layers if layer.name.startswith("Inpaint")]
