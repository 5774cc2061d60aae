"""Image files and images of every kind, made by Blender itself, and the samples that it then shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 24, 16
HOLE = (slice(4, 9), slice(6, 15))
"""Rows from the top, columns."""
ENDINGS = (".png", ".tif", ".jpg", ".tga", ".bmp", ".webp", ".exr", ".hdr")
"""What the service reads."""
FORMATS: dict[str, dict[str, str]] = {
    "png8": {"file_format": "PNG", "color_mode": "RGB", "color_depth": "8"},
    "png8_grey": {"file_format": "PNG", "color_mode": "BW", "color_depth": "8"},
    "png8_rgba": {"file_format": "PNG", "color_mode": "RGBA", "color_depth": "8"},
    "png16": {"file_format": "PNG", "color_mode": "RGB", "color_depth": "16"},
    "png16_rgba": {"file_format": "PNG", "color_mode": "RGBA", "color_depth": "16"},
    "exr_half": {"file_format": "OPEN_EXR", "color_mode": "RGB", "color_depth": "16"},
    "exr_full": {"file_format": "OPEN_EXR", "color_mode": "RGBA", "color_depth": "32"},
    "tif": {"file_format": "TIFF", "color_mode": "RGBA", "color_depth": "16"},
    "tga": {"file_format": "TARGA", "color_mode": "RGBA"},
    "webp": {"file_format": "WEBP", "color_mode": "RGB"},
    "bmp": {"file_format": "BMP", "color_mode": "RGB"},
    "hdr": {"file_format": "HDR", "color_mode": "RGB"},
    "jpg": {"file_format": "JPEG", "color_mode": "RGB"},
}


def ending(kind: str) -> str:
    return "." + kind.partition("_")[0].replace("png8", "png").replace("png16", "png")


def samples(seed: int = 0, *, channels: int = 4) -> NDArray[np.float32]:
    """Return random samples (H, W, 4), 0 to 1; some are wholly transparent."""
    found = np.random.default_rng(seed).random((HEIGHT, WIDTH, 4), dtype=np.float32)
    found[:2, :, 3] = 0
    found[2:4, :, 3] = 1
    return found[..., :channels]


def punch_hole(array: NDArray[Any]) -> NDArray[Any]:
    """Return samples that differ within the hole, in every channel."""
    out = array.copy()
    if array.dtype.kind == "f":
        out[HOLE] = (array[HOLE] + 0.5) % 1
    else:
        out[HOLE] = array[HOLE] ^ np.iinfo(array.dtype).max
    return out


def outside(array: NDArray[Any]) -> NDArray[Any]:
    keep = np.ones(array.shape[:2], bool)
    keep[HOLE] = False
    return array[keep]


def write(path: Path, kind: str, array: NDArray[np.float32]) -> Path:
    """Write samples to a file, as they are."""
    scene = bpy.data.scenes.new("writing")
    image = bpy.data.images.new("writing", array.shape[1], array.shape[0], alpha=True, float_buffer=True, is_data=True)
    image.pixels.foreach_set(array[::-1].ravel())
    image.update()
    settings = scene.render.image_settings
    for name, value in FORMATS[kind].items():
        setattr(settings, name, value)
    settings.quality = 100
    scene.view_settings.view_transform = "Raw"
    image.save_render(str(path), scene=scene)
    bpy.data.images.remove(image)
    bpy.data.scenes.remove(scene)
    return path


def read_pixels(image: Any) -> NDArray[np.float32]:
    """Return what Blender holds of an image, rows from the bottom."""
    found = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(found)
    return found.reshape(image.size[1], image.size[0], image.channels)


def paint_over(image: Any, value: float = 0.25) -> None:
    """Change some samples outside the hole, as a brush would: in memory alone."""
    found = read_pixels(image)
    found[:3, :3, :3] = value
    image.pixels.foreach_set(found.ravel())
    image.update()
    assert image.is_dirty


def material_of(*images: Any, name: str = "wood") -> Any:
    """Return a material with a node for each image."""
    material = bpy.data.materials.new(name)
    material.use_nodes = material.use_fake_user = True
    for image in images:
        node = material.node_tree.nodes.new("ShaderNodeTexImage")
        node.image = image
    return material


def node_images(material: Any) -> list[Any]:
    """Return the images that a material's own nodes show, in their order."""
    return [node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE"]


def save_and_open(path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))
