"""What the user looks at in; the material, and how its base colour lies on the surface, out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_iface as _
from numpy.typing import NDArray

from ..client import UserError
from ..graph import IDENTITY, Matrix
from ..images.kinds import examine
from ..material.look import look
from ..material.tree import node_at

USUAL = (1024, 1024)
"""The size of a hole for a material without an image that tells it."""


@dataclass(frozen=True)
class Placing:
    """How the base colour (or, without one, the first map) is put onto the surface.

    Attributes:
        image: its image, None if there is no map at all.
        uv: the UV map it goes by, empty for the one that is active for rendering.
        matrix: from UV to the image.
        extension: what lies outside the image.
        space: ``uv``, or what else places the image.
        size: height and width of the material's largest map.
    """

    image: bpy.types.Image | None = None
    uv: str = ""
    matrix: Matrix = IDENTITY
    extension: str = "REPEAT"
    space: str = "uv"
    size: tuple[int, int] = USUAL


def material_of(context: bpy.types.Context) -> bpy.types.Material | None:
    """Return the material of the shader editor, otherwise that of the active object."""
    shown = getattr(context.space_data, "id", None)
    if isinstance(shown, bpy.types.Material):
        return shown
    active = context.view_layer.objects.active if context.view_layer else None
    return active.active_material if active is not None else None


def placing(material: bpy.types.Material) -> Placing:
    """Return how the material's maps lie on the surface."""
    found = [(use, node_at(material, use.texture)) for use in look(material).uses]
    found = [(use, node) for use, node in found if node is not None and examine(node.image) is None]
    if not found:
        return Placing()
    use, node = next((each for each in found if each[0].role == "basecolor"), found[0])
    width, height = max((tuple(each.image.size) for _, each in found), key=lambda size: size[0] * size[1])
    return Placing(node.image, use.uv, use.matrix, node.extension, use.space, (height, width))


def on_surface(material: bpy.types.Material) -> Placing:
    """Return the same where only a UV map will do.

    Raises:
        UserError: something else places the images.
    """
    where = placing(material)
    if where.space != "uv":
        sentence = _('"{name}" places its image without a UV map ({space}); paint in the Image editor.')
        raise UserError("hole", sentence.format(name=material.name, space=where.space))
    return where


def uv_layer(mesh: bpy.types.Mesh, name: str) -> bpy.types.MeshUVLoopLayer | None:
    """Return the UV map of this name, else the one that is active for rendering; None if there is none at all."""
    layers = mesh.uv_layers
    return layers.get(name) or next((layer for layer in layers if layer.active_render), layers.active)


def on_image(uv: NDArray[Any], matrix: Matrix) -> NDArray[Any]:
    """Return where UV coordinates ``(…, 2)`` lie in the image, y up, 0 to 1."""
    a, b, c, d, e, f = matrix
    u, v = uv[..., 0], uv[..., 1]
    return np.stack([a * u + b * v + c, d * u + e * v + f], axis=-1)
