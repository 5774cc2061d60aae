"""A mask comes in, the material's hole image goes out; and the other way round."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from ..client import arrays
from ..images.making import packed, rename
from ..images.reading import four, samples
from . import state

Bool = NDArray[np.bool_]

MARK = "svbrdf_hole"
"""A custom property that tells hole images from others."""


def put(material: bpy.types.Material, mask: Bool) -> bpy.types.Image:
    """Give the material a new hole image, with the mask packed in it: undo then brings the old one back."""
    old = material.svbrdf_hole
    image = _made("new hole", mask)
    material.svbrdf_hole = image
    if old is not None:
        old.user_remap(image)  # the canvas and the image editors
        _retire(old)
    image.name = f"{material.name} hole"
    state.touch()
    return image


def _retire(old: bpy.types.Image) -> None:
    """Remove what undo can bring back by itself, being packed; painted pixels live on only in the image."""
    if old.is_dirty:
        old.name = f"{old.name} (before)"
    else:
        bpy.data.images.remove(old)


def add(material: bpy.types.Material, mask: Bool, *, extend: bool) -> bpy.types.Image:
    """Do the same; with ``extend`` what was a hole stays one."""
    old = material.svbrdf_hole
    if extend and old is not None:
        mask = mask | read(old, mask.shape)
    return put(material, mask)


def of(material: bpy.types.Material, size: tuple[int, int]) -> bpy.types.Image:
    """Return the material's hole image; a new one if it has none, or one of another size."""
    image = material.svbrdf_hole
    if image is None or not _alive(image):
        return put(material, np.zeros(size, np.bool_))
    if (image.size[1], image.size[0]) != size:
        return put(material, read(image, size))
    return image


def clear(context: bpy.types.Context, material: bpy.types.Material) -> None:
    """Empty the hole while it is being painted; otherwise take it from the material."""
    painting = context.scene.svbrdf_painting
    old = material.svbrdf_hole
    if painting.active and painting.image == old:
        put(material, np.zeros((old.size[1], old.size[0]), np.bool_))
        return
    material.svbrdf_hole = None
    if old is not None and is_hole(old):
        _retire(old)
    state.touch()


def read(image: bpy.types.Image, size: tuple[int, int], threshold: float = 0.5, *, alpha: bool = False) -> Bool:
    """Return where an image is brighter than the threshold (``alpha``: more transparent than it), top row first."""
    values = four(samples(image))
    if alpha:
        held = values[..., 3] < threshold
    else:  # of our own holes one channel is enough, which saves a third of a second at 4096
        held = values[..., 0] > threshold
        for channel in () if is_hole(image) else (1, 2):
            held |= values[..., channel] > threshold
    return resized(held[::-1], size)


def is_hole(image: bpy.types.Image) -> bool:
    """Whether it is a hole that this add-on made."""
    return MARK in image


def resized(mask: Bool, size: tuple[int, int]) -> Bool:
    """Return the mask in another size: a texel is a hole if any texel it overlaps was one."""
    for axis, wanted in enumerate(size):
        held = mask.shape[axis]
        if held == wanted:
            continue
        starts = np.arange(wanted) * held // wanted
        ends = -(-(np.arange(wanted) + 1) * held // wanted)
        shape = [1, 1]
        shape[axis] = wanted
        sums = np.insert(np.cumsum(mask, axis=axis, dtype=np.int64), 0, 0, axis=axis)
        mask = np.take(sums, ends, axis) - np.take(sums, starts, axis) > 0
    return mask


def _made(name: str, mask: Bool) -> bpy.types.Image:
    white = mask[..., None].view(np.uint8) * np.uint8(255)
    image = packed(arrays.encode_png(white), ".png")
    rename(image, "")
    image.name = name
    image.colorspace_settings.name = _no_colour()
    image[MARK] = True
    return image


def _no_colour() -> str:
    """Return what the colour management in use calls data that are no colours."""
    return "Non-Color" if "Non-Color" in _spaces() else "Raw"


def _spaces() -> list[str]:
    held = bpy.types.ColorManagedInputColorspaceSettings.bl_rna.properties["name"]
    return [item.identifier for item in held.enum_items]


def _alive(image: bpy.types.Image) -> bool:
    return bool(image.size[0] and image.size[1])
