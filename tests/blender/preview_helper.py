"""Materials to preview, and waiting for the pictures."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from tests.blender.helper import part

SIZE = 64
request = part("preview.request")
process = part("preview.process")

DATA = {"roughness", "normal", "metallic", "height"}


def maps(seed: int = 7, size: int = SIZE) -> dict[str, NDArray[np.uint8]]:
    """Random maps, ``(H, W, 4)``, bottom row first: every texel differs from its neighbours."""
    rng = np.random.default_rng(seed)
    made = {}
    for kind in ("basecolor", "roughness", "normal"):
        pixels = rng.integers(60, 200, (size, size, 4), dtype=np.uint8)
        pixels[..., 3] = 255
        if kind == "normal":
            pixels[..., 2] = 255
        made[kind] = pixels
    return made


def image(name: str, pixels: NDArray[np.uint8], *, data: bool, packed: bool = True) -> Any:
    height, width = pixels.shape[:2]
    new = bpy.data.images.new(name, width, height, alpha=True, is_data=data)
    new.pixels.foreach_set((pixels / np.float32(255)).ravel())
    new.update()
    if packed:
        new.pack()
    return new


def images(pixels: Mapping[str, NDArray[np.uint8]], ending: str = "", *, packed: bool = True) -> dict[str, Any]:
    return {kind: image(kind + ending, pixels[kind], data=kind in DATA, packed=packed) for kind in pixels}


def material(name: str, made: Mapping[str, Any]) -> Any:
    new = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0, 0):
        new.use_nodes = True
    tree = new.node_tree
    shader = tree.nodes["Principled BSDF"]
    for kind, one in made.items():
        texture = tree.nodes.new("ShaderNodeTexImage")
        texture.image = one
        if kind == "normal":
            bend = tree.nodes.new("ShaderNodeNormalMap")
            tree.links.new(texture.outputs["Color"], bend.inputs["Color"])
            tree.links.new(bend.outputs["Normal"], shader.inputs["Normal"])
        else:
            socket = {"basecolor": "Base Color", "roughness": "Roughness"}[kind]
            tree.links.new(texture.outputs["Color"], shader.inputs[socket])
    return new


def wait(one: Any, seconds: float = 120.0) -> Any:
    """Poll as the add-on's timer does, until there are pictures or a sentence."""
    end = time.monotonic() + seconds
    while (outcome := one.poll()) is None:
        assert time.monotonic() < end, "the preview takes too long"
        time.sleep(0.05)
    return outcome


def draw_preview(folder: Path, **fields: Any) -> Any:
    """Draw a small preview and return its pictures."""
    wanted = request.PreviewRequest(**({"engine": "CYCLES", "samples": 4, "size": 96} | fields))
    pictures = wait(request.start_preview(bpy.context, wanted, folder))
    assert not isinstance(pictures, str), pictures
    return pictures


def read_picture(path: Path) -> NDArray[np.uint8]:
    """The stored values of a picture, ``(H, W, 3)``, top row first."""
    loaded = bpy.data.images.load(str(path))
    loaded.colorspace_settings.name = "Non-Color"
    values = np.empty(loaded.size[0] * loaded.size[1] * loaded.channels, np.float32)
    loaded.pixels.foreach_get(values)
    pixels = values.reshape(loaded.size[1], loaded.size[0], -1)[::-1, :, :3]
    bpy.data.images.remove(loaded)
    stored: NDArray[np.uint8] = np.rint(pixels * 255).astype(np.uint8)
    return stored


def furnish_scene(made: Any) -> Any:
    """A scene with an object that has the material, a lamp and a camera; returns the object."""
    scene = bpy.context.scene
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=4, y_subdivisions=4, size=2)
    thing = bpy.context.object
    thing.name = "Wall"
    thing.data.materials.append(made)
    bpy.ops.object.light_add(type="SUN", rotation=(0.5, 0.3, 0.0))
    bpy.ops.object.camera_add(location=(0.3, -1.5, 3.0), rotation=(0.45, 0.0, 0.1))
    scene.camera = bpy.context.object
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = 96, 72
    scene.cycles.samples, scene.cycles.seed = 4, 0
    scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False
    return thing
