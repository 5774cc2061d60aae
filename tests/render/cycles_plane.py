"""Cycles' picture of a textured plane, for an interpreter with bpy.

The folder holds scene.json and one .npy of linear values a map, first row at the top; it gets picture.npy.
"""

import json
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp()

import bpy
import numpy as np
from numpy.typing import NDArray

PLUGS = {"basecolor": "Base Color", "metallic": "Metallic", "roughness": "Roughness", "level": "Specular IOR Level"}


def picture(name: str, values: NDArray[np.float32]) -> Any:
    """Return an image of data, with which Blender does nothing: bottom row first, four channels."""
    height, width = values.shape[:2]
    image = bpy.data.images.new(name, width, height, float_buffer=True, is_data=True)
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = values[::-1].reshape(height, width, -1)
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    image.pack()
    return image


def plane(folder: Path) -> None:
    """Put the material on a plane from -1 to 1."""
    bpy.ops.mesh.primitive_plane_add(size=2)
    material = bpy.data.materials.new("ours")
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    nodes, link = material.node_tree.nodes, material.node_tree.links.new
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    for path in sorted(folder.glob("*.npy")):
        texture = nodes.new("ShaderNodeTexImage")
        texture.image, texture.interpolation = picture(path.stem, np.load(path)), "Closest"
        if path.stem == "normal":
            tangent = nodes.new("ShaderNodeNormalMap")
            link(texture.outputs["Color"], tangent.inputs["Color"])
            link(tangent.outputs["Normal"], shader.inputs["Normal"])
        else:
            link(texture.outputs["Color"], shader.inputs[PLUGS[path.stem]])
    bpy.context.object.data.materials.append(material)


def light_and_camera(wish: dict[str, Any]) -> None:
    """Add the point light and the camera straight above, which sees just the plane."""
    lamp = bpy.data.lights.new("lamp", "POINT")
    # A point light of W watts gives an irradiance of W / (4 pi d^2); a strength of 1 of ours gives pi / d^2.
    lamp.energy, lamp.shadow_soft_size = 4 * math.pi**2 * wish["strength"], 0.0
    view = bpy.data.cameras.new("camera")
    view.sensor_fit, view.angle = "HORIZONTAL", 2 * math.atan(1 / wish["height"])
    for name, data, at in (("lamp", lamp, wish["light"]), ("camera", view, (0, 0, wish["height"]))):
        thing = bpy.data.objects.new(name, data)
        thing.location = at
        bpy.context.collection.objects.link(thing)
    bpy.context.scene.camera = bpy.data.objects["camera"]


def cycles(folder: Path, side: int) -> None:
    """Render linear light and write it as an array, first row at the top."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.max_bounces = "CPU", 64, 0
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    scene.cycles.pixel_filter_type = "BOX"
    scene.render.threads_mode, scene.render.threads = "FIXED", 2
    scene.render.resolution_x = scene.render.resolution_y = side
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
    scene.view_settings.view_transform = "Raw"
    scene.world.color = (0, 0, 0)
    if scene.world.node_tree is not None:
        for node in scene.world.node_tree.nodes:
            if node.type == "BACKGROUND":
                node.inputs["Strength"].default_value = 0
    scene.render.filepath = str(folder / "picture.exr")
    bpy.ops.render.render(write_still=True)
    shown = bpy.data.images.load(scene.render.filepath)
    shown.colorspace_settings.is_data = True
    pixels = np.empty(side * side * 4, np.float32)
    shown.pixels.foreach_get(pixels)
    np.save(folder / "picture.npy", pixels.reshape(side, side, 4)[::-1, :, :3])


def main() -> None:
    """Do it, and leave at once: Blender can hang while it is taken down."""
    folder = Path(sys.argv[1])
    wish = json.loads((folder / "scene.json").read_text(encoding="utf-8"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.world = bpy.data.worlds.new("dark")
    bpy.ops.preferences.addon_enable(module="cycles")
    plane(folder)
    light_and_camera(wish)
    cycles(folder, wish["side"])
    os._exit(0)


main()
