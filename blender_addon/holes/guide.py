"""Guide images of a material: made new or in another size, told from other images, and read as samples."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_iface as _
from numpy.typing import NDArray

from ..client import UserError, arrays
from ..images.making import load_packed, set_path
from ..images.reading import examine, read_samples, to_rgba
from ..images.tiles import is_tiled
from .mask import data_colour_space, note_change

Bytes = NDArray[np.uint8]
MARK = "svbrdf_guide"
"""A custom property that tells guide images that this add-on made from others."""


def is_guide(image: Any) -> bool:
    """Whether it is a guide that this add-on made."""
    return MARK in image


def make_guide(name: str, samples: Bytes, *, is_data: bool) -> Any:
    """Return a new guide image of samples ``(H, W, C)``, top row first, packed: undo then brings an old one back.

    Args:
        name: of the image.
        samples: its pixels.
        is_data: whether they are numbers, and no colours to be looked at.
    """
    image = load_packed(arrays.encode_png(np.ascontiguousarray(samples)), ".png")
    set_path(image, "")
    image.name = name
    if is_data:
        image.colorspace_settings.name = data_colour_space()
    image[MARK] = True
    note_change()
    return image


def read_colours(image: Any) -> Bytes:
    """Return the colours ``(H, W, 3)`` of an image, top row first, as they are stored.

    Raises:
        UserError: it cannot be read, or has tiles.
    """
    reason = examine(image)
    if reason is None and is_tiled(image):
        reason = _('The image "{name}" is a UDIM; guide by a single image.').format(name=image.name)
    if reason is not None:
        raise UserError("bad", reason)
    values = np.nan_to_num(to_rgba(read_samples(image))[::-1, :, :3])
    return np.ascontiguousarray(np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8))


def replace_guide(old: Any, samples: Bytes) -> Any:
    """Return a new guide image in the place of one of ours; undo can bring the old one back, being packed."""
    name = old.name
    old.name = f"{name} (before)"
    new = make_guide(name, samples, is_data=old.colorspace_settings.is_data)
    old.user_remap(new)  # editors too
    if not old.is_dirty:
        bpy.data.images.remove(old)
    return new


def lay_samples(samples: Bytes, corner: tuple[int, int], held: tuple[int, int], *, goes_on: bool) -> Bytes:
    """Return samples ``(H, W, C)`` laid onto a picture of another size.

    Args:
        samples: what is laid.
        corner: row and column of the other picture where they begin; negative where they are cut off.
        held: height and width of the other picture.
        goes_on: whether the pixels along the edges go on beyond them; else what is new is black.
    """
    at = [np.arange(wanted) - begin for wanted, begin in zip(held, corner, strict=True)]
    rows, columns = (np.clip(one, 0, size - 1) for one, size in zip(at, samples.shape, strict=False))
    laid = samples[np.ix_(rows, columns)]
    if not goes_on:
        laid[(at[0] != rows), :] = 0
        laid[:, (at[1] != columns)] = 0
    return np.ascontiguousarray(laid)


def fit_samples(samples: Bytes, size: tuple[int, int]) -> Bytes:
    """Return samples ``(H, W, C)`` in another size, each pixel the nearest one's."""
    rows, columns = (np.arange(wanted) * held // wanted for wanted, held in zip(size, samples.shape, strict=False))
    return np.ascontiguousarray(samples[np.ix_(rows, columns)])
