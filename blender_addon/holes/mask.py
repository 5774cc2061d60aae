"""The user's wish comes in; a mask goes out."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from bpy.app.translations import pgettext_iface as _
from numpy.typing import NDArray

from ..client import UserError
from . import store


@dataclass(frozen=True)
class Wish:
    """Where the hole shall be.

    Attributes:
        kind: ``PAINT`` (what lies in the material's hole image: painted, or taken from faces or a box), ``IMAGE`` (one
            of the user's), or ``ALPHA`` (where an image is transparent).
        image: for ``IMAGE`` and ``ALPHA``.
        threshold: from which brightness on (``ALPHA``: below which alpha) a texel is a hole.
    """

    kind: str = "PAINT"
    image: bpy.types.Image | None = None
    threshold: float = 0.5


def hole(material: bpy.types.Material, wish: Wish, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the mask ``(H, W)``, top row first, 255 where the hole is.

    Raises:
        UserError: there is no image that could be read.
    """
    if wish.kind == "PAINT":
        mask = _painted(material.svbrdf_hole, size)
    else:
        mask = store.read(_usable(wish), size, wish.threshold, alpha=wish.kind == "ALPHA")
    return mask.view(np.uint8) * np.uint8(255)


def boxed(box: tuple[float, float, float, float], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the texels that a box touches: left, bottom, right, top in 0 to 1 of the image, in any order."""
    height, width = size
    left, right = sorted((box[0], box[2]))
    bottom, top = sorted((box[1], box[3]))
    mask = np.zeros(size, np.bool_)
    rows = slice(max(int(np.floor((1 - top) * height + 1e-6)), 0), max(int(np.ceil((1 - bottom) * height - 1e-6)), 0))
    columns = slice(max(int(np.floor(left * width + 1e-6)), 0), max(int(np.ceil(right * width - 1e-6)), 0))
    mask[rows, columns] = True
    return mask


def _painted(image: bpy.types.Image | None, size: tuple[int, int]) -> NDArray[np.bool_]:
    if image is None:
        return np.zeros(size, np.bool_)
    if not image.has_data and not image.size[0]:
        sentence = _('The hole image "{name}" cannot be read; clear the hole and paint it again.')
        raise UserError("hole", sentence.format(name=image.name))
    return store.read(image, size)


def _usable(wish: Wish) -> bpy.types.Image:
    image = wish.image
    if image is None:
        raise UserError("hole", "No mask image is chosen; choose one, or another kind of hole.")
    if not image.size[0] or not image.size[1]:
        sentence = _('The image "{name}" cannot be read; reload it or choose another.')
        raise UserError("hole", sentence.format(name=image.name))
    if wish.kind == "ALPHA" and image.channels != 4:
        sentence = _('The image "{name}" has no alpha; choose another kind of hole.')
        raise UserError("hole", sentence.format(name=image.name))
    return image
