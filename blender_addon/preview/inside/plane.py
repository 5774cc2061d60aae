"""A material in, a scene of its own out: a plane that shows it once and whole, under one sun and a soft sky."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import bpy
from mathutils import Matrix, Vector

SLANT = math.radians(35.0)
"""How far a slanted view leans from straight."""
SUN, SPOT = (-0.7, 0.55, 0.62), (-0.35, 0.45, 1.0)
"""Where the sun and the bright spot of the sky are; x to the right and y up in the picture, z towards the viewer."""


def build(material: bpy.types.Material, request: dict[str, Any]) -> bpy.types.Scene:
    """Return the scene, with a camera that looks straight down or leans."""
    shape = request["shape"]
    longer = max(shape)
    width, height = 2.0 * shape[0] / longer, 2.0 * shape[1] / longer
    scene = bpy.data.scenes.new("Preview")
    material.displacement_method = "BUMP"  # a plane of two triangles has nothing to displace
    scene.collection.objects.link(surface(material, width, height, request["matrix"]))
    scene.collection.objects.link(sun())
    scene.world = sky()
    straight = request["view"] != "SLANTED"
    scene.camera = straight_camera(max(width, height)) if straight else slanted_camera(width, height)
    scene.collection.objects.link(scene.camera)
    scene.view_settings.view_transform = "Standard"
    scene.render.dither_intensity = 0.0
    scene.render.film_transparent = not straight
    ratio = height / width if straight else height / width * 0.82
    scale = request["size"] / max(1.0, ratio)
    scene.render.resolution_x, scene.render.resolution_y = max(4, round(scale)), max(4, round(scale * ratio))
    return scene


def surface(material: bpy.types.Material, width: float, height: float, matrix: list[float]) -> bpy.types.Object:
    """Return the plane; its UVs are such that the mapping of the material gives 0 to 1."""
    mesh = bpy.data.meshes.new("Preview")
    x, y = width / 2, height / 2
    mesh.from_pydata([(-x, -y, 0), (x, -y, 0), (x, y, 0), (-x, y, 0)], [], [(0, 1, 2, 3)])
    a, b, c, d, e, f = matrix
    linear = Matrix(((a, b), (d, e)))
    back = linear.inverted() if abs(linear.determinant()) > 1e-12 else Matrix.Identity(2)
    corners = [back @ (Vector(corner) - Vector((c, f))) for corner in ((0, 0), (1, 0), (1, 1), (0, 1))]
    for name in dict.fromkeys(["UVMap", *uv_names(material.node_tree)]):
        layer = mesh.uv_layers.new(name=name)
        for loop, corner in zip(layer.data, corners, strict=True):
            loop.uv = corner
    mesh.materials.append(material)
    return bpy.data.objects.new("Preview", mesh)


def uv_names(tree: bpy.types.NodeTree) -> Iterator[str]:
    """Yield the UV maps that nodes ask for by name."""
    for node in tree.nodes:
        if node.type == "GROUP" and node.node_tree is not None:
            yield from uv_names(node.node_tree)
        elif node.type in {"UVMAP", "NORMAL_MAP", "TANGENT"} and node.uv_map:
            yield node.uv_map


def sun() -> bpy.types.Object:
    """Return a low sun from the upper left: relief gets a light and a dark side."""
    light = bpy.data.lights.new("Preview", "SUN")
    light.energy, light.angle = 2.2, math.radians(8.0)
    holder = bpy.data.objects.new("Preview", light)
    holder.rotation_euler = Vector(SUN).to_track_quat("Z", "Y").to_euler()
    return holder


def sky() -> bpy.types.World:
    """Return a soft sky with a bright spot, which gloss mirrors and roughness spreads."""
    world = bpy.data.worlds.new("Preview")
    if bpy.app.version < (5, 0, 0):
        world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    nodes.clear()
    where, towards = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeVectorMath")
    towards.operation = "DOT_PRODUCT"
    towards.inputs[1].default_value = Vector(SPOT).normalized()
    ramp, background = nodes.new("ShaderNodeValToRGB"), nodes.new("ShaderNodeBackground")
    low, high = ramp.color_ramp.elements
    low.position, low.color = 0.0, (0.05, 0.055, 0.07, 1.0)
    high.position, high.color = 0.9, (0.3, 0.3, 0.3, 1.0)
    spot = ramp.color_ramp.elements.new(0.985)
    spot.color = (1.0, 0.97, 0.92, 1.0)
    ramp.color_ramp.interpolation = "EASE"
    background.inputs["Strength"].default_value = 1.6
    output = nodes.new("ShaderNodeOutputWorld")
    links.new(where.outputs["Generated"], towards.inputs[0])
    links.new(towards.outputs["Value"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], background.inputs["Color"])
    links.new(background.outputs["Background"], output.inputs["Surface"])
    return world


def straight_camera(longer: float) -> bpy.types.Object:
    """Return a camera that sees exactly the plane; its rays spread, so that gloss shows somewhere."""
    camera = bpy.data.cameras.new("Preview")
    camera.lens, camera.sensor_width = 50.0, 36.0
    holder = bpy.data.objects.new("Preview", camera)
    holder.location = (0.0, 0.0, longer * camera.lens / camera.sensor_width)
    return holder


def slanted_camera(width: float, height: float) -> bpy.types.Object:
    """Return a camera that leans towards the viewer."""
    camera = bpy.data.cameras.new("Preview")
    camera.lens, camera.sensor_width = 70.0, 36.0
    holder = bpy.data.objects.new("Preview", camera)
    distance = max(width, height) * 70.0 / 36.0 * 1.17
    holder.location = (0.0, -distance * math.sin(SLANT), distance * math.cos(SLANT))
    holder.rotation_euler = (SLANT, 0.0, 0.0)
    return holder
