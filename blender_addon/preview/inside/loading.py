"""The copy of the user's data in, the material with the images that the user sees out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np


class Refusal(Exception):
    """A sentence for the user: what is asked for cannot be drawn."""


@dataclass
class Loaded:
    """What came out of the copy; names are those of the user's file."""

    material: bpy.types.Material
    scene: bpy.types.Scene | None
    images: dict[str, bpy.types.Image]

    def substitute(self, stands_for: Mapping[str, str]) -> None:
        """Put the old images where the new ones are."""
        for new, old in stands_for.items():
            if new not in self.images or old not in self.images:
                raise Refusal(f"The image {old if new in self.images else new} is gone; fill the hole again.")
            self.images[new].user_remap(self.images[old])


def load(folder: Path, request: dict[str, Any]) -> Loaded:
    """Load the copy into the empty file that this Blender shows."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(folder / "copy.blend"), link=False) as (have, want):
        if request["material"] not in have.materials:
            raise Refusal(f"The material {request['material']} is linked; make it local first.")
        names = list(have.images)
        want.images = list(names)
        want.materials = [request["material"]]
        want.scenes = [request["scene"]] if request["object"] is not None else []
    material, scenes = want.materials[0], want.scenes
    images = dict(zip(names, want.images, strict=True))
    for name, file in request["arrays"].items():
        images[name] = painted(images[name], np.load(folder / file, allow_pickle=False))
    return Loaded(material, scenes[0] if scenes else None, images)


def painted(image: bpy.types.Image, pixels: np.ndarray[Any, Any]) -> bpy.types.Image:
    """Return an image with these pixels, top row first, that takes the place of ``image`` everywhere."""
    height, width = pixels.shape[:2]
    float_ = pixels.dtype == np.float32
    new = bpy.data.images.new(image.name, width, height, alpha=True, float_buffer=float_)
    new.colorspace_settings.name = image.colorspace_settings.name
    new.alpha_mode = image.alpha_mode
    new.pixels.foreach_set((pixels if float_ else pixels / np.float32(255))[::-1].ravel())
    new.update()
    image.user_remap(new)
    return new


def remarks(material: bpy.types.Material, *, plane: bool) -> list[str]:
    """Return what to tell about the material: where the difference is not confined to the hole."""
    outputs = [node for node in material.node_tree.nodes if node.type == "OUTPUT_MATERIAL"]
    if not any(node.inputs["Displacement"].is_linked for node in outputs):
        return []
    if plane or material.displacement_method == "BUMP":
        return ["Displacement is drawn as bump: the difference reaches a little past the hole."]
    return ["The material is displaced: the difference also shows where the moved surface and its shadow are seen."]
